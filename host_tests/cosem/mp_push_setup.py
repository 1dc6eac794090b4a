"""Push setup: what clients may write, windows, delays, and what is captured (F-17)."""

import limits
from cosem import window
from cosem.push_setup import PushSetup
from cosem_model import (
    AA,
    act,
    association,
    elements,
    everything,
    find,
    get,
    items,
    lu,
    moment,
    name,
    ostr,
    put,
    structure,
)
from dlms.unasked.outbox import APDU, FIRST, Outbox
from profile_model import LOAD, four
from push_model import (
    BY_ENTRY,
    COLUMN,
    DENIED,
    ENERGY,
    NONE,
    NULL,
    OTHER,
    SUCCESS,
    TEMPORARY,
    TYPE,
    destination,
    entry,
    enum,
    setup,
    taken,
)

REQ = {"*": ("F-17",)}


def test_what_it_begins_with():
    meter, push = setup()
    assert isinstance(push, PushSetup)
    assert get(push, 3) == destination("127.0.0.1:4060")
    assert get(push, 4) == items()
    assert get(push, 5) == lu(0)
    assert get(push, 6) == b"\x11\x03"
    assert get(push, 7) == structure(lu(10), lu(200), lu(3600))
    assert get(push, 8) == ostr(name("0.0.25.0.0.255"))
    assert get(push, 9) == b"\x0f\x01"
    assert get(push, 10) == items()
    assert get(push, 11) == enum(0)
    assert get(push, 13) == b"\x19" + moment(None, None, None, None, None, None, None, 0xFF, hundredths=None)
    assert elements(push, 2)[0] == entry(40, "0.0.25.9.0.255", 1)


def test_as_many_as_the_limits_say():
    meter, _ = setup()
    names = ["0.0.25.9.0.255", "0.1.25.9.0.255", "0.4.25.9.0.255"]
    directory = meter.devices[0][1]
    there = [text for text in names if directory.index(name(text)) >= 0]
    assert there == names[: limits.PUSHES]


def test_attributes_that_clients_do_not_write():
    _, push = setup()
    assert put(push, 1, ostr(bytes(6))) == DENIED
    for k in (8, 10, 12, 13):
        assert put(push, k, get(push, k)) == DENIED, k


def test_numbers():
    _, push = setup()
    for k, good, bad in (
        (5, lu(300), b"\x11\x05"),
        (6, b"\x11\xff", lu(5)),
        (9, b"\x0f\x67", b"\x11\x67"),
        (11, enum(2), b"\x11\x02"),
    ):
        assert put(push, k, good) == SUCCESS, k
        assert get(push, k) == good
        assert put(push, k, bad) == TYPE, k
        assert put(push, k, NULL) == TYPE, k
    assert put(push, 9, b"\x0f\xff") == OTHER
    assert put(push, 11, enum(3)) == OTHER
    assert put(push, 7, structure(lu(1), lu(100), lu(60))) == SUCCESS
    assert put(push, 7, structure(lu(1), lu(100))) == TYPE
    assert put(push, 7, lu(60)) == TYPE
    assert put(push, 7, structure(lu(1), b"\x10\x00\x64", lu(60))) == TYPE


def test_destinations():
    _, push = setup()
    revision = push.revision
    assert put(push, 3, destination("[2001:db8::7]:4061", 1)) == SUCCESS
    assert (push.transport, push.host, push.port) == (1, "2001:db8::7", 4061)
    assert push.revision != revision
    for text in ("", "192.0.2.7:1", "1.2.3.4:65535", "[::1]:4059"):
        assert put(push, 3, destination(text)) == SUCCESS, text
    assert put(push, 3, destination("")) == SUCCESS
    assert push.transport == -1
    for text in (
        "192.0.2.7",
        "192.0.2.7:0",
        "192.0.2.7:65536",
        "head-end:4059",
        "1.2.3:4",
        "::1:4059",
        ":4059",
        "1.2.3.4:-1",
        "1.2.3.4:x",
    ):
        assert put(push, 3, destination(text)) == OTHER, text
    assert put(push, 3, structure(enum(0), ostr(b"\xff\xfe:4059"), enum(0))) == OTHER
    for transport in (2, 5, 8, 200):
        assert put(push, 3, destination("1.2.3.4:5", transport)) == OTHER
    assert put(push, 3, destination("1.2.3.4:5", 0, 1)) == OTHER  # XML
    assert put(push, 3, destination("1.2.3.4:" + "5" * 70)) == OTHER
    assert put(push, 3, structure(enum(0), ostr(b"1.2.3.4:5"))) == TYPE
    assert put(push, 3, structure(enum(0), b"\x0a\x091.2.3.4:5", enum(0))) == TYPE
    assert put(push, 3, structure(enum(0), ostr(b"1.2.3.4:5"), b"\x11\x00")) == TYPE
    assert put(push, 3, NULL) == TYPE


