"""The SET service (REQUIREMENTS D.3, D-20 to D-24).

    C1 01 iip descriptor(9) selection Data                               normal                -> C5 01 iip result
    C1 02 iip descriptor(9) selection last number(4) length raw          first-datablock
                                                      -> C5 02 iip number | C5 03 …
    C1 03 iip last number(4) length raw                                  datablock
                                                      -> C5 02 iip number | C5 03 iip result number
    C1 04 iip n {descriptor(9) selection} n {Data}                       with-list             -> C5 05 iip n {result}
    C1 05 iip n {descriptor(9) selection} last number(4) length raw      list+first-datablock
                                                      -> C5 02 … | C5 04 iip n {result} number

A value in blocks is put together in the transfer's buffer after its descriptors and
applied only when it is whole (D-24).
"""

from micropython import const

from dlms.codec.axdr import NULL, STRUCTURE
from dlms.codec.conformance import ATTRIBUTE_0_SET, BLOCK_SET, MULTIPLE_REFERENCES, SELECTIVE_ACCESS, SET
from dlms.codec.errors import (
    DATA_BLOCK_NUMBER_INVALID,
    NO_LONG_SET_IN_PROGRESS,
    OTHER_REASON,
    SUCCESS,
    TEMPORARY_FAILURE,
)
from dlms.codec.octets import copy, find, length, length_size, put32, scan
from dlms.codec.work import LEFT
from dlms.aa.refusal import exception
from dlms.long import blocks, states
from dlms.long.states import SET_IN
from dlms.long.lending import abandon
from dlms.ln.get import selection_end

_SET_RESPONSE = const(0xC5)  # as `dlms.codec.tags.SET_RESPONSE`
# offsets in a normal request …
_DESCRIPTOR = const(3)
_ATTRIBUTE = const(11)
_SELECTION = const(12)  # 0, or 1 and a selector
_AFTER = const(13)  # the selector; without one the Data
# … and in a descriptor with its selection
_ITS_ATTRIBUTE = const(8)
_ITS_SELECTION = const(9)
_ROW = const(20)  # as `dlms.aa.association.ROW`
_LAST = const(3)  # response `C5 03`: result of a long SET of one attribute
_LAST_LIST = const(4)
_RESULTS = const(0xFF)  # a data-access-result is at most that
_NESTED = const(-2)  # as `dlms.codec.octets.NESTED`
_LONGER = const(0)  # as `dlms.long.kit.LONGER`
_EVERYTHING = const(0x3FFFFFFF)  # an end for `scan` where a Data is known to be whole


def request(kit, aa, rx, p, end, tx):
    """Serve the SET request rx[p:end]; returns the offset after the response APDU
    at tx[aa.start:], or 0 for none.
    """
    errors = kit.errors
    if end - p < 3:
        return exception(errors, aa, tx, errors.no_invoke_id)
    choice = rx[p + 1]
    iip = rx[p + 2]
    if aa.conformance & SET == 0:
        return (
            exception(errors, aa, tx, errors.service_not_negotiated) if iip & 0x40 else kit.trail.unanswered(aa, "set")
        )
    if choice != 3 and aa.transfer is not None:
        abandon(aa)
    if choice == 1:
        end = normal(kit, aa, rx, p, end, tx, iip)
    elif choice == 2:
        end = first_block(kit, aa, rx, p, end, tx, iip)
    elif choice == 3:
        end = next_block(kit, aa, rx, p, end, tx, iip)
    elif choice == 4:
        end = with_list(kit, aa, rx, p, end, tx, iip)
    elif choice == 5:
        end = list_first_block(kit, aa, rx, p, end, tx, iip)
    else:
        end = result(aa, tx, iip, errors.malformed_set)
        iip |= choice & 0x40  # no choice has this bit: the octet was left out, and the service class stands there
    # an unconfirmed SET is executed and nothing is sent, whatever is wrong with it (B-09, D-99)
    return end if iip & 0x40 else kit.trail.unanswered(aa, "set")


