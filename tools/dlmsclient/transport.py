"""Sockets: TCP and UDP, IPv4 and IPv6, every wait bounded.

Both transports offer the same: ``send`` octets, ``receive`` one WPDU or None
when the time is over, ``close``.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import time
from typing import Any, Protocol

from .errors import ConnectionFailed, ConnectionLost, Timeout, TransportError
from .wrapper import DEFAULT_PORT, Deframer, Wpdu, decode_datagram

_CHUNK = 65536


class Transport(Protocol):
    """What :class:`client.Client` needs."""

    name: str

    def send(self, octets: bytes) -> None:
        """Send octets as they are."""

    def receive(self, timeout: float) -> Wpdu | None:
        """The next WPDU, None after ``timeout`` seconds without a complete one;
        ConnectionLost when the peer closed.
        """

    def close(self) -> None:
        """Let go of the socket."""


def _reason(error: OSError) -> str:
    return error.strerror or str(error)


def _where(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _addresses(host: str, port: int, kind: socket.SocketKind) -> list[tuple[Any, ...]]:
    try:
        return socket.getaddrinfo(host, port, type=kind)
    except socket.gaierror as error:
        raise ConnectionFailed(f"host {host!r} is not known: {_reason(error)}") from None
    except (OverflowError, UnicodeError):
        raise ConnectionFailed(f"{host!r} port {port} is no address (ports are 1 to 65535)") from None


class TcpTransport:
    """A TCP connection. ``sock`` may be a socket that is connected already."""

    name = "tcp"

    def __init__(
        self, host: str = "127.0.0.1", port: int = DEFAULT_PORT, timeout: float = 5.0, sock: socket.socket | None = None
    ) -> None:
        self.socket = sock if sock is not None else self._connect(host, port, timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._timeout = timeout
        self.deframer = Deframer()

    @staticmethod
    def _connect(host: str, port: int, timeout: float) -> socket.socket:
        """A connected socket, to the first address that accepts; Timeout or ConnectionFailed.
        timeout: seconds for each address.
        """
        failure: OSError | None = None
        for family, kind, protocol, _, address in _addresses(host, port, socket.SOCK_STREAM):
            sock = socket.socket(family, kind, protocol)
            sock.settimeout(timeout)
            try:
                sock.connect(address)
            except OSError as error:
                sock.close()
                failure = error
                continue
            return sock
        if isinstance(failure, TimeoutError):
            raise Timeout(f"{_where(host, port)} did not accept a TCP connection within {timeout:g} s")
        reason = _reason(failure) if failure else "no address"
        raise ConnectionFailed(f"no TCP connection to {_where(host, port)}: {reason}")

    def send(self, octets: bytes) -> None:
        """Send all octets."""
        self.socket.settimeout(self._timeout)
        try:
            self.socket.sendall(octets)
        except TimeoutError:
            raise Timeout(f"the peer took no data for {self._timeout:g} s") from None
        except OSError as error:
            raise ConnectionLost(f"the connection broke: {_reason(error)}") from None

    def receive(self, timeout: float) -> Wpdu | None:
        """See :class:`Transport`."""
        deadline = time.monotonic() + timeout
        while True:
            wpdu = self.deframer.next_wpdu()
            if wpdu is not None:
                return wpdu
            # At least one look at the socket, so that timeout 0 takes what is there.
            self.socket.settimeout(max(deadline - time.monotonic(), 0.0))
            try:
                octets = self.socket.recv(_CHUNK)
            except (TimeoutError, BlockingIOError):
                return None
            except OSError as error:
                raise ConnectionLost(f"the connection broke: {_reason(error)}") from None
            if not octets:
                raise ConnectionLost("the peer closed the connection")
            self.deframer.feed(octets)

    @property
    def pending(self) -> int:
        """Octets of an incomplete WPDU received so far."""
        return self.deframer.pending

    def close(self) -> None:
        """Close the connection."""
        with contextlib.suppress(OSError):
            self.socket.close()


class UdpTransport:
    """A UDP socket.

    To one address it is connected: datagrams of other peers are not seen (REQUIREMENTS A-40 to
    A-44). To a multicast group it is not, because members answer, if at all, from addresses of
    their own (A-63). ``interface`` is the one that multicast leaves by: the IPv4 address it has, or
    for IPv6 its name; None for the choice of the system.
    """

    name = "udp"

    def __init__(
        self, host: str = "127.0.0.1", port: int = DEFAULT_PORT, timeout: float = 5.0, interface: str | None = None
    ) -> None:
        self._timeout = timeout
        family, kind, protocol, _, address = _addresses(host, port, socket.SOCK_DGRAM)[0]
        self.socket = socket.socket(family, kind, protocol)
        self._group = address if ipaddress.ip_address(address[0].partition("%")[0]).is_multicast else None
        try:
            if self._group is None:
                self.socket.connect(address)
            elif interface is not None and family == socket.AF_INET6:
                index = socket.if_nametoindex(interface)
                self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
                self._group = (*address[:3], index)
            elif interface is not None:
                self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(interface))
        except OSError as error:
            self.socket.close()
            raise ConnectionFailed(f"no way to {_where(host, port)} over UDP: {_reason(error)}") from None

    def send(self, octets: bytes) -> None:
        """One datagram."""
        self.socket.settimeout(self._timeout)
        try:
            if self._group is None:
                self.socket.send(octets)
            else:
                self.socket.sendto(octets, self._group)
        except OSError as error:
            raise self._failure(error) from None

    def receive(self, timeout: float) -> Wpdu | None:
        """See :class:`Transport`; a datagram that is no WPDU is a ProtocolError."""
        self.socket.settimeout(max(timeout, 0.0))
        try:
            return decode_datagram(self.socket.recv(_CHUNK))
        except (TimeoutError, BlockingIOError):
            return None
        except OSError as error:
            raise self._failure(error) from None

    @staticmethod
    def _failure(error: OSError) -> TransportError:
        if isinstance(error, ConnectionRefusedError):
            return ConnectionFailed("nobody listens on that UDP port (the host reports it as unreachable)")
        return ConnectionLost(f"UDP failed: {_reason(error)}")

    def close(self) -> None:
        """Close the socket."""
        with contextlib.suppress(OSError):
            self.socket.close()
