"""Documents are read by strangers: README and guides have no sentence of more than 30 words, no
document has a word that the field does not use so.
"""

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
_CODE = re.compile(r"`[^`]*`")
# Our word for it, and the field's. `nobody else` is English, and so is a port behind a router.
_WORDS = (
    (re.compile(r"\b(?:tells?|told|telling)\b", re.IGNORECASE), "reports, returns, shows, distinguishes"),
    (re.compile(r"\bbehind\b(?! (?:an?|one|it)\b)", re.IGNORECASE), "after"),
    (
        re.compile(
            r"(?<!any)(?<!thing )(?<!body )(?<!one )(?<!\bwho )(?<!where )(?<!what )\belse\b(?!:)", re.IGNORECASE
        ),
        "otherwise",
    ),
)


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


def _long_sentences(text: str) -> Iterator[tuple[int, str]]:
    for number, paragraph in paragraphs(text):
        for sentence in _SENTENCE.split(paragraph):
            n = len(_TARGET.sub("]", sentence).split())
            if n > MOST_WORDS:
                yield number, f"a sentence of {n} words, {MOST_WORDS} at the most: {sentence[:60]}…"


def _our_words(text: str) -> Iterator[tuple[int, str]]:
    fenced = False
    for number, line in enumerate(text.splitlines(), 1):
        fenced ^= line.startswith("```")
        if fenced or line.startswith("    "):
            continue
        for pattern, field in _WORDS:
            if found := pattern.search(_CODE.sub("", line)):
                yield number, f"{found[0]!r}: the field says {field}"


def documents(root: Path) -> Iterator[Path]:
    """Every document of the project."""
    for pattern in ("*.md", "docs/**/*.md", "boards/*/*.md"):
        yield from sorted(root.glob(pattern))


def check(root: Path = ROOT) -> list[Problem]:
    """A problem for each sentence that is too long and each word that is ours."""
    problems = []
    for document in documents(root):
        text = document.read_text(encoding="utf-8")
        faults = list(_our_words(text))
        if document.parent == root / "docs" / "guide" or document == root / "README.md":
            faults += _long_sentences(text)
        problems += [Problem(document.relative_to(root), number, what) for number, what in faults]
    return problems
