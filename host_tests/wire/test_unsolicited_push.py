"""Pushes: DataNotifications of Push setup objects, over TCP and UDP, in their order,
kept and repeated (D-61 to D-63, F-17).
"""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest

from host_tests.harness.meters import MeterHandle
from host_tests.harness.ports import free_port
from host_tests.wire.aas import login
from host_tests.wire.unsolicited import (
    ALARM,
    CONFIRMED,
    CONNECTIVITY,
    INTERVAL,
    TCP,
    TIMEOUT,
    UDP,
    Manage,
    Start,
    direct,
    name_of,
    notification,
    push,
)
from tools.dlmsclient import ActionError, Association, Client, DateTime, Tag, axdr
from tools.dlmsclient.codes import ActionResult
from tools.listen.listener import Listener

pytestmark = [
    pytest.mark.caps("config", "own-process", "writes", "direct"),
    pytest.mark.meter_config(backfill_days=0, push_interval=0),
]

REGISTERS = ("1.0.1.8.0.255", "1.0.2.8.0.255", "1.0.3.8.0.255")


@pytest.fixture
def opened(meter: MeterHandle, manage: Manage) -> Association:
    """An AA that may write; afterwards no Push setup has a destination."""
    made = manage(meter)
    for setup in (INTERVAL, CONNECTIVITY, ALARM):
        direct(made, "", setup=setup)
        made.set(40, setup, 4, axdr.array())
    return made


def element(class_id: int, name: str, attribute: int) -> axdr.Data:
    """An element of push_object_list."""
    octets = bytes(int(part) for part in name.split("."))
    restriction = axdr.structure(axdr.enum(0), axdr.null_data())
    return axdr.structure(
        axdr.long_unsigned(class_id),
        axdr.octet_string(octets),
        axdr.integer(attribute),
        axdr.long_unsigned(0),
        restriction,
        axdr.array(),
    )


@pytest.mark.req("D-61", "D-63", "F-17", "B-17")
@pytest.mark.parametrize("transport", [TCP, UDP], ids=["tcp", "udp"])
def test_a_push_arrives_as_data_notification(opened: Association, listener: Listener, transport: int):
    direct(opened, listener.address, transport)
    push(opened)
    push(opened)
    first, pushed = notification(listener)
    _, second = notification(listener)
    assert first.transport == ("UDP" if transport else "TCP")
    assert (first.wpdu.source, first.wpdu.destination) == (1, 1)
    assert first.wpdu.apdu[:2] == b"\x0f\x00"
    assert second.number == pushed.number + 1
    assert name_of(pushed) == INTERVAL
    assert pushed.body[1] == opened.get(1, "0.0.42.0.0.255", 2)
    assert pushed.when is not None
    assert pushed.body[2].value == pushed.when.encode()
    # what arrives is what a decoder that knows only the syntax makes again
    assert pushed.encode() == first.wpdu.apdu


@pytest.mark.req("D-03")
def test_the_long_invoke_id_counts_and_says_confirmed(opened: Association, listener: Listener):
    direct(opened, listener.address)
    push(opened)
    _, plain = notification(listener)
    opened.set(40, INTERVAL, 11, axdr.enum(CONFIRMED))
    push(opened)
    _, confirmed = notification(listener)
    assert plain.long_invoke_id == plain.number
    assert confirmed.long_invoke_id == 1 << 30 | plain.number + 1


@pytest.mark.req("F-17")
def test_client_sap_is_the_destination_wport(opened: Association, listener: Listener):
    direct(opened, listener.address, UDP)
    opened.set(40, INTERVAL, 9, axdr.integer(103))
    try:
        push(opened)
        arrival, _ = notification(listener)
        assert (arrival.wpdu.source, arrival.wpdu.destination) == (1, 103)
    finally:
        opened.set(40, INTERVAL, 9, axdr.integer(1))


@pytest.mark.req("F-17", "D-61")
@pytest.mark.meter_config(rate=0)
def test_the_object_list_says_what_is_pushed(opened: Association, listener: Listener):
    """Short attributes, a long one, one that is computed: as they are read."""
    wanted = [(3, name, 2) for name in REGISTERS] + [
        (17, "0.0.41.0.0.255", 2),
        (7, "1.0.99.1.0.255", 7),
        (8, "0.0.1.0.0.255", 5),
    ]
    before = opened.get(40, INTERVAL, 2)
    listed = axdr.array(*(element(*each) for each in wanted))
    opened.set(40, INTERVAL, 2, listed)
    try:
        assert opened.get(40, INTERVAL, 2) == listed
        direct(opened, listener.address)
        push(opened)
        _, pushed = notification(listener)
        assert list(pushed.body.value) == [opened.get(*each) for each in wanted]
    finally:
        opened.set(40, INTERVAL, 2, before)


