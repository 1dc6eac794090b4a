"""The services as conversations without I/O: each is a generator that yields
request APDUs and is sent response APDUs.

    exchange = get(terms, attribute)
    apdu = next(exchange)                 # send these octets
    apdu = exchange.send(response)        # received octets in, next request out ...
    StopIteration.value                   # ... until the result is there

Block transfer happens inside, in both directions, so the caller sees one value in and one value out
whatever the PDU sizes are (REQUIREMENTS D-14, D-22, D-24, D-33). Responses are checked whole: their
kind, their invoke-id-and-priority octet, their block numbers and the number of results.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NoReturn

from . import axdr
from .action_service import (
    ActionRequestFirstPblock,
    ActionRequestListFirstPblock,
    ActionRequestNextPblock,
    ActionRequestNormal,
    ActionRequestPblock,
    ActionRequestWithList,
    ActionResponseNextPblock,
    ActionResponseNormal,
    ActionResponseWithList,
    ActionResponseWithPblock,
)
from .axdr import Data
from .codes import ActionResult, DataAccessResult
from .errors import (
    ActionError,
    DataAccessError,
    ProtocolError,
)
from .get_service import (
    GetRequestNext,
    GetRequestNormal,
    GetRequestWithList,
    GetResponseNormal,
    GetResponseWithDatablock,
    GetResponseWithList,
)
from .long_transfer import (
    Exchange,
    Terms,
    check_block,
    check_size,
    cut,
    expect,
    must_block,
    read_whole,
    same_count,
)
from .set_service import (
    SetRequestDatablock,
    SetRequestFirstDatablock,
    SetRequestListFirstDatablock,
    SetRequestNormal,
    SetRequestWithList,
    SetResponseDatablock,
    SetResponseLastDatablock,
    SetResponseLastDatablockWithList,
    SetResponseNormal,
    SetResponseWithList,
)
from .xdlms import (
    ActionOutcome,
    Apdu,
    CosemAttribute,
    CosemMethod,
    DataBlock,
    DataResult,
    encode_list,
    read_data_result,
    read_list,
)

# GET


def get(terms: Terms, attribute: CosemAttribute) -> Exchange[Data]:
    """Read one attribute; a data-access-result is raised as DataAccessError."""
    what = f"GET of {attribute}"
    octets = yield GetRequestNormal(terms.iip, attribute).encode()
    response = expect(octets, terms.iip, (GetResponseNormal, GetResponseWithDatablock), what)
    if isinstance(response, GetResponseWithDatablock):
        return axdr.decode((yield from _collect_datablocks(terms, response, what)))
    if isinstance(response.result, DataAccessResult):
        raise DataAccessError(response.result, what)
    return response.result


def get_list(terms: Terms, attributes: Sequence[CosemAttribute]) -> Exchange[tuple[DataResult, ...]]:
    """Read several attributes: one Data or data-access-result each, in order (REQUIREMENTS D-13)."""
    what = f"GET of a list of {len(attributes)}"
    octets = yield GetRequestWithList(terms.iip, tuple(attributes)).encode()
    response = expect(octets, terms.iip, (GetResponseWithList, GetResponseWithDatablock), what)
    if isinstance(response, GetResponseWithList):
        return same_count(response.results, len(attributes), what)
    raw = yield from _collect_datablocks(terms, response, what)
    results = read_whole(raw, lambda reader: read_list(reader, read_data_result, "results"), "list of results")
    return same_count(results, len(attributes), what)


def _collect_datablocks(terms: Terms, block: GetResponseWithDatablock, what: str) -> Exchange[bytes]:
    """Request further blocks of a GET until the last one; returns the raw-data of all. Block
    numbers count from 1 (D-14).
    """
    collected, expected = bytearray(), 1
    while True:
        if isinstance(block.result, DataAccessResult):
            raise DataAccessError(block.result, what)
        check_block(block.block_number, expected, what)
        collected += block.result
        check_size(len(collected), what)
        if terms.watch:
            terms.watch(block.result)
        if block.last:
            return bytes(collected)
        octets = yield GetRequestNext(terms.iip, expected).encode()
        block = expect(octets, terms.iip, (GetResponseWithDatablock,), what)
        expected += 1


# SET


def set_(terms: Terms, attribute: CosemAttribute, value: Data) -> Exchange[None]:
    """Write one attribute; a data-access-result other than success is raised as DataAccessError."""
    what = f"SET of {attribute}"
    request = SetRequestNormal(terms.iip, attribute, value)
    if must_block(terms, request):
        blocks = cut(
            terms,
            value.encode(),
            lambda block: SetRequestFirstDatablock(terms.iip, attribute, block),
            lambda block: SetRequestDatablock(terms.iip, block),
        )
        results = yield from _send_datablocks(terms, blocks, (SetResponseLastDatablock,), what)
        result = results[0]
    else:
        result = expect((yield request.encode()), terms.iip, (SetResponseNormal,), what).result
    if result is not DataAccessResult.SUCCESS:
        raise DataAccessError(result, what)


def set_list(
    terms: Terms, attributes: Sequence[CosemAttribute], values: Sequence[Data]
) -> Exchange[tuple[DataAccessResult, ...]]:
    """Write several attributes: one data-access-result each, in order."""
    what = f"SET of a list of {len(attributes)}"
    listed = tuple(attributes)
    request = SetRequestWithList(terms.iip, listed, tuple(values))
    if not must_block(terms, request):
        response = expect((yield request.encode()), terms.iip, (SetResponseWithList,), what)
        return same_count(response.results, len(listed), what)
    blocks = cut(
        terms,
        encode_list(values, Data.encode),
        lambda block: SetRequestListFirstDatablock(terms.iip, listed, block),
        lambda block: SetRequestDatablock(terms.iip, block),
    )
    results = yield from _send_datablocks(terms, blocks, (SetResponseLastDatablockWithList,), what)
    return same_count(results, len(listed), what)


_LongSetAnswer = SetResponseDatablock | SetResponseLastDatablock | SetResponseLastDatablockWithList | SetResponseNormal


def _send_datablocks(
    terms: Terms, blocks: Iterator[Apdu], final: tuple[type[_LongSetAnswer], ...], what: str
) -> Exchange[tuple[DataAccessResult, ...]]:
    """All blocks of a long SET; the results of the final response.

    A refusal in the middle ends it, in the last-datablock form or in the
    normal form (REQUIREMENTS D-22).
    """
    kinds: tuple[type[_LongSetAnswer], ...] = (
        SetResponseDatablock,
        SetResponseLastDatablock,
        SetResponseNormal,
        *final,
    )
    for request in blocks:
        block: DataBlock = request.block  # type: ignore[attr-defined]
        response: _LongSetAnswer = expect((yield request.encode()), terms.iip, kinds, what)
        if not isinstance(response, SetResponseNormal):
            check_block(response.block_number, block.number, what)
        if isinstance(response, SetResponseDatablock):
            if block.last:
                raise ProtocolError(f"{what}: the server asks for more after the last block")
            continue
        results = response.results if isinstance(response, SetResponseLastDatablockWithList) else (response.result,)
        if block.last and isinstance(response, final):
            return results
        refused = [result for result in results if result is not DataAccessResult.SUCCESS]
        if not refused:
            raise ProtocolError(f"{what}: a {type(response).__name__} without an error ended the transfer")
        raise DataAccessError(refused[0], what)
    raise AssertionError("a long SET has at least one block")


# ACTION


def action(terms: Terms, method: CosemMethod, parameter: Data | None = None) -> Exchange[Data | None]:
    """Invoke one method, return what it returns; another result than
    success is raised as ActionError.
    """
    what = f"ACTION of {method}"
    request = ActionRequestNormal(terms.iip, method, parameter)
    if parameter is not None and must_block(terms, request):
        blocks = cut(
            terms,
            parameter.encode(),
            lambda block: ActionRequestFirstPblock(terms.iip, method, block),
            lambda block: ActionRequestPblock(terms.iip, block),
        )
        octets = yield from _send_pblocks(terms, blocks, what)
    else:
        octets = yield request.encode()
    response = expect(octets, terms.iip, (ActionResponseNormal, ActionResponseWithPblock), what)
    if isinstance(response, ActionResponseWithPblock):
        outcome = decode_long_outcome((yield from _collect_pblocks(terms, response, what)))
    else:
        outcome = response.outcome
    if outcome.result is not ActionResult.SUCCESS:
        raise ActionError(outcome.result, what)
    if isinstance(outcome.value, DataAccessResult):
        raise DataAccessError(outcome.value, what)
    return outcome.value


def action_list(
    terms: Terms, methods: Sequence[CosemMethod], parameters: Sequence[Data | None]
) -> Exchange[tuple[ActionOutcome, ...]]:
    """Invoke several methods: one outcome each, in order (REQUIREMENTS D-34)."""
    what = f"ACTION of a list of {len(methods)}"
    listed = tuple(methods)
    values = tuple(axdr.null_data() if parameter is None else parameter for parameter in parameters)
    request = ActionRequestWithList(terms.iip, listed, values)
    if must_block(terms, request):
        blocks = cut(
            terms,
            encode_list(values, Data.encode),
            lambda block: ActionRequestListFirstPblock(terms.iip, listed, block),
            lambda block: ActionRequestPblock(terms.iip, block),
        )
        octets = yield from _send_pblocks(terms, blocks, what)
    else:
        octets = yield request.encode()
    kinds = (ActionResponseWithList, ActionResponseWithPblock, ActionResponseNormal)
    response = expect(octets, terms.iip, kinds, what)
    if isinstance(response, ActionResponseNormal):
        # A long list that fails as a whole is answered with one result.
        _refuse(response, what)
    if isinstance(response, ActionResponseWithList):
        return same_count(response.outcomes, len(listed), what)
    raw = yield from _collect_pblocks(terms, response, what)
    outcomes = read_whole(raw, lambda reader: read_list(reader, ActionOutcome.read, "outcomes"), "list of outcomes")
    return same_count(outcomes, len(listed), what)


def _refuse(response: ActionResponseNormal, what: str) -> NoReturn:
    if response.outcome.result is ActionResult.SUCCESS:
        raise ProtocolError(f"{what}: the answer is an ActionResponseNormal without an error")
    raise ActionError(response.outcome.result, what)


def _send_pblocks(terms: Terms, blocks: Iterator[Apdu], what: str) -> Exchange[bytes]:
    """All blocks of a long ACTION request; the octets of the response to the last one."""
    for request in blocks:
        block: DataBlock = request.block  # type: ignore[attr-defined]
        octets = yield request.encode()
        if block.last:
            return octets
        response = expect(octets, terms.iip, (ActionResponseNextPblock, ActionResponseNormal), what)
        if isinstance(response, ActionResponseNormal):
            _refuse(response, what)
        else:
            check_block(response.block_number, block.number, what)
    raise AssertionError("a long ACTION has at least one block")


def _collect_pblocks(terms: Terms, response: ActionResponseWithPblock, what: str) -> Exchange[bytes]:
    """Request further blocks of an ACTION's answer until the last one; returns the raw octets of
    all (D-33).
    """
    collected, expected = bytearray(), 1
    while True:
        block = response.block
        check_block(block.number, expected, what)
        collected += block.raw
        check_size(len(collected), what)
        if block.last:
            return bytes(collected)
        octets = yield ActionRequestNextPblock(terms.iip, expected).encode()
        kinds = (ActionResponseWithPblock, ActionResponseNormal)
        following = expect(octets, terms.iip, kinds, what)
        if isinstance(following, ActionResponseNormal):
            _refuse(following, what)
        else:
            response, expected = following, expected + 1


def decode_long_outcome(raw: bytes) -> ActionOutcome:
    """The outcome that the pblocks of one method make up.

    No text at hand says which part of Action-Response-With-Optional-Data is cut into blocks, so the
    three readings in use are distinguished: ``result 01 00 Data`` (the whole), ``01 00 Data`` (the
    return parameters) and ``Data`` alone. A long value is never null-data nor an empty array, so no
    two of them coincide.
    """
    if len(raw) > 1 and raw[0] == ActionResult.SUCCESS:
        return read_whole(raw, ActionOutcome.read, "ACTION outcome")
    if len(raw) > 2 and raw[:2] == b"\x01\x00":
        return ActionOutcome(ActionResult.SUCCESS, read_whole(raw[1:], read_data_result, "return parameters"))
    return ActionOutcome(ActionResult.SUCCESS, axdr.decode(raw))
