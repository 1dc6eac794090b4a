"""The boards' folders: every one has what the firmware reads of it."""

import ast

import pytest

from tools.launcher import ROOT

BOARDS = sorted(path.parent.name for path in (ROOT / "boards").glob("*/limits.py"))


def keys(board):
    tree = ast.parse((ROOT / "boards" / board / "limits.py").read_text(encoding="utf-8"))
    return {node.targets[0].id for node in tree.body if isinstance(node, ast.Assign)}


@pytest.mark.parametrize("board", BOARDS)
def test_limits_of_every_board_have_the_same_keys(board):
    assert keys(board) == keys("unix")


@pytest.mark.parametrize("board", BOARDS)
def test_every_board_says_how_the_meter_starts(board):
    tree = ast.parse((ROOT / "boards" / board / "board.py").read_text(encoding="utf-8"))
    assert "run" in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
