"""Pasted text to octets: hexadecimal in any of the ways in which people have
it, and ``**`` for a hidden octet.

    0001 0010 0001 001F  601D…         blanks, colons, hyphens, commas and 0x between octets do not count
    > 0001 0010 …                      lines of --trace, and of README and docs/PROFILE.md: >
                                       to the meter, < from it
    >  WPDU, 39 octets                 … and the explaining lines of `decode` and --trace=explain, taken back
    TRACE 1234 10.0.0.5:40000 < 0001…  lines of a meter that runs with trace=on
    0000  00 01 00 10 …   ….           a hex dump with offsets

In a text with marked lines each of them begins an item, and lines of other words are left out.
Otherwise a blank line ends an item, and so does a line at whose end a WPDU or APDU is whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..dlmsclient.wrapper import HEADER_SIZE
from .apdus import describe, describe_wpdu, is_wpdu
from .parts import Octets

_MARKED = re.compile(r"\s*(?:[|`]\s*)?([<>])\s*(?=[0-9A-Fa-f*])(.*)")
_HEADING = re.compile(r"([<>-])  [WA]PDU, \d+ octets?\b.*")
_EXPLAINED = re.compile(r" {4}((?:[0-9A-Fa-f]{2}|\*\*)+)(?:  .*)?")
_WORDS = re.compile(r" {28}.*")
_METER = re.compile(r".*\bTRACE\s+\d+\s+(.+?)\s+([<>])\s*([0-9A-Fa-f*\s]+)")
_DUMPED = re.compile(r"\s*(?:0x)?([0-9A-Fa-f]{4,8})(?::|\s)\s*((?:[0-9A-Fa-f]{2}[ -]{0,2}){1,16})(?:\s.*|\|.*)?")
_BETWEEN = re.compile(r"0[xX](?=[0-9A-Fa-f*]{2})|[\s:,;_\-]+")
_PAIRS = re.compile(r"(?:[0-9A-Fa-f]{2}|\*\*)*")


@dataclass
class Item:
    """What is to be explained as one WPDU or APDU. ``junk``: text after its octets that is no
    hexadecimal. ``unframed``: why the octets are taken for neither. ``where``: of a capture,
    packet, time, addresses and transport.
    """

    octets: Octets
    direction: str = ""
    link: str = ""
    junk: str = ""
    unframed: str = ""
    where: dict[str, object] = field(default_factory=dict)


def parse_octets(text: str) -> tuple[Octets, str]:
    """The octets at the beginning of a text, and the rest that is none."""
    digits = _BETWEEN.sub("", text)
    match = _PAIRS.match(digits)
    assert match is not None
    pairs = match.group()
    hidden = frozenset(at // 2 for at in range(0, len(pairs), 2) if pairs[at] == "*")
    return Octets(bytes.fromhex(pairs.replace("**", "00")), hidden), digits[match.end() :]


def items(text: str) -> list[Item]:
    """Everything that was pasted, in its order."""
    lines = text.splitlines()
    marked = [_mark(line) for line in lines]
    if any(marked):
        return list(_marked_items(lines, marked))
    dumped = _dump(lines)
    if dumped is not None:
        return list(_plain_items(dumped))
    return list(_plain_items(lines))


def _mark(line: str) -> tuple[str, str, str] | None:
    """Direction, link and hexadecimal of a marked line. The meter writes from
    its side: < is what came to it.
    """
    if (match := _METER.match(line)) is not None:
        return {"<": ">", ">": "<"}[match[2]], match[1], match[3]
    if (match := _HEADING.fullmatch(line)) is not None:
        return match[1].strip("-"), "", ""
    if (match := _MARKED.match(line)) is not None:
        return match[1], "", match[2]
    return None


def _marked_items(lines: list[str], marked: list[tuple[str, str, str] | None]) -> Iterator[Item]:
    """An item for each marked line, with the lines that continue its octets."""
    found: list[tuple[str, str, str]] = []
    goes_on = False
    for line, mark in zip(lines, marked, strict=True):
        if mark is not None:
            found.append(mark)
            goes_on = True
        elif goes_on and (more := _continued(line)) is not None:
            direction, link, text = found[-1]
            found[-1] = direction, link, text + more
        else:
            goes_on = False
    for direction, link, text in found:
        octets, junk = parse_octets(text)
        if octets or junk:
            yield Item(octets, direction, link, junk)


def _continued(line: str) -> str | None:
    """What a line adds to the marked line before it: hexadecimal, with words beside it
    or alone; None where it ends that.
    """
    if (match := _EXPLAINED.fullmatch(line)) is not None:
        return match[1]
    if _WORDS.fullmatch(line):
        return ""
    return line if line.strip() and not parse_octets(line)[1] else None


def _dump(lines: list[str]) -> list[str] | None:
    """The octets of a hex dump, a blank line between two; None for what is none:
    offsets must count what came before.
    """
    found: list[str] = []
    expected = None
    for line in lines:
        if not line.strip():
            continue
        match = _DUMPED.fullmatch(line)
        if match is None:
            return None
        offset, octets = int(match[1], 16), parse_octets(match[2])[0]
        if offset == 0:
            found.append("")
        elif offset != expected:
            return None
        expected = offset + len(octets)
        found.append(octets.hex())
    return found if found and found[0] == "" and len(found) > 1 else None


def _plain_items(lines: list[str]) -> Iterator[Item]:
    """Runs of lines without a blank one between them; a run of several WPDUs is as many items."""
    run: list[str] = []
    for line in [*lines, ""]:
        if line.strip():
            run.append(line)
        elif run:
            yield from _items_of_run(run)
            run = []


def _items_of_run(run: list[str]) -> Iterator[Item]:
    """The items of lines without marks: one for each line, where each line is a whole WPDU or APDU;
    otherwise all lines together.
    """
    octets, junk = parse_octets(" ".join(run))
    if len(run) > 1 and not junk and not (is_wpdu(octets) and _is_stream(octets)):
        each = [parse_octets(line)[0] for line in run]
        if all(_is_whole(one) for one in each):
            for one in each:
                yield from wpdus(one)
            return
    found = list(wpdus(octets))
    if found:
        found[-1].junk = junk
    elif junk:
        found = [Item(octets, junk=junk)]
    yield from found


def _is_whole(octets: Octets) -> bool:
    return _is_stream(octets) if is_wpdu(octets) else not describe(octets).faults


def _is_stream(octets: Octets) -> bool:
    """Whether octets are whole WPDUs and nothing else."""
    return all(not describe_wpdu(item.octets).faults for item in wpdus(octets))


def wpdus(octets: Octets) -> Iterator[Item]:
    """Octets cut at the end of each WPDU; what is none, or the last one
    is cut short, stays together.
    """
    at = 0
    while at < len(octets):
        end = len(octets)
        if octets.data[at : at + 1] == b"\x00" and at + HEADER_SIZE <= end:
            end = min(end, at + HEADER_SIZE + int.from_bytes(octets.data[at + 6 : at + HEADER_SIZE], "big"))
            if octets.data[end : end + 2] not in (b"", b"\x00", b"\x00\x01"):
                end = len(octets)  # no header follows: rather a wrong length than another WPDU
        yield Item(octets.cut(at, end))
        at = end
