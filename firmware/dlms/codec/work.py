"""How much work the input at hand has caused: so a list of what is dear - setting
the clock thirty-two times, with two events and two pushes each - does not keep
everybody else waiting (REQUIREMENTS I-73).

A unit is some 25,000 instructions of the unix port. Who causes much work spends units; the loops
over lists look at what is left before each entry, and refuse it with temporary-failure when that is
nothing. What a request with one entry asks for is always done.
"""

from micropython import const

MOST = const(50)  # units of one input
LEFT = bytearray(1)  # … and what is left of them: MOST as the next input begins


def spend(n):
    """Something was done that takes n units, or is about to be."""
    LEFT[0] = LEFT[0] - n if n < LEFT[0] else 0
