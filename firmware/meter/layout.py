"""How the sectors of a store are dealt out: the journal, and a ring for each profile."""

_START_ONLY = True

LEAST = 13  # sectors: three for each ring, four for the journal
_LARGE = 64  # sectors from which on the journal has eight


def plan(sectors):
    """((kind, sectors), …) as `store.store.Store` takes it; ValueError when there are too few.

    Of 148 sectors: 8 for the journal, 8 for the daily billing, 5 for the events, 127 for the load
    profile.
    """
    from store.identity import BILLING, EVENTS, JOURNAL, LOAD

    if sectors < LEAST:
        raise ValueError("state: %d sectors are too few, %d are needed" % (sectors, LEAST))
    journal = 8 if sectors >= _LARGE else 4
    billing = max(3, sectors // 18)
    events = max(3, sectors // 28)
    load = sectors - journal - billing - events
    return ((JOURNAL, journal), (LOAD, load), (BILLING, billing), (EVENTS, events))
