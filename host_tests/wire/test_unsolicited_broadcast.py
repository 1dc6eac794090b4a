"""Broadcasts and pre-established AAs together with what the meter sends unasked
and the connections that it opens.
"""

from __future__ import annotations

import pytest

from host_tests.wire.apdus import MANAGEMENT, get, is_name
from host_tests.wire.unsolicited import ALARM, TIMEOUT, UDP, Manage, Start, direct, event, name_of, notification
from tools.dlmsclient import Client, Conformance, axdr, decode_notification
from tools.listen.listener import Listener

pytestmark = pytest.mark.caps("config", "own-process", "writes", "direct")

ALL_STATION = 0x7F
PREESTABLISHED = 100
CLOCK = (8, "0.0.1.0.0.255", 2)
NOON = axdr.octet_string(bytes.fromhex("07EA021C060C000000800000"))  # 2026-02-28T12:00:00, local time
ADJUSTED_OLD, ADJUSTED_NEW = 4, 5
CONFIRMATION = bytes.fromhex("10 00000001 00")
EVENTS = Conformance(0x007E9F)  # with event-notification and data-notification


@pytest.mark.req("A-60", "C-53", "B-16", "D-63")
def test_a_broadcast_that_sets_the_clock_is_told_as_events_and_as_alarm(
    start: Start, manage: Manage, listener: Listener
):
    """The broadcaster hears nothing: an event goes outside any AA to its destination,
    an alarm to that of its Push setup.
    """
    meter = start(preestablished=PREESTABLISHED, events=f"tcp:{listener.address}", push_delay=0, push_retries=200)
    with Listener() as alarms:
        direct(manage(meter), alarms.address, UDP, ALARM)
        with Client.udp(meter.host, meter.port, TIMEOUT) as client:
            client.attach(PREESTABLISHED, ALL_STATION, confirmed=False).set(*CLOCK, NOON)
            assert [event(listener)[1].value.value for _ in range(2)] == [ADJUSTED_OLD, ADJUSTED_NEW]
            pushed = [notification(alarms)[1] for _ in range(2)]
            assert [name_of(found) for found in pushed] == [ALARM, ALARM]
            assert [found.body[-1].value for found in pushed] == [ADJUSTED_OLD, ADJUSTED_NEW]
            # the first datagram to come back is the answer to a request
            assert is_name(client.exchange(get(), PREESTABLISHED, MANAGEMENT))


@pytest.mark.req("C-53", "B-16", "B-20")
def test_both_clients_on_a_connection_that_the_meter_opened(start: Start, listener: Listener):
    """One needs no AARQ, the other has an AA and hears in it what the first one
    does; no event goes to the first.
    """
    start(preestablished=PREESTABLISHED, dial=listener.address, dial_pause=1)
    with listener.accept(TIMEOUT) as client:
        assert is_name(client.exchange(get(), PREESTABLISHED, MANAGEMENT))
        opened = client.associate(1, MANAGEMENT, conformance=EVENTS)
        assert opened.negotiated is not None
        assert opened.negotiated.conformance & Conformance.EVENT_NOTIFICATION
        client.attach(PREESTABLISHED, MANAGEMENT, confirmed=False).set(*CLOCK, NOON)
        for code in (ADJUSTED_OLD, ADJUSTED_NEW):
            wpdu = client.receive(TIMEOUT)
            assert wpdu is not None, "nothing came"
            assert (wpdu.source, wpdu.destination) == (MANAGEMENT, 1)
            assert decode_notification(wpdu.apdu).value.value == code
        assert is_name(client.exchange(get(), PREESTABLISHED, MANAGEMENT))


@pytest.mark.req("D-62", "C-53", "D-96")
@pytest.mark.parametrize("udp", [False, True], ids=["tcp", "udp"])
def test_a_confirmation_of_nothing_is_not_answered_in_a_preestablished_association(start: Start, udp: bool):
    meter = start(preestablished=PREESTABLISHED)
    with (Client.udp if udp else Client.tcp)(meter.host, meter.port, TIMEOUT) as client:
        client.send_apdu(CONFIRMATION, PREESTABLISHED, MANAGEMENT)
        if udp:
            client.send_apdu(CONFIRMATION, PREESTABLISHED, ALL_STATION)
        # what comes first is the answer to the request after it
        assert is_name(client.exchange(get(), PREESTABLISHED, MANAGEMENT))
        client.send_apdu(CONFIRMATION, PREESTABLISHED, MANAGEMENT)
        assert is_name(client.exchange(get(), PREESTABLISHED, MANAGEMENT))
