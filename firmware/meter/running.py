"""The values that go on by themselves, as one record of the journal: energies with their
remainders, demand, maxima, clock. Loaded only where a store runs.

    0    1   version of this layout
    1    1   1: the ends of periods at this second are still to come (`Meter.second`)
    2    8   the instant: day since 2000, second
    10   1   clock status
    11   4   seconds of the machine's clock
    15   1   status of the load profile
    16   4   billing period counter
    20   1   tariff, 0 or 1
    21   2   octets of the energies, registers as they are encoded
    23   1   numbers that follow them, four octets each: mWh of each register that are no Wh yet, then
             what the source has left over
         1   demand registers; each: last average (5), capture time (14), start of the period (14), period in s (4),
             number of periods (2), mWh of the running period (4) and of the past ones (4 each)
             … and its maximum: value (5), time (14)
         1   profiles; each: sequence number of its newest row (4)

All numbers are big-endian and below 2**30, but octets that are copied as they stand.
"""

from micropython import const

from dlms.codec.octets import copy, get16, get32, put16, put32

VERSION = const(1)
DUE = const(1)  # offsets
_INSTANT = const(2)
_CLOCK = const(10)
_MACHINE = const(11)
_STATUS = const(15)
_BILLING = const(16)
_TARIFF = const(20)
_ENERGIES = const(21)
_DEMAND = const(62)  # octets of a demand register without its past periods, with its maximum


class Running:
    """meter: the Meter. machine: four octets, seconds of the machine's clock, kept up to date by
    the keeper. profiles: those whose rows are kept.
    """

    def __init__(self, meter, machine, profiles):
        self.meter = meter
        self.machine = machine
        self.profiles = profiles
        self.lasts = [0] * len(profiles)  # newest rows as the record that was taken knows them
        self.due = False  # … and its DUE

    def pack(self, buf, due):
        """Write the record to buf[0:]; returns its octets. Allocates nothing."""
        meter = self.meter
        clock = meter.clock
        buf[0] = VERSION
        buf[DUE] = due
        put32(buf, _INSTANT, clock.day)
        put32(buf, _INSTANT + 4, clock.second)
        buf[_CLOCK] = clock.a[4][1]
        copy(buf, _MACHINE, self.machine, 0, 4)
        buf[_STATUS] = meter.status[1]
        copy(buf, _BILLING, meter.billing_periods, 1, 4)
        buf[_TARIFF] = meter.metrology.tariff
        off = self._pack_energies(buf, _ENERGIES)
        buf[off] = len(meter.demand)
        off += 1
        i = 0
        while i < len(meter.demand):
            off = self._pack_demand(meter.demand[i], buf, off)
            i += 1
        buf[off] = len(self.profiles)
        off += 1
        i = 0
        while i < len(self.profiles):
            put32(buf, off, self.profiles[i].rows.last)
            off += 4
            i += 1
        return off

    def _pack_energies(self, buf, off):
        metrology = self.meter.metrology
        n = len(metrology.registers)
        put16(buf, off, n)
        copy(buf, off + 3, metrology.registers, 0, n)
        numbers = off + 2
        off = pack_numbers(metrology.rest, buf, off + 3 + n)
        off = pack_numbers(metrology.source.rest, buf, off)
        buf[numbers] = len(metrology.rest) + len(metrology.source.rest)
        return off

    def _pack_demand(self, register, buf, off):
        """Write a demand register and its maximum to buf[off:]; returns the offset after them."""
        a = register.a
        copy(buf, off, a[3], 0, 5)
        copy(buf, off + 5, a[6], 0, 14)
        copy(buf, off + 19, a[7], 0, 14)
        put32(buf, off + 33, register.period)
        put16(buf, off + 37, register.number)
        put32(buf, off + 39, register.sum)
        off = self._pack_maximum(register.maximum, buf, off + 43)
        i = 0
        while i < register.number - 1:
            put32(buf, off, register.past[i])
            off += 4
            i += 1
        return off

    def _pack_maximum(self, highest, buf, off):
        copy(buf, off, highest.a[2], 0, 5)
        copy(buf, off + 5, highest.a[5], 0, 14)
        return off + 19

    # -- back --------------------------------------------------------------------------------------

    def fits(self, buf, end):
        """Whether buf[0:end] is a record that this firmware wrote, or one with as many energies,
        demand registers and profiles did.
        """
        metrology = self.meter.metrology
        n = len(metrology.rest) + len(metrology.source.rest)
        off = _ENERGIES + 3 + len(metrology.registers) + 4 * n
        if end < off or buf[0] != VERSION or get16(buf, _ENERGIES) != len(metrology.registers):
            return False
        if buf[_ENERGIES + 2] != n or buf[off] != len(self.meter.demand):
            return False
        off += 1
        for register in self.meter.demand:
            if off + _DEMAND > end or not register.possible(get32(buf, off + 33), get16(buf, off + 37)):
                return False
            off += _DEMAND + 4 * (get16(buf, off + 37) - 1)
        return off + 1 + 4 * len(self.profiles) == end and buf[off] == len(self.profiles)

    def unpack(self, buf, end):
        """Take the record buf[0:end], which fits, into the meter."""
        meter = self.meter
        clock = meter.clock
        self.due = buf[DUE] != 0
        clock.day = get32(buf, _INSTANT)
        clock.second = get32(buf, _INSTANT + 4)
        clock.restored(buf[_CLOCK])
        meter.status[1] = buf[_STATUS]
        copy(meter.billing_periods, 1, buf, _BILLING, 4)
        meter.metrology.tariff = buf[_TARIFF]
        meter.tariff[1] = buf[_TARIFF] + 1
        off = self._unpack_energies(buf, _ENERGIES) + 1
        for register in meter.demand:
            off = self._unpack_demand(register, buf, off)
        for i in range(len(self.profiles)):
            self.lasts[i] = get32(buf, off + 1 + 4 * i)
        meter.render()

    def _unpack_energies(self, buf, off):
        metrology = self.meter.metrology
        n = len(metrology.registers)
        copy(metrology.registers, 0, buf, off + 3, n)
        off = unpack_numbers(metrology.rest, buf, off + 3 + n)
        return unpack_numbers(metrology.source.rest, buf, off)

    def _unpack_demand(self, register, buf, off):
        """Take what `_pack_demand` wrote; returns the offset after it."""
        register.window(get32(buf, off + 33), get16(buf, off + 37))
        a = register.a
        copy(a[3], 0, buf, off, 5)
        copy(a[6], 0, buf, off + 5, 14)
        copy(a[7], 0, buf, off + 19, 14)
        register.sum = get32(buf, off + 39)
        highest = register.maximum
        copy(highest.a[2], 0, buf, off + 43, 5)
        copy(highest.a[5], 0, buf, off + 48, 14)
        off += 62
        for i in range(register.number - 1):
            register.past[i] = get32(buf, off)
            off += 4
        return off


def machine_seconds(buf):
    """Seconds of the machine's clock in a record."""
    return get32(buf, _MACHINE)


def pack_numbers(numbers, buf, off):
    """Write whole numbers to buf[off:], four octets each; returns the offset after them."""
    i = 0
    while i < len(numbers):
        put32(buf, off, numbers[i])
        off += 4
        i += 1
    return off


def unpack_numbers(numbers, buf, off):
    """Take numbers that `pack_numbers` wrote; returns the offset after them."""
    for i in range(len(numbers)):
        numbers[i] = get32(buf, off)
        off += 4
    return off
