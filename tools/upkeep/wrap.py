"""Fills the prose of comments and docstrings to 100 columns. Layouts and tables stay as they are.

    python -m tools.upkeep.wrap [FILE...]    rewrite; every Python file of the project when none is named

`ruff format` breaks code at 120 columns, but neither comments nor docstrings; this does. The lint
fails on a file that it would change. A line in which two blanks or more stand between words is a
layout, and no prose. Comments after code belong to their line, and are left alone.
"""

from __future__ import annotations

import argparse
import ast
import io
import re
import sys
import textwrap
import tokenize
from collections.abc import Iterator, Sequence
from pathlib import Path

from tools.upkeep.lint.report import ROOT, Problem
from tools.upkeep.lint.text import tracked

WIDTH = 100  # columns of prose
_LAYOUT = re.compile(r"\S {2,}\S|-{5}")  # a gap between words, or a ruler
_BULLET = re.compile(r" *(?:- |\* |\d+\. )")
_CODE_SPAN = re.compile(r"``[^`]{1,60}``|(?<!`)`[^`]{1,60}`(?!`)")
_WORD_FOR_A_TOOL = re.compile(r"#(?:!|:| (?:fmt|ruff|type|noqa|mypy)\b)")
_NARROW = 60  # columns: no text is made narrower so that its last line is no single word
_HYPHEN = re.compile(r"(\w)- (?!and |or |to )(\w)")  # at the end of a line before
_JOINED = "\x02"  # a blank at which no line is broken
_OPENING = "\x01"  # a column of the quotes that open a docstring

Edit = tuple[int, int, list[str]]  # first and last line, counted from 1, and what they become


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _broken(text: str, first: str, rest: str, width: int) -> list[str]:
    """The text in as few lines as possible; of two or three, the last one is no single word."""
    text = _CODE_SPAN.sub(lambda span: span[0].replace(" ", _JOINED), text)

    def at(columns: int) -> list[str]:
        return textwrap.wrap(
            text,
            columns,
            initial_indent=first,
            subsequent_indent=rest,
            break_long_words=False,
            break_on_hyphens=False,
        )

    lines = at(width)
    columns = width
    while 1 < len(lines) <= 3 and len(lines[-1].strip()) < 0.4 * len(lines[0].strip()):
        columns -= 1
        narrower = at(columns)
        if columns < _NARROW or len(narrower) > len(lines):
            break
        lines = narrower
    return [line.replace(_JOINED, " ") for line in lines]


def filled(lines: Sequence[str], width: int = WIDTH) -> list[str]:
    """The lines of a text, with each paragraph filled that has a line too long."""
    done: list[str] = []
    at = 0
    while at < len(lines):
        bullet = _BULLET.match(lines[at])
        hanging = len(bullet[0]) if bullet else _indent(lines[at])
        end = at + 1
        prose = lines[at].strip() and not _LAYOUT.search(lines[at])
        while prose and end < len(lines) and _continues(lines[end], hanging):
            end += 1
        block = list(lines[at:end])
        if any(len(line) > width and not _LAYOUT.search(line) for line in block):
            text = " ".join([block[0][hanging:].strip(), *(line.strip() for line in block[1:])])
            text = _HYPHEN.sub(r"\1-\2", text)
            block = _broken(text, bullet[0] if bullet else " " * hanging, " " * hanging, width)
        done += block
        at = end
    return done


def _continues(line: str, hanging: int) -> bool:
    """Whether a line goes on with the paragraph whose lines stand at that column."""
    return bool(line.strip()) and _indent(line) == hanging and not _LAYOUT.search(line) and not _BULLET.match(line)


def _docstrings(tree: ast.Module) -> Iterator[ast.Constant]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                if isinstance(first.value.value, str):
                    yield first.value


def _in_docstrings(source: str, lines: list[str]) -> Iterator[Edit]:
    """Docstrings; the opening quotes take room in the first line, the
    closing ones stay where they fit.
    """
    for node in _docstrings(ast.parse(source)):
        first, last = node.lineno, node.end_lineno or node.lineno
        opening = re.match(r' *[rR]?"""', lines[first - 1])
        if opening is None or not lines[last - 1].rstrip().endswith('"""'):
            continue
        base, quotes = " " * node.col_offset, opening[0].strip()
        text = [line.rstrip() for line in lines[first - 1 : last]]
        text[-1] = text[-1][:-3].rstrip()
        text[0] = base + _OPENING * len(quotes) + text[0][len(opening[0]) :]
        if alone := not text[-1].strip():  # the closing quotes
            text.pop()
        new = filled(text)
        if new == text:
            continue
        new[0] = new[0].replace(_OPENING * len(quotes), quotes)
        if alone or last == first or len(new[-1]) + 3 > WIDTH:
            new.append(base + '"""')
        else:
            new[-1] += '"""'
        yield first, last, new


def _in_comments(source: str) -> Iterator[Edit]:
    """Comments of their own lines; those that follow each other at one column are one text."""
    blocks: list[tuple[int, int, list[str]]] = []  # line and column of the first, the texts
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT or token.line[: token.start[1]].strip():
            continue
        line, column = token.start
        if blocks and blocks[-1][0] + len(blocks[-1][2]) == line and blocks[-1][1] == column:
            blocks[-1][2].append(token.string)
        else:
            blocks.append((line, column, [token.string]))
    for line, column, texts in blocks:
        if any(_WORD_FOR_A_TOOL.match(text) for text in texts):
            continue
        body = [text[1:].removeprefix(" ") for text in texts]
        new = filled(body, WIDTH - column - 2)
        if new != body:
            yield line, line + len(texts) - 1, [f"{' ' * column}# {text}".rstrip() for text in new]


def edits(source: str) -> list[Edit]:
    """What has to change in a Python source, the last one first."""
    return sorted([*_in_docstrings(source, source.split("\n")), *_in_comments(source)], reverse=True)


def wrapped(source: str) -> str:
    """The source with its prose filled."""
    lines = source.split("\n")
    for first, last, new in edits(source):
        lines[first - 1 : last] = new
    return "\n".join(lines)


def check(root: Path = ROOT) -> list[Problem]:
    """A problem for each paragraph that is wider than it should be."""
    return [
        Problem(path.relative_to(root), first, "prose wider than 100 columns: run python -m tools.upkeep.wrap")
        for path in tracked(root)
        if path.suffix == ".py"
        for first, _, _ in edits(path.read_text(encoding="utf-8"))
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.upkeep.wrap", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("files", nargs="*", type=Path, help="Python files (default: all of the project)")
    for path in parser.parse_args(arguments).files or [path for path in tracked() if path.suffix == ".py"]:
        source = path.read_text(encoding="utf-8")
        if (new := wrapped(source)) != source:
            path.write_text(new, encoding="utf-8")
            print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
