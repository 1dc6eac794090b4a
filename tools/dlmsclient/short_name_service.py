"""Read, Write and UnconfirmedWrite of short name referencing (REQUIREMENTS D.6);
InformationReport is one of `notifications`.

                        request                         response
    Read                05 n {specification}            0C n {00 Data | 01 result | 02 last number length raw |
                                                              03 number}
    Write               06 n {specification} n {Data}   0D n {00 | 01 result | 02 number}
    UnconfirmedWrite    16 n {specification} n {Data}   -

A specification is ``02 name`` or ``04 name selector Data``; alone in a request also ``05 number``
(the block after that one), ``06 last number length raw`` (a part of a Read request) and
``07 last number`` (a part of a Write request, whose one Data is an octet-string). Names and numbers
have 16 bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from . import axdr
from .axdr import Data, read_data
from .codes import DataAccessResult
from .errors import ProtocolError, UsageError
from .octets import Reader, counted
from .xdlms import DataResult, encode_list, read_code, read_list

READ_REQUEST = 0x05
WRITE_REQUEST = 0x06
READ_RESPONSE = 0x0C
WRITE_RESPONSE = 0x0D
UNCONFIRMED_WRITE_REQUEST = 0x16

_DATA, _ERROR, _BLOCK, _NUMBER = range(4)


def _u16(value: int, what: str) -> bytes:
    if not 0 <= value <= 0xFFFF:
        raise UsageError(f"{what} {value} is not 0 to 65535")
    return value.to_bytes(2, "big")


@dataclass(frozen=True)
class Variable:
    """variable-name, or with a parameter the parameterized-access of the same name."""

    name: int
    selector: int = 0
    parameter: Data | None = None

    def encode(self) -> bytes:
        """3 octets, or 4 and the parameter."""
        name = _u16(self.name, "short name")
        if self.parameter is None:
            return b"\x02" + name
        return b"\x04" + name + bytes([self.selector]) + self.parameter.encode()

    @classmethod
    def read(cls, reader: Reader) -> Variable:
        """From a reader that may have more."""
        choice = reader.u8("choice of variable-access-specification")
        if choice not in (2, 4):
            raise ProtocolError(f"variable-access-specification has the choice {choice}, must be 2 or 4")
        name = reader.u16("short name")
        return cls(name) if choice == 2 else cls(name, reader.u8("selector"), read_data(reader))

    def __str__(self) -> str:
        return f"short name {self.name:04X}"


@dataclass(frozen=True)
class Part:
    """A part of a long answer or request: last-block, number from 1, raw data."""

    last: bool
    number: int
    raw: bytes

    @classmethod
    def read(cls, reader: Reader) -> Part:
        """``last number length raw``."""
        return cls(reader.flag("last-block"), reader.u16("block-number"), reader.counted("raw-data"))


def read_request(variables: Sequence[Variable]) -> bytes:
    """ReadRequest."""
    return bytes([READ_REQUEST]) + encode_list(variables, Variable.encode)


def read_next(number: int) -> bytes:
    """ReadRequest for the block after block ``number``."""
    return bytes([READ_REQUEST, 1, 5]) + _u16(number, "block-number")


def read_part(part: Part) -> bytes:
    """ReadRequest with a part of a long one."""
    return bytes([READ_REQUEST, 1, 6, part.last]) + _u16(part.number, "block-number") + counted(part.raw)


def write_request(variables: Sequence[Variable], values: Sequence[Data], tag: int = WRITE_REQUEST) -> bytes:
    """WriteRequest, or with the other tag UnconfirmedWriteRequest."""
    return bytes([tag]) + encode_list(variables, Variable.encode) + encode_list(values, Data.encode)


def write_part(part: Part) -> bytes:
    """WriteRequest with a part of a long one."""
    head = bytes([WRITE_REQUEST, 1, 7, part.last]) + _u16(part.number, "block-number")
    return head + encode_list((axdr.octet_string(part.raw),), Data.encode)


def read_result(reader: Reader) -> DataResult:
    """``00 Data`` or ``01 result``."""
    choice = reader.u8("choice of ReadResponse")
    if choice == _DATA:
        return read_data(reader)
    if choice == _ERROR:
        return _refusal(reader)
    raise ProtocolError(f"ReadResponse has the choice {choice}, must be 0 or 1 here")


def _refusal(reader: Reader) -> DataAccessResult:
    result = read_code(reader, DataAccessResult, "data-access-result")
    if result is DataAccessResult.SUCCESS:
        raise ProtocolError("a data-access-error says success")
    return result


def results(reader: Reader) -> tuple[DataResult, ...]:
    """The list of a ReadResponse, which is also what the raw data of all its blocks make up."""
    return read_list(reader, read_result, "results")


def decode_read_response(octets: bytes) -> tuple[DataResult, ...] | Part | int:
    """The results; or a block of them; or the number of the part of a long request that was taken."""
    reader = Reader(octets, "ReadResponse")
    _expect_tag(reader, READ_RESPONSE)
    answer: tuple[DataResult, ...] | Part | int
    if octets[1:3] == bytes((1, _BLOCK)):
        reader.take(2)
        answer = Part.read(reader)
    elif octets[1:3] == bytes((1, _NUMBER)):
        reader.take(2)
        answer = reader.u16("block-number")
    else:
        answer = results(reader)
    reader.end()
    return answer


def _write_result(reader: Reader) -> DataAccessResult:
    choice = reader.u8("choice of WriteResponse")
    if choice > _ERROR:
        raise ProtocolError(f"WriteResponse has the choice {choice}, must be 0 or 1 here")
    return _refusal(reader) if choice else DataAccessResult.SUCCESS


def decode_write_response(octets: bytes) -> tuple[DataAccessResult, ...] | int:
    """The results, or the number of the part of a long request that was taken."""
    reader = Reader(octets, "WriteResponse")
    _expect_tag(reader, WRITE_RESPONSE)
    answer: tuple[DataAccessResult, ...] | int
    if octets[1:3] == bytes((1, 2)):
        reader.take(2)
        answer = reader.u16("block-number")
    else:
        answer = read_list(reader, _write_result, "results")
    reader.end()
    return answer


def _expect_tag(reader: Reader, tag: int) -> None:
    found = reader.u8("tag")
    if found != tag:
        raise ProtocolError(f"tag is {found:02X}, must be {tag:02X}")
