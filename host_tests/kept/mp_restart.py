"""What happens at a start on a store: the time that passed, the events, what a cut left."""

from kept_rig import BILLING, CLOCK, EVENTS, IMPORT, LOAD, Memory, Rig, unhex
from store.keys import MADE, STATE

REQ = {
    "test_the_clock_goes_on": ("I-27",),
    "test_a_clock_of_the_machine_that_went_back": ("I-27",),
    "test_the_clock_is_doubtful": ("I-27",),
    "test_events": ("I-26",),
    "test_the_gap_has_no_rows_and_a_status": ("I-26",),
    "test_billing_periods_that_ended": ("I-28",),
    "test_demand_periods_that_ended": ("I-28",),
    "test_a_long_time_off": ("I-28",),
    "test_a_cut_before_the_rows": ("I-24",),
    "test_a_cut_between_the_rows": ("I-24",),
    "test_a_cut_after_the_rows": ("I-24",),
    "test_checkpoints": ("I-23",),
    "test_a_first_start_that_was_cut": ("I-29",),
    "test_a_record_of_another_firmware": ("I-30",),
    "test_a_checkpoint_that_is_gone": ("I-30",),
    "test_a_newer_row_is_a_sign_of_life": ("I-26",),
    "test_the_seed_goes_on": ("I-29",),
}


class Cut(Exception):
    """The power goes here."""


def number(octets):
    return int.from_bytes(octets, "big")


def seconds(clock):
    return clock.day * 86400 + clock.second


def counters(rig):
    return bytes(rig.meter.metrology.registers), number(rig.meter.billing_periods[1:5])


def test_the_clock_goes_on():
    rig = Rig()
    rig.run(1000)
    rig.meter.keeper.close()
    before = seconds(rig.meter.clock)
    rig.off(4000).on()
    assert seconds(rig.meter.clock) == before + 4000


def test_a_clock_of_the_machine_that_went_back():
    rig = Rig()
    rig.run(1000)
    rig.meter.keeper.close()
    before = seconds(rig.meter.clock)
    rig.off(-50000).on()
    assert seconds(rig.meter.clock) == before


def test_the_clock_is_doubtful():
    rig = Rig()
    assert rig.meter.clock.trusted()
    rig.off().on()
    assert not rig.meter.clock.trusted()
    rig.open()
    time = unhex("09 0C 07EA 03 1C 06 0C 00 00 00 8000 00")
    assert rig.set(8, CLOCK, 2, time) == 0
    assert rig.meter.clock.trusted()


def test_events():
    """Power-down has the time of the last checkpoint, power-up that of the start."""
    rig = Rig()
    rig.run(1000)
    rig.meter.keeper.close()
    rig.off(7000).on()
    down, up = rig.rows(EVENTS)[-2:]
    assert (down[12], up[12]) == (1, 2)
    # 12:00 and 1000 s; and 7000 s
    assert down[5:8] == bytes((12, 16, 40))
    assert up[5:8] == bytes((14, 13, 20))


def test_the_gap_has_no_rows_and_a_status():
    rig = Rig()
    rig.run(1000)
    rig.meter.keeper.close()
    n = len(rig.rows(LOAD))
    rig.off(7000).on()
    assert len(rig.rows(LOAD)) == n
    rig.run(900)
    rows = rig.rows(LOAD)
    assert len(rows) == n + 1
    assert rows[-1][12] & 0x82 == 0x82
    assert rows[-2][5:7] == bytes((12, 15))
    assert rows[-1][5:7] == bytes((14, 15))


def test_billing_periods_that_ended():
    rig = Rig()
    rig.run(1000)
    rig.meter.keeper.close()
    before = counters(rig)
    rows = rig.rows(BILLING)
    rig.off(3 * 86400).on()
    after = counters(rig)
    assert after == (before[0], before[1] + 3)
    further = rig.rows(BILLING)[len(rows) :]
    assert [(row[3], bytes(row[5:8])) for row in further] == [(28, bytes(3)), (29, bytes(3)), (30, bytes(3))]
    assert all([row[12:16] == before[0][1:5] for row in further])
    # the highest demand of the day that was cut short, and none of the days after it
    assert number(further[0][28:32]) > 0
    assert number(further[1][28:32]) == number(further[2][28:32]) == 0


def test_demand_periods_that_ended():
    """The running period ends with what was measured in it; those after it are empty."""
    rig = Rig()
    rig.run(1000)
    register = rig.meter.demand[1]
    rig.meter.keeper.close()
    total = register.sum
    assert total
    rig.off(100).on()
    assert rig.meter.demand[1].sum == total
    rig.off(900).on()
    assert rig.meter.demand[1].sum == 0
    assert number(rig.meter.demand[1].a[3][1:]) == total // 10 * 36 // 900
    rig.off(900).on()
    assert number(rig.meter.demand[1].a[3][1:]) == 0


def test_a_long_time_off():
    rig = Rig()
    rig.run(1000)
    rig.meter.keeper.close()
    before = counters(rig)[1]
    rig.off(3000 * 86400).on()
    assert counters(rig)[1] == before + 3000
    assert len(rig.rows(BILLING)) == rig.find(BILLING).rows.limit


