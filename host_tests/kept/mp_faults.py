"""Error and alarm register, and the factory reset."""

from kept_rig import EVENTS, LOAD, NOTE, Rig, unhex
from store.health import CORRUPT, FAILED_ERASES, FAILED_PROGRAMS, FAILED_READS
from store.keys import STATE

REQ = {"*": ("I-31",), "test_factory_*": ("I-32",), "test_a_factory_*": ("I-32", "F-08")}

ERROR = "0.0.97.97.0.255"
ALARM = "0.0.97.98.0.255"
RESET = "0.0.10.0.0.255"


def word(bits):
    return b"\x06\x00\x00\x00" + bytes((bits,))


def shown(rig):
    return rig.get(1, ERROR, 2)[4], rig.get(1, ALARM, 2)[4]


def bit(counter, bits):
    """A count of the store's health: both registers show its bit within a
    second, and the log says so.
    """
    rig = Rig(None, "backfill_days=0")
    rig.open()
    rig.run(2)
    assert shown(rig) == (0, 0)
    rig.store.health.add(counter)
    rig.run(1)
    assert shown(rig) == (bits, bits)
    assert len(rig.noted("fault")) == 1
    rig.store.health.add(counter)
    rig.run(1)
    assert len(rig.noted("fault")) == 1
    # the alarm is the client's to write, and stays; the error is of this start
    rig.store.health.counts[:] = bytes(len(rig.store.health.counts))
    rig.off().on()
    rig.open()
    rig.run(1)
    assert shown(rig) == (0, bits)
    assert rig.set(1, ALARM, 2, word(0)) == 0
    rig.off().on()
    rig.open()
    assert shown(rig) == (0, 0)
    assert rig.set(1, ERROR, 2, word(0)) == 3


def cases():
    for name, counter, bits in (
        ("corrupt", CORRUPT, 1),
        ("program", FAILED_PROGRAMS, 2),
        ("erase", FAILED_ERASES, 4),
        ("read", FAILED_READS, 8),
    ):
        yield "bit-" + name, bit, (counter, bits)


def test_a_change_that_does_not_hold():
    rig = Rig(None, "backfill_days=0")
    rig.open()
    rig.store.journal.fails = True
    rig.set(1, NOTE, 2, word(7))
    rig.run(1)
    assert shown(rig)[0] == 2


def test_what_was_left_out():
    rig = Rig(None, "backfill_days=0")
    rig.open()
    rig.set(1, NOTE, 2, word(7))
    rig.store.journal.records[rig.find(NOTE).record] = b"\x02\x00\x02\x16\x00"
    rig.off().on()
    rig.open()
    rig.run(1)
    assert shown(rig) == (16, 16)


def test_a_checkpoint_that_is_gone():
    rig = Rig(None, "backfill_days=0")
    del rig.store.journal.records[STATE]
    rig.off().on()
    rig.open()
    rig.run(1)
    assert shown(rig) == (32, 32)


def test_a_factory_reset():
    """Script 1: rows, registers and what clients wrote are gone, and the meter begins anew."""
    rig = Rig()
    rig.open()
    assert rig.get(9, RESET, 2) == unhex("01 01 02 02 12 0001 01 00")
    rig.run(2000)
    assert rig.set(1, NOTE, 2, word(7)) == 0
    assert rig.act(9, RESET, 1, unhex("12 0002")) == 250
    assert rig.act(9, RESET, 1, unhex("0F 01")) == 12
    assert not rig.meter.restarting
    assert rig.act(9, RESET, 1, unhex("12 0001")) == 0
    assert rig.meter.restarting
    rig.run(2000)
    rig.off().on()
    rig.open()
    other = Rig()
    assert rig.get(1, NOTE, 2) == word(0)
    assert rig.rows(LOAD) == other.rows(LOAD)
    assert rig.rows(EVENTS) == other.rows(EVENTS)
    assert bytes(rig.meter.metrology.registers) == bytes(other.meter.metrology.registers)
    assert not rig.meter.restarting


def test_a_factory_reset_that_does_not_hold():
    """The meter goes on, and keeps what it keeps."""
    rig = Rig(None, "backfill_days=0")
    rig.open()
    rig.store.reset = lambda: False
    assert rig.act(9, RESET, 1, unhex("12 0001")) == 1
    assert not rig.meter.restarting
    assert rig.set(1, NOTE, 2, word(7)) == 0
    rig.off().on()
    rig.open()
    assert rig.get(1, NOTE, 2) == word(7)


def test_factory_reset_is_for_management():
    """The reading client sees the scripts and may not start one."""
    rig = Rig(None, "backfill_days=0")
    assert rig.open(32, b"12345678")
    answer = rig.ask(unhex("C3 01 C1 0009 00000A0000FF 01 01 12 0001"), 32)
    assert answer[3] == 3
    assert not rig.meter.restarting
