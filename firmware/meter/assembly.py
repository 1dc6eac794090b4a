"""How the meter is put together: its parts, the objects that show them, the associations; needed at the start only.

`build(config)` makes the meter. The object list (`meter.objects`) is handed the `Parts` and names them as what its objects take.
"""

from micropython import const

import limits
from cosem.association_ln import AssociationLN
from cosem.civil import YEARS, day_number, month_length
from cosem.clock import Clock
from cosem.demand_register import DemandRegister
from cosem.directory import CURRENT_ASSOCIATION, obis
from cosem.directory import directory as listed
from cosem.disconnect_control import DisconnectControl
from cosem.ip_setup import TcpUdpSetup
from cosem.register import ExtendedRegister
from cosem.rights import Rights
from dlms import axdr
from dlms.conformance import LN_SERVICES
from dlms.security import LOW, LOWEST
from meter import objects
from meter.access import rights, widest
from meter.addresses import ipv4, ipv6, mask
from meter.meter import Meter
from meter.metrology import Metrology
from version import VERSION

_START_ONLY = True

MSS = const(1460)
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
    if source is None:
        from meter.simulation import Simulation

        source = Simulation(config.seed)
    parts = Parts(config, source)
    meter = Meter(parts, config)
    rows = Rights()
    for wport, table in zip(parts.wports, objects.LOGICAL_DEVICES):
        place(meter, wport, table(parts, wport), rows, config.secrets)
    directory = meter.devices[0][1]
    meter.events = found(directory, "0.0.99.98.0.255")
    meter.load_profile = meter.clock.measuring = found(directory, "1.0.99.1.0.255")
    meter.mac = found(directory, "0.0.25.2.0.255")
    meter.ipv4 = found(directory, "0.0.25.1.0.255")
    meter.clock.listener = parts.supply.listener = meter
    meter.switch_tariff()
    return meter


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


class Parts:
    """What the objects of the meter show, by name."""

    MAC_NAME = obis("0.0.25.2.0.255")

    def __init__(self, config, source):
        self.version = VERSION.encode()
        self.serial = config.serial.encode()
        self.depth = config.depth or limits.ROWS
        self.wports = (objects.MANAGEMENT_DEVICE, config.device2)
        self.counters = bytearray(4)
        self.uptime = bytearray(4)
        self.tariff = bytearray(axdr.unsigned(1))
        self.status = bytearray(axdr.unsigned(0))
        self.event = bytearray(axdr.unsigned(0))
        self.billing_periods = bytearray(axdr.double_long_unsigned(0))
        self.metrology = Metrology(source)
        day, second = read_start(config.start)
        self.backfill_days = min(config.backfill_days, day)  # time begins with 2000
        self.clock = Clock(day - self.backfill_days, second)
        self.supply = DisconnectControl(2)
        self._demand()
        self._network(config)

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


def place(meter, wport, table, rows, secrets):
    """Make the objects of a logical device and the associations with it. rows: the access rights of all devices."""
    placed = []
    groups = {CURRENT_ASSOCIATION: objects.ASSOCIATION}
    for cls, text, given, group in table:
        name = obis(text)
        placed.append((name, cls(*given) if isinstance(given, tuple) else given))
        groups[name] = group
    made = len(meter.associations)
    for client, _, secret in objects.ASSOCIATIONS:
        mechanism = LOW if secret else LOWEST
        association = AssociationLN(client, wport, mechanism, secrets.get(secret, b""), LN_SERVICES)
        meter.associations.append(association)
        name = CURRENT_ASSOCIATION[:4] + bytes((len(meter.associations) - made, 255))
        placed.append((name, association))
        groups[name] = objects.INSTANCE_OPEN if mechanism == LOWEST else objects.INSTANCE
    meter.periodic.extend([o for _, o in placed if hasattr(o, "period")])
    directory = listed(placed, rows)
    meter.devices.append((wport, directory))
    for _, o in placed:
        o.placed(directory)
    for i in range(directory.n):
        group = groups[directory.table[8 * i : 8 * i + 6]]
        cls = directory.objs[i] or AssociationLN
        directory.limit[i] = rows.row(widest(group, cls))
        for association, (_, client, _) in zip(meter.associations[made:], objects.ASSOCIATIONS):
            mask = rights(group[client], cls)
            if mask:
                association.acc[i] = rows.row(mask)


def found(directory, text):
    """The object with this logical name."""
    return directory.objs[directory.index(obis(text))]
