"""Access rights as octets: a row for each set of rights that any association has on any object.

Row r stands at table[ROW * r:], indexed by attribute 1 … ATTRIBUTES with the bits READ and WRITE,
then ATTRIBUTES + m for method m with INVOKE: the access_mode numbers of class versions 0 to 2. Row
0 grants nothing: the object is not visible. So an association needs one octet for an object, the
number of its row, and equal rights stand in memory once.
"""

from micropython import const

from dlms.codec.octets import clear, copy, equal
from dlms.aa.association import ROW

_ROWS = const(256)


class Rights:
    """The rows of all logical devices. `holders`: the row numbers of every
    association, and of every directory's limits.
    """

    def __init__(self):
        self.table = bytearray(ROW)
        self.holders = []

    def row(self, mask):
        """Number of the row with these rights, made when there is none; -1
        when there is no room for it.

        mask: 1 + ATTRIBUTES + METHODS octets, the first one 0. Takes memory for a new row, or
        the place of one that nobody holds.
        """
        n = len(mask)
        if n > ROW:
            raise ValueError("object list: a class has more than %d attributes and methods" % (ROW - 1))
        table = self.table
        rows = len(table) // ROW
        for r in range(1, rows):
            if equal(table, ROW * r, mask, 0, n) and not any(table[ROW * r + n : ROW * r + ROW]):
                return r
        if rows == _ROWS:
            rows = self._unused()
            if rows < 0:
                return -1
        else:
            table.extend(bytes(ROW))
        clear(table, ROW * rows, ROW)
        copy(table, ROW * rows, mask, 0, n)
        return rows

    def _unused(self):
        """A row that nobody holds, or -1."""
        used = set()
        for numbers in self.holders:
            used.update(numbers)
        for r in range(1, _ROWS):
            if r not in used:
                return r
        return -1
