"""The meter on this computer, killed at random moments under a client that writes: what was
answered is there after the next start, what was under way is there or not, and nothing goes back.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tools.dlmsclient import Association, Client, axdr
from tools.dlmsclient.errors import TransportError
from tools.launcher import Interpreter, Meter

pytestmark = pytest.mark.caps("own-process")

KILLS = 10
ROW_EVERY = 16  # numbers to a billing row: so few that the first meters do not fill its ring
PATIENCE = 20.0
NOTE = (1, "0.0.96.128.1.255", 2)
NAME = (1, "0.0.96.1.1.255", 2)
BILLING = (7, "0.0.98.1.0.255")
LOAD = (7, "1.0.99.1.0.255")
IMPORT = (3, "1.0.1.8.0.255", 2)


class Writer(threading.Thread):
    """A client that writes numbers, one after another, until the meter is gone: a note, a name that
    says the same, and a billing row. answered: the last number each of them was answered for.
    """

    def __init__(self, meter: Meter, first: int) -> None:
        super().__init__(daemon=True)
        self.meter = meter
        self.first = first
        self.sent = first
        self.note = self.name_written = first
        self.captured = 0
        self.asked = 0
        self.begun = threading.Event()
        self.fault: Exception | None = None

    def run(self) -> None:
        try:
            with connected(self.meter) as client:
                manager = managed(client)
                while True:
                    self.write(manager)
        except (OSError, TransportError) as error:
            self.fault = error

    def write(self, manager: Association) -> None:
        self.sent += 1
        manager.set(*NOTE, axdr.double_long_unsigned(self.sent))
        self.note = self.sent
        manager.set(*NAME, axdr.octet_string(b"%015d" % self.sent))
        self.name_written = self.sent
        if self.sent % ROW_EVERY == 0:
            self.asked += 1
            manager.action(*BILLING, 2, axdr.integer(0))
            self.captured += 1
        self.begun.set()


def connected(meter: Meter) -> Client:
    return Client.tcp(meter.ready.host, meter.ready.port, timeout=PATIENCE)


def managed(client: Client) -> Association:
    return client.associate(48, 1, password="87654321")


@pytest.fixture
def start(micropython: Interpreter, tmp_path: Path) -> Callable[[int], Meter]:
    """Starts the meter on one state file; what is left running is killed."""
    started = []

    def one(number: int) -> Meter:
        settings = {
            "port": 0,
            "bind": "127.0.0.1",
            "backfill_days": 0,
            "rate": 450,
            "start": "2026-03-05T12:00:00",
            "state": str(tmp_path / "state"),
        }
        meter = Meter(settings, micropython=micropython, log=tmp_path / f"{number}.log")
        started.append(meter)
        meter.start()
        return meter

    yield one
    for meter in started:
        if meter.alive:
            meter.kill()


def state(manager: Association) -> dict[str, object]:
    load = manager.get(*LOAD, 2)
    name = manager.get(*NAME).value
    return {
        "note": manager.get(*NOTE).value,
        "name": int(name) if name.isdigit() else 0,
        "billing": manager.get(*BILLING, 7).value,
        "most": manager.get(*BILLING, 8).value,
        "energies": [row.value[2].value for row in load.value] + [manager.get(*IMPORT).value],
    }


@pytest.mark.req("I-20", "I-21", "I-25")
@pytest.mark.timeout(180)
def test_ten_kills_under_a_client_that_writes(start: Callable[[int], Meter]) -> None:
    chance = random.Random(20261201)
    number = 0
    rows = 0
    energies: list[int] = []
    for kill in range(KILLS):
        meter = start(kill)
        with connected(meter) as client:
            rows = state(managed(client))["billing"]
        writer = Writer(meter, number)
        writer.start()
        assert writer.begun.wait(PATIENCE), writer.fault
        timer = threading.Timer(chance.uniform(0.02, 0.6), meter.kill)
        timer.start()
        writer.join(PATIENCE)
        timer.join(PATIENCE)
        assert not writer.is_alive()
        assert not meter.alive

        meter = start(KILLS + kill)
        with connected(meter) as client:
            seen = state(managed(client))
        meter.kill()
        assert writer.note <= seen["note"] <= writer.sent
        assert writer.name_written <= seen["name"] <= writer.sent
        # a billing period of the meter's own may have ended as well
        least, most = min(rows + writer.captured, seen["most"]), min(rows + writer.asked + 1, seen["most"])
        assert least <= seen["billing"] <= most
        assert seen["energies"] == sorted(seen["energies"]), "an energy went back"
        assert seen["energies"][: len(energies)] == energies, "a row has changed"
        energies = seen["energies"][:-1]
        number = seen["note"]
