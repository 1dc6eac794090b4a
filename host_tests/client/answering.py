"""A meter that answers each attribute as a test says, right or wrong, and a
terminal of any width to look at it with.

`Answering(answer)` serves any number of TCP connections: AARQ and RLRQ are answered as they should
be; for each attribute of a GET, alone or in a list, ``answer(class_id, logical name, attribute)``
returns hex of what follows invoke-id-and-priority (``00 Data`` or ``01 result``), a function of the
request's APDU that returns the APDUs to send, or SILENCE.
"""

from __future__ import annotations

import contextlib
import fcntl
import io
import os
import pty
import select
import socket
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Sequence

from host_tests.client.peer import octets
from tools.cli.main import main
from tools.dlmsclient import Obis
from tools.dlmsclient.wrapper import Deframer, Wpdu
from tools.launcher import ROOT

WAIT = 20.0
AARE = "6129A109060760857405080101A203020100A305A103020100BE10040E0800065F1F0400{:06X}04000007"
PLAIN = AARE.format(0x0019)  # GET, SET, ACTION: no lists, no blocks, no selection
LISTS = AARE.format(0xBC1D)  # lists and blocks, selective access
SILENCE = None

Sent = Callable[[bytes], Sequence[bytes]]
Answer = Callable[[int, str, int], "str | Sent | None"]


class Answering:
    """See the module."""

    def __init__(self, answer: Answer, aare: str = PLAIN) -> None:
        self.answer = answer
        self.aare = octets(aare)
        self.asked: list[tuple[int, str, int]] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._served: list[socket.socket] = []

    def __enter__(self) -> Answering:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        for each in (self._socket, *self._served):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                self._served.append(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        deframer = Deframer()
        with contextlib.suppress(OSError):
            while received := connection.recv(65536):
                deframer.feed(received)
                while (wpdu := deframer.next_wpdu()) is not None:
                    for apdu in self._answers(wpdu):
                        connection.sendall(Wpdu(wpdu.destination, wpdu.source, apdu).encode())

    def _answers(self, wpdu: Wpdu) -> Sequence[bytes]:
        apdu = wpdu.apdu
        if apdu[0] == 0x60:
            return self.associate(wpdu)
        if apdu[0] == 0x62:
            return [octets("6303800100")]
        if apdu[:2] == b"\xc0\x01":
            return self._one(apdu)
        if apdu[:2] == b"\xc0\x03":
            return self._list(apdu)
        return [octets("D80102")]

    def associate(self, wpdu: Wpdu) -> Sequence[bytes]:
        """The answers to an AARQ."""
        return [self.aare]

    def _said(self, attribute: bytes) -> str | Sent | None:
        class_id, name, number = int.from_bytes(attribute[:2], "big"), Obis(attribute[2:8]).dotted, attribute[8]
        self.asked.append((class_id, name, number))
        return self.answer(class_id, name, number)

    def _one(self, apdu: bytes) -> Sequence[bytes]:
        said = self._said(apdu[3:12])
        if said is SILENCE:
            return []
        return [b"\xc4\x01" + apdu[2:3] + octets(said)] if isinstance(said, str) else said(apdu)

    def _list(self, apdu: bytes) -> Sequence[bytes]:
        results = []
        for i in range(apdu[3]):
            said = self._said(apdu[4 + 10 * i : 13 + 10 * i])
            if said is SILENCE:
                return []
            if not isinstance(said, str):
                return said(apdu)
            results.append(octets(said))
        return [b"\xc4\x03" + apdu[2:4] + b"".join(results)]


def command(*words: str, module: str = "tools.cli") -> list[str]:
    """The command line of a tool."""
    return [sys.executable, "-m", module, *words]


def run(port: int, *words: str, timeout: str = "5") -> tuple[int, str, str]:
    """Exit code, stdout and stderr of the command line."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main(["--port", str(port), "--timeout", timeout, *words])
        except SystemExit as left:
            code = int(left.code or 0)
    return code, out.getvalue(), err.getvalue()


def in_terminal(columns: int, words: Sequence[str]) -> str:
    """What a program writes into a terminal so many columns wide; stdout
    and stderr are that terminal.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    environment = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "LINES", "NO_COLOR")} | {
        "TERM": "xterm"
    }
    program = subprocess.Popen(words, cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    written, until = b"", time.monotonic() + 2 * WAIT
    try:
        while time.monotonic() < until:
            if not select.select([ours], [], [], 1)[0]:
                continue
            try:
                got = os.read(ours, 65536)
            except OSError:  # the terminal was closed
                break
            if not got:
                break
            written += got
        program.wait(WAIT)
    finally:
        program.kill()
        program.wait()
        os.close(ours)
    return written.decode().replace("\r\n", "\n")
