"""Plain twins of `octets_viper`: the contract of every function, for CPython and
for interpreters without an emitter.
"""

from binascii import crc32


def crc(state, at, buf, off, n):
    """Go on with the CRC-32 (IEEE 802.3, that of zlib) at state[at:at+4] over buf[off:off+n].

    The state is the CRC of all octets so far, high octet first; four zeros to begin.
    """
    so_far = int.from_bytes(state[at : at + 4], "big")
    state[at : at + 4] = (crc32(buf[off : off + n], so_far) & 0xFFFFFFFF).to_bytes(4, "big")


def blank(buf, off, n):
    """1 when buf[off:off+n] is as an erased sector: every octet FF; otherwise 0."""
    return int(bytes(buf[off : off + n]) == b"\xff" * n)


def fill(buf, off, n):
    """Write FF to buf[off:off+n]: where they are programmed, the flash keeps what it has."""
    buf[off : off + n] = b"\xff" * n


def clear_bits(dst, do, src, so, n):
    """Clear in dst[do:do+n] the bits that are clear in src[so:so+n], as programming flash does."""
    for i in range(n):
        dst[do + i] &= src[so + i]
