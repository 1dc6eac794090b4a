"""Which tests have to share a worker, which begin first, and how much time they
are given: a board boots slowly.

The tests of one board or of one running meter share a worker, and those of one module, because they
share a meter. Modules whose tests have a board, a process or an interpreter each share nothing:
every test there goes to whichever worker is free, and they begin first, so that no worker is left
alone with them at the end.

xdist's own groups (`--dist loadgroup`) are names put after node ids, which pytest 9.2 no longer
shows it; so the scheduler here takes the group from the target's part of the node id.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from .target import Target

# Modules that share nothing among their tests, the longest first. Each of their tests
# waits for seconds, or computes for some.
APART = (
    "host_tests/hil/test_wrong_boards.py",
    "host_tests/fuzz/test_fuzz_engine.py",
    "host_tests/boards/test_deploy.py",
    "host_tests/hil/test_runs.py",
    "host_tests/hil/test_labgrid.py",
    "host_tests/hil/test_board.py",
    "host_tests/mutations/test_mutations.py",
    "host_tests/boards/test_mip.py",
    "host_tests/fuzz/test_fuzz_replay.py",
)


def target_of(item: pytest.Item, targets: Sequence[Target]) -> Target:
    """The target that a test uses: its own of several, otherwise the first."""
    chosen = getattr(item, "callspec", None)
    return (chosen.params.get("target") if chosen is not None else None) or targets[0]


def scope(nodeid: str, targets: Sequence[Target]) -> str:
    """What has to stay together: the tests of one board or running meter, and those of one
    module that is not among those `APART`.
    """
    module, _, rest = nodeid.partition("::")
    chosen = rest.partition("[")[2].removesuffix("]").split("-")
    used = next((each for each in targets if each.id in chosen), targets[0])
    if used.board is not None or used.foreign:
        return used.id
    return nodeid if module in APART else module


def order(name: str, tests: int) -> tuple[int, int]:
    """What scopes are sorted by: those `APART` in the order of their modules, then the
    others by the number of their tests.
    """
    module = name.partition("::")[0]
    return (APART.index(module) if module in APART else len(APART), -tests)


def scheduler(config: pytest.Config, log: Any, targets: Sequence[Target]) -> Any:
    """xdist's scheduler by these scopes; None, for the one that `--dist` names, where that
    is another and no board takes part.
    """
    if config.getoption("dist") != "loadscope" and not any(each.board or each.foreign for each in targets):
        return None
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return scope(nodeid, targets)

        _sorted = False

        def _assign_work_unit(self, node: Any) -> None:
            if not self._sorted:  # xdist has made its queue and hands out the first of it
                self._sorted = True
                waiting = sorted(self.workqueue.items(), key=lambda unit: order(unit[0], len(unit[1])))
                self.workqueue.clear()
                self.workqueue.update(waiting)
            super()._assign_work_unit(node)

    return Scheduling(config, log)


def allow_time(items: Sequence[pytest.Item], targets: Sequence[Target]) -> None:
    """Give the tests of a board time for its ladder beside their own."""
    for item in items:
        board = target_of(item, targets).board
        if board is not None:
            own = item.get_closest_marker("timeout")
            seconds = own.args[0] if own is not None and own.args else float(item.config.getini("timeout"))
            # Nearest first: a marker of the test itself would win otherwise.
            item.add_marker(pytest.mark.timeout(seconds + board.ladder_seconds), append=False)
