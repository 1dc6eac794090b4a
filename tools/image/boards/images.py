"""Is this file an image of MicroPython for this board, and which map of the flash has it? Looked at
before anything is erased.

UF2, blocks of 512 octets, little-endian: magic 0A324655 at 0, magic 9E5D5157 at 4, flags
at 8, family id at 28, magic 0AB16F30 at 508. ESP32: E9 at 0, number of segments at 1, chip
id (two octets, little-endian) at 12.
"""

from __future__ import annotations

import re
import struct
from pathlib import Path

from .catalog import BOARDS, Board, BoardError

_BLOCK = 512
_MAGICS = (0x0A324655, 0x9E5D5157, 0x0AB16F30)
_FAMILY_PRESENT = 0x2000
_ESP_MAGIC = 0xE9
_ESP_SMALLEST = 0x10000


def check(path: Path | None, board: Board) -> Path:
    """The path, when the file is an image for the board; BoardError says what is wrong with it."""
    if path is None:
        raise BoardError(
            f"give IMAGE=: MicroPython's {board.suffix} file for {board.name}, from its download page or from "
            "make firmware"
        )
    try:
        octets = path.read_bytes()
    except OSError as error:
        raise BoardError(f"{path}: {error.strerror}") from None
    if board.port == "rp2":
        _check_uf2(path, octets, board)
    else:
        _check_esp(path, octets, board)
    return path


# What boards/<BOARD>/limits.py has as MAP; in an image it stands among the names.
_MAP = re.compile(rb"flash-map files=(\d+) store=(\d+)")


def flash_map(path: Path) -> tuple[int, int] | None:
    """Sectors of the file system and of the store that a checked image of the rp2 port has in its
    map; None for one without a map, such as MicroPython's own.
    """
    octets = path.read_bytes()
    payloads = bytearray()
    for start in range(0, len(octets), _BLOCK):
        (size,) = struct.unpack_from("<I", octets, start + 16)
        payloads += octets[start + 32 : start + 32 + min(size, _BLOCK - 36)]
    found = _MAP.search(payloads)
    return (int(found[1]), int(found[2])) if found else None


def _check_uf2(path: Path, octets: bytes, board: Board) -> None:
    """BoardError unless the file is whole UF2 blocks, one of them at least for the chip of this
    board.
    """
    if not octets or len(octets) % _BLOCK:
        raise BoardError(f"{path} is not a whole UF2 file")
    families = set()
    for start in range(0, len(octets), _BLOCK):
        first, second, flags = struct.unpack_from("<III", octets, start)
        (last,) = struct.unpack_from("<I", octets, start + _BLOCK - 4)
        if (first, second, last) != _MAGICS:
            raise BoardError(f"{path} is not a UF2 file (block {start // _BLOCK})")
        if flags & _FAMILY_PRESENT:
            families.add(struct.unpack_from("<I", octets, start + 28)[0])
    if board.family not in families:
        others = [other.name for other in BOARDS.values() if other.family and other.family in families]
        raise BoardError(f"{path} is not for {board.name}{f' but for {others[0]} or its relatives' if others else ''}")


def _check_esp(path: Path, octets: bytes, board: Board) -> None:
    if len(octets) < _ESP_SMALLEST or octets[0] != _ESP_MAGIC:
        raise BoardError(f"{path} is not an ESP32 image (use the .bin file, not .app-bin or .elf)")
    (chip,) = struct.unpack_from("<H", octets, 12)
    if chip != board.chip_id:
        others = [other.name for other in BOARDS.values() if other.port == "esp32" and other.chip_id == chip]
        raise BoardError(f"{path} is not for {board.name}{f' but for {others[0]}' if others else ''}")
