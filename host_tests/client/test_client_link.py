"""Client, Association and transports against a scripted peer on the loopback interface."""

import socket

import pytest

from host_tests.client.peer import CLOSE, Peer, header, octets
from tools.dlmsclient import (
    Aarq,
    ActionError,
    AssociationRejected,
    Client,
    ConfirmedServiceBarred,
    ConnectionFailed,
    ConnectionLost,
    CosemAttribute,
    CosemMethod,
    DataAccessError,
    DataAccessResult,
    ExceptionResponse,
    ExceptionResponseError,
    InitiateRequest,
    Obis,
    ProtocolError,
    ServiceErrorResponse,
    Timeout,
    UsageError,
    Variable,
    Wpdu,
    axdr,
    by_entry,
)
from tools.dlmsclient.access_service import AccessItem, AccessKind
from tools.dlmsclient.acse import context_name
from tools.dlmsclient.get_service import GetRequestNormal, GetResponseNormal
from tools.dlmsclient.initiate import Conformance

AARQ = "601DA109060760857405080101BE10040E01000000065F1F0400007E1F04B0"
AARE = "6129A109060760857405080101A203020100A305A103020100BE10040E0800065F1F040000501F01F40007"
LLS = "6036A1090607608574050801018A0207808B0760857405080201AC0A80083132333435363738BE10040E01000000065F1F0400007E1F04B0"
ACCEPT = (AARQ, AARE)
TERMS = {"conformance": Conformance(0x007E1F), "pdu_size": 0x04B0}
GET_TIME = "C001C1 00080000010000FF0200"
NOW = "C401C1 00 090C07E50118FF0E303950FFC400"
CLOCK = "0.0.1.0.0.255"


@pytest.mark.parametrize("chunk", [1, 65536])
def test_a_session_over_tcp(chunk):
    traced = []
    script = [ACCEPT, (GET_TIME, NOW), ("6203800100", "6303800100")]
    with Peer(*script, chunk=chunk) as peer:
        with Client.tcp("127.0.0.1", peer.port, trace=lambda *event: traced.append(event)) as client:
            association = client.associate(16, 1, **TERMS)
            assert association.negotiated.conformance == 0x00501F
            assert association.negotiated.server_max_receive_pdu_size == 500
            assert client.associations == {(16, 1): association}
            assert association.get(8, CLOCK, 2).value == octets("07E50118FF0E303950FFC400")
            assert association.release().reason == 0
            assert client.associations == {}
        assert [direction for direction, _ in traced] == [">", "<"] * 3
        assert traced[0][1] == header(AARQ, 16, 1)
        assert traced[1][1] == header(AARE, 1, 16)
        assert {(wpdu.source, wpdu.destination) for wpdu in peer.requests} == {(16, 1)}


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_session_over_udp(host):
    if host == "::1" and not _has_ipv6():
        pytest.skip("no IPv6 on this host")
    script = [(LLS, AARE), (GET_TIME, NOW), ("6203800100", "6303800100")]
    with Peer(*script, udp=True, host=host) as peer, Client.udp(host, peer.port) as client:
        association = client.associate(32, 1, "12345678", **TERMS)
        assert len(association.get(8, CLOCK, 2)) == 12
        association.release()


def _has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def test_two_associations_share_a_connection():
    script = [ACCEPT, ACCEPT, (GET_TIME, "C401C1 00 1101"), (GET_TIME, "C401C1 00 1102"), ("6203800100", "6303800100")]
    with Peer(*script) as peer, Client.tcp("127.0.0.1", peer.port) as client:
        first = client.associate(16, 1, **TERMS)
        second = client.associate(16, 17, **TERMS)
        assert first.get(8, CLOCK, 2) == axdr.unsigned(1)
        assert second.get(8, CLOCK, 2) == axdr.unsigned(2)
        first.release()
        assert client.associations == {(16, 17): second}
    assert [wpdu.destination for wpdu in peer.requests] == [1, 17, 1, 17, 1]


