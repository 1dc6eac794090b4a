"""A-XDR: the tags, encoders for values made at start-up, and writers that
put a value into a buffer in place.

Layout of a Data (IEC 62056-5-3, REQUIREMENTS D.10 and D-100): tag, then a length for strings or a
count for array and structure, then the content, numbers big-endian. The encoders (`octets`,
`unsigned`, `structure` …) return new `bytes` and are for start-up and tests; the writers (`put_…`)
allocate nothing and return the offset after what they wrote.
"""

from micropython import const

from dlms.codec.octets import copy, length, length_size, put16, put32, scan

NULL = const(0)
ARRAY = const(1)
STRUCTURE = const(2)
BOOLEAN = const(3)
BIT_STRING = const(4)
DOUBLE_LONG = const(5)
DOUBLE_LONG_UNSIGNED = const(6)
OCTET_STRING = const(9)
VISIBLE_STRING = const(10)
UTF8_STRING = const(12)
BCD = const(13)
INTEGER = const(15)
LONG = const(16)
UNSIGNED = const(17)
LONG_UNSIGNED = const(18)
COMPACT_ARRAY = const(19)
LONG64 = const(20)
LONG64_UNSIGNED = const(21)
ENUM = const(22)
FLOAT32 = const(23)
FLOAT64 = const(24)
DATE_TIME = const(25)
DATE = const(26)
TIME = const(27)
DONT_CARE = const(255)

NULL_DATA = b"\x00"

# octets of a Data of a type of fixed size, its tag among them, by tag; 0 for any other type
FIXED = (
    b"\x01\x00\x00\x02\x00\x05\x05\x00\x00\x00\x00\x00\x00\x02\x00\x02\x03"
    b"\x02\x03\x00\x09\x09\x02\x05\x09\x0d\x06\x05\x02\x03\x05\x02\x03\x05"
)
# tags with a length or count after them
_COUNTED = (ARRAY, STRUCTURE, BIT_STRING, OCTET_STRING, VISIBLE_STRING, UTF8_STRING)


# -- encoders: new bytes, for start-up -----------------------------------------------------------


def size(n):
    """The shortest length or count field for n (REQUIREMENTS D-100)."""
    if n < 0x80:
        return bytes((n,))
    if n < 0x100:
        return bytes((0x81, n))
    return bytes((0x82, n >> 8, n & 0xFF))


def number(tag, n, v):
    """Tag and n octets of v, two's complement, big-endian."""
    return bytes((tag,)) + (v & ((1 << 8 * n) - 1)).to_bytes(n, "big")


def boolean(v):
    return b"\x03\x01" if v else b"\x03\x00"


def integer(v):
    return number(INTEGER, 1, v)


def long(v):
    return number(LONG, 2, v)


def double_long(v):
    return number(DOUBLE_LONG, 4, v)


def long64(v):
    return number(LONG64, 8, v)


def unsigned(v):
    return number(UNSIGNED, 1, v)


def long_unsigned(v):
    return number(LONG_UNSIGNED, 2, v)


def double_long_unsigned(v):
    return number(DOUBLE_LONG_UNSIGNED, 4, v)


def long64_unsigned(v):
    return number(LONG64_UNSIGNED, 8, v)


def enum(v):
    return number(ENUM, 1, v)


def octets(v):
    return b"\x09" + size(len(v)) + bytes(v)


def visible(v):
    return b"\x0a" + size(len(v)) + v.encode()


def utf8(v):
    v = v.encode()
    return b"\x0c" + size(len(v)) + v


def bits(v, n):
    """bit-string of n bits from octets, bit 0 the most significant of the first."""
    return b"\x04" + size(n) + bytes(v)


def structure(*parts):
    return b"\x02" + size(len(parts)) + b"".join(parts)


def array(parts):
    return b"\x01" + size(len(parts)) + b"".join(parts)


# -- writers: into a buffer, nothing allocated ---------------------------------------------------


def put_size(buf, off, n):
    """Write the shortest length or count field for 0 <= n < 2**30."""
    if n < 0x80:
        buf[off] = n
        return off + 1
    if n < 0x100:
        buf[off] = 0x81
        buf[off + 1] = n
        return off + 2
    if n < 0x10000:
        buf[off] = 0x82
        put16(buf, off + 1, n)
        return off + 3
    buf[off] = 0x84
    put32(buf, off + 1, n)
    return off + 5


def put_head(buf, off, tag, n):
    """Write the tag and the count or length of an array, a structure or a string."""
    buf[off] = tag
    return put_size(buf, off + 1, n)


def put8(buf, off, tag, v):
    """Write a one-octet type: boolean, integer, unsigned, enum."""
    buf[off] = tag
    buf[off + 1] = v & 0xFF
    return off + 2


def put_u16(buf, off, tag, v):
    """Write a two-octet type: long, long-unsigned; v modulo 2**16."""
    buf[off] = tag
    put16(buf, off + 1, v)
    return off + 3


def put_u32(buf, off, tag, v):
    """Write a four-octet type from a small integer 0 <= v < 2**30."""
    buf[off] = tag
    put32(buf, off + 1, v)
    return off + 5


def put_octets(buf, off, tag, src, so, n):
    """Write a string type with n octets of src."""
    buf[off] = tag
    off = put_size(buf, off + 1, n)
    copy(buf, off, src, so, n)
    return off + n


def put_encoded(buf, off, value):
    """Write a value that is encoded already."""
    copy(buf, off, value, 0, len(value))
    return off + len(value)


def shorten(buf, off, end, stack):
    """Give the well-formed Data buf[off:end] the shortest lengths, in place
    (REQUIREMENTS D-100); returns its new end.

    Objects then need to know one form only. A compact-array, which no
    attribute takes, stays as it is.
    """
    p = q = off
    while p < end:
        tag = buf[p]
        if tag == COMPACT_ARRAY:
            n = end - p
        elif tag in _COUNTED:
            n = count(buf, p)
            p = content(buf, p)
            q = put_head(buf, q, tag, n)
            n = 0 if tag <= STRUCTURE else n + 7 >> 3 if tag == BIT_STRING else n
        else:
            n = scan(buf, p, end, stack, 1) - p
        copy(buf, q, buf, p, n)
        p += n
        q += n
    return q


# -- readers: after `scan` has accepted the Data --------------------------------------------------


def content(buf, off):
    """Offset of the content of the string, or of the first element of
    the array or structure, at off.
    """
    return off + 1 + length_size(buf, off + 1)


def count(buf, off):
    """Length of the string, or number of elements of the array or structure, at off."""
    return length(buf, off + 1, off + 6)