class Short:
    """In place of a function that needs memory: the first `calls` have it, and no other."""

    def __init__(self, function, calls):
        self.function = function
        self.calls = calls

    def __call__(self, *words):
        if self.calls == 0:
            raise MemoryError
        self.calls -= 1
        return self.function(*words)


def aimed(push):
    return get(push, 3), push.transport, push.host, push.port, push.revision


def test_a_destination_for_which_there_is_no_memory_changes_nothing():
    _, push = setup(push="")
    new = bytearray(destination("192.0.2.7:4061", 1))
    for _ in range(2):  # without a destination, and with another one
        before = aimed(push)
        # parsed before anything changes, and again when it is taken into use
        for holder, key, calls in ((push.box, "provide", 0), (push.common, "parse", 0), (push.common, "parse", 1)):
            kept = getattr(holder, key)
            setattr(holder, key, Short(kept, calls))
            try:
                push.set(3, new, 0, len(new), None, True)
                raise AssertionError("there was memory")
            except MemoryError:
                pass
            finally:
                setattr(holder, key, kept)
            assert aimed(push) == before, (key, calls)
        assert put(push, 3, destination("192.0.2.7:4062")) == SUCCESS
        assert (push.transport, push.host, push.port, len(push.box.buf)) == (0, "192.0.2.7", 4062, limits.OUTBOX)


def test_room_for_what_is_sent_is_made_once():
    _, push = setup(push="")
    assert len(push.box.buf) == 0 and act(push, 1) == OTHER and act(push, 2) == b""
    assert put(push, 3, destination("192.0.2.7:4061")) == SUCCESS
    room = push.box.buf
    for text in ("", "192.0.2.8:4061", "192.0.2.7:4061", "", "192.0.2.7:4061"):
        assert put(push, 3, destination(text)) == SUCCESS
        assert push.box.buf is room
    assert act(push, 1) == b"" and push.box.n == 1


def test_object_list():
    meter, push = setup()
    aa = AA(association(meter, 48))
    two = items(ENERGY, entry(8, "0.0.1.0.0.255", 2))
    assert put(push, 2, two, aa) == SUCCESS
    assert elements(push, 2) == [ENERGY, entry(8, "0.0.1.0.0.255", 2)]
    assert put(push, 2, items(), aa) == SUCCESS
    assert put(push, 2, items(*[ENERGY] * 16), aa) == SUCCESS
    assert put(push, 2, items(*[ENERGY] * 17), aa) == OTHER
    for wrong in (
        entry(3, "1.0.1.8.9.255", 2),  # no such object
        entry(4, "1.0.1.8.0.255", 2),  # of another class
        entry(3, "1.0.1.8.0.255", 4),  # no such attribute
        entry(3, "1.0.1.8.0.255", 0),
        entry(3, "1.0.1.8.0.255", 2, 1),  # part of what has none
        entry(3, "1.0.1.8.0.255", 3, 0xF001),  # newest rows of what is no profile
        entry(3, "1.0.1.8.0.255", 2, 0, BY_ENTRY),
        entry(3, "1.0.1.8.0.255", 2, 0, NONE, items(COLUMN)),
        entry(7, LOAD, 3, 0xF001),
        entry(7, LOAD, 2, 0x1001),  # rows by time
        entry(7, LOAD, 2, 0xF000),
        entry(7, LOAD, 2, 0xFF01),  # more columns than there are
        entry(7, LOAD, 2, 1, BY_ENTRY),
        entry(7, LOAD, 2, 0xF001, NONE, items(COLUMN)),
        entry(7, LOAD, 2, 0, b"\x02\x02\x16\x02" + structure(lu(0), lu(2))),
        entry(7, LOAD, 2, 0, b"\x02\x02\x16\x02" + structure(lu(3), lu(2))),
        entry(7, LOAD, 2, 0, NONE, items(four(3, "1.0.1.7.0.255", 2))),  # no column of it
        entry(7, LOAD, 2, 0, NONE, items(*[COLUMN] * 60)),
        entry(15, "0.0.40.0.0.255", 2),  # the current association: there is none when it is pushed
    ):
        assert put(push, 2, items(ENERGY, wrong), aa) == OTHER, wrong
    for wrong in (
        entry(7, LOAD, 2, 0, b"\x02\x02\x16\x01" + structure(ostr(bytes(12)), ostr(bytes(12)))),  # by date
        entry(7, LOAD, 2, 0, b"\x02\x02\x16\x02" + structure(b"\x11\x01", b"\x11\x02")),
        entry(7, LOAD, 2, 0, b"\x02\x02\x16\x02\x00"),
        entry(7, LOAD, 2, 0, b"\x02\x02\x16\x00" + lu(1)),
        entry(7, LOAD, 2, 0, b"\x02\x03\x16\x00\x00\x00"),
        entry(7, LOAD, 2, 0, NONE, NULL),
        entry(7, LOAD, 2, 0, NONE, items(lu(1))),
        entry(3, "1.0.1.8.0.255", 2, 0, NONE, items(lu(1))),
        structure(lu(3), ostr(name("1.0.1.8.0.255")), b"\x0f\x02", lu(0)),  # version 0
        lu(3),
    ):
        assert put(push, 2, items(wrong), aa) == TYPE, wrong
    assert put(push, 2, NULL, aa) == TYPE


