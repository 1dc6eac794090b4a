"""Plain twins of `integration_viper`: the contract of every function, for CPython and
for interpreters without an emitter.

`now` is what a source measures, an array("i") of SIZE numbers, in which
every number stays below 2**30:

    0   power L1 L2 L3      W
    3   reactive L1 L2 L3   var
    6   voltage L1 L2 L3    0.1 V
    9   current L1 L2 L3    0.01 A
    12  generation          W
    13  frequency           0.01 Hz
    14  flow of channels    W and var, five
    19  noise               for `household` alone

The channels, in `flow` and in `energy`: import, export, reactive
import, reactive export, generation.
"""

POWER = 0
REACTIVE = 3
VOLTAGE = 6
CURRENT = 9
GENERATION = 12
FREQUENCY = 13
FLOW = 14
NOISE = 19
SIZE = 33

CHANNELS = 5
MWH = 36  # tenths of a joule in a mWh
_NOON = 740  # minute of the day at which the sun stands highest
_MIDSUMMER = 172  # day of the year
_PANEL = 6200  # W, generation on a clear midsummer noon

# What `household` asks of chance: (minutes for which the answer holds, number of
# the question), in the order of NOISE
QUESTIONS = (
    b"\x3c\x0b\x05\x0c\x05\x01\x01\x14\x01\x15\x01\x16\x0a\x02\x3c\x03\x0f\x04\x3c\x05\x01\x1e\x01\x1f\x01\x20\x01\x28"
)
_CLEAR, _CLOUD, _BASE, _LOAD, _KETTLE, _WASH, _WASHING, _HEAT, _GRID, _HERTZ = 0, 1, 2, 3, 6, 7, 8, 9, 10, 13


def household(now, day, minute, seed, connected, hours, questions):
    """Set every value of `now` for the slot that begins at a minute of a local day.

    A function of seed, day and minute and of nothing else. hours: base load by hour in units of 10
    W. questions: QUESTIONS. connected: 0 when the disconnector is open, and nothing flows.
    """
    base = ((seed ^ day & 0x7FFF) * 31821 + 13849) & 0x7FFF
    for i in range(len(questions) // 2):
        # 0 … 4095
        h = ((base ^ minute // questions[2 * i]) * 31821 + 13849) & 0x7FFF
        h = ((h ^ h >> 7 ^ questions[2 * i + 1]) * 28629 + 12345) & 0x7FFF
        h = ((h ^ h >> 6) * 31821 + 6925) & 0x7FFF
        now[NOISE + i] = h >> 3
    if connected:
        now[GENERATION] = _sun(now, day, minute)
        _load(now, minute, hours)
    else:
        now[GENERATION] = 0
        for i in range(3):
            now[POWER + i] = now[REACTIVE + i] = 0
    for i in range(3):
        # the voltage falls with the load of its phase; the current follows from the apparent power
        now[VOLTAGE + i] = 2318 - now[POWER + i] // 150 + now[NOISE + _GRID + i] * 24 // 4096
        now[CURRENT + i] = _apparent(now[POWER + i], now[REACTIVE + i]) * 1000 // now[VOLTAGE + i]
    now[FREQUENCY] = 4997 + now[NOISE + _HERTZ] * 7 // 4096
    # the meter counts the sum of the phases: import or export, never both at once
    active = now[POWER] + now[POWER + 1] + now[POWER + 2]
    reactive = now[REACTIVE] + now[REACTIVE + 1] + now[REACTIVE + 2]
    for i, value in ((0, active), (1, -active), (2, reactive), (3, -reactive), (4, now[GENERATION])):
        now[FLOW + i] = max(value, 0)


def _sun(now, day, minute):
    """W of the solar generation: a parabola over the day, longer and
    higher in summer, less the clouds.
    """
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
    clear = 40 + now[NOISE + _CLEAR] * 60 // 4096
    return peak * (clear - now[NOISE + _CLOUD] * 12 // 4096) // 100


def _load(now, minute, hours):
    """Distribute base load, appliances and generation over the phases."""
    base = hours[minute // 60] * 10
    base = base * (70 + now[NOISE + _BASE] * 60 // 4096) // 100
    for i in range(3):
        watt = base // 3 + now[NOISE + _LOAD + i] * 30 // 4096
        reactive = watt * 30 // 100 - 45
        if i == 0 and now[NOISE + _KETTLE] < base * 2:
            watt += 2100  # kettle, stove
        elif i == 1 and minute >= 480 and now[NOISE + _WASH] < 900:
            watt += 900 + now[NOISE + _WASHING] * 1100 // 4096  # washing machine, dishwasher
            reactive += 160
        elif i == 2 and minute % 60 < 25 + now[NOISE + _HEAT] * 20 // 4096:
            watt += 640  # heat pump
            reactive += 330
        now[POWER + i] = watt - now[GENERATION] // 3
        now[REACTIVE + i] = reactive


def _apparent(p, q):
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


def flow(now, rest, energy, seconds):
    """What flows in `seconds`, into energy[0:5] in mWh; rest[0:5] are the tenths
    of a joule that are not a mWh yet.
    """
    for c in range(CHANNELS):
        joule = rest[c] + now[FLOW + c] * seconds * 10
        energy[c] = joule // MWH
        rest[c] = joule % MWH


def book(energy, rest, registers, tariff):
    """Count energy[0:5] in mWh into the registers, double-long-unsigned of five octets
    each, in Wh; rest are the mWh left over.

    Registers: the five channels, import T1, T2, export T1, T2. tariff: 0 or 1.
    """
    for i in range(CHANNELS + 2):
        milli = energy[i if i < CHANNELS else i - CHANNELS]
        r = i if i < CHANNELS else CHANNELS + 2 * (i - CHANNELS) + tariff
        milli += rest[r]
        rest[r] = milli % 1000
        at = 5 * r + 1
        value = int.from_bytes(registers[at : at + 4], "big") + milli // 1000
        registers[at : at + 4] = bytes((value >> 24 & 255, value >> 16 & 255, value >> 8 & 255, value & 255))


def show(now, values):
    """Write the measured values as A-XDR numbers to values, each after its tag:
    `metrology.INSTANTANEOUS` has types and order.
    """

    def put(at, n, value):
        for i in range(n):
            values[at + i] = value >> 8 * (n - 1 - i) & 255

    p = now[POWER] + now[POWER + 1] + now[POWER + 2]
    q = now[REACTIVE] + now[REACTIVE + 1] + now[REACTIVE + 2]
    s = _apparent(p, q)
    at = 1
    for value in (max(p, 0), max(-p, 0), p, max(q, 0), max(-q, 0), s):
        put(at, 4, value)
        at += 5
    put(31, 2, max(p, -p) * 1000 // s if s else 1000)
    put(34, 2, now[FREQUENCY])
    put(37, 4, now[GENERATION])
    for i in range(3):
        put(42 + 5 * i, 4, max(now[POWER + i], 0))
        put(57 + 5 * i, 4, max(-now[POWER + i], 0))
        put(72 + 3 * i, 2, now[VOLTAGE + i])
        put(81 + 3 * i, 2, now[CURRENT + i])


def until(periodic, slot, second, most):
    """Seconds that may pass in one step: to the next slot, end of a period or midnight, or `most`."""
    n = min(slot - second % slot, 86400 - second, most)
    for o in periodic:
        if o.period and o.period - second % o.period < n:
            n = o.period - second % o.period
    return n


def due(periodic, second):
    """Whether a period of any of these ends at a second of the day."""
    for o in periodic:
        if o.period and second % o.period == 0:
            return True
    return False