@pytest.mark.req("B-02")
def test_an_unconfirmed_association_waits_for_nothing():
    script = [
        ("601EA109060760857405080101BE11040F0100010000065F1F0400007E1F04B0", None),
        ("C10181 00080000010000FF0300 10003C", None),
        ("C30182 00080000010000FF06 01 100005", None),
        ("6203800100", None),
    ]
    with Peer(*script, udp=True) as peer, Client.udp("127.0.0.1", peer.port) as client:
        association = client.associate(16, 1, confirmed=False, **TERMS)
        association.set(8, CLOCK, 3, axdr.long(60))
        assert association.action(8, CLOCK, 6, axdr.long(5)) is None
        assert association.release() is None
        client.expect_nothing(0.05)


UNCONFIRMED = "601EA109060760857405080101BE11040F0100010000065F1F0400007E1F04B0"
UNCONFIRMED_SHORT = "601EA109060760857405080102BE11040F0100010000065F1F0400007E1F04B0"
TIME = CosemAttribute(8, Obis.parse(CLOCK), 2)
ZONE = CosemAttribute(8, Obis.parse(CLOCK), 3)
SHIFT = CosemMethod(8, Obis.parse(CLOCK), 6)
# Every confirmed service of an association, and which of them need short names
CONFIRMED = {
    "get": lambda aa: aa.get(8, CLOCK, 2),
    "get-list": lambda aa: aa.get_list([TIME, ZONE]),
    "get-selected": lambda aa: aa.get(7, "1.0.99.1.0.255", 2, by_entry(1, 1)),
    "objects": lambda aa: aa.objects(),
    "set": lambda aa: aa.set(8, CLOCK, 3, axdr.long(60), confirmed=True),
    "set-list": lambda aa: aa.set_list([ZONE, ZONE], [axdr.long(60), axdr.long(60)]),
    "action": lambda aa: aa.action(8, CLOCK, 6, axdr.long(5), confirmed=True),
    "action-list": lambda aa: aa.action_list([SHIFT, SHIFT], [axdr.long(5), axdr.long(5)]),
    "access": lambda aa: aa.access([AccessItem(AccessKind.GET, TIME)]),
    "request": lambda aa: aa.request(GetRequestNormal(0xC1, TIME)),
}
CONFIRMED_SHORT = {
    "read": lambda aa: aa.read(0x0100),
    "read-list": lambda aa: aa.read_list([Variable(0x0100), Variable(0x0108)]),
    "write": lambda aa: aa.write(0x0100, axdr.long(60), confirmed=True),
    "write-list": lambda aa: aa.write_list([Variable(0x0100)], [axdr.long(60)]),
    "read-by-logicalname": lambda aa: aa.read_by_logicalname((8, CLOCK, 2)),
    "get": lambda aa: aa.get(8, CLOCK, 2),
    "get-list": lambda aa: aa.get_list([TIME, ZONE]),
    "objects": lambda aa: aa.objects(),
    # by logical name: the base name has to be looked up
    "set": lambda aa: aa.set(8, CLOCK, 3, axdr.long(60)),
    "action": lambda aa: aa.action(8, CLOCK, 6, axdr.long(5)),
}


@pytest.mark.req("B-26", "B-04")
@pytest.mark.parametrize("way", ["plain", "blocks", "general-blocks"])
@pytest.mark.parametrize("short", [False, True], ids=["logical-names", "short-names"])
def test_confirmed_services_are_barred_in_an_unconfirmed_association(short, way):
    """Refused at once with a line that says what to do; the peer sees the AARQ and
    the RLRQ, and nothing between them.
    """
    script = [(UNCONFIRMED_SHORT if short else UNCONFIRMED, None), ("6203800100", None)]
    with Peer(*script, udp=True) as peer, Client.udp("127.0.0.1", peer.port) as client:
        associate = client.associate_short_names if short else client.associate
        association = associate(16, 1, confirmed=False, **TERMS)
        association.block_size = 4 if way == "blocks" else None
        association.gbt = 3 if way == "general-blocks" else None
        for ask in (CONFIRMED_SHORT if short else CONFIRMED).values():
            with pytest.raises(ConfirmedServiceBarred, match="nothing would be answered"):
                ask(association)
        association.release()
    assert len(peer.requests) == 2


