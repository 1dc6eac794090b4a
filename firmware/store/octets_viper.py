"""Octet functions of the store for MicroPython's viper emitter; the contract of each stands in the
plain twin, `octets_plain`.
"""

from array import array

import micropython

# The remainder that four bits shifted out leave: sixteen words, low octet first, as every
# machine has them that this runs on. As numbers they would be objects.
_REST = array(
    "I",
    b"\x00\x00\x00\x00\x64\x10\xb7\x1d\xc8\x20\x6e\x3b\xac\x30\xd9\x26"
    b"\x90\x41\xdc\x76\xf4\x51\x6b\x6b\x58\x61\xb2\x4d\x3c\x71\x05\x50"
    b"\x20\x83\xb8\xed\x44\x93\x0f\xf0\xe8\xa3\xd6\xd6\x8c\xb3\x61\xcb"
    b"\xb0\xc2\x64\x9b\xd4\xd2\xd3\x86\x78\xe2\x0a\xa0\x1c\xf2\xbd\xbd",
)


@micropython.viper
def crc(state: ptr8, at: int, buf: ptr8, off: int, n: int):
    c = uint(state[at]) << 24 | uint(state[at + 1]) << 16 | uint(state[at + 2]) << 8 | uint(state[at + 3])
    ones = uint(0xFFFF) << 16 | uint(0xFFFF)  # a literal of 32 bits would be an object
    c ^= ones
    p = ptr8(uint(buf) + uint(off))
    rest = ptr32(_REST)
    while n >= 4:
        c ^= uint(p[0])
        c = (c >> 4) ^ uint(rest[c & 15])
        c = (c >> 4) ^ uint(rest[c & 15])
        c ^= uint(p[1])
        c = (c >> 4) ^ uint(rest[c & 15])
        c = (c >> 4) ^ uint(rest[c & 15])
        c ^= uint(p[2])
        c = (c >> 4) ^ uint(rest[c & 15])
        c = (c >> 4) ^ uint(rest[c & 15])
        c ^= uint(p[3])
        c = (c >> 4) ^ uint(rest[c & 15])
        c = (c >> 4) ^ uint(rest[c & 15])
        p = ptr8(uint(p) + 4)
        n -= 4
    while n > 0:
        c ^= uint(p[0])
        c = (c >> 4) ^ uint(rest[c & 15])
        c = (c >> 4) ^ uint(rest[c & 15])
        p = ptr8(uint(p) + 1)
        n -= 1
    c ^= ones
    state[at] = c >> 24
    state[at + 1] = c >> 16
    state[at + 2] = c >> 8
    state[at + 3] = c


@micropython.viper
def blank(buf: ptr8, off: int, n: int) -> int:
    p = ptr8(uint(buf) + uint(off))
    while n >= 4:
        if p[0] & p[1] & p[2] & p[3] != 0xFF:
            return 0
        p = ptr8(uint(p) + 4)
        n -= 4
    while n > 0:
        n -= 1
        if p[n] != 0xFF:
            return 0
    return 1


@micropython.viper
def fill(buf: ptr8, off: int, n: int):
    p = ptr8(uint(buf) + uint(off))
    while n >= 4:
        p[0] = 0xFF
        p[1] = 0xFF
        p[2] = 0xFF
        p[3] = 0xFF
        p = ptr8(uint(p) + 4)
        n -= 4
    while n > 0:
        n -= 1
        p[n] = 0xFF


@micropython.viper
def clear_bits(dst: ptr8, do: int, src: ptr8, so: int, n: int):
    d = ptr8(uint(dst) + uint(do))
    s = ptr8(uint(src) + uint(so))
    while n > 0:
        n -= 1
        d[n] = d[n] & s[n]
