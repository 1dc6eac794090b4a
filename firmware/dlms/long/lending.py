"""Transfers are lent to AAs, and taken back."""

from dlms.long.states import NONE


def abandon(aa):
    """End the long transfer of an AA, if one runs (D-17)."""
    t = aa.transfer
    if t is not None:
        aa.transfer = None
        t.kind = NONE
        link = aa.link
        if link.streaming is aa:
            link.streaming = None
        link.running -= 1
        link.carrier.transfers.give(t, link.running)
        aa.heat()
