"""The REPL of a board, by mpremote's transport: every operation has a
time-out, every failure is a BoardError.

    with Repl.open("/dev/ttyACM0") as board:
        board.run("import os")
        print(board.value("os.listdir()"))
"""

from __future__ import annotations

import ast
import contextlib
import io
import struct
from collections.abc import Iterator
from typing import Any

import serial
from mpremote.transport import TransportError, TransportExecError
from mpremote.transport_serial import SerialTransport

from .catalog import BoardError

TIMEOUT = 10.0
ATTEMPTS = 3
# Before the board goes away, so that its answer reaches this computer: USB drops what has
# not been read when the device vanishes.
_FAREWELL = "import machine, time\ntime.sleep_ms(100)\nmachine."
# What a meter that ran before may have left: its watchdog. What cannot be imported was not there.
_HOLD = """
try:
 import limits
 from board.watchdog import hold
 hold(limits)
except Exception:
 pass
import gc
gc.collect()
"""


class RemoteError(BoardError):
    """An exception on the board; `name` is its class, `text` its last line."""

    def __init__(self, device: str, output: str) -> None:
        lines = [line for line in output.strip().splitlines() if line.strip()] or ["unknown"]
        self.text = lines[-1].strip()
        self.name = self.text.partition(":")[0]
        super().__init__(f"{device}: on the board: {self.text}")


class Repl:
    """A board in its raw REPL."""

    def __init__(self, device: str, transport: SerialTransport) -> None:
        self.device = device
        self._transport = transport

    @classmethod
    @contextlib.contextmanager
    def open(cls, device: str, timeout: float = TIMEOUT, fresh: bool = False) -> Iterator[Repl]:
        """Interrupt whatever runs on the board and take over its REPL; the port is
        released at the end, whatever happens. fresh: see `over`.
        """
        try:
            transport = SerialTransport(device, timeout=timeout)
            transport.serial.write_timeout = timeout
        except (TransportError, OSError, ValueError) as error:
            raise BoardError(f"{device} cannot be opened: {_reason(error)}") from None
        try:
            with cls.over(device, transport, timeout, fresh) as repl:
                yield repl
        finally:
            with contextlib.suppress(Exception):
                transport.close()

    @classmethod
    @contextlib.contextmanager
    def over(
        cls, device: str, transport: SerialTransport, timeout: float = TIMEOUT, fresh: bool = False
    ) -> Iterator[Repl]:
        """The same over a port that is open and stays so. fresh: in a new interpreter,
        by a soft reset that skips main.py.
        """
        repl = cls(device, transport)
        repl._enter(timeout, fresh)
        repl.run(_HOLD)
        yield repl
        repl._leave()

    def run(self, code: str, timeout: float = TIMEOUT) -> bytes:
        """Execute code on the board and return what it printed; `timeout` is the longest silence."""
        with self._errors():
            output, error = self._transport.exec_raw(code, timeout=timeout)
        if error:
            raise RemoteError(self.device, error.decode(errors="replace"))
        return output

    def value(self, expression: str, timeout: float = TIMEOUT) -> Any:
        """The value of an expression that can be written as a literal."""
        printed = self.run(f"print(repr({expression}))", timeout).decode(errors="replace").strip()
        try:
            return ast.literal_eval(printed)
        except (ValueError, SyntaxError):
            raise BoardError(f"{self.device}: the board answered {printed!r} where a value was expected") from None

    def start(self, code: str) -> None:
        """Execute code on the board and do not wait for its end. This REPL is of no use afterwards."""
        with self._errors():
            self._transport.exec_raw_no_follow(code)
        self._transport.in_raw_repl = False

    def reset(self) -> None:
        """Start the board anew. The port is of no use afterwards."""
        self.start(_FAREWELL + "reset()")

    def bootloader(self) -> None:
        """Leave MicroPython for the boot loader of the chip. The port is of no use afterwards."""
        self.start(_FAREWELL + "bootloader()")

    def _enter(self, timeout: float, fresh: bool) -> None:
        """Enter the raw REPL, in several attempts; BoardError when none succeeds."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                # the transport prints what it did not understand
                with self._errors(), contextlib.redirect_stdout(io.StringIO()):
                    self._transport.enter_raw_repl(soft_reset=fresh, timeout_overall=timeout)
                return
            except BoardError:
                if attempt == ATTEMPTS:
                    raise BoardError(
                        f"{self.device}: no MicroPython REPL answers; is it flashed, and does no other program use "
                        "the port?"
                    ) from None

    def _leave(self) -> None:
        if self._transport.in_raw_repl:
            with self._errors():
                self._transport.exit_raw_repl()

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except TransportExecError as error:
            raise RemoteError(self.device, error.error_output) from None
        except (TransportError, serial.SerialException, OSError) as error:
            raise BoardError(f"{self.device}: the connection failed: {_reason(error)}") from None
        except (struct.error, IndexError):
            raise BoardError(f"{self.device}: the board does not answer any more") from None


def _reason(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error)
    return text.splitlines()[0] if text else type(error).__name__
