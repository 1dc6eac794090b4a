"""The event log: what happened to the meter, with its time.

A row is the clock and an event code; the code of the last event is also a Data object. The
numbering follows the common use of European meters: 1 power down, 2 power up, 3 daylight saving
time begins or ends, 4 and 5 clock adjusted (old and new time), 60 to 64 operation of the
disconnector, 255 log cleared.
"""

from micropython import const

from cosem.profile_generic import ProfileGeneric

POWER_DOWN = const(1)
POWER_UP = const(2)
DST_CHANGED = const(3)
CLOCK_ADJUSTED_OLD = const(4)
CLOCK_ADJUSTED_NEW = const(5)
CLEARED = const(255)
# by command of `cosem.disconnect_control`: remote disconnect and reconnect, manual ones, local ones
SUPPLY = bytes((62, 63, 60, 61, 64, 59))


class EventLog(ProfileGeneric):
    """A Profile generic that is fed by `log`. code: the encoded value of the Data object that the
    second column captures. `listener` hears of each entry by `event_logged(code)`.
    """

    def __init__(self, rows, captured, clock, code):
        ProfileGeneric.__init__(self, rows, captured, 0, clock)
        self.code = code
        self.listener = None

    def log(self, code):
        """Append a row with this event and the present time."""
        self.code[1] = code
        self.clock.render()
        self.capture()
        if self.listener:
            self.listener.event_logged(code)

    def act(self, m, buf, off, end, out, o, aa):
        result = ProfileGeneric.act(self, m, buf, off, end, out, o, aa)
        if result == o and m == 1:
            self.log(CLEARED)
        return result
