"""README and the guides are read by strangers: no sentence has more than 30 words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from .report import ROOT, Problem

MOST_WORDS = 30
# What is no running text: programs, tables, headings, comments, pictures.
_SKIPPED = ("    ", "|", "#", "<!--", "!")
_BEGINS = re.compile(r"(?:- |\d+\. )")
_SENTENCE = re.compile(r"(?<=[.:?])\s+(?=[A-Z*`(\[])")
_TARGET = re.compile(r"\]\([^)]*\)")


def paragraphs(text: str) -> Iterator[tuple[int, str]]:
    """(line on which it begins, text in one line) of every paragraph and item of a list."""
    begin, words, fenced = 0, [""], False
    for number, line in enumerate([*text.splitlines(), ""], 1):
        fenced ^= line.startswith("```")
        ends = not line.strip() or fenced or line.startswith((*_SKIPPED, "```"))
        if (ends or _BEGINS.match(line)) and words[0]:
            yield begin, " ".join(words)
            words = [""]
        if not ends:
            if not words[0]:
                begin, words = number, []
            words.append(line.strip())


def check(root: Path = ROOT) -> list[Problem]:
    """A problem for each sentence that is too long."""
    problems = []
    for document in [root / "README.md", *sorted((root / "docs" / "guide").glob("*.md"))]:
        if not document.is_file():
            continue
        for number, paragraph in paragraphs(document.read_text(encoding="utf-8")):
            for sentence in _SENTENCE.split(paragraph):
                n = len(_TARGET.sub("]", sentence).split())
                if n > MOST_WORDS:
                    what = f"a sentence of {n} words, {MOST_WORDS} at the most: {sentence[:60]}…"
                    problems.append(Problem(document.relative_to(root), number, what))
    return problems
