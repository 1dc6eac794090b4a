"""The object_list of an Association LN: its elements, and which of them a client
asked for (REQUIREMENTS F-31, D-113).

Element: structure {class_id long-unsigned, version unsigned, logical_name octet-string[6],
access_rights structure {attribute_access array of {attribute_id integer, access_mode enum,
access_selectors null-data or array of integer}, method_access array of {method_id integer,
access_mode enum}}}.

Selectors: 1 null-data, everything; 2 array of long-unsigned, elements of these
classes without access_rights; 3 array of structure {class_id, logical_name}, these
objects; 4 one such structure, this object.
"""

from micropython import const

from dlms.codec import axdr
from dlms.codec.errors import SUCCESS, TYPE_UNMATCHED
from dlms.codec.octets import clear, equal, get16
from dlms.codec.work import spend
from dlms.aa.association import ROW

ALL = const(1)
CLASSES = const(2)
OBJECT_IDS = const(3)
OBJECT_ID = const(4)
SELECTORS = b"\x01\x02\x03\x04"
_CHOICE = const(4)  # units of work
_ID = const(13)  # octets of structure {class_id, logical_name}: 02 02 12 cccc 09 06 LN


def choose(acc, directory, cur):
    """Mark in cur.map the visible objects that the selector asks for and count
    them in cur.n; returns a result.
    """
    clear(cur.map, 0, 32)
    cur.n = 0
    if cur.selector == 0 or cur.selector == ALL:
        if cur.selector and cur.buf[cur.off] != axdr.NULL:
            return TYPE_UNMATCHED
        map = cur.map
        n = 0
        for i in range(directory.n):
            if acc[i]:
                map[i >> 3] |= 1 << (i & 7)
                n += 1
        cur.n = n
        return SUCCESS
    spend(_CHOICE)
    if cur.selector == CLASSES:
        return _classes(acc, directory, cur)
    if cur.selector == OBJECT_IDS:
        return _object_ids(acc, directory, cur)
    if cur.selector == OBJECT_ID and is_object_id(cur.buf, cur.off, cur.end):
        mark(acc, directory.locate(cur.buf, cur.off + 3, cur.off + 7), cur)
        return SUCCESS
    return TYPE_UNMATCHED


def mark(acc, i, cur):
    """Choose object i, when there is one and the association sees it."""
    if i >= 0 and acc[i] and not cur.map[i >> 3] & 1 << (i & 7):
        cur.map[i >> 3] |= 1 << (i & 7)
        cur.n += 1


def marked(map, i, start, at):
    """Directory index of the i-th chosen object, knowing that number `start` is
    at index `at`, both 0 to begin.
    """
    while True:
        if map[at >> 3] & 1 << (at & 7):
            if start == i:
                return at
            start += 1
        at += 1


def is_object_id(buf, off, end):
    """True when the Data at off is structure {long-unsigned, octet-string[6]}."""
    return (
        end - off >= _ID
        and buf[off] == 2
        and buf[off + 1] == 2
        and buf[off + 2] == 0x12
        and buf[off + 5] == 9
        and buf[off + 6] == 6
    )


def _classes(acc, directory, cur):
    """Mark the objects whose class is in the array of long-unsigned at cur.off; returns a
    data-access-result.
    """
    buf = cur.buf
    if buf[cur.off] != axdr.ARRAY:
        return TYPE_UNMATCHED
    start = axdr.content(buf, cur.off)
    at = start
    while at < cur.end:
        if buf[at] != axdr.LONG_UNSIGNED:
            return TYPE_UNMATCHED
        at += 3
    for i in range(directory.n):
        at = start
        while at < cur.end:
            if equal(directory.table, 8 * i + 6, buf, at + 1, 2):
                mark(acc, i, cur)
            at += 3
    return SUCCESS


def _object_ids(acc, directory, cur):
    if cur.buf[cur.off] != axdr.ARRAY:
        return TYPE_UNMATCHED
    at = axdr.content(cur.buf, cur.off)
    while at < cur.end:
        if not is_object_id(cur.buf, at, cur.end):
            return TYPE_UNMATCHED
        mark(acc, directory.locate(cur.buf, at + 3, at + 7), cur)
        at += _ID
    return SUCCESS


def put_element(buf, off, directory, i, o, row, full):
    """Write the element of object o, record i of the directory; `full` with its access rights, a
    row number. Returns the offset after it.
    """
    table = directory.table
    buf[off] = axdr.STRUCTURE
    buf[off + 1] = 4 if full else 3
    off = axdr.put_u16(buf, off + 2, axdr.LONG_UNSIGNED, get16(table, 8 * i + 6))
    off = axdr.put8(buf, off, axdr.UNSIGNED, o.VERSION)
    off = axdr.put_octets(buf, off, axdr.OCTET_STRING, table, 8 * i, 6)
    return put_rights(buf, off, o, directory.rows, ROW * row) if full else off


