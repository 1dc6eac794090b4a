"""Plain twin of `fast_viper`: the contract.

A request is plain when it is one WPDU with a right header for an open AA in which no long transfer
runs, of the confirmed service class, for a service negotiated, and one of

    C0 01 iip class(2) name(6) attribute 00           GET     -> C4 01 iip (00 value | 01 result)
    C0 03 iip n {class(2) name(6) attribute 00}       GET     -> C4 03 iip n {00 value | 01 result}
    C1 01 iip class(2) name(6) attribute 00 Data      SET     -> C5 01 iip result
    C3 01 iip class(2) name(6) method (00 | 01 Data)  ACTION  -> C7 01 iip result 00

A GET is served here when the object holds the attribute as encoded octets and all fits one answer;
a SET when its Data is of a type of fixed size and the attribute one that takes a copy
(`Interface.COPIED`); an ACTION when all that the method does is to clear an attribute
(`Interface.CLEARED`). What the directory, the rights and the form of the Data refuse is refused
here for all of them.

The way of an AA is a list, places in it as in `dlms.aa.association`:

    objects, table      of the directory
    acc, rows           row of rights of each object, rows of rights
    place               number of records << 16 | that of the current association
    services            the conformance; above it whether a GET is answered whatever its class
    room                the longest response APDU
    codes               `dlms.codec.errors.codes`
    stack               for `scan`
    other               the function for what is no request for one attribute or method by its
                        logical name: `fast_other`, with short names `dlms.sn.fast.short_name`
    names               table of the short names, in an AA that has them
"""

from micropython import const

from dlms.codec.axdr import FIXED, INTEGER, NULL
from dlms.codec.conformance import ACTION, GET, MULTIPLE_REFERENCES, SET
from dlms.codec.errors import (
    DEPTH_AT,
    LIST_AT,
    LIST_TOO_LONG_AT,
    MALFORMED_ACTION_AT,
    MALFORMED_SET_AT,
    NO_ATTRIBUTE_AT,
    NO_RIGHT_AT,
    OTHER_CLASS_AT,
    TOO_NESTED_AT,
    TYPE_UNMATCHED,
    UNKNOWN_ACTION_AT,
    UNKNOWN_AT,
)
from dlms.codec.octets import OTHER_CLASS, add32, find, find_key, get16, scan
from dlms.codec.wrapper import HEADER, answer
from dlms.aa.association import ANSWERS_GET, ROW
from dlms.ln.items_plain import plain_access
from dlms.ln.refused_plain import refuse_block, refuse_form

_GET_REQUEST = const(0xC0)  # as `dlms.codec.tags.GET_REQUEST`
_ACCESS_REQUEST = const(0xD9)  # as `dlms.codec.tags.ACCESS_REQUEST`
_GENERAL_BLOCK = const(0xE0)  # as `dlms.codec.tags.GENERAL_BLOCK_TRANSFER`
_SET_REQUEST = const(0xC1)  # as `dlms.codec.tags.SET_REQUEST`
_ACTION_REQUEST = const(0xC3)  # as `dlms.codec.tags.ACTION_REQUEST`
_EXCEPTION_RESPONSE = const(0xD8)  # as `dlms.codec.tags.EXCEPTION_RESPONSE`
_CONFIRMED = const(0x40)


