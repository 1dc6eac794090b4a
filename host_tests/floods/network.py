"""A TCP proxy that does to octets on their way what a bad network does: it delays, holds up,
splits and cuts. (`harness.relay` is the one for datagrams.)

What happens is drawn from a seeded generator for each direction of each connection.
"""

from __future__ import annotations

import random
import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType

_RESET = b"\1\0\0\0\0\0\0\0"  # SO_LINGER of no time: RST
_WAIT = 30.0


@dataclass(frozen=True)
class Faults:
    """delay: seconds that each piece takes. loss: chance that a piece comes `again` seconds later,
    as when its segment was lost and sent again. split: most octets of a piece, 0 as they come. cut:
    octets in both directions after which the connection is reset, 0 never.
    """

    delay: float = 0.0
    loss: float = 0.0
    again: float = 0.2
    split: int = 0
    cut: int = 0


class Proxy:
    """Clients speak to `port` instead of the meter's. While `down` is set nothing passes."""

    def __init__(self, meter: tuple[str, int], faults: Faults, seed: int = 1) -> None:
        self._meter = meter
        self._faults = faults
        self._seed = seed
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.host = "127.0.0.1"
        self.passed = 0  # octets
        self.held = 0  # pieces that came later
        self.cuts = 0
        self._up = threading.Event()
        self._up.set()
        self._over = False
        self._socks: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    def down(self, seconds: float) -> None:
        """Let nothing pass from now on for so long, as when a cable is pulled."""
        self._up.clear()
        threading.Timer(seconds, self._up.set).start()

    def __enter__(self) -> Proxy:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over = True
        self._up.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        for sock in (self._listener, *self._socks):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()
        for thread in self._threads:
            thread.join(_WAIT)

    def _accept(self) -> None:
        while not self._over:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            meter = socket.create_connection(self._meter, _WAIT)
            pair = (client, meter)
            for sock in pair:
                sock.settimeout(None)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socks += pair
            left = [self._faults.cut]
            for source, sink in (pair, pair[::-1]):
                chance = random.Random(self._seed)
                self._seed += 1
                self._threads.append(
                    threading.Thread(target=self._pump, args=(source, sink, chance, left), daemon=True)
                )
                self._threads[-1].start()

    def _pump(self, source: socket.socket, sink: socket.socket, chance: random.Random, left: list[int]) -> None:
        """Pass octets on in one direction until either end is gone; `left` counts for both."""
        faults = self._faults
        with suppress(OSError):
            while octets := source.recv(65536):
                while octets:
                    size = chance.randint(1, faults.split) if faults.split else len(octets)
                    piece, octets = octets[:size], octets[size:]
                    time.sleep(faults.delay)
                    if chance.random() < faults.loss:
                        self.held += 1
                        time.sleep(faults.again)
                    self._up.wait(_WAIT)
                    if faults.cut and left[0] <= len(piece):
                        self._cut(source, sink)
                        return
                    left[0] -= len(piece)
                    sink.sendall(piece)
                    self.passed += len(piece)
            sink.shutdown(socket.SHUT_WR)

    def _cut(self, *socks: socket.socket) -> None:
        self.cuts += 1
        for sock in socks:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RD)
            sock.close()
