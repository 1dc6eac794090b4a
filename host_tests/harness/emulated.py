"""The emulated board as the target of a run: one per worker, powered on when first wanted,
configured and reset for each group of tests.

`mp_*.py` scripts run on it too: with the firmware that is built in, after a
soft reset that skips the meter.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from tools.image.emulated import EmulatedBoard
from tools.image.emulated.remote import Remote, RemoteError

from .mp import RUNNER, ScriptRun

_FOLDER = "/cases"
_SCRIPT_TIMEOUT = 240.0
# The board's own address and port lead to it; the interpreter's heap is what the board has.
NOT_CONFIGURABLE = {"bind": "the board's address cannot be chosen", "heapsize": "the board's heap cannot be chosen"}


def run_on(board: Remote, script: Path, timeout: float = _SCRIPT_TIMEOUT) -> ScriptRun:
    """Run every case of an `mp_*.py` script on a board that has the firmware built in."""
    done = ScriptRun()
    try:
        board.execute(f"import os\nif {_FOLDER[1:]!r} not in os.listdir('/'): os.mkdir({_FOLDER!r})")
        board.copy([RUNNER, *_with_imports(script)], _FOLDER)
        code = (
            f"import sys; sys.path.insert(1, {_FOLDER!r}); sys.argv[:] = ['', '', '', '{_FOLDER}/{script.name}']\n"
            "import mp_runner; mp_runner.main()"
        )
        done.parse(board.run(["exec", code], timeout, fresh=True))
    except RemoteError as error:
        done.fault = str(error)
    return done


def _with_imports(script: Path) -> list[Path]:
    """A script and the files beside it that it imports, or that these do."""
    found = [script]
    for path in found:
        names = re.findall(r"^\s*(?:from|import) (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
        beside = (path.with_name(f"{name}.py") for name in names)
        found += [each for each in beside if each.exists() and each not in found]
    return found


class EmulatedBoards:
    """Hands out the one board of this worker."""

    def __init__(self, results: Path, worker: str) -> None:
        self._results = results
        self._worker = worker
        self._board: EmulatedBoard | None = None
        self._console: Path | None = None
        self._logs = 0

    def board(self) -> EmulatedBoard:
        """The board, powered on, in whatever state it is."""
        if self._board is None or not self._board.alive:
            self.close()
            self._logs += 1
            folder = self._results
            console = folder / f"emulated-{self._worker}-{self._logs}.log"
            self._board = EmulatedBoard(folder / f"flash-{self._worker}-{self._logs}.img", console)
            self._board.start()
        return self._board

    def meter(self, settings: Mapping[str, object]) -> EmulatedBoard:
        """The board, freshly booted with these settings."""
        board = self.board()
        wanted = {key: value for key, value in settings.items() if key != "port"}
        board.configure(wanted)
        return board

    def run_cases(self, script: Path) -> ScriptRun:
        """Run every case of an `mp_*.py` script on the board."""
        return run_on(self.board().remote, script)

    def close(self) -> None:
        """Switch the board off."""
        if self._board is not None:
            self._board.kill()
            self._board = None
