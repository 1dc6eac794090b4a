"""What comes in of a long transfer: blocks put together, or what an answer still needs of it.

buf:  | descriptors | value, block after block |                     a request in blocks
      0             mark                       used         size     (`dlms.long.blocks`, `gbt`)

buf:  | list, parameters of a selection, octets of an answer |       while an answer goes
      0                                                      used
"""

from dlms.codec.octets import copy


class Request:
    """One bounded buffer, made once at start, and how far its answer has come in it.

    pos, left and data are the source's (`dlms.long.sources`).
    """

    def __init__(self, limits, piece):
        self.iip = 0  # invoke-id-and-priority
        self.buf = bytearray(limits.REASSEMBLY)
        self.size = limits.REASSEMBLY  # octets of buf
        self.used = 0  # octets in it
        self.mark = 0  # where the value begins; of ACCESS, where the results do
        self.many = False  # in blocks: the request is a list
        self.pos = 0  # where in buf the answer goes on …
        self.left = 0  # … and how much is to come: entries, or octets
        self.data = 0  # of ACCESS: where the next Data stands
        self.piece = piece  # the longest piece of an answer: so many octets go at once

    def has_room(self, n):
        """True when n more octets fit."""
        return self.used + n <= self.size

    def take(self, rx, off, n):
        """Append rx[off:off+n]; False when there is no room for it, and then nothing is done."""
        used = self.used
        if used + n > self.size:
            return False
        copy(self.buf, used, rx, off, n)
        self.used = used + n
        return True
