"""The emulated board as a process: its power switch, its reset button, its pins, its
USB serial port and what that has said.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

from tools.image.boards.catalog import BoardError
from tools.image.console import last_words

from . import build

LOOPBACK = "127.0.0.1"
ANSWER_TIMEOUT = 20.0
_STOP_TIMEOUT = 10.0
_POLL = 0.01


class Emulator:
    """A context manager: entering powers the board on, leaving cuts its power.

    flash     file that keeps the flash memory's content, 2 MB; made when missing
    console   file that keeps everything the USB serial port says; appended to
    image     UF2 file that is put into the flash at the first power-on; None leaves what is there
    """

    def __init__(self, flash: Path, console: Path, *, image: Path | None = build.IMAGE) -> None:
        self.flash = flash
        self.console = console
        self.port = 0
        self._boots: list[str] = []
        self._image = image
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: IO[bytes] | None = None
        self._lock: IO[bytes] | None = None
        self._pending = b""  # of the runner's standard output, what is not yet a line
        self._events: list[Mapping[str, Any]] = []  # that nobody has waited for yet
        self._mark = 0  # octet of the console's file where the present boot begins, as far as this side knows

    # -- power --------------------------------------------------------------

    def power_on(self) -> None:
        """Start the board and return when its serial port can be opened; the
        program on it has only just begun.
        """
        build.ready()
        node = build.need_node()
        self._lock_flash()
        self.expect_boot()
        words = [node, str(build.RUNNER / "run.mjs"), "--bootrom", str(build.BOOTROM)]
        words += ["--flash", str(self.flash.resolve()), "--console", str(self.console.resolve())]
        if self._image is not None:
            words += ["--image", str(self._image.resolve())]
        self._boots, self._events, self._pending = [], [], b""
        try:
            self._errors = self.console.with_name(self.console.name + ".node").open("w+b")
            # A process group of its own, so that Ctrl-C in a terminal reaches whoever
            # started it, and not the board.
            self._process = subprocess.Popen(
                words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, start_new_session=True
            )
            self.port = self.wait_event("listening")["port"]
            self._image = None  # it is in the flash now
        except BaseException:
            self.power_off()
            raise

    def power_off(self) -> None:
        """Cut the power, at whatever instant this is."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(_STOP_TIMEOUT)
            for stream in (self._process.stdin, self._process.stdout):
                with contextlib.suppress(OSError):
                    stream.close()
            self._process = None
        for stream in (self._errors, self._lock):
            if stream is not None:
                stream.close()
        self._errors = self._lock = None

    def __enter__(self) -> Emulator:
        self.power_on()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.power_off()

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _lock_flash(self) -> None:
        self.flash.parent.mkdir(parents=True, exist_ok=True)
        self._lock = self.flash.with_name(self.flash.name + ".lock").open("wb")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            self._lock = None
            raise BoardError(f"{self.flash} is in use by an emulated board that is running") from None

    # -- the world around the board ------------------------------------------

    @property
    def serial(self) -> str:
        """The USB serial port, as pyserial and mpremote take it. One client at a time; a
        reset of the board ends its connection.
        """
        return f"socket://{LOOPBACK}:{self.port}"

    def press_reset(self) -> None:
        """The reset pin: works whatever the program does."""
        self.expect_boot()
        boots = len(self.boots)
        self._command("reset")
        deadline = time.monotonic() + ANSWER_TIMEOUT
        while len(self._boots) == boots:
            self._take(self._line(deadline, "a boot"))

    @property
    def boots(self) -> list[str]:
        """Causes of the boots since power-on: power, watchdog (which carries out
        machine.reset() too), processor, button.
        """
        # The runner says what it did before it answers.
        self._command("statistics")
        return list(self._boots)

    def drive(self, pin: int, level: int) -> None:
        """Give a pin a level from outside. A pin that nobody drives is high, as by a resistor."""
        self._command("drive", pin, level)

    def level(self, pin: int) -> int | None:
        """The level that the board gives a pin; None when it does not drive it."""
        state = self._command("pin", pin)
        return state["level"] if state["output"] else None

    def wait_level(self, pin: int, level: int, timeout: float = 60.0) -> None:
        """Wait until the board gives a pin this level."""
        deadline = time.monotonic() + timeout
        while self.level(pin) != level:
            if time.monotonic() > deadline:
                raise BoardError(f"pin {pin} did not become {level} within {timeout:.0f} s{self._last()}")
            time.sleep(_POLL)

    def pulses(self, pin: int, count: int, low: int, high: int) -> None:
        """Begin to draw a pin low for `low` ms of the board's time and leave it high for
        `high`; wait_event("pulses") sees the end.
        """
        self._command("pulses", pin, count, low, high)

    def cut_power_at(self, operation: int) -> None:
        """Cut the power as the flash begins with its nth operation from now; wait_end sees it."""
        self._command("cut", operation)

    def let_go(self) -> None:
        """What the end of this process would do to the emulator: its standard input ends."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.close()

    def wait_end(self, timeout: float = ANSWER_TIMEOUT) -> None:
        """Wait for the emulator to end by itself."""
        assert self._process is not None
        try:
            code = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise BoardError(f"the emulator did not end within {timeout:.0f} s{self._last()}") from None
        if code != 0:
            raise self.why()
        self.power_off()

    def ended_before(self, wanted: str, timeout: float = ANSWER_TIMEOUT) -> bool:
        """Whether the emulator ends before its console says `wanted`."""
        assert self._process is not None
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            ended = not self.alive
            if wanted in self.said():
                return False
            if ended:
                self.power_off()
                return True
            time.sleep(_POLL)
        raise BoardError(f"the emulated board neither ended nor said {wanted!r} within {timeout:.0f} s{self._last()}")

    def seconds(self) -> float:
        """The board's own time since power-on."""
        return self._command("statistics")["seconds"]

    def expect_boot(self) -> None:
        """What the console says from now on belongs to the next boot, or to what brings it about."""
        self._mark = self.console.stat().st_size if self.console.exists() else 0

    def wait_event(self, wanted: str, timeout: float = ANSWER_TIMEOUT) -> Mapping[str, Any]:
        """The next event of this name: pulses, boot-drive."""
        deadline = time.monotonic() + timeout
        while True:
            for number, event in enumerate(self._events):
                if event["event"] == wanted:
                    return self._events.pop(number)
            self._take(self._line(deadline, f"the event {wanted!r}"))

    def _command(self, *words: object) -> Mapping[str, Any]:
        """Send a command to the runner and return its answer; events that come before it are taken.
        BoardError when there is none.
        """
        assert self._process is not None
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(words).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            raise BoardError(f"the emulated board is not running{self._reason()}") from None
        deadline = time.monotonic() + ANSWER_TIMEOUT
        while True:
            said = self._line(deadline, f"an answer to {words[0]!r}")
            if "event" not in said:
                if "error" in said:
                    raise BoardError(said["error"])
                return said
            self._take(said)

    def _take(self, event: Mapping[str, Any]) -> None:
        if event["event"] == "fault":
            raise BoardError(f"the emulated board: {event['text']}")
        if event["event"] == "boot":
            self._boots.append(event["cause"])
        else:
            self._events.append(event)

    def _line(self, deadline: float, awaited: str) -> Mapping[str, Any]:
        """The next line of the runner."""
        assert self._process is not None
        assert self._process.stdout is not None
        while b"\n" not in self._pending:
            if not select.select([self._process.stdout], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise BoardError(f"the emulated board gave no sign of {awaited} in time{self._last()}")
            octets = os.read(self._process.stdout.fileno(), 65536)
            if not octets:
                raise BoardError(f"the emulator ended{self._reason()}")
            self._pending += octets
        line, _, self._pending = self._pending.partition(b"\n")
        return json.loads(line)

    def _reason(self) -> str:
        if self._errors is None:
            return ""
        self._errors.seek(0)
        said = [line for line in self._errors.read().decode(errors="replace").splitlines() if "Error" in line]
        return f": {said[0].strip()}" if said else ""

    # -- what it says -----------------------------------------------------------

    def said(self) -> str:
        """What the serial port has said since the boot that was expected last."""
        if not self.console.exists():
            return ""
        with self.console.open("rb") as file:
            file.seek(self._mark)
            return file.read().decode(errors="replace").replace("\r\n", "\n")

    def wait_console(self, wanted: str, timeout: float = 60.0) -> str:
        """Wait until the serial port has said `wanted`, and return the line it is in."""
        return self._wait_text(lambda line: wanted in line and line.endswith("\n"), repr(wanted), timeout)

    def wait_prompt(self, timeout: float = 60.0) -> None:
        """Wait for the prompt of the REPL."""
        self._wait_text(lambda line: line.endswith(">>> "), "a prompt", timeout)

    def _wait_text(self, fits: Callable[[str], bool], wanted: str, timeout: float) -> str:
        deadline = time.monotonic() + timeout
        while True:
            for line in self.said().splitlines(keepends=True):
                if fits(line):
                    return line.strip()
            if not self.alive:
                raise BoardError(f"{self.why()}{self._last()}")
            if time.monotonic() > deadline:
                raise BoardError(f"the console did not say {wanted} within {timeout:.0f} s{self._last()}")
            time.sleep(_POLL)

    def why(self) -> BoardError:
        """Why the emulator has ended: the fault that it named last, or what Node.js said."""
        try:
            while True:
                self._take(self._line(time.monotonic() + _STOP_TIMEOUT, "its end"))
        except BoardError as error:
            return error

    def _last(self) -> str:
        return last_words(self.said())
