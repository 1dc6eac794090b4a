"""What the store counts about its flash: four octets a counter, high octet first, so that counting
takes no heap and all of them can be kept as one record.
"""

from micropython import const

from dlms.codec.octets import add32, get32

PROGRAMS = const(0)  # pages programmed
ERASES = const(1)  # sectors erased
FAILED_PROGRAMS = const(2)  # pages that do not hold what was programmed
FAILED_ERASES = const(3)  # sectors that are not blank when erased
FAILED_READS = const(4)
CORRUPT = const(5)  # records that were kept once and do not agree with their CRC any more
TORN = const(6)  # records that a cut of the supply left unfinished: nobody was told that they are kept
COUNTERS = const(7)


class Health:
    """areas: (first sector, number of sectors) of each part of the store, which uses its sectors in
    turn. The erases of each stand after the counters.
    """

    def __init__(self, areas):
        self.areas = areas
        self.counts = bytearray(4 * (COUNTERS + len(areas)))

    def add(self, counter):
        """Count one."""
        add32(self.counts, 4 * counter, 1)

    def count(self, counter):
        """A counter as a number."""
        return get32(self.counts, 4 * counter)

    def erased(self, sector):
        """Count an erase of a sector."""
        self.add(ERASES)
        i = 0
        while i < len(self.areas):
            area = self.areas[i]
            if area[0] <= sector < area[0] + area[1]:
                self.add(COUNTERS + i)
            i += 1

    def shown(self, n):
        """What clients can read: 0 corrupt records, 1 pages programmed, 2 programs and erases that
        failed, 3 erases of each sector where they are most.
        """
        if n == 0:
            return self.count(CORRUPT)
        if n == 1:
            return self.count(PROGRAMS)
        if n == 2:
            return self.count(FAILED_PROGRAMS) + self.count(FAILED_ERASES)
        return self.most()

    def most(self):
        """Erases of each sector in the area whose sectors are erased most, rounded up."""
        most = 0
        i = 0
        while i < len(self.areas):
            n = self.areas[i][1]
            most = max(most, (self.count(COUNTERS + i) + n - 1) // n)
            i += 1
        return most
