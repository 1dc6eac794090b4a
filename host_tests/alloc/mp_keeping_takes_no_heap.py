"""What the meter keeps takes no heap: checkpoints, captures, changes of every kind of object that
services bring, on a journal that only says that it holds.
"""

import limits
import meter
from alloc_kinds import SHORT_NAME_MANAGEMENT, unhex
from alloc_rig import Rig, taken, wpdu
from cosem.rows import MemoryRows
from store.health import Health

MARKS = ("zero_alloc",)
REQ = {"*": ("I-21", "I-23")}
MICROPYTHON_ONLY = True

NOTE = "0001 0000608001FF"


class Journal:
    """Takes every record, and counts them in an octet."""

    def __init__(self):
        self.puts = bytearray(1)

    def get(self, key, buf, off, room):
        return -1

    def size(self, key):
        return -1

    def put(self, key, buf, off, n):
        self.puts[0] = self.puts[0] + 1 & 0xFF
        return True


class Rows(MemoryRows):
    def shape(self, size, digest=0):
        return MemoryRows.shape(self, size)


class Store:
    def __init__(self):
        self.journal = Journal()
        self.health = Health(())

    def rows(self, kind, depth):
        return Rows(50)

    def sync(self):
        return True


class Kept(Rig):
    """The rig of the other tests, on that store."""

    def __init__(self):
        self.store = Store()
        build = meter.build
        meter.build = lambda config: build(config, None, self.store, self.note)
        try:
            Rig.__init__(self, "checkpoint=10")
        finally:
            meter.build = build
        self.server.kit.keeper = self.meter.keeper
        assert self.meter.keeper.live

    def note(self, level, component, event, text=""):
        """A line of the log would take heap."""


def test_ticks_and_checkpoints():
    rig = Kept()

    def run(ticks):
        while ticks:
            rig.meter.keeper.tick(100)
            rig.meter.tick(100)
            ticks -= 1

    run(20)
    before = rig.store.journal.puts[0]
    assert taken(run, 600) == 0
    assert rig.store.journal.puts[0] - before & 0xFF >= 6 * 2


def test_captures():
    rig = Kept()
    rig.meter.rate = 900

    def run(ticks):
        while ticks:
            rig.meter.keeper.tick(100)
            rig.meter.tick(100)
            ticks -= 1

    run(20)
    assert taken(run, 600) == 0


def repeated(rig, requests):
    """Send each request again and again; every other time with another value."""

    def ask(n):
        while n:
            for request in requests:
                rig.server.handle(rig.link, request, 0, len(request), rig.tx)
            n -= 1

    ask(2)
    before = rig.store.journal.puts[0]
    result = taken(ask, 20)
    assert rig.store.journal.puts[0] != before
    return result


def test_changes_by_logical_name():
    rig = Kept().open()
    requests = [
        wpdu(unhex(text))
        for text in (
            "C101C1" + NOTE + "02 00 0600000001",
            "C101C1" + NOTE + "02 00 0600000002",
            "C101C1 0008 0000010000FF 03 00 10FFC4",
            "C101C1 0008 0000010000FF 03 00 100000",
            "C101C1 0028 0000190900FF 05 00 120001",
            "C101C1 0028 0000190900FF 05 00 120002",
            "C101C1 0029 0000190000FF 06 00 120064",
            "C101C1 0029 0000190000FF 06 00 120065",
            "C101C1 0007 0100630100FF 05 00 1602",
            "C101C1 0007 0100630100FF 05 00 1601",
            "C301C1 0003 0100010800FF 01 01 0F00",
            "C301C1 0007 0100630100FF 02 01 0F00",
            "C101C1 0005 0100010400FF 08 00 0600000384",
        )
    ]
    assert repeated(rig, requests) == 0


def test_changes_by_short_name():
    if limits.SN_CLIENTS == 0:
        return
    rig = Kept().open(1024, SHORT_NAME_MANAGEMENT)
    name = rig.base(unhex(NOTE)) + 8
    requests = [wpdu(unhex("060102%04X01060000000%d" % (name, n)), SHORT_NAME_MANAGEMENT) for n in (1, 2)]
    assert repeated(rig, requests) == 0
