"""The store of a meter: the journal and the rings on one device, and whether they may be opened.

blank device                                    a new store is made
a store of this version, map and serial number  it is opened
a new store whose making was interrupted        it is made to its end
another store, or anything else                 StoreError; nothing is written
"""

from micropython import const

from store import keys
from store.counters import Counter
from store.health import Health
from store.identity import JOURNAL, StoreError, areas, check, compose
from store.journal import Journal
from store.pages import SECTOR, Pages
from store.ring_rows import RingRows

LEAST = const(3)  # sectors of a journal
_MOST = const(0x3FFFFFFF)  # rows: as many as fit
_LONGEST = const(96)  # octets of an identity record


class Mark:
    """What a ring keeps in the journal, 16 octets, old or new: its
    generation and what belongs to it.
    """

    def __init__(self, journal, key):
        self._journal = journal
        self._key = key

    def load(self, buf):
        """Read it to buf; False when there is none."""
        return self._journal.get(self._key, buf, 0, len(buf)) == len(buf)

    def save(self, buf):
        """Keep buf; whether it holds."""
        return self._journal.put(self._key, buf, 0, len(buf))


class Store:
    """plan: ((kind, sectors), …), the journal first, as `store.identity`
    names the kinds. serial: octets.

    new: the meter has not lived through its first start yet, or not since a factory reset.
    """

    def __init__(self, device, plan, serial):
        shared = areas(plan)
        if plan[0][0] != JOURNAL or plan[0][1] < LEAST:
            raise StoreError("state: the journal comes first and has at least %d sectors" % LEAST)
        needed = shared[-1][1] + shared[-1][2]
        if needed > device.count:
            raise StoreError("state: the store needs %d sectors, and there are %d" % (needed, device.count))
        self._areas = shared
        self._rings = []
        self.health = Health([(first, sectors) for _, first, sectors in shared])
        self.pages = Pages(device, self.health)
        self.journal = Journal(self.pages, 0, plan[0][1])
        wanted = compose(plan, serial)
        if self.journal.found:
            check(self._identity(), wanted)
        elif self.journal.segments.foreign:
            raise StoreError("state: this is a store of another version")
        else:
            self._make(wanted)
        if self.journal.size(keys.RESET) >= 0 and not self._clear():
            raise StoreError("state: the flash does not hold: a factory reset cannot be finished")

    def _identity(self):
        """The record of the store that is there."""
        found = bytearray(_LONGEST)
        n = self.journal.get(keys.IDENTITY, found, 0, _LONGEST)
        if n < 2:
            raise StoreError("state: the identity of the store is lost: `tools.state` shows what is left")
        return bytes(found[:n])

    def _make(self, wanted):
        """Make the first segment of the journal on a device that is
        blank, or was so when this began.
        """
        segments = self.journal.segments
        for sector in range(self.pages.device.count):
            if self.pages.blank(sector, 0, SECTOR):
                continue
            if sector >= self.journal.count or not segments.begun(sector, keys.IDENTITY, wanted):
                raise StoreError("state: what is there is neither blank nor a store; it stays as it is")
        if not self.journal.create(keys.IDENTITY, wanted):
            raise StoreError("state: the flash does not hold: no store can be made")

    @property
    def new(self):
        return self.journal.size(keys.MADE) < 0

    def counter(self, i):
        """Counter i, 0 to 7: numbers that are never used twice."""
        return Counter(self.journal, keys.COUNTERS + i)

    def rows(self, kind, depth):
        """The rows of the area of a kind, at most `depth` of them, 0 for as many as it holds; made
        once for each kind. They are shaped when their columns are known.
        """
        for other, first, sectors in self._areas:
            if other == kind:
                mark = Mark(self.journal, keys.RINGS + kind)
                ring = RingRows(self.pages, first, sectors, kind, depth or _MOST, mark)
                self._rings.append(ring)
                return ring
        raise StoreError("state: the map has no area of kind %d" % kind)

    def tidy(self):
        """Do one small step of housekeeping; True when there is more to do. Call it when nothing is
        being answered: a step may erase a sector.
        """
        if self.journal.due():
            self.journal.tidy()
            return True
        i = 0
        while i < len(self._rings):
            if self._rings[i].due():
                self._rings[i].tidy()
                return True
            i += 1
        return False

    def sync(self):
        """Have everything on the device, where it holds something back; whether it did."""
        return self.pages.sync()

    def reset(self):
        """Factory reset: clear rows, the meter's state and what clients wrote; keep serial number,
        keys and counters. Old or new: once the record RESET stands, the next opening finishes what
        a cut interrupts. False: the flash does not hold. The meter is built anew afterwards.
        """
        return self.journal.put(keys.RESET, b"\x01", 0, 1) and self._clear()

    def _clear(self):
        """Remove what a factory reset clears, and then the record of it."""
        for key in range(keys.RINGS, keys.RINGS + keys.RING_COUNT):
            if not self.journal.remove(key):
                return False
        for key in range(keys.CLEARED, keys.COUNT):
            if not self.journal.remove(key):
                return False
        return self.journal.remove(keys.RESET)
