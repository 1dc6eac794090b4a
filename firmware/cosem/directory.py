"""The objects of one logical device, found by class-id and logical name.

`table` is what the protocol engine searches (`dlms.codec.octets.find`): n records of eight octets,
logical name (6) then class-id (2), ascending by name; `objs` holds the object of each record at the
same index. Attribute 1 of an object is the name of its record. Behind the records `table` has four
octets for each, `cosem.base.outline`.
"""

import limits
from micropython import const

from cosem.base import outline
from dlms.codec import axdr
from dlms.codec.octets import copy, find
from dlms.aa.association import ROW

_NOWHERE = const(0xFFFF)  # the record of what there is not
CURRENT_ASSOCIATION = bytes((0, 0, 40, 0, 0, 255))
_ASSOCIATION_LN = 15  # of the record of the current association; an AA with short names does not look there


def obis(text):
    """Six octets of a logical name written as A.B.C.D.E.F."""
    return bytes([int(part) for part in text.split(".")])


def dotted(name):
    """A logical name as A.B.C.D.E.F."""
    return ".".join([str(octet) for octet in name])


def check_sizes(name, o):
    """ValueError when an object holds a value longer than limits.ELEMENT: a transfer
    has room for no more in one piece.

    What clients may write later keeps its size, or has a limit of its own (`cosem.data.TEXT`).
    """
    for k in range(1, o.ATTRIBUTES + 1):
        value = o.a[k]
        if value is not None and len(value) > limits.ELEMENT:
            raise ValueError(
                "object list: %s attribute %d takes %d octets, at most %d can be sent"
                % (dotted(name), k, len(value), limits.ELEMENT)
            )


def class_octets(o):
    class_id = _ASSOCIATION_LN if o is None else o.CLASS_ID
    return bytes((class_id >> 8, class_id & 0xFF))


def directory(placed, rights):
    """The directory of a logical device. placed: (logical name, object) in any order, at most 255.

    ValueError names what cannot be served: a name given twice, a value longer
    than an element of a long transfer.
    """
    by_name = {CURRENT_ASSOCIATION: None}
    for name, o in placed:
        if name in by_name:
            raise ValueError("object list: two objects are named " + dotted(name))
        check_sizes(name, o)
        by_name[name] = o
    names = sorted(by_name)
    if len(names) > 256:
        raise ValueError("more than 256 objects in a logical device")
    table = b"".join([name + class_octets(by_name[name]) for name in names])
    return Directory([by_name[name] for name in names], table, rights)


class Directory:
    """objs, table: see above, table without what stands behind its records. rights: rows of access
    rights.

    `place` is n << 16 | the record of the current association, FFFF for none.

    `objs` is None at the record of 0.0.40.0.0.255 (class 15), the current association, which each
    AA fills itself. `limit` holds for each object the row with the widest rights that any
    association has on it, so that no client can be given more than the object list grants.
    """

    def __init__(self, objs, table, rights):
        self.n = n = len(objs)
        self.objs = objs
        self.table = table + b"".join([outline(o) for o in objs])
        self.place = n << 16 | (objs.index(None) if None in objs else _NOWHERE)
        self.rights = rights
        self.rows = rights.table
        self.limit = self.invisible()
        self._key = bytearray(8)

    def longer(self, chosen):
        """Let changes of the objects for which chosen(object) holds take the slow path; called at
        start, before any AA opens.
        """
        self.table = self.table[: 8 * self.n] + b"".join([outline(o, o is not None and chosen(o)) for o in self.objs])

    def invisible(self):
        """A row number for each object, to be held by an association: at first none is visible."""
        numbers = bytearray(self.n)
        self.rights.holders.append(numbers)
        return numbers

    def right(self, row, k):
        """The rights of a row number to attribute k, or, at ATTRIBUTES + m, to
        method m: bits as in `cosem.base`.
        """
        return self.rows[ROW * row + k]

    def simple(self, i, k, o, buf, aa):
        """How many octets the encoded attribute k of record i takes, whose object is o:
        as o.a holds it, or, where that is None, written to buf[0:]. Negative for a
        result; k is none of the long attributes.
        """
        if o.a[k] is not None:
            return len(o.a[k])
        if k == 1:
            return axdr.put_octets(buf, 0, axdr.OCTET_STRING, self.table, 8 * i, 6)
        return o.get(k, buf, 0, aa)

    def index(self, name):
        """Index of the object with this logical name, or -1; for start-up."""
        for i in range(self.n):
            if self.table[8 * i : 8 * i + 6] == name:
                return i
        return -1

    def locate(self, buf, class_off, name_off):
        """Index of the object with the class-id and the logical name at these offsets, -1 or -2 as
        `dlms.codec.octets.find`.
        """
        copy(self._key, 0, buf, class_off, 2)
        copy(self._key, 2, buf, name_off, 6)
        return find(self.table, self.n, self._key, 0)
