"""A meter whose output nobody reads goes on serving, and says what was lost when
somebody reads again (REQUIREMENTS A-37).
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator

import pytest

from host_tests.harness.raw import RawTcp
from host_tests.wire.apdus import AARQ, ask, associate, is_aare, serves
from tools.launcher import ROOT, Interpreter, Meter, Ready

pytestmark = pytest.mark.caps("own-process")

TIMEOUT = 20.0
MANY = 600  # requests: with `trace=on` more than any pipe or terminal holds
NOBODY = 0x44  # a client wPort that no meter knows
_LINE = re.compile(r"(TRACE|READY|DEBUG|INFO|WARN|ERROR) .*")


class Unread:
    """A process of the meter that writes to `end`, read by nobody but `read` from `source`."""

    def __init__(self, words: list[str], env: dict[str, str], source: int, end: int) -> None:
        self.source = source
        self.text = ""
        self.process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=end,
            stderr=subprocess.DEVNULL,
            env=env,
            cwd=ROOT,
            start_new_session=True,
        )
        os.close(end)
        while "\n" not in self.text.partition("READY ")[2]:
            self.read(TIMEOUT)
        line = next(line for line in self.text.splitlines() if line.startswith("READY "))
        self.ready = Ready.parse(line)

    def read(self, seconds: float) -> None:
        """Take what has been written, or wait for it."""
        assert select.select([self.source], [], [], seconds)[0], f"nothing more after {self.text[-200:]!r}"
        octets = os.read(self.source, 65536)
        assert octets, f"ended after {self.text[-200:]!r}"
        self.text += octets.decode()

    def tcp(self) -> RawTcp:
        return RawTcp((self.ready.host, self.ready.port), TIMEOUT)

    def end(self) -> None:
        self.process.terminate()
        try:
            # the launcher ends its meter first
            self.process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(TIMEOUT)
        with contextlib.suppress(OSError):
            os.close(self.source)


def pipe() -> tuple[int, int]:
    """A pipe, as short as the system makes one."""
    source, end = os.pipe()
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        fcntl.fcntl(end, fcntl.F_SETPIPE_SZ, 4096)
    return source, end


OUTPUTS = {"pipe": pipe, "long pipe": os.pipe, "terminal": pty.openpty}


@pytest.fixture
def unread(micropython: Interpreter) -> Iterator[object]:
    """Starts a meter, directly or through the launcher, whose output goes to one of OUTPUTS."""
    started: list[Unread] = []

    def start(output: str, launcher: bool = False, **settings: object) -> Unread:
        settings = {"port": 0, "backfill_days": 0, "bind": "127.0.0.1", **settings}
        source, end = OUTPUTS[output]()
        if launcher:
            words = [
                sys.executable,
                "-m",
                "tools.launcher",
                "--set",
                " ".join(f"{key}={value}" for key, value in settings.items()),
            ]
            words += ["--micropython", " ".join(micropython.words)]
        else:
            words = Meter(settings, micropython=micropython).command()
        env = dict(os.environ, MICROPYPATH=f".frozen:{ROOT / 'boards' / 'unix'}")
        started.append(Unread(words, env, source, end))
        return started[-1]

    yield start
    for one in started:
        one.end()


def flood(meter: Unread) -> None:
    """Requests that are refused, and answered, each of which the log and the trace report."""
    with contextlib.closing(meter.tcp()) as link:
        for _ in range(MANY):
            assert is_aare(ask(link, AARQ, NOBODY), 1)
    with contextlib.closing(meter.tcp()) as other:
        associate(other)
        assert serves(other)


def lost(text: str) -> int:
    """The lines that the log says were lost."""
    return sum(int(count) for count in re.findall(r"^WARN \d+ log lost lines=(\d+)\r?$", text, re.MULTILINE))


@pytest.mark.req("A-37")
@pytest.mark.parametrize("launcher", [False, True], ids=["meter", "launcher"])
@pytest.mark.parametrize("output", OUTPUTS)
def test_output_that_nobody_reads_stops_nobody(unread, output, launcher):
    meter = unread(output, launcher, trace="on", log="NONE")
    flood(meter)
    # somebody reads again: every line of the trace is there, or counted; one may have been cut
    deadline = time.monotonic() + TIMEOUT
    while not lost(meter.text) and not launcher:
        assert time.monotonic() < deadline
        meter.read(TIMEOUT)
    if not launcher:
        traced = re.findall(r"^TRACE \d+ \S+ [<>] [0-9a-f]*\r?$", meter.text, re.MULTILINE)
        assert len(traced) + lost(meter.text) in (2 * (MANY + 2), 2 * (MANY + 2) + 1), (len(traced), lost(meter.text))
    broken = [line for line in meter.text.splitlines() if line and not _LINE.match(line)]
    assert not broken, broken


@pytest.mark.req("A-37")
def test_log_that_nobody_reads(unread):
    """Without a trace: the lines of refused AARQs, within the log's budget."""
    meter = unread("pipe", log="DEBUG")
    flood(meter)
    while not lost(meter.text):
        meter.read(TIMEOUT)


@pytest.mark.req("A-37")
def test_output_whose_reader_has_gone(unread):
    meter = unread("pipe", trace="on")
    os.close(meter.source)
    flood(meter)
    assert meter.process.poll() is None


@pytest.mark.req("A-37")
def test_terminal_that_was_stopped(unread):
    """Ctrl-S."""
    meter = unread("terminal", trace="on", log="NONE")
    termios.tcflow(meter.source, termios.TCOOFF)
    flood(meter)
    termios.tcflow(meter.source, termios.TCOON)
    while not lost(meter.text):
        meter.read(TIMEOUT)


@pytest.mark.req("A-37")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_launcher_ends_though_nobody_reads(unread, number):
    meter = unread("pipe", True, trace="on")
    flood(meter)
    os.kill(meter.process.pid, number)
    assert meter.process.wait(TIMEOUT) == 0
