"""The meter as a process on a state file: an orderly end, settings that a store does not take, a
factory reset that a client asks for.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from host_tests.harness.raw import RawTcp
from host_tests.wire.apdus import aarq, ask
from tools.launcher import Interpreter, Meter
from tools.launcher.process import Ready, StartError

pytestmark = pytest.mark.caps("own-process")

SETTINGS = {"port": 0, "backfill_days": 0, "start": "2026-03-27T12:00:00", "rate": 60}
NOTE = "0001 0000608001FF 02 00"
CLIENT = 48  # management
AARQ = aarq("87654321")
_WAIT = 30.0  # seconds at most

# Starts a meter with settings; the test, or else the fixture, ends it.
Start = Callable[[dict[str, object]], Meter]


@pytest.fixture
def lines() -> queue.SimpleQueue[str]:
    """The lines that begin with READY, of all meters of a test."""
    return queue.SimpleQueue()


@pytest.fixture
def running(micropython: Interpreter, tmp_path: Path, lines: queue.SimpleQueue[str]) -> Iterator[Start]:
    started: list[Meter] = []

    def hear(line: str, is_error: bool) -> None:
        if line.startswith("READY") and not is_error:
            lines.put(line)

    def one(settings: dict[str, object]) -> Meter:
        settings = {"state": str(tmp_path / "state"), **settings}
        meter = Meter(settings, micropython=micropython, log=tmp_path / f"{len(started)}.log", listener=hear)
        started.append(meter)
        meter.start()
        return meter

    yield one
    for meter in started:
        if meter.alive:
            meter.kill()


def request(ready: Ready, *texts: str) -> list[str]:
    """The answers to APDUs of the management client, in hexadecimal."""
    with closing(RawTcp((ready.host, ready.port), 10)) as link:
        assert ask(link, AARQ, CLIENT)[:1] == b"\x61"
        return [ask(link, bytes.fromhex(text), CLIENT).hex() for text in texts]


def energy(ready: Ready) -> int:
    """A+ in Wh."""
    return int(request(ready, "C001C1 0003 0100010800FF 02 00")[0][10:18], 16)


@pytest.mark.req("I-20", "I-23", "I-29")
def test_an_orderly_end(running: Start) -> None:
    """What was written and counted goes on; a line names what the store does not take."""
    meter = running(SETTINGS)
    assert request(meter.ready, f"C101C1 {NOTE} 0611223344") == ["c501c100"]
    before = energy(meter.ready)
    assert meter.stop() == 0
    meter = running({**SETTINGS, "seed": 9})
    assert request(meter.ready, f"C001C1 {NOTE}") == ["c401c1000611223344"]
    assert energy(meter.ready) >= before
    assert "not-used keys=start,seed,backfill_days" in meter.log_tail()
    assert meter.stop() == 0
    assert "Traceback" not in meter.log_tail()


@pytest.mark.req("I-29")
def test_another_serial_number(running: Start) -> None:
    """One line, and the store is untouched."""
    meter = running(SETTINGS)
    assert meter.stop() == 0
    with pytest.raises(StartError) as refused:
        running({**SETTINGS, "serial": "00000002"})
    assert refused.value.exit_code == 1
    assert refused.value.line == "error: state: this is the store of meter 00000001, not of 00000002"
    assert running(SETTINGS).stop() == 0


@pytest.mark.req("I-32")
def test_a_factory_reset(running: Start, lines: queue.SimpleQueue[str]) -> None:
    """The client has its answer; a second later the same process serves a new meter."""
    meter = running(SETTINGS)
    lines.get(timeout=_WAIT)
    answers = request(meter.ready, f"C101C1 {NOTE} 0611223344", "C301C1 0009 00000A0000FF 01 01 120001")
    assert answers == ["c501c100", "c701c10000"]
    again = Ready.parse(lines.get(timeout=_WAIT))
    assert request(again, f"C001C1 {NOTE}") == ["c401c1000600000000"]
    assert meter.stop() == 0
    assert "factory-reset by=client" in meter.log_tail()
    assert "Traceback" not in meter.log_tail()
