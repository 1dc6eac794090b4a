"""The little BER that ACSE needs: tag, length, value (REQUIREMENTS C.1). Long-form
lengths are accepted, shortest emitted.
"""

from __future__ import annotations

from .errors import ProtocolError, UsageError
from .octets import Reader, counted

INTEGER = 0x02
OCTET_STRING = 0x04
OBJECT_IDENTIFIER = 0x06


def tlv(tag: int, content: bytes) -> bytes:
    """One-octet tag, length, content."""
    if not 0 <= tag <= 0xFF:
        raise UsageError(f"BER tag {tag} is not one octet")
    return bytes([tag]) + counted(content)


def read_tlv(reader: Reader, what: str = "component") -> tuple[int, bytes]:
    """Tag and content of the next element."""
    tag = reader.u8(f"tag of {what}")
    return tag, reader.counted(what)


def unwrap(tag: int, content: bytes, what: str) -> bytes:
    """Content of the one element with this tag that fills ``content``."""
    reader = Reader(content, what)
    found, inner = read_tlv(reader, what)
    if found != tag:
        raise ProtocolError(f"{what} has tag {found:02X}, must be {tag:02X}")
    reader.end()
    return inner


def integer(value: int) -> bytes:
    """INTEGER with its tag, shortest two's complement form."""
    size = max(1, (value.bit_length() + 8) // 8)
    return tlv(INTEGER, value.to_bytes(size, "big", signed=True))


def read_integer(content: bytes, what: str) -> int:
    """The one INTEGER that fills ``content``."""
    octets = unwrap(INTEGER, content, what)
    if not octets:
        raise ProtocolError(f"{what} is an INTEGER without content")
    return int.from_bytes(octets, "big", signed=True)
