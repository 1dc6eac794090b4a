"""Plain twin of `general_viper`: the contract. `now` is where a dialogue of general blocks stands
(`dlms.long.now`).
"""

from micropython import const

from dlms.codec.octets import add32, answer, digest
from dlms.codec.wrapper import HEADER
from dlms.long.now import (
    ACKED, DONE, ELEMENT, ELEMENTS, END, FRONT, GOT, HIGH, LEFT, MARKS,
    OWN, PER_MARK, POSITION, REPEATS, SENT, SLOTS, SPENT, TOP, USED, WINDOW,
)  # fmt: skip

_GENERAL_BLOCK_TRANSFER = const(0xE0)  # as `dlms.codec.tags.GENERAL_BLOCK_TRANSFER`
_HEAD = 16  # as `dlms.long.stream.HEAD`
_HEADER = 6  # octets of an APDU before the length field
_LAST = 0x80
_LEAST = HEADER + 7  # octets of a WPDU with a block without data
_STREAMING = 0x40
_WINDOW = 0x3F


def _data(rx, p, end):
    """Offset of the data of the block rx[p:end], whose length takes one to three octets; -1 where
    the slow path has to look.
    """
    if end - p <= _HEADER:
        return -1
    n = rx[p + _HEADER]
    at = p + _HEADER + 1
    if n == 0x81 and at < end:
        n = rx[at]
        at += 1
    elif n == 0x82 and at + 1 < end:
        n = rx[at] << 8 | rx[at + 1]
        at += 2
    elif n >= 0x80:
        return -1
    return at if at + n == end else -1


def _slot(now, number):
    """Where `now` has the mark of block `number`."""
    return MARKS + PER_MARK * (number % now[SLOTS])


def received(now, buf, used, size, rx, p, end, tx, start):
    """Keep the block rx[p:end] of a request when it is the one that is expected, not the last one,
    and there is room for it. Acknowledge it unless more of its stream is to come.

    Its data are appended to buf, of `size` octets, after the first `used`; now[USED] is their end.
    Returns the offset after `E0 8w number ack 00` at tx[start:], 0 for no answer, or -1: the long
    way has to look.
    """
    at = _data(rx, p, end)
    if at < 0 or rx[p + 1] & _LAST:
        return -1
    n = end - at
    number = rx[p + 2] << 8 | rx[p + 3]
    if number != now[GOT] + 1 or rx[p + 4] << 8 | rx[p + 5] > now[SENT] or used + n > size:
        return -1
    taken(now, number, used, n)
    buf[used : used + n] = rx[at:end]
    now[USED] = used + n
    now[GOT] = number
    now[REPEATS] = 0
    now[WINDOW] = rx[p + 1] & _WINDOW or 1
    if rx[p + 1] & _STREAMING:
        return 0
    now[SENT] += 1
    return put_general(now, tx, start, start + _HEADER + 1, start + _HEADER + 1, _LAST | now[OWN])


def fast_block(way, rx, off, n, tx, served):
    """Serve the octets rx[off:off+n] when they are one WPDU with a block of the request that comes
    in blocks, and the client waits for its acknowledgement; returns as
    `dlms.ln.fast_plain.fast_other`.

    It stands in the way of the AA, with the transfer, while the request comes.
    """
    if n < _LEAST or rx[off + HEADER] != _GENERAL_BLOCK_TRANSFER or rx[off + HEADER + 1] & _STREAMING:
        return 0
    t = way[10]
    request, now = t.request, t.gbt.now
    end = received(now, request.buf, request.used, request.size, rx, off + HEADER, off + n, tx, HEADER)
    if end < 0:
        return 0
    request.used = now[USED]
    add32(served, 0, 1)
    return answer(tx, rx, off, end - HEADER)


def taken(now, number, at, n):
    """Block `number` of the request was put into its buffer at `at`, n octets: its mark shows that
    while the request comes.
    """
    i = _slot(now, number)
    now[i] = at
    now[i + 1] = n


