"""The CHOICE Data: typed values that keep their tag, so that what was read can
be written back octet for octet.

Every type of REQUIREMENTS D.10, and its encoding; :mod:`axdr` decodes.
A value is a :class:`Data` of tag and Python value:

    null-data, dont-care      None
    array, structure          tuple of Data
    boolean                   bool (encoded 00 or 01)
    bit-string                str of "0" and "1", first bit first
    integers, enum, bcd       int
    octet-string              bytes
    visible-, utf8-string     str
    float32, float64          float
    date-time, date, time     DateTime, Date, Time
    compact-array             CompactArray (description and elements)

Make values with the functions named as the types: ``structure(integer(0), enum(30))``.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from .datetimes import Date, DateTime, Time
from .errors import ProtocolError, UsageError
from .octets import counted, length_octets


class Tag(IntEnum):
    """Tags of the CHOICE Data."""

    NULL_DATA = 0x00
    ARRAY = 0x01
    STRUCTURE = 0x02
    BOOLEAN = 0x03
    BIT_STRING = 0x04
    DOUBLE_LONG = 0x05
    DOUBLE_LONG_UNSIGNED = 0x06
    OCTET_STRING = 0x09
    VISIBLE_STRING = 0x0A
    UTF8_STRING = 0x0C
    BCD = 0x0D
    INTEGER = 0x0F
    LONG = 0x10
    UNSIGNED = 0x11
    LONG_UNSIGNED = 0x12
    COMPACT_ARRAY = 0x13
    LONG64 = 0x14
    LONG64_UNSIGNED = 0x15
    ENUM = 0x16
    FLOAT32 = 0x17
    FLOAT64 = 0x18
    DATE_TIME = 0x19
    DATE = 0x1A
    TIME = 0x1B
    DELTA_INTEGER = 0x1C
    DELTA_LONG = 0x1D
    DELTA_DOUBLE_LONG = 0x1E
    DELTA_UNSIGNED = 0x1F
    DELTA_LONG_UNSIGNED = 0x20
    DELTA_DOUBLE_LONG_UNSIGNED = 0x21
    DONT_CARE = 0xFF

    @property
    def text(self) -> str:
        """Type name of the standard, e.g. ``double-long-unsigned``."""
        return self.name.lower().replace("_", "-")


# tag -> (octets, signed)
INTEGERS: dict[Tag, tuple[int, bool]] = {
    Tag.DOUBLE_LONG: (4, True),
    Tag.DOUBLE_LONG_UNSIGNED: (4, False),
    Tag.BCD: (1, False),
    Tag.INTEGER: (1, True),
    Tag.LONG: (2, True),
    Tag.UNSIGNED: (1, False),
    Tag.LONG_UNSIGNED: (2, False),
    Tag.LONG64: (8, True),
    Tag.LONG64_UNSIGNED: (8, False),
    Tag.ENUM: (1, False),
    Tag.DELTA_INTEGER: (1, True),
    Tag.DELTA_LONG: (2, True),
    Tag.DELTA_DOUBLE_LONG: (4, True),
    Tag.DELTA_UNSIGNED: (1, False),
    Tag.DELTA_LONG_UNSIGNED: (2, False),
    Tag.DELTA_DOUBLE_LONG_UNSIGNED: (4, False),
}
CONSTRUCTED = (Tag.ARRAY, Tag.STRUCTURE)
FLOATS = {Tag.FLOAT32: struct.Struct(">f"), Tag.FLOAT64: struct.Struct(">d")}
# Codec of the three types that carry no length.
MOMENTS: dict[Tag, tuple[int, Callable[[bytes], Any], type]] = {
    Tag.DATE_TIME: (12, DateTime.decode, DateTime),
    Tag.DATE: (5, Date.decode, Date),
    Tag.TIME: (4, Time.decode, Time),
}


@dataclass(frozen=True)
class Data:
    """A typed value: ``tag`` and ``value`` (see the table of the module)."""

    tag: Tag
    value: Any = None

    def __len__(self) -> int:
        """Number of elements of an array or structure, of octets, characters or bits of a string."""
        return len(self.value.elements if self.tag is Tag.COMPACT_ARRAY else self.value)

    def __bool__(self) -> bool:
        """Always true: a Data is there, however empty its value."""
        return True

    def __getitem__(self, index: int) -> Data:
        """Element of an array or structure."""
        return elements(self)[index]

    def encode(self) -> bytes:
        """Tag and contents."""
        return bytes([self.tag]) + encode_contents(self)

    def python(self) -> Any:
        """The bare value, arrays and structures as lists (for JSON-like uses; the tags are lost)."""
        if self.tag in CONSTRUCTED or self.tag is Tag.COMPACT_ARRAY:
            return [element.python() for element in elements(self)]
        return self.value


def elements(data: Data) -> tuple[Data, ...]:
    """Elements of an array, structure or compact-array; a ProtocolError for any other type."""
    if data.tag in CONSTRUCTED or data.tag is Tag.COMPACT_ARRAY:
        found: tuple[Data, ...] = data.value if data.tag in CONSTRUCTED else data.value.elements
        return found
    raise ProtocolError(f"expected an array or structure, found {data.tag.text}")


def members(data: Data, what: str, *tags: Tag) -> tuple[Any, ...]:
    """Values of a structure whose elements must have these tags; anything else is a
    ProtocolError that names ``what``.
    """
    items = elements(data)
    if data.tag is not Tag.STRUCTURE or tuple(item.tag for item in items) != tags:
        wanted = ", ".join(tag.text for tag in tags)
        raise ProtocolError(f"{what} must be a structure of {wanted}, found {data.encode()[:40].hex().upper()}")
    return tuple(item.value for item in items)


def encode_contents(data: Data) -> bytes:
    """Contents without the tag: what follows a tag, and what an element
    of a compact-array consists of.
    """
    tag, value = data.tag, data.value
    try:
        if tag in INTEGERS:
            size, signed = INTEGERS[tag]
            return int(value).to_bytes(size, "big", signed=signed)
        if tag in CONSTRUCTED:
            return length_octets(len(value)) + b"".join(element.encode() for element in value)
        if tag in (Tag.NULL_DATA, Tag.DONT_CARE):
            return b""
        if tag is Tag.BOOLEAN:
            return b"\x01" if value else b"\x00"
        if tag is Tag.BIT_STRING:
            return _encode_bits(value)
        if tag is Tag.OCTET_STRING:
            return counted(memoryview(value).tobytes())  # not bytes(), which makes zeros of a number
        if tag is Tag.VISIBLE_STRING:
            return counted(value.encode("latin-1"))
        if tag is Tag.UTF8_STRING:
            return counted(value.encode())
        if tag in FLOATS:
            return FLOATS[tag].pack(value)
        if tag is Tag.COMPACT_ARRAY or (tag in MOMENTS and isinstance(value, MOMENTS[tag][2])):
            octets: bytes = value.encode()
            return octets
    except (OverflowError, ValueError, TypeError, AttributeError, struct.error) as error:
        raise UsageError(f"{value!r} does not fit {tag.text}: {error}") from None
    raise UsageError(f"{value!r} is not a {tag.text}")


def _encode_bits(bits: str) -> bytes:
    octets = (len(bits) + 7) // 8
    padded = bits.ljust(octets * 8, "0")
    return length_octets(len(bits)) + (int(padded, 2).to_bytes(octets, "big") if octets else b"")


def array(*items: Data) -> Data:
    """array of elements."""
    return Data(Tag.ARRAY, tuple(items))


def structure(*items: Data) -> Data:
    """structure of elements."""
    return Data(Tag.STRUCTURE, tuple(items))


def null_data() -> Data:
    """null-data."""
    return Data(Tag.NULL_DATA)


def boolean(value: bool) -> Data:
    """boolean."""
    return Data(Tag.BOOLEAN, bool(value))


def bit_string(bits: str | Iterable[bool]) -> Data:
    """bit-string of "0" and "1", or of booleans."""
    text = bits if isinstance(bits, str) else "".join("1" if bit else "0" for bit in bits)
    if set(text) - {"0", "1"}:
        raise UsageError(f"bit-string {text!r} has other characters than 0 and 1")
    return Data(Tag.BIT_STRING, text)


def octet_string(octets: bytes) -> Data:
    """octet-string."""
    return Data(Tag.OCTET_STRING, memoryview(octets).tobytes())


def visible_string(text: str) -> Data:
    """visible-string."""
    return Data(Tag.VISIBLE_STRING, text)


def utf8_string(text: str) -> Data:
    """utf8-string."""
    return Data(Tag.UTF8_STRING, text)


def _integer_maker(tag: Tag) -> Callable[[int], Data]:
    size, signed = INTEGERS[tag]
    low, high = (-(1 << size * 8 - 1), (1 << size * 8 - 1) - 1) if signed else (0, (1 << size * 8) - 1)

    def make(value: int) -> Data:
        if not low <= value <= high:
            raise UsageError(f"{value} does not fit {tag.text} ({low} to {high})")
        return Data(tag, int(value))

    make.__name__ = make.__qualname__ = tag.name.lower()
    make.__doc__ = f"{tag.text}, {low} to {high}."
    return make


double_long = _integer_maker(Tag.DOUBLE_LONG)
double_long_unsigned = _integer_maker(Tag.DOUBLE_LONG_UNSIGNED)
bcd = _integer_maker(Tag.BCD)
integer = _integer_maker(Tag.INTEGER)
long = _integer_maker(Tag.LONG)
unsigned = _integer_maker(Tag.UNSIGNED)
long_unsigned = _integer_maker(Tag.LONG_UNSIGNED)
long64 = _integer_maker(Tag.LONG64)
long64_unsigned = _integer_maker(Tag.LONG64_UNSIGNED)
enum = _integer_maker(Tag.ENUM)


def float32(value: float) -> Data:
    """float32, IEEE 754 single."""
    return Data(Tag.FLOAT32, float(value))


def float64(value: float) -> Data:
    """float64, IEEE 754 double."""
    return Data(Tag.FLOAT64, float(value))


def date_time(value: DateTime) -> Data:
    """date-time with tag 19 (most attributes want :func:`octet_string` of
    ``DateTime.encode()`` instead).
    """
    return Data(Tag.DATE_TIME, value)


def date(value: Date) -> Data:
    """date with tag 1A."""
    return Data(Tag.DATE, value)


def time(value: Time) -> Data:
    """time with tag 1B."""
    return Data(Tag.TIME, value)
