"""Selective access to a profile buffer: by range, by entry, and what is refused."""

from cosem.data import Data
from cosem.directory import directory
from cosem.profile_generic import ProfileGeneric
from cosem.rights import Rights
from cosem.rows import MemoryRows
from cosem_model import (
    act,
    begin,
    dlu,
    element,
    elements,
    find,
    items,
    lu,
    made,
    moment,
    name,
    number,
    ostr,
    put,
    run,
    structure,
)
from dlms.codec.errors import OTHER_REASON, SCOPE_OF_ACCESS_VIOLATED, SUCCESS, TYPE_UNMATCHED
from profile_model import CLOCK, ENERGY, LOAD, STATUS, at, between, entries, four, loaded

REQ = {
    "test_range_in_2100": ("D-110", "D-115"),
    "test_range": ("D-110",),
    "test_range_both_ends_included": ("D-110",),
    "test_range_without_match": ("D-112",),
    "test_range_with_columns": ("D-110",),
    "test_range_with_wildcards": ("D-110",),
    "test_range_beyond_the_years_of_the_clock": ("D-110", "D-112"),
    "test_range_in_another_zone": ("D-110",),
    "test_range_over_a_clock_set_back": ("D-110",),
    "test_range_through_the_end_of_daylight_saving": ("D-110",),
    "test_range_by_value": ("D-110",),
    "test_range_by_signed_value": ("D-110",),
    "test_range_of_what_is_not_captured": ("D-110",),
    "test_wrong_ranges": ("D-110", "D-112"),
    "test_entries": ("D-111",),
    "test_entries_of_an_empty_buffer": ("D-111",),
    "test_wrong_entries": ("D-111",),
}


def ranged(profile, first, last, columns=()):
    return elements(profile, 2, 1, between(ostr(first), ostr(last), columns))


def test_range():
    _, profile = loaded(50)
    whole = elements(profile, 2)
    for first in range(0, 55, 6):
        for last in range(first, 55, 7):
            rows = ranged(profile, moment(2026, 3, 1, 10, first), moment(2026, 3, 1, 10, last))
            assert rows == whole[max(0, first - 1) : last]
    assert ranged(profile, moment(2026, 3, 1), moment(2027, 3, 1)) == whole
    stamp = b"\x19" + moment(2026, 3, 1, 10, 7)
    assert elements(profile, 2, 1, between(stamp, stamp)) == whole[6:7]


def test_range_both_ends_included():
    _, profile = loaded(9)
    whole = elements(profile, 2)
    exact = moment(2026, 3, 1, 10, 4)
    assert ranged(profile, exact, exact) == whole[3:4]
    before = moment(2026, 3, 1, 10, 3, 59, hundredths=99)
    after = moment(2026, 3, 1, 10, 4, 0, hundredths=1)
    assert ranged(profile, before, after) == whole[3:4]
    assert ranged(profile, after, moment(2026, 3, 1, 10, 5)) == whole[4:5]
    assert ranged(profile, moment(2026, 3, 1, 10, 3), before) == whole[2:3]


def test_range_without_match():
    _, profile = loaded(9)
    for first, last in (
        (moment(2025, 3, 1), moment(2025, 4, 1)),
        (moment(2027, 3, 1), moment(2027, 4, 1)),
        (moment(2026, 3, 1, 10, 2, 1), moment(2026, 3, 1, 10, 2, 59)),
        (moment(2026, 3, 1, 10, 5), moment(2026, 3, 1, 10, 4)),
    ):
        assert ranged(profile, first, last) == []
    assert act(profile, 1, b"\x0f\x00") == b""
    assert ranged(profile, moment(2026, 3, 1), moment(2027, 3, 1)) == []


def test_range_with_columns():
    _, profile = loaded(4)
    whole = elements(profile, 2)
    energy, clock = four(3, ENERGY, 2), four(8, CLOCK, 2)
    first, last = moment(2026, 3, 1, 10, 2), moment(2026, 3, 1, 10, 3)
    assert ranged(profile, first, last, (energy, clock)) == [structure(r[18:23], r[2:16]) for r in whole[1:3]]
    assert ranged(profile, first, last, (energy,)) == [structure(r[18:23]) for r in whole[1:3]]
    assert ranged(profile, first, last, (four(3, "1.0.1.7.0.255", 2),)) == TYPE_UNMATCHED
    assert ranged(profile, first, last, (clock,) * 17) == TYPE_UNMATCHED
    assert ranged(profile, first, last, (clock,) * 16) == [structure(*[r[2:16]] * 16) for r in whole[1:3]]


