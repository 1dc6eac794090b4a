"""The journal of the store takes no heap: put, get, remove, tidying, counters, and recovery."""

import gc

import micropython
from store import keys
from store.counters import Counter
from store.health import Health
from store.journal import Journal
from store.pages import Pages

MICROPYTHON_ONLY = True
MARKS = ("zero_alloc",)
REQ = {"*": ("I-18",)}
SECTOR = 4096
SECTORS = 4
K = keys.CLEARED


class Memory:
    """A flash that takes no heap itself. fails: it does not hold any more."""

    view = None
    count = SECTORS

    def __init__(self):
        self.data = bytearray(b"\xff" * (SECTOR * SECTORS))
        self.fails = False

    def read(self, sector, off, buf):
        move(buf, 0, self.data, sector * SECTOR + off, len(buf))

    def program(self, sector, off, buf):
        if not self.fails:
            clear_bits(self.data, sector * SECTOR + off, buf, len(buf))

    def erase(self, sector):
        if not self.fails:
            set_all(self.data, sector * SECTOR, SECTOR)

    def sync(self):
        pass


@micropython.viper
def move(dst: ptr8, do: int, src: ptr8, so: int, n: int):
    for i in range(n):
        dst[do + i] = src[so + i]


@micropython.viper
def clear_bits(dst: ptr8, do: int, src: ptr8, n: int):
    for i in range(n):
        dst[do + i] = dst[do + i] & src[i]


@micropython.viper
def set_all(dst: ptr8, do: int, n: int):
    for i in range(n):
        dst[do + i] = 0xFF


def made():
    device = Memory()
    journal = Journal(Pages(device, Health(((0, SECTORS),))), 0, SECTORS)
    assert journal.create(1, b"identity")
    return device, journal


def free(function):
    """Nothing is left on the heap by a call, and nothing is taken with the heap locked."""
    function()
    gc.collect()
    before = gc.mem_alloc()
    function()
    assert gc.mem_alloc() == before, gc.mem_alloc() - before
    micropython.heap_lock()
    try:
        function()
    finally:
        micropython.heap_unlock()


BUF = bytearray(1200)


def put_all(journal, times):
    while times:
        BUF[0] = (BUF[0] + 1) & 0xFF  # another value each time, or nothing is written
        key = K
        while key < K + 8:
            BUF[1] = key
            journal.put(key, BUF, 0, 40 * (key - K) + 3)
            key += 1
        times -= 1


def test_puts_that_turn():
    _, journal = made()
    generation = journal.generation
    free(lambda: put_all(journal, 9))
    assert journal.generation > generation + 2


def with_tidying(journal, times):
    while times:
        put_all(journal, 1)
        while journal.tidy():
            pass
        times -= 1


def test_tidying():
    _, journal = made()
    generation = journal.generation
    free(lambda: with_tidying(journal, 9))
    assert journal.generation > generation + 2


def test_get_and_remove():
    _, journal = made()
    put_all(journal, 1)

    def both():
        journal.put(K + 3, BUF, 0, 60)
        assert journal.get(K + 3, BUF, 100, 60) == 60
        assert journal.size(K + 2) == 83
        assert journal.get(K + 99, BUF, 0, 60) == -1
        assert journal.remove(K + 3)

    free(both)


def test_counter():
    _, journal = made()
    counter = Counter(journal, keys.COUNTERS)

    def many():
        for _ in range(600):
            counter.take()

    free(many)


def test_flash_that_does_not_hold():
    device, journal = made()
    put_all(journal, 1)
    device.fails = True
    free(lambda: put_all(journal, 2))


def test_record_that_goes_bad():
    device, journal = made()
    put_all(journal, 2)

    def spoil():
        place = journal._places[2 * K + 6] << 8 | journal._places[2 * K + 7]
        device.data[(place << 4) + 5] ^= 1
        journal.segments.pages.seek(1, 0)
        journal.segments.pages.take(BUF, 0, 1)
        journal.size(K + 3)

    free(spoil)