def cut_at(rig, call):
    """Let the power go at that call of a row's append, in the ends of periods at a quarter."""
    left = [call]
    for text in (LOAD, BILLING, EVENTS):
        rows = rig.find(text).rows
        rows.append = failing(rows.append, left)
    checkpoints = []
    keeper = rig.meter.keeper
    whole = keeper.checkpoint

    def checkpoint(due=0):
        checkpoints.append(due)
        return whole(due)

    keeper.checkpoint = checkpoint
    try:
        rig.run(90000)
    except Cut:
        assert checkpoints[-1] == 1
        return
    raise AssertionError("no cut")


def failing(append, left):
    def cut(row):
        left[0] -= 1
        if left[0] < 0:
            raise Cut()
        return append(row)

    return cut


def whole_day(call):
    """A meter that lost its power at an append and goes on at once, and one that did not."""
    rig = Rig(None, "start=2026-03-27T23:30:00")
    other = Rig(None, "start=2026-03-27T23:30:00")
    cut_at(rig, call)
    rig.off().on()
    return rig, other


def same(rig, other):
    """Run the other one to the same second: everything agrees but the events of the restart."""
    other.run(seconds(rig.meter.clock) - seconds(other.meter.clock))
    assert counters(rig) == counters(other)
    assert rig.rows(LOAD)[:-1] == other.rows(LOAD)[:-1]
    assert rig.rows(LOAD)[-1] == other.rows(LOAD)[-1]
    assert rig.rows(BILLING) == other.rows(BILLING)
    for one, two in zip(rig.meter.demand, other.meter.demand):
        assert (one.sum, bytes(one.a[3]), bytes(one.maximum.a[2])) == (
            two.sum,
            bytes(two.a[3]),
            bytes(two.maximum.a[2]),
        )


def test_a_cut_before_the_rows():
    """At the quarter and at midnight: load profile and billing are both missing."""
    same(*whole_day(0))
    same(*whole_day(1))


def test_a_cut_between_the_rows():
    """At midnight the load profile's row is there, that of the billing is not."""
    same(*whole_day(2))


def test_a_cut_after_the_rows():
    same(*whole_day(3))


def test_checkpoints():
    """Each `checkpoint` seconds of real time, whatever the rate; before the ends of periods."""
    rig = Rig(None, "checkpoint=100")
    rig.run(60)
    writes = rig.store.journal.writes
    for second in range(1, 301):
        rig.run(1)
        assert rig.store.journal.writes == writes + (60 + second) // 100


def test_a_first_start_that_was_cut():
    """The power goes while the meter lives through the past: the next start is a first one."""
    store = Memory()
    append = Memory.rows

    def rows(self, kind, depth):
        made = append(self, kind, depth)
        made.append = failing(made.append, [50])
        return made

    Memory.rows = rows
    try:
        Rig(store)
    except Cut:
        pass
    Memory.rows = append
    assert STATE not in store.journal.records
    assert MADE not in store.journal.records
    rig = Rig(store)
    other = Rig()
    assert rig.rows(LOAD) == other.rows(LOAD)
    assert rig.codes() == other.codes()


def test_a_record_of_another_firmware():
    """What cannot be taken is reported and left out; the rest is taken, and so are other objects."""
    rig = Rig()
    rig.open()
    assert rig.set(8, CLOCK, 3, unhex("10 FFC4")) == 0
    assert rig.set(1, "0.0.96.128.1.255", 2, unhex("06 00000007")) == 0
    assert rig.set(40, "0.0.25.9.0.255", 5, unhex("12 0007")) == 0
    records = rig.store.journal.records
    key = rig.meter.clock.record
    records[key] = records[key].replace(unhex("03 0003 10 FFC4"), unhex("03 0003 12 FFC4"))
    note = rig.find("0.0.96.128.1.255").record
    records[note] = b"\x02\x00\x99"
    push = rig.find("0.0.25.9.0.255").record
    columns = unhex("02 0014 01 01 02 06 12 0001 09 06 0909090909FF 0F 02")
    records[push] = columns
    assert rig.act(3, IMPORT, 1) == 0
    rig.off().on()
    left_out = rig.noted("left-out")
    assert len(left_out) == 3, rig.notes
    assert rig.find("0.0.25.9.0.255").a[5] == unhex("12 0007")
    assert rig.meter.keeper.left_out
    assert counters(rig)[0][1:5] == bytes(4)


def test_a_checkpoint_that_is_gone():
    rig = Rig()
    rig.run(1000)
    del rig.store.journal.records[STATE]
    n = len(rig.rows(LOAD))
    rig.off().on()
    assert rig.noted("no-checkpoint")
    assert rig.meter.keeper.lost
    assert len(rig.rows(LOAD)) == n


def test_a_newer_row_is_a_sign_of_life():
    """An event after the last checkpoint: the meter lived until then."""
    rig = Rig(None, "checkpoint=80000")
    rig.run(300)
    rig.meter.events.log(99)
    before = seconds(rig.meter.clock)
    rig.off(50).on()
    assert seconds(rig.meter.clock) == before + 50
    times = [row[5:8] for row in rig.rows(EVENTS)[-3:]]
    assert rig.codes()[-3:] == [99, 1, 2]
    assert times[0] == times[1] < times[2]


def test_the_seed_goes_on():
    rig = Rig(None, "seed=77")
    rig.off().on("seed=78")
    assert rig.meter.metrology.source.seed == 77