def fast_get(keys, ways, rx, off, n, tx, served):
    """Serve the octets rx[off:off+n] when they are one plain request; returns the answer's size
    at tx[0:], or 0.

    The header is checked too: over TCP these octets come as they were received, before anything
    looked for a WPDU in them. keys and ways are those of the link (`association.Link`).

    One more request is then counted in the 32 bits of `served`. With 0 nothing was done but that tx
    may hold a part of an answer, and the request takes the slow path.
    """
    if n < 9 or get16(rx, off) != 1 or get16(rx, off + 6) != n - HEADER or get16(rx, off + 2) == 0:
        return 0
    i = find_key(keys, len(ways) - 1, rx, off + 2)
    if i < 0:
        return 0
    way = ways[i]
    objs, table, _, _, place, services, room, codes, _, other, _ = way
    tag = rx[off + 8]
    plain = n == 21 and rx[off + 20] == 0 if tag == _GET_REQUEST else tag in (_SET_REQUEST, _ACTION_REQUEST)
    if n < 21 or rx[off + 9] != 1 or not plain:
        return other(way, rx, off, n, tx, served)
    i = find(table, place >> 16, rx, off + 11)
    refused = _invisible(way, i)
    if i == place & 0xFFFF:
        # the AA's own Association object has no place in the list
        return 0
    if tag != _GET_REQUEST:
        return plain_change(way, i, refused, rx, off, n, tx, served)
    k = rx[off + 19]
    if services & GET == 0 or rx[off + 10] & _CONFIRMED == 0 and services & ANSWERS_GET == 0 or k == 0:
        return 0
    refused = refused or _unreadable(way, i, k)
    if refused:
        value = bytes((1, codes[refused]))
    else:
        value = objs[i].a[k]
        if value is None or len(value) + 4 > room:
            return 0
        value = b"\x00" + value
    tx[HEADER + 3 : HEADER + 3 + len(value)] = value
    tx[HEADER + 1] = 1
    return plain_answer(rx, off, tx, len(value) + 3, served)


def _invisible(way, i):
    """Why nothing that this AA can see has the class-id and name for which `find` gave i: a place
    in the codes, or 0.
    """
    acc = way[2]
    if i <= OTHER_CLASS and acc[OTHER_CLASS - i]:
        return OTHER_CLASS_AT
    return UNKNOWN_AT if i < 0 or acc[i] == 0 else 0


def _outline(way, i):
    """Where the four octets about the class of object i stand in the table."""
    return 8 * (way[4] >> 16) + 4 * i


def _unreadable(way, i, k):
    """Why attribute k of object i cannot be read: a place in the codes, or 0."""
    if k > way[1][_outline(way, i)]:
        return NO_ATTRIBUTE_AT
    return 0 if way[3][ROW * way[2][i] + k] & 1 else NO_RIGHT_AT


def plain_change(way, i, refused, rx, off, n, tx, served):
    """Serve the SET or ACTION rx[off:off+n], of more than 20 octets, on object number i.

    refused: why there is none, a place in the codes, or 0. Returns as `fast_get`.
    """
    objs, table, acc, rows, _, services, _, codes, _, _, _ = way
    tag = rx[off + 8]
    k = rx[off + 19]
    q = off + 21
    if rx[off + 10] & _CONFIRMED == 0 or services & (SET if tag == _SET_REQUEST else ACTION) == 0:
        return 0
    if tag == _SET_REQUEST:
        if n > 21 and (rx[off + 20] or k == 0):
            return 0
        fixed = n > 21 and rx[q] < len(FIXED) and n - 21 == FIXED[rx[q]]
    elif rx[off + 20] == 0:
        fixed = n == 21
    else:
        fixed = rx[off + 20] == 1 and (n == 22 and rx[q] == NULL or n == 23 and rx[q] == INTEGER)
    if not fixed:
        malformed = plain_data(way, rx, off, n)
        if malformed < 0:
            return 0
        refused = malformed or refused
    code = 0
    if not refused:
        p = _outline(way, i)
        row = ROW * acc[i]
        if tag == _SET_REQUEST:
            if k > table[p]:
                refused = NO_ATTRIBUTE_AT
            elif rows[row + k] & 2 == 0:
                refused = NO_RIGHT_AT
            elif not (fixed and table[p + 2] >> k & 1):
                return 0
            else:
                value = objs[i].a[k]
                if value[0] != rx[q]:
                    code = TYPE_UNMATCHED
                else:
                    # a type of fixed size: the value held is as long
                    value[:] = rx[q : off + n]
        elif k == 0 or k > table[p + 1]:
            refused = NO_ATTRIBUTE_AT
        elif rows[row + table[p] + k] == 0:
            refused = NO_RIGHT_AT
        elif k != 1 or table[p + 3] == 0:
            return 0
        elif not fixed:
            code = TYPE_UNMATCHED
        else:
            value = objs[i].a[table[p + 3]]
            value[1:] = bytes(len(value) - 1)
    elif refused == UNKNOWN_AT and tag == _ACTION_REQUEST:
        refused = UNKNOWN_ACTION_AT
    tx[HEADER + 1] = 1
    tx[HEADER + 3] = codes[refused] if refused else code
    tx[HEADER + 4] = 0
    return plain_answer(rx, off, tx, 4 if tag == _SET_REQUEST else 5, served)


