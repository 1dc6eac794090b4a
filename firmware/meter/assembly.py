"""How the meter is put together: its parts, the objects that show them, the
associations; needed at the start only.

`build(config)` makes the meter. The object list (`meter.objects`) is handed the `Parts`
and names them as what its objects take.
"""

from micropython import const

import limits
from cosem.association_ln import AssociationLN
from cosem.base import live
from cosem.civil import YEARS, day_number, month_length
from cosem.clock import Clock
from cosem.demand_register import DemandRegister
from cosem.directory import CURRENT_ASSOCIATION, dotted, obis
from cosem.directory import directory as listed
from cosem.disconnect_control import DisconnectControl
from cosem.ip_setup import TcpUdpSetup
from cosem.register import ExtendedRegister
from cosem.rights import Rights
from cosem.rows import MemoryRows
from dlms.codec import axdr
from dlms.codec.conformance import LN_LONG_SERVICES, LN_SERVICES, UNSOLICITED
from dlms.aa.security import LOW, LOWEST
from meter import objects
from meter.access import PREESTABLISHED, grant, widest
from meter.addresses import ipv4, ipv6, mask, multicast_address
from meter.meter import Meter
from meter.metrology import Metrology
from version import VERSION

_START_ONLY = True

MSS = const(1460)
MSS_IPV6 = const(1440)  # whose header is 20 octets longer
_PROFILE = const(7)  # class-id
_MANUFACTURER = b"ZZZ"  # not a registered FLAG id: this meter is for learning and testing


def build(config, source=None, store=None, log=None):
    """The meter that a configuration describes.

    config: object with `start` (ISO date-time in UTC, or None for the host's clock), `seed`
    (integer), `rate` (simulated seconds a second), `backfill_days`, `serial` (eight digits),
    `depth` (load profile rows, 0 for the board's limit), `device2` (wPort of the second logical
    device), `tariff1_from`, `tariff1_to` (hours of local time), `secrets` (association name ->
    octets), `port`, `inactivity` (seconds), `bind` (list of addresses), `preestablished` (client
    wPort, 0 for none), `multicast` (list of addresses), `compact` and `null_data` (lists of client
    wPorts), `push`, `events` (destinations), `push_interval`, `push_delay` (seconds),
    `push_retries`, `push_window`, `event_source`, `event_client`, `event_service`. Their ranges are
    the application's to check (`config`); ValueError says why a start or an object list cannot be
    taken.

    source: where the energy comes from; None for a simulated household. store: where what the
    meter keeps over a restart stands (`store.store`), None to keep nothing. log: as the server's.
    """
    if source is None:
        from meter.simulation import Simulation

        source = Simulation(config.seed)
    parts = Parts(config, source, store)
    meter = Meter(parts, config)
    rows = Rights()
    clients = objects.clients(config.preestablished)
    known(config)
    for wport, table, unproven in zip(parts.wports, objects.LOGICAL_DEVICES, objects.UNPROVEN):
        place(meter, wport, table(parts, wport), rows, config, clients, unproven)
    if meter.unsolicited is not None:
        meter.unsolicited.placed(meter.associations)
    directory = meter.devices[0][1]
    meter.events = found(directory, "0.0.99.98.0.255")
    meter.load_profile = meter.clock.measuring = found(directory, "1.0.99.1.0.255")
    meter.billing = found(directory, "0.0.98.1.0.255")
    meter.mac = found(directory, "0.0.25.2.0.255")
    meter.ipv4 = found(directory, "0.0.25.1.0.255")
    meter.ipv6 = found(directory, "0.0.25.7.0.255")
    for text in config.multicast:
        join(meter, text)
    meter.events.listener = meter.clock.listener = parts.supply.listener = meter
    meter.switch_tariff()
    if store is not None:
        from meter.restart import keep

        keep(meter, store, log, config.checkpoint)
    return meter