@pytest.mark.req("B-26", "C-53")
def test_confirmed_services_are_barred_in_a_preestablished_association_without_answers():
    with (
        Peer(("C10182 00080000010000FF0300 10003C", None), udp=True) as peer,
        Client.udp("127.0.0.1", peer.port) as client,
    ):
        association = client.attach(16, 1, confirmed=False)
        with pytest.raises(ConfirmedServiceBarred):
            association.get(8, CLOCK, 2)
        association.set(8, CLOCK, 3, axdr.long(60))


@pytest.mark.req("B-02")
def test_an_unconfirmed_association_is_refused_over_tcp():
    with Peer(("", None)) as peer, Client.tcp("127.0.0.1", peer.port) as client:
        with pytest.raises(UsageError, match="UDP only"):
            client.associate(16, 1, confirmed=False)
        association = client.attach(16, 1)
        association.block_size = 4
        with pytest.raises(UsageError, match="blocks"):
            association.set(8, CLOCK, 3, axdr.long(60), confirmed=False)


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        ("6117A109060760857405080101A203020101A305A10302010D", AssociationRejected, "authentication-failure"),
        (
            "6129A109060760857405080101A203020101A305A103020102BE10040E0800065F1F040000501F01F40007",
            AssociationRejected,
            "application-context-name-not-supported",
        ),
        (
            "611FA109060760857405080101A203020101A305A103020101BE0604040E010601",
            AssociationRejected,
            "dlms-version-too-low",
        ),
        ("6117A109060760857405080101A203020101A305A203020102", AssociationRejected, "no-common-acse-version"),
        ("6117A109060760857405080101A203020100A305A103020100", ProtocolError, "without an InitiateResponse"),
        (
            "6129A109060760857405080101A203020100A305A10302010EBE10040E0800065F1F040000501F01F40007",
            ProtocolError,
            "high level",
        ),
        (
            "6129A109060760857405080101A203020100A305A10302010DBE10040E0800065F1F040000501F01F40007",
            ProtocolError,
            "diagnostic",
        ),
        (
            "6129A109060760857405080102A203020100A305A103020100BE10040E0800065F1F040000501F01F40007",
            ProtocolError,
            "context",
        ),
        (
            "6129A109060760857405080101A203020100A305A103020100BE10040E0800055F1F040000501F01F40007",
            ProtocolError,
            "version 5",
        ),
        (
            "6129A109060760857405080101A203020100A305A103020100BE10040E0800065F1F040000D01F01F40007",
            ProtocolError,
            "not proposed",
        ),
        (
            "6129A109060760857405080101A203020100A305A103020100BE10040E0800065F1F040000501F01F4FA00",
            ProtocolError,
            "vaa-name",
        ),
        ("D80101", ExceptionResponseError, "operation-not-possible"),
        ("0E010302", ServiceErrorResponse, "service-unsupported"),
        ("C401C1001105", ProtocolError, "C401C100"),
    ],
)
def test_refusals_and_wrong_answers_to_an_aarq(answer, error, words):
    with Peer((AARQ, answer)) as peer, Client.tcp("127.0.0.1", peer.port) as client:
        with pytest.raises(error, match=words):
            client.associate(16, 1, **TERMS)
        assert client.associations == {}


def test_rejection_keeps_its_codes():
    answer = "611FA109060760857405080101A203020101A305A103020101BE0604040E010602"
    with Peer((None, answer)) as peer, Client.tcp("127.0.0.1", peer.port) as client:
        with pytest.raises(AssociationRejected) as caught:
            client.associate(16, 1)
        rejection = caught.value
        assert (rejection.result, rejection.source, rejection.diagnostic) == (1, "user", 1)
        assert rejection.service_error.value == 2


def test_an_aarq_of_ones_own():
    script = [
        ("601DA109060760857405080101BE10040E01000000065F1F040000001004B0",
         "6129A109060760857405080101A203020100A305A103020100BE10040E0800065F1F040000001001F40007"),
        ("6015BE10040E01000000065F1F040000001004B0DF0100", "D80102"),
    ]  # fmt: skip
    with Peer(*script) as peer, Client.tcp("127.0.0.1", peer.port) as client:
        user_information = InitiateRequest(Conformance.GET, 0x04B0).encode()
        association = client.associate(16, 1, aarq=Aarq(context_name(1), user_information))
        assert association.negotiated.conformance == Conformance.GET
        assert association.client_max_receive_pdu_size == 0x04B0
        with pytest.raises(ExceptionResponseError):
            client.associate(
                16, 1, aarq=Aarq(None, extra=octets("DF0100")), initiate=InitiateRequest(Conformance.GET, 0x04B0)
            )


