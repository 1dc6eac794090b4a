"""Decisions for a generator: octets that are used up from the front, and zeros after them.

A tape comes from hypothesis, which shortens it and lowers its octets to make a failing
case small, or from a number (`seeded`), the same in CPython and in MicroPython. So 0
must always be the plainest choice.
"""


class Tape:
    def __init__(self, octets):
        self._octets = octets
        self._at = 0

    def octet(self):
        """The next octet, 0 after the end."""
        at = self._at
        if at >= len(self._octets):
            return 0
        self._at = at + 1
        return self._octets[at]

    def pick(self, n):
        """A number from 0 to n - 1, n at most 65536."""
        if n <= 256:
            return self.octet() % n
        return (self.octet() << 8 | self.octet()) % n

    def one_in(self, n):
        """True once in n times; false on an empty tape."""
        return self.pick(n) == n - 1

    def choose(self, items):
        return items[self.pick(len(items))]

    def octets(self, n):
        return bytes([self.octet() for _ in range(n)])

    def number(self, n):
        """n octets that are rarely plain random: zero, small, or all ones, too."""
        kind = self.pick(4)
        if kind == 0 or n == 0:
            return bytes(n)
        if kind == 1:
            return bytes(n - 1) + bytes((self.octet(),))
        if kind == 2:
            return b"\xff" * n
        return self.octets(n)


def seeded(seed, n):
    """A tape of n octets made from a number."""
    octets = bytearray(n)
    x = seed * 2654435761 + 12345 & 0x3FFFFFFF
    for i in range(n):
        x = x * 29773421 + 12345 & 0x3FFFFFFF
        octets[i] = x >> 18 & 0xFF
    return Tape(octets)


def bent(octets, seed):
    """The octets of a tape with a few of them changed, dropped, doubled or
    put elsewhere, as a number says.
    """
    chance = seeded(seed, 64)
    octets = bytearray(octets)
    for _ in range(1 + chance.pick(4)):
        at = chance.pick(len(octets) + 1)
        n = 1 + chance.pick(16)
        kind = chance.pick(5)
        if kind < 2 and at < len(octets):
            octets[at] = chance.octet() if kind else octets[at] ^ 1 << chance.pick(8)
        elif kind == 2:
            octets = octets[:at] + octets[at + n :]
        elif kind == 3:
            octets = octets[:at] + chance.octets(min(n, 8)) + octets[at:]
        else:
            octets = octets[:at] + octets[chance.pick(len(octets) + 1) :][:n] + octets[at:]
    return bytes(octets)
