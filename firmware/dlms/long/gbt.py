"""General block transfer (REQUIREMENTS D.9, D-80 to D-89): any APDU,
request or answer, in numbered blocks.

    E0 · block-control · block-number(2) · block-number-ack(2) · length · block-data
         bit 7 last block, bit 6 streaming (more comes, do not answer yet), bits 0 to 5 window

Each side numbers its own blocks from 1, those without data too. block-number-ack shows the other
side up to where nothing is missing; window, how many blocks its sender takes in one stream. Those
who acknowledge without data set last block (D-86).

    request                              answer
    C  E0 4w 0001 0000 …                 S  E0 4w 0001 0002 …
    C  E0 80 0002 0000 …                 S  E0 0w 0002 0002 …          the stream is as long as the client's window
                                         C  E0 8w 0003 0002 00         all taken: the next stream
                                         S  E0 80 0003 0003 …          the last block; the client may acknowledge it

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

from array import array

from micropython import const

from dlms.codec.conformance import GENERAL_BLOCK_TRANSFER
from dlms.codec.octets import copy, digest, get16, length, length_size
from dlms.aa.association import OTHER
from dlms.aa.refusal import exception
from dlms.long import states
from dlms.long.general import acknowledged, back, mark, put_general, put_next, received, fast_block, taken
from dlms.long.legs import Legs
from dlms.long.now import MARKS, OWN, PER_MARK, SLOTS, Numbers
from dlms.long.states import GBT_SENT
from dlms.long.stream import raw_room
from dlms.long.lending import abandon, lend

_ACCESS_REQUEST = const(0xD9)  # as `dlms.codec.tags.ACCESS_REQUEST`
_ACCESS_RESPONSE = const(0xDA)  # as `dlms.codec.tags.ACCESS_RESPONSE`
TAG = const(0xE0)  # as `dlms.codec.tags.GENERAL_BLOCK_TRANSFER`
WHOLE = const(-2)  # instead of an offset: the request is whole, and `Exchange` has it
_HEADER = const(6)  # octets of an APDU before the length field
_LAST = const(0x80)
_STREAMING = const(0x40)
_WINDOW_BITS = const(0x3F)
_MOST_REPEATS = const(5)  # answers without progress, one after the other, until a transfer ends
_GET_REQUEST = const(0xC0)  # as `dlms.codec.tags.GET_REQUEST`
_ACCESS = (_ACCESS_REQUEST, _ACCESS_RESPONSE)
_SINGLE = const(1)
_SINGLE_GET = const(2)
_GBT_IN = const(8)  # as `dlms.long.states.GBT_IN`
_GBT_OUT = const(9)  # as `dlms.long.states.GBT_OUT`

# these as in `dlms.long.now`
_SENT = const(0)
_GOT = const(1)
_WINDOW = const(2)
_FIRST = const(3)
_OF_SINGLE = const(4)
_FINAL = const(5)
_START = const(6)
_ACKED = const(7)
_HIGH = const(8)
_LEFT = const(9)
_REPEATS = const(10)
_ROOM = const(18)
_SPENT = const(19)
_USED = const(20)


class Dialogue(Legs):
    """One general block transfer: belongs to a `stream.Transfer`, as `gbt`."""

    def __init__(self, limits):
        slots = limits.GBT_WINDOW + 1
        now = array("i", bytes(4 * (MARKS + PER_MARK * slots)))
        now[_WINDOW] = 1
        now[OWN] = limits.GBT_WINDOW
        now[SLOTS] = slots
        super().__init__(limits, now)


class Exchange(Numbers):
    """The dialogue in which the request being served came, if it came in blocks."""

    def __init__(self):
        super().__init__()
        self.open = False  # whether it did, and its answer has not been sent yet
        # the request, once it is whole: the APDU buf[at:end]
        self.buf = None
        self.at = 0
        self.end = 0

    def hold(self, buf, at, end):
        """The request is whole."""
        self.buf = buf
        self.at = at
        self.end = end


class Block:
    """The block that is being served, taken apart."""

    def __init__(self):
        self.control = 0
        self.number = 0
        self.ack = 0
        self.at = 0  # its data: offset …
        self.n = 0  # … and octets
        self.digest = 0  # of a first block

    def read(self, rx, p, end):
        """Take the APDU rx[p:end] apart; False when it is malformed."""
        self.n = length(rx, p + _HEADER, end) if end - p > _HEADER else -1
        if self.n < 0:
            return False
        self.control = rx[p + 1]
        self.number = get16(rx, p + 2)
        self.ack = get16(rx, p + 4)
        self.at = p + _HEADER + length_size(rx, p + _HEADER)
        self.digest = digest(rx, p + 1, end - p - 1) if self.number == 1 else 0
        return self.at + self.n == end and self.number > 0

    def window(self):
        """The client's window, as the block shows it."""
        return self.control & _WINDOW_BITS or 1


