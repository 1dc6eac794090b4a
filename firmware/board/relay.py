"""The relay that the disconnect control drives (REQUIREMENTS F-23)."""

import machine


class Relay:
    """pin: output that switches the relay's driver. level: that of the pin
    while the supply is connected. connected: whether it is, to begin with.

    The pin takes its level as it becomes an output, so that a start
    does not make the relay chatter.
    """

    def __init__(self, pin, level, connected=True):
        self.level = level
        self.pin = machine.Pin(pin, machine.Pin.OUT, value=level if connected else 1 - level)

    def switch(self, connected):
        """Connect or disconnect the supply."""
        self.pin.value(self.level if connected else 1 - self.level)
