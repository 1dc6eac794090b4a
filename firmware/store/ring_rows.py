"""Rows that are kept over a restart: a row store with the contract of
`cosem.rows` on a ring of sectors.

Rows are shown where they stand. Where the flash can be viewed that is the flash, a sector at a
time, which is as fast as memory; otherwise a page buffer has an eighth of a sector. Each eighth is
checked when it is looked at for the first time, and then known as good. A row that does not agree
with its CRC is counted once, and delivered as null-data [choice].

The *mark* says which rows count. Whoever makes the store keeps it as one record, old or new:

    | generation 4 | number of the first row that counts 4 | digest of what the rows
    mean 4 | octets of a row 2 | 0 0 |

A ring is emptied by a mark with the next generation. So that is done, or not, at one instant; the
sectors are erased when they are needed.
"""

from micropython import const

from dlms.codec.octets import clear, copy, get16, get32, put16, put32
from store.health import CORRUPT
from store.ring import HEADER, LEAST, PARTS, Ring
from store.pages import SECTOR

MARK = const(16)
_FROM = const(4)  # offsets in the mark
_DIGEST = const(8)
_SIZE = const(12)
_GOOD = const(0xFF)  # bits of the parts that are good; those above: where a corrupt row was counted


_next = bytearray(MARK)  # the mark that is to be kept, for all rings


