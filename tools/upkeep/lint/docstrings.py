"""A function of more than twelve lines has a docstring: octets as `rx[p:end]`,
units, errors, clause of the standard.

A constructor is described by its class. A function of `x_viper.py` or `x_native.py` is described by
its plain twin, the function of that name in `x_plain.py`. Tests are described by their names.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from .report import ROOT, Problem

MOST_LINES = 12
FOLDERS = ("firmware", "tools", "boards")
_FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
_FAST = ("_viper", "_native")


def _functions(
    node: ast.AST, owner: ast.ClassDef | None = None
) -> Iterator[tuple[ast.FunctionDef | ast.AsyncFunctionDef, ast.ClassDef | None]]:
    """Every function below a node, with the class whose method it is."""
    for each in ast.iter_child_nodes(node):
        if isinstance(each, _FUNCTION):
            yield each, owner
        yield from _functions(each, each if isinstance(each, ast.ClassDef) else None)


def _described_by_twin(path: Path) -> set[str]:
    """Names of the functions that the plain twin of a module describes."""
    for ending in _FAST:
        twin = path.with_name(path.name.replace(ending, "_plain"))
        if path.stem.endswith(ending) and twin.is_file():
            body = ast.parse(twin.read_text(encoding="utf-8")).body
            return {each.name for each in body if isinstance(each, ast.FunctionDef) and ast.get_docstring(each)}
    return set()


def check(root: Path = ROOT) -> list[Problem]:
    """A problem for each function that is too long to go without a description."""
    problems = []
    for path in sorted(path for folder in FOLDERS for path in (root / folder).rglob("*.py")):
        twins = _described_by_twin(path)
        for function, owner in _functions(ast.parse(path.read_text(encoding="utf-8"), str(path))):
            lines = (function.end_lineno or function.lineno) - function.lineno + 1
            constructor = owner is not None and function.name == "__init__" and ast.get_docstring(owner)
            if lines <= MOST_LINES or ast.get_docstring(function) or constructor or function.name in twins:
                continue
            problems.append(
                Problem(path.relative_to(root), function.lineno, f"{function.name} has {lines} lines and no docstring")
            )
    return problems
