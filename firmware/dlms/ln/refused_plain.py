"""Plain twin of `refused_viper`: the contract.

What is refused for its form alone, or because no long transfer runs, in an AA that is open for the
fast paths (`fast_plain`, which also says what a way is). Nothing is asked of an object.

    C0 C1 C3 that end before iip                  -> D8 state service
    C0 01 iip … | C0 choice iip …   malformed     -> C4 01 iip 01 result
    C0 01 iip descriptor(9) 01 selector Data      -> C4 01 iip 01 result       no selection there
    C0 02 iip number(4)                           -> C4 02 iip 01 number(4) 01 result
    C1 01 iip … | C1 choice iip …   malformed     -> C5 01 iip result
    C1 03 iip last number(4) length raw           -> C5 03 iip result number(4)
    C3 01 iip … | C3 choice iip …   malformed     -> C7 01 iip result 00
    C3 02 iip number(4)                           -> C7 01 iip result 00
    C3 06 iip last number(4) length raw           -> C7 01 iip result 00
    05 06 …                                       -> D8 state service
    a tag that nobody knows                       -> D8 state service
    E0 … cut short, or of a transfer that is over -> D8 state service
"""

from micropython import const

from dlms.codec.conformance import ACTION, GENERAL_BLOCK_TRANSFER, GET, SELECTIVE_ACCESS, SET
from dlms.codec.errors import (
    DEPTH_AT,
    GBT_ABORTED_AT,
    MALFORMED_ACTION_AT,
    MALFORMED_GBT_AT,
    MALFORMED_GET_AT,
    MALFORMED_SET_AT,
    NO_ATTRIBUTE_AT,
    NO_INVOKE_ID_AT,
    NO_LONG_ACTION_IN_PROGRESS,
    NO_LONG_GET_IN_PROGRESS,
    NO_LONG_SET_IN_PROGRESS,
    NO_RIGHT_AT,
    NO_SELECTION_AT,
    OTHER_CLASS_AT,
    SN_SERVICE_AT,
    UNKNOWN_APDU_AT,
    UNKNOWN_AT,
)
from dlms.codec.octets import OTHER_CLASS, copy, find, scan
from dlms.codec.wrapper import HEADER
from dlms.aa.association import OVER_STREAM, ROW
from dlms.aa.service_class import KNOWN

_READ_REQUEST = const(0x05)  # as `dlms.codec.tags.READ_REQUEST`
_WRITE_REQUEST = const(0x06)  # as `dlms.codec.tags.WRITE_REQUEST`
_GET_REQUEST = const(0xC0)  # as `dlms.codec.tags.GET_REQUEST`
_SET_REQUEST = const(0xC1)  # as `dlms.codec.tags.SET_REQUEST`
_ACTION_REQUEST = const(0xC3)  # as `dlms.codec.tags.ACTION_REQUEST`
_CONFIRMED = const(0x40)


def refuse_form(way, rx, off, n, tx):
    """Refuse the WPDU rx[off:off+n] if its form is enough for that; returns the octets of the APDU
    at tx[8:], of which the tag and the iip are still to be written, 0 where the slow path has to
    look, or -place in the codes of the ExceptionResponse.
    """
    services, codes = way[5], way[7]
    tag = rx[off + 8]
    if tag not in (_GET_REQUEST, _SET_REQUEST, _ACTION_REQUEST):
        if tag in (_READ_REQUEST, _WRITE_REQUEST):
            return -SN_SERVICE_AT
        return 0 if tag in KNOWN else -UNKNOWN_APDU_AT
    if n < 11:
        return -NO_INVOKE_ID_AT
    if rx[off + 10] & _CONFIRMED == 0:
        return 0
    choice = rx[off + 9]
    q = HEADER + 3
    tx[HEADER + 1] = 1
    if tag == _GET_REQUEST:
        if services & GET == 0:
            return 0
        if choice == 2 and n == 15:
            tx[HEADER + 1] = 2
            tx[q] = 1
            copy(tx, q + 1, rx, off + 11, 4)
            tx[q + 5] = 1
            tx[q + 6] = NO_LONG_GET_IN_PROGRESS
            return 10
        if choice == 3:
            return 0
        refused = MALFORMED_GET_AT
        if choice == 1 and n > 21 and rx[off + 20] == 1:
            refused = refuse_selection(way, rx, off, n)
            if refused == 0:
                return 0
        tx[q] = 1
        tx[q + 1] = codes[refused]
        return 5
    # a block that fills its request
    block = n > 16 and rx[off + 11] < 2 and rx[off + 16] < 0x80 and n == 17 + rx[off + 16]
    if tag == _SET_REQUEST:
        if services & SET == 0 or choice in (2, 4, 5):
            return 0
        tx[q] = codes[MALFORMED_SET_AT]
        if choice != 3:
            return 4
        if not block:
            return 0
        tx[HEADER + 1] = 3
        tx[q] = NO_LONG_SET_IN_PROGRESS
        copy(tx, q + 1, rx, off + 12, 4)
        return 8
    if services & ACTION == 0 or choice in (3, 4, 5):
        return 0
    tx[q] = codes[MALFORMED_ACTION_AT]
    tx[q + 1] = 0
    if choice == 2 and n == 15 or choice == 6 and block:
        tx[q] = NO_LONG_ACTION_IN_PROGRESS
    elif choice == 6:
        return 0
    return 5


def refuse_selection(way, rx, off, n):
    """Why the GET rx[off:off+n], of one attribute with a selection, is refused: a place in the
    codes, or 0 where the object has to be asked.
    """
    _, table, acc, rows, place, services, _, codes, stack, _, _ = way
    if n < 23 or scan(rx, off + 22, off + n, stack, codes[DEPTH_AT]) != off + n:
        return MALFORMED_GET_AT
    k = rx[off + 19]
    if services & SELECTIVE_ACCESS == 0 or k == 0 or n > 0x7F:
        return 0
    i = find(table, place >> 16, rx, off + 11)
    if i == place & 0xFFFF:
        return 0
    if i <= OTHER_CLASS and acc[OTHER_CLASS - i]:
        return OTHER_CLASS_AT
    if i < 0 or acc[i] == 0:
        return UNKNOWN_AT
    p = 8 * (place >> 16) + 4 * i
    if k > table[p]:
        return NO_ATTRIBUTE_AT
    if rows[ROW * acc[i] + k] & 1 == 0:
        return NO_RIGHT_AT
    return 0 if table[p + 2] & 1 else NO_SELECTION_AT


def refuse_block(way, rx, off, n):
    """Refuse the general block in the WPDU rx[off:off+n]: cut before its length field, or with data
    and a number above 1 where nothing runs. Returns -place in the codes of the ExceptionResponse,
    or 0 where the slow path has to look: over UDP it may just be late.
    """
    services = way[5]
    if services & GENERAL_BLOCK_TRANSFER == 0:
        return 0
    if n < 15:
        return -MALFORMED_GBT_AT
    octets = rx[off + 14]
    numbered = rx[off + 10] or rx[off + 11] > 1
    if services & OVER_STREAM and numbered and 0 < octets < 0x80 and n == 15 + octets:
        return -GBT_ABORTED_AT
    return 0
