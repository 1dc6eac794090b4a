"""Demand register, class 5 version 0 (REQUIREMENTS F-04): average power over a
period, as a block or as a sliding window.

The window is number_of_periods · period. At the end of each period the average over the whole
window becomes last_average_value; while a period runs, current_average_value is the energy of it
and of the number_of_periods - 1 before, divided by the window.
"""

from micropython import const

from cosem.base import OUT_OF_RANGE, Interface, live, no_parameter
from cosem.clock import NO_TIME
from dlms.codec.errors import READ_WRITE_DENIED, SUCCESS, TYPE_UNMATCHED
from dlms.codec.octets import clear, compare, copy, get16, get32, put16, put32

PERIODS = const(15)  # most periods in a window
WINDOW = const(28800)  # longest window in seconds: 30 kW over it still counts in a small integer
_ZERO = const(b"\x06\x00\x00\x00\x00")  # double-long-unsigned


class DemandRegister(Interface):
    """Attributes: 2 current_average_value, 3 last_average_value (both double-long-unsigned), 4
    scaler_unit, 5 status, 6 capture_time, 7 start_time_current, 8 period in s, 9
    number_of_periods. Methods: 1 reset, 2 next_period.

    `add` takes the energy in mWh; values are in the base unit (W, var), whose scaler_unit is
    `unit`. `maximum`: an Extended register that takes the highest average.
    """

    CLASS_ID = 5
    ATTRIBUTES = 9
    METHODS = 2
    DEPENDENT = (8, 9)  # the window is their product
    RUNS = (8, 9, 9 + 1, 9 + 2)

    def __init__(self, unit, period, clock, maximum=None):
        Interface.__init__(self)
        self.clock = clock
        self.maximum = maximum
        self.period = period
        self.number = 1
        self.sum = 0  # mWh of the running period
        self.past = [0] * PERIODS  # mWh of the periods before, the newest first
        a = self.a
        a[2], a[3], a[6], a[7], a[8], a[9] = live(_ZERO, _ZERO, NO_TIME, NO_TIME, _ZERO, b"\x12\x00\x01")
        a[4] = unit
        a[5] = b"\x11\x00"  # status: none
        put32(a[8], 1, period)
        self.reset()

    def add(self, milli):
        """Count mWh into the running period."""
        self.sum += milli

    def average(self):
        """The mean over the window, of what is counted so far."""
        total = self.sum
        i = 0
        while i < self.number - 1:
            total += self.past[i]
            i += 1
        return total // 10 * 36 // (self.period * self.number)

    def render(self):
        """Bring current_average_value to now."""
        put32(self.a[2], 1, self.average())

    def period_end(self):
        """Close the running period: its average is the last one, and the next period starts."""
        put32(self.a[3], 1, self.average())
        i = self.number - 1
        while i > 0:
            self.past[i] = self.past[i - 1]
            i -= 1
        self.past[0] = self.sum
        self._start()
        self.render()
        highest = self.maximum
        if highest and compare(self.a[3], 1, highest.a[2], 1, 4) > 0:
            copy(highest.a[2], 1, self.a[3], 1, 4)
            copy(highest.a[5], 0, self.a[6], 0, 14)

    def _start(self):
        self.sum = 0
        self.clock.render()
        copy(self.a[6], 0, self.clock.a[2], 0, 14)
        copy(self.a[7], 0, self.clock.a[2], 0, 14)

    def reset(self):
        """End the running period and forget all averages."""
        for i in range(PERIODS):
            self.past[i] = 0
        clear(self.a[2], 1, 4)
        clear(self.a[3], 1, 4)
        self._start()

    def possible(self, period, number):
        """Whether a window of so many periods of so many seconds can be had."""
        return 1 <= period <= WINDOW and 1 <= number <= PERIODS and period * number <= WINDOW

    def window(self, period, number):
        """Average over so many periods of so many seconds from now on."""
        self.period = period
        self.number = number
        put32(self.a[8], 1, period)
        put16(self.a[9], 1, number)

    def set(self, k, buf, off, end, aa, commit):
        """period and number_of_periods; a new one resets."""
        if k != 8 and k != 9:
            return READ_WRITE_DENIED
        if buf[off] != self.a[k][0]:
            return TYPE_UNMATCHED
        period = get32(buf, off + 1) if k == 8 else self.period
        number = get16(buf, off + 1) if k == 9 else self.number
        if not self.possible(period, number):
            return OUT_OF_RANGE
        if commit:
            self.window(period, number)
            self.reset()
        return SUCCESS

    def act(self, m, buf, off, end, out, o, aa):
        if not no_parameter(buf, off, end):
            return -TYPE_UNMATCHED
        if m == 1:
            self.reset()
        else:
            self.period_end()
        return o
