"""GET: requests and responses (REQUIREMENTS D.2).

                request C0                          response C4
normal          01 iip attribute                    01 iip (00 Data | 01 result)
next            02 iip block-number u32             -
with-datablock  -                                   02 iip last number u32
                (00 length raw | 01 result)
with-list       03 iip n {attribute}                03 iip n {00 Data | 01 result}
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .codes import DataAccessResult
from .errors import ProtocolError
from .octets import Reader, counted
from .xdlms import (
    GET_REQUEST,
    GET_RESPONSE,
    Apdu,
    CosemAttribute,
    DataResult,
    encode_data_result,
    encode_list,
    read_code,
    read_data_result,
    read_list,
    register,
    u32,
)


@register
@dataclass(frozen=True)
class GetRequestNormal(Apdu):
    """Read one attribute."""

    TAG: ClassVar[int] = GET_REQUEST
    CHOICE: ClassVar[int] = 1
    attribute: CosemAttribute

    def body(self) -> bytes:
        return self.attribute.encode()

    @classmethod
    def read(cls, iip: int, reader: Reader) -> GetRequestNormal:
        return cls(iip, CosemAttribute.read(reader))


@register
@dataclass(frozen=True)
class GetRequestNext(Apdu):
    """Ask for the block after ``block_number``, the last one received."""

    TAG: ClassVar[int] = GET_REQUEST
    CHOICE: ClassVar[int] = 2
    block_number: int

    def body(self) -> bytes:
        return u32(self.block_number)

    @classmethod
    def read(cls, iip: int, reader: Reader) -> GetRequestNext:
        return cls(iip, reader.u32("block-number"))


@register
@dataclass(frozen=True)
class GetRequestWithList(Apdu):
    """Read several attributes."""

    TAG: ClassVar[int] = GET_REQUEST
    CHOICE: ClassVar[int] = 3
    attributes: tuple[CosemAttribute, ...]

    def body(self) -> bytes:
        return encode_list(self.attributes, CosemAttribute.encode)

    @classmethod
    def read(cls, iip: int, reader: Reader) -> GetRequestWithList:
        return cls(iip, read_list(reader, CosemAttribute.read, "attributes"))


@register
@dataclass(frozen=True)
class GetResponseNormal(Apdu):
    """The value of one attribute, or why not."""

    TAG: ClassVar[int] = GET_RESPONSE
    CHOICE: ClassVar[int] = 1
    result: DataResult

    def body(self) -> bytes:
        return encode_data_result(self.result)

    @classmethod
    def read(cls, iip: int, reader: Reader) -> GetResponseNormal:
        return cls(iip, read_data_result(reader))


@register
@dataclass(frozen=True)
class GetResponseWithDatablock(Apdu):
    """One block of a long value, or why the transfer ended.

    The blocks of a single attribute make up its Data; those of a list make up the
    ``n {00 Data | 01 result}`` of with-list. Servers in the field also send
    ``C4 02 iip 01 result``, without the block number (REQUIREMENTS D-15): then ``block_number`` is
    None, so that a test can distinguish the two.
    """

    TAG: ClassVar[int] = GET_RESPONSE
    CHOICE: ClassVar[int] = 2
    last: bool
    block_number: int | None
    result: bytes | DataAccessResult

    def body(self) -> bytes:
        if self.block_number is None:
            return bytes([0x01, int(self.result)])
        head = bytes([self.last]) + u32(self.block_number)
        if isinstance(self.result, DataAccessResult):
            return head + bytes([0x01, self.result])
        return head + b"\x00" + counted(self.result)

    @classmethod
    def read(cls, iip: int, reader: Reader) -> GetResponseWithDatablock:
        if reader.remaining == 2:
            return cls(iip, True, None, _read_short_error(reader))
        last, number = reader.flag("last-block"), reader.u32("block-number")
        if reader.flag("choice of result"):
            return cls(iip, last, number, read_code(reader, DataAccessResult, "data-access-result"))
        return cls(iip, last, number, reader.counted("raw-data"))


def _read_short_error(reader: Reader) -> DataAccessResult:
    result = read_data_result(reader)
    if not isinstance(result, DataAccessResult):
        raise ProtocolError("GET-response datablock is cut short")
    return result


@register
@dataclass(frozen=True)
class GetResponseWithList(Apdu):
    """One result per attribute asked for, in order."""

    TAG: ClassVar[int] = GET_RESPONSE
    CHOICE: ClassVar[int] = 3
    results: tuple[DataResult, ...]

    def body(self) -> bytes:
        return encode_list(self.results, encode_data_result)

    @classmethod
    def read(cls, iip: int, reader: Reader) -> GetResponseWithList:
        return cls(iip, read_list(reader, read_data_result, "results"))
