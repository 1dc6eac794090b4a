"""The Read service of short name referencing (REQUIREMENTS D-50); it also
invokes methods that return data.

    05 n {02 name(2) | 04 name(2) selector Data}     -> 0C n {00 Data | 01 result}, or in blocks:
                                                     -> 0C 01 02 last number(2) length raw
                                                     raw being a part of n {00 Data | 01 result}
    05 01 05 number(2)                               -> the block after block `number`
    05 01 06 last number(2) length raw               -> 0C 01 03 number(2); with the last part the
                                                     answer to the whole request

The name of a method invokes it: with the parameter of a parameterized-access, whose selector then
has no meaning, or without one. It is answered with what it returns, or null-data. The entries of a
list are read and invoked in their order, each when its turn comes in the answer: what a client does
not fetch of a long answer was not done [choice].
"""

from micropython import const

from dlms.codec.axdr import NULL
from dlms.codec.conformance import BLOCK_GET, READ
from dlms.codec.errors import DATA_BLOCK_NUMBER_INVALID, NO_LONG_GET_IN_PROGRESS, READ_ERROR, SUCCESS, TEMPORARY_FAILURE
from dlms.codec.octets import copy, get16, length, length_size
from dlms.codec.work import LEFT
from dlms.aa.refusal import service_error
from dlms.long import states
from dlms.long.response import first, following
from dlms.long.sources import Entries
from dlms.long.states import READ_IN, READ_OUT
from dlms.long.lending import abandon
from dlms.sn.variable_access import (
    BLOCK_NUMBER,
    METHOD,
    NUMBER,
    READ_DATA_BLOCK,
    VARIABLE_NAME,
    locate,
    negotiated,
    specification_end,
    specifications_end,
    take_block,
)

_READ_RESPONSE = const(0x0C)  # as `dlms.codec.tags.READ_RESPONSE`
# octets of a request, from its tag: of the next block …
_NUMBER = const(3)
# … and of a part of a long request
_LAST = const(3)
_PART_NUMBER = const(4)
_LENGTH = const(6)
_HEAD = 1  # octets in front of the list: `0C`
_LAST_BLOCK = 0xFFFF  # numbers have 16 bits


def request(kit, aa, rx, p, end, tx):
    """Serve the ReadRequest rx[p:end]; returns the offset after the answer at tx[aa.start:]."""
    if aa.conformance & READ == 0:
        return refuse(kit, aa, tx, kit.errors.sn_not_supported)
    kind = rx[p + 2] if end - p > 2 and rx[p + 1] == 1 else 0
    if kind == BLOCK_NUMBER and end - p == 5:
        return next_block(kit, aa, rx, p, tx)
    if kind == READ_DATA_BLOCK and end - p > 6:
        return request_block(kit, aa, rx, p, end, tx)
    abandon(aa)
    return answer(kit, aa, rx, p + 1, end, tx)


def refuse(kit, aa, tx, code):
    """ConfirmedServiceError `0E 05 code(2)`."""
    return service_error(tx, aa.start, READ_ERROR, code)


def result(aa, tx, code):
    """`0C 01 01 result`; returns the offset after it."""
    p = aa.start
    tx[p] = _READ_RESPONSE
    tx[p + 1] = 1
    tx[p + 2] = 1
    tx[p + 3] = code
    return p + 4


def answer(kit, aa, buf, q, end, tx):
    """Answer the whole request `n {specification}` in buf[q:end]."""
    errors = kit.errors
    n = length(buf, q, end)
    if n < 0:
        return refuse(kit, aa, tx, errors.sn_malformed)
    if n > kit.list_limit:
        return refuse(kit, aa, tx, errors.sn_too_long)
    q += length_size(buf, q)
    if specifications_end(kit, aa, buf, q, end, n) != end:
        return refuse(kit, aa, tx, errors.sn_malformed)
    if not negotiated(aa, n, end - q):
        return refuse(kit, aa, tx, errors.sn_not_supported)
    t = kit.scratch
    t.reset()
    if not t.request.take(buf, q, end - q):
        return refuse(kit, aa, tx, errors.sn_too_long)
    t.aa = aa
    t.source = ENTRIES
    t.request.left = n
    t.request.pos = 0
    t.put(n)
    tx[aa.start] = _READ_RESPONSE
    end = first(kit, aa, t, tx, READ_OUT, _HEAD)
    return end if end else refuse_answer(kit, aa, tx, n, t.fault)


