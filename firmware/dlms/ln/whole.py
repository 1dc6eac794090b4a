"""Long answers where blocks were not negotiated: one APDU as long as the client takes,
streamed, without a buffer of that size.

The WPDU in front tells how long the APDU is, so over TCP the value is read
twice (REQUIREMENTS D-116 to D-119):

    measure   the octets are counted. What another reading might change is kept
              on a tape; nothing is sent
    write     the header, then the value again: from the tape, and elements of
              long attributes encoded anew

Both go in slices of one element, one long attribute opened or a few simple values, one at each turn
of the poll, so that others are served meanwhile. What fits the longest APDU that the server sends
otherwise, and is read in one slice, goes at once. A datagram has no second turn: there the answer
is made in the buffer.

The tape is what the request leaves of the transfer's `buf`:

    buf:  | request | octets(2) kept … cursor(57) | octets(2) kept … cursor | …
          octets(2) kept … | resume(16) |
          0         used                                                                tape_end             size

A cursor stands for a long attribute: its rows were chosen when it was opened, and are asked for by
number. Where the tape is full, what follows is read twice (`overflow`), from the place that resume
tells. A method is not invoked twice: then the answer is refused.

The length announced is kept or the connection ends: rows may be overwritten or cleared, the
lists of objects changed between the passes.
"""

from micropython import const

from dlms.codec.errors import LONG_GET_ABORTED
from dlms.codec.octets import copy, get16, get32, put16, put32
from dlms.codec.wrapper import HEADER
from dlms.codec.wrapper import answer as header
from dlms.long.states import WHOLE_OUT
from dlms.long.stream import HEAD
from dlms.ln import action, get

LATER = const(-1)  # instead of an offset: the answer comes with `Server.more`
BROKEN = const(-1)  # instead of a size: what was announced cannot be kept, the connection has to end
# What a slice may cost, in simple values: the longest elements, of an
# access_rights_list, take some 150,000 instructions
_SLICE = const(4)
_ELEMENT = const(4)
_CURSOR = const(57)
_RESUME = const(16)
_TOO_LONG = const(0x1FFFFFFF)  # an offset behind every buffer
_CLOSED = const(-1)  # no run of kept octets is open
# tags of responses
_GET = const(0xC4)
_ACTION = const(0xC7)
_READ = const(0x0C)
_ACCESS = const(0xDA)
_READ_REQUEST = const(0x05)


# -- the first slice -------------------------------------------------------------------------------


def answer(server, aa, t, tx, head):
    """Send the value that transfer t begins with behind the `head` octets already
    written at tx[aa.start:], in one APDU.

    Returns the offset behind it, LATER, or 0 when it is too long or
    cannot be read (t.fault tells why).
    """
    start = aa.start
    off = start + head
    if not aa.link.carrier.stream:
        off = t.fill(tx, off, start + aa.most)
        if t.more():
            return refused(server, t)
        return off
    n = t.c1 - t.c0
    if head + n <= aa.room and t.i == t.n and not t.waiting():
        # one piece: what nearly every answer is
        copy(tx, off, t.carry, t.c0, n)
        return off + n
    t.tape_end = t.used
    t.run = _CLOSED
    t.block = 0
    t.whole = head + n
    if not put(t, tx, start, head, False) or not put(t, t.carry, t.c0, n, t.i < t.n):
        return refused(server, t)
    return first_slice(server, aa, t, tx, off)


def first_slice(server, aa, t, tx, off):
    """Measure on from the piece in carry, which belongs at tx[off:]; returns as `answer` does."""
    end = aa.start + aa.room
    n = t.c1 - t.c0
    if off + n > end:
        off = _TOO_LONG
    else:
        copy(tx, off, t.carry, t.c0, n)
        off += n
    off = measure(server, t, tx, off, end)
    if t.fault:
        return 0
    if t.taped and off <= end:
        return off
    if t.whole > aa.most or not server.keep(aa, t):
        return refused(server, t)
    t.kind = WHOLE_OUT
    aa.link.streaming = aa
    return LATER


def refused(server, t):
    """The answer cannot be sent; returns 0, and t.fault tells why."""
    if not t.fault:
        t.fault = server.errors.no_resources
    return 0


# -- further slices --------------------------------------------------------------------------------


