"""Clock and civil time: octets of date-times, zone and daylight saving, adjustments, wrong values."""

from cosem import civil, row, row_plain
from cosem_model import (
    act,
    elements,
    everything,
    find,
    get,
    made,
    moment,
    now,
    number,
    ostr,
    put,
    run,
    settle,
    structure,
)
from dlms.codec.errors import OTHER_REASON, READ_WRITE_DENIED, SUCCESS, TEMPORARY_FAILURE, TYPE_UNMATCHED

REQ = {
    "*": ("F-07",),
    "test_reads_as_octets": ("D-101", "D-105"),
    "test_set_time_by_deviation": ("D-20", "D-101"),
    "test_dst_begins_and_ends_by_its_rule": ("F-35", "D-102"),
    "test_zone_moves_local_time_and_not_the_instant": ("F-35", "D-101"),
    "edge-*": ("D-101", "D-115", "F-07"),
    "moves-*": ("D-115", "F-07"),
    "test_*_2100_*": ("D-115",),
    "test_local_time_beyond_the_years": ("D-115",),
    "test_daylight_saving_rules_of_a_year": ("D-115", "F-35"),
    "test_every_day_of_four_hundred_years": ("D-115",),
    "test_a_day_lies_in_its_year": ("D-115",),
    "test_setting_the_clock_is_logged_and_marks_the_load_profile": ("F-35",),
    "test_dst_rule_with_a_deviation_of_its_own": ("F-35",),
    "test_dst_change_is_logged": ("F-35",),
}

CLOCK = "0.0.1.0.0.255"
BERLIN = -60


def clock_at(start, zone=0, dst=False):
    meter = made(start=start)
    clock = find(meter, CLOCK)
    if zone:
        assert put(clock, 3, b"\x10" + (zone & 0xFFFF).to_bytes(2, "big")) == SUCCESS
    if dst:
        assert put(clock, 8, b"\x03\x01") == SUCCESS
    return meter, clock


def test_every_day_of_four_hundred_years():
    buf = bytearray(13)
    day = 0
    weekday = 6  # 2000-01-01 was a Saturday
    for year in range(400):
        for month in range(1, 13):
            length = (
                31 if month in (1, 3, 5, 7, 8, 10, 12) else 30 if month != 2 else 29 if is_leap(2000 + year) else 28
            )
            assert civil.month_length(year, month) == length
            for date in (1, 2, length):
                at = day + date - 1
                assert civil.day_number(year, month, date) == at
                civil.put_date(buf, 1, at)
                assert buf[1] << 8 | buf[2] == 2000 + year
                assert (buf[3], buf[4]) == (month, date)
                assert buf[5] == (weekday + date - 2) % 7 + 1
                civil.put_time(buf, 6, 45296)
                buf[9] = 0
                buf[10], buf[11] = 0xFF, 0xC4
                wanted = at * 1440 + 12 * 60 + 34 - 60
                assert row.minutes(buf, 1) == wanted == row_plain.minutes(buf, 1)
            day += length
            weekday = (weekday + length - 1) % 7 + 1
    assert day == civil.DAYS
    assert civil.END == day * civil.MINUTES


def is_leap(year):
    return year in (2000, 2400) or year % 4 == 0 and year not in (1900, 2100, 2200, 2300)


def test_a_day_lies_in_its_year():
    for year in range(-1, 401):
        start = civil.year_start(year)
        assert civil.year_start(year + 1) - start == (366 if is_leap(2000 + year) else 365)
        for day in (start, start + 1, start + 58, start + 59, start + 60, start + 364):
            assert civil.year_of(day) == year
        assert civil.year_of(start - 1) == year - 1


def test_runs_through_2100_and_over_its_last_year():
    """2100 has no 29 February; after the last instant that can be set the calendar goes on right."""
    for start, after in (
        ("2100-02-28T23:59:59", moment(2100, 3, 1, weekday=1)),
        ("2096-02-28T23:59:59", moment(2096, 2, 29, weekday=3)),
        ("2399-12-31T23:59:59", moment(2400, 1, 1, weekday=6)),
    ):
        meter, _ = clock_at(start)
        run(meter, 1)
        assert now(meter) == after
    meter, _ = clock_at("2399-12-31T23:59:59")
    run(meter, 59 * 86400 + 1)
    assert now(meter) == moment(2400, 2, 29, weekday=2)


