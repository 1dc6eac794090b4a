"""A ring of sectors for rows of one size: which rows stand in which sector, and what is programmed
and erased for a row more.

    sector:  | header 16 | row 1 | CRC 4 | row 2 | CRC 4 | …
    header:  | magic 1 | version 1 | kind 1 | generation 3 | octets of a row 2 | number of its first row 4 | CRC 4 |

Rows are numbered from 1 and stand in the order of their numbers, `per` to a sector. So row s is in
slot (s - 1) % per of the sector that has the number (s - 1) // per. The CRC of a row goes over its
number and its octets: a row in the wrong place is none. Rows of an earlier generation, before the
ring was emptied, are none either.

Three rules make this bear a cut of the supply at any moment:

- A sector is erased before it is used, even if it reads as blank: the erase may have been cut, and
  the cells be weak. One is erased ahead, the *spare*, so that a row need not wait for it.
- A slot is programmed once. Where something stands after the last row that is none, the rows of
  that sector move to the spare; its header comes last, so that it counts only when it is complete.
  Two sectors of the same number may be left: the one with more rows is taken.
- A sector is given up only when another one is needed, the oldest first. With `count` sectors the
  newest (count - 2) * per rows are always there.

Where a page does not hold, the rows of its sector move likewise, and that sector is not used any
more. So sectors that fail cost the oldest rows, and no new one. When everything fails, the rows
that are there stay: after three failures in a row none is given up any more.

Opening reads the headers, and looks for the last row of the newest sector. It writes nothing.
"""

from array import array

from micropython import const

from dlms.codec.octets import clear, copy, equal, get16, get32, put16, put32
from store.health import TORN
from store.octets import crc
from store.pages import SECTOR

HEADER = const(16)
SEAL = const(4)  # octets of a CRC
LEAST = const(3)  # sectors of a ring: one that is written, one before it, the spare
_MAGIC = const(0x52)
_VERSION = const(1)
_GENERATION = const(2)  # offsets in a header: kind, then generation
_SIZE = const(6)
_FIRST = const(8)
_CRC = const(12)
_GENERATIONS = const(0xFFFFFF)
FREE = const(0)  # what a sector is
LIVE = const(1)
SPARE = const(2)
PARTS = const(8)  # of a sector, whose rows are checked together
BAD = const(3)  # it did not hold what was programmed, or could not be erased: not used before the next start


_header = bytearray(HEADER)  # the header that is read or made, for all rings
_seal = bytearray(SEAL + 4)  # | CRC | number | of the row that is looked at


