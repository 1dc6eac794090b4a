"""The corpus over real sockets: octet for octet what the engine answers, whose digests are
kept; and a digest of what is pushed.
"""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path

import pytest

from host_tests.answers.pushes import TIMEOUT, TRANSPORTS, WINDOW, digest, received
from host_tests.harness.meters import MeterHandle, MeterPool
from host_tests.harness.target import Target

HERE = Path(__file__).resolve().parent
for _folder in (HERE, HERE.parent / "alloc"):
    if str(_folder) not in sys.path:
        sys.path.append(str(_folder))

from corpus import FAMILIES, MANAGEMENT, PUBLIC, RLRQ, aarq  # noqa: E402
from engine_peer import SETTINGS, EnginePeer  # noqa: E402

CONNECTIONS = 6  # of the meter's eight; a pair of wPorts that has none takes that of the oldest

pytestmark = [pytest.mark.caps("config", "own-process", "writes"), pytest.mark.wire]


class SocketPeer:
    """Sends each request of the corpus to a running meter as well, and compares what
    comes with what the engine answers.
    """

    def __init__(self, meter: MeterHandle) -> None:
        self.engine = EnginePeer(meter.port, ",".join(meter.hosts))
        self._address = meter.address
        self._streams: dict[tuple[int, int], socket.socket] = {}
        self._datagrams: dict[int, socket.socket] = {}  # by client: its AAs with two devices are those of one peer

    def ask(self, apdu: bytes, client: int = MANAGEMENT, device: int = 1, udp: bool = False) -> list[bytes]:
        """The answers of the engine, after the meter gave the same."""
        expected = self.engine.ask(apdu, client, device, udp)
        sock = self._datagram(client) if udp else self._stream((client, device))
        wpdu = b"".join(n.to_bytes(2, "big") for n in (1, client, device, len(apdu))) + apdu
        sock.sendall(wpdu)
        for answer in expected:
            got = sock.recv(65536) if udp else received(sock)
            assert got[8:] == answer, f"asked {apdu.hex()}, {'UDP' if udp else 'TCP'}"
        if udp and not expected:
            # datagrams are served in their order: what has no answer was done
            # when the next one is answered
            stranger = self._datagram(0)
            for apdu, tag in ((aarq(PUBLIC), 0x61), (RLRQ, 0x63)):
                stranger.sendall(b"\x00\x01\x00\x10\x00\x01" + len(apdu).to_bytes(2, "big") + apdu)
                assert stranger.recv(65536)[8] == tag
        return expected

    def _stream(self, pair: tuple[int, int]) -> socket.socket:
        if pair not in self._streams:
            if len(self._streams) == CONNECTIONS:
                self._streams.pop(next(iter(self._streams))).close()
            self._streams[pair] = socket.create_connection(self._address, TIMEOUT)
            self._streams[pair].setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._streams[pair]

    def _datagram(self, client: int) -> socket.socket:
        if client not in self._datagrams:
            self._datagrams[client] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._datagrams[client].settimeout(TIMEOUT)
            self._datagrams[client].connect(self._address)
        return self._datagrams[client]

    def close(self) -> None:
        """End all sockets; what nobody asked for must not have come."""
        for sock in (*self._streams.values(), *self._datagrams.values()):
            sock.setblocking(False)
            try:
                surplus = sock.recv(65536)
            except OSError:
                surplus = b""
            sock.close()
            assert not surplus, surplus.hex()


@pytest.mark.req("D-10", "D-20", "D-30")
@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_a_running_meter_answers_as_the_engine(
    name: str, request: pytest.FixtureRequest, target: Target, meter_pool: MeterPool
) -> None:
    # a fresh meter for each family, as the engine has one: the group of tests that
    # shares a meter is this test alone
    handle = meter_pool.get(target, request.node.nodeid, dict(SETTINGS), None)
    made = SocketPeer(handle)
    FAMILIES[name](made, made.engine.objects)
    made.close()


@pytest.mark.req("D-61", "F-17")
@pytest.mark.parametrize("transport", TRANSPORTS, ids=["tcp", "udp"])
def test_what_is_pushed_stays_the_same(
    request: pytest.FixtureRequest, target: Target, meter_pool: MeterPool, transport: int
) -> None:
    handle = meter_pool.get(target, request.node.nodeid, {**SETTINGS, "push_window": WINDOW, "push_interval": 0}, None)
    kept = json.loads((HERE / "digests.json").read_text(encoding="utf-8"))
    assert digest(handle.address, transport) == kept[TRANSPORTS[transport]]
