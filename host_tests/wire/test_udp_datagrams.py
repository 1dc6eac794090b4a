"""UDP: one datagram is one WPDU, without state, and whatever is not one is dropped without a word."""

import random

import pytest

from host_tests.harness.raw import wpdu
from host_tests.wire.apdus import (
    AARQ,
    CLIENT_MANAGEMENT,
    MANAGEMENT,
    OBJECT_LIST,
    PUBLIC,
    RLRE,
    RLRQ,
    TOO_LONG,
    aarq,
    apdu_of,
    ask,
    associate,
    get,
    is_aare,
    is_name,
    receive_pdu_size,
    serves,
)

pytestmark = pytest.mark.prefers(backfill_days=0)

REQUEST = wpdu(PUBLIC, MANAGEMENT, get(iip=0xC2))
# Octets that a network of the usual MTU carries in one datagram, IPv4 and UDP headers taken off.
DATAGRAM = 1472


@pytest.fixture
def link(udp):
    return udp()


@pytest.mark.req("A-40", "A-42", "B-21")
def test_every_length_but_the_right_one(link):
    """The same datagram cut at every octet, and with trailing octets."""
    associate(link)
    for size in range(len(REQUEST)):
        link.send(REQUEST[:size])
    for behind in (b"\0", b"\1", REQUEST, bytes(100), bytes(2000)):
        link.send(REQUEST + behind)
    assert serves(link, iip=0xC3)


@pytest.mark.req("A-40")
@pytest.mark.parametrize("length", [0, 1, 12, 14, 1024, 0xFFFF])
def test_length_field_that_does_not_fit(link, length):
    associate(link)
    apdu = get(iip=0xC2)
    link.send(wpdu(PUBLIC, MANAGEMENT, apdu, length=length))
    assert serves(link, iip=0xC3)


@pytest.mark.req("A-40", "A-41")
def test_request_in_two_datagrams_is_none(link):
    associate(link)
    for cut in range(1, len(REQUEST)):
        link.send(REQUEST[:cut])
        link.send(REQUEST[cut:])
    assert serves(link, iip=0xC3)


@pytest.mark.req("A-40", "A-05")
def test_two_requests_in_one_datagram_are_none(link):
    associate(link)
    link.send(REQUEST + REQUEST)
    link.send(wpdu(PUBLIC, MANAGEMENT, RLRQ) + REQUEST)
    assert serves(link, iip=0xC3)


@pytest.mark.req("A-42", "B-21")
@pytest.mark.parametrize("version", ["0000", "0002", "0101", "0100", "8001", "FFFF"])
def test_bad_version_is_dropped_and_nothing_ends(link, version):
    associate(link)
    link.send(bytes.fromhex(version) + REQUEST[2:])
    assert serves(link, iip=0xC3)


@pytest.mark.req("A-42")
def test_noise(link):
    generator = random.Random(42)
    associate(link)
    for _ in range(20):
        for _ in range(20):
            link.send(generator.randbytes(generator.randrange(64)))
        assert serves(link, iip=0xC3)


@pytest.mark.req("A-43", "A-53", "A-12", "B-21")
@pytest.mark.limits(UDP_LINKS=4, ALL_UDP_ASSOCIATIONS=4)
def test_answers_go_to_where_the_request_came_from(udp):
    """Peers differ by their port; each has an association of its own, and gets
    its own answers and no other's.
    """
    links = [udp() for _ in range(4)]
    for link in links:
        associate(link)
    for n, link in enumerate(links):
        link.send(wpdu(PUBLIC, MANAGEMENT, get(iip=0xC0 | n)))
    for n, link in reversed(list(enumerate(links))):
        assert is_name(apdu_of(link.receive()), 0xC0 | n)
    assert ask(links[1], RLRQ) == RLRE
    for n in (0, 2, 3):
        assert serves(links[n])


@pytest.mark.req("A-43", "D-91")
@pytest.mark.limits(UDP_LINKS=2)
def test_association_is_not_seen_from_another_peer(udp):
    first, second = udp(), udp()
    associate(first)
    second.send(REQUEST)
    associate(second, CLIENT_MANAGEMENT)
    second.send(REQUEST)
    assert serves(second, CLIENT_MANAGEMENT)
    assert serves(first)