def test_range_with_wildcards():
    _, profile = loaded(130, start="2026-02-28T22:30:00")
    whole = elements(profile, 2)
    anything = moment(None, None, None, None, None, None, None, 0xFF, hundredths=None)
    assert ranged(profile, anything, anything) == whole
    assert ranged(profile, anything, moment(2026, 2, 28, 23, 0)) == whole[:30]
    assert ranged(profile, moment(2026, 3, 1, 0, 0), anything) == whole[89:]
    hour = moment(2026, 2, 28, 23, None, None, None, hundredths=None)
    assert ranged(profile, hour, hour) == whole[29:89]
    last_day = moment(2026, 2, 0xFE, None, None, None, None, hundredths=None)
    assert ranged(profile, last_day, last_day) == whole[:89]
    month = moment(2026, 2, None, None, None, None, None, hundredths=None)
    assert ranged(profile, month, month) == whole[:89]
    year = moment(2026, None, None, None, None, None, None, hundredths=None)
    assert ranged(profile, year, year) == whole


def test_range_beyond_the_years_of_the_clock():
    """Since 1970, until 9999: open ends. Until 1970, since 9999: no rows."""
    meter, profile = loaded(20)
    whole = elements(profile, 2)
    middle = moment(2026, 3, 1, 10, 10)
    for early in (
        moment(1970, 1, 1),
        moment(1999, 12, 31, 23, 59, 59),
        moment(1, 1, 1),
        moment(0, 1, 1, deviation=None),
    ):
        last_day = moment(0xFFFE, 12, 0xFE, None, deviation=None)
        for late in (moment(9999, 12, 31, 23, 59, 59), moment(2400, 1, 1), moment(2401, 1, 1), last_day):
            assert ranged(profile, early, late) == whole
            assert ranged(profile, early, middle) == whole[:10]
            assert ranged(profile, middle, late) == whole[9:]
            assert ranged(profile, late, early) == ranged(profile, late, late) == ranged(profile, early, early) == []
            assert ranged(profile, late, middle) == ranged(profile, middle, early) == []
    for wrong in (moment(1970, 13, 1), moment(9999, 1, 1, 24)):
        assert ranged(profile, wrong, middle) == ranged(profile, middle, wrong) == TYPE_UNMATCHED
    for year in (1970, 1999, 2400, 9999):
        assert put(meter.clock, 2, ostr(moment(year, 1, 1))) == OTHER_REASON
    assert put(meter.clock, 2, ostr(moment(2000, 1, 1))) == SUCCESS
    run(meter, 60)
    assert ranged(profile, moment(1970, 1, 1), moment(2000, 12, 31)) == elements(profile, 2)[20:]
    assert ranged(profile, moment(1970, 1, 1), moment(9999, 1, 1)) == elements(profile, 2)


def test_range_in_2100():
    """Rows on both sides of the 29 February that 2100 does not have, and of the ends
    of years; sorted and counted alike.
    """
    for start, date in (
        ("2100-02-28T23:50:00", (2100, 3, 1)),
        ("2099-12-31T23:50:00", (2100, 1, 1)),
        ("2399-12-31T23:50:00", (2400, 1, 1)),
    ):
        meter, profile = loaded(20, start=start)
        whole = elements(profile, 2)
        assert len(whole) == 20
        assert whole[9][4:8] == moment(*date)[:4]
        midnight = moment(*date)
        first = moment(int(start[:4]), int(start[5:7]), int(start[8:10]), 23, 50)
        if date[0] < 2400:
            assert ranged(profile, first, midnight) == whole[:10]
            assert ranged(profile, midnight, moment(*date, 0, 10)) == whole[9:]
            # by a zone of its own, and with a year alone
            assert ranged(profile, moment(*date, 1, 0, 0, -60), moment(9999, 1, 1)) == whole[9:]
        year = moment(int(start[:4]), None, None, None, None, None, None, 0xFF, hundredths=None)
        assert ranged(profile, year, year) == (whole[:9] if date[1:] == (1, 1) else whole)