def acknowledged(now, rx, p, end):
    """Take the block rx[p:end] when it has no data and acknowledges more of an answer than was
    acknowledged: go to the position after that, for a stream as long as the client's window and no
    longer than ours. Returns 1, or 2 when that is all of the leg; 0: the slow path has to look.
    """
    if end - p != _HEADER + 1 or rx[p + _HEADER]:
        return 0
    number = rx[p + 2] << 8 | rx[p + 3]
    ack = rx[p + 4] << 8 | rx[p + 5]
    if number == 0 or number < now[GOT] or not now[ACKED] < ack <= now[HIGH]:
        return 0
    now[SENT] = now[ACKED] = ack
    now[GOT] = number
    now[REPEATS] = 0
    now[WINDOW] = rx[p + 1] & _WINDOW or 1
    now[LEFT] = min(now[WINDOW], now[OWN])
    back(now, ack)
    return 2 if ack == now[HIGH] and _spent(now) else 1


def _spent(now):
    """Whether the position is the end of the leg."""
    return now[POSITION] >= now[END] and now[ELEMENT] >= now[ELEMENTS]


def back(now, number):
    """Go to the position after block `number`."""
    i = _slot(now, number)
    now[POSITION] = now[i]
    if now[ELEMENT] != now[i + 1]:
        now[ELEMENT] = now[i + 1]
        now[TOP] = 0
    now[DONE] = now[i + 2]


def mark(now, number, buf, off, n):
    """The present position is the one after block `number`, whose octets are buf[off:off+n]."""
    i = _slot(now, number)
    now[i] = now[POSITION]
    now[i + 1] = now[ELEMENT]
    now[i + 2] = now[DONE]
    now[i + 3] = digest(buf, off, n)


def fill_ready(now, seg, buf, used, carry, out, off, end):
    """Copy what stands ready of a leg to out[off:end]: the octets kept, in buf[used:] and after
    those in seg, then the rest of the element that stands encoded in carry. Returns the offset
    after them.
    """
    n = min(now[FRONT] - now[POSITION], end - off)
    if n > 0:
        out[off : off + n] = buf[used + now[POSITION] : used + now[POSITION] + n]
        now[POSITION] += n
        off += n
    n = min(now[END] - now[POSITION], end - off)
    if n > 0:
        at = now[POSITION] - now[FRONT]
        out[off : off + n] = seg[at : at + n]
        now[POSITION] += n
        off += n
    if now[POSITION] >= now[END] and now[TOP] and off < end:
        at = _HEAD + now[DONE]
        n = min(now[TOP] - at, end - off)
        if n > 0:
            out[off : off + n] = carry[at : at + n]
            now[DONE] += n
            off += n
        if _HEAD + now[DONE] >= now[TOP]:
            now[ELEMENT] += 1
            now[DONE] = 0
            now[TOP] = 0
    return off


def put_next(now, tx, start, raw, end):
    """Put the header of our next block in front of its data tx[raw:end], the APDU beginning at
    tx[start:].

    A block sent for the first time gets a mark; one that is sent again must have the octets and the
    position of its mark. now[SPENT] is then whether this is the end of the leg: so the caller says
    in the header when it is that of the answer. Returns the offset after the APDU; 0 when the mark
    is another one, or there is no number left.
    """
    number = now[SENT] + 1
    now[SENT] = number
    if number > 0xFFFF:
        return 0
    i = _slot(now, number)
    if number <= now[HIGH]:
        if (
            now[i] != now[POSITION]
            or now[i + 1] != now[ELEMENT]
            or now[i + 2] != now[DONE]
            or now[i + 3] != digest(tx, raw, end - raw)
        ):
            return 0
    else:
        mark(now, number, tx, raw, end - raw)
        now[HIGH] = number
    now[LEFT] -= 1
    now[SPENT] = 1 if _spent(now) else 0
    control = 0 if now[SPENT] or now[LEFT] == 0 else _STREAMING
    return put_general(now, tx, start, raw, end, control | now[OWN])


def put_general(now, tx, start, raw, end, control):
    """Put the header of our block now[SENT] in front of its data tx[raw:end], fewer than 65,536
    octets, which move down after it.

    The APDU begins at tx[start:]. Returns the offset after it.
    """
    tx[start] = _GENERAL_BLOCK_TRANSFER
    tx[start + 1] = control
    tx[start + 2] = now[SENT] >> 8
    tx[start + 3] = now[SENT] & 0xFF
    tx[start + 4] = now[GOT] >> 8
    tx[start + 5] = now[GOT] & 0xFF
    n = end - raw
    size = bytes((n,)) if n < 0x80 else bytes((0x81, n)) if n < 0x100 else bytes((0x82, n >> 8, n & 0xFF))
    p = start + _HEADER + len(size)
    data = bytes(tx[raw:end])
    tx[start + _HEADER : p] = size
    tx[p : p + n] = data
    return p + n
