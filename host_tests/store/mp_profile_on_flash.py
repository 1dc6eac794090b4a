"""A profile whose rows stand on flash: whatever is asked, it answers as one in memory; and
what it says of rows that are corrupt.
"""

import sys

HERE = __file__.replace("\\", "/").rpartition("/")[0]
sys.path.append(HERE.rpartition("/")[0] + "/cosem")

from cosem import packing, row, row_plain  # noqa: E402
from cosem.profile_generic import ProfileGeneric  # noqa: E402
from cosem.rows import MemoryRows  # noqa: E402
from cosem_model import AA, Cursor, begin, dlu, element, elements, find, made, moment, ostr, put  # noqa: E402
from dlms.codec.errors import SUCCESS  # noqa: E402
from mp_profile_rows import Transfer, in_stretches, stretch  # noqa: E402
from profile_model import CLOCK, ENERGY, STATUS, between, entries, four  # noqa: E402
from ring_rig import Box  # noqa: E402

REQ = {"as-in-memory*": ("I-03",), "corrupt-*": ("I-05",), "test_*": ("I-05",)}
ROWS = 240  # of 17 octets, 194 to a sector


def profiles(view):
    """A meter, a profile in memory and one on flash with the same rows, and that flash."""
    box = Box(4, view)
    meter = made(start="2026-03-01T10:00:00")
    columns = ((CLOCK, 2), (STATUS, 2), (ENERGY, 2))
    one = ProfileGeneric(MemoryRows(ROWS), columns, 60, meter.clock)
    box.limit = ROWS
    two = ProfileGeneric(box.open(), columns, 60, meter.clock)
    energy = find(meter, ENERGY).a[2]
    for profile in (one, two):
        profile.packing = packing
        profile.placed(meter.devices[0][1])
        profile.packing = None
    for i in range(300):
        meter.clock.advance(60)
        meter.clock.render()
        energy[1:5] = i.to_bytes(4, "big")
        one.capture()
        two.capture()
    return meter, one, two, box


REQUESTS = (
    (0, b""),
    (2, entries(1, 1)),
    (2, entries(70, 200, 2, 3)),
    (2, entries(229, 0, 3, 3)),
    (1, between(ostr(moment(2026, 3, 1, 13)), ostr(moment(2026, 3, 1, 14)))),
    (1, between(ostr(moment(2026, 3, 1, 9)), ostr(moment(2026, 3, 1, 12, 30)), (four(3, ENERGY, 2),))),
    (1, between(ostr(moment(2026, 3, 1, 13)), ostr(moment(2026, 3, 1, 20)), (four(3, ENERGY, 2), four(8, CLOCK, 2)))),
)
SCANS = (
    (1, between(dlu(200), dlu(250), (), four(3, ENERGY, 2))),
    (1, between(dlu(0), dlu(0xFFFFFFFF), (), four(3, ENERGY, 2))),
)


def as_in_memory(view):
    meter, one, two, box = profiles(view)
    for order in (b"\x16\x01", b"\x16\x02"):
        assert put(one, 5, order) == put(two, 5, order) == SUCCESS
        for selector, data in REQUESTS + SCANS:
            # the second time all parts are known as good
            for _ in range(2):
                assert elements(two, 2, selector, data) == elements(one, 2, selector, data)
            in_stretches(two, selector, data, (selector, data) in SCANS)
    box.flash.power()


