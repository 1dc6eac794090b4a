"""Generated A-XDR Data, right and wrong, from a tape (see `fuzz_tape`). The
same in CPython and in MicroPython.
"""

# tag -> octets of content (REQUIREMENTS D.10)
FIXED = (
    (0, 0),
    (3, 1),
    (5, 4),
    (6, 4),
    (13, 1),
    (15, 1),
    (16, 2),
    (17, 1),
    (18, 2),
    (20, 8),
    (21, 8),
    (22, 1),
    (23, 4),
    (24, 8),
    (25, 12),
    (26, 5),
    (27, 4),
    (255, 0),
)
STRINGS = (9, 10, 12)
_DEEPEST = 14  # beyond what the meter takes
# octets that make a date-time nearly right: year, month, day, weekday, hour, minute,
# second, hundredths, deviation, status
_TIMES = (
    bytes((0x07, 0xEA, 3, 28, 6, 12, 0, 0, 0, 0x80, 0, 0xFF)),
    bytes((0x07, 0xEA, 3, 29, 0xFF, 1, 30, 0, 0, 0xFF, 0xC4, 0x80)),
    bytes((0xFF, 0xFF, 3, 0xFE, 7, 2, 0, 0, 0, 0x80, 0, 0xFF)),
    bytes((0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x80, 0, 0xFF)),
    bytes((0x08, 0x33, 12, 31, 4, 23, 59, 59, 99, 0xFD, 0x30, 0)),
    bytes((0x07, 0xD0, 1, 1, 6, 0, 0, 0, 0, 3, 0x48, 0)),
)


def size(tape, n):
    """A length or count of n, now and then in a longer form than needed, or another number."""
    form = tape.pick(100)
    if form >= 98:
        n = tape.choose((0, n + 1, 0x7F, 0x80, 0xFF, 0x100, 0xFFFF))
    if form == 97:
        return b"\x84" + n.to_bytes(4, "big")
    if form >= 94:
        return b"\x82" + n.to_bytes(2, "big")
    if form == 93:
        return tape.choose((b"\x80", b"\x85\0\0\0\0\0", b"\x84\xff\xff\xff\xff", b"\xff", b"\x84\x40\0\0\0"))
    if n >= 0x100:
        return b"\x82" + n.to_bytes(2, "big")
    return bytes((n,)) if n < 0x80 and form < 90 else bytes((0x81, n))


def string(tape, tag, content):
    return bytes((tag,)) + size(tape, len(content)) + content


def time(tape):
    """A date-time in an octet-string[12]."""
    octets = bytearray(tape.choose(_TIMES))
    for _ in range(tape.pick(3)):
        octets[tape.pick(12)] = tape.octet()
    return string(tape, 9, bytes(octets))


def data(tape, depth=0):
    """Any Data; arrays and structures get rarer the deeper they stand."""
    kind = tape.pick(12)
    if kind >= 8 and depth < _DEEPEST and tape.pick(depth + 1) == 0:
        parts = [data(tape, depth + 1) for _ in range(tape.pick(4))]
        return bytes((1 + (kind & 1),)) + size(tape, len(parts)) + b"".join(parts)
    if kind == 7:
        # nothing but nesting
        return b"\x02\x01" * tape.pick(_DEEPEST + 2) + b"\x00"
    if kind == 6:
        return compact_array(tape)
    if kind == 5:
        bits = tape.pick(40)
        return b"\x04" + size(tape, bits) + tape.octets((bits + 7) // 8)
    if kind == 4:
        return bytes((tape.octet(),)) + tape.octets(tape.pick(6))
    if kind == 3:
        return time(tape)
    if kind == 2:
        return string(tape, tape.choose(STRINGS), tape.octets(tape.pick(20)))
    tag, n = tape.choose(FIXED)
    return bytes((tag,)) + tape.number(n)


def compact_array(tape):
    types = tape.choose(
        (b"\x12", b"\x02\x02\x11\x12", b"\x01\x00\x03\x05", b"\x02\x00", b"\x13", b"\x01\xff\xff\x02\x7f", b"\x02")
    )
    return b"\x13" + types + string(tape, 0, tape.octets(tape.pick(9)))[1:]


def changed(tape, value):
    """An encoded value with one octet after its tag set to another number."""
    value = bytearray(value)
    if len(value) > 1:
        value[1 + tape.pick(len(value) - 1)] = tape.octet()
    return bytes(value)


def mutated(tape, octets):
    """Octets with up to three faults: changed, cut, inserted, doubled, dropped."""
    octets = bytearray(octets)
    for _ in range(tape.pick(4)):
        at = tape.pick(len(octets) + 1)
        kind = tape.pick(7)
        if kind == 0 and at < len(octets):
            octets[at] = tape.octet()
        elif kind == 1 and at < len(octets):
            octets[at] ^= 1 << tape.pick(8)
        elif kind == 2:
            octets = octets[:at]
        elif kind == 3:
            octets = octets[:at] + tape.octets(1 + tape.pick(4)) + octets[at:]
        elif kind == 4:
            octets = octets[:at] + octets[at + 1 + tape.pick(4) :]
        elif kind == 5:
            octets = octets[:at] + octets[at // 2 :]
        elif at < len(octets):
            octets[at] = tape.choose((0, 1, 0x7F, 0x80, 0x81, 0x82, 0x84, 0xFE, 0xFF))
    return bytes(octets)
