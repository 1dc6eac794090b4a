"""What the project cites is in it: every document that a file names is a file of the repository."""

from __future__ import annotations

import re
from pathlib import Path

from .report import ROOT, Problem
from .text import tracked

_DOCUMENT = re.compile(r"(?<![\w*])[\w./-]*\w\.md\b")
# Documents in source trees of others: MicroPython's ports and libraries.
_FOREIGN = ("ports/", "lib/")
# The test of this check makes documents of its own.
_LEFT_OUT = ("host_tests/infra/test_lint.py",)


def check(root: Path = ROOT) -> list[Problem]:
    """A problem for each document that is named and not there."""
    files = [path for path in tracked(root) if path.relative_to(root).as_posix() not in _LEFT_OUT]
    there = tuple(f"/{path.relative_to(root).as_posix()}" for path in files if path.suffix == ".md")
    problems = []
    for path in files:
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(lines, 1):
            for name in _DOCUMENT.findall(line):
                plain = name.replace("../", "").removeprefix("./").removeprefix("/")
                if not plain.startswith(_FOREIGN) and not any(each.endswith(f"/{plain}") for each in there):
                    problems.append(Problem(path.relative_to(root), number, f"names {name}, which is not there"))
    return problems
