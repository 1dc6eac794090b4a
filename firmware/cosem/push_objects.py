"""push_object_list of Push setup, class 40 version 2: which values are pushed, and
which parts of them (REQUIREMENTS F-17).

Element: structure {class_id long-unsigned, logical_name octet-string[6],
attribute_index integer, data_index long-unsigned, restriction structure {enum, …},
columns array of capture object definitions}.

    data_index    0                   the whole attribute
                  1 … 0FFF            that element of an array or a structure, and no other
                  F000 + 100·c + n    of a profile buffer the newest n entries, of these
                                      the first c columns; c 0: all   [memory]
    restriction   {0, null-data}      none
                  {2, structure {from long-unsigned, to long-unsigned}}
                                      of a profile buffer these entries, counted from 1;
                                      to 0: up to the last   [impl: Gurux]
    columns                           of a profile buffer these, in this order; none: all

Other ranges of data_index (entries by time) and restriction 1 (by date) are
refused: no public text gives their form.
"""

from micropython import const

import limits
from cosem import buffer_selection
from cosem.base import scratch
from cosem.columns import DEFINITION, definition, put_definition
from dlms.codec import axdr
from dlms.codec.errors import DATA_BLOCK_UNAVAILABLE, SUCCESS
from dlms.codec.octets import copy, get16, scan

ENTRIES = const(16)  # elements of the list
_HEAD = const(15)  # octets of an element up to data_index
_PLAIN = b"\x12\x00\x00\x02\x02\x16\x00\x00\x01\x00"  # the rest of one that names a whole attribute
# offsets in that rest
_INDEX = const(1)  # data_index
_RESTRICTION = const(6)  # its enum
_FROM = const(10)
_TO = const(13)
_BY_ENTRY = const(2)
_ELEMENTS = const(0x0FFF)
_NEWEST = const(0xF000)
_PROFILE = const(7)  # class-id
_BUFFER = const(2)


class PushObjects:
    """The list of one Push setup.

    what: for each element the place of its object in the directory, and the attribute. rests: the
    rest of its element, or None for a plain one; None when all are.
    """

    def __init__(self, directory):
        self.directory = directory
        self.what = b""
        self.rests = None

    def add(self, place, k, rest=_PLAIN):
        """Append attribute k of the object at a place of the directory; False
        when there is no such part of it.
        """
        if rest == _PLAIN:
            rest = None
        elif not has(self.directory.objs[place], k, rest):
            return False
        elif self.rests is None:
            self.rests = [None] * self.n()
        self.what += bytes((place, k))
        if self.rests is not None:
            self.rests.append(rest)
        return True

    def n(self):
        """How many elements there are."""
        return len(self.what) // 2

    def object(self, i):
        """The object of element i."""
        return self.directory.objs[self.what[2 * i]]

    def rest(self, i):
        """The rest of element i, None for a plain one."""
        return self.rests[i] if self.rests is not None else None

    def put_element(self, i, buf, off):
        """Write element i as it was written; returns the offset after it."""
        put_definition(buf, off, self.directory.table, 8 * self.what[2 * i], self.what[2 * i + 1])
        buf[off + 1] = 6
        return axdr.put_encoded(buf, off + _HEAD, self.rest(i) or _PLAIN)

    # -- reading what they name --------------------------------------------------------------------

    def put_value(self, i, buf, off, end, shared):
        """Write the value that element i names to buf[off:end]; returns the offset
        after it, -1 when there is no room.

        What cannot be read now is null-data, so that the others keep their places.
        shared: the `PushCommon`, with the cursor.
        """
        if not self.is_long(i):
            n = self.short(i, shared)
            return put(buf, off, end, scratch, n) if n > 0 else put(buf, off, end, axdr.NULL_DATA, 1)
        cur = shared.cursor
        if self.open(i, cur) != SUCCESS:
            return put(buf, off, end, axdr.NULL_DATA, 1)
        begun = off
        off = put_head(buf, off, end, cur.tag, cur.n)
        e = 0
        while e < cur.n and off >= 0:
            n = self.object(i).element(self.what[2 * i + 1], cur, e, scratch, 0)
            if n < 0:
                return put(buf, begun, end, axdr.NULL_DATA, 1)
            off = put(buf, off, end, scratch, n)
            e += 1
        return off

    def begin_element(self, i, t, shared):
        """The same for the transfer t, which has an empty carry: the value, or the
        head of a long one, is put there.
        """
        if not self.is_long(i):
            n = self.short(i, shared)
            t.c1 = put(t.carry, t.c1, len(t.carry), scratch, n) if n > 0 else t.c1
            if n <= 0:
                t.put(axdr.NULL)
        elif self.open(i, t) == SUCCESS:
            t.obj = self.object(i)
            t.attr = self.what[2 * i + 1]
            t.i = 0
            t.c1 = axdr.put_head(t.carry, t.c1, t.tag, t.n)
        else:
            t.n = 0
            t.put(axdr.NULL)

    def is_long(self, i):
        """Whether element i names more than fits one piece: elements of an array or
        a structure one after the other.
        """
        rest = self.rest(i)
        return self.what[2 * i + 1] in self.object(i).LONG and (
            rest is None or not 1 <= get16(rest, _INDEX) <= _ELEMENTS
        )

    def short(self, i, shared):
        """Write what element i names, which is no longer than a piece, to scratch;
        returns its octets, or -result.
        """
        o = self.object(i)
        k = self.what[2 * i + 1]
        rest = self.rest(i)
        n = get16(rest, _INDEX) if rest is not None else 0
        if k in o.LONG:
            cur = shared.cursor
            cur.selector = 0
            if o.open(k, cur) != SUCCESS or n > cur.n:
                return -DATA_BLOCK_UNAVAILABLE
            return o.element(k, cur, n - 1, scratch, 0)
        end = self.directory.simple(self.what[2 * i], k, o, scratch, None)
        if o.a[k] is not None:
            axdr.put_encoded(scratch, 0, o.a[k])
        return end if n == 0 or end < 0 else pick(scratch, end, n, shared.stack)

    def open(self, i, cur):
        """Begin reading the long attribute that element i names, or the
        rows of it; returns a result.
        """
        o = self.object(i)
        cur.selector = 0
        result = o.open(self.what[2 * i + 1], cur)
        rest = self.rest(i)
        if rest is None or result != SUCCESS:
            return result
        index = get16(rest, _INDEX)
        if index:
            buffer_selection.newest(cur, index & 0xFF)
            columns = index >> 8 & 0x0F
            return buffer_selection.first_columns(o.columns, cur, columns) if columns else SUCCESS
        if rest[_RESTRICTION] == _BY_ENTRY:
            buffer_selection.entries(cur, get16(rest, _FROM), get16(rest, _TO))
        at = columns_at(rest)
        return buffer_selection.choose_columns(o.columns, cur, rest, at) if rest[at + 1] else SUCCESS