def result(aa, tx, iip, code):
    """`C5 01 iip result`; returns the offset after it."""
    p = aa.start
    tx[p] = _SET_RESPONSE
    tx[p + 1] = 1
    tx[p + 2] = iip
    tx[p + 3] = code
    return p + 4


def block_result(aa, tx, iip, code, buf, q):
    """`C5 03 iip result number(4)`, the number copied from buf[q:]; returns the offset after it."""
    p = aa.start
    tx[p] = _SET_RESPONSE
    tx[p + 1] = _LAST
    tx[p + 2] = iip
    tx[p + 3] = code
    copy(tx, p + 4, buf, q, 4)
    return p + 8


def acknowledge(aa, tx, iip, t):
    """`C5 02 iip number(4)`: the block is taken, the next one may come."""
    p = aa.start
    tx[p] = _SET_RESPONSE
    tx[p + 1] = 2
    tx[p + 2] = iip
    put32(tx, p + 3, t.block)
    return p + 7


# -- one value -------------------------------------------------------------------------------------


def not_negotiated(kit, aa, buf, q):
    """The ExceptionResponse for what the descriptor at buf[q:] uses and
    the AA did not negotiate, or 0.
    """
    if buf[q + _ITS_SELECTION] and aa.conformance & SELECTIVE_ACCESS == 0:
        return kit.errors.selection_not_negotiated
    if buf[q + _ITS_ATTRIBUTE] == 0 and aa.conformance & ATTRIBUTE_0_SET == 0:
        return kit.errors.attribute_0_not_negotiated
    return 0


def normal(kit, aa, rx, p, end, tx, iip):
    """One attribute set to one value."""
    q = p + _AFTER
    if end <= q:
        return result(aa, tx, iip, kit.errors.malformed_set)
    if rx[p + _SELECTION] or rx[p + _ATTRIBUTE] == 0:
        q = selection_end(kit, rx, p + _SELECTION, end)
        if q < 0:
            return result(aa, tx, iip, kit.errors.malformed_set)
        code = not_negotiated(kit, aa, rx, p + _DESCRIPTOR)
        if code:
            return exception(kit.errors, aa, tx, code)
    return result(aa, tx, iip, apply(kit, aa, rx, p + _DESCRIPTOR, rx, q, end))


def apply(kit, aa, names, d, buf, off, end):
    """Set what the descriptor at names[d:] names to the Data that fills
    buf[off:end]; returns a result.
    """
    errors = kit.errors
    stack = kit.stack
    r = scan(buf, off, end, stack, kit.depth)
    if r != end:
        return errors.too_nested if r == _NESTED else errors.malformed_set
    if stack[_LONGER]:
        t = kit.scratch
        t.request.used = 0
        off = kit.tidy_copy(t, buf, off, end)
        if off < 0:
            return errors.no_resources
        buf = t.buf
        end = t.request.used
    directory = aa.assoc.directory
    j = find(directory.table, directory.n, names, d)
    if j < 0 or aa.assoc.acc[j] == 0:
        return kit.invisible(aa, j, errors.unknown_object)
    attr = names[d + _ITS_ATTRIBUTE]
    if names[d + _ITS_SELECTION]:
        return errors.no_selection
    obj = directory.objs[j]
    if obj is None:
        obj = aa.assoc  # the current association
    if attr > obj.ATTRIBUTES:
        return errors.no_attribute
    if attr == 0:
        return apply_all(kit, aa, obj, j, buf, off)
    if directory.rows[_ROW * aa.assoc.acc[j] + attr] & 2 == 0:
        return errors.no_right
    if kit.keeper is not None:
        return kit.keeper.set(obj, attr, buf, off, end, aa)
    return obj.set(attr, buf, off, end, aa, True)