# Instants at the edges of what the clock keeps: local date-time, deviation,
# whether it is one of 2000 to 2399 in UTC
EDGES = (
    (moment(2000, 1, 1, 0, 0, 0, 0), True),
    (moment(2000, 1, 1, 0, 0, 0, -1), False),
    (moment(2000, 1, 1, 0, 0, 0, -720), False),
    (moment(2000, 1, 1, 11, 59, 59, -720), False),
    (moment(2000, 1, 1, 12, 0, 0, -720), True),
    (moment(1999, 12, 31, 23, 59, 59, 60), True),
    (moment(1999, 12, 31, 10, 0, 0, 840), True),
    (moment(1999, 12, 31, 9, 59, 59, 840), False),
    (moment(1999, 12, 31, 23, 59, 59, 0), False),
    (moment(1998, 12, 31, 23, 59, 59, 840), False),
    (moment(2099, 12, 31, 23, 59, 59, 60), True),
    (moment(2100, 2, 28), True),
    (moment(2100, 2, 29), False),
    (moment(2200, 2, 29), False),
    (moment(2300, 2, 29), False),
    (moment(2104, 2, 29), True),
    (moment(2399, 12, 31, 23, 59, 59, 0), True),
    (moment(2399, 12, 31, 23, 59, 59, 1), False),
    (moment(2399, 12, 31, 12, 0, 0, 720), False),
    (moment(2400, 1, 1, 0, 0, 0, 0), False),
    (moment(2400, 1, 1, 0, 59, 59, -60), True),
    (moment(2400, 1, 1, 1, 0, 0, -60), False),
    (moment(2401, 1, 1, 0, 0, 0, -720), False),
    (moment(9999, 1, 1), False),
    (moment(0, 1, 1), False),
)


def edge(octets, kept):
    """SET of the time, and each date-time of a preset: refused with other-reason unless the
    instant can be kept, and nothing changes.
    """
    good = ostr(moment(2026, 3, 1, 12))
    wanted = SUCCESS if kept else OTHER_REASON
    meter, clock = clock_at("2026-03-01T10:00:00")
    before = everything(clock)
    assert put(clock, 2, ostr(octets)) == wanted
    if not kept:
        assert everything(clock) == before
    else:
        minute = row_plain.minutes(octets, 0)
        assert (clock.minutes(), clock.second % 60) == (minute, octets[7])
        assert row.minutes(octets, 0) == minute
    for preset in ((octets, good, good), (good, octets, good), (good, good, octets)):
        preset = structure(*[value if value is good else ostr(value) for value in preset])
        assert act(clock, 5, preset) == (b"" if kept else OTHER_REASON)


def adjusted(start, zone, m, parameter, kept):
    """A method that moves the clock over an edge is refused, and nothing changes."""
    meter, clock = clock_at(start, zone)
    before = everything(clock)
    if kept:
        assert act(clock, m, parameter) == b""
        assert everything(clock) != before
    else:
        assert act(clock, m, parameter) == OTHER_REASON
        assert everything(clock) == before


def test_local_time_beyond_the_years():
    """Only the instant counts: where it is still 1999, or 2400 already, the
    clock shows that and takes it back.
    """
    for start, zone, shown in (
        ("2000-01-01T00:30:00", 60, moment(1999, 12, 31, 23, 30, 0, 60, weekday=5)),
        ("2399-12-31T23:30:00", BERLIN, moment(2400, 1, 1, 0, 30, 0, BERLIN, weekday=6)),
    ):
        meter, clock = clock_at(start, zone)
        assert now(meter) == shown
        minute = clock.minutes()
        for value in (shown, shown[:9] + b"\x80\x00\xff"):
            assert put(clock, 2, ostr(value)) == SUCCESS
            assert clock.minutes() == minute
    # with the zone of the meter the edge is another one
    meter, clock = clock_at("2026-03-01T10:00:00", BERLIN)
    assert put(clock, 2, ostr(moment(2000, 1, 1, 0, 59, 59, None, 0xFF))) == OTHER_REASON
    assert put(clock, 2, ostr(moment(2000, 1, 1, 1, 0, 0, None, 0xFF))) == SUCCESS