@pytest.mark.parametrize(("source", "destination"), [(1, 17), (2, 16), (16, 1)])
def test_wrong_wports_of_an_answer(source, destination):
    with Peer((GET_TIME, header(NOW, source, destination))) as peer, Client.tcp("127.0.0.1", peer.port) as client:
        association = client.attach(16, 1)
        with pytest.raises(ProtocolError, match="wPort"):
            association.get(8, CLOCK, 2)


def test_a_response_above_the_announced_size():
    long_answer = "C401C1 00 0914" + "55" * 20
    with Peer(ACCEPT, (GET_TIME, long_answer)) as peer, Client.tcp("127.0.0.1", peer.port) as client:
        association = client.associate(16, 1, **TERMS)
        association.client_max_receive_pdu_size = 25
        with pytest.raises(ProtocolError, match="26 octets"):
            association.get(8, CLOCK, 2)


def test_the_servers_limit_makes_a_set_go_in_blocks():
    small = AARE.replace("01F40007", "00200007")
    script = [
        (AARQ, small),
        ("C102C1 00080000010000FF0200 00 00000001 0D 0914" + "55" * 11, "C502C1 00000001"),
        ("C103C1 01 00000002 09" + "55" * 9, "C503C1 00 00000002"),
    ]
    with Peer(*script) as peer, Client.tcp("127.0.0.1", peer.port) as client:
        client.associate(16, 1, **TERMS).set(8, CLOCK, 2, axdr.octet_string(b"\x55" * 20))


def test_lists_and_actions():
    clock = Obis.parse(CLOCK)
    script = [
        ("C003C1 02 00080000010000FF0200 00080000010000FF0900", "C403C1 02 00 1105 01 04"),
        ("C104C2 01 00080000010000FF0300 01 100001", "C505C2 01 0C"),
        ("C301C3 00080000010000FF06 01 100001", "C701C3 00 00"),
        ("C303C4 01 00080000010000FF01 01 0F00", "C703C4 01 00 01 00 1107"),
        ("C301C5 00080000010000FF01 00", "C701C5 03 00"),
        ("C101C6 00080000010000FF0300 100001", "C501C6 03"),
    ]
    with Peer(*script) as peer, Client.tcp("127.0.0.1", peer.port) as client:
        association = client.attach(16, 1)
        wanted = [CosemAttribute(8, clock, 2), CosemAttribute(8, clock, 9)]
        assert association.get_list(wanted) == (axdr.unsigned(5), DataAccessResult.OBJECT_UNDEFINED)
        assert association.set_list([CosemAttribute(8, clock, 3)], [axdr.long(1)]) == (DataAccessResult.TYPE_UNMATCHED,)
        assert association.action(8, CLOCK, 6, axdr.long(1)) is None
        outcome = association.action_list([CosemMethod(8, clock, 1)], [axdr.integer(0)])[0]
        assert outcome.value == axdr.unsigned(7)
        with pytest.raises(ActionError, match="read-write-denied"):
            association.action(8, CLOCK, 1)
        with pytest.raises(DataAccessError, match=r"0-0:1\.0\.0\*255 attribute 3"):
            association.set(8, CLOCK, 3, axdr.long(1))


def test_a_raw_request_returns_refusals_decoded():
    script = [("C001C1 00080000010000FF0200", "D80102"), ("C001C2 00080000010000FF0200", "C401C2 01 04")]
    attribute = CosemAttribute(8, Obis.parse(CLOCK), 2)
    with Peer(*script) as peer, Client.tcp("127.0.0.1", peer.port) as client:
        association = client.attach(16, 1)
        assert association.request(GetRequestNormal(association.next_iip(), attribute)) == ExceptionResponse(1, 2)
        answer = association.request(GetRequestNormal(association.next_iip(), attribute))
        assert answer == GetResponseNormal(0xC2, DataAccessResult.OBJECT_UNDEFINED)


