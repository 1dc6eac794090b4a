"""What a meter on a store keeps over a restart: every kind of setting, registers, rows."""

from kept_rig import BILLING, CLOCK, EVENTS, IMPORT, LOAD, NOTE, SHORT_NAMES, Rig, name, unhex
from meter.restart import kept_objects
from store.keys import MADE, STATE

REQ = {"*": ("I-20",)}

DEMAND = "1.0.1.4.0.255"
MAXIMUM = "1.0.1.6.0.255"
PUSH = "0.0.25.9.0.255"
SUPPLY = "0.0.96.3.10.255"
ASSOCIATION = "0.0.40.0.0.255"


def registers(rig):
    """What the meter counts, with what is no unit yet."""
    meter = rig.meter
    m = meter.metrology
    demand = [(d.sum, list(d.past[: d.number - 1]), bytes(d.a[3]), bytes(d.a[6]), bytes(d.a[7])) for d in meter.demand]
    maxima = [(bytes(d.maximum.a[2]), bytes(d.maximum.a[5])) for d in meter.demand]
    return (
        [bytes(m.registers), list(m.rest), list(m.source.rest), m.tariff, bytes(meter.billing_periods)]
        + demand
        + maxima
    )


def test_a_setting_of_each_kind():
    """Written, answered, the power goes: it is there."""
    rig = Rig()
    rig.open()
    written = (
        (1, NOTE, 2, unhex("06 12345678")),
        (1, "0.0.96.1.1.255", 2, unhex("09 05 666C617437")),
        (8, CLOCK, 3, unhex("10 FFC4")),
        (8, CLOCK, 8, unhex("03 01")),
        (7, LOAD, 5, unhex("16 02")),
        (7, LOAD, 8, unhex("06 00000064")),
        (40, PUSH, 5, unhex("12 0007")),
        (40, PUSH, 3, unhex("02 03 16 00 09 0E") + b"192.0.2.1:4059" + unhex("16 00")),
        (40, PUSH, 7, unhex("02 03 12 0001 12 0002 12 0003")),
        (41, "0.0.25.0.0.255", 6, unhex("12 0123")),
        (70, SUPPLY, 4, unhex("16 04")),
    )
    for class_id, text, k, data in written:
        assert rig.set(class_id, text, k, data) == 0, (text, k)
    rig.off().on()
    rig.open()
    for class_id, text, k, data in written:
        assert rig.get(class_id, text, k) == data, (text, k)
    assert not [note for note in rig.notes if note[0] != "INFO"], rig.notes


def test_what_a_method_changes():
    rig = Rig()
    rig.open()
    assert rig.act(42, "0.0.25.1.0.255", 1, unhex("06 E0000107")) == 0
    assert rig.act(48, "0.0.25.7.0.255", 1, unhex("02 02 16 01 09 10 FF020000000000000000000000000107")) == 0
    assert rig.act(70, SUPPLY, 1) == 0
    preset = unhex("02 03") + 3 * unhex("09 0C 07EA 03 1C 06 0C 00 00 00 0000 00")
    assert rig.act(8, CLOCK, 5, preset) == 0
    rig.off().on()
    rig.open()
    assert rig.get(42, "0.0.25.1.0.255", 4) == unhex("01 01 06 E0000107")
    assert rig.get(48, "0.0.25.7.0.255", 5) == unhex("01 01 09 10 FF020000000000000000000000000107")
    assert rig.get(70, SUPPLY, 3) == unhex("16 00")
    assert rig.get(70, SUPPLY, 2) == unhex("03 00")
    assert rig.meter.metrology.source.connected is False
    assert bytes(rig.meter.clock._preset) == preset[2:]


def test_secrets_users_and_rights():
    rig = Rig()
    rig.open()
    assert rig.set(15, ASSOCIATION, 7, unhex("09 08") + b"12121212") == 0
    rig.off().on()
    assert not rig.open()
    assert rig.open(48, b"12121212")
    user = unhex("02 02 11 07 0A 03") + b"Ann"
    assert rig.act(15, ASSOCIATION, 5, user) == 0
    element = unhex("02 04 12 0003 11 00 09 06 0100010800FF 02 02 01 00 01 00")
    assert rig.act(15, "0.0.40.0.3.255", 4, element) == 0
    rig.off().on()
    # with a user list an AARQ has to name the user: the registers show it
    association = [a for a in rig.meter.associations if a.client == 48 and a.server == 1][0]
    assert association.secret == b"12121212"
    assert list(association.users) == [7] and association.names == [user[4:]]
    reader = [a for a in rig.meter.associations if a.client == 32 and a.server == 1][0]
    assert reader.acc[reader.directory.index(name(IMPORT))] == 0


