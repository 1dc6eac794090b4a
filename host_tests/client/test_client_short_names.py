"""Short names in the host client without a meter: APDUs, conversations with block
transfer, wrong answers, object lists.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tools.dlmsclient import (
    DataAccessError,
    DataAccessResult,
    ExceptionResponseError,
    ProtocolError,
    ServiceErrorResponse,
    UsageError,
    Variable,
    axdr,
)
from tools.dlmsclient import short_name_exchanges as exchanges
from tools.dlmsclient.long_transfer import Exchange, Terms
from tools.dlmsclient.short_name_service import decode_read_response, decode_write_response
from tools.dlmsclient.short_names import attribute_name, method_name, parse_short_name_list

NAME = Variable(0x0100)
VALUE = axdr.octet_string(b"abc")


def converse(exchange: Exchange, *script: tuple[str, str]) -> object:
    """Play a server: (request that must come, answer) in hex; the result of the conversation."""
    apdu = next(exchange)
    for request, answer in script:
        assert apdu == bytes.fromhex(request)
        try:
            apdu = exchange.send(bytes.fromhex(answer))
        except StopIteration as done:
            assert (request, answer) == script[-1]
            return done.value
    raise AssertionError(f"the client goes on with {apdu.hex()}")


@pytest.mark.req("D-50")
def test_read() -> None:
    assert converse(exchanges.read(Terms(0), NAME), ("0501020100", "0C010009 03616263")) == VALUE
    selected = Variable(0x0108, 2, axdr.unsigned(1))
    assert converse(exchanges.read(Terms(0), selected), ("050104010802 1101", "0C010009 03616263")) == VALUE
    results = converse(exchanges.read_list(Terms(0), [NAME, NAME]), ("0502020100020100", "0C02 000903616263 0104"))
    assert results == (VALUE, DataAccessResult.OBJECT_UNDEFINED)
    with pytest.raises(DataAccessError):
        converse(exchanges.read(Terms(0), NAME), ("0501020100", "0C010103"))


@pytest.mark.req("D-50", "B-19")
def test_read_in_blocks_and_in_parts() -> None:
    script = [
        ("0501020100", "0C01020000010401000903"),
        ("0501050001", "0C010200000202 6162"),
        ("0501050002", "0C010201000301 63"),
    ]
    assert converse(exchanges.read(Terms(0), NAME), *script) == VALUE
    parted = [("05010600000102 0102", "0C01030001"), ("05010601000202 0100", "0C01000903616263")]
    assert converse(exchanges.read(Terms(0, block_size=2), NAME), *parted) == VALUE
    # what the server takes decides, too
    limited = [
        ("05010600000103 030201", "0C01030001"),
        ("05010600000203 000201", "0C01030002"),
        ("05010600000303 000201", "0C01030003"),
        ("05010601000401 00", "0C03000000000000"),
    ]
    assert converse(exchanges.read_list(Terms(0, 10), [NAME] * 3), *limited) == (axdr.null_data(),) * 3
    with pytest.raises(UsageError):
        next(exchanges.read(Terms(0, 4), NAME))


@pytest.mark.req("D-51", "B-19")
def test_write() -> None:
    assert converse(exchanges.write(Terms(0), NAME, VALUE), ("060102010001 0903616263", "0D0100")) is None
    assert converse(
        exchanges.write_list(Terms(0), [NAME, NAME], [VALUE, VALUE]),
        ("06020201000201000209036162630903616263", "0D0200010C"),
    ) == (DataAccessResult.SUCCESS, DataAccessResult.TYPE_UNMATCHED)
    parted = [("060107000001 010906 010201000109", "0D01020001"), ("060107010002 010904 03616263", "0D0100")]
    assert converse(exchanges.write(Terms(0, block_size=6), NAME, VALUE), *parted) is None
    with pytest.raises(DataAccessError):
        converse(exchanges.write(Terms(0, block_size=6), NAME, VALUE), parted[0], (parted[1][0], "0D010103"))
    with pytest.raises(DataAccessError):
        converse(exchanges.write(Terms(0, block_size=6), NAME, VALUE), (parted[0][0], "0D010113"))


WRONG_READS: Sequence[tuple[str, ...]] = (
    ("0C",),
    ("0C00",),
    ("0C0100",),
    ("0C0200000000",),
    ("0C010009036162",),
    ("0C0100090361626300",),
    ("0C010100",),
    ("0C0101FF",),
    ("0C0104",),
    ("0C01030001",),
    ("0C01020200010401000903",),
    ("0C01020000020401000903",),
    ("0C01020100010401000903",),
    ("0C0102000001040100090300",),
    ("0C01020000010401000903", "0C01020000010401000903"),
    ("0C01020000010401000903", "0C01020000030401000903"),
    ("0C01020000010401000903", "0C010009 03616263"),
    ("0C01020000010401000903", "0C01030001"),
    ("0D0100",),
    ("C401C10009 03616263",),
)


@pytest.mark.parametrize("answers", WRONG_READS)
def test_wrong_answers_to_a_read(answers: tuple[str, ...]) -> None:
    exchange = exchanges.read(Terms(0), NAME)
    next(exchange)
    for answer in answers[:-1]:
        exchange.send(bytes.fromhex(answer))
    with pytest.raises(ProtocolError):
        exchange.send(bytes.fromhex(answers[-1]))


@pytest.mark.parametrize("answer", ["0D", "0D00", "0D010100", "0D0103", "0D020000", "0D010000", "0D01020001", "0C0100"])
def test_wrong_answers_to_a_write(answer: str) -> None:
    exchange = exchanges.write(Terms(0), NAME, VALUE)
    next(exchange)
    with pytest.raises(ProtocolError):
        exchange.send(bytes.fromhex(answer))


@pytest.mark.req("D-55", "D-71")
def test_refusals_of_the_whole_request() -> None:
    for answer, kind in (("0E050302", ServiceErrorResponse), ("D80102", ExceptionResponseError)):
        for exchange in (exchanges.read(Terms(0), NAME), exchanges.write(Terms(0, block_size=1), NAME, VALUE)):
            next(exchange)
            with pytest.raises(kind):
                exchange.send(bytes.fromhex(answer))


@pytest.mark.req("D-53")
def test_names_of_attributes_and_methods() -> None:
    assert attribute_name(0xFA00, 2) == 0xFA08
    assert method_name(0xFA00, 12, 8) == 0xFA58
    assert method_name(0x0100, 3, 1) == 0x0128
    for wrong in (
        lambda: attribute_name(0x0100, 0),
        lambda: method_name(0x0100, 1, 1),
        lambda: method_name(0x0100, 3, 0),
    ):
        with pytest.raises(UsageError):
            wrong()
    with pytest.raises(UsageError):
        Variable(0x10000).encode()


@pytest.mark.req("F-10")
def test_object_list() -> None:
    def listed(base: int, name: bytes = bytes((1, 0, 1, 8, 0, 255)), class_id: int = 3) -> axdr.Data:
        return axdr.structure(axdr.long(base), axdr.long_unsigned(class_id), axdr.unsigned(0), axdr.octet_string(name))

    def rights(base: int) -> axdr.Data:
        attributes = axdr.array(axdr.structure(axdr.integer(2), axdr.enum(1), axdr.null_data()))
        return axdr.structure(axdr.long(base), attributes, axdr.array(axdr.structure(axdr.integer(1), axdr.enum(1))))

    two = axdr.array(listed(0x0100), listed(-1536, bytes((0, 0, 40, 0, 0, 255)), 12))
    objects = parse_short_name_list(two, axdr.array(rights(-1536), rights(0x0100)))
    assert [each.base_name for each in objects] == [0x0100, 0xFA00]
    assert (objects[0].readable, objects[0].invocable) == ([2], [1])
    assert objects[1].attribute(2) == 0xFA08
    data = parse_short_name_list(axdr.array(listed(0x0200, class_id=1)))[0]
    assert (objects[0].attribute(3), data.attribute(2)) == (0x0110, 0x0208)
    for beyond in (lambda: objects[0].attribute(6), lambda: objects[0].attribute(99), lambda: data.attribute(3)):
        with pytest.raises(UsageError, match="has no attribute"):
            beyond()
    assert parse_short_name_list(two)[0].attributes == {}
    for wrong in (axdr.structure(), axdr.array(axdr.unsigned(1)), axdr.array(listed(0x0100), listed(0x0100))):
        with pytest.raises(ProtocolError):
            parse_short_name_list(wrong)
    for wrong in (axdr.array(axdr.unsigned(1)), axdr.array(rights(0x0200)), axdr.array(rights(0x0100), rights(0x0100))):
        with pytest.raises(ProtocolError):
            parse_short_name_list(two, wrong)


def test_decoders_refuse_other_tags() -> None:
    for decode in (decode_read_response, decode_write_response):
        for wrong in ("", "C4", "0E050302"):
            with pytest.raises(ProtocolError):
                decode(bytes.fromhex(wrong))
