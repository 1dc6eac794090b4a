"""Plain twin of `short_viper`: the contract."""

from micropython import const

from dlms.codec.axdr import FIXED
from dlms.codec.conformance import ACTION, MULTIPLE_REFERENCES, SET
from dlms.codec.errors import SUCCESS, TYPE_UNMATCHED
from dlms.codec.octets import add32, find, find_key, get16
from dlms.codec.wrapper import HEADER
from dlms.aa.association import ROW

_GET_REQUEST = const(0xC0)  # as `dlms.codec.tags.GET_REQUEST`
_SET_REQUEST = const(0xC1)  # as `dlms.codec.tags.SET_REQUEST`
_ACTION_REQUEST = const(0xC3)  # as `dlms.codec.tags.ACTION_REQUEST`
_NOT_THERE = -1  # what `find` returns for a name that no object has


def short_get(keys, ways, rx, off, n, tx, served):
    """Serve the octets rx[off:off+n] when they are one plain request; returns
    the answer's size at tx[0:], or 0.

    The header is checked too: over TCP these octets come as they were received, before
    anything looked for a WPDU in them.

    keys and ways are those of the link (`association.Link`). A way is (table of the directory,
    number of its records << 16 | the one of the association object itself, objects, row of rights
    of each, rows of rights, longest response APDU, whether a GET is answered whatever its service
    class, services negotiated, most entries of a list, result for an unknown object << 8 | result
    for no right).

    Plain: a GET-request-normal without selection,
    `header(8) C0 01 iip class(2) name(6) attribute 00`, in an AA that has a way, for an attribute
    that the object holds as encoded octets and that fits one answer:
    `0001 wPorts swapped length · C4 01 iip 00 value`. Where no object has that name, or the client
    does not see it or may not read the attribute, the answer is `C4 01 iip 01 result`. What is no
    GET is the affair of `short_other`. One more request is then counted in the 32 bits of `served`.
    With 0 nothing was done but that tx may hold a part of an answer, and the request goes the long
    way (which finds any error).
    """
    if n < 21:
        return 0
    if n != 21 or rx[off + 8] != _GET_REQUEST:
        return short_other(keys, ways, rx, off, n, tx, served)
    if rx[off + 9] != 1 or rx[off + 20] != 0:
        return 0
    way = _way(keys, ways, rx, off, n)
    if way is None or (rx[off + 10] & 0x40 == 0 and not way[6]):
        return 0
    i, code = _place(way, rx, off + 11)
    k = rx[off + 19]
    value = b""
    if code == SUCCESS:
        if i < 0 or k == 0 or k >= len(way[2][i].a):
            return 0
        if way[4][ROW * way[3][i] + k] & 1 == 0:
            code = way[9] & 0xFF
        else:
            value = way[2][i].a[k]
            if value is None or len(value) + 4 > way[5]:
                return 0
    tx[HEADER + 3] = 1 if code else 0
    if code:
        value = bytes((code,))
    tx[HEADER + 4 : HEADER + 4 + len(value)] = value
    tx[HEADER + 1] = 1
    return plain_answer(rx, off, tx, len(value) + 4, served)


def short_other(keys, ways, rx, off, n, tx, served):
    """As `short_get`, for n > 20 octets that hold another plain request, of the confirmed
    class and for a service negotiated:

        C1 01 iip class(2) name(6) attribute 00 Data      -> C5 01 iip result
        C3 01 iip class(2) name(6) 01 (00 | 01 Data)      -> C7 01 iip 00 00
        C0 03 iip n {class(2) name(6) attribute 00}       -> C4 03 iip n {00 value}

    A SET is plain when its Data is of a type of fixed size, and the attribute one that takes a copy
    (`Interface.COPIED`), which the object holds in a bytearray; also when there is no such object,
    or no right to write. An ACTION is plain when the client may invoke method 1, all that it does
    is to clear an attribute (`Interface.CLEARED`), and its parameter is none, null-data or an
    integer. A list is plain when a GET of each entry is and succeeds, the list no longer than the
    limit, and all its values fit one answer.
    """
    shape = plain_request(rx, off, n)
    way = _way(keys, ways, rx, off, n) if shape else None
    if way is None or way[7] & shape & 0xFFF == 0:
        return 0
    tag = rx[off + 8]
    if tag == _GET_REQUEST:
        size = plain_list(way, rx, off, shape >> 12, tx) if shape >> 12 <= way[8] else 0
        if size == 0:
            return 0
        tx[HEADER + 1] = 3
        tx[HEADER + 3] = rx[off + 11]
        return plain_answer(rx, off, tx, size, served)
    i, code = _place(way, rx, off + 11)
    if code == SUCCESS:
        if i < 0:
            return 0
        code = plain_copy(way, i, rx, off, n) if tag == _SET_REQUEST else plain_clear(way, i, rx[off + 19])
        if code < 0:
            return 0
    elif tag == _ACTION_REQUEST:
        return 0
    tx[HEADER + 1] = 1
    tx[HEADER + 3] = code
    if tag == _ACTION_REQUEST:
        tx[HEADER + 4] = 0
        return plain_answer(rx, off, tx, 5, served)
    return plain_answer(rx, off, tx, 4, served)


