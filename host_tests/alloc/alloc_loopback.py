"""Whether a meter and its client can be in one process: not on a board
whose network cannot reach itself.
"""

import errno
import socket

from net import address

_HOST = "127.0.0.1"


class Skip(Exception):
    """What the harness takes for a skipped case."""


def need_loopback():
    """Skip the case where there is no loopback."""
    probe = socket.socket()
    code = 0
    try:
        probe.connect(address.resolve(_HOST, 9))
    except OSError as e:
        code = e.errno
    probe.close()
    if code == errno.EHOSTUNREACH:
        raise Skip("this board's network has no loopback")