def test_daylight_saving_rules_of_a_year():
    """A rule for one year names a day of it; one for every year a day that some year has."""
    for k in (5, 6):
        _, clock = clock_at("2026-03-01T00:00:00")
        for good in (
            moment(None, 2, 29, 2),
            moment(2104, 2, 29, 2),
            moment(2100, 2, 28, 2),
            moment(2000, 1, 1),
            moment(2399, 12, 31),
        ):
            assert put(clock, k, ostr(good)) == SUCCESS
        before = everything(clock)
        for year, month, day in ((2100, 2, 29), (2027, 2, 29), (None, 2, 30), (1999, 3, 1), (2400, 3, 1), (0, 3, 1)):
            assert put(clock, k, ostr(moment(year, month, day, 2))) == OTHER_REASON
        assert everything(clock) == before


def test_reads_as_octets():
    meter, clock = clock_at("2026-03-01T12:34:56")
    assert get(clock, 2) == b"\x09\x0c" + bytes((0x07, 0xEA, 3, 1, 7, 12, 34, 56, 0, 0, 0, 0))
    run(meter, 5)
    assert now(meter) == moment(2026, 3, 1, 12, 35, 1, weekday=7)
    assert get(clock, 9) == b"\x16\x01"


def test_rolls_over_the_year():
    meter, _ = clock_at("2027-12-31T23:59:58")
    run(meter, 3)
    assert now(meter) == moment(2028, 1, 1, 0, 0, 1, weekday=6)


def test_zone_moves_local_time_and_not_the_instant():
    meter, clock = clock_at("2026-03-01T23:30:00", BERLIN)
    assert now(meter) == moment(2026, 3, 2, 0, 30, 0, BERLIN, weekday=1)
    assert put(clock, 3, b"\x10\x00\x78") == SUCCESS
    assert now(meter) == moment(2026, 3, 1, 21, 30, 0, 120, weekday=7)
    assert clock.minutes() == civil.day_number(26, 3, 1) * 1440 + 23 * 60 + 30


def test_dst_begins_and_ends_by_its_rule():
    meter, clock = clock_at("2026-03-29T00:59:59", BERLIN, True)
    assert now(meter) == moment(2026, 3, 29, 1, 59, 59, BERLIN, weekday=7)
    run(meter, 1)
    assert now(meter) == moment(2026, 3, 29, 3, 0, 0, -120, 0x80, weekday=7)
    assert get(clock, 4) == b"\x11\x80"
    meter, clock = clock_at("2026-10-25T00:59:59", BERLIN, True)
    assert now(meter) == moment(2026, 10, 25, 2, 59, 59, -120, 0x80, weekday=7)
    run(meter, 1)
    assert now(meter) == moment(2026, 10, 25, 2, 0, 0, BERLIN, weekday=7)
    assert get(clock, 4) == b"\x11\x00"


def test_dst_across_the_turn_of_the_year():
    meter, clock = clock_at("2026-12-31T23:00:00", -570)
    south = bytearray(clock.a[5])
    south[4] = 10
    assert put(clock, 5, bytes(south)) == SUCCESS
    south[4] = 4
    assert put(clock, 6, bytes(south)) == SUCCESS
    assert put(clock, 8, b"\x03\x01") == SUCCESS
    assert now(meter) == moment(2027, 1, 1, 9, 30, 0, -630, 0x80, weekday=5)


def test_dst_rule_with_a_deviation_of_its_own():
    meter, clock = clock_at("2026-06-01T11:59:59", BERLIN, True)
    assert put(clock, 6, ostr(moment(None, 6, 1, 12, 0, 0, 0))) == SUCCESS
    assert now(meter)[5:8] == bytes((13, 59, 59))
    run(meter, 1)
    assert now(meter)[5:8] == bytes((13, 0, 0))