# -- a block comes ---------------------------------------------------------------------------------


def request(kit, aa, rx, p, end, tx):
    """Serve the block rx[p:end]; returns the offset after the answer at tx[aa.start:], 0 for
    none, or WHOLE.
    """
    t = aa.transfer
    if t is not None:
        # what comes all day needs no table: the block expected in GBT_IN is TAKE, an
        # acknowledgement of more in GBT_OUT is SEND
        kind = t.kind
        if kind == _GBT_OUT:
            done = acknowledged(t.gbt.now, rx, p, end)
            if done:
                if done == 2:
                    next_leg(t, tx)
                return next_block(kit, aa, t, tx)
        elif kind == _GBT_IN:
            now = t.gbt.now
            come = t.request
            done = received(now, come.buf, come.used, come.size, rx, p, end, tx, aa.start)
            if done >= 0:
                come.used = now[_USED]
                return done
    return any_block(kit, aa, rx, p, end, tx)


def any_block(kit, aa, rx, p, end, tx):
    """The same, for a block that may be anything."""
    errors = kit.errors
    if kit.long_push is not None and kit.long_push.heard(aa.link, aa, rx, p, end):
        return 0
    if aa.conformance & GENERAL_BLOCK_TRANSFER == 0:
        abandon(aa)
        return exception(errors, aa, tx, errors.service_not_negotiated)
    block = kit.block
    event = classify(aa, block, rx) if block.read(rx, p, end) else states.GBT_BAD
    action = states.step(aa, event)
    if (action == states.SEND or action == states.ACKNOWLEDGE) and stuck(aa.transfer.gbt.now, block, action):
        action = states.step(aa, states.GBT_STUCK)
    if action == states.TAKE:
        return take(kit, aa, rx, tx)
    if action == states.SEND:
        return send(kit, aa, tx)
    if action == states.EXECUTE:
        return execute_whole(kit, aa, rx, tx)
    if action == states.ACKNOWLEDGE:
        return 0 if block.control & _STREAMING else acknowledge(kit, aa, aa.transfer.gbt.now, tx)
    if action == states.BEGIN:
        return first_block(kit, aa, rx, tx)
    if action == states.MALFORMED:
        return exception(errors, aa, tx, errors.malformed_gbt)
    if action == states.NO_ROOM:
        return exception(errors, aa, tx, errors.apdu_too_long)
    if action == states.ABORT or (
        action == states.IGNORE and block.n and aa.transfer is None and aa.link.carrier.stream
    ):
        # on a connection nothing comes late: who goes on with what is over gets an error
        return exception(errors, aa, tx, errors.gbt_aborted)
    return 0


def stuck(now, block, action):
    """Count what is answered although the client has made no progress; True when that was often
    enough.
    """
    if action == states.ACKNOWLEDGE and block.control & _STREAMING:
        return False  # not answered
    if action == states.SEND and block.n == 0 and block.ack > now[_ACKED]:
        now[_REPEATS] = 0
        return False
    now[_REPEATS] += 1
    return now[_REPEATS] > _MOST_REPEATS


def classify(aa, block, rx):
    """The event that a well-formed block is, for the state of the AA."""
    t = aa.transfer
    if t is not None and t.kind == _GBT_IN:
        return classify_request(t, block, rx, aa.link.carrier.stream)
    if t is not None and t.kind >= _GBT_OUT:
        return classify_ack(t.gbt.now, block, rx, t.kind == GBT_SENT, aa.link.carrier.stream)
    if block.n == 0:
        return states.GBT_ACK
    if block.number > 1:
        return states.GBT_AHEAD
    return states.GBT_UNSENT if block.ack else states.GBT_FIRST


def classify_request(t, block, rx, stream):
    """The event of a block while a request comes."""
    now = t.gbt.now
    if block.ack > now[_SENT]:
        return states.GBT_UNSENT
    if block.number == 1 and block.n and (stream or block.digest != now[_FIRST]):
        return states.GBT_FIRST
    if block.number <= now[_GOT]:
        # the last block of a request has not been taken yet
        other = block.n and (block.control & _LAST or t.gbt.differs(t, block.number, rx, block.at, block.n))
        return states.GBT_OTHER if other else states.GBT_OLD
    if block.number > now[_GOT] + 1:
        return states.GBT_AHEAD
    if not t.request.has_room(block.n):
        return states.GBT_LONG
    if block.control & _LAST:
        return states.GBT_LAST
    return states.GBT_BLOCK if block.control & _STREAMING else states.GBT_TURN


