"""The boards of one worker: taken when first wanted, kept for the run, configured
and reset for each group of tests.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from host_tests.harness.mp import RUNNER, ScriptRun

from . import place
from .board import HilBoard
from .errors import HilError
from .line import absent
from .rig import BoardSpec

if TYPE_CHECKING:
    from host_tests.harness.target import Target

_FOLDER = "cases"
_SCRIPT_TIMEOUT = 240.0


def boards_there(targets: Iterable[Target]) -> None:
    """HilError, a line for each board of these targets that is not plugged in. What a labgrid
    place has is its coordinator's to say.
    """
    faults = []
    for target in targets:
        if (
            target.board is not None
            and not target.board.device.startswith(place.PREFIX)
            and (why := absent(target.board.device))
        ):
            faults.append(f"--target {target.name}: {why}")
    if faults:
        raise HilError("\n".join(faults))


class HilBoards:
    """results: folder for the consoles' logs. worker: name of this worker, part of theirs."""

    def __init__(self, results: Path, worker: str) -> None:
        self._results = results
        self._worker = worker
        self._boards: dict[str, HilBoard] = {}
        self._refused: dict[str, str] = {}

    def board(self, spec: BoardSpec) -> HilBoard:
        """The board of a target, in whatever state it is; HilError when it
        cannot be had, the same each time.
        """
        if spec.name in self._refused:
            raise HilError(self._refused[spec.name])
        board = self._boards.get(spec.name)
        if board is None:
            name = re.sub(r"\W+", "-", spec.name).strip("-")
            board = HilBoard(spec, self._results / f"console-{name}-{self._worker}.log")
            try:
                board.open()
            except HilError as error:
                self._refused[spec.name] = str(error)
                raise
            self._boards[spec.name] = board
        return board

    def meter(self, spec: BoardSpec, settings: Mapping[str, object]) -> HilBoard:
        """The board, freshly booted with these settings."""
        board = self.board(spec)
        board.configure({key: value for key, value in settings.items() if key != "port"})
        return board

    def run_cases(self, spec: BoardSpec, script: Path) -> ScriptRun:
        """Run every case of an `mp_*.py` script on the board, with the firmware that is there,
        after a soft reset that skips the meter.
        """
        done = ScriptRun()
        helpers = [
            path for path in sorted(script.parent.glob("*.py")) if not re.match(r"mp_|test_|conftest", path.name)
        ]
        try:
            board = self.board(spec)
            board.kill()
            board.remote.copy([RUNNER, script, *helpers], _FOLDER)
            code = (
                f"import sys; sys.path.insert(1, {_FOLDER!r}); sys.argv[:] = ['', '', '', '{_FOLDER}/{script.name}']\n"
                "import mp_runner; mp_runner.main()"
            )
            done.parse(board.remote.execute(code, _SCRIPT_TIMEOUT, fresh=True))
        except HilError as error:
            done.fault = str(error)
        return done

    def close(self) -> list[str]:
        """Put every board's configuration back and release it; what went
        wrong with that, a line each.
        """
        faults = []
        for board in self._boards.values():
            try:
                board.close()
            except HilError as error:
                faults.append(str(error))
        self._boards.clear()
        return faults
