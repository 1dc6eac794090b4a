"""Does an image of the rp2 port end where the board's file system begins?

MicroPython's build asks that from 1.29 on; before, the file system overwrites the end of the image.
The Pico SDK's binary information says it, little-endian: in the first octets the words 7188EBF2,
start and end of a table of addresses, one more word, E71AA390. Each address is that of an entry:
type and tag (two octets each), and for a block device (type 7; MicroPython's has the tag "MP")
name, address, size.
"""

from __future__ import annotations

import struct
from pathlib import Path

from .catalog import BoardError

FLASH = 0x10000000
# Where the header is: in the first 256 octets after the second stage and the vectors.
_HEADER_WITHIN = 0x400
_HEADER = struct.Struct("<5I")
_MARKS = (0x7188EBF2, 0xE71AA390)
_ENTRY = struct.Struct("<H2s3I")
_BLOCK_DEVICE = (7, b"MP")


def check(image: Path) -> int:
    """Octets left between the image (a .bin file) and the file system;
    BoardError when there are less than none.
    """
    octets = image.read_bytes()
    begin = file_system(octets)
    if begin is None:
        raise BoardError(f"{image} does not say where its file system begins")
    left = begin - FLASH - len(octets)
    if left < 0:
        raise BoardError(
            f"{image} is {-left} octets too long: at {begin:#x} the board's file system begins. Freeze less into it"
        )
    return left


def file_system(octets: bytes) -> int | None:
    """Address of the file system."""
    for header in range(0, min(_HEADER_WITHIN, len(octets) - _HEADER.size + 1), 4):
        first, start, end, _, last = _HEADER.unpack_from(octets, header)
        if (first, last) == _MARKS and FLASH <= start <= end <= FLASH + len(octets):
            break
    else:
        return None
    for place in range(start - FLASH, end - FLASH - 3, 4):
        (entry,) = struct.unpack_from("<I", octets, place)
        if FLASH <= entry <= FLASH + len(octets) - _ENTRY.size:
            kind, tag, _, address, _ = _ENTRY.unpack_from(octets, entry - FLASH)
            if (kind, tag) == _BLOCK_DEVICE:
                return int(address)
    return None