def test_a_client_pushes_what_it_may_read_only():
    meter, push = setup()
    assert put(push, 2, items(ENERGY), AA(association(meter, 48))) == SUCCESS
    assert put(push, 2, items(ENERGY), AA(association(meter, 16))) == OTHER


# -- capturing -------------------------------------------------------------------------------------


def test_a_push_is_a_data_notification():
    meter, push = setup()
    assert put(push, 2, items(ENERGY, entry(1, "0.0.96.14.0.255", 2)), AA(association(meter, 48))) == SUCCESS
    assert act(push, 1, b"\x0f\x00") == b""
    assert act(push, 1) == b""
    time = bytes(meter.clock.a[2][2:])
    body = structure(get(find(meter, "1.0.1.8.0.255"), 2), get(find(meter, "0.0.96.14.0.255"), 2))
    assert taken(push) == b"\x0f\x00\x00\x00\x01\x0c" + time + body
    push.a[11][1] = 2
    assert push.trigger() == 0
    assert taken(push)[:5] == b"\x0f\x00\x00\x00\x02"
    assert taken(push)[:5] == b"\x0f\x40\x00\x00\x03"
    assert push.box.n == 0


def test_what_cannot_be_read_is_null_data():
    meter, push = setup()
    o = find(meter, "0.0.96.128.0.255")  # computed when read
    assert put(push, 2, items(entry(1, "0.0.96.128.0.255", 2), ENERGY), AA(association(meter, 48))) == SUCCESS
    o.get = lambda k, buf, off, aa: -2
    assert push.trigger() == 0
    assert taken(push)[18:21] == b"\x02\x02\x00"
    o = find(meter, "1.0.99.1.0.255")
    assert put(push, 2, items(entry(7, "1.0.99.1.0.255", 3), ENERGY), AA(association(meter, 48))) == SUCCESS
    o.element = lambda k, cur, i, buf, off: -1
    assert push.trigger() == 0
    assert taken(push)[18:21] == b"\x02\x02\x00"


def test_what_is_too_long_is_refused_and_leaves_nothing():
    meter, push = setup()
    columns = entry(7, "1.0.99.1.0.255", 3)
    assert put(push, 2, items(*[columns] * 16), AA(association(meter, 48))) == SUCCESS
    assert act(push, 1) == OTHER
    assert (push.box.n, push.box.used, push.box.lost, push.box.too_long) == (0, 0, 1, True)


def test_full_and_reset():
    _, push = setup()
    n = 0
    while push.trigger() == 0:
        n += 1
    assert n > 2 and push.box.n == n and push.box.lost == 1
    before = bytes(push.box.buf[: push.box.used])
    assert push.trigger() == TEMPORARY
    assert bytes(push.box.buf[: push.box.used]) == before
    assert act(push, 2, b"\x0f\x00") == b""
    assert push.box.n == 0 and push.trigger() == 0


