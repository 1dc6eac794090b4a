"""A task of the meter that fails is run again, and the others go on; one that does nothing but fail
ends the program, on a board the run. The faults are planted by a wrapper (`planted_faults.py`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from host_tests.harness import firmware
from host_tests.harness.raw import RawTcp, wpdu
from host_tests.wire.apdus import aarq, associate, get, is_aare, serves
from host_tests.wire.test_health import FAULTS, HEALTH, RESTARTS, health
from tools.launcher import Interpreter, Meter

pytestmark = pytest.mark.caps("own-process")

TIMEOUT = 30.0
TASKS = ("log", "keeping", "metering", "connections", "sending", "board", "heap", "loop")
FAILED = 3
READER, MANAGEMENT, SECRET = 32, 1, "12345678"
Planted = Callable[[str], Meter]


@pytest.fixture
def planted(micropython: Interpreter, tmp_path: Path) -> Iterator[Planted]:
    """`planted("metering:3")`: a meter in which a task fails three times."""
    with ExitStack() as meters:

        def start(plan: str) -> Meter:
            settings = {"port": 0, "backfill_days": 0, "firmware": str(firmware.folder()), "plant": plan}
            script = Path(__file__).with_name("planted_faults.py")
            meter = Meter(settings, micropython=micropython, script=script, log=tmp_path / "meter.log")
            return meters.enter_context(meter)

        yield start


def logged(meter: Meter, pattern: str) -> list[str]:
    """The lines of its log that match."""
    return [line for line in meter.log_tail(10**6).splitlines() if re.search(pattern, line)]


@pytest.mark.req("I-60", "I-61", "B-24")
def test_a_task_that_fails_is_run_again_and_the_others_go_on(planted: Planted):
    meter = planted(",".join(f"{task}:3" for task in TASKS))
    with RawLink(meter) as link:
        associate(link)
        for task in TASKS:
            while not logged(meter, f"app task-failed task={task} error=RuntimeError times=3"):
                assert serves(link)
        # each failed as often as it was planted, and then did what it has to do
        while not logged(meter, "task=heap .*times=3"):
            assert serves(link)
        assert serves(link)
        reader = wpdu(READER, MANAGEMENT, aarq(SECRET))
        assert is_aare(link.ask(reader)[8:])
        shown = health(link.ask(wpdu(READER, MANAGEMENT, get(*HEALTH)))[8:])
        assert (shown[FAULTS], shown[RESTARTS]) == (3 * len(TASKS), 3 * len(TASKS))
        assert not any(shown[2:])
    assert not logged(meter, "times=4")
    assert meter.stop() == 0


@pytest.mark.req("I-61")
@pytest.mark.parametrize("task", ["metering", "loop"])
def test_one_that_keeps_failing_ends_the_program(planted: Planted, task: str):
    meter = planted(f"{task}:0")
    assert meter.wait(TIMEOUT) == FAILED
    (line,) = logged(meter, "^error: ")
    assert line == f"error: the meter ends, because its task {task} keeps failing: RuntimeError"
    assert not logged(meter, "Traceback")


class RawLink(RawTcp):
    """A connection to a meter of this module, closed at the end."""

    def __init__(self, meter: Meter) -> None:
        super().__init__((meter.ready.host, meter.ready.port), TIMEOUT)

    def __enter__(self) -> RawLink:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
