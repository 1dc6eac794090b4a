"""A ring of rows on a flash that can be cut, and a model of what it has to keep."""

from flash import PAGE, Flash
from store.health import Health
from store.octets import crc
from store.pages import Pages
from store.ring_rows import MARK, RingRows

KIND = 7


class Mark:
    """The mark of a ring, kept as a record in each page of one sector: old or new. It holds 16."""

    def __init__(self, flash, sector):
        self.flash = flash
        self.sector = sector

    def _seal(self, page):
        seal = bytearray(4)
        crc(seal, 0, page, 0, MARK)
        return bytes(seal)

    def pages(self):
        """The records that are whole, and how many pages are not blank."""
        found = []
        page = bytearray(PAGE)
        for n in range(16):
            self.flash.read(self.sector, n * PAGE, page)
            if page == b"\xff" * PAGE:
                return found, n
            if page[MARK : MARK + 4] == self._seal(page):
                found.append(bytes(page[:MARK]))
        return found, 16

    def load(self, buf):
        found, _ = self.pages()
        if found:
            buf[:] = found[-1]
        return bool(found)

    def save(self, buf):
        page = bytes(buf) + self._seal(buf)
        self.flash.program(self.sector, self.pages()[1] * PAGE, page + b"\xff" * (PAGE - len(page)))
        return True


class Box:
    """A flash with a ring of `count` sectors from sector 1 on, and its mark in the last one."""

    def __init__(self, count=3, view=False, limit=1000000):
        self.count = count
        self.limit = limit
        self.flash = Flash(count + 2, view)

    def open(self):
        """The ring after the supply came back; its rows are there once it is shaped."""
        self.flash.power()
        self.health = Health(((1, self.count),))
        pages = Pages(self.flash, self.health)
        mark = Mark(self.flash, self.count + 1)
        return RingRows(pages, 1, self.count, KIND, self.limit, mark)

    def opened(self, size, digest=0):
        rows = self.open()
        assert rows.shape(size, digest)
        return rows


class Model:
    """What is in use: the newest `limit` rows since the ring was emptied."""

    def __init__(self, size, digest=0, limit=1000000, rows=()):
        self.size = size
        self.digest = digest
        self.limit = limit
        self.rows = list(rows)

    def append(self, row):
        self.rows = (self.rows + [row])[-self.limit :]

    def copy(self):
        return Model(self.size, self.digest, self.limit, self.rows)


def row_of(n, size):
    """The octets of row n: no two rows are alike."""
    part = n.to_bytes(2, "big") + bytes([(n * 37 + i * (2 * n + 1)) & 0xFF for i in range(11)])
    return (part * (size // len(part) + 1))[:size]


def contents(rows):
    """The rows in use, oldest first; None for one that is corrupt."""
    found = []
    row = bytearray(rows.size)
    for sequence in range(rows.first, rows.last + 1):
        found.append(bytes(row) if rows.read(sequence, row) else None)
    return found


def tidy(rows):
    """Everything that is due."""
    for _ in range(20):
        if not rows.tidy():
            return
    raise AssertionError("housekeeping does not end")
