"""Register, class 3 version 0, and Extended register, class 4 version 0 (REQUIREMENTS
F-02, F-03): a value with its unit.
"""

from cosem.base import Interface, live, no_parameter
from cosem.clock import NO_TIME
from dlms.codec.errors import READ_WRITE_DENIED, TYPE_UNMATCHED
from dlms.codec.octets import clear, copy


class Register(Interface):
    """Attributes: 2 value, 3 scaler_unit. Method: 1 reset(integer 0).

    `value` is an encoded number in a bytearray, which the meter changes in place; reset sets it to
    zero. `unit` is the encoded scaler_unit (`meter.units`).
    """

    CLASS_ID = 3
    ATTRIBUTES = 3
    METHODS = 1
    CLEARED = 2
    RUNS = (3 + 1,)  # reset

    def __init__(self, value, unit):
        Interface.__init__(self)
        self.a[2] = value
        self.a[3] = unit

    def set(self, k, buf, off, end, aa, commit):
        return READ_WRITE_DENIED if k != 2 else Interface.set(self, k, buf, off, end, aa, commit)

    def act(self, m, buf, off, end, out, o, aa):
        if m != 1:
            return -READ_WRITE_DENIED
        if not no_parameter(buf, off, end):
            return -TYPE_UNMATCHED
        self.reset()
        return o

    def reset(self):
        value = self.a[2]
        clear(value, 1, len(value) - 1)


class ExtendedRegister(Register):
    """As Register, and 4 status, 5 capture_time octet-string[12]; reset also stamps the time.

    `value` is what the value begins with, `clock` the Clock object whose attribute 2 is the time.
    """

    CLASS_ID = 4
    ATTRIBUTES = 5
    CLEARED = 0
    RUNS = (5 + 1,)

    def __init__(self, value, unit, clock):
        value, time = live(value, NO_TIME)
        Register.__init__(self, value, unit)
        self.clock = clock
        self.a[4] = b"\x11\x00"  # status: none
        self.a[5] = time
        self.stamp()

    def stamp(self):
        """Set capture_time to now."""
        self.clock.render()
        copy(self.a[5], 0, self.clock.a[2], 0, 14)

    def reset(self):
        Register.reset(self)
        self.stamp()
