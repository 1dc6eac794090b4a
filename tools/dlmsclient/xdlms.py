"""What GET, SET and ACTION share: invoke-id-and-priority, descriptors, data blocks,
ExceptionResponse (REQUIREMENTS D.1, D.8).

    CosemAttribute  class-id u16 · instance-id 6 octets · attribute-id i8 [·
                    access-selection 00 | 01 selector u8 Data]
    CosemMethod     class-id u16 · instance-id 6 octets · method-id i8
    DataBlock       last-block 00/01 · block-number u32 · length · raw data

The APDUs themselves are in :mod:`get_service`, :mod:`set_service` and
:mod:`action_service` of this package; each has ``encode`` and the three modules together
fill the table that :func:`decode_apdu` looks in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import ClassVar, TypeVar

from .axdr import Data, read_data
from .codes import (
    ActionResult,
    DataAccessResult,
    ExceptionService,
    ExceptionState,
    TextCode,
)
from .errors import ProtocolError, UsageError
from .obis import Obis
from .octets import Reader, counted, length_octets

GET_REQUEST = 0xC0
SET_REQUEST = 0xC1
ACTION_REQUEST = 0xC3
GET_RESPONSE = 0xC4
SET_RESPONSE = 0xC5
ACTION_RESPONSE = 0xC7
EXCEPTION_RESPONSE = 0xD8

INVOKE_ID_MASK = 0x0F
CONFIRMED = 0x40
HIGH_PRIORITY = 0x80

Code = TypeVar("Code", bound=TextCode)
Item = TypeVar("Item")


def invoke_id_and_priority(invoke_id: int, confirmed: bool = True, high_priority: bool = True) -> int:
    """The octet: bits 0-3 invoke-id, bit 6 service class, bit 7 priority (REQUIREMENTS D-02)."""
    if not 0 <= invoke_id <= INVOKE_ID_MASK:
        raise UsageError(f"invoke-id {invoke_id} is not 0 to 15")
    return invoke_id | (CONFIRMED if confirmed else 0) | (HIGH_PRIORITY if high_priority else 0)


def u32(value: int) -> bytes:
    """4 octets, big-endian."""
    if not 0 <= value <= 0xFFFFFFFF:
        raise UsageError(f"{value} does not fit 32 bits")
    return value.to_bytes(4, "big")


@dataclass(frozen=True)
class Selection:
    """Selective access: selector and its parameters (REQUIREMENTS D-05)."""

    selector: int
    parameters: Data

    def encode(self) -> bytes:
        """Selector octet and Data, without the presence flag."""
        return bytes([self.selector]) + self.parameters.encode()


def _descriptor(class_id: int, instance: Obis, index: int) -> bytes:
    if not 0 <= class_id <= 0xFFFF:
        raise UsageError(f"class-id {class_id} is not 0 to 65535")
    if not -128 <= index <= 127:
        raise UsageError(f"attribute or method number {index} is not -128 to 127")
    return class_id.to_bytes(2, "big") + instance.octets + (index & 0xFF).to_bytes(1, "big")


@dataclass(frozen=True)
class CosemAttribute:
    """An attribute of an object, with selective access or without."""

    class_id: int
    instance: Obis
    attribute_id: int
    selection: Selection | None = None

    def encode(self) -> bytes:
        """Descriptor and access selection."""
        selection = b"\x00" if self.selection is None else b"\x01" + self.selection.encode()
        return _descriptor(self.class_id, self.instance, self.attribute_id) + selection

    @classmethod
    def read(cls, reader: Reader) -> CosemAttribute:
        """From a reader that may have more."""
        class_id, instance, number = (
            reader.u16("class-id"),
            Obis(reader.take(6, "instance-id")),
            reader.i8("attribute-id"),
        )
        selection = None
        if reader.flag("access-selection"):
            selection = Selection(reader.u8("access-selector"), read_data(reader))
        return cls(class_id, instance, number, selection)

    def __str__(self) -> str:
        return f"{self.instance} attribute {self.attribute_id} (class {self.class_id})"


@dataclass(frozen=True)
class CosemMethod:
    """A method of an object."""

    class_id: int
    instance: Obis
    method_id: int

    def encode(self) -> bytes:
        """Descriptor."""
        return _descriptor(self.class_id, self.instance, self.method_id)

    @classmethod
    def read(cls, reader: Reader) -> CosemMethod:
        """From a reader that may have more."""
        return cls(reader.u16("class-id"), Obis(reader.take(6, "instance-id")), reader.i8("method-id"))

    def __str__(self) -> str:
        return f"{self.instance} method {self.method_id} (class {self.class_id})"


@dataclass(frozen=True)
class DataBlock:
    """A block of a long service: DataBlock-SA of SET and ACTION."""

    last: bool
    number: int
    raw: bytes

    def encode(self) -> bytes:
        """last-block, number, raw data with length."""
        return bytes([self.last]) + u32(self.number) + counted(self.raw)

    @classmethod
    def read(cls, reader: Reader) -> DataBlock:
        """From a reader that may have more."""
        return cls(reader.flag("last-block"), reader.u32("block-number"), reader.counted("raw-data"))


DataResult = Data | DataAccessResult


def encode_data_result(result: DataResult) -> bytes:
    """Get-Data-Result: ``00`` Data, or ``01`` data-access-result."""
    if isinstance(result, Data):
        return b"\x00" + result.encode()
    return bytes([0x01, result])


def read_data_result(reader: Reader) -> DataResult:
    """Get-Data-Result from a reader that may have more."""
    if reader.flag("choice of Get-Data-Result"):
        result = read_code(reader, DataAccessResult, "data-access-result")
        if result is DataAccessResult.SUCCESS:
            raise ProtocolError("a result without data says success")
        return result
    return read_data(reader)


@dataclass(frozen=True)
class ActionOutcome:
    """Action-Response-With-Optional-Data: result, and what the method returned (None when nothing)."""

    result: ActionResult
    value: DataResult | None = None

    def encode(self) -> bytes:
        """result · 00, or result · 01 · Get-Data-Result."""
        head = bytes([self.result])
        return head + (b"\x00" if self.value is None else b"\x01" + encode_data_result(self.value))

    @classmethod
    def read(cls, reader: Reader) -> ActionOutcome:
        """From a reader that may have more."""
        result = read_code(reader, ActionResult, "action-result")
        return cls(result, read_data_result(reader) if reader.flag("return-parameters") else None)


def read_code(reader: Reader, kind: type[Code], what: str) -> Code:
    """One octet that must be a known code."""
    octet = reader.u8(what)
    try:
        return kind(octet)
    except ValueError:
        raise ProtocolError(f"{what} has the unknown value {octet}") from None


def encode_list(items: Iterable[Item], encode: Callable[[Item], bytes]) -> bytes:
    """SEQUENCE OF: count and items."""
    encoded = [encode(item) for item in items]
    return length_octets(len(encoded)) + b"".join(encoded)


def read_list(reader: Reader, read: Callable[[Reader], Item], what: str) -> tuple[Item, ...]:
    """SEQUENCE OF from a reader that may have more; each item has at least one octet."""
    count = reader.length(f"count of {what}")
    if count > reader.remaining:
        raise ProtocolError(f"{count} {what} in {reader.remaining} octets")
    return tuple(read(reader) for _ in range(count))


@dataclass(frozen=True)
class Apdu:
    """Base of the service APDUs: tag, choice octet, invoke-id-and-priority,
    then the body of the subclass.
    """

    TAG: ClassVar[int]
    CHOICE: ClassVar[int]
    iip: int

    def encode(self) -> bytes:
        """The whole APDU."""
        return bytes([self.TAG, self.CHOICE, self.iip]) + self.body()

    def body(self) -> bytes:
        """What follows invoke-id-and-priority."""
        raise NotImplementedError

    @classmethod
    def read(cls, iip: int, reader: Reader) -> Apdu:
        """The APDU whose head was read."""
        raise NotImplementedError


_APDUS: dict[tuple[int, int], type[Apdu]] = {}
_NAMES = {
    GET_REQUEST: "GET-request",
    SET_REQUEST: "SET-request",
    ACTION_REQUEST: "ACTION-request",
    GET_RESPONSE: "GET-response",
    SET_RESPONSE: "SET-response",
    ACTION_RESPONSE: "ACTION-response",
}


def register(kind: type[Apdu]) -> type[Apdu]:
    """Class decorator: enter an APDU into the table of :func:`decode_apdu`."""
    _APDUS[kind.TAG, kind.CHOICE] = kind
    return kind


@dataclass(frozen=True)
class ExceptionResponse:
    """ExceptionResponse: ``D8`` state, service, and for invocation-counter-error the
    expected counter (REQUIREMENTS D-70).
    """

    state: ExceptionState
    service: ExceptionService
    invocation_counter: int | None = None

    def encode(self) -> bytes:
        """3 octets, or 7."""
        counter = b"" if self.invocation_counter is None else u32(self.invocation_counter)
        return bytes([EXCEPTION_RESPONSE, self.state, self.service]) + counter

    @classmethod
    def decode(cls, octets: bytes) -> ExceptionResponse:
        """From the whole APDU."""
        reader = Reader(octets, "ExceptionResponse")
        tag = reader.u8("tag")
        if tag != EXCEPTION_RESPONSE:
            raise ProtocolError(f"tag is {tag:02X}, must be D8")
        state = read_code(reader, ExceptionState, "state-error")
        service = read_code(reader, ExceptionService, "service-error")
        counter = reader.u32("invocation counter") if service is ExceptionService.INVOCATION_COUNTER_ERROR else None
        reader.end()
        return cls(state, service, counter)

    @property
    def text(self) -> str:
        """Both codes in words."""
        return f"exception response {self.state.text}, {self.service.text}"


def decode_apdu(octets: bytes) -> Apdu:
    """The GET, SET or ACTION APDU that fills ``octets``, request or response."""
    if not octets:
        raise ProtocolError("the APDU is empty")
    reader = Reader(octets, _NAMES.get(octets[0], "APDU"))
    tag = reader.u8("tag")
    if tag not in _NAMES:
        raise ProtocolError(f"APDU has tag {tag:02X}, which is no GET, SET or ACTION")
    choice = reader.u8("choice")
    if (tag, choice) not in _APDUS:
        raise ProtocolError(f"{_NAMES[tag]} has the unknown choice {choice:02X}")
    iip = reader.u8("invoke-id-and-priority")
    apdu = _APDUS[tag, choice].read(iip, reader)
    reader.end()
    return apdu
