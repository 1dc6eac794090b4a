"""Row stores and transfers: what a reader sees while rows come and go, and rows in a file."""

import os

from cosem import row, row_plain
from cosem.profile_generic import ProfileGeneric
from cosem.rows import FileRows
from cosem_model import act, begin, dlu, element, elements, find, get, items, made, name, put, run, structure
from dlms.errors import DATA_BLOCK_UNAVAILABLE, LONG_GET_ABORTED, SUCCESS
from profile_model import CLOCK, ENERGY, at, between, entries, four, loaded

REQ = {
    "test_transfer_keeps_its_rows": ("D-19",),
    "test_overwritten_row": ("D-17",),
    "test_cleared_buffer": ("D-17",),
    "test_scan_over_lost_rows": ("D-17",),
    "test_two_readers": ("D-19",),
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
