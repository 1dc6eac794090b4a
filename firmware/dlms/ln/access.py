"""The ACCESS service (REQUIREMENTS D.5, D-40 to D-45): attributes read and written and
methods invoked, in order, in one request.

    D9 long-invoke-id(4) date-time n {specification} n {Data}                       request
    DA long-invoke-id(4) 00 (00 | 01 n {specification}) n {Data} n {choice result}  response

    specification   01 descriptor(9)   get               04 descriptor(9) selector Data   get with selection
                    02 descriptor(9)   set               05 descriptor(9) selector Data   set with selection
                    03 descriptor(9)   action

Of long-invoke-id the top octet says: 80 high priority, 40 confirmed, 20 break on error, 10
self-descriptive: the answer repeats the specifications (D-03, D-41). There is one Data for every
specification, null-data where there is nothing to say (D-42).

The request is kept in the transfer's buffer, the results behind it, and the answer is produced
piece by piece as it is sent: what a specification asks for is done when its turn comes, once, and
the Data kept for as long as its block may be asked for again (`dlms.long.legs`). Everything that
fits is done before the first octet leaves; what stands behind a long value waits until that has
been fetched, so that the value is the one from before it [choice].

    buf:  | long-invoke-id date-time n specifications n Data | n choice result choice result … |
          0                                                  mark                              used
"""

from array import array

from micropython import const

from dlms.codec.axdr import NULL, put_size
from dlms.codec.conformance import ACCESS, ATTRIBUTE_0_GET, ATTRIBUTE_0_SET, GENERAL_BLOCK_TRANSFER
from dlms.codec.errors import SUCCESS
from dlms.codec.octets import copy, length, length_size
from dlms.long.stream import HEAD
from dlms.ln import action, get, set
from dlms.ln.items import plain_items, plain_shape

_BREAK = const(0x20)  # bits of the first octet of long-invoke-id-and-priority
_SELF_DESCRIPTIVE = const(0x10)
_CONFIRMED = const(0x40)
_ID = const(4)
_DESCRIPTOR = const(9)
# phases of an answer
_SPECIFICATIONS = const(1)
_COUNT = const(2)
_DATA = const(3)
_RESULTS = const(4)
_END = const(-1)
# choices
_GET = const(1)
_SET = const(2)
_ACTION = const(3)
_GET_SELECTED = const(4)
_SET_SELECTED = const(5)
_WRITING = (_SET, _ACTION, _SET_SELECTED)

_name = bytearray(_DESCRIPTOR + 1)  # a descriptor and no selection, as GET and SET have it
_at = array("i", bytes(12))  # for `plain_items`, while it runs


def request(server, aa, rx, p, end, tx):
    """Serve the ACCESS request rx[p:end]; returns the offset behind the answer
    at tx[aa.start:], or 0 for none.
    """
    errors = server.errors
    server.abandon(aa)
    if end - p < 1 + _ID:
        return server.exception(aa, tx, errors.no_invoke_id)
    confirmed = rx[p + 1] & _CONFIRMED
    if aa.conformance & ACCESS == 0:
        code = errors.service_not_negotiated
    else:
        code = accept(server, server.scratch, rx, p + 1, end)
    if code:
        # an unconfirmed service gets no answer, whatever is wrong with it (D-99)
        return server.exception(aa, tx, code) if confirmed else server.trail.unanswered(aa, "access")
    t = server.scratch
    t.aa = aa
    if not confirmed:
        # executed, and nothing is sent
        while t.next():
            t.n = 0
        return server.trail.unanswered(aa, "access")
    start = aa.start
    tx[start] = 0xDA
    copy(tx, start + 1, rx, p + 1, _ID)
    tx[start + 5] = 0
    tx[start + 6] = 1 if t.phase == _SPECIFICATIONS else 0
    t.c1 = put_size(t.carry, HEAD, t.entries)
    if t.phase != _SPECIFICATIONS:
        t.phase = _DATA if t.entries else _RESULTS
        plain(t, t.entries)
    if aa.conformance & GENERAL_BLOCK_TRANSFER:
        end = server.gbt.respond(server, aa, t, tx, 7)
    else:
        end = server.whole.answer(server, aa, t, tx, 7)
    return end if end else server.exception(aa, tx, errors.access_too_long)


def accept(server, t, rx, q, end):
    """Keep the request rx[q:end] in transfer t, ready to be executed; returns 0, or the
    ExceptionResponse that refuses it.
    """
    t.reset()
    if not t.take(rx, q, end - q):
        return server.errors.access_too_long
    buf = t.buf
    q = specifications(buf, t.used)
    n = length(buf, q, t.used) if q > 0 else -1
    if n < 0:
        return server.errors.malformed_access
    if n > server.list_limit or not t.take_room(1 + 2 * n):
        return server.errors.access_too_long
    q += length_size(buf, q)
    t.pos = q
    t.data = plain_shape(buf, q, t.used, n)
    if t.data:
        end = t.data - 1
    else:
        end = specifications_end(server, buf, q, t.used, n)
        if end < 0 or length(buf, end, t.used) != n:
            return server.errors.malformed_access
        t.data = end + length_size(buf, end)
        if set.walk(server, buf, t.data, t.used, n) != t.used:
            return server.errors.malformed_access
    t.entries = n
    t.off = q
    t.held = end - q  # octets of the specifications
    t.mark = t.used
    buf[t.used] = n
    t.used += 1 + 2 * n
    t.phase = _SPECIFICATIONS if buf[0] & _SELF_DESCRIPTIVE else _COUNT
    return 0


def specifications(buf, end):
    """Offset of the specifications' count behind long-invoke-id and date-time, or -1."""
    n = length(buf, _ID, end)
    return _ID + length_size(buf, _ID) + n if n == 0 or n == 12 else -1


