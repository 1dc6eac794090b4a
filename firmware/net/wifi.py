"""The Wi-Fi station: joins, watches the link and joins again, for as long as it takes.

    OFF --radio on--> JOINING --up--> SETTLING --up for 3 s--> UP
    JOINING, SETTLING --failure, 20 s--> WAITING --1, 2, 4 … 60 s--> JOINING
    UP --link lost--> WAITING

Every sixth failure in a row the radio is switched off and on; after `patience` without a network
`tick` asks for a reset of the board. Power save is off, because it delays answers by the beacon
interval and some access points drop sleeping stations.

`tick` is called by the supervisor, never blocks and allocates nothing while the link is up.
"""

from micropython import const
import network

from net import wifi_ports
from net.states import CAME_UP, HOPELESS, JOINING, LOST, NOTHING, OFF, SETTLING, UP, WAITING

_PERIOD = const(500)  # milliseconds between two looks at the status
_EARLY = const(5000)  # a failure reported sooner after joining may be that of the attempt before (ESP32)
_JOIN = const(20000)
_LONGEST = const(60000)
_RADIO = const(6)  # failures in a row


class Wifi:
    """driver: row of `net.wifi_ports`. access: dict with ssid, key, hostname.
    patience: minutes, 0 for endless.
    """

    settle = 3000  # milliseconds that the link must hold before it counts

    def __init__(self, driver, access, patience, log):
        self.codes, self.loopback = wifi_ports.PORTS[driver]
        self.access = access
        self.patience = patience * 60000
        self.log = log
        if access["hostname"]:
            network.hostname(access["hostname"])
        self.wlan = network.WLAN(network.WLAN.IF_STA)
        self.state = OFF
        self.since = 0  # milliseconds in this state
        self.elapsed = 0
        self.offline = 0  # milliseconds without a network
        self.failures = 0
        self.wait = 0

    def mac(self):
        """The six octets of the station's MAC address; the radio is on afterwards."""
        self.wlan.active(True)
        return self.wlan.config("mac")

    def addresses(self):
        """Texts: address, subnet mask, gateway, DNS server."""
        return self.wlan.ifconfig()

    def tick(self, ms):
        """ms milliseconds have passed; returns NOTHING, CAME_UP, LOST or HOPELESS."""
        self.elapsed += ms
        if self.elapsed < _PERIOD:
            return NOTHING
        ms = self.elapsed
        self.elapsed = 0
        if self.state == UP:
            return NOTHING if self.up() else self.lost()
        self.since += ms
        self.offline += ms
        if self.patience and self.offline >= self.patience:
            self.offline = 0
            return HOPELESS
        if self.state == OFF or self.state == WAITING and self.since >= self.wait:
            self.join()
        elif self.state == JOINING:
            self.joining()
        elif self.state == SETTLING:
            if not self.up():
                self.fail()
            elif self.since >= self.settle:
                return self.settled()
        return NOTHING

    def up(self):
        return wifi_ports.meaning(self.codes, self.wlan.status())[0] == wifi_ports.UP

    def enter(self, state):
        self.state = state
        self.since = 0

    def join(self):
        self.enter(JOINING)
        try:
            self.wlan.active(True)
            if hasattr(self.wlan, "PM_NONE"):
                self.wlan.config(pm=self.wlan.PM_NONE)
            self.wlan.connect(self.access["ssid"], self.access["key"] or None)
        except OSError as e:
            self.log("WARN", "wifi", "driver", "error=%s" % e)
            self.fail()

    def joining(self):
        found = wifi_ports.meaning(self.codes, self.wlan.status())[0]
        if found == wifi_ports.UP:
            self.enter(SETTLING)
        elif self.since >= _JOIN or found == wifi_ports.FAILED and self.since >= _EARLY:
            self.fail()

    def settled(self):
        self.enter(UP)
        self.failures = 0
        self.offline = 0
        self.log("INFO", "wifi", "up", "ip=%s rssi=%s" % (self.addresses()[0], self.rssi()))
        return CAME_UP

    def rssi(self):
        """Signal strength in dBm, `unknown` where the driver does not report it."""
        try:
            return self.wlan.status("rssi")
        except (ValueError, OSError, TypeError):
            return "unknown"

    def lost(self):
        """The link is gone."""
        self.fail()
        return LOST

    def fail(self):
        """An attempt has failed, or the link broke: say why, and wait longer each time."""
        code = self.wlan.status()
        self.failures += 1
        self.wait = min(_LONGEST, 1000 << min(self.failures - 1, 6))
        word = wifi_ports.meaning(self.codes, code)[1]
        event = "lost" if self.state == UP else "failed"
        self.log(
            "WARN",
            "wifi",
            event,
            "status=%d reason=%s failures=%d next=%ds" % (code, word, self.failures, self.wait // 1000),
        )
        self.enter(WAITING)
        try:
            self.wlan.disconnect()
            if self.failures % _RADIO == 0:
                self.reset_radio()
        except OSError as e:
            self.log("WARN", "wifi", "driver", "error=%s" % e)

    def reset_radio(self):
        """Switch the radio off; joining switches it on."""
        self.log("WARN", "wifi", "radio-reset", "failures=%d" % self.failures)
        self.wlan.active(False)

    def restart(self):
        """Leave the network and begin anew with the radio: the sockets
        above it do not work any more.
        """
        self.enter(WAITING)
        self.wait = 0
        try:
            self.wlan.disconnect()
            self.reset_radio()
        except OSError as e:
            self.log("WARN", "wifi", "driver", "error=%s" % e)
