"""A change of what is kept: written before it is answered, by whatever service it comes; undone and
refused where it does not hold; not written where nothing changes.
"""

import limits
import meter
from config import parse
from cosem import kept
from dlms.aa.association import Link, associations
from dlms.codec.errors import HARDWARE_FAULT, SUCCESS
from dlms.server import Server
from kept_rig import CLOCK, IMPORT, LOAD, NOTE, SHORT_NAMES, Rig, descriptor, name, unhex
from store.keys import STATE

REQ = {
    "service-*": ("I-21",),
    "undone-*": ("I-22",),
    "nothing-*": ("I-21",),
    "test_undone_running_values": ("I-22",),
    "test_undone_capture_objects": ("I-22", "I-25"),
    "test_a_reset_that_does_not_hold": ("I-22",),
    "test_too_long_for_a_record": ("I-22",),
    "test_reading_writes_nothing": ("I-21",),
    "test_the_fast_paths_without_a_store": ("I-33",),
    "test_a_checkpoint_that_does_not_hold_is_tried_again": ("I-23",),
}

PUSH = "0.0.25.9.0.255"
SUPPLY = "0.0.96.3.10.255"
GROUPS = "0.0.25.1.0.255"
ASSOCIATION = "0.0.40.0.0.255"
VALUE = unhex("06 00C0FFEE")


def note_base(rig):
    """Short name of attribute 2 of the note."""
    for association in rig.meter.associations:
        if association.client == SHORT_NAMES and association.server == 1:
            i = association.directory.index(name(NOTE))
            return association.names.base(i) + 8


def plain(rig):
    return rig.ask(unhex("C1 01 C1") + descriptor(1, NOTE, 2) + b"\x00" + VALUE)


def unconfirmed(rig):
    return rig.ask(unhex("C1 01 81") + descriptor(1, NOTE, 2) + b"\x00" + VALUE)


def listed(rig):
    return rig.ask(unhex("C1 04 C1 01") + descriptor(1, NOTE, 2) + unhex("00 01") + VALUE)


def blocks(rig):
    first = unhex("C1 02 C1") + descriptor(1, NOTE, 2) + unhex("00 00 00000001 02") + VALUE[:2]
    assert rig.ask(first) == unhex("C5 02 C1 00000001")
    return rig.ask(unhex("C1 03 C1 01 00000002 03") + VALUE[2:])


def general_blocks(rig):
    apdu = unhex("C1 01 C1") + descriptor(1, NOTE, 2) + b"\x00" + VALUE
    return rig.ask(unhex("E0 81 0001 0000") + bytes((len(apdu),)) + apdu)


def access(rig):
    return rig.ask(unhex("D9 40000001 00 01 02") + descriptor(1, NOTE, 2) + b"\x01" + VALUE)


def access_unconfirmed(rig):
    return rig.ask(unhex("D9 00000001 00 01 02") + descriptor(1, NOTE, 2) + b"\x01" + VALUE)


def all_attributes(rig):
    return rig.ask(unhex("C1 01 C1") + descriptor(1, NOTE, 0) + unhex("00 02 02 00") + VALUE)


def short_name(rig):
    base = note_base(rig)
    return rig.ask(unhex("06 01 02") + bytes((base >> 8, base & 255, 1)) + VALUE, SHORT_NAMES)


def short_name_unconfirmed(rig):
    base = note_base(rig)
    return rig.ask(unhex("16 01 02") + bytes((base >> 8, base & 255, 1)) + VALUE, SHORT_NAMES)


SERVICES = (plain, unconfirmed, listed, blocks, general_blocks, access, access_unconfirmed, all_attributes)
SN_SERVICES = (short_name, short_name_unconfirmed)
UNANSWERED = (unconfirmed, access_unconfirmed, short_name_unconfirmed)


def service(ask, client):
    """The record is there when the answer is, and only then; the second time nothing is written."""
    rig = Rig(None, "backfill_days=0")
    rig.open()
    assert rig.open(client)
    key = rig.find(NOTE).record
    put = rig.store.journal.put
    before = []

    def watched(key, buf, off, n):
        rig.tx[0:200] = bytes(200)  # the answer is not there yet
        before.append(key)
        return put(key, buf, off, n)

    rig.store.journal.put = watched
    answer = ask(rig)
    assert before == [key]
    assert (answer == b"") == (ask in UNANSWERED), answer
    assert rig.store.journal.records[key] == unhex("02 0005") + VALUE
    writes = rig.store.journal.writes
    ask(rig)
    assert rig.store.journal.writes == writes
    rig.off().on()
    assert bytes(rig.find(NOTE).a[2]) == VALUE


