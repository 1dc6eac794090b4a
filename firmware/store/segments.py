"""Segments of the journal: sectors in which records stand one after another.

A sector of 4096 octets is 256 grains of 16. The first two hold the header, twice the same, because
nothing of a segment counts without it:

    0..1   44 4A, "DJ"
    2      version of the format, 1
    3..7   0
    8..11  generation: one more than that of the segment before, from 1
    12..15 CRC-32 over [0:12]

Records follow, each from a grain on, in the order in which they were put:

    0      key, 1 to keys.COUNT - 1. FF here is a blank grain, and 00 one that was given up
    1      kind: VALUE or REMOVED
    2..3   n, octets of data, at most LONGEST
    4..    the data
    4+n..  CRC-32 over the generation of the segment and [0:4+n]; FF up to the end of the grain

The generation in the CRC keeps out what an interrupted erase has left of an earlier life of the
sector. Numbers are big-endian. A position p is an octet of the journal, counted from its first
sector on: octet p & 4095 of segment p >> 12.
"""

from micropython import const

from dlms.codec.octets import clear, copy, equal, get16, get32, put16, put32
from store.keys import COUNT
from store.octets import blank, crc

SECTOR = const(4096)
GRAIN = const(16)
FIRST = const(32)  # octet of a segment from which on records stand
OVERHEAD = const(8)  # octets of a record beside its data
LONGEST = const(1200)
FORMAT = const(1)
VALUE = const(0x56)
REMOVED = const(0x52)

# what `look` returns where no record stands
BLANK = const(0)
GIVEN_UP = const(-1)
BAD = const(-2)

_MAGIC = const(0x444A)
_HEAD = const(4)  # octets of a record before its data
_KEY_BLANK = const(0xFF)
_KEY_GIVEN_UP = const(0)
_GENERATION = const(8)  # octet of a header
_CRC = const(12)
_ZEROS = bytes(16)


def room(n):
    """Octets that a record with n octets of data takes: whole grains."""
    return (n + OVERHEAD + GRAIN - 1) & -GRAIN


