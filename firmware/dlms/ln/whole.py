"""Long answers where blocks were not negotiated: one APDU as long as the client takes,
streamed, without a buffer of that size.

The WPDU in front shows how long the APDU is, so over TCP the value is read
twice (REQUIREMENTS D-116 to D-119):

    measure   the octets are counted. What another reading might change is kept
              on a tape; nothing is sent
    write     the header, then the value again: from the tape, and elements of
              long attributes encoded anew

Both go in slices of one element, one long attribute opened or a few simple values, one at each turn
of the poll, so that others are served meanwhile. What fits the longest APDU that the server sends
otherwise, and is read in one slice, goes at once. A datagram has no second turn: there the answer
is made in the buffer.

What is kept stands on the transfer's tape (`dlms.long.tape`), which is its source the second time.
Where the tape is full, what follows is read twice. A method is not invoked twice: then the answer
is refused.

The length announced is kept or the connection ends: rows may be overwritten or cleared, the
lists of objects changed between the passes.
"""

from micropython import const

from dlms.codec.errors import LONG_GET_ABORTED
from dlms.codec.octets import copy
from dlms.codec.wrapper import HEADER
from dlms.codec.wrapper import answer as header
from dlms.aa.refusal import exception
from dlms.long.states import WHOLE_OUT
from dlms.long.lending import abandon, lend
from dlms.ln import action, get

LATER = const(-1)  # instead of an offset: the answer comes with `Server.more`
BROKEN = const(-1)  # instead of a size: what was announced cannot be kept, the connection has to end
# What a slice may cost, in simple values: the longest elements, of an
# access_rights_list, take some 150,000 instructions
_SLICE = const(4)
_ELEMENT = const(4)
_TOO_LONG = const(0x1FFFFFFF)  # an offset after every buffer
# tags of responses
_GET_RESPONSE = const(0xC4)  # as `dlms.codec.tags.GET_RESPONSE`
_ACTION_RESPONSE = const(0xC7)  # as `dlms.codec.tags.ACTION_RESPONSE`
_READ_RESPONSE = const(0x0C)  # as `dlms.codec.tags.READ_RESPONSE`
_ACCESS_RESPONSE = const(0xDA)  # as `dlms.codec.tags.ACCESS_RESPONSE`
_READ_REQUEST = const(0x05)  # as `dlms.codec.tags.READ_REQUEST`


# -- the first slice -------------------------------------------------------------------------------


def answer(kit, aa, t, tx, head):
    """Send the value that transfer t begins with after the `head` octets already
    written at tx[aa.start:], in one APDU.

    Returns the offset after it, LATER, or 0 when it is too long or
    cannot be read (t.fault shows why).
    """
    start = aa.start
    off = start + head
    if not aa.link.carrier.stream:
        off = t.fill(tx, off, start + aa.most)
        if t.more():
            return refused(kit, t)
        return off
    n = t.c1 - t.c0
    if head + n <= aa.room and t.i == t.n and not t.source.waiting(t):
        # one piece: what nearly every answer is
        copy(tx, off, t.carry, t.c0, n)
        return off + n
    t.block = 0
    tape = t.tape
    tape.begin_tape(t, head + n)
    if not tape.keep(t, tx, start, head, False) or not tape.keep_piece(t):
        return refused(kit, t)
    return first_slice(kit, aa, t, tx, off)


def first_slice(kit, aa, t, tx, off):
    """Measure on from the piece in carry, which belongs at tx[off:]; returns as `answer` does."""
    end = aa.start + aa.room
    n = t.c1 - t.c0
    if off + n > end:
        off = _TOO_LONG
    else:
        copy(tx, off, t.carry, t.c0, n)
        off += n
    off = measure(kit, t, tx, off, end)
    if t.fault:
        return 0
    if t.tape.measured and off <= end:
        return off
    if t.tape.octets > aa.most or not lend(kit, aa, t):
        return refused(kit, t)
    t.kind = WHOLE_OUT
    aa.link.streaming = aa
    return LATER