def test_dst_switched_off_moves_local_time():
    meter, clock = clock_at("2026-07-01T10:00:00", BERLIN, True)
    assert now(meter)[5] == 12
    assert put(clock, 8, b"\x03\x00") == SUCCESS
    assert now(meter)[5] == 11
    assert put(clock, 7, b"\x0f\x1e") == SUCCESS
    assert put(clock, 8, b"\x03\x01") == SUCCESS
    assert now(meter)[5:7] == bytes((11, 30))


def test_set_time_by_deviation():
    meter, clock = clock_at("2026-03-01T00:00:00")
    assert put(clock, 2, ostr(bytes.fromhex("07E50118FF0E3039" + "50FFC400"))) == SUCCESS
    assert now(meter) == moment(2021, 1, 24, 13, 48, 57, weekday=7)


def test_set_time_with_unspecified_deviation_is_local():
    meter, clock = clock_at("2026-07-01T00:00:00", BERLIN, True)
    assert put(clock, 2, ostr(moment(2026, 7, 1, 8, 0, 0, None))) == SUCCESS
    assert now(meter) == moment(2026, 7, 1, 8, 0, 0, -120, 0x80, weekday=3)
    assert put(clock, 2, ostr(moment(2027, 1, 5, 8, 0, 0, None, 0xFF, hundredths=None))) == SUCCESS
    assert now(meter) == moment(2027, 1, 5, 8, 0, 0, BERLIN, weekday=2)


def test_the_hour_that_comes_twice():
    meter, clock = clock_at("2026-10-24T00:00:00", BERLIN, True)
    for status, deviation in ((0xFF, -120), (0x80, -120), (0x00, BERLIN)):
        assert put(clock, 2, ostr(moment(2026, 10, 25, 2, 30, 0, None, status))) == SUCCESS
        assert now(meter)[5:7] == bytes((2, 30))
        assert now(meter)[9:11] == (deviation & 0xFFFF).to_bytes(2, "big")


def wrong_value(k, data, result):
    _, clock = clock_at("2026-03-01T00:00:00")
    before = everything(clock)
    assert put(clock, k, data) == result
    assert everything(clock) == before


def test_adjust_methods():
    for m, before, after in (
        (1, (10, 7, 29), (10, 0, 0)),
        (1, (10, 7, 30), (10, 15, 0)),
        (2, (10, 22, 31), (10, 30, 0)),
        (3, (10, 0, 29), (10, 0, 0)),
        (3, (10, 0, 30), (10, 1, 0)),
        (1, (23, 55, 0), (0, 0, 0)),
    ):
        meter, clock = clock_at("2026-03-01T{:02d}:{:02d}:{:02d}".format(*before))
        assert act(clock, m, b"\x0f\x00") == b""
        assert tuple(now(meter)[5:8]) == after
        assert now(meter)[3] == (2 if after[0] == 0 else 1)


def test_measuring_period_is_that_of_the_load_profile():
    meter, clock = clock_at("2026-03-01T10:20:00")
    assert put(find(meter, "1.0.99.1.0.255"), 4, b"\x06\x00\x00\x0e\x10") == SUCCESS
    assert act(clock, 2, b"\x0f\x00") == b""
    assert now(meter)[5:8] == bytes((10, 0, 0))


def test_shift_time():
    meter, clock = clock_at("2026-03-01T00:10:00")
    assert act(clock, 6, b"\x10\xfc\x7c") == b""
    assert now(meter) == moment(2026, 2, 28, 23, 55, 0, weekday=6)
    assert act(clock, 6, b"\x10\x03\x84") == b""
    assert now(meter)[5:8] == bytes((0, 10, 0))
    for data, result in (
        (b"\x10\x03\x85", OTHER_REASON),
        (b"\x10\xfc\x7b", OTHER_REASON),
        (b"\x0f\x01", TYPE_UNMATCHED),
        (b"", TYPE_UNMATCHED),
    ):
        assert act(clock, 6, data) == result
    assert now(meter)[5:8] == bytes((0, 10, 0))


