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

The request is kept in the transfer's buffer, the results after it, and the answer is produced
piece by piece as it is sent: what a specification asks for is done when its turn comes, once, and
the Data kept for as long as its block may be asked for again (`dlms.long.legs`). Everything that
fits is done before the first octet leaves; what stands behind a long value waits until that has
been fetched, so that the value is the one from before it [choice].

    buf:  | long-invoke-id date-time n specifications n Data | n choice result choice result … |
          0                                                  mark                              used
"""

from micropython import const

from dlms.codec.axdr import FIXED, NULL, put_size
from dlms.codec.conformance import ACCESS, ATTRIBUTE_0_GET, ATTRIBUTE_0_SET, GENERAL_BLOCK_TRANSFER
from dlms.codec.errors import SUCCESS, TEMPORARY_FAILURE
from dlms.codec.octets import copy, length, length_size
from dlms.codec.work import LEFT
from dlms.aa.refusal import exception
from dlms.long.sources import NOTHING, Source
from dlms.long.stream import HEAD
from dlms.long.lending import abandon
from dlms.ln import action, get, set, whole
from dlms.ln.items import plain_item, plain_shape

_ACCESS_RESPONSE = const(0xDA)  # as `dlms.codec.tags.ACCESS_RESPONSE`
_BREAK = const(0x20)  # bits of the first octet of long-invoke-id-and-priority
_SELF_DESCRIPTIVE = const(0x10)
_CONFIRMED = const(0x40)
_ID = const(4)
_DESCRIPTOR = const(9)
_LONGER = const(0)  # as `dlms.long.kit.LONGER`
# choices
_GET = const(1)
_SET = const(2)
_ACTION = const(3)
_GET_SELECTED = const(4)
_SET_SELECTED = const(5)
_WRITING = (_SET, _ACTION, _SET_SELECTED)

_name = bytearray(_DESCRIPTOR + 1)  # a descriptor and no selection, as GET and SET have it


def request(kit, aa, rx, p, end, tx):
    """Serve the ACCESS request rx[p:end]; returns the offset after the answer
    at tx[aa.start:], or 0 for none.
    """
    errors = kit.errors
    abandon(aa)
    if end - p < 1 + _ID:
        return exception(errors, aa, tx, errors.no_invoke_id)
    confirmed = rx[p + 1] & _CONFIRMED
    if aa.conformance & ACCESS == 0:
        code = errors.service_not_negotiated
    else:
        code = accept(kit, kit.scratch, rx, p + 1, end)
    if code:
        # an unconfirmed service gets no answer, whatever is wrong with it (D-99)
        return exception(kit.errors, aa, tx, code) if confirmed else kit.trail.unanswered(aa, "access")
    t = kit.scratch
    t.aa = aa
    if not confirmed:
        # executed, and nothing is sent
        while t.next():
            t.n = 0
        return kit.trail.unanswered(aa, "access")
    start = aa.start
    tx[start] = _ACCESS_RESPONSE
    copy(tx, start + 1, rx, p + 1, _ID)
    tx[start + 5] = 0
    tx[start + 6] = 1 if t.source is _SPECIFICATIONS else 0
    n = t.request.left
    t.c1 = put_size(t.carry, HEAD, n)
    if t.source is _COUNT:
        t.source = _DATA if n else _RESULTS
        plain(t, n)
    if aa.conformance & GENERAL_BLOCK_TRANSFER:
        end = kit.gbt.respond(kit, aa, t, tx, 7)
    else:
        end = whole.answer(kit, aa, t, tx, 7)
    return end if end else exception(errors, aa, tx, errors.access_too_long)


def accept(kit, t, rx, q, end):
    """Keep the request rx[q:end] in transfer t, ready to be executed; returns 0, or the
    ExceptionResponse that refuses it.
    """
    t.reset()
    request = t.request
    if not request.take(rx, q, end - q):
        return kit.errors.access_too_long
    buf = t.buf
    after = request.used
    q = specifications(buf, after)
    n = length(buf, q, after) if q > 0 else -1
    if n < 0:
        return kit.errors.malformed_access
    if n > kit.list_limit or not request.has_room(1 + 2 * n):
        return kit.errors.access_too_long
    q += length_size(buf, q)
    request.pos = q
    request.data = plain_shape(buf, q, after, n)
    if request.data:
        end = request.data - 1
    else:
        end = specifications_end(kit, buf, q, after, n)
        if end < 0 or length(buf, end, after) != n:
            return kit.errors.malformed_access
        request.data = end + length_size(buf, end)
        if set.walk(kit, buf, request.data, after, n) != after:
            return kit.errors.malformed_access
    request.left = n
    t.off = q
    t.end = end
    request.mark = after
    buf[after] = n
    request.used = after + 1 + 2 * n
    t.source = _SPECIFICATIONS if buf[0] & _SELF_DESCRIPTIVE else _COUNT
    return 0


def specifications(buf, end):
    """Offset of the specifications' count after long-invoke-id and date-time, or -1."""
    n = length(buf, _ID, end)
    return _ID + length_size(buf, _ID) + n if n == 0 or n == 12 else -1


def specifications_end(kit, buf, q, end, n):
    """Offset after n specifications at buf[q:], or -1 when they are malformed."""
    while n > 0 and q >= 0:
        q = specification_end(kit, buf, q, end)
        n -= 1
    return q


def specification_end(kit, buf, q, end):
    """Offset after the specification at buf[q:], or -1."""
    if end - q < 1 + _DESCRIPTOR or not _GET <= buf[q] <= _SET_SELECTED:
        return -1
    if buf[q] < _GET_SELECTED:
        return q + 1 + _DESCRIPTOR
    q += 1 + _DESCRIPTOR
    return kit.scan(buf, q + 1, end) if q < end else -1


