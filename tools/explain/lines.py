"""A description as text and as JSON.

A line of text is octets, what they are, and the requirement id after it:

    C001                      GET-request-normal  [D-10]
    C1                        invoke-id-and-priority: invoke-id 1, confirmed, high priority  [D-02]
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from ..cli.printable import printable
from .apdus import Description, is_wpdu
from .conversation import Explained
from .parts import Octets, Part, octets_of

FAULT = "!! "
WIDTH = 100  # columns of what goes to no terminal
_INDENT = 4
_DIGITS = 24  # hexadecimal digits of a line
_BESIDE = 4  # lines of octets beside the words, before they go below
_NARROW = 20  # characters at least for the words
_STEP = 2
_DEEPEST = 6  # levels that are still shown by their indentation


def heading(explained: Explained, direction: str = "", where: str = "") -> str:
    """``>  WPDU, 39 octets``, and where they were."""
    octets = explained.description.octets
    kind = "WPDU" if is_wpdu(octets) else "APDU"
    return f"{direction or '-'}  {kind}, {octets_of(len(octets))}" + (f", {where}" if where else "")


def text_lines(explained: Explained, width: int = 80, brief: bool = False, start: int = 0) -> list[str]:
    """The lines of a WPDU or APDU from octet ``start`` on, then those of
    the long value that it ends.
    """
    lines = description_lines(explained.description, width, brief, start)
    for remark in explained.remarks:
        lines += _wrapped(f"({remark})", width)
    if explained.joined is not None:
        lines += _wrapped(f"{explained.joined.title}:", width)
        lines += description_lines(explained.joined.description, width, brief)
    return lines


def _wrapped(text: str, width: int) -> list[str]:
    indent = " " * _INDENT
    return textwrap.wrap(
        printable(text), width, initial_indent=indent, subsequent_indent=indent + "  ", break_on_hyphens=False
    )


def _indented(text: str) -> str:
    return " " * _INDENT + text


def description_lines(description: Description, width: int = 80, brief: bool = False, start: int = 0) -> list[str]:
    """The lines of one description: every octet from ``start`` on is in one of them. ``brief``: a
    descriptor, a component of ACSE or a whole value takes one line.
    """
    lines: list[str] = []
    for depth, part in _shown([part for part in description.parts if part.start >= start], brief):
        lines += _part_lines(description.octets.cut(part.start, part.end), part, 0 if brief else depth, width)
    return lines


def _shown(parts: list[Part], brief: bool, depth: int = 0) -> Iterator[tuple[int, Part]]:
    for part in parts:
        if part.parts and not (brief and part.fold and not _faulty(part)):
            yield from _shown(part.parts, brief, depth + 1)
        else:
            yield depth, part


def _faulty(part: Part) -> bool:
    return part.fault or any(map(_faulty, part.parts))


def _part_lines(octets: Octets, part: Part, depth: int, width: int) -> list[str]:
    """One part: its octets on the left and its words on the right; octets that need many
    lines go below, over the whole width.
    """
    words = (FAULT if part.fault else "") + printable(part.text) + (f"  [{part.rule}]" if part.rule else "")
    before = " " * _STEP * min(depth, _DEEPEST)
    room = max(width - _INDENT - _DIGITS - 2 - len(before), _NARROW)
    right = (
        [words] if len(words) <= room else textwrap.wrap(words, room, subsequent_indent="  ", break_on_hyphens=False)
    )
    digits = octets.hex()
    beside = max(len(right), _BESIDE) if len(digits) <= _DIGITS * max(len(right), _BESIDE) else len(right)
    left, rest = _rows(digits[: beside * _DIGITS], _DIGITS), digits[beside * _DIGITS :]
    pairs = zip_longest(left, right, fillvalue="")
    lines = [f"{' ' * _INDENT}{octets:<{_DIGITS}}  {before if text else ''}{text}".rstrip() for octets, text in pairs]
    return lines + [_indented(row) for row in _rows(rest, max(width - _INDENT, _DIGITS) // 2 * 2)]


def _rows(digits: str, size: int) -> list[str]:
    return [digits[at : at + size] for at in range(0, len(digits), size)]


def as_json(explained: Explained) -> dict[str, Any]:
    """``octets``, ``fields`` and, at the end of a long value, ``joined``."""
    result = _description_json(explained.description)
    if explained.remarks:
        result["remarks"] = explained.remarks
    if explained.joined is not None:
        result["joined"] = {"title": explained.joined.title} | _description_json(explained.joined.description)
    return result


def _description_json(description: Description) -> dict[str, Any]:
    return {
        "octets": description.octets.hex(),
        "fields": [_field(description, *shown) for shown in _shown(description.parts, False)],
    }


def _field(description: Description, depth: int, part: Part) -> dict[str, Any]:
    field = {
        "offset": part.start,
        "octets": description.octets.cut(part.start, part.end).hex(),
        "name": part.name,
        "value": part.value,
        "rule": part.rule,
        "depth": depth,
    }
    return field | ({"fault": True} if part.fault else {})
