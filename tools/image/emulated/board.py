"""The emulated board as the tests and the tools see it: a meter that boots,
says READY, is configured and reset.
"""

from __future__ import annotations

import contextlib
import json
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from tools.image.boards import deploy
from tools.image.boards.catalog import Board as Catalogued
from tools.image.boards.catalog import BoardError as ToolError
from tools.image.boards.repl import Repl
from tools.image.console import BANNER, READY, Booted, before_repl, last_words, line_with, outcome
from tools.launcher import Ready

from .errors import BoardError
from .machine import LOOPBACK, Machine
from .remote import Remote, RemoteError

# Not among the boards that can be flashed: QEMU is given the image.
BOARD = Catalogued("EMU_M3", "emu-m3")
CONFIG = "config.json"
# The emulated network leads nowhere; and a meter begins without a store,
# unless that is what is looked at.
_ISOLATED = {"ntp": "", "state": ""}
READY_TIMEOUT = 90.0
# Until a cable that was pulled or put back has been noticed, on a computer with other things to do.
NETWORK_SECONDS = 20.0
_POLL = 0.01
# The C stack (boards/EMU_M3/port: emu.ld, startup.c), which every start fills with one word.
_STACK, _STACK_TOP = 8192, 0x20000000 + 264 * 1024 - 32
_PAINT = bytes.fromhex("a7c0a7c0")


def deploy_to(device: str) -> list[str]:
    """Deploy to the emulated board at a serial port; names of the files sent."""
    # With its sources in memory, the meter leaves no room for the work: a
    # new interpreter does not run it.
    Remote(device).run(["exec", "pass"], fresh=True)
    try:
        with Repl.open(device) as repl:
            return deploy.deploy(repl, BOARD, lambda text: None).sent
    except ToolError as error:
        raise BoardError(str(error)) from None


def undeploy_from(device: str) -> None:
    """Remove what was deployed, empty folders too: such a folder would hide
    the built-in package of its name.
    """
    names = list(deploy.sources(BOARD))
    folders = sorted({name.rpartition("/")[0] for name in names if "/" in name}, reverse=True)
    Remote(device).execute(
        "import os\n"
        "def gone(remove, names):\n"
        "    for name in names:\n        try:\n            remove(name)\n"
        "        except OSError as e:\n            if e.errno not in (2, 39, 66):\n                raise\n"
        f"gone(os.remove, {names!r})\n"
        f"gone(os.rmdir, {folders!r})\n"
    )