def refused(ask, client):
    """The journal does not take it: an error, the old value, counted."""
    rig = Rig(None, "backfill_days=0")
    rig.open()
    assert rig.open(client)
    old = bytes(rig.find(NOTE).a[2])
    rig.store.journal.fails = True
    answer = ask(rig)
    assert bytes(rig.find(NOTE).a[2]) == old
    assert bytes(rig.meter.keeper.unkept) == bytes((0, 0, 0, 1))
    assert rig.noted("not-kept")
    if ask not in UNANSWERED:
        assert HARDWARE_FAULT in answer[2:], answer
    rig.store.journal.fails = False
    ask(rig)
    assert bytes(rig.find(NOTE).a[2]) == VALUE


def undone(class_id, text, number, data, method=False):
    """One change of each kind of object that does not hold, and then does."""
    rig = Rig(None, "backfill_days=0")
    rig.open()
    o = rig.find(text) if text != ASSOCIATION else [a for a in rig.meter.associations if a.client == 48][0]
    groups = len(o.KEPT)
    buf = bytearray(600)

    def records():
        found = []
        for g in range(groups):
            n = kept.pack(o, g, buf, 0, 600)
            found.append(bytes(buf[:n]))
        return found

    def ask():
        return rig.act(class_id, text, number, data) if method else rig.set(class_id, text, number, data)

    before = records()
    rig.store.journal.fails = True
    assert ask() == HARDWARE_FAULT
    assert records() == before
    rig.store.journal.fails = False
    assert ask() == SUCCESS
    assert records() != before
    wanted = records()
    rig.off().on()
    o = rig.find(text) if text != ASSOCIATION else [a for a in rig.meter.associations if a.client == 48][0]
    assert records() == wanted


CHANGES = (
    ("data", 1, NOTE, 2, VALUE),
    ("text", 1, "0.0.96.1.1.255", 2, unhex("09 03 616263")),
    ("zone", 8, CLOCK, 3, unhex("10 FFC4")),
    ("order", 7, LOAD, 5, unhex("16 02")),
    ("entries", 7, LOAD, 8, unhex("06 00000032")),
    ("period", 7, LOAD, 4, unhex("06 0000012C")),
    ("destination", 40, PUSH, 3, unhex("02 03 16 00 09 0E") + b"192.0.2.1:4059" + unhex("16 00")),
    ("pushed", 40, PUSH, 2, unhex("01 01 02 06 12 0008 09 06 0000010000FF 0F 02 12 0000 02 02 16 00 00 01 00")),
    ("windows", 40, PUSH, 4, unhex("01 01 02 02") + 2 * unhex("09 0C FFFF FF FF FF 02 00 00 FF 8000 FF")),
    ("inactivity", 41, "0.0.25.0.0.255", 6, unhex("12 0123")),
    ("mode", 70, SUPPLY, 4, unhex("16 01")),
    ("secret", 15, ASSOCIATION, 7, unhex("09 03 616263")),
)
METHODS = (
    ("disconnect", 70, SUPPLY, 1, b"\x0f\x00"),
    ("group", 42, GROUPS, 1, unhex("06 E0000107")),
    ("group of IPv6", 48, "0.0.25.7.0.255", 1, unhex("02 02 16 01 09 10 FF020000000000000000000000000107")),
    ("user", 15, ASSOCIATION, 5, unhex("02 02 11 07 0A 03 416E6E")),
    ("rights", 15, ASSOCIATION, 4, unhex("02 04 12 0003 11 00 09 06 0100010800FF 02 02 01 00 01 00")),
    ("preset", 8, CLOCK, 5, unhex("02 03") + 3 * unhex("09 0C 07EA 03 1C 06 0C 00 00 00 0000 00")),
)


def unchanged(class_id, text, k):
    """What is read, written again: nothing goes to the journal."""
    rig = Rig(None, "backfill_days=0")
    rig.open()
    value = rig.get(class_id, text, k)
    writes = rig.store.journal.writes
    assert rig.set(class_id, text, k, value) == SUCCESS
    assert rig.store.journal.writes == writes


def cases():
    for ask in SERVICES:
        yield "service-" + ask.__name__, service, (ask, 48)
        yield "undone-" + ask.__name__, refused, (ask, 48)
    for ask in SN_SERVICES:
        yield "service-" + ask.__name__, service, (ask, SHORT_NAMES)
        yield "undone-" + ask.__name__, refused, (ask, SHORT_NAMES)
    for change in CHANGES:
        yield "undone-" + change[0], undone, change[1:]
    for change in METHODS:
        yield "undone-" + change[0], undone, change[1:] + (True,)
    for class_id, text, k in ((1, NOTE, 2), (8, CLOCK, 3), (8, CLOCK, 5), (40, PUSH, 2), (40, PUSH, 7), (7, LOAD, 5)):
        yield "nothing-%s-%d" % (text, k), unchanged, (class_id, text, k)


