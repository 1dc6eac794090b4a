"""Prose is filled to 100 columns; layouts, tables and what tools read stay as they are."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tools.upkeep import wrap

WORDS = "word " * 30  # 150 columns


def _width(source: str) -> int:
    return max(map(len, source.splitlines()))


def _words(source: str) -> list[str]:
    return source.replace('"""', " ").replace("#", " ").split()


@pytest.mark.parametrize(
    "source",
    [
        f'"""{WORDS}"""\n',
        f'"""Short.\n\n{WORDS}\n"""\n',
        f'"""Short.\n\n\n{WORDS}\n\n{WORDS}\n"""\n',
        f'"""Short.\n\n- {WORDS}\n- another\n"""\n',
        f'def f():\n    """{WORDS}\n    {WORDS}"""\n',
        f"# {WORDS}\n# {WORDS}\nx = 1\n",
        f"def f():\n    # {WORDS}\n    return 1\n",
    ],
)
def test_prose_is_filled_and_says_the_same(source: str) -> None:
    source = "\n".join(line.rstrip() for line in source.split("\n"))
    new = wrap.wrapped(source)
    assert _width(source) > wrap.WIDTH >= _width(new)
    assert _words(new) == _words(source)
    assert new.count("\n\n") == source.count("\n\n")
    ast.parse(new)
    assert wrap.wrapped(new) == new


@pytest.mark.parametrize(
    "source",
    [
        f'"""Layout.\n\n    C0 01 iip   {WORDS}\n"""\n'.replace(" \n", "\n"),
        f"# 0   {WORDS}".rstrip() + "\n",
        "# -- reading " + 100 * "-" + "\n",
        f"#!/usr/bin/env {WORDS}".rstrip() + "\n",
        f"x = 1  # {WORDS}".rstrip() + "\n",
        f'x = """{WORDS}"""\n',
        '"""Two lines\nthat are short.\n"""\n',
    ],
)
def test_what_is_no_prose_or_not_wide_stays(source: str) -> None:
    assert wrap.wrapped(source) == source


def test_a_bullet_hangs_and_code_is_not_broken() -> None:
    lines = wrap.filled(["- " + "word " * 18 + "`a b c d e f g` end"])
    assert lines[0].startswith("- word")
    assert lines[1].startswith("  ")
    assert sum("`a b c d e f g`" in line for line in lines) == 1


def test_the_lint_names_the_paragraph(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(f"x = 1\n# {WORDS}\n".replace(" \n", "\n"))
    (tmp_path / "b.py").write_text("# short\n")
    assert [(str(problem.path), problem.line) for problem in wrap.check(tmp_path)] == [("a.py", 2)]
