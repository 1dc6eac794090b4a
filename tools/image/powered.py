"""What the command lines of both emulated boards have in common: their options,
and a board that is on until Ctrl-C.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol


class Powered(Protocol):
    """A board that may end by itself."""

    @property
    def alive(self) -> bool: ...


def add_build(commands: Any, text: str) -> None:
    """The command `build` and where its sources come from; `commands` is what
    argparse's add_subparsers gave.
    """
    made: argparse.ArgumentParser = commands.add_parser("build", help=text)
    made.add_argument(
        "--top",
        metavar="TREE",
        default=os.environ.get("TOP"),
        help="MicroPython source tree (default: TOP, then Debian's sources)",
    )
    made.add_argument("--refresh", action="store_true", help="fetch the sources again")


def add_run(commands: Any, flash: Path) -> argparse.ArgumentParser:
    """The command `run` and its flash memory."""
    run: argparse.ArgumentParser = commands.add_parser("run", help="power the board on, until Ctrl-C")
    run.add_argument(
        "--flash", type=Path, default=flash, metavar="FILE", help="the flash memory (default: %(default)s)"
    )
    run.add_argument("--fresh", action="store_true", help="begin with an empty flash")
    return run


def new_console(folder: Path, options: argparse.Namespace) -> Path:
    """The empty console log of a `run`, whose flash is emptied too when that was asked for."""
    if options.fresh:
        options.flash.unlink(missing_ok=True)
    console = folder / "console.log"
    console.unlink(missing_ok=True)
    return console


@contextlib.contextmanager
def until_interrupted() -> Iterator[None]:
    """Ctrl-C or SIGTERM ends what is inside, and that is no fault."""

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    with contextlib.suppress(KeyboardInterrupt):
        yield


def wait_while_alive(board: Powered) -> None:
    """Return when the board has ended by itself."""
    while board.alive:
        signal.sigtimedwait([], 0.5)
