"""The meters that tests run against: started when first wanted, kept for a
group of tests, never left over.

One process serves all tests of a module that want the same configuration. A
test that ends its meter, or leaves it hung, fails with the meter's log, and the
next test gets a new one.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import NoReturn

import pytest

from tools.image.emulated import BoardError, EmulatedBoard
from tools.launcher import Interpreter, LauncherError, Meter, Ready, find

from . import firmware, limits, mp, probe
from .ask import Asked
from .emulated import NOT_CONFIGURABLE, EmulatedBoards
from .hil.board import HilBoard
from .hil.boards import HilBoards
from .hil.errors import HilError
from .rp2040 import Rp2040Board
from .target import Target


class MeterError(AssertionError):
    """The meter failed its test: it ended, hung or did not stop."""


class MeterHandle:
    """The meter as a test sees it, wherever it runs.

    host, port   where it answers, over TCP and UDP
    process      the launcher's Meter, the board, or None when it is not ours
    asked        what one that is not ours was found to have
    ready        its READY line, or None when it is not ours
    """

    def __init__(
        self, host: str, port: int, process: Meter | EmulatedBoard | HilBoard | None = None, asked: Asked | None = None
    ) -> None:
        self._address = host, port
        self._asked = asked
        self._ready: Ready | None = None
        self.process = process
        # Few connections, and MicroPython 1.25 on lwIP keeps one datagram
        # for a socket until it is read.
        self.small = isinstance(process, (EmulatedBoard, HilBoard))

    @property
    def address(self) -> tuple[str, int]:
        if isinstance(self.process, HilBoard):
            self._address = self.process.host, self.process.port  # the network may give it another at the next boot
        return self._address

    @property
    def host(self) -> str:
        return self.address[0]

    @property
    def port(self) -> int:
        return self.address[1]

    @property
    def ready(self) -> Ready | None:
        """The newest READY line: of the boot before, where a test has stopped a board."""
        if self.process is not None:
            with suppress(RuntimeError):
                self._ready = self.process.ready
        return self._ready

    @property
    def limits(self) -> SimpleNamespace:
        """The table of limits of its board; of one that is not ours those of the unix port, as
        far as it was not found to have others.
        """
        found = limits.of(self.ready.board if self.ready is not None else limits.UNIX)
        return (
            SimpleNamespace(**{**vars(found), **self._asked.limits, "BOARD": "the meter"})
            if self._asked is not None
            else found
        )

    @property
    def hosts(self) -> tuple[str, ...]:
        """Every address the meter said it listens on."""
        if self._asked is not None:
            return tuple(self._asked.hosts)
        return self.process.ready.ip if isinstance(self.process, Meter) else (self.host,)

    @property
    def patience(self) -> float | None:
        """Seconds that a test waits for an answer; None for what the
        harness waits for a meter of ours.
        """
        return self._asked.patience if self._asked is not None else None

    @property
    def no_udp(self) -> str:
        """Why it is not to be spoken to over UDP; empty where it is."""
        return self._asked.why.get("udp", "") if self._asked is not None else ""

    @property
    def alive(self) -> bool:
        """False once a meter of our own has ended."""
        return self.process is None or self.process.alive

    def log_tail(self, lines: int = 60) -> str:
        """The last lines it printed; empty for a meter that is not ours."""
        return self.process.log_tail(lines) if self.process is not None else ""

    def logged(self, *texts: str, timeout: float = 10.0) -> str:
        """Wait for a line of its log that holds all the texts, and return it.

        The log comes through a pipe, and so later than the answer that it is about.
        """
        assert self.process is not None
        assert self.process.log is not None
        deadline = time.monotonic() + timeout
        while True:
            lines = self.process.log.read_text(encoding="utf-8").splitlines()
            for line in lines:
                if all(text in line for text in texts):
                    return line
            if time.monotonic() > deadline:
                raise AssertionError(f"no log line with {texts} in\n" + "\n".join(lines[-40:]))
            time.sleep(0.01)

    def answers(self) -> bool:
        """Whether it still answers an association request of the public client."""
        return probe.answers(self.host, self.port)


class MeterPool:
    """Hands out meters by test group and configuration, and ends them."""

    def __init__(self, results: Path, worker: str) -> None:
        self._results = results
        self._worker = worker
        self._interpreter: Interpreter | None = None
        self._command: str | None = None
        self._group = ""
        self._running: dict[str, MeterHandle] = {}
        self._started = 0
        self._boards = EmulatedBoards(results, worker)
        self._rp2040 = Rp2040Board(results, worker)
        self._hil = HilBoards(results, worker)

    def use_interpreter(self, command: str | None) -> None:
        """Take another interpreter than the default one (several words allowed)."""
        self._command = command

    @property
    def interpreter(self) -> Interpreter:
        """The interpreter, probed once per session."""
        if self._interpreter is None:
            self._interpreter = find(self._command)
        return self._interpreter

    def get(
        self, target: Target, group: str, settings: Mapping[str, object], heapsize: str | None = None
    ) -> MeterHandle:
        """A meter for one test of `group`: the one that is running already, or a new one."""
        if target.kind == "network":
            return MeterHandle(target.asked.hosts[0] if target.asked else target.host, target.port, asked=target.asked)
        if target.kind == "rp2040":
            pytest.skip("the emulated RP2040 has no network")
        if group != self._group:
            self.close()
            self._group = group
        key = json.dumps([target.name, dict(settings), heapsize], sort_keys=True)
        handle = self._running.get(key)
        if handle is None:
            if target.kind in ("emulated", "board"):
                # One board has one configuration at a time.
                self._running = {
                    other: running for other, running in self._running.items() if isinstance(running.process, Meter)
                }
                handle = self._boot(target, settings, heapsize)
            else:
                handle = self._start(group, settings, heapsize)
            self._running[key] = handle
        if not handle.alive:
            # It was still ending when the test before was checked.
            self._raise_ended(handle, "after the test before this one")
        return handle

    def script_runner(self, target: Target) -> mp.RunScript:
        """What runs `mp_*.py` scripts for a target: its board, or an interpreter here."""
        if target.kind == "emulated":
            return self._boards.run_cases
        if target.kind == "rp2040":
            return self._rp2040.run_cases
        if target.board is not None:
            spec = target.board
            return lambda path: self._hil.run_cases(spec, path)
        return lambda path: mp.run_cases(self.interpreter, path)

    def check(self, handle: MeterHandle, failed: bool) -> None:
        """After a test: MeterError when it ended or hung its meter.

        Only a failed test is followed by a request to see whether the meter still answers.
        """
        if not handle.alive:
            self._raise_ended(handle, "during the test")
        if failed and handle.process is not None and not handle.answers():
            handle.process.kill()
            self._forget(handle)
            end = "is reset before the next one" if isinstance(handle.process, HilBoard) else "was killed"
            raise MeterError(f"the meter no longer answered after the test and {end}\n{handle.log_tail()}")
        if isinstance(handle.process, HilBoard) and (line := handle.process.started_by_itself()):
            self._forget(handle)
            raise MeterError(
                f"the board started anew during the test, and nobody asked it to: {line}\n{handle.log_tail()}"
            )

    def close(self) -> None:
        """Stop every meter of the current group; MeterError when one did not stop as it should."""
        faults = []
        for handle in self._running.values():
            if not isinstance(handle.process, Meter):
                continue  # a board stays on: its next user boots it anew
            try:
                code = handle.process.stop()
            except LauncherError as error:
                faults.append(f"{error}\n{handle.log_tail()}")
            else:
                if code != 0:
                    faults.append(f"the meter ended with exit code {code}\n{handle.log_tail()}")
        self._running.clear()
        if faults:
            raise MeterError("\n".join(faults))

    def _start(self, group: str, settings: Mapping[str, object], heapsize: str | None) -> MeterHandle:
        self._started += 1
        name = re.sub(r"\W+", "-", group).strip("-")
        process = Meter(
            {"port": 0, **settings},
            micropython=self.interpreter,
            heapsize=heapsize,
            script=firmware.folder() / "main.py",
            log=self._results / f"{name}-{self._worker}-{self._started}.log",
        )
        ready = process.start()
        return MeterHandle(ready.host, ready.port, process)

    def _boot(self, target: Target, settings: Mapping[str, object], heapsize: str | None) -> MeterHandle:
        unavailable = [
            text for key, text in NOT_CONFIGURABLE.items() if key in settings or (key == "heapsize" and heapsize)
        ]
        if unavailable:
            pytest.skip(unavailable[0])
        board: EmulatedBoard | HilBoard
        if target.board is not None:
            try:
                board = self._hil.meter(target.board, settings)
            except HilError as error:
                raise MeterError(str(error)) from None
        else:
            try:
                board = self._boards.meter(settings)
            except BoardError as error:
                self._boards.close()
                raise MeterError(str(error)) from None
        return MeterHandle(board.host, board.port, board)

    def end(self) -> list[str]:
        """Switch off or release what stays on between groups of tests; what
        went wrong with it, a line each.
        """
        self._boards.close()
        self._rp2040.close()
        return self._hil.close()

    def _raise_ended(self, handle: MeterHandle, when: str) -> NoReturn:
        process = handle.process
        assert process is not None
        self._forget(handle)
        if isinstance(process, HilBoard):
            raise MeterError(
                f"the board was lost {when}: {process.line.fault or process.given_up}\n{handle.log_tail()}"
            )
        code = process.wait() if isinstance(process, Meter) else process.machine.exit_code
        raise MeterError(f"the meter ended {when} with exit code {code}\n{handle.log_tail()}")

    def _forget(self, handle: MeterHandle) -> None:
        self._running = {key: other for key, other in self._running.items() if other is not handle}
