"""The ACTION service (REQUIREMENTS D.4, D-30 to D-34).

    C3 01 iip descriptor(9) (00 | 01 Data)                normal             -> C7 01 iip result (00 | 01 00 Data)
    C3 02 iip number(4)                                   next-pblock        -> C7 02 iip last number(4) length raw
    C3 03 iip n {descriptor(9)} n {Data}                  with-list
                                                -> C7 03 iip n {result (00 | 01 (00 Data | 01 dar))}
    C3 04 iip descriptor(9) last number(4) length raw     first-pblock       -> C7 04 iip number(4) | C7 01 …
    C3 05 iip n {descriptor(9)} last number(4) length raw list+first-pblock  -> C7 04 iip number(4) | C7 03 …
    C3 06 iip last number(4) length raw                   pblock             -> C7 04 iip number(4) | C7 01 … | C7 03 …

A descriptor is class-id(2), logical name(6), method-id(1). All methods of a request are invoked
before the first octet of the answer leaves: what a client does not fetch was done all the same.
"""

from micropython import const

from dlms.codec.axdr import NULL
from dlms.codec.conformance import ACTION, BLOCK_ACTION, MULTIPLE_REFERENCES
from dlms.codec.errors import LONG_ACTION_ABORTED, NO_LONG_ACTION_IN_PROGRESS, SUCCESS, TEMPORARY_FAILURE
from dlms.codec.octets import find, length, length_size, put32, scan, u32_equal
from dlms.codec.work import LEFT
from dlms.aa.service_class import stray
from dlms.aa.refusal import exception
from dlms.long import blocks, states
from dlms.long.response import first, following
from dlms.long.sources import OCTETS
from dlms.long.states import ACTION_IN, ACTION_OUT
from dlms.long.lending import abandon
from dlms.ln.set import walk

_ACTION_RESPONSE = const(0xC7)  # as `dlms.codec.tags.ACTION_RESPONSE`
# octets of a request: offsets from its tag …
_DESCRIPTOR = const(3)  # with a list the number of entries, in a further block last, number, length
_PARAMETER = const(12)  # 0, or 1 and Data; in a first block last, number, length
_AFTER = const(13)
_NUMBER = const(3)  # of a block, in a request for the next one and in our acknowledgement
# … and of an entry of a list
_ITS_METHOD = const(8)
_ROW = const(20)  # as `dlms.aa.association.ROW`
_HEAD = const(16)  # as `dlms.long.stream.HEAD`
_NESTED = const(-2)  # as `dlms.codec.octets.NESTED`
_RESULTS = const(0xFF)  # an action-result is at most that
_LONGER = const(0)  # as `dlms.long.kit.LONGER`
_NEXT_SIZE = const(7)
_NORMAL = const(6)  # octets of `C7 01 iip 00 01 00`
_LIST = const(3)  # octets of `C7 03 iip`
_NOT_AVAILABLE = const(4)  # octets of `result 01 01 data-access-result`


def request(kit, aa, rx, p, end, tx):
    """Serve the ACTION request rx[p:end]; returns the offset after the response
    APDU at tx[aa.start:], or 0 for none.
    """
    errors = kit.errors
    if end - p < 3:
        return exception(errors, aa, tx, errors.no_invoke_id)
    choice = rx[p + 1]
    iip = rx[p + 2]
    if aa.conformance & ACTION == 0:
        return exception(errors, aa, tx, errors.service_not_negotiated) if iip & 0x40 else unheard(kit, aa, iip)
    if choice != 2 and choice != 6 and aa.transfer is not None:
        abandon(aa)
    if choice == 1:
        end = normal(kit, aa, rx, p, end, tx, iip)
    elif choice == 2 and end - p == _NEXT_SIZE:
        end = next_pblock(kit, aa, rx, p, tx, iip)
    elif choice == 3:
        end = with_list(kit, aa, rx, p, end, tx, iip)
    elif choice == 4:
        end = first_pblock(kit, aa, rx, p, end, tx, iip)
    elif choice == 5:
        end = list_first_pblock(kit, aa, rx, p, end, tx, iip)
    elif choice == 6:
        end = pblock(kit, aa, rx, p, end, tx, iip)
    else:
        end = result(aa, tx, iip, errors.malformed_action)
        iip |= choice & 0x40  # no choice has this bit: the octet was left out, and the service class stands there
    return end if iip & 0x40 else unheard(kit, aa, iip)


def unheard(kit, aa, iip):
    """An unconfirmed ACTION is executed and nothing is sent, whatever is wrong with it (B-09,
    D-99): of a long answer nothing is kept.
    """
    t = aa.transfer
    if t is not None and t.kind != ACTION_IN and not stray(aa, iip):
        abandon(aa)
    return kit.trail.unanswered(aa, "action")


def result(aa, tx, iip, code):
    """`C7 01 iip result 00`; returns the offset after it."""
    p = aa.start
    tx[p] = _ACTION_RESPONSE
    tx[p + 1] = 1
    tx[p + 2] = iip
    tx[p + 3] = code
    tx[p + 4] = 0
    return p + 5


