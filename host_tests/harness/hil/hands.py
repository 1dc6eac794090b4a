"""Python on a board, over the port that its console is captured from. The program that runs is interrupted by it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

from mpremote.transport_serial import SerialTransport

from tools.boards.catalog import BoardError
from tools.boards.files import Files
from tools.boards.repl import ATTEMPTS, Repl

from .errors import HilError
from .line import Line, Tap

TIMEOUT = 60.0


class LineTransport(SerialTransport):
    """mpremote's transport on a line that is open already."""

    def __init__(self, line: Line, timeout: float) -> None:
        # Not SerialTransport's own, which opens a port.
        self.in_raw_repl = False
        self.use_raw_paste = True
        self.device_name = line.device
        self.mounted = False
        self.is_pty = False
        self.serial = Tap(line, timeout)


class Hands:
    """line: the open port. answer: seconds within which a healthy board answers at its REPL.

    leaving: called before the board is left to itself, because what the console says from then on belongs to the next boot.
    """

    def __init__(self, line: Line, answer: float, leaving: Callable[[], None]) -> None:
        self._line = line
        self._answer = answer
        self._leaving = leaving

    @contextlib.contextmanager
    def repl(self, *, fresh: bool = False) -> Iterator[Repl]:
        """The raw REPL; `fresh` in a new interpreter, which a soft reset gives: main.py does not run."""
        try:
            timeout = self._answer / ATTEMPTS
            with Repl.over(self._line.device, LineTransport(self._line, self._answer), timeout, fresh) as repl:
                yield repl
        except BoardError as error:
            raise HilError(str(error)) from None

    def execute(self, code: str, timeout: float = TIMEOUT, *, fresh: bool = False) -> str:
        """Run code and return what it prints; HilError with the last line of its traceback. timeout: the longest silence."""
        with self.repl(fresh=fresh) as repl:
            return repl.run(code, timeout).decode(errors="replace").replace("\r\n", "\n")

    def start(self, code: str) -> None:
        """Run code without waiting for its end."""
        with self.repl() as repl:
            self._leaving()
            repl.start(code)

    def reset(self) -> None:
        """Reset the board from within, without waiting for anything."""
        with self.repl() as repl:
            self._leaving()
            repl.reset()

    def copy(self, sources: list[Path], folder: str) -> None:
        """Copy files of this computer into a folder of the board; those that are there already, octet for octet, are left alone."""
        with self.repl(fresh=True) as repl:
            files = Files(repl)
            if folder.strip("/"):
                files.make_folder(folder.strip("/"))
            for source in sources:
                files.write(f"{folder.rstrip('/')}/{source.name}".lstrip("/"), source.read_bytes())
