"""Rings of rows on a flash of memory that can be viewed, measured on the emulated board.

`measure()` prints `RING what figure` a line: instructions as ticks of 40 ns.
"""

import gc

import emu
from cosem.row import put_rows
from cosem.rows import MemoryRows
from ram_flash import RamFlash, RamMark
from store.health import Health
from store.pages import Pages
from store.ring_rows import RingRows

RINGS = ((0, 124), (124, 8), (132, 5))  # sectors of a Pico W: load profile, billing, event log
SIZE = 40
_APPENDS = 300
# eight columns of a load profile: clock, status, six registers
PLAN = (
    b"\x02\x09\x0c\x00\x00\x0c"
    + b"\x01\x06\x00\x00\x0c\x04"
    + b"".join([b"\x01\x06\x00" + bytes((0, 16 + 4 * i, 4)) for i in range(6)])
)
ORDER = b"\x01\x23\x45\x67"


class Columns:
    plan = PLAN


class Profile:
    columns = Columns

    def __init__(self, rows):
        self.rows = rows


class Cursor:
    def __init__(self, rows):
        self.map = bytearray(32)
        self.map[:4] = ORDER
        self.map[8] = 8
        self.i = 0
        self.u = rows.first
        self.n = rows.last - rows.first + 1
        self.carry = bytearray(512)
        self.c0 = self.c1 = 16


def opened(pages, marks):
    return [RingRows(pages, first, count, i, 1000000, marks[i]) for i, (first, count) in enumerate(RINGS)]


def shape(rings):
    for rows in rings:
        rows.shape(SIZE, 1)


def fill(rows, n):
    row = bytearray(SIZE)
    while n:
        n -= 1
        row[3] = n
        row[4] = n >> 8
        rows.append(row)


class TimedFlash(RamFlash):
    """Counts what it takes itself: on a board the hardware copies."""

    spent = 0

    def read(self, sector, off, buf):
        before = emu.busy()
        RamFlash.read(self, sector, off, buf)
        self.spent += emu.busy() - before

    def program(self, sector, off, buf):
        before = emu.busy()
        RamFlash.program(self, sector, off, buf)
        self.spent += emu.busy() - before


def appends(rows):
    """(ticks, of which the flash, whether a sector begins) of some appends, slowest last.
    Sectors are erased ahead in between.
    """
    row = bytearray(range(SIZE))
    device = rows.pages.device
    found = []
    for _ in range(_APPENDS):
        while rows.tidy():
            pass
        begins = rows.used == rows.per
        device.spent = 0
        before = emu.busy()
        rows.append(row)
        found.append((emu.busy() - before, device.spent, begins))
    return sorted(found)


def read_all(rows, buf):
    """Ticks to write all rows in use, in blocks of 1,000 octets."""
    profile = Profile(rows)
    cur = Cursor(rows)
    before = emu.busy()
    while cur.i < cur.n:
        put_rows(profile, cur, buf, 0, 1000)
        cur.c0 = cur.c1 = 16
    return emu.busy() - before


def measure():
    flash = TimedFlash(137, True)
    pages = Pages(flash, Health(RINGS))
    marks = [RamMark() for _ in RINGS]
    rings = opened(pages, marks)
    shape(rings)
    for rows in rings:
        fill(rows, rows.count * rows.per + 40)
    gc.collect()
    again = opened(pages, marks)
    before = emu.busy()
    shape(again)
    print("RING opening", emu.busy() - before, 0)
    rows = again[2]
    found = appends(rows)
    print("RING append", *found[len(found) // 2][:2])
    print("RING begin", *[each for each in found if each[2]][-1][:2])
    row = bytearray(SIZE)
    calls = emu.allocations()
    rows.append(row)
    print("RING calls", emu.allocations() - calls, 0)
    n = rows.last - rows.first + 1
    memory = MemoryRows(n)
    memory.shape(SIZE)
    for sequence in range(rows.first, rows.last + 1):
        rows.read(sequence, row)
        memory.append(row)
    buf = bytearray(1100)
    for name, store in (("memory", memory), ("view", rows)):
        read_all(store, buf)
        print("RING", name, read_all(store, buf) // n, 0)
