"""Profile generic and its row stores: capturing, selective access, writes, and what a transfer sees while rows come and go."""

import os

from cosem import row, row_plain
from cosem.data import Data
from cosem.directory import Directory
from cosem.profile_generic import ProfileGeneric
from cosem.rows import FileRows, MemoryRows
from cosem_model import (
    AA,
    act,
    association,
    begin,
    dlu,
    element,
    elements,
    find,
    get,
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
from dlms.errors import (
    DATA_BLOCK_UNAVAILABLE,
    LONG_GET_ABORTED,
    OTHER_REASON,
    READ_WRITE_DENIED,
    SCOPE_OF_ACCESS_VIOLATED,
    SUCCESS,
    TYPE_UNMATCHED,
)

LOAD = "1.0.99.1.0.255"
CLOCK = "0.0.1.0.0.255"
ENERGY = "1.0.1.8.0.255"
STATUS = "0.0.96.10.1.255"

REQ = {
    "test_attributes": ("F-06",),
    "test_rows_are_captured_octets": ("F-06",),
    "test_fifo_overwrites_the_oldest": ("F-34",),
    "test_lifo": ("F-34",),
    "test_reset_and_capture": ("F-06",),
    "test_capture_period": ("F-34",),
    "test_profile_entries": ("F-34",),
    "test_capture_objects": ("F-34",),
    "test_wrong_capture_objects": ("F-34", "D-21"),
    "test_only_what_may_be_read_can_be_captured": ("F-31",),
    "test_wrong_values": ("D-21", "F-34"),
    "test_range": ("D-110",),
    "test_range_both_ends_included": ("D-110",),
    "test_range_without_match": ("D-112",),
    "test_range_with_columns": ("D-110",),
    "test_range_with_wildcards": ("D-110",),
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
    "test_transfer_keeps_its_rows": ("D-19",),
    "test_overwritten_row": ("D-17",),
    "test_cleared_buffer": ("D-17",),
    "test_scan_over_lost_rows": ("D-17",),
    "test_two_readers": ("D-19",),
    "test_ten_thousand_rows_in_a_file": ("D-111",),
    "test_daily_billing": ("F-06",),
}


def at(octets):
    """(day, hour, minute, second) of the first column of a row."""
    return tuple(octets[7:8]) + tuple(octets[9:12])


def four(class_id, text, k, index=0):
    return structure(lu(class_id), ostr(name(text)), bytes((0x0F, k)), lu(index))


def between(first, last, columns=(), restricting=None):
    return structure(restricting or four(8, CLOCK, 2), first, last, items(*columns))


def entries(first, last, column=1, to=0):
    return structure(dlu(first), dlu(last), lu(column), lu(to))


def loaded(minutes, **keys):
    """A meter whose load profile captured every 60 s for so many minutes, from 2026-03-01 10:00 on."""
    meter = made(start=keys.pop("start", "2026-03-01T10:00:00"), **keys)
    profile = find(meter, LOAD)
    assert put(profile, 4, dlu(60)) == SUCCESS
    run(meter, 60 * minutes)
    return meter, profile


def test_attributes():
    meter = made()
    profile = find(meter, LOAD)
    assert elements(profile, 3) == [
        four(8, CLOCK, 2),
        four(1, STATUS, 2),
        four(3, ENERGY, 2),
        four(3, "1.0.2.8.0.255", 2),
        four(3, "1.0.3.8.0.255", 2),
        four(3, "1.0.4.8.0.255", 2),
    ]
    assert [get(profile, k) for k in (4, 5, 7)] == [dlu(900), b"\x16\x01", dlu(0)]
    assert get(profile, 6) == four(0, "0.0.0.0.0.0", 0)
    assert number(get(profile, 8)) >= 3000
    assert elements(profile, 2) == []


def test_rows_are_captured_octets():
    meter = made(start="2026-03-01T18:00:00")
    profile = find(meter, LOAD)
    run(meter, 900)
    wanted = structure(get(meter.clock, 2), b"\x11\x80", *[get(find(meter, "1.0." + c + ".8.0.255"), 2) for c in "1234"])
    assert elements(profile, 2) == [wanted]
    assert act(find(meter, ENERGY), 1, b"\x0f\x00") == b""
    assert elements(profile, 2) == [wanted]
    run(meter, 900)
    assert number(elements(profile, 2)[1][18:23]) < number(wanted[18:23])


def test_fifo_overwrites_the_oldest():
    meter, profile = loaded(0, depth=20)
    depth = number(get(profile, 8))
    assert depth == 20
    run(meter, 60 * 50)
    rows = elements(profile, 2)
    assert len(rows) == depth == number(get(profile, 7))
    assert [at(r) for r in rows] == [(1, 10, m, 0) for m in range(31, 51)]


def test_lifo():
    meter, profile = loaded(5)
    fifo = elements(profile, 2)
    assert put(profile, 5, b"\x16\x02") == SUCCESS
    assert elements(profile, 2) == fifo[::-1]
    assert elements(profile, 2, 2, entries(1, 2)) == [fifo[4], fifo[3]]
    both = between(ostr(moment(2026, 3, 1, 10, 2)), ostr(moment(2026, 3, 1, 10, 4)))
    assert elements(profile, 2, 1, both) == fifo[3:0:-1]
    run(meter, 60)
    assert at(elements(profile, 2)[0]) == (1, 10, 6, 0)


def test_reset_and_capture():
    meter, profile = loaded(3)
    run(meter, 5)
    assert act(profile, 2, b"\x0f\x00") == b""
    assert at(elements(profile, 2)[3]) == (1, 10, 3, 5)
    assert act(profile, 1, b"\x11\x00") == TYPE_UNMATCHED
    assert act(profile, 1, b"\x0f\x00") == b""
    assert elements(profile, 2) == []
    assert get(profile, 7) == dlu(0)
    run(meter, 55)
    assert at(elements(profile, 2)[0]) == (1, 10, 4, 0)


def test_capture_period():
    meter, profile = loaded(3)
    assert put(profile, 4, dlu(600)) == SUCCESS
    assert elements(profile, 2) == []
    run(meter, 20 * 60)
    assert [at(r) for r in elements(profile, 2)] == [(1, 10, 10, 0), (1, 10, 20, 0)]
    assert put(profile, 4, dlu(0)) == SUCCESS
    run(meter, 3600)
    assert elements(profile, 2) == []
    assert put(profile, 4, dlu(7)) == SUCCESS
    run(meter, 60)
    assert [at(r)[3] for r in elements(profile, 2)] == [s for s in range(60) if (11 * 3600 + 23 * 60 + s) % 7 == 0]


def test_profile_entries():
    meter, profile = loaded(9, depth=30)
    whole = elements(profile, 2)
    assert put(profile, 8, dlu(31)) == OTHER_REASON
    assert put(profile, 8, dlu(0)) == OTHER_REASON
    assert put(profile, 8, lu(5)) == TYPE_UNMATCHED
    assert put(profile, 8, dlu(0xFFFFFFFF)) == OTHER_REASON
    assert elements(profile, 2) == whole
    assert put(profile, 8, dlu(5)) == SUCCESS
    assert elements(profile, 2) == whole[4:]
    run(meter, 60)
    assert elements(profile, 2)[:4] == whole[5:]
    assert number(get(profile, 7)) == 5
    assert put(profile, 8, dlu(30)) == SUCCESS
    run(meter, 60)
    assert number(get(profile, 7)) == 6


def test_capture_objects():
    meter, profile = loaded(9)
    assert put(profile, 6, four(3, ENERGY, 2)) == SUCCESS
    new = [four(3, "1.0.1.7.0.255", 2), four(8, CLOCK, 2), four(3, "1.0.1.7.0.255", 3), four(1, "0.0.96.128.0.255", 2)]
    assert put(profile, 3, items(*new), AA(association(meter, 48))) == SUCCESS
    assert elements(profile, 3) == new
    assert elements(profile, 2) == []
    assert get(profile, 6) == four(0, "0.0.0.0.0.0", 0)
    run(meter, 60)
    power = find(meter, "1.0.1.7.0.255")
    (only,) = elements(profile, 2)
    assert only[:2] == b"\x02\x04"
    assert only[2:].startswith(get(power, 2) + get(meter.clock, 2) + get(power, 3) + b"\x02\x04\x06")
    assert at(b"xx"[:0] + only[5:]) == (1, 10, 10, 0)


def test_wrong_capture_objects():
    meter, profile = loaded(2)
    rows = elements(profile, 2)
    good = four(8, CLOCK, 2)
    for data, result in (
        (dlu(1), TYPE_UNMATCHED),
        (items(), OTHER_REASON),
        (items(good, dlu(1)), TYPE_UNMATCHED),
        (items(good, structure(lu(3), ostr(name(ENERGY)), b"\x0f\x02")), TYPE_UNMATCHED),
        (items(good, structure(lu(3), ostr(name(ENERGY)), b"\x11\x02", lu(0))), TYPE_UNMATCHED),
        (items(good, four(3, "1.0.1.8.9.255", 2)), OTHER_REASON),
        (items(good, four(4, ENERGY, 2)), OTHER_REASON),
        (items(good, four(3, ENERGY, 4)), OTHER_REASON),
        (items(good, four(3, ENERGY, 0)), OTHER_REASON),
        (items(good, four(3, ENERGY, 2, 1)), OTHER_REASON),
        (items(good, four(7, LOAD, 2)), OTHER_REASON),
        (items(good, four(15, "0.0.40.0.0.255", 7)), OTHER_REASON),
        (items(good, four(15, "0.0.40.0.3.255", 7)), OTHER_REASON),
        (items(*[good] * 17), OTHER_REASON),
    ):
        assert put(profile, 3, data) == result, data
        assert elements(profile, 2) == rows


def test_only_what_may_be_read_can_be_captured():
    meter, profile = loaded(0)
    secret = items(four(8, CLOCK, 2), four(15, "0.0.40.0.4.255", 7))
    assert put(profile, 3, secret, AA(association(meter, 48))) == OTHER_REASON
    assert put(profile, 3, items(four(3, ENERGY, 2)), AA(association(meter, 16))) == OTHER_REASON
    assert put(profile, 3, items(four(3, ENERGY, 2)), AA(association(meter, 48))) == SUCCESS


def test_wrong_values():
    _, profile = loaded(2)
    rows = elements(profile, 2)
    for k, data, result in (
        (1, ostr(name(LOAD)), READ_WRITE_DENIED),
        (2, items(), READ_WRITE_DENIED),
        (7, dlu(0), READ_WRITE_DENIED),
        (4, lu(60), TYPE_UNMATCHED),
        (4, dlu(86401), OTHER_REASON),
        (4, dlu(0x80000000), OTHER_REASON),
        (5, b"\x11\x01", TYPE_UNMATCHED),
        (5, b"\x16\x00", OTHER_REASON),
        (5, b"\x16\x03", OTHER_REASON),
        (6, four(3, "1.0.1.7.0.255", 2), OTHER_REASON),
        (6, dlu(1), TYPE_UNMATCHED),
        (6, structure(lu(3), ostr(name(ENERGY)), b"\x11\x02", lu(0)), TYPE_UNMATCHED),
    ):
        assert put(profile, k, data) == result, (k, data)
        assert elements(profile, 2) == rows


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


def test_range_in_another_zone():
    meter, profile = loaded(50)
    whole = elements(profile, 2)
    assert ranged(profile, moment(2026, 3, 1, 11, 10, deviation=-60), moment(2026, 3, 1, 11, 20, deviation=-60)) == whole[9:20]
    assert ranged(profile, moment(2026, 3, 1, 5, 10, deviation=300), moment(2026, 3, 1, 11, 20, deviation=-60)) == whole[9:20]
    assert put(meter.clock, 3, b"\x10\xff\xc4") == SUCCESS
    run(meter, 600)
    later = elements(profile, 2)
    assert at(later[50]) == (1, 11, 51, 0)
    assert ranged(profile, moment(2026, 3, 1, 10, 45), moment(2026, 3, 1, 10, 55)) == later[44:55]
    assert ranged(profile, moment(2026, 3, 1, 11, 45, deviation=None), moment(2026, 3, 1, 11, 55, deviation=None)) == later[44:55]


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
    temperature = Data(name("0.0.96.9.0.255"), bytearray(b"\x10\x00\x00"))
    profile = ProfileGeneric(name(LOAD), MemoryRows(10), (("0.0.96.9.0.255", 2),), 0, None)
    profile.placed(Directory((temperature, profile)))
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


def test_transfer_keeps_its_rows():
    meter, profile = loaded(5)
    whole = elements(profile, 2)
    cur = begin(profile, 2)
    run(meter, 600)
    assert cur.n == 5
    assert [element(profile, 2, cur, i) for i in range(5)] == whole
    assert len(elements(profile, 2)) == 15


def test_overwritten_row():
    meter, profile = loaded(20, depth=20)
    cur = begin(profile, 2)
    assert at(element(profile, 2, cur, 0)) == (1, 10, 1, 0)
    run(meter, 120)
    assert element(profile, 2, cur, 1) == DATA_BLOCK_UNAVAILABLE
    assert at(element(profile, 2, cur, 2)) == (1, 10, 3, 0)


def test_cleared_buffer():
    meter, profile = loaded(5)
    cur = begin(profile, 2)
    element(profile, 2, cur, 0)
    act(profile, 1, b"\x0f\x00")
    run(meter, 600)
    assert element(profile, 2, cur, 1) == LONG_GET_ABORTED
    cur = begin(profile, 2)
    assert put(profile, 3, items(four(8, CLOCK, 2))) == SUCCESS
    assert element(profile, 2, cur, 0) == LONG_GET_ABORTED


def test_scan_over_lost_rows():
    by_energy = between(dlu(0), dlu(0xFFFFFFFF), (), four(3, ENERGY, 2))
    meter, profile = loaded(20, depth=20)
    whole = elements(profile, 2)
    cur = begin(profile, 2, 1, by_energy)
    assert element(profile, 2, cur, 0) == whole[0]
    assert element(profile, 2, cur, 3) == whole[3]
    run(meter, 120)
    assert element(profile, 2, cur, 4) == whole[4]
    run(meter, 300)
    assert element(profile, 2, cur, 5) == DATA_BLOCK_UNAVAILABLE
    cur = begin(profile, 2, 1, by_energy)
    element(profile, 2, cur, 0)
    act(profile, 1, b"\x0f\x00")
    assert element(profile, 2, cur, 1) == LONG_GET_ABORTED


def test_two_readers():
    _, profile = loaded(6)
    whole = elements(profile, 2)
    first = begin(profile, 2)
    second = begin(profile, 2, 2, entries(2, 5, 1, 1))
    for i in range(4):
        assert element(profile, 2, first, i) == whole[i]
        assert element(profile, 2, second, i) == structure(whole[i + 1][2:16])


def test_daily_billing():
    meter = made(start="2026-03-03T12:00:00", backfill_days=3)
    rows = elements(find(meter, "0.0.98.1.0.255"), 2)
    assert [at(r) for r in rows] == [(1, 0, 0, 0), (2, 0, 0, 0), (3, 0, 0, 0)]
    for r in rows:
        assert number(r[16:21]) - number(r[21:26]) - number(r[26:31]) in (0, 1)
        assert number(r[36:41]) > 0
        # the highest demand was in the day that the row closes
        assert r[41 + 4 : 41 + 6] < r[6:8] or at(r) == (1, 0, 0, 0) or r[48:51] == bytes(3)
    assert number(get(find(meter, "0.0.0.1.0.255"), 2)) == 3
    assert number(get(find(meter, "1.0.1.6.0.255"), 2)) > 0


class Counter:
    """A file that counts its reads."""

    def __init__(self, file):
        self.file = file
        self.reads = 0

    def seek(self, at):
        return self.file.seek(at)

    def readinto(self, buf):
        self.reads += 1
        return self.file.readinto(buf)

    def write(self, buf):
        return self.file.write(buf)

    def close(self):
        self.file.close()


def test_ten_thousand_rows_in_a_file():
    path = "rows-{}.tmp".format(id(Counter))
    meter = made(start="2026-03-01T10:00:00")
    store = FileRows(path, 10000)
    profile = ProfileGeneric(name("1.0.99.2.0.255"), store, ((CLOCK, 2), (ENERGY, 2)), 0, meter.clock)
    profile.placed(meter.devices[0][1])
    try:
        store._file = Counter(store._file)
        energy = find(meter, ENERGY).a[2]
        for i in range(10005):
            meter.clock.advance(60)
            meter.clock.render()
            energy[1:5] = i.to_bytes(4, "big")
            profile.capture()
        assert get(profile, 7) == dlu(10000)
        cur = begin(profile, 2, 2, entries(10000, 0))
        assert cur.n == 1
        last = element(profile, 2, cur, 0)
        assert last == structure(get(meter.clock, 2), dlu(10004))
        assert store._file.reads == 1
        newest = get(meter.clock, 2)
        assert elements(profile, 2, 1, between(newest, newest)) == [last]
        assert store._file.reads < 40
        cur = begin(profile, 2)
        for i in range(10000):
            assert element(profile, 2, cur, i)[-5:] == dlu(5 + i)
    finally:
        store.close()
        os.remove(path)


def twins(order, n):
    plan = b"\x02\x09\x04\x00\x00\x04" + b"\x01\x06\x00\x00\x04\x04" + b"\x00\x02\x02\x00\x08\x05"
    content = bytes(range(40, 53))
    one = bytearray(60)
    two = bytearray(60)
    assert row.put_row(one, 3, content, plan, order, n) == row_plain.put_row(two, 3, content, plan, order, n)
    assert one == two


def cases():
    yield "twins-whole", twins, (b"\x01\x20", 3)
    yield "twins-turned", twins, (b"\x21\x00", 3)
    yield "twins-one", twins, (b"\x20", 1)
    yield "twins-repeated", twins, (b"\x11\x10", 4)


