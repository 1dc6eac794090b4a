"""The services Write and UnconfirmedWrite of short name referencing
(REQUIREMENTS D-51); they also invoke methods.

    06 n {02 name(2)} n {Data}                       -> 0D n {00 | 01 result}
    16 n {02 name(2)} n {Data}                       -> nothing
    06 01 07 last number(2) 01 09 length raw         -> 0D 01 02 number(2); with the last part the
                                                     answer to the whole request

raw is a part of the whole `n {specification} n {Data}`, which is carried out when it is complete
(D-24). The name of a method invokes it with the Data as its parameter; what it returns is dropped.
A parameterized-access writes nothing: no attribute of this meter has a selective write.
"""

from micropython import const

from dlms.codec.conformance import BLOCK_SET, UNCONFIRMED_WRITE, WRITE
from dlms.codec.errors import NO_LONG_SET_IN_PROGRESS, SUCCESS, TEMPORARY_FAILURE, WRITE_ERROR
from dlms.codec.octets import copy, length, length_size
from dlms.codec.work import LEFT
from dlms.aa.refusal import service_error
from dlms.long.states import WRITE_IN
from dlms.long.stream import HEAD
from dlms.long.lending import abandon
from dlms.ln.set import walk
from dlms.sn.variable_access import (
    METHOD,
    NUMBER,
    VARIABLE_NAME,
    WRITE_DATA_BLOCK,
    locate,
    negotiated,
    specification_end,
    specifications_end,
    take_block,
)

_WRITE_RESPONSE = const(0x0D)  # as `dlms.codec.tags.WRITE_RESPONSE`
# octets of a part of a long request, from its tag
_LAST = const(3)
_PART_NUMBER = const(4)
_VALUES = const(6)
_TAG = const(7)
_LENGTH = const(8)
_LONGER = const(0)  # as `dlms.long.kit.LONGER`
_OCTET_STRING = 0x09
_RESULT = 2  # octets of `01 result`, the longer of the two answers to an entry


def request(kit, aa, rx, p, end, tx):
    """Serve the WriteRequest rx[p:end]; returns the offset after the answer at tx[aa.start:]."""
    if aa.conformance & WRITE == 0:
        return refuse(kit, aa, tx, kit.errors.sn_not_supported)
    if end - p > _LENGTH and rx[p + 1] == 1 and rx[p + 2] == WRITE_DATA_BLOCK:
        return request_block(kit, aa, rx, p, end, tx)
    abandon(aa)
    return answer(kit, aa, rx, p + 1, end, tx)


def unconfirmed(kit, aa, rx, p, end, tx):
    """Carry the UnconfirmedWriteRequest rx[p:end] out; tx is room to work in,
    nothing is sent whatever happens (D-99).
    """
    abandon(aa)
    if aa.conformance & UNCONFIRMED_WRITE:
        apply_list(kit, aa, rx, p + 1, end, tx, aa.link.carrier.pdu)


def refuse(kit, aa, tx, code):
    """ConfirmedServiceError `0E 06 code(2)`."""
    return service_error(tx, aa.start, WRITE_ERROR, code)


def answer(kit, aa, buf, q, end, tx):
    """Carry out the whole request in buf[q:end] and answer it."""
    r = apply_list(kit, aa, buf, q, end, tx, aa.room)
    return r if r > 0 else refuse(kit, aa, tx, -r)


def apply_list(kit, aa, buf, q, end, tx, room):
    """Write the list `n {specification} n {Data}` in buf[q:end] in its order; puts
    `0D n {00 | 01 result}` at tx[aa.start:].

    Returns the offset after it, or what refuses the Write, negated: the list is malformed, uses
    what was not negotiated, or is longer than limits.LIST or than an answer of `room`
    octets holds. Then nothing was written.
    """
    errors = kit.errors
    n = length(buf, q, end)
    if n < 0:
        return -errors.sn_malformed
    if n > kit.list_limit or 2 + _RESULT * n > room:
        return -errors.sn_too_long
    q += length_size(buf, q)
    off = specifications_end(kit, aa, buf, q, end, n)
    if off < 0 or length(buf, off, end) != n:
        return -errors.sn_malformed
    octets = off - q
    off += length_size(buf, off)
    if walk(kit, buf, off, end, n) != end:
        return -errors.sn_malformed
    if not negotiated(aa, n, octets):
        return -errors.sn_not_supported
    return write_each(kit, aa, buf, q, off, end, n, tx)