def plain_request(rx, off, n):
    """The service that the plain request rx[off:off+n], of more than 20 octets, needs, a bit of
    the conformance block, and in bit 12 and above how many descriptors it has; 0 when it is none
    of the plain ones that `short_other` lists.
    """
    tag = rx[off + 8]
    q = off + 21  # of the parameter
    left = 1
    if tag == _SET_REQUEST:
        # a value of fixed size, nothing in front of it or after
        if rx[off + 9] != 1 or n < 22 or rx[off + 20] != 0 or rx[q] >= len(FIXED) or off + n - q != FIXED[rx[q]]:
            return 0
        needed = SET
    elif tag == _ACTION_REQUEST:
        if rx[off + 9] != 1:
            return 0
        if not (
            rx[off + 20] == 0 and n == 21 or rx[off + 20] == 1 and (n == 22 and rx[q] == 0 or n == 23 and rx[q] == 15)
        ):
            return 0
        needed = ACTION
    elif tag == _GET_REQUEST and rx[off + 9] == 3 and 0 < rx[off + 11] < 0x80 and n == 12 + 10 * rx[off + 11]:
        needed = MULTIPLE_REFERENCES
        left = rx[off + 11]
    else:
        return 0
    if not rx[off + 10] & 0x40 or rx[off] != 0 or rx[off + 1] != 1 or get16(rx, off + 6) != n - HEADER:
        return 0
    return needed | left << 12


def _way(keys, ways, rx, off, n):
    """The way of the AA that the header rx[off:off+8] of n octets belongs to; None when there
    is none, or the header is not right.
    """
    if rx[off] != 0 or rx[off + 1] != 1 or get16(rx, off + 6) != n - HEADER or get16(rx, off + 2) == 0:
        return None
    i = find_key(keys, len(ways), rx, off + 2)
    return None if i < 0 else ways[i]


def _place(way, rx, q):
    """Number of the object with the class-id and name rx[q:q+8], and a result;
    -1 where the long way has to look.

    The AA's own Association object has no place in the list.
    """
    i = find(way[0], way[1] >> 16, rx, q)
    if i == _NOT_THERE or i >= 0 and i != way[1] & 0xFFFF and way[3][i] == 0:
        return -1, way[9] >> 8
    return (-1 if i == way[1] & 0xFFFF else i), SUCCESS


def plain_copy(way, i, rx, off, n):
    """Set the attribute of object number i that the SET rx[off:off+n] names to
    its Data; returns a result, or -1.
    """
    obj = way[2][i]
    k = rx[off + 19]
    q = off + 21
    if k == 0 or k >= len(obj.a):
        return -1
    if way[4][ROW * way[3][i] + k] & 2 == 0:
        return way[9] & 0xFF
    value = obj.a[k]
    if obj.COPIED >> k & 1 == 0 or type(value) is not bytearray:
        return -1
    if value[0] != rx[q] or len(value) != off + n - q:
        return TYPE_UNMATCHED
    value[:] = rx[q : off + n]
    return SUCCESS


def plain_clear(way, i, m):
    """Invoke method m of object number i; returns a result, or -1."""
    obj = way[2][i]
    k = obj.CLEARED
    if m != 1 or k == 0 or way[4][ROW * way[3][i] + obj.ATTRIBUTES + 1] == 0 or obj.a[k] is None:
        return -1
    value = obj.a[k]
    value[1:] = bytes(len(value) - 1)
    return SUCCESS


def plain_list(way, rx, off, left, tx):
    """Write the results of a GET list of `left` entries; returns the octets of the answer's
    APDU, 0 where the long way has to look.
    """
    q = off + 12
    o = HEADER + 4
    for _ in range(left):
        i, _ = _place(way, rx, q)
        k = rx[q + 8]
        if i < 0 or k == 0 or k >= len(way[2][i].a) or rx[q + 9]:
            return 0
        value = way[2][i].a[k]
        if value is None or way[4][ROW * way[3][i] + k] & 1 == 0 or o + 1 + len(value) > way[5] + HEADER:
            return 0
        tx[o] = 0
        tx[o + 1 : o + 1 + len(value)] = value
        o += 1 + len(value)
        q += 10
    return o - HEADER


def plain_answer(rx, off, tx, size, served):
    """Write header, tag and invoke-id of an answer whose APDU takes `size` octets, and count
    the request; returns the size of it all.
    """
    tx[0:HEADER] = bytes((0, 1, rx[off + 4], rx[off + 5], rx[off + 2], rx[off + 3], size >> 8, size & 0xFF))
    tx[HEADER] = rx[off + 8] + 4
    tx[HEADER + 2] = rx[off + 10]
    add32(served, 0, 1)
    return HEADER + size
