"""The emulated RP2040 as the target of a run: `mp_*.py` scripts run on it,
with the firmware of its image.
"""

from __future__ import annotations

from pathlib import Path

from tools.image.boards.catalog import BoardError
from tools.image.emulated.remote import Remote
from tools.image.rp2040 import Emulator

from .emulated import run_on
from .mp import ScriptRun

# The longest script takes a minute of a whole processor of the computer.
_SCRIPT_TIMEOUT = 500.0


class Rp2040Board:
    """The one board of this worker, powered on when the first script wants it."""

    def __init__(self, results: Path, worker: str) -> None:
        self._results = results
        self._worker = worker
        self._board: Emulator | None = None
        self._starts = 0

    def run_cases(self, script: Path) -> ScriptRun:
        """Run every case of an `mp_*.py` script on the board."""
        try:
            return run_on(Remote(self._powered().serial), script, _SCRIPT_TIMEOUT)
        except BoardError as error:
            done = ScriptRun()
            done.fault = str(error)
            return done

    def _powered(self) -> Emulator:
        if self._board is None or not self._board.alive:
            self.close()
            self._starts += 1
            name = f"{self._worker}-{self._starts}"
            self._results.mkdir(parents=True, exist_ok=True)
            board = Emulator(self._results / f"rp2040-{name}.img", self._results / f"rp2040-{name}.log")
            board.power_on()
            self._board = board
            board.wait_console("READY ip=")
        return self._board

    def close(self) -> None:
        """Switch the board off."""
        if self._board is not None:
            self._board.power_off()
            self._board = None