def apply_all(kit, aa, obj, j, buf, off):
    """Attribute 0: a structure with one element for each attribute of the class,
    null-data leaving it as it is [choice].

    All elements are checked before the first is applied, so that the object changes wholly or not
    at all (D-21). Of the attributes that depend on each other (`Interface.DEPENDENT`) at most one
    is taken: applied, it would change what the others were checked against.
    """
    if buf[off] != STRUCTURE or buf[off + 1] != obj.ATTRIBUTES:
        return kit.errors.no_attribute
    code = set_each(kit, aa, obj, j, buf, off + 2, False)
    return code if code else set_each(kit, aa, obj, j, buf, off + 2, True)


def set_each(kit, aa, obj, j, buf, q, commit):
    """Set attribute 1, 2, … to the Data that follow each other at buf[q:]; returns
    the first result that is no success.
    """
    attr = 1
    dependent = 0
    while attr <= obj.ATTRIBUTES:
        end = kit.scan(buf, q, _EVERYTHING)
        if buf[q] != NULL:
            if aa.assoc.directory.rows[_ROW * aa.assoc.acc[j] + attr] & 2 == 0:
                return kit.errors.no_right
            if attr in obj.DEPENDENT:
                dependent += 1
            if commit and kit.keeper is not None:
                code = kit.keeper.set(obj, attr, buf, q, end, aa)
            else:
                code = obj.set(attr, buf, q, end, aa, commit)
            if code or dependent > 1:
                return code or OTHER_REASON
        q = end
        attr += 1
    return SUCCESS


# -- a list of values ------------------------------------------------------------------------------


def check_list(kit, aa, rx, q, end):
    """Walk the count and descriptors at rx[q:]; returns the offset after them, or what
    refuses the list, negated (`refuse_list`).
    """
    errors = kit.errors
    n = length(rx, q, end)
    if n < 0:
        return -errors.malformed_set
    if n > kit.list_limit:
        return -errors.list_too_long
    q += length_size(rx, q)
    while n > 0:
        if end - q < 10:
            return -errors.malformed_set
        code = not_negotiated(kit, aa, rx, q)
        if code:
            return -code
        q = selection_end(kit, rx, q + _ITS_SELECTION, end)
        if q < 0:
            return -errors.malformed_set
        n -= 1
    return q


def refuse_list(kit, aa, tx, iip, code):
    """The answer to a list that is refused: a data-access-result, or
    above these an ExceptionResponse.
    """
    if code > _RESULTS:
        return exception(kit.errors, aa, tx, code)
    return result(aa, tx, iip, code)


def with_list(kit, aa, rx, p, end, tx, iip):
    """Several attributes set in order, one result each (D-23)."""
    if aa.conformance & MULTIPLE_REFERENCES == 0:
        return exception(kit.errors, aa, tx, kit.errors.list_not_negotiated)
    q = check_list(kit, aa, rx, p + 3, end)
    if q < 0:
        return refuse_list(kit, aa, tx, iip, -q)
    off = apply_list(kit, aa, rx, p + 3, rx, q, end, tx, aa.room)
    if off < 0:
        return refuse_list(kit, aa, tx, iip, -off)
    tx[aa.start + 1] = 5
    tx[aa.start + 2] = iip
    return off


def apply_list(kit, aa, names, d, buf, off, end, tx, room):
    """Set the list: count and descriptors at names[d:], count and values in
    buf[off:end]; writes `C5 … … n {result}`.

    Returns the offset after it, or what refuses the list, negated (`refuse_list`): the values are
    malformed or not as many as the descriptors, or more than an answer of `room` octets holds.
    Then nothing was applied.
    """
    n = length(names, d, d + 6)
    if length(buf, off, end) != n:
        return -kit.errors.malformed_set
    if 4 + n > room:
        return -kit.errors.list_too_long
    off += length_size(buf, off)
    if walk(kit, buf, off, end, n) != end:
        return -kit.errors.malformed_set
    d += length_size(names, d)
    p = aa.start
    tx[p] = _SET_RESPONSE
    tx[p + 3] = n
    p += 4
    while n > 0:
        r = kit.scan(buf, off, end)
        tx[p] = apply(kit, aa, names, d, buf, off, r) if LEFT[0] else TEMPORARY_FAILURE
        off = r
        d = selection_end(kit, names, d + _ITS_SELECTION, _EVERYTHING)
        p += 1
        n -= 1
    return p


