"""General block transfer (REQUIREMENTS D.9, D-80 to D-89): any APDU,
request or answer, in numbered blocks.

    E0 · block-control · block-number(2) · block-number-ack(2) · length · block-data
         bit 7 last block, bit 6 streaming (more comes, do not answer yet), bits 0 to 5 window

Each side numbers its own blocks from 1, those without data too. block-number-ack tells the other
side up to where nothing is missing; window, how many blocks its sender takes in one stream. Those
who acknowledge without data set last block (D-86).

    request                              answer
    C  E0 4w 0001 0000 …                 S  E0 4w 0001 0002 …
    C  E0 80 0002 0000 …                 S  E0 0w 0002 0002 …          the stream is as long as the client's window
                                         C  E0 8w 0003 0002 00         all taken: the next stream
                                         S  E0 80 0003 0003 …          the last block; an acknowledgement of it is welcome

A client that sent its request in blocks is answered in blocks (D-85). Another one is when the
answer does not fit and the blocks of the service itself were not negotiated; its window is not
known then, and 1 is taken (D-89a). So is a window of 0 [choice].

The client drives recovery: it says in block-number-ack where its gap begins, and the stream goes
out again from there (D-87). The server has no timer. Requests are taken in order; blocks behind a
gap are not kept. On a connection nothing is repeated. Among datagrams the same first block again is
the same request again, and is answered by the answer there is and not by doing it twice; only a GET
answered by a single block is read anew. A block that comes again with other octets is none of this
request: see `dlms.long.states`.

What is done in which state stands in `dlms.long.states`; how an answer can be
sent twice, in `dlms.long.legs`.
"""

from micropython import const

from dlms.codec.axdr import put_size
from dlms.codec.conformance import GENERAL_BLOCK_TRANSFER
from dlms.codec.octets import copy, digest, get16, length, length_size, put16
from dlms.long import states
from dlms.long.legs import Legs
from dlms.long.states import GBT_IN, GBT_OUT, GBT_SENT
from dlms.long.stream import raw_room

TAG = const(0xE0)
_HEADER = const(6)  # octets of an APDU before the length field
_LAST = const(0x80)
_STREAMING = const(0x40)
_WINDOW = const(0x3F)
_NUMBERS = const(0xFFFF)  # a transfer of more blocks than there are numbers ends
_REPEATS = const(5)  # answers without progress, one after the other, until a transfer ends
_GET = const(0xC0)
_ACCESS = (0xD9, 0xDA)
_SINGLE = const(1)
_SINGLE_GET = const(2)


class Numbers:
    """Where a dialogue of blocks stands. That of the server has `open` as well: whether the
    request being served came in blocks.
    """

    def __init__(self):
        self.sent = 0  # our last block sent, or sent again
        self.got = 0  # up to here no block of the client is missing
        self.window = 1  # the client's
        self.first = 0  # digest of the first block of the request …
        self.single = 0  # … and whether it was the only one: 0, or _SINGLE, or of a GET _SINGLE_GET
        self.final = 0  # digest of the data of its last block

    def adopt(self, other):
        """Take over a dialogue."""
        self.sent = other.sent
        self.got = other.got
        self.window = other.window
        self.first = other.first
        self.single = other.single
        self.final = other.final

    def hear(self, block):
        """The client's window, as a block tells it."""
        self.window = block.control & _WINDOW or 1


class Dialogue(Numbers):
    """One general block transfer: belongs to a `stream.Transfer`, as `gbt`."""

    def __init__(self, limits):
        super().__init__()
        self.legs = Legs(limits)
        self.start = 0  # our last block before the answer
        self.acked = 0  # our last block that the client has
        self.high = 0  # our last block that was ever sent
        self.left = 0  # blocks that the stream at hand may still have
        self.repeats = 0  # answers since the client made progress


class Block:
    """The block that is being served, taken apart."""

    def __init__(self):
        self.control = 0
        self.number = 0
        self.ack = 0
        self.at = 0  # its data: offset …
        self.n = 0  # … and octets
        self.digest = 0

    def read(self, rx, p, end):
        """Take the APDU rx[p:end] apart; False when it is malformed."""
        self.n = length(rx, p + _HEADER, end) if end - p > _HEADER else -1
        if self.n < 0:
            return False
        self.control = rx[p + 1]
        self.number = get16(rx, p + 2)
        self.ack = get16(rx, p + 4)
        self.at = p + _HEADER + length_size(rx, p + _HEADER)
        self.digest = digest(rx, p + 1, end - p - 1)
        return self.at + self.n == end and self.number > 0


