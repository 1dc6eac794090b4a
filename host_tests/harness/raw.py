"""Plain sockets to the meter, for octets that no well-behaved client would send.

Every receive has a time-out. "Nothing comes" can only be observed by waiting: the
better proof, where a test can give it, is that the answer to a following valid
request is the next thing that arrives.
"""

from __future__ import annotations

import contextlib
import socket
from types import TracebackType

import pytest

from . import probe, tape

HEADER = 8
RAW_TIMEOUT = 10.0
_RLRQ = bytes.fromhex("6203800100")
_ASK_AGAIN = 0.05
_PARTING = 2.0
# Client wPorts that no meter knows: their association is refused, and nothing else happens.
_NOBODIES = range(0x4500, 0x4600)


def wpdu(source: int, destination: int, apdu: bytes, version: int = 1, length: int | None = None) -> bytes:
    """A WPDU: version, source wPort, destination wPort, length (16 bits
    each), APDU (REQUIREMENTS A-01).

    `length` other than that of the APDU makes a wrong one.
    """
    counted = len(apdu) if length is None else length
    return b"".join(field.to_bytes(2, "big") for field in (version, source, destination, counted)) + apdu


def part(sock: socket.socket) -> None:
    """End a TCP connection and wait until the meter has ended it too.

    Otherwise its place may be taken still when the next test opens as many as there are: a meter
    looks at its listener and at its connections in whatever order the poll has them.
    """
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_WR)
        sock.settimeout(_PARTING)
        while sock.recv(65536):
            pass


def _octets(data: bytes | str) -> bytes:
    return bytes.fromhex(data) if isinstance(data, str) else data


