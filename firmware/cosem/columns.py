"""The columns of a profile: which attributes are captured, and how a row without tags becomes a structure again.

A row holds only the contents of its columns one behind the other; tag and length of each stand once, in `plan` (see
`row_plain.put_row`). So the captured attributes must be simple ones of a size that does not change; a value that did
change its type or size is captured as zeros.
"""

from micropython import const

import limits
from dlms import axdr
from dlms.octets import clear, copy, get16, put16

PLAN = const(6)  # octets of plan for a column
DEFINITION = const(18)  # octets of a capture object definition
_CONTENT = const(96)  # longest content of a column
_VALUE = const(128)  # longest encoded value that is looked at
_STRINGS = (axdr.BIT_STRING, axdr.OCTET_STRING, axdr.VISIBLE_STRING, axdr.UTF8_STRING)

_scratch = bytearray(_VALUE)


def definition(buf, off, end):
    """True when the Data at off is a capture object definition.

    structure {class_id long-unsigned, logical_name octet-string[6], attribute_index integer, data_index
    long-unsigned}: 18 octets.
    """
    return (
        end - off >= DEFINITION
        and buf[off] == 2
        and buf[off + 1] == 4
        and buf[off + 2] == 0x12
        and buf[off + 5] == 9
        and buf[off + 6] == 6
        and buf[off + 13] == 0x0F
        and buf[off + 15] == 0x12
    )


def put_definition(buf, off, o, k):
    """Write the definition of attribute k of an object; of no object, zeros. Returns the offset behind it."""
    clear(buf, off, DEFINITION)
    buf[off] = axdr.STRUCTURE
    buf[off + 1] = 4
    buf[off + 2] = axdr.LONG_UNSIGNED
    buf[off + 5] = axdr.OCTET_STRING
    buf[off + 6] = 6
    buf[off + 13] = axdr.INTEGER
    buf[off + 15] = axdr.LONG_UNSIGNED
    if o is not None:
        put16(buf, off + 3, o.CLASS_ID)
        copy(buf, off + 7, o.name, 0, 6)
        buf[off + 14] = k
    return off + DEFINITION


def value_of(o, k):
    """The encoded attribute k of an object, or None when it is not a simple one; in a buffer of this module when the
    object writes it itself.
    """
    if o.a[k] is not None:
        return o.a[k]
    if k in o.LONG or o.get(k, _scratch, 0, None) < 0:
        return None
    return _scratch


class Columns:
    """Objects and attributes in the order of the row. n columns, `size` octets a row. Made anew when the capture
    objects change.
    """

    def __init__(self):
        self.n = 0
        self.size = 0
        self.encoded = 2  # octets of a row as a structure
        self.objs = []
        self.attributes = bytearray(limits.COLUMNS)
        self.plan = bytearray(PLAN * limits.COLUMNS)

    def add(self, o, k):
        """Append attribute k of an object; False when it cannot be a column or the row is full."""
        if self.n == limits.COLUMNS or not 1 <= k <= o.ATTRIBUTES:
            return False
        value = value_of(o, k)
        if value is None:
            return False
        end = o.get(k, _scratch, 0, None) if value is _scratch else len(value)
        prefix = 2 if value[0] in _STRINGS else 0 if value[0] in (axdr.ARRAY, axdr.STRUCTURE, axdr.COMPACT_ARRAY) else 1
        if end - prefix > _CONTENT or prefix == 2 and value[1] > 0x7F or self.encoded + end > limits.ELEMENT:
            return False
        p = PLAN * self.n
        self.plan[p] = prefix
        self.plan[p + 1] = value[0]
        self.plan[p + 2] = value[1] if end > 1 else 0
        put16(self.plan, p + 3, self.size)
        self.plan[p + 5] = end - prefix
        self.objs.append(o)
        self.attributes[self.n] = k
        self.n += 1
        self.size += end - prefix
        self.encoded += end
        return True

    def index(self, buf, off):
        """The column that the definition at off names, or -1."""
        i = 0
        while i < self.n:
            o = self.objs[i]
            if get16(buf, off + 3) == o.CLASS_ID and self.attributes[i] == buf[off + 14] and get16(buf, off + 16) == 0:
                k = 0
                while k < 6 and o.name[k] == buf[off + 7 + k]:
                    k += 1
                if k == 6:
                    return i
            i += 1
        return -1

    def tag(self, i):
        return self.plan[PLAN * i + 1]

    def is_time(self, i):
        """Whether column i is a date-time in an octet-string[12]."""
        p = PLAN * i
        return self.plan[p] == 2 and self.plan[p + 1] == axdr.OCTET_STRING and self.plan[p + 2] == 12

    def offset(self, i):
        """Where the content of column i begins in a row."""
        return get16(self.plan, PLAN * i + 3)

    def length(self, i):
        return self.plan[PLAN * i + 5]

    def encoded_length(self, i):
        """Octets of column i in a row as a structure."""
        return self.plan[PLAN * i] + self.plan[PLAN * i + 5]

    def capture(self, row):
        """Copy the present values of all columns to a row."""
        i = 0
        while i < self.n:
            self._capture(i, row)
            i += 1

    def _capture(self, i, row):
        p = PLAN * i
        value = self.objs[i].a[self.attributes[i]]
        if value is None:
            value = _scratch
            i = self.objs[i].get(self.attributes[i], value, 0, None)
        else:
            i = len(value)
        i -= self.plan[p]  # octets of content
        if i != self.plan[p + 5] or value[0] != self.plan[p + 1] or self.plan[p] == 2 and value[1] != self.plan[p + 2]:
            clear(row, get16(self.plan, p + 3), self.plan[p + 5])
        else:
            copy(row, get16(self.plan, p + 3), value, self.plan[p], i)
