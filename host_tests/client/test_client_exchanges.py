"""Services with block transfer, as conversations without I/O: right answers,
wrong answers, every block size.
"""

import pytest

from host_tests.client.peer import converse, octets
from tools.dlmsclient import axdr, exchanges
from tools.dlmsclient.codes import ActionResult, DataAccessResult
from tools.dlmsclient.errors import (
    ActionError,
    DataAccessError,
    ExceptionResponseError,
    ProtocolError,
    ServiceErrorResponse,
    UsageError,
)
from tools.dlmsclient.long_transfer import Terms
from tools.dlmsclient.obis import Obis
from tools.dlmsclient.xdlms import ActionOutcome, CosemAttribute, CosemMethod, decode_apdu

CLOCK = Obis.parse("0.0.1.0.0.255")
TIME = CosemAttribute(8, CLOCK, 2)
SHIFT = CosemMethod(8, CLOCK, 6)
TERMS = Terms(0xC1)
GET_TIME = "C001C1 00080000010000FF0200"


def test_long_get():
    value = converse(
        exchanges.get(TERMS, TIME),
        (GET_TIME, "C402C1 00 00000001 00 03 09040A"),
        ("C002C1 00000001", "C402C1 00 00000002 00 00"),
        ("C002C1 00000002", "C402C1 01 00000003 00 03 0B0C0D"),
    )
    assert value == axdr.octet_string(b"\x0a\x0b\x0c\x0d")


def test_long_get_list():
    results = converse(
        exchanges.get_list(TERMS, [TIME, TIME]),
        ("C003C1 02 00080000010000FF0200 00080000010000FF0200", "C402C1 00 00000001 00 03 020011"),
        ("C002C1 00000001", "C402C1 01 00000002 00 03 050103"),
    )
    assert results == (axdr.unsigned(5), DataAccessResult.READ_WRITE_DENIED)


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        ("C401C1 01 04", DataAccessError, "object-undefined \\(4\\)"),
        ("D80102", ExceptionResponseError, "service-not-allowed"),
        ("0E010302", ServiceErrorResponse, "service-unsupported"),
        ("C401C2 00 1105", ProtocolError, "invoke-id-and-priority C2"),
        ("C40141 00 1105", ProtocolError, "invoke-id-and-priority 41"),
        ("C401C1 00 1105 00", ProtocolError, "trailing"),
        ("C401C1 00", ProtocolError, "cut short"),
        ("C403C1 01 00 1105", ProtocolError, "GetResponseWithList"),
        ("C501C1 00", ProtocolError, "SetResponseNormal"),
        ("C402C1 00 00000002 00 01 09", ProtocolError, "block 2 came, expected block 1"),
        ("C402C1 01 00000001 00 02 1105 00", ProtocolError, "trailing"),
        ("C402C1 01 00000001 00 03 110500", ProtocolError, "trailing"),
        ("C402C1 01 00000001 01 0E", DataAccessError, "data-block-unavailable"),
        ("C402C1 01 13", DataAccessError, "data-block-number-invalid"),
    ],
)
def test_get_refusals_and_wrong_answers(answer, error, words):
    with pytest.raises(error, match=words):
        converse(exchanges.get(TERMS, TIME), (GET_TIME, answer))


def test_repeated_block_number_is_noticed():
    with pytest.raises(ProtocolError, match="block 1 came, expected block 2"):
        converse(
            exchanges.get(TERMS, TIME),
            (GET_TIME, "C402C1 00 00000001 00 01 09"),
            ("C002C1 00000001", "C402C1 00 00000001 00 01 09"),
        )


def test_list_with_too_few_results_is_noticed():
    with pytest.raises(ProtocolError, match="1 results for 2 entries"):
        converse(
            exchanges.get_list(TERMS, [TIME, TIME]),
            ("C003C1 02 00080000010000FF0200 00080000010000FF0200", "C403C1 01 00 1105"),
        )


def reassemble(exchange, acknowledge, final):
    """Acknowledge every block; the blocks and what the exchange made of the final answer."""
    blocks, request = [], next(exchange)
    while True:
        apdu = decode_apdu(request)
        blocks.append(apdu)
        assert apdu.block.number == len(blocks)
        answer = final(apdu) if apdu.block.last else f"{acknowledge}{apdu.iip:02X}{apdu.block.number:08X}"
        try:
            request = exchange.send(octets(answer))
        except StopIteration as done:
            return blocks, done.value


VALUE = axdr.octet_string(bytes(range(200)))