class Ring:
    """Sectors start to start + count - 1 of a device. kind: says in the headers which ring this is."""

    def __init__(self, pages, start, count, kind):
        self.pages = pages
        self.start = start
        self.count = count
        self.kind = kind
        self.generation = 0
        self.size = 0  # octets of a row
        self.stride = 0  # … with its CRC
        self.per = 0  # rows of a sector
        self.first = 1  # number of the oldest row in use
        self.last = 0  # … of the newest one
        self.oldest = 0  # number of the oldest sector there may be
        self.newest = -1  # … of the sector that is written; -1: none
        self.used = 0  # rows in it
        self.damaged = False  # whether something stands after them that is no row
        self._worn = False  # … because the flash did not hold it
        self.spare = -1  # the sector that is erased ahead
        self._turn = 0  # where the next one to erase is looked for
        self._part = 1  # rows of a part
        self._all = 0  # bits of the parts there are
        self._failed = 0  # sectors that failed since a row was kept
        self._state = bytearray(count)
        # sector of each number, modulo count; count: none
        self._place = bytearray(count) if count < 256 else array("H", bytes(2 * count))
        self._known = array("H", bytes(2 * count + 2))  # what `RingRows` knows of the rows of each sector, and of none

    def rows_of_sector(self, size):
        return (SECTOR - HEADER) // (size + SEAL)

    def sector(self, number):
        """Where the sector with this number is, or -1."""
        if number < self.oldest or number > self.newest:
            return -1
        i = self._place[number % self.count]
        return i if i < self.count else -1

    # -- opening -----------------------------------------------------------------------------------

    def forget(self):
        """No sector counts any more; what is erased or cannot be erased stays known."""
        i = 0
        while i < self.count:
            if self._state[i] == LIVE:
                self._state[i] = FREE
            self._place[i] = self.count
            i += 1
        self.newest = -1
        self.used = 0
        self.damaged = self._worn = False

    def open(self, generation):
        """Take the sectors of a generation, none when it is 0; returns the highest
        generation there is in any header.
        """
        self.generation = generation
        self.forget()
        highest = 0
        numbers = array("i", bytes(4 * self.count))
        for i in range(self.count):
            found = self._read_header(i)
            if found > highest:
                highest = found
            numbers[i] = -1
            if found and found == generation and get16(_header, _SIZE) == self.size:
                numbers[i] = (get32(_header, _FIRST) - 1) // self.per
        newest = max(numbers)
        self._turn = generation % self.count  # so that a ring that is emptied often wears all sectors
        if newest >= 0:
            self.newest = newest
            self._take(numbers)
        return highest

    def fit(self, size):
        """Rows have this many octets from now on."""
        self.size = size
        self.stride = size + SEAL
        self.per = self.rows_of_sector(size)
        self._part = (self.per + PARTS - 1) // PARTS
        self._all = (1 << (self.per + self._part - 1) // self._part) - 1

    def _read_header(self, i):
        """Read the header of sector i; returns its generation, 0 when it is none of this ring."""
        h = _header
        self.pages.read(self.start + i, 0, h, 0, HEADER)
        if h[0] != _MAGIC or h[1] != _VERSION or h[_GENERATION] != self.kind:
            return 0
        self._crc_of_header()
        if not equal(h, _CRC, _seal, 0, SEAL):
            return 0
        return get32(h, _GENERATION) & _GENERATIONS

    def _crc_of_header(self):
        clear(_seal, 0, SEAL)
        crc(_seal, 0, _header, 0, _CRC)

    def _take(self, numbers):
        """Place the sectors whose numbers follow each other up to the newest."""
        count = self.count
        newest = oldest = self.newest
        for i in range(count):
            number = numbers[i]
            if newest - count < number < newest:
                if self._place[number % count] == count:
                    self._enter(i, number)
                    if number < oldest:
                        oldest = number
            elif number == newest:
                self._choose(i)
        self.oldest = oldest
        if self.damaged:
            self.pages.health.add(TORN)

    def _choose(self, i):
        """Sector i has the number of the newest. Of two, after a move that was
        cut, the one with more rows counts.
        """
        rows = self._scan(i)
        other = self._place[self.newest % self.count]
        if other == self.count:
            self._turn = (i + 1) % self.count
        elif rows > self.used or rows == self.used and not self._rest:
            self._leave(other)
        else:
            self._leave(i)
            return
        self.used = rows
        self.damaged = self._rest
        self._enter(i, self.newest)

    def _enter(self, i, number):
        self._place[number % self.count] = i
        self._state[i] = LIVE

    def _leave(self, i):
        """Sector i counts no more. It is the next to be erased, because its
        header still says otherwise.
        """
        self._state[i] = FREE
        self._turn = i

    def _scan(self, i):
        """How many rows sector i has, as the newest one: up to the last that agrees
        with its CRC. Sets _rest: whether anything stands after them. Those before the
        last are checked when they are read.
        """
        rows = 0
        high = self.per
        while rows < high:
            slot = (rows + high) // 2
            if self._blank_from(i, slot):
                high = slot
            else:
                rows = slot + 1
        self._rest = not self._blank_from(i, rows)
        row = bytearray(self.stride)
        while rows:
            self.pages.read(self.start + i, HEADER + (rows - 1) * self.stride, row, 0, self.stride)
            if self.holds(row, 0, self.newest * self.per + rows):
                break
            rows -= 1
            self._rest = True
        self._known[i] = self._fresh(rows)
        return rows

    def _blank_from(self, i, slot):
        """Whether sector i is blank from a slot on to its end."""
        off = HEADER + slot * self.stride
        return self.pages.blank(self.start + i, off, SECTOR - off)

    def _fresh(self, rows):
        """What is known of a sector whose first rows have to be checked: the parts after them are
        good, because their rows will be read back.
        """
        return self._all & ~((1 << (rows + self._part - 1) // self._part) - 1)

    # -- rows --------------------------------------------------------------------------------------

    def holds(self, page, at, sequence):
        """Whether page[at:] is the row of this number, with its CRC."""
        self._crc_of_row(page, at, sequence)
        return equal(_seal, 0, page, at + self.size, SEAL) == 1

    def _crc_of_row(self, page, at, sequence):
        put32(_seal, SEAL, sequence)
        clear(_seal, 0, SEAL)
        crc(_seal, 0, _seal, SEAL, 4)
        crc(_seal, 0, page, at, self.size)

    def put(self, row):
        """Program row[:size] as the row after the last; returns whether it is kept. Where the flash
        does not hold it, other sectors are tried.
        """
        tries = 3
        while tries:
            if (not self.damaged and 0 < self.used < self.per or self._ready()) and self._put(row):
                self.used += 1
                self.last += 1
                self._failed = 0
                return True
            tries -= 1
        return False

    def _ready(self):
        """Have a blank slot after the last row; returns whether there is one."""
        if self.newest < 0 or self.used == self.per:
            return self._begin()
        return not self.damaged or self._move()

    def _put(self, row):
        self._crc_of_row(row, 0, self.last + 1)
        i = self.start + self._place[self.newest % self.count]
        self.pages.begin(i, HEADER + self.used * self.stride)
        self.pages.add(row, 0, self.size)
        self.pages.add(_seal, 0, SEAL)
        if self.pages.end():
            return True
        self.damaged = self._worn = True
        return False

    # -- sectors -----------------------------------------------------------------------------------

    def _begin(self):
        """Begin a sector for the row after the last; returns whether there is one."""
        number = self.last // self.per
        i = self._erased()
        if i < 0:
            return False
        if not self._put_header(i, number):
            self._fails(i)
            return False
        if self.newest < 0:
            self.oldest = number
        elif number - self.oldest == self.count:
            self._give_up()  # its place is needed, because a sector in between has lost its header
        self.newest = number
        self.used = 0
        self._known[i] = self._all
        self._enter(i, number)
        return True

    def _move(self):
        """Move the rows of the newest sector to the spare one; returns whether they stand there."""
        old = self.sector(self.newest)
        new = self._erased()
        if new < 0:
            return False
        moved = self._copy_rows(old, new) and self._put_header(new, self.newest)
        if not moved:
            self._fails(new)
            return False
        self._enter(new, self.newest)
        self._leave(old)
        self._known[new] = self._known[old]
        self.pages.zero(self.start + old, 0, HEADER)
        if self._worn:
            self._fails(old)
        self.damaged = self._worn = False
        return True

    def _copy_rows(self, old, new):
        return self.pages.copy(self.start + old, HEADER, self.start + new, HEADER, self.used * self.stride)

    def _fails(self, i):
        self._state[i] = BAD
        self._failed += 1

    def _put_header(self, i, number):
        h = _header
        put32(h, _GENERATION, self.generation)
        h[0] = _MAGIC
        h[1] = _VERSION
        h[_GENERATION] = self.kind
        put16(h, _SIZE, self.size)
        put32(h, _FIRST, number * self.per + 1)
        self._crc_of_header()
        copy(h, _CRC, _seal, 0, SEAL)
        return self.pages.program(self.start + i, 0, h, 0, HEADER)

    def _erased(self):
        """The spare sector, erased now when there is none; -1 when there cannot be one."""
        if self.spare < 0:
            self.erase_ahead(True)
        i = self.spare
        if i >= 0:
            self._state[i] = FREE
            self.spare = -1
        return i

    def erase_ahead(self, needed):
        """Erase the next sector that has no rows in use; if one is needed and there is none,
        because sectors failed, the oldest. Returns whether it is the spare now.
        """
        i = self._free()
        if i < 0 and (needed and self._failed < LEAST or self.first > (self.oldest + 1) * self.per):
            i = self._give_up()
        if i < 0:
            return False
        self._turn = (i + 1) % self.count
        self._known[i] = 0
        if self.pages.erase(self.start + i):
            self._state[i] = SPARE
            self.spare = i
            return True
        self._fails(i)
        return False

    def _free(self):
        """The next sector in turn that has no rows, or -1."""
        k = 0
        while k < self.count:
            i = (self._turn + k) % self.count
            if self._state[i] == FREE:
                return i
            k += 1
        return -1

    def _give_up(self):
        """Give the oldest sector up, never the newest; returns where it is, or -1."""
        i = -1
        while i < 0 and self.oldest < self.newest:
            i = self.sector(self.oldest)
            self._place[self.oldest % self.count] = self.count
            self.oldest += 1
        if i >= 0:
            self._state[i] = FREE
            if self.first <= self.oldest * self.per:
                # rows in use: half an erase must not bring them back
                self.first = self.oldest * self.per + 1
                self.pages.zero(self.start + i, 0, HEADER)
        return i
