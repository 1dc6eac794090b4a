"""The wrapper sublayer: WPDU codec and TCP deframer, without I/O (IEC 62056-4-7,
REQUIREMENTS A-01 to A-07, A-40).

A WPDU is version (0001), source wPort, destination wPort and length, each an unsigned 16-bit
big-endian field, then ``length`` octets of APDU. Over UDP one datagram is one WPDU; over TCP
:class:`Deframer` finds the WPDUs in the stream.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from .errors import ProtocolError, UsageError

VERSION = 0x0001
HEADER = struct.Struct(">HHHH")
HEADER_SIZE = HEADER.size
DEFAULT_PORT = 4059

NO_STATION = 0x0000
CLIENT_MANAGEMENT_PROCESS = 0x0001
PUBLIC_CLIENT = 0x0010
MANAGEMENT_LOGICAL_DEVICE = 0x0001
ALL_STATION = 0x007F


@dataclass(frozen=True)
class Wpdu:
    """One WPDU. ``version`` and ``length`` may be given wrongly on purpose;
    None stands for the right length.
    """

    source: int
    destination: int
    apdu: bytes
    version: int = VERSION
    length: int | None = None

    def encode(self) -> bytes:
        """Header (8 octets) and APDU."""
        length = len(self.apdu) if self.length is None else self.length
        try:
            return HEADER.pack(self.version, self.source, self.destination, length) + self.apdu
        except struct.error:
            raise UsageError(
                f"a WPDU has 16-bit fields: version {self.version}, wPorts {self.source} -> {self.destination}, "
                f"length {length}"
            ) from None


def _check_version(version: int) -> None:
    if version != VERSION:
        raise ProtocolError(f"WPDU has version {version:04X}, must be {VERSION:04X}")


def decode_datagram(octets: bytes) -> Wpdu:
    """The WPDU that fills a UDP datagram exactly; anything else is a
    ProtocolError (REQUIREMENTS A-40).
    """
    if len(octets) < HEADER_SIZE:
        raise ProtocolError(f"datagram of {len(octets)} octets is shorter than a WPDU header")
    version, source, destination, length = HEADER.unpack_from(octets)
    _check_version(version)
    if length != len(octets) - HEADER_SIZE:
        raise ProtocolError(
            f"WPDU length field is {length}, the datagram carries {len(octets) - HEADER_SIZE} octets of APDU"
        )
    return Wpdu(source, destination, octets[HEADER_SIZE:])


class Deframer:
    """Finds WPDUs in a TCP octet stream, however it is cut (REQUIREMENTS A-20 to A-22).

    ``feed`` octets as they come, call ``next_wpdu`` until it returns None.
    Cost: one copy in, one copy out.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, octets: bytes) -> None:
        """Append received octets."""
        self._buffer += octets

    @property
    def pending(self) -> int:
        """Octets of a WPDU that is not complete yet."""
        return len(self._buffer)

    def next_wpdu(self) -> Wpdu | None:
        """The next complete WPDU, or None when more octets are needed.

        A wrong version is reported as soon as its two octets are there:
        nothing after it can be framed.
        """
        if len(self._buffer) >= 2:
            _check_version(int.from_bytes(self._buffer[:2], "big"))
        if len(self._buffer) < HEADER_SIZE:
            return None
        _, source, destination, length = HEADER.unpack_from(self._buffer)
        end = HEADER_SIZE + length
        if len(self._buffer) < end:
            return None
        apdu = bytes(self._buffer[HEADER_SIZE:end])
        del self._buffer[:end]
        return Wpdu(source, destination, apdu)