def test_range_in_another_zone():
    meter, profile = loaded(50)
    whole = elements(profile, 2)
    assert (
        ranged(profile, moment(2026, 3, 1, 11, 10, deviation=-60), moment(2026, 3, 1, 11, 20, deviation=-60))
        == whole[9:20]
    )
    assert (
        ranged(profile, moment(2026, 3, 1, 5, 10, deviation=300), moment(2026, 3, 1, 11, 20, deviation=-60))
        == whole[9:20]
    )
    assert put(meter.clock, 3, b"\x10\xff\xc4") == SUCCESS
    run(meter, 600)
    later = elements(profile, 2)
    assert at(later[50]) == (1, 11, 51, 0)
    assert ranged(profile, moment(2026, 3, 1, 10, 45), moment(2026, 3, 1, 10, 55)) == later[44:55]
    assert (
        ranged(profile, moment(2026, 3, 1, 11, 45, deviation=None), moment(2026, 3, 1, 11, 55, deviation=None))
        == later[44:55]
    )


def test_range_over_a_clock_set_back():
    meter, profile = loaded(30)
    assert put(meter.clock, 2, ostr(moment(2026, 3, 1, 10, 10, 30))) == SUCCESS
    run(meter, 30 * 60)
    whole = elements(profile, 2)
    assert len(whole) == 60
    assert not profile.ordered()
    wanted = [r for r in whole if (1, 10, 15, 0) <= at(r) <= (1, 10, 35, 0)]
    assert len(wanted) == 16 + 21
    rows = ranged(profile, moment(2026, 3, 1, 10, 15), moment(2026, 3, 1, 10, 35))
    assert rows == wanted
    cur = begin(profile, 2, 1, between(ostr(moment(2026, 3, 1, 10, 15)), ostr(moment(2026, 3, 1, 10, 35))))
    for i in (0, 0, 5, 36, 2, 36, 20):
        assert element(profile, 2, cur, i) == wanted[i]
    assert put(profile, 5, b"\x16\x02") == SUCCESS
    assert ranged(profile, moment(2026, 3, 1, 10, 15), moment(2026, 3, 1, 10, 35)) == wanted[::-1]
    assert put(profile, 8, dlu(25)) == SUCCESS
    assert profile.ordered()


def test_range_through_the_end_of_daylight_saving():
    meter = made(start="2026-10-24T23:30:00")
    assert put(meter.clock, 3, b"\x10\xff\xc4") == SUCCESS
    assert put(meter.clock, 8, b"\x03\x01") == SUCCESS
    run(meter, 4 * 3600)
    profile = find(meter, LOAD)
    whole = elements(profile, 2)
    assert [at(r)[1:3] for r in whole[3:9]] == [(2, 30), (2, 45), (2, 0), (2, 15), (2, 30), (2, 45)]
    assert profile.ordered()
    summer = ranged(profile, moment(2026, 10, 25, 2, 30, deviation=-120), moment(2026, 10, 25, 2, 45, deviation=-120))
    assert summer == whole[3:5]
    winter = ranged(profile, moment(2026, 10, 25, 2, 30, deviation=-60), moment(2026, 10, 25, 2, 45, deviation=-60))
    assert winter == whole[7:9]
    open_ended = ranged(profile, moment(2026, 10, 25, 2, 15, 0, None, 0xFF), moment(2026, 10, 25, 2, 15, 0, None, 0x00))
    assert open_ended == whole[2:7]


def test_range_by_value():
    _, profile = loaded(40, start="2026-03-01T18:00:00")
    whole = elements(profile, 2)
    values = [number(r[18:23]) for r in whole]
    assert values[-1] > values[0] + 20
    low, high = values[10], values[20]
    rows = elements(profile, 2, 1, between(dlu(low), dlu(high), (), four(3, ENERGY, 2)))
    assert rows == [r for r in whole if low <= number(r[18:23]) <= high]
    rows = elements(profile, 2, 1, between(b"\x11\x80", b"\x11\xff", (four(8, CLOCK, 2),), four(1, STATUS, 2)))
    assert rows == [structure(whole[0][2:16])]


