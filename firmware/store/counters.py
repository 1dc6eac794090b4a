"""Numbers that are never used twice, such as invocation counters: whenever power fails, and without
a record for each.

The journal holds the end of a reservation, 256 numbers ahead of those in use. After a restart the
numbers go on from there; what was reserved and not used is left out.
"""

from micropython import const

from dlms.codec.octets import add32, compare, copy, equal

AHEAD = const(256)  # numbers that one record reserves


class Counter:
    """A number of 32 bits under a key of the journal. value: four octets, the last number that may
    have been used; 0 before the first.
    """

    def __init__(self, journal, key):
        self._journal = journal
        self._key = key
        self._reserved = bytearray(4)  # the last number that may be used without a record
        self._further = bytearray(4)
        self.value = bytearray(4)
        journal.get(key, self._reserved, 0, 4)
        if journal.lost:
            # any of the records that are lost may have been a reservation
            add32(self._reserved, 0, AHEAD * journal.lost)
            journal.put(key, self._reserved, 0, 4)
        copy(self.value, 0, self._reserved, 0, 4)

    def take(self):
        """Go on to the next number. True: `value` is it, and no restart will use it
        again. False: the flash does not hold the reservation, or there are no
        numbers left; nothing may be numbered.
        """
        if equal(self.value, 0, self._reserved, 0, 4) and not self._reserve():
            return False
        add32(self.value, 0, 1)
        return True

    def _reserve(self):
        """Reserve the next numbers; whether the record holds."""
        copy(self._further, 0, self._reserved, 0, 4)
        add32(self._further, 0, AHEAD)
        if compare(self._further, 0, self._reserved, 0, 4) < 0:
            return False  # beyond 32 bits
        if not self._journal.put(self._key, self._further, 0, 4):
            return False
        copy(self._reserved, 0, self._further, 0, 4)
        return True
