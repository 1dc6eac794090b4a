"""Port numbers for what is to be listened on later, or again."""

from __future__ import annotations

import contextlib
import random
import socket

LOOPBACK = "127.0.0.1"
# Below those that Linux, macOS and a meter with `port=0` choose from: a number that was
# free a moment ago is nobody's by then.
_RANGE = 10000, 20000


def free_port() -> int:
    """A number that is free on loopback over TCP and UDP, and that no socket
    gets which does not ask for it.
    """
    while True:
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp, contextlib.suppress(OSError):
            port = random.randrange(*_RANGE)
            tcp.bind((LOOPBACK, port))
            udp.bind((LOOPBACK, port))
            return port
