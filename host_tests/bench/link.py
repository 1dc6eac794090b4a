"""A client that asks fast: requests and answers as octets, one after the other, over TCP or UDP."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType

from host_tests.alloc.alloc_kinds import CLIENT_SECRET, CLOCK, MANAGEMENT, PROFILE, SHORT_NAME_MANAGEMENT, STATE, unhex
from tools.dlmsclient import Aare, Aarq, Conformance, InitiateRequest
from tools.dlmsclient.acse import CONTEXT_LN, CONTEXT_SN

from .settings import PATIENCE

RLRQ = unhex("62 03 80 01 00")
_HEADER = 8
_READ_STATE = unhex("C001C1" + STATE + "02 00")
_READ_CLOCK = unhex("C001C1" + CLOCK + "02 00")
_EVERYTHING = Conformance(0xFFFFFF)
_SETTLED = 4  # different times read
_READ_ENTRIES = unhex("C001C1" + PROFILE + "07 00")

Cycle = Sequence[tuple[bytes, bytes]]


class WrongAnswer(Exception):
    """The meter did not answer as the measurement expects, so that there is nothing to measure."""


@dataclass(frozen=True)
class State:
    """What the meter says of itself: heap octets in use and free,
    requests served, seconds since start.
    """

    allocated: int
    free: int
    requests: int
    uptime: int


class Link:
    """One connection (or UDP socket) of the management client with the management logical device."""

    def __init__(self, address: tuple[str, int], *, udp: bool = False, client: int = MANAGEMENT) -> None:
        if udp:
            self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._socket.connect(address)
        else:
            self._socket = socket.create_connection(address, PATIENCE)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.settimeout(PATIENCE)
        self._client = client

    def __enter__(self) -> Link:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def wpdu(self, apdu: bytes, client: int | None = None) -> bytes:
        """The WPDU of an APDU."""
        return bytes((0, 1, 0, client or self._client, 0, 1)) + len(apdu).to_bytes(2, "big") + apdu

    def exchange(self, wpdu: bytes) -> bytes:
        """Send a WPDU, return the one that comes back."""
        self._socket.sendall(wpdu)
        answer = self._socket.recv(65536)
        while len(answer) < _HEADER or len(answer) < _HEADER + int.from_bytes(answer[6:8], "big"):
            more = self._socket.recv(65536)
            if not more:
                raise WrongAnswer(f"the meter closed the connection after {wpdu[_HEADER:].hex()}")
            answer += more
        return answer

    def ask(self, apdu: bytes, client: int | None = None) -> bytes:
        """Send an APDU, return the one that comes back."""
        return self.exchange(self.wpdu(apdu, client))[_HEADER:]

    def associate(self, pdu_size: int = 1024, client: int | None = None) -> None:
        """Open the AA of a client, anew when it is open."""
        secret = CLIENT_SECRET[client or self._client]
        context = CONTEXT_SN if client == SHORT_NAME_MANAGEMENT else CONTEXT_LN
        information = InitiateRequest(_EVERYTHING, pdu_size).encode()
        answer = self.ask(Aarq.lls(information, secret, context).encode(), client)
        if Aare.decode(answer).result != 0:
            raise WrongAnswer(f"the meter refused the association: {answer.hex()}")

    def play(self, cycle: Cycle, count: int, client: int | None = None) -> int:
        """Play a cycle until at least `count` requests were answered; returns how many were."""
        wpdus = [(self.wpdu(request, client), wanted, _HEADER + len(wanted)) for request, wanted in cycle]
        done = 0
        while done < count:
            for request, wanted, end in wpdus:
                answer = self.exchange(request)
                if answer[_HEADER:end] != wanted:
                    raise WrongAnswer(
                        f"asked {request[_HEADER:].hex()}, got {answer[_HEADER:].hex()}, expected {wanted.hex()} …"
                    )
            done += len(wpdus)
        return done

    def state(self) -> State:
        """Read the state object: structure of four double-long-unsigned."""
        answer = self.ask(_READ_STATE)
        if answer[:6].hex() != "c401c1000204" or len(answer) != 26:
            raise WrongAnswer(f"the state object is {answer.hex()}")
        return State(*[int.from_bytes(answer[at : at + 4], "big") for at in (7, 12, 17, 22)])

    def settle(self) -> None:
        """Ask until the supervisor has let time pass a few times: what happens once, at
        the start, is over then.
        """
        seen = {self.ask(_READ_CLOCK)}
        deadline = time.monotonic() + PATIENCE
        while len(seen) < _SETTLED:
            seen.add(self.ask(_READ_CLOCK))
            if time.monotonic() > deadline:
                raise WrongAnswer("the meter's clock stands still")

    def entries(self) -> int:
        """Rows in the load profile."""
        return int.from_bytes(self.ask(_READ_ENTRIES)[5:9], "big")
