"""What the measurements share: the interpreter, the firmware under test, how much to measure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.launcher import ROOT, Interpreter, Meter

# Any answer later than this means that the meter is stuck, under valgrind too.
PATIENCE = 240.0
INSIDE = Path(__file__).resolve().parent / "inside"


@dataclass(frozen=True)
class Settings:
    """interpreter: what runs the meter. firmware: the folder of its main.py. requests: how many
    make one heap row. valgrind: the command, or None. missing: why there is none.
    """

    interpreter: Interpreter
    firmware: Path = ROOT / "firmware"
    requests: int = 10_000
    valgrind: str | None = None
    missing: str = ""
    gurux: bool = True

    def meter(
        self,
        heapsize: str | None = None,
        prefix: tuple[str, ...] = (),
        board: Path = ROOT / "boards" / "unix",
        **keys: object,
    ) -> Meter:
        """A meter to be measured, on a free port. prefix: words in front of the
        interpreter. board: the folder of its limits.
        """
        found = Interpreter((*prefix, *self.interpreter.words), self.interpreter.version, self.interpreter.is_64bit)
        return Meter(
            {"port": 0, "bind": "127.0.0.1", **keys},
            micropython=found,
            heapsize=heapsize,
            script=self.firmware / "main.py",
            start_timeout=PATIENCE,
            board=board,
        )

    def path(self) -> str:
        """MICROPYPATH for scripts that run in the interpreter without being the meter."""
        folders = (self.firmware, ROOT / "boards" / "unix", ROOT / "host_tests" / "alloc")
        return ":".join([".frozen", *map(str, folders)])


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    """The environment of a measured process: without what makes two runs differ."""
    import os

    return {**os.environ, "PYTHONHASHSEED": "0", **extra}
