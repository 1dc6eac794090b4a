"""A client that does not read: its answers wait, nobody else does, and every
octet of them comes in the end.
"""

import select
import socket

import pytest

from host_tests.harness.raw import wpdu
from host_tests.wire.apdus import MANAGEMENT, OBJECT_LIST, PUBLIC, apdu_of, ask, associate, get, is_name, serves

# Frame time-out: an answer that is not fetched for so long ends the connection.
pytestmark = [pytest.mark.prefers(backfill_days=0, frame_timeout=30), pytest.mark.req("A-24")]

REQUESTS = 2500  # each of 21 octets and most of them answered with some hundred: more than the buffers on the way hold
STATE = get(1, "0.0.96.128.0.255", 2)


@pytest.fixture
def slow(raw, host):
    """A connection with small segments and a small receive buffer, so that little is in flight."""
    link = raw.tcp(host, receive_buffer=2048, segment=536)
    associate(link)
    return link


def served(link):
    """Requests the meter has served, from its state object."""
    apdu = ask(link, STATE)
    assert apdu[:6].hex() == "c401c1000204"
    return int.from_bytes(apdu[17:21], "big")


def until_blocked(link):
    """Ask on another connection until nothing else is served any more; returns
    how many requests were by then.
    """
    first = last = served(link)
    asked = same = 0
    while same < 20:
        now = served(link)
        asked += 1
        same = same + 1 if now == last + 1 else 0
        last = now
    return last - first - asked


def flood(link, count=REQUESTS):
    """Pipeline requests for a long answer, alternating with short ones; returns what to expect."""
    requests = [(OBJECT_LIST, 0xC1) if n % 3 else (get(iip=0xC0 | n & 15), 0xC0 | n & 15) for n in range(count)]
    link.send(b"".join(wpdu(PUBLIC, MANAGEMENT, apdu) for apdu, _ in requests))
    return requests


def drain(link, requests):
    """Read all answers and compare them."""
    whole = None
    for n, (apdu, iip) in enumerate(requests):
        answer = apdu_of(link.receive_wpdu())
        if apdu == OBJECT_LIST:
            whole = whole or answer
            assert answer == whole, n
        else:
            assert is_name(answer, iip), n
    assert whole is not None
    assert len(whole) > 200


@pytest.mark.req("A-23", "B-21")
def test_answers_that_the_socket_did_not_take_at_once(slow, tcp):
    other = tcp()
    associate(other)
    before = served(other)
    requests = flood(slow)
    until_blocked(other)
    assert served(other) - before < REQUESTS, "everything fitted into the buffers: nothing was tested"
    slow.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    drain(slow, requests)
    assert serves(slow)


@pytest.mark.req("A-23")
def test_others_are_served_meanwhile(slow, tcp):
    flood(slow)
    other = tcp()
    associate(other)
    until_blocked(other)
    for iip in (0xC1, 0xC2, 0xC3):
        assert serves(other, iip=iip)


@pytest.mark.req("A-33")
@pytest.mark.parametrize("end", ["reset", "close"])
def test_client_that_goes_away_with_answers_waiting(raw, host, tcp, end):
    for _ in range(12):
        link = raw.tcp(host, receive_buffer=2048, segment=536)
        associate(link)
        flood(link)
        getattr(link, end)()
    assert serves_anew(tcp)


def serves_anew(tcp):
    link = tcp()
    associate(link)
    return serves(link)


@pytest.mark.req("A-33")
def test_client_that_sends_no_more_still_gets_its_answers(slow):
    requests = flood(slow)
    slow.finish()
    slow.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    drain(slow, requests)
    assert slow.closed()


@pytest.mark.caps("direct")
@pytest.mark.req("A-31")
@pytest.mark.meter_config(frame_timeout=1)
def test_answers_that_are_never_fetched_end_the_connection(raw, host, tcp):
    link = raw.tcp(host, receive_buffer=2048, segment=536)
    associate(link)
    flood(link)
    other = tcp()
    associate(other)
    until_blocked(other)
    # its octets stay in the network; that the connection is gone shows itself
    # by an error while they are read
    link.socket.settimeout(20)
    poll_hang_up(link.socket)
    assert serves(other)


def poll_hang_up(sock):
    """Wait, without reading, until the other end has closed or reset the connection."""
    poller = select.poll()
    poller.register(sock, select.POLLHUP | select.POLLERR)
    assert poller.poll(20000)