def test_preset_time():
    meter, clock = clock_at("2026-03-01T10:00:00")
    assert act(clock, 4, b"\x0f\x00") == TEMPORARY_FAILURE
    preset = ostr(moment(2026, 3, 1, 12, 0, 0))
    early = ostr(moment(2026, 3, 1, 10, 0, 1))
    late = ostr(moment(2026, 3, 1, 10, 30, 0))
    assert act(clock, 5, structure(preset, early, late)) == b""
    assert act(clock, 4, b"\x0f\x00") == TEMPORARY_FAILURE
    run(meter, 1)
    assert act(clock, 4, b"\x0f\x00") == b""
    assert now(meter)[5:8] == bytes((12, 0, 0))
    assert act(clock, 4) == TEMPORARY_FAILURE
    for wrong in (
        structure(preset, early),
        structure(preset, early, b"\x11\x00"),
        structure(preset, early, ostr(bytes(11))),
    ):
        assert act(clock, 5, wrong) == TYPE_UNMATCHED
    assert act(clock, 5, structure(preset, early, ostr(moment(2026, 13, 1)))) == OTHER_REASON


def test_setting_the_clock_is_logged_and_marks_the_load_profile():
    meter, clock = clock_at("2026-03-01T10:07:00")
    log = find(meter, "0.0.99.98.0.255")
    assert put(clock, 2, ostr(moment(2026, 3, 1, 10, 20, 0))) == SUCCESS
    rows = elements(log, 2)
    assert [r[-1] for r in rows] == [2, 4, 5]
    assert rows[1][4:12][5:] == bytes((10, 7, 0))
    assert rows[2][4:12][5:] == bytes((10, 20, 0))
    run(meter, 600)
    newest = elements(find(meter, "1.0.99.1.0.255"), 2)[-1]
    assert newest[9:12] == bytes((10, 30, 0))
    assert newest[16:18] == b"\x11\xa0"
    run(meter, 900)
    assert elements(find(meter, "1.0.99.1.0.255"), 2)[-1][16:18] == b"\x11\x00"


def test_dst_change_is_logged():
    meter, _ = clock_at("2026-03-29T00:59:00", BERLIN, True)
    run(meter, 120)
    assert elements(find(meter, "0.0.99.98.0.255"), 2)[-1][-1] == 3


def test_rate():
    meter = made(rate=3600)
    meter.tick(1500)
    settle(meter)
    assert now(meter)[5:8] == bytes((1, 30, 0))
    meter = made(rate=0)
    meter.tick(100000)
    assert now(meter)[5:8] == bytes((0, 0, 0))
    assert number(get(find(meter, "1.0.1.8.0.255"), 2)) == 0


def test_read_only_attributes():
    _, clock = clock_at("2026-03-01T10:07:00")
    assert put(clock, 4, b"\x11\x00") == READ_WRITE_DENIED
    assert put(clock, 9, b"\x16\x02") == READ_WRITE_DENIED