@pytest.mark.req("A-41")
def test_garbage_of_one_peer_is_nothing_to_another(udp):
    good, bad = udp(), udp()
    associate(good)
    for octets in (b"", b"\0", REQUEST[:12], bytes(1472), wpdu(PUBLIC, MANAGEMENT, b"\xff" * 40), b"\xff" * 65000):
        bad.send(octets)
        assert serves(good)


@pytest.mark.req("A-44", "A-45")
def test_nothing_is_retransmitted_and_repeated_requests_are_served_again(link):
    associate(link)
    for _ in range(3):
        link.send(REQUEST)
    link.send(wpdu(PUBLIC, MANAGEMENT, get(iip=0xC3)))
    answers = [apdu_of(link.receive()) for _ in range(4)]
    assert is_name(answers[0], 0xC2)
    assert answers[0] == answers[1] == answers[2]
    assert is_name(answers[3], 0xC3)
    assert serves(link, iip=0xC4)


@pytest.mark.req("A-45", "C-27")
def test_repeated_aarq_is_answered_again(link):
    assert associate(link) == associate(link)
    assert serves(link)


@pytest.mark.req("D-91", "A-46")
def test_request_outside_any_association_is_not_answered(link):
    for apdu in (
        get(iip=0xC2),
        RLRQ,
        bytes.fromhex("FE00"),
        bytes.fromhex("0600"),
        bytes.fromhex("60"),
        bytes.fromhex("6003800207"),
    ):
        link.send(wpdu(PUBLIC, MANAGEMENT, apdu))
    associate(link)
    assert serves(link, iip=0xC3)


@pytest.mark.req("A-27", "D-95")
def test_apdu_above_the_receive_pdu_size(link, meter):
    """Inside an AA it gets an error, if it is one right datagram;
    outside of one nothing is answered.
    """
    link.send(wpdu(PUBLIC, MANAGEMENT, bytes(1100)))
    limit = receive_pdu_size(associate(link))
    if limit + 9 > meter.limits.DATAGRAM:
        pytest.skip("this meter takes the largest datagram")
    link.send(wpdu(PUBLIC, MANAGEMENT, bytes(limit + 1)) + b"\0")
    link.send(wpdu(PUBLIC, CLIENT_MANAGEMENT + 0x60, bytes(limit + 1)))
    assert ask(link, bytes(limit + 1)) == TOO_LONG
    assert ask(link, bytes.fromhex("C001C1").ljust(limit, b"\0")) != TOO_LONG
    assert serves(link)


@pytest.mark.req("A-08", "B-19")
@pytest.mark.parametrize("pdu_size", [0, 0xFFFF, 1024, 400])
def test_no_answer_is_longer_than_a_datagram(udp, pytestconfig, pdu_size):
    """The reader's object list is many kB; whatever the client can
    take, each block is one datagram.
    """
    link = udp()
    client = pytestconfig.getoption("--client")
    associate(link, client, request=aarq(pytestconfig.getoption("--password"), pdu_size))
    sizes = []
    answer = link.ask(wpdu(client, MANAGEMENT, OBJECT_LIST))
    number = 0
    while True:
        sizes.append(len(answer))
        block = apdu_of(answer, client)
        assert block[:3].hex() == "c402c1"
        if block[3]:
            break
        number += 1
        answer = link.ask(wpdu(client, MANAGEMENT, bytes.fromhex("C002C1") + number.to_bytes(4, "big")))
    assert len(sizes) > 1
    assert max(sizes) <= min(DATAGRAM, pdu_size + 8 if pdu_size else DATAGRAM)
    assert ask(link, RLRQ, client) == RLRE


@pytest.mark.req("A-10", "A-11")
def test_same_port_as_tcp(udp, tcp):
    assert is_aare(ask(udp(), AARQ))
    assert is_aare(ask(tcp(), AARQ))
