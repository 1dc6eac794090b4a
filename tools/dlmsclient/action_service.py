"""ACTION: requests and responses (REQUIREMENTS D.4).

                    request C3                                      response C7
normal              01 iip method (00 | 01 Data)                    01 iip outcome
next-pblock         02 iip block-number u32                         -
with-pblock         -                                               02 iip block
with-list           03 iip n {method} n {Data, null-data if none}   03 iip n {outcome}
first-pblock        04 iip method block                             04 iip block-number u32 (send the next)
list+first-pblock   05 iip n {method} block                         04
pblock              06 iip block                                    04, at the end 01, 02 or 03

outcome = result · (00 | 01 · (00 Data | 01 data-access-result))
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .axdr import Data, read_data
from .octets import Reader
from .xdlms import (
    ACTION_REQUEST,
    ACTION_RESPONSE,
    ActionOutcome,
    Apdu,
    CosemMethod,
    DataBlock,
    encode_list,
    read_list,
    register,
    u32,
)


@register
@dataclass(frozen=True)
class ActionRequestNormal(Apdu):
    """Invoke one method."""

    TAG: ClassVar[int] = ACTION_REQUEST
    CHOICE: ClassVar[int] = 1
    method: CosemMethod
    parameter: Data | None = None

    def body(self) -> bytes:
        parameter = b"\x00" if self.parameter is None else b"\x01" + self.parameter.encode()
        return self.method.encode() + parameter

    @classmethod
    def read(cls, iip: int, reader: Reader) -> ActionRequestNormal:
        method = CosemMethod.read(reader)
        return cls(iip, method, read_data(reader) if reader.flag("method-invocation-parameters") else None)


@register
@dataclass(frozen=True)
class ActionRequestNextPblock(Apdu):
    """Ask for the block after ``block_number``, the last one received."""

    TAG: ClassVar[int] = ACTION_REQUEST
    CHOICE: ClassVar[int] = 2
    block_number: int

    def body(self) -> bytes:
        return u32(self.block_number)

    @classmethod
    def read(cls, iip: int, reader: Reader) -> ActionRequestNextPblock:
        return cls(iip, reader.u32("block-number"))


@register
@dataclass(frozen=True)
class ActionRequestWithList(Apdu):
    """Invoke several methods; null-data stands for no parameter."""

    TAG: ClassVar[int] = ACTION_REQUEST
    CHOICE: ClassVar[int] = 3
    methods: tuple[CosemMethod, ...]
    parameters: tuple[Data, ...]

    def body(self) -> bytes:
        return encode_list(self.methods, CosemMethod.encode) + encode_list(self.parameters, Data.encode)

    @classmethod
    def read(cls, iip: int, reader: Reader) -> ActionRequestWithList:
        return cls(iip, read_list(reader, CosemMethod.read, "methods"), read_list(reader, read_data, "parameters"))


@register
@dataclass(frozen=True)
class ActionRequestFirstPblock(Apdu):
    """Begin to send a long parameter of one method; the blocks make up its Data."""

    TAG: ClassVar[int] = ACTION_REQUEST
    CHOICE: ClassVar[int] = 4
    method: CosemMethod
    block: DataBlock

    def body(self) -> bytes:
        return self.method.encode() + self.block.encode()

    @classmethod
    def read(cls, iip: int, reader: Reader) -> ActionRequestFirstPblock:
        return cls(iip, CosemMethod.read(reader), DataBlock.read(reader))


@register
@dataclass(frozen=True)
class ActionRequestListFirstPblock(Apdu):
    """Begin to send long parameters of several methods; the blocks make up ``n {Data}``."""

    TAG: ClassVar[int] = ACTION_REQUEST
    CHOICE: ClassVar[int] = 5
    methods: tuple[CosemMethod, ...]
    block: DataBlock

    def body(self) -> bytes:
        return encode_list(self.methods, CosemMethod.encode) + self.block.encode()

    @classmethod
    def read(cls, iip: int, reader: Reader) -> ActionRequestListFirstPblock:
        return cls(iip, read_list(reader, CosemMethod.read, "methods"), DataBlock.read(reader))


@register
@dataclass(frozen=True)
class ActionRequestPblock(Apdu):
    """A further block of parameters."""

    TAG: ClassVar[int] = ACTION_REQUEST
    CHOICE: ClassVar[int] = 6
    block: DataBlock

    def body(self) -> bytes:
        return self.block.encode()

    @classmethod
    def read(cls, iip: int, reader: Reader) -> ActionRequestPblock:
        return cls(iip, DataBlock.read(reader))


@register
@dataclass(frozen=True)
class ActionResponseNormal(Apdu):
    """Outcome of one method."""

    TAG: ClassVar[int] = ACTION_RESPONSE
    CHOICE: ClassVar[int] = 1
    outcome: ActionOutcome

    def body(self) -> bytes:
        return self.outcome.encode()

    @classmethod
    def read(cls, iip: int, reader: Reader) -> ActionResponseNormal:
        return cls(iip, ActionOutcome.read(reader))


@register
@dataclass(frozen=True)
class ActionResponseWithPblock(Apdu):
    """One block of a long outcome."""

    TAG: ClassVar[int] = ACTION_RESPONSE
    CHOICE: ClassVar[int] = 2
    block: DataBlock

    def body(self) -> bytes:
        return self.block.encode()

    @classmethod
    def read(cls, iip: int, reader: Reader) -> ActionResponseWithPblock:
        return cls(iip, DataBlock.read(reader))


@register
@dataclass(frozen=True)
class ActionResponseWithList(Apdu):
    """One outcome per method, in order."""

    TAG: ClassVar[int] = ACTION_RESPONSE
    CHOICE: ClassVar[int] = 3
    outcomes: tuple[ActionOutcome, ...]

    def body(self) -> bytes:
        return encode_list(self.outcomes, ActionOutcome.encode)

    @classmethod
    def read(cls, iip: int, reader: Reader) -> ActionResponseWithList:
        return cls(iip, read_list(reader, ActionOutcome.read, "outcomes"))


@register
@dataclass(frozen=True)
class ActionResponseNextPblock(Apdu):
    """Block received, send the next."""

    TAG: ClassVar[int] = ACTION_RESPONSE
    CHOICE: ClassVar[int] = 4
    block_number: int

    def body(self) -> bytes:
        return u32(self.block_number)

    @classmethod
    def read(cls, iip: int, reader: Reader) -> ActionResponseNextPblock:
        return cls(iip, reader.u32("block-number"))