# -- a block comes
# -------------------------------------------------------------------------------------


def request(server, aa, rx, p, end, tx):
    """Serve the block rx[p:end]; returns the offset behind the answer at
    tx[aa.start:], or 0 for none.
    """
    errors = server.errors
    if server.pushes is not None and server.pushes.heard(aa.link, aa, rx, p, end):
        return 0
    if aa.conformance & GENERAL_BLOCK_TRANSFER == 0:
        server.abandon(aa)
        return server.exception(aa, tx, errors.service_not_negotiated)
    block = server.block
    event = classify(aa, block, rx) if block.read(rx, p, end) else states.GBT_BAD
    action = states.step(server, aa, event)
    if (action == states.SEND or action == states.ACKNOWLEDGE) and stuck(aa.transfer.gbt, block, action):
        action = states.step(server, aa, states.GBT_STUCK)
    if action == states.TAKE:
        return take(server, aa, rx, tx)
    if action == states.SEND:
        return send(server, aa, tx)
    if action == states.EXECUTE:
        return execute_whole(server, aa, rx, tx)
    if action == states.ACKNOWLEDGE:
        return 0 if block.control & _STREAMING else acknowledge(server, aa, aa.transfer.gbt, tx)
    if action == states.BEGIN:
        return begin(server, aa, rx, tx)
    if action == states.MALFORMED:
        return server.exception(aa, tx, errors.malformed_gbt)
    if action == states.NO_ROOM:
        return server.exception(aa, tx, errors.apdu_too_long)
    if action == states.ABORT or (
        action == states.IGNORE and block.n and aa.transfer is None and aa.link.carrier.stream
    ):
        # on a connection nothing comes late: who goes on with what is over is told so
        return server.exception(aa, tx, errors.gbt_aborted)
    return 0


def stuck(g, block, action):
    """Count what is answered although the client has made no progress;
    True when that was often enough.
    """
    if action == states.ACKNOWLEDGE and block.control & _STREAMING:
        return False  # not answered
    if action == states.SEND and block.n == 0 and block.ack > g.acked:
        g.repeats = 0
        return False
    g.repeats += 1
    return g.repeats > _REPEATS


def classify(aa, block, rx):
    """The event that a well-formed block is, for the state of the AA."""
    t = aa.transfer
    if t is not None and t.kind == GBT_IN:
        return classify_request(t, block, rx, aa.link.carrier.stream)
    if t is not None and t.kind >= GBT_OUT:
        return classify_ack(t.gbt, block, rx, t.kind == GBT_SENT, aa.link.carrier.stream)
    if block.n == 0:
        return states.GBT_ACK
    if block.number > 1:
        return states.GBT_AHEAD
    return states.GBT_UNSENT if block.ack else states.GBT_FIRST


def classify_request(t, block, rx, stream):
    """The event of a block while a request comes."""
    g = t.gbt
    if block.ack > g.sent:
        return states.GBT_UNSENT
    if block.number == 1 and block.n and (stream or block.digest != g.first):
        return states.GBT_FIRST
    if block.number <= g.got:
        # the last block of a request has not been taken yet
        other = block.n and (block.control & _LAST or g.legs.differs(t, block.number, rx, block.at, block.n))
        return states.GBT_OTHER if other else states.GBT_OLD
    if block.number > g.got + 1:
        return states.GBT_AHEAD
    if not t.take_room(block.n):
        return states.GBT_LONG
    if block.control & _LAST:
        return states.GBT_LAST
    return states.GBT_BLOCK if block.control & _STREAMING else states.GBT_TURN


def classify_ack(g, block, rx, sent, stream):
    """The event of a block while an answer goes, or has gone (sent)."""
    if block.n and block.number == 1 and (stream or block.digest != g.first):
        return states.GBT_UNSENT if block.ack else states.GBT_FIRST
    if block.n and block.number == 1 and (not g.single or g.acked > g.start):
        # the first block again, late; but the same request may come twice
        # once it was answered whole
        return states.GBT_FIRST if g.single and sent else states.GBT_ACK_OLD
    if block.n and block.number == 1 and g.single == _SINGLE_GET and sent and g.high == g.start + 1:
        return states.GBT_FIRST
    if block.ack > g.high:
        return states.GBT_UNSENT
    if block.number < g.got or (block.ack < g.acked and g.acked > g.start):
        return states.GBT_ACK_OLD
    if block.n:
        if block.number > g.got:
            return states.GBT_AHEAD
        return (
            states.GBT_OLD if block.control & _LAST and digest(rx, block.at, block.n) == g.final else states.GBT_OTHER
        )
    return states.GBT_ACK_ALL if sent and block.ack == g.high else states.GBT_ACK


