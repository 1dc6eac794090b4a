"""The serial port of a board: opened once, read all the time, every octet kept in a file.

A thread reads; whoever waits for text, or speaks to the REPL, looks at what it has collected, so
that nothing that the board says is lost between two readers. A port that goes away (USB does, when
a board resets) is opened anew: `id:` is looked up again each time. Every operation has a time-out.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import serial

from tools.image.boards.catalog import BoardError
from tools.image.boards.target import resolve

from .errors import HilError, NotFitted

BAUD = 115200
WRITE_TIMEOUT = 5.0
_SLICE = 0.1  # seconds that one read waits, and so the longest that closing does
_RETRY = 0.2
_KNOCK = 3.0
_PULSE = 0.1
_FAILURES = (serial.SerialException, OSError, ValueError, TypeError)  # a port that closes meanwhile gives TypeError


def absent(device: str) -> str:
    """Why there is nothing at a device, found out without opening a port;
    empty when something is there.
    """
    try:
        found = resolve(device)
    except BoardError as error:
        return str(error)
    if "://" not in found:
        return ""
    parts = urlsplit(found)
    try:
        socket.create_connection((parts.hostname or "", parts.port or 0), _KNOCK).close()
    except OSError as error:
        return f"{device} cannot be reached: {error.strerror or error}"
    return ""


class Line:
    """device: see tools/image/boards/target.py. log: file that gets every octet. reopen:
    seconds that a port may be away.
    """

    def __init__(self, device: str, log: Path, reopen: float) -> None:
        self.device = device
        self.log = log
        self._reopen = reopen
        self._port: serial.SerialBase | None = None
        self._received = bytearray()
        self._more = threading.Condition()
        self._fault = ""
        self._opened = 0
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    # -- life ---------------------------------------------------------------

    def open(self) -> None:
        """Open the port and begin to capture; HilError when it cannot be."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._port = self._open_port()
        self._thread = threading.Thread(target=self._capture, name=f"console of {self.device}", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Release the port, whatever state it is in."""
        self._over.set()
        if self._thread is not None:
            self._thread.join(WRITE_TIMEOUT + self._reopen)
        self._let_go()

    @property
    def fault(self) -> str:
        """Why the port is gone for good; empty while it is there or may come back."""
        return self._fault

    @property
    def opened(self) -> int:
        """Octets received when the port was opened last: a mark for `text`, another one
        each time that the port came back.
        """
        return self._opened

    def came_back(self, opened: int) -> bool:
        """Whether the port was opened anew since `opened` was its mark; one that
        is away just now is waited for.
        """
        with self._more:
            self._more.wait_for(lambda: self._port is not None or bool(self._fault), self._reopen)
            return self._opened != opened

    def _open_port(self) -> serial.SerialBase:
        try:
            port = serial.serial_for_url(resolve(self.device), do_not_open=True, baudrate=BAUD, timeout=_SLICE)
            if not self.device.startswith("rfc2217://"):  # which has a time-out of its own, 5 s, and takes no other
                port.write_timeout = WRITE_TIMEOUT
            if "://" not in self.device:
                port.exclusive = True
            port.open()
        except BoardError as error:
            raise HilError(str(error)) from None
        except _FAILURES as error:
            raise HilError(f"{self.device} cannot be opened: {_reason(error)}") from None
        return port

    def _let_go(self) -> None:
        with self._more:
            port, self._port = self._port, None
            self._more.notify_all()
        if port is not None:
            with contextlib.suppress(*_FAILURES):
                port.close()

    # -- the thread ---------------------------------------------------------

    def _capture(self) -> None:
        with self.log.open("ab", buffering=0) as log:
            while not self._over.is_set():
                port = self._port
                assert port is not None
                try:
                    octets = port.read(1)
                    if octets and (waiting := port.in_waiting):
                        octets += port.read(waiting)
                except _FAILURES as error:
                    if not self._come_back(_reason(error)):
                        return
                    continue
                if octets:
                    log.write(octets)
                    with self._more:
                        self._received += octets
                        self._more.notify_all()

    def _come_back(self, reason: str) -> bool:
        """Open the port that went away; False when it stays away or is wanted no more."""
        self._let_go()
        deadline = time.monotonic() + self._reopen
        while not self._over.wait(_RETRY):
            try:
                port = self._open_port()
            except HilError as error:
                if time.monotonic() < deadline:
                    continue
                with self._more:
                    self._fault = (
                        f"{self.device} went away ({reason}) and did not come back within {self._reopen:.0f} s: {error}"
                    )
                    self._more.notify_all()
                return False
            with self._more:
                self._port = port
                self._opened = len(self._received)
                self._more.notify_all()
            return True
        return False

    # -- what the board says ------------------------------------------------

    @property
    def size(self) -> int:
        """Octets received so far: a mark for `text` and `wait`."""
        return len(self._received)

    def octets(self, start: int, end: int | None = None) -> bytes:
        with self._more:
            return bytes(self._received[start:end])

    def text(self, start: int) -> str:
        """What came after a mark, lines ended by LF."""
        return self.octets(start).decode(errors="replace").replace("\r\n", "\n")

    def wait(self, found: Callable[[], bool], timeout: float) -> bool:
        """Wait until `found()`, which is asked whenever octets arrive; False after
        `timeout` seconds or when the port is gone.
        """
        with self._more:
            self._more.wait_for(lambda: found() or bool(self._fault), timeout)
            return found()

    # -- what is said to it -------------------------------------------------

    def write(self, octets: bytes) -> None:
        """Send octets; waits for a port that is away just now."""
        while True:
            port = self._present()
            try:
                port.write(octets)
                return
            except _FAILURES as error:
                # Once more when it is the port that went away: the thread that reads
                # will say so, or open it anew.
                if not self.wait(lambda port=port: self._port is not port, 2 * _SLICE):
                    raise HilError(f"{self.device}: nothing can be sent: {_reason(error)}") from None

    def pulse_reset(self, held: Callable[[], None]) -> None:
        """Draw EN low by RTS while DTR is high, as the circuit of ESP32 boards wants it;
        NotFitted where the port has no such lines.

        held: called while the board is held in reset and has been silent for a moment.
        """
        if self.device.startswith("socket://"):
            raise NotFitted("a socket:// port has no control lines")
        port = self._present()
        try:
            port.dtr = False
            port.rts = True
            self._over.wait(_PULSE)
            held()
            port.rts = False
            # Not at once: DTR alone draws IO0 low, which the chip looks at
            # while it comes out of reset.
            self._over.wait(_PULSE)
            port.dtr = True
            port.rts = True
        except _FAILURES as error:
            raise NotFitted(f"the port has no control lines ({_reason(error)})") from None

    def _present(self) -> serial.SerialBase:
        with self._more:
            self._more.wait_for(lambda: self._port is not None or bool(self._fault), self._reopen + WRITE_TIMEOUT)
            if self._port is None:
                raise HilError(self._fault or f"{self.device} is closed")
            return self._port


class Tap:
    """What pyserial's users expect of a port, on top of a Line: octets from its
    creation on, writes passed through.
    """

    def __init__(self, line: Line, timeout: float) -> None:
        self._line = line
        self.at = line.size  # mark in the line after what was read
        self.timeout = timeout
        # Written when a user is done; the port stays open and its lines as they are.
        self.rts = self.dtr = True

    def inWaiting(self) -> int:
        if self._line.fault:
            raise serial.SerialException(self._line.fault)
        return self._line.size - self.at

    @property
    def in_waiting(self) -> int:
        return self.inWaiting()

    def read(self, size: int = 1) -> bytes:
        """`size` octets, fewer when they do not come in time."""
        self._line.wait(lambda: self._line.size >= self.at + size, self.timeout)
        octets = self._line.octets(self.at, self.at + size)
        self.at += len(octets)
        if not octets and self._line.fault:
            raise serial.SerialException(self._line.fault)
        return octets

    def write(self, octets: bytes) -> int:
        try:
            self._line.write(octets)
        except HilError as error:
            raise serial.SerialException(str(error)) from None
        return len(octets)

    def close(self) -> None:
        """The line stays open."""


def _reason(error: BaseException) -> str:
    text = getattr(error, "strerror", None) or str(error)
    return text.splitlines()[0] if text else type(error).__name__
