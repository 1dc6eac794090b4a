"""What a turn of the engine takes, in instructions of the interpreter, counted by callgrind:
`python -m host_tests.fuzz.counting [FILE of tapes]`.

Without a file: the dearest requests that are known (`fuzz_count.dear`). A table of the dearest
turns is printed; the exit code is 1 when one takes more than BAR.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from threading import Timer

from host_tests.fuzz import fuzz_count
from tools.launcher import ROOT, Interpreter, find

BAR = 2_000_000  # instructions for which an input may keep the engine from the poll
_CLOCK = "time_ticks_us"  # function of the interpreter that `fuzz_rig.now` calls
_PATIENCE = 3600


class NotCounted(Exception):
    """Nothing could be counted; the text says why."""


def turns(interpreter: Interpreter, words: list[str]) -> list[tuple[int, str]]:
    """(instructions, what it was) of each turn of the engine while `fuzz_count` runs.

    A sum ends whenever the clock is asked: before and after each turn.
    """
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        raise NotCounted("valgrind is not installed")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "sums"
        tool = [
            valgrind,
            "--tool=callgrind",
            f"--callgrind-out-file={out}",
            "--combine-dumps=yes",
            "--instr-atstart=no",
        ]
        script = [fuzz_count.__file__, str(ROOT), str(ROOT / "firmware"), *words]
        child = subprocess.Popen(
            [*tool, f"--dump-before={_CLOCK}", *interpreter.words, "-X", "heapsize=32M", *script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert child.stdout is not None
        assert child.stdin is not None
        killer = Timer(_PATIENCE, child.kill)
        killer.start()
        said = []
        for line in child.stdout:
            said.append(line)
            if line == "ready\n":
                subprocess.run(["callgrind_control", "--instr=on", str(child.pid)], capture_output=True, check=True)
                child.stdin.write("\n")
                child.stdin.flush()
        killer.cancel()
        if child.wait():
            raise NotCounted(f"the script failed: {''.join(said)[-2000:]}")
        with out.open(errors="replace") as lines:
            sums = [int(found[1]) for line in lines if (found := re.match(r"totals: (\d+)", line))]
    told = [line[5:-1] for line in said if line.startswith("turn ")]
    if len(sums) != 2 * len(told) + 1:
        raise NotCounted(f"{len(sums)} sums of {len(told)} turns: does callgrind know {_CLOCK}?")
    return list(zip(sums[1::2], told, strict=True))


def main() -> int:
    words = ["tapes", sys.argv[1]] if len(sys.argv) > 1 else ["dear"]
    try:
        counted = turns(find(None), words)
    except NotCounted as reason:
        print(f"error: {reason}", file=sys.stderr)
        return 2
    dearest: dict[str, int] = {}
    for instructions, what in counted:
        dearest[what] = max(instructions, dearest.get(what, 0))
    for what, instructions in sorted(dearest.items(), key=lambda each: each[1], reverse=True)[:40]:
        print(f"{instructions:12,}  {what[:120]}")
    most = max(dearest.values())
    print(f"{len(counted):,} turns, the dearest {most:,} instructions of {BAR:,}")
    return int(most > BAR)


if __name__ == "__main__":
    sys.exit(main())
