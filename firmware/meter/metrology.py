"""The measured quantities: where they stand encoded, and how a
source's increments become registers.

Registers are A-XDR values in bytearrays, changed in place: energies grow by whole Wh with the
rest in mWh carried on, so that no fraction is lost; instantaneous values are rewritten when
they are about to be read or captured.
"""

from array import array

from micropython import const

from cosem.base import live
from meter.integration import book, show

# scaler_unit (REQUIREMENTS F-33): structure {scaler integer, unit enum},
# `02 02 | 0F scaler | 16 unit`, for value · 10**scaler in the unit. Written out, because constants
# take no heap when the firmware is frozen into an image; so do the tables made of them.
_W = const(b"\x02\x02\x0f\x00\x16\x1b")
_VA = const(b"\x02\x02\x0f\x00\x16\x1c")
_VAR = const(b"\x02\x02\x0f\x00\x16\x1d")
_WH = const(b"\x02\x02\x0f\x00\x16\x1e")
_VARH = const(b"\x02\x02\x0f\x00\x16\x20")
_DECIVOLT = const(b"\x02\x02\x0f\xff\x16\x23")  # 0.1 V
_CENTIAMPERE = const(b"\x02\x02\x0f\xfe\x16\x21")  # 0.01 A
_CENTIHERTZ = const(b"\x02\x02\x0f\xfe\x16\x2c")  # 0.01 Hz
_PER_MILLE = const(b"\x02\x02\x0f\xfd\x16\xff")  # 0.001, a count
# types, with no value yet
_U16 = const(b"\x12\x00\x00")  # long-unsigned
_U32 = const(b"\x06\x00\x00\x00\x00")  # double-long-unsigned
_I32 = const(b"\x05\x00\x00\x00\x00")  # double-long

# Energies, in the order of the channels of a source and then the tariffs: name, type, scaler_unit
ENERGIES = (
    ("A+", _U32, _WH),
    ("A-", _U32, _WH),
    ("R+", _U32, _VARH),
    ("R-", _U32, _VARH),
    ("G", _U32, _WH),
    ("A+ T1", _U32, _WH),
    ("A+ T2", _U32, _WH),
    ("A- T1", _U32, _WH),
    ("A- T2", _U32, _WH),
)
# Instantaneous values
INSTANTANEOUS = (
    ("P+", _U32, _W),
    ("P-", _U32, _W),
    ("P", _I32, _W),
    ("Q+", _U32, _VAR),
    ("Q-", _U32, _VAR),
    ("S", _U32, _VA),
    ("PF", _U16, _PER_MILLE),
    ("f", _U16, _CENTIHERTZ),
    ("PG", _U32, _W),
    ("P+ L1", _U32, _W),
    ("P+ L2", _U32, _W),
    ("P+ L3", _U32, _W),
    ("P- L1", _U32, _W),
    ("P- L2", _U32, _W),
    ("P- L3", _U32, _W),
    ("U L1", _U16, _DECIVOLT),
    ("U L2", _U16, _DECIVOLT),
    ("U L3", _U16, _DECIVOLT),
    ("I L1", _U16, _CENTIAMPERE),
    ("I L2", _U16, _CENTIAMPERE),
    ("I L3", _U16, _CENTIAMPERE),
)


class Metrology:
    """source: what delivers increments (see `meter.simulation`). tariff: 0 or 1, the register that
    active energy goes to beside the total.
    """

    def __init__(self, source):
        self.source = source
        self.tariff = 0
        self.registers, *self.energies = live(*[row[1] for row in ENERGIES], whole=True)
        self._shown, *self.values = live(*[row[1] for row in INSTANTANEOUS], whole=True)
        self.rest = array("i", [0] * len(ENERGIES))  # mWh that are not a Wh yet

    def quantity(self, name):
        """(value, scaler_unit) of a quantity of the two tables; for the object list."""
        for table, values in ((ENERGIES, self.energies), (INSTANTANEOUS, self.values)):
            for i in range(len(table)):
                if table[i][0] == name:
                    return values[i], table[i][2]
        raise ValueError("no quantity " + name)

    def integrate(self, day, second, seconds):
        """Let the source advance and book what flowed."""
        source = self.source
        source.advance(day, second, seconds)
        book(source.energy, self.rest, self.registers, self.tariff)

    def render(self):
        """Bring the instantaneous values to the source's present ones."""
        show(self.source.now, self._shown)
