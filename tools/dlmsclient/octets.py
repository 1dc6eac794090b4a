"""A cursor over received octets, and the length octets that BER and
A-XDR share (REQUIREMENTS D-100).
"""

from __future__ import annotations

from .errors import ProtocolError, UsageError


def length_octets(length: int) -> bytes:
    """Shortest encoding of a length or count: ``00``-``7F``, otherwise
    ``81 xx``, ``82 xxxx``, ``83``, ``84``.
    """
    if length < 0 or length > 0xFFFFFFFF:
        raise UsageError(f"a length of {length} cannot be encoded")
    if length < 0x80:
        return bytes([length])
    body = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(body)]) + body


def counted(octets: bytes) -> bytes:
    """Length octets, then the octets."""
    return length_octets(len(octets)) + octets


def parse_hex(text: str) -> bytes:
    """Octets of a hex text; blanks, colons and hyphens between octets are allowed."""
    compact = "".join(c for c in text if c not in " \t\r\n:-")
    try:
        return bytes.fromhex(compact)
    except ValueError:
        raise UsageError(f"{text!r} is not hex (pairs of 0-9 and A-F)") from None


class Reader:
    """Reads octets in order; every shortage is a ProtocolError that names what was being read."""

    def __init__(self, octets: bytes, name: str = "APDU") -> None:
        self._octets = bytes(octets)
        self._name = name
        self.offset = 0

    @property
    def remaining(self) -> int:
        """Number of octets not read yet."""
        return len(self._octets) - self.offset

    def take(self, count: int, what: str = "octets") -> bytes:
        """The next ``count`` octets."""
        if count > self.remaining:
            raise ProtocolError(
                f"{self._name} is cut short: {what} needs {count} octets at offset {self.offset}, {self.remaining} "
                "are left"
            )
        start = self.offset
        self.offset += count
        return self._octets[start : self.offset]

    def u8(self, what: str = "octet") -> int:
        """Unsigned, 1 octet."""
        return self.take(1, what)[0]

    def u16(self, what: str = "unsigned 16") -> int:
        """Unsigned, 2 octets, big-endian."""
        return int.from_bytes(self.take(2, what), "big")

    def u32(self, what: str = "unsigned 32") -> int:
        """Unsigned, 4 octets, big-endian."""
        return int.from_bytes(self.take(4, what), "big")

    def i8(self, what: str = "integer 8") -> int:
        """Signed, 1 octet."""
        return int.from_bytes(self.take(1, what), "big", signed=True)

    def peek(self) -> int | None:
        """The next octet without reading it, None at the end."""
        return self._octets[self.offset] if self.remaining else None

    def length(self, what: str = "length") -> int:
        """A length or count in the form of :func:`length_octets`; longer
        forms than necessary are accepted.
        """
        first = self.u8(what)
        if first < 0x80:
            return first
        size = first & 0x7F
        if not 1 <= size <= 4:
            raise ProtocolError(f"{self._name}: {what} begins with {first:02X}, lengths have 1 to 4 octets")
        return int.from_bytes(self.take(size, what), "big")

    def counted(self, what: str = "octet-string") -> bytes:
        """Length octets and that many octets."""
        return self.take(self.length(what), what)

    def flag(self, what: str) -> bool:
        """One octet that must be 00 or 01 (presence flags, CHOICE of two, last-block)."""
        value = self.u8(what)
        if value > 1:
            raise ProtocolError(f"{self._name}: {what} is {value:02X}, must be 00 or 01")
        return value == 1

    def end(self) -> None:
        """Refuse trailing octets: an APDU is decoded whole or not at all."""
        if self.remaining:
            rest = self._octets[self.offset :]
            raise ProtocolError(f"{self._name} has {len(rest)} trailing octets: {rest[:16].hex().upper()}")