@pytest.mark.req("F-17")
def test_values_are_those_of_the_trigger(opened: Association, listener: Listener):
    """A push that waits for its destination keeps the values it was made with."""
    before = opened.get(40, INTERVAL, 2)
    note = (1, "0.0.96.128.1.255", 2)
    opened.set(40, INTERVAL, 2, axdr.array(element(*note)))
    port = free_port()
    try:
        direct(opened, f"127.0.0.1:{port}")
        for value in (1, 2, 3):
            opened.set(*note, axdr.double_long_unsigned(value))
            push(opened)
        opened.set(*note, axdr.double_long_unsigned(9))
        with Listener(port=port) as late:
            assert [notification(late)[1].body[0].value for _ in range(3)] == [1, 2, 3]
    finally:
        opened.set(40, INTERVAL, 2, before)


@pytest.mark.req("F-17", "D-63")
def test_order_is_kept_over_failures(opened: Association, logged: Callable[..., str]):
    """Refused again and again, then delivered: all, once, in their order."""
    port = free_port()
    direct(opened, f"127.0.0.1:{port}")
    for _ in range(4):
        push(opened)
    logged("not-sent", "source=interval", "attempt=3", "left=4")
    with Listener(port=port) as late:
        numbers = [notification(late)[1].number for _ in range(4)]
        assert numbers == list(range(numbers[0], numbers[0] + 4))
        push(opened)
        assert notification(late)[1].number == numbers[-1] + 1


@pytest.mark.req("F-17")
def test_given_up_after_the_retries_and_the_next_one_goes_out(opened: Association, logged: Callable[..., str]):
    port = free_port()
    direct(opened, f"127.0.0.1:{port}", retries=1)
    push(opened)
    line = logged("given-up", "source=interval", "attempt=2", "left=1")
    assert line.startswith("ERROR")
    with Listener(port=port) as late:
        push(opened)
        notification(late)


@pytest.mark.req("D-62", "F-17")
@pytest.mark.parametrize("transport", [TCP, UDP], ids=["tcp", "udp"])
def test_a_confirmed_push_is_delivered_once(opened: Association, listener: Listener, transport: int):
    direct(opened, listener.address, transport, method=CONFIRMED, delay=2)
    for _ in range(2):
        push(opened)
    numbers = []
    for _ in range(2):
        arrival, pushed = notification(listener)
        assert arrival.wpdu.apdu[1] == 0x40
        numbers.append(pushed.number)
    assert numbers[1] == numbers[0] + 1
    # only the confirmation lets the next one out, so the first is confirmed by now
    confirmed = opened.get(40, INTERVAL, 13)
    assert confirmed.tag is Tag.DATE_TIME
    assert isinstance(confirmed.value, DateTime)
    assert confirmed.value.date.year > 2000


@pytest.mark.req("D-62")
@pytest.mark.parametrize("transport", [TCP, UDP], ids=["tcp", "udp"])
def test_a_push_that_is_not_confirmed_is_repeated_then_given_up(
    opened: Association, logged: Callable[..., str], transport: int
):
    with Listener(confirm=False) as mute:
        direct(opened, mute.address, transport, method=CONFIRMED, delay=1, retries=2)
        push(opened)
        numbers = [notification(mute)[1].number for _ in range(3)]
        assert len(set(numbers)) == 1
        logged("given-up", "reason=no-confirmation", "attempt=3")


@pytest.mark.req("D-62")
@pytest.mark.parametrize(
    "wrong",
    ["10 00FFFFFF 00", "10 4{} 0C", "0F 4{} 00", "10"],
    ids=["another-number", "cut-short", "no-confirmation", "empty"],
)
def test_a_wrong_confirmation_confirms_nothing(opened: Association, wrong: str):
    """The same number comes again after it, and is then confirmed."""
    with Listener(confirm=False) as peer:
        direct(opened, peer.address, TCP, method=CONFIRMED, delay=1)
        push(opened)
        arrival, pushed = notification(peer)
        apdu = bytes.fromhex(wrong.format(f"0{pushed.number:06X}").replace(" ", ""))
        connection = peer.connections[0].socket
        connection.sendall(b"\0\1\0\1\0\1" + len(apdu).to_bytes(2, "big") + apdu)
        arrival, again = notification(peer)
        assert again.number == pushed.number
        answer = again.confirm()
        connection.sendall(b"\0\1\0\1\0\1" + len(answer).to_bytes(2, "big") + answer)
        push(opened)
        assert notification(peer)[1].number == pushed.number + 1


@pytest.mark.req("D-62", "A-52")
def test_a_connection_reset_in_the_middle_is_tried_again(opened: Association):
    """Reset after the push and in front of its confirmation: it comes
    again, over a new connection.
    """
    with Listener(confirm=False) as peer:
        direct(opened, peer.address, method=CONFIRMED, delay=30)
        opened.set(40, INTERVAL, 7, axdr.structure(*map(axdr.long_unsigned, (1, 100, 1))))
        push(opened)
        _, pushed = notification(peer)
        client = peer.accept(TIMEOUT)
        client.transport.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.close()
        peer.confirm = True
        _, again = notification(peer)
        assert again.number == pushed.number


