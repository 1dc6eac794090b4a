"""Requirement ids: which exist, which a test names, which nobody names.

docs/REQUIREMENTS.md holds one line for each id, `- **A-01 M** text` or a table row
that opens with `**C-10 M**`. Tests name ids with `@pytest.mark.req("A-01", ...)`;
scripts of cases (`mp_*.py`) in a literal `REQ = {"case": ("A-01",)}`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .report import ROOT, Problem

_DEFINITION = re.compile(r"^\s*(?:[-*]\s+|\|\s*)\*\*([A-I]-\d{2,3}[a-z]?)\b")
_ID = re.compile(r"[A-I]-\d{2,3}[a-z]?")


def known_ids(root: Path = ROOT) -> set[str] | None:
    """Every id that docs/REQUIREMENTS.md defines; None while there is no such file."""
    document = root / "docs" / "REQUIREMENTS.md"
    if not document.exists():
        return None
    lines = document.read_text(encoding="utf-8").splitlines()
    return {match.group(1) for match in map(_DEFINITION.match, lines) if match}


@dataclass(frozen=True)
class Mention:
    """One id that a test names."""

    identifier: str
    path: Path
    line: int


def _strings(node: ast.AST) -> Iterator[ast.Constant]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
            yield inner


def _marks(tree: ast.Module) -> Iterator[ast.Constant]:
    """The string constants that name ids in one test module.

    A mark with anything but literals takes its ids from a table in the same file:
    then each string of the file that looks like an id counts.
    """
    from_table = False
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "req":
            literal = all(isinstance(argument, ast.Constant) for argument in node.args)
            from_table = from_table or not literal
            if literal:
                for argument in node.args:
                    yield from _strings(argument)
        elif isinstance(node, ast.Assign) and any(
            isinstance(name, ast.Name) and name.id == "REQ" for name in node.targets
        ):
            if isinstance(node.value, ast.Dict):
                for value in node.value.values:
                    yield from _strings(value)
    if from_table:
        for constant in _strings(tree):
            if _ID.fullmatch(constant.value):
                yield constant


def mentions(root: Path = ROOT) -> list[Mention]:
    """Every id that a test of host_tests names."""
    found = []
    for path in sorted((root / "host_tests").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
        found += [Mention(str(constant.value), path, constant.lineno) for constant in _marks(tree)]
    return found


def check(root: Path = ROOT) -> list[Problem]:
    """A problem for each id that a test names and the requirements do not have."""
    known = known_ids(root)
    if known is None:
        return []
    return [
        Problem(mention.path.relative_to(root), mention.line, f"{mention.identifier} is no id of docs/REQUIREMENTS.md")
        for mention in mentions(root)
        if mention.identifier not in known
    ]


def _in_order(identifier: str) -> tuple[str, int, str]:
    """Sort key: D-11, D-89, D-89a, D-101."""
    section, _, number = identifier.partition("-")
    digits = number.rstrip("abcdefghijklmnopqrstuvwxyz")
    return section, int(digits), number[len(digits) :]


def untested(root: Path = ROOT) -> dict[str, list[str]]:
    """The ids without a test, by section letter."""
    named = {mention.identifier for mention in mentions(root)}
    by_section: dict[str, list[str]] = {}
    for identifier in sorted((known_ids(root) or set()) - named, key=_in_order):
        by_section.setdefault(identifier[0], []).append(identifier)
    return by_section
