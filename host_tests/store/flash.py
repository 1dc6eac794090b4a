"""NOR flash in memory, whose supply can be cut at any program and erase, and whose cells wear out.
For CPython and MicroPython.

A program clears bits and sets none; an erase sets all bits of a sector. Either can be the operation
at which the supply is cut; then it leaves one kind of damage:

    nothing   it has not begun
    all       it is complete, and whoever asked for it does not learn that
    prefix    it came as far as somewhere in the middle: the first octets of a page, of a sector
    bits      some of its bits, wherever
    order     its octets (and the pages of one call) in any order: some are complete, others untouched
    weak      an erase: the sector reads as blank, and the first program there goes wrong. A program: as bits
"""

SECTOR = 4096
PAGE = 256
DAMAGES = ("nothing", "all", "prefix", "bits", "order", "weak")
EIO = 5
_ERASED = bytes(b"\xff" * SECTOR)


class PowerCut(Exception):
    """The supply was cut: nothing works before `Flash.power`."""


class Random:
    """A small generator of our own: the same numbers in every interpreter, below 65536."""

    def __init__(self, seed):
        self.state = seed & 0xFFFF

    def below(self, n):
        self.state = (self.state * 25173 + 13849) & 0xFFFF
        return (self.state >> 3) % n

    def octets(self, n):
        return bytes([self.below(256) for _ in range(n)])


class Flash:
    """`count` sectors, blank. view: whether they can be looked at, as on an RP2040."""

    def __init__(self, count, view=False):
        self.count = count
        self.data = bytearray(_ERASED * count)
        self.view = memoryview(self.data) if view else None
        self.cycles = [0] * count  # erases of each sector
        self.programs = 0
        self.erases = 0
        self.twice = 0  # octets programmed to something else than FF or zeros where something stood
        self.on_weak = 0  # programs of a sector whose erase was cut
        self.powered = True
        self.weak = set()  # sectors whose erase was cut and reads as complete
        self._damage = ""
        self._left = -1  # operations until the cut; -1: none
        self._random = Random(1)
        self._faults = {}  # sector -> (erase cycle, how)

    # -- what the tests do -------------------------------------------------------------------------

    @property
    def operations(self):
        return self.programs + self.erases

    def cut(self, after, damage, seed=1):
        """Cut the supply at the operation number `after` from now, 0 for the next."""
        assert damage in DAMAGES, damage
        self._left = after
        self._damage = damage
        self._random = Random(seed * 7919 + after * 31 + len(damage))

    def power(self):
        """Switch the supply on again; nothing is cut any more."""
        self.powered = True
        self._left = -1

    def fail(self, sector, cycle, how):
        """From an erase cycle of a sector on, "program" or "erase" does not hold there, or raises:
        "program error", "erase error", "read error".
        """
        self._faults[sector] = (cycle, how)

    def flip(self, sector, off, bits=1):
        """Turn bits of an octet over, as age does."""
        self.data[sector * SECTOR + off] ^= bits

    def copy(self):
        """Another flash with the same octets."""
        other = Flash(self.count, self.view is not None)
        other.data[:] = self.data
        other.cycles[:] = self.cycles
        other.weak = set(self.weak)
        other._faults = dict(self._faults)
        return other

    # -- the five calls ----------------------------------------------------------------------------

    def read(self, sector, off, buf):
        self._check(sector, off, len(buf))
        if self._fault(sector, "read error"):
            raise OSError(EIO)
        at = sector * SECTOR + off
        memoryview(buf)[:] = self.data[at : at + len(buf)]

    def program(self, sector, off, buf):
        self._check(sector, off, len(buf))
        assert off % PAGE == len(buf) % PAGE == 0, "whole pages are programmed"
        at = sector * SECTOR + off
        old = bytes(self.data[at : at + len(buf)])
        new = _and(old, buf)
        self._count_twice(old, buf)
        cut = self._is_cut()
        self.programs += 1
        if self._fault(sector, "program error"):
            raise OSError(EIO)
        if cut:
            new = self._program_damaged(old, new)
        elif sector in self.weak or self._fault(sector, "program"):
            self.on_weak += sector in self.weak
            self.weak.discard(sector)
            new = self._some_bits(old, new) if self._random.below(2) else old
        self.data[at : at + len(buf)] = new
        self._end(cut)

    def erase(self, sector):
        self._check(sector, 0, SECTOR)
        at = sector * SECTOR
        old = bytes(self.data[at : at + SECTOR])
        cut = self._is_cut()
        self.erases += 1
        self.cycles[sector] += 1
        if self._fault(sector, "erase error"):
            raise OSError(EIO)
        new = _ERASED
        if cut:
            new = self._erase_damaged(sector, old)
        else:
            self.weak.discard(sector)
            if self._fault(sector, "erase"):
                new = self._some_bits(old, new)
        self.data[at : at + SECTOR] = new
        self._end(cut)

    def sync(self):
        self._check(0, 0, 0)

    # -- within ------------------------------------------------------------------------------------

    def _check(self, sector, off, n):
        if not self.powered:
            raise PowerCut()
        assert 0 <= sector < self.count, sector
        assert 0 <= off <= off + n <= SECTOR, (off, n)

    def _fault(self, sector, how):
        cycle, kind = self._faults.get(sector, (0, ""))
        return kind == how and self.cycles[sector] >= cycle

    def _is_cut(self):
        if self._left < 0:
            return False
        self._left -= 1
        return self._left < 0

    def _end(self, cut):
        if cut:
            self.powered = False
            raise PowerCut()

    def _count_twice(self, old, buf):
        if old != _ERASED[: len(old)]:
            for i in range(len(buf)):
                if old[i] != 0xFF and buf[i] != 0xFF and buf[i] != 0:
                    self.twice += 1

    def _program_damaged(self, old, new):
        if self._damage == "nothing":
            return old
        if self._damage == "all":
            return new
        if self._damage == "prefix":
            changed = [i for i in range(len(new)) if new[i] != old[i]]
            n = changed[self._random.below(len(changed))] if changed else 0
            return new[:n] + old[n:]
        if self._damage == "order":
            return bytes([(new if self._random.below(2) else old)[i] for i in range(len(new))])
        return self._some_bits(old, new)

    def _erase_damaged(self, sector, old):
        if self._damage == "nothing":
            return old
        if self._damage == "prefix":
            n = self._random.below(SECTOR)
            return _ERASED[:n] + old[n:]
        if self._damage == "order":
            return b"".join(
                [(_ERASED if self._random.below(2) else old)[at : at + PAGE] for at in range(0, SECTOR, PAGE)]
            )
        if self._damage == "bits":
            return self._some_bits(old, _ERASED)
        if self._damage == "weak":
            self.weak.add(sector)
        return _ERASED

    def _some_bits(self, old, new):
        """Of the bits that differ, some are as in new."""
        return bytes([old[i] ^ (old[i] ^ new[i]) & self._random.below(256) for i in range(len(new))])


def _and(a, b):
    """The bits that both have: numbers of many octets, so that no loop is needed."""
    both = int.from_bytes(a, "big") & int.from_bytes(b, "big")
    return both.to_bytes(len(a), "big")