# -- the answer ------------------------------------------------------------------------------------


class Phase(Source):
    """A phase of the answer, which another one follows. `left` specifications are to be executed;
    the request has the next one at `pos` and its Data at `data`.
    """

    def waiting(self, t):
        return True


class Specifications(Phase):
    """The specifications repeated, as many as carry holds: t.buf[t.off:t.end] is to come."""

    def next(self, t):
        n = min(t.end - t.off, t.request.piece)
        copy(t.carry, HEAD, t.buf, t.off, n)
        t.c1 = HEAD + n
        t.off += n
        if t.off == t.end:
            t.source = _COUNT
        return True


class Count(Phase):
    """The number of Data."""

    def next(self, t):
        n = t.request.left
        t.c1 = put_size(t.carry, HEAD, n)
        t.source = _DATA if n else _RESULTS
        return True


class Data(Phase):
    """One Data after the other: what a specification asks for is done when its turn comes."""

    def next(self, t):
        t.n = 0
        t.i = 0
        t.tape.once = True
        if not plain(t, 1):
            request = t.request
            request.left -= 1
            if request.left == 0:
                t.source = _RESULTS
            execute(t.kit, t)
        return True


class Results(Phase):
    """How many there are, and each choice with its result: they stand ready."""

    def next(self, t):
        request = t.request
        n = request.used - request.mark
        copy(t.carry, HEAD, request.buf, request.mark, n)
        t.c1 = HEAD + n
        t.tape.once = True
        t.source = NOTHING
        return True


_SPECIFICATIONS = Specifications()
_COUNT = Count()
_DATA = Data()
_RESULTS = Results()


def plain(t, most):
    """Do the next specifications, at most `most` and as long as they are plain, and append their
    Data to carry; returns how many.
    """
    request = t.request
    buf = request.buf
    n = buf[request.mark]
    done = 0
    while done < most:
        q = request.pos
        i = request.mark + 1 + 2 * (n - request.left)
        if buf[q] > _ACTION or (buf[0] & _BREAK and request.left < n and buf[i - 1] != SUCCESS):
            break
        code = plain_item(t.aa.way, buf, q, request.data, t.carry, t.c1, HEAD + request.piece)
        if code < 0:
            break
        buf[i] = buf[q]
        buf[i + 1] = code & 0xFF
        t.c1 += code >> 8
        request.pos = q + 1 + _DESCRIPTOR
        request.data += FIXED[buf[request.data]]
        request.left -= 1
        done += 1
    if request.left == 0:
        t.source = _RESULTS
    return done


def execute(kit, t):
    """Do what the next specification asks for and put its Data into carry."""
    request = t.request
    buf = request.buf
    q = request.pos
    data = request.data
    results = request.mark
    request.data = kit.scan(buf, data, request.used)
    end = kit.tidy(t, data, request.data)  # the request is our copy: lengths are put right in place
    i = results - 1 + 2 * (buf[results] - request.left)
    buf[i] = buf[q] if buf[q] <= _ACTION else buf[q] - 3
    code = unfit(kit, buf, data, end) if buf[q] in _WRITING else SUCCESS
    request.pos = specification_end(kit, buf, q, request.used)
    if buf[0] & _BREAK and request.left + 1 < buf[results] and buf[i - 1] != SUCCESS:
        code = kit.errors.not_executed  # … nor is any after it (D-43)
    elif code == SUCCESS:
        code = serve(kit, t, buf, q, data, end) if LEFT[0] else TEMPORARY_FAILURE
    buf[i + 1] = code
    if code != SUCCESS:
        t.n = 0
        t.c1 = HEAD
    if t.c1 == HEAD:
        t.put(NULL)


def unfit(kit, buf, off, end):
    """The result for a Data that cannot be had with the shortest lengths: a compact-array,
    which no attribute takes; otherwise success.
    """
    kit.scan(buf, off, end)
    return kit.errors.too_nested if kit.stack[_LONGER] else SUCCESS


def serve(kit, t, buf, q, data, end):
    """Read, write or invoke what the specification at buf[q:] names, with the Data
    buf[data:end]; returns a result.
    """
    if buf[q] == _ACTION:
        return invoke(kit, t, buf, q + 1, data, end)
    if buf[q] == _SET or buf[q] == _SET_SELECTED:
        return write(kit, t, buf, q + 1, data, end)
    if buf[q + _DESCRIPTOR] == 0 and t.aa.conformance & ATTRIBUTE_0_GET == 0:
        return kit.errors.no_attribute
    return get.begin_attribute(
        kit, t.aa, t, buf, q + 1, q + 1 + _DESCRIPTOR if buf[q] == _GET_SELECTED else 0, t.request.pos
    )


def write(kit, t, buf, d, data, end):
    """Set what the descriptor at buf[d:] names to the Data buf[data:end]; returns a result."""
    aa = t.aa
    if buf[d + 8] == 0 and aa.conformance & ATTRIBUTE_0_SET == 0:
        return kit.errors.no_attribute
    copy(_name, 0, buf, d, _DESCRIPTOR)
    _name[_DESCRIPTOR] = 1 if buf[d - 1] == _SET_SELECTED else 0
    return set.apply(kit, aa, _name, 0, buf, data, end)


def invoke(kit, t, buf, d, data, end):
    """Invoke the method that the descriptor at buf[d:] names with the Data buf[data:end],
    null-data for none; returns a result.
    """
    end = action.invoke(kit, t.aa, buf, d, buf, data if buf[data] != NULL else end, end, t.carry, HEAD)
    if end < HEAD:
        return -end
    t.c1 = end
    return SUCCESS
