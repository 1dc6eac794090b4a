"""A small sample of the soak, and what it says when something is wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone

import pytest

from host_tests.bench.settings import Settings
from host_tests.soak.household import Household, local
from host_tests.soak.run import LEGS, Leg, Look, Soak, Soaked
from tools.launcher import Interpreter

REQUESTS = 6_000
_LEG = Leg("midnight", LEGS[0][1], LEGS[0][2], [824, 0], [824.9, 0.0])
_LOOK = Look(100, 9, 500_000, 20_000.0)
_GOOD = Soaked(pushes=1, looks=[_LOOK, _LOOK], floors=[500_000, 500_100], legs=[_LEG])


@pytest.mark.req("I-72")
def test_many_requests_leave_heap_sockets_and_energy_right(micropython: Interpreter) -> None:
    found = Soak(Settings(micropython), REQUESTS, counted=False).run()
    assert found.faults() == []
    assert found.requests >= REQUESTS
    assert len(found.legs) == len(LEGS)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"legs": [replace(_LEG, counted=[823, 0])]}, "midnight"),
        ({"looks": [_LOOK, replace(_LOOK, sockets=10)]}, "sockets"),
        ({"looks": [_LOOK, replace(_LOOK, instructions=24_000.0)]}, "instructions"),
        ({"floors": [500_000, 520_000]}, "heap"),
        ({"pushes": 0}, "pushed"),
    ],
)
def test_what_grew_or_was_lost_is_said(wrong: dict[str, object], said: str) -> None:
    assert _GOOD.faults() == []
    faults = replace(_GOOD, **wrong).faults()
    assert len(faults) == 1
    assert said in faults[0]


def test_household_knows_summer_time() -> None:
    for moment, hours in (
        (datetime(2027, 3, 28, 0, 59), 1),
        (datetime(2027, 3, 28, 1, 0), 2),
        (datetime(2026, 10, 25, 1, 0), 1),
    ):
        moment = moment.replace(tzinfo=timezone.utc)
        assert (local(moment) - moment).total_seconds() == 3600 * hours
    assert Household(11).energy(LEGS[0][1], LEGS[0][2])[0] > 100
