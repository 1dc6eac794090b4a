"""What the documents name is there: `net/tcp.py:Connection.receive` is a class of that
module of firmware/ and a method in it.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

from .report import ROOT, Problem

_NAMED = re.compile(r"(?<![\w/])([\w/]+\.py):([A-Za-z_][\w.]*\w)")


def _names(path: Path) -> set[str]:
    """Every function, class and `Class.method` of a module."""
    found = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            found |= {
                f"{node.name}.{inner.name}"
                for inner in node.body
                if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef)
            }
    return found


def check(root: Path = ROOT) -> list[Problem]:
    """A problem for each place that a document names and the firmware does not have."""
    problems = []
    for document in sorted([*root.glob("*.md"), *root.glob("docs/**/*.md")]):
        for number, line in enumerate(document.read_text(encoding="utf-8").splitlines(), 1):
            for module, name in _NAMED.findall(line):
                path = root / "firmware" / module
                if not path.is_file():
                    problems.append(Problem(document.relative_to(root), number, f"firmware/{module} is not there"))
                elif name not in _names(path):
                    problems.append(Problem(document.relative_to(root), number, f"firmware/{module} has no {name}"))
    return problems
