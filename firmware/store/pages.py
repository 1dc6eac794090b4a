"""Flash as the store sees it: any range of octets in a sector is read, and programmed with the
pages that it touches.

Flash is programmed in whole pages and only from 1 to 0. A page is programmed several times, each
time with FF around what is new, which leaves the rest as it is. What was programmed is read back:
a cell that is worn or half erased shows only so. No call raises OSError.

Calls come in pairs, `begin`, `add`, `end` and `seek`, `take`, because a call with more
arguments has its frame on the heap.
"""

from micropython import const

from dlms.codec.octets import clear, copy, equal
from store.health import FAILED_ERASES, FAILED_PROGRAMS, FAILED_READS, PROGRAMS
from store.octets import blank, crc, fill

SECTOR = const(4096)  # octets that are erased together
PAGE = const(256)  # octets that are programmed together
_ZEROS = bytes(16)


class Pages:
    """A device with two buffers of a page. Sectors are those of the device; a range of octets may
    cross pages, not sectors.
    """

    def __init__(self, device, health):
        self.device = device
        self.health = health
        self.view = device.view
        self._out = bytearray(PAGE)  # what is programmed next
        self._sector = 0  # where that page is: sector and offset
        self._to = 0
        self._start = 0  # what of it is new: out[start:end]
        self._end = 0
        self._good = True
        self._fresh = True  # nothing is in that page yet
        self._seen = bytearray(PAGE)  # the page that was read last
        self._seen_at = -1  # where it begins on the device
        self._at = 0  # where the next octets are read

    # -- programming -------------------------------------------------------------------------------

    def program(self, sector, off, buf, at, n):
        """Program buf[at:at+n] at an offset of a sector; False when it does not hold. Pages are
        programmed one after the other, up to the first that does not hold.
        """
        self.begin(sector, off)
        self.add(buf, at, n)
        return self.end()

    def begin(self, sector, off):
        """Octets are programmed from here on."""
        self._start = self._end = off % PAGE
        self._sector = sector
        self._to = off - self._start
        self._good = self._fresh = True

    def add(self, buf, at, n):
        """The next octets are buf[at:at+n]; each page that is complete is programmed."""
        while n > 0 and self._good:
            if self._fresh:
                fill(self._out, 0, PAGE)
                self._fresh = False
            k = min(n, PAGE - self._end)
            copy(self._out, self._end, buf, at, k)
            self._end += k
            at += k
            n -= k
            if self._end == PAGE:
                self._flush()

    def end(self):
        """Program the rest; returns whether everything since `begin` holds."""
        if self._good and self._end > self._start:
            self._flush()
        return self._good

    def _flush(self):
        self.health.add(PROGRAMS)
        if self._programmed():
            self._to += PAGE
            self._start = self._end = 0
            self._fresh = True
        else:
            self.health.add(FAILED_PROGRAMS)
            self._good = False

    def _programmed(self):
        """Program the page; returns whether what is new reads back."""
        self._seen_at = -1
        try:
            self.device.program(self._sector, self._to, self._out)
            self.device.read(self._sector, self._to, self._seen)
        except OSError:
            return False
        return equal(self._seen, self._start, self._out, self._start, self._end - self._start) == 1

    def zero(self, sector, off, n):
        """Program zeros over a record of up to 16 octets, so that it counts no more."""
        return self.program(sector, off, _ZEROS, 0, n)

    def copy(self, sector, off, to, to_off, n):
        """Program n octets that stand in a sector at an offset of another one; False when they
        cannot be read or do not hold.
        """
        self.begin(to, to_off)
        self.seek(sector, off)
        return self.carry(n) and self.end()

    def carry(self, n):
        """The next n octets that are read are the next that are programmed; False when they
        cannot be read or do not hold.
        """
        while n > 0 and self._good:
            # no further than to the end of either page: reading back takes the buffer
            k = min(n, PAGE - self._end, PAGE - self._at % PAGE)
            if not self._load():
                return False
            self.add(self._seen, self._at % PAGE, k)
            self._at += k
            n -= k
        return self._good

    def erase(self, sector):
        """Erase a sector; returns whether it reads as blank."""
        self._seen_at = -1
        self.health.erased(sector)
        if self._erased(sector) and self.blank(sector, 0, SECTOR):
            return True
        self.health.add(FAILED_ERASES)
        return False

    def _erased(self, sector):
        try:
            self.device.erase(sector)
        except OSError:
            return False
        return True

    def sync(self):
        """Have the device write what it holds back; returns whether it did."""
        try:
            self.device.sync()
        except OSError:
            return False
        return True

    # -- reading -----------------------------------------------------------------------------------

    def read(self, sector, off, buf, at, n):
        """Read n octets at an offset of a sector to buf[at:]; False, and
        zeros, when the device fails.
        """
        self.seek(sector, off)
        return self.take(buf, at, n)

    def seek(self, sector, off):
        """Octets are read from here on."""
        self._at = sector * SECTOR + off

    def take(self, buf, at, n):
        """Read the next n octets to buf[at:]; False, and zeros, when the device fails."""
        if self.view:
            copy(buf, at, self.view, self._at, n)
            self._at += n
            return True
        while n > 0:
            k = min(n, PAGE - self._at % PAGE)
            if not self._load():
                clear(buf, at, n)
                return False
            copy(buf, at, self._seen, self._at % PAGE, k)
            self._at += k
            at += k
            n -= k
        return True

    def same(self, buf, at, n):
        """Whether the next n octets are buf[at:at+n]."""
        while n > 0:
            k = min(n, PAGE - self._at % PAGE)
            if not self._load() or not equal(self._seen, self._at % PAGE, buf, at, k):
                return False
            self._at += k
            at += k
            n -= k
        return True

    def crc(self, state, at, sector, off, n):
        """Go on with the CRC at state[at:at+4] over n octets of a sector;
        False when the device fails.
        """
        self.seek(sector, off)
        return self._crc(state, at, n)

    def _crc(self, state, at, n):
        while n > 0:
            k = min(n, PAGE - self._at % PAGE)
            if not self._load():
                return False
            crc(state, at, self._seen, self._at % PAGE, k)
            self._at += k
            n -= k
        return True

    def blank(self, sector, off, n):
        """Whether n octets of a sector are as erased."""
        if self.view:
            return blank(self.view, sector * SECTOR + off, n) == 1
        self.seek(sector, off)
        while n > 0:
            k = min(n, PAGE - self._at % PAGE)
            if not self._load() or not blank(self._seen, self._at % PAGE, k):
                return False
            self._at += k
            n -= k
        return True

    def _load(self):
        """Have the page of the next octet in `seen`; returns whether the device could read it."""
        page = self._at - self._at % PAGE
        if page == self._seen_at:
            return True
        self._seen_at = -1
        if self._read(page):
            self._seen_at = page
            return True
        self.health.add(FAILED_READS)
        return False

    def _read(self, page):
        try:
            self.device.read(page // SECTOR, page % SECTOR, self._seen)
        except OSError:
            return False
        return True
