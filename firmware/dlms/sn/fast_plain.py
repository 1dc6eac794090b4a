"""Plain twin of `fast_viper`: the contract.

A request for one short name is plain where that for the same attribute or method is by logical name
(`dlms.ln.fast_plain`, which also says what a way is):

    05 01 02 name(2)               Read     -> 0C 01 (00 value | 01 result)
    06 01 02 name(2) 01 Data       Write    -> 0D 01 (00 | 01 result)

Data is of a type of fixed size. A Read of a method invokes it without a parameter, and the value
is then null-data.
"""

from micropython import const

from dlms.codec.axdr import FIXED, INTEGER, NULL, NULL_DATA
from dlms.codec.conformance import READ, WRITE
from dlms.codec.errors import NO_RIGHT_AT, TYPE_UNMATCHED, UNKNOWN_AT
from dlms.codec.octets import add32, find_base, get16
from dlms.codec.wrapper import HEADER, answer
from dlms.aa.association import ROW

_READ_REQUEST = const(0x05)  # as `dlms.codec.tags.READ_REQUEST`
_WRITE_REQUEST = const(0x06)  # as `dlms.codec.tags.WRITE_REQUEST`
_VARIABLE_NAME = 2
_SHORTEST = 4  # octets of a response APDU with a result


def short_name(way, rx, off, n, tx, served):
    """Serve the WPDU rx[off:off+n] of the open AA of a way when it is plain; returns as
    `fast_get`, which has looked at its header.
    """
    objs, table, acc, rows, place, services, room, codes, _, _, names = way
    if n < 13 or rx[off + 9] != 1 or rx[off + 10] != _VARIABLE_NAME or room < _SHORTEST:
        return 0
    q = off + 14
    if rx[off + 8] == _READ_REQUEST:
        if services & READ == 0 or n != 13:
            return 0
    elif rx[off + 8] == _WRITE_REQUEST:
        if services & WRITE == 0 or n < 15 or rx[off + 13] != 1:
            return 0
        if rx[q] >= len(FIXED) or n - 14 != FIXED[rx[q]]:
            return 0
    else:
        return 0
    read = rx[off + 8] == _READ_REQUEST
    i, k = _locate(way, rx, off + 11)
    if i == place & 0xFFFF:
        return 0
    code = 0
    value = b""
    p = 8 * (place >> 16) + 4 * i
    if k == 0 or acc[i] == 0:
        code = codes[UNKNOWN_AT]
    elif rows[ROW * acc[i] + k] & (0xFF if k > table[p] else 1 if read else 2) == 0:
        code = codes[NO_RIGHT_AT]
    elif not read or k > table[p]:
        code = change_name(way, i, k, rx, off, n)
        if code < 0:
            return 0
        value = NULL_DATA if read else b""
    else:
        value = objs[i].a[k]
        if value is None or len(value) + 3 > room:
            return 0
    value = bytes((1, code)) if code else b"\x00" + value
    tx[HEADER + 2 : HEADER + 2 + len(value)] = value
    return name_answer(rx, off, tx, 2 + len(value), served)


def _locate(way, rx, q):
    """The record that the short name rx[q:q+2] belongs to, and its attribute, or ATTRIBUTES + its
    method; 0 where no object has that name.
    """
    table, place, names = way[1], way[4], way[10]
    n = place >> 16
    e = find_base(names, n, rx, q)
    if e < 0:
        return -1, 0
    i = names[3 * e + 2]
    d = get16(rx, q) - get16(names, 3 * e)
    p = 8 * n + 4 * i
    k = (d >> 3) + 1
    if k > table[p]:
        k -= names[3 * n + i]
        k = k + table[p] if 0 < k <= table[p + 1] else 0
    return i, 0 if d & 7 else k


def change_name(way, i, k, rx, off, n):
    """Write attribute k of object i, or invoke method k - ATTRIBUTES, as the plain request
    rx[off:off+n] asks for; returns a result, or -1 where the slow path has to look.
    """
    table = way[1]
    p = 8 * (way[4] >> 16) + 4 * i
    values = way[0][i].a
    q = off + 14
    if k <= table[p]:
        if table[p + 2] >> k & 1 == 0:
            return -1
        if values[k][0] != rx[q]:
            return TYPE_UNMATCHED
        # a type of fixed size: the value held is as long
        values[k][:] = rx[q : off + n]
        return 0
    if k != table[p] + 1 or table[p + 3] == 0:
        return -1
    if n > 13 and rx[q] not in (NULL, INTEGER):
        return TYPE_UNMATCHED
    value = values[table[p + 3]]
    value[1:] = bytes(len(value) - 1)
    return 0


def name_answer(rx, off, tx, size, served):
    """Write header and tag of an answer to one name whose APDU takes `size` octets, and count the
    request; returns the size of it all.
    """
    tx[HEADER] = rx[off + 8] + 7
    tx[HEADER + 1] = 1
    add32(served, 0, 1)
    return answer(tx, rx, off, size)
