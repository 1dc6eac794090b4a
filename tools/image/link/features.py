"""What a board's table of limits leaves out of its image, and what it has in it for certain.

A limit of 0 leaves a feature out. Then its branches of the code are not linked, so that nothing of
it is in the image; and a file `limits.py` on the board cannot switch it on any more (`app.LEFT_OUT`
says so). The modules of a feature that the board has are linked into the resident one, because they
are needed all the time.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

FEATURES = ("SN_CLIENTS", "GBT_WINDOW", "PUSHES", "GROUPS")
# limits -> modules that are imported only where none of them is 0, and stay then
_MODULES = {
    ("SN_CLIENTS",): ("dlms.sn.short_names",),
    ("GBT_WINDOW",): ("dlms.ln.access", "dlms.long.gbt"),
    ("PUSHES",): ("net.manager", "net.notifier", "meter.unsolicited"),
    ("GROUPS",): ("net.multicast",),
    ("PUSHES", "SN_CLIENTS"): ("meter.reports",),
}


def table(board: Path, defaults: Path) -> dict[str, int]:
    """The limits of FEATURES in a board's table, which begins with `from limits_default import *`."""
    limits: dict[str, object] = {}
    for path in (defaults, board):
        text = path.read_text(encoding="utf-8").replace("from limits_default import *", "")
        exec(compile(text, str(path), "exec"), limits)
    return {name: int(str(limits[name])) for name in FEATURES}


def modules(limits: Mapping[str, int]) -> list[str]:
    """The modules of the features that a board has."""
    return [
        module for names, needed in _MODULES.items() if all(limits.get(name) for name in names) for module in needed
    ]


class Fold(ast.NodeTransformer):
    """Takes the branches of features that are left out away. At the level of modules those of
    the others become unconditional imports.
    """

    def __init__(self, limits: Mapping[str, int]) -> None:
        self.limits = limits

    def visit_Module(self, node: ast.Module) -> ast.Module:
        self.generic_visit(node)
        body: list[ast.stmt] = []
        for each in node.body:
            body += each.body if isinstance(each, ast.If) and self._feature(each.test) else [each]
        node.body = body
        return node

    def _feature(self, node: ast.expr) -> bool:
        return (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == "limits"
            and node.attr in self.limits
        )

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        if self._feature(node) and not self.limits[node.attr]:
            return ast.copy_location(ast.Constant(0), node)
        self.generic_visit(node)
        return node

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        self.generic_visit(node)
        if isinstance(node.op, ast.And):
            return next((each for each in node.values if _is_zero(each)), node)
        kept = [each for each in node.values if not _is_zero(each)]
        if len(kept) > 1:
            node.values = kept
            return node
        return kept[0] if kept else node.values[0]

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
        self.generic_visit(node)
        return (node.orelse or [ast.copy_location(ast.Pass(), node)]) if _is_zero(node.test) else node

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        self.generic_visit(node)
        return node.orelse if _is_zero(node.test) else node


def _is_zero(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == 0 and type(node.value) is int