@pytest.mark.parametrize("late", [NOW, "C402C101 00000003 00 0100", "C501C100", "C701C10000"])
def test_an_answer_that_comes_late_over_udp_is_not_that_of_the_release(late):
    """A block of an exchange that was given up may be on its way when the AA is released."""
    script = [ACCEPT, ("6203800100", [late, "6303800100"])]
    with Peer(*script, udp=True) as peer, Client.udp("127.0.0.1", peer.port) as client:
        association = client.associate(16, 1, **TERMS)
        assert association.release().reason == 0


def test_release_refused():
    with Peer(("6203800100", "0E010302"), ("6200", "6303800105")) as peer, Client.tcp("127.0.0.1", peer.port) as client:
        association = client.attach(16, 1)
        with pytest.raises(ServiceErrorResponse):
            association.release()
        with pytest.raises(ProtocolError, match="reason 5"):
            association.release(None)


@pytest.mark.parametrize("udp", [False, True])
def test_silence_is_a_timeout(udp):
    open_link = Client.udp if udp else Client.tcp
    with Peer((GET_TIME, None), udp=udp) as peer, open_link("127.0.0.1", peer.port) as client:
        association = client.attach(16, 1)
        with pytest.raises(Timeout, match=r"within 0\.05 s"):
            association.exchange(octets(GET_TIME), timeout=0.05)


def test_half_an_answer_is_a_timeout():
    with Peer((GET_TIME, header(NOW, 1, 16)[:-1])) as peer, Client.tcp("127.0.0.1", peer.port) as client:
        client.send_apdu(octets(GET_TIME))
        # Wait for the octets themselves: the answer is there, and still incomplete.
        while client.transport.pending < len(header(NOW, 1, 16)) - 1:
            assert client.receive(0.05) is None
        assert client.receive(0) is None


def test_the_end_of_the_connection():
    with Peer((GET_TIME, CLOSE)) as peer, Client.tcp("127.0.0.1", peer.port) as client, pytest.raises(ConnectionLost):
        client.attach(16, 1).get(8, CLOCK, 2)
    with Peer((None, CLOSE)) as peer, Client.tcp("127.0.0.1", peer.port) as client:
        client.send_octets(header("C0", 16, 1))
        client.expect_closed()


def test_raw_octets_and_nothing_and_something():
    with Peer((None, NOW), (None, NOW)) as peer, Client.tcp("127.0.0.1", peer.port) as client:
        client.expect_nothing(0)
        client.send_wpdu(Wpdu(16, 1, b"\xc0"))
        assert client.receive() == Wpdu(1, 16, octets(NOW))
        client.send_octets(header("C0", 16, 1))
        with pytest.raises(ProtocolError, match="nothing was expected"):
            client.expect_nothing(5)


def test_expect_closed_on_a_living_connection():
    with Peer((None, NOW), ("", None)) as peer, Client.tcp("127.0.0.1", peer.port) as client:
        with pytest.raises(Timeout):
            client.expect_closed(0)
        client.send_apdu(b"\xc0")
        with pytest.raises(ProtocolError, match="end of the connection"):
            client.expect_closed()


def test_nobody_listens():
    with socket.socket() as placeholder:
        placeholder.bind(("127.0.0.1", 0))
        with pytest.raises(ConnectionFailed, match="refused"):
            Client.tcp("127.0.0.1", placeholder.getsockname()[1])


@pytest.mark.parametrize(("host", "port"), [("host.invalid", 4059), ("127.0.0.1", 70000), ("a" * 70 + ".invalid", 1)])
def test_bad_addresses(host, port):
    with pytest.raises(ConnectionFailed):
        Client.tcp(host, port)


def test_a_datagram_that_is_no_wpdu():
    with (
        Peer((None, b"\x00\x01\x00\x01\x00\x10\x00\x09\x00"), udp=True) as peer,
        Client.udp("127.0.0.1", peer.port) as client,
    ):
        association = client.attach(16, 1)
        with pytest.raises(ProtocolError, match="length field"):
            association.get(8, CLOCK, 2)
