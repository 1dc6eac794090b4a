"""STAND-IN for `network` on a Pico W: a station whose link goes and comes as the world around
the board says. The address is loopback's.
"""

import sys

import standin_state


def hostname(text):
    pass


HURRY = 5


class WLAN:
    IF_STA = 0
    PM_NONE = 0xA11140

    def __init__(self, interface):
        station = sys.modules["net.wifi"].Wifi
        station.settle = 0  # a link that nothing disturbs needs no time to prove itself
        tick = station.tick
        # Its access point answers quickly, and is tried again quickly: time runs faster
        # for the radio than for the meter.
        station.tick = lambda self, ms: tick(self, HURRY * ms)

    def active(self, on):
        pass

    def config(self, what=None, **settings):
        if what == "mac":
            return b"\x28\xcd\xc1\x00\x00\x2a"

    def connect(self, ssid, key):
        pass

    def disconnect(self):
        pass

    def status(self, what=None):
        if what:
            return -51
        return int(standin_state.world()["link"])

    def ifconfig(self):
        return ("127.0.0.1", "255.0.0.0", "127.0.0.254", "127.0.0.53")
