"""A meter on a board: configured over the REPL, brought to READY, its console captured.

The ladder, from the mildest means to the strongest; each rung that fails is remembered, and a
climb that ends without READY names them all:

    soft reset       Ctrl-C, then Ctrl-D at the friendly REPL
    machine.reset    over the raw REPL
    DTR/RTS          EN drawn low by the serial adapter, where it has the lines and
                     the board listens to them
    power            off and on by the relay of the rig file, or the power of a labgrid place

A line `error: …` of the meter itself ends a climb at once: no reset
puts a wrong configuration right.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from host_tests.harness import probe
from tools.image.boards.catalog import BOARDS
from tools.image.boards.files import Files
from tools.image.boards.provision import CONFIG
from tools.image.boards.repl import Repl
from tools.image.console import BANNER, READY, Booted, before_repl, last_words, line_with, outcome
from tools.launcher import Ready

from . import commands, place
from .errors import FirmwareError, HilError, NotFitted
from .hands import Hands
from .line import Line
from .locks import DeviceLock
from .rig import BoardSpec

# The configuration that the board had before the tests came; empty when it had none.
KEPT = CONFIG + ".kept"
# A test's time does not come from a network.
_DEFAULTS: Mapping[str, object] = {"ntp": "", "state": ""}
_PROBES = 3


class HilBoard(Booted):
    """One board of a run. `open` takes its lock and its port, `close` puts its
    configuration back and gives both back.
    """

    def __init__(self, spec: BoardSpec, log: Path) -> None:
        self.spec = spec
        self.log = log
        self._place = spec.device.removeprefix(place.PREFIX) if spec.device.startswith(place.PREFIX) else ""
        self.line = Line(place.device(self._place) if self._place else spec.device, log, spec.reopen_seconds)
        self.remote = Hands(self.line, spec.repl_seconds, self.expect_boot)
        self._lock = DeviceLock(spec.device)
        self._is_ready = False
        self._mark = 0  # octet of the console where the present boot begins
        self._configured = False
        self._given_up = ""
        self._open = False

    # -- life ---------------------------------------------------------------

    def open(self) -> None:
        """Take the board; HilError when another run has it or its port cannot be opened."""
        self._lock.take()
        try:
            if self._place:
                place.acquire(self._place)
            self.line.open()
        except BaseException:
            self._give_back()
            raise
        self._open = True

    def close(self) -> None:
        """Put the board's own configuration back, start it, and release port and lock;
        HilError when it could not be put back.
        """
        if not self._open:
            return
        self._open = False
        try:
            if self._configured and not self._given_up:
                self._at_repl(self._put_back)
        finally:
            self.line.close()
            self._give_back()

    def _give_back(self) -> None:
        try:
            if self._place:
                place.release(self._place)
        finally:
            self._lock.give()

    def kill(self) -> None:
        """Trust the state of the board no longer: its next user climbs the ladder."""
        self._is_ready = False

    # -- boots --------------------------------------------------------------

    def configure(self, settings: Mapping[str, object]) -> Ready:
        """Write the meter's configuration, reset the board and wait for READY."""
        self._refuse_when_given_up()
        content = {**_DEFAULTS, **self.spec.config, **settings}

        def write(repl: Repl) -> None:
            files = Files(repl)
            names = files.listing("")
            if KEPT not in names:
                # A run that was cut short leaves it there: the board's own is
                # the one that was kept first.
                files.write(KEPT, (files.read(CONFIG) or b"") if CONFIG in names else b"")
            self._configured = True
            files.write(CONFIG, json.dumps(content).encode())
            self.remote.restart(repl)

        self._at_repl(write)
        return self._first_ready(lambda: self.boot("soft reset"))

    def reset(self) -> Ready:
        """Reset the board from within, by stronger means if it must be, and wait for READY."""
        return self.boot("machine.reset")

    def power_cycle(self) -> Ready:
        """Cut the board's power, restore it and wait for READY."""
        self._power()
        return self.wait_ready()

    def boot(self, first: str) -> Ready:
        """Climb the ladder from a rung on until READY; HilError names every rung that was tried."""
        self._refuse_when_given_up()
        rungs: dict[str, Callable[[], None]] = {
            "soft reset": self._soft_reset,
            "machine.reset": self.remote.reset,
            "DTR/RTS": self._pulse_lines,
            "power": self._power,
        }
        names = list(rungs)
        failures = []
        for name in names[names.index(first) :]:
            try:
                self.expect_boot()
                rungs[name]()
                return self.wait_ready()
            except FirmwareError:
                raise
            except HilError as error:
                failures.append(f"{name}: {self._without_device(error)}")
                if self.line.fault:
                    break
        self._given_up = f"{self.spec.name} could not be brought to READY ({'; '.join(failures)})"
        raise HilError(self._given_up)

    def expect_boot(self, mark: int | None = None) -> None:
        """Forget READY: what the console says from now on, or from a mark on, belongs to the
        next boot, or to what brings it about.
        """
        self._mark = self.line.size if mark is None else mark
        self._is_ready = False

    def wait_ready(self) -> Ready:
        """Wait for READY of the present boot, and that the meter answers there."""

        def told() -> bool:
            text = self.console()
            return bool(outcome(text)) or BANNER in text

        self.line.wait(told, self.spec.boot_seconds)
        line = outcome(self.console())
        if line.startswith(READY):
            return self._serving(line)
        if line:
            raise FirmwareError(f"{self.spec.name}: the meter says {line.removeprefix('error: ')}")
        if self.line.fault:
            raise HilError(self.line.fault)
        if BANNER in self.console():
            raise HilError(
                f"{self.spec.name}: the board is at the REPL, not ready{last_words(before_repl(self.console()))}"
            )
        raise HilError(f"{self.spec.name}: no READY within {self.spec.boot_seconds:.0f} s{last_words(self.console())}")

    def wait_console(self, wanted: str, timeout: float = 30.0) -> str:
        """Wait until the console has said `wanted` in the present boot,
        and return the line it is in.
        """

        def line() -> str:
            return line_with(self.console(), wanted)

        if not self.line.wait(lambda: bool(line()), timeout):
            raise HilError(
                f"{self.spec.name}: the console did not say {wanted!r} within {timeout:.0f} "
                f"s{last_words(self.console())}"
            )
        return line()

    # -- state --------------------------------------------------------------

    @property
    def is_ready(self) -> bool:
        """Whether the present boot has come to READY."""
        return self._is_ready

    @property
    def undisturbed(self) -> bool:
        """Whether the meter has served since READY: nobody has led the board to its REPL."""
        text = self.console()
        return self.is_ready and BANNER not in text and "raw REPL" not in text

    @property
    def host(self) -> str:
        """Where the meter answers, seen from this computer."""
        return self.spec.address[0] if self.spec.address else self.ready.host

    @property
    def port(self) -> int:
        return self.spec.address[1] if self.spec.address else self.ready.port

    @property
    def alive(self) -> bool:
        """False once the port is gone for good, or the ladder has ended without READY."""
        return self._open and not self.line.fault and not self._given_up

    @property
    def given_up(self) -> str:
        return self._given_up

    def started_by_itself(self) -> str:
        """The READY line of a boot that nobody asked for; empty when there was none, and
        while one that was asked for goes on.
        """
        return super().started_by_itself() if self._is_ready else ""

    def execute(self, code: str, timeout: float = 60.0) -> str:
        """Run Python on the board and return what it prints; the meter is interrupted by it."""
        return self.remote.execute(code, timeout)

    def console(self) -> str:
        """What the console has said in the present boot."""
        return self.line.text(self._mark)

    # -- rungs --------------------------------------------------------------

    def _soft_reset(self) -> None:
        self.remote.interrupt()
        self.expect_boot()
        self.line.write(b"\x04")

    def _pulse_lines(self) -> None:
        listens = self.spec.lines
        if listens is None:
            kind = BOARDS.get(self.spec.type)
            listens = kind is None or kind.port == "esp32"
        if not listens:
            raise NotFitted(f"DTR and RTS do not reset a {self.spec.type or 'board like this'}")
        self.line.pulse_reset(self.expect_boot)

    def _power(self) -> None:
        relay = self.spec.power
        if relay is None:
            raise NotFitted("no relay in the rig file (power)")
        commands.run(f"relay {relay.name}: off", relay.off)
        threading.Event().wait(relay.seconds)
        # Not before: a READY that was on its way when the power went is
        # no sign of the boot to come.
        self.expect_boot()
        commands.run(f"relay {relay.name}: on", relay.on)

    def _at_repl(self, work: Callable[[Repl], None]) -> None:
        """Do something at the REPL of a new interpreter, climbing to it by the ladder's
        upper rungs when Ctrl-C is not heard.
        """
        failures = []
        ways: dict[str, Callable[[], None]] = {
            "Ctrl-C": lambda: None,
            "DTR/RTS": self._pulse_lines,
            "power": self._power,
        }
        for name, prepare in ways.items():
            reached = False
            try:
                prepare()
                with self.remote.repl(fresh=True) as repl:
                    reached = True
                    work(repl)
                return
            except HilError as error:
                if reached:
                    raise
                failures.append(f"{name}: {self._without_device(error)}")
                if self.line.fault:
                    break
        self._given_up = f"{self.spec.name}: its REPL could not be reached ({'; '.join(failures)})"
        raise HilError(self._given_up)

    def _first_ready(self, otherwise: Callable[[], Ready]) -> Ready:
        """READY of the boot that was begun; the ladder when it does not come."""
        try:
            return self.wait_ready()
        except FirmwareError:
            raise
        except HilError:
            return otherwise()

    # -- inner --------------------------------------------------------------

    def _put_back(self, repl: Repl) -> None:
        files = Files(repl)
        content = files.read(KEPT) if KEPT in files.listing("") else None
        if content is not None:
            if content:
                files.write(CONFIG, content)
            else:
                files.remove(CONFIG)
            files.remove(KEPT)
        self._configured = False
        self.remote.restart(repl)

    def _serving(self, line: str) -> Ready:
        """READY, once it is the right board's and the meter answers."""
        try:
            ready = Ready.parse(line)
        except ValueError as error:
            raise HilError(f"{self.spec.name}: {error}") from None
        for what, wanted, found in (
            ("type", self.spec.type, ready.board),
            ("id", self.spec.id, ready.fields.get("id", "")),
        ):
            if wanted and wanted.lower() != found.lower():
                raise FirmwareError(
                    f"{self.spec.name}: this is the wrong board: {what} {found}, and the rig file says {wanted}"
                )
        if self.spec.address is None and (not ready.ip or ready.host == "0.0.0.0"):
            raise HilError(f"{self.spec.name}: READY without an address: {line}")
        self._ready = ready
        if not any(probe.answers(self.host, self.port) for _ in range(_PROBES)):
            raise HilError(
                f"{self.spec.name}: READY, but nobody answers at {self.host}:{self.port}: "
                "is this computer in the same network, or does the rig file need an address?"
            )
        self._is_ready = True
        return ready

    def _refuse_when_given_up(self) -> None:
        if self._given_up:
            raise HilError(f"given up earlier in this run: {self._given_up}")

    def _without_device(self, error: HilError) -> str:
        return str(error).removeprefix(f"{self.spec.device}: ").removeprefix(f"{self.spec.name}: ")

    @contextlib.contextmanager
    def network_down(self) -> Iterator[None]:
        """Without the network that the rig file names for the board; it is
        brought back in every case.
        """
        network = self.spec.network
        if network is None:
            raise NotFitted("no network in the rig file (network)")
        commands.run(f"network {network.name}: down", network.down)
        try:
            yield
        finally:
            commands.run(f"network {network.name}: up", network.up)

    @property
    def network_seconds(self) -> float:
        """Within which the meter must have noticed that the network has gone, or come."""
        return self.spec.network.seconds if self.spec.network is not None else 0.0

    def send_pulses(self, count: int) -> None:
        """Have the rig send S0 pulses; returns when its command does,
        which may be before the last one.
        """
        pulses = self.spec.pulses
        if pulses is None:
            raise NotFitted("no pulse generator in the rig file (pulses)")
        words = [word.replace("{count}", str(count)) for word in pulses.send]
        commands.run(f"pulses {pulses.name}", words, commands.TIMEOUT + count * pulses.period_ms / 1000)
