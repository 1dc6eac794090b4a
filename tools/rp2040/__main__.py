"""Command line of the emulated RP2040.

    python -m tools.rp2040 build [--top TREE]     sources, tools, image, boot ROM, runner: what is missing or out of date
    python -m tools.rp2040 run                    power on until Ctrl-C
    python -m tools.rp2040 size                   octets of the image and of RAM
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.boards.catalog import BoardError

from . import build
from .emulator import Emulator


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.rp2040", description="The meter on an emulated RP2040 (rp2040js).")
    commands = parser.add_subparsers(dest="command", required=True)
    made = commands.add_parser("build", help="build what is out of date, fetching sources and tools first where they are missing")
    made.add_argument(
        "--top", metavar="TREE", default=os.environ.get("TOP"), help="MicroPython source tree (default: TOP, then Debian's sources)"
    )
    made.add_argument("--refresh", action="store_true", help="fetch the sources again")
    run = commands.add_parser("run", help="power the board on, until Ctrl-C")
    flash = build.CACHE / "flash.img"
    run.add_argument("--flash", type=Path, default=flash, metavar="FILE", help="the flash memory (default: %(default)s)")
    run.add_argument("--fresh", action="store_true", help="begin with an empty file system")
    commands.add_parser("size", help="print octets of code and RAM")
    return parser


def _run(options: argparse.Namespace) -> None:
    if options.fresh:
        options.flash.unlink(missing_ok=True)
    console = build.CACHE / "console.log"
    console.unlink(missing_ok=True)

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    try:
        with Emulator(options.flash, console) as board:
            print(f"serial port {board.serial}, console log {console}", flush=True)
            print(f"Its REPL: .venv/bin/mpremote connect {board.serial} resume repl\nCtrl-C switches it off.", flush=True)
            while board.alive:
                signal.sigtimedwait([], 0.5)
            raise board.why()
    except KeyboardInterrupt:
        pass


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        if options.command == "build":
            print(build.build(options.top, refresh=options.refresh))
        elif options.command == "run":
            _run(options)
        else:
            print(" ".join(f"{key}={value}" for key, value in build.sizes().items()))
    except BoardError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
