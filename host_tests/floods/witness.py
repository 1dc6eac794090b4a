"""The well-behaved clients beside a flood: they read, and time and check every answer."""

from __future__ import annotations

import select
import socket
import threading
import time

from host_tests.harness.raw import HEADER, wpdu
from host_tests.wire.apdus import aarq, get, is_aare

SECRET = "12345678"  # of the reader, the published one
READER = 32
PACE = 0.01  # seconds from one answer to the next request
COMES = 0.2  # seconds between two newcomers
PATIENCE = 10.0  # seconds until an answer counts as lost, over TCP
DATAGRAM_PATIENCE = 0.25  # … over UDP


class Wrong(AssertionError):
    """An answer that belongs to another request, or says something else."""


class Witness(threading.Thread):
    """A client with an authenticated AA that reads the logical device name again and again.

    Over TCP an answer that does not come within PATIENCE ends it; over UDP it is counted
    and the next one asked for.
    """

    def __init__(self, host: str, port: int, udp: bool = False) -> None:
        super().__init__(name="witness", daemon=True)
        self.udp = udp
        kind = socket.SOCK_DGRAM if udp else socket.SOCK_STREAM
        self.socket = socket.socket(socket.getaddrinfo(host, port, type=kind)[0][0], kind)
        self.socket.settimeout(PATIENCE)
        self.kept = b""
        self.served = 0
        self.lost = 0
        self.worst = 0.0  # seconds
        self.fault: Exception | None = None
        self.number = 0
        self.over = threading.Event()
        try:
            self.socket.connect((host, port))
            aare = self.ask(aarq(SECRET), PATIENCE)
            if not is_aare(aare):
                raise Wrong(f"no AA: {aare.hex()}")
            self.answer = self.ask(get(), PATIENCE)[3:]
        except BaseException:
            self.socket.close()
            raise

    def ask(self, apdu: bytes, patience: float, iip: int | None = None) -> bytes:
        """The answer to a request, with the invoke-id `iip` where that is given; TimeoutError."""
        self.socket.sendall(wpdu(READER, 1, apdu))
        deadline = time.monotonic() + patience
        while True:
            answer = self.receive(deadline)
            if iip is None or answer[2] == iip:
                return answer
            if not self.udp:
                raise Wrong(f"another answer: {answer.hex()}")

    def receive(self, deadline: float) -> bytes:
        """The next APDU."""
        while True:
            size = HEADER + int.from_bytes(self.kept[6:8], "big") if len(self.kept) >= HEADER else HEADER
            if len(self.kept) >= size and len(self.kept) >= HEADER:
                octets, self.kept = self.kept[:size], self.kept[size:]
                if octets[:6] != bytes((0, 1, 0, 1, 0, READER)):
                    raise Wrong(f"not from the device to the reader: {octets.hex()}")
                return octets[HEADER:]
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.socket], [], [], left)[0]:
                raise TimeoutError
            octets = self.socket.recv(65536)
            if not octets:
                raise EOFError("the meter closed the connection")
            self.kept += octets

    def read(self, patience: float) -> float:
        """Read once; the seconds it took."""
        self.number = (self.number + 1) & 0xF
        begin = time.monotonic()
        answer = self.ask(get(iip=0xC0 | self.number), patience, 0xC0 | self.number)
        took = time.monotonic() - begin
        if answer[:2] != b"\xc4\1" or answer[3:] != self.answer:
            raise Wrong(f"another value: {answer.hex()}")
        return took

    def run(self) -> None:
        """Until `end`."""
        patience = DATAGRAM_PATIENCE if self.udp else PATIENCE
        while not self.over.wait(PACE):
            try:
                took = self.read(patience)
            except TimeoutError as error:
                self.lost += 1
                if not self.udp:
                    self.fault = error
                    return
            except (OSError, EOFError, Wrong) as error:
                self.fault = error
                return
            else:
                self.served += 1
                self.worst = max(self.worst, took)

    def end(self) -> None:
        """Stop; the fault that ended it before is raised."""
        self.over.set()
        if self.is_alive():
            self.join(PATIENCE + 5)
        if self.fault is not None:
            raise self.fault

    def again(self, within: float) -> float:
        """Seconds until it is served again, in the AA that it has; TimeoutError."""
        begin = time.monotonic()
        while True:
            try:
                self.read(DATAGRAM_PATIENCE / 5)
                return time.monotonic() - begin
            except TimeoutError:
                if time.monotonic() - begin > within:
                    raise

    def close(self) -> None:
        self.socket.close()


class Newcomers(threading.Thread):
    """A client that comes, reads once and goes, again and again;
    refused while all places are taken.
    """

    def __init__(self, host: str, port: int) -> None:
        super().__init__(name="newcomers", daemon=True)
        self.address = (host, port)
        self.tried = 0
        self.served = 0
        self.fault: Exception | None = None
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.wait(COMES):
            self.tried += 1
            try:
                one = Witness(*self.address)
            except (OSError, EOFError):
                continue
            except Wrong as error:
                self.fault = error
                return
            self.served += 1
            one.close()

    def end(self) -> None:
        self.over.set()
        self.join(3 * PATIENCE)
        if self.fault is not None:
            raise self.fault