def columns_at(rest):
    """Where the columns of an element's rest begin."""
    return _RESTRICTION + (9 if rest[_RESTRICTION] == _BY_ENTRY else 2)


def has(o, k, rest):
    """Whether attribute k of an object has the part that an element's rest names."""
    index = get16(rest, _INDEX)
    restricted = rest[_RESTRICTION] == _BY_ENTRY
    at = columns_at(rest)
    if restricted or rest[at + 1] or index > _ELEMENTS:
        if o.CLASS_ID != _PROFILE or k != _BUFFER or _HEAD + len(rest) > limits.ELEMENT:
            return False
        if index:
            return (
                index >= _NEWEST
                and index & 0xFF != 0
                and index >> 8 & 0x0F <= o.columns.n
                and not restricted
                and rest[at + 1] == 0
            )
        last = get16(rest, _TO) if restricted else 0
        if restricted and (get16(rest, _FROM) == 0 or last and last < get16(rest, _FROM)):
            return False
        at += 2
        while at < len(rest):
            if o.columns.index(rest, at) < 0:
                return False
            at += DEFINITION
        return True
    # one element: of an attribute whose form is known when it is read, of what is no
    # array or structure there is none
    return k in o.LONG or o.a[k] is None or o.a[k][0] in (axdr.ARRAY, axdr.STRUCTURE)


def element_end(buf, off, end):
    """Offset after the element of push_object_list at off, -1 when its form is another one."""
    if end - off < _HEAD + len(_PLAIN) or get16(buf, off) != 0x0206 or buf[off + 2] != axdr.LONG_UNSIGNED:
        return -1
    if get16(buf, off + 5) != 0x0906 or buf[off + 13] != axdr.INTEGER or buf[off + 15] != axdr.LONG_UNSIGNED:
        return -1
    off += _HEAD + 3
    if get16(buf, off) != 0x0202 or buf[off + 2] != axdr.ENUM:
        return -1
    if buf[off + 3] == _BY_ENTRY:
        if (
            end - off < 14
            or get16(buf, off + 4) != 0x0202
            or buf[off + 6] != axdr.LONG_UNSIGNED
            or buf[off + 9] != axdr.LONG_UNSIGNED
        ):
            return -1
        off += 12
    elif buf[off + 3] == 0 and buf[off + 4] == axdr.NULL:
        off += 5
    else:
        return -1
    if buf[off] != axdr.ARRAY or buf[off + 1] > 0x7F:
        return -1
    n = buf[off + 1]
    off += 2
    while n and off >= 0:
        off = off + DEFINITION if definition(buf, off, end) else -1
        n -= 1
    return off


def rest_of(buf, off, end):
    """What stands after attribute_index in the element buf[off:end], as octets of its own."""
    return bytes(buf[off + _HEAD : end])


def pick(buf, end, n, stack):
    """Move element n = 1, 2, … of the array or structure buf[0:end] to its
    begin; returns its octets, or -result.
    """
    if buf[0] != axdr.ARRAY and buf[0] != axdr.STRUCTURE or n > axdr.count(buf, 0):
        return -DATA_BLOCK_UNAVAILABLE
    off = axdr.content(buf, 0)
    behind = scan(buf, off, end, stack, len(stack))
    while n > 1 and behind > 0:
        off = behind
        behind = scan(buf, off, end, stack, len(stack))
        n -= 1
    if behind < 0:
        return -DATA_BLOCK_UNAVAILABLE
    copy(buf, 0, buf, off, behind - off)
    return behind - off


def put(buf, off, end, value, n):
    """Copy n encoded octets to buf[off:end]; returns the offset after them, -1 when there is
    no room. Without a buf only measure.
    """
    if off + n > end:
        return -1
    if buf is not None:
        copy(buf, off, value, 0, n)
    return off + n


def put_head(buf, off, end, tag, n):
    """The same for tag and count of an array or a structure."""
    return put(buf, off, end, scratch, axdr.put_head(scratch, 0, tag, n))
