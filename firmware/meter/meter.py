"""The reference meter put together: its parts, its objects, and the passing of time.

`build(config)` makes it; the application then calls `backfill()` once and `tick(ms)` about ten times a second.
Simulated time advances by ms · rate in whole seconds; what happens at a second (a slot of the simulation, the end of
a demand period, a capture, midnight) happens exactly there whatever the ticks, so the same seed, start and simulated
time give the same octets.
"""

from micropython import const

import limits
from cosem.association_ln import AssociationLN
from cosem.civil import DAY, YEARS, day_number, month_length
from cosem.clock import Clock
from cosem.demand_register import DemandRegister
from cosem.directory import CURRENT_ASSOCIATION, Directory, obis
from cosem.disconnect_control import CONNECTED, DisconnectControl
from cosem.ip_setup import TcpUdpSetup
from cosem.register import ExtendedRegister
from cosem.rights import Rights
from dlms import axdr
from dlms.conformance import LN_SERVICES
from dlms.octets import add32, copy
from dlms.security import LOW, LOWEST
from meter import events, objects
from meter.access import rights, widest
from meter.addresses import ipv4, ipv6, mask
from meter.metrology import Metrology
from meter.simulation import EXPORT, IMPORT, Simulation
from version import VERSION

# Most integration steps of one tick. At a step a slot and ten ticks a second any rate is kept; a profile that captures more often
# than once a minute makes the steps shorter, and simulated time then falls behind a high rate.
STEPS = const(150)
BEHIND = const(2678400)  # seconds of simulated time, 31 days: what is owed beyond is given up
BACKFILL_SLOT = const(300)  # seconds of a simulation slot before READY, and after
SLOT = const(60)
MSS = const(1460)
# status of a load profile row (0.0.96.10.1.255): what happened in its period
STATUS_DST = const(0x08)
STATUS_CLOCK_ADJUSTED = const(0x20)
STATUS_POWER_UP = const(0x80)
_MANUFACTURER = b"ZZZ"  # not a registered FLAG id: this meter is for learning and testing


def build(config, source=None):
    """The meter that a configuration describes.

    config: object with `start` (ISO date-time in UTC, or None for the host's clock), `seed` (integer), `rate`
    (simulated seconds a second), `backfill_days`, `serial` (eight digits), `depth` (load profile rows, 0 for the
    board's limit), `device2` (wPort of the second logical device), `tariff1_from`, `tariff1_to` (hours of local time),
    `secrets` (association name -> octets), `port`, `inactivity` (seconds), `bind` (list of addresses). Their ranges are
    the application's to check (`config`); ValueError says why a start or an object list cannot be taken.

    source: where the energy comes from; None for a simulated household.
    """
    return Meter(config, source or Simulation(config.seed))


def read_start(text):
    """(day, second) of "2026-01-31T12:00:00Z" or of a date alone; ValueError says what is wrong. None means now."""
    if text is None:
        import time

        now = time.gmtime()
        if not 2000 <= now[0] < 2000 + YEARS:
            raise ValueError("start: the clock of this machine says %d, not 2000 to 2099; give a start" % now[0])
        return day_number(now[0] - 2000, now[1], now[2]), now[3] * 3600 + now[4] * 60 + now[5]
    wrong = ValueError("start: %s is not a UTC date-time such as 2026-01-31T12:00:00Z" % text)
    try:
        date, _, clock = text.replace(" ", "T").rstrip("Z").partition("T")
        year, month, day = [int(part) for part in date.split("-")]
        hour, minute, second = [int(part) for part in (clock or "0:0:0").split(":")]
    except (AttributeError, ValueError):
        raise wrong
    if not 2000 <= year < 2000 + YEARS:
        raise ValueError("start: %s is not in the years 2000 to 2099" % text)
    if not (1 <= month <= 12 and 1 <= day <= month_length(year - 2000, month)):
        raise wrong
    if not (0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60):
        raise wrong
    return day_number(year - 2000, month, day), hour * 3600 + minute * 60 + second


