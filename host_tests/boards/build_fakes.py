"""FAKES of tools and of what they make: arguments are recorded, images are outlines."""

from __future__ import annotations

import stat
import struct

from tools.image.boards import room


def fake_tool(folder, name, code=0):
    """A FAKE of a flashing tool, which writes its arguments to a file and ends."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f'#!/bin/sh\necho "$@" >> {folder}/{name}.calls\nexit {code}\n')
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return folder / f"{name}.calls"


def uf2(family, blocks=3, content=b""):
    """The outline of an image with these octets in it, from the middle of a block on."""
    octets = bytes(200) + content
    made = b""
    for start in range(0, max(blocks * 256, len(octets)), 256):
        block = bytearray(512)
        struct.pack_into("<III", block, 0, 0x0A324655, 0x9E5D5157, 0x2000)
        struct.pack_into("<I", block, 16, 256)
        struct.pack_into("<I", block, 28, family)
        block[32:288] = octets[start : start + 256].ljust(256, b"\0")
        struct.pack_into("<I", block, 508, 0x0AB16F30)
        made += block
    return made


def with_file_system(address, length=0x400):
    """What a build makes: an image whose binary information names, among
    other things, its file system.
    """
    base = room.FLASH
    image = bytearray(length)
    struct.pack_into("<5I", image, 0x1C0, 0x7188EBF2, base + 0x200, base + 0x208, 0x20000000, 0xE71AA390)
    struct.pack_into("<2I", image, 0x200, base + 0x220, base + 0x240)
    struct.pack_into("<H2s3I", image, 0x220, 6, b"RP", 0, 0, 0)
    struct.pack_into("<H2s3I", image, 0x240, 7, b"MP", 0, address, 0x1000)
    return bytes(image)