# -- one method ------------------------------------------------------------------------------------


def normal(kit, aa, rx, p, end, tx, iip):
    """One method with or without a parameter."""
    q = p + _AFTER
    if end < q or rx[p + _PARAMETER] > 1 or (rx[p + _PARAMETER] == 1) != (q < end):
        return result(aa, tx, iip, kit.errors.malformed_action)
    return invoke_one(kit, aa, rx, p + _DESCRIPTOR, rx, q, end, tx, iip)


def invoke_one(kit, aa, names, d, buf, off, end, tx, iip):
    """Invoke one method and answer in one piece, or in pblocks when its return data are too long."""
    t = kit.scratch
    t.request.used = 0
    r = invoke(kit, aa, names, d, buf, off, end, t.carry, _HEAD)
    if r <= _HEAD:
        return result(aa, tx, iip, SUCCESS if r == _HEAD else -r)
    t.reset()
    t.aa = aa
    t.c1 = r
    p = aa.start
    tx[p] = _ACTION_RESPONSE
    tx[p + 1] = 1
    tx[p + 2] = iip
    tx[p + 3] = SUCCESS
    tx[p + 4] = 1
    tx[p + 5] = 0
    r = first(kit, aa, t, tx, ACTION_OUT, _NORMAL)
    return r if r else result(aa, tx, iip, t.fault)


def invoke(kit, aa, names, d, buf, off, end, out, o):
    """Invoke the method that names[d:] names with the parameter that fills
    buf[off:end], empty for none.

    Returns the offset after the return data at out[o:], o when there are none, or -result.
    """
    errors = kit.errors
    if off < end:
        stack = kit.stack
        r = scan(buf, off, end, stack, kit.depth)
        if r != end:
            return -(errors.too_nested if r == _NESTED else errors.malformed_action)
        if stack[_LONGER]:
            t = kit.scratch
            off = kit.tidy_copy(t, buf, off, end)
            if off < 0:
                return -errors.no_resources
            buf = t.buf
            end = t.request.used
    directory = aa.assoc.directory
    j = find(directory.table, directory.n, names, d)
    if j < 0 or aa.assoc.acc[j] == 0:
        return -kit.invisible(aa, j, errors.unknown_object_action)
    obj = directory.objs[j]
    if obj is None:
        obj = aa.assoc  # the current association
    m = names[d + _ITS_METHOD]
    if m == 0 or m > obj.METHODS:
        return -errors.no_attribute
    if directory.rows[_ROW * aa.assoc.acc[j] + obj.ATTRIBUTES + m] == 0:
        return -errors.no_right
    if kit.keeper is not None:
        return kit.keeper.act(obj, m, buf, off, end, out, o, aa)
    return obj.act(m, buf, off, end, out, o, aa)


# -- a list of methods -----------------------------------------------------------------------------


def names_end(kit, buf, q, end):
    """Offset after the count and descriptors at buf[q:], or what refuses the list, negated."""
    n = length(buf, q, end)
    if n < 0:
        return -kit.errors.malformed_action
    if n > kit.list_limit:
        return -kit.errors.list_too_long
    q += length_size(buf, q) + 9 * n
    return q if q <= end else -kit.errors.malformed_action


def refuse_list(kit, aa, tx, iip, code):
    """The answer to a list that is refused: an action-result, or above these an ExceptionResponse."""
    if code > _RESULTS:
        return exception(kit.errors, aa, tx, code)
    return result(aa, tx, iip, code)


def with_list(kit, aa, rx, p, end, tx, iip):
    """Several methods invoked in order, one result each; a failing one
    does not stop the others (D-34).
    """
    if aa.conformance & MULTIPLE_REFERENCES == 0:
        return exception(kit.errors, aa, tx, kit.errors.list_not_negotiated)
    q = names_end(kit, rx, p + _DESCRIPTOR, end)
    if q < 0:
        return refuse_list(kit, aa, tx, iip, -q)
    return invoke_list(kit, aa, rx, p + _DESCRIPTOR, rx, q, end, tx, iip)


def invoke_list(kit, aa, names, d, buf, off, end, tx, iip):
    """Invoke the list: count and descriptors at names[d:], count and parameters in
    buf[off:end], null-data for none.
    """
    n = length(names, d, d + 6)
    if length(buf, off, end) != n:
        return result(aa, tx, iip, kit.errors.malformed_action)
    off += length_size(buf, off)
    if walk(kit, buf, off, end, n) != end:
        return result(aa, tx, iip, kit.errors.malformed_action)
    d += length_size(names, d)
    t = kit.scratch
    t.reset()
    t.aa = aa
    # each method writes into carry, and the whole answer is put together in buf
    t.buf[0] = n
    t.request.used = 1
    while n > 0:
        n -= 1
        off = invoke_next(kit, aa, t, names, d, buf, off, end, n * _NOT_AVAILABLE)
        d += 9
    t.source = OCTETS
    t.request.pos = 0
    t.request.left = t.request.used
    p = aa.start
    tx[p] = _ACTION_RESPONSE
    tx[p + 1] = 3
    tx[p + 2] = iip
    r = first(kit, aa, t, tx, ACTION_OUT, _LIST)
    return r if r else result(aa, tx, iip, t.fault)