class Meter:
    """devices: list of (server wPort, Directory). associations: list of AssociationLN. counters, uptime: four octets
    each, big-endian. lost: the same, seconds of simulated time given up because the rate could not be kept.
    """

    MAC_NAME = obis("0.0.25.2.0.255")

    def __init__(self, config, source):
        self.rate = config.rate
        # hours of local time from which and until which tariff 1 counts, over midnight too; tariff 2 else
        self.day_from = config.tariff1_from
        self.day_to = config.tariff1_to
        self.version = VERSION.encode()
        self.serial = config.serial.encode()
        self.depth = config.depth or limits.ROWS
        self.wports = (objects.MANAGEMENT_DEVICE, config.device2)
        self.counters = bytearray(4)
        self.uptime = bytearray(4)
        self.lost = bytearray(4)
        self.tariff = bytearray(axdr.unsigned(1))
        self.status = bytearray(axdr.unsigned(0))
        self.event = bytearray(axdr.unsigned(0))
        self.billing_periods = bytearray(axdr.double_long_unsigned(0))
        self.source = source
        self.relay = None  # function(whether the supply is connected) that drives a contactor
        self.metrology = Metrology(self.source)
        day, second = read_start(config.start)
        self.backfill_days = min(config.backfill_days, day)  # time begins with 2000
        self.clock = Clock(day - self.backfill_days, second)
        self.supply = DisconnectControl(2)
        self._demand()
        self._network(config)
        self.periodic = []  # what has a `period` in seconds of local time and a `period_end()`, in the order of their doing
        self._owed = 0  # simulated seconds to integrate
        self._milli = 0
        self._awake = 0  # real milliseconds that are not a second of uptime yet
        self.devices = []
        self.associations = []
        rows = Rights()
        for wport, table in zip(self.wports, objects.LOGICAL_DEVICES):
            self._device(wport, table(self, wport), rows, config.secrets)
        self.events = self._find("0.0.99.98.0.255")
        self.load_profile = self.clock.measuring = self._find("1.0.99.1.0.255")
        self.clock.listener = self
        self.supply.listener = self
        self._switch_tariff()

    def _demand(self):
        """Demand of import and export, and the highest of the day."""
        self.maximum = []
        self.demand = []
        for name in ("P+", "P-"):
            unit = self.metrology.quantity(name)[1]
            highest = ExtendedRegister(bytearray(axdr.double_long_unsigned(0)), unit, self.clock)
            self.maximum.append(highest)
            self.demand.append(DemandRegister(unit, objects.LOAD_PERIOD, self.clock, highest))

    def _network(self, config):
        four = [ipv4(address) for address in config.bind if ":" not in address]
        self.ipv4 = four[0] if four else bytes(4)
        self.mask = mask(self.ipv4)
        self.ipv6 = [ipv6(address) for address in config.bind if ":" in address]
        self.mac = b"\x02\x00" + int(config.serial).to_bytes(4, "big")  # locally administered
        self.tcp_udp = TcpUdpSetup(config.port, obis("0.0.25.1.0.255"), MSS, limits.CONNECTIONS, config.inactivity)

    # -- names -------------------------------------------------------------------------------------

    def title(self, wport):
        """Logical device name: manufacturer id, serial number, wPort; 16 octets (REQUIREMENTS F-32)."""
        return _MANUFACTURER + self.serial + b"%05d" % wport

    def titles(self):
        """(wPort, logical device name) of every logical device."""
        return [(wport, self.title(wport)) for wport in self.wports]

    # -- objects -----------------------------------------------------------------------------------

    def _device(self, wport, table, rows, secrets):
        """Make the objects of a logical device and the associations with it. rows: the access rights of all devices."""
        placed = []
        groups = {CURRENT_ASSOCIATION: objects.ASSOCIATION}
        for cls, text, given, group in table:
            name = obis(text)
            placed.append((name, cls(*given) if isinstance(given, tuple) else given))
            groups[name] = group
        made = len(self.associations)
        for client, _, secret in objects.ASSOCIATIONS:
            mechanism = LOW if secret else LOWEST
            association = AssociationLN(client, wport, mechanism, secrets.get(secret, b""), LN_SERVICES)
            self.associations.append(association)
            name = CURRENT_ASSOCIATION[:4] + bytes((len(self.associations) - made, 255))
            placed.append((name, association))
            groups[name] = objects.INSTANCE_OPEN if mechanism == LOWEST else objects.INSTANCE
        self.periodic.extend([o for _, o in placed if hasattr(o, "period")])
        directory = Directory(placed, rows)
        self.devices.append((wport, directory))
        for _, o in placed:
            o.placed(directory)
        for i in range(directory.n):
            group = groups[directory.table[8 * i : 8 * i + 6]]
            cls = directory.objs[i] or AssociationLN
            directory.limit[i] = rows.row(widest(group, cls))
            for association, (_, place, _) in zip(self.associations[made:], objects.ASSOCIATIONS):
                mask = rights(group[place], cls)
                if mask:
                    association.acc[i] = rows.row(mask)

    def _find(self, text):
        """The object of the management logical device with this logical name."""
        directory = self.devices[0][1]
        return directory.objs[directory.index(obis(text))]

    def show_mac(self, octets):
        """The MAC address of the interface, six octets, is known."""
        copy(self._find("0.0.25.2.0.255").a[2], 2, octets, 0, 6)

    def show_network(self, addresses):
        """The interface has its addresses: texts of address, subnet mask, gateway and DNS server, from DHCP."""
        self._find("0.0.25.1.0.255").configure([ipv4(text) for text in addresses])

    # -- time --------------------------------------------------------------------------------------

    def backfill(self):
        """Live through the days before the start, in coarser steps, and switch the meter on; called once."""
        self.source.slot = BACKFILL_SLOT
        for _ in range(self.backfill_days):
            self._owed = DAY
            self._integrate(DAY)
        self.source.slot = SLOT
        self.events.log(events.POWER_UP)
        self.status[1] |= STATUS_POWER_UP
        self.render()

    def tick(self, ms):
        """Let ms real milliseconds pass; allocates nothing. What one call cannot integrate is left for the next."""
        while ms > 0:
            part = 1000 if ms > 1000 else ms
            ms -= part
            self._milli += part * self.rate
            self._owed += self._milli // 1000
            self._milli %= 1000
            self._awake += part
            if self._awake >= 1000:
                self._awake -= 1000
                add32(self.uptime, 0, 1)
            if self._owed > BEHIND:
                add32(self.lost, 0, self._owed - BEHIND)
                self._owed = BEHIND
        if self._owed:
            self._integrate(STEPS)
            self.render()

    def render(self):
        """Bring what clients read to the present second."""
        self.clock.render()
        self.metrology.render()
        for register in self.demand:
            register.render()

    def _integrate(self, steps):
        clock = self.clock
        energy = self.source.energy
        while self._owed and steps:
            n = self._until(clock.local_second)
            self.metrology.integrate(clock.local_day, clock.local_second, n)
            self.demand[0].add(energy[IMPORT])
            self.demand[1].add(energy[EXPORT])
            self._owed -= n
            clock.advance(n)
            self._second(clock.local_second)
            steps -= 1

    def _until(self, second):
        """Seconds that may pass in one step: to the next slot, period or midnight, or all that is owed."""
        n = self.source.slot - second % self.source.slot
        for o in self.periodic:
            if o.period and o.period - second % o.period < n:
                n = o.period - second % o.period
        if second + n > DAY:
            n = DAY - second
        return min(n, self._owed)

    def _second(self, second):
        """What is due at a second of local time: ends of periods, captures, and at midnight the billing."""
        if self._due(second):
            self.render()
            load = self.load_profile.period
            for o in self.periodic:
                if o.period and second % o.period == 0:
                    o.period_end()
            if load and second % load == 0:
                self.status[1] = STATUS_DST if self.clock.dst else 0
        if second == 0:
            self._midnight()
        if second % SLOT == 0:
            self._switch_tariff()

    def _due(self, second):
        for o in self.periodic:
            if o.period and second % o.period == 0:
                return True
        return False

    def _midnight(self):
        """A billing period is over: the next one begins with no maximum demand."""
        add32(self.billing_periods, 1, 1)
        for highest in self.maximum:
            highest.reset()

    def _switch_tariff(self):
        hour = self.clock.local_second // 3600
        if self.day_from < self.day_to:
            tariff = 0 if self.day_from <= hour < self.day_to else 1
        else:
            tariff = 1 if self.day_to <= hour < self.day_from else 0
        self.metrology.tariff = tariff
        self.tariff[1] = tariff + 1

    # -- what objects report -----------------------------------------------------------------------

    def clock_adjusting(self):
        """The clock is about to be set."""
        self.events.log(events.CLOCK_ADJUSTED_OLD)

    def clock_adjusted(self):
        """The clock was set."""
        self.events.log(events.CLOCK_ADJUSTED_NEW)
        self.status[1] |= STATUS_CLOCK_ADJUSTED
        self._switch_tariff()

    def synchronise(self, day, second):
        """Take the time of a server, UTC; True when the clock was set, because it was doubtful or more than a second off."""
        clock = self.clock
        off = second - clock.second
        if clock.trusted() and day == clock.day and -1 <= off <= 1:
            return False
        clock.adjust(day, second, True)
        return True

    def dst_changed(self):
        """Daylight saving has begun or ended."""
        self.events.log(events.DST_CHANGED)
        self.status[1] |= STATUS_DST

    def supply_changed(self, command, state):
        """The disconnector was operated."""
        self.source.switch(state == CONNECTED)
        if self.relay is not None:
            self.relay(state == CONNECTED)
        self.events.log(events.SUPPLY[command])
        self.metrology.render()
