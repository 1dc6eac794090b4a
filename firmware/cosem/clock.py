"""Clock, class 8 version 0 (REQUIREMENTS F-07, F-35, D-101, D-102): the meter's time,
its zone and its daylight saving rule.

The instant is kept in UTC as (day since 2000, second of the day). Only `advance` and a client's
adjustment change it. Local time is computed from it: local = UTC - time_zone + (daylight saving
deviation while it is active). So writing the zone or the rule does not change the instant, but the
local time. time_zone has the sign of the deviation field: UTC+1 is -60 (REQUIREMENTS F-07).

Daylight saving begins and ends at the date-times of attributes 5 and 6. They are rules such as
`FFFF 03 FE 07 02 00 00` (last Sunday of March, 02:00), in local time as it runs until that moment,
or with a deviation of their own. Where begin comes after end in a year, the year starts and ends in
summer.
"""

from micropython import const

from cosem import civil
from cosem.base import AS_READ, OUT_OF_RANGE, Interface, answered, live, no_parameter
from dlms.codec import axdr
from dlms.codec.errors import READ_WRITE_DENIED, SUCCESS, TEMPORARY_FAILURE, TYPE_UNMATCHED
from dlms.codec.octets import copy, equal, get16, put16

INVALID = const(0x01)  # clock status bits (REQUIREMENTS D-102)
DOUBTFUL = const(0x02)
DST_ACTIVE = const(0x80)
# what `read_time` returns for date-times that are no minute of 2000 to 2399,
# UTC; lower than the days of 1999
_INVALID = const(-1004)
BEFORE = const(-1003)  # an instant before them
AFTER = const(-1002)  # … and after them
UNBOUNDED = const(-1001)  # no year
EXACT = const(0)  # how `read_time` takes a field that is not specified: refused …
EARLIEST = const(1)  # … as its lowest value
LATEST = const(2)  # … as its highest value
_SHIFT = const(900)  # seconds, the largest shift_time
_NO_ADJUSTMENT = b"\x09\x0c\xff\xff\xff\xff\xff\xff\xff\xff\xff\x80\x00\xff"

_LAST_SUNDAY_MARCH = b"\x09\x0c\xff\xff\x03\xfe\x07\x02\x00\x00\x00\x80\x00\xff"  # at 2:00
_LAST_SUNDAY_OCTOBER = b"\x09\x0c\xff\xff\x0a\xfe\x07\x03\x00\x00\x00\x80\x00\xff"  # at 3:00
NO_TIME = b"\x09\x0c\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"


def within(now, begin, end):
    """Whether a minute lies in the daylight saving of its year, which goes from `begin` up to
    `end`, in the south over the turn of the year; there is none when one of them is below 0.
    """
    if begin < 0 or end < 0:
        return False
    if begin <= end:
        return begin <= now < end
    return now >= begin or now < end


