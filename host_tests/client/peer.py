"""A scripted server on a loopback port: it expects APDUs in order and answers each as written.

Also the table runner of the codec tests: each case is decoded, encoded, cut short at
every octet and lengthened by one.

The tests of the client alone carry no requirement ids, but for what a client itself must do (B-02):
a wrong meter would not make them fail. Their cases name the ids that the octets come from.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Generator, Sequence
from typing import Any

import pytest

from tools.dlmsclient.errors import ProtocolError
from tools.dlmsclient.wrapper import HEADER_SIZE, Deframer, Wpdu, decode_datagram

WAIT = 10.0
CLOSE = "close"

Step = tuple[str | None, str | bytes | Sequence[str] | None]


def octets(text: str) -> bytes:
    """Octets of a hex text with blanks."""
    return bytes.fromhex(text.replace(" ", ""))


class Peer:
    """Serves one script: steps ``(expected APDU or None for any, answer)``, hex each.

    An answer is hex of an APDU, ``bytes`` sent as they are, a list of APDUs, CLOSE, or
    None for silence. A step that does not match ends the script, and leaving the
    ``with`` block raises what went wrong.
    """

    def __init__(self, *steps: Step, udp: bool = False, host: str = "127.0.0.1", chunk: int = 65536) -> None:
        self.steps = list(steps)
        self.chunk = chunk
        self.failure: BaseException | None = None
        self.requests: list[Wpdu] = []
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._udp = udp
        self._socket = socket.socket(family, socket.SOCK_DGRAM if udp else socket.SOCK_STREAM)
        self._socket.settimeout(WAIT)
        self._socket.bind((host, 0))
        if not udp:
            self._socket.listen(4)
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._guarded, daemon=True)

    def __enter__(self) -> Peer:
        self._thread.start()
        return self

    def __exit__(self, kind, error, trace) -> None:
        self._thread.join(WAIT)
        self._socket.close()
        # What the peer saw explains what the client met, so it goes first.
        if self.failure:
            raise self.failure
        if kind is None:
            assert not self._thread.is_alive(), "the script was not used up"

    def _guarded(self) -> None:
        try:
            self._serve_udp() if self._udp else self._serve_tcp()
        except BaseException as failure:
            self.failure = failure

    def _serve_tcp(self) -> None:
        connection, _ = self._socket.accept()
        connection.settimeout(WAIT)
        deframer = Deframer()
        with connection:
            for expected, answer in self.steps:
                if expected != "":
                    while (wpdu := deframer.next_wpdu()) is None:
                        received = connection.recv(self.chunk)
                        assert received, f"the client closed before it sent {expected}"
                        deframer.feed(received)
                    self._check(wpdu, expected)
                if answer == CLOSE:
                    return
                for part in _answers(self.requests[-1] if self.requests else None, answer):
                    connection.sendall(part)
            # Kept open until the client has read everything and closed.
            while connection.recv(self.chunk):
                pass

    def _serve_udp(self) -> None:
        for expected, answer in self.steps:
            datagram, address = self._socket.recvfrom(65536)
            self._check(decode_datagram(datagram), expected)
            for part in _answers(self.requests[-1], answer):
                self._socket.sendto(part, address)

    def _check(self, wpdu: Wpdu, expected: str | None) -> None:
        self.requests.append(wpdu)
        if expected is not None:
            assert wpdu.apdu.hex().upper() == octets(expected).hex().upper()


def _answers(request: Wpdu | None, answer: Any) -> list[bytes]:
    if answer is None:
        return []
    if isinstance(answer, bytes):
        return [answer]
    assert request is not None
    texts = [answer] if isinstance(answer, str) else answer
    return [Wpdu(request.destination, request.source, octets(text)).encode() for text in texts]


def header(apdu: str, source: int, destination: int) -> bytes:
    """A WPDU around hex of an APDU."""
    wpdu = Wpdu(source, destination, octets(apdu)).encode()
    assert len(wpdu) == HEADER_SIZE + len(octets(apdu))
    return wpdu


def converse(exchange: Generator[bytes, bytes, Any], *steps: tuple[str, str]) -> Any:
    """Play an exchange against ``(request, response)`` hex pairs and return its result."""
    request = next(exchange)
    for number, (expected, response) in enumerate(steps):
        assert request.hex().upper() == octets(expected).hex().upper(), f"request {number + 1}"
        try:
            request = exchange.send(octets(response))
        except StopIteration as done:
            assert number == len(steps) - 1, "the exchange ended early"
            return done.value
    raise AssertionError(f"the exchange goes on with {request.hex().upper()}")


def check_codec(decode: Callable[[bytes], Any], wire: bytes, value: Any) -> None:
    """Both directions, every truncation, and a trailing octet."""
    assert decode(wire) == value
    assert value.encode() == wire
    for cut in range(len(wire)):
        with pytest.raises(ProtocolError):
            decode(wire[:cut])
    with pytest.raises(ProtocolError):
        decode(wire + b"\x00")