class RingRows(Ring):
    """pages, start, count, kind: as `Ring`. limit: rows to keep. mark: `load(buf)`, `save(buf)` of
    its octets, each True when done.
    """

    waits = False  # as `cosem.rows.Rows.waits`

    def __init__(self, pages, start, count, kind, limit, mark):
        Ring.__init__(self, pages, start, count, kind)
        self.limit = limit
        self.depth = limit
        self.cleared = 0
        self.page = pages.view
        self.at = 0
        self.newer = 0
        self._older = 0
        self._store = mark
        self._mark = bytearray(MARK)
        self._bit = 0  # bit of the part that is shown

    # -- what the rows are -------------------------------------------------------------------------

    def fitting(self, size):
        """How many rows of this size can be kept."""
        return (self.count - LEAST + 1) * self.rows_of_sector(size)

    def shape(self, size, digest=0):
        """Take rows of this many octets; False when not even one fits or the flash failed, and then
        nothing has changed.

        digest: a number below 2**30 for what the rows mean. The first time, rows of this size and
        digest that the ring has are taken over; otherwise it is emptied.
        """
        if size <= 0 or self.fitting(size) == 0:
            return False
        mark = self._mark
        if self.size == 0:
            if not self._store.load(mark):
                clear(mark, 0, MARK)
            elif get16(mark, _SIZE) == size and get32(mark, _DIGEST) == digest:
                self._resume(size)
                return True
            put32(mark, 0, max(self.open(0), get32(mark, 0)))
            self.last = max(0, get32(mark, _FROM) - 1)
        return self._anew(size, digest)

    def clear(self):
        """Give every row up; returns whether that is kept."""
        return self._anew(self.size, get32(self._mark, _DIGEST))

    def _resume(self, size):
        """Take the rows that the mark and the headers say."""
        self.fit(size)
        self.open(get32(self._mark, 0))
        first = get32(self._mark, _FROM)
        if self.newest < 0:
            self.last = (first + self.per - 2) // self.per * self.per
            self.first = self.last + 1
        else:
            self.last = self.newest * self.per + self.used
            self.first = max(first, self.oldest * self.per + 1)
        self.cleared = first - 1
        self._trim()

    def _anew(self, size, digest):
        """Empty the ring by a mark of the next generation. The first row
        then is the first of a sector.
        """
        mark = _next
        per = self.rows_of_sector(size)
        last = (self.last + per - 1) // per * per
        put32(mark, 0, get32(self._mark, 0) + 1)
        put32(mark, _FROM, last + 1)
        put32(mark, _DIGEST, digest)
        put16(mark, _SIZE, size)
        if not self._store.save(mark):
            return False
        copy(self._mark, 0, mark, 0, MARK)
        if size != self.size:
            self.fit(size)
        self.generation = get32(mark, 0)
        self.forget()
        self.cleared = self.last = last
        self.first = last + 1
        return True

    def fit(self, size):
        Ring.fit(self, size)
        self.depth = self.fitting(size)
        self.limit = min(self.limit, self.depth)
        if self.pages.view is None:
            self.page = bytearray(self._part * self.stride)

    def restrict(self, limit):
        """Keep at most this many rows, 1 to depth, from now on: the newest; returns whether that is
        kept. Rows that were given up for a lower limit do not come back with a higher one.
        """
        if limit > self.limit and self.first > max(get32(self._mark, _FROM), self.oldest * self.per + 1):
            copy(_next, 0, self._mark, 0, MARK)
            put32(_next, _FROM, self.first)
            if not self._store.save(_next):
                return False
            copy(self._mark, 0, _next, 0, MARK)
        self.limit = limit
        self._trim()
        return True

    def _trim(self):
        if self.last - self.first >= self.limit:
            self.first = self.last - self.limit + 1

    # -- rows --------------------------------------------------------------------------------------

    def append(self, row):
        """Add row[:size] as the newest; returns whether it is kept."""
        if not self.put(row):
            return False
        self._trim()
        return True

    def read(self, sequence, row):
        """Copy the row of a sequence number in use to row[:size]; False when it is corrupt."""
        self.hold(sequence)
        if self.newer == 0:
            return False
        copy(row, 0, self.page, self.at, self.size)
        return True

    def hold(self, sequence):
        """As `cosem.rows.Rows.hold`. A corrupt row is shown alone: with 0 newer and 0 older ones."""
        sequence -= 1
        slot = sequence % self.per
        i = self._place[sequence // self.per % self.count]
        if self.pages.view and self._known[i] & _GOOD == self._all:
            self.at = (self.start + i) * SECTOR + HEADER + slot * self.stride
            self.newer = self.per - slot
            self._older = slot + 1
        else:
            self._hold_part(i, sequence, slot)

    def older(self):
        """How many rows of the page follow each other up to the one held, with it."""
        return self._older

    def _hold_part(self, i, sequence, slot):
        """Show the rows of the part that a slot of sector i is in, which row sequence + 1 has."""
        older = slot % self._part
        self._bit = 1 << slot // self._part
        slot -= older
        self._older = older + 1
        self.newer = min(self._part, self.per - slot) - older
        if not self._seen(i, HEADER + slot * self.stride):
            # the header of the sector is lost, or the flash cannot be read
            self._narrow(i, 0, 0)
            return
        self.at += older * self.stride
        if not self._known[i] & self._bit:
            self._check(i, sequence + 1)

    def _seen(self, i, off):
        """Have the octets of a part in the page, from `at` on; returns whether they can be read."""
        if i == self.count:
            return False
        if self.pages.view:
            self.at = (self.start + i) * SECTOR + off
            return True
        self.at = 0
        return self.pages.read(self.start + i, off, self.page, 0, (self._older - 1 + self.newer) * self.stride)

    def _check(self, i, sequence):
        """Narrow what is shown to rows that agree with their CRC. The part is known as good when
        all do; those not in use yet will, because they are read back.
        """
        older = 0
        while older < self._older and self._sound(-older, sequence):
            older += 1
        newer = 0
        while newer < self.newer and self._sound(newer, sequence):
            newer += 1
        if older == self._older and newer == self.newer:
            self._known[i] |= self._bit
        else:
            self._narrow(i, older, newer)

    def _sound(self, k, sequence):
        return sequence + k > self.last or self.holds(self.page, self.at + k * self.stride, sequence + k)

    def _narrow(self, i, older, newer):
        """Show fewer rows, because one is corrupt; it is counted the first time."""
        self._older = older
        self.newer = newer
        bit = self._bit << PARTS
        if not self._known[i] & bit:
            self._known[i] |= bit
            self.pages.health.add(CORRUPT)

    # -- housekeeping ------------------------------------------------------------------------------

    def due(self):
        """Whether there is something to do while nothing is answered."""
        return self.size > 0 and (self.spare < 0 or self.damaged)

    def tidy(self):
        """One step of what is due: erase a sector ahead, or move rows;
        returns whether there is more.
        """
        if self.size and self.spare < 0:
            return self.erase_ahead(False) and self.due()
        if self.size and self.damaged:
            return self._move() and self.due()
        return False