class Clock(Interface):
    """Attributes: 2 time, 3 time_zone, 4 status, 5 daylight_savings_begin, 6 …_end, 7
    …_deviation, 8 …_enabled, 9 clock_base.

    Methods: 1 adjust_to_quarter, 2 adjust_to_measuring_period, 3 adjust_to_minute, 4
    adjust_to_preset_time, 5 preset_adjusting_time, 6 shift_time. `listener` is notified of an
    adjustment by `clock_adjusting()` before and `clock_adjusted()` after it, and of the beginning
    and end of daylight saving by `dst_changed()`; `measuring_period` is in seconds.
    """

    CLASS_ID = 8
    ATTRIBUTES = 9
    METHODS = 6
    KEPT = ((3, 5, 6, 7, 8, 9 + 5),)  # 5: the preset time
    RUNS = (2, 9 + 1, 9 + 2, 9 + 3, 9 + 4, 9 + 6)

    def __init__(self, day, second):
        Interface.__init__(self)
        self.day = day
        self.second = second
        self.local_day = day
        self.local_second = second
        self.centiseconds = 0  # second of the minute in hundredths, beside the minute that `read_time` returns
        self.dst = False
        self.listener = None
        self.measuring = None
        values = live(
            NO_TIME,
            b"\x10\x00\x00",  # 0 minutes
            b"\x11\x00",
            _LAST_SUNDAY_MARCH,
            _LAST_SUNDAY_OCTOBER,
            b"\x0f\x3c",  # 60 minutes
            b"\x03\x00",  # false
            3 * _NO_ADJUSTMENT,
        )
        self._preset = values.pop()  # preset time, validity start and end as octet-strings[12]
        self.a[2:9] = values
        self.a[9] = b"\x16\x01"  # crystal
        self._zone = 0
        self._summer = 60
        self._begin = self._end = self._from = self._until = 0  # minutes: this year's rule and the year it is for
        self._steady = 0  # … and the first minute at which daylight saving may begin or end, or the year does
        self._shown = self._shown_day = -1  # the local time that attribute 2 shows, -1 when the rule has changed since
        self._rule()

    # -- time ------------------------------------------------------------------------------------

    def advance(self, seconds):
        """Let 0 <= seconds <= 86400 pass."""
        self.second += seconds
        if self.second < civil.DAY and self.local_second + seconds < civil.DAY and self.minutes() < self._steady:
            # within a day and between two changes of daylight saving local
            # time runs as the instant does
            self.local_second += seconds
            return
        if self.second >= civil.DAY:
            self.second -= civil.DAY
            self.day += 1
        self._local()

    def distrust(self, recovered):
        """The time was not set since the start. recovered: it was kept by another clock meanwhile."""
        self.a[4][1] |= DOUBTFUL if recovered else INVALID | DOUBTFUL
        self.render()

    def trusted(self):
        """Whether somebody who knows the time has set it."""
        return not self.a[4][1] & (INVALID | DOUBTFUL)

    def restored(self, status):
        """`day` and `second` were set to an instant that was kept, with this
        status: nobody adjusts the clock.
        """
        listener = self.listener
        self.listener = None
        self.a[4][1] = status
        self.dst = status & DST_ACTIVE != 0
        self._local()
        self.listener = listener
        self.render()

    def minutes(self):
        """Minutes from 2000-01-01 UTC to now."""
        return self.day * civil.MINUTES + self.second // 60

    def render(self):
        """Bring attribute 2 to the present moment."""
        buf = self.a[2]
        if self._shown == self.local_second and self._shown_day == self.local_day and buf[13] == self.a[4][1]:
            # nothing has passed since: what else is shown changes with the rule, which
            # forgets this, or with the status
            return
        self._shown = self.local_second
        self._shown_day = self.local_day
        civil.put_date(buf, 2, self.local_day)
        civil.put_time(buf, 7, self.local_second)
        buf[10] = 0
        put16(buf, 11, self._zone - (self._summer if self.dst else 0))
        buf[13] = self.a[4][1]

    def _local(self):
        """Compute local time and daylight saving from `day` and `second`. A change of daylight
        saving goes to the listener.
        """
        now = self.minutes()
        if not self._from <= now < self._until:
            self._year()
        active = self.active(now)
        self._steady = self._next_change(now)
        minute = self._summer if active else 0
        second = self.second + (minute - self._zone) * 60
        day = self.day
        if second < 0:
            day -= 1
            second += civil.DAY
        elif second >= civil.DAY:
            day += 1
            second -= civil.DAY
        self.local_day = day
        self.local_second = second
        if active != self.dst:
            self.dst = active
            self.a[4][1] = self.a[4][1] & ~DST_ACTIVE | (DST_ACTIVE if active else 0)
            if self.listener:
                self.listener.dst_changed()

    # -- daylight saving ---------------------------------------------------------------------------

    def active(self, now):
        """Whether daylight saving is active at a minute of the year that `_year` was computed for."""
        return self.a[8][1] != 0 and within(now, self._begin, self._end)

    def _next_change(self, now):
        """The first minute after now at which daylight saving begins or ends, or the year
        that the rule was computed for does.
        """
        change = self._until
        if now < self._begin < change:
            change = self._begin
        if now < self._end < change:
            change = self._end
        return change

    def _rule(self):
        """Take attributes 3 and 5 to 8 into use."""
        self._shown = -1
        zone = get16(self.a[3], 1)
        self._zone = zone - 0x10000 if zone & 0x8000 else zone
        summer = self.a[7][1]
        self._summer = summer - 0x100 if summer & 0x80 else summer
        self._year()
        self._local()

    def _year(self):
        """Compute this year's change-over minutes."""
        year = civil.year_of(self.day)
        self._from = civil.year_start(year) * civil.MINUTES
        self._until = civil.year_start(year + 1) * civil.MINUTES
        self._begin = self._beginning(year)
        self._end = self._ending(year)

    def _beginning(self, year):
        """Minute at which daylight saving begins in a year, -1 when it does not."""
        return self._change(year, self.a[5], self._zone)

    def _ending(self, year):
        """Minute at which it ends, likewise."""
        return self._change(year, self.a[6], self._zone - self._summer)

    def _change(self, year, rule, running):
        """Minute of a rule in a year, -1 when it names none; running is the
        deviation in force until then.
        """
        if get16(rule, 2) != 0xFFFF and get16(rule, 2) != 2000 + year:
            return -1
        day = civil.resolve_day(year, rule, 4)
        if day < 0:
            return -1
        if get16(rule, 11) != civil.UNSPECIFIED:
            running = civil.deviation(rule, 11)
        hour = 0 if rule[7] == civil.ANY else rule[7]
        return day * civil.MINUTES + hour * 60 + (0 if rule[8] == civil.ANY else rule[8]) + running

    # -- date-times of clients ---------------------------------------------------------------------

    def read_time(self, buf, off, fill):
        """Minutes from 2000 UTC of the date-time octets at off, and `centiseconds`; or UNBOUNDED,
        BEFORE, AFTER or _INVALID, all negative.

        fill is EXACT, EARLIEST or LATEST. An unspecified deviation means the meter's own local
        time; where that hour comes twice, the status octet's daylight saving bit decides, and
        without one the first of the two is taken.
        """
        if not civil.fields_valid(buf, off):
            return _INVALID
        day = self._read_day(buf, off, fill)
        if day <= UNBOUNDED:
            return day
        self.centiseconds = self._field(buf[off + 7], fill, 59) * 100
        if self.centiseconds < 0:
            return _INVALID
        self.centiseconds += 99 if fill == LATEST and buf[off + 8] == civil.ANY else buf[off + 8] % civil.ANY
        hour = self._field(buf[off + 5], fill, 23)
        minute = self._field(buf[off + 6], fill, 59)
        if hour < 0 or minute < 0:
            return _INVALID
        minute += day * civil.MINUTES + hour * 60
        if get16(buf, off + 9) != civil.UNSPECIFIED:
            minute += civil.deviation(buf, off + 9)
        else:
            minute = self._from_local(minute, buf[off + 11])
        return BEFORE if minute < 0 else AFTER if minute >= civil.END else minute

    def _read_day(self, buf, off, fill):
        """Return the day number of the date at buf[off:off + 5], below 0 or `AFTER` outside of the
        calendar.

        `fill` says what a wildcard stands for: EXACT allows none, EARLIEST and LATEST take the
        first or last day that it matches.
        """
        year = get16(buf, off)
        if year == 0xFFFF:
            return _INVALID if fill == EXACT else UNBOUNDED
        year -= 2000
        # the instant decides: local time may be a year before or after it
        if not -1 <= year <= civil.YEARS:
            return BEFORE if year < 0 else AFTER
        month = buf[off + 2]
        if month > 12:
            if fill == EXACT:
                return _INVALID
            month = 1 if fill == EARLIEST else 12
        day = buf[off + 3]
        if day > 31:
            if fill == EXACT:
                return _INVALID
            last = civil.month_length(year, month)
            day = (
                last
                if day == civil.LAST or fill == LATEST and day == civil.ANY
                else last - 1
                if day == civil.SECOND_LAST
                else 1
            )
        if day > civil.month_length(year, month):
            return _INVALID
        return civil.day_number(year, month, day)

    def _field(self, value, fill, highest):
        if value != civil.ANY:
            return value
        return -1 if fill == EXACT else 0 if fill == EARLIEST else highest

    def _from_local(self, minute, status):
        """Minutes UTC of minutes of the meter's local time."""
        minute += self._zone
        if not self.a[8][1]:
            return minute
        summer = minute - self._summer
        begin = self._begin
        end = self._end
        if not self._from <= summer < self._until:
            # the rule is asked for another year than the present one
            year = civil.year_of(max(0, summer) // civil.MINUTES)
            begin = self._beginning(year)
            end = self._ending(year)
        if not within(summer, begin, end):
            return minute
        return summer if status == civil.ANY or status & DST_ACTIVE or within(minute, begin, end) else minute

    # -- services ----------------------------------------------------------------------------------

    def set(self, k, buf, off, end, aa, commit):
        """Attributes 2 time, 3 time_zone, 5 to 8 daylight saving. 1 logical_name, 4 status and 9
        clock_base cannot be written (F-07).
        """
        if k == 1 or k == 4 or k == 9:
            return READ_WRITE_DENIED
        if buf[off] != self.a[k][0] or end - off != len(self.a[k]):
            return TYPE_UNMATCHED
        if k == 2:
            return self._set_time(buf, off + 2, commit)
        if k == 5 or k == 6:
            if buf[off + 1] != 12:
                return TYPE_UNMATCHED
            if not civil.fields_valid(buf, off + 2) or not self._occurs(buf, off + 2):
                return OUT_OF_RANGE
        elif k == 3:
            if not -720 <= civil.deviation(buf, off + 1) <= 840:
                return OUT_OF_RANGE
        elif k == 7 and 120 < buf[off + 1] < 256 - 120:
            return OUT_OF_RANGE
        if commit:
            copy(self.a[k], 0, buf, off, end - off)
            self._rule()
            self.render()
        return SUCCESS

    def _occurs(self, buf, off):
        """Whether the rule at off names a day: of its year, or of a leap
        year when every year has it.
        """
        year = get16(buf, off)
        if year == 0xFFFF:
            year = 2000
        return 2000 <= year < 2000 + civil.YEARS and civil.resolve_day(year - 2000, buf, off + 2) >= 0

    def _set_time(self, buf, off, commit):
        if buf[off - 1] != 12:
            return TYPE_UNMATCHED
        minute = self.read_time(buf, off, EXACT)
        if minute < 0:
            return OUT_OF_RANGE
        if commit:
            self.adjust(minute // civil.MINUTES, minute % civil.MINUTES * 60 + self.centiseconds // 100, True)
        return SUCCESS

    def adjust(self, day, second, known=False):
        """Set the instant, -86400 <= second < 2 · 86400; the listener hears of it before and after.

        known: it is the time of somebody who knows it, and not the old one put
        right by a little. Returns SUCCESS, or OUT_OF_RANGE for an instant outside
        of 2000 to 2399, and nothing changes.
        """
        if second < 0:
            second += civil.DAY
            day -= 1
        elif second >= civil.DAY:
            second -= civil.DAY
            day += 1
        if not 0 <= day < civil.DAYS:
            return OUT_OF_RANGE
        self.render()
        if self.listener:
            self.listener.clock_adjusting()
        if known:
            self.a[4][1] &= ~(INVALID | DOUBTFUL)
        self.day = day
        self.second = second
        self._local()
        self.render()
        if self.listener:
            self.listener.clock_adjusted()
        return SUCCESS

    def act(self, m, buf, off, end, out, o, aa):
        """Methods 1 to 3 round the time, to 15 minutes, to the measuring period, to a minute; 4 to
        6 adjust and shift it (F-07).
        """
        if m == 5:
            return answered(self._preset_adjusting_time(buf, off, end), o)
        if m == 6:
            return answered(self._shift_time(buf, off, end), o)
        if not no_parameter(buf, off, end):
            return -TYPE_UNMATCHED
        if m == 4:
            return answered(self._adjust_to_preset_time(), o)
        if m == 1:
            return answered(self._round(900), o)
        if m == 3:
            return answered(self._round(60), o)
        if self.measuring and self.measuring.period:
            return answered(self._round(self.measuring.period), o)
        return o

    def pack(self, k, buf, off, end):
        """The preset time, as the parameter of its method."""
        if k <= self.ATTRIBUTES:
            return AS_READ
        if off + 44 > end:
            return -1
        return axdr.put_encoded(buf, axdr.put_head(buf, off, axdr.STRUCTURE, 3), self._preset)

    def unpack(self, k, buf, off, end):
        if k <= self.ATTRIBUTES:
            return self.set(k, buf, off, end, None, True)
        if end - off == 44 and self._unset(buf, off + 2):
            copy(self._preset, 0, buf, off + 2, 42)
            return SUCCESS
        return self._preset_adjusting_time(buf, off, end)

    def _round(self, period):
        """Go to the nearest multiple of a period of local time; the middle goes up."""
        rest = self.local_second % period
        return self.adjust(self.day, self.second + (period - rest if 2 * rest >= period else -rest))

    def _shift_time(self, buf, off, end):
        if end - off != 3 or buf[off] != axdr.LONG:
            return TYPE_UNMATCHED
        shift = get16(buf, off + 1)
        if shift & 0x8000:
            shift -= 0x10000
        if not -_SHIFT <= shift <= _SHIFT:
            return OUT_OF_RANGE
        return self.adjust(self.day, self.second + shift)

    def _preset_adjusting_time(self, buf, off, end):
        """structure {preset_time, validity_interval_start,
        validity_interval_end}, each octet-string[12].
        """
        if end - off != 44 or buf[off] != axdr.STRUCTURE or buf[off + 1] != 3:
            return TYPE_UNMATCHED
        at = off + 2
        while at < end:
            if buf[at] != axdr.OCTET_STRING or buf[at + 1] != 12:
                return TYPE_UNMATCHED
            if self.read_time(buf, at + 2, EXACT) < 0:
                return OUT_OF_RANGE
            at += 14
        copy(self._preset, 0, buf, off + 2, 42)
        return SUCCESS

    def _unset(self, buf, off):
        """Whether buf[off:] is the preset time before any was given."""
        return equal(buf, off, _NO_ADJUSTMENT, 0, len(_NO_ADJUSTMENT)) == 1

    def _adjust_to_preset_time(self):
        """Take the preset time over when now lies in its validity interval, ends included."""
        now = self.minutes()
        start = self.read_time(self._preset, 16, EXACT)
        if start < 0 or now < start or now == start and self.second % 60 * 100 < self.centiseconds:
            return TEMPORARY_FAILURE
        last = self.read_time(self._preset, 30, EXACT)
        if now > last or now == last and self.second % 60 * 100 > self.centiseconds:
            return TEMPORARY_FAILURE
        return self._set_time(self._preset, 2, True)
