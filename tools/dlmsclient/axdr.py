"""A-XDR: decoding of Data within limits, and the typed values of :mod:`data` under one name.

    axdr.decode(bytes.fromhex("1200FF"))  ->  Data(Tag.LONG_UNSIGNED, 255)
    axdr.structure(axdr.integer(0), axdr.enum(30)).encode()  ->  02 02 0F 00 16 1E

Received octets are never trusted: depth, number of elements and every length are checked before
anything is built (REQUIREMENTS D-100, D-103).
"""

from __future__ import annotations

from collections.abc import Callable

from .compact import CompactArray, TypeDescription, decode_compact_array
from .data import (
    CONSTRUCTED,
    FLOATS,
    INTEGERS,
    MOMENTS,
    Data,
    Tag,
    array,
    bcd,
    bit_string,
    boolean,
    date,
    date_time,
    double_long,
    double_long_unsigned,
    elements,
    encode_contents,
    enum,
    float32,
    float64,
    integer,
    long,
    long64,
    long64_unsigned,
    long_unsigned,
    members,
    null_data,
    octet_string,
    structure,
    time,
    unsigned,
    utf8_string,
    visible_string,
)
from .errors import ProtocolError
from .octets import Reader

MAX_DEPTH = 32
MAX_ELEMENTS = 2_000_000

__all__ = [
    "CONSTRUCTED",
    "FLOATS",
    "INTEGERS",
    "MOMENTS",
    "CompactArray",
    "Data",
    "Decoder",
    "MAX_DEPTH",
    "MAX_ELEMENTS",
    "Tag",
    "TypeDescription",
    "array",
    "bcd",
    "bit_string",
    "boolean",
    "date",
    "date_time",
    "decode",
    "double_long",
    "double_long_unsigned",
    "elements",
    "encode_contents",
    "enum",
    "float32",
    "float64",
    "integer",
    "long",
    "long64",
    "long64_unsigned",
    "long_unsigned",
    "members",
    "null_data",
    "octet_string",
    "read_data",
    "structure",
    "time",
    "unsigned",
    "utf8_string",
    "visible_string",
]


class Decoder:
    """Decodes Data from a Reader with limits on depth and on the number
    of elements of one whole value.
    """

    def __init__(self, reader: Reader, max_depth: int = MAX_DEPTH, max_elements: int = MAX_ELEMENTS) -> None:
        self.reader = reader
        self._depth_left = max_depth
        self._elements_left = max_elements

    def data(self) -> Data:
        """One Data: tag and contents."""
        return self.contents(self.tag())

    def tag(self) -> Tag:
        """One tag octet."""
        octet = self.reader.u8("tag of Data")
        try:
            return Tag(octet)
        except ValueError:
            raise ProtocolError(f"{octet:02X} is no tag of Data (offset {self.reader.offset - 1})") from None

    def contents(self, tag: Tag) -> Data:
        """Contents of a value whose tag is known."""
        reader, name = self.reader, tag.text
        if tag in INTEGERS:
            size, signed = INTEGERS[tag]
            return Data(tag, int.from_bytes(reader.take(size, name), "big", signed=signed))
        if tag in CONSTRUCTED:
            count = reader.length(f"count of {name}")
            if count > reader.remaining:
                raise ProtocolError(f"{name} of {count} elements in {reader.remaining} octets")
            return Data(tag, self.repeat(count, self.data))
        if tag in (Tag.NULL_DATA, Tag.DONT_CARE):
            return Data(tag)
        if tag is Tag.BOOLEAN:
            return Data(tag, reader.u8(name) != 0)
        if tag is Tag.BIT_STRING:
            return Data(tag, self._bits())
        if tag is Tag.OCTET_STRING:
            return Data(tag, reader.counted(name))
        if tag is Tag.VISIBLE_STRING:
            return Data(tag, reader.counted(name).decode("latin-1"))
        if tag is Tag.UTF8_STRING:
            try:
                return Data(tag, reader.counted(name).decode())
            except UnicodeDecodeError:
                raise ProtocolError("utf8-string is not UTF-8") from None
        if tag in FLOATS:
            layout = FLOATS[tag]
            return Data(tag, layout.unpack(reader.take(layout.size, name))[0])
        if tag in MOMENTS:
            size, decode, _ = MOMENTS[tag]
            return Data(tag, decode(reader.take(size, name)))
        return Data(tag, decode_compact_array(self))

    def repeat(self, count: int, element: Callable[[], Data]) -> tuple[Data, ...]:
        """``count`` elements one level deeper, within both limits."""
        if self._depth_left <= 0:
            raise ProtocolError("Data is nested too deeply")
        self._depth_left -= 1
        self._elements_left -= count
        if self._elements_left < 0:
            raise ProtocolError("Data has too many elements")
        result = tuple(element() for _ in range(count))
        self._depth_left += 1
        return result

    def _bits(self) -> str:
        count = self.reader.length("bits of bit-string")
        octets = self.reader.take((count + 7) // 8, "bit-string")
        return "".join(f"{octet:08b}" for octet in octets)[:count]


def read_data(reader: Reader) -> Data:
    """One Data from a reader that may have more."""
    return Decoder(reader).data()


def decode(octets: bytes, max_depth: int = MAX_DEPTH, max_elements: int = MAX_ELEMENTS) -> Data:
    """The one Data that fills ``octets``."""
    reader = Reader(octets, "Data")
    try:
        result = Decoder(reader, max_depth, max_elements).data()
        reader.end()
    except ProtocolError as error:
        raise error.of(octets) from None
    return result