def cases():
    good = moment(2026, 3, 1)
    for label, k, data, result in (
        ("time-type", 2, b"\x0a\x0c" + good, TYPE_UNMATCHED),
        ("time-date-time-tag", 2, b"\x19" + good, TYPE_UNMATCHED),
        ("time-short", 2, ostr(good[:11]), TYPE_UNMATCHED),
        ("time-long", 2, ostr(good + b"\x00"), TYPE_UNMATCHED),
        ("month-0", 2, ostr(moment(2026, 0, 1)), OTHER_REASON),
        ("month-13", 2, ostr(moment(2026, 13, 1)), OTHER_REASON),
        ("month-any", 2, ostr(moment(2026, None, 1)), OTHER_REASON),
        ("day-0", 2, ostr(moment(2026, 1, 0)), OTHER_REASON),
        ("day-31-of-april", 2, ostr(moment(2026, 4, 31)), OTHER_REASON),
        ("29-february", 2, ostr(moment(2026, 2, 29)), OTHER_REASON),
        ("day-last", 2, ostr(moment(2026, 2, 0xFE)), OTHER_REASON),
        ("weekday-8", 2, ostr(moment(2026, 2, 1, weekday=8)), OTHER_REASON),
        ("hour-24", 2, ostr(moment(2026, 2, 1, 24)), OTHER_REASON),
        ("hour-any", 2, ostr(moment(2026, 2, 1, None)), OTHER_REASON),
        ("minute-60", 2, ostr(moment(2026, 2, 1, 1, 60)), OTHER_REASON),
        ("second-60", 2, ostr(moment(2026, 2, 1, 1, 1, 60)), OTHER_REASON),
        ("hundredths-100", 2, ostr(moment(2026, 2, 1, hundredths=100)), OTHER_REASON),
        ("deviation-841", 2, ostr(moment(2026, 2, 1, deviation=841)), OTHER_REASON),
        ("year-1999", 2, ostr(moment(1999, 2, 1)), OTHER_REASON),
        ("year-2400", 2, ostr(moment(2400, 2, 1)), OTHER_REASON),
        ("year-any", 2, ostr(moment(None, 2, 1)), OTHER_REASON),
        ("zone-type", 3, b"\x12\x00\x00", TYPE_UNMATCHED),
        ("zone-841", 3, b"\x10\x03\x49", OTHER_REASON),
        ("zone--721", 3, b"\x10\xfd\x2f", OTHER_REASON),
        ("begin-not-a-rule", 5, ostr(moment(None, None, 0xFE, 2)), OTHER_REASON),
        ("begin-short", 5, b"\x09\x0b" + bytes(11), TYPE_UNMATCHED),
        ("end-31-of-june", 6, ostr(moment(None, 6, 31, 2)), OTHER_REASON),
        ("deviation-of-121", 7, b"\x0f\x79", OTHER_REASON),
        ("deviation-of--121", 7, b"\x0f\x87", OTHER_REASON),
        ("enabled-type", 8, b"\x11\x01", TYPE_UNMATCHED),
    ):
        yield "refuses-" + label, wrong_value, (k, data, result)
    for octets, kept in EDGES:
        yield "edge-" + octets.hex(), edge, (octets, kept)
    last = "2399-12-31T23:59:3"
    nothing = b"\x0f\x00"
    for label, start, zone, m, parameter, kept in (
        ("back", "2000-01-01T00:14:59", 0, 6, b"\x10\xfc\x7c", False),
        ("back-to-the-first", "2000-01-01T00:15:00", 0, 6, b"\x10\xfc\x7c", True),
        ("on", "2399-12-31T23:45:00", 0, 6, b"\x10\x03\x84", False),
        ("on-to-the-last", "2399-12-31T23:44:59", 0, 6, b"\x10\x03\x84", True),
        ("quarter-back", "2000-01-01T00:05:00", 0, 1, nothing, True),
        ("quarter-before", "2000-01-01T00:01:00", -5, 1, nothing, False),
        ("quarter-behind", last + "0", 0, 1, nothing, False),
        ("period-before", "2000-01-01T00:01:00", -5, 2, nothing, False),
        ("period-behind", last + "0", 0, 2, nothing, False),
        ("minute-behind", last + "1", 0, 3, nothing, False),
        ("minute-back", last[:-1] + "29", 0, 3, nothing, True),
    ):
        yield "moves-" + label, adjusted, (start, zone, m, parameter, kept)
    for month, rule, weekday, wanted in (
        (3, 0xFE, 7, 29),
        (10, 0xFE, 7, 25),
        (3, 0xFD, 7, 22),
        (4, 1, 7, 5),
        (4, 8, 1, 13),
        (2, 0xFE, 0xFF, 28),
        (2, 0xFD, 0xFF, 27),
        (5, 17, 0xFF, 17),
    ):
        yield "rule-{}-{}-{}".format(month, rule, weekday), check_rule, (month, rule, weekday, wanted)


def check_rule(month, rule, weekday, wanted):
    assert civil.resolve_day(26, bytes((month, rule, weekday)), 0) == civil.day_number(26, month, wanted)
