"""Command line of the emulated board.

python -m tools.image.emulated build [TOP=tree]     sources, tools, mpy-cross, firmware: what is
                                              missing or out of date
python -m tools.image.emulated run                  power on until Ctrl-C
python -m tools.image.emulated deploy               put the firmware's .py files on the
                                              board that runs
python -m tools.image.emulated undeploy             back to the built-in ones
python -m tools.image.emulated reset                reset the board that runs
python -m tools.image.emulated size                 octets of code, RAM and frozen Python
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from tools.image import powered
from tools.launcher import LauncherError

from . import build
from .board import EmulatedBoard, deploy_to, undeploy_from
from .errors import BoardError
from .remote import Remote
from .sources import CACHE

_RUNNING = CACHE / "running.json"


def _parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.image.emulated", description="The meter on an emulated Cortex-M3 board (QEMU)."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    powered.add_build(commands, "build the firmware, fetching sources and tools first where they are missing")
    run = powered.add_run(commands, CACHE / "flash.img")
    run.add_argument(
        "--port",
        type=int,
        default=0,
        metavar="N",
        help="TCP and UDP port of the meter on 127.0.0.1 (default: any free one)",
    )
    run.add_argument("--icount", type=int, metavar="N", help="count instructions: each takes 2**N ns of emulated time")
    for name, text in (
        ("deploy", "put the firmware's .py files on the board: only those that changed"),
        ("undeploy", "remove them: the built-in meter runs again"),
        ("reset", "reset the board"),
    ):
        other = commands.add_parser(name, help=text)
        other.add_argument("--device", help="its serial port (default: that of the board which `run` started)")
    commands.add_parser("size", help="print octets of code, RAM and frozen Python")
    return parser


def _run(options: argparse.Namespace) -> None:
    """Run the board until Ctrl-C; BoardError when it ends by itself."""
    console = powered.new_console(CACHE, options)
    board = EmulatedBoard(options.flash, console, port=options.port, icount=options.icount)
    try:
        with powered.until_interrupted():
            board.power_on()
            _RUNNING.write_text(json.dumps({"device": board.serial}), encoding="utf-8")
            print(f"serial port {board.serial}, machine.UART(1) at {board.line}, console log {console}", flush=True)
            board.wait_ready()
            print(
                f"READY host={board.host} port={board.port} {board.console().partition('READY ')[2].splitlines()[0]}",
                flush=True,
            )
            print(f"Read it with: make read PORT={board.port}\nCtrl-C switches it off.", flush=True)
            powered.wait_while_alive(board)
            raise BoardError(f"the board ended with exit code {board.machine.exit_code}: {board.log_tail(1)}")
    finally:
        board.kill()
        _RUNNING.unlink(missing_ok=True)


def _device(device: str | None) -> str:
    if device:
        return device
    try:
        return json.loads(_RUNNING.read_text(encoding="utf-8"))["device"]
    except (OSError, ValueError, KeyError):
        raise BoardError(
            "no emulated board is running: start one with python -m tools.image.emulated run, or name a --device"
        ) from None


def _act(options: argparse.Namespace) -> None:
    """Do one command."""
    if options.command == "build":
        print(build.build(options.top, refresh=options.refresh))
    elif options.command == "run":
        _run(options)
    elif options.command == "deploy":
        changed = deploy_to(_device(options.device))
        print(f"{len(changed)} files copied; reset the board to run them" if changed else "every file is there already")
    elif options.command == "undeploy":
        undeploy_from(_device(options.device))
    elif options.command == "reset":
        Remote(_device(options.device)).reset()
    else:
        print(" ".join(f"{key}={value}" for key, value in build.sizes().items()))


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        _act(options)
    except LauncherError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
