"""The passing of time takes no heap: ticks, captures, tariffs, demand, midnight
with its billing, daylight saving.
"""

from alloc_rig import Rig, allocated, taken

MARKS = ("zero_alloc",)
_TICK = 100  # milliseconds
_HOUR = 3600 * 1000


class _Time:
    """Ticks of a meter, to be measured."""

    def __init__(self, meter):
        self.meter = meter

    def run(self, ticks):
        while ticks:
            self.meter.tick(_TICK)
            ticks -= 1


def _hours(rig, rate, hours):
    """Let hours of simulated time pass at a rate, and once more; returns the heap octets taken."""
    time = _Time(rig.meter)
    time.run(20)
    return taken(time.run, hours * _HOUR // (_TICK * rate))


def test_ticks_in_real_time():
    rig = Rig("rate=1", "backfill_days=0")
    time = _Time(rig.meter)
    time.run(20)
    assert taken(time.run, 300) == 0


def test_captures_and_demand():
    """Six hours, 24 quarters of an hour, across the change of tariff."""
    rig = Rig("rate=900", "backfill_days=0", "start=2026-01-10T18:00:00")
    rows = rig.meter.load_profile.rows
    before = rows.last
    assert _hours(rig, 900, 6) == 0
    assert rows.last - before >= 24, rows.last - before


def test_midnight_and_billing():
    """The billing rows of some midnights, the maxima begun anew."""
    rig = Rig("rate=3600", "backfill_days=0", "start=2026-01-10T18:00:00")
    periods = rig.meter.billing_periods
    before = periods[4]
    assert _hours(rig, 3600, 36) == 0
    assert periods[4] - before == 3, periods[4] - before
    directory = rig.meter.devices[0][1]
    assert directory.objs[directory.index(bytes((0, 0, 98, 1, 0, 255)))].rows.last >= 3


def test_the_full_profile_gives_up_its_oldest_row():
    rig = Rig("rate=3600", "backfill_days=0", "depth=10")
    rows = rig.meter.load_profile.rows
    assert _hours(rig, 3600, 12) == 0
    assert rows.last - rows.first + 1 == 10 and rows.last > 20


def test_daylight_saving():
    """Local time begins summer time in these days, and the event log takes it."""
    rig = Rig("rate=3600", "backfill_days=0", "start=2026-03-28T12:00:00")
    clock = rig.meter.clock
    before = rig.meter.events.rows.last
    assert _hours(rig, 3600, 24) == 0
    if clock.dst:
        assert rig.meter.events.rows.last > before


def test_the_measurement_sees_an_allocation():
    if allocated() == 0:
        return  # CPython counts nothing
    rig = Rig("rate=1", "backfill_days=0")
    kept = []

    def leak(ms):
        kept.append(bytearray(ms))

    rig.meter.tick = leak
    refused = False
    try:
        taken(_Time(rig.meter).run, 3)
    except MemoryError:
        refused = True
    assert refused
