"""The reference meter at work: the passing of time, and what happens at its seconds.

`meter.build(config)` makes it. The application then calls `backfill()` once, and `tick(ms)` about
ten times a second. Simulated time advances by ms · rate in whole seconds. An event of a second (a
slot of the simulation, the end of a demand period, a capture, midnight) happens exactly there,
whatever the ticks are. So the same seed, start and simulated time give the same octets.
"""

from micropython import const

from cosem.civil import DAY
from cosem.disconnect_control import CONNECTED
from dlms.codec.errors import SUCCESS
from dlms.codec.octets import add32, copy
from meter import events
from meter.integration import due, until
from meter.simulation import EXPORT, IMPORT

# Most integration steps of one tick. At a step a slot and ten ticks a second any rate is
# kept; a profile that captures more often than once a minute makes the steps shorter, and
# simulated time then falls behind a high rate.
STEPS = const(150)
BEHIND = const(2678400)  # seconds of simulated time, 31 days: what is owed beyond is given up
BACKFILL_SLOT = const(300)  # seconds of a simulation slot before READY, and after
SLOT = const(60)
# status of a load profile row (0.0.96.10.1.255): what happened in its period
STATUS_CLOCK_INVALID = const(0x02)  # nobody who knows the time had set the clock
STATUS_DST = const(0x08)
STATUS_CLOCK_ADJUSTED = const(0x20)
STATUS_POWER_UP = const(0x80)
_HEALTH = b"\x00\x00\x60\x80\x04\xff"  # logical name 0.0.96.128.4.255


