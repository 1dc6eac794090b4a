"""What the meter sends without being asked for: its Push setups, their
triggers, and the notices of events.

Imported only where `limits.PUSHES` is not 0. `app` hands `sources` to the senders.
"""

from micropython import const

import limits
from cosem.push_setup import PushCommon, PushSetup
from meter.addresses import aim, destination
from meter.notices import Notices

# Push setups, as many of them as `limits.PUSHES` says: logical name, what triggers it,
# logical name and attribute of what it pushes
PUSHES = (
    (
        "0.0.25.9.0.255",
        "interval",
        (
            ("0.0.25.9.0.255", 1),
            ("0.0.42.0.0.255", 2),
            ("0.0.1.0.0.255", 2),
            ("1.0.1.8.0.255", 2),
            ("1.0.2.8.0.255", 2),
            ("1.0.1.7.0.255", 2),
        ),
    ),
    (
        "0.1.25.9.0.255",
        "connectivity",
        (("0.1.25.9.0.255", 1), ("0.0.42.0.0.255", 2), ("0.0.1.0.0.255", 2), ("0.0.25.1.0.255", 3)),
    ),
    (
        "0.4.25.9.0.255",
        "alarm",
        (("0.4.25.9.0.255", 1), ("0.0.42.0.0.255", 2), ("0.0.1.0.0.255", 2), ("0.0.96.11.0.255", 2)),
    ),
)
_PORT_REFERENCE = const(b"\x09\x06\x00\x00\x19\x00\x00\xff")  # logical name of the TCP-UDP setup, encoded


class Unsolicited:
    """clock: the Clock. device, client: wPorts that pushes go from and to. config: `push`,
    `push_interval`, `push_retries`, `push_delay`, `push_window`, `events`, `event_source`,
    `event_client`, `event_service`, `serial`, `seed`; ValueError says why one of them cannot be
    taken.
    """

    def __init__(self, clock, device, client, config):
        self.client = client
        self.destination = aim("push", config.push)
        self.interval = config.push_interval
        # each meter has random delays of its own
        seed = int(config.serial) ^ config.seed
        if config.push_window and not limits.GBT_WINDOW:
            raise ValueError("push_window: this board has no general block transfer (GBT_WINDOW is 0)")
        if config.push_window and limits.TRANSFERS <= limits.CONNECTIONS:
            raise ValueError(
                "push_window: every transfer of this board is some connection's (TRANSFERS is no more than CONNECTIONS)"
            )
        self.shared = PushCommon(
            clock, device, destination, seed, config.push_retries, config.push_delay, config.push_window
        )
        events = aim("events", config.events)
        events = events and (events[0],) + destination(events[1])
        self.notices = Notices(
            clock, events, config.event_source, config.event_client, config.push_retries, config.push_delay
        )
        if config.event_service == "report":
            if not limits.SN_CLIENTS:
                raise ValueError("event_service: this board has no short names (SN_CLIENTS is 0)")
            self.notices.reporting = True
        self.setups = [self.push_setup(trigger, captured) for _, trigger, captured in PUSHES[: limits.PUSHES]]
        self.sources = self.setups + [self.notices]
        self.live = False

    def push_setup(self, trigger, captured):
        period = self.interval if trigger == "interval" else None
        return PushSetup(trigger, self.shared, captured, _PORT_REFERENCE, self.destination, self.client, period)

    def placed(self, associations):
        """The associations of the meter are complete."""
        if limits.SN_CLIENTS:
            from meter.reports import Reports

            self.notices.reports = Reports(associations, self.shared.device)

    def objects(self, group):
        """Lines for the object list: class, logical name, object, access group."""
        return tuple([(PushSetup, text, setup, group) for (text, _, _), setup in zip(PUSHES, self.setups)])

    def online(self):
        """The meter can be reached and can send, for the first time or again."""
        self.live = True
        for setup in self.setups:
            setup.live = True
        self.trigger("connectivity")

    def event(self, code):
        """The event log has a new entry: it goes to the client
        management process, and is an alarm.
        """
        if self.live:
            self.notices.post(code)
            self.trigger("alarm")

    def trigger(self, trigger):
        for setup in self.setups:
            if setup.label == trigger:
                setup.trigger()
