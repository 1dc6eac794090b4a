"""Profile generic: its attributes, capturing, and what may be written to it."""

from cosem_model import (
    AA,
    act,
    association,
    dlu,
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
from dlms.codec.errors import OTHER_REASON, READ_WRITE_DENIED, SUCCESS, TYPE_UNMATCHED
from profile_model import CLOCK, ENERGY, LOAD, STATUS, at, between, entries, four, loaded

REQ = {
    "test_attributes": ("F-06",),
    "test_rows_are_captured_octets": ("F-06",),
    "test_rows_say_that_the_clock_is_not_to_be_trusted": ("F-35", "D-102"),
    "test_fifo_overwrites_the_oldest": ("F-34",),
    "test_lifo": ("F-34",),
    "test_reset_and_capture": ("F-06",),
    "test_capture_period": ("F-34",),
    "test_profile_entries": ("F-34",),
    "test_capture_objects": ("F-34",),
    "test_wrong_capture_objects": ("F-34", "D-21"),
    "test_columns_without_octets_are_refused": ("F-34",),
    "test_only_what_may_be_read_can_be_captured": ("F-31",),
    "test_wrong_values": ("D-21", "F-34"),
    "test_daily_billing": ("F-06",),
}


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
    wanted = structure(
        get(meter.clock, 2), b"\x11\x80", *[get(find(meter, "1.0." + c + ".8.0.255"), 2) for c in "1234"]
    )
    assert elements(profile, 2) == [wanted]
    assert act(find(meter, ENERGY), 1, b"\x0f\x00") == b""
    assert elements(profile, 2) == [wanted]
    run(meter, 900)
    assert number(elements(profile, 2)[1][18:23]) < number(wanted[18:23])


def test_rows_say_that_the_clock_is_not_to_be_trusted():
    """Bit 1 (02) of a row: for the whole or a part of its period nobody who
    knows the time had set the clock.
    """
    meter = made(start="2026-03-01T18:00:00")
    meter.clock_doubtful(False)
    run(meter, 1800)
    meter.synchronise(meter.clock.day, meter.clock.second)
    run(meter, 1800)
    rows = elements(find(meter, LOAD), 2)
    # power-up (80) in the first one, clock adjusted (20) in the third
    assert [row[17] for row in rows] == [0x82, 0x02, 0x22, 0x00]


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


def test_columns_without_octets_are_refused():
    """Values that are empty just now have no room in a row, and of such
    alone there would be no row.
    """
    meter, profile = loaded(2)
    rows = elements(profile, 2)
    find(meter, "0.0.96.1.0.255").a[2] = b"\x09\x00"
    empty = four(1, "0.0.96.1.0.255", 2)
    assert put(profile, 3, items(empty)) == OTHER_REASON
    assert elements(profile, 2) == rows
    assert put(profile, 3, items(empty, four(8, CLOCK, 2))) == SUCCESS


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
