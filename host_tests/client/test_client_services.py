"""GET, SET and ACTION APDUs: every variant of REQUIREMENTS D.2 to D.4 in both directions."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from host_tests.client.peer import check_codec, octets
from tools.dlmsclient import axdr
from tools.dlmsclient.action_service import (
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
from tools.dlmsclient.codes import ActionResult, DataAccessResult, ExceptionService, ExceptionState
from tools.dlmsclient.errors import ProtocolError, UsageError
from tools.dlmsclient.get_service import (
    GetRequestNext,
    GetRequestNormal,
    GetRequestWithList,
    GetResponseNormal,
    GetResponseWithDatablock,
    GetResponseWithList,
)
from tools.dlmsclient.obis import Obis
from tools.dlmsclient.selection import CaptureObject, by_entry, by_range, object_list_by_class, object_list_by_id
from tools.dlmsclient.set_service import (
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
from tools.dlmsclient.xdlms import (
    ActionOutcome,
    CosemAttribute,
    CosemMethod,
    DataBlock,
    ExceptionResponse,
    decode_apdu,
    invoke_id_and_priority,
)

CLOCK = Obis.parse("0.0.1.0.0.255")
PROFILE = Obis.parse("1.0.99.1.0.255")
TIME = CosemAttribute(8, CLOCK, 2)
ZONE = CosemAttribute(8, CLOCK, 3)
SHIFT = CosemMethod(8, CLOCK, 6)
NOW = axdr.octet_string(octets("07E50118FF0E303950FFC400"))
TYPE_UNMATCHED = DataAccessResult.TYPE_UNMATCHED
SUCCESS = DataAccessResult.SUCCESS
DONE = ActionOutcome(ActionResult.SUCCESS)
BLOCK = DataBlock(False, 1, b"\x09\x0c")
LAST = DataBlock(True, 2, b"\x07\xe5")

CASES = [
    # GET
    ("C001C1 00080000010000FF02 00", GetRequestNormal(0xC1, TIME)),
    (
        "C001C1 00070100630100FF02 01 02 0204 0600000001 0600000000 120001 120000",
        GetRequestNormal(0xC1, CosemAttribute(7, PROFILE, 2, by_entry(1))),
    ),
    ("C002C1 00000001", GetRequestNext(0xC1, 1)),
    ("C00381 02 00080000010000FF0200 00080000010000FF0300", GetRequestWithList(0x81, (TIME, ZONE))),
    ("C401C1 00 090C07E50118FF0E303950FFC400", GetResponseNormal(0xC1, NOW)),
    ("C401C1 01 04", GetResponseNormal(0xC1, DataAccessResult.OBJECT_UNDEFINED)),
    ("C402C1 00 00000001 00 02 090C", GetResponseWithDatablock(0xC1, False, 1, b"\x09\x0c")),
    ("C402C1 01 00000002 01 13", GetResponseWithDatablock(0xC1, True, 2, DataAccessResult.DATA_BLOCK_NUMBER_INVALID)),
    ("C403C1 02 00 1105 01 03", GetResponseWithList(0xC1, (axdr.unsigned(5), DataAccessResult.READ_WRITE_DENIED))),
    # SET
    ("C101C1 00080000010000FF0200 090C07E50118FF0E303950FFC400", SetRequestNormal(0xC1, TIME, NOW)),
    ("C102C1 00080000010000FF0200 00 00000001 02 090C", SetRequestFirstDatablock(0xC1, TIME, BLOCK)),
    ("C103C1 01 00000002 02 07E5", SetRequestDatablock(0xC1, LAST)),
    (
        "C104C1 02 00080000010000FF0200 00080000010000FF0300 02 00 10003C",
        SetRequestWithList(0xC1, (TIME, ZONE), (axdr.null_data(), axdr.long(60))),
    ),
    ("C105C1 01 00080000010000FF0200 00 00000001 02 090C", SetRequestListFirstDatablock(0xC1, (TIME,), BLOCK)),
    ("C501C1 00", SetResponseNormal(0xC1, SUCCESS)),
    ("C502C1 00000001", SetResponseDatablock(0xC1, 1)),
    ("C503C1 0C 00000002", SetResponseLastDatablock(0xC1, TYPE_UNMATCHED, 2)),
    ("C504C1 02 00 0C 00000002", SetResponseLastDatablockWithList(0xC1, (SUCCESS, TYPE_UNMATCHED), 2)),
    ("C505C1 02 00 0C", SetResponseWithList(0xC1, (SUCCESS, TYPE_UNMATCHED))),
    # ACTION
    ("C301C1 00080000010000FF06 00", ActionRequestNormal(0xC1, SHIFT)),
    (
        "C301C1 000F0000280000FF01 01 0911 10 00000001 1A52FE7DD3E72748973C1E28",
        ActionRequestNormal(
            0xC1,
            CosemMethod(15, Obis.parse("0.0.40.0.0.255"), 1),
            axdr.octet_string(octets("10000000011A52FE7DD3E72748973C1E28")),
        ),
    ),
    ("C302C1 00000001", ActionRequestNextPblock(0xC1, 1)),
    (
        "C303C1 02 00080000010000FF06 00080000010000FF01 02 10000A 00",
        ActionRequestWithList(0xC1, (SHIFT, CosemMethod(8, CLOCK, 1)), (axdr.long(10), axdr.null_data())),
    ),
    ("C304C1 00080000010000FF06 00 00000001 02 090C", ActionRequestFirstPblock(0xC1, SHIFT, BLOCK)),
    ("C305C1 01 00080000010000FF06 00 00000001 02 090C", ActionRequestListFirstPblock(0xC1, (SHIFT,), BLOCK)),
    ("C306C1 01 00000002 02 07E5", ActionRequestPblock(0xC1, LAST)),
    ("C701C1 00 00", ActionResponseNormal(0xC1, DONE)),
    ("C701C1 0C 00", ActionResponseNormal(0xC1, ActionOutcome(ActionResult.TYPE_UNMATCHED))),
    (
        "C701C1 00 01 00 0911 10 01234567 FE1466AFB3DBCD4F9389E2B7",
        ActionResponseNormal(
            0xC1,
            ActionOutcome(ActionResult.SUCCESS, axdr.octet_string(octets("1001234567FE1466AFB3DBCD4F9389E2B7"))),
        ),
    ),
    ("C701C1 00 01 01 03", ActionResponseNormal(0xC1, ActionOutcome(ActionResult.SUCCESS, DataAccessResult(3)))),
    ("C702C1 00 00000001 02 090C", ActionResponseWithPblock(0xC1, BLOCK)),
    (
        "C703C1 02 00 00 00 01 00 1105",
        ActionResponseWithList(0xC1, (DONE, ActionOutcome(ActionResult.SUCCESS, axdr.unsigned(5)))),
    ),
    ("C704C1 00000001", ActionResponseNextPblock(0xC1, 1)),
]


@pytest.mark.parametrize(
    ("text", "apdu"), CASES, ids=[type(apdu).__name__ + str(n) for n, (_, apdu) in enumerate(CASES)]
)
def test_table(text, apdu):
    check_codec(decode_apdu, octets(text), apdu)


def test_short_form_of_a_datablock_error_can_be_told_apart():
    apdu = decode_apdu(octets("C402C10113"))
    assert apdu == GetResponseWithDatablock(0xC1, True, None, DataAccessResult.DATA_BLOCK_NUMBER_INVALID)
    assert apdu.encode() == octets("C402C10113")


@pytest.mark.parametrize(
    "text",
    ["", "C4", "C401", "C405C10000", "C6", "D80102", "C401C102", "C401C10100", "C402C10100", "C402C10011",
     "C401C10105", "C401C10022", "C501C114", "C701C11400", "C701C10002",
     "C402C102000000010000", "C403C1FF", "C50201"],
)  # fmt: skip
def test_wrong_octets_are_refused(text):
    with pytest.raises(ProtocolError):
        decode_apdu(octets(text))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("D80102", ExceptionResponse(ExceptionState.SERVICE_NOT_ALLOWED, ExceptionService.SERVICE_NOT_SUPPORTED)),
        ("D80104", ExceptionResponse(ExceptionState.SERVICE_NOT_ALLOWED, ExceptionService.PDU_TOO_LONG)),
        (
            "D80106 01020304",
            ExceptionResponse(
                ExceptionState.SERVICE_NOT_ALLOWED, ExceptionService.INVOCATION_COUNTER_ERROR, 0x01020304
            ),
        ),
    ],
)
def test_exception_response(text, value):
    check_codec(ExceptionResponse.decode, octets(text), value)


@pytest.mark.parametrize("text", ["D80302", "D80107", "D80002", "C40102"])
def test_wrong_exception_responses(text):
    with pytest.raises(ProtocolError):
        ExceptionResponse.decode(octets(text))


def test_invoke_id_and_priority():
    assert invoke_id_and_priority(1) == 0xC1
    assert invoke_id_and_priority(15, confirmed=False) == 0x8F
    assert invoke_id_and_priority(0, high_priority=False) == 0x40
    with pytest.raises(UsageError):
        invoke_id_and_priority(16)


@pytest.mark.parametrize(
    ("selection", "text"),
    [
        (by_entry(1, 2, 3, 4), "02 0204 0600000001 0600000002 120003 120004"),
        (
            by_range(axdr.unsigned(1), axdr.unsigned(2), CaptureObject(8, CLOCK, 2), [CaptureObject(3, PROFILE, 2, 1)]),
            "01 0204 0204 120008 09060000010000FF 0F02 120000 1101 11020101 0204 120003 09060100630100FF 0F02 120001",
        ),
        (object_list_by_class(3, 8), "02 0102 120003 120008"),
        (object_list_by_id(8, "0.0.1.0.0.255"), "04 0202 120008 09060000010000FF"),
    ],
)
def test_selectors(selection, text):
    assert selection.encode() == octets(text)


@pytest.mark.parametrize("attribute", [CosemAttribute(65536, CLOCK, 1), CosemAttribute(1, CLOCK, 128)])
def test_descriptors_that_do_not_fit(attribute):
    with pytest.raises(UsageError):
        attribute.encode()


@settings(derandomize=True, deadline=None, max_examples=400)
@given(st.sampled_from(CASES), st.lists(st.tuples(st.integers(0, 60), st.integers(0, 255)), min_size=1, max_size=4))
def test_mutated_octets_decode_or_are_refused(case, changes):
    wire = bytearray(octets(case[0]))
    for place, octet in changes:
        wire[place % len(wire)] = octet
    try:
        apdu = decode_apdu(bytes(wire))
    except ProtocolError:
        return
    assert decode_apdu(apdu.encode()) == apdu
