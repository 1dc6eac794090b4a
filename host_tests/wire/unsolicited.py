"""Push setups, and the meters and listeners of the tests of what is sent unasked."""

from __future__ import annotations

from collections.abc import Callable

from host_tests.harness.meters import MeterHandle
from tools.dlmsclient import Association, Data, DataNotification, EventNotification, axdr
from tools.listen.listener import Arrival, Listener

TIMEOUT = 20.0
INTERVAL = "0.0.25.9.0.255"
CONNECTIVITY = "0.1.25.9.0.255"
ALARM = "0.4.25.9.0.255"
TCP, UDP = 0, 1
CONFIRMED = 2

Start = Callable[..., MeterHandle]
Manage = Callable[[MeterHandle], Association]


def destination(transport: int, address: str) -> Data:
    """send_destination_and_method."""
    return axdr.structure(axdr.enum(transport), axdr.octet_string(address.encode()), axdr.enum(0))


def delays(first: int, exponent: int = 100, most: int = 3600) -> Data:
    """repetition_delay."""
    return axdr.structure(*map(axdr.long_unsigned, (first, exponent, most)))


def direct(opened: Association, address: str, transport: int = TCP, setup: str = INTERVAL, **more: object) -> None:
    """Let a Push setup push to an address: retries, delay (seconds, the same
    each time) and method as given.
    """
    opened.action(40, setup, 2, axdr.integer(0))
    opened.set(40, setup, 6, axdr.unsigned(int(more.get("retries", 200))))
    opened.set(40, setup, 7, delays(int(more.get("delay", 0))))
    opened.set(40, setup, 11, axdr.enum(int(more.get("method", 0))))
    opened.set(40, setup, 3, destination(transport, address))


def push(opened: Association, setup: str = INTERVAL) -> None:
    """Invoke method push."""
    opened.action(40, setup, 1, axdr.integer(0))


def notification(listener: Listener, timeout: float = TIMEOUT) -> tuple[Arrival, DataNotification]:
    """The next arrival, which must be a DataNotification."""
    arrival = listener.next(timeout)
    assert arrival is not None, "nothing came"
    assert isinstance(arrival.notification, DataNotification), arrival
    assert arrival.notification.deviations == ()
    return arrival, arrival.notification


def event(listener: Listener, timeout: float = TIMEOUT) -> tuple[Arrival, EventNotification]:
    """The next arrival, which must be an EventNotification."""
    arrival = listener.next(timeout)
    assert arrival is not None, "nothing came"
    assert isinstance(arrival.notification, EventNotification), arrival
    assert arrival.notification.deviations == ()
    return arrival, arrival.notification


def name_of(pushed: DataNotification) -> str:
    """The Push setup that a notification of this meter names first."""
    return ".".join(str(octet) for octet in pushed.body[0].value)
