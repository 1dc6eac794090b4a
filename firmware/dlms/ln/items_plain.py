"""Plain twin of `items_viper`: the contract.

A specification of ACCESS is plain when it selects nothing, `choice(01 … 03) class(2) name(6)
attribute`, and its Data is of a type of fixed size.
"""

from micropython import const

from dlms.aa.association import ROW
from dlms.codec.axdr import FIXED, INTEGER, NULL
from dlms.codec.conformance import ACCESS
from dlms.codec.errors import (
    LIST_AT,
    MALFORMED_ACCESS_AT,
    NO_ATTRIBUTE_AT,
    NO_RIGHT_AT,
    NOT_EXECUTED_AT,
    OTHER_CLASS_AT,
    TYPE_UNMATCHED,
    UNKNOWN_ACTION_AT,
    UNKNOWN_AT,
)
from dlms.codec.octets import OTHER_CLASS, add32, answer, find
from dlms.codec.wrapper import HEADER

_ITEM = 10  # octets of a plain specification
_ACCESS_RESPONSE = const(0xDA)  # as `dlms.codec.tags.ACCESS_RESPONSE`
# bits of the first octet of long-invoke-id-and-priority
_CONFIRMED = 0x40
_BREAK = 0x20
_SELF_DESCRIPTIVE = 0x10
# choices
_GET = 1
_SET = 2
_ACTION = 3


def plain_shape(buf, q, end, n):
    """Offset of the first Data of `n {specification} n {Data}` when the n specifications at buf[q:]
    and all Data are plain, and these end at `end`; 0 where the slow path has to look.
    """
    data = q + _ITEM * n
    if data >= end or buf[data] != n:
        return 0
    while n > 0:
        if not 1 <= buf[q] <= 3:
            return 0
        q += _ITEM
        n -= 1
    data += 1
    off = data
    for _ in range(buf[data - 1]):
        if off >= end or buf[off] >= len(FIXED) or FIXED[buf[off]] == 0:
            return 0
        off += FIXED[buf[off]]
    return data if off == end else 0


def plain_item(way, buf, q, data, out, o, end):
    """Do what the plain specification at buf[q:] asks for, with the Data at buf[data:]; its Data of
    the answer go to out[o:end]. With end 0 only look what would be done.

    Returns octets of that Data << 8 | result, or -1 where the slow path has to look. way: see
    `fast_plain`.

    A GET is done of an attribute that the object holds as encoded octets. A SET of an attribute
    that takes a copy (`Interface.COPIED`). An ACTION when all that the method does is to clear an
    attribute (`Interface.CLEARED`). What the directory and the rights refuse is refused here.
    """
    objs, table, acc, rows, place, _, _, codes, _, _, _ = way
    tag = buf[data]
    if tag >= len(FIXED) or FIXED[tag] == 0 or end and o >= end:
        return -1
    if end:
        out[o] = NULL
    choice = buf[q]
    k = buf[q + 9]
    j = find(table, place >> 16, buf, q + 1)
    if k == 0 or j == place & 0xFFFF:
        return -1
    if j <= OTHER_CLASS and acc[OTHER_CLASS - j]:
        return 1 << 8 | codes[OTHER_CLASS_AT]
    if j < 0 or acc[j] == 0:
        return 1 << 8 | codes[UNKNOWN_ACTION_AT if choice == _ACTION else UNKNOWN_AT]
    # the outline of the object: attributes, methods, COPIED, CLEARED
    attributes, methods, copied, cleared = table[8 * (place >> 16) + 4 * j : 8 * (place >> 16) + 4 * j + 4]
    rights = rows[ROW * acc[j] : ROW * acc[j] + ROW]
    if k > (methods if choice == _ACTION else attributes):
        return 1 << 8 | codes[NO_ATTRIBUTE_AT]
    # 1 is the right to read and the choice of GET, 2 that to write and the choice of SET
    if not (rights[attributes + k] if choice == _ACTION else rights[k] & choice):
        return 1 << 8 | codes[NO_RIGHT_AT]
    if choice == _GET:
        value = objs[j].a[k]
        if value is None or end and o + len(value) > end:
            return -1
        if end:
            out[o : o + len(value)] = value
        return len(value) << 8
    if choice == _SET:
        if copied >> k & 1 == 0:
            return -1
        value = objs[j].a[k]
        if value[0] != tag:
            return 1 << 8 | TYPE_UNMATCHED
        if end:
            value[:] = buf[data : data + FIXED[tag]]
        return 1 << 8
    if k != 1 or cleared == 0:
        return -1
    if tag != NULL and tag != INTEGER:
        return 1 << 8 | TYPE_UNMATCHED
    if end:
        value = objs[j].a[cleared]
        value[1:] = bytes(len(value) - 1)
    return 1 << 8


def plain_access(way, rx, off, n, tx, served):
    """Serve the ACCESS request in rx[off:off+n] when all its specifications are plain and the
    answer fits one APDU; returns as `fast_other`.

        D9 id(4) 00 n {specification} n {Data}  ->  DA id(4) 00 00 n {Data} n {choice result}

    Of the confirmed service class, not self-descriptive. Before anything is done it is seen that
    nothing is for the slow path.
    """
    services, room, codes = way[5:8]
    if n < 16 or services & ACCESS == 0:
        return 0
    flags = rx[off + 9]
    if flags & (_CONFIRMED | _SELF_DESCRIPTIVE) != _CONFIRMED or rx[off + 13]:
        return 0
    left = rx[off + 14]
    if left > codes[LIST_AT]:
        return 0
    if n < 16 + 11 * left:
        # cut short, whatever stands there
        return -MALFORMED_ACCESS_AT
    first = plain_shape(rx, off + 15, off + n, left)
    if first == 0:
        return 0
    end = _do_all(way, rx, off + 15, first, left, flags & _BREAK, None, 0)
    if end < 0 or end + 1 + 2 * left > room + HEADER:
        return 0
    _do_all(way, rx, off + 15, first, left, flags & _BREAK, tx, end)
    tx[end] = left
    tx[HEADER] = _ACCESS_RESPONSE
    tx[HEADER + 1 : HEADER + 5] = rx[off + 9 : off + 13]
    tx[HEADER + 5] = tx[HEADER + 6] = 0
    tx[HEADER + 7] = left
    add32(served, 0, 1)
    return answer(tx, rx, off, end + 1 + 2 * left - HEADER)


def _do_all(way, rx, q, data, left, breaks, tx, end):
    """Do the items, or with end 0 only look; returns the offset behind their Data in tx, or -1."""
    o = HEADER + 8
    r = end + 1
    broken = False
    for _ in range(left):
        code = 1 << 8 | way[7][NOT_EXECUTED_AT]
        if not broken:
            code = plain_item(way, rx, q, data, tx, o, end)
            if code < 0:
                return -1
        elif end:
            tx[o] = NULL
        broken = broken or (code & 0xFF and breaks)
        if end:
            tx[r] = rx[q]
            tx[r + 1] = code & 0xFF
            r += 2
        o += code >> 8
        data += FIXED[rx[data]]
        q += _ITEM
    return o