class RawTcp:
    """One TCP connection: octets (or hex text) out, octets or whole WPDUs in."""

    def __init__(self, address: tuple[str, int], timeout: float, receive_buffer: int = 0, segment: int = 0) -> None:
        self.timeout = timeout
        family = socket.getaddrinfo(*address, type=socket.SOCK_STREAM)[0][0]
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        # Both hold from the handshake on, or not at all.
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        if segment:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, segment)
        self.socket.settimeout(timeout)
        try:
            self.socket.connect(address)
        except OSError:
            self.socket.close()
            raise
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._kept = b""

    def send(self, data: bytes | str) -> None:
        tape.note(tape.SENT, _octets(data))
        self.socket.sendall(_octets(data))

    def receive(self, count: int, timeout: float | None = None) -> bytes:
        """Exactly `count` octets; EOFError when the meter closes first,
        TimeoutError when they do not come.
        """
        self.socket.settimeout(self.timeout if timeout is None else timeout)
        while len(self._kept) < count:
            octets = self.socket.recv(65536)
            if not octets:
                raise EOFError(f"closed after {self._kept.hex()}")
            tape.note(tape.RECEIVED, octets)
            self._kept += octets
        received, self._kept = self._kept[:count], self._kept[count:]
        return received

    def receive_wpdu(self, timeout: float | None = None) -> bytes:
        """One whole WPDU, header included."""
        header = self.receive(HEADER, timeout)
        return header + self.receive(int.from_bytes(header[6:8], "big"), timeout)

    def ask(self, data: bytes | str) -> bytes:
        """Send, then receive one WPDU."""
        self.send(data)
        return self.receive_wpdu()

    def nothing(self, seconds: float) -> bool:
        """True when the connection stays open and silent for so long."""
        try:
            octets = self.receive(1, seconds)
        except TimeoutError:
            return True
        except (EOFError, ConnectionError):
            return False
        self._kept = octets + self._kept
        return False

    def closed(self, timeout: float | None = None) -> bool:
        """True when the meter closes the connection, with nothing sent
        before, within `timeout` seconds.
        """
        try:
            octets = self.receive(1, timeout)
        except TimeoutError:
            return False
        except (EOFError, ConnectionError):
            return True
        self._kept = octets + self._kept
        return False

    def finish(self) -> None:
        """Send FIN and go on receiving."""
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """Close with RST, as a peer that crashed does."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.socket.close()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.socket.close()


class OneAtATime:
    """The pace of datagrams to a meter whose network keeps only one until it
    is served, and drops the next.

    `wait` returns when the meter has served what was sent before: it answers a question on another
    socket, which is asked again when it was dropped itself.
    """

    def __init__(self, address: tuple[str, int]) -> None:
        self._address = address
        self._waiting = False

    def sent(self) -> None:
        self._waiting = True

    def answered(self) -> None:
        self._waiting = False

    def wait(self) -> None:
        if not self._waiting:
            return
        # Each question has a client wPort of its own: the answer to the last
        # one shows that none is left.
        with RawUdp(self._address, _ASK_AGAIN) as other:
            for client in _NOBODIES:
                other.send(wpdu(client, 1, probe.AARQ[HEADER:]))
                with contextlib.suppress(TimeoutError):
                    while int.from_bytes(other.receive()[4:6], "big") != client:
                        pass
                    self._waiting = False
                    return
        raise TimeoutError("the meter does not serve its datagrams")


class RawUdp:
    """One UDP socket: a datagram out, a datagram in. pace: of a meter that keeps few datagrams."""

    def __init__(self, address: tuple[str, int], timeout: float, pace: OneAtATime | None = None) -> None:
        self.timeout = timeout
        self.pairs: set[tuple[int, int]] = set()  # (client, server) wPorts that a test has opened an AA for
        self._pace = pace
        family = socket.getaddrinfo(*address, type=socket.SOCK_DGRAM)[0][0]
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        # Connected: datagrams of anybody else, and from any other port, are not
        # received (REQUIREMENTS A-43).
        self.socket.connect(address)

    def send(self, data: bytes | str) -> None:
        if self._pace is not None:
            self._pace.wait()
            self._pace.sent()
        tape.note(tape.SENT, _octets(data))
        self.socket.send(_octets(data))

    def receive(self, timeout: float | None = None) -> bytes:
        """The next datagram; TimeoutError when none comes."""
        self.socket.settimeout(self.timeout if timeout is None else timeout)
        octets = self.socket.recv(65536)
        tape.note(tape.RECEIVED, octets)
        if self._pace is not None:
            self._pace.answered()
        return octets

    def ask(self, data: bytes | str) -> bytes:
        self.send(data)
        return self.receive()

    def nothing(self, seconds: float) -> bool:
        """True when no datagram comes for so long."""
        try:
            self.receive(seconds)
        except TimeoutError:
            return True
        return False

    def release(self) -> None:
        """End the AAs that a test has opened: over UDP they outlive the socket, and a
        meter that nobody starts anew has few.
        """
        for client, server in self.pairs:
            with contextlib.suppress(OSError):
                self.ask(wpdu(client, server, _RLRQ))

    def close(self) -> None:
        self.socket.close()

    def __enter__(self) -> RawUdp:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class RawLinks:
    """Opens raw links to one meter and closes them all at the end of the test.

    small: the meter is one of few resources, keeps one datagram and serves few connections.
    release: end what tests leave open over UDP, because nobody starts the meter anew.
    no_udp: why it is not reached over UDP; a test that opens a UDP socket is skipped then.
    """

    def __init__(
        self,
        host: str,
        port: int,
        timeout: float = RAW_TIMEOUT,
        *,
        small: bool = False,
        release: bool = False,
        no_udp: str = "",
    ) -> None:
        self._release = release
        self._no_udp = no_udp
        self._small = small
        self._pace = OneAtATime((host, port)) if small else None
        self._host = host
        self._port = port
        self.timeout = timeout
        self._open: list[RawTcp | RawUdp] = []

    def tcp(self, host: str | None = None, receive_buffer: int = 0, segment: int = 0) -> RawTcp:
        """A new TCP connection, to another address of the meter when `host` names one.

        With a small receive buffer and a small segment size the meter cannot send
        far ahead of what the test reads.
        """
        link = RawTcp((host or self._host, self._port), self.timeout, receive_buffer, segment)
        self._open.append(link)
        return link

    def udp(self, host: str | None = None) -> RawUdp:
        """A new UDP socket."""
        if self._no_udp:
            pytest.skip(self._no_udp)
        link = RawUdp((host or self._host, self._port), self.timeout, self._pace)
        self._open.append(link)
        return link

    def __enter__(self) -> RawLinks:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for link in self._open:
            if isinstance(link, RawTcp):
                part(link.socket)
            elif self._release:
                link.release()
            link.close()
