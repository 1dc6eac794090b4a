"""The table of limits of the board that a meter runs on, as boards/<BOARD>/limits.py has it.

Tests that count on a limit ask `meter.limits`; those that need more than
a small board has say how much:

    @pytest.mark.limits(UDP_ASSOCIATIONS=2)

and are skipped where the table says less. Beside the table's own there are two that follow from it,
of one TCP connection while every other holds no more than the one that it is sure of:

    TCP_ASSOCIATIONS   AAs
    TCP_TRANSFERS      long transfers

Limits that begin with `UDP_` or `TCP_` are asked of tests over that transport only, where the
parameter `opener` shows which those are.
"""

from __future__ import annotations

import runpy
import sys
from functools import cache
from types import SimpleNamespace

import pytest

from tools.launcher import ROOT

UNIX = "unix"
_FIRMWARE = str(ROOT / "firmware")


@cache
def of(board: str) -> SimpleNamespace:
    """The limits of a board by its name in READY; those of the unix port
    for one that has no folder here.
    """
    if _FIRMWARE not in sys.path:
        sys.path.append(_FIRMWARE)  # every table begins with limits_default
    path = ROOT / "boards" / board / "limits.py"
    table = runpy.run_path(str(path if path.is_file() else ROOT / "boards" / UNIX / "limits.py"))
    found = SimpleNamespace(**{name: value for name, value in table.items() if name.isupper()})
    others = found.CONNECTIONS - 1
    found.TCP_ASSOCIATIONS = min(found.ASSOCIATIONS, found.ALL_ASSOCIATIONS - others)
    found.TCP_TRANSFERS = found.TRANSFERS - others
    return found


def too_small(item: pytest.Item, limits: SimpleNamespace) -> str:
    """Why a test has no room on a board; empty when it has."""
    chosen = getattr(item, "callspec", None)
    over = chosen.params.get("opener") if chosen is not None else None
    spared = {"tcp": "UDP_", "udp": "TCP_"}.get(str(over), "-")
    for mark in item.iter_markers("limits"):
        for name, wanted in mark.kwargs.items():
            have = getattr(limits, name)
            if have < wanted and not name.startswith(spared):
                return f"{limits.BOARD} has {name} = {have}, and the test needs {wanted}"
    return ""