def test_a_secret_with_short_names():
    rig = Rig()
    assert rig.open(SHORT_NAMES)
    # Write of change_secret, method 5 of FA00
    assert rig.ask(unhex("06 01 02 FA40 01 09 08") + b"12121212", SHORT_NAMES) == unhex("0D 01 00")
    rig.off().on()
    assert not rig.open(SHORT_NAMES)
    assert rig.open(SHORT_NAMES, b"12121212")


def test_registers_with_their_remainders():
    """After an orderly end nothing is missing; the same household goes on as if nothing had been."""
    rig = Rig()
    other = Rig(None, "backfill_days=1")
    for each in (rig, other):
        each.run(4321)
    rig.meter.keeper.close()
    wanted = registers(rig)
    rig.off().on("seed=99", "start=2030-01-01")
    assert registers(rig) == wanted
    assert rig.store.synced >= 2
    for each in (rig, other):
        each.run(3600)
    assert bytes(rig.meter.metrology.registers) == bytes(other.meter.metrology.registers)
    assert list(rig.meter.metrology.rest) == list(other.meter.metrology.rest)


def test_rows():
    rig = Rig()
    rig.open()
    rig.run(3000)
    rows = rig.rows(LOAD), rig.rows(BILLING), rig.rows(EVENTS)
    assert len(rows[0]) > 96
    rig.off().on()
    assert (rig.rows(LOAD), rig.rows(BILLING)) == rows[:2]
    assert rig.rows(EVENTS)[: len(rows[2])] == rows[2]
    assert rig.codes()[-2:] == [1, 2]


def test_capture_objects_and_their_rows():
    """New capture objects empty the buffer, once; a restart gives up no row."""
    rig = Rig()
    rig.open()
    columns = unhex(
        "01 02 02 04 12 0008 09 06 0000010000FF 0F 02 12 0000 02 04 12 0003 09 06 0100020800FF 0F 02 12 0000"
    )
    assert rig.set(7, LOAD, 3, columns) == 0
    assert rig.rows(LOAD) == []
    rig.run(1900)
    rows = rig.rows(LOAD)
    assert len(rows) == 2
    for _ in range(2):
        rig.off().on()
        rig.open()
        assert rig.get(7, LOAD, 3) == columns
        assert rig.rows(LOAD) == rows
    assert rig.set(7, LOAD, 4, unhex("06 0000012C")) == 0
    assert rig.rows(LOAD) == []
    rig.off().on()
    assert rig.rows(LOAD) == []
    assert rig.find(LOAD).period == 300


def test_a_reset_register_stays_reset():
    rig = Rig()
    rig.open()
    rig.run(700)
    assert rig.act(3, IMPORT, 1) == 0
    rig.off().on()
    rig.open()
    assert rig.get(3, IMPORT, 2) == unhex("06 00000000")


def test_a_demand_window():
    rig = Rig()
    rig.open()
    assert rig.set(5, DEMAND, 9, unhex("12 0003")) == 0
    rig.run(4000)
    rig.meter.keeper.checkpoint()
    wanted = registers(rig)
    rig.off().on()
    assert registers(rig) == wanted
    assert rig.meter.demand[0].number == 3


def test_every_object_that_a_client_writes_has_a_record():
    """What some client may write or invoke is kept, or it is in the list of what is not."""
    rig = Rig()
    kept = kept_objects(rig.meter)
    for wport, directory in rig.meter.devices:
        for i in range(directory.n):
            o = directory.objs[i]
            if o is None or o in kept or o.RUNS:
                continue
            limit = directory.limit[i]
            for k in range(1, o.ATTRIBUTES + 1):
                assert directory.right(limit, k) & 2 == 0, (wport, i, o, k)
            for m in range(1, o.METHODS + 1):
                assert directory.right(limit, o.ATTRIBUTES + m) == 0 or o.CLASS_ID in (9, 15, 64), (wport, i, o, m)
    keys = []
    for o in kept:
        if o.CLASS_ID != 41:
            keys.extend(range(o.record, o.record + len(o.KEPT)))
    assert len(keys) == len(set(keys))
    assert max(keys) < 192
    assert not {STATE, MADE} & set(keys)


def test_an_energy_is_never_below_its_newest_row():
    """The power goes at any second: the register has at least what the last row says."""
    rig = Rig()
    rig.open()
    for seconds in (899, 1, 1, 450, 449, 5):
        rig.run(seconds)
        rig.off().on()
        row = rig.rows(LOAD)[-1]
        assert int.from_bytes(rig.find(IMPORT).a[2][1:5], "big") >= int.from_bytes(row[13:17], "big")
