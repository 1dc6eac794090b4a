"""ACSE APDUs and xDLMS Initiate: the worked octets of REQUIREMENTS section C in both directions."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from host_tests.client.peer import check_codec, octets
from tools.dlmsclient import acse
from tools.dlmsclient.acse import Aare, Aarq, Rlre, Rlrq, context_name, mechanism_name
from tools.dlmsclient.errors import ProtocolError
from tools.dlmsclient.initiate import ConfirmedServiceError, Conformance, InitiateRequest, InitiateResponse

INITIATE = octets("01000000065F1F0400007E1F04B0")
RESPONSE = octets("0800065F1F040000501F01F40007")

AARQS = [
    pytest.param(
        "601DA109060760857405080101BE10040E01000000065F1F0400007E1F04B0", Aarq.lowest(INITIATE), id="C-10 lowest"
    ),
    pytest.param(
        "6036A1090607608574050801018A0207808B0760857405080201AC0A80083132333435363738BE10040E01000000065F1F0400007E1F04B0",
        Aarq.lls(INITIATE, b"12345678"),
        id="C-11 LLS",
    ),
    pytest.param(
        "6036A1090607608574050801018A0207808B0760857405080205AC0A80084B35366956616759BE10040E01000000065F1F0400007E1F04B0",
        Aarq(
            context_name(1),
            INITIATE,
            sender_acse_requirements=acse.AUTHENTICATION_UNIT,
            mechanism_name=mechanism_name(5),
            calling_authentication_value=b"K56iVagY",
        ),
        id="C-13 HLS",
    ),
    pytest.param(
        "6036A109060760857405080101A203040144A303040144A403020100A503020100A803020100BE10040E01000000065F1F040060FE9FFFFF",
        Aarq(
            context_name(1),
            octets("01000000065F1F040060FE9FFFFF"),
            called_ap_title=b"D",
            called_ae_qualifier=b"D",
            called_ap_invocation_id=0,
            called_ae_invocation_id=0,
            calling_ap_invocation_id=0,
        ),
        id="C-25 optional fields",
    ),
    pytest.param(
        "602180020284A109060760857405080101BE10040E01000000065F1F0400007E1F04B0",
        Aarq(context_name(1), INITIATE, protocol_version=octets("0284")),
        id="C-19 protocol-version",
    ),
    pytest.param(
        "601DA10906075F857504070203BE10040E01000000065F1F0400007E1F04B0",
        Aarq(octets("5F857504070203"), INITIATE),
        id="C-14 context",
    ),
]

AARES = [
    pytest.param(
        "6129A109060760857405080101A203020100A305A103020100BE10040E0800065F1F040000501F01F40007",
        Aare(context_name(1), 0, "user", 0, RESPONSE),
        id="C-10 accepted",
    ),
    pytest.param(
        "6117A109060760857405080101A203020101A305A10302010D", Aare(context_name(1), 1, "user", 13), id="C-12 password"
    ),
    pytest.param(
        "6129A109060760857405080101A203020101A305A103020102BE10040E0800065F1F040000501F01F40007",
        Aare(context_name(1), 1, "user", 2, RESPONSE),
        id="C-14 context",
    ),
    pytest.param(
        "611FA109060760857405080101A203020101A305A103020101BE0604040E010601",
        Aare(context_name(1), 1, "user", 1, octets("0E010601")),
        id="C-15 version",
    ),
    pytest.param(
        "612AA109060760857405080101A203020100A305A103020100BE11040F080101065F1F040000501F01F40007",
        Aare(context_name(1), 0, "user", 0, octets("080101065F1F040000501F01F40007")),
        id="C-33 quality of service",
    ),
    pytest.param(
        "611B80020780A109060760857405080101A203020101A305A203020102",
        Aare(context_name(1), 1, "provider", 2, protocol_version=octets("0780")),
        id="C-19 no common version",
    ),
    pytest.param(
        "6142A109060760857405080101A203020100A305A10302010E88020780890760857405080205AA0A80080102030405060708"
        "BE10040E0800065F1F040000501F01F40007",
        Aare(
            context_name(1),
            0,
            "user",
            14,
            RESPONSE,
            responder_acse_requirements=acse.AUTHENTICATION_UNIT,
            mechanism_name=mechanism_name(5),
            responding_authentication_value=octets("0102030405060708"),
        ),
        id="C-13 HLS",
    ),
]


@pytest.mark.parametrize(("text", "aarq"), AARQS)
def test_aarq(text, aarq):
    wire = octets(text)
    assert Aarq.decode(wire) == aarq
    assert aarq.encode() == wire
    _whole_or_refused(Aarq.decode, wire)


@pytest.mark.parametrize(("text", "aare"), AARES)
def test_aare(text, aare):
    wire = octets(text)
    assert Aare.decode(wire) == aare
    assert aare.encode() == wire
    assert aare.text
    _whole_or_refused(Aare.decode, wire)


def _whole_or_refused(decode, wire):
    for cut in range(len(wire)):
        with pytest.raises(ProtocolError):
            decode(wire[:cut])
    with pytest.raises(ProtocolError):
        decode(wire + b"\x00")


NAME = ("A1", ("06", "60857405080101"))
INFO = ("BE", ("04", "0800065F1F040000501F01F40007"))


Tree = tuple["str | Tree", ...]


def encode(tree: Tree, forms: dict[Tree, int]) -> bytes:
    """Octets of (tag, content part, …); forms: a part -> octets of its length after the first
    one, otherwise the shortest form is written.
    """
    content = b"".join(octets(part) if isinstance(part, str) else encode(part, forms) for part in tree[1:])
    if not tree[0]:
        return content  # no tag: a sequence of A-XDR
    size = forms.get(tree, 0)
    length = bytes([0x80 | size]) + len(content).to_bytes(size, "big") if size else bytes([len(content)])
    return octets(str(tree[0])) + length + content


def parts(tree: Tree) -> list[Tree]:
    """The parts of a tree that have a length."""
    inner = [found for part in tree[1:] if not isinstance(part, str) for found in parts(part)]
    return [tree, *inner] if tree[0] else inner


@pytest.mark.req("C-42")
@pytest.mark.parametrize(
    ("decode", "tree"),
    [
        (Aare.decode, ("61", NAME, ("A2", ("02", "00")), ("A3", ("A1", ("02", "01"))), INFO)),
        (Aarq.decode, ("60", NAME, ("8A", "0780"), ("8B", "60857405080201"), ("AC", ("80", "3132")), INFO)),
        (Rlrq.decode, ("62", ("80", "00"), INFO)),
        (Rlre.decode, ("63", ("80", "00"), INFO)),
        (InitiateResponse.decode, ("", "080006", ("5F1F", "0000501F"), "01F40007")),
        (InitiateRequest.decode, ("", "0100000006", ("5F", "00007E1F"), "04B0")),
    ],
    ids=["AARE", "AARQ", "RLRQ", "RLRE", "InitiateResponse", "InitiateRequest"],
)
def test_lengths_in_long_form(decode, tree):
    """Every length alone, and all of them, in every long form: read as the shortest."""
    shortest = decode(encode(tree, {}))
    for size in (1, 2, 3, 4):
        for chosen in [[part] for part in parts(tree)] + [parts(tree)]:
            assert decode(encode(tree, dict.fromkeys(chosen, size))) == shortest


def test_every_optional_field_of_the_aarq():
    aarq = Aarq(
        context_name(3), INITIATE, b"\x07\x80", mechanism_name(7), b"secret", b"\x07\x80", b"1", b"2", 3, -4, b"5" * 8,
        b"6" * 200, 7, 300, b"info",
    )  # fmt: skip
    wire = aarq.encode()
    assert Aarq.decode(wire) == aarq
    assert wire[:2] == octets("6082"), "long form of the length"


def test_wrong_elements_can_be_built():
    assert Aarq(None, None, extra=octets("DF0100")).encode() == octets("6003DF0100")


@pytest.mark.parametrize(
    "text",
    [
        "6200",  # another APDU
        "6100",  # nothing inside
        "610E A2030201 00 A305A103020100 00",  # no context name
        "6117 A109060760857405080101 A305A103020100 A203020100",  # out of order
        "611C A109060760857405080101 A203020100 A203020100 A305A103020100",  # twice
        "6117 A109060760857405080101 A203020103 A305A103020100",  # unknown result
        "6117 A109060760857405080101 A203020101 A305A10302010F",  # unknown diagnostic
        "6117 A109060760857405080101 A203020101 A305A303020101",  # unknown source
        "6116 A109060760857405080101 A203040100 A304A1020200",  # wrong inner tag
        "611A A109060760857405080101 A203020100 A305A103020100 930100",  # unknown element
    ],
)
def test_wrong_aare(text):
    with pytest.raises(ProtocolError):
        Aare.decode(octets(text))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("6203800100", Rlrq(0)),
        ("6200", Rlrq(None)),
        ("620380011E", Rlrq(30)),
        ("6215800100BE10040E01000000065F1F0400007E1F04B0", Rlrq(0, INITIATE)),
        ("6303800100", Rlre(0)),
        ("6300", Rlre(None)),
        ("6303800101", Rlre(1)),
    ],
)
def test_release(text, value):
    wire = octets(text)
    assert type(value).decode(wire) == value
    assert value.encode() == wire
    _whole_or_refused(type(value).decode, wire)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("01000000065F1F0400007E1F04B0", InitiateRequest(Conformance(0x007E1F), 0x04B0)),
        ("0100010000065F1F0400007E1F04B0", InitiateRequest(Conformance(0x007E1F), 0x04B0, response_allowed=False)),
        (
            "0100000101065F1F0400007E1F04B0",
            InitiateRequest(Conformance(0x007E1F), 0x04B0, proposed_quality_of_service=1),
        ),
        (
            "01000001FF065F1F0400007E1F04B0",
            InitiateRequest(Conformance(0x007E1F), 0x04B0, proposed_quality_of_service=-1),
        ),
        ("01000000055F1F04000000000000", InitiateRequest(Conformance(0), 0, proposed_dlms_version_number=5)),
        (
            "010110" + "AB" * 16 + "0000065F1F0400007E1F0000",
            InitiateRequest(Conformance(0x007E1F), 0, dedicated_key=b"\xab" * 16),
        ),
    ],
)
def test_initiate_request(text, value):
    check_codec(InitiateRequest.decode, octets(text), value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0800065F1F040000501F01F40007", InitiateResponse(Conformance(0x00501F), 0x01F4)),
        (
            "080101065F1F040000501F01F40007",
            InitiateResponse(Conformance(0x00501F), 0x01F4, negotiated_quality_of_service=1),
        ),
        ("0800065F1F040010000001F4FA00", InitiateResponse(Conformance.READ, 0x01F4, 0xFA00)),
    ],
)
def test_initiate_response(text, value):
    check_codec(InitiateResponse.decode, octets(text), value)


def test_historical_conformance_tag_is_read():
    assert InitiateResponse.decode(octets("0800065F040000501F01F40007")).conformance == 0x00501F


def test_conformance_bits_follow_the_table():
    assert Conformance.GET == 0x10
    assert Conformance.ACTION == 0x01
    assert Conformance.SELECTIVE_ACCESS == 0x04
    assert Conformance.GENERAL_PROTECTION == 0x400000
    assert Conformance(0x00501F).names == [
        "priority-mgmt-supported",
        "block-transfer-with-get-or-read",
        "get",
        "set",
        "selective-access",
        "event-notification",
        "action",
    ]


@pytest.mark.parametrize(
    ("text", "value", "words"),
    [
        ("0E010601", ConfirmedServiceError(1, 6, 1), "initiate error, initiate: dlms-version-too-low"),
        ("0E010602", ConfirmedServiceError(1, 6, 2), "initiate error, initiate: incompatible-conformance"),
        ("0E010603", ConfirmedServiceError(1, 6, 3), "initiate error, initiate: pdu-size-too-short"),
        ("0E050302", ConfirmedServiceError(5, 3, 2), "read error, service: service-unsupported"),
    ],
)
def test_confirmed_service_error(text, value, words):
    check_codec(ConfirmedServiceError.decode, octets(text), value)
    assert value.text == words


@pytest.mark.parametrize("text", ["0E020601", "0E010801", "0E010605", "08010601"])
def test_unknown_service_errors_are_refused(text):
    with pytest.raises(ProtocolError):
        ConfirmedServiceError.decode(octets(text))


@settings(derandomize=True, deadline=None, max_examples=400)
@given(
    st.sampled_from([*AARQS, *AARES]),
    st.lists(st.tuples(st.integers(0, 80), st.integers(0, 255)), min_size=1, max_size=3),
)
def test_mutated_octets_decode_or_are_refused(case, changes):
    text, value = case.values
    wire = bytearray(octets(text))
    for place, octet in changes:
        wire[place % len(wire)] = octet
    try:
        changed = type(value).decode(bytes(wire))
    except ProtocolError:
        return
    assert type(value).decode(changed.encode()) == changed
