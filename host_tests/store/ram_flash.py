"""A flash of memory that takes no heap and few instructions: for what counts either. Not a
flash to be cut (`flash.py`), and no flash that anything is kept on.
"""

from dlms.codec.octets import copy
from store.octets import clear_bits, fill

SECTOR = 4096


class RamFlash:
    """view: whether it can be looked at, as the flash of an RP2040."""

    def __init__(self, count, view):
        self.count = count
        self.octets = bytearray(count * SECTOR)
        fill(self.octets, 0, len(self.octets))
        self.view = memoryview(self.octets) if view else None

    def read(self, sector, off, buf):
        copy(buf, 0, self.octets, sector * SECTOR + off, len(buf))

    def program(self, sector, off, buf):
        clear_bits(self.octets, sector * SECTOR + off, buf, 0, len(buf))

    def erase(self, sector):
        fill(self.octets, sector * SECTOR, SECTOR)

    def sync(self):
        pass


class RamMark:
    """A mark that is kept in memory."""

    def __init__(self):
        self.octets = None

    def load(self, buf):
        if self.octets:
            copy(buf, 0, self.octets, 0, len(buf))
        return self.octets is not None

    def save(self, buf):
        self.octets = self.octets or bytearray(len(buf))
        copy(self.octets, 0, buf, 0, len(buf))
        return True
