"""The wrapper sublayer of IEC 62056-4-7: the eight octets in front of every APDU.

    version 0001 | source wPort | destination wPort | length of the APDU      four 16-bit numbers, big-endian

REQUIREMENTS A-01 to A-06. TCP and UDP use the same header. `frame(buf, off, n, limit)` looks for a
WPDU in the n octets at buf[off:] and returns its size, INCOMPLETE, BAD_VERSION (framing is lost,
A-25), or TOO_LONG when its APDU is longer than `limit` octets (A-27); the last two are known from
the header alone. `answer(tx, rx, off, n)` writes the header of a response of n APDU octets at
tx[0:8]: the wPorts of the request's header at rx[off:] swapped (A-04); it returns the WPDU's size.
"""

from micropython import const

from dlms.codec.octets import answer, frame  # noqa: F401 (they belong to this module's face)

HEADER = const(8)
VERSION = const(1)

INCOMPLETE = const(0)
BAD_VERSION = const(-1)
TOO_LONG = const(-2)
