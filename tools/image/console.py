"""What a board says on its console while it boots, read the same way for every kind of board."""

from __future__ import annotations

from tools.launcher import Ready

READY = "READY ip="
# Printed by the interpreter when there is no program, or none any longer.
BANNER = 'Type "help()" for more information.'


def line_with(text: str, wanted: str) -> str:
    """The first whole line that has `wanted` in it; empty when there is none yet."""
    return next((line.strip() for line in text.splitlines(keepends=True) if wanted in line and line.endswith("\n")), "")


def outcome(text: str) -> str:
    """The line that shows what became of a boot, from READY on, or `error: …`, or
    `FATAL: …`; empty as long as there is none.
    """
    for line in text.splitlines(keepends=True):
        if line.endswith("\n"):
            if READY in line:
                return line[line.index(READY) :].strip()
            if line.startswith(("error: ", "FATAL: ")):
                return line.strip()
    return ""


def before_repl(text: str) -> str:
    """What was said before the interpreter offered its REPL."""
    return text.partition(BANNER)[0].rpartition("MicroPython")[0]


def last_words(text: str) -> str:
    """How the text ends, for the end of an error message."""
    said = [line.strip() for line in text.splitlines() if line.strip(" >\r")]
    return f"; its console ends with: {said[-1]}" if said else "; its console says nothing"


class Booted:
    """What a test asks of any board whose console is captured."""

    _ready: Ready | None = None

    def console(self) -> str:
        """What the console has said in the present boot."""
        raise NotImplementedError

    @property
    def ready(self) -> Ready:
        """What the newest READY line said; RuntimeError where there is none."""
        if self._ready is None:
            raise RuntimeError("the board has not printed its READY line")
        return self._ready

    def started_by_itself(self) -> str:
        """The READY line of a boot that nobody asked for; empty when there was none."""
        lines = [
            line.strip() for line in self.console().splitlines(keepends=True) if READY in line and line.endswith("\n")
        ]
        return lines[-1] if len(lines) > 1 else ""

    def log_tail(self, lines: int = 60) -> str:
        """The last lines of the console."""
        return "\n".join(self.console().splitlines()[-lines:])
