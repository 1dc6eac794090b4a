"""A file with the sectors of a store as the device of the firmware's modules, for reading alone."""

from __future__ import annotations

from pathlib import Path

SECTOR = 4096
_MOST = 16384 * SECTOR  # octets: 64 MiB, more flash than any board has


class StateError(Exception):
    """A file that is no store, or cannot be read; the text is one line."""


class Image:
    """The octets of a file. count, view, read, sync: as the devices of `firmware/store` have them."""

    view = None

    def __init__(self, octets: bytes) -> None:
        self.octets = octets
        self.count = len(octets) // SECTOR

    def read(self, sector: int, off: int, buf: bytearray) -> None:
        at = sector * SECTOR + off
        buf[:] = self.octets[at : at + len(buf)]

    def program(self, sector: int, off: int, buf: bytearray) -> None:
        raise AssertionError("a store that is looked at is not written")

    def erase(self, sector: int) -> None:
        raise AssertionError("a store that is looked at is not written")

    def sync(self) -> None:
        pass


def open_image(path: Path) -> Image:
    """The image in a file; StateError when it cannot be one."""
    try:
        size = path.stat().st_size
        if size > _MOST:
            raise StateError(f"{path} is no store: it has {size:,} octets")
        octets = path.read_bytes()
    except OSError as error:
        raise StateError(f"{path}: {error.strerror or error}") from None
    if not octets or len(octets) % SECTOR:
        raise StateError(f"{path} is no store: {len(octets):,} octets are no whole number of sectors of {SECTOR:,}")
    return Image(octets)
