"""Nothing that a request or a tick does to an object takes heap: under heap_lock,
and by gc.mem_alloc over many turns.

Both are needed: a raised exception passes the lock, and a block that is
freed at once passes the count.
"""

import gc

import limits
import micropython
from cosem.columns import put_definition
from cosem.data import Data
from cosem.profile_generic import ProfileGeneric
from cosem.rows import FileRows
from cosem_model import AA, STACK, Cursor, association, dlu, find, items, lu, made, moment, name, ostr, structure
from dlms.codec.octets import scan

MICROPYTHON_ONLY = True
MARKS = ("zero_alloc",)
REQ = {"*": ("F-00",)}

LOAD = "1.0.99.1.0.255"
CLOCK = "0.0.1.0.0.255"
ENERGY = "1.0.1.8.0.255"
OUT = bytearray(600)
TURNS = 40


def free_of_heap(turn):
    """Call turn() often: no heap at all under the lock, and none left over."""
    turn()
    gc.collect()
    gc.disable()
    micropython.heap_lock()
    try:
        turn()
    finally:
        micropython.heap_unlock()
    before = gc.mem_alloc()
    for _ in range(TURNS):
        turn()
    taken = gc.mem_alloc() - before
    gc.enable()
    assert taken == 0, taken


class Read:
    """A long attribute from `open` to its last element."""

    def __init__(self, o, k, selector=0, data=b""):
        self.o = o
        self.k = k
        self.cur = Cursor()
        self.cur.selector = selector
        self.cur.buf = bytearray(data)
        self.cur.end = len(data)
        self.wanted = 0

    def __call__(self):
        cur = self.cur
        if self.o.open(self.k, cur) != self.wanted:
            raise ValueError("open")
        i = 0
        while i < cur.n and not self.wanted:
            if self.o.element(self.k, cur, i, OUT, 0) < 0:
                raise ValueError("element")
            i += 1


class Write:
    def __init__(self, o, k, data, result=0):
        self.o = o
        self.k = k
        self.buf = bytearray(data)
        self.end = len(data)
        self.result = result
        assert scan(self.buf, 0, self.end, STACK, 12) == self.end

    def __call__(self):
        if self.o.set(self.k, self.buf, 0, self.end, None, True) != self.result:
            raise ValueError("set")


class Act:
    def __init__(self, o, m, data=b"\x0f\x00", result=0):
        self.o = o
        self.m = m
        self.buf = bytearray(data)
        self.end = len(data)
        self.result = result

    def __call__(self):
        if self.o.act(self.m, self.buf, 0, self.end, OUT, 0, None) < 0 and not self.result:
            raise ValueError("act")


class Get:
    def __init__(self, o, k, aa=None):
        self.o = o
        self.k = k
        self.aa = aa

    def __call__(self):
        if self.o.get(self.k, OUT, 0, self.aa) < 0:
            raise ValueError("get")


class Tick:
    def __init__(self, meter, ms):
        self.meter = meter
        self.ms = ms

    def __call__(self):
        self.meter.tick(self.ms)


def four(class_id, text, k):
    return structure(lu(class_id), ostr(name(text)), bytes((0x0F, k)), lu(0))


def loaded(**keys):
    return made(start="2026-03-03T10:00:00", backfill_days=2, **keys)


class Counting:
    """In place of the application."""

    def count(self, n):
        return n


def test_ticks():
    free_of_heap(Tick(made(start="2026-03-01T10:00:30"), 100))


def test_captures_billing_and_midnight():
    free_of_heap(Tick(made(start="2026-03-28T20:00:00", rate=3600), 1000))


def test_daylight_saving_and_the_turn_of_the_year():
    meter = made(start="2026-12-28T20:00:00", rate=86400)
    Write(meter.clock, 8, b"\x03\x01")()
    free_of_heap(Tick(meter, 9000))


def test_profile_read_whole():
    free_of_heap(Read(find(loaded(), LOAD), 2))


def test_profile_read_by_entry():
    free_of_heap(Read(find(loaded(), LOAD), 2, 2, structure(dlu(5), dlu(9), lu(2), lu(0))))


def test_profile_read_by_range():
    stamp = ostr(moment(2026, 3, 2, 12, 0, 0, None))
    last = ostr(moment(2026, 3, 2, None, None, None, None, 0xFF, hundredths=None))
    columns = items(four(3, ENERGY, 2), four(8, CLOCK, 2))
    free_of_heap(Read(find(loaded(), LOAD), 2, 1, structure(four(8, CLOCK, 2), stamp, last, columns)))


def test_profile_read_by_range_in_another_year():
    meter = loaded()
    Write(meter.clock, 8, b"\x03\x01")()
    first = ostr(moment(2025, 7, 2, 12, 0, 0, None))
    last = ostr(moment(2027, 7, 2, 12, 0, 0, None))
    free_of_heap(Read(find(meter, LOAD), 2, 1, structure(four(8, CLOCK, 2), first, last, items())))


def test_profile_scanned():
    data = structure(four(3, ENERGY, 2), dlu(100), dlu(0xFFFFFFFF), items())
    free_of_heap(Read(find(loaded(), LOAD), 2, 1, data))


def test_profile_scanned_after_a_clock_set_back():
    meter = loaded()
    for _ in range(3):
        Act(meter.clock, 6, b"\x10\xfc\x7c")()
    meter.tick(2000000)
    anything = ostr(moment(None, None, None, None, None, None, None, 0xFF, hundredths=None))
    assert not find(meter, LOAD).ordered()
    free_of_heap(Read(find(meter, LOAD), 2, 1, structure(four(8, CLOCK, 2), anything, anything, items())))


