"""EventNotifications, over UDP and TCP, outside an AA with application addresses
and inside one (B-16 to B-18, D-60).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, closing

import pytest

from host_tests.harness.meters import MeterHandle
from host_tests.harness.raw import RawTcp, RawUdp
from host_tests.wire.apdus import is_aare
from host_tests.wire.unsolicited import TIMEOUT, Manage, Start, event
from tools.dlmsclient import Association, Client, Conformance, Wpdu, axdr, decode_notification
from tools.dlmsclient.notifications import EventNotification
from tools.listen.listener import Listener

pytestmark = pytest.mark.caps("config", "own-process", "writes", "disconnect", "direct")

SUPPLY = (70, "0.0.96.3.10.255")
DISCONNECTED, RECONNECTED = 62, 63
EVENTS = Conformance(0x007E9F)  # with event-notification and data-notification
# The AARQ of client 1, without a secret and with event-notification among
# what it proposes, and its WPDU.
OPENED_BY_ANYBODY = "000100010001001F601DA109060760857405080101BE10040E01000000065F1F040020FEDFFFFF"


@pytest.fixture(params=["tcp", "udp"])
def told(request: pytest.FixtureRequest, listener: Listener, start: Start) -> MeterHandle:
    """A meter that sends events to the listener, over each transport in turn."""
    return start(events=f"{request.param}:{listener.address}", push_delay=0, push_retries=200)


@pytest.fixture
def operate(manage: Manage) -> Callable[[MeterHandle], Callable[[], int]]:
    """`operate(meter)()` operates the disconnector, another way each
    time, and returns the event code.
    """

    def prepare(meter: MeterHandle) -> Callable[[], int]:
        opened = manage(meter)
        # whatever the test before left
        opened.action(*SUPPLY, 2, axdr.integer(0))
        way = [2]

        def once() -> int:
            way[0] = 3 - way[0]
            opened.action(*SUPPLY, way[0], axdr.integer(0))
            return DISCONNECTED if way[0] == 1 else RECONNECTED

        return once

    return prepare


def take(client: Client) -> tuple[Wpdu, EventNotification]:
    """The next WPDU of a link, which must be an EventNotification."""
    wpdu = client.receive(TIMEOUT)
    assert wpdu is not None, "nothing came"
    found = decode_notification(wpdu.apdu)
    assert isinstance(found, EventNotification)
    return wpdu, found


@pytest.mark.req("B-16", "B-17", "B-18", "D-60")
def test_an_event_outside_an_association(
    told: MeterHandle, listener: Listener, operate: Callable[..., Callable[[], int]], request: pytest.FixtureRequest
):
    """From the management logical device to the client management process, unasked; octet by octet."""
    once = operate(told)
    for _ in range(3):
        code = once()
        arrival, found = event(listener)
        assert arrival.transport.lower() == request.node.callspec.params["told"]
        assert arrival.wpdu.encode()[:8] == bytes.fromhex("00010001 0001 001A")
        apdu = arrival.wpdu.apdu
        assert apdu[:3] == bytes.fromhex("C2010C")
        assert apdu[15:] == bytes.fromhex("0001 0000600B00FF 02 11") + bytes((code,))
        assert found.when is not None
        assert found.encode() == apdu


@pytest.mark.req("B-18")
def test_the_application_addresses_are_configurable(
    start: Start, listener: Listener, operate: Callable[..., Callable[[], int]]
):
    meter = start(events=f"udp:{listener.address}", event_source=17, event_client=0x2345)
    operate(meter)()
    arrival, _ = event(listener)
    assert (arrival.wpdu.source, arrival.wpdu.destination) == (17, 0x2345)


@pytest.mark.req("B-16", "B-18", "C-36")
@pytest.mark.parametrize("udp", [False, True], ids=["tcp", "udp"])
def test_an_event_inside_an_association(
    start: Start, listener: Listener, operate: Callable[..., Callable[[], int]], udp: bool
):
    """The client management process hears of events in its AA, between answers, and so
    does the destination, before and after.
    """
    meter = start(events=f"tcp:{listener.address}", push_delay=0)
    once = operate(meter)
    connect = Client.udp if udp else Client.tcp
    with connect(meter.host, meter.port, TIMEOUT) as client:
        opened = client.associate(1, 1, conformance=EVENTS)
        assert opened.negotiated.conformance & 0x82 == 0x82
        for _ in range(2):
            code = once()
            wpdu, found = take(client)
            assert (wpdu.source, wpdu.destination) == (1, 1)
            assert found.value.value == code
            assert opened.get(1, "0.0.42.0.0.255", 2)
            assert event(listener)[1].value.value == code
        opened.release()
        code = once()
        assert event(listener)[1].value.value == code


@pytest.mark.req("B-16")
@pytest.mark.parametrize("udp", [False, True], ids=["in-tcp", "in-udp"])
def test_an_association_without_a_secret_silences_no_destination(
    told: MeterHandle, listener: Listener, operate: Callable[..., Callable[[], int]], udp: bool
):
    """One WPDU that anybody may send opens it, and nobody is there to hear."""
    once = operate(told)
    with closing((RawUdp if udp else RawTcp)((told.host, told.port), TIMEOUT)) as gone:
        gone.send(bytes.fromhex(OPENED_BY_ANYBODY))
        if not udp:
            assert is_aare(gone.receive_wpdu()[8:])
        codes = [once() for _ in range(3)]
        assert [event(listener)[1].value.value for _ in codes] == codes
    # … nor when the socket is closed and datagrams to it are refused
    codes = [once() for _ in range(3)]
    assert [event(listener)[1].value.value for _ in codes] == codes


@pytest.mark.req("B-16", "C-36")
def test_every_association_that_negotiated_it_hears_of_an_event(
    told: MeterHandle, listener: Listener, operate: Callable[..., Callable[[], int]]
):
    """Over TCP and UDP, opened earlier and later, each once and in order; and the destination."""
    once = operate(told)
    with ExitStack() as links:
        clients = [
            links.enter_context(connect(told.host, told.port, TIMEOUT)) for connect in (Client.tcp, Client.udp) * 3
        ]
        opened = [client.associate(1, 1, conformance=EVENTS) for client in clients]
        codes = [once() for _ in range(3)]
        for client in clients:
            assert [take(client)[1].value.value for _ in codes] == codes
        assert [event(listener)[1].value.value for _ in codes] == codes
        # nothing comes twice: the next thing that each hears is the next event
        opened[0].release()
        code = once()
        assert [take(client)[1].value.value for client in clients[1:]] == [code] * 5
        assert event(listener)[1].value.value == code
        for each in opened[1:]:
            each.release()


@pytest.mark.req("B-16")
def test_a_destination_that_is_not_there_holds_up_no_association(
    start: Start, operate: Callable[..., Callable[[], int]]
):
    with Listener() as found:
        port = found.port
    meter = start(events=f"tcp:127.0.0.1:{port}", push_delay=3600, push_retries=3)
    once = operate(meter)
    with Client.tcp(meter.host, meter.port, TIMEOUT) as client:
        client.associate(1, 1, conformance=EVENTS)
        codes = [once() for _ in range(4)]
        assert [take(client)[1].value.value for _ in codes] == codes


@pytest.mark.req("B-16", "B-20")
def test_the_destination_in_an_association_of_its_own_is_told_once(
    start: Start, listener: Listener, operate: Callable[..., Callable[[], int]]
):
    """It opens the AA over the connection that the meter made to it."""
    meter = start(events=f"tcp:{listener.address}", dial=listener.address, dial_pause=1, push_delay=0)
    once = operate(meter)
    with listener.accept(TIMEOUT) as client:
        opened = client.associate(1, 1, conformance=EVENTS)
        codes = [once() for _ in range(3)]
        assert [take(client)[1].value.value for _ in codes] == codes
        opened.release()
        code = once()
        assert take(client)[1].value.value == code
        assert listener.next(0) is None


@pytest.mark.req("B-16", "C-37")
@pytest.mark.parametrize(
    ("client_wport", "conformance"),
    [(1, Conformance(0x007E1D)), (16, EVENTS)],
    ids=["not-negotiated", "another-client"],
)
def test_an_association_without_event_notification_hears_nothing(
    start: Start,
    listener: Listener,
    operate: Callable[..., Callable[[], int]],
    client_wport: int,
    conformance: Conformance,
):
    meter = start(events=f"tcp:{listener.address}", push_delay=0)
    once = operate(meter)
    with Client.tcp(meter.host, meter.port, TIMEOUT) as client:
        opened = client.associate(client_wport, 1, conformance=conformance)
        assert opened.negotiated.conformance & 0x82 == 0
        code = once()
        # nothing but answers come over the AA, until the event has come elsewhere
        arrival = None
        for _ in range(400):
            assert opened.get(1, "0.0.42.0.0.255", 2)
            arrival = arrival or listener.next(0.05)
            if arrival is not None:
                break
        assert arrival is not None
        assert arrival.notification.value.value == code
        assert not client.noted
        opened.release()


@pytest.mark.req("D-60", "B-16")
def test_events_keep_their_order_while_nobody_listens(start: Start, operate: Callable[..., Callable[[], int]]):
    with Listener() as found:
        port = found.port
    meter = start(events=f"tcp:127.0.0.1:{port}", push_delay=0, push_retries=255)
    once = operate(meter)
    codes = [once() for _ in range(5)]
    with Listener(port=port) as late:
        assert [event(late)[1].value.value for _ in range(5)] == codes


@pytest.mark.req("B-16")
def test_an_event_between_the_blocks_of_a_transfer(start: Start, operate: Callable[..., Callable[[], int]]):
    """A long GET in the AA goes on as if nothing had come between."""
    meter = start()
    once = operate(meter)
    with Client.tcp(meter.host, meter.port, TIMEOUT) as client:
        heard: list[Wpdu] = []
        client.unsolicited = heard.append
        opened = client.associate(1, 1, conformance=EVENTS, pdu_size=64)
        whole = opened.get(15, "0.0.40.0.0.255", 2)
        first = opened.exchange(bytes.fromhex("C001C1000F0000280000FF0200"))
        assert first[:2] == b"\xc4\x02"
        code = once()
        wpdu, found = take(client)
        assert found.value.value == code
        second = opened.exchange(bytes.fromhex("C002C100000001"))
        assert second[:8] == bytes.fromhex("C402C10000000002")
        for _ in range(3):
            once()
            assert opened.get(15, "0.0.40.0.0.255", 2) == whole


@pytest.mark.req("B-16", "D-99")
def test_without_a_destination_and_an_association_nothing_is_kept(
    start: Start, operate: Callable[..., Callable[[], int]]
):
    """Events that nobody wanted are not sent later."""
    meter = start()
    once = operate(meter)
    for _ in range(60):  # more than an outbox holds
        once()
    with Client.tcp(meter.host, meter.port, TIMEOUT) as client:
        with_events: Association = client.associate(1, 1, conformance=EVENTS)
        once()
        # the last one or two may still have waited when the AA was opened
        codes = [take(client)[1].value.value]
        while (wpdu := client.receive(0.5)) is not None:
            codes.append(decode_notification(wpdu.apdu).value.value)
        assert len(codes) <= 30
        with_events.release()
