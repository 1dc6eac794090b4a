"""compact-array: one description of the element type, then the contents of all
elements without tags (REQUIREMENTS D-103).

    13 · TypeDescription · length · contents
    TypeDescription   tag of a simple type
                      02 n t1 ... tn        structure of n descriptions
                      01 u16 t              array of that many elements of one description
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .data import CONSTRUCTED, Data, Tag, encode_contents
from .errors import ProtocolError, UsageError
from .octets import Reader, counted, length_octets

if TYPE_CHECKING:
    from .axdr import Decoder

_MAX_DESCRIPTION_DEPTH = 16


@dataclass(frozen=True)
class TypeDescription:
    """Type of an element: ``tag``; for a structure its ``members``; for an
    array one member and a ``count``.
    """

    tag: Tag
    members: tuple[TypeDescription, ...] = ()
    count: int = 0

    def encode(self) -> bytes:
        """Octets of the description."""
        inner = b"".join(member.encode() for member in self.members)
        if self.tag is Tag.STRUCTURE:
            return bytes([self.tag]) + length_octets(len(self.members)) + inner
        if self.tag is Tag.ARRAY:
            return bytes([self.tag]) + self.count.to_bytes(2, "big") + inner
        return bytes([self.tag])


@dataclass(frozen=True)
class CompactArray:
    """Value of a compact-array: the description of its elements, and the elements."""

    description: TypeDescription
    elements: tuple[Data, ...]

    def encode(self) -> bytes:
        """Description, length, packed contents."""
        packed = b"".join(_pack(self.description, element) for element in self.elements)
        return self.description.encode() + counted(packed)


def _pack(description: TypeDescription, data: Data) -> bytes:
    if data.tag is not description.tag:
        raise UsageError(f"compact-array of {description.tag.text} cannot hold {data.tag.text}")
    if data.tag not in CONSTRUCTED:
        return encode_contents(data)
    members = _member_list(description)
    if len(members) != len(data):
        raise UsageError(f"compact-array element has {len(data)} members, its description {len(members)}")
    return b"".join(_pack(member, element) for member, element in zip(members, data.value, strict=True))


def _member_list(description: TypeDescription) -> tuple[TypeDescription, ...]:
    if description.tag is Tag.ARRAY:
        return description.members * description.count
    return description.members


def _read_description(decoder: Decoder, depth: int = 0) -> TypeDescription:
    """The TypeDescription of a compact-array: a tag, for a structure its members, for an array
    count and member (D-103).
    """
    if depth > _MAX_DESCRIPTION_DEPTH:
        raise ProtocolError("type description is nested too deeply")
    tag, reader = decoder.tag(), decoder.reader
    if tag is Tag.STRUCTURE:
        count = reader.length("members of a type description")
        if count > reader.remaining:
            raise ProtocolError(f"type description of {count} members in {reader.remaining} octets")
        return TypeDescription(tag, tuple(_read_description(decoder, depth + 1) for _ in range(count)))
    if tag is Tag.ARRAY:
        count = reader.u16("count of a type description")
        return TypeDescription(tag, (_read_description(decoder, depth + 1),), count)
    if tag is Tag.COMPACT_ARRAY:
        raise ProtocolError("a compact-array cannot hold compact-arrays")
    return TypeDescription(tag)


def _unpack(decoder: Decoder, description: TypeDescription) -> Data:
    if description.tag not in CONSTRUCTED:
        return decoder.contents(description.tag)
    if description.tag is Tag.ARRAY:
        member = description.members[0]
        return Data(description.tag, decoder.repeat(description.count, lambda: _occupying(decoder, member)))
    members = iter(description.members)
    return Data(description.tag, decoder.repeat(len(description.members), lambda: _unpack(decoder, next(members))))


def _occupying(decoder: Decoder, description: TypeDescription) -> Data:
    """An element that has to occupy octets: a count alone would make any number of the others."""
    before = decoder.reader.offset
    element = _unpack(decoder, description)
    if decoder.reader.offset == before:
        raise ProtocolError("compact-array elements without contents")
    return element


def decode_compact_array(decoder: Decoder) -> CompactArray:
    """Description and elements from the octets after tag 13.

    Elements that occupy no octets would repeat without end and are refused.
    """
    description = _read_description(decoder)
    outer = decoder.reader
    contents = Reader(outer.counted("compact-array contents"), "compact-array")
    decoder.reader = contents
    found: list[Data] = []
    try:
        while contents.remaining:
            found.extend(decoder.repeat(1, lambda: _occupying(decoder, description)))
    finally:
        decoder.reader = outer
    return CompactArray(description, tuple(found))
