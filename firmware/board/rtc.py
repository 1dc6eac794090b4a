"""The board's own clock, which runs on through resets as long as there is power.

Ports count their seconds from 1970 or from 2000; here days and seconds of the day since
2000-01-01 UTC go in, and dates come out.
"""

import time

import machine

_DAY = 86400
_BUILT = 2026  # a clock that shows an earlier year was never set
_1970 = 946684800  # seconds from 1970 to 2000


def plausible():
    """Whether the clock was set since the board has had power. Ports start it in 2000 or 2021."""
    return time.gmtime()[0] >= _BUILT


def put(day, second):
    """Set the clock. A port without one that can be set is left as it is."""
    if not hasattr(machine, "RTC"):
        return
    since = day * _DAY + second
    if time.gmtime(0)[0] == 1970:
        since += _1970
    year, month, mday, hour, minute, sec, weekday = time.gmtime(since)[:7]
    machine.RTC().datetime((year, month, mday, weekday, hour, minute, sec, 0))
