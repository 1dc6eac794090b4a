"""The columns of a profile: which attributes are captured, and how a row
without tags becomes a structure again.

A row holds only the contents of its columns one after the other; tag and length of each stand
once, in `plan` (see `row_plain.put_row`). So the captured attributes must be simple ones of a size
that does not change; a value that did change its type or size is captured as zeros.
"""

from micropython import const

import limits
from cosem.base import scratch
from cosem.row import capture
from dlms.codec import axdr
from dlms.codec.octets import clear, copy, get16, put16

PLAN = const(6)  # octets of plan for a column
DEFINITION = const(18)  # octets of a capture object definition
_CONTENT = const(96)  # longest content of a column
_NO_TIME = b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x80\x00\xff"
_STRINGS = (axdr.BIT_STRING, axdr.OCTET_STRING, axdr.VISIBLE_STRING, axdr.UTF8_STRING)


def definition(buf, off, end):
    """True when the Data at off is a capture object definition.

    structure {class_id long-unsigned, logical_name octet-string[6], attribute_index integer,
    data_index long-unsigned}: 18 octets.
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


def put_definition(buf, off, record, at, k):
    """Write the definition of attribute k of the object whose record of a directory is
    record[at:at+8]; of no object (None), zeros.

    Returns the offset after it.
    """
    clear(buf, off, DEFINITION)
    buf[off] = axdr.STRUCTURE
    buf[off + 1] = 4
    buf[off + 2] = axdr.LONG_UNSIGNED
    buf[off + 5] = axdr.OCTET_STRING
    buf[off + 6] = 6
    buf[off + 13] = axdr.INTEGER
    buf[off + 15] = axdr.LONG_UNSIGNED
    if record is not None:
        copy(buf, off + 3, record, at + 6, 2)
        copy(buf, off + 7, record, at, 6)
        buf[off + 14] = k
    return off + DEFINITION


def put_nulls(buf, off, n):
    """Write a row whose values are lost: a structure of n times
    null-data; returns the offset after it.
    """
    buf[off] = axdr.STRUCTURE
    buf[off + 1] = n
    clear(buf, off + 2, n)
    return off + 2 + n


class Columns:
    """Objects and attributes in the order of the row. n columns, `size` octets a row. Made anew
    when the capture objects change, with room for `most` columns.

    what:  | place in the directory, attribute | of the first column, the second …
    """

    def __init__(self, directory, most):
        self.directory = directory
        self.n = 0
        self.size = 0
        self.encoded = 2  # octets of a row as a structure
        self.what = bytearray(2 * most)
        self.plan = bytearray(PLAN * most)

    def add(self, i, k):
        """Append attribute k of the object at place i of the directory; False when it
        cannot be a column or the row is full.
        """
        o = self.directory.objs[i]
        if 2 * self.n == len(self.what) or not 1 <= k <= o.ATTRIBUTES or k in o.LONG:
            return False
        end = self.directory.simple(i, k, o, scratch, None)
        if end < 0:
            return False
        value = scratch if o.a[k] is None else o.a[k]
        prefix = 2 if value[0] in _STRINGS else 0 if value[0] in (axdr.ARRAY, axdr.STRUCTURE, axdr.COMPACT_ARRAY) else 1
        if end - prefix > _CONTENT or prefix == 2 and value[1] > 0x7F or self.encoded + end > limits.ELEMENT:
            return False
        p = PLAN * self.n
        self.plan[p] = prefix
        self.plan[p + 1] = value[0]
        self.plan[p + 2] = value[1] if end > 1 else 0
        put16(self.plan, p + 3, self.size)
        self.plan[p + 5] = end - prefix
        self.what[2 * self.n] = i
        self.what[2 * self.n + 1] = k
        self.n += 1
        self.size += end - prefix
        self.encoded += end
        return True

    def index(self, buf, off):
        """The column that the definition at off names, or -1."""
        place = self.directory.locate(buf, off + 3, off + 7) if get16(buf, off + 16) == 0 else -1
        i = 0
        while i < self.n:
            if self.what[2 * i] == place and self.what[2 * i + 1] == buf[off + 14]:
                return i
            i += 1
        return -1

    def object(self, i):
        """The object of column i."""
        return self.directory.objs[self.what[2 * i]]

    def attribute(self, i):
        """The attribute of column i."""
        return self.what[2 * i + 1]

    def put_definition(self, buf, off, i):
        """Write the definition of column i; returns the offset after it."""
        return put_definition(buf, off, self.directory.table, 8 * self.what[2 * i], self.what[2 * i + 1])

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

    def empty(self, row):
        """Make a row of no values: zeros, and times of which nothing is specified."""
        clear(row, 0, self.size)
        i = 0
        while i < self.n:
            if self.is_time(i):
                copy(row, self.offset(i), _NO_TIME, 0, 12)
            i += 1

    def capture(self, row):
        """Copy the present values of all columns to a row."""
        left = capture(row, self.directory.objs, self.what, self.plan, self.n)
        i = 0
        while left:
            if left & 1:
                self._capture(i, row)
            left >>= 1
            i += 1

    def _capture(self, i, row):
        p = PLAN * i
        o = self.object(i)
        value = o.a[self.attribute(i)] or scratch
        i = self.directory.simple(self.what[2 * i], self.attribute(i), o, scratch, None)
        i -= self.plan[p]  # octets of content
        if i != self.plan[p + 5] or value[0] != self.plan[p + 1] or self.plan[p] == 2 and value[1] != self.plan[p + 2]:
            clear(row, get16(self.plan, p + 3), self.plan[p + 5])
        else:
            copy(row, get16(self.plan, p + 3), value, self.plan[p], i)