def specifications_end(server, buf, q, end, n):
    """Offset behind n specifications at buf[q:], or -1 when they are malformed."""
    while n > 0 and q >= 0:
        q = specification_end(server, buf, q, end)
        n -= 1
    return q


def specification_end(server, buf, q, end):
    """Offset behind the specification at buf[q:], or -1."""
    if end - q < 1 + _DESCRIPTOR or not _GET <= buf[q] <= _SET_SELECTED:
        return -1
    if buf[q] < _GET_SELECTED:
        return q + 1 + _DESCRIPTOR
    q += 1 + _DESCRIPTOR
    return server.scan(buf, q + 1, end) if q < end else -1


# -- the answer ------------------------------------------------------------------------------------


def next(t):
    """Put the next piece of the answer into t.carry; False at its end. The
    second half of `Transfer.next`.
    """
    if t.phase == _SPECIFICATIONS:
        echo(t)
    elif t.phase == _COUNT:
        t.c1 = put_size(t.carry, HEAD, t.entries)
        t.phase = _DATA if t.entries else _RESULTS
    elif t.phase == _DATA:
        t.n = 0
        t.i = 0
        if not plain(t, 1):
            execute(t.server, t)
            t.entries -= 1
            if t.entries == 0:
                t.phase = _RESULTS
    elif t.phase == _RESULTS:
        n = t.used - t.mark
        copy(t.carry, HEAD, t.buf, t.mark, n)
        t.c1 = HEAD + n
        t.phase = _END
    else:
        return False
    return True


def echo(t):
    """As much of the specifications as carry holds: t.held octets of them, from
    t.off on, are still to be repeated.
    """
    n = min(t.held, t.piece)
    copy(t.carry, HEAD, t.buf, t.off, n)
    t.c1 = HEAD + n
    t.off += n
    t.held -= n
    if t.held == 0:
        t.phase = _COUNT


def plain(t, most):
    """Do the next specifications, at most `most` and as long as they are plain, and append their
    Data to carry; returns how many.
    """
    buf = t.buf
    i = t.mark + 1 + 2 * (buf[t.mark] - t.entries)
    if buf[0] & _BREAK and t.entries < buf[t.mark] and buf[i - 1] != SUCCESS:
        return 0
    _at[0] = t.pos
    _at[1] = t.data
    _at[2] = t.c1
    done = plain_items(t.aa.way, buf, _at, i, most, t.carry, HEAD + t.piece)
    t.pos = _at[0]
    t.data = _at[1]
    t.c1 = _at[2]
    t.entries -= done
    if t.entries == 0:
        t.phase = _RESULTS
    return done


def execute(server, t):
    """Do what the next specification asks for and put its Data into carry."""
    buf = t.buf
    q = t.pos
    data = t.data
    t.data = server.scan(buf, data, t.used)
    end = server.tidy(t, data, t.data)  # the request is our copy: lengths are put right in place
    i = t.mark + 1 + 2 * (buf[t.mark] - t.entries)
    buf[i] = buf[q] if buf[q] <= _ACTION else buf[q] - 3
    code = unfit(server, buf, data, end) if buf[q] in _WRITING else SUCCESS
    # `get.begin` wants to be the first behind the scan of a selection
    t.pos = specification_end(server, buf, q, t.used)
    if buf[0] & _BREAK and t.entries < buf[t.mark] and buf[i - 1] != SUCCESS:
        code = server.errors.not_executed  # … nor is any behind it (D-43)
    elif code == SUCCESS:
        code = serve(server, t, buf, q, data, end)
    buf[i + 1] = code
    if code != SUCCESS:
        t.n = 0
        t.c1 = HEAD
    if t.c1 == HEAD:
        t.put(NULL)


def unfit(server, buf, off, end):
    """The result for a Data that cannot be had with the shortest lengths: a compact-array,
    which no attribute takes; else success.
    """
    server.scan(buf, off, end)
    return server.errors.too_nested if server.stack[0] else SUCCESS


def serve(server, t, buf, q, data, end):
    """Read, write or invoke what the specification at buf[q:] names, with the Data
    buf[data:end]; returns a result.
    """
    if buf[q] == _ACTION:
        return invoke(server, t, buf, q + 1, data, end)
    if buf[q] == _SET or buf[q] == _SET_SELECTED:
        return write(server, t, buf, q + 1, data, end)
    if buf[q + _DESCRIPTOR] == 0 and t.aa.conformance & ATTRIBUTE_0_GET == 0:
        return server.errors.no_attribute
    return get.begin(server, t.aa, t, buf, q + 1, q + 1 + _DESCRIPTOR if buf[q] == _GET_SELECTED else 0, t.pos)


def write(server, t, buf, d, data, end):
    """Set what the descriptor at buf[d:] names to the Data buf[data:end]; returns a result."""
    aa = t.aa
    if buf[d + 8] == 0 and aa.conformance & ATTRIBUTE_0_SET == 0:
        return server.errors.no_attribute
    copy(_name, 0, buf, d, _DESCRIPTOR)
    _name[_DESCRIPTOR] = 1 if buf[d - 1] == _SET_SELECTED else 0
    return set.apply(server, aa, _name, 0, buf, data, end)


def invoke(server, t, buf, d, data, end):
    """Invoke the method that the descriptor at buf[d:] names with the Data buf[data:end],
    null-data for none; returns a result.
    """
    end = action.invoke(server, t.aa, buf, d, buf, data if buf[data] != NULL else end, end, t.carry, HEAD)
    if end < HEAD:
        return -end
    t.c1 = end
    return SUCCESS