@pytest.mark.parametrize("size", [1, 2, 7, 64, 202, 203, 1000])
def test_long_set_with_chosen_block_size(size):
    exchange = exchanges.set_(Terms(0xC1, block_size=size), TIME, VALUE)
    blocks, _ = reassemble(exchange, "C502", lambda apdu: f"C503C100{apdu.block.number:08X}")
    assert b"".join(apdu.block.raw for apdu in blocks) == VALUE.encode()
    assert [len(apdu.block.raw) for apdu in blocks[:-1]] == [size] * (len(blocks) - 1)
    assert len(blocks) == -(-len(VALUE.encode()) // size)


@pytest.mark.parametrize("limit", [20, 21, 64, 65, 128, 150, 155, 160])
def test_long_set_fills_the_pdu_size(limit):
    exchange = exchanges.set_(Terms(0xC1, limit), TIME, VALUE)
    blocks, _ = reassemble(exchange, "C502", lambda apdu: f"C503C100{apdu.block.number:08X}")
    assert b"".join(apdu.block.raw for apdu in blocks) == VALUE.encode()
    lengths = [len(apdu.encode()) for apdu in blocks]
    assert max(lengths) <= limit
    # One octet less than the limit only where a longer raw data would need another length octet.
    assert all(limit - length <= 1 for length in lengths[:-1])


def test_pdu_size_without_room_for_data():
    with pytest.raises(UsageError, match="no data fits"):
        next(exchanges.set_(Terms(0xC1, 19), TIME, VALUE))


def test_short_set_goes_in_one_apdu():
    converse(exchanges.set_(Terms(0xC1, 64), TIME, axdr.unsigned(5)), ("C101C1 00080000010000FF0200 1105", "C501C1 00"))


def test_long_set_list():
    exchange = exchanges.set_list(Terms(0xC1, block_size=50), [TIME, TIME], [VALUE, axdr.unsigned(5)])
    blocks, results = reassemble(exchange, "C502", lambda apdu: f"C504C102000C{apdu.block.number:08X}")
    assert b"".join(apdu.block.raw for apdu in blocks) == b"\x02" + VALUE.encode() + octets("1105")
    assert results == (DataAccessResult.SUCCESS, DataAccessResult.TYPE_UNMATCHED)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("C503C1 13 00000001", DataAccessError),
        ("C501C1 0E", DataAccessError),
        ("C503C1 00 00000001", ProtocolError),
        ("C501C1 00", ProtocolError),
        ("C502C1 00000002", ProtocolError),
        ("C503C1 13 00000009", ProtocolError),
        ("C505C1 01 00", ProtocolError),
    ],
)
def test_answers_to_the_first_block(answer, error):
    value = axdr.array(axdr.unsigned(5), axdr.unsigned(5), axdr.unsigned(5))
    with pytest.raises(error):
        converse(
            exchanges.set_(Terms(0xC1, block_size=4), TIME, value),
            ("C102C1 00080000010000FF0200 00 00000001 04 01031105", answer),
        )


@pytest.mark.parametrize("answer", ["C502C1 00000001", "C504C1 01 00 00000001", "C503C1 00 00000002"])
def test_wrong_answers_to_the_last_block(answer):
    with pytest.raises(ProtocolError):
        converse(
            exchanges.set_(Terms(0xC1, block_size=4), TIME, axdr.unsigned(5)),
            ("C102C1 00080000010000FF0200 01 00000001 02 1105", answer),
        )


@pytest.mark.parametrize("raw", ["00 01 00 0903 0A0B0C", "01 00 0903 0A0B0C", "0903 0A0B0C"])
def test_long_action_response(raw):
    wire = octets(raw)
    value = converse(
        exchanges.action(TERMS, SHIFT),
        ("C301C1 00080000010000FF06 00", f"C702C1 00 00000001 02 {wire[:2].hex()}"),
        ("C302C1 00000001", f"C702C1 01 00000002 {len(wire) - 2:02X} {wire[2:].hex()}"),
    )
    assert value == axdr.octet_string(b"\x0a\x0b\x0c")


@pytest.mark.parametrize("size", [1, 50, 500])
def test_long_action_request(size):
    exchange = exchanges.action(Terms(0xC1, block_size=size), SHIFT, VALUE)
    blocks, value = reassemble(exchange, "C704", lambda apdu: "C701C1000100 1105")
    assert b"".join(apdu.block.raw for apdu in blocks) == VALUE.encode()
    assert value == axdr.unsigned(5)


def test_long_action_list_both_ways():
    exchange = exchanges.action_list(Terms(0xC1, block_size=3), [SHIFT, SHIFT], [axdr.long(5), None])
    value = converse(
        exchange,
        ("C305C1 02 00080000010000FF06 00080000010000FF06 00 00000001 03 021000", "C704C1 00000001"),
        ("C306C1 01 00000002 02 0500", "C702C1 00 00000001 02 0200"),
        ("C302C1 00000001", "C702C1 01 00000002 03 000C00"),
    )
    assert value == (ActionOutcome(ActionResult.SUCCESS), ActionOutcome(ActionResult.TYPE_UNMATCHED))


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        ("C701C1 0C 00", ActionError, "type-unmatched"),
        ("C701C1 00 01 01 03", DataAccessError, "read-write-denied"),
        ("D80102", ExceptionResponseError, "service-not-supported"),
        ("C703C1 01 00 00", ProtocolError, "ActionResponseWithList"),
        ("C704C1 00000001", ProtocolError, "ActionResponseNextPblock"),
    ],
)
def test_action_refusals_and_wrong_answers(answer, error, words):
    with pytest.raises(error, match=words):
        converse(exchanges.action(TERMS, SHIFT), ("C301C1 00080000010000FF06 00", answer))


def test_action_block_refused_in_the_middle():
    with pytest.raises(ActionError, match="long-action-aborted"):
        converse(
            exchanges.action(Terms(0xC1, block_size=1), SHIFT, axdr.unsigned(5)),
            ("C304C1 00080000010000FF06 00 00000001 01 11", "C701C1 0F 00"),
        )
