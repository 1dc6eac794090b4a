"""Connections that the meter opens: the client still sends the AARQ, and each end is
followed by another try (A-50 to A-57, B-20).
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable

import pytest

from host_tests.harness.meters import MeterHandle
from host_tests.harness.roster import ROSTER
from host_tests.wire.aas import READER, login
from host_tests.wire.apdus import AARQ, MANAGEMENT, NOT_ALLOWED, OTHER_DEVICE, PUBLIC, get, is_aare, is_name
from host_tests.wire.unsolicited import INTERVAL, TIMEOUT, Start, name_of, notification
from tools.dlmsclient import Client, ConnectionFailed, Wpdu
from tools.listen.listener import Listener

pytestmark = pytest.mark.caps("config", "own-process", "direct")


def serves(client: Client) -> bool:
    """Whether an AA can be opened over a connection, read over, and released."""
    opened = client.associate(PUBLIC, MANAGEMENT)
    name = opened.get(1, "0.0.42.0.0.255", 2)
    opened.release()
    return len(name.value) == 16


def accepts(meter: MeterHandle) -> bool:
    """Whether the meter serves who connects to it."""
    with Client.tcp(meter.host, meter.port, TIMEOUT) as client:
        return serves(client)


def reset(client: Client) -> None:
    """Close with RST."""
    client.transport.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    client.close()


@pytest.mark.req("B-20", "A-50", "A-57")
def test_the_client_associates_over_a_connection_that_the_meter_opened(start: Start, listener: Listener):
    meter = start(dial=listener.address, dial_pause=1)
    with listener.accept(TIMEOUT) as client:
        # the meter waits for the AARQ and says nothing before
        client.send_apdu(get(), PUBLIC, MANAGEMENT)
        assert client.receive().apdu == NOT_ALLOWED
        assert is_aare(client.exchange(AARQ, PUBLIC, MANAGEMENT))
        assert is_name(client.exchange(get(), PUBLIC, MANAGEMENT))
        assert serves(client)
        assert accepts(meter)
        assert serves(client)


@pytest.mark.req("B-20", "A-12")
def test_several_associations_over_it_and_a_stream_of_octets(start: Start, listener: Listener):
    start(dial=listener.address, dial_pause=1)
    with listener.accept(TIMEOUT) as client:
        request = Wpdu(PUBLIC, 1, AARQ).encode() + Wpdu(PUBLIC, 1, get()).encode() * 3
        for octet in request[:40]:
            client.send_octets(bytes((octet,)))
        client.send_octets(request[40:])
        assert is_aare(client.receive().apdu)
        for _ in range(3):
            assert is_name(client.receive().apdu)
        reader = client.associate(*login("reader"))
        other = client.associate(READER, OTHER_DEVICE, ROSTER.secret("reader"))
        assert reader.get(1, "0.0.42.0.0.255", 2) != other.get(1, "0.0.42.0.0.255", 2)


@pytest.mark.req("A-54", "A-55", "B-22")
def test_the_protocol_connection_parameters_of_each_association_can_be_read_and_are_logged(
    start: Start, listener: Listener
):
    meter = start(dial=listener.address, dial_pause=1)
    with listener.accept(TIMEOUT) as client, Client.tcp(meter.host, meter.port, TIMEOUT) as accepted:
        dialled = client.associate(*login("reader"))
        accepted.associate(PUBLIC, OTHER_DEVICE)
        lines = [item.value for item in dialled.get(1, "0.0.96.128.2.255", 2)]
        port = accepted.transport.socket.getsockname()[1]
        own = "%s:%d" % client.transport.socket.getpeername()[:2]
        assert sorted(lines) == sorted(
            [
                f"TCP client={listener.address}/{READER} server={own}/{MANAGEMENT}",
                f"TCP client=127.0.0.1:{port}/{PUBLIC} server=127.0.0.1:{meter.port}/{OTHER_DEVICE}",
            ]
        )
        for line in lines:
            assert meter.logged(f"aa-open {line}", timeout=TIMEOUT)


@pytest.mark.req("A-50", "A-52", "B-20")
@pytest.mark.parametrize("end", ["fin", "reset", "reset-in-a-wpdu", "bad-version"])
def test_the_manager_dials_again_however_the_connection_ends(start: Start, listener: Listener, end: str):
    meter = start(dial=listener.address, dial_pause=1)
    for _ in range(2):
        client = listener.accept(TIMEOUT)
        client.associate(PUBLIC, MANAGEMENT)
        if end == "fin":
            client.close()
        elif end == "reset":
            reset(client)
        elif end == "reset-in-a-wpdu":
            client.send_octets(Wpdu(PUBLIC, 1, get()).encode()[:11])
            reset(client)
        else:
            client.send_octets(bytes.fromhex("0002001000010000"))
            client.expect_closed(TIMEOUT)
            client.close()
    with listener.accept(TIMEOUT) as client:
        assert serves(client)
    assert accepts(meter)


@pytest.mark.req("B-20", "A-31")
def test_a_peer_that_accepts_and_says_nothing(start: Start, listener: Listener):
    """The connection ends by inactivity like every other, the meter calls again,
    and serves everybody meanwhile.
    """
    meter = start(dial=listener.address, dial_pause=1, inactivity=1)
    for _ in range(2):
        with listener.accept(TIMEOUT) as client:
            assert accepts(meter)
            client.expect_closed(TIMEOUT)
    with listener.accept(TIMEOUT) as client:
        assert serves(client)


@pytest.mark.req("B-20", "A-57")
def test_refused_then_there(start: Start, logged: Callable[..., str]):
    """Nobody there: the meter tries again, more and more seldom, until somebody is."""
    with Listener() as found:
        port = found.port
    meter = start(dial=f"127.0.0.1:{port}", dial_pause=1)
    assert accepts(meter)
    deadline_lines = 0
    while deadline_lines < 2:
        deadline_lines = meter.log_tail(200).count("dial-failed")
    with Listener(port=port) as late, late.accept(TIMEOUT) as client:
        assert serves(client)


@pytest.mark.req("A-57", "B-20")
def test_a_destination_that_answers_nothing_at_all(start: Start):
    """A full backlog: no SYN is answered. The attempt ends by time, the meter serves all the
    while, and gets through when there is room.
    """
    with socket.socket() as deaf, contextlib.ExitStack() as fillers:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        for _ in range(2):
            filler = fillers.enter_context(socket.socket())
            filler.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                filler.connect(deaf.getsockname())
        meter = start(dial=f"127.0.0.1:{deaf.getsockname()[1]}", dial_pause=1)
        for _ in range(20):
            assert accepts(meter)


@pytest.mark.req("A-32", "B-20")
def test_a_dialled_connection_counts_among_the_simultaneous_ones(start: Start, listener: Listener):
    """Eight at once (nb_of_sim_conn), the dialled one among them."""
    meter = start(dial=listener.address, dial_pause=1)
    with listener.accept(TIMEOUT) as client, contextlib.ExitStack() as links:
        clients = [links.enter_context(Client.tcp(meter.host, meter.port, TIMEOUT)) for _ in range(7)]
        for each in clients:
            each.associate(PUBLIC, MANAGEMENT)
        with Client.tcp(meter.host, meter.port, TIMEOUT) as one_too_many:
            one_too_many.expect_closed(TIMEOUT)
        assert serves(client)


@pytest.mark.req("D-63", "B-20", "B-16")
def test_pushes_and_events_go_over_the_connection_that_is_there(start: Start, listener: Listener):
    """To one destination there is one connection; a push comes between the answers
    to the client that reads over it.
    """
    start(
        dial=listener.address, push=listener.address, events=listener.address, dial_pause=1, push_interval=60, rate=60
    )
    with listener.accept(TIMEOUT) as client:
        opened = client.associate(*login("reader"))
        while len(listener.arrivals) < 4:
            opened.get(3, "1.0.1.8.0.255", 2)
        pushed = [notification(listener)[1] for _ in range(4)]
        # each Push setup keeps its order
        numbers = [each.number for each in pushed if name_of(each) == INTERVAL]
        assert len(numbers) == 3
        assert numbers == sorted(numbers)
        assert listener.connections == []
        with pytest.raises(ConnectionFailed):
            listener.accept(0)
