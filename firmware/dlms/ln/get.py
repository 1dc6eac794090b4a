"""The GET service (REQUIREMENTS D.2, D-10 to D-19).

    C0 01 iip descriptor(9) selection                 normal            -> C4 01 iip (00 Data | 01 result)
    C0 02 iip block-number(4)                         next
                                                -> C4 02 iip last number(4) (00 len raw | 01 result)
    C0 03 iip n {descriptor(9) selection}             with-list         -> C4 03 iip n {00 Data | 01 result}

A descriptor is class-id(2), logical name(6), attribute-id(1); selection is 00, or 01
selector Data. The plain case - one short attribute, no selection - never comes here:
`server.handle` has a fast path for it.
"""

from micropython import const

from dlms.codec.conformance import ATTRIBUTE_0_GET, GET, MULTIPLE_REFERENCES, SELECTIVE_ACCESS
from dlms.codec.errors import DATA_BLOCK_NUMBER_INVALID, NO_LONG_GET_IN_PROGRESS, SUCCESS, TEMPORARY_FAILURE
from dlms.codec.octets import copy, find, length, length_size, u32_equal
from dlms.codec.work import LEFT
from dlms.aa.service_class import answers_get, stray
from dlms.aa.refusal import exception
from dlms.long import states
from dlms.long.response import first, following
from dlms.long.sources import Entries
from dlms.long.states import GET_OUT
from dlms.long.lending import abandon

_GET_RESPONSE = const(0xC4)  # as `dlms.codec.tags.GET_RESPONSE`
# offsets in a normal request …
_DESCRIPTOR = const(3)
_ATTRIBUTE = const(11)
_SELECTION = const(12)  # 0, or 1 and a selector
_AFTER = const(13)  # the selector; without one the end
# … and in a descriptor with its selection
_ITS_ATTRIBUTE = const(8)
_ITS_SELECTION = const(9)
_ITS_SELECTOR = const(10)
_ROW = const(20)  # as `dlms.aa.association.ROW`
_NEXT_SIZE = const(7)
_NORMAL = const(4)  # octets of `C4 01 iip 00`
_LIST = const(3)  # octets of `C4 03 iip`


def request(kit, aa, rx, p, end, tx):
    """Serve the GET request rx[p:end]; returns the offset after the response APDU
    at tx[aa.start:], or 0 for none.
    """
    errors = kit.errors
    if end - p < 3:
        return exception(errors, aa, tx, errors.no_invoke_id)
    choice = rx[p + 1]
    iip = rx[p + 2]
    if iip & 0x40 == 0 and not answers_get(kit.errors, aa) and yields_nothing(aa, choice):
        turn(kit, aa, choice, iip)
        return kit.trail.unanswered(aa, "get")
    if aa.conformance & GET == 0:
        return exception(errors, aa, tx, errors.service_not_negotiated)
    if choice == 1:
        if aa.transfer is not None:
            abandon(aa)
        return normal(kit, aa, rx, p, end, tx, iip)
    if choice == 2 and end - p == _NEXT_SIZE:
        return next_block(kit, aa, rx, p, tx, iip)
    turn(kit, aa, choice, iip)
    if choice == 3:
        return with_list(kit, aa, rx, p, end, tx, iip)
    return result(aa, tx, iip, errors.malformed_get)


def turn(kit, aa, choice, iip):
    """The client turns to another request: the transfer that runs ends (D-17). A request for a
    block of another one ends nothing (D-07).
    """
    if choice != 2 or not stray(aa, iip):
        abandon(aa)


def yields_nothing(aa, choice):
    """True when an unconfirmed GET yields nothing (B-09): nothing is read
    then, for nobody would hear of it.

    With an unknown choice nothing says for sure that this was the service class:
    refused where an answer can go (D-93).
    """
    return 1 <= choice <= 3 or (choice & 0x40 == 0 and aa.assoc.preestablished)


def result(aa, tx, iip, code):
    """`C4 01 iip 01 result`; returns the offset after it."""
    p = aa.start
    tx[p] = _GET_RESPONSE
    tx[p + 1] = 1
    tx[p + 2] = iip
    tx[p + 3] = 1
    tx[p + 4] = code
    return p + 5


def block_result(aa, tx, iip, rx, p, code):
    """`C4 02 iip 01 number 01 result` with the number of the request at rx[p:] (D-15, D-16)."""
    q = aa.start
    tx[q] = _GET_RESPONSE
    tx[q + 1] = 2
    tx[q + 2] = iip
    tx[q + 3] = 1
    copy(tx, q + 4, rx, p, 4)
    tx[q + 8] = 1
    tx[q + 9] = code
    return q + 10


def selection_end(kit, buf, q, end):
    """Offset after the selection at buf[q:], or -1 when it is not well-formed."""
    if q >= end or buf[q] > 1:
        return -1
    if buf[q] == 0:
        return q + 1
    if end - q < 3:
        return -1
    return kit.scan(buf, q + 2, end)


def normal(kit, aa, rx, p, end, tx, iip):
    """One attribute, or with attribute-id 0 all of them."""
    errors = kit.errors
    if end - p < _AFTER or (selection_end(kit, rx, p + _SELECTION, end) if rx[p + _SELECTION] else p + _AFTER) != end:
        return result(aa, tx, iip, errors.malformed_get)
    if rx[p + _SELECTION] and aa.conformance & SELECTIVE_ACCESS == 0:
        return exception(errors, aa, tx, errors.selection_not_negotiated)
    if rx[p + _ATTRIBUTE] == 0 and aa.conformance & ATTRIBUTE_0_GET == 0:
        return exception(errors, aa, tx, errors.attribute_0_not_negotiated)
    t = kit.scratch
    t.reset()
    code = begin_attribute(kit, aa, t, rx, p + _DESCRIPTOR, p + _AFTER if rx[p + _SELECTION] else 0, end)
    if code:
        return result(aa, tx, iip, code)
    start = aa.start
    tx[start] = _GET_RESPONSE
    tx[start + 1] = 1
    tx[start + 2] = iip
    tx[start + 3] = 0
    end = first(kit, aa, t, tx, GET_OUT, _NORMAL)
    return end if end else result(aa, tx, iip, t.fault)


