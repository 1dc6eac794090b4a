"""A tag of the standard has a name where octets are compared:
`tag == _GET_REQUEST`, not `tag == 0xC0`.

Seen are hexadecimal numbers of `dlms/codec/tags.py` that are compared for being equal, alone or in
a tuple, and those above 5Fh that are put into a buffer: a smaller one there may be a length.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from .report import ROOT, Problem

_TABLE = Path("firmware", "dlms", "codec", "tags.py")
_FOLDERS = ("firmware/dlms", "firmware/net")
_LENGTH = 0x5F  # the longest that may look like a tag


def table(path: Path) -> dict[int, str]:
    """Number -> name, of a module of constants."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {
        ast.literal_eval(node.value.args[0]): node.targets[0].id
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and isinstance(node.value, ast.Call)
    }


def _numbers(node: ast.AST) -> Iterator[ast.expr]:
    """What a statement or an expression compares, or puts into a buffer."""
    if isinstance(node, ast.Compare):
        for operator, right in zip(node.ops, node.comparators, strict=True):
            if isinstance(operator, ast.Eq | ast.NotEq):
                yield from (node.left, right)
            elif isinstance(operator, ast.In | ast.NotIn) and isinstance(right, ast.Tuple):
                yield from right.elts
    elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
        if isinstance(node.value, ast.Constant) and isinstance(node.value.value, int) and node.value.value > _LENGTH:
            yield node.value


def check(root: Path = ROOT) -> list[Problem]:
    """A problem for each tag that stands as a number."""
    if not (root / _TABLE).is_file():
        return []
    tags = table(root / _TABLE)
    problems = []
    for path in sorted(path for folder in _FOLDERS for path in (root / folder).rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)):
            for number in _numbers(node):
                source = ast.get_source_segment(text, number) or ""
                if source.startswith("0x") and isinstance(number, ast.Constant) and number.value in tags:
                    name = tags[number.value]
                    what = f"write _{name} = const({source})  # as `dlms.codec.tags.{name}`, and compare with that"
                    problems.append(Problem(path.relative_to(root), number.lineno, f"{source} is a tag: {what}"))
    return problems
