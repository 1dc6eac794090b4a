"""A simulated household behind a three-phase meter: the metrology source of a meter without a measuring chip.

A source is asked to let time pass (`advance`) and tells what flowed meanwhile: `energy` holds the increments in mWh
(mvarh) of the channels IMPORT, EXPORT, REACTIVE_IMPORT, REACTIVE_EXPORT and GENERATION, whole numbers with the
fraction carried on, and the instantaneous values stand in `power`, `reactive`, `voltage`, `current` (lists of the
three phases), `generation`, `frequency`. `connected` is what the disconnector does.

The household is a function of seed, day and minute and of nothing else, constant within a slot of `slot` seconds:
however the seconds are dealt out, the same energies come of it. All numbers stay below 2**30 and nothing is
allocated. Load follows the hour of local time with appliances switched at random; the sun follows season, hour and
clouds.
"""

from micropython import const

IMPORT = const(0)
EXPORT = const(1)
REACTIVE_IMPORT = const(2)
REACTIVE_EXPORT = const(3)
GENERATION = const(4)
CHANNELS = const(5)

_NOON = const(740)  # minute of the day at which the sun stands highest
_MIDSUMMER = const(172)  # day of the year
_PANEL = const(6200)  # W, generation on a clear midsummer noon
_MWH = const(36)  # tenths of a joule in a mWh
# household load without the large appliances, in units of 10 W, by hour
_HOURS = b"\x12\x10\x0f\x0f\x10\x14\x2a\x38\x30\x24\x20\x26\x34\x2c\x24\x22\x26\x38\x4c\x54\x4e\x40\x2c\x1a"


class Simulation:
    """seed: any integer. One call to `advance` must not cross a slot, that is, a multiple of `slot` seconds of the
    day.
    """

    slot = 60

    def __init__(self, seed):
        self.energy = [0] * CHANNELS
        self.power = [0] * 3  # W, import positive
        self.reactive = [0] * 3  # var, inductive import positive
        self.voltage = [2300] * 3  # 0.1 V
        self.current = [0] * 3  # 0.01 A
        self.generation = 0  # W
        self.frequency = 5000  # 0.01 Hz
        self.connected = True
        self.seed = (seed ^ seed >> 15 ^ seed >> 30) & 0x7FFF
        self._rest = [0] * CHANNELS  # tenths of a joule that are not a mWh yet
        self._flow = [0] * CHANNELS  # W and var, by channel
        self._day = -1
        self._minute = -1
        self._base = 0

    def advance(self, day, second, seconds):
        """Let `seconds` (1 to `slot`) pass from this second of local time on."""
        minute = second // self.slot * self.slot // 60
        if minute != self._minute or day != self._day:
            self._compute(day, minute)
        for c in range(CHANNELS):
            rest = self._rest[c] + self._flow[c] * seconds * 10
            self.energy[c] = rest // _MWH
            self._rest[c] = rest % _MWH

    def switch(self, connected):
        """The disconnector opens or closes: without supply nothing flows, and the inverter stops with it."""
        self.connected = connected
        if self._minute >= 0:
            self._compute(self._day, self._minute)

    def _noise(self, a, b):
        """0 … 4095, a fixed function of seed, day, a and b."""
        h = ((self._base ^ a) * 31821 + 13849) & 0x7FFF
        h = ((h ^ h >> 7 ^ b) * 28629 + 12345) & 0x7FFF
        h = ((h ^ h >> 6) * 31821 + 6925) & 0x7FFF
        return h >> 3

    def _compute(self, day, minute):
        """Set every value for the slot that begins at a minute of a local day."""
        self._day = day
        self._minute = minute
        self._base = ((self.seed ^ day & 0x7FFF) * 31821 + 13849) & 0x7FFF
        if self.connected:
            self.generation = self._sun(day, minute)
            self._load(minute)
        else:
            self.generation = 0
            for i in range(3):
                self.power[i] = self.reactive[i] = 0
        self._grid(minute)
        self._sum()

    def _sun(self, day, minute):
        """W of the solar generation: a parabola over the day, longer and higher in summer, less the clouds."""
        off = day % 1461 % 365 - _MIDSUMMER
        if off < 0:
            off = -off
        if off > 183:
            off = 365 - off
        half = 480 - off * 240 // 183
        x = minute - _NOON
        if not -half < x < half:
            return 0
        peak = (_PANEL - off * 20) * ((half * half - x * x) * 1000 // (half * half)) // 1000
        clear = 40 + self._noise(minute // 60, 11) * 60 // 4096
        return peak * (clear - self._noise(minute // 5, 12) * 12 // 4096) // 100

    def _load(self, minute):
        """Distribute base load, appliances and generation over the phases."""
        base = _HOURS[minute // 60] * 10
        base = base * (70 + self._noise(minute // 5, 1) * 60 // 4096) // 100
        for i in range(3):
            watt = base // 3 + self._noise(minute, 20 + i) * 30 // 4096
            reactive = watt * 30 // 100 - 45
            if i == 0 and self._noise(minute // 10, 2) < base * 2:
                watt += 2100  # kettle, stove
            elif i == 1 and minute >= 480 and self._noise(minute // 60, 3) < 900:
                watt += 900 + self._noise(minute // 15, 4) * 1100 // 4096  # washing machine, dishwasher
                reactive += 160
            elif i == 2 and minute % 60 < 25 + self._noise(minute // 60, 5) * 20 // 4096:
                watt += 640  # heat pump
                reactive += 330
            self.power[i] = watt - self.generation // 3
            self.reactive[i] = reactive

    def _grid(self, minute):
        """Voltage falls with the load of its phase; current follows from apparent power."""
        for i in range(3):
            self.voltage[i] = 2318 - self.power[i] // 150 + self._noise(minute, 30 + i) * 24 // 4096
            self.current[i] = apparent(self.power[i], self.reactive[i]) * 1000 // self.voltage[i]
        self.frequency = 4997 + self._noise(minute, 40) * 7 // 4096

    def _sum(self):
        """The meter counts the sum of the phases: import or export, never both at once."""
        active = self.power[0] + self.power[1] + self.power[2]
        reactive = self.reactive[0] + self.reactive[1] + self.reactive[2]
        self._flow[IMPORT] = max(active, 0)
        self._flow[EXPORT] = max(-active, 0)
        self._flow[REACTIVE_IMPORT] = max(reactive, 0)
        self._flow[REACTIVE_EXPORT] = max(-reactive, 0)
        self._flow[GENERATION] = self.generation


def apparent(p, q):
    """Whole square root of p² + q², both below 20000 in magnitude."""
    n = p * p + q * q
    if n == 0:
        return 0
    x = max(p, -p) + max(q, -q)
    while True:
        y = (x + n // x) // 2
        if y >= x:
            return x
        x = y