def begin_attribute(kit, aa, t, buf, q, at, end):
    """Begin to read what the descriptor at buf[q:] names; returns a result. Selector and
    parameters fill buf[at:end], at is 0 for none.
    """
    directory = aa.assoc.directory
    j = find(directory.table, directory.n, buf, q)
    if j < 0 or aa.assoc.acc[j] == 0:
        return kit.invisible(aa, j, kit.errors.unknown_object)
    obj = directory.objs[j]
    if obj is None:
        obj = aa.assoc  # the current association
    attr = buf[q + 8]
    if attr > obj.ATTRIBUTES:
        return kit.errors.no_attribute
    if attr and directory.rows[_ROW * aa.assoc.acc[j] + attr] & 1 == 0:
        return kit.errors.no_right
    t.aa = aa
    t.selector = 0
    if at:
        t.selector = buf[at]
        if buf is t.buf:
            t.off = at + 1
            t.end = end
        else:
            # the request's own buffer may be used again before the last block is sent
            t.request.used = 0
            if not t.request.take(buf, at + 1, end - at - 1):
                return kit.errors.no_resources
            t.off = 0
            t.end = t.request.used
        t.end = kit.tidy(t, t.off, t.end)
        if attr not in obj.SELECT or t.selector not in obj.SELECT[attr]:
            return kit.errors.no_selection
    return t.begin_value(obj, j, attr)


def next_block(kit, aa, rx, p, tx, iip):
    """The next block of the transfer that runs, when its number is the one of the last block sent."""
    t = aa.transfer
    if stray(aa, iip):
        return block_result(aa, tx, iip, rx, p + 3, NO_LONG_GET_IN_PROGRESS)
    if t is None or t.kind != GET_OUT or not u32_equal(rx, p + 3, t.block):
        # what is asked for all day is known: GET_NEXT in GET_OUT is SEND
        action = states.step(aa, states.GET_OTHER)
        code = NO_LONG_GET_IN_PROGRESS if action == states.NOT_RUNNING else DATA_BLOCK_NUMBER_INVALID
        return block_result(aa, tx, iip, rx, p + 3, code)
    tx[aa.start + 2] = iip
    end = following(kit, aa, t, tx)
    if end == 0:
        code = t.fault
        abandon(aa)
        return block_result(aa, tx, iip, rx, p + 3, code)
    return end


def with_list(kit, aa, rx, p, end, tx, iip):
    """Several attributes in one request: each entry succeeds or fails for itself (D-13)."""
    errors = kit.errors
    if aa.conformance & MULTIPLE_REFERENCES == 0:
        return exception(errors, aa, tx, errors.list_not_negotiated)
    n = length(rx, p + 3, end)
    if n < 0:
        return result(aa, tx, iip, errors.malformed_get)
    if n > kit.list_limit:
        return exception(errors, aa, tx, errors.list_too_long)
    q = p + 3 + length_size(rx, p + 3)
    code = check_list(kit, aa, rx, q, end, n)
    if code < 0:
        return result(aa, tx, iip, errors.malformed_get)
    if code:
        return exception(kit.errors, aa, tx, code)
    t = kit.scratch
    t.reset()
    if not t.request.take(rx, q, end - q):
        return exception(errors, aa, tx, errors.list_too_long)
    t.aa = aa
    t.source = ENTRIES
    t.request.left = n
    t.request.pos = 0
    # the count stands in front of the entries, in a response in one piece
    # and in the raw data of blocks
    t.put(n)
    start = aa.start
    tx[start] = _GET_RESPONSE
    tx[start + 1] = 3
    tx[start + 2] = iip
    end = first(kit, aa, t, tx, GET_OUT, _LIST)
    return end if end else result(aa, tx, iip, t.fault)


def check_list(kit, aa, rx, q, end, n):
    """Walk the n entries of a list; returns 0, -1 when they are malformed, or the
    ExceptionResponse for what was not negotiated.
    """
    code = 0
    while n > 0:
        if end - q < _ITS_SELECTOR:
            return -1
        if rx[q + _ITS_SELECTION] and aa.conformance & SELECTIVE_ACCESS == 0:
            code = kit.errors.selection_not_negotiated
        if rx[q + _ITS_ATTRIBUTE] == 0 and aa.conformance & ATTRIBUTE_0_GET == 0:
            code = kit.errors.attribute_0_not_negotiated
        q = selection_end(kit, rx, q + _ITS_SELECTION, end)
        if q < 0:
            return -1
        n -= 1
    return code if q == end else -1


class GetEntries(Entries):
    """The entries of a GET list: `00` and the value, or `01 result`."""

    def next(self, t):
        """Encode the head of the next entry into carry."""
        request = t.request
        if request.left == 0:
            return False
        request.left -= 1
        t.n = 0
        t.i = 0
        buf = request.buf
        q = request.pos
        end = selection_end(t.kit, buf, q + _ITS_SELECTION, request.used)
        request.pos = end
        t.put(0)
        code = TEMPORARY_FAILURE
        if LEFT[0]:
            code = begin_attribute(t.kit, t.aa, t, buf, q, q + _ITS_SELECTOR if buf[q + _ITS_SELECTION] else 0, end)
        if code != SUCCESS:
            t.n = 0
            t.empty()
            t.put(1)
            t.put(code)
        return True


ENTRIES = GetEntries()
