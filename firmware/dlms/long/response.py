"""How a response leaves: in one piece, or in blocks when it is longer than the client takes.

The value is encoded once, after room for the longest block header. When it turns out to fit one
response it is moved down after the short header of that; otherwise it becomes block 1 and the
transfer stays with the association (REQUIREMENTS D-14, D-33).

    GET     one: C4 01 iip 00 Data        list: C4 03 iip n {…}       block: C4 02 iip last number(4) 00 length raw
    ACTION  one: C7 01 iip 00 01 00 Data  list: C7 03 iip n {…}       block: C7 02 iip last number(4)    length raw
    Read                                  list: 0C n {…}              block: 0C 01 02  last number(2)    length raw

raw is the Data, of a list the whole sequence with its count. Where these blocks were not negotiated
but general block transfer was, or the request came in general blocks, `gbt` sends the answer; where
neither was negotiated, `dlms.ln.whole`, in one piece of any length.
"""

from dlms.codec.conformance import BLOCK_ACTION, BLOCK_GET, GENERAL_BLOCK_TRANSFER
from dlms.codec.octets import copy, put_block
from dlms.long.stream import raw_room
from dlms.long.lending import abandon, lend

# by kind of transfer: none, GET_OUT, ACTION_OUT, two inwards, READ_OUT
_BLOCK = b"\x00\x09\x08\x00\x00\x06"  # octets of a block header before its length field
_TAG = b"\x00\xc4\xc7\x00\x00\x0c"
_BIT = (0, BLOCK_GET, BLOCK_ACTION, 0, 0, BLOCK_GET)


def first(kit, aa, t, tx, kind, head):
    """Send the value that transfer t begins with, in one piece after the `head` octets already
    written at tx[aa.start:], or as block 1.

    Returns the offset after the APDU, or `whole.LATER`; 0 when the value has to go in
    blocks and cannot (t.fault shows why).
    """
    if aa.conformance & GENERAL_BLOCK_TRANSFER and (aa.conformance & _BIT[kind] == 0 or kit.dialogue.open):
        # the request came in general blocks, or the service's own were not negotiated
        return kit.gbt.respond(kit, aa, t, tx, head)
    if aa.conformance & _BIT[kind] == 0:
        return kit.whole.answer(kit, aa, t, tx, head)
    start = aa.start
    header = _BLOCK[kind]
    raw = start + header + 3
    limit = raw + raw_room(aa.room, header)
    off = t.fill(tx, raw, limit)
    # what still fits after the shorter header of a response in one piece
    spare = t.fill(tx, off, raw + aa.room - head)
    if not t.more():
        n = spare - raw
        copy(tx, start + head, tx, raw, n)
        return start + head + n
    if t.fault:
        return 0
    t.push_back(tx, off, spare - off)
    if not lend(kit, aa, t):
        t.fault = kit.errors.no_resources
        return 0
    t.kind = kind
    t.request.iip = tx[start + 2]
    t.block = 1
    return put_block(tx, start, _TAG[kind], 0, 1, raw, off)


def following(kit, aa, t, tx):
    """Send the next block of a running transfer; returns the offset after
    the APDU, or 0 with t.fault set.
    """
    header = _BLOCK[t.kind]
    raw = aa.start + header + 3
    off = t.fill(tx, raw, raw + raw_room(aa.room, header))
    if t.fault:
        return 0
    last = 0 if t.more() else 1
    if t.fault:
        last = 0  # reported with the next block: this one is whole
    t.block += 1
    off = put_block(tx, aa.start, _TAG[t.kind], last, t.block, raw, off)
    if last:
        abandon(aa)
    return off
