"""Which tests have to share a worker: all that use one board. And how much time they are given: a board boots slowly."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from .target import Target


def one_worker_per_board(config: pytest.Config, targets: Sequence[Target]) -> None:
    """Let xdist distribute by the groups that `mark` makes, whatever `--dist` says, as soon as a board takes part."""
    if any(each.group for each in targets) and config.getoption("dist", "no") != "no":
        config.option.dist = "loadgroup"


def target_of(item: pytest.Item, targets: Sequence[Target]) -> Target:
    """The target that a test uses: its own of several, else the first."""
    chosen = getattr(item, "callspec", None)
    return (chosen.params.get("target") if chosen is not None else None) or targets[0]


def mark(items: Sequence[pytest.Item], targets: Sequence[Target]) -> None:
    """Group the tests of each board, and the others by module, as `loadscope` does; give those of a board time for its ladder."""
    if not any(each.group for each in targets):
        return
    for item in items:
        used = target_of(item, targets)
        uses_board = used.board is not None and ("target" in getattr(item, "fixturenames", ()) or item.get_closest_marker("micropython"))
        item.add_marker(pytest.mark.xdist_group(used.group if uses_board else item.nodeid.partition("::")[0]))
        if uses_board:
            assert used.board is not None
            own = item.get_closest_marker("timeout")
            seconds = own.args[0] if own is not None and own.args else float(item.config.getini("timeout"))
            # Nearest first: a marker of the test itself would win otherwise.
            item.add_marker(pytest.mark.timeout(seconds + used.board.ladder_seconds), append=False)
