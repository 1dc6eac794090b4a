"""What floods a meter, each for a while:
`python -m host_tests.floods.attacks NAME HOST PORT SECONDS`.

A process of its own, so that it takes nothing from the client whose answers are timed. It prints
one JSON object: what it sent. Everything is bounded: in time by SECONDS, in count by the rates
below. It speaks to loopback only.
"""

from __future__ import annotations

import errno
import ipaddress
import json
import random
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress

from host_tests.harness.raw import wpdu
from host_tests.wire.apdus import aarq, get, get_next

CROWD = 64  # connections of floods by number
FEW = 6  # connections of floods by what is sent over them
PORTS = 200  # UDP sources
CONNECTS = 1000  # a second
DATAGRAMS = 20000  # a second, at the most
OCTETS = 32 << 20  # of garbage a second, at the most
PAUSE = 0.002  # seconds between two steps of a flood
_REPAIR = 19  # TCP_REPAIR of Linux: the socket goes without a word to its peer
_RESET = b"\1\0\0\0\0\0\0\0"  # SO_LINGER of no time: RST
_OBJECT_LIST = get(15, "0.0.40.0.0.255", 2)
_SEED = 20

AARQ = wpdu(16, 1, aarq())
SMALL_AARQ = wpdu(16, 1, aarq(pdu_size=64))
NAME = wpdu(16, 1, get())
LONG = wpdu(16, 1, _OBJECT_LIST)
RLRQ = wpdu(16, 1, bytes.fromhex("6203800100"))
# A session and where it is cut: what is sent before, and whether its answers are read first
STEPS: tuple[tuple[bytes, ...], ...] = (
    (),
    (AARQ[:5],),
    (AARQ[:20],),
    (AARQ,),
    (AARQ, NAME[:3]),
    (AARQ, NAME[:15]),
    (AARQ, NAME),
    (AARQ, NAME * 20),
    (SMALL_AARQ, LONG),
    (SMALL_AARQ, LONG, wpdu(16, 1, get_next(1))),
    (AARQ, NAME, RLRQ),
)


class Attack:
    """The sockets of a flood, and the count of what it sent."""

    def __init__(self, host: str, port: int) -> None:
        self.address = (host, port)
        self.family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        self.sent: Counter[str] = Counter()
        self.chance = random.Random(_SEED)
        self.kept: list[socket.socket] = []  # silent peers that could not vanish

    def connect(self, receive_buffer: int = 0, blocking: float | None = None) -> socket.socket | None:
        """A connection that is being opened, or has been within `blocking`
        seconds; None when it is not.
        """
        sock = socket.socket(self.family, socket.SOCK_STREAM)
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        sock.settimeout(blocking or 0)
        try:
            sock.connect(self.address)
        except OSError as error:
            if error.errno != errno.EINPROGRESS:
                sock.close()
                return None
        self.sent["connections"] += 1
        return sock

    def send(self, sock: socket.socket, octets: bytes) -> int:
        """Octets that the socket took; below 0 when the meter has closed it."""
        try:
            n = sock.send(octets)
        except BlockingIOError:
            return 0
        except OSError as error:
            return 0 if error.errno == errno.ENOTCONN else -1
        self.sent["octets"] += n
        return n

    def reset(self, sock: socket.socket) -> None:
        """RST, which leaves nothing behind: a connection that ends by FIN stays in the lists of the
        machine for a minute, and every meter here searches these.
        """
        with suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        sock.close()

    def vanish(self, sock: socket.socket) -> None:
        """Be gone without FIN or RST, where this process may do that; otherwise stay and be silent."""
        try:
            sock.setsockopt(socket.IPPROTO_TCP, _REPAIR, 1)
        except OSError:
            self.kept.append(sock)
            return
        sock.close()
        self.sent["vanished"] += 1


Steps = Iterator[None]  # a flood gives way after each


def ended(sock: socket.socket) -> bool:
    """Whether the meter has closed a connection."""
    try:
        return sock.recv(4096) == b""
    except BlockingIOError:
        return False
    except OSError as error:
        return error.errno != errno.ENOTCONN


def crowd(attack: Attack, count: int, say: Callable[[socket.socket], bool], receive_buffer: int = 0) -> Steps:
    """`count` connections at all times. say(sock) is called for each in
    turn, and is False when it is over.
    """
    socks: list[socket.socket | None] = [None] * count
    while True:
        for i, sock in enumerate(socks):
            if sock is None:
                socks[i] = attack.connect(receive_buffer)
            elif not say(sock):
                attack.reset(sock)
                socks[i] = None
        yield


def slow(attack: Attack) -> Steps:
    """An octet now and then of a WPDU that never ends: more senders than there are places."""
    left: dict[socket.socket, float] = {}
    octets = wpdu(16, 1, bytes(60000))

    def say(sock: socket.socket) -> bool:
        now = time.monotonic()
        if left.get(sock, 0) > now:
            return True
        left[sock] = now + 1.0
        n = attack.sent["octets"] % 8
        return attack.send(sock, octets[n : n + 1]) >= 0 and not ended(sock)

    return crowd(attack, 16, say)