def test_undone_running_values():
    """A register's reset, a demand window and a clock that do not hold leave all as it was."""
    rig = Rig()
    rig.open()
    rig.run(1000)
    m = rig.meter.metrology
    before = bytes(m.registers), list(m.rest), rig.meter.demand[0].period, rig.meter.clock.second
    rig.store.journal.fails = True
    assert rig.act(3, IMPORT, 1) == HARDWARE_FAULT
    assert rig.set(5, "1.0.1.4.0.255", 8, unhex("06 0000003C")) == HARDWARE_FAULT
    assert rig.set(8, CLOCK, 2, unhex("09 0C 07EA 03 1C 06 0C 00 00 00 8000 00")) == HARDWARE_FAULT
    assert (bytes(m.registers), list(m.rest), rig.meter.demand[0].period, rig.meter.clock.second) == before
    assert rig.meter.demand[0].a[8] == unhex("06 00000384")
    assert rig.get(8, CLOCK, 2)[2:9] == unhex("07EA 03 1B 05 0C 10")


def test_undone_capture_objects():
    """Capture objects that do not hold leave the rows."""
    rig = Rig(None, "backfill_days=0")
    rig.open()
    rig.run(2000)
    rows = rig.rows(LOAD)
    assert rows
    rig.store.journal.fails = True
    columns = unhex("01 01 02 04 12 0008 09 06 0000010000FF 0F 02 12 0000")
    assert rig.set(7, LOAD, 3, columns) == HARDWARE_FAULT
    assert rig.rows(LOAD) == rows
    assert rig.find(LOAD).columns.n == 6
    rig.store.journal.fails = False
    rig.run(1000)
    assert rig.rows(LOAD)[: len(rows)] == rows
    assert len(rig.rows(LOAD)) == len(rows) + 1


def test_a_reset_that_does_not_hold():
    """A ring that cannot be emptied: the client hears of it."""
    rig = Rig(None, "backfill_days=0")
    rig.open()
    rows = rig.find(LOAD).rows
    n = len(rig.rows(LOAD))
    rows.clear = lambda: False
    assert rig.act(7, LOAD, 1) == HARDWARE_FAULT
    rows.append = lambda row: False
    assert rig.act(7, LOAD, 2) == HARDWARE_FAULT
    assert len(rig.rows(LOAD)) == n


def test_too_long_for_a_record():
    """What does not fit a record is refused, and nothing has changed: rights of many objects."""
    rig = Rig(None, "backfill_days=0")
    rig.open()
    association = [a for a in rig.meter.associations if a.client == 48][0]
    codes = []
    for i in range(association.directory.n):
        o = association.directory.objs[i]
        if o is None or o.CLASS_ID != 3:
            continue
        element = unhex("02 04 12 0003 11 00 09 06") + association.directory.table[8 * i : 8 * i + 6]
        codes.append(rig.act(15, ASSOCIATION, 4, element + unhex("02 02 01 00 01 00")))
    assert codes[0] == SUCCESS
    assert codes[-1] == HARDWARE_FAULT
    taken = sum([1 for one, two in zip(association.acc, association.granted) if one != two])
    assert taken == codes.count(SUCCESS)


def test_reading_writes_nothing():
    rig = Rig(None, "backfill_days=0")
    rig.open()
    writes = rig.store.journal.writes
    for k in range(1, 9):
        rig.get(7, LOAD, k)
    rig.get(3, IMPORT, 2)
    assert rig.store.journal.writes == writes


def test_the_fast_paths_without_a_store():
    """With a store a change takes the slow path, without one as ever; what
    is not kept does both times.
    """
    rig = Rig(None, "backfill_days=0")
    rig.open()
    apdu = unhex("C1 01 C1") + descriptor(1, NOTE, 2) + b"\x00" + VALUE
    wpdu = bytes((0, 1, 0, 48, 0, 1, 0, len(apdu))) + apdu
    link = rig.link

    def short():
        return rig.server.fast(link.keys, link.ways, wpdu, 0, len(wpdu), rig.tx, rig.server.served)

    assert short() == 0
    rig.meter = meter.build(parse(("port=0", "start=2026-03-27T12:00:00", "backfill_days=0"), "127.0.0.1"))
    rig.meter.backfill()
    assert rig.meter.keeper is None
    rig.server = Server([1, 17], rig.meter.associations, limits)
    link = rig.link = Link(rig.server.carrier(associations(4, 0), 4, True))
    rig.open()
    assert short() > 0


def test_a_checkpoint_that_does_not_hold_is_tried_again():
    rig = Rig(None, "checkpoint=100")
    rig.store.journal.fails = True
    for _ in range(101):
        rig.run(1)
    record = rig.store.journal.records[STATE]
    rig.store.journal.fails = False
    for _ in range(11):
        rig.run(1)
    assert rig.store.journal.records[STATE] != record
