"""Command line of the emulated RP2040.

python -m tools.image.rp2040 build [--top TREE]     sources, tools, image, boot ROM, runner: what is
                                              missing or out of date
python -m tools.image.rp2040 run                    power on until Ctrl-C
python -m tools.image.rp2040 size                   octets of the image and of RAM
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from tools.image import powered
from tools.image.boards.catalog import BoardError

from . import build
from .emulator import Emulator


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tools.image.rp2040", description="The meter on an emulated RP2040 (rp2040js)."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    powered.add_build(commands, "build what is out of date, fetching sources and tools first where they are missing")
    powered.add_run(commands, build.CACHE / "flash.img")
    commands.add_parser("size", help="print octets of code and RAM")
    return parser


def _run(options: argparse.Namespace) -> None:
    console = powered.new_console(build.CACHE, options)
    with powered.until_interrupted(), Emulator(options.flash, console) as board:
        print(f"serial port {board.serial}, console log {console}", flush=True)
        print(f"Its REPL: .venv/bin/mpremote connect {board.serial} resume repl\nCtrl-C switches it off.", flush=True)
        powered.wait_while_alive(board)
        raise board.why()


def main(arguments: Sequence[str] | None = None) -> int:
    """Do one command; returns 1, with the reason on stderr, when it fails."""
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