def half_open(attack: Attack) -> Steps:
    """Peers that connect, open an AA or not, and are gone without a word."""
    while True:
        sock = attack.connect(blocking=1.0)
        if sock is not None:
            if attack.chance.random() < 0.5:
                with suppress(OSError):
                    sock.sendall(AARQ)
                    sock.recv(64)
            attack.vanish(sock)
        for _ in range(20):
            yield


def resets(attack: Attack) -> Steps:
    """RST at every step of a session, answers read before or not."""
    while True:
        for step in STEPS:
            for fetched in (True, False):
                sock = attack.connect(blocking=1.0)
                if sock is None:
                    continue
                with suppress(OSError):
                    for octets in step:
                        sock.sendall(octets)
                        attack.sent["octets"] += len(octets)
                        if fetched and len(octets) > 20:
                            sock.recv(4096)
                attack.reset(sock)
            yield


def connects(attack: Attack) -> Steps:
    """A thousand connects a second, ended at once by RST, every other one by FIN before it."""
    begin = time.monotonic()
    n = 0
    while True:
        while n < (time.monotonic() - begin) * CONNECTS:
            n += 1
            sock = attack.connect()
            if sock is not None:
                if n % 2:
                    with suppress(OSError):
                        sock.shutdown(socket.SHUT_WR)
                attack.reset(sock)
        yield


def more(attack: Attack) -> Steps:
    """More connections than allowed, each silent, opened again when it is closed."""
    return crowd(attack, CROWD, lambda sock: not ended(sock))


def garbage(attack: Attack) -> Steps:
    """Endless octets of no sense, some of which look like headers."""

    def say(sock: socket.socket) -> bool:
        if attack.sent["octets"] > OCTETS * (time.monotonic() - begin):
            return True
        octets = attack.chance.randbytes(4096)
        if attack.chance.random() < 0.8:
            # a stream of WPDUs whose bodies are garbage, lengths too
            size = attack.chance.choice((0, 1, 40, 500, 2000, 65535))
            octets = wpdu(attack.chance.choice((16, 1, 7)), 1, octets[:size], length=size)
        return attack.send(sock, octets) >= 0 and not ended(sock)

    begin = time.monotonic()
    return crowd(attack, FEW, say)


def unread(attack: Attack) -> Steps:
    """Peers that ask for long answers, and never read."""

    def say(sock: socket.socket) -> bool:
        first = sock not in known
        known.add(sock)
        try:
            sock.getpeername()
        except OSError:
            known.discard(sock)
            return time.monotonic() < begin + 1 or attack.chance.random() > 0.01  # not yet, or refused
        return attack.send(sock, AARQ + LONG * 50 if first else LONG * 50) >= 0

    begin = time.monotonic()
    known: set[socket.socket] = set()
    return crowd(attack, FEW, say, receive_buffer=2048)


def datagrams(attack: Attack) -> Steps:
    """Datagrams from many ports: AARQs, requests without an AA, garbage."""
    family = socket.getaddrinfo(*attack.address, type=socket.SOCK_DGRAM)[0][0]
    socks = []
    for _ in range(PORTS):
        sock = socket.socket(family, socket.SOCK_DGRAM)
        sock.connect(attack.address)
        sock.setblocking(False)
        socks.append(sock)
    kinds = (AARQ, NAME, attack.chance.randbytes(300), AARQ[:9], wpdu(16, 1, bytes(500)), RLRQ, LONG, b"")
    begin = time.monotonic()
    n = 0
    while True:
        while n < (time.monotonic() - begin) * DATAGRAMS:
            for sock in socks:
                n += 1
                with suppress(OSError):
                    sock.send(kinds[attack.chance.randrange(len(kinds))])
                    attack.sent["datagrams"] += 1
        yield


ATTACKS: dict[str, Callable[[Attack], Steps]] = {
    "slow senders": slow,
    "half-open": half_open,
    "RST at every step": resets,
    "1,000 connects a second": connects,
    "more than allowed": more,
    "garbage": garbage,
    "never read": unread,
    "UDP from many ports": datagrams,
}


def run(name: str, host: str, port: int, seconds: float) -> dict[str, int]:
    """Flood for that long; what was sent."""
    assert ipaddress.ip_address(host).is_loopback, "floods go to loopback only"
    attack = Attack(host, port)
    deadline = time.monotonic() + seconds
    steps = ATTACKS[name](attack)
    while time.monotonic() < deadline:
        next(steps)
        time.sleep(PAUSE)
    return dict(attack.sent)


if __name__ == "__main__":
    print(json.dumps(run(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))), flush=True)