@pytest.mark.req("D-63")
def test_a_stuck_push_holds_up_no_reader_and_no_other_push(meter: MeterHandle, opened: Association, listener: Listener):
    """One destination is dead and one accepts and says nothing; everybody else is served."""
    with Listener(confirm=False) as mute:
        direct(opened, f"127.0.0.1:{free_port()}", setup=ALARM)
        direct(opened, mute.address, setup=CONNECTIVITY, method=CONFIRMED, delay=3600)
        for setup in (ALARM, CONNECTIVITY):
            push(opened, setup)
            push(opened, setup)
        notification(mute)
        direct(opened, listener.address)
        push(opened)
        assert name_of(notification(listener)[1]) == INTERVAL
        with Client.tcp(meter.host, meter.port, TIMEOUT) as link:
            reader = link.associate(*login("reader"))
            for _ in range(50):
                reader.get(3, REGISTERS[0], 2)
            reader.release()
        assert mute.next(0) is None  # the second one is not sent before the first is confirmed


@pytest.mark.req("F-17")
@pytest.mark.meter_config(start="2026-02-03T12:00:00")
def test_outside_the_window_nothing_is_sent_until_it_opens(opened: Association, listener: Listener):
    def window(begin: int, end: int) -> axdr.Data:
        moments = [
            bytes.fromhex(f"FFFF FF FF FF {hour:02X} 00 00 FF 8000 FF".replace(" ", "")) for hour in (begin, end)
        ]
        return axdr.array(axdr.structure(*map(axdr.octet_string, moments)))

    opened.set(40, INTERVAL, 4, window(2, 4))
    direct(opened, listener.address)
    direct(opened, listener.address, setup=ALARM)
    push(opened)
    push(opened, ALARM)
    # what was triggered later and has no window comes, and again: the one with the window does not
    assert name_of(notification(listener)[1]) == ALARM
    push(opened, ALARM)
    assert name_of(notification(listener)[1]) == ALARM
    opened.set(40, INTERVAL, 4, window(11, 13))
    assert name_of(notification(listener)[1]) == INTERVAL


@pytest.mark.req("F-17")
def test_reset_forgets_what_was_not_sent(opened: Association):
    port = free_port()
    direct(opened, f"127.0.0.1:{port}")
    for _ in range(3):
        push(opened)
    opened.action(40, INTERVAL, 2, axdr.integer(0))
    with Listener(port=port) as late:
        push(opened)
        _, first = notification(late)
        push(opened)
        assert notification(late)[1].number == first.number + 1


@pytest.mark.req("F-17")
def test_a_full_outbox_refuses_the_new_and_keeps_the_old(opened: Association, logged: Callable[..., str]):
    port = free_port()
    direct(opened, f"127.0.0.1:{port}", retries=255)
    kept = 0
    result = None
    while result is None:
        try:
            push(opened)
            kept += 1
        except ActionError as error:
            result = error.code
    assert result is ActionResult.TEMPORARY_FAILURE
    assert kept > 3
    logged("outbox-full", "interval")
    with Listener(port=port) as late:
        numbers = [notification(late)[1].number for _ in range(kept)]
        assert numbers == list(range(numbers[0], numbers[0] + kept))


@pytest.mark.req("F-17")
def test_push_without_a_destination_is_refused(opened: Association):
    with pytest.raises(ActionError) as refused:
        push(opened)
    assert refused.value.code is ActionResult.OTHER_REASON


@pytest.mark.req("F-17")
def test_triggers_interval_connectivity_and_alarm(start: Start, listener: Listener, manage: Manage):
    """At the start, at every full minute of local time, and at an entry of the event log."""
    meter = start(push=listener.address, push_interval=60, rate=20, start="2026-02-03T12:00:30")
    assert name_of(notification(listener)[1]) == CONNECTIVITY
    moments = [notification(listener)[1] for _ in range(3)]
    assert [name_of(each) for each in moments] == [INTERVAL] * 3
    assert [str(each.when.time) for each in moments] == ["12:01:00", "12:02:00", "12:03:00"]
    manage(meter).action(70, "0.0.96.3.10.255", 1, axdr.integer(0))
    while name_of(pushed := notification(listener)[1]) != ALARM:
        assert name_of(pushed) == INTERVAL
    assert pushed.body[3].value == 62  # remote disconnection


@pytest.mark.req("F-17", "D-63")
def test_destination_ipv6(start: Start, manage: Manage):
    try:
        listening = Listener("::1")
    except Exception:
        pytest.skip("no IPv6 here")
    with listening as six:
        opened = manage(start(push_interval=0))
        for transport in (TCP, UDP):
            direct(opened, six.address, transport)
            push(opened)
            notification(six)
