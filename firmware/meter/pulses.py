"""Energy counted by pulses: the metrology source of a board whose input
hangs on another meter's S0 output.

The same contract as `meter.simulation`. One channel is measured, active energy imported;
power is the mean of the last minute and stands in phase L1; voltage, current and
frequency are not measured and read 0.
"""

from array import array

from micropython import const

from meter.simulation import CHANNELS, IMPORT, NOW

_WINDOW = const(60)  # seconds
_KWH = const(1000000)  # mWh
_PART = const(500)  # pulses turned into energy at once, so that no number leaves 30 bits


class Pulses:
    """take: function that returns the pulses since its last call.
    per_kwh: pulses a kWh, 1 to 100000.
    """

    slot = _WINDOW

    def __init__(self, take, per_kwh):
        self.energy = array("i", [0] * CHANNELS)
        self.now = array("i", [0] * NOW)
        self.connected = True
        self.take = take
        self.per_kwh = per_kwh
        self.rest = array("i", [0])  # mWh · per_kwh that are not a mWh yet
        self._flowed = 0  # mWh in the window
        self._seconds = 0

    def advance(self, day, second, seconds):
        """Let `seconds` pass and book the pulses that came meanwhile."""
        n = self.take()
        milli = 0
        while n > 0:
            part = n if n < _PART else _PART
            n -= part
            rest = self.rest[0] + part * _KWH
            milli += rest // self.per_kwh
            self.rest[0] = rest % self.per_kwh
        self.energy[IMPORT] = milli
        self._flowed += milli
        self._seconds += seconds
        if self._seconds >= _WINDOW:
            # mWh · 3600 / 1000 / s
            self.now[0] = self._flowed // self._seconds * 18 // 5
            self._flowed = 0
            self._seconds = 0

    def recall(self, day, second):
        """Nobody knows the power of before the start."""

    def switch(self, connected):
        """The disconnector opens or closes. What flows shows itself in the pulses."""
        self.connected = connected
