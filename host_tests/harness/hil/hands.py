"""Python on a board, over the port that its console is captured from. The
program that runs is interrupted by it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

from mpremote.transport_serial import SerialTransport

from tools.image.boards.catalog import BoardError
from tools.image.boards.files import Files
from tools.image.boards.repl import ATTEMPTS, Repl
from tools.image.console import BANNER

from .errors import HilError
from .line import Line, Tap

TIMEOUT = 60.0
_SILENCE = 0.15


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
    """line: the open port. answer: seconds within which a healthy board answers at
    its REPL; it is asked three times.

    left: called when the board was left to itself, with the mark in the line
    where what it says by itself begins.
    """

    def __init__(self, line: Line, answer: float, left: Callable[[int], None]) -> None:
        self._line = line
        self._answer = answer
        self._left = left
        self._transport: LineTransport | None = None

    def interrupt(self) -> None:
        """Ctrl-C twice, Ctrl-B out of a raw REPL, which the board answers with its
        banner; HilError when it does not.

        Several times, because a Ctrl-C during boot.py leads to main.py and not to the REPL.
        What was typed too early is answered late: the board is at its prompt for certain
        when it has been silent for a moment.
        """
        for _ in range(ATTEMPTS):
            at = self._line.size
            self._line.write(b"\r\x03\x03\x02")
            if self._line.wait(lambda at=at: self._at_prompt(at), self._answer):
                while True:
                    size = self._line.size
                    if not self._line.wait(lambda size=size: self._line.size > size, _SILENCE):
                        break
                if self._at_prompt(at):
                    return
        raise HilError(
            f"{self._line.device}: no MicroPython REPL answers Ctrl-C, {ATTEMPTS} times within {self._answer:g} s"
        )

    def _at_prompt(self, at: int) -> bool:
        text = self._line.text(at)
        return BANNER in text and text.endswith(">>> ")

    @contextlib.contextmanager
    def repl(self, *, fresh: bool = False) -> Iterator[Repl]:
        """The raw REPL; `fresh` in a new interpreter, which a soft reset
        gives: main.py does not run.
        """
        try:
            self.interrupt()
            self._transport = LineTransport(self._line, self._answer)
            with Repl.over(self._line.device, self._transport, self._answer, fresh) as repl:
                yield repl
        except BoardError as error:
            raise HilError(str(error)) from None

    def execute(self, code: str, timeout: float = TIMEOUT, *, fresh: bool = False) -> str:
        """Run code and return what it prints; HilError with the last line of its
        traceback. timeout: the longest silence.
        """
        with self.repl(fresh=fresh) as repl:
            return repl.run(code, timeout).decode(errors="replace").replace("\r\n", "\n")

    def start(self, code: str) -> None:
        """Run code without waiting for its end."""
        with self.repl() as repl:
            repl.start(code)
            self.leave()

    def reset(self) -> None:
        """Reset the board from within, without waiting for anything."""
        with self.repl() as repl:
            self.restart(repl)

    def restart(self, repl: Repl) -> None:
        """Reset the board from its REPL, which is of no use afterwards.

        A port that goes away with the reset may take the REPL's acknowledgement with it; it is
        the reset then that shows that the command was heard, and what comes through the port that
        was opened anew is the next boot's.
        """
        opened = self._line.opened
        try:
            repl.reset()
        except BoardError:
            if not self._line.came_back(opened):
                raise
            self._left(self._line.opened)
        else:
            self.leave()

    def leave(self) -> None:
        """The code that was started at the REPL is on its own now: mpremote has read the
        REPL's acknowledgement and no more.
        """
        assert self._transport is not None
        self._left(self._transport.serial.at)

    def copy(self, sources: list[Path], folder: str) -> None:
        """Copy files of this computer into a folder of the board; those that are there
        already, octet for octet, are left alone.
        """
        with self.repl(fresh=True) as repl:
            files = Files(repl)
            if folder.strip("/"):
                files.make_folder(folder.strip("/"))
            for source in sources:
                files.write(f"{folder.rstrip('/')}/{source.name}".lstrip("/"), source.read_bytes())
