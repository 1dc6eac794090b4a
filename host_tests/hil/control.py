"""What a rig file calls to act on a stand-in: `python -m host_tests.hil.control PORT off |
on | hang | network up|down | pulses N`.
"""

from __future__ import annotations

import socket
import sys


def main(words: list[str]) -> int:
    try:
        with socket.create_connection(("127.0.0.1", int(words[0])), 5) as link:
            link.settimeout(10)
            link.sendall(" ".join(words[1:]).encode())
            answer = link.recv(100).decode().strip()
    except (OSError, ValueError, IndexError) as error:
        answer = str(error)
    if answer != "ok":
        print(f"error: the stand-in says {answer or 'nothing'}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
