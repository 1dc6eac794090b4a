"""What the meter pushes, as a digest: short and long pushes, over TCP and UDP."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Iterator

from host_tests.wire.unsolicited import INTERVAL, TCP, UDP, direct, push
from tools.dlmsclient import Client, axdr

TIMEOUT = 20.0
WINDOW = 3  # blocks of a push in one stream
TRANSPORTS = {TCP: "pushes over TCP", UDP: "pushes over UDP"}


def received(sock: socket.socket) -> bytes:
    """One WPDU of a stream."""
    octets = b""
    while len(octets) < 8 or len(octets) < 8 + int.from_bytes(octets[6:8], "big"):
        end = 8 if len(octets) < 8 else 8 + int.from_bytes(octets[6:8], "big")
        more = sock.recv(end - len(octets))
        assert more, f"closed after {octets.hex()}"
        octets += more
    return octets


# what is pushed: class-id, logical name, attribute, data index
_ELEMENTS = (
    (40, "0.0.25.9.0.255", 1, 0),
    (1, "0.0.42.0.0.255", 2, 0),
    (8, "0.0.1.0.0.255", 2, 0),
    (3, "1.0.1.8.0.255", 2, 0),
    (3, "1.0.1.8.0.255", 3, 0),
    (3, "1.0.32.7.0.255", 2, 0),
)
_LONG = (*_ELEMENTS, (7, "1.0.99.1.0.255", 3, 0), (7, "1.0.99.1.0.255", 2, 0xF203), (7, "1.0.99.1.0.255", 2, 0xF028))


def _objects(elements: tuple[tuple[int, str, int, int], ...]) -> axdr.Data:
    """push_object_list."""
    rows = []
    for class_id, name, attribute, index in elements:
        octets = axdr.octet_string(bytes(int(part) for part in name.split(".")))
        restriction = axdr.structure(axdr.enum(0), axdr.null_data())
        which = axdr.long_unsigned(class_id), octets, axdr.integer(attribute), axdr.long_unsigned(index)
        rows.append(axdr.structure(*which, restriction, axdr.array()))
    return axdr.array(*rows)


class Pushed:
    """Where pushes go: a socket that takes their WPDUs and does nothing else."""

    def __init__(self, transport: int) -> None:
        self._udp = transport == UDP
        self._peer: socket.socket | None = None

    def __enter__(self) -> Pushed:
        self._sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if self._udp else socket.SOCK_STREAM)
        self._sock.bind(("127.0.0.1", 0))
        self._sock.settimeout(TIMEOUT)
        if not self._udp:
            self._sock.listen(1)
        self.address = f"127.0.0.1:{self._sock.getsockname()[1]}"
        return self

    def __exit__(self, *_: object) -> None:
        self._sock.close()
        if self._peer is not None:
            self._peer.close()

    def apdu(self) -> Iterator[bytes]:
        """The WPDUs of one push; every stream of general blocks is acknowledged."""
        number = 0
        while True:
            wpdu = self._next()
            yield wpdu
            if wpdu[8] != 0xE0:
                return
            if wpdu[9] & 0x40 == 0:  # the last of its stream
                number += 1
                acknowledgement = bytes((0xE0, 0x80 | WINDOW, 0, number)) + wpdu[10:12] + b"\x00"
                self._answer(
                    b"\x00\x01" + wpdu[4:6] + wpdu[2:4] + len(acknowledgement).to_bytes(2, "big") + acknowledgement
                )
            if wpdu[9] & 0x80:  # the last of all
                return

    def _next(self) -> bytes:
        if self._udp:
            wpdu, self._from = self._sock.recvfrom(65536)
            return wpdu
        if self._peer is None:
            self._peer = self._sock.accept()[0]
            self._peer.settimeout(TIMEOUT)
        return received(self._peer)

    def _answer(self, wpdu: bytes) -> None:
        if self._udp:
            self._sock.sendto(wpdu, self._from)
        else:
            assert self._peer is not None
            self._peer.sendall(wpdu)


def digest(address: tuple[str, int], transport: int) -> str:
    """The digest of two short and two long pushes of a meter."""
    made = hashlib.sha256()
    with Client.tcp(*address, TIMEOUT) as client:
        opened = client.associate(48, 1, "87654321")  # the demonstration secret: the meter is our own
        for elements in (_ELEMENTS, _LONG):
            opened.set(40, INTERVAL, 2, _objects(elements))
            with Pushed(transport) as pushed:
                direct(opened, pushed.address, transport)
                for _ in range(2):
                    push(opened)
                    for wpdu in pushed.apdu():
                        made.update(wpdu)
    return made.hexdigest()[:32]
