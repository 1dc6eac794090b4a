"""TCP has no message boundaries: however the octets of requests are cut or
joined, the answers are the same.
"""

import pytest

from host_tests.harness.raw import wpdu
from host_tests.wire.apdus import (
    AARQ,
    CLIENT_MANAGEMENT,
    MANAGEMENT,
    NOT_ALLOWED,
    OBJECT_LIST,
    PUBLIC,
    RLRE,
    RLRQ,
    SMALL_AARQ,
    apdu_of,
    ask,
    associate,
    get,
    is_aare,
    is_name,
    serves,
    silent,
)

pytestmark = pytest.mark.prefers(backfill_days=0)

# Requests of every length and kind: AARQ, GET, a service outside any AA, RLRQ.
REQUESTS = [
    (PUBLIC, AARQ),
    (PUBLIC, get(iip=0xC5)),
    (CLIENT_MANAGEMENT, get(iip=0xC6)),
    (PUBLIC, bytes.fromhex("FE")),
    (PUBLIC, RLRQ),
]
STREAM = b"".join(wpdu(client, MANAGEMENT, apdu) for client, apdu in REQUESTS)


def answers(connection):
    """What `STREAM` is answered with, checked one by one, as octets."""
    received = [connection.receive_wpdu() for _ in REQUESTS]
    apdus = [apdu_of(answer, client) for answer, (client, _) in zip(received, REQUESTS, strict=True)]
    assert is_aare(apdus[0])
    assert is_name(apdus[1], 0xC5)
    assert apdus[2:] == [NOT_ALLOWED, NOT_ALLOWED, RLRE]
    return received


@pytest.mark.req("A-20", "B-21")
def test_header_one_octet_a_segment(tcp, settle):
    connection = tcp()
    associate(connection)
    request = wpdu(PUBLIC, MANAGEMENT, get())
    for octet in request[:-1]:
        connection.send(bytes((octet,)))
        settle()
        assert silent(connection)
    connection.send(request[-1:])
    assert is_name(apdu_of(connection.receive_wpdu()))


@pytest.mark.req("A-20", "A-26")
def test_header_of_an_empty_apdu_one_octet_a_segment(tcp, settle):
    connection = tcp()
    associate(connection)
    for octet in bytes.fromhex("0001001000010000"):
        connection.send(bytes((octet,)))
        settle()
    assert serves(connection)


@pytest.mark.req("A-20", "A-21", "A-22", "B-21")
def test_every_split_gives_the_same_answers(tcp, settle):
    connection = tcp()
    connection.send(STREAM)
    expected = answers(connection)
    for cut in range(1, len(STREAM)):
        connection.send(STREAM[:cut])
        settle()
        connection.send(STREAM[cut:])
        assert answers(connection) == expected, f"cut at {cut}"


@pytest.mark.req("A-21")
def test_every_split_of_one_request_into_three(tcp, settle):
    connection = tcp()
    associate(connection)
    request = wpdu(PUBLIC, MANAGEMENT, get())
    for first in range(1, len(request) - 1):
        for part in (request[:first], request[first : first + 1]):
            connection.send(part)
            settle()
        assert silent(connection)
        connection.send(request[first + 1 :])
        assert is_name(apdu_of(connection.receive_wpdu())), f"cut at {first}"


@pytest.mark.req("A-20", "A-21", "A-56")
def test_whole_session_one_octet_a_segment(tcp, settle):
    connection = tcp()
    for octet in STREAM:
        connection.send(bytes((octet,)))
        settle()
    answers(connection)


@pytest.mark.req("A-22", "A-23", "B-21")
@pytest.mark.parametrize("count", [2, 3, 48, 49, 50, 400])
def test_coalesced_requests_are_served_in_order(tcp, count):
    """Two fill a receive buffer partly; forty-nine GETs and a piece of one fill
    1,032 octets; 400 fill it many times.
    """
    connection = tcp()
    associate(connection)
    iips = [0xC0 | n & 0x0F for n in range(count)]
    connection.send(b"".join(wpdu(PUBLIC, MANAGEMENT, get(iip=iip)) for iip in iips))
    for iip in iips:
        assert is_name(apdu_of(connection.receive_wpdu()), iip)
    assert serves(connection)


@pytest.mark.req("A-22")
def test_coalesced_requests_of_several_kinds(tcp):
    connection = tcp()
    connection.send(STREAM * 7)
    for _ in range(7):
        answers(connection)


@pytest.mark.req("A-22")
@pytest.mark.parametrize("tail", range(1, 21))
def test_coalesced_requests_with_a_part_of_the_next(tcp, settle, tail):
    connection = tcp()
    associate(connection)
    request = wpdu(PUBLIC, MANAGEMENT, get())
    connection.send(request * 3 + request[:tail])
    for _ in range(3):
        assert is_name(apdu_of(connection.receive_wpdu()))
    settle()
    assert silent(connection)
    connection.send(request[tail:] + request)
    for _ in range(2):
        assert is_name(apdu_of(connection.receive_wpdu()))


@pytest.mark.req("A-23")
@pytest.mark.limits(TCP_TRANSFERS=2)
def test_pipelined_requests_of_two_associations(tcp):
    """Answers keep the order of the requests, also when long and short ones mix."""
    connection = tcp()
    for client in (PUBLIC, CLIENT_MANAGEMENT):
        associate(connection, client, request=SMALL_AARQ)
    sent = []
    for n in range(40):
        client = (PUBLIC, CLIENT_MANAGEMENT)[n % 2]
        long = n % 4 > 1
        sent.append((client, long))
        connection.send(wpdu(client, MANAGEMENT, OBJECT_LIST if long else get()))
    for client, long in sent:
        apdu = apdu_of(connection.receive_wpdu(), client)
        assert apdu[:2].hex() == "c402" if long else is_name(apdu)
    assert serves(connection)


@pytest.mark.req("A-25", "B-21")
@pytest.mark.parametrize("version", ["0000", "0002", "0101", "0100", "8001", "FFFF", "6001"])
def test_bad_version_closes_the_connection_without_an_answer(tcp, version):
    connection, other = tcp(), tcp()
    associate(connection)
    associate(other)
    connection.send(bytes.fromhex(version) + wpdu(PUBLIC, MANAGEMENT, get())[2:])
    assert connection.closed()
    assert serves(other)
    assert ask(tcp(), get()) == NOT_ALLOWED


@pytest.mark.req("A-25", "A-22")
def test_bad_version_behind_a_good_request(tcp):
    connection = tcp()
    associate(connection)
    good = wpdu(PUBLIC, MANAGEMENT, get())
    connection.send(good + b"\0\2" + good[2:] + good)
    assert is_name(apdu_of(connection.receive_wpdu()))
    assert connection.closed()


@pytest.mark.req("A-25", "A-20")
def test_bad_version_in_parts(tcp, settle):
    connection = tcp()
    for octet in bytes.fromhex("0002001000010000"):
        if not connection.nothing(0.001):
            break
        connection.send(bytes((octet,)))
        settle()
    assert connection.closed()
