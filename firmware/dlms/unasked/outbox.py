"""What waits to be sent without being asked for: whole WPDUs in one buffer, in
the order in which they were made.

    buf:  | size 16 | WPDU | size 16 | WPDU | … | free |
          0                                     used

A record is made at its trigger, so that it holds the values of that moment, and stays until it is
delivered or given up. Nothing is ever overwritten: what finds no room is refused and counted.
"""

from micropython import const

from dlms.codec.octets import copy, get16, put16
from dlms.codec.wrapper import HEADER, VERSION

_SIZE = const(2)  # octets in front of a record
FIRST = const(2)  # where the WPDU of the oldest record stands
APDU = const(10)  # … and its APDU


class Outbox:
    """size: octets of the buffer, 0 where `provide` makes it later. pdu: the longest APDU taken. n:
    records in it. lost: records refused for want of room.

    too_long: whether the last of these was longer than any APDU can be.

    told: octets at the start whose records have gone through AAs, where they do (`net.teller`).
    """

    def __init__(self, size, pdu):
        self.buf = bytearray(size) if size else b""
        self.pdu = pdu
        self.used = 0
        self.told = 0
        self.n = 0
        self.lost = 0
        self.too_long = False
        self.epoch = 0  # counts how often it was emptied at once

    def provide(self, size):
        """Have a buffer of `size` octets from now on: takes memory the first time."""
        if len(self.buf) == 0:
            self.buf = bytearray(size)

    def reserve(self, least):
        """Where the APDU of a new record goes, which has `least` octets or more;
        -1 when there is no room for it.
        """
        at = self.used + _SIZE + HEADER
        if at + least > len(self.buf):
            self.refuse()
            return -1
        return at

    def limit(self):
        """The offset that the APDU begun must not go beyond."""
        return min(len(self.buf), self.used + _SIZE + HEADER + self.pdu)

    def commit(self, end, source, destination):
        """The APDU begun ends in front of `end`: keep it, from wPort source to wPort destination."""
        buf = self.buf
        at = self.used + _SIZE
        put16(buf, at - _SIZE, end - at)
        put16(buf, at, VERSION)
        put16(buf, at + 2, source)
        put16(buf, at + 4, destination)
        put16(buf, at + 6, end - at - HEADER)
        self.used = end
        self.n += 1

    def refuse(self, too_long=False):
        """A record could not be kept."""
        self.too_long = too_long
        self.lost = self.lost + 1 & 0xFFFF

    def size(self, at=0):
        """Octets of the oldest WPDU, or of that of the record at buf[at:]."""
        return get16(self.buf, at)

    def pop(self):
        """Forget the oldest record."""
        n = _SIZE + self.size()
        self.used -= n
        self.told = max(0, self.told - n)
        self.n -= 1
        copy(self.buf, 0, self.buf, n, self.used)

    def clear(self):
        """Forget all."""
        self.used = 0
        self.told = 0
        self.n = 0
        self.epoch = self.epoch + 1 & 0xFFFF
