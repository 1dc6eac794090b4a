"""Variable-access-specifications of Read and Write: walking them, looking them up,
and putting long requests together.

`short_names` has their layout.
"""

from micropython import const

from dlms.codec.conformance import MULTIPLE_REFERENCES, PARAMETERIZED_ACCESS
from dlms.codec.errors import DATA_BLOCK_NUMBER_INVALID
from dlms.codec.octets import get16, length, length_size
from dlms.long import states
from dlms.long.states import READ_IN
from dlms.long.lending import abandon, lend

VARIABLE_NAME = const(2)
PARAMETERIZED = const(4)
BLOCK_NUMBER = const(5)
READ_DATA_BLOCK = const(6)
WRITE_DATA_BLOCK = const(7)
METHOD = const(0x80)  # in what `locate` returns: the number is that of a method
NUMBER = const(0x7F)
_VARIABLE = const(3)  # octets of a variable-name


def specification_end(kit, aa, buf, q, end):
    """Offset after the variable-name or parameterized-access at buf[q:]; -1
    when it is neither or is cut short.
    """
    if end - q < 3:
        return -1
    if buf[q] == VARIABLE_NAME:
        return q + 3
    if buf[q] != PARAMETERIZED or end - q < 5:
        return -1
    q = kit.scan(buf, q + 4, end)
    return q if q > 0 else -1


def specifications_end(kit, aa, buf, q, end, n):
    """Offset after n specifications at buf[q:], or -1."""
    while n > 0 and q >= 0:
        q = specification_end(kit, aa, buf, q, end)
        n -= 1
    return q


def negotiated(aa, n, octets):
    """Whether the AA negotiated what n well-formed specifications of so many octets use: a list,
    and parameterized-access, which is longer than a variable-name.
    """
    conformance = aa.conformance
    if n > 1 and conformance & MULTIPLE_REFERENCES == 0:
        return False
    return octets == _VARIABLE * n or conformance & PARAMETERIZED_ACCESS != 0


def locate(aa, buf, q):
    """What the short name at buf[q:] names among the objects that this AA sees, as
    `ShortNames.find` shows it, or -1.
    """
    r = aa.assoc.names.find(buf, q)
    return r if r >= 0 and aa.assoc.acc[r >> 8] else -1


def take_block(kit, aa, kind, none, rx, q, r, end):
    """Take a part of a long request: `last number(2)` at rx[q:] and `length raw` at
    rx[r:end]. Number 1 begins a new one.

    Returns 0 when more is to come and 1 when the request is whole in aa.transfer, both with the
    part's number acknowledged by the caller, or -result: then the transfer has ended
    (`dlms.long.states`). none: the result when there is no such transfer.
    """
    event = states.READ_BLOCK if kind == READ_IN else states.WRITE_BLOCK
    n = length(rx, r, end)
    if rx[q] > 1 or n < 0 or r + length_size(rx, r) + n != end:
        return taken(kit, aa, event + states.BAD, none)
    number = get16(rx, q + 1)
    if number == 1 and not begin_parts(kit, aa, kind):
        return -kit.errors.no_resources
    t = aa.transfer
    if t is not None and t.kind == kind:
        if number != t.block + 1:
            event += states.OTHER
        elif not t.request.take(rx, end - n, n):
            event += states.LONG
        else:
            t.block = number
            event += rx[q]  # states.LAST for the last one
    return taken(kit, aa, event, none)


def begin_parts(kit, aa, kind):
    """A new transfer of that kind, empty; False when no other is free."""
    abandon(aa)
    t = kit.scratch
    t.reset()
    t.block = 0
    t.kind = kind
    return lend(kit, aa, t)


def taken(kit, aa, event, none):
    """What `take_block` returns after an event."""
    action = states.step(aa, event)
    if action == states.TAKE:
        return 0
    if action == states.EXECUTE:
        return 1
    if action == states.NOT_RUNNING:
        return -none
    if action == states.WRONG_NUMBER:
        return -DATA_BLOCK_NUMBER_INVALID
    return -(kit.errors.bad_block if action == states.MALFORMED else kit.errors.no_resources)
