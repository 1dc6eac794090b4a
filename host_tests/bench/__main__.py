"""`python -m host_tests.bench`: measure, print the table, fail when a bar is missed."""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console

from tools.launcher import LauncherError, find

from . import boot, cpython_time, emulated, heap, instructions, profile, ring
from .link import WrongAnswer
from .report import Row, failed, print_table, write_json
from .settings import Settings

MEASURES: dict[str, Callable[[Settings], list[Row]]] = {
    "heap": heap.measure,
    "boot": boot.measure,
    "instructions": instructions.measure,
    "profile": profile.measure,
    "time": cpython_time.measure,
    "emulated": emulated.measure,
    "ring": ring.measure,
}


def settings_of(options: argparse.Namespace) -> Settings:
    """What the options and the environment ask for. LauncherError without an interpreter."""
    interpreter = find(options.micropython or os.environ.get("MICROPYTHON"))
    valgrind, missing = shutil.which("valgrind"), ""
    if valgrind is None:
        missing = "valgrind is not installed"
    elif len(interpreter.words) > 1:
        valgrind, missing = None, "not counted: valgrind takes an interpreter of one word"
    return Settings(
        interpreter,
        requests=options.requests,
        valgrind=valgrind,
        missing=missing,
        gurux=os.environ.get("INTEROP") != "0",
    )


def conditions(settings: Settings) -> dict[str, str]:
    """Where the figures come from."""
    version = ".".join(map(str, settings.interpreter.version))
    return {
        "interpreter": f"MicroPython {version}, {'64' if settings.interpreter.is_64bit else '32'}-bit",
        "machine": f"{platform.system()} {platform.machine()}",
        "python": f"CPython {platform.python_version()}",
    }


def measure(settings: Settings, names: Sequence[str]) -> list[Row]:
    """Run the named measures, two at a time, but the one of time alone;
    rows in the order of MEASURES.
    """
    rows: dict[str, list[Row]] = {}
    if "time" in names:
        rows["time"] = MEASURES["time"](settings)
    with ThreadPoolExecutor(1) as pool:
        # those that wait for the kernel beside those that valgrind keeps busy
        beside = {name: pool.submit(MEASURES[name], settings) for name in ("heap", "boot") if name in names}
        for name in ("instructions", "profile", "emulated", "ring"):
            if name in names:
                rows[name] = MEASURES[name](settings)
        rows.update({name: job.result() for name, job in beside.items()})
    return [row for name in MEASURES if name in names for row in rows[name]]


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m host_tests.bench",
        description="Measure heap, instructions and time per request, beside their bars.",
    )
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the rows to FILE as well")
    parser.add_argument("--strict", action="store_true", help="fail on a row left out, too (as with CI=true on Linux)")
    names = ", ".join(MEASURES)
    parser.add_argument(
        "--only", metavar="NAME", action="append", choices=list(MEASURES), help=f"one of {names}; may be repeated"
    )
    parser.add_argument(
        "--requests", metavar="N", type=int, default=10_000, help="requests for each heap row (default 10,000)"
    )
    parser.add_argument(
        "--micropython", metavar="WORDS", help="interpreter command (default: MICROPYTHON, then the pinned one)"
    )
    options = parser.parse_args(words)
    console = Console(width=None if sys.stdout.isatty() else 160)
    try:
        settings = settings_of(options)
        where = conditions(settings)
        rows = measure(settings, options.only or list(MEASURES))
        print_table(rows, console)
        console.print("; ".join(where.values()), highlight=False)
        if options.json:
            write_json(rows, where, options.json)
    except (LauncherError, WrongAnswer, OSError) as fault:
        print(f"error: {fault}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    # There is no valgrind for macOS: a check that runs there cannot ask for its rows.
    strict = options.strict or (os.environ.get("CI") == "true" and platform.system() == "Linux")
    if failed(rows, strict):
        print("error: a bar is missed, or a row is left out in a strict run", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