class Segments:
    """The sectors `first` to first + count - 1 of the device behind `pages`.

    key, kind, n: of the record that was looked at last. foreign: a header of another version of the
    format was seen.
    """

    def __init__(self, pages, first, count):
        self.pages = pages
        self.first = first
        self.count = count
        self.key = 0
        self.kind = 0
        self.n = 0
        self.foreign = False
        self._grain = bytearray(GRAIN)  # a header, or the first grain of a record
        self._generations = bytearray(4 * count)
        self._seeds = bytearray(4 * count)  # the CRC of each generation, with which that of a record begins
        self._sum = bytearray(4)

    # -- headers -----------------------------------------------------------------------------------

    def open(self, i):
        """Read the header of a segment; its generation, or 0 where none stands."""
        put32(self._generations, 4 * i, 0)
        if self._header(i, 0) or self._header(i, GRAIN):
            self.seal(i, get32(self._grain, _GENERATION))
        return get32(self._generations, 4 * i)

    def _header(self, i, off):
        """Read one of the two; whether it is a header."""
        grain = self._grain
        self.pages.read(self.first + i, off, grain, 0, GRAIN)
        clear(self._sum, 0, 4)
        crc(self._sum, 0, grain, 0, _CRC)
        if get16(grain, 0) != _MAGIC or equal(self._sum, 0, grain, _CRC, 4) == 0:
            return False
        self.foreign = self.foreign or grain[2] != FORMAT
        return grain[2] == FORMAT

    def begin(self, i, generation):
        """Erase a segment, and seal the records that are written there with this
        generation; whether it is blank.

        Its header goes first: what an interrupted erase leaves is no segment.
        """
        self.seal(i, generation)
        if not self.pages.blank(self.first + i, 0, FIRST):
            self.give_up(i << 12, FIRST)
        return self.pages.erase(self.first + i)

    def seal(self, i, generation):
        """Let the records of a segment be sealed with this generation."""
        put32(self._generations, 4 * i, generation)
        clear(self._seeds, 4 * i, 4)
        crc(self._seeds, 4 * i, self._generations, 4 * i, 4)

    def commit(self, i):
        """Write the header, after everything that must stand in the segment
        before it counts; whether it holds.
        """
        self.compose(i)
        pages = self.pages
        pages.begin(self.first + i, 0)
        pages.add(self._grain, 0, GRAIN)
        pages.add(self._grain, 0, GRAIN)
        return pages.end()

    def compose(self, i):
        """Make the header of a segment in `_grain`."""
        grain = self._grain
        clear(grain, 0, GRAIN)
        put16(grain, 0, _MAGIC)
        grain[2] = FORMAT
        copy(grain, _GENERATION, self._generations, 4 * i, 4)
        crc(grain, _CRC, grain, 0, _CRC)

    def make(self, i, key, buf):
        """Make a segment of which nothing stands yet, with a first record of
        the data buf; whether it holds.
        """
        self.head(key, VALUE, len(buf))
        self.sum(i, buf, 0)
        return (
            (self.blank(i << 12, SECTOR) or self.pages.erase(self.first + i))
            and self.write((i << 12) + FIRST, buf, 0)
            and self.commit(i)
        )

    def begun(self, i, key, buf):
        """Whether there is nothing in a segment but what is left of a `make` that was
        cut: some of the bits that it clears.

        Allocates: for the making of a store.
        """
        n = len(buf)
        self.seal(i, i + 1)
        self.compose(i)
        whole = bytearray(self._grain + self._grain + bytes((key, VALUE, n >> 8, n & 0xFF)) + buf)
        self._start(i)
        crc(self._sum, 0, whole, FIRST, _HEAD + n)
        whole += self._sum
        there = bytearray(len(whole))
        self.pages.read(self.first + i, 0, there, 0, len(there))
        for k in range(len(whole)):
            if there[k] & whole[k] != whole[k]:
                return False
        return self.blank((i << 12) + len(whole), SECTOR - len(whole))

    def revoke(self, i):
        """Take a header back that did not hold; whether the segment is none now."""
        self.give_up(i << 12, FIRST)
        return self.open(i) == 0

    # -- records -----------------------------------------------------------------------------------

    def look(self, p):
        """Read the record at p and check it: the octets that it takes, or BLANK, GIVEN_UP,
        or BAD where no whole record stands.
        """
        grain = self._grain
        if not self._read(p):
            return BAD
        if grain[0] == _KEY_BLANK and blank(grain, 0, GRAIN):
            return BLANK
        if grain[0] == _KEY_GIVEN_UP:
            return GIVEN_UP
        self.key = grain[0]
        self.kind = grain[1]
        self.n = get16(grain, 2)
        if self.key >= COUNT or self.n > LONGEST or (p & 4095) + room(self.n) > SECTOR:
            return BAD
        return room(self.n) if self._whole(p) else BAD

    def _read(self, p):
        """Read the grain at p."""
        return self.pages.read(self.first + (p >> 12), p & 4095, self._grain, 0, GRAIN)

    def _whole(self, p):
        """Whether the record of n octets at p agrees with its CRC."""
        self._start(p >> 12)
        if not self.pages.crc(self._sum, 0, self.first + (p >> 12), p & 4095, _HEAD + self.n):
            return False
        return self.pages.same(self._sum, 0, 4)

    def _start(self, i):
        """Begin the CRC of a record in segment i."""
        copy(self._sum, 0, self._seeds, 4 * i, 4)

    def take(self, p, buf, off):
        """Copy the data of the record at p, which was looked at, to buf[off:]."""
        self.pages.seek(self.first + (p >> 12), (p & 4095) + _HEAD)
        return self.pages.take(buf, off, self.n)

    def head(self, key, kind, n):
        """What the record that is written next begins with."""
        grain = self._grain
        grain[0] = self.key = key
        grain[1] = self.kind = kind
        put16(grain, 2, n)
        self.n = n

    def sum(self, i, buf, off):
        """Compute the CRC of a record with that head and the data buf[off:off+n], for segment i."""
        self._start(i)
        crc(self._sum, 0, self._grain, 0, _HEAD)
        crc(self._sum, 0, buf, off, self.n)

    def stands(self, p, buf, off):
        """Whether just that record stands at p."""
        if (p & 4095) + room(self.n) > SECTOR:
            return False
        # the CRC first: it differs when anything does
        self.pages.seek(self.first + (p >> 12), (p & 4095) + _HEAD + self.n)
        return self.pages.same(self._sum, 0, 4) and self._stands(p, buf, off)

    def _stands(self, p, buf, off):
        self.pages.seek(self.first + (p >> 12), p & 4095)
        return self.pages.same(self._grain, 0, _HEAD) and self.pages.same(buf, off, self.n)

    def write(self, p, buf, off):
        """Write that record at p; whether it holds."""
        pages = self.pages
        pages.begin(self.first + (p >> 12), p & 4095)
        pages.add(self._grain, 0, _HEAD)
        pages.add(buf, off, self.n)
        pages.add(self._sum, 0, 4)
        return pages.end()

    def copy(self, p, to):
        """Write the record at p, which was looked at, once more at `to`; whether it holds."""
        self._start(to >> 12)
        self.pages.crc(self._sum, 0, self.first + (p >> 12), p & 4095, _HEAD + self.n)
        self.pages.begin(self.first + (to >> 12), to & 4095)
        self.pages.seek(self.first + (p >> 12), p & 4095)
        if not self.pages.carry(_HEAD + self.n):
            return False
        self.pages.add(self._sum, 0, 4)
        return self.pages.end()

    # -- ranges ------------------------------------------------------------------------------------

    def blank(self, p, n):
        """Whether nothing was written to the n octets from p on, of one segment."""
        return self.pages.blank(self.first + (p >> 12), p & 4095, n)

    def give_up(self, p, n):
        """See to it that nothing is found in the n octets, whole grains, from p on, of one segment:
        program zeros.
        """
        self.pages.begin(self.first + (p >> 12), p & 4095)
        while n > 0:
            self.pages.add(_ZEROS, 0, GRAIN)
            n -= GRAIN
        self.pages.end()