def write_each(kit, aa, buf, q, off, end, n, tx):
    """Write the n well-formed Data at buf[off:end] to what the specifications at buf[q:] name."""
    p = aa.start
    tx[p] = _WRITE_RESPONSE
    tx[p + 1] = n
    p += 2
    after = off
    while n > 0:
        following = specification_end(kit, aa, buf, q, after)
        after = kit.scan(buf, off, end)
        code = write_one(kit, aa, buf, q, off, after, kit.stack[_LONGER]) if LEFT[0] else TEMPORARY_FAILURE
        tx[p] = 0
        if code != SUCCESS:
            tx[p] = 1
            p += 1
            tx[p] = code
        p += 1
        off = after
        q = following
        n -= 1
    return p


def write_one(kit, aa, buf, q, off, end, longer):
    """Set the attribute, or invoke the method, of the specification at buf[q:] to or with the Data
    buf[off:end], of which `longer` says whether it has lengths to be shortened; returns a result.
    """
    errors = kit.errors
    name = buf[q] == VARIABLE_NAME
    r = locate(aa, buf, q + 1)
    t = kit.scratch
    if longer:
        t.request.used = 0
        off = kit.tidy_copy(t, buf, off, end)
        if off < 0:
            return errors.no_resources
        buf = t.buf
        end = t.request.used
    if r < 0:
        return errors.unknown_object
    if not name:
        return errors.no_selection
    obj = aa.object(r >> 8)
    row = aa.assoc.acc[r >> 8]
    if r & METHOD:
        r &= NUMBER
        if aa.assoc.directory.right(row, obj.ATTRIBUTES + r) == 0:
            return errors.no_right
        if kit.keeper is not None:
            r = kit.keeper.act(obj, r, buf, off, end, t.carry, HEAD, aa)
        else:
            r = obj.act(r, buf, off, end, t.carry, HEAD, aa)
        return SUCCESS if r >= HEAD else -r
    r &= NUMBER
    if aa.assoc.directory.right(row, r) & 2 == 0:
        return errors.no_right
    if kit.keeper is not None:
        return kit.keeper.set(obj, r, buf, off, end, aa)
    return obj.set(r, buf, off, end, aa, True)


# -- blocks ----------------------------------------------------------------------------------------


def request_block(kit, aa, rx, p, end, tx):
    """`06 01 07 last number(2) 01 09 length raw`: a part of a long request."""
    if aa.conformance & BLOCK_SET == 0:
        abandon(aa)
        return refuse(kit, aa, tx, kit.errors.sn_not_supported)
    if rx[p + _VALUES] != 1 or rx[p + _TAG] != _OCTET_STRING:
        abandon(aa)
        return refuse(kit, aa, tx, kit.errors.sn_malformed)
    r = take_block(kit, aa, WRITE_IN, NO_LONG_SET_IN_PROGRESS, rx, p + _LAST, p + _LENGTH, end)
    q = aa.start
    if r > 0:
        # carried out from the transfer given back, which nobody takes before the answer is written
        t = aa.transfer
        abandon(aa)
        return answer(kit, aa, t.buf, 0, t.request.used, tx)
    tx[q] = _WRITE_RESPONSE
    tx[q + 1] = 1
    if r < 0:
        tx[q + 2] = 1
        tx[q + 3] = -r
        return q + 4
    tx[q + 2] = 2
    copy(tx, q + 3, rx, p + _PART_NUMBER, 2)
    return q + 5