def test_method_parameters():
    _, push = setup()
    for m in (1, 2):
        assert act(push, m, b"\x11\x00") == TYPE
    assert put(push, 3, destination("")) == SUCCESS
    assert act(push, 1) == OTHER


def test_of_the_past_nothing_is_pushed():
    """Days that are lived through at the start leave the outbox empty."""
    meter, push = setup(backfill_days=2, push_interval=900)
    assert push.box.n == 0 and push.box.lost == 0
    meter.online()
    push.box.clear()
    meter._owed = 900
    meter._integrate(1000)
    assert push.box.n == 1


# -- when ------------------------------------------------------------------------------------------


def test_delays():
    _, push = setup()
    for first, exponent, most, wanted in (
        (10, 200, 3600, [10, 20, 40, 80]),
        (10, 100, 3600, [10, 10, 10, 10]),
        (10, 150, 30, [10, 15, 22, 30]),
        (0, 200, 3600, [0, 0, 0, 0]),
        (100, 200, 60, [60, 60, 60, 60]),
        (65535, 65535, 65535, [65535] * 4),
        (3, 65535, 65535, [3, 1966, 65535, 65535]),
        (10, 0, 3600, [10, 0, 0, 0]),
    ):
        assert put(push, 7, structure(lu(first), lu(exponent), lu(most))) == SUCCESS
        assert [push.delay(n) for n in (1, 2, 3, 4)] == wanted, (first, exponent, most)


def test_random_start():
    _, push = setup()
    assert [push.first_delay() for _ in range(5)] == [0] * 5
    assert put(push, 5, lu(59)) == SUCCESS
    seen = [push.first_delay() for _ in range(600)]
    assert min(seen) == 0 and max(seen) == 59
    assert len(set(seen)) == 60
    other = setup(serial="00000002")[1]
    assert put(other, 5, lu(59)) == SUCCESS
    assert [other.first_delay() for _ in range(20)] != seen[:20]


def span(start, end):
    return structure(ostr(start), ostr(end))


def daily(hour, minute=0, weekday=0xFF):
    return moment(None, None, None, hour, minute, 0, None, 0xFF, weekday)


NIGHT = items(span(daily(22), daily(2)))
MORNING = items(span(daily(2), daily(4, 30)))


def _open(windows, year, month, day, weekday, hour, minute, second=0):
    time = b"\x09\x0c" + moment(year, month, day, hour, minute, second, 0, 0, weekday)
    return window.inside(windows, time)


def _window(windows, wanted):
    for at in wanted:
        assert _open(windows, *at) == wanted[at], at


def cases():
    for text, windows, wanted in (
        ("none", items(), {(2026, 1, 1, 4, 12, 0): True}),
        (
            "daily",
            MORNING,
            {
                (2026, 1, 1, 4, 1, 59, 59): False,
                (2026, 1, 1, 4, 2, 0): True,
                (2026, 1, 1, 4, 4, 29, 59): True,
                (2026, 1, 1, 4, 4, 30): False,
                (2026, 12, 31, 4, 3, 0): True,
            },
        ),
        (
            "over-midnight",
            NIGHT,
            {
                (2026, 1, 1, 4, 21, 59): False,
                (2026, 1, 1, 4, 22, 0): True,
                (2026, 1, 2, 5, 1, 59): True,
                (2026, 1, 2, 5, 2, 0): False,
            },
        ),
        (
            "two",
            items(span(daily(2), daily(4)), span(daily(12), daily(13))),
            {(2026, 1, 1, 4, 3, 0): True, (2026, 1, 1, 4, 12, 30): True, (2026, 1, 1, 4, 5, 0): False},
        ),
        (
            "sundays",
            items(span(daily(2, 0, 7), daily(4))),
            {(2026, 1, 4, 7, 3, 0): True, (2026, 1, 5, 1, 3, 0): False},
        ),
        (
            "of-one-day",
            items(span(moment(2026, 2, 3, 4, 0, 0, None, 0xFF), moment(2026, 2, 3, 5, 0, 0, None, 0xFF))),
            {
                (2026, 2, 3, 2, 4, 30): True,
                (2026, 2, 4, 3, 4, 30): False,
                (2025, 2, 3, 1, 4, 30): False,
                (2027, 2, 3, 3, 4, 30): False,
            },
        ),
        (
            "over-years",
            items(span(moment(2025, 12, 31, 23, 0, 0, None, 0xFF), moment(2026, 1, 2, 0, 0, 0, None, 0xFF))),
            {
                (2025, 12, 31, 3, 22, 0): False,
                (2025, 12, 31, 3, 23, 0): True,
                (2026, 1, 1, 4, 12, 0): True,
                (2026, 1, 2, 5, 0, 0): False,
            },
        ),
    ):
        yield "window-" + text, _window, (windows, wanted)


