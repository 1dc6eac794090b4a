"""The status LED: one pattern for each state of the meter, readable from across the room.

starting       on
joining        quick blinking: the access point is being asked
offline        one short flash a second: waiting before the next attempt
serving        one short flash every two seconds
unprovisioned  two short flashes a second: there is no wifi.json
"""

import machine

_STEP = 100  # milliseconds
STARTING = b"\x01"
JOINING = b"\x01\x00"
OFFLINE = b"\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00"
SERVING = b"\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
UNPROVISIONED = b"\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"


class Led:
    """pin: what `machine.Pin` takes. on: level at which it shines."""

    def __init__(self, pin, on):
        self.on = on
        self.pattern = STARTING
        self.step = 0
        self.ms = 0
        self.lit = 1
        self.pin = machine.Pin(pin, machine.Pin.OUT, value=on)

    def show(self, pattern):
        """Begin a pattern, one octet a tenth of a second; goes on with it
        when it is the present one.
        """
        if pattern is not self.pattern:
            self.pattern = pattern
            self.step = 0
            self.ms = 0
            self.light(pattern[0])

    def tick(self, ms):
        """Let time pass. The pin is touched on a change only: that of a
        Pico W hangs on the radio's bus.
        """
        self.ms += ms
        if self.ms >= _STEP:
            self.step = (self.step + self.ms // _STEP) % len(self.pattern)
            self.ms %= _STEP
            self.light(self.pattern[self.step])

    def light(self, lit):
        if lit != self.lit:
            self.lit = lit
            self.pin.value(self.on if lit else 1 - self.on)
