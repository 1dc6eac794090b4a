"""Which store is opened, which is made, and which is refused with nothing written."""

from cut_rig import SERIAL, CutFlash, Player, value
from flash import SECTOR, Flash
from store import keys
from store.identity import BILLING, EVENTS, JOURNAL, LOAD, StoreError, areas_of, compose, serial_of, text
from store.store import Store

REQ = {"test_*reset*": ("I-15",), "*": ("I-14",)}
PLAN = ((JOURNAL, 3), (LOAD, 4), (BILLING, 2))


class Skip(Exception):
    pass


def refused(flash, plan, serial, words):
    """The store is refused in one line with these words, and nothing is written."""
    before = bytes(flash.data)
    operations = flash.operations
    try:
        Store(flash, plan, serial)
    except StoreError as error:
        line = str(error)
    else:
        raise AssertionError("it was opened")
    assert line.startswith("state: ") and "\n" not in line
    assert all([word in line for word in words]), line
    assert flash.operations == operations and flash.data == before


def made(plan=PLAN, serial=SERIAL, sectors=10):
    flash = Flash(sectors)
    return flash, Store(flash, plan, serial)


def test_blank_device_becomes_a_store():
    flash, store = made()
    assert store.new and store.journal.size(keys.IDENTITY) > 0
    assert store.journal.put(keys.MADE, b"", 0, 0) and not store.new
    programs = flash.programs
    again = Store(flash, PLAN, SERIAL)
    assert not again.new and flash.programs == programs and flash.erases == 0
    assert again.sync()


def test_identity_record():
    record = compose(PLAN, SERIAL)
    assert record[:17] == b"\x01\x03\x4a\x00\x00\x00\x03\x00\x00\x03\x00\x04\x01\x00\x07\x00\x02"
    assert areas_of(record) == [(JOURNAL, 0, 3), (LOAD, 3, 4), (BILLING, 7, 2)]
    assert serial_of(record) == SERIAL
    assert text(b"M-1") == "M-1" and text(b"\x00\xff") == "00ff" and text(b"a b") == "612062"


def test_other_serial_number():
    flash, _ = made()
    refused(flash, PLAN, b"REF0000000002", ("REF0000000001", "REF0000000002"))


def test_other_map():
    flash, _ = made()
    refused(flash, ((JOURNAL, 3), (LOAD, 5), (BILLING, 2)), SERIAL, ("map", "load profile 4", "load profile 5"))
    refused(flash, ((JOURNAL, 4), (LOAD, 4), (BILLING, 2)), SERIAL, ("map", "journal 3", "journal 4"))
    refused(flash, ((JOURNAL, 3), (LOAD, 4), (EVENTS, 2)), SERIAL, ("map", "billing 2", "event log 2"))


def test_other_version():
    flash, store = made()
    record = bytearray(compose(PLAN, SERIAL))
    record[0] = 9
    assert store.journal.put(keys.IDENTITY, record, 0, len(record))
    refused(flash, PLAN, SERIAL, ("version 9",))


def test_other_format_of_the_journal():
    flash, store = made()
    segments = store.journal.segments
    segments.compose(0)
    grain = segments._grain
    grain[2] = 7
    for i in range(4):
        grain[12 + i] = 0
    from store.octets import crc

    crc(grain, 12, grain, 0, 12)
    flash.data[0:16] = grain
    flash.data[16:32] = grain
    refused(flash, PLAN, SERIAL, ("another version",))


def test_neither_blank_nor_a_store():
    for sector, off in ((0, 0), (0, 36), (0, 4095), (1, 0), (2, 4000), (3, 0), (9, 4095)):
        flash = Flash(10)
        flash.data[sector * SECTOR + off] = 0x5A
        refused(flash, PLAN, SERIAL, ("neither blank nor a store",))
    flash = Flash(10)
    flash.data[:] = bytes(len(flash.data))
    refused(flash, PLAN, SERIAL, ("neither blank nor a store",))


def test_lost_identity():
    flash, store = made()
    assert store.journal.put(keys.CLEARED, b"x", 0, 1)
    flash.data[36] ^= 1
    refused(flash, PLAN, SERIAL, ("identity", "lost"))


def test_plan_that_does_not_fit():
    flash = Flash(8)
    refused(flash, PLAN, SERIAL, ("9 sectors", "8"))
    refused(flash, ((JOURNAL, 2),), SERIAL, ("at least 3",))
    refused(flash, ((LOAD, 4), (JOURNAL, 3)), SERIAL, ("first",))


def test_flash_that_does_not_hold():
    flash = Flash(10)
    for sector in range(3):
        flash.fail(sector, 0, "program error")
    try:
        Store(flash, PLAN, SERIAL)
    except StoreError as error:
        assert "does not hold" in str(error)
    else:
        raise AssertionError("it was made")


def test_factory_reset_clears_and_keeps():
    player = Player(CutFlash(3))
    player.put(keys.MADE, b"")
    player.put(keys.SECURITY, b"a key")
    player.put(40, b"outlives it")
    for key in range(keys.CLEARED + 5, keys.COUNT, 3):
        player.put(key, value(key, 1, 20))
    player.take(5)
    assert not player.store.new
    assert player.reset()
    assert player.store.new
    assert player.values() == {keys.SECURITY: b"a key", 40: b"outlives it"}
    player.take()
    assert player.used > 256
    Store(player.flash, player.plan, SERIAL)


def test_factory_reset_that_the_flash_does_not_hold():
    player = Player(CutFlash(3))
    player.put(keys.CLEARED, b"state")
    for sector in range(3):
        player.flash.fail(sector, 0, "program error")
    assert not player.reset()
    assert player.values() == {keys.CLEARED: b"state"}
