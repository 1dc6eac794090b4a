"""Fixtures of the wire tests: the address family, links of either transport,
and a way to let the meter catch up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from host_tests.harness.clients import ClientFactory
from host_tests.harness.meters import MeterHandle, MeterPool
from host_tests.harness.raw import RawLinks, RawTcp, RawUdp, wpdu
from host_tests.harness.roster import ROSTER
from host_tests.harness.target import Target
from host_tests.wire.aas import Associate, associator, login
from host_tests.wire.apdus import AARQ, NOTE, RLRQ, aarq, ask, associate, get, is_aare, serves, set_note
from host_tests.wire.unsolicited import TIMEOUT, Manage, Start
from tools.dlmsclient import Client
from tools.listen.listener import Listener

_NOBODY = 0x4444


@pytest.fixture(params=["ipv4", "ipv6"])
def host(request: pytest.FixtureRequest, meter: MeterHandle) -> str:
    """An address of the meter in each family: the rules are the same for both (REQUIREMENTS B-21)."""
    for address in meter.hosts:
        if (":" in address) == (request.param == "ipv6"):
            return address
    pytest.skip(f"the meter does not listen on {request.param}")


@pytest.fixture
def tcp(raw: RawLinks, host: str) -> Callable[[], RawTcp]:
    """Opens TCP connections to the address of `host`."""
    return lambda: raw.tcp(host)


@pytest.fixture
def udp(raw: RawLinks, host: str) -> Iterator[Callable[[], RawUdp]]:
    """Opens UDP sockets to the address of `host`; the AAs of the usual
    wPorts are released after the test.
    """
    opened: list[RawUdp] = []

    def open_socket() -> RawUdp:
        opened.append(raw.udp(host))
        return opened[-1]

    yield open_socket
    # Those that a test may leave open: an AA over UDP outlives its
    # socket, and there are few of them.
    clients = {ROSTER.wport(role) for role in ("public", "client-management", "reader", "manager")}
    pairs = [(client, server) for client in sorted(clients) for server in ROSTER.devices]
    for link in opened:
        for client, server in pairs:
            link.send(wpdu(client, server, RLRQ))
            # The refusal of a client that does not exist comes when the release is done. One pair
            # after the other, because a board keeps few datagrams that wait.
            link.send(wpdu(_NOBODY, ROSTER.management, AARQ))
            while int.from_bytes(link.receive()[4:6], "big") != _NOBODY:
                pass


@pytest.fixture(params=["tcp", "udp"])
def opener(
    request: pytest.FixtureRequest, tcp: Callable[[], RawTcp], udp: Callable[[], RawUdp]
) -> Callable[[], RawTcp | RawUdp]:
    """Opens links of each transport in turn."""
    return tcp if request.param == "tcp" else udp


@pytest.fixture
def link(opener: Callable[[], RawTcp | RawUdp]) -> RawTcp | RawUdp:
    """One link of each transport in turn."""
    return opener()


@pytest.fixture
def settle(tcp: Callable[[], RawTcp]) -> Callable[[], None]:
    """`settle()` returns when the meter has seen everything that was sent to it before.

    Two exchanges on a connection of its own: the first is served in a round of the meter's loop
    that finds the octets sent before, the second begins after that round.
    """
    other = tcp()
    associate(other)

    def wait() -> None:
        assert serves(other)
        assert serves(other)

    return wait


@pytest.fixture(name="associate")
def associate_clients(client: ClientFactory) -> Associate:
    """`associate(wport, device=…, **more)` opens an association of that
    client on a link of its own.
    """
    return associator(client)


@pytest.fixture
def manager_wport(pytestconfig: pytest.Config) -> int:
    """wPort of the client that may write."""
    return pytestconfig.getoption("--manager")


@pytest.fixture
def secret(pytestconfig: pytest.Config) -> str:
    """Its LLS secret."""
    return pytestconfig.getoption("--manager-password")


@pytest.fixture
def note(tcp: Callable[[], RawTcp], manager_wport: int, secret: str) -> Iterator[Callable[[], int]]:
    """`note()` reads the note on a connection of its own, after everything else;
    the meter must be served in order.
    """
    link = tcp()
    associate(link, manager_wport, request=aarq(secret))

    def read() -> int:
        apdu = ask(link, get(*NOTE), manager_wport)
        assert apdu[:5].hex() == "c401c10006"
        return int.from_bytes(apdu[5:], "big")

    before = read()
    yield read
    assert ask(link, set_note(before, 0xC1), manager_wport).hex() == "c501c100"


@pytest.fixture
def done(udp: Callable[[], RawUdp]) -> Callable[[], None]:
    """`done()` returns when all datagrams sent before to the same address have been served."""
    other = udp()

    def wait() -> None:
        assert is_aare(ask(other, AARQ, _NOBODY), 1)

    return wait


@pytest.fixture
def logged(meter: MeterHandle) -> Callable[..., str]:
    """`logged(text, ...)` waits for a line of the meter's log that holds
    all the texts, and returns it.
    """
    return meter.logged


@pytest.fixture
def listener() -> Iterator[Listener]:
    """Where the meter sends to."""
    with Listener() as made:
        yield made


@pytest.fixture
def start(meter_pool: MeterPool, target: Target, request: pytest.FixtureRequest) -> Start:
    """Starts a meter with settings of its own, which may name a listener's port."""

    def started(**settings: object) -> MeterHandle:
        return meter_pool.get(target, request.node.nodeid.partition("::")[0], {"backfill_days": 0, **settings})

    return started


@pytest.fixture
def manage() -> Iterator[Manage]:
    """Opens an AA of the management client with a meter."""
    with ExitStack() as links:
        yield lambda meter: links.enter_context(Client.tcp(meter.host, meter.port, TIMEOUT)).associate(
            *login("manager")
        )
