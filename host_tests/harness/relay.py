"""A UDP relay that loses, repeats and reorders datagrams, between a client and the meter: a
bad network on loopback, real sockets.

What happens to a datagram is drawn from a seeded generator, one draw after the other in the order
in which they come. The client speaks to `port` instead of the meter's.
"""

from __future__ import annotations

import random
import select
import socket
import threading
import time
from types import TracebackType

_POLL = 0.02
_HELD = 0.03  # seconds after which a datagram held back goes, when no other came to overtake it


class Relay:
    """loss, repeat, reorder: chance of each, 0 to 1, for every datagram of either
    direction; `counts` shows what was done.

    quiet: while true nothing happens to anything, so that an association can be opened.
    """

    def __init__(
        self, meter: tuple[str, int], seed: int, *, loss: float = 0.0, repeat: float = 0.0, reorder: float = 0.0
    ) -> None:
        self._meter = meter
        self._random = random.Random(seed)
        self._chances = (loss, repeat, reorder)
        self.quiet = True
        self.counts = {"passed": 0, "lost": 0, "repeated": 0, "reordered": 0}
        self._front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._front.bind(("127.0.0.1", 0))
        self._back = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._back.connect(meter)
        self.port: int = self._front.getsockname()[1]
        self._client: tuple[str, int] | None = None
        self._held: list[tuple[float, bool, bytes]] = []  # when it goes, whether to the meter, the datagram
        self._round = threading.Condition()
        self._rounds = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Relay:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(10)
        self._front.close()
        self._back.close()

    def calm(self) -> None:
        """From now on nothing happens to anything; returns when what was
        on its way has been passed on.
        """
        self.quiet = True
        with self._round:
            begun = self._rounds
            if not self._round.wait_for(lambda: not self._held and self._rounds > begun + 1, 10):
                raise TimeoutError("the relay does not come to rest")

    def _run(self) -> None:
        while not self._stop.is_set():
            ready, _, _ = select.select([self._front, self._back], [], [], _POLL)
            for sock in ready:
                try:
                    datagram, peer = sock.recvfrom(65536)
                except OSError:
                    continue  # the meter's port is closed: that is for the client to find out
                if sock is self._front:
                    self._client = peer
                self._one(sock is self._front, datagram)
            self._release(time.monotonic())
            with self._round:
                self._rounds += 1
                self._round.notify_all()

    def _one(self, inwards: bool, datagram: bytes) -> None:
        loss, repeat, reorder = (0.0, 0.0, 0.0) if self.quiet else self._chances
        draw = self._random.random() if not self.quiet else 1.0
        if draw < loss:
            self.counts["lost"] += 1
        elif draw < loss + repeat:
            self.counts["repeated"] += 1
            self._pass(inwards, datagram)
            self._held.append((time.monotonic() + _HELD * self._random.random(), inwards, datagram))
        elif draw < loss + repeat + reorder:
            self.counts["reordered"] += 1
            self._held.append((time.monotonic() + _HELD * self._random.random(), inwards, datagram))
        else:
            self._pass(inwards, datagram)

    def _release(self, now: float) -> None:
        due = [each for each in self._held if each[0] <= now]
        self._held = [each for each in self._held if each[0] > now]
        for _, inwards, datagram in due:
            self._pass(inwards, datagram)

    def _pass(self, inwards: bool, datagram: bytes) -> None:
        self.counts["passed"] += 1
        try:
            if inwards:
                self._back.send(datagram)
            elif self._client is not None:
                self._front.sendto(datagram, self._client)
        except OSError:
            pass  # a datagram lost for another reason
