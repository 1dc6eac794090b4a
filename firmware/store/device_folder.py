"""A folder of files as the device of the store: for MicroPython's own images, whose file system
takes all of the flash.

A sector is a file of 4096 octets, and an erased one is no file at all. Flash only clears bits, and
littlefs never writes in place: so each change writes the whole sector anew, beside its place, and
renames it. After a power cut a sector is the old one or the new one. That costs some hundred times
the wear of flash without a file system (1.25 erases and 7 programs of a page for each program of
the store), and heap for each file that is opened; an image with the meter in it has a region of its
own (docs/BOARDS.md).
"""

import os

from micropython import const

from store.octets import clear_bits, fill

SECTOR = const(4096)
_ENOENT = const(2)
_NEW = "new"  # the file that is written, until it is renamed


class FolderDevice:
    """See `store.device_file.FileDevice` for the calls. One sector is kept in memory:
    that which was read or written last.
    """

    view = None

    def __init__(self, path, count):
        self.path = path
        self.count = count
        self.octets = bytearray(SECTOR)
        self.window = memoryview(self.octets)
        self.loaded = -1  # the sector that `octets` holds
        try:
            os.mkdir(path)
        except OSError as e:
            if e.errno != 17:  # it is there
                raise ValueError("state: the folder %s cannot be made: error %s" % (path, e.errno))

    def name(self, sector):
        """The file of a sector."""
        return "%s/%03d" % (self.path, sector)

    def load(self, sector):
        """Bring a sector into memory. A file that is too short is none of ours: OSError."""
        if self.loaded == sector:
            return
        self.loaded = -1
        try:
            file = open(self.name(sector), "rb")
        except OSError as e:
            if e.errno != _ENOENT:
                raise
            fill(self.octets, 0, SECTOR)
        else:
            try:
                n = file.readinto(self.octets)
            finally:
                file.close()
            if n != SECTOR:
                raise OSError(5)
        self.loaded = sector

    def read(self, sector, off, buf):
        self.load(sector)
        buf[:] = self.window[off : off + len(buf)]

    def program(self, sector, off, buf):
        """Write the sector anew, with the bits cleared that are clear in `buf`. OSError:
        it is the old one, or the new one.
        """
        self.load(sector)
        clear_bits(self.octets, off, buf, 0, len(buf))
        self.loaded = -1  # until the file has it
        new = self.path + "/" + _NEW
        file = open(new, "wb")
        try:
            n = file.write(self.octets)
        finally:
            file.close()
        if n != SECTOR:
            raise OSError(28)
        os.rename(new, self.name(sector))
        self.loaded = sector

    def erase(self, sector):
        self.loaded = -1
        try:
            os.remove(self.name(sector))
        except OSError as e:
            if e.errno != _ENOENT:
                raise
        fill(self.octets, 0, SECTOR)
        self.loaded = sector

    def sync(self):
        """A file that is closed is in the flash."""
