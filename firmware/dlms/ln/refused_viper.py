"""Refusals by the form of a request in viper; `refused_plain` has the contract."""

import micropython
from micropython import const

from dlms.codec.octets import find, scan
from dlms.aa.service_class import KNOWN
from dlms.ln.items_viper import size_of

_ROW = const(20)  # as `dlms.aa.association.ROW`
_SELECTIVE_ACCESS = const(0x000004)  # these as in `dlms.codec.conformance`
_GET = const(0x000010)
_SET = const(0x000008)
_ACTION = const(0x000001)
# these as in `dlms.codec.errors`
_NO_LONG_GET_IN_PROGRESS = const(16)
_NO_LONG_SET_IN_PROGRESS = const(18)
_UNKNOWN = const(1)
_OTHER_CLASS = const(2)
_NO_ATTRIBUTE = const(3)
_NO_RIGHT = const(4)
_MALFORMED_GET = const(6)
_MALFORMED_SET = const(7)
_MALFORMED_ACTION = const(8)
_NO_SELECTION = const(10)
_DEPTH = const(12)
_NO_INVOKE_ID = const(13)
_UNKNOWN_APDU = const(15)
_SN_SERVICE = const(17)
_READ_REQUEST = const(0x05)  # as `dlms.codec.tags.READ_REQUEST`
_WRITE_REQUEST = const(0x06)  # as `dlms.codec.tags.WRITE_REQUEST`
_GET_REQUEST = const(0xC0)  # as `dlms.codec.tags.GET_REQUEST`
_SET_REQUEST = const(0xC1)  # as `dlms.codec.tags.SET_REQUEST`
_ACTION_REQUEST = const(0xC3)  # as `dlms.codec.tags.ACTION_REQUEST`
_MALFORMED_GBT = const(23)
_GBT_ABORTED = const(25)
_GENERAL_BLOCK_TRANSFER = const(0x200000)  # as `dlms.codec.conformance.GENERAL_BLOCK_TRANSFER`
_OVER_STREAM = const(0x2000000)  # as `dlms.aa.association.OVER_STREAM`

known_tags = KNOWN


@micropython.viper
def refuse_form(way, rx_buf, off: int, n: int, tx_buf) -> int:
    rx = ptr8(uint(ptr8(rx_buf)) + uint(off))
    _, _, _, _, _, services, _, codes_buf, _, _, _ = way
    tag = rx[8]
    if tag != _GET_REQUEST and tag != _SET_REQUEST and tag != _ACTION_REQUEST:
        if tag == _READ_REQUEST or tag == _WRITE_REQUEST:
            return -_SN_SERVICE
        known = ptr8(known_tags)
        i = int(size_of(known_tags))
        while i > 0:
            i -= 1
            if known[i] == tag:
                return 0
        return -_UNKNOWN_APDU
    if n < 11:
        return -_NO_INVOKE_ID
    if rx[10] & 0x40 == 0:
        return 0
    tx = ptr8(tx_buf)
    codes = ptr8(codes_buf)
    choice = rx[9]
    tx[9] = 1
    if tag == _GET_REQUEST:
        if int(services) & _GET == 0:
            return 0
        if choice == 2 and n == 15:
            tx[9] = 2
            tx[11] = 1
            i = 12
            while i < 16:
                tx[i] = rx[i - 1]
                i += 1
            tx[16] = 1
            tx[17] = _NO_LONG_GET_IN_PROGRESS
            return 10
        if choice == 3:
            return 0
        tx[11] = 1
        tx[12] = codes[_MALFORMED_GET]
        if choice == 1 and n > 21:
            if rx[20] == 1:
                i = int(refuse_selection(way, rx_buf, off, n))
                if i == 0:
                    return 0
                tx[12] = codes[i]
        return 5
    # a block that fills its request
    block = 0
    if n > 16:
        if rx[11] < 2 and rx[16] < 0x80 and n == 17 + rx[16]:
            block = 1
    if tag == _SET_REQUEST:
        if int(services) & _SET == 0 or choice == 2 or choice == 4 or choice == 5:
            return 0
        tx[11] = codes[_MALFORMED_SET]
        if choice != 3:
            return 4
        if block == 0:
            return 0
        tx[9] = 3
        tx[11] = _NO_LONG_SET_IN_PROGRESS
        i = 12
        while i < 16:
            tx[i] = rx[i]
            i += 1
        return 8
    if int(services) & _ACTION == 0 or choice == 3 or choice == 4 or choice == 5:
        return 0
    tx[11] = codes[_MALFORMED_ACTION]
    tx[12] = 0
    if choice == 2 and n == 15 or choice == 6 and block == 1:
        tx[11] = _NO_LONG_GET_IN_PROGRESS  # as of an ACTION
    elif choice == 6:
        return 0
    return 5


@micropython.viper
def refuse_selection(way, rx_buf, off: int, n: int) -> int:
    rx = ptr8(uint(ptr8(rx_buf)) + uint(off))
    _, table_buf, acc_buf, rows_buf, place, services, _, codes_buf, stack_buf, _, _ = way
    if n < 23:
        return _MALFORMED_GET
    codes = ptr8(codes_buf)
    if int(scan(rx_buf, off + 22, off + n, stack_buf, codes[_DEPTH])) != off + n:
        return _MALFORMED_GET
    k = rx[19]
    if int(services) & _SELECTIVE_ACCESS == 0 or k == 0 or n > 0x7F:
        return 0
    count = int(place) >> 16
    j = int(find(table_buf, count, rx_buf, off + 11))
    if j == int(place) & 0xFFFF:
        return 0
    acc = ptr8(acc_buf)
    if j < 0:
        if j < -1:
            if acc[-2 - j] != 0:
                return _OTHER_CLASS
        return _UNKNOWN
    if acc[j] == 0:
        return _UNKNOWN
    table = ptr8(table_buf)
    p = (count << 3) + (j << 2)
    if k > table[p]:
        return _NO_ATTRIBUTE
    rows = ptr8(rows_buf)
    if rows[_ROW * acc[j] + k] & 1 == 0:
        return _NO_RIGHT
    return 0 if table[p + 2] & 1 else _NO_SELECTION


@micropython.viper
def refuse_block(way, rx_buf, off: int, n: int) -> int:
    _, _, _, _, _, services, _, _, _, _, _ = way
    i = int(services)
    if i & _GENERAL_BLOCK_TRANSFER == 0:
        return 0
    if n < 15:
        return -_MALFORMED_GBT
    rx = ptr8(uint(ptr8(rx_buf)) + uint(off))
    octets = rx[14]
    if i & _OVER_STREAM == 0 or rx[10] << 8 | rx[11] < 2 or octets == 0 or octets >= 0x80 or n != 15 + octets:
        return 0
    return -_GBT_ABORTED