def walk(kit, buf, off, end, n):
    """Offset after n Data at buf[off:], or a negative number when they are not well-formed."""
    while n > 0 and off >= 0:
        off = kit.scan(buf, off, end)
        n -= 1
    return off


# -- blocks ----------------------------------------------------------------------------------------


def first_block(kit, aa, rx, p, end, tx, iip):
    """The first block of one attribute's value."""
    if aa.conformance & BLOCK_SET == 0:
        return exception(kit.errors, aa, tx, kit.errors.blocks_not_negotiated)
    q = selection_end(kit, rx, p + _SELECTION, end) if end - p > _AFTER else -1
    if q < 0:
        return result(aa, tx, iip, kit.errors.malformed_set)
    code = not_negotiated(kit, aa, rx, p + _DESCRIPTOR)
    if code:
        return exception(kit.errors, aa, tx, code)
    action = blocks.first(kit, aa, rx, p + _DESCRIPTOR, q, end, SET_IN, False)
    return answer_block(kit, aa, rx, q, end, tx, iip, action)


def list_first_block(kit, aa, rx, p, end, tx, iip):
    """The first block of the values of a list."""
    if aa.conformance & BLOCK_SET == 0:
        return exception(kit.errors, aa, tx, kit.errors.blocks_not_negotiated)
    if aa.conformance & MULTIPLE_REFERENCES == 0:
        return exception(kit.errors, aa, tx, kit.errors.list_not_negotiated)
    q = check_list(kit, aa, rx, p + 3, end)
    if q < 0:
        return refuse_list(kit, aa, tx, iip, -q)
    action = blocks.first(kit, aa, rx, p + 3, q, end, SET_IN, True)
    return answer_block(kit, aa, rx, q, end, tx, iip, action)


def next_block(kit, aa, rx, p, end, tx, iip):
    """A further block of the value."""
    action = blocks.next(aa, rx, p + 3, end, SET_IN)
    return answer_block(kit, aa, rx, p + 3, end, tx, iip, action)


def answer_block(kit, aa, rx, q, end, tx, iip, action):
    """Answer the block at rx[q:end] after `blocks` said what is to be
    done; the last one is applied.
    """
    if action == states.TAKE:
        return acknowledge(aa, tx, iip, aa.transfer)
    if action == states.EXECUTE:
        return execute(kit, aa, aa.transfer, rx, q, tx, iip)
    if action == states.MALFORMED:
        # refused by its number (D-22), or as malformed when even that is missing
        if end - q < 6 or rx[q] > 1:
            return result(aa, tx, iip, kit.errors.malformed_set)
        code = kit.errors.bad_block
    elif action == states.NOT_RUNNING:
        code = NO_LONG_SET_IN_PROGRESS
    elif action == states.WRONG_NUMBER:
        code = DATA_BLOCK_NUMBER_INVALID
    else:
        code = kit.errors.no_resources
    return block_result(aa, tx, iip, code, rx, q + 1)


def execute(kit, aa, t, rx, q, tx, iip):
    """The value is whole: apply it. `C5 03 iip result number(4)`, of a list
    `C5 04 iip n {result} number(4)`.
    """
    request = t.request
    if not request.many:
        code = apply(kit, aa, t.buf, 0, t.buf, request.mark, request.used)
        abandon(aa)
        return block_result(aa, tx, iip, code, rx, q + 1)
    off = apply_list(kit, aa, t.buf, 0, t.buf, request.mark, request.used, tx, aa.room - 4)
    if off > 0:
        tx[aa.start + 1] = _LAST_LIST
        tx[aa.start + 2] = iip
        copy(tx, off, rx, q + 1, 4)
        off += 4
    else:
        off = refuse_list(kit, aa, tx, iip, -off)
    abandon(aa)
    return off