class Meter:
    """devices: list of (server wPort, Directory). associations: list of Association objects.
    counters, uptime: four octets each, big-endian. failed: a double-long-unsigned, encoded: failed
    authentications. lost: four octets, seconds of simulated time given up because the rate could
    not be kept. links: the links that carry AAs, filled by the application. unsolicited: what is
    sent unasked, or None. connected: whether there was a network already.
    """

    # function(whether the supply is connected) that drives a contactor, given
    # by the start where there is one
    relay = None
    restarting = False  # everything was forgotten: the application makes the meter anew
    keeper = None  # what keeps its state (`meter.keeper`), where a store runs

    def __init__(self, parts, config):
        self.rate = config.rate
        # hours of local time from which and until which tariff 1 counts,
        # over midnight too; tariff 2 otherwise
        self.day_from = config.tariff1_from
        self.day_to = config.tariff1_to
        self.counters = parts.counters
        self.failed = parts.failed
        self.uptime = parts.uptime
        self.lost = bytearray(4)
        self.tariff = parts.tariff
        self.status = parts.status
        self.billing_periods = parts.billing_periods
        self.metrology = parts.metrology
        self.backfill_days = parts.backfill_days
        self.clock = parts.clock
        self.demand = parts.demand
        self.tcp_udp = parts.tcp_udp
        # what has a `period` in seconds of local time and a `period_end()`,
        # in the order of their doing
        self.periodic = []
        self._owed = 0  # simulated seconds to integrate
        self._milli = 0
        self._awake = 0  # real milliseconds that are not a second of uptime yet
        self.devices = []
        self.associations = []
        self.events = None
        self.load_profile = None
        self.billing = None
        self.links = parts.links
        self.unsolicited = parts.unsolicited
        self.connected = False
        self.mac = None
        self.ipv4 = None
        self.ipv6 = None

    def show_health(self, app):
        """The health object asks the application. (It has no attribute here: a thirtieth one would
        give the meter a larger table, 64 octets of a board's heap.)
        """
        directory = self.devices[0][1]
        directory.objs[directory.index(_HEALTH)].app = app

    def show_mac(self, octets):
        """The MAC address of the interface, six octets, is known."""
        copy(self.mac.a[2], 2, octets, 0, 6)

    def show_network(self, addresses):
        """The interface has its addresses: octets of address, subnet mask,
        gateway and DNS server, from DHCP.
        """
        self.ipv4.configure(addresses)

    def receive_groups(self, listener):
        """Let `listener` join the multicast groups of the setup objects, and those that
        clients add: join(octets), leave(octets).
        """
        for setup in (self.ipv4, self.ipv6):
            setup.listener = listener
            for octets in setup.group_addresses():
                listener.join(octets)

    def online(self):
        """The meter can be reached and can send, for the first time or again."""
        self.connected = True
        if self.unsolicited is not None:
            self.unsolicited.online()

    # -- time --------------------------------------------------------------------------------------

    def backfill(self):
        """Begin: live through the days before the start, or go on where a store has the last
        checkpoint; called once.
        """
        if self.keeper is None:
            self.live_through()
        else:
            from meter.restart import begin

            begin(self)

    def live_through(self):
        """Live through the days before the start, in coarser steps, and switch the meter on."""
        self.metrology.source.slot = BACKFILL_SLOT
        for _ in range(self.backfill_days):
            self._owed = DAY
            self._integrate(DAY)
        self.metrology.source.slot = SLOT
        self.events.log(events.POWER_UP)
        self.status[1] |= STATUS_POWER_UP
        self.render()

    def tick(self, ms):
        """Let ms real milliseconds pass; allocates nothing. What one call cannot
        integrate is left for the next.
        """
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
        energy = self.metrology.source.energy
        while self._owed and steps:
            n = until(self.periodic, self.metrology.source.slot, clock.local_second, self._owed)
            self.metrology.integrate(clock.local_day, clock.local_second, n)
            self.demand[0].add(energy[IMPORT])
            self.demand[1].add(energy[EXPORT])
            self._owed -= n
            clock.advance(n)
            self._second(clock.local_second)
            steps -= 1

    def _second(self, second):
        """What is due at a second of local time: ends of periods, captures,
        and at midnight the billing.
        """
        ends = due(self.periodic, second)
        if self.keeper is not None and (ends or second == 0):
            # from here on a start does once more what the rows do not show (`meter.restart.finish`)
            self.keeper.checkpoint(1)
        if ends:
            self.render()
            for o in self.periodic:
                if o.period and second % o.period == 0:
                    o.period_end()
        self.ended(second)

    def ended(self, second):
        """What follows the ends of periods at a second."""
        load = self.load_profile.period
        if load and second % load == 0:
            self._reset_status()
        if second == 0:
            self.midnight()
        if second % SLOT == 0:
            self.switch_tariff()

    def _reset_status(self):
        """A period of the load profile begins: what holds for it already."""
        status = STATUS_DST if self.clock.dst else 0
        if not self.clock.trusted():
            status |= STATUS_CLOCK_INVALID
        self.status[1] = status

    def midnight(self):
        """A billing period is over: the next one begins with no maximum demand."""
        add32(self.billing_periods, 1, 1)
        for register in self.demand:
            register.maximum.reset()

    def switch_tariff(self):
        """Let the hour of local time decide which tariff counts."""
        hour = self.clock.local_second // 3600
        if self.day_from < self.day_to:
            tariff = 0 if self.day_from <= hour < self.day_to else 1
        else:
            tariff = 1 if self.day_to <= hour < self.day_from else 0
        self.metrology.tariff = tariff
        self.tariff[1] = tariff + 1

    # -- what objects report -----------------------------------------------------------------------

    def event_logged(self, code):
        """The event log has a new entry."""
        if self.unsolicited is not None:
            self.unsolicited.event(code)

    def clock_doubtful(self, recovered):
        """The clock was not set since the start, only kept by another clock when
        `recovered`: rows say so until it is set.
        """
        self.clock.distrust(recovered)
        self.status[1] |= STATUS_CLOCK_INVALID

    def clock_adjusting(self):
        """The clock is about to be set."""
        self.events.log(events.CLOCK_ADJUSTED_OLD)

    def clock_adjusted(self):
        """The clock was set."""
        self.events.log(events.CLOCK_ADJUSTED_NEW)
        self.status[1] |= STATUS_CLOCK_ADJUSTED
        self.switch_tariff()

    def synchronise(self, day, second):
        """Take the time of a server, UTC; True when the clock was set, because it was
        doubtful or more than a second off.
        """
        clock = self.clock
        off = second - clock.second
        if clock.trusted() and day == clock.day and -1 <= off <= 1:
            return False
        return clock.adjust(day, second, True) == SUCCESS

    def dst_changed(self):
        """Daylight saving has begun or ended."""
        self.events.log(events.DST_CHANGED)
        self.status[1] |= STATUS_DST

    def execute(self, script):
        """The script of the global reset, the factory reset: whether it was done."""
        self.restarting = self.keeper.erase()
        return self.restarting

    def supply_restored(self, state):
        """The disconnector is as it was kept."""
        self.metrology.source.switch(state == CONNECTED)
        if self.relay is not None:
            self.relay(state == CONNECTED)

    def supply_changed(self, command, state):
        """The disconnector was operated."""
        self.metrology.source.switch(state == CONNECTED)
        if self.relay is not None:
            self.relay(state == CONNECTED)
        self.events.log(events.SUPPLY[command])
        self.metrology.render()
