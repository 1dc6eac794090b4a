"""Civil time in small integers: a day is counted from 2000-01-01, and a date-time is twelve octets.

Seconds since any epoch need more than the 30 bits of a board's small integers, minutes since 2000
do not: until 2399, when the Gregorian calendar begins anew, they stay below 2**28. So an instant is
(day, second of the day) or (minute, second), always in UTC, and nothing here allocates.

Octets of a date-time (REQUIREMENTS D-101): year (2, FFFF any) · month (FF any) · day of month (FF
any, FE last, FD second last) · day of week 1 Monday … 7 Sunday (FF any) · hour · minute · second ·
hundredths (FF any) · deviation (2, signed minutes, 8000 unspecified; UTC = local + deviation) ·
clock status (FF unspecified).
"""

from micropython import const

from dlms.codec.octets import get16, put16

DAY = const(86400)  # seconds
MINUTES = const(1440)
YEARS = const(400)  # 2000 … 2399
DAYS = const(146097)  # … which are these
END = const(210379680)  # … and these minutes
UNSPECIFIED = const(0x8000)  # deviation
LAST = const(0xFE)
SECOND_LAST = const(0xFD)
ANY = const(0xFF)

_BEFORE = b"\x00\x1f\x3b\x5a\x78\x97\xb5\xd4\xf3"  # days before January … September; later months exceed an octet
_LENGTH = b"\x1f\x1c\x1f\x1e\x1f\x1e\x1f\x1f\x1e\x1f\x1e\x1f"


def leap(year):
    """Whether a year, counted from 2000, has a 29 February."""
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def month_length(year, month):
    """Days of month 1 … 12; year counted from 2000."""
    return 29 if month == 2 and leap(year) else _LENGTH[month - 1]


def year_start(year):
    """Day of 1 January; year counted from 2000."""
    return year * 365 + (year + 3) // 4 - (year + 99) // 100 + (year + 399) // 400


def day_number(year, month, day):
    """Day since 2000-01-01 of a date; year counted from 2000."""
    n = _BEFORE[month - 1] if month <= 9 else 273 + (0, 31, 61)[month - 10]
    if month > 2 and leap(year):
        n += 1
    return year_start(year) + n + day - 1


def weekday(day):
    """1 Monday … 7 Sunday; 2000-01-01 was a Saturday."""
    return (day + 5) % 7 + 1


def year_of(day):
    """Year, counted from 2000, in which a day lies."""
    # years of the same length would begin at most 0.72 days after the real
    # ones, and less than two before them
    year = (400 * day + 300) // DAYS
    return year - 1 if year_start(year) > day else year


def put_date(buf, off, day):
    """Write year, month, day of month and day of week: five octets."""
    year = year_of(day)
    rest = day - year_start(year)
    month = 1
    n = 31
    while rest >= n:
        rest -= n
        month += 1
        n = month_length(year, month)
    put16(buf, off, 2000 + year)
    buf[off + 2] = month
    buf[off + 3] = rest + 1
    buf[off + 4] = weekday(day)


def put_time(buf, off, second):
    """Write hour, minute, second of a second of the day: three octets."""
    buf[off] = second // 3600
    buf[off + 1] = second // 60 % 60
    buf[off + 2] = second % 60


def deviation(buf, off):
    """Signed minutes of the deviation at off."""
    v = get16(buf, off)
    return v - 0x10000 if v & 0x8000 else v


def fields_valid(buf, off):
    """True when every field of the date-time lies in its range, wildcards included."""
    if buf[off + 2] == 0 or 12 < buf[off + 2] < SECOND_LAST:
        return False
    if buf[off + 3] == 0 or 31 < buf[off + 3] < SECOND_LAST:
        return False
    if buf[off + 4] == 0 or 7 < buf[off + 4] < ANY:
        return False
    if 23 < buf[off + 5] < ANY or 59 < buf[off + 6] < ANY or 59 < buf[off + 7] < ANY or 99 < buf[off + 8] < ANY:
        return False
    return get16(buf, off + 9) == UNSPECIFIED or -720 <= deviation(buf, off + 9) <= 840


def resolve_day(year, buf, off):
    """Day of a rule such as "last Sunday of March" in a year, or -1 when it names none.

    buf[off:] is month, day of month, day of week: `03 FE 07`. A number with a day of week
    means the first such day from there on.
    """
    month = buf[off]
    if not 1 <= month <= 12:
        return -1
    rule = buf[off + 1]
    n = month_length(year, month)
    if rule == LAST:
        at = n
    elif rule == SECOND_LAST:
        at = n - 1
    elif rule == ANY:
        at = 1
    else:
        at = rule
    if at > n:
        return -1
    day = day_number(year, month, at)
    wanted = buf[off + 2]
    if wanted == ANY:
        return day
    if rule == SECOND_LAST:
        day = day + 1
    if rule >= SECOND_LAST and rule != ANY:
        day -= (weekday(day) - wanted) % 7
        return day - 7 if rule == SECOND_LAST else day
    return day + (wanted - weekday(day)) % 7