def read_start(text):
    """(day, second) of "2026-01-31T12:00:00Z" or of a date alone; ValueError
    says what is wrong. None means now.
    """
    if text is None:
        import time

        now = time.gmtime()
        if not 2000 <= now[0] < 2000 + YEARS:
            raise ValueError("start: the clock of this machine says %d, not 2000 to 2399; give a start" % now[0])
        return day_number(now[0] - 2000, now[1], now[2]), now[3] * 3600 + now[4] * 60 + now[5]
    wrong = ValueError("start: %s is not a UTC date-time such as 2026-01-31T12:00:00Z" % text)
    try:
        date, _, clock = text.replace(" ", "T").rstrip("Z").partition("T")
        year, month, day = [int(part) for part in date.split("-")]
        hour, minute, second = [int(part) for part in (clock or "0:0:0").split(":")]
    except (AttributeError, ValueError):
        raise wrong
    if not 2000 <= year < 2000 + YEARS:
        raise ValueError("start: %s is not in the years 2000 to 2399" % text)
    if not (1 <= month <= 12 and 1 <= day <= month_length(year - 2000, month)):
        raise wrong
    if not (0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60):
        raise wrong
    return day_number(year - 2000, month, day), hour * 3600 + minute * 60 + second


class Parts:
    """What the objects of the meter show, by name."""

    MAC_NAME = obis("0.0.25.2.0.255")

    def __init__(self, config, source, store=None):
        self.store = store
        if store is not None:
            self.error = bytearray(axdr.double_long_unsigned(0))
            self.alarm = bytearray(axdr.double_long_unsigned(0))
        self.version = VERSION.encode()
        self.serial = config.serial.encode()
        self.wanted = config.depth
        self.depth = config.depth or limits.ROWS
        self.wports = (objects.MANAGEMENT_DEVICE, config.device2)
        zero = axdr.unsigned(0)
        none = axdr.double_long_unsigned(0)
        values = live(bytes(4), bytes(4), axdr.unsigned(1), zero, zero, none, none)
        self.counters, self.uptime, self.tariff, self.status, self.event, self.billing_periods, self.failed = values
        self.metrology = Metrology(source)
        day, second = read_start(config.start)
        self.backfill_days = min(config.backfill_days, day)  # time begins with 2000
        self.clock = Clock(day - self.backfill_days, second)
        self.supply = DisconnectControl(2)
        self._demand()
        self._network(config)
        self.links = []
        self.unsolicited = None
        if limits.PUSHES:
            from meter.unsolicited import Unsolicited

            self.unsolicited = Unsolicited(self.clock, objects.MANAGEMENT_DEVICE, objects.CLIENT_MANAGEMENT, config)
        elif config.push or config.events:
            raise ValueError("push, events: this board sends nothing unasked (PUSHES is 0)")

    def _demand(self):
        """Demand of import and export, and the highest of the day."""
        self.maximum = []
        self.demand = []
        for name in ("P+", "P-"):
            unit = self.metrology.quantity(name)[1]
            highest = ExtendedRegister(axdr.double_long_unsigned(0), unit, self.clock)
            self.maximum.append(highest)
            self.demand.append(DemandRegister(unit, objects.LOAD_PERIOD, self.clock, highest))

    def _network(self, config):
        four = [ipv4(address) for address in config.bind if ":" not in address]
        self.ipv4 = four[0] if four else bytes(4)
        self.mask = mask(self.ipv4)
        self.ipv6 = [ipv6(address) for address in config.bind if ":" in address]
        self.mac = b"\x02\x00" + int(config.serial).to_bytes(4, "big")  # locally administered
        self.tcp_udp = TcpUdpSetup(config.port, obis("0.0.25.1.0.255"), MSS, limits.CONNECTIONS, config.inactivity)
        self.tcp_udp_ipv6 = self.tcp_udp.over(obis("0.0.25.7.0.255"), MSS_IPV6)

    def rows(self, kind, depth):
        """The rows of a profile: kept ones where a store runs, with room for as many as its map
        says, otherwise `depth` in memory.
        """
        if self.store is None:
            return MemoryRows(depth)
        # as many as its part of the store holds, but of the load profile the key `depth`
        rows = self.store.rows(kind, self.wanted if kind == objects.LOAD else 0)
        rows.waits = True
        return rows

    # -- names -------------------------------------------------------------------------------------

    def title(self, wport):
        """Logical device name: manufacturer id, serial number, wPort; 16
        octets (REQUIREMENTS F-32).
        """
        return _MANUFACTURER + self.serial + b"%05d" % wport

    def titles(self):
        """(wPort, logical device name) of every logical device."""
        return [(wport, self.title(wport)) for wport in self.wports]


