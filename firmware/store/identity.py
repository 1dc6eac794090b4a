"""The identity record of a store: what it is, how its sectors are shared out, and whose it is.

    0      version of the store, 1
    1      n, number of areas
    2..    n areas of five octets: kind, first sector (2), sectors (2)
    2+5n.. the serial number of the meter

The journal has the first area, because the record stands in it. The octets are compared as they
stand: a meter opens the store that it would have made itself, and no other.
"""

from micropython import const

VERSION = const(1)
LOAD = const(0)  # kinds of areas: the rings of load profile, billing and event log,
BILLING = const(1)
EVENTS = const(2)
JOURNAL = const(0x4A)  # and the journal
NAMES = {LOAD: "load profile", BILLING: "billing", EVENTS: "event log", JOURNAL: "journal"}

_AREA = const(5)
_HEAD = const(2)


class StoreError(Exception):
    """A store that cannot be opened; its text is one line. Nothing was written."""


def areas(plan):
    """[(kind, first sector, sectors)] of a plan ((kind, sectors), …), one after another."""
    found = []
    first = 0
    for kind, sectors in plan:
        found.append((kind, first, sectors))
        first += sectors
    return found


def compose(plan, serial):
    """The record of a store with this plan and serial number."""
    record = bytearray((VERSION, len(plan)))
    for kind, first, sectors in areas(plan):
        record += bytes((kind, first >> 8, first & 0xFF, sectors >> 8, sectors & 0xFF))
    return bytes(record) + bytes(serial)


def areas_of(record):
    """[(kind, first sector, sectors)] of a record of this version."""
    return [
        (record[p], record[p + 1] << 8 | record[p + 2], record[p + 3] << 8 | record[p + 4])
        for p in range(_HEAD, _HEAD + _AREA * record[1], _AREA)
    ]


def serial_of(record):
    """The serial number of a record of this version."""
    return bytes(record[_HEAD + _AREA * record[1] :])


def check(found, wanted):
    """StoreError where the record of a store is not the one wanted."""
    if found[0] != VERSION:
        raise StoreError("state: this is a store of version %d, and the meter has version %d" % (found[0], VERSION))
    n = _HEAD + _AREA * wanted[1]
    if found[:n] != wanted[:n]:
        raise StoreError("state: this is a store with another map: %s, not %s" % (shown(found), shown(wanted)))
    if found != wanted:
        raise StoreError(
            "state: this is the store of meter %s, not of %s" % (text(serial_of(found)), text(serial_of(wanted)))
        )


def shown(record):
    """The map of a record in words."""
    parts = ["%s %d" % (NAMES.get(kind, "kind %d" % kind), sectors) for kind, _, sectors in areas_of(record)]
    return ", ".join(parts) + " sectors"


def text(serial):
    """A serial number as text: what is no visible character as its octets."""
    for octet in serial:
        if not 0x20 < octet < 0x7F:
            return serial.hex()
    return serial.decode()