def test_profile_refused():
    read = Read(find(loaded(), LOAD), 2, 2, structure(dlu(5), dlu(9), lu(8), lu(0)))
    read.wanted = 12
    free_of_heap(read)


def test_capture_objects_read():
    free_of_heap(Read(find(loaded(), LOAD), 3))


def test_profile_from_a_file():
    import os

    meter = loaded()
    store = FileRows("heap.tmp", 50)
    profile = ProfileGeneric(store, ((CLOCK, 2), (ENERGY, 2)), 0, meter.clock)
    profile.placed(meter.devices[0][1])
    try:
        for _ in range(60):
            profile.capture()
        free_of_heap(Read(profile, 2))
        free_of_heap(Act(profile, 2))
    finally:
        store.close()
        os.remove("heap.tmp")


def test_profile_methods_and_writes():
    meter = loaded()
    profile = find(meter, LOAD)
    free_of_heap(Act(profile, 2))
    free_of_heap(Get(profile, 7))
    free_of_heap(Write(profile, 8, dlu(50)))
    free_of_heap(Write(profile, 5, b"\x16\x02"))
    free_of_heap(Write(profile, 4, dlu(60)))
    free_of_heap(Write(profile, 4, dlu(0xF0000000), 250))
    free_of_heap(Act(profile, 1))


def test_object_list():
    meter = loaded()
    reader = association(meter, 32)
    free_of_heap(Read(reader, 2))
    free_of_heap(Read(reader, 2, 2, items(lu(7), lu(3))))
    one = structure(lu(3), ostr(name(ENERGY)))
    free_of_heap(Read(reader, 2, 3, items(one, one)))
    free_of_heap(Read(find(meter, "0.0.40.0.3.255"), 2, 4, one))


def test_association_attributes():
    meter = loaded()
    reader = association(meter, 32)
    aa = AA(reader)
    for k in (5, 8, 11):
        free_of_heap(Get(reader, k, aa))
        free_of_heap(Get(find(meter, "0.0.40.0.3.255"), k, aa))


def test_clock():
    meter = loaded()
    clock = meter.clock
    free_of_heap(Write(clock, 2, ostr(moment(2026, 3, 3, 12, 0, 0, -60))))
    free_of_heap(Write(clock, 2, ostr(moment(2030, 3, 3, 12, 0, 0, None))))
    free_of_heap(Write(clock, 2, ostr(moment(2030, 13, 3, 12, 0, 0, None)), 250))
    free_of_heap(Write(clock, 3, b"\x10\xff\xc4"))
    free_of_heap(Write(clock, 5, bytes(clock.a[5])))
    for m in (1, 2, 3):
        free_of_heap(Act(clock, m))
    free_of_heap(Act(clock, 6, b"\x10\x00\x05"))
    preset = structure(ostr(moment(2026, 3, 3)), ostr(moment(2026, 3, 3)), ostr(moment(2096, 3, 3)))
    free_of_heap(Act(clock, 5, preset))
    free_of_heap(Act(clock, 4))


def test_registers():
    meter = loaded()
    free_of_heap(Act(find(meter, ENERGY), 1))
    free_of_heap(Act(find(meter, "1.0.1.6.0.255"), 1))
    free_of_heap(Act(find(meter, "1.0.1.4.0.255"), 1))
    free_of_heap(Act(find(meter, "1.0.1.4.0.255"), 2))
    free_of_heap(Write(find(meter, "1.0.1.4.0.255"), 8, dlu(600)))
    free_of_heap(Write(find(meter, "0.0.96.128.1.255"), 2, dlu(0xFFFFFFFF)))
    free_of_heap(Write(find(meter, "0.0.96.128.1.255"), 2, lu(1), 12))
    free_of_heap(Get(find(meter, "0.0.96.128.0.255"), 2))
    find(meter, "0.0.96.128.4.255").app = Counting()
    free_of_heap(Get(find(meter, "0.0.96.128.4.255"), 2))


def test_disconnect():
    meter = loaded()
    supply = find(meter, "0.0.96.3.10.255")
    free_of_heap(Act(supply, 1))
    free_of_heap(Act(supply, 2))
    free_of_heap(Write(supply, 4, b"\x16\x02"))


def test_network():
    meter = loaded()
    four_setup = find(meter, "0.0.25.1.0.255")
    if limits.GROUPS:
        free_of_heap(Act(four_setup, 1, b"\x06\xe0\x00\x00\x01"))
        free_of_heap(Act(four_setup, 3))
    free_of_heap(Read(four_setup, 4))
    free_of_heap(Read(find(meter, "0.0.25.7.0.255"), 4))
    free_of_heap(Write(find(meter, "0.0.25.0.0.255"), 6, lu(60)))
    free_of_heap(Read(find(meter, "0.0.41.0.0.255"), 2))


def test_the_rig_sees_an_allocation():
    data = Data(bytearray(ostr(b"abc")))
    buf = bytearray(20)

    def grows():
        put_definition(bytearray(20), 0, None, 0, 0)

    def raises():
        try:
            raise ValueError
        except ValueError:
            pass

    for turn in (grows, raises):
        seen = False
        try:
            free_of_heap(turn)
        except (MemoryError, AssertionError):
            seen = True
            gc.enable()
        assert seen, turn
    assert data.set(2, buf, 0, 2, None, False) == 12