# -- a request in blocks
# -------------------------------------------------------------------------------


def begin(server, aa, rx, tx):
    """Block 1 of a request. When it is the only one it is executed where it stands."""
    block = server.block
    numbers = server.dialogue
    if block.control & _LAST:
        numbers.sent = 0
        numbers.got = 1
        numbers.first = block.digest
        numbers.single = _SINGLE_GET if rx[block.at] == _GET else _SINGLE
        numbers.final = digest(rx, block.at, block.n)
        numbers.hear(block)
        return execute(server, aa, rx, block.at, block.at + block.n, tx)
    t = server.scratch
    t.reset()
    if not t.take_room(block.n):
        return server.exception(aa, tx, server.errors.apdu_too_long)
    if not server.keep(aa, t):
        return server.exception(aa, tx, server.errors.gbt_aborted)
    t.kind = GBT_IN
    t.aa = aa
    g = t.gbt
    g.sent = 0
    g.got = 0
    g.first = block.digest
    g.single = 0
    end = take(server, aa, rx, tx)
    t.iip = invoke_id(t.buf, t.used)
    return end


def invoke_id(buf, n):
    """The octet with the invoke-id in the APDU, or part of one, buf[0:n]; of ACCESS the last
    one of four. 0 when it is not there.
    """
    i = 4 if buf[0] in _ACCESS else 2
    return buf[i] if n > i else 0


def take(server, aa, rx, tx):
    """Keep the block; acknowledge it when the client waits for that."""
    keep(aa.transfer, server.block, rx)
    return 0 if server.block.control & _STREAMING else acknowledge(server, aa, aa.transfer.gbt, tx)


def keep(t, block, rx):
    """Append the data of the block to the request."""
    g = t.gbt
    g.legs.taken(block.number, t.used, block.n)
    t.take(rx, block.at, block.n)
    g.got = block.number
    g.repeats = 0
    g.hear(block)


def acknowledge(server, aa, g, tx):
    """`E0 8w number ack 00`: how far the request has come."""
    g.sent += 1
    return write(server, aa, g, tx, aa.start + _HEADER + 1, aa.start + _HEADER + 1, _LAST)


def execute_whole(server, aa, rx, tx):
    """The last block of a request has come."""
    t = aa.transfer
    block = server.block
    keep(t, block, rx)
    t.gbt.final = digest(rx, block.at, block.n)
    server.dialogue.adopt(t.gbt)
    # The request is read from the transfer given back; the answer is built in the scratch one.
    server.abandon(aa)
    return execute(server, aa, t.buf, 0, t.used, tx)


def execute(server, aa, buf, p, end, tx):
    """Serve the APDU buf[p:end] that came in blocks, and answer in blocks (D-85)."""
    if p == end or buf[p] == TAG:
        return server.exception(aa, tx, server.errors.malformed_gbt)
    numbers = server.dialogue
    numbers.open = True
    end = server.dispatch(aa, buf[p], buf, p, end, tx)
    if not numbers.open or end == 0:
        numbers.open = False
        return end  # `respond` sent it, or there is nothing to send
    # a short answer, written where it would have gone alone
    t = server.scratch
    t.reset()
    server.abandon(aa)
    end = respond(server, aa, t, tx, end - aa.start)
    numbers.open = False
    return end if end else server.exception(aa, tx, server.errors.gbt_aborted)


# -- an answer in blocks
# -------------------------------------------------------------------------------