def plain_data(way, rx, off, n):
    """Look at the Data that should fill rx[off+21:off+n] of a SET or ACTION; returns 0 when it
    does, the place in the codes of what refuses it, or -1 when its lengths have to be shortened.
    """
    malformed = MALFORMED_SET_AT
    if rx[off + 8] == _ACTION_REQUEST:
        malformed = MALFORMED_ACTION_AT
        if rx[off + 20] != 1:
            return malformed
    stack = way[8]
    end = scan(rx, off + 21, off + n, stack, way[7][DEPTH_AT])
    if end == off + n:
        return -1 if stack[0] else 0
    return TOO_NESTED_AT if end == -2 else malformed


def fast_other(way, rx, off, n, tx, served):
    """As `fast_get`, for what is no request for one attribute or method; way: of its AA, which is
    open. The header was looked at.
    """
    services, codes = way[5], way[7]
    if n > 11 and rx[off + 8] == _GET_REQUEST and rx[off + 9] == 3:
        if services & GET == 0 or services & MULTIPLE_REFERENCES == 0 or rx[off + 10] & _CONFIRMED == 0:
            return 0
        left = rx[off + 11]
        if left >= 0x80:
            return 0
        if left > codes[LIST_AT]:
            size = -LIST_TOO_LONG_AT
        elif left == 0 or n != 12 + 10 * left:
            return 0
        else:
            size = plain_list(way, rx, off, left, tx)
            tx[HEADER + 1] = 3
            tx[HEADER + 3] = left
    elif rx[off + 8] == _ACCESS_REQUEST:
        size = plain_access(way, rx, off, n, tx, served)
        if size > 0:
            return size
    elif rx[off + 8] == _GENERAL_BLOCK:
        size = refuse_block(way, rx, off, n)
    else:
        size = refuse_form(way, rx, off, n, tx)
    if size > 0:
        return plain_answer(rx, off, tx, size, served)
    if size == 0 or codes[-size] == 0:
        return 0
    tx[HEADER] = _EXCEPTION_RESPONSE
    tx[HEADER + 1] = codes[-size]
    tx[HEADER + 2] = codes[1 - size]
    add32(served, 0, 1)
    return answer(tx, rx, off, 3)


def plain_list(way, rx, off, left, tx):
    """Write the results of a GET list of `left` entries; returns the octets of the answer's APDU,
    0 where the slow path has to look.
    """
    objs, table, _, _, place, _, room, codes, _, _, _ = way
    q = off + 12
    o = HEADER + 4
    for _ in range(left):
        i = find(table, place >> 16, rx, q)
        k = rx[q + 8]
        if i == place & 0xFFFF or k == 0 or rx[q + 9]:
            return 0
        refused = _invisible(way, i) or _unreadable(way, i, k)
        if refused:
            value = bytes((1, codes[refused]))
        else:
            value = objs[i].a[k]
            if value is None:
                return 0
            value = b"\x00" + value
        if o + len(value) > room + HEADER:
            return 0
        tx[o : o + len(value)] = value
        o += len(value)
        q += 10
    return o - HEADER


def plain_answer(rx, off, tx, size, served):
    """Write header, tag and invoke-id of an answer whose APDU takes `size` octets, and count the
    request; returns the size of it all.
    """
    tx[0:HEADER] = bytes((0, 1, rx[off + 4], rx[off + 5], rx[off + 2], rx[off + 3], size >> 8, size & 0xFF))
    tx[HEADER] = rx[off + 8] + 4
    tx[HEADER + 2] = rx[off + 10]
    add32(served, 0, 1)
    return HEADER + size
