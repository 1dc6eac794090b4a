"""Read and Write with short names as conversations without I/O, like those of
:mod:`exchanges`: block transfer happens inside.

There is no invoke-id; what belongs to a request is recognized from the answer's tag
and from the numbers of the blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from .axdr import Data
from .codes import DataAccessResult
from .errors import DataAccessError, ExceptionResponseError, ProtocolError, ServiceErrorResponse, UsageError
from .initiate import CONFIRMED_SERVICE_ERROR, ConfirmedServiceError
from .long_transfer import Exchange, Terms, check_block, check_size, read_whole, same_count
from .octets import length_octets
from .short_name_service import (
    Part,
    Variable,
    decode_read_response,
    decode_write_response,
    read_next,
    read_part,
    read_request,
    results,
    write_part,
    write_request,
)
from .xdlms import EXCEPTION_RESPONSE, DataResult, ExceptionResponse

_ONE_RESULT = b"\x01\x00"


def _refused(octets: bytes, what: str) -> bytes:
    """The octets, unless they refuse the whole request."""
    if octets[:1] == bytes([EXCEPTION_RESPONSE]):
        raise ExceptionResponseError(ExceptionResponse.decode(octets), what)
    if octets[:1] == bytes([CONFIRMED_SERVICE_ERROR]):
        raise ServiceErrorResponse(ConfirmedServiceError.decode(octets), what)
    return octets


def read(terms: Terms, variable: Variable) -> Exchange[Data]:
    """Read one variable; a data-access-result is raised as DataAccessError."""
    what = f"Read of {variable}"
    result = (yield from _read(terms, (variable,), what))[0]
    if isinstance(result, DataAccessResult):
        raise DataAccessError(result, what)
    return result


def read_list(terms: Terms, variables: Sequence[Variable]) -> Exchange[tuple[DataResult, ...]]:
    """Read several variables: one Data or data-access-result each, in order."""
    return (yield from _read(terms, tuple(variables), f"Read of a list of {len(variables)}"))


def _read(terms: Terms, variables: tuple[Variable, ...], what: str) -> Exchange[tuple[DataResult, ...]]:
    """Read variables with one request, in parts if it is too long; returns a result for each (D-50,
    D-51).
    """
    request = read_request(variables)
    if _must_part(terms, request):
        octets = b""
        for part in _parts(terms, request[1:], read_part):
            octets = _refused((yield read_part(part)), what)
            if not part.last:
                taken = decode_read_response(octets)
                if isinstance(taken, tuple):
                    _raise_first(taken, what)
                check_block(taken if isinstance(taken, int) else None, part.number, what)
    else:
        octets = _refused((yield request), what)
    answer = decode_read_response(octets)
    if isinstance(answer, Part):
        raw = yield from _collect(terms, answer, what)
        answer = read_whole(raw, results, "list of results")
    if isinstance(answer, int):
        raise ProtocolError(f"{what}: the server asks for more after the last part")
    return same_count(answer, len(variables), what)


def _collect(terms: Terms, part: Part, what: str) -> Exchange[bytes]:
    """Request further blocks of a Read until the last one; returns the raw octets of all (D-51)."""
    collected, expected = bytearray(), 1
    while True:
        check_block(part.number, expected, what)
        collected += part.raw
        check_size(len(collected), what)
        if terms.watch:
            # The one result of a variable has its count and the choice of Data before it.
            terms.watch(part.raw if expected > 1 else part.raw.removeprefix(_ONE_RESULT))
        if part.last:
            return bytes(collected)
        answer = decode_read_response(_refused((yield read_next(expected)), what))
        if isinstance(answer, tuple):
            _raise_first(answer, what)
        if not isinstance(answer, Part):
            raise ProtocolError(f"{what}: the answer to a request for a block is no block")
        part, expected = answer, expected + 1


def _raise_first(answer: Sequence[DataResult | DataAccessResult], what: str) -> None:
    """A transfer that ends before its time ends with one data-access-result."""
    if len(answer) == 1 and isinstance(answer[0], DataAccessResult) and answer[0] is not DataAccessResult.SUCCESS:
        raise DataAccessError(answer[0], what)


def write(terms: Terms, variable: Variable, value: Data) -> Exchange[None]:
    """Write one variable; a data-access-result other than success is raised as DataAccessError."""
    what = f"Write of {variable}"
    result = (yield from _write(terms, (variable,), (value,), what))[0]
    if result is not DataAccessResult.SUCCESS:
        raise DataAccessError(result, what)


def write_list(
    terms: Terms, variables: Sequence[Variable], values: Sequence[Data]
) -> Exchange[tuple[DataAccessResult, ...]]:
    """Write several variables: one data-access-result each, in order."""
    return (yield from _write(terms, tuple(variables), tuple(values), f"Write of a list of {len(variables)}"))


def _write(
    terms: Terms, variables: tuple[Variable, ...], values: tuple[Data, ...], what: str
) -> Exchange[tuple[DataAccessResult, ...]]:
    """Write variables with one request, in parts if it is too long; returns a result for each
    (D-50, D-51).
    """
    request = write_request(variables, values)
    if _must_part(terms, request):
        octets = b""
        for part in _parts(terms, request[1:], write_part):
            octets = _refused((yield write_part(part)), what)
            if not part.last:
                taken = decode_write_response(octets)
                if isinstance(taken, tuple):
                    _raise_first(taken, what)
                check_block(taken if isinstance(taken, int) else None, part.number, what)
    else:
        octets = _refused((yield request), what)
    answer = decode_write_response(octets)
    if isinstance(answer, int):
        raise ProtocolError(f"{what}: the server asks for more after the last part")
    return same_count(answer, len(variables), what)


def _must_part(terms: Terms, request: bytes) -> bool:
    return terms.block_size is not None or 0 < terms.max_request < len(request)


def _parts(terms: Terms, raw: bytes, make: Callable[[Part], bytes]) -> Iterator[Part]:
    """``raw`` as parts that respect the server's limit and the chosen block size, numbered from 1."""
    overhead = len(make(Part(False, 1, b""))) - 1  # without the length octets
    room = terms.block_size if terms.block_size is not None else 0xFFFFFF
    if terms.max_request:
        fits = terms.max_request - overhead
        while fits > 0 and overhead + len(length_octets(fits)) + fits > terms.max_request:
            fits -= 1
        room = min(room, fits)
    if room < 1:
        raise UsageError(f"no data fits a block: limit {terms.max_request} octets, block size {terms.block_size}")
    count = -(-len(raw) // room)
    for i in range(count):
        yield Part(i == count - 1, i + 1, raw[i * room : (i + 1) * room])
