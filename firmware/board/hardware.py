"""A board with hardware: makes its parts from the table of limits, and lets them work together.

The order of a start: relay and LED first, then the network; when it is up for the first time the
meter listens and prints READY; then the watchdog. What the supervisor does afterwards, ten times a
second, is `tick`; it allocates nothing while nothing happens.

Modules are imported where they are needed: what a board has not, takes no memory there.
"""

import time

import machine
from micropython import const

from board import watchdog
from board.plain import Board
from net import address, health, states
from net.health import Health
from net.service import BindError

_HELD = const(10000)  # milliseconds for which a button is held
_LOOK = const(100)
_RESET_DELAY = const(1000)  # milliseconds for the log line to leave


class Hardware(Board):
    """See `board.plain.Board`.

    config: `source`, `pulses_per_kwh`, `pulse_debounce`, `watchdog`, `offline_reset`, `ntp`,
    `start`, `rate`, read until the start.
    """

    def __init__(self, limits, config, log):
        self.limits = limits
        self.config = config  # until the start
        self.log = log
        self.led = None
        if limits.LED is not None:
            from board.led import Led

            self.led = Led(limits.LED, limits.LED_ON)
        self.relay = None
        if limits.RELAY is not None and not config.state:
            self.make_relay(True)
        self.supply = None  # the pin that shows that the supply fails
        self.failing = False
        if limits.POWER_FAIL is not None and config.state:
            self.supply = machine.Pin(limits.POWER_FAIL, machine.Pin.IN, machine.Pin.PULL_UP)
        self.input = None
        if config.source == "pulse":
            self.source = self.pulses(limits, config)
        off = limits.WATCHDOG is None or not config.watchdog
        self.watchdog = None if off else watchdog.Watchdog(limits.WATCHDOG)
        self.link = None
        self.waits = limits.LAN or limits.WIFI is not None
        self.serving = False
        self.health = None
        self.ntp = None
        self.app = None
        self.resetting = 0

    def pulses(self, limits, config):
        """The metrology source of the S0 input."""
        if limits.PULSE is None:
            raise ValueError("source=pulse: this board has no pulse input")
        if config.rate != 1 or config.start:
            raise ValueError("source=pulse: pulses come in real time, so that rate and start cannot be set")
        from board import pulse
        from meter.pulses import Pulses

        config.backfill_days = 0  # nothing was measured before
        self.input = pulse.make(limits.PULSE_KIND, limits.PULSE, config.pulse_debounce)
        return Pulses(self.input.take, config.pulses_per_kwh)

    def make_relay(self, connected):
        from board.relay import Relay

        self.relay = Relay(self.limits.RELAY, self.limits.RELAY_CONNECTED, connected)

    def wire(self, meter):
        """Where the disconnector was kept, the pin becomes an output not before its state is known."""
        if self.limits.RELAY is not None and self.relay is None:
            self.make_relay(meter.metrology.source.connected)

    def reset_wanted(self):
        """Whether the button is held for ten seconds; a start without it does not wait."""
        if self.limits.BUTTON is None:
            return False
        button = machine.Pin(self.limits.BUTTON, machine.Pin.IN, machine.Pin.PULL_UP)
        left = _HELD
        while left and button.value() == 0:
            time.sleep_ms(_LOOK)
            left -= _LOOK
        return left == 0

    def again(self):
        machine.reset()

    # -- start -------------------------------------------------------------------------------------

    def start(self, app):
        """Wire the parts to the meter, and begin to bring the network up."""
        self.app = app
        config = self.config
        self.config = None
        if self.relay is not None:
            app.meter.relay = self.relay.switch
        simulated = config.rate != 1 or config.start
        if not simulated:
            from board import rtc

            app.meter.clock_doubtful(rtc.plausible())
        if config.ntp and not simulated:
            from net.ntp import Ntp

            self.ntp = Ntp(config.ntp, app.queue, self.time, self.log)
        if self.waits:
            self.bring_up(app, config.offline_reset)
        self.health = Health(app.service, self.link is not None and self.link.loopback, self.log)

    def bring_up(self, app, patience):
        """Begin with the network: a cable, or the radio with the access that was provisioned."""
        if self.limits.LAN:
            from net.lan import Lan

            self.link = Lan(self.log)
            app.meter.show_mac(self.link.mac())
            return
        from board import files
        from net.wifi import Wifi

        access = files.wifi()
        if access is None:
            self.show("UNPROVISIONED")
            self.log("ERROR", "wifi", "unprovisioned", "file=%s next=make-provision" % files.WIFI)
            return
        self.link = Wifi(self.limits.WIFI, access, patience, self.log)
        app.meter.show_mac(self.link.mac())
        self.show("JOINING")

    def online(self):
        return self.link is None or self.link.state == states.UP

    def ready_text(self):
        from board import identity

        return " reset=%s id=%s" % (identity.reset_cause(), identity.board_id())

    def address(self):
        """The numeric IPv4 address that clients reach the meter at, None
        when the board does not report it.
        """
        return self.link.addresses()[0] if self.link is not None else None

    def listening(self):
        """The meter serves. The time server is looked up while nothing
        bites, then the watchdog may run.
        """
        self.serving = True
        self.show("SERVING")
        if self.ntp is not None:
            self.ntp.look_up()
        self.health.listening(self.address(), self.app.service.port)
        if self.watchdog is not None:
            self.watchdog.arm()

    # -- in the loop -------------------------------------------------------------------------------

    def show(self, state):
        """Let the LED show a state, by its name in `board.led`."""
        if self.led is not None:
            from board import led

            self.led.show(getattr(led, state))

    def tick(self, ms):
        """One look at everything."""
        if self.supply is not None:
            self.power()
        if self.resetting:
            self.resetting -= ms
            if self.resetting <= 0:
                machine.reset()
            return
        if self.led is not None:
            self.led.tick(ms)
        if self.link is not None:
            self.network(self.link.tick(ms))
        if self.serving and (self.link is None or self.link.state == states.UP):
            if self.ntp is not None:
                self.ntp.tick(ms)
            if self.link is not None:
                self.listener(self.health.tick(ms))
        if self.app.queue.polled:
            self.app.queue.polled = False
            if self.watchdog is not None:
                self.watchdog.feed()

    def power(self):
        """The supply fails, which a pin shows by its low level: what goes
        on by itself is kept at once.
        """
        failing = self.supply.value() == 0
        if failing and not self.failing and self.app.meter.keeper is not None:
            self.app.meter.keeper.checkpoint()
            self.log("WARN", "board", "power-fail", "")
        self.failing = failing

    def network(self, event):
        """What the station reports."""
        if event == states.CAME_UP:
            self.came_up()
        elif event == states.LOST:
            self.app.service.drop("network")
        elif event == states.HOPELESS:
            self.reset("offline")
        if self.link.state == states.WAITING:
            self.show("OFFLINE")
        elif self.link.state != states.UP:
            self.show("JOINING")

    def came_up(self):
        """There is a network, for the first time or again."""
        self.app.meter.show_network([address.ipv4(text) for text in self.link.addresses()])
        if not self.serving:
            try:
                self.app.listen()
            except BindError as e:
                self.log("ERROR", "net", "listen", str(e))
                self.link.restart()
            return
        self.show("SERVING")
        self.rebind("INFO")
        self.app.meter.online()

    def rebind(self, level):
        """Open the sockets anew; begin anew with the radio when they cannot be."""
        if self.app.service.rebind():
            self.health.listening(self.address(), self.app.service.port)
            self.log(level, "net", "rebound", "ip=%s" % self.address())
        else:
            self.link.restart()

    def listener(self, means):
        """What the health of the listener asks for."""
        if means == health.REBIND:
            self.rebind("DEBUG")
        elif means == health.RESTART:
            self.app.service.drop("network")
            self.link.restart()
        elif means == health.RESET:
            self.reset("listener")

    def reset(self, reason):
        """The last means: in a moment, by `tick`, so that the line leaves; when it is
        asked for again meanwhile, at once.
        """
        if self.resetting:
            machine.reset()
        self.log("ERROR", "board", "reset", "reason=%s" % reason)
        self.resetting = _RESET_DELAY
        return True

    def time(self, day, second):
        """The time from the network."""
        from board import rtc

        if self.app.meter.synchronise(day, second):
            self.log("INFO", "ntp", "set", "day=%d second=%d" % (day, second))
        rtc.put(day, second)
        if self.app.meter.keeper is not None:
            self.app.meter.keeper.set_clock()

    def stop(self):
        """Ctrl-C: the REPL comes next, and what was started must not disturb it."""
        watchdog.hold(self.limits, self.watchdog is not None and self.watchdog.running)
        if self.input is not None:
            self.input.stop()
        self.show("STARTING")
        if self.app is not None:
            self.app.service.drop("stopped")
            self.app.service.close_sockets()
