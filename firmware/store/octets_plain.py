"""Plain twins of `octets_viper`: the contract of every function, for CPython and
for interpreters without an emitter.
"""

# The remainder that four bits shifted out leave, for the polynomial EDB88320
_REST = (
    0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC, 0x76DC4190, 0x6B6B51F4, 0x4DB26158, 0x5005713C,
    0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C, 0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C,
)  # fmt: skip


def crc(state, at, buf, off, n):
    """Go on with the CRC-32 (IEEE 802.3, that of zlib) at state[at:at+4] over buf[off:off+n].

    The state is the CRC of all octets so far, high octet first; four zeros to begin.
    """
    c = int.from_bytes(state[at : at + 4], "big") ^ 0xFFFFFFFF
    for i in range(off, off + n):
        c ^= buf[i]
        c = (c >> 4) ^ _REST[c & 15]
        c = (c >> 4) ^ _REST[c & 15]
    state[at : at + 4] = (c ^ 0xFFFFFFFF).to_bytes(4, "big")


def blank(buf, off, n):
    """1 when buf[off:off+n] is as an erased sector: every octet FF; otherwise 0."""
    for i in range(off, off + n):
        if buf[i] != 0xFF:
            return 0
    return 1


def fill(buf, off, n):
    """Write FF to buf[off:off+n]: where they are programmed, the flash keeps what it has."""
    for i in range(off, off + n):
        buf[i] = 0xFF


def clear_bits(dst, do, src, so, n):
    """Clear in dst[do:do+n] the bits that are clear in src[so:so+n], as programming flash does."""
    for i in range(n):
        dst[do + i] &= src[so + i]
