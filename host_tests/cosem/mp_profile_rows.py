"""Row stores and transfers: what a reader sees while rows come and go, and rows in a file."""

import os

from cosem import row, row_plain
from cosem.profile_generic import ProfileGeneric
from cosem.rows import FileRows, MemoryRows
from cosem_model import act, begin, dlu, element, elements, find, get, items, made, moment, ostr, put, run, structure
from dlms.codec.errors import DATA_BLOCK_UNAVAILABLE, LONG_GET_ABORTED, SUCCESS
from profile_model import CLOCK, ENERGY, STATUS, at, between, entries, four, loaded

REQ = {
    "test_transfer_keeps_its_rows": ("D-19",),
    "test_overwritten_row": ("D-17",),
    "test_cleared_buffer": ("D-17",),
    "test_scan_over_lost_rows": ("D-17",),
    "test_two_readers": ("D-19",),
    "test_scan_*": ("D-110",),
    "test_rows_in_stretches_*": ("D-14", "D-19"),
    "test_rows_in_stretches_end_*": ("D-17",),
    "test_ten_thousand_rows_in_a_file": ("D-111",),
}


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


class Watched(MemoryRows):
    """A row store that counts how often it is asked."""

    asked = 0

    def hold(self, sequence):
        self.asked += 1
        MemoryRows.hold(self, sequence)

    def read(self, sequence, row):
        self.asked += 1
        return MemoryRows.read(self, sequence, row)


def test_scan_looks_at_pages():
    """A range of another column than the clock, and one after the clock was set back, costs
    a look at each page, not at each row.
    """
    meter = made(start="2026-03-01T10:00:00")
    store = Watched(1000)
    profile = ProfileGeneric(store, ((CLOCK, 2), (ENERGY, 2)), 0, meter.clock)
    profile.placed(meter.devices[0][1])
    energy = find(meter, ENERGY).a[2]
    for i in range(1300):
        if i == 1000:
            meter.clock.adjust(meter.clock.day, meter.clock.second - 7200)
        meter.clock.advance(60)
        meter.clock.render()
        energy[1:5] = i.to_bytes(4, "big")
        profile.capture()
    whole = elements(profile, 2)
    assert not profile.ordered()
    pages = 1000 // (2048 // store.size) + 3
    for data, wanted in (
        (between(dlu(310), dlu(312), (), four(3, ENERGY, 2)), whole[10:13]),
        (between(dlu(0), dlu(299), (), four(3, ENERGY, 2)), []),
        (between(dlu(0), dlu(0xFFFFFFFF), (), four(3, ENERGY, 2)), whole),
        (between(whole[690][2:16], whole[692][2:16]), whole[690:693] + whole[810:813]),
    ):
        for lifo in (False, True):
            profile.lifo = lifo
            store.asked = 0
            cur = begin(profile, 2, 1, data)
            assert cur.n == len(wanted)
            assert store.asked <= pages, store.asked
            rows = [element(profile, 2, cur, i) for i in range(cur.n)]
            assert rows == (wanted[::-1] if lifo else wanted)
            assert store.asked <= 2 * pages + 2 * len(wanted), store.asked


def test_scan_twins():
    """Values of every kind, in both directions: the two forms of `matches` say the
    same, and what a comparison says.
    """
    seed = 12345
    for turn in range(60):
        page = bytearray(20 * 24)
        for i in range(len(page)):
            seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
            page[i] = seed >> 16 & (3 if turn & 1 else 0xFF)
        limits = bytearray(32)
        size = (1, 2, 4, 8)[turn % 4]
        limits[9] = 8 * (turn >> 2 & 1)
        limits[11] = size
        flip = 0x80 if limits[9] else 0
        keys = []
        for i in range(20):
            value = bytearray(page[24 * i + 3 : 24 * i + 3 + size])
            value[0] ^= flip
            keys.append(bytes(value))
        bounds = sorted((keys[4], keys[13]))
        limits[12 : 12 + size] = bounds[0]
        limits[20 : 20 + size] = bounds[1]
        inside = [bounds[0] <= key <= bounds[1] for key in keys]
        for module in (row, row_plain):
            assert module.matches(page, 3, 24, 20, limits, 0) == inside.count(True)
            assert module.matches(page, 3 + 24 * 19, -24, 20, limits, 0) == inside.count(True)
            assert module.matches(page, 3, 24, 20, limits, 1) == inside.index(True)
            assert module.matches(page, 3 + 24 * 19, -24, 20, limits, 1) == inside[::-1].index(True)
            assert module.matches(page, 3, 24, 0, limits, 1) == 0


