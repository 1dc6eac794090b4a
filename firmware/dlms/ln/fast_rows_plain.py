"""Plain twin of `fast_rows_viper`: the contract.

    header(8) C0 02 iip number(4)    ->    header(8) C4 02 iip 00 number(4) 00 length rows

A request for the next block is plain when the transfer of a GET runs whose next octets are rows
(`Interface.elements`), enough of them to fill the block, and more to follow. Then nothing has to
be found out but where the rows go, and one function does it.
"""

from dlms.codec.octets import get16, u32_equal
from dlms.codec.wrapper import HEADER
from dlms.ln.fast_plain import plain_answer
from dlms.long.states import GET_OUT
from dlms.long.stream import HEAD, raw_room

_CONFIRMED = 0x40
_INVOKE_ID = 0x0F
_BLOCK = 9  # octets of `C4 02 iip last number(4) 00`
_NEXT = 15  # octets of the request's WPDU


def fast_rows(way, rx, off, n, tx, served):
    """Send the next block when the WPDU rx[off:off+n], of an AA with this way, plainly asks for it.

    Its header is right. Of the way (`association.Association.heat`) it takes the longest response
    and, in the place of the names, the transfer that runs. Returns the size of the answer's WPDU
    at tx[0:]; with 0 nothing was done but that tx may hold a part of an answer, and the request
    takes the slow path: what an object raises is met again there.
    """
    if n != _NEXT or get16(rx, off + 8) != 0xC002 or rx[off + 10] & _CONFIRMED == 0:
        return 0
    t = way[10]
    if not u32_equal(rx, off + 11, t.block) or t.kind != GET_OUT or (t.request.iip ^ rx[off + 10]) & _INVOKE_ID:
        return 0
    i = t.i
    if i >= t.n or t.attr != t.obj.ROWS:
        return 0
    raw = raw_room(way[6], _BLOCK)
    o = HEADER + _BLOCK + (1 if raw < 0x80 else 2 if raw < 0x100 else 3)
    end = o + raw
    c0 = t.c0
    c1 = t.c1
    size = min(c1 - c0, raw)
    tx[o : o + size] = t.carry[c0 : c0 + size]
    o += size
    if c0 + size < c1:
        t.c0 = c0 + size
    else:
        t.c0 = HEAD
        t.c1 = HEAD
        if o < end:
            o = rows_of(t.obj, t, tx, o, end)
        if o != end or (t.i == t.n and t.c1 == HEAD):
            # the value ends here, or rows are missing
            t.i = i
            t.c0 = c0
            t.c1 = c1
            return 0
    t.block += 1
    tx[HEADER + 1] = 2
    tx[HEADER + 3] = 0
    tx[HEADER + 4 : HEADER + 8] = t.block.to_bytes(4, "big")
    tx[HEADER + 8] = 0
    if raw < 0x80:
        tx[HEADER + 9] = raw
    elif raw < 0x100:
        tx[HEADER + 9 : HEADER + 11] = bytes((0x81, raw))
    else:
        tx[HEADER + 9 : HEADER + 12] = bytes((0x82, raw >> 8, raw & 0xFF))
    return plain_answer(rx, off, tx, end - HEADER, served)


def rows_of(obj, t, tx, off, end):
    """As `Interface.elements`; 0 when it raises, and then nothing has changed."""
    try:
        return obj.elements(t, tx, off, end)
    except Exception:
        return 0
