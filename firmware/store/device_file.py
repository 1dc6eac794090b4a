"""A file as the device of the store: the meter on a computer.

The file holds the sectors one after another and nothing else. It behaves like flash: a program
only clears bits, an erase sets all of a sector. Each call is done in the file when it returns, so
that a meter that is killed loses nothing. What the system keeps back is on the disk after `sync`,
or after every call with `always`, so that a computer that loses its power loses nothing either.
"""

from micropython import const

from store.octets import clear_bits

SECTOR = const(4096)
PAGE = const(256)
_ENOENT = const(2)
_ENOSPC = const(28)
_END = const(2)  # of seek: from the end of the file


class FileDevice:
    """A device: sectors of 4096 octets, in which bits are cleared by `program` and set by `erase`.

    path: the file. One that is missing, or empty, becomes a new one with `count` sectors; one whose
    making was interrupted is made to its end. ValueError, and the file stays as it is: it is of
    another size, or cannot be used. always: each call waits for the disk.

    count: sectors. view: all octets where they can be seen without a call, here None.
    """

    view = None

    def __init__(self, path, count, always=False):
        self.count = count
        self.always = always
        self.page = bytearray(PAGE)
        self.blank = b"\xff" * SECTOR
        try:
            self.file = open_file(path)
            size = self.file.seek(0, _END)
            if size < count * SECTOR and self.is_blank(size):
                self.fill(size)
                size = count * SECTOR
        except OSError as e:
            raise ValueError("state: %s cannot be used: %s" % (path, reason(e)))
        if size != count * SECTOR:
            self.file.close()
            raise ValueError(
                "state: %s has %d octets, and a store here has %d; it stays as it is" % (path, size, count * SECTOR)
            )

    def is_blank(self, size):
        """Whether the octets that a file has are all FF: it is empty, or
        its making was interrupted.
        """
        self.file.seek(0)
        while size > 0:
            octets = self.file.read(min(size, SECTOR))
            if not octets or octets != self.blank[: len(octets)]:
                return False
            size -= len(octets)
        return True

    def fill(self, size):
        """Make the file as long as it is to be."""
        self.file.seek(size)
        while size < self.count * SECTOR:
            size += self.file.write(self.blank[: SECTOR - size % SECTOR])
        self.file.flush()

    def read(self, sector, off, buf):
        """Fill `buf` with the octets of a sector from `off` on. OSError when the file has less."""
        self.file.seek(sector * SECTOR + off)
        if self.file.readinto(buf) != len(buf):
            raise OSError(_ENOENT)

    def program(self, sector, off, buf):
        """Clear the bits that are clear in `buf`, from octet `off` of a sector on.
        Whole pages of 256 octets: `off` and the length of `buf` are multiples of
        that. OSError: a part may be done.
        """
        at = sector * SECTOR + off
        p = 0
        while p < len(buf):
            self.file.seek(at + p)
            self.file.readinto(self.page)
            clear_bits(self.page, 0, buf, p, PAGE)
            self.put(at + p, self.page)
            p += PAGE
        if self.always:
            self.file.flush()

    def erase(self, sector):
        """Set all bits of a sector."""
        self.put(sector * SECTOR, self.blank)
        if self.always:
            self.file.flush()

    def put(self, at, octets):
        """Write octets, all of them."""
        self.file.seek(at)
        if self.file.write(octets) != len(octets):
            raise OSError(_ENOSPC)  # a full disk takes a part without a word

    def sync(self):
        """Wait until everything is on the disk; MicroPython's flush is an fsync."""
        self.file.flush()


def open_file(path):
    """The file, open for reading and writing; made when it is missing."""
    try:
        return open(path, "r+b")
    except OSError as e:
        if e.errno != _ENOENT:
            raise
        return open(path, "w+b")


def reason(e):
    """What an OSError says, in words where they are known."""
    words = {2: "no such folder", 13: "no permission", 21: "it is a folder", 28: "no space left", 30: "read-only"}
    return words.get(e.errno, "error %s" % e.errno)
