"""A terminal at a board's console: what is typed, and what comes back. The emulated
board's console is a socket of its own.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from host_tests.harness.hil.board import HilBoard
from tools.image.emulated import EmulatedBoard

TIMEOUT = 20.0
_POLL = 0.01


@contextmanager
def typing(board: EmulatedBoard | HilBoard) -> Iterator[Callable[[bytes], None]]:
    """Gives what sends octets to the console."""
    if isinstance(board, HilBoard):
        yield board.line.write
        return
    with socket.create_connection(("127.0.0.1", board.machine.console_port), 10) as link:
        yield link.sendall


def wait_said(board: EmulatedBoard | HilBoard, wanted: str, timeout: float = TIMEOUT, since: int = 0) -> None:
    """Wait until the console has said `wanted` in the present boot, in a whole line or not,
    beyond its first `since` characters.
    """
    deadline = time.monotonic() + timeout
    while wanted not in board.console()[since:]:
        assert time.monotonic() < deadline, f"the console did not say {wanted!r}:\n{board.log_tail()}"
        time.sleep(_POLL)
