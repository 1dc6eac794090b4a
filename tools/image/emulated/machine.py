"""QEMU as a process: the emulated machine with its power switch, its reset
button, its ports and its console.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import IO

from . import build
from .errors import BoardError

LOOPBACK = "127.0.0.1"
_START_TRIES = 5
_START_TIMEOUT = 30.0
_STOP_TIMEOUT = 10.0
# QEMU's name of the Ethernet controller.
_NIC = "lan9118.0"
# What QEMU's monitor says once every port is open.
_PROMPT = "(qemu)"
# What QEMU says when another process was faster with a port.
LARGER_HEAP = 0x20060000  # where boards/EMU_M3/port/main.c looks for the size of a larger heap
_TAKEN = ("Address already in use", "Could not set up host forwarding rule")


def _free_port(also_udp: bool = False) -> int:
    """A port number that is free now on loopback, over TCP and, if wanted, UDP."""
    for _ in range(100):
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            tcp.bind((LOOPBACK, 0))
            number = tcp.getsockname()[1]
            if not also_udp:
                return number
            with contextlib.suppress(OSError):
                udp.bind((LOOPBACK, number))
                return number
    raise BoardError("no port number is free for TCP and UDP")


class Machine:
    """One power-on of the machine.

    flash     file that keeps the flash memory's content; made when missing
    console   file that keeps everything the console says; appended to
    port      of the meter on this computer, TCP and UDP; 0 for any free one
    icount    instructions take 2**icount ns of emulated time each, counted exactly;
              None: time is the computer's
    heap      octets of heap, as a larger board has; 0: what a Pico W has
    """

    def __init__(
        self,
        flash: Path,
        console: Path,
        *,
        port: int = 0,
        icount: int | None = None,
        firmware: Path | None = None,
        heap: int = 0,
    ) -> None:
        self.flash = flash
        self.console = console
        self.port = port
        self.console_port = 0
        self.line_port = 0
        self._wanted_port = port
        self._icount = icount
        self._firmware = firmware or build.FIRMWARE
        self._heap = heap
        self._process: subprocess.Popen[str] | None = None
        self._errors: IO[str] | None = None
        self._monitor: IO[str] | None = None
        self._lock: IO[bytes] | None = None

    def _words(self) -> list[str]:
        """The command line of QEMU: the board, its flash, two serial ports as TCP servers, the
        network with forwarded ports.
        """

        def serial(name: str, number: int, *more: str) -> list[str]:
            options = [
                f"socket,id={name}",
                f"host={LOOPBACK}",
                f"port={number}",
                "server=on",
                "wait=off",
                "nodelay=on",
                *more,
            ]
            return ["-chardev", ",".join(options), "-serial", f"chardev:{name}"]

        # A comma separates QEMU's options; doubled it is one of the text.
        flash, console = (str(path.resolve()).replace(",", ",,") for path in (self.flash, self.console))
        words = [build.need_qemu(), "-machine", "mps2-an385", "-display", "none", "-monitor", "stdio"]
        words += ["-semihosting-config", f"enable=on,target=native,arg=emu,arg={flash}"]
        words += serial("console", self.console_port, f"logfile={console}", "logappend=on")
        words += serial("line", self.line_port)
        forwards = ",".join(f"hostfwd={kind}:{LOOPBACK}:{self.port}-:4059" for kind in ("tcp", "udp"))
        words += ["-nic", f"user,model=lan9118,{forwards}"]
        if self._heap:
            words += ["-device", f"loader,addr={LARGER_HEAP:#x},data={self._heap},data-len=4"]
        if self._icount is not None:
            words += ["-icount", f"shift={self._icount},align=off,sleep=on"]
        return [*words, "-kernel", str(self._firmware)]

    def power_on(self) -> None:
        """Start the machine; BoardError when it does not start."""
        if not self._firmware.exists():
            raise BoardError("the firmware is not built: python -m tools.image.emulated build")
        self._lock_flash()
        try:
            first = True
            for tries_left in reversed(range(_START_TRIES)):
                # the port of the power-on before, if there was one, so that whoever
                # knows it finds the meter again
                self.port = self._wanted_port or (self.port if first else 0) or _free_port(also_udp=True)
                first = False
                self.console_port, self.line_port = _free_port(), _free_port()
                if self._spawn(tries_left > 0):
                    return
        except BaseException:
            self._unlock_flash()
            raise

    def _lock_flash(self) -> None:
        self.flash.parent.mkdir(parents=True, exist_ok=True)
        self._lock = self.flash.with_name(self.flash.name + ".lock").open("wb")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            raise BoardError(f"{self.flash} is in use by an emulated board that is running") from None

    def _unlock_flash(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _spawn(self, try_again: bool) -> bool:
        """Start QEMU; False when a port was taken meanwhile and another try is worth it."""
        self.console.parent.mkdir(parents=True, exist_ok=True)
        self._close_files()
        self._errors, self._monitor = self._empty_file(".qemu"), self._empty_file(".monitor")
        try:
            # A process group of its own, so that Ctrl-C in a terminal reaches
            # whoever started it, and not QEMU.
            self._process = subprocess.Popen(
                self._words(),
                stdin=subprocess.PIPE,
                stdout=self._monitor,
                stderr=self._errors,
                text=True,
                start_new_session=True,
            )
        except OSError as error:
            raise BoardError(f"{build.QEMU} does not start: {error.strerror}") from None
        deadline = time.monotonic() + _START_TIMEOUT
        while self._process.poll() is None:
            self._monitor.seek(0)
            if _PROMPT in self._monitor.read():
                return True
            if time.monotonic() > deadline:
                self.power_off()
                raise BoardError("QEMU did not open its ports")
            time.sleep(0.01)
        said = self.errors()
        if any(text in said for text in _TAKEN):
            if not self._wanted_port and try_again:
                return False
            raise BoardError(
                f"port {self.port} is taken on {LOOPBACK}, over TCP or UDP: choose another or stop what uses it"
            )
        raise BoardError(
            f"QEMU ended with exit code {self._process.returncode}: {(said.splitlines() or ['no reason given'])[-1]}"
        )

    def errors(self) -> str:
        """What QEMU itself has to say."""
        if self._errors is None:
            return ""
        self._errors.seek(0)
        return self._errors.read().strip()

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """What the machine ended with; None while it runs. The firmware's own are
        70 and above (startup.c, main.c).
        """
        return None if self._process is None else self._process.poll()

    def press_reset(self) -> None:
        """The reset button: works whatever the firmware does."""
        self._order("system_reset")

    def plug(self, cable: bool) -> None:
        """Put the network cable in, or pull it: the board's Ethernet controller
        notices, and frames are lost.
        """
        self._order(f"set_link {_NIC} {'on' if cable else 'off'}")

    def forward(self, port: int) -> int:
        """Lead a port of this computer, until the power is cut, to another TCP port of the board
        than the meter's; returns its number.
        """
        number = _free_port()
        self._order(f"hostfwd_add tcp:{LOOPBACK}:{number}-:{port}")
        return number

    def memory(self, address: int, size: int) -> bytes:
        """Octets of the board's memory, read without the program's knowledge."""
        path = self.console.with_name(self.console.name + ".memory").resolve()
        path.unlink(missing_ok=True)
        self._order(f'pmemsave {address:#x} {size} "{path}"')
        deadline = time.monotonic() + _STOP_TIMEOUT
        while not path.exists() or path.stat().st_size < size:
            if time.monotonic() > deadline or not self.alive:
                raise BoardError("QEMU does not tell what is in the board's memory")
            time.sleep(0.01)
        return path.read_bytes()

    def _order(self, command: str) -> None:
        """A command for QEMU's monitor."""
        assert self._process is not None
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(command + "\n")
            self._process.stdin.flush()
        except OSError:
            raise BoardError("the emulated board is not running") from None

    def power_off(self) -> None:
        """Cut the power, at whatever instant this is."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(_STOP_TIMEOUT)
            if self._process.stdin is not None:
                with contextlib.suppress(OSError):
                    self._process.stdin.close()
        self._close_files()
        self._unlock_flash()

    def _empty_file(self, suffix: str) -> IO[str]:
        """A file beside the console's that QEMU appends to, wherever it was read last."""
        path = self.console.with_name(self.console.name + suffix)
        path.write_bytes(b"")
        return path.open("a+", encoding="utf-8", errors="replace")

    def _close_files(self) -> None:
        for file in (self._errors, self._monitor):
            if file is not None:
                file.close()
        self._errors = self._monitor = None