def put_rights(buf, off, o, rights, at):
    """Write the access_rights of object o, the row rights[at:]: structure
    {attribute_access, method_access}.
    """
    buf[off] = axdr.STRUCTURE
    buf[off + 1] = 2
    return put_method_access(buf, put_attribute_access(buf, off + 2, o, rights, at), o, rights, at)


def put_attribute_access(buf, off, o, rights, at):
    """Write the array with one entry for each attribute of the class of object o."""
    off = axdr.put_head(buf, off, axdr.ARRAY, o.ATTRIBUTES)
    for k in range(1, o.ATTRIBUTES + 1):
        buf[off] = axdr.STRUCTURE
        buf[off + 1] = 3
        put_mode(buf, off + 2, k, rights[at + k])
        off += 6
        if k in o.SELECT:
            off = put_selectors(buf, off, o.SELECT[k])
        else:
            buf[off] = axdr.NULL
            off += 1
    return off


def put_mode(buf, off, k, mode):
    """Write the two fields that attributes and methods have: `integer k, enum mode`, four octets."""
    buf[off] = axdr.INTEGER
    buf[off + 1] = k
    buf[off + 2] = axdr.ENUM
    buf[off + 3] = mode


def put_method_access(buf, off, o, rights, at):
    """Write the array with one entry for each method of the class of object o."""
    off = axdr.put_head(buf, off, axdr.ARRAY, o.METHODS)
    for k in range(1, o.METHODS + 1):
        buf[off] = axdr.STRUCTURE
        buf[off + 1] = 2
        put_mode(buf, off + 2, k, rights[at + o.ATTRIBUTES + k])
        off += 6
    return off


def put_selectors(buf, off, selectors):
    """Write the access_selectors of an attribute that has some: an array of integer."""
    off = axdr.put_head(buf, off, axdr.ARRAY, len(selectors))
    for selector in selectors:
        off = axdr.put8(buf, off, axdr.INTEGER, selector)
    return off


def selectors_end(buf, off):
    """Offset after the array of integer at off, -1 when it holds anything else."""
    n = axdr.count(buf, off)
    off = axdr.content(buf, off)
    while n:
        if buf[off] != axdr.INTEGER:
            return -1
        off += 2
        n -= 1
    return off


def read_rights(buf, off, end, o, limits, at):
    """The row of `cosem.rights` that the access_rights Data at off describes, or None.

    None when its form is wrong, when it names an attribute or method that the
    class has not, or grants more than the row limits[at:]. Allocates the result:
    only for a change of the object list.
    """
    rights = bytearray(1 + o.ATTRIBUTES + o.METHODS)
    if end - off < 4 or buf[off] != axdr.STRUCTURE or buf[off + 1] != 2 or buf[off + 2] != axdr.ARRAY:
        return None
    n = axdr.count(buf, off + 2)
    off = axdr.content(buf, off + 2)
    while n:
        n -= 1
        if not _entry(buf, off, end, 3):
            return None
        k = buf[off + 3]
        if not 1 <= k <= o.ATTRIBUTES or buf[off + 5] & ~limits[at + k]:
            return None
        rights[k] = buf[off + 5]
        off += 6
        if off >= end:
            return None
        if buf[off] == axdr.NULL:
            off += 1
        elif buf[off] == axdr.ARRAY:
            off = selectors_end(buf, off)
        else:
            return None
        if off < 0:
            return None
    if end - off < 2 or buf[off] != axdr.ARRAY:
        return None
    n = axdr.count(buf, off)
    off = axdr.content(buf, off)
    while n:
        n -= 1
        if not _entry(buf, off, end, 2):
            return None
        k = buf[off + 3]
        if not 1 <= k <= o.METHODS or buf[off + 5] & ~limits[at + o.ATTRIBUTES + k]:
            return None
        rights[o.ATTRIBUTES + k] = buf[off + 5]
        off += 6
    return bytes(rights) if off == end else None


def _entry(buf, off, end, n):
    """True when a structure of n elements begins with an integer and an enum at off."""
    if end - off < 6 or buf[off] != axdr.STRUCTURE or buf[off + 1] != n:
        return False
    return buf[off + 2] == axdr.INTEGER and buf[off + 4] == axdr.ENUM
