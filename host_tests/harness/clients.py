"""Fixtures that speak to the meter with the host client: links, associations, and values put back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

import pytest

from tools.dlmsclient import Association, Client, Data, DlmsError

from . import tape
from .meters import MeterHandle
from .raw import part
from .roster import ROSTER

# Generous: a meter under valgrind or on a board answers late, and no test waits for it to pass.
TIMEOUT = 20.0

ClientFactory = Callable[..., Client]


@pytest.fixture
def client(meter: MeterHandle) -> Iterator[ClientFactory]:
    """Opens links to the meter: `client()` over TCP, `client(udp=True)`,
    `client(host="::1")`; all are closed after the test.
    """
    with ExitStack() as links:

        def open_link(*, udp: bool = False, host: str | None = None, timeout: float | None = None) -> Client:
            if udp and meter.no_udp:
                pytest.skip(meter.no_udp)
            connect = Client.udp if udp else Client.tcp
            link = links.enter_context(
                connect(host or meter.host, meter.port, timeout or meter.patience or TIMEOUT, tape.note)
            )
            if not udp:
                links.callback(part, link.transport.socket)
            elif meter.process is None:
                # nobody starts that meter anew, and an AA over UDP outlives its socket
                links.callback(_release_all, link)
            return link

        yield open_link


def _release_all(link: Client) -> None:
    """Release what a test has left open over UDP."""
    for association in list(link.associations.values()):
        with suppress(DlmsError):
            association.release()


@pytest.fixture
def public(client: ClientFactory) -> Association:
    """An association of the public client, lowest level security."""
    return client().associate(ROSTER.wport("public"), ROSTER.management, ROSTER.secret("public"))


@pytest.fixture
def reader(client: ClientFactory) -> Association:
    """An association that reads everything (`--client`, `--password`)."""
    return client().associate(ROSTER.wport("reader"), ROSTER.management, ROSTER.secret("reader"))


@pytest.fixture
def manager(client: ClientFactory) -> Association:
    """An association that may write (`--manager`, `--manager-password`)."""
    return client().associate(ROSTER.wport("manager"), ROSTER.management, ROSTER.secret("manager"))


@pytest.fixture
def put_back(meter: MeterHandle) -> Iterator[Callable[[int, str, int], Data]]:
    """`put_back(class_id, obis, attribute)` reads an attribute now and writes
    that value again after the test.

    It uses links of its own, because a test may end its own or leave them broken, and each only for
    a moment, because a board serves few at once.
    """
    kept: list[tuple[int, str, int, Data]] = []

    @contextmanager
    def manager() -> Iterator[Association]:
        with Client.tcp(meter.host, meter.port, TIMEOUT) as link:
            yield link.associate(ROSTER.wport("manager"), ROSTER.management, ROSTER.secret("manager"))
            part(link.transport.socket)

    def keep(class_id: int, instance: str, attribute_id: int) -> Data:
        with manager() as association:
            value = association.get(class_id, instance, attribute_id)
        kept.append((class_id, instance, attribute_id, value))
        return value

    yield keep
    if kept:
        with manager() as association:
            for class_id, instance, attribute_id, value in reversed(kept):
                association.set(class_id, instance, attribute_id, value)
