"""The energy of the simulated household from one instant to another, reckoned apart from the meter.

What it draws is a function of seed, local day and minute
(`meter.integration_plain.household`). Here are a calendar and a summer time of their own, and
sums over whole minutes instead of the meter's steps.
"""

from __future__ import annotations

import sys
from array import array
from datetime import datetime, timedelta, timezone
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
for _folder in ("firmware", "boards/unix", "host_tests/shim"):
    if str(ROOT / _folder) not in sys.path:
        sys.path.append(str(ROOT / _folder))

from meter import integration_plain as plain  # noqa: E402
from meter import simulation  # noqa: E402

_EPOCH = datetime(2000, 1, 1, tzinfo=timezone.utc)
_HOUR = timedelta(hours=1)
CHANNELS = ("1.0.1.8.0.255", "1.0.2.8.0.255", "1.0.3.8.0.255")  # A+, A-, R+: the order of the model
_TENTHS = 36_000  # of a joule in a Wh


def last_sunday(year: int, month: int) -> datetime:
    """01:00 UTC of the last Sunday of a month of 31 days."""
    day = datetime(year, month, 31, 1, tzinfo=timezone.utc)
    return day - timedelta(days=(day.weekday() + 1) % 7)


def local(moment: datetime) -> datetime:
    """Central European time of an instant, as if it were UTC."""
    summer = last_sunday(moment.year, 3) <= moment < last_sunday(moment.year, 10)
    return moment + _HOUR * (2 if summer else 1)


class Household:
    """seed: as the meter's configuration has it."""

    def __init__(self, seed: int) -> None:
        self._seed = (seed ^ seed >> 15 ^ seed >> 30) & 0x7FFF
        self._now = array("i", [0] * plain.SIZE)

    def flow(self, moment: datetime) -> list[int]:
        """W and var of the channels in the minute that begins then."""
        here = local(moment)
        day = (here - _EPOCH).days
        minute = 60 * here.hour + here.minute
        plain.household(self._now, day, minute, self._seed, 1, simulation._HOURS, simulation._QUESTIONS)
        return list(self._now[plain.FLOW : plain.FLOW + len(CHANNELS)])

    def energy(self, start: datetime, end: datetime) -> list[float]:
        """Wh and varh of the channels from `start` to `end`."""
        sums = [0] * len(CHANNELS)
        while start < end:
            minute_end = start.replace(second=0) + timedelta(minutes=1)
            until = min(minute_end, end)
            seconds = int((until - start).total_seconds())
            for channel, power in enumerate(self.flow(start)):
                sums[channel] += power * seconds * 10
            start = until
        return [tenths / _TENTHS for tenths in sums]
