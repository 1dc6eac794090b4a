"""The meter as a child process: start it, wait for READY, stop it.

States: a `Meter` is new, then running between `start()` and the end of its
process, then ended; it is started once. Two threads move its output lines to
a log and to whoever waits for READY, so that a full pipe never holds the meter up.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from . import interpreter as _interpreter
from . import signals
from . import state as _state
from .interpreter import Interpreter, LauncherError

ROOT = Path(__file__).resolve().parent.parent.parent
MAIN = ROOT / "firmware" / "main.py"
START_TIMEOUT = 60.0
STOP_GRACE = 10.0
_TAIL_LINES = 200

# Receives each output line without its line end, and whether it came on stderr.
Listener = Callable[[str, bool], None]


@dataclass(frozen=True)
class Ready:
    """The READY line, `READY key=value ...`, with the keys every board prints."""

    ip: tuple[str, ...]
    port: int
    version: str
    board: str
    micropython: str
    heap: int
    free: int
    fields: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, line: str) -> Ready:
        """Parse a READY line; ValueError names what is missing or malformed."""
        word, *pairs = line.split()
        if word != "READY":
            raise ValueError(f"not a READY line: {line!r}")
        fields = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
        try:
            return cls(
                ip=tuple(address for address in fields["ip"].split(",") if address),
                port=int(fields["port"]),
                version=fields["version"],
                board=fields["board"],
                micropython=fields["micropython"],
                heap=int(fields["heap"]),
                free=int(fields["free"]),
                fields=fields,
            )
        except KeyError as missing:
            raise ValueError(f"READY line without {missing.args[0]}=: {line!r}") from None

    @property
    def host(self) -> str:
        """The address to read the meter at: its first one."""
        return self.ip[0]


class StartError(LauncherError):
    """The meter ended, or fell silent, before its READY line.

    `exit_code` is what its process ended with, `line` its own `error: ...` line.
    """

    def __init__(self, message: str, exit_code: int, line: str = "") -> None:
        super().__init__(message)
        self.exit_code = exit_code
        self.line = line


def setting(key: str, value: object) -> str:
    """One `key=value` word as the meter's command line takes it.

    Text stands as it is, everything else as JSON (true, 12, ["a", "b"]).
    """
    return f"{key}={value if isinstance(value, str) else json.dumps(value)}"


class Meter:
    """One meter process. A context manager: entering starts it, leaving stops it.

        with Meter({"port": 0, "seed": 7}) as meter:
            socket.create_connection((meter.ready.host, meter.ready.port))

    settings   key=value overrides of the meter's configuration
    config     a JSON configuration file
    micropython  the interpreter command, several words allowed, or a checked Interpreter
    heapsize   heap of the interpreter, as for `-X heapsize=` ("512K")
    trace      print every WPDU
    log        file that keeps every output line (stderr lines too)
    listener   called with each output line, from a thread of the meter's own
    board      the folder of its table of limits
    """

    def __init__(
        self,
        settings: Mapping[str, object] | None = None,
        *,
        config: str | os.PathLike[str] | None = None,
        micropython: str | Interpreter | None = None,
        heapsize: str | None = None,
        trace: bool = False,
        log: str | os.PathLike[str] | None = None,
        listener: Listener | None = None,
        script: str | os.PathLike[str] = MAIN,
        start_timeout: float = START_TIMEOUT,
        board: str | os.PathLike[str] = ROOT / "boards" / "unix",
    ) -> None:
        self._board = board
        self._settings = dict(settings or {})
        self._config = config
        self._micropython = micropython
        self._heapsize = heapsize
        self._trace = trace
        self._script = Path(script)
        self._start_timeout = start_timeout
        self._listener = listener
        self.log = Path(log) if log is not None else None
        self._tail: deque[str] = deque(maxlen=_TAIL_LINES)
        self._process: subprocess.Popen[str] | None = None
        self._log_file: IO[str] | None = None
        self._pumps: list[threading.Thread] = []
        # Guards the fields below, which the pump threads write.
        self._changed = threading.Condition()
        self._ready: Ready | None = None
        self._malformed = ""
        self._error_line = ""
        self._open_pipes = 0

    # -- life ---------------------------------------------------------------

    def command(self) -> list[str]:
        """The whole command line that starts this meter."""
        found = self._micropython
        if not isinstance(found, Interpreter):
            found = _interpreter.find(found)
        words = list(found.words)
        if self._heapsize:
            words += ["-X", f"heapsize={self._heapsize}"]
        words.append(str(self._script))
        if self._config is not None:
            words += ["--config", os.fspath(self._config)]
        if self._trace:
            words.append("--trace")
        return words + [setting(key, value) for key, value in self._settings.items()]

    def spawn(self) -> None:
        """Start the process without waiting for READY. LauncherError when it cannot be."""
        if self._process is not None:
            raise RuntimeError("a Meter is started once")
        if not self._script.is_file():
            raise LauncherError(f"{self._script} is not there")
        words = self.command()
        held = self._hold_state()
        env = dict(os.environ, MICROPYPATH=f".frozen:{os.fspath(self._board)}")
        if self.log is not None:
            self.log.parent.mkdir(parents=True, exist_ok=True)
            self._log_file = self.log.open("w", encoding="utf-8")
        try:
            # A process group of its own: Ctrl-C in a terminal reaches the meter once,
            # through whoever started it, and not twice.
            self._process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="replace",
                env=env,
                start_new_session=True,
                pass_fds=held,
            )
        except OSError as error:
            self._close_log()
            raise LauncherError(f"{words[0]} does not start: {error.strerror}") from None
        finally:
            # The meter's own remains, so that the lock ends with the meter.
            for descriptor in held:
                os.close(descriptor)
        self._open_pipes = 2
        for pipe, is_error in ((self._process.stdout, False), (self._process.stderr, True)):
            assert pipe is not None
            pump = threading.Thread(target=self._pump, args=(pipe, is_error), daemon=True)
            pump.start()
            self._pumps.append(pump)

    def start(self) -> Ready:
        """Start the process and wait for its READY line.

        StartError when it ends or says nothing within `start_timeout`; it is
        no longer running then.
        """
        self.spawn()
        return self.wait_ready()

    def wait_ready(self) -> Ready:
        """Wait for the READY line of a spawned meter (see `start`)."""
        assert self._process is not None
        with self._changed:
            in_time = self._changed.wait_for(
                lambda: self._ready or self._malformed or not self._open_pipes, self._start_timeout
            )
            ready, malformed = self._ready, self._malformed
        if ready is not None:
            return ready
        if not in_time or malformed:
            self.kill()
            raise StartError(malformed or f"the meter was not ready within {self._start_timeout:.0f} s", 1)
        code = self._reap()
        line = self._error_line
        raise StartError(
            line.removeprefix("error: ") or f"the meter ended with exit code {code} before it was ready", code, line
        )

    def interrupt(self) -> None:
        """Ask the meter to end: SIGINT, the one signal its interpreter handles, as
        soon as it sleeps (see `signals`).

        One that is not ready is ended by SIGTERM: it has nothing to put in order, is in the middle
        of something all the time, and loses a SIGINT that comes before its interpreter has begun.
        """
        assert self._process is not None
        if self._ready is None:
            self._signal(signal.SIGTERM)
        else:
            signals.interrupt(self._process.pid)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the process to end and return its exit code (128 + n after signal n).

        subprocess.TimeoutExpired when it goes on longer than `timeout` seconds.
        """
        assert self._process is not None
        self._process.wait(timeout)
        return self._reap()

    def stop(self, grace: float = STOP_GRACE) -> int:
        """End the meter in an orderly way and return its exit code.

        One that is still there `grace` seconds later is killed and StopError raised.
        """
        assert self._process is not None
        if self.alive:
            self.interrupt()
        try:
            return self.wait(grace)
        except subprocess.TimeoutExpired:
            self.kill()
            raise StopError(f"the meter (pid {self.pid}) did not stop within {grace:.0f} s and was killed") from None

    def kill(self) -> None:
        """End the meter at once, without its help."""
        if self._process is not None:
            self._signal(signal.SIGKILL)
            self.wait()

    def __enter__(self) -> Meter:
        self.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    # -- state --------------------------------------------------------------

    @property
    def ready(self) -> Ready:
        """What the READY line said; RuntimeError before it."""
        if self._ready is None:
            raise RuntimeError("the meter has not printed its READY line")
        return self._ready

    @property
    def pid(self) -> int:
        """Process id of the interpreter (of the first of its words)."""
        assert self._process is not None
        return self._process.pid

    @property
    def alive(self) -> bool:
        """True while the process runs."""
        return self._process is not None and self._process.poll() is None

    def log_tail(self, lines: int = 60) -> str:
        """The last output lines."""
        return "\n".join(list(self._tail)[-lines:])

    # -- inner --------------------------------------------------------------

    def _hold_state(self) -> tuple[int, ...]:
        """The file that the meter is to keep its state in, made and locked; nothing where it keeps
        none. LauncherError when another meter has it.
        """
        path = _state.setting(self._settings, self._config, _state.KEY)
        return (_state.hold(Path(path)),) if path else ()

    def _pump(self, pipe: IO[str], is_error: bool) -> None:
        """Read the lines of one pipe of the process until its end: keep, log and note each, and
        pass it to the listener.
        """
        for raw in pipe:
            line = raw.rstrip("\n")
            self._tail.append(line)
            with self._changed:
                if self._log_file is not None:
                    self._log_file.write(line + "\n")
                    self._log_file.flush()
            # The listener hears of READY before those who wait for it act on it.
            if self._listener is not None:
                self._listener(line, is_error)
            with self._changed:
                self._note(line, is_error)
                self._changed.notify_all()
        with self._changed:
            self._open_pipes -= 1
            self._changed.notify_all()

    def _note(self, line: str, is_error: bool) -> None:
        """Keep what a line says of the meter's state."""
        if is_error and line.startswith("error: "):
            self._error_line = line
        elif not is_error and line.startswith("READY") and self._ready is None:
            try:
                self._ready = Ready.parse(line)
            except ValueError as error:
                self._malformed = str(error)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        # The whole group: the interpreter may be the child of a wrapper script.
        signals.send(self._process.pid, number)

    def _reap(self) -> int:
        """Collect the ended process, its last output and its exit code."""
        assert self._process is not None
        code = self._process.wait()
        deadline = time.monotonic() + 5
        for pump in self._pumps:
            pump.join(max(0.0, deadline - time.monotonic()))
        self._close_log()
        return 128 - code if code < 0 else code

    def _close_log(self) -> None:
        with self._changed:
            if self._log_file is not None:
                self._log_file.close()
                self._log_file = None


class StopError(LauncherError):
    """The meter did not end when asked to."""
