"""A board with hardware: makes its parts from the table of limits, and lets them work together.

The order of a start: relay and LED first, then the network; when it is up for the first time the meter listens and prints READY;
then the watchdog. What the supervisor does afterwards, ten times a second, is `tick`; it allocates nothing while nothing happens.
"""

import machine
from micropython import const

from board import Board, files, identity, led, pulse, rtc, watchdog
from board.relay import Relay
from meter.pulses import Pulses
from net import health, wifi
from net.health import Health
from net.ntp import Ntp
from net.service import BindError

_RESET_DELAY = const(1000)  # milliseconds for the log line to leave


class Hardware(Board):
    """See `board.Board`. config: `source`, `pulses_per_kwh`, `pulse_debounce`, `watchdog`, `offline_reset`, `ntp`, `start`, `rate`."""

    def __init__(self, limits, config, log):
        self.limits = limits
        self.config = config
        self.log = log
        self.cause = identity.reset_cause()
        self.led = led.NoLed() if limits.LED is None else led.Led(limits.LED, limits.LED_ON)
        self.relay = None if limits.RELAY is None else Relay(limits.RELAY, limits.RELAY_CONNECTED)
        self.input = None
        if config.source == "pulse":
            self.source = self.pulses(limits, config)
        off = limits.WATCHDOG is None or not config.watchdog
        self.watchdog = watchdog.NoWatchdog() if off else watchdog.Watchdog(limits.WATCHDOG)
        self.link = None
        self.waits = limits.LAN or limits.WIFI is not None
        self.unprovisioned = False
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
        config.backfill_days = 0  # nothing was measured before
        self.input = pulse.make(limits.PULSE_KIND, limits.PULSE, config.pulse_debounce)
        return Pulses(self.input.take, config.pulses_per_kwh)

    # -- start ------------------------------------------------------------------------------------------

    def start(self, app):
        """Wire the parts to the meter, and begin to bring the network up."""
        self.app = app
        if self.relay is not None:
            app.meter.relay = self.relay.switch
        simulated = self.config.rate != 1 or self.config.start
        if not simulated:
            app.meter.clock_doubtful(rtc.plausible())
        if not self.config.secrets_given:
            self.log("WARN", "board", "demonstration-secrets", "file=%s" % files.SECRETS)
        if self.config.ntp and not simulated:
            self.ntp = Ntp(self.config.ntp, app.queue, self.time, self.log)
        if self.waits:
            self.bring_up(app)
        self.health = Health(app.service, self.link is not None and self.link.loopback, self.log)

    def bring_up(self, app):
        """Begin with the network: a cable, or the radio with the access that was provisioned."""
        if self.limits.LAN:
            from net.lan import Lan

            self.link = Lan(self.log)
            app.meter.show_mac(self.link.mac())
            return
        access = files.wifi()
        if access is None:
            self.unprovisioned = True
            self.led.show(led.UNPROVISIONED)
            self.log("ERROR", "wifi", "unprovisioned", "file=%s next=make-provision" % files.WIFI)
            return
        self.link = wifi.Wifi(self.limits.WIFI, access, self.config.offline_reset, self.log)
        app.meter.show_mac(self.link.mac())
        self.led.show(led.JOINING)

    def ready_text(self):
        return " reset=%s id=%s" % (self.cause, identity.board_id())

    def address(self):
        """The numeric IPv4 address that clients reach the meter at, None when the board does not tell."""
        return self.link.addresses()[0] if self.link is not None else None

    def listening(self):
        """The meter serves. The time server is looked up while nothing bites, then the watchdog may run."""
        self.serving = True
        self.led.show(led.SERVING)
        if self.ntp is not None:
            self.ntp.look_up()
        self.health.listening(self.address(), self.app.service.port)
        self.watchdog.start()

    # -- in the loop -----------------------------------------------------------------------------------

    def tick(self, ms):
        """One look at everything."""
        if self.resetting:
            self.resetting -= ms
            if self.resetting <= 0:
                machine.reset()
            return
        self.led.tick(ms)
        if self.link is not None:
            self.network(self.link.tick(ms))
        if self.serving and (self.link is None or self.link.state == wifi.UP):
            if self.ntp is not None:
                self.ntp.tick(ms)
            if self.link is not None:
                self.listener(self.health.tick(ms))
        if self.app.queue.polled:
            self.app.queue.polled = False
            self.watchdog.feed()

    def network(self, event):
        """What the station tells."""
        if event == wifi.CAME_UP:
            self.came_up()
        elif event == wifi.LOST:
            self.app.service.drop("network")
        elif event == wifi.HOPELESS:
            self.reset("offline")
        if self.link.state == wifi.WAITING:
            self.led.show(led.OFFLINE)
        elif self.link.state != wifi.UP:
            self.led.show(led.JOINING)

    def came_up(self):
        """There is a network, for the first time or again."""
        self.app.meter.show_network(self.link.addresses())
        if not self.serving:
            try:
                self.app.listen()
            except BindError as e:
                self.log("ERROR", "net", "listen", str(e))
                self.link.restart()
            return
        self.led.show(led.SERVING)
        self.rebind("INFO")

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
        """The last means."""
        self.log("ERROR", "board", "reset", "reason=%s" % reason)
        self.resetting = _RESET_DELAY

    def time(self, day, second):
        """The time from the network."""
        if self.app.meter.synchronise(day, second):
            self.log("INFO", "ntp", "set", "day=%d second=%d" % (day, second))
        rtc.put(day, second)

    def stop(self):
        """Ctrl-C: the REPL comes next, and what was started must not disturb it."""
        watchdog.hold(self.limits, self.watchdog.running)
        if self.input is not None:
            self.input.stop()
        self.led.show(led.STARTING)
        if self.app is not None:
            self.app.service.drop("stopped")
            self.app.service.close_sockets()
