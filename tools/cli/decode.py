"""``decode``: WPDUs and APDUs explained octet by octet, from the command line,
standard input, a text or a capture file.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

from ..dlmsclient import UsageError
from ..explain import Conversation, Explained
from ..explain.capture import Trouble, is_capture
from ..explain.lines import FAULT, WIDTH, as_json, heading, text_lines
from ..explain.pasted import Item, items
from ..explain.streams import Capture
from .errors import Faulty
from .render import print_json, print_line, say, terminal_width

_STANDARD_INPUT = "-"
_JUNK = 40  # characters shown of what is no hexadecimal


def _input(words: list[str]) -> bytes:
    """What is to be explained: a file, standard input, or the words themselves."""
    if words in ([], [_STANDARD_INPUT]):
        return sys.stdin.buffer.read()
    if len(words) == 1 and os.path.isfile(words[0]):
        try:
            return Path(words[0]).read_bytes()
        except OSError as error:
            raise UsageError(f"{words[0]} cannot be read: {error.strerror}") from None
    return " ".join(words).encode("utf-8", "surrogateescape")


def _items(octets: bytes, port: int) -> Iterator[Item | Trouble]:
    if not is_capture(octets):
        yield from items(octets.decode("utf-8", "replace"))
        return
    capture = Capture(octets, port)
    yield from capture.items()
    if capture.left_out:
        say(f"{capture.left_out} packets left out: no WPDUs in them (--port names another port than {port})")


def _where(item: Item) -> str:
    """Of a capture, the packet, its time and the two ends."""
    parts = []
    if "packet" in item.where:
        parts.append(f"packet {item.where['packet']}, {_moment(float(str(item.where['time'])))}")
    if item.where:
        parts.append(f"{item.where['transport']} {item.where['from']} to {item.where['to']}")
    elif item.link:
        parts.append(item.link)
    return ", ".join(parts)


def _moment(seconds: float) -> str:
    """UTC; a damaged capture has times that no calendar has."""
    try:
        return f"{datetime.fromtimestamp(seconds, timezone.utc):%Y-%m-%d %H:%M:%S.%f} UTC"
    except (OverflowError, ValueError, OSError):
        return f"{seconds:g} s"


def _explain(conversation: Conversation, item: Item) -> Explained:
    if item.unframed:
        return conversation.unframed(item.octets, item.unframed)
    return conversation.take(item.octets, item.link or None, item.direction)


def run(options: argparse.Namespace) -> None:
    """Explain everything; Faulty at the end when something could not be."""
    conversation, faulty, seen = Conversation(), False, 0
    documents: list[dict[str, object]] = []
    width = terminal_width() or WIDTH
    for item in _items(_input(options.octets), options.port):
        seen += 1
        if isinstance(item, Trouble):
            faulty = True
            if options.json:
                documents.append({"trouble": item.text})
            else:
                print_line(f"{FAULT}{item.text}")
            continue
        explained = _explain(conversation, item)
        faulty = faulty or bool(explained.faults) or bool(item.junk)
        if options.json:
            documents.append(_document(item, explained))
            continue
        print_line(heading(explained, item.direction, _where(item)))
        for line in text_lines(explained, width, options.brief):
            print(line)  # the lines are made for a terminal
        if item.junk:
            print_line(f"    {FAULT}not hexadecimal: {item.junk[:_JUNK]}")
    if not seen:
        raise UsageError("nothing to decode: give the hexadecimal of WPDUs or APDUs, or the name of a file")
    unfinished = conversation.unfinished()
    if options.json:
        print_json({"items": documents, "unfinished": unfinished})
    else:
        for text in unfinished:
            print_line(f"({text})")
    if faulty:
        raise Faulty


def _document(item: Item, explained: Explained) -> dict[str, object]:
    document: dict[str, object] = {"direction": item.direction} if item.direction else {}
    document |= item.where or ({"link": item.link} if item.link else {})
    document |= as_json(explained)
    if item.junk:
        document["junk"] = item.junk
    return document
