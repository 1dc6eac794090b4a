"""Which tests have to share a worker: all that use one board. And how much time they are given: a board boots slowly.

xdist's own groups (`--dist loadgroup`) are names put behind node ids, which pytest 9.2 no longer shows it; so the scheduler here takes the
group from the target's part of the node id.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from .target import Target


def target_of(item: pytest.Item, targets: Sequence[Target]) -> Target:
    """The target that a test uses: its own of several, else the first."""
    chosen = getattr(item, "callspec", None)
    return (chosen.params.get("target") if chosen is not None else None) or targets[0]


def scope(nodeid: str, targets: Sequence[Target]) -> str:
    """What has to stay together: the tests of one board, and those of one module."""
    module, _, rest = nodeid.partition("::")
    chosen = rest.partition("[")[2].removesuffix("]").split("-")
    used = next((each for each in targets if each.id in chosen), targets[0])
    return used.id if used.board is not None else module


def scheduler(config: pytest.Config, log: Any, targets: Sequence[Target]) -> Any:
    """xdist's scheduler with one worker per board; None, for the one that `--dist` names, where no board takes part."""
    if not any(each.board for each in targets):
        return None
    from xdist.scheduler import LoadScopeScheduling

    class OneWorkerPerBoard(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return scope(nodeid, targets)

    return OneWorkerPerBoard(config, log)


def allow_time(items: Sequence[pytest.Item], targets: Sequence[Target]) -> None:
    """Give the tests of a board time for its ladder beside their own."""
    for item in items:
        board = target_of(item, targets).board
        if board is not None:
            own = item.get_closest_marker("timeout")
            seconds = own.args[0] if own is not None and own.args else float(item.config.getini("timeout"))
            # Nearest first: a marker of the test itself would win otherwise.
            item.add_marker(pytest.mark.timeout(seconds + board.ladder_seconds), append=False)