def test_scan_twins_of_times():
    limits = bytearray(32)
    limits[9] = 4
    limits[11] = 12
    stamps = [
        moment(2026, 2, 28, 23, 59, second, deviation=0, hundredths=part)
        for second in (0, 1, 59)
        for part in (0, 1, 99)
    ]
    stamps += [moment(2026, 3, 1, 1, 0, 0, -60), moment(2026, 3, 1, 0, 0, 0, None)]
    stamps += [moment(1999, 12, 31, 23, 0, 0, 60), moment(2000, 1, 1), moment(2099, 12, 31, 23, 59, 59)]
    stamps += [
        moment(year, month, day) for year in (2100, 2104, 2399, 2400) for month, day in ((2, 28), (3, 1), (12, 31))
    ]
    page = b"".join(stamps)
    keys = [(row_plain.minutes(stamp, 0), stamp[7] * 100 + stamp[8]) for stamp in stamps]
    for low in keys:
        for high in keys:
            for place, key in ((12, low), (20, high)):
                limits[place : place + 4] = key[0].to_bytes(4, "big")
                limits[place + 4 : place + 6] = key[1].to_bytes(2, "big")
            wanted = [low <= key <= high for key in keys].count(True)
            assert row.matches(page, 0, 12, len(keys), limits, 0) == wanted
            assert row_plain.matches(page, 0, 12, len(keys), limits, 0) == wanted


def test_two_readers():
    _, profile = loaded(6)
    whole = elements(profile, 2)
    first = begin(profile, 2)
    second = begin(profile, 2, 2, entries(2, 5, 1, 1))
    for i in range(4):
        assert element(profile, 2, first, i) == whole[i]
        assert element(profile, 2, second, i) == structure(whole[i + 1][2:16])


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
    profile = ProfileGeneric(store, ((CLOCK, 2), (ENERGY, 2)), 0, meter.clock)
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
        # by another column: the file is read once to count, a page at a time, and no
        # further than the match to send it
        store._file.reads = 0
        cur = begin(profile, 2, 1, between(dlu(9000), dlu(9001), (), four(3, ENERGY, 2)))
        assert cur.n == 2
        assert [element(profile, 2, cur, i)[-5:] for i in (0, 1)] == [dlu(9000), dlu(9001)]
        assert store._file.reads < 200, store._file.reads
    finally:
        store.close()
        os.remove(path)


class Transfer:
    """A cursor with the carry of `dlms.long.stream.Transfer`."""

    def __init__(self, cur):
        for key in ("n", "u", "map"):
            setattr(self, key, getattr(cur, key))
        self.i = 0
        self.carry = bytearray(600)
        self.c0 = self.c1 = 16


def stretch(module, profile, t, most):
    """The next octets of a buffer, at most so many, written by `put_rows` of a module."""
    buf = bytearray(b"\xee" * (most + 9))
    waiting = min(t.c1 - t.c0, most)
    buf[5 : 5 + waiting] = t.carry[t.c0 : t.c0 + waiting]
    t.c0 += waiting
    end = 5 + waiting
    if t.c0 == t.c1:
        end = module.put_rows(profile, t, buf, end, 5 + most)
    assert bytes(buf[:5] + buf[end:]) == b"\xee" * (5 + len(buf) - end)
    return bytes(buf[5:end])


def in_stretches(profile, selector, data, alone=False):
    """Both forms of `put_rows` write what `element` does, however the value is cut; rows
    looked for one by one they leave alone.
    """
    whole = b"".join(elements(profile, 2, selector, data))
    for module in (row, row_plain):
        for most in (1, 2, 17, 44, 45, 46, 111, 500, 5000):
            t = Transfer(begin(profile, 2, selector, data))
            got = b""
            while True:
                octets = stretch(module, profile, t, most)
                got += octets
                if len(octets) < most:
                    break
            assert got == (b"" if alone else whole), (module, most)
            assert t.i == (0 if alone else t.n)


