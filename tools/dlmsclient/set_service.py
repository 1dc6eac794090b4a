"""SET: requests and responses (REQUIREMENTS D.3).

                        request C1                                  response C5
normal                  01 iip attribute Data                       01 iip result
first-datablock         02 iip attribute block                      02 iip block-number u32
datablock               03 iip block                                02, at the end 03 iip result block-number u32
with-list               04 iip n {attribute} n {Data}               05 iip n {result}
list+first-datablock    05 iip n {attribute} block                  02, at the end 04 iip n {result} block-number u32
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .axdr import Data, read_data
from .codes import DataAccessResult
from .octets import Reader
from .xdlms import (
    SET_REQUEST,
    SET_RESPONSE,
    Apdu,
    CosemAttribute,
    DataBlock,
    encode_list,
    read_code,
    read_list,
    register,
    u32,
)


def _read_result(reader: Reader) -> DataAccessResult:
    return read_code(reader, DataAccessResult, "data-access-result")


def _encode_result(result: DataAccessResult) -> bytes:
    return bytes([result])


@register
@dataclass(frozen=True)
class SetRequestNormal(Apdu):
    """Write one attribute."""

    TAG: ClassVar[int] = SET_REQUEST
    CHOICE: ClassVar[int] = 1
    attribute: CosemAttribute
    value: Data

    def body(self) -> bytes:
        return self.attribute.encode() + self.value.encode()

    @classmethod
    def read(cls, iip: int, reader: Reader) -> SetRequestNormal:
        return cls(iip, CosemAttribute.read(reader), read_data(reader))


@register
@dataclass(frozen=True)
class SetRequestFirstDatablock(Apdu):
    """Begin to write one attribute in blocks; the blocks make up its Data."""

    TAG: ClassVar[int] = SET_REQUEST
    CHOICE: ClassVar[int] = 2
    attribute: CosemAttribute
    block: DataBlock

    def body(self) -> bytes:
        return self.attribute.encode() + self.block.encode()

    @classmethod
    def read(cls, iip: int, reader: Reader) -> SetRequestFirstDatablock:
        return cls(iip, CosemAttribute.read(reader), DataBlock.read(reader))


@register
@dataclass(frozen=True)
class SetRequestDatablock(Apdu):
    """A further block."""

    TAG: ClassVar[int] = SET_REQUEST
    CHOICE: ClassVar[int] = 3
    block: DataBlock

    def body(self) -> bytes:
        return self.block.encode()

    @classmethod
    def read(cls, iip: int, reader: Reader) -> SetRequestDatablock:
        return cls(iip, DataBlock.read(reader))


@register
@dataclass(frozen=True)
class SetRequestWithList(Apdu):
    """Write several attributes. The two counts may differ on purpose (REQUIREMENTS D-23)."""

    TAG: ClassVar[int] = SET_REQUEST
    CHOICE: ClassVar[int] = 4
    attributes: tuple[CosemAttribute, ...]
    values: tuple[Data, ...]

    def body(self) -> bytes:
        return encode_list(self.attributes, CosemAttribute.encode) + encode_list(self.values, Data.encode)

    @classmethod
    def read(cls, iip: int, reader: Reader) -> SetRequestWithList:
        return cls(iip, read_list(reader, CosemAttribute.read, "attributes"), read_list(reader, read_data, "values"))


@register
@dataclass(frozen=True)
class SetRequestListFirstDatablock(Apdu):
    """Begin to write several attributes in blocks; the blocks make up ``n {Data}``."""

    TAG: ClassVar[int] = SET_REQUEST
    CHOICE: ClassVar[int] = 5
    attributes: tuple[CosemAttribute, ...]
    block: DataBlock

    def body(self) -> bytes:
        return encode_list(self.attributes, CosemAttribute.encode) + self.block.encode()

    @classmethod
    def read(cls, iip: int, reader: Reader) -> SetRequestListFirstDatablock:
        return cls(iip, read_list(reader, CosemAttribute.read, "attributes"), DataBlock.read(reader))


@register
@dataclass(frozen=True)
class SetResponseNormal(Apdu):
    """Result of writing one attribute."""

    TAG: ClassVar[int] = SET_RESPONSE
    CHOICE: ClassVar[int] = 1
    result: DataAccessResult

    def body(self) -> bytes:
        return _encode_result(self.result)

    @classmethod
    def read(cls, iip: int, reader: Reader) -> SetResponseNormal:
        return cls(iip, _read_result(reader))


@register
@dataclass(frozen=True)
class SetResponseDatablock(Apdu):
    """Block received, send the next."""

    TAG: ClassVar[int] = SET_RESPONSE
    CHOICE: ClassVar[int] = 2
    block_number: int

    def body(self) -> bytes:
        return u32(self.block_number)

    @classmethod
    def read(cls, iip: int, reader: Reader) -> SetResponseDatablock:
        return cls(iip, reader.u32("block-number"))


@register
@dataclass(frozen=True)
class SetResponseLastDatablock(Apdu):
    """End of a long SET of one attribute."""

    TAG: ClassVar[int] = SET_RESPONSE
    CHOICE: ClassVar[int] = 3
    result: DataAccessResult
    block_number: int

    def body(self) -> bytes:
        return _encode_result(self.result) + u32(self.block_number)

    @classmethod
    def read(cls, iip: int, reader: Reader) -> SetResponseLastDatablock:
        return cls(iip, _read_result(reader), reader.u32("block-number"))


@register
@dataclass(frozen=True)
class SetResponseLastDatablockWithList(Apdu):
    """End of a long SET of several attributes."""

    TAG: ClassVar[int] = SET_RESPONSE
    CHOICE: ClassVar[int] = 4
    results: tuple[DataAccessResult, ...]
    block_number: int

    def body(self) -> bytes:
        return encode_list(self.results, _encode_result) + u32(self.block_number)

    @classmethod
    def read(cls, iip: int, reader: Reader) -> SetResponseLastDatablockWithList:
        return cls(iip, read_list(reader, _read_result, "results"), reader.u32("block-number"))


@register
@dataclass(frozen=True)
class SetResponseWithList(Apdu):
    """One result per attribute, in order."""

    TAG: ClassVar[int] = SET_RESPONSE
    CHOICE: ClassVar[int] = 5
    results: tuple[DataAccessResult, ...]

    def body(self) -> bytes:
        return encode_list(self.results, _encode_result)

    @classmethod
    def read(cls, iip: int, reader: Reader) -> SetResponseWithList:
        return cls(iip, read_list(reader, _read_result, "results"))
