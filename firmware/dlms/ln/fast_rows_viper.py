"""The next block of rows in viper; `fast_rows_plain` has the contract."""

import micropython
from micropython import const

from dlms.ln.fast_viper import plain_answer

_GET_REQUEST = const(0xC0)  # as `dlms.codec.tags.GET_REQUEST`
_GET_OUT = const(1)  # as in `dlms.long.states`
_HEAD = const(16)  # as in `dlms.long.stream`
_ROOM = const(6)  # places in a way, as in `dlms.aa.association`
_TRANSFER = const(10)


@micropython.viper
def fast_rows(way, rx_buf, off: int, n: int, tx_buf, served_buf) -> int:
    rx = ptr8(uint(ptr8(rx_buf)) + uint(off))
    if n != 15 or rx[8] != _GET_REQUEST or rx[9] != 2 or rx[10] & 0x40 == 0:
        return 0
    t = way[_TRANSFER]
    number = int(t.block)
    if rx[14] != number & 0xFF or rx[13] != (number >> 8) & 0xFF or rx[11] << 8 | rx[12] != (number >> 16) & 0xFFFF:
        return 0
    if int(t.kind) != _GET_OUT or (int(t.request.iip) ^ rx[10]) & 0x0F != 0:
        return 0
    i = int(t.i)
    left = int(t.n) - i
    if left <= 0:
        return 0
    obj = t.obj
    if int(t.attr) != int(obj.ROWS):
        return 0
    # as `stream.raw_room`, and where the octets begin behind their length
    raw = int(way[_ROOM]) - 10
    if raw >= 0x80:
        raw -= 1
        if raw >= 0x100:
            raw -= 1
    o = 18
    if raw >= 0x80:
        o = 19
        if raw >= 0x100:
            o = 20
    end = o + raw
    tx = ptr8(tx_buf)
    c0 = int(t.c0)
    c1 = int(t.c1)
    carry = ptr8(t.carry)
    k = c0
    while k < c1 and o < end:
        tx[o] = carry[k]
        o += 1
        k += 1
    if k < c1:
        t.c0 = k
    else:
        t.c0 = _HEAD
        t.c1 = _HEAD
        if o < end:
            o = int(rows_of(obj, t, tx_buf, o, end))
        if o != end or int(t.i) == i + left and int(t.c1) == _HEAD:
            # the value ends here, or rows are missing
            t.i = i
            t.c0 = c0
            t.c1 = c1
            return 0
    number += 1
    t.block = number
    tx[9] = 2
    tx[11] = 0
    tx[12] = number >> 24
    tx[13] = number >> 16
    tx[14] = number >> 8
    tx[15] = number
    tx[16] = 0
    if raw >= 0x100:
        tx[17] = 0x82
        tx[18] = raw >> 8
        tx[19] = raw
    elif raw >= 0x80:
        tx[17] = 0x81
        tx[18] = raw
    else:
        tx[17] = raw
    return int(plain_answer(rx_buf, off, tx_buf, end - 8, served_buf))


@micropython.viper
def rows_of(obj, t, tx_buf, off: int, end: int) -> int:
    o = 0
    try:
        o = int(obj.elements(t, tx_buf, off, end))
    except Exception:
        pass
    return o
