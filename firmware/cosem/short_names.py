"""The short names of a logical device: base names given to its objects, and what a short
name stands for (REQUIREMENTS D-53, D-54).

Attribute k of an object has the short name base + 8·(k - 1), method m has base + offset + 8·(m - 1)
with the offset of its class. Base names are multiples of 8: those of three objects are fixed by the
standard, the others follow each other from 0100 on, in the order of the logical names, without
gaps. The same object list so has the same short names after every start; a client that finds them
in object_list need not care.
"""

from micropython import const

from dlms.codec.octets import find_base, get16

FIRST = const(0x0100)  # the first base name given [choice]
_STEP = const(8)
_METHOD = const(0x80)
ASSOCIATION = const(0xFA00)
_SAP_ASSIGNMENT = const(0xFC00)
_DEVICE_NAME = const(0xFD00)
_NAME_OF_DEVICE = b"\x00\x00\x2a\x00\x00\xff"  # 0.0.42.0.0.255, COSEM logical device name

# Class-id and offset of method 1 (REQUIREMENTS D-53). IPv6 setup, class 48, as IPv4 setup [memory];
# Association LN, class 15, after its eleven attributes [impl: Gurux]. A class that is not here, or
# has more attributes than there is room for, has its methods after its attributes [choice].
METHODS = (
    (3, 0x28),
    (4, 0x38),
    (5, 0x48),
    (6, 0x30),
    (7, 0x58),
    (8, 0x60),
    (9, 0x20),
    (10, 0x10),
    (11, 0x10),
    (12, 0x20),
    (15, 0x60),
    (17, 0x20),
    (18, 0x40),
    (20, 0x50),
    (40, 0x38),
    (42, 0x60),
    (48, 0x60),
    (64, 0x30),
    (70, 0x20),
)


def methods(o):
    """Offset of the short name of method 1 of an object or an interface class from its base name."""
    behind = _STEP * o.ATTRIBUTES
    for class_id, offset in METHODS:
        if class_id == o.CLASS_ID:
            return max(offset, behind)
    return behind


def size(o):
    """How many short names an object takes, from its base name on."""
    return methods(o) + _STEP * o.METHODS if o.METHODS else _STEP * o.ATTRIBUTES


def fixed(o, name):
    """The base name that the standard fixes for this object with its
    logical name, 0 when there is none.
    """
    if o.CLASS_ID == 12:
        return ASSOCIATION
    if o.CLASS_ID == 17:
        return _SAP_ASSIGNMENT
    return _DEVICE_NAME if o.CLASS_ID == 1 and name == _NAME_OF_DEVICE else 0


class ShortNames:
    """directory: of the logical device, complete. current: the class of the
    current association of an SN AA.

    `table` is what `find_base` searches: three octets an object, base name(2) and number of its
    directory record(1), in ascending order; behind them one octet for each record, how many names
    its methods are from its base name. ValueError when there is no room for all.
    """

    def __init__(self, directory, current):
        self.directory = directory
        self.current = current
        self.n = directory.n
        entries = []
        free = FIRST
        for j in range(self.n):
            o = directory.objs[j] or current
            base = fixed(o, directory.table[8 * j : 8 * j + 6]) if directory.objs[j] else ASSOCIATION
            if not base:
                base = free
                free += size(o)
            entries.append(bytes((base >> 8, base & 0xFF, j)))
        if free > ASSOCIATION:
            raise ValueError("object list: too many attributes and methods for short names")
        offsets = bytes([methods(o or current) // _STEP for o in directory.objs])
        self.table = b"".join(sorted(entries)) + offsets

    def base(self, j):
        """Base name of the object at record j of the directory."""
        # base names ascend with the records, but for the few that are fixed: those stand
        # at the end, and the others move up
        table = self.table
        i = j
        while i and table[3 * i + 2] > j:
            i -= 1
        if table[3 * i + 2] != j:
            i = self.n - 1
            while table[3 * i + 2] != j:
                i -= 1
        return get16(table, 3 * i)

    def find(self, buf, off):
        """What the short name buf[off:off+2] stands for: record << 8 | attribute, record <<
        8 | 80 | method, or -1 for nothing.
        """
        i = find_base(self.table, self.n, buf, off)
        if i < 0:
            return -1
        j = self.table[3 * i + 2]
        o = self.directory.objs[j] or self.current
        d = get16(buf, off) - get16(self.table, 3 * i)
        if d & _STEP - 1:
            return -1
        if d < _STEP * o.ATTRIBUTES:
            return j << 8 | (d >> 3) + 1
        d -= methods(o)
        if d < 0 or d >= _STEP * o.METHODS:
            return -1
        return j << 8 | _METHOD | (d >> 3) + 1
