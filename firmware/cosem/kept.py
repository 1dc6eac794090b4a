"""What is kept of an object, as octets: for the journal of a store, and to undo a change that the
journal did not take. Loaded only where a store runs.

`Interface.KEPT` and `RUNS` name attributes and methods by one number, as rows of access rights do:
k is attribute k, ATTRIBUTES + m is method m. A number of an attribute says that it is kept, a
number of a method that the method changes what its group keeps.

    record   {k u8, length u16, octets}      one for each number of a group that has any
    octets   of an attribute the Data that a GET of it has; what else a class packs itself

What is read back goes through SET, with its checks: so what another firmware kept, and this one
cannot take, is left out and not forced in.
"""

from array import array

from micropython import const

import limits
from cosem.base import AS_READ, scratch
from dlms.codec import axdr
from dlms.codec.errors import OTHER_REASON, SUCCESS
from dlms.codec.octets import copy, get16, put16, scan
from dlms.long.stream import Cursor

_HEAD = const(3)  # octets in front of what is kept of a number

_cursor = Cursor()
_stack = array("H", bytes(2 * limits.NESTING))


def put_attribute(o, k, buf, off, end):
    """Write attribute k as a GET of all of it has it to buf[off:end]; returns the offset after it,
    -1 when there is no room or it cannot be read. Allocates nothing.
    """
    value = o.a[k]
    if value is not None:
        if off + len(value) > end:
            return -1
        return axdr.put_encoded(buf, off, value)
    if k not in o.LONG:
        return take_over(buf, off, end, o.get(k, scratch, 0, None))
    _cursor.selector = 0
    if o.open(k, _cursor) != SUCCESS or off + 4 > end:
        return -1
    off = axdr.put_head(buf, off, _cursor.tag, _cursor.n)
    i = 0
    while i < _cursor.n and off > 0:
        off = take_over(buf, off, end, o.element(k, _cursor, i, scratch, 0))
        i += 1
    return off


def take_over(buf, off, end, n):
    """Copy n octets, or none for a result below 0, from the scratch buffer to buf[off:end]; returns
    the offset after them, or -1.
    """
    if n < 0 or off + n > end:
        return -1
    copy(buf, off, scratch, 0, n)
    return off + n


def group(o, k):
    """Number of the group of an object that attribute or method k belongs to, -1 for none."""
    g = len(o.KEPT) - 1
    while g >= 0 and k not in o.KEPT[g]:
        g -= 1
    return g


def pack(o, g, buf, off, end):
    """Write the record of group g of an object to buf[off:end]; returns the offset after it, or -1."""
    numbers = o.KEPT[g]
    i = 0
    while i < len(numbers):
        k = numbers[i]
        i += 1
        at = off + _HEAD
        if at > end:
            return -1
        after = o.pack(k, buf, at, end)
        if after == AS_READ:
            after = put_attribute(o, k, buf, at, end) if k <= o.ATTRIBUTES else at
        if after < 0:
            return -1
        if after > at:
            buf[off] = k
            put16(buf, off + 1, after - at)
            off = after
    return off


def unpack(o, buf, off, end):
    """Take the record buf[off:end] into an object; returns the first result that is no success,
    after the rest has been taken.
    """
    result = SUCCESS
    while off < end:
        k = buf[off]
        at = off + _HEAD
        off = at + get16(buf, off + 1) if at <= end else end + 1
        if off > end:
            return result or OTHER_REASON
        code = take(o, k, buf, at, off)
        result = result or code
    return result


def take(o, k, buf, off, end):
    """Take what is kept of number k, buf[off:end]; returns a result."""
    if scan(buf, off, end, _stack, len(_stack)) != end:
        return OTHER_REASON
    return o.unpack(k, buf, off, end)
