"""The InformationReport service of short name referencing (REQUIREMENTS D-52): what an
EventNotification is with logical names.

    18 01 length GeneralizedTime 01 02 name(2) 01 Data

GeneralizedTime is text: `YYYYMMDDhhmmss` of local time and, where the deviation is known, `+hhmm`,
how far that is ahead of UTC. The APDU has no address: it goes from the management logical device
(wPort 1) to the client management process (wPort 1).
"""

from micropython import const

from dlms.codec.axdr import put_u16
from dlms.codec.octets import copy, get16
from dlms.unasked.notification import EVENT_HEAD

INFORMATION_REPORT = const(0x18)  # as `dlms.codec.tags.INFORMATION_REPORT`
LONGEST = const(29)  # octets of a report of an event: its Data has two
_TIME = const(3)  # where the date-time of an EventNotification stands
_TEXT = const(14)  # octets of a GeneralizedTime without deviation
_UNSPECIFIED = const(0x8000)
_VARIABLE_NAME = const(2)
_ZERO = const(48)


def information_report(buf, off, name, event, at, end):
    """Write the content of the EventNotification event[at:end] as the report
    of one variable to buf[off:].

    name: the short name of its attribute. Returns the offset after the report. Allocates nothing.
    """
    buf[off] = INFORMATION_REPORT
    buf[off + 1] = 1
    p = generalized_time(buf, off + 3, event, at + _TIME)
    buf[off + 2] = p - off - 3
    buf[p] = 1
    p = put_u16(buf, p + 1, _VARIABLE_NAME, name)
    buf[p] = 1
    at += EVENT_HEAD
    copy(buf, p + 1, event, at, end - at)
    return p + 1 + end - at


def generalized_time(buf, off, time, at):
    """Write the date-time octets time[at:at+12], all of whose fields up to the second are
    specified, as text; returns its end.
    """
    year = get16(time, at)
    digits(buf, off, year // 100)
    digits(buf, off + 2, year % 100)
    digits(buf, off + 4, time[at + 2])
    digits(buf, off + 6, time[at + 3])
    i = 5  # past the day of the week
    while i < 8:
        digits(buf, off + 2 * i - 2, time[at + i])
        i += 1
    off += _TEXT
    minutes = get16(time, at + 9)
    if minutes == _UNSPECIFIED:
        return off
    # a deviation is from local time to UTC, so that it is below zero in the east
    buf[off] = 0x2D if 0 < minutes < _UNSPECIFIED else 0x2B
    if minutes > _UNSPECIFIED:
        minutes = 0x10000 - minutes
    digits(buf, off + 1, minutes // 60)
    digits(buf, off + 3, minutes % 60)
    return off + 5


def digits(buf, off, n):
    """Write 0 <= n < 100 as two digits."""
    buf[off] = _ZERO + n // 10
    buf[off + 1] = _ZERO + n % 10
