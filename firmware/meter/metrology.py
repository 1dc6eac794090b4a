"""The measured quantities: where they stand encoded, and how a source's increments become registers.

Registers are A-XDR values in bytearrays, changed in place: energies grow by whole Wh with the rest in mWh carried on,
so that no fraction is lost; instantaneous values are rewritten when they are about to be read or captured.
"""

from micropython import const

from dlms import axdr
from dlms.octets import add32, put16, put32
from meter.simulation import CHANNELS, EXPORT, IMPORT, apparent

W, VA, VAR, WH, VARH, AMPERE, VOLT, HERTZ, COUNT = 27, 28, 29, 30, 32, 33, 35, 44, 255  # units (REQUIREMENTS F-33)

_T1 = const(5)  # index of the first tariff register (import T1, T2, export T1, T2), behind the channels
# Energies, in the order of the channels of a source and then the tariffs: name -> scaler, unit
ENERGIES = (
    ("A+", 0, WH),
    ("A-", 0, WH),
    ("R+", 0, VARH),
    ("R-", 0, VARH),
    ("G", 0, WH),
    ("A+ T1", 0, WH),
    ("A+ T2", 0, WH),
    ("A- T1", 0, WH),
    ("A- T2", 0, WH),
)
# Instantaneous values: name, encoder of its type, scaler, unit
INSTANTANEOUS = (
    ("P+", axdr.double_long_unsigned, 0, W),
    ("P-", axdr.double_long_unsigned, 0, W),
    ("P", axdr.double_long, 0, W),
    ("Q+", axdr.double_long_unsigned, 0, VAR),
    ("Q-", axdr.double_long_unsigned, 0, VAR),
    ("S", axdr.double_long_unsigned, 0, VA),
    ("PF", axdr.long_unsigned, -3, COUNT),
    ("f", axdr.long_unsigned, -2, HERTZ),
    ("PG", axdr.double_long_unsigned, 0, W),
    ("P+ L1", axdr.double_long_unsigned, 0, W),
    ("P+ L2", axdr.double_long_unsigned, 0, W),
    ("P+ L3", axdr.double_long_unsigned, 0, W),
    ("P- L1", axdr.double_long_unsigned, 0, W),
    ("P- L2", axdr.double_long_unsigned, 0, W),
    ("P- L3", axdr.double_long_unsigned, 0, W),
    ("U L1", axdr.long_unsigned, -1, VOLT),
    ("U L2", axdr.long_unsigned, -1, VOLT),
    ("U L3", axdr.long_unsigned, -1, VOLT),
    ("I L1", axdr.long_unsigned, -2, AMPERE),
    ("I L2", axdr.long_unsigned, -2, AMPERE),
    ("I L3", axdr.long_unsigned, -2, AMPERE),
)
_P_L1 = const(9)  # indices into INSTANTANEOUS
_N_L1 = const(12)
_U_L1 = const(15)
_I_L1 = const(18)


class Metrology:
    """source: what delivers increments (see `meter.simulation`). tariff: 0 or 1, the register that active energy goes
    to beside the total.
    """

    def __init__(self, source):
        self.source = source
        self.tariff = 0
        self.energies = [bytearray(axdr.double_long_unsigned(0)) for _ in ENERGIES]
        self.values = [bytearray(row[1](0)) for row in INSTANTANEOUS]
        self._rest = [0] * len(ENERGIES)  # mWh that are not a Wh yet

    def quantity(self, name):
        """(value, scaler, unit) of a quantity of the two tables; for the object list."""
        for i in range(len(ENERGIES)):
            if ENERGIES[i][0] == name:
                return self.energies[i], ENERGIES[i][1], ENERGIES[i][2]
        for i in range(len(INSTANTANEOUS)):
            if INSTANTANEOUS[i][0] == name:
                return self.values[i], INSTANTANEOUS[i][2], INSTANTANEOUS[i][3]
        raise ValueError("no quantity " + name)

    def integrate(self, day, second, seconds):
        """Let the source advance and book what flowed."""
        source = self.source
        source.advance(day, second, seconds)
        for c in range(CHANNELS):
            if source.energy[c]:
                self._book(c, source.energy[c])
        if source.energy[IMPORT]:
            self._book(_T1 + self.tariff, source.energy[IMPORT])
        if source.energy[EXPORT]:
            self._book(_T1 + 2 + self.tariff, source.energy[EXPORT])

    def _book(self, i, milli):
        milli += self._rest[i]
        if milli >= 1000:
            add32(self.energies[i], 1, milli // 1000)
            milli %= 1000
        self._rest[i] = milli

    def render(self):
        """Bring the instantaneous values to the source's present ones."""
        source = self.source
        values = self.values
        p = source.power[0] + source.power[1] + source.power[2]
        q = source.reactive[0] + source.reactive[1] + source.reactive[2]
        put32(values[0], 1, max(p, 0))
        put32(values[1], 1, max(-p, 0))
        put16(values[2], 1, p >> 16)
        put16(values[2], 3, p)
        put32(values[3], 1, max(q, 0))
        put32(values[4], 1, max(-q, 0))
        s = apparent(p, q)
        put32(values[5], 1, s)
        put16(values[6], 1, max(p, -p) * 1000 // s if s else 1000)
        put16(values[7], 1, source.frequency)
        put32(values[8], 1, source.generation)
        for i in range(3):
            p = source.power[i]
            put32(values[_P_L1 + i], 1, max(p, 0))
            put32(values[_N_L1 + i], 1, max(-p, 0))
            put16(values[_U_L1 + i], 1, source.voltage[i])
            put16(values[_I_L1 + i], 1, source.current[i])