def classify_ack(now, block, rx, sent, stream):
    """The event of a block while an answer goes, or has gone (sent)."""
    if block.n and block.number == 1 and (stream or block.digest != now[_FIRST]):
        return states.GBT_UNSENT if block.ack else states.GBT_FIRST
    if block.n and block.number == 1 and (not now[_OF_SINGLE] or now[_ACKED] > now[_START]):
        # the first block again, late; but the same request may come twice once it was answered
        # whole
        return states.GBT_FIRST if now[_OF_SINGLE] and sent else states.GBT_ACK_OLD
    if block.n and block.number == 1 and now[_OF_SINGLE] == _SINGLE_GET and sent and now[_HIGH] == now[_START] + 1:
        return states.GBT_FIRST
    if block.ack > now[_HIGH]:
        return states.GBT_UNSENT
    if block.number < now[_GOT] or (block.ack < now[_ACKED] and now[_ACKED] > now[_START]):
        return states.GBT_ACK_OLD
    if block.n:
        if block.number > now[_GOT]:
            return states.GBT_AHEAD
        return (
            states.GBT_OLD
            if block.control & _LAST and digest(rx, block.at, block.n) == now[_FINAL]
            else states.GBT_OTHER
        )
    return states.GBT_ACK_ALL if sent and block.ack == now[_HIGH] else states.GBT_ACK


# -- a request in blocks ---------------------------------------------------------------------------


def first_block(kit, aa, rx, tx):
    """Block 1 of a request. When it is the only one it is executed where it stands."""
    block = kit.block
    if block.control & _LAST:
        now = kit.dialogue.now
        now[_SENT] = 0
        now[_GOT] = 1
        now[_FIRST] = block.digest
        now[_OF_SINGLE] = _SINGLE_GET if rx[block.at] == _GET_REQUEST else _SINGLE
        now[_FINAL] = digest(rx, block.at, block.n)
        now[_WINDOW] = block.window()
        return execute(kit, aa, rx, block.at, block.at + block.n, tx)
    t = kit.scratch
    t.reset()
    if not t.request.has_room(block.n):
        return exception(kit.errors, aa, tx, kit.errors.apdu_too_long)
    if not lend(kit, aa, t):
        return exception(kit.errors, aa, tx, kit.errors.gbt_aborted)
    t.kind = _GBT_IN
    t.aa = aa
    if aa.confirmed:
        # while a request comes its blocks take a fast path, and nothing else does
        aa.way[OTHER] = fast_block
    now = t.gbt.now
    now[_SENT] = now[_GOT] = now[_OF_SINGLE] = 0
    now[_FIRST] = block.digest
    end = take(kit, aa, rx, tx)
    t.request.iip = invoke_id(t.buf, t.request.used)
    return end


def invoke_id(buf, n):
    """The octet with the invoke-id in the APDU, or part of one, buf[0:n]; of ACCESS the last
    one of four. 0 when it is not there.
    """
    i = 4 if buf[0] in _ACCESS else 2
    return buf[i] if n > i else 0


def take(kit, aa, rx, tx):
    """Keep the block; acknowledge it when the client waits for that."""
    keep(aa.transfer, kit.block, rx)
    return 0 if kit.block.control & _STREAMING else acknowledge(kit, aa, aa.transfer.gbt.now, tx)


def keep(t, block, rx):
    """Append the data of the block to the request."""
    now = t.gbt.now
    taken(now, block.number, t.request.used, block.n)
    t.request.take(rx, block.at, block.n)
    now[_GOT] = block.number
    now[_REPEATS] = 0
    now[_WINDOW] = block.window()


def acknowledge(kit, aa, now, tx):
    """`E0 8w number ack 00`: how far the request has come."""
    now[_SENT] += 1
    raw = aa.start + _HEADER + 1
    return put_general(now, tx, aa.start, raw, raw, _LAST | kit.window)


def execute_whole(kit, aa, rx, tx):
    """The last block of a request has come."""
    t = aa.transfer
    block = kit.block
    keep(t, block, rx)
    t.gbt.now[_FINAL] = digest(rx, block.at, block.n)
    kit.dialogue.adopt(t.gbt)
    # The request is read from the transfer given back; the answer is built in the scratch one.
    abandon(aa)
    return execute(kit, aa, t.buf, 0, t.request.used, tx)


def execute(kit, aa, buf, p, end, tx):
    """The APDU buf[p:end] has come in blocks: returns WHOLE, and the server serves it as any other."""
    if p == end or buf[p] == TAG:
        return exception(kit.errors, aa, tx, kit.errors.malformed_gbt)
    kit.dialogue.hold(buf, p, end)
    return WHOLE


