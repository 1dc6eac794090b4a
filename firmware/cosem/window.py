"""Communication windows: time spans given by date-times with fields left open, as Push
setup has them (REQUIREMENTS F-17).

    array of structure {start octet-string[12], end octet-string[12]}       30 octets an element

A window lasts from `start` up to `end`, in local time. Only the fields that are specified count, so
`… 02:00:00` to `… 04:00:00` without a date is open every night, and `… 22:00:00` to `… 02:00:00`
over midnight. A day of the week in `start` limits it to that day. Both ends specify the same
fields, and no deviation [choice].
"""

from micropython import const

from cosem import civil
from dlms.codec import axdr
from dlms.codec.octets import get16

WINDOW = const(30)  # octets of an element
WINDOWS = const(4)  # elements taken
_START = const(4)  # where the date-times stand in an element
_END = const(18)
_WEEKDAY = const(4)  # of a date-time
_FIELDS = (2, 3, 5, 6, 7)  # month, day, hour, minute, second


def order(now, no, buf, off):
    """-1, 0 or 1: where the moment at now[no:] stands to the specified fields
    of the date-time at buf[off:].
    """
    year = get16(buf, off)
    if year != 0xFFFF and get16(now, no) != year:
        return -1 if get16(now, no) < year else 1
    for i in _FIELDS:
        if buf[off + i] != civil.ANY and now[no + i] != buf[off + i]:
            return -1 if now[no + i] < buf[off + i] else 1
    return 0


def inside(windows, time):
    """Whether the moment time[2:14] lies in one of the windows, or there are none; `windows`
    is the encoded array, already checked.
    """
    at = 2
    while at < len(windows):
        if _within(windows, at, time):
            return True
        at += WINDOW
    return len(windows) == 2


def _within(windows, at, time):
    start = at + _START
    end = at + _END
    day = windows[start + _WEEKDAY]
    if day != civil.ANY and day != time[2 + _WEEKDAY]:
        return False
    begun = order(time, 2, windows, start) >= 0
    over = order(time, 2, windows, end) >= 0
    if order(windows, start, windows, end) > 0:
        return begun or not over  # over midnight
    return begun and not over


def well_formed(buf, off, end):
    """True when the Data at off is an array of at most WINDOWS elements of the right types."""
    if buf[off] != axdr.ARRAY or buf[off + 1] > WINDOWS or end - off != 2 + buf[off + 1] * WINDOW:
        return False
    at = off + 2
    while at < end:
        if get16(buf, at) != 0x0202 or get16(buf, at + 2) != 0x090C or get16(buf, at + 16) != 0x090C:
            return False
        at += WINDOW
    return True


def usable(buf, off, end):
    """Whether windows of the right types are such as can be taken."""
    at = off + 2
    while at < end:
        if not (_usable(buf, at + _START) and _usable(buf, at + _END) and _alike(buf, at + _START, at + _END)):
            return False
        at += WINDOW
    return True


def _usable(buf, off):
    year = get16(buf, off)
    month = buf[off + 2]
    day = buf[off + 3]
    if not civil.fields_valid(buf, off) or get16(buf, off + 9) != civil.UNSPECIFIED:
        return False
    if month > 12 or day > 31:
        return (month <= 12 or month == civil.ANY) and (day <= 31 or day == civil.ANY)
    # without a year a day that some year has
    return day <= civil.month_length(0 if year == 0xFFFF else year - 2000, month)


def _alike(buf, a, b):
    if (get16(buf, a) == 0xFFFF) != (get16(buf, b) == 0xFFFF):
        return False
    for i in _FIELDS:
        if (buf[a + i] == civil.ANY) != (buf[b + i] == civil.ANY):
            return False
    return True