def rows_in_stretches(file):
    path = "stretches-{}.tmp".format(id(in_stretches))
    meter = made(start="2026-03-01T10:00:00")
    store = FileRows(path, 150) if file else MemoryRows(150)
    profile = ProfileGeneric(store, ((CLOCK, 2), (STATUS, 2), (ENERGY, 2)), 0, meter.clock)
    profile.placed(meter.devices[0][1])
    try:
        in_stretches(profile, 0, b"")
        energy = find(meter, ENERGY).a[2]
        for i in range(290):
            meter.clock.advance(60)
            meter.clock.render()
            energy[1:5] = i.to_bytes(4, "big")
            profile.capture()
            if i == 100:
                in_stretches(profile, 0, b"")
        for order in (b"\x16\x01", b"\x16\x02"):
            assert put(profile, 5, order) == SUCCESS
            for selector, data in (
                (0, b""),
                (2, entries(1, 1)),
                (2, entries(70, 100, 2, 3)),
                (2, entries(149, 0, 3, 3)),
            ):
                in_stretches(profile, selector, data)
            columns = (four(3, ENERGY, 2), four(8, CLOCK, 2), four(3, ENERGY, 2))
            in_stretches(profile, 1, between(ostr(moment(2026, 3, 1, 13)), ostr(moment(2026, 3, 1, 14)), columns))
            in_stretches(profile, 1, between(dlu(200), dlu(250), (), four(3, ENERGY, 2)), True)
    finally:
        if file:
            store.close()
            os.remove(path)


def test_bound():
    """Both forms find the first row at a limit, or above it, whatever of a store is in use."""
    limits = bytearray(32)
    for file in (False, True):
        path = "bound-{}.tmp".format(id(test_bound))
        meter = made(start="2026-03-01T10:00:00")
        store = FileRows(path, 150) if file else MemoryRows(150)
        profile = ProfileGeneric(store, ((STATUS, 2), (CLOCK, 2), (ENERGY, 2)), 0, meter.clock)
        profile.placed(meter.devices[0][1])
        column = profile.columns.offset(1)
        try:
            for n in range(300):
                if n in (0, 1, 2, 150, 151, 290):
                    stamps = [profile.rows.read(k, profile.row) and bytes(profile.row) for k in used(store)]
                    keys = [row_plain.minutes(stamp, column) << 16 | stamp[column + 7] * 100 for stamp in stamps]
                    for key in keys[::7] + keys[-1:] + [0, 0x3FFF0000 << 16]:
                        for limit in (max(0, key - 1), key, key + 1):
                            limits[20:26] = limit.to_bytes(6, "big")
                            for beyond in (0, 1):
                                wanted = store.first + [k - limit < beyond for k in keys].count(True)
                                for module in (row, row_plain):
                                    assert module.bound(store, column, limits, 20, beyond) == wanted
                meter.clock.advance(7)
                meter.clock.render()
                profile.capture()
        finally:
            if file:
                store.close()
                os.remove(path)


def used(store):
    """The sequence numbers of the rows in use."""
    return range(store.first, store.last + 1)


def test_rows_in_stretches_from_memory():
    rows_in_stretches(False)


def test_rows_in_stretches_from_a_file():
    rows_in_stretches(True)


def test_rows_in_stretches_end_where_they_are_gone():
    """Oldest first, the next row is missing at once; newest first, those
    that are still there come before.
    """
    for module in (row, row_plain):
        for order, left in ((b"\x16\x01", 0), (b"\x16\x02", 13)):
            meter, profile = loaded(20, depth=20)
            assert put(profile, 5, order) == SUCCESS
            whole = elements(profile, 2)
            size = len(whole[0])
            t = Transfer(begin(profile, 2))
            assert stretch(module, profile, t, 2 * size + 9) == b"".join(whole)[: 2 * size + 9]
            run(meter, 240)  # four rows more
            # what was begun is whole
            rest = stretch(module, profile, t, 5000)
            assert rest == b"".join(whole)[2 * size + 9 : (3 + left) * size]
            assert t.i == 3 + left
            assert element(profile, 2, t, t.i) == DATA_BLOCK_UNAVAILABLE
            t = Transfer(begin(profile, 2))
            act(profile, 1, b"\x0f\x00")
            run(meter, 240)
            assert stretch(module, profile, t, 5000) == b""
            assert element(profile, 2, t, 0) == LONG_GET_ABORTED


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
