"""The keys of the journal: one table for all that is kept there, so that no number is used twice.

A number that a release has used keeps its meaning for ever; what is no longer kept leaves a gap.
Keys below CLEARED outlive a factory reset. Those from there up are the meter's state and what
clients wrote: a reset clears them all.
"""

from micropython import const

COUNT = const(192)  # keys are 1 to COUNT - 1

IDENTITY = const(1)  # format, map and serial number: `store.identity`
RESET = const(2)  # there while a factory reset is on its way
RINGS = const(4)  # and three more, by kind of ring: what belongs to its rows; a reset clears them too
RING_COUNT = const(4)
COUNTERS = const(8)  # and seven more: numbers that are never used twice, `store.counters`
COUNTER_COUNT = const(8)
SECURITY = const(16)  # and fifteen more: keys and system titles
CLEARED = const(64)
STATE = const(64)  # the meter's registers and its clock
MADE = const(65)  # there once the meter has lived through its first start
OBJECTS = const(72)  # and on: what clients wrote to objects,
ASSOCIATIONS = const(104)  # and from here on to associations, whose secrets are among it


def is_secret(key):
    """Whether the octets of a record are shown to nobody."""
    return SECURITY <= key < SECURITY + 16 or key >= ASSOCIATIONS
