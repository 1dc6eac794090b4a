"""A Python source without what a board does not run: comments and docstrings.

They are a third of the octets, and a board's flash is small. Lines keep their numbers, so that a
traceback from a board names those of the repository.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator

_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def bare(source: str) -> str:
    """The same program; `pass` stands for a docstring, because it may be all of a body."""
    lines = source.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column].rstrip()
    for first, last, column in _docstrings(ast.parse(source)):
        lines[first - 1] = " " * column + "pass"
        lines[first:last] = [""] * (last - first)
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _docstrings(tree: ast.Module) -> Iterator[tuple[int, int, int]]:
    """First and last line of each docstring, and its column."""
    for node in ast.walk(tree):
        if isinstance(node, _DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            text = node.body[0]
            yield text.lineno, text.end_lineno or text.lineno, text.col_offset