def finish(kit, aa, end, tx):
    """Answer in blocks a request that came in blocks (D-85). Its answer is
    tx[aa.start:end], unless `respond` has sent it.
    """
    if not kit.dialogue.open or end == 0:
        return end  # `respond` sent it, or there is nothing to send
    # a short answer, written where it would have gone alone
    t = kit.scratch
    t.reset()
    abandon(aa)
    end = respond(kit, aa, t, tx, end - aa.start)
    return end if end else exception(kit.errors, aa, tx, kit.errors.gbt_aborted)


# -- an answer in blocks ---------------------------------------------------------------------------


def respond(kit, aa, t, tx, head):
    """Send the answer that transfer t begins with after the `head` octets
    already written at tx[aa.start:].

    In one piece when it may and does fit. Returns the offset after the APDU; 0 when it
    cannot be sent (t.fault shows why).
    """
    numbers = kit.dialogue
    legs = t.gbt
    start = aa.start
    copy(legs.seg, 0, tx, start, head)
    t.request.iip = invoke_id(legs.seg, head)
    legs.gather(t, head)
    if not numbers.open:
        end = alone(legs, t, tx, start, start + aa.room)
        if end or t.fault:
            return end
        legs.rewind()
        numbers.begin(1)
    t.gbt.adopt(numbers)
    now = t.gbt.now
    now[_REPEATS] = 0
    now[_ROOM] = raw_room(aa.room, _HEADER)
    now[_START] = now[_ACKED] = now[_HIGH] = now[_SENT]
    mark(now, now[_SENT], tx, 0, 0)
    t.aa = aa
    now[_LEFT] = min(now[_WINDOW], kit.window)
    end = next_block(kit, aa, t, tx)
    if t.fault:
        return 0
    ended = t.kind == GBT_SENT
    # one block on a connection cannot be lost, and is better not repeatable than not sent
    if not (ended and aa.link.carrier.stream) and not lend(kit, aa, t) and not ended:
        aa.link.streaming = None
        t.fault = kit.errors.no_resources
        return 0
    numbers.open = False
    if not ended:
        t.kind = _GBT_OUT
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


def send(kit, aa, tx):
    """The client acknowledged: send what follows, new or again."""
    block = kit.block
    t = aa.transfer
    now = t.gbt.now
    # the request's last block again shows nothing new of what the client has
    now[_SENT] = now[_ACKED] if block.n else block.ack
    now[_GOT] = block.number
    now[_WINDOW] = block.window()
    now[_LEFT] = min(now[_WINDOW], kit.window)
    if now[_SENT] >= now[_START]:
        now[_ACKED] = now[_SENT]
        back(now, now[_SENT])
    else:
        t.gbt.rewind()
    if t.gbt.spent() and now[_ACKED] == now[_HIGH]:
        next_leg(t, tx)
    return next_block(kit, aa, t, tx)


def next_leg(t, tx):
    """All of a leg is acknowledged: go on with the one after it, if there is one."""
    legs = t.gbt
    if legs.follows(t):
        legs.go_on(t)
        now = t.gbt.now
        mark(now, now[_ACKED], tx, 0, 0)


def next_block(kit, aa, t, tx):
    """The next block of the stream at hand at tx[aa.start:]; returns the offset after it."""
    legs = t.gbt
    now = legs.now
    start = aa.start
    raw = start + _HEADER + 3
    if now[_SENT] < now[_START]:
        # an acknowledgement of the request is asked for again
        now[_SENT] += 1
        now[_LEFT] -= 1
        control = _STREAMING if now[_LEFT] else 0
        end = put_general(now, tx, start, raw - 2, raw - 2, control | kit.window)
    else:
        end = legs.fill(t, tx, raw, raw + now[_ROOM])
        end = 0 if t.fault else put_next(now, tx, start, raw, end)
        if end == 0:
            return give_up(kit, aa, t, tx)
        if now[_SPENT] and not legs.follows(t):
            tx[start + 1] |= _LAST
            t.kind = GBT_SENT
    aa.link.streaming = aa if tx[start + 1] & _STREAMING else None
    return end


def give_up(kit, aa, t, tx):
    """The answer cannot be continued: rows are gone, or were changed
    before they were sent again (D-89).
    """
    aa.link.streaming = None
    if not t.fault:
        t.fault = kit.errors.no_resources
    if aa.transfer is t:
        abandon(aa)
    return exception(kit.errors, aa, tx, kit.errors.gbt_aborted)
