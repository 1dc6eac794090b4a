"""COSEM date-time, date and time, and their way to and from
``datetime`` (REQUIREMENTS D-101, D-102).

date-time is 12 octets: year u16, month, day, day of week, hour, minute, second, hundredths,
deviation i16, clock status. Every field has a value for "not specified"; UTC = local time +
deviation (minutes), so UTC+1 has deviation -60 (FFC4).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import IntFlag

from .errors import ProtocolError, UsageError

YEAR_ANY = 0xFFFF
ANY = 0xFF
DEVIATION_UNSPECIFIED = -0x8000
_DATE = struct.Struct(">HBBB")
_TIME = struct.Struct(">BBBB")
_ZONE = struct.Struct(">hB")
_SPECIAL_DAYS = {0xFE: "last", 0xFD: "2nd-last", ANY: "**"}
_SPECIAL_MONTHS = {0xFE: "dst-begin", 0xFD: "dst-end", ANY: "**"}


class ClockStatus(IntFlag):
    """Clock status octet; FF as a whole means not specified."""

    INVALID_VALUE = 0x01
    DOUBTFUL_VALUE = 0x02
    DIFFERENT_CLOCK_BASE = 0x04
    INVALID_CLOCK_STATUS = 0x08
    DST_ACTIVE = 0x80


def _two(value: int, special: dict[int, str] | None = None) -> str:
    return (special or {ANY: "**"}).get(value, f"{value:02d}")


@dataclass(frozen=True)
class Date:
    """5 octets: year u16, month, day, day of week (1 Monday to 7 Sunday)."""

    year: int = YEAR_ANY
    month: int = ANY
    day: int = ANY
    weekday: int = ANY

    def encode(self) -> bytes:
        """5 octets."""
        return _pack(_DATE, self.year, self.month, self.day, self.weekday)

    @classmethod
    def decode(cls, octets: bytes) -> Date:
        """From exactly 5 octets."""
        return cls(*_unpack(_DATE, octets, "date"))

    def __str__(self) -> str:
        year = "****" if self.year == YEAR_ANY else f"{self.year:04d}"
        return f"{year}-{_two(self.month, _SPECIAL_MONTHS)}-{_two(self.day, _SPECIAL_DAYS)}"


@dataclass(frozen=True)
class Time:
    """4 octets: hour, minute, second, hundredths."""

    hour: int = ANY
    minute: int = ANY
    second: int = ANY
    hundredths: int = ANY

    def encode(self) -> bytes:
        """4 octets."""
        return _pack(_TIME, self.hour, self.minute, self.second, self.hundredths)

    @classmethod
    def decode(cls, octets: bytes) -> Time:
        """From exactly 4 octets."""
        return cls(*_unpack(_TIME, octets, "time"))

    def __str__(self) -> str:
        text = ":".join(_two(v) for v in (self.hour, self.minute, self.second))
        return text if self.hundredths in (0, ANY) else f"{text}.{self.hundredths:02d}"


@dataclass(frozen=True)
class DateTime:
    """12 octets: date, time, deviation to UTC in minutes, clock status."""

    date: Date = Date()
    time: Time = Time()
    deviation: int = DEVIATION_UNSPECIFIED
    status: int = ANY

    def encode(self) -> bytes:
        """12 octets."""
        return self.date.encode() + self.time.encode() + _pack(_ZONE, self.deviation, self.status)

    @classmethod
    def decode(cls, octets: bytes) -> DateTime:
        """From exactly 12 octets."""
        if len(octets) != 12:
            raise ProtocolError(f"date-time has {len(octets)} octets, must have 12")
        deviation, status = _ZONE.unpack(octets[9:])
        return cls(Date.decode(octets[:5]), Time.decode(octets[5:9]), deviation, status)

    @classmethod
    def from_datetime(cls, when: datetime, status: int | None = None) -> DateTime:
        """From a ``datetime``; a naive one gets an unspecified deviation (and
        then an unspecified status).
        """
        offset = when.utcoffset()
        deviation = DEVIATION_UNSPECIFIED if offset is None else -round(offset.total_seconds() / 60)
        if status is None:
            status = ANY if offset is None else 0
        return cls(
            Date(when.year, when.month, when.day, when.isoweekday()),
            Time(when.hour, when.minute, when.second, when.microsecond // 10_000),
            deviation,
            status,
        )

    def to_datetime(self) -> datetime | None:
        """A ``datetime``, aware when the deviation is specified; None when date or
        time has open or special fields.
        """
        d, t = self.date, self.time
        if d.year == YEAR_ANY or ANY in (d.month, d.day, t.hour, t.minute):
            return None
        zone = None
        if self.deviation != DEVIATION_UNSPECIFIED:
            zone = timezone(timedelta(minutes=-self.deviation)) if abs(self.deviation) < 1440 else None
        second = 0 if t.second == ANY else t.second
        hundredths = 0 if t.hundredths == ANY else t.hundredths
        try:
            return datetime(d.year, d.month, d.day, t.hour, t.minute, second, hundredths * 10_000, zone)
        except ValueError:
            return None

    def __str__(self) -> str:
        text = f"{self.date} {self.time}"
        if self.deviation == DEVIATION_UNSPECIFIED:
            return text
        sign, minutes = ("-" if self.deviation > 0 else "+"), abs(self.deviation)
        return f"{text}{sign}{minutes // 60:02d}:{minutes % 60:02d}"


def _pack(layout: struct.Struct, *fields: int) -> bytes:
    try:
        return layout.pack(*fields)
    except struct.error:
        raise UsageError(f"date or time field out of range: {fields}") from None


def _unpack(layout: struct.Struct, octets: bytes, what: str) -> tuple[int, ...]:
    if len(octets) != layout.size:
        raise ProtocolError(f"{what} has {len(octets)} octets, must have {layout.size}")
    return layout.unpack(octets)
