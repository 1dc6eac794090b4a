"""The meter on the store itself, on a flash in memory: what the tests of this folder find with a
stand-in holds with journal and rings, in the same scenario, over many restarts.
"""

from kept_rig import BILLING, CLOCK, EVENTS, IMPORT, LOAD, NOTE, OnFlash, Rig, unhex
from mp_kept import registers

REQ = {
    "test_as_the_stand_in": ("I-20", "I-23", "I-25"),
    "test_many_restarts": ("I-20", "I-25"),
    "test_a_factory_reset": ("I-32",),
    "test_a_reset_keeps_the_serial_number": ("I-32",),
}


class Skip(Exception):
    """A case that cannot run here."""


def both():
    return Rig(OnFlash()), Rig()


def alike(one, two):
    """Registers, rows, settings of two meters that lived the same."""
    assert registers(one) == registers(two)
    for text in (LOAD, BILLING, EVENTS):
        assert one.rows(text)[-20:] == two.rows(text)[-20:], text
    assert one.get(1, NOTE, 2) == two.get(1, NOTE, 2)
    assert one.get(8, CLOCK, 3) == two.get(8, CLOCK, 3)
    assert one.get(7, LOAD, 3) == two.get(7, LOAD, 3)
    assert one.get(40, "0.0.25.9.0.255", 2) == two.get(40, "0.0.25.9.0.255", 2)


def test_as_the_stand_in():
    """Settings, captures, a reset, new columns, a day off: after each restart both agree."""
    rigs = both()
    columns = unhex(
        "01 02 02 04 12 0008 09 06 0000010000FF 0F 02 12 0000 02 04 12 0003 09 06 0100010800FF 0F 02 12 0000"
    )
    pushed = unhex("01 01 02 06 12 0008 09 06 0000010000FF 0F 02 12 0000 02 02 16 00 00 01 00")
    steps = (
        lambda rig: rig.run(5000),
        lambda rig: rig.set(1, NOTE, 2, unhex("06 11223344")),
        lambda rig: rig.set(8, CLOCK, 3, unhex("10 FFC4")),
        lambda rig: rig.act(3, IMPORT, 1),
        lambda rig: rig.set(7, LOAD, 3, columns),
        lambda rig: rig.run(7000),
        lambda rig: rig.set(40, "0.0.25.9.0.255", 2, pushed),
        lambda rig: rig.act(7, EVENTS, 1),
        lambda rig: rig.set(7, LOAD, 4, unhex("06 0000003C")),
        lambda rig: rig.run(3000),
    )
    for step in steps:
        for rig in rigs:
            rig.open()
            step(rig)
            rig.off(40000).on()
            rig.open()
        alike(*rigs)


def test_many_restarts():
    """Rings and journal turn over: the newest of all is there each time."""
    rigs = both()
    for i in range(40):
        for rig in rigs:
            rig.open()
            assert rig.set(1, NOTE, 2, unhex("06 000000") + bytes((i,))) == 0
            rig.run(1800)
            for _ in range(30):
                if not rig.meter.keeper.store.tidy():
                    break
            rig.off(100).on()
            rig.open()
        alike(*rigs)
    assert rigs[0].store.flash.erases > 0


def test_a_factory_reset():
    """Everything as at a first start, and what comes after it is kept."""
    rig = Rig(OnFlash())
    rig.open()
    rig.run(3000)
    assert rig.set(1, NOTE, 2, unhex("06 11223344")) == 0
    assert rig.act(9, "0.0.10.0.0.255", 1, unhex("12 0001")) == 0
    rig.run(3000)
    rig.off().on()
    other = Rig()
    for each in (rig, other):
        each.open()
    alike(rig, other)
    for each in (rig, other):
        each.run(2000)
        each.off(10).on()
        each.open()
    alike(rig, other)
