"""Requests in service-specific blocks, SET and ACTION alike: blocks are put together in the
transfer's buffer (REQUIREMENTS D-22, D-24).

    … descriptors · last number(4) length raw          the first block, after what the
                                                       request names
    … last number(4) length raw                        those that follow

The descriptors are kept in front of the value, which begins at `mark`. What is done about a block
says `dlms.long.states`; how a refusal looks is the business of the service.
"""

from dlms.codec.octets import length, length_size, u32_equal
from dlms.aa.service_class import stray
from dlms.long import states
from dlms.long.lending import lend


def well_formed(buf, q, end):
    """True when `last number(4) length raw` fills buf[q:end] exactly."""
    if end - q < 6 or buf[q] > 1:
        return False
    n = length(buf, q + 5, end)
    return n >= 0 and q + 5 + length_size(buf, q + 5) + n == end


def first(kit, aa, rx, p, q, end, kind, many):
    """Begin a transfer of that kind, of a list with `many`: keep the descriptors
    rx[p:q] and take block 1 at rx[q:end].

    The octet before the descriptors is the invoke-id-and-priority, by which blocks of
    other requests are recognized from its own.

    Returns what is to be done.
    """
    t = kit.scratch
    t.reset()
    t.block = 0
    t.request.many = many
    t.request.iip = rx[p - 1]
    if not well_formed(rx, q, end):
        return states.MALFORMED
    if not t.request.take(rx, p, q - p) or not lend(kit, aa, t):
        return states.NO_ROOM
    t.kind = kind
    t.request.mark = t.request.used
    return further(aa, rx, q, end, kind)


def next(aa, rx, q, end, kind):
    """Take the block at rx[q:end] of a request that runs in blocks; returns what is to be done.

    The octet before it is the invoke-id-and-priority. With another invoke-id than
    that of the request it is none of its blocks: it is refused as without a transfer,
    and the one that runs goes on (D-07).
    """
    if stray(aa, rx[q - 1]):
        return states.NOT_RUNNING if well_formed(rx, q, end) else states.MALFORMED
    return further(aa, rx, q, end, kind)


def further(aa, rx, q, end, kind):
    """Take the block at rx[q:end] into the transfer of that kind; returns what is to be
    done: TAKE and EXECUTE when it was taken.
    """
    t = aa.transfer
    event = states.SET_BLOCK if kind == states.SET_IN else states.ACTION_BLOCK
    if not well_formed(rx, q, end):
        event += states.BAD
    elif t is not None and t.kind == kind:
        if not u32_equal(rx, q + 1, t.block + 1):
            event += states.OTHER
        elif not t.request.take(rx, end - length(rx, q + 5, end), length(rx, q + 5, end)):
            event += states.LONG
        else:
            t.block += 1
            event += rx[q]  # states.LAST for the last one
    return states.step(aa, event)
