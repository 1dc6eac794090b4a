"""Plain twin of `short_viper`: the contract."""

from dlms.codec.octets import add32, find, find_key
from dlms.codec.wrapper import HEADER
from dlms.aa.association import ROW


def short_get(keys, ways, rx, off, n, tx, served):
    """Serve the octets rx[off:off+n] when they are one plain GET of a short attribute; returns the answer's size at tx[0:], or 0.

    The header is checked too: over TCP these octets come as they were received, before anything looked for a WPDU in them.

    keys and ways are those of the link (`association.Link`). A way is (table of the directory, number of its records << 16 | the one of
    the association object itself, objects, row of rights of each, rows of rights, longest response APDU, whether a GET is answered
    whatever its service class).

    Plain: a GET-request-normal without selection, `header(8) C0 01 iip class(2) name(6) attribute 00`, in an AA that has a way,
    for an attribute that the object holds as encoded octets, that the client may read and that fits one answer:
    `0001 wPorts swapped length · C4 01 iip 00 value`.
    One more request is then counted in the 32 bits of `served`. With 0 nothing was done, and the request goes the long way
    (which finds any error).
    """
    if n != 21 or rx[off + 8] != 0xC0 or rx[off + 9] != 1 or rx[off + 20] != 0:
        return 0
    if rx[off + 7] != 13 or rx[off + 1] != 1 or rx[off] | rx[off + 6] != 0:
        return 0
    i = find_key(keys, len(ways), rx, off + 2)
    if i < 0 or rx[off + 2] | rx[off + 3] == 0 or ways[i] is None:
        return 0
    table, places, objs, acc, rights, room, answers_get = ways[i]
    if rx[off + 10] & 0x40 == 0 and not answers_get:
        return 0
    i = find(table, places >> 16, rx, off + 11)
    # the AA's own Association object has no place in the list, an object not visible has no rights
    if i < 0 or i == places & 0xFFFF:
        return 0
    a = objs[i].a
    k = rx[off + 19]
    if k == 0 or k >= len(a) or rights[ROW * acc[i] + k] & 1 == 0:
        return 0
    value = a[k]
    if value is None:
        return 0
    n = len(value)
    if n + 4 > room:
        return 0
    tx[0:HEADER] = bytes((0, 1, rx[off + 4], rx[off + 5], rx[off + 2], rx[off + 3], n + 4 >> 8, n + 4 & 0xFF))
    tx[HEADER : HEADER + 4] = bytes((0xC4, 1, rx[off + 10], 0))
    tx[HEADER + 4 : HEADER + 4 + n] = value
    add32(served, 0, 1)
    return n + 12
