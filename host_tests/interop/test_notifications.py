"""What the meter sends unasked, decoded by third parties: Gurux's listener side and its
translator, the parser of dlms-cosem.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import datetime

import pytest

from host_tests.harness.meters import MeterHandle, MeterPool
from host_tests.harness.target import Target
from tools.dlmsclient import Association, Client, Data, EventNotification, axdr
from tools.listen.listener import Arrival, Listener

gurux_dlms = pytest.importorskip("gurux_dlms")
pytest.importorskip("dlms_cosem")

pytestmark = [pytest.mark.caps("config", "own-process", "writes", "disconnect", "direct")]

TIMEOUT = 20.0
INTERVAL = "0.0.25.9.0.255"


@pytest.fixture(params=["tcp", "udp"])
def listener(request: pytest.FixtureRequest) -> Iterator[Listener]:
    """Where the meter sends to, over each transport in turn."""
    with Listener(confirm=False) as made:
        made.transport = request.param
        yield made


@pytest.fixture
def meter(meter_pool: MeterPool, target: Target, request: pytest.FixtureRequest, listener: Listener) -> MeterHandle:
    """A meter that sends pushes and events to the listener; its clock stands."""
    where = f"{listener.transport}:{listener.address}"
    settings = {"backfill_days": 0, "push": where, "events": where, "rate": 0, "start": "2026-02-03T12:00:00"}
    return meter_pool.get(target, request.node.nodeid.partition("::")[0], settings)


@pytest.fixture
def manager(meter: MeterHandle) -> Iterator[Association]:
    """An association that may write."""
    with Client.tcp(meter.host, meter.port, TIMEOUT) as link:
        yield link.associate(48, 1, "87654321")


def pushed(listener: Listener, manager: Association) -> tuple[Arrival, list[Data]]:
    """A push on demand, and the values that stand in it."""
    manager.action(40, INTERVAL, 1, axdr.integer(0))
    arrival = listener.next(TIMEOUT)
    while arrival is not None and not arrival.wpdu.apdu[18:].startswith(bytes.fromhex("0206 0906 0000190900FF")):
        arrival = listener.next(TIMEOUT)  # the push on connectivity came first
    assert arrival is not None
    values = []
    for definition in manager.get(40, INTERVAL, 2):
        class_id, name, attribute = (part.value for part in definition.value[:3])
        values.append(manager.get(class_id, ".".join(map(str, name)), attribute))
    return arrival, values


def plain(value: object) -> object:
    return bytes(value) if isinstance(value, bytes | bytearray) else value


@pytest.mark.req("D-61", "D-63", "F-17")
def test_gurux_takes_a_push(listener: Listener, manager: Association):
    """The client side hands it out as a notification, with the time and the values."""
    from gurux_dlms import GXByteBuffer, GXDLMSClient, GXReplyData
    from gurux_dlms.enums import Authentication, Command, InterfaceType

    arrival, values = pushed(listener, manager)
    client = GXDLMSClient(True, 1, 1, Authentication.NONE, None, InterfaceType.WRAPPER)
    reply, notify = GXReplyData(), GXReplyData()
    client.getData(GXByteBuffer(arrival.wpdu.encode()), reply, notify)
    assert notify.command == Command.DATA_NOTIFICATION
    assert [plain(value) for value in notify.value] == [value.value for value in values]
    assert notify.time.value.replace(tzinfo=None) == datetime(2026, 2, 3, 12)
    assert reply.value is None


@pytest.mark.req("D-60", "B-16", "B-18")
def test_gurux_translates_an_event(listener: Listener, manager: Association):
    from gurux_dlms import GXByteBuffer, GXDLMSTranslator

    manager.action(70, "0.0.96.3.10.255", 2, axdr.integer(0))
    manager.action(70, "0.0.96.3.10.255", 1, axdr.integer(0))
    arrival = listener.next(TIMEOUT)
    while arrival is not None and not (
        isinstance(arrival.notification, EventNotification) and arrival.notification.value.value == 62
    ):
        arrival = listener.next(TIMEOUT)
    assert arrival is not None
    xml = GXDLMSTranslator().messageToXml(GXByteBuffer(arrival.wpdu.encode()))
    for part in (
        '<TargetAddress Value="1" />',
        '<SourceAddress Value="1" />',
        "<EventNotificationRequest>",
        '<Time Value="07EA0203020C000000000000" />',
        '<InstanceId Value="0000600B00FF" />',
        '<UInt8 Value="3E" />',
    ):
        assert part in xml, xml


@pytest.mark.req("F-17")
def test_gurux_reads_the_push_setup_as_version_2(listener: Listener, meter: MeterHandle):
    """Every attribute, in the shapes that Gurux has for version 2."""
    from gurux_dlms.objects import GXDLMSPushSetup

    from host_tests.interop.gurux import Gurux
    from host_tests.interop.links import TcpLink

    link = TcpLink(meter.host, meter.port)
    link.connect()
    try:
        session = Gurux(link, 32, 1, "12345678").associate()
        setup = GXDLMSPushSetup(INTERVAL)
        for attribute in range(1, 14):
            session.read(setup, attribute)
        assert setup.version == 2
        assert setup.destination == listener.address
        assert int(setup.service) == (1 if listener.transport == "udp" else 0)
        names = [(item.logicalName, captured.attributeIndex) for item, captured in setup.pushObjectList]
        assert names[0] == (INTERVAL, 1)
        assert ("1.0.1.8.0.255", 2) in names
        assert (setup.repetitionDelay2.min, setup.repetitionDelay2.exponent, setup.repetitionDelay2.max) == (
            10,
            200,
            3600,
        )
        assert (setup.numberOfRetries, setup.pushClientSAP, int(setup.pushOperationMethod)) == (3, 1, 0)
        session.release()
    finally:
        link.disconnect()


@pytest.mark.req("D-61", "D-62")
@pytest.mark.parametrize("confirmed", [False, True], ids=["unconfirmed", "confirmed"])
def test_dlms_cosem_parses_a_push(listener: Listener, manager: Association, confirmed: bool):
    from dlms_cosem.protocol.xdlms import DataNotification
    from dlms_cosem.utils import parse_as_dlms_data

    manager.set(40, INTERVAL, 11, axdr.enum(2 if confirmed else 0))
    arrival, values = pushed(listener, manager)
    parsed = DataNotification.from_bytes(arrival.wpdu.apdu)
    assert parsed.long_invoke_id_and_priority.confirmed is confirmed
    assert parsed.long_invoke_id_and_priority.long_invoke_id == arrival.notification.number
    assert parsed.date_time.replace(tzinfo=None) == datetime(2026, 2, 3, 12)
    assert [plain(value) for value in parse_as_dlms_data(parsed.body)] == [value.value for value in values]


@pytest.mark.req("B-20")
def test_gurux_reads_over_a_connection_that_the_meter_opened(
    meter_pool: MeterPool, target: Target, request: pytest.FixtureRequest
):
    """The client's AARQ goes over the dialled connection."""
    from gurux_dlms.objects import GXDLMSData

    from host_tests.interop.gurux import Gurux
    from host_tests.interop.links import TcpLink

    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(TIMEOUT)
        settings = {"backfill_days": 0, "dial": "127.0.0.1:%d" % server.getsockname()[1]}
        meter_pool.get(target, request.node.nodeid.partition("::")[0], settings)
        link = TcpLink("127.0.0.1", 1)
        link.adopt(server.accept()[0])
        session = Gurux(link).associate()
        assert bytes(session.read(GXDLMSData("0.0.42.0.0.255"), 2)) == b"ZZZ0000000100001"
        session.release()
        link.disconnect()
