"""The wrapper sublayer of IEC 62056-4-7: the eight octets in front of every APDU.

    version 0001 | source wPort | destination wPort | length of the APDU      four 16-bit numbers, big-endian

REQUIREMENTS A-01 to A-06. TCP and UDP use the same header. `frame(buf, off, n, limit)` looks for a WPDU in the n octets at buf[off:]
and returns its size, INCOMPLETE, BAD_VERSION (framing is lost, A-25), or TOO_LONG when its APDU is longer than `limit` octets (A-27);
the last two are known from the header alone.
"""

from micropython import const

from dlms.octets import copy, frame, put16  # noqa: F401 (frame belongs to this module's face)

HEADER = const(8)
VERSION = const(1)

INCOMPLETE = const(0)
BAD_VERSION = const(-1)
TOO_LONG = const(-2)


def answer(tx, rx, off, n):
    """Write the header of a response of n APDU octets at tx[0:8]: the request's wPorts swapped (A-04). Returns the WPDU's size."""
    tx[0] = 0
    tx[1] = VERSION
    copy(tx, 2, rx, off + 4, 2)
    copy(tx, 4, rx, off + 2, 2)
    put16(tx, 6, n)
    return n + HEADER