def place(meter, wport, table, rows, config, clients, unproven):
    """Make the objects of a logical device and the associations with it. rows:
    the access rights of all devices.

    clients: see `objects.clients`. unproven: logical name -> rights of a
    client with a pre-established AA.
    """
    placed = []
    groups = {CURRENT_ASSOCIATION: objects.ASSOCIATION}
    for cls, text, given, group in table:
        name = obis(text)
        o = cls(*given) if isinstance(given, tuple) else given
        forms = shorter_forms(config)
        if forms and o.CLASS_ID == _PROFILE:
            o.packing = forms
        placed.append((name, o))
        groups[name] = group
    associations = []
    for client, who, secret in clients:
        association = associated(wport, client, who, secret, config)
        associations.append(association)
        name = CURRENT_ASSOCIATION[:4] + bytes((len(associations), 255))
        placed.append((name, association))
        groups[name] = objects.INSTANCE_OPEN if association.mechanism == LOWEST else objects.INSTANCE
    meter.associations.extend(associations)
    meter.periodic.extend([o for _, o in placed if hasattr(o, "period")])
    if associations[-1].preestablished:
        for name in groups:
            groups[name] += (unproven.get(dotted(name), ""),)
    directory = listed(placed, rows)
    meter.devices.append((wport, directory))
    for _, o in placed:
        o.placed(directory)
    for i in range(directory.n):
        group = groups[directory.table[8 * i : 8 * i + 6]]
        cls = directory.objs[i] or AssociationLN
        directory.limit[i] = rows.row(widest(group, cls))
        for association, (_, who, _) in zip(associations, clients):
            grant(association, i, group[who], cls)
    if limits.SN_CLIENTS:
        from meter import short_names

        for association in short_names.associations(directory, wport, groups, config.secrets, limits.SN_CLIENTS):
            pack(association, config)
            meter.associations.append(association)


def associated(wport, client, who, secret, config):
    """The Association LN of a client with the logical device at wport."""
    services = LN_SERVICES | LN_LONG_SERVICES if limits.GBT_WINDOW else LN_SERVICES
    if client == objects.CLIENT_MANAGEMENT and limits.PUSHES:
        services |= UNSOLICITED
    association = AssociationLN(client, wport, LOW if secret else LOWEST, config.secrets.get(secret, b""), services)
    pack(association, config)
    if who == PREESTABLISHED:
        association.preestablished = True
    return association


def known(config):
    """ValueError for a client wPort among those that take shorter forms which no client has."""
    for key in ("compact", "null_data"):
        for wport in getattr(config, key):
            if wport not in objects.wports() and (wport == 0 or wport != config.preestablished):
                raise ValueError("%s: no client has wPort %d" % (key, wport))


def shorter_forms(config):
    """The module of the shorter forms of a profile buffer, None where no client
    takes one: then it is not loaded.
    """
    if not (config.compact or config.null_data):
        return None
    from cosem import packing

    return packing


def pack(association, config):
    """Which shorter forms of a profile buffer the client takes."""
    forms = shorter_forms(config)
    if forms:
        association.packing = forms.COMPACT if association.client in config.compact else 0
        association.packing |= forms.NULLS if association.client in config.null_data else 0


def join(meter, text):
    """Put a multicast address into the setup object of its family."""
    try:
        octets = multicast_address(text)
    except ValueError:
        raise ValueError("multicast: %r is not a numeric multicast address" % text)
    if (meter.ipv6 if len(octets) == 16 else meter.ipv4).add_group(octets):
        raise ValueError("multicast: more than %d groups of a family" % limits.GROUPS)


def found(directory, text):
    """The object with this logical name."""
    return directory.objs[directory.index(obis(text))]
