"""What the store takes on the measured board: prints `STORE name TICKS` for each figure, in ticks
of 40 ns of a CPU that an emulator lets do one instruction in 64 ns.

The flash is in memory, so that its octets are copied by the CPU; `device` is what that takes of a
figure. Runs at the board's REPL, after the meter was interrupted.
"""

import gc

import emu
import micropython
from store import keys
from store.health import Health
from store.journal import Journal
from store.pages import SECTOR, Pages

SECTORS = 3
TIMES = 20


@micropython.viper
def move(dst: ptr8, do: int, src: ptr8, so: int, n: int):
    d = ptr8(uint(dst) + uint(do))
    s = ptr8(uint(src) + uint(so))
    while n > 0:
        n -= 1
        d[n] = s[n]


@micropython.viper
def clear_bits(dst: ptr8, do: int, src: ptr8, n: int):
    d = ptr8(uint(dst) + uint(do))
    while n > 0:
        n -= 1
        d[n] = d[n] & src[n]


@micropython.viper
def set_all(dst: ptr8, do: int, n: int):
    d = ptr8(uint(dst) + uint(do))
    while n > 0:
        n -= 1
        d[n] = 0xFF


class Memory:
    """A flash in memory. busy: ticks that its calls took."""

    view = None

    def __init__(self, count):
        self.count = count
        self.data = bytearray(count * SECTOR)
        set_all(self.data, 0, len(self.data))
        self.busy = 0

    def read(self, sector, off, buf):
        self.busy -= emu.busy()
        move(buf, 0, self.data, sector * SECTOR + off, len(buf))
        self.busy += emu.busy()

    def program(self, sector, off, buf):
        self.busy -= emu.busy()
        clear_bits(self.data, sector * SECTOR + off, buf, len(buf))
        self.busy += emu.busy()

    def erase(self, sector):
        self.busy -= emu.busy()
        set_all(self.data, sector * SECTOR, SECTOR)
        self.busy += emu.busy()

    def sync(self):
        pass


def median(values):
    return sorted(values)[len(values) // 2]


def measure(name, device, function):
    """Call function(i) TIMES times; print the median of all and of what the device took of it."""
    whole = []
    parts = []
    for i in range(TIMES):
        gc.collect()
        device.busy = 0
        begun = emu.busy()
        function(i)
        whole.append(emu.busy() - begun)
        parts.append(device.busy)
    print("STORE", name, median(whole), median(parts), max(whole))


def journal():
    device = Memory(SECTORS)
    made = Journal(Pages(device, Health(((0, SECTORS),))), 0, SECTORS)
    made.create(keys.IDENTITY, b"identity")
    buf = bytearray(256)
    for key in range(12):
        made.put(keys.OBJECTS + key, buf, 0, 40)
    return device, made, buf


def puts(n):
    device, made, buf = journal()

    def put(i):
        while made.end + 700 > SECTOR and made.tidy():
            pass
        buf[0] = i
        begun = device.busy = 0
        return begun

    def one(i):
        made.put(keys.STATE, buf, 0, n)

    whole = []
    parts = []
    for i in range(TIMES):
        put(i)
        gc.collect()
        device.busy = 0
        begun = emu.busy()
        one(i)
        whole.append(emu.busy() - begun)
        parts.append(device.busy)
    print("STORE", "put-%d" % n, median(whole), median(parts), max(whole))


def same():
    device, made, buf = journal()
    made.put(keys.STATE, buf, 0, 200)
    measure("put-200-unchanged", device, lambda i: made.put(keys.STATE, buf, 0, 200))


def opening():
    device, made, buf = journal()
    i = 0
    while made.generation < 2 or made.end < 3500:
        buf[0] = i & 0xFF
        i += 1
        made.put(keys.OBJECTS + i % 12, buf, 0, 40)
    pages = Pages(device, Health(((0, SECTORS),)))
    measure("open", device, lambda i: Journal(pages, 0, SECTORS))


def steps():
    """The longest step of tidying, and a put that has to do all of them."""
    device, made, buf = journal()
    longest = whole = 0
    for i in range(200):
        buf[0] = i
        made.put(keys.STATE, buf, 0, 200)
        while made.due():
            begun = emu.busy()
            made.tidy()
            longest = max(longest, emu.busy() - begun)
    print("STORE", "tidy-longest", longest, 0, longest)
    for i in range(60):
        buf[0] = i
        gc.collect()
        begun = emu.busy()
        made.put(keys.STATE, buf, 0, 200)
        whole = max(whole, emu.busy() - begun)
    print("STORE", "put-that-turns", whole, 0, whole)


def main():
    for n in (40, 200, 256):
        puts(n)
    same()
    opening()
    steps()
    print("STORE done 0 0 0")


main()
