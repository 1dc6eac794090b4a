"""A long profile whose rows are in a file: what reading it costs must not grow with it."""

from __future__ import annotations

import json
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .instructions import WORKERS, Counter
from .link import WrongAnswer
from .report import Row
from .settings import INSIDE, PATIENCE, Settings, environment

SHORT, LONG = 1_000, 10_000  # rows
_READS = 40
_ROWS_BAR = 32  # rows looked at for one row by range: a search by halving, both ends of it, in 10,000
# The instructions for the last row of the long profile, as a ratio to those of the
# short one. By range the search takes log2(10,000) / log2(1,000) = 1.33 times as
# many steps, by entry there is none.
_ENTRY_BAR, _RANGE_BAR = 1.2, 1.4


def measure(settings: Settings) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        short, long = (_whole(settings, Path(folder), rows) for rows in (SHORT, LONG))
        searched = f"of {LONG:,}; {short['range']} of {SHORT:,}"
        how = (
            f"{LONG:,} rows in a file, {long['octets']:,} octets in {long['blocks']} blocks; {SHORT:,} rows: "
            f"{short['heap']} B"
        )
        rows = [
            Row("heap to read a long profile whole", max(long["heap"], short["heap"]), "B", 0, how=how),
            Row("rows looked at for the last one by entry", long["entry"], "rows", 1, how=f"of {LONG:,}"),
            Row("rows looked at for the last one by range", long["range"], "rows", _ROWS_BAR, how=searched),
        ]
        rows += _instructions(settings, Path(folder))
    return rows


def _whole(settings: Settings, folder: Path, rows: int) -> dict[str, int]:
    """Read it whole and its last row, and say what that took."""
    done = subprocess.run(
        [
            *settings.interpreter.words,
            "-X",
            "heapsize=16M",
            str(INSIDE / "profile.py"),
            str(folder / "rows"),
            str(rows),
            "whole",
            "1",
        ],
        env=environment({"MICROPYPATH": settings.path()}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    if done.returncode:
        raise WrongAnswer(f"profile.py failed: {(done.stdout + done.stderr)[-2000:]}")
    return json.loads(done.stdout)


def _instructions(settings: Settings, folder: Path) -> list[Row]:
    names = (("entry", _ENTRY_BAR), ("range", _RANGE_BAR))
    what = f"last row by {{}}, of {LONG:,} to of {SHORT:,}"
    if settings.valgrind is None:
        return [Row(what.format(name), None, "", bar, how=settings.missing) for name, bar in names]
    with ThreadPoolExecutor(WORKERS) as pool:
        count = Counter(settings, folder)
        # More and fewer reads of the same profile, so that making it cancels. The words are of
        # the same length, because what it costs to find room for a frame on the heap depends on
        # every octet that was put there before.
        runs = {
            (rows, name, reads): pool.submit(
                count.script, "profile.py", str(folder / f"{rows}-{name}-{reads:04}"), str(rows), name, f"{reads:04}"
            )
            for rows in (SHORT, LONG)
            for name, _ in names
            for reads in (1, 1 + _READS)
        }
        ir = {key: run.result() for key, run in runs.items()}

    def each(rows: int, name: str) -> float:
        return (ir[rows, name, 1 + _READS] - ir[rows, name, 1]) / _READS

    rows = []
    for name, bar in names:
        long, short = each(LONG, name), each(SHORT, name)
        rows.append(
            Row(what.format(name), long / short, "x", bar, how=f"callgrind: {long:,.0f} to {short:,.0f} instructions")
        )
    return rows
