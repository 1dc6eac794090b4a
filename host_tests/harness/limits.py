"""The table of limits of the board that a meter runs on, as boards/<BOARD>/limits.py has it.

Tests that count on a limit ask `meter.limits`; those that need more than a small board has say how much:

    @pytest.mark.limits(UDP_ASSOCIATIONS=2)

and are skipped where the table says less. Limits that begin with `UDP_` are asked of tests over UDP only, where the parameter `opener`
tells which those are.
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
    """The limits of a board by its name in READY; those of the unix port for one that has no folder here."""
    if _FIRMWARE not in sys.path:
        sys.path.append(_FIRMWARE)  # every table begins with limits_default
    path = ROOT / "boards" / board / "limits.py"
    table = runpy.run_path(str(path if path.is_file() else ROOT / "boards" / UNIX / "limits.py"))
    return SimpleNamespace(**{name: value for name, value in table.items() if name.isupper()})


def too_small(item: pytest.Item, limits: SimpleNamespace) -> str:
    """Why a test has no room on a board; empty when it has."""
    chosen = getattr(item, "callspec", None)
    over_tcp = chosen is not None and chosen.params.get("opener") == "tcp"
    for mark in item.iter_markers("limits"):
        for name, wanted in mark.kwargs.items():
            have = getattr(limits, name)
            if have < wanted and not (over_tcp and name.startswith("UDP_")):
                return f"{limits.BOARD} has {name} = {have}, and the test needs {wanted}"
    return ""
