"""InformationReports: events for a client management process that speaks with short
names, over UDP and TCP (D-52, B-16, B-18).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

import pytest

from host_tests.harness.meters import MeterHandle
from host_tests.wire.apdus import CLIENT_MANAGEMENT, MANAGEMENT
from host_tests.wire.short import READER, SECRETS
from host_tests.wire.test_unsolicited_events import EVENTS, operate, take  # noqa: F401
from host_tests.wire.unsolicited import TIMEOUT, Manage, Start
from tools.dlmsclient import AssociationRejected, Client, Conformance, decode_notification
from tools.dlmsclient.initiate import SHORT_NAME_CONFORMANCE
from tools.dlmsclient.notifications import InformationReport
from tools.listen.listener import Listener

pytestmark = [pytest.mark.caps("config", "own-process", "writes", "disconnect", "direct")]

CODE = "0.0.96.11.0.255"
Operate = Callable[[MeterHandle], Callable[[], int]]


def reported(client: Client) -> tuple[tuple[int, int], InformationReport]:
    """The next WPDU of a link, which must be an InformationReport: its wPorts, and the report."""
    wpdu = client.receive(TIMEOUT)
    assert wpdu is not None, "nothing came"
    found = decode_notification(wpdu.apdu)
    assert isinstance(found, InformationReport)
    assert found.encode() == wpdu.apdu
    return (wpdu.source, wpdu.destination), found


def notified(listener: Listener) -> int:
    """The code that the next arrival is about, which must be an EventNotification."""
    arrival = listener.next(TIMEOUT)
    assert arrival is not None
    assert arrival.wpdu.apdu[:1] == b"\xc2"
    return arrival.notification.value.value


@pytest.mark.req("D-52", "B-16", "B-18", "C-36", "F-10")
@pytest.mark.parametrize("udp", [False, True], ids=["tcp", "udp"])
def test_a_report_inside_an_association(start: Start, listener: Listener, operate: Operate, udp: bool):  # noqa: F811
    """Between answers, under the name that the object list of the AA has;
    outside, as configured, all the while.
    """
    meter = start(events=f"tcp:{listener.address}", push_delay=0)
    once = operate(meter)
    connect = Client.udp if udp else Client.tcp
    with connect(meter.host, meter.port, TIMEOUT) as client:
        opened = client.associate_short_names(1, 1)
        assert opened.negotiated.conformance & Conformance.INFORMATION_REPORT
        assert not opened.negotiated.conformance & 0x82
        (name,) = [each.base_name + 8 for each in opened.objects() if str(each.instance) == "0-0:96.11.0*255"]
        for _ in range(3):
            code = once()
            ways, found = reported(client)
            assert ways == (1, 1)
            assert [(each, value.value) for each, value in found.values] == [(name, code)]
            assert len(found.when) == 19
            assert opened.get(1, CODE, 2).value == code
            assert notified(listener) == code
        opened.release()
        code = once()
        assert notified(listener) == code


@pytest.mark.req("D-52", "B-16")
@pytest.mark.parametrize("service", ["notification", "report"])
def test_each_association_hears_in_its_own_form(start: Start, listener: Listener, operate: Operate, service: str):  # noqa: F811
    """One with short names and one with logical names, both over TCP and over UDP,
    and the destination as configured.
    """
    meter = start(events=f"tcp:{listener.address}", event_service=service, push_delay=0)
    once = operate(meter)
    with ExitStack() as links:
        short = [links.enter_context(connect(meter.host, meter.port, TIMEOUT)) for connect in (Client.tcp, Client.udp)]
        logical = [
            links.enter_context(connect(meter.host, meter.port, TIMEOUT)) for connect in (Client.tcp, Client.udp)
        ]
        opened = [client.associate_short_names(1, 1) for client in short]
        opened += [client.associate(1, 1, conformance=EVENTS) for client in logical]
        codes = [once() for _ in range(3)]
        for client in short:
            assert [reported(client)[1].values[0][1].value for _ in codes] == codes
        for client in logical:
            assert [take(client)[1].value.value for _ in codes] == codes
        for code in codes:
            if service == "notification":
                assert notified(listener) == code
            else:
                arrival = listener.next(TIMEOUT)
                assert arrival is not None
                assert arrival.notification.values[0][1].value == code
        for each in opened:
            each.release()


@pytest.mark.req("D-52", "D-60", "B-18")
def test_the_client_management_process_takes_either_referencing(start: Start, operate: Operate):  # noqa: F811
    """One AA after the other with the same wPorts: the service is that of its application context."""
    meter = start()
    once = operate(meter)
    with Client.tcp(meter.host, meter.port, TIMEOUT) as client:
        for _ in range(2):
            client.associate_short_names(1, 1)
            code = once()
            assert reported(client)[1].values[0][1].value == code
            client.associate(1, 1, conformance=EVENTS)
            code = once()
            assert take(client)[1].value.value == code


@pytest.mark.req("D-52", "C-37")
@pytest.mark.parametrize(
    ("wport", "secret", "conformance"),
    [
        (CLIENT_MANAGEMENT, None, SHORT_NAME_CONFORMANCE & ~Conformance.INFORMATION_REPORT),
        (READER, SECRETS[READER], SHORT_NAME_CONFORMANCE),
    ],
    ids=["not-negotiated", "another-client"],
)
def test_nobody_else_hears_reports(
    start: Start,
    listener: Listener,
    operate: Operate,  # noqa: F811
    wport: int,
    secret: str | None,
    conformance: Conformance,
):
    meter = start(events=f"udp:{listener.address}", push_delay=0)
    once = operate(meter)
    with Client.tcp(meter.host, meter.port, TIMEOUT) as client:
        opened = client.associate_short_names(wport, MANAGEMENT, secret, conformance=conformance)
        assert not opened.negotiated.conformance & Conformance.INFORMATION_REPORT
        code = once()
        arrival = listener.next(TIMEOUT)
        assert arrival is not None
        assert arrival.notification.value.value == code
        # the answer is the next that comes over the AA
        assert opened.get(1, "0.0.42.0.0.255", 2)


@pytest.mark.req("D-52", "B-16", "B-18")
@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_a_report_outside_an_association(start: Start, listener: Listener, operate: Operate, transport: str):  # noqa: F811
    """From the management logical device to the client management process, octet by
    octet; inside with logical names as ever.
    """
    meter = start(events=f"{transport}:{listener.address}", event_service="report", push_delay=0, push_retries=200)
    once = operate(meter)
    with Client.tcp(meter.host, meter.port, TIMEOUT) as client:
        opened = client.associate_short_names(1, 1)
        (name,) = [each.base_name + 8 for each in opened.objects() if str(each.instance) == "0-0:96.11.0*255"]
        opened.release()
        for _ in range(3):
            code = once()
            arrival = listener.next(TIMEOUT)
            assert arrival is not None
            assert arrival.transport.lower() == transport
            assert arrival.wpdu.encode()[:8] == bytes.fromhex("00010001 0001 001D")
            apdu = arrival.wpdu.apdu
            assert apdu[:3] == bytes.fromhex("180113")
            assert apdu[3:17].isdigit()
            assert apdu[22:] == bytes((1, 2, *name.to_bytes(2, "big"), 1, 0x11, code))
        client.associate(1, 1, conformance=EVENTS)
        code = once()
        assert take(client)[1].value.value == code


@pytest.mark.req("D-52")
def test_the_second_logical_device_reports_nothing(start: Start):
    """Reports come from the management logical device alone, and its client management
    process has short names there only.
    """
    meter = start()
    with Client.tcp(meter.host, meter.port, TIMEOUT) as client:
        with pytest.raises(AssociationRejected, match="application-context-name"):
            client.associate_short_names(1, 17)
        assert client.associate(1, 17).get(1, "0.0.42.0.0.255", 2)


@pytest.mark.req("D-52", "D-60", "B-16")
def test_reports_keep_their_order_while_nobody_listens(start: Start, operate: Operate, manage: Manage):  # noqa: F811
    with Listener() as found:
        port = found.port
    meter = start(events=f"tcp:127.0.0.1:{port}", event_service="report", push_delay=0, push_retries=255)
    once = operate(meter)
    codes = [once() for _ in range(5)]
    with Listener(port=port) as late:
        heard = []
        for _ in codes:
            arrival = late.next(TIMEOUT)
            assert arrival is not None
            assert isinstance(arrival.notification, InformationReport)
            heard.append(arrival.notification.values[0][1].value)
    assert heard == codes