def refused(kit, t):
    """The answer cannot be sent; returns 0, and t.fault shows why."""
    if not t.fault:
        t.fault = kit.errors.no_resources
    return 0


# -- further slices --------------------------------------------------------------------------------


def more(kit, link, tx):
    """The next slice of the answer that goes over a link: what is to be sent is tx[0:n];
    returns n, 0 for nothing yet, or BROKEN.
    """
    aa = link.streaming
    t = aa.transfer
    answer = t.request.used + 2  # where the tape has its first octets
    tag = t.buf[answer]
    iip = t.buf[answer + 2]
    try:
        if t.tape.measured:
            return write(kit, link, aa, t, tx)
        measure(kit, t, None, _TOO_LONG, 0)
        if not t.fault and t.tape.octets <= aa.most:
            return 0
        refused(kit, t)
        end = refuse(kit, aa, t, tag, iip, tx)
    except Exception as e:
        kit.trail.raised(e)
        end = raised(kit, aa, t, tag, iip, tx)
    abandon(aa)
    if t.block:
        return BROKEN
    return header(tx, link.keys, 4 * aa.index - 2, end - HEADER) if end else 0


def refuse(kit, aa, t, tag, iip, tx):
    """Instead of an answer: what the service says when it cannot be sent;
    returns the offset after the APDU.
    """
    if tag == _GET_RESPONSE:
        return get.result(aa, tx, iip, t.fault)
    if tag == _ACTION_RESPONSE:
        return action.result(aa, tx, iip, t.fault)
    if tag == _ACCESS_RESPONSE:
        return exception(kit.errors, aa, tx, kit.errors.access_too_long)
    return kit.sn.read.refuse_answer(kit, aa, tx, t.buf[t.request.used + 3], t.fault)


def raised(kit, aa, t, tag, iip, tx):
    """The same when an object raised, as `Server.escaped` has it for a request."""
    t.fault = kit.errors.escaped
    if tag == _READ_RESPONSE:
        return kit.sn.escaped(kit, aa, _READ_REQUEST, tx)
    if tag == _ACCESS_RESPONSE:
        return exception(kit.errors, aa, tx, kit.errors.gbt_aborted)
    return refuse(kit, aa, t, tag, iip, tx)


def write(kit, link, aa, t, tx):
    """Write a slice of the answer to tx[0:]; returns its octets, or BROKEN."""
    off = 0
    tape = t.tape
    if t.block == 0:
        header(tx, link.keys, 4 * aa.index - 2, tape.octets)
        off = HEADER
    t.block = 1
    n = fill(t, tx, off, min(off + tape.octets, HEADER + link.carrier.pdu))
    tape.octets -= n - off
    # before the last octets leave: the value must end with them
    if t.fault or (tape.octets == 0 and t.more()):
        kit.trail.cut_short(aa)
        abandon(aa)
        return BROKEN
    if tape.octets == 0:
        abandon(aa)
    return n


def fill(t, out, off, end):
    """Copy the next octets of the value, of not too many pieces, to out[off:end]; returns the
    offset after them. The end is a fault.
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


def measure(kit, t, tx, off, end):
    """Count the octets of the next pieces; at the end of the value the tape is rewound. Copy
    them to tx[off:end] as well, if they fit.

    Returns the offset after them, _TOO_LONG when they do not fit.
    """
    left = _SLICE
    while left > 0:
        left -= _ELEMENT if t.i < t.n else 1
        n = step(kit, t)
        if n < 0:
            if not t.fault:
                t.tape.rewind(t)
            break
        t.tape.octets += n
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
    return t.i == 0 and t.source is not t.tape and t.obj is not None and t.attr in t.obj.LONG


def step(kit, t):
    """Read the next piece into carry, and keep it unless it is an element; returns its
    octets, -1 at the end or with t.fault set.
    """
    tape = t.tape
    if tape.full or t.i < t.n:
        if not t.next():
            return -1
    elif not tape.read(t):
        return -1
    if tape.full and tape.once:
        # what was done is not done again
        t.fault = kit.errors.no_resources
        return -1
    return t.c1 - t.c0
