"""Settings with their comments, from the source that defines them: the generated
documents say what the code says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path


def commented(path: Path, pattern: re.Pattern[str]) -> Iterator[tuple[re.Match[str], str]]:
    """The lines that a pattern matches, each with its comment: after it, otherwise above it.

    The last group of the pattern is the comment after, and optional.
    """
    above: list[str] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.lstrip().startswith("# "):
            above.append(line.strip()[2:])
            continue
        if match := pattern.match(line):
            yield match, match[match.re.groups] or " ".join(above)
        above = []
