"""A wired network with DHCP: `network.LAN`, for boards that have one,
with the face of `net.wifi.Wifi`.

    JOINING --address--> UP --no address any more--> JOINING
"""

from micropython import const
import network

from net.states import CAME_UP, JOINING, LOST, NOTHING, UP

_PERIOD = const(100)  # milliseconds between two looks at the address


class Lan:
    """See `Wifi`; there is no access, and nothing to give up."""

    loopback = False

    def __init__(self, log):
        self.log = log
        self.lan = network.LAN()
        self.lan.active(True)
        self.state = JOINING
        self.elapsed = 0

    def mac(self):
        """The six octets of the MAC address."""
        return self.lan.config("mac")

    def addresses(self):
        """Texts: address, subnet mask, gateway, DNS server."""
        return self.lan.ifconfig()

    def tick(self, ms):
        """ms milliseconds have passed; returns NOTHING, CAME_UP or LOST. Allocates
        nothing while the network is up.
        """
        self.elapsed += ms
        if self.elapsed < _PERIOD:
            return NOTHING
        self.elapsed = 0
        up = self.lan.isconnected()
        if up and self.state == JOINING:
            self.state = UP
            self.log("INFO", "lan", "up", "ip=%s" % self.addresses()[0])
            return CAME_UP
        if not up and self.state == UP:
            self.state = JOINING
            self.log("WARN", "lan", "lost", "")
            return LOST
        return NOTHING

    def restart(self):
        """Begin anew with the interface: the sockets above it do not work any more."""
        self.state = JOINING
        self.lan.active(False)
        self.lan.active(True)
