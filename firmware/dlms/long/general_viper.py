"""General blocks in place, in viper: few functions, so that few calls and no heap frame are paid
for. `general_plain` has the contract.
"""

import micropython
from micropython import const

from dlms.codec.octets import add32, answer, digest

_TRANSFER = const(10)  # place in a way, as in `dlms.aa.association`
_LEAST = const(15)  # octets of a WPDU with a block without data
_GENERAL_BLOCK_TRANSFER = const(0xE0)  # as `dlms.codec.tags.GENERAL_BLOCK_TRANSFER`
_HEAD = const(16)  # as `dlms.long.stream.HEAD`
# these as in `dlms.long.now`
_SENT = const(0)
_GOT = const(1)
_WINDOW = const(2)
_ACKED = const(7)
_HIGH = const(8)
_LEFT = const(9)
_REPEATS = const(10)
_POSITION = const(11)
_ELEMENT = const(12)
_DONE = const(13)
_TOP = const(14)
_END = const(15)
_FRONT = const(16)
_ELEMENTS = const(17)
_SPENT = const(19)
_USED = const(20)
_OWN = const(21)
_SLOTS = const(22)
_MARKS = const(23)


@micropython.viper
def received(now: ptr32, buf: ptr8, used: int, size: int, rx_buf: ptr8, p: int, end: int, tx: ptr8, start: int) -> int:
    # the mark and the acknowledgement are written here: a call for each would cost as much as all
    # the rest
    rx = ptr8(uint(rx_buf) + uint(p))
    at = 7
    end -= p
    if end < at:
        return -1
    n = rx[6]
    if n >= 0x80:
        if n == 0x81 and end > 7:
            n = rx[7]
            at = 8
        elif n == 0x82 and end > 8:
            n = rx[7] << 8 | rx[8]
            at = 9
        else:
            return -1
    control = rx[1]
    number = rx[2] << 8 | rx[3]
    if (
        control & 0x80
        or at + n != end
        or number != now[_GOT] + 1
        or (rx[4] << 8 | rx[5]) > now[_SENT]
        or used + n > size
    ):
        return -1
    i = _MARKS + 4 * (number % now[_SLOTS])
    now[i] = used
    now[i + 1] = n
    to = ptr8(uint(buf) + uint(used))
    data = ptr8(uint(rx) + uint(at))
    i = 0
    while i < n:
        to[i] = data[i]
        i += 1
    now[_USED] = used + n
    now[_GOT] = number
    now[_REPEATS] = 0
    n = control & 0x3F
    now[_WINDOW] = n if n else 1
    if control & 0x40:
        return 0
    n = now[_SENT] + 1
    now[_SENT] = n
    tx[start] = _GENERAL_BLOCK_TRANSFER
    tx[start + 1] = 0x80 | now[_OWN]
    tx[start + 2] = n >> 8
    tx[start + 3] = n
    tx[start + 4] = number >> 8
    tx[start + 5] = number
    tx[start + 6] = 0
    return start + 7


@micropython.viper
def fast_block(way, rx_buf, off: int, n: int, tx_buf, served_buf) -> int:
    rx = ptr8(uint(ptr8(rx_buf)) + uint(off))
    if n < _LEAST or rx[8] != _GENERAL_BLOCK_TRANSFER or rx[9] & 0x40 != 0:
        return 0
    t = way[_TRANSFER]
    request = t.request
    now_buf = t.gbt.now
    end = int(received(now_buf, request.buf, request.used, request.size, rx_buf, off + 8, off + n, tx_buf, 8))
    if end < 0:
        return 0
    now = ptr32(now_buf)
    request.used = now[_USED]
    add32(served_buf, 0, 1)
    return int(answer(tx_buf, rx_buf, off, end - 8))


@micropython.viper
def taken(now: ptr32, number: int, at: int, n: int):
    i = _MARKS + 4 * (number % now[_SLOTS])
    now[i] = at
    now[i + 1] = n


