"""A STAND-IN for a board on a serial port: the real meter in MicroPython's unix port,
behind what a rig has around a board.

    with StandIn(interpreter.words, folder, kind="rfc2217") as board:
        board.device      what a target names: a pseudo-terminal, socket:// or rfc2217://
        board.rig         its table for a rig file, commands for relay, network and pulses included

It boots `boot.py` and `main.py` from a littlefs in a file, speaks MicroPython's raw REPL, hears
Ctrl-C while the meter runs, resets by program, by Ctrl-D, by DTR and RTS (RFC 2217) and by its
power, and has a watchdog. `device/` is what stands in for the firmware image. What it cannot be: a
chip. Time, radio, flash wear and interrupts of a board are not proved by it.

Commands reach it through a TCP port of its own: `python -m host_tests.hil.control PORT off`.
"""

from __future__ import annotations

import contextlib
import json
import os
import pty
import select
import signal
import socket
import subprocess
import sys
import termios
import threading
import time
import tty
from collections.abc import Callable
from pathlib import Path
from typing import Any

import serial.rfc2217

from host_tests.harness import firmware
from host_tests.harness.ports import free_port
from tools.launcher import ROOT, signals

DEVICE = Path(__file__).with_name("device")
BOARD = "RPI_PICO_W"
BOARD_ID = "e66110000000002a"
USB_SERIAL = "E66110000000002A"
UP, DOWN = 3, -2  # Wi-Fi status of a Pico W: joined, no such network
_FLASH = 1 << 20
_INPUT = 4096  # octets that wait for an interpreter which does not read; more are lost, as on a board
_LOOPBACK = "127.0.0.1"
_NAP = 0.02
_COMPUTING = 1.0  # seconds


class _Lines:
    """The stand-in's end of an RS-232 line for pyserial's RFC 2217 server: rates do
    not matter, DTR and RTS drive EN.
    """

    def __init__(self, changed: Callable[[bool], None]) -> None:
        self._changed = changed
        self._dtr = self._rts = True
        self.baudrate, self.bytesize, self.parity, self.stopbits = 115200, 8, "N", 1
        self.xonxoff = self.rtscts = self.break_condition = False
        self.cts = self.dsr = self.cd = True
        self.ri = False

    def reset_input_buffer(self) -> None:
        """Nothing is buffered here."""

    def reset_output_buffer(self) -> None:
        """Nothing is buffered here."""

    @property
    def dtr(self) -> bool:
        return self._dtr

    @dtr.setter
    def dtr(self, value: bool) -> None:
        self._dtr = value
        self._changed(self._rts and not self._dtr)

    @property
    def rts(self) -> bool:
        return self._rts

    @rts.setter
    def rts(self, value: bool) -> None:
        self._rts = value
        self._changed(self._rts and not self._dtr)


