"""ACCESS: several gets, sets and actions in one request, with or without their
specifications in the response (REQUIREMENTS D.5).

D9 · long-invoke-id-and-priority u32 · date-time (length, octets) · n {specification}
· n {Data} DA · long-invoke-id-and-priority u32 · date-time · (00 | 01 n
{specification}) · n {Data} · n {choice result}

specification   01 attribute  get      02 attribute  set       03 method  action
                04 attribute selector Data  get with selection      05 attribute selector Data  set with selection
choice          01 get, 02 set, 03 action; result: data-access-result or action-result
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from . import axdr
from .axdr import Data, read_data
from .codes import ActionResult, DataAccessResult
from .errors import ExceptionResponseError, ProtocolError, UsageError
from .octets import Reader, counted
from .xdlms import (
    EXCEPTION_RESPONSE,
    CosemAttribute,
    CosemMethod,
    ExceptionResponse,
    encode_list,
    read_code,
    read_list,
    u32,
)

ACCESS_REQUEST = 0xD9
ACCESS_RESPONSE = 0xDA
HIGH_PRIORITY = 1 << 31
CONFIRMED = 1 << 30
BREAK_ON_ERROR = 1 << 29
SELF_DESCRIPTIVE = 1 << 28
LONG_INVOKE_ID_MASK = 0xFFFFFF
_SELECTED = 3  # added to the choice of an attribute with selection


class AccessKind(IntEnum):
    """What is asked of an object."""

    GET = 1
    SET = 2
    ACTION = 3


@dataclass(frozen=True)
class AccessItem:
    """One specification: what is done to which attribute or method, and with
    which Data (null-data for none).
    """

    kind: AccessKind
    target: CosemAttribute | CosemMethod
    data: Data | None = None

    def specification(self) -> bytes:
        """Choice and descriptor, with the selection of an attribute."""
        if isinstance(self.target, CosemMethod):
            if self.kind is not AccessKind.ACTION:
                raise UsageError(f"{self.kind.name} of a method")
            return bytes([self.kind]) + self.target.encode()
        if self.kind is AccessKind.ACTION:
            raise UsageError("ACTION of an attribute")
        selection = self.target.selection
        plain = CosemAttribute(self.target.class_id, self.target.instance, self.target.attribute_id).encode()[:-1]
        if selection is None:
            return bytes([self.kind]) + plain
        return bytes([self.kind + _SELECTED]) + plain + selection.encode()

    def encode_data(self) -> bytes:
        """The Data that goes with it."""
        return (axdr.null_data() if self.data is None else self.data).encode()


@dataclass(frozen=True)
class AccessOutcome:
    """What came of one specification: its result, and the Data of the response
    (null-data where there is nothing to say).
    """

    result: DataAccessResult | ActionResult
    data: Data


def encode_request(iip: int, items: Sequence[AccessItem], date_time: bytes = b"") -> bytes:
    """The request; ``iip`` is the whole long-invoke-id-and-priority."""
    head = bytes([ACCESS_REQUEST]) + u32(iip) + counted(date_time)
    return head + encode_list(items, AccessItem.specification) + encode_list(items, AccessItem.encode_data)


def decode_response(octets: bytes, iip: int, items: Sequence[AccessItem]) -> tuple[AccessOutcome, ...]:
    """The response to ``items``, checked whole."""
    what = f"ACCESS to {len(items)}"
    if octets[:1] == bytes([EXCEPTION_RESPONSE]):
        raise ExceptionResponseError(ExceptionResponse.decode(octets), what)
    reader = Reader(octets, "ACCESS-response")
    if reader.u8("tag") != ACCESS_RESPONSE:
        raise ProtocolError(f"{what}: the answer begins with {octets[:4].hex().upper()}")
    if (echoed := reader.u32("long-invoke-id-and-priority")) != iip:
        raise ProtocolError(f"{what}: the answer has long-invoke-id-and-priority {echoed:08X}, the request {iip:08X}")
    reader.counted("date-time")
    described = reader.flag("access-request-specification")
    if described != bool(iip & SELF_DESCRIPTIVE):
        raise ProtocolError(
            f"{what}: the specifications are {'' if described else 'not '}repeated, asked for was the other"
        )
    if described:
        wanted = encode_list(items, AccessItem.specification)
        if reader.take(len(wanted), "specifications") != wanted:
            raise ProtocolError(f"{what}: the specifications repeated are not those of the request")
    data = read_list(reader, read_data, "data")
    results = read_list(reader, _read_result, "results")
    reader.end()
    if not len(data) == len(results) == len(items):
        raise ProtocolError(f"{what}: {len(data)} data and {len(results)} results")
    for item, (kind, _) in zip(items, results, strict=True):
        if kind is not item.kind:
            raise ProtocolError(f"{what}: the result of a {kind.name} for a {item.kind.name}")
    return tuple(AccessOutcome(result, value) for (_, result), value in zip(results, data, strict=True))


def _read_result(reader: Reader) -> tuple[AccessKind, DataAccessResult | ActionResult]:
    choice = reader.u8("choice of the result")
    try:
        kind = AccessKind(choice)
    except ValueError:
        raise ProtocolError(f"ACCESS-response: a result of the unknown choice {choice}") from None
    if kind is AccessKind.ACTION:
        return kind, read_code(reader, ActionResult, "result")
    return kind, read_code(reader, DataAccessResult, "result")
