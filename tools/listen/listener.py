"""Listens where a meter pushes to: one number on TCP and UDP, any number of meters.

    with Listener("127.0.0.1", 0) as listener:
        arrival = listener.next(timeout=5)      # Arrival, or None when none came in time
        arrival.notification                    # DataNotification, EventNotification or
                                                InformationReport
        client = listener.accept(timeout=5)     # a Client on the next connection that a
                                                meter opens, for an AARQ

A DataNotification that asks for it is confirmed at once, over the way it came, unless ``confirm``
is False. One that comes in general blocks is put together, and acknowledged whenever the meter
waits for that; what does not become whole is an Arrival that is ``lost``. Nothing that arrives ends
the listening: what cannot be taken is an Arrival with an ``error``.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from ..dlmsclient.client import Client
from ..dlmsclient.errors import ConnectionFailed, ConnectionLost, ProtocolError
from ..dlmsclient.general_blocks import is_general_block
from ..dlmsclient.notifications import DataNotification, Notification, decode_notification
from ..dlmsclient.transport import TcpTransport
from ..dlmsclient.wrapper import Deframer, Wpdu, decode_datagram
from .reception import Receptions, Way

_CHUNK = 65536
_TRIES = 50
_PATIENCE = 10.0
_LOOK = 0.2  # seconds between two looks for what is not coming any more
_CONNECTIONS = 256  # more than these end the oldest


@dataclass(frozen=True)
class Arrival:
    """One WPDU that arrived, or what could not be taken for one. ``notification``
    is None where ``error`` says why.

    ``wpdu`` of a push in general blocks has its whole APDU, which may be longer than a
    WPDU can carry. ``octets``: what the error is about. ``lost``: a push did not become
    whole; the error says what is missing.
    """

    transport: str
    peer: str
    wpdu: Wpdu | None
    notification: Notification | None
    error: str = ""
    octets: bytes = b""
    lost: bool = False


class _Connection:
    """A TCP connection that a meter has opened."""

    def __init__(self, sock: socket.socket, peer: str) -> None:
        self.socket = sock
        self.peer = peer
        self.deframer = Deframer()


def _text(address: tuple[Any, ...]) -> str:
    return f"[{address[0]}]:{address[1]}" if ":" in address[0] else f"{address[0]}:{address[1]}"


class Listener:
    """host: address to listen on. port: number on TCP and UDP, 0 for any that is free on both."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0, confirm: bool = True, window: int = 8) -> None:
        self.host = host
        self.confirm = confirm
        self.receptions = Receptions(window)
        # given "<", the octets of each WPDU, and who sent it
        self.trace: Callable[[str, bytes, str], None] | None = None
        self.arrivals: deque[Arrival] = deque()
        self.connections: list[_Connection] = []
        self._waiting: deque[_Connection] = deque()
        self._selector = selectors.DefaultSelector()
        self._tcp, self._udp = self._bind(port)
        self.port: int = self._tcp.getsockname()[1]
        self._selector.register(self._tcp, selectors.EVENT_READ, self._accept)
        self._selector.register(self._udp, selectors.EVENT_READ, self._datagram)

    def _bind(self, port: int) -> tuple[socket.socket, socket.socket]:
        """Sockets for TCP and UDP on one port, 0 for one that is free on both; ConnectionFailed
        says why not.
        """
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        for attempt in range(_TRIES if port == 0 else 1):
            tcp, udp = socket.socket(family, socket.SOCK_STREAM), socket.socket(family, socket.SOCK_DGRAM)
            try:
                tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                tcp.bind((self.host, port))
                udp.bind((self.host, tcp.getsockname()[1]))
                tcp.listen()
                tcp.setblocking(False)
                udp.setblocking(False)
            except (OSError, OverflowError) as error:
                tcp.close()
                udp.close()
                if attempt + 1 == (_TRIES if port == 0 else 1):
                    raise ConnectionFailed(f"cannot listen on {self.host} port {port}: {error}") from None
                continue
            return tcp, udp
        raise AssertionError("unreachable")

    @property
    def address(self) -> str:
        """``host:port`` as the meter's configuration takes it."""
        return _text((self.host, self.port))

    # -- waiting -----------------------------------------------------------------------------------

    def next(self, timeout: float) -> Arrival | None:
        """The next arrival, None when none came within ``timeout`` seconds."""
        self._until(timeout, lambda: bool(self.arrivals))
        return self.arrivals.popleft() if self.arrivals else None

    def take(self, timeout: float, patience: float = _PATIENCE) -> tuple[Client, str] | None:
        """A Client on the next connection that a meter opens, and that meter's address;
        None when there is none in time.

        From now on the connection is the caller's. Notifications that come between
        a request and its response are arrivals as ever. ``patience``: seconds that
        the Client waits for a response.
        """
        if not self._until(timeout, lambda: bool(self._waiting)):
            return None
        connection = self._waiting.popleft()
        self._selector.unregister(connection.socket)
        self.connections.remove(connection)
        transport = TcpTransport(sock=connection.socket, timeout=patience)
        transport.deframer = connection.deframer
        client = Client(transport, patience)
        client.unsolicited = lambda wpdu: self._arrived("TCP", connection.peer, wpdu, client.send_octets)
        return client, connection.peer

    def accept(self, timeout: float) -> Client:
        """The Client of :meth:`take`; ConnectionFailed when no meter connects in time."""
        taken = self.take(timeout)
        if taken is None:
            raise ConnectionFailed(f"no meter connected within {timeout:g} s")
        return taken[0]

    def give_back(self, client: Client, peer: str) -> None:
        """The connection of a Client is listened to again."""
        assert isinstance(client.transport, TcpTransport)
        client.transport.socket.setblocking(False)
        connection = _Connection(client.transport.socket, peer)
        connection.deframer = client.transport.deframer
        self._keep(connection)

    def _keep(self, connection: _Connection) -> None:
        self.connections.append(connection)
        self._selector.register(connection.socket, selectors.EVENT_READ, lambda: self._stream(connection))

    def _until(self, timeout: float, there: Callable[[], bool]) -> bool:
        deadline = time.monotonic() + timeout
        while not there():
            left = deadline - time.monotonic()
            if left < 0:
                return False
            for key, _ in self._selector.select(min(left, _LOOK)):
                key.data()
            for way, missing in self.receptions.expired(time.monotonic()):
                self._lost(way, missing)
        return True

    def _lost(self, way: Way, missing: str) -> None:
        transport, peer, source, destination = way
        self.arrivals.append(Arrival(transport, peer, Wpdu(source, destination, b""), None, missing, lost=True))

    # -- arriving ----------------------------------------------------------------------------------

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            sock, address = self._tcp.accept()
            sock.setblocking(False)
            if len(self.connections) >= _CONNECTIONS:
                self.drop(self.connections[0])
            connection = _Connection(sock, _text(address))
            self._keep(connection)
            self._waiting.append(connection)

    def _stream(self, connection: _Connection) -> None:
        """Read from a connection, and queue each whole WPDU. The connection ends with its peer, or
        at octets that are no WPDU.
        """
        try:
            octets = connection.socket.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            octets = b""
        if not octets:
            self.drop(connection)
            return
        connection.deframer.feed(octets)
        try:
            while (wpdu := connection.deframer.next_wpdu()) is not None:
                self._traced(wpdu.encode(), connection.peer)
                self._arrived("TCP", connection.peer, wpdu, connection.socket.sendall)
        except ProtocolError as error:
            self.arrivals.append(Arrival("TCP", connection.peer, None, None, str(error)))
            self.drop(connection)

    def _datagram(self) -> None:
        with contextlib.suppress(OSError):
            octets, address = self._udp.recvfrom(_CHUNK)
            self._traced(octets, _text(address))
            try:
                wpdu = decode_datagram(octets)
            except ProtocolError as error:
                self.arrivals.append(Arrival("UDP", _text(address), None, None, str(error)))
                return
            self._arrived("UDP", _text(address), wpdu, lambda answer: self._udp.sendto(answer, address))

    def _traced(self, octets: bytes, peer: str) -> None:
        if self.trace is not None:
            self.trace("<", octets, peer)

    def _arrived(self, transport: str, peer: str, wpdu: Wpdu, send: Callable[[bytes], object]) -> None:
        """Queue a WPDU: join the blocks of a push, decode the notification, and confirm it where
        that is asked for.
        """
        try:
            if is_general_block(wpdu.apdu):
                whole = self._block(transport, peer, wpdu, send)
                if whole is None:
                    return
                wpdu = Wpdu(wpdu.source, wpdu.destination, whole)
            notification = decode_notification(wpdu.apdu)
        except ProtocolError as error:
            self.arrivals.append(Arrival(transport, peer, wpdu, None, str(error), error.octets or wpdu.apdu))
            return
        self.arrivals.append(Arrival(transport, peer, wpdu, notification))
        if self.confirm and isinstance(notification, DataNotification) and notification.confirmed:
            with contextlib.suppress(OSError, ConnectionLost):
                send(Wpdu(wpdu.destination, wpdu.source, notification.confirm()).encode())

    def _block(self, transport: str, peer: str, wpdu: Wpdu, send: Callable[[bytes], object]) -> bytes | None:
        """Take a block of a push; the APDU when it is whole."""
        way = (transport, peer, wpdu.source, wpdu.destination)
        taken = self.receptions.take(way, wpdu.apdu, time.monotonic())
        if taken.lost:
            self._lost(way, taken.lost)
        if taken.answer is not None:
            with contextlib.suppress(OSError, ConnectionLost):
                send(Wpdu(wpdu.destination, wpdu.source, taken.answer).encode())
        return taken.whole

    # -- the end -----------------------------------------------------------------------------------

    def drop(self, connection: _Connection) -> None:
        """Close one connection."""
        self._selector.unregister(connection.socket)
        self.connections.remove(connection)
        if connection in self._waiting:
            self._waiting.remove(connection)
        connection.socket.close()
        for way, missing in self.receptions.closed("TCP", connection.peer):
            self._lost(way, missing)

    def close(self) -> None:
        """Close everything but what was taken."""
        for connection in list(self.connections):
            self.drop(connection)
        self._selector.close()
        self._tcp.close()
        self._udp.close()

    def __enter__(self) -> Listener:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
