"""Transfers are lent to AAs, and taken back.

    scratch  --lend-->  aa.transfer  --abandon-->  pool of the AA's transport
       ^                                                    |
       +----------------------------------------------------+   lend: a free one is the scratch next

Every answer begins in the scratch transfer. Most end there; a longer one is lent to its AA.
"""

from micropython import const

from dlms.aa.places import TRANSFERS

_NONE = const(0)  # as `dlms.long.states.NONE`
_GBT_SENT = const(10)  # as `dlms.long.states.GBT_SENT`


def lend(kit, aa, t):
    """The scratch transfer t becomes the association's own; False when no
    other is free to take its place.
    """
    link = aa.link
    pool = link.carrier.transfers
    other = pool.take(link.running)
    if other is None and reclaim(kit, aa):
        other = pool.take(link.running)
    if other is None:
        return False
    link.running += 1
    kit.scratch = other
    aa.transfer = t
    aa.heat()
    return True


def abandon(aa):
    """End the long transfer of an AA, if one runs (D-17)."""
    t = aa.transfer
    if t is not None:
        aa.transfer = None
        t.kind = _NONE
        link = aa.link
        if link.streaming is aa:
            link.streaming = None
        link.running -= 1
        link.carrier.transfers.give(t, link.running)
        aa.heat()


def reclaim(kit, aa):
    """End a long transfer so that `aa` can begin one; False when there is none that may be ended.

    First one that is only kept in case its last blocks were lost; then, for a
    proven AA, that of one which is not.
    """
    carrier = aa.link.carrier
    for t in kit.every:
        if t.kind == _GBT_SENT and t.aa.transfer is t and t.aa.link.carrier.transfers is carrier.transfers:
            abandon(t.aa)
            return True
    if not aa.proven():
        return False
    if carrier.stream:
        aa = kit.places.oldest(carrier.links, TRANSFERS, 2, aa.link)
    else:
        aa = kit.places.oldest(carrier.links, TRANSFERS, 1)
    if aa is None:
        return False
    kit.trail.note("transfer-yields", aa.trail())
    abandon(aa)
    return True