@micropython.viper
def acknowledged(now_buf, rx_buf: ptr8, p: int, end: int) -> int:
    now = ptr32(now_buf)
    rx = ptr8(uint(rx_buf) + uint(p))
    if end - p != 7 or rx[6] != 0:
        return 0
    number = rx[2] << 8 | rx[3]
    ack = rx[4] << 8 | rx[5]
    if number == 0 or number < now[_GOT] or ack <= now[_ACKED] or ack > now[_HIGH]:
        return 0
    now[_SENT] = ack
    now[_ACKED] = ack
    now[_GOT] = number
    now[_REPEATS] = 0
    n = rx[1] & 0x3F
    if n == 0:
        n = 1
    now[_WINDOW] = n
    i = now[_OWN]
    now[_LEFT] = n if n < i else i
    back(now_buf, ack)
    if ack != now[_HIGH] or now[_POSITION] < now[_END] or now[_ELEMENT] < now[_ELEMENTS]:
        return 1
    return 2


@micropython.viper
def back(now: ptr32, number: int):
    i = _MARKS + 4 * (number % now[_SLOTS])
    now[_POSITION] = now[i]
    if now[_ELEMENT] != now[i + 1]:
        now[_ELEMENT] = now[i + 1]
        now[_TOP] = 0
    now[_DONE] = now[i + 2]


@micropython.viper
def mark(now: ptr32, number: int, buf, off: int, n: int):
    i = _MARKS + 4 * (number % now[_SLOTS])
    now[i] = now[_POSITION]
    now[i + 1] = now[_ELEMENT]
    now[i + 2] = now[_DONE]
    now[i + 3] = int(digest(buf, off, n))


@micropython.viper
def fill_ready(now: ptr32, seg: ptr8, buf: ptr8, used: int, carry: ptr8, out: ptr8, off: int, end: int) -> int:
    i = now[_POSITION]
    last = now[_END]
    if i < last:
        front = now[_FRONT]
        while i < front and off < end:
            out[off] = buf[used + i]
            off += 1
            i += 1
        while i < last and off < end:
            out[off] = seg[i - front]
            off += 1
            i += 1
        now[_POSITION] = i
    top = now[_TOP]
    if i >= last and top != 0 and off < end:
        i = _HEAD + now[_DONE]
        while i < top and off < end:
            out[off] = carry[i]
            off += 1
            i += 1
        if i < top:
            now[_DONE] = i - _HEAD
        else:
            now[_ELEMENT] = now[_ELEMENT] + 1
            now[_DONE] = 0
            now[_TOP] = 0
    return off


@micropython.viper
def put_next(now_buf, tx, start: int, raw: int, end: int) -> int:
    now = ptr32(now_buf)
    number = now[_SENT] + 1
    now[_SENT] = number
    if number > 0xFFFF:
        return 0
    if number <= now[_HIGH]:
        i = _MARKS + 4 * (number % now[_SLOTS])
        if now[i] != now[_POSITION] or now[i + 1] != now[_ELEMENT] or now[i + 2] != now[_DONE]:
            return 0
        if now[i + 3] != int(digest(tx, raw, end - raw)):
            return 0
    else:
        mark(now_buf, number, tx, raw, end - raw)
        now[_HIGH] = number
    left = now[_LEFT] - 1
    now[_LEFT] = left
    control = now[_OWN]
    spent = 1
    if now[_POSITION] < now[_END] or now[_ELEMENT] < now[_ELEMENTS]:
        spent = 0
        if left != 0:
            control |= 0x40
    now[_SPENT] = spent
    return int(put_general(now_buf, tx, start, raw, end, control))


@micropython.viper
def put_general(now: ptr32, tx: ptr8, start: int, raw: int, end: int, control: int) -> int:
    number = now[_SENT]
    got = now[_GOT]
    out = ptr8(uint(tx) + uint(start))
    out[0] = _GENERAL_BLOCK_TRANSFER
    out[1] = control
    out[2] = number >> 8
    out[3] = number
    out[4] = got >> 8
    out[5] = got
    n = end - raw
    p = start + 6
    if n >= 0x100:
        tx[p] = 0x82
        tx[p + 1] = n >> 8
        p += 2
    elif n >= 0x80:
        tx[p] = 0x81
        p += 1
    tx[p] = n
    p += 1
    if p == raw:
        return end
    while raw < end:
        tx[p] = tx[raw]
        p += 1
        raw += 1
    return p