def invoke_next(kit, aa, t, names, d, buf, off, end, keep):
    """Invoke one method of a list and append its entry to the answer in t.buf;
    returns the offset after its parameter.

    `result 00`, `result 01 00 Data`, or where the Data would not leave `keep` octets of t.buf to
    the entries that follow, `result 01 01 data-access-result`: the method was invoked all the same.
    """
    after = kit.scan(buf, off, end)
    request = t.request
    q = request.used
    # null-data stands for no parameter
    r = -TEMPORARY_FAILURE
    if LEFT[0]:
        r = invoke(kit, aa, names, d, buf, off if buf[off] != NULL else after, after, t.carry, _HEAD)
    buf = request.buf
    buf[q] = SUCCESS if r >= _HEAD else -r
    buf[q + 1] = 0
    request.used = q + 2
    if r > _HEAD:
        buf[q + 1] = 1
        buf[q + 2] = 0
        request.used = q + 3
        if not request.has_room(keep + r - _HEAD) or not request.take(t.carry, _HEAD, r - _HEAD):
            buf[q + 2] = 1
            buf[q + 3] = kit.errors.no_resources
            request.used = q + _NOT_AVAILABLE
    return after


# -- blocks ----------------------------------------------------------------------------------------


def next_pblock(kit, aa, rx, p, tx, iip):
    """The next block of the answer, when its number is the one of the last block sent."""
    if stray(aa, iip):
        return result(aa, tx, iip, NO_LONG_ACTION_IN_PROGRESS)
    t = aa.transfer
    event = states.ACTION_NEXT if t is not None and u32_equal(rx, p + _NUMBER, t.block) else states.ACTION_OTHER
    action = states.step(aa, event)
    if action != states.SEND:
        # action-result has no code for a wrong number (D-32)
        return result(aa, tx, iip, NO_LONG_ACTION_IN_PROGRESS if action == states.NOT_RUNNING else LONG_ACTION_ABORTED)
    tx[aa.start + 2] = iip
    end = following(kit, aa, t, tx)
    if end == 0:
        code = t.fault
        abandon(aa)
        return result(aa, tx, iip, code)
    return end


def first_pblock(kit, aa, rx, p, end, tx, iip):
    """The first block of one method's parameter."""
    if aa.conformance & BLOCK_ACTION == 0:
        return exception(kit.errors, aa, tx, kit.errors.blocks_not_negotiated)
    action = blocks.first(kit, aa, rx, p + _DESCRIPTOR, p + _PARAMETER, end, ACTION_IN, False)
    return answer_block(kit, aa, tx, iip, action)


def list_first_pblock(kit, aa, rx, p, end, tx, iip):
    """The first block of the parameters of a list."""
    if aa.conformance & BLOCK_ACTION == 0:
        return exception(kit.errors, aa, tx, kit.errors.blocks_not_negotiated)
    if aa.conformance & MULTIPLE_REFERENCES == 0:
        return exception(kit.errors, aa, tx, kit.errors.list_not_negotiated)
    q = names_end(kit, rx, p + _DESCRIPTOR, end)
    if q < 0:
        return refuse_list(kit, aa, tx, iip, -q)
    action = blocks.first(kit, aa, rx, p + _DESCRIPTOR, q, end, ACTION_IN, True)
    return answer_block(kit, aa, tx, iip, action)


def pblock(kit, aa, rx, p, end, tx, iip):
    """A further block of the parameters."""
    return answer_block(kit, aa, tx, iip, blocks.next(aa, rx, p + _DESCRIPTOR, end, ACTION_IN))


def answer_block(kit, aa, tx, iip, action):
    """Answer a block after `blocks` said what is to be done; with the
    last one the methods are invoked.
    """
    t = aa.transfer
    if action == states.TAKE:
        p = aa.start
        tx[p] = _ACTION_RESPONSE
        tx[p + 1] = 4
        tx[p + 2] = iip
        put32(tx, p + _NUMBER, t.block)
        return p + _NUMBER + 4
    if action == states.EXECUTE:
        # The parameters are read from the transfer given back; the answer is built in the scratch
        # one, and only a request after this one can take the transfer again.
        abandon(aa)
        if t.request.many:
            return invoke_list(kit, aa, t.buf, 0, t.buf, t.request.mark, t.request.used, tx, iip)
        return invoke_one(kit, aa, t.buf, 0, t.buf, t.request.mark, t.request.used, tx, iip)
    if action == states.NOT_RUNNING:
        return result(aa, tx, iip, NO_LONG_ACTION_IN_PROGRESS)
    if action == states.WRONG_NUMBER:
        # action-result has no code for a wrong number (D-32)
        return result(aa, tx, iip, LONG_ACTION_ABORTED)
    return result(aa, tx, iip, kit.errors.malformed_action if action == states.MALFORMED else kit.errors.no_resources)