def test_windows_that_clients_write():
    _, push = setup()
    for good in (items(), NIGHT, MORNING, items(*[span(daily(2), daily(4))] * 4)):
        assert put(push, 4, good) == SUCCESS
        assert get(push, 4) == good
    assert put(push, 4, items(*[span(daily(2), daily(4))] * 5)) in (OTHER, TYPE)
    for wrong in (NULL, items(ostr(daily(2))), items(structure(ostr(daily(2)), ostr(b"\x02\x00")))):
        assert put(push, 4, wrong) == TYPE, wrong
    for wrong in (
        span(daily(25), daily(4)),
        span(daily(2), moment(None, None, None, None, 0, 0, None, 0xFF)),  # the ends specify different fields
        span(daily(2), moment(2026, None, None, 4, 0, 0, None, 0xFF)),
        span(moment(None, None, None, 2, 0, 0, 0, 0xFF), moment(None, None, None, 4, 0, 0, 0, 0xFF)),  # a deviation
        # last day of the month
        span(moment(None, None, 0xFE, 2, 0, 0, None, 0xFF), moment(None, None, 0xFE, 4, 0, 0, None, 0xFF)),
        span(day(None, 2, 30), day(None, 3, 1)),  # days that no year has, or not the one that is named
        span(day(None, 2, 1), day(None, 2, 30)),
        span(day(None, 4, 31), day(None, 5, 1)),
        span(day(2026, 2, 28), day(2026, 2, 29)),
        span(day(2100, 2, 29), day(2100, 3, 1)),
    ):
        assert put(push, 4, items(wrong)) == OTHER, wrong
    for good in (
        span(day(None, 2, 29), day(None, 3, 1)),
        span(day(2104, 2, 29), day(2104, 3, 1)),
        span(day(None, None, 31), day(None, None, 1)),
        span(day(1970, 1, 1), day(9999, 12, 31)),
    ):
        assert put(push, 4, items(good)) == SUCCESS, good


def day(year, month, date):
    return moment(year, month, date, 0, 0, 0, None, 0xFF)


def test_the_window_that_holds_is_that_of_local_time():
    meter, push = setup(start="2026-02-03T01:30:00")
    assert put(push, 4, MORNING) == SUCCESS
    assert not push.may_send()
    assert put(meter.clock, 3, b"\x10\xff\xc4") == SUCCESS  # UTC+1
    assert push.may_send()


def test_all_attributes_stay_when_one_is_refused():
    meter, push = setup()
    before = everything(push)
    assert put(push, 3, destination("nowhere")) == OTHER
    assert put(push, 2, items(entry(3, "1.0.1.8.9.255", 2)), AA(association(meter, 48))) == OTHER
    assert everything(push) == before


# -- the outbox ------------------------------------------------------------------------------------


def test_outbox_keeps_order_and_octets():
    box = Outbox(64, 40)
    for i in range(3):
        at = box.reserve(4)
        assert at > 0
        for k in range(i + 1):
            box.buf[at + k] = 0x30 + i
        box.commit(at + i + 1, 1, 0x0102)
    assert box.n == 3
    for i in range(3):
        assert bytes(box.buf[FIRST : FIRST + 8]) == bytes((0, 1, 0, 1, 1, 2, 0, i + 1))
        assert bytes(box.buf[APDU : FIRST + box.size()]) == bytes((0x30 + i,)) * (i + 1)
        box.pop()
    assert (box.n, box.used) == (0, 0)


def test_outbox_refuses_what_finds_no_room():
    box = Outbox(64, 100)
    at = box.reserve(10)
    assert box.limit() == 64
    box.commit(at + 40, 1, 1)
    assert box.reserve(10) == -1
    assert (box.n, box.lost) == (1, 1)
    assert Outbox(64, 20).limit() == 2 + 8 + 20