def more(server, link, tx):
    """The next slice of the answer that goes over a link: what is to be sent is tx[0:n];
    returns n, 0 for nothing yet, or BROKEN.
    """
    aa = link.streaming
    t = aa.transfer
    tag = t.buf[t.used + 2]
    iip = t.buf[t.used + 4]
    try:
        if t.taped or t.block:
            return write(server, link, aa, t, tx)
        measure(server, t, None, _TOO_LONG, 0)
        if not t.fault and t.whole <= aa.most:
            return 0
        refused(server, t)
        end = refuse(server, aa, t, tag, iip, tx)
    except Exception as e:
        server.trail.raised(e)
        end = raised(server, aa, t, tag, iip, tx)
    server.abandon(aa)
    if t.block:
        return BROKEN
    return header(tx, link.keys, 4 * aa.index - 2, end - HEADER) if end else 0


def refuse(server, aa, t, tag, iip, tx):
    """Instead of an answer: what the service says when it cannot be sent;
    returns the offset behind the APDU.
    """
    if tag == _GET:
        return get.result(aa, tx, iip, t.fault)
    if tag == _ACTION:
        return action.result(aa, tx, iip, t.fault)
    if tag == _ACCESS:
        return server.exception(aa, tx, server.errors.access_too_long)
    return server.sn.read.refuse_answer(server, aa, tx, t.buf[t.used + 3], t.fault)


def raised(server, aa, t, tag, iip, tx):
    """The same when an object raised, as `Server.escaped` has it for a request."""
    t.fault = server.errors.escaped
    if tag == _READ:
        return server.sn.escaped(server, aa, _READ_REQUEST, tx)
    if tag == _ACCESS:
        return server.exception(aa, tx, server.errors.gbt_aborted)
    return refuse(server, aa, t, tag, iip, tx)


def write(server, link, aa, t, tx):
    """Write a slice of the answer to tx[0:]; returns its octets, or BROKEN."""
    off = 0
    if t.block == 0:
        header(tx, link.keys, 4 * aa.index - 2, t.whole)
        off = HEADER
    t.block = 1
    n = fill(t, tx, off, min(off + t.whole, HEADER + server.pdu))
    t.whole -= n - off
    # before the last octets leave: the value must end with them
    if t.fault or (t.whole == 0 and t.more()):
        server.trail.cut_short(aa)
        server.abandon(aa)
        return BROKEN
    if t.whole == 0:
        server.abandon(aa)
    return n


def fill(t, out, off, end):
    """Copy the next octets of the value, of not too many pieces, to out[off:end]; returns the
    offset behind them. The end is a fault.
    """
    left = _SLICE
    while off < end:
        n = min(t.c1 - t.c0, end - off)
        if n:
            copy(out, off, t.carry, t.c0, n)
            t.c0 += n
            off += n
        elif left <= 0:
            break
        else:
            left -= _ELEMENT if t.i < t.n else 1
            if t.next():
                if opened(t):
                    left = 0
                continue
            t.fault = t.fault or LONG_GET_ABORTED
            break
    return off


# -- measuring -------------------------------------------------------------------------------------


def measure(server, t, tx, off, end):
    """Count the octets of the next pieces; at the end of the value the tape is rewound. Copy
    them to tx[off:end] as well, if they fit.

    Returns the offset behind them, _TOO_LONG when they do not fit.
    """
    left = _SLICE
    while left > 0:
        left -= _ELEMENT if t.i < t.n else 1
        n = step(server, t)
        if n < 0:
            if not t.fault:
                rewind(t)
            break
        t.whole += n
        if off + n > end:
            off = _TOO_LONG
        else:
            copy(tx, off, t.carry, t.c0, n)
            off += n
        if opened(t):
            break
    return off


def opened(t):
    """True when the piece in carry is the head of a long attribute: choosing its rows may
    have taken longer than any element.
    """
    return t.i == 0 and not t.taped and t.obj is not None and t.attr in t.obj.LONG


def step(server, t):
    """Read the next piece into carry, and keep it unless it is an element; returns its
    octets, -1 at the end or with t.fault set.
    """
    if t.overflow or t.i < t.n:
        if not t.next():
            return -1
    else:
        pos = t.pos
        entries = t.entries
        held = t.held
        attr = t.attr
        if not t.next():
            return -1
        if put(t, t.carry, t.c0, t.c1 - t.c0, t.i < t.n):
            t.once = False
        else:
            t.overflow = True
            resume_at(t, pos, entries, held, attr)
    if t.overflow and (t.once or t.phase):
        # what was done is not done again
        t.fault = server.errors.no_resources
        return -1
    return t.c1 - t.c0


