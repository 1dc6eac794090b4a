"""Markers of tests that say more than they mean: a need of this configuration where a
quicker start is all that is wished for.
"""

from __future__ import annotations

import ast
from pathlib import Path

from .report import ROOT, Problem

_QUICKER = "backfill_days"


def _only_quicker(node: ast.AST) -> bool:
    """Whether this is `….meter_config(backfill_days=0)`."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "meter_config"):
        return False
    values = {keyword.arg: getattr(keyword.value, "value", None) for keyword in node.keywords}
    return values == {_QUICKER: 0}


def check(root: Path = ROOT) -> list[Problem]:
    """A problem for each marker that keeps a test from meters that run
    already, for a quicker start alone.
    """
    fault = f"meter_config({_QUICKER}=0) is a need, and this only starts the meter quicker: write prefers({_QUICKER}=0)"
    return [
        Problem(path.relative_to(root), node.lineno, fault)
        for path in sorted((root / "host_tests").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path)))
        if _only_quicker(node)
    ]