class StandIn:
    """folder: for its flash and state. A context manager; leaving ends its process.

    kind     "socket", "rfc2217" or "pty"
    usb      the port goes away while the board resets, as native USB does ("pty" only)
    faults   what is wrong with it on purpose: no-watchdog, wrong-cause, loses-pulses,
             writes-flash, slow, no-return; loses-ok: a reset takes the REPL's acknowledgement of
             the command with it, as USB may
    frozen   whether the image has the meter in it
    """

    def __init__(
        self,
        words: tuple[str, ...],
        folder: Path,
        *,
        kind: str = "socket",
        usb: bool = False,
        faults: tuple[str, ...] = (),
        frozen: bool = True,
    ) -> None:
        self._words = words
        self._folder = folder
        self._kind = kind
        self._usb = usb
        self._frozen = frozen
        self._world: dict[str, object] = {"link": UP, "pulses": 0, "faults": ",".join(faults)}
        self.boots = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._program = -1  # the interpreter's end of its terminal, seen from here
        self._pipe = -1
        self._said = b""
        self._running = False
        self._awake = False
        self._interrupting = False
        self._interrupt_at: float | None = None  # seconds that it will have computed by then
        self._watchdog = 0.0
        self._bites_at = 0.0
        self._held = False
        self._cause = ""
        self._programs = 0  # that this boot has begun: boot.py, main.py, then those of the REPL
        self._over = threading.Event()
        self._lock = threading.RLock()

    # -- life ---------------------------------------------------------------

    def __enter__(self) -> StandIn:
        self._folder.mkdir(parents=True, exist_ok=True)
        flash = self._folder / "flash.img"
        if not flash.exists():
            flash.write_bytes(b"\xff" * _FLASH)
        self._write_world()
        self.port = free_port()  # the meter keeps it through its resets
        self._control = socket.create_server((_LOOPBACK, 0))
        self._host: socket.socket | None = None
        self._server: socket.socket | None = None
        self._terminal = (-1, -1)
        if self._kind == "pty":
            self.device = str(self._folder / "ttyACM0")
            self._plug_in()
        else:
            self._server = socket.create_server((_LOOPBACK, 0))
            self.device = f"{self._kind}://{_LOOPBACK}:{self._server.getsockname()[1]}"
        self._ports: serial.rfc2217.PortManager | None = None
        self.power_on()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._over.set()
        self._thread.join(10)
        self._end()
        for one in (self._server, self._host, self._control):
            if one is not None:
                one.close()
        self._unplug()

    def begun(self, timeout: float = 10.0) -> StandIn:
        """Wait until main.py runs: a Ctrl-C that comes sooner ends boot.py and nothing else."""
        deadline = time.monotonic() + timeout
        while self._programs < 2 and time.monotonic() < deadline:
            self._over.wait(_NAP)
        return self

    def rig(self, name: str, **more: object) -> str:
        """Its part of a rig file."""
        control = [sys.executable, "-m", "host_tests.hil.control", str(self._control.getsockname()[1])]
        lines = {
            f"boards.{name}": {
                "device": self.device,
                "type": BOARD,
                "id": BOARD_ID,
                "power": name,
                "network": name,
                "pulses": name,
                "repl_seconds": 3,
                "boot_seconds": 20,
                **more,
            },
            f"boards.{name}.config": {"bind": _LOOPBACK, "port": self.port, "offline_reset": 0},
            f"relays.{name}": {"off": [*control, "off"], "on": [*control, "on"], "seconds": 0.1},
            f"networks.{name}": {
                "down": [*control, "network", "down"],
                "up": [*control, "network", "up"],
                "seconds": 15,
            },
            f"pulses.{name}": {"send": [*control, "pulses", "{count}"], "period_ms": 250},
        }
        # JSON's texts, lists, numbers and truth values are TOML's.
        text = ""
        for table, keys in lines.items():
            text += f"[{table}]\n" + "".join(
                f"{key} = {json.dumps(value)}\n" for key, value in keys.items() if value is not None
            )
        return text

    # -- the rig around it --------------------------------------------------

    def power_off(self) -> None:
        """Cut the power."""
        with self._lock:
            self._end()
            self._watchdog = 0.0

    def power_on(self) -> None:
        with self._lock:
            if self._process is None:
                self._world["pulses"] = 0
                self._write_world()
                self._start("power")

    def network(self, up: bool) -> None:
        with self._lock:
            if up and "no-return" in str(self._world["faults"]):
                return
            self._world["link"] = UP if up else DOWN
            self._write_world()

    def pulses(self, count: int) -> None:
        with self._lock:
            self._world["pulses"] = int(str(self._world["pulses"])) + count
            self._write_world()

    def hang(self) -> None:
        """Stop executing: nothing is heard any more, and the watchdog is not there to help."""
        with self._lock:
            self._watchdog = 0.0
            assert self._process is not None
            os.killpg(self._process.pid, signal.SIGSTOP)

    def _write_world(self) -> None:
        path = self._folder / "world"
        new = path.with_name("world.new")
        new.write_text("".join(f"{key} {value}\n" for key, value in self._world.items()))
        new.replace(path)

    # -- the chip -----------------------------------------------------------

    def _start(self, cause: str, raw: bool = False) -> None:
        """Begin to execute. A reset of any kind comes here, after `_end`."""
        if "no-return" in str(self._world["faults"]):
            # Its radio finds the network again after a reset only.
            self._world["link"] = UP
            self._write_world()
        master, slave = pty.openpty()
        tty.setraw(slave)
        mode = termios.tcgetattr(slave)
        mode[1] |= termios.OPOST | termios.ONLCR
        termios.tcsetattr(slave, termios.TCSANOW, mode)
        os.set_blocking(master, False)
        reading, writing = os.pipe()
        path = [DEVICE, ".frozen", ROOT / "boards" / BOARD, *([firmware.folder()] if self._frozen else [])]
        env = {
            **os.environ,
            # The modules of the stand-in come before the interpreter's own; its
            # script imports one of them.
            "MICROPYPATH": str(DEVICE),
            "STANDIN_PATH": ":".join(map(str, path)),
            "STANDIN_FLASH": str(self._folder / "flash.img"),
            "STANDIN_STATE": str(self._folder / "world"),
            "STANDIN_PIPE": str(writing),
            "STANDIN_CAUSE": cause,
            "STANDIN_RAW": "1" if raw else "",
        }
        words = [*self._words, "-X", "heapsize=4M", str(DEVICE / "rom.py")]
        self._process = subprocess.Popen(
            words,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=env,
            pass_fds=(writing,),
            start_new_session=True,
            cwd=self._folder,
        )
        os.close(slave)
        os.close(writing)
        self._program, self._pipe, self._said = master, reading, b""
        self._cause = cause
        self._running = True
        self._awake = False
        self._programs = 0
        self._interrupting, self._interrupt_at = False, None
        self.boots += 1

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)
        # What it said last still belongs to the console.
        with contextlib.suppress(OSError):
            self._to_host(os.read(self._program, 65536))
        os.close(self._program)
        os.close(self._pipe)
        self._program = self._pipe = -1

    def _reset(self, cause: str, raw: bool = False) -> None:
        self._end()
        if cause == "soft":
            cause = self._cause  # no reset of the chip: its register stays, and its watchdog runs on
        else:
            self._watchdog = 0.0
            if self._usb:
                self._unplug()
                self._plug_in()
        self._start(cause, raw)

    def _enable(self, drawn_low: bool) -> None:
        """EN of the chip: low holds it in reset."""
        if drawn_low:
            self._held = True
            self._end()
        elif self._held:
            self._held = False
            self._watchdog = 0.0
            self._start("button")

    def _hear(self, line: str) -> None:
        """What the program reports about the hardware."""
        self._awake = True
        word, _, rest = line.partition(" ")
        if word == "run":
            self._running = True
            self._programs += 1
        elif word == "idle":
            self._running = False
            self._interrupting, self._interrupt_at = False, None
        elif word == "wdt":
            self._watchdog = int(rest) / 1000
            self._bites_at = time.monotonic() + self._watchdog
        elif word == "feed":
            self._bites_at = time.monotonic() + self._watchdog
        elif word == "reset":
            self._reset(rest.removesuffix("-raw"), rest.endswith("-raw"))

    def _interrupt(self) -> None:
        """Ctrl-C for a program that runs: while it sleeps, or when it has computed for
        longer than a meter does that starts.

        The unix port must not be interrupted in the middle of a collection
        (tools/launcher/signals.py). It is its own time that counts: on a busy computer a start
        takes several times as long.
        """
        assert self._process is not None
        if not self._awake:
            return  # an interpreter that has only just been started would die of it
        group = self._process.pid
        if self._interrupt_at is None:
            self._interrupt_at = signals.computed(group) + _COMPUTING
        if signals.asleep(group) or signals.computed(group) > self._interrupt_at:
            self._interrupting, self._interrupt_at = False, None
            signals.send(group, signal.SIGINT)

    # -- the serial port ----------------------------------------------------

    def _plug_in(self) -> None:
        master, slave = pty.openpty()
        tty.setraw(slave)
        os.set_blocking(master, False)
        self._terminal = (master, slave)  # held open here, so that a host that closes its end ends nothing
        os.symlink(os.ttyname(slave), self.device)

    def _unplug(self) -> None:
        if self._terminal[0] >= 0:
            os.unlink(self.device)
            for end in self._terminal:
                os.close(end)
            self._terminal = (-1, -1)

    def _serve(self) -> None:
        """The one thread that moves octets, until the end."""
        while not self._over.is_set():
            with self._lock:
                wanted: list[Any] = [self._control, *(one for one in (self._server, self._host) if one is not None)]
                wanted += [end for end in (self._program, self._pipe, self._terminal[0]) if end >= 0]
            nap = _NAP if self._interrupting or self._watchdog else 0.1
            try:
                readable, _, _ = select.select(wanted, [], [], nap)
            except (OSError, ValueError):
                continue  # one of them was closed by a reset meanwhile
            with self._lock:
                self._step(readable)

    def _step(self, readable: list[Any]) -> None:
        if self._control in readable:
            self._obey()
        if self._server is not None and self._server in readable:
            link, _ = self._server.accept()
            self._hang_up()
            link.settimeout(5)
            # what the board says in small pieces does not wait for the host's acknowledgements
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._host = link
            self._ports = serial.rfc2217.PortManager(_Lines(self._enable), self) if self._kind == "rfc2217" else None
        elif self._host is not None and self._host in readable:
            self._from_host(self._received())
        if self._terminal[0] in readable and self._terminal[0] >= 0:
            with contextlib.suppress(OSError):
                self._from_host(os.read(self._terminal[0], 1024))
        if self._program in readable and self._program >= 0:
            with contextlib.suppress(OSError):
                self._to_host(os.read(self._program, 4096))
        if self._pipe in readable and self._pipe >= 0:
            *lines, self._said = (self._said + os.read(self._pipe, 4096)).split(b"\n")
            for line in lines:
                self._hear(line.decode())
        if self._process is not None and self._interrupting:
            self._interrupt()
        if self._process is not None and self._watchdog and time.monotonic() > self._bites_at:
            self._reset("watchdog")

    def _received(self) -> bytes:
        assert self._host is not None
        try:
            octets = self._host.recv(1024)
        except OSError:
            octets = b""
        if not octets:
            self._hang_up()
        return octets

    def _hang_up(self) -> None:
        if self._host is not None:
            self._host.close()
            self._host = None

    def write(self, octets: bytes) -> None:
        """What the RFC 2217 server answers by itself."""
        if self._host is not None:
            with contextlib.suppress(OSError):
                self._host.sendall(octets)

    def _to_host(self, octets: bytes) -> None:
        if self._terminal[0] >= 0:
            with contextlib.suppress(OSError):
                os.write(self._terminal[0], octets)
        elif self._ports is not None:
            self.write(b"".join(self._ports.escape(octets)))
        else:
            self.write(octets)

    def _from_host(self, octets: bytes) -> None:
        """Ctrl-C while a program runs interrupts it, as the UART's interrupt does;
        everything else waits until the program reads.
        """
        if self._ports is not None:
            octets = b"".join(self._ports.filter(octets))
        if self._process is None:
            return
        if self._running and b"\x03" in octets:
            self._interrupting = True
            octets = octets.rpartition(b"\x03")[2]
        with contextlib.suppress(OSError):
            os.write(self._program, octets[:_INPUT])

    # -- the rig's commands -------------------------------------------------

    def _obey(self) -> None:
        link, _ = self._control.accept()
        with link, contextlib.suppress(OSError):
            link.settimeout(5)
            word, *rest = link.recv(200).decode().split()
            actions: dict[str, Callable[[], None]] = {
                "off": self.power_off,
                "on": self.power_on,
                "hang": self.hang,
                "network": lambda: self.network(rest == ["up"]),
                "pulses": lambda: self.pulses(int(rest[0])),
            }
            if word in actions:
                actions[word]()
                link.sendall(b"ok\n")
            else:
                link.sendall(b"what?\n")