def rewind(t):
    """The value is measured: from now on `Transfer.next` takes its pieces from the tape."""
    t.taped = True
    t.tape = t.used
    t.run = 0
    t.c0 = t.c1 = HEAD
    t.n = t.i = 0


# -- the tape --------------------------------------------------------------------------------------


def put(t, buf, off, n, cursor):
    """Keep buf[off:off+n], and the cursor of the long attribute that follows if there
    is one; False when there is no room.
    """
    end = t.tape_end
    out = t.buf
    if end + 2 + n + (_CURSOR if cursor else 0) > t.size - _RESUME:
        return False
    if t.run == _CLOSED:
        t.run = end
        end += 2
    copy(out, end, buf, off, n)
    end += n
    put16(out, t.run, end - t.run - 2)
    if cursor:
        put_cursor(t, out, end)
        end += _CURSOR
        t.run = _CLOSED
    t.tape_end = end
    return True


def put_cursor(t, out, p):
    """`tag selector attribute record(2) off(2) end(2) n(4) u(4) v(4) w(4) map(32)`, of
    numbers that begin at -1 one more.
    """
    out[p] = t.tag
    out[p + 1] = t.selector
    out[p + 2] = t.attr
    put16(out, p + 3, t.record)
    put16(out, p + 5, t.off)
    put16(out, p + 7, t.end)
    put32(out, p + 9, t.n)
    put32(out, p + 13, t.u)
    put32(out, p + 17, t.v + 1)
    put32(out, p + 21, t.w + 1)
    copy(out, p + 25, t.map, 0, 32)


def get_cursor(t, buf, p):
    """The long attribute whose cursor stands at buf[p:] comes next."""
    t.tag = buf[p]
    t.selector = buf[p + 1]
    t.attr = buf[p + 2]
    t.record = get16(buf, p + 3)
    t.off = get16(buf, p + 5)
    t.end = get16(buf, p + 7)
    t.n = get32(buf, p + 9)
    t.u = get32(buf, p + 13)
    t.v = get32(buf, p + 17) - 1
    t.w = get32(buf, p + 21) - 1
    copy(t.map, 0, buf, p + 25, 32)
    t.i = 0
    t.obj = t.server.object(t.aa, t.record)


def resume_at(t, pos, entries, held, attr):
    """The tape is full: where the piece in carry was read, `pos(2) entries(2) held(2)
    attribute last record(2) readable(4)`.
    """
    buf = t.buf
    p = t.tape_end
    put16(buf, p, pos)
    put16(buf, p + 2, entries)
    put16(buf, p + 4, held)
    # attributes of one object go on; of a list the next entry says which
    same = entries == t.entries
    buf[p + 6] = attr if same else 0
    buf[p + 7] = t.last if same else 0
    put16(buf, p + 8, t.record)
    put32(buf, p + 10, t.readable)


def replay(t):
    """Put the next octets of the tape into the empty carry; False at the end of the value.
    The second half of `Transfer.next`.
    """
    buf = t.buf
    if t.run == 0:
        if t.tape == t.tape_end:
            return t.overflow and resume(t)
        t.run = get16(buf, t.tape)
        t.tape += 2
    n = min(t.run, t.piece)
    copy(t.carry, HEAD, buf, t.tape, n)
    t.c1 = HEAD + n
    t.tape += n
    t.run -= n
    if t.run == 0 and t.tape < t.tape_end:
        get_cursor(t, buf, t.tape)
        t.tape += _CURSOR
    return True


def resume(t):
    """The tape has ended: go on reading where it was full."""
    buf = t.buf
    p = t.tape_end
    t.taped = False
    t.pos = get16(buf, p)
    t.entries = get16(buf, p + 2)
    t.held = get16(buf, p + 4)
    t.attr = buf[p + 6]
    t.last = buf[p + 7]
    t.record = get16(buf, p + 8)
    t.readable = get32(buf, p + 10)
    t.obj = t.server.object(t.aa, t.record)
    return t.next()
