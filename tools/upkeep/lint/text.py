"""What a file may not hold: a length nobody reads at once, a path of somebody's
machine, the host of a package index.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from .report import ROOT, Problem

MAX_LINES = 600
_FORBIDDEN = (
    (re.compile(r"(?<![\w.~/-])/(?:home/\w|Users/\w|root\b|work\b|tmp/w\b)"), "names a path of one machine"),
    (re.compile(r"https?://(?:[\w-]+\.)*(?:py(?:pi)|python(?:hosted))\.org\S*"), "names the host of a package index"),
    (re.compile(r"https?://\S+/(?:simple|debian|ubuntu)(?:/|\b)"), "names a package mirror"),
    (
        re.compile(r"\b(?!REQUIREMENTS\b)[A-Z]{5,}(?:\.md)?,? [A-I]-\d"),
        "cites what is not in the repository: docs/REQUIREMENTS.md has the rules",
    ),
    (
        re.compile(r"--(?:extra-)?index-(?:url)\b|--find-(?:links)\b"),
        "names a package index: that is the user's own pip configuration",
    ),
)


def tracked(root: Path = ROOT) -> list[Path]:
    """Every file of the project: what git tracks or would add, or all files where there is no git."""
    words = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(words, cwd=root, capture_output=True, text=True, check=False, timeout=60)
    if done.returncode == 0:
        paths = [root / name for name in done.stdout.split("\0") if name]
    else:
        paths = list(root.rglob("*"))
    return sorted(path for path in paths if path.is_file())


def _faults(path: Path, text: str) -> Iterator[tuple[int, str]]:
    lines = text.splitlines()
    if path.suffix == ".py" and len(lines) > MAX_LINES:
        yield len(lines), f"{len(lines)} lines: a module fits in one reading, {MAX_LINES} at the most"
    for number, line in enumerate(lines, 1):
        for pattern, what in _FORBIDDEN:
            if match := pattern.search(line):
                yield number, f"{what}: {match.group()}"


def check(root: Path = ROOT) -> list[Problem]:
    """A problem for each forbidden word and each file that is too long."""
    problems = []
    for path in tracked(root):
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        problems += [Problem(path.relative_to(root), line, fault) for line, fault in _faults(path, text)]
    return problems