def test_range_by_signed_value():
    temperature = Data(bytearray(b"\x10\x00\x00"))
    profile = ProfileGeneric(MemoryRows(10), (("0.0.96.9.0.255", 2),), 0, None)
    profile.placed(directory(((name("0.0.96.9.0.255"), temperature), (name(LOAD), profile)), Rights()))
    for value in (5, -3, 0, -40, 17):
        temperature.a[2][1:3] = (value & 0xFFFF).to_bytes(2, "big")
        profile.capture()
    data = between(b"\x10\xff\xf6", b"\x10\x00\x05", (), four(1, "0.0.96.9.0.255", 2))
    assert elements(profile, 2, 1, data) == [structure(b"\x10" + (v & 0xFFFF).to_bytes(2, "big")) for v in (5, -3, 0)]


def test_range_of_what_is_not_captured():
    _, profile = loaded(4)
    assert elements(profile, 2, 1, between(dlu(0), dlu(9), (), four(3, "1.0.1.7.0.255", 2))) == []


def test_wrong_ranges():
    _, profile = loaded(4)
    stamp = ostr(moment(2026, 3, 1, 10, 2))
    clock = four(8, CLOCK, 2)
    for data in (
        b"\x00",
        items(clock, stamp, stamp, items()),
        structure(clock, stamp, stamp),
        structure(clock, stamp, stamp, items(), b"\x00"),
        structure(clock, stamp, stamp, clock),
        structure(clock, stamp, stamp, items(stamp)),
        between(dlu(1), stamp),
        between(stamp, dlu(1)),
        between(ostr(bytes(11)), stamp),
        between(ostr(moment(2026, 13, 1)), stamp),
        between(stamp, ostr(moment(2026, 2, 30))),
        between(lu(1), lu(2), (), four(3, ENERGY, 2)),
        between(stamp, stamp, (), structure(lu(8), ostr(name(CLOCK)), b"\x0f\x02")),
    ):
        assert elements(profile, 2, 1, data) == TYPE_UNMATCHED, data


def test_entries():
    _, profile = loaded(10)
    whole = elements(profile, 2)
    for first, last, wanted in (
        (1, 0, whole),
        (1, 10, whole),
        (1, 1, whole[:1]),
        (10, 0, whole[9:]),
        (10, 10, whole[9:]),
        (3, 5, whole[2:5]),
        (8, 99, whole[7:]),
        (8, 0xFFFFFFFF, whole[7:]),
    ):
        assert elements(profile, 2, 2, entries(first, last)) == wanted
    assert elements(profile, 2, 2, entries(2, 3, 1, 1)) == [structure(r[2:16]) for r in whole[1:3]]
    assert elements(profile, 2, 2, entries(2, 2, 2, 3)) == [structure(whole[1][16:18], whole[1][18:23])]
    assert elements(profile, 2, 2, entries(2, 2, 0, 6)) == whole[1:2]
    assert elements(profile, 2, 2, entries(2, 2, 6, 0)) == [structure(whole[1][33:])]


def test_entries_of_an_empty_buffer():
    _, profile = loaded(0)
    assert elements(profile, 2, 2, entries(1, 0)) == TYPE_UNMATCHED


def test_wrong_entries():
    _, profile = loaded(10)
    for data, result in (
        (entries(0, 0), SCOPE_OF_ACCESS_VIOLATED),
        (entries(0, 5), SCOPE_OF_ACCESS_VIOLATED),
        (entries(5, 4), SCOPE_OF_ACCESS_VIOLATED),
        (entries(11, 0), TYPE_UNMATCHED),
        (entries(11, 12), TYPE_UNMATCHED),
        (entries(1, 0, 7, 0), TYPE_UNMATCHED),
        (entries(1, 0, 1, 7), TYPE_UNMATCHED),
        (entries(1, 0, 3, 2), SCOPE_OF_ACCESS_VIOLATED),
        (structure(dlu(1), dlu(0), lu(1)), TYPE_UNMATCHED),
        (structure(lu(1), lu(0), lu(1), lu(0)), TYPE_UNMATCHED),
        (structure(dlu(1), dlu(0), lu(1), b"\x11\x00"), TYPE_UNMATCHED),
        (b"\x00", TYPE_UNMATCHED),
    ):
        assert elements(profile, 2, 2, data) == result, data
