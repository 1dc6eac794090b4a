"""BER, as far as ACSE needs it: tag, length, content (REQUIREMENTS C.1).

Lengths arrive in short or long form and are written in the shortest; lengths and
offsets are those of `octets.length`.
"""

from micropython import const

from dlms.codec.octets import length, length_size

# tags of the components of an AARQ
PROTOCOL_VERSION = const(0x80)
CONTEXT_NAME = const(0xA1)
CALLING_USER = const(0xA9)  # calling-AE-invocation-id
ACSE_REQUIREMENTS = const(0x8A)  # of its sender
MECHANISM_NAME = const(0x8B)
AUTHENTICATION_VALUE = const(0xAC)  # of its sender
USER_INFORMATION = const(0xBE)


def header(buf, off, end):
    """Octets of tag and length of the TLV at off, or -1 when it is cut short or
    runs over `end`. Its content follows.
    """
    n = length(buf, off + 1, end)
    if n < 0:
        return -1
    size = 1 + length_size(buf, off + 1)
    return size if n <= end - off - size else -1


def inner(buf, off, end, tag):
    """Offset of the content of a TLV that must be of `tag` and fill buf[off:end] exactly, or -1."""
    if off >= end or buf[off] != tag:
        return -1
    n = length(buf, off + 1, end)
    if n < 0:
        return -1
    off += 1 + length_size(buf, off + 1)
    return off if off + n == end else -1