def refuse_answer(kit, aa, tx, n, fault):
    """Instead of an answer of n entries that cannot be sent: a list has one result
    per entry or is refused as a whole.
    """
    return result(aa, tx, fault) if n == 1 else refuse(kit, aa, tx, kit.errors.sn_too_long)


class ReadEntries(Entries):
    """The entries of a Read: `00` and the value, or what the method returned, or `01 result`."""

    def next(self, t):
        """Encode the head of the next entry into carry."""
        request = t.request
        if request.left == 0:
            return False
        request.left -= 1
        t.n = 0
        t.i = 0
        q = request.pos
        end = specification_end(t.kit, t.aa, request.buf, q, request.used)
        request.pos = end
        t.put(0)
        code = begin_entry(t.kit, t, t.aa, q, end) if LEFT[0] else TEMPORARY_FAILURE
        if code != SUCCESS:
            t.n = 0
            t.empty()
            t.put(1)
            t.put(code)
        return True


ENTRIES = ReadEntries()


def begin_entry(kit, t, aa, q, end):
    """Begin to read the attribute, or invoke the method, of the specification
    t.buf[q:end]; returns a result.
    """
    buf = t.buf
    r = locate(aa, buf, q + 1)
    if r < 0:
        return kit.errors.unknown_object
    obj = aa.object(r >> 8)
    off = end
    if buf[q] != VARIABLE_NAME:
        off = q + 4
        end = kit.tidy(t, off, end)
    if r & METHOD:
        return invoke(kit, t, aa, obj, r, off, end)
    j = r >> 8
    r &= NUMBER
    if aa.assoc.directory.right(aa.assoc.acc[j], r) & 1 == 0:
        return kit.errors.no_right
    t.selector = 0
    if off != end:
        t.selector = buf[q + 3]
        t.off = off
        t.end = end
        if r not in obj.SELECT or t.selector not in obj.SELECT[r]:
            return kit.errors.no_selection
    return t.begin_value(obj, j, r)


def invoke(kit, t, aa, obj, r, off, end):
    """Invoke the method that r names (`locate`) with the parameter t.buf[off:end], and
    append what it returns; returns a result.
    """
    m = r & NUMBER
    if aa.assoc.directory.right(aa.assoc.acc[r >> 8], obj.ATTRIBUTES + m) == 0:
        return kit.errors.no_right
    t.tape.once = True
    if kit.keeper is not None:
        r = kit.keeper.act(obj, m, t.buf, off, end, t.carry, t.c1, aa)
    else:
        r = obj.act(m, t.buf, off, end, t.carry, t.c1, aa)
    if r < 0:
        return -r
    if r == t.c1:
        t.put(NULL)
    else:
        t.c1 = r
    t.n = 0
    return SUCCESS


# -- blocks ----------------------------------------------------------------------------------------


def next_block(kit, aa, rx, p, tx):
    """`05 01 05 number(2)`: the next block of the answer, when its number is
    the one of the last block sent.
    """
    t = aa.transfer
    if t is None or t.kind != READ_OUT or get16(rx, p + _NUMBER) != t.block:
        action = states.step(aa, states.READ_OTHER)  # READ_NEXT in READ_OUT is SEND
        return result(aa, tx, NO_LONG_GET_IN_PROGRESS if action == states.NOT_RUNNING else DATA_BLOCK_NUMBER_INVALID)
    end = following(kit, aa, t, tx) if t.block < _LAST_BLOCK else 0
    if end == 0:
        code = t.fault or kit.errors.no_resources
        abandon(aa)
        return result(aa, tx, code)
    return end


def request_block(kit, aa, rx, p, end, tx):
    """`05 01 06 last number(2) length raw`: a part of a long request,
    acknowledged with `0C 01 03 number(2)`.
    """
    if aa.conformance & BLOCK_GET == 0:
        abandon(aa)
        return refuse(kit, aa, tx, kit.errors.sn_not_supported)
    r = take_block(kit, aa, READ_IN, NO_LONG_GET_IN_PROGRESS, rx, p + _LAST, p + _LENGTH, end)
    if r < 0:
        return result(aa, tx, -r)
    if r:
        # read from the transfer given back: the answer is built in the scratch one
        t = aa.transfer
        abandon(aa)
        return answer(kit, aa, t.buf, 0, t.request.used, tx)
    q = aa.start
    tx[q] = _READ_RESPONSE
    tx[q + 1] = 1
    tx[q + 2] = 3
    copy(tx, q + 3, rx, p + _PART_NUMBER, 2)
    return q + 5
