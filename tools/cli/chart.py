"""The rows of a profile as a chart: one panel for each column of numbers, over the time of the
rows. Two modules draw it: :mod:`chart_terminal` and :mod:`chart_svg`.

Registers that count up (value group D is 8) are drawn as what was added from row to
row, because that is the load; a step back, as after a reset, is a gap. So is a
value that is missing or no number.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo

from ..dlmsclient import Data, DateTime, Tag
from ..dlmsclient.cosem import ClassId
from .plain import moment_of
from .profile import Profile, ProfileColumn

_EPOCH = datetime(1970, 1, 1)
_TIME = 2  # attribute of a clock
_TIME_INTEGRAL = 8  # value group D of what counts up
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
# Distances of ticks of the time, in seconds.
_STEPS = (
    *(1, 5, 15, 30),
    *(minutes * _MINUTE for minutes in (1, 5, 15, 30)),
    *(hours * _HOUR for hours in (1, 2, 3, 6, 12)),
    *(days * _DAY for days in (1, 2, 7, 14, 28, 91, 364)),
)

Point = tuple[float, "float | None"]


@dataclass(frozen=True)
class Panel:
    """A column: its heading, and its points in the order of time; None is a gap."""

    heading: str
    points: list[Point]

    @property
    def bounds(self) -> tuple[float, float]:
        """Lowest and highest value, never the same."""
        values = [y for _, y in self.points if y is not None]
        low, high = min(values), max(values)
        return (low, high) if high > low else (low - 0.5, high + 0.5)

    @property
    def lines(self) -> Iterator[list[tuple[float, float]]]:
        """The points between two gaps."""
        line: list[tuple[float, float]] = []
        for x, y in self.points:
            if y is not None:
                line.append((x, y))
            elif line:
                yield line
                line = []
        if line:
            yield line


@dataclass(frozen=True)
class Chart:
    """Panels over one axis: ``low`` to ``high``, seconds of time, or numbers
    of rows where there is no time.
    """

    title: str
    panels: list[Panel]
    low: float
    high: float
    zone: tzinfo | None = None
    timed: bool = True

    def ticks(self, most: int) -> list[tuple[float, str]]:
        """At most so many places of the axis, with their labels."""
        span = self.high - self.low
        if not self.timed:
            return [(x, f"{x:g}") for x in nice(self.low, self.high, most) if x == int(x)]
        step = next((step for step in _STEPS if span / step <= most), span / most)
        shift = self.zone.utcoffset(None) if self.zone else None
        offset = shift.total_seconds() if shift else 0.0
        first = math.ceil((self.low + offset) / step) * step - offset
        places = [first + step * i for i in range(most + 1) if first + step * i <= self.high]
        return [(x, self.label(x, step)) for x in places]

    def label(self, x: float, step: float) -> str:
        """A moment as precise as the distance of the ticks asks for."""
        when = _EPOCH + timedelta(seconds=x)
        if self.zone:
            when = when.replace(tzinfo=timezone.utc).astimezone(self.zone)
        if step >= _DAY:
            return f"{when:%Y-%m-%d}" if step > 91 * _DAY else f"{when:%m-%d}"
        if (when.hour, when.minute, when.second) == (0, 0, 0):
            return f"{when:%m-%d}"
        return f"{when:%H:%M}" if step >= _MINUTE else f"{when:%H:%M:%S}"


def nice(low: float, high: float, most: int) -> list[float]:
    """At most so many round numbers from low to high: steps of 1, 2 or 5."""
    raw = (high - low) / max(1, most)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    return [round(step * i, 12) for i in range(first, first + most + 1) if step * i <= high + step * 1e-9]


def number_text(value: float) -> str:
    """A number of an axis, short."""
    return f"{value:.6g}" if abs(value) < 1e6 else f"{value:.3g}"


def chart_of(profile: Profile) -> Chart | None:
    """The chart of a profile; None where nothing can be drawn."""
    place = next((i for i, column in enumerate(profile.columns) if _is_clock(column)), None)
    moments = [_moment(row.values[place]) if place is not None else None for row in profile.rows]
    timed = bool(moments) and all(moment is not None for moment in moments)
    zone = next((moment.tzinfo for moment in moments if moment), None) if timed else None
    xs = [_seconds(moment) if timed and moment else float(number) for number, moment in enumerate(moments, 1)]
    order = sorted(range(len(xs)), key=lambda i: xs[i])
    panels = []
    for i, column in enumerate(profile.columns):
        if i == place or (column.scaler is None and any(each.scaler for each in profile.columns)):
            continue
        points: list[Point] = [(xs[row], _finite(column.scaled(profile.rows[row].values[i]))) for row in order]
        heading = column.heading
        if _counts_up(column):
            points, heading = _added(points), _per_period(column, profile.period)
        if any(y is not None for _, y in points):
            panels.append(Panel(heading, points))
    if not panels:
        return None
    low, high = min(xs), max(xs)
    return Chart(profile.title, panels, low, high if high > low else low + 1, zone, timed)


def _is_clock(column: ProfileColumn) -> bool:
    capture = column.capture
    return capture is not None and (capture.class_id, capture.attribute_id) == (ClassId.CLOCK, _TIME)


def _moment(data: Data | None) -> datetime | None:
    if data is None:
        return None
    moment = moment_of(data.value) if data.tag is Tag.OCTET_STRING else data.value
    return moment.to_datetime() if isinstance(moment, DateTime) else None


def _seconds(moment: datetime) -> float:
    naive = moment.astimezone(timezone.utc).replace(tzinfo=None) if moment.tzinfo else moment
    return (naive - _EPOCH).total_seconds()


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _counts_up(column: ProfileColumn) -> bool:
    capture = column.capture
    return capture is not None and capture.instance.octets[0] == 1 and capture.instance.octets[3] == _TIME_INTEGRAL


def _added(points: list[Point]) -> list[Point]:
    """What each row adds to the one before."""
    found: list[Point] = []
    for (_, before), (x, y) in zip(points, points[1:], strict=False):
        found.append((x, None if before is None or y is None or y < before else y - before))
    return found


def _per_period(column: ProfileColumn, period: int | None) -> str:
    unit = f" ({column.scaler.symbol})" if column.scaler and column.scaler.symbol else ""
    if not period:
        return f"{column.name} from row to row{unit}"
    for size, name in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if period % size == 0:
            return f"{column.name} in {period // size} {name}{unit}"
    return f"{column.name} in {period} s{unit}"