def spoil(two, box, numbers):
    """Turn a bit of these rows over, counted from the oldest."""
    rows = two.rows
    for i in numbers:
        s = rows.first + i - 1
        sector = 1 + rows.sector(s // rows.per)
        box.flash.flip(sector, 16 + s % rows.per * rows.stride + i % rows.size, 16)
    rows._known[:] = type(rows._known)("H", bytes(2 * len(rows._known)))


CORRUPT = ((0,), (239,), (100,), (7, 8, 9), (0, 1, 120, 238, 239), tuple(range(130, 150)))


def nulls(n):
    return bytes((2, n)) + bytes(n)


def corrupt(view, numbers):
    """Null-data for those rows, all others as ever: in entries, ranges of time and stretches."""
    meter, one, two, box = profiles(view)
    spoil(two, box, numbers)
    whole = elements(one, 2)
    for i in numbers:
        whole[i] = nulls(3)
    for order in (b"\x16\x01", b"\x16\x02"):
        assert put(two, 5, order) == SUCCESS
        expected = whole if order[1] == 1 else whole[::-1]
        assert elements(two, 2) == expected
        assert elements(two, 2, 2, entries(8, 11)) == expected[7:11]
        pieced(two, expected)
        # a corrupt row has no time: those at either end of a range are in it or not, as they stand
        for low, high in ((95, 105), (0, 239), (5, 12), (120, 155)):
            times = [ostr(one_time(one, i)) for i in (low, high)]
            found = elements(two, 2, 1, between(times[0], times[1]))
            good = [whole[i] for i in range(low, high + 1) if i not in numbers]
            assert [each for each in (found if order[1] == 1 else found[::-1]) if each != nulls(3)] == good
            assert found.count(nulls(3)) >= len(
                [i for i in numbers if low < i < high and inside(i, numbers, low, high)]
            )
        # it has no value either
        found = elements(two, 2, 1, between(dlu(60), dlu(299), (), four(3, ENERGY, 2)))
        assert found == [each for each in expected if each != nulls(3)]


def inside(i, numbers, low, high):
    """Whether rows that have a time stand before and after row i in the range."""
    return any(k not in numbers for k in range(low, i)) and any(k not in numbers for k in range(i + 1, high + 1))


def one_time(one, i):
    """The time of row i of the profile in memory, as 12 octets."""
    buf = bytearray(one.rows.size)
    one.rows.read(one.rows.first + i, buf)
    return bytes(buf[:12])


def pieced(profile, expected):
    """Both forms of `put_rows` stop before a corrupt row, and `element` goes on."""
    whole = b"".join(expected)
    for module in (row, row_plain):
        for most in (2, 45, 500, 9000):
            t = Transfer(begin(profile, 2))
            t.selector = t.v = t.w = 0
            t.tag = 1
            got = b""
            while True:
                octets = stretch(module, profile, t, most)
                got += octets
                if len(octets) < most:
                    if t.i == t.n and t.c0 == t.c1:
                        break
                    if t.c0 == t.c1 and t.i < t.n:
                        got += element(profile, 2, t, t.i)
                        t.i += 1
            assert got == whole, (module, most)


def cases():
    for view in (False, True):
        end = "-in-view" if view else ""
        yield "as-in-memory" + end, as_in_memory, (view,)
        for numbers in CORRUPT:
            yield "corrupt-{}-of-{}{}".format(numbers[0], len(numbers), end), corrupt, (view, numbers)


class Client:
    """What `packing` looks at of an association."""

    def __init__(self, forms):
        self.packing = forms


def packed(profile, forms):
    """The rows in a shorter form, and the head."""
    profile.packing = packing
    cur = Cursor()
    cur.aa = AA(Client(forms))
    assert profile.open(2, cur) == SUCCESS
    buf = bytearray(300)
    head = bytes(buf[: profile.head(2, cur, buf, 0)]) if forms == packing.COMPACT else b""
    found = []
    for i in range(cur.n):
        end = profile.element(2, cur, i, buf, 0)
        assert end > 0
        found.append(bytes(buf[:end]))
    return head, found


NO_TIME = b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x80\x00\xff"


def test_a_compact_array_keeps_its_columns():
    """It has no place for null-data: zeros, and a time of which nothing is specified. The
    length that its head says is right.
    """
    for view in (False, True):
        _, one, two, box = profiles(view)
        head, whole = packed(one, packing.COMPACT)
        spoil(two, box, (3, 4))
        lost = bytes([12]) + NO_TIME + bytes(len(whole[0]) - 13)
        again, found = packed(two, packing.COMPACT)
        assert again == head
        assert found == whole[:3] + [lost, lost] + whole[5:]


def test_null_data_that_stands_for_a_value_does_not_mean_a_corrupt_row():
    """Such a row is written in full with no values, and so is the one after it."""
    _, one, two, box = profiles(False)
    spoil(two, box, (3,))
    _, whole = packed(one, packing.NULLS)
    _, found = packed(two, packing.NULLS)
    plain = elements_plain(one)
    assert found[:3] == whole[:3]
    assert found[3] == b"\x02\x03\x09\x0c" + NO_TIME + plain[3][16:17] + bytes(len(plain[3]) - 22) + b"\x06" + bytes(4)
    assert found[4] == plain[4]
    assert found[5:] == whole[5:]


def elements_plain(profile):
    profile.packing = None
    return elements(profile, 2)