class EmulatedBoard(Booted):
    """A context manager: entering powers the board on and waits for READY, leaving switches it off.

    flash, console, port, icount   see Machine
    firmware   its image; None for the one that `build` makes
    settings   configuration keys of the meter, in a file on the board; None leaves what is there
    """

    def __init__(
        self,
        flash: Path,
        log: Path,
        *,
        port: int = 0,
        icount: int | None = None,
        settings: Mapping[str, object] | None = None,
        ready_timeout: float = READY_TIMEOUT,
        firmware: Path | None = None,
        heap: int = 0,
    ) -> None:
        self.log = log
        self.machine = Machine(flash, log, port=port, icount=icount, firmware=firmware, heap=heap)
        self._settings = settings
        self._ready_timeout = ready_timeout
        self._mark = 0  # octet of the console's file where the present boot begins
        self._untouched = True  # nobody but the board itself can have led it to the REPL in this boot

    # -- life ---------------------------------------------------------------

    def start(self) -> Ready:
        """Power on and wait for READY, with the configuration wanted;
        BoardError says what came instead.
        """
        self.power_on()
        try:
            ready = self.wait_ready()
            return ready if self._settings is None else self.configure(self._settings)
        except BaseException:
            self.kill()
            raise

    def power_on(self) -> None:
        """Switch on, without waiting for anything."""
        self.expect_boot()
        self._untouched = True
        self.machine.power_on()

    def stop(self) -> int:
        """Switch off; returns 0, as an orderly end does, or the machine's exit
        code when it had ended by itself.
        """
        code = self.machine.exit_code
        self.kill()
        return code or 0

    def kill(self) -> None:
        """Cut the power."""
        self.machine.power_off()

    def __enter__(self) -> EmulatedBoard:
        self.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    # -- boots --------------------------------------------------------------

    def reset(self) -> Ready:
        """Press the reset button and wait for READY."""
        self.expect_boot()
        self._untouched = True
        self.machine.press_reset()
        return self.wait_ready()

    def configure(self, settings: Mapping[str, object]) -> Ready:
        """Write the meter's configuration over the REPL, reset the board and wait for READY."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / CONFIG
            path.write_text(json.dumps({**_ISOLATED, **settings}), encoding="utf-8")
            self.remote.copy([path], "")
        return self.reset()

    @contextlib.contextmanager
    def network_down(self) -> Iterator[None]:
        """With the network cable pulled."""
        self.machine.plug(False)
        try:
            yield
        finally:
            self.machine.plug(True)

    @property
    def network_seconds(self) -> float:
        """Within which the meter must have noticed that the network has gone, or come."""
        return NETWORK_SECONDS

    def deploy(self) -> list[str]:
        """Put the firmware's .py files on the board, in place of those built
        in, and return what was sent.

        Takes effect at the next reset.
        """
        return deploy_to(self.serial)

    def undeploy(self) -> None:
        """Remove the firmware's .py files from the board."""
        undeploy_from(self.serial)

    def expect_boot(self) -> None:
        """Forget READY: what the console says from now on belongs to the next
        boot, or to what brings it about.
        """
        self._untouched = False
        self._mark = self._console_size()
        self._ready = None

    def wait_ready(self) -> Ready:
        """Wait for READY of the present boot."""
        deadline = time.monotonic() + self._ready_timeout
        while True:
            alive = self.machine.alive
            text = self.console()
            line = outcome(text)
            if line.startswith(READY):
                self._ready = Ready.parse(line)
                return self._ready
            if line:
                raise BoardError(line.removeprefix("error: "))
            if not alive:
                raise BoardError(
                    f"QEMU ended with exit code {self.machine.exit_code} before the board was ready{last_words(text)}"
                )
            if self._untouched and BANNER in text:
                raise BoardError(f"the board is at the REPL, not ready{last_words(before_repl(text))}")
            if time.monotonic() > deadline:
                raise BoardError(f"the board was not ready within {self._ready_timeout:.0f} s{last_words(text)}")
            time.sleep(_POLL)

    def wait_console(self, wanted: str, timeout: float = 30.0) -> str:
        """Wait until the console has said `wanted` in the present boot,
        and return the line it is in.
        """
        deadline = time.monotonic() + timeout
        while True:
            if line := line_with(self.console(), wanted):
                return line
            if not self.machine.alive or time.monotonic() > deadline:
                raise BoardError(
                    f"the console did not say {wanted!r} within {timeout:.0f} s{last_words(self.console())}"
                )
            time.sleep(_POLL)

    # -- state --------------------------------------------------------------

    @property
    def host(self) -> str:
        """Where the meter answers on this computer; the address of READY is the board's own."""
        return LOOPBACK

    @property
    def port(self) -> int:
        return self.machine.port

    @property
    def serial(self) -> str:
        """The console, as mpremote and pyserial take it. One client at a time."""
        return f"socket://{LOOPBACK}:{self.machine.console_port}"

    @property
    def line(self) -> str:
        """The other end of machine.UART(1)."""
        return f"socket://{LOOPBACK}:{self.machine.line_port}"

    @property
    def remote(self) -> Remote:
        """Runs Python on the board; the meter is interrupted by it."""
        return Remote(self.serial)

    @property
    def alive(self) -> bool:
        return self.machine.alive

    def execute(self, code: str, timeout: float = 60.0) -> str:
        """Run Python on the board and return what it prints."""
        try:
            return self.remote.execute(code, timeout)
        except RemoteError as error:
            raise BoardError(f"{error}{'' if self.alive else ' (the board is off)'}") from None

    def deepest_stack(self) -> int:
        """Octets of the C stack at its deepest since the last reset, interrupts
        included. The program notices nothing.
        """
        stack = self.machine.memory(_STACK_TOP - _STACK, _STACK)
        free = 0
        while stack.startswith(_PAINT, free):
            free += len(_PAINT)
        if not free:
            raise BoardError("the C stack is used up, or the firmware on the board does not fill it at the start")
        return _STACK - free

    def console(self) -> str:
        """What the console has said in the present boot."""
        if not self.log.exists():
            return ""
        with self.log.open("rb") as file:
            file.seek(self._mark)
            return file.read().decode(errors="replace").replace("\r\n", "\n")

    def _console_size(self) -> int:
        return self.log.stat().st_size if self.log.exists() else 0
