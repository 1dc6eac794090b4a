"""Row stores: where profiles and logs keep their rows, all of one size, the
oldest given up for the newest.

Every row has a sequence number, counted from 1 and never used twice. `first` and `last` are those
of the rows in use (none while first > last). `cleared` is that of the last row there was when the
store was emptied. A transfer selects its rows at its start. By these numbers it distinguishes a row
that was overwritten meanwhile (below `first`) from one that was cleared (up to `cleared`).

A row that a store on flash finds corrupt is delivered as null-data [choice]: `read` returns False,
and `hold` says that there are 0 newer and 0 older rows.

A store is shaped once the size of a row is known and again when it changes; its memory stays what
it was, and `depth`, the rows that fit, follows.
"""

from micropython import const

from dlms.codec.octets import copy

_PAGE = const(2048)  # octets of a page of memory


class Rows:
    """What the stores have in common. rows: the depth for the first size that the store is shaped
    to. limit: rows to keep, at most depth.
    """

    waits = False  # where a store keeps rows: set until it is known of which columns

    def __init__(self, rows):
        self.depth = rows
        self.limit = rows
        self.size = 0
        self.stride = 0  # octets from one row to the next of a page
        self.first = 1
        self.last = 0
        self.cleared = 0
        self.page = None
        self.at = 0
        self.newer = 0

    def shape(self, size, digest=0):
        """Empty the store and take rows of this many octets; False when not even one fits.

        digest: a number below 2**30 for what the rows mean. A store that keeps rows over a restart
        (`store.ring_rows`) takes its own over, the first time, if they mean the same.
        """
        if size <= 0:
            return False
        if self.size == 0:
            self._allocate(self.depth, size)
        depth = self.fitting(size)
        if depth == 0:
            return False
        self.clear()
        self.size = size
        self.stride = size
        self._per_page = self._fit_page(size)
        self.depth = depth
        self.limit = min(self.limit, depth)
        return True

    def clear(self):
        """Give every row up; returns whether that is kept, as `append` does of a row."""
        self.cleared = self.last
        self.first = self.last + 1
        return True

    def restrict(self, limit):
        """Keep at most this many rows, 1 to depth, from now on: the newest;
        returns whether that is kept.
        """
        self.limit = limit
        self._trim()
        return True

    def append(self, row):
        """Add row[:size] as the newest."""
        self._write(self.last % self.depth, row)
        self.last += 1
        self._trim()
        return True

    def read(self, sequence, row):
        """Copy the row of a sequence number in use to row[:size]; False when it is corrupt."""
        self._read((sequence - 1) % self.depth, row)
        return True

    def hold(self, sequence):
        """Show the row of a sequence number in use where it stands, with its
        neighbours: for looking at many.

        It is then at page[at:], after the rows of the page that are older, and the first of
        `newer` ones that follow each other from it on; not all of them need to be in use.
        Asked for each block of an answer: so each kind of store has it in one function.
        """

    def older(self):
        """How many rows of the page follow each other up to the one held, with it."""
        return self.at // self.stride + 1

    def _trim(self):
        if self.last - self.first >= self.limit:
            self.first = self.last - self.limit + 1


class MemoryRows(Rows):
    """Rows in pages of memory, none of them across two: a heap in use for a while has
    many small holes and no large one.
    """

    def _allocate(self, depth, size):
        each = max(1, _PAGE // size)
        self._pages = [bytearray(min(depth - at, each) * size) for at in range(0, depth, each)]

    def fitting(self, size):
        """How many rows of this size the memory allocated holds."""
        return (len(self._pages) - 1) * self._fit_page(size) + len(self._pages[-1]) // size

    def _fit_page(self, size):
        return len(self._pages[0]) // size

    def _write(self, slot, row):
        n = self._per_page
        copy(self._pages[slot // n], slot % n * self.size, row, 0, self.size)

    def _read(self, slot, row):
        n = self._per_page
        copy(row, 0, self._pages[slot // n], slot % n * self.size, self.size)

    def hold(self, sequence):
        slot = (sequence - 1) % self.depth
        n = self._per_page
        self.page = self._pages[slot // n]
        self.at = slot % n * self.size
        n -= slot % n
        slot = self.depth - slot
        self.newer = n if n < slot else slot


class FileRows(Rows):
    """Rows in a file; in memory one row, and one page for looking at many. The file is made
    anew: rows are not kept over a restart.

    A row that cannot be written or read raises OSError.
    """

    def __init__(self, path, rows):
        Rows.__init__(self, rows)
        self._path = path

    def _allocate(self, depth, size):
        self._octets = depth * size
        self._file = open(self._path, "w+b")

    def fitting(self, size):
        return self._octets // size

    def _fit_page(self, size):
        return max(1, _PAGE // size)

    def shape(self, size, digest=0):
        if not Rows.shape(self, size):
            return False
        self._row = bytearray(size)
        self.page = bytearray(self._per_page * size)
        return True

    def _write(self, slot, row):
        copy(self._row, 0, row, 0, self.size)
        self._file.seek(slot * self.size)
        self._file.write(self._row)

    def _read(self, slot, row):
        self._file.seek(slot * self.size)
        self._file.readinto(self._row)
        copy(row, 0, self._row, 0, self.size)

    def hold(self, sequence):
        slot = (sequence - 1) % self.depth
        n = self._per_page
        self._file.seek((slot - slot % n) * self.size)
        self._file.readinto(self.page)
        self.at = slot % n * self.size
        self.newer = min(n - slot % n, self.depth - slot)

    def close(self):
        self._file.close()