def respond(server, aa, t, tx, head):
    """Send the answer that transfer t begins with behind the `head` octets
    already written at tx[aa.start:].

    In one piece when it may and does fit. Returns the offset behind the APDU; 0 when it
    cannot be sent (t.fault tells why).
    """
    numbers = server.dialogue
    g = t.gbt
    legs = g.legs
    start = aa.start
    copy(legs.seg, 0, tx, start, head)
    t.iip = invoke_id(legs.seg, head)
    legs.begin(t, head)
    if not numbers.open:
        end = alone(legs, t, tx, start, start + aa.room)
        if end or t.fault:
            return end
        legs.rewind()
        numbers.sent = 0
        numbers.got = 0
        numbers.window = 1
        numbers.single = 0
    g.adopt(numbers)
    g.repeats = 0
    g.start = g.acked = g.high = g.sent
    legs.mark(g.sent, tx, 0, 0)
    t.aa = aa
    end = stream(server, aa, t, tx)
    if t.fault:
        return 0
    ended = t.kind == GBT_SENT
    # one block on a connection cannot be lost, and is better not repeatable than not sent
    if not (ended and aa.link.carrier.stream) and not server.keep(aa, t) and not ended:
        aa.link.streaming = None
        t.fault = server.errors.no_resources
        return 0
    numbers.open = False
    if not ended:
        t.kind = GBT_OUT
    return end


def alone(legs, t, tx, start, end):
    """Write the whole answer to tx[start:end]; returns its end, 0 when it
    does not fit or t.fault is set.

    When it does not fit, its legs up to there have become one, which can be sent in blocks. So it
    can where they find no room to be kept.
    """
    off = start
    while True:
        off = legs.fill(t, tx, off, end)
        if t.fault or not legs.spent():
            return 0
        if not legs.follows(t):
            return off
        if not legs.join(t, tx, start, off - start):
            return 0


def send(server, aa, tx):
    """The client acknowledged: send what follows, new or again."""
    block = server.block
    t = aa.transfer
    g = t.gbt
    # the request's last block again tells nothing new of what the client has
    g.sent = g.acked if block.n else block.ack
    g.got = block.number
    g.hear(block)
    if g.sent >= g.start:
        g.acked = g.sent
        g.legs.back(g.sent)
    else:
        g.legs.rewind()
    if g.legs.spent() and g.acked == g.high and g.legs.follows(t):
        g.legs.go_on(t)
        g.legs.mark(g.acked, tx, 0, 0)
    return stream(server, aa, t, tx)


def stream(server, aa, t, tx):
    """The first block of a stream; `next_block` sends the others."""
    g = t.gbt
    g.left = min(g.window, server.window)
    return next_block(server, aa, t, tx)


def next_block(server, aa, t, tx):
    """The next block of the stream at hand at tx[aa.start:]; returns the offset behind it."""
    g = t.gbt
    legs = g.legs
    raw = aa.start + _HEADER + 3
    if g.sent < g.start:
        # an acknowledgement of the request is asked for again
        g.sent += 1
        g.left -= 1
        aa.link.streaming = aa if g.left else None
        return write(server, aa, g, tx, raw, raw, _STREAMING if g.left else 0)
    end = legs.fill(t, tx, raw, raw + raw_room(aa.room, _HEADER))
    again = g.sent < g.high
    g.sent += 1
    if t.fault or g.sent > _NUMBERS or (again and not legs.same(g.sent, tx, raw, end - raw)):
        return give_up(server, aa, t, tx)
    if not again:
        legs.mark(g.sent, tx, raw, end - raw)
        g.high = g.sent
    g.left -= 1
    if legs.ended(t):
        control = _LAST
        t.kind = GBT_SENT
    else:
        control = 0 if g.left == 0 or legs.spent() else _STREAMING
    aa.link.streaming = aa if control == _STREAMING else None
    return write(server, aa, g, tx, raw, end, control)


def give_up(server, aa, t, tx):
    """The answer cannot be continued: rows are gone, or were changed
    before they were sent again (D-89).
    """
    aa.link.streaming = None
    if not t.fault:
        t.fault = server.errors.no_resources
    if aa.transfer is t:
        server.abandon(aa)
    return server.exception(aa, tx, server.errors.gbt_aborted)


def write(server, aa, g, tx, raw, end, control):
    """Write the header of our block g.sent in front of its data tx[raw:end];
    returns the offset behind the APDU.
    """
    p = aa.start
    tx[p] = TAG
    tx[p + 1] = control | server.window
    put16(tx, p + 2, g.sent)
    put16(tx, p + 4, g.got)
    p = put_size(tx, p + _HEADER, end - raw)
    if p != raw:
        copy(tx, p, tx, raw, end - raw)
    return p + end - raw
