"""Rows are appended, read and held without heap, a sector is erased ahead, and rows move, without
heap: whether the flash can be viewed or not.
"""

import gc
import sys

import micropython
from ram_flash import SECTOR, RamFlash, RamMark
from store.health import Health
from store.pages import Pages
from store.ring_rows import RingRows

MARKS = ("zero_alloc",)
MICROPYTHON_ONLY = True
REQ = {"*": ("I-09",)}
SIZE = 40


def made(view):
    rows = RingRows(Pages(RamFlash(6, view), Health(((0, 6),))), 0, 6, 0, 1000000, RamMark())
    assert rows.shape(SIZE, 1)
    return rows


def taken(function, job):
    """Octets of heap that a function takes; on a locked heap it may make no object at all."""
    function(job)
    gc.collect()
    gc.disable()
    micropython.heap_lock()
    try:
        function(job)
    finally:
        micropython.heap_unlock()
    before = gc.mem_alloc()
    function(job)
    found = gc.mem_alloc() - before
    gc.enable()
    return found


class Job:
    """A ring and a row, for the functions below."""

    def __init__(self, view):
        self.rows = RingRows(Pages(RamFlash(6, view), Health(((0, 6),))), 0, 6, 0, 1000000, RamMark())
        self.row = bytearray(range(SIZE))
        self.corrupt = 0  # rows that are expected to be so
        assert self.rows.shape(SIZE, 1)


def append(job):
    for _ in range(200):
        job.rows.append(job.row)


def append_and_tidy(job):
    for _ in range(200):
        job.rows.append(job.row)
        job.rows.tidy()


def look(job):
    """Each row in use, one by one and where it stands, from the newest on."""
    rows = job.rows
    corrupt = 0
    sequence = rows.last
    while sequence >= rows.first:
        corrupt += not rows.read(sequence, job.row)
        rows.hold(sequence)
        corrupt += rows.older() == 0
        sequence -= 1
    if corrupt != 2 * job.corrupt:
        raise ValueError(corrupt)


def look_anew(job):
    """The same when nothing is known as good."""
    rows = job.rows
    i = 0
    while i <= rows.count:
        rows._known[i] = 0
        i += 1
    look(job)


def move(job):
    """Something stands after the last row, and what is done about it."""
    job.rows.damaged = True
    while job.rows.tidy():
        pass
    job.rows.append(job.row)


def in_memory(view):
    job = Job(view)
    for function in (append, append_and_tidy, look, look_anew, move, look):
        assert taken(function, job) == 0, function.__name__
    rows = job.rows
    rows.pages.device.octets[SECTOR * rows.sector(rows.oldest + 1) + 16 + 5 * 44] ^= 1
    job.corrupt = 1
    assert taken(look_anew, job) == 0


def test_without_a_view():
    in_memory(False)


def test_with_a_view():
    in_memory(True)


def test_what_a_ring_takes():
    """A Pico W's map: three rings of 124, 8 and 5 sectors and their buffers."""
    pages = Pages(RamFlash(4, True), Health(((0, 4),)))
    gc.collect()
    before = gc.mem_alloc()
    rings = []
    for count in (124, 8, 5):
        rows = RingRows(pages, 0, count, 0, 1000000, RamMark())
        rows.fit(SIZE)
        rings.append(rows)
    gc.collect()
    octets = gc.mem_alloc() - before
    # twice as many words on a 64-bit interpreter
    assert octets <= (2400 if sys.maxsize < 1 << 32 else 4200), octets
    print("octets:", octets)
