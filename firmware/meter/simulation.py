"""A simulated household behind a three-phase meter: the metrology source of
a meter without a measuring chip.

A source lets time pass when it is asked to (`advance`), and shows what flowed meanwhile. `energy`
has the increments of the channels IMPORT, EXPORT, REACTIVE_IMPORT, REACTIVE_EXPORT and GENERATION
in mWh (mvarh), whole numbers; the fraction is carried on. `now` has the instantaneous values, whose
layout is in `integration_plain`. `connected` is what the disconnector does. `rest` is the array of
what is not energy yet, which a store keeps.

The household is a function of seed, day and minute and of nothing else, constant within a slot of
`slot` seconds: however the seconds are dealt out, the same energies come of it. All numbers stay
below 2**30 and nothing is allocated. Load follows the hour of local time with appliances switched
at random; the sun follows season, hour and clouds.
"""

from array import array

from micropython import const

from meter.integration import flow, household

IMPORT = const(0)
EXPORT = const(1)
REACTIVE_IMPORT = const(2)
REACTIVE_EXPORT = const(3)
GENERATION = const(4)
CHANNELS = const(5)
NOW = const(33)  # as `integration_plain.SIZE`

# household load without the large appliances, in units of 10 W, by hour
_HOURS = b"\x12\x10\x0f\x0f\x10\x14\x2a\x38\x30\x24\x20\x26\x34\x2c\x24\x22\x26\x38\x4c\x54\x4e\x40\x2c\x1a"
# as `integration_plain.QUESTIONS`
_QUESTIONS = (
    b"\x3c\x0b\x05\x0c\x05\x01\x01\x14\x01\x15\x01\x16\x0a\x02\x3c\x03\x0f\x04\x3c\x05\x01\x1e\x01\x1f\x01\x20\x01\x28"
)


class Simulation:
    """seed: any integer. One call to `advance` must not cross a slot, that is, a
    multiple of `slot` seconds of the day.
    """

    slot = 60

    def __init__(self, seed):
        self.energy = array("i", [0] * CHANNELS)
        self.now = array("i", [0] * NOW)
        self.connected = True
        self.seed = (seed ^ seed >> 15 ^ seed >> 30) & 0x7FFF
        self.rest = array("i", [0] * CHANNELS)  # tenths of a joule that are not a mWh yet
        self._day = -1
        self._minute = -1
        # before the first slot: nothing flows, and the grid is there
        self.now[6] = self.now[7] = self.now[8] = 2300
        self.now[13] = 5000

    def advance(self, day, second, seconds):
        """Let `seconds` (1 to `slot`) pass from this second of local time on."""
        minute = second // self.slot * self.slot // 60
        if minute != self._minute or day != self._day:
            self._compute(day, minute)
        flow(self.now, self.rest, self.energy, seconds)

    def recall(self, day, second):
        """Show what flowed in the slot of a second, without letting time
        pass: a start goes on there.
        """
        self._compute(day, second // self.slot * self.slot // 60)

    def switch(self, connected):
        """The disconnector opens or closes: without supply nothing flows,
        and the inverter stops with it.
        """
        self.connected = connected
        if self._minute >= 0:
            self._compute(self._day, self._minute)

    def _compute(self, day, minute):
        """Set every value for the slot that begins at a minute of a local day."""
        self._day = day
        self._minute = minute
        household(self.now, day, minute, self.seed, 1 if self.connected else 0, _HOURS, _QUESTIONS)
