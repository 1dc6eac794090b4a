"""What comes from a peer, made harmless for a terminal: every character that is not seen,
or that moves what is seen, is escaped.

A string of a meter may hold ESC, CSI or OSC sequences (C0 and C1), line ends that forge a line,
controls of writing direction, and characters of no width. They are written as Python writes them:
``\\x1b``, ``\\n``, ``\\u202e``. A backslash is doubled, so that no two texts look the same.
"""

from __future__ import annotations

import unicodedata

_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\"}
# Printable to Python, and yet they take no room: joiners, fillers and selectors of variants.
_NO_WIDTH = frozenset(
    [0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0]
    + [*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)]
)


def escaped(character: str) -> str:
    """The escape of one character, as short as it may be."""
    code = ord(character)
    if character in _SHORT:
        return _SHORT[character]
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def is_seen(character: str) -> bool:
    """Whether a terminal shows the character in a place of its own, and does nothing else."""
    return character.isprintable() and ord(character) not in _NO_WIDTH


def printable(text: str) -> str:
    """The text on one line, with everything escaped that is not seen. A text that begins with a
    combining character has it escaped too.
    """
    if text.isascii() and text.isprintable() and "\\" not in text:
        return text
    shown = "".join(c if is_seen(c) and c != "\\" else escaped(c) for c in text)
    if shown and unicodedata.combining(shown[0]):
        return escaped(shown[0]) + shown[1:]
    return shown
