"""Each client has its turn: between two WPDUs of one, every other client is served a
small fixed number (REQUIREMENTS A-35).

Proved by counting. The meter is stopped while all requests are put into its sockets, so that its
first poll finds every client ready, with a receive buffer full of requests. One client reads the
counter of WPDUs served; what others sent ahead shows between two of its answers.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator

import pytest

from host_tests.harness.meters import MeterHandle
from host_tests.harness.raw import wpdu
from host_tests.wire.apdus import (
    AARQ,
    DEVICE_NAME,
    MANAGEMENT,
    NOT_ALLOWED,
    OBJECT_LIST,
    PUBLIC,
    apdu_of,
    ask,
    associate,
    get,
    receive,
    serves,
)
from tools.launcher import Meter, signals

pytestmark = [pytest.mark.prefers(backfill_days=0), pytest.mark.caps("own-process", "roomy")]

FLOODS = 6  # clients that send ahead
ROOM = 1024  # octets that each of them has in the meter's receive buffer
TURNS = 8  # requests of the one that counts
STATE = get(1, "0.0.96.128.0.255", 2)  # structure {heap, free, WPDUs served, uptime}
_SERVED = 4 + 2 + 2 * 5 + 1  # offset of the third double-long-unsigned

# What a client may send ahead, each with the number of WPDUs that it is answered with
KINDS = {
    "fast path": (get(), 1),
    "slow path": (STATE, 1),
    "list": (bytes.fromhex("C003C102") + 2 * get(1, DEVICE_NAME)[3:], 1),
    "long answer": (OBJECT_LIST, 1),
    "AARQ": (AARQ, 1),
    "no service": (b"\xaa", 1),
    "empty": (b"", 0),
}


def served(apdu: bytes) -> int:
    """The number of WPDUs served, this one among them, of an answer to STATE."""
    assert apdu[:6].hex() == "c401c1000204"
    return int.from_bytes(apdu[_SERVED : _SERVED + 4], "big")


@pytest.fixture
def stopped(meter: MeterHandle) -> Callable[[], contextlib.AbstractContextManager[None]]:
    """`with stopped():` the meter computes nothing, and its sockets take what is sent."""

    @contextlib.contextmanager
    def stop() -> Iterator[None]:
        assert isinstance(meter.process, Meter)
        pid = meter.process.pid
        signals.send(pid, signal.SIGSTOP)
        try:
            os.waitid(os.P_PID, pid, os.WSTOPPED | os.WNOWAIT)
            yield
        finally:
            signals.send(pid, signal.SIGCONT)

    return stop


def gaps(counts: list[int], before: int) -> list[int]:
    """WPDUs of others between two of the one that counts, from the first poll on."""
    return [after - first - 1 for first, after in zip([before, *counts], counts, strict=False)]


@pytest.mark.req("A-35", "A-22", "A-23")
@pytest.mark.parametrize("kind", KINDS)
def test_who_sends_ahead_waits_for_himself(tcp, stopped, kind):
    apdu, answers = KINDS[kind]
    request = wpdu(PUBLIC, MANAGEMENT, apdu)
    ahead = ROOM // len(request)
    floods = [tcp() for _ in range(FLOODS)]
    other = tcp()
    for link in [*floods, other]:
        associate(link)
    before = served(ask(other, STATE))
    with stopped():
        for link in floods:
            link.send(request * ahead)
        other.send(wpdu(PUBLIC, MANAGEMENT, STATE) * TURNS)
    counts = [served(apdu_of(other.receive_wpdu())) for _ in range(TURNS)]
    assert max(gaps(counts, before)) <= FLOODS, counts
    assert counts[-1] > before + TURNS  # the others had their turns meanwhile
    # nothing is lost
    for link in floods:
        for _ in range(ahead * answers):
            link.receive_wpdu()
        assert serves(link)
    assert served(ask(other, STATE)) == before + TURNS + FLOODS * (ahead + 1) + 1


@pytest.mark.req("A-35", "A-22")
def test_a_client_over_udp_and_those_that_send_ahead_over_tcp(tcp, udp, stopped):
    floods = [tcp() for _ in range(FLOODS)]
    other = udp()
    for link in [*floods, other]:
        associate(link)
    before = served(ask(other, STATE))
    with stopped():
        for link in floods:
            link.send(wpdu(PUBLIC, MANAGEMENT, get()) * (ROOM // 21))
        for _ in range(TURNS):
            other.send(wpdu(PUBLIC, MANAGEMENT, STATE))
    counts = [served(apdu_of(other.receive())) for _ in range(TURNS)]
    assert max(gaps(counts, before)) <= FLOODS, counts
    for link in floods:
        for _ in range(ROOM // 21):
            link.receive_wpdu()


@pytest.mark.req("A-35", "A-40")
def test_a_client_over_tcp_and_datagrams_that_wait(tcp, udp, stopped):
    flood, other = udp(), tcp()
    associate(flood)
    associate(other)
    before = served(ask(other, STATE))
    with stopped():
        for _ in range(100):
            flood.send(wpdu(PUBLIC, MANAGEMENT, get()))
        other.send(wpdu(PUBLIC, MANAGEMENT, STATE) * TURNS)
    counts = [served(apdu_of(other.receive_wpdu())) for _ in range(TURNS)]
    assert max(gaps(counts, before)) <= 1, counts
    for _ in range(100):
        flood.receive()


@pytest.mark.req("A-35", "A-21", "A-22")
@pytest.mark.parametrize("step", [1, 13, 22, 500])
def test_requests_sent_ahead_keep_their_order_wherever_they_are_cut(tcp, step):
    """Different requests in one stream, one of them too long for the meter:
    each is answered in its place.
    """
    link = tcp()
    associate(link)
    stream = b""
    expected = []
    for n in range(60):
        iip = 0xC0 | n & 15
        if n % 20 == 19:
            stream += wpdu(PUBLIC, MANAGEMENT, bytes(3000))
            expected.append("d80104")
        elif n % 7 == 6:
            stream += wpdu(PUBLIC, MANAGEMENT, b"") + wpdu(PUBLIC, MANAGEMENT, b"\xaa")
            expected.append(NOT_ALLOWED.hex())
        else:
            stream += wpdu(PUBLIC, MANAGEMENT, get(iip=iip) if n % 2 else get(1, "0.0.96.128.0.255", 2, iip=iip))
            expected.append(f"c401{iip:02x}00{'09' if n % 2 else '02'}")
    for at in range(0, len(stream), step):
        link.send(stream[at : at + step])
    for n, start in enumerate(expected):
        assert apdu_of(receive(link)).hex().startswith(start), n
    assert serves(link)


@pytest.mark.req("A-35", "A-33")
def test_requests_sent_ahead_are_served_though_the_client_has_finished(tcp, stopped):
    link = tcp()
    associate(link)
    with stopped():
        link.send(wpdu(PUBLIC, MANAGEMENT, get()) * 40)
        link.finish()
    for _ in range(40):
        assert apdu_of(link.receive_wpdu())[:4].hex() == "c401c100"
    assert link.closed()
