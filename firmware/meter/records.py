"""Which objects are kept over a restart: the keys of their records in the journal of the store.

A class with more than one group (`Interface.KEPT`) takes as many keys from this one on. A key is
never used again for something else, so that another firmware does not take one for the other. To
have a new object kept, add a line.
"""

from store.keys import OBJECTS

_START_ONLY = True

# of the management logical device: key, logical name
RECORDS = (
    (OBJECTS, "0.0.96.1.1.255"),
    (OBJECTS + 1, "0.0.96.128.1.255"),
    (OBJECTS + 2, "0.0.1.0.0.255"),
    (OBJECTS + 3, "1.0.99.1.0.255"),
    (OBJECTS + 4, "0.0.98.1.0.255"),
    (OBJECTS + 5, "0.0.99.98.0.255"),
    (OBJECTS + 6, "0.0.96.3.10.255"),
    (OBJECTS + 7, "0.0.25.0.0.255"),
    (OBJECTS + 7, "0.1.25.0.0.255"),  # the same value
    (OBJECTS + 8, "0.0.25.1.0.255"),
    (OBJECTS + 9, "0.0.25.7.0.255"),
    (OBJECTS + 10, "0.0.25.9.0.255"),
    (OBJECTS + 12, "0.1.25.9.0.255"),
    (OBJECTS + 14, "0.4.25.9.0.255"),
    (OBJECTS + 16, "0.0.97.98.0.255"),
)
# of the associations, by their clients: key; the next logical device has its own, so many keys on
ASSOCIATIONS = ((OBJECTS + 32, 16), (OBJECTS + 35, 1), (OBJECTS + 38, 32), (OBJECTS + 41, 48))
SHORT_NAME_ASSOCIATIONS = ((OBJECTS + 44, 64), (OBJECTS + 45, 80))
NEXT_DEVICE = 16
