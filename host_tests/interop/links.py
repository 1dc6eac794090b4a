"""The transports of third-party clients: a TCP connection or a UDP socket, from
which octets are read as from a stream.

Both have the face that dlms-cosem asks of an `io`: connect, disconnect, send,
recv. It has none for UDP of its own.
"""

from __future__ import annotations

import socket

TIMEOUT = 20.0


class TcpLink:
    """One TCP connection."""

    kind = socket.SOCK_STREAM

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._socket: socket.socket | None = None
        self._kept = b""
        self.said: list[tuple[str, bytes]] = []  # what was sent (>) and received (<), as it went

    def adopt(self, sock: socket.socket) -> None:
        """Take a connection that the meter has opened."""
        sock.settimeout(TIMEOUT)
        self._socket = sock

    def connect(self) -> None:
        family = socket.getaddrinfo(*self._address, type=self.kind)[0][0]
        self._socket = socket.socket(family, self.kind)
        self._socket.settimeout(TIMEOUT)
        self._socket.connect(self._address)

    def disconnect(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def send(self, data: bytes) -> None:
        assert self._socket is not None
        self.said.append((">", data))
        self._socket.sendall(data)

    def recv(self, amount: int = 1) -> bytes:
        """Exactly so many octets."""
        assert self._socket is not None
        while len(self._kept) < amount:
            octets = self._socket.recv(65536)
            if not octets:
                raise ConnectionError("the meter closed the connection")
            self.said.append(("<", octets))
            self._kept += octets
        taken, self._kept = self._kept[:amount], self._kept[amount:]
        return taken

    def recv_until(self, end: bytes) -> bytes:
        raise NotImplementedError("only HDLC reads until a flag")

    def recv_wpdu(self) -> bytes:
        """One WPDU with its header."""
        header = self.recv(8)
        return header + self.recv(int.from_bytes(header[6:8], "big"))


class UdpLink(TcpLink):
    """One UDP socket. What is asked for must lie within one datagram: a WPDU
    never spans two (REQUIREMENTS A-40).
    """

    kind = socket.SOCK_DGRAM

    def recv(self, amount: int = 1) -> bytes:
        assert self._socket is not None
        if not self._kept:
            self._kept = self._socket.recv(65536)
            self.said.append(("<", self._kept))
        if len(self._kept) < amount:
            raise ConnectionError("the datagram is shorter than its WPDU")
        return super().recv(amount)


LINKS = {"tcp": TcpLink, "udp": UdpLink}
