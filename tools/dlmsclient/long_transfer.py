"""What the exchanges of all services share: terms, checks of a response, and
cutting a long request into blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar, overload

from .errors import ExceptionResponseError, ProtocolError, ServiceErrorResponse, UsageError
from .initiate import CONFIRMED_SERVICE_ERROR, ConfirmedServiceError
from .octets import Reader, length_octets
from .xdlms import EXCEPTION_RESPONSE, Apdu, DataBlock, ExceptionResponse, decode_apdu

MAX_VALUE_OCTETS = 64 * 1024 * 1024

Result = TypeVar("Result")
Kind = TypeVar("Kind", bound=Apdu)
Second = TypeVar("Second", bound=Apdu)
Third = TypeVar("Third", bound=Apdu)
Exchange = Generator[bytes, bytes, Result]


@dataclass(frozen=True)
class Terms:
    """What a request is made with.

    ``max_request`` octets of APDU that the server takes (0: no limit); ``block_size``: send SET and
    ACTION in blocks of at most that many raw octets even if the request would fit. ``watch`` is
    given the octets of a long value as they come.
    """

    iip: int
    max_request: int = 0
    block_size: int | None = None
    watch: Callable[[bytes], None] | None = None


@overload
def expect(octets: bytes, iip: int, kinds: tuple[type[Kind]], what: str) -> Kind: ...
@overload
def expect(octets: bytes, iip: int, kinds: tuple[type[Kind], type[Second]], what: str) -> Kind | Second: ...
@overload
def expect(
    octets: bytes, iip: int, kinds: tuple[type[Kind], type[Second], type[Third]], what: str
) -> Kind | Second | Third: ...
@overload
def expect(octets: bytes, iip: int, kinds: tuple[type[Kind], ...], what: str) -> Kind: ...
def expect(octets: bytes, iip: int, kinds: tuple[type[Apdu], ...], what: str) -> Apdu:
    """The response of one of the ``kinds``; a refusal or anything unexpected is raised."""
    if octets[:1] == bytes([EXCEPTION_RESPONSE]):
        raise ExceptionResponseError(ExceptionResponse.decode(octets), what)
    if octets[:1] == bytes([CONFIRMED_SERVICE_ERROR]):
        raise ServiceErrorResponse(ConfirmedServiceError.decode(octets), what)
    apdu = decode_apdu(octets)
    if not isinstance(apdu, kinds):
        raise ProtocolError(f"{what}: the answer is a {type(apdu).__name__}")
    if apdu.iip != iip:
        raise ProtocolError(f"{what}: the answer has invoke-id-and-priority {apdu.iip:02X}, the request {iip:02X}")
    return apdu


def read_whole(octets: bytes, read: Callable[[Reader], Result], name: str) -> Result:
    """What ``read`` makes of all the octets."""
    reader = Reader(octets, name)
    try:
        result = read(reader)
        reader.end()
    except ProtocolError as error:
        raise error.of(octets) from None
    return result


def same_count(found: Sequence[Result], asked: int, what: str) -> tuple[Result, ...]:
    """A list response has one result per entry."""
    if len(found) != asked:
        raise ProtocolError(f"{what}: {len(found)} results for {asked} entries")
    return tuple(found)


def check_block(number: int | None, expected: int, what: str) -> None:
    """Block numbers go up by one from 1."""
    if number != expected:
        raise ProtocolError(f"{what}: block {number} came, expected block {expected}")


def check_size(collected: int, what: str) -> None:
    """No value grows without end."""
    if collected > MAX_VALUE_OCTETS:
        raise ProtocolError(f"{what}: the value is longer than {MAX_VALUE_OCTETS} octets")


def must_block(terms: Terms, request: Apdu) -> bool:
    """Whether the request has to go, or is wanted, in blocks."""
    return terms.block_size is not None or 0 < terms.max_request < len(request.encode())


def cut(
    terms: Terms, raw: bytes, first: Callable[[DataBlock], Apdu], further: Callable[[DataBlock], Apdu]
) -> Iterator[Apdu]:
    """``raw`` as block APDUs that respect the server's limit and the
    chosen block size, numbered from 1.
    """
    offset, number, make = 0, 1, first
    while True:
        room = _room(terms, len(make(DataBlock(False, number, b"")).encode()))
        part = raw[offset : offset + room]
        offset += len(part)
        last = offset >= len(raw)
        yield make(DataBlock(last, number, part))
        if last:
            return
        number, make = number + 1, further


def _room(terms: Terms, overhead: int) -> int:
    """Raw octets that fit a block APDU which has ``overhead`` octets when empty."""
    room = terms.block_size if terms.block_size is not None else 0xFFFFFF
    if terms.max_request:
        # The empty block already counts one length octet.
        fits = terms.max_request - overhead
        while fits > 0 and overhead - 1 + len(length_octets(fits)) + fits > terms.max_request:
            fits -= 1
        room = min(room, fits)
    if room < 1:
        raise UsageError(f"no data fits a block: limit {terms.max_request} octets, block size {terms.block_size}")
    return room
