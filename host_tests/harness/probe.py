"""Does a meter still answer? One association request in plain octets, so that no
client code is part of the answer.
"""

from __future__ import annotations

import socket

# WPDU from the public client (0010) to the management logical device (0001) with an
# AARQ of lowest level security, PDU size 04B0 (REQUIREMENTS A-07).
AARQ = bytes.fromhex("000100100001001F601DA109060760857405080101BE10040E01000000065F1F0400007E1F04B0")
_AARE_TAG = 0x61
_HEADER = 8


def answers(host: str, port: int, timeout: float = 5.0) -> bool:
    """Whether an AARQ over a new TCP connection is answered with an AARE within `timeout` seconds."""
    try:
        with socket.create_connection((host, port), timeout) as link:
            link.sendall(AARQ)
            received = b""
            while len(received) <= _HEADER:
                octets = link.recv(256)
                if not octets:
                    return False
                received += octets
            return received[_HEADER] == _AARE_TAG
    except OSError:
        return False
