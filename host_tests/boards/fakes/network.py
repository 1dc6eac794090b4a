"""FAKE of MicroPython's `network` module, for tests without a radio: a
station whose status the test says.

`WLAN.code` is the status; when a file `wifi_status` is in the working directory its number is
taken, so that the network of a whole meter can be taken away. `WLAN.calls` records what the
firmware asked for. FAKE_SETTLE in the environment shortens the time that a link has to hold, so
that the tests of the whole meter need not wait for it.
"""

import os
import sys

name = ""


def hostname(text):
    global name
    name = text


class WLAN:
    IF_STA = 0
    PM_NONE = 0xA11140
    code = 0
    error = None  # errno that connect raises
    calls = []

    def __init__(self, interface):
        self.interface = interface
        if os.getenv("FAKE_SETTLE"):
            sys.modules["net.wifi"].Wifi.settle = int(os.getenv("FAKE_SETTLE"))

    def active(self, on):
        self.calls.append(("active", on))

    def config(self, what=None, **settings):
        if what == "mac":
            return b"\x28\xcd\xc1\x00\x00\x2a"
        self.calls.append(("config", settings))

    def connect(self, ssid, key):
        self.calls.append(("connect", ssid, key))
        if WLAN.error:
            raise OSError(WLAN.error)

    def disconnect(self):
        self.calls.append(("disconnect",))

    def status(self, what=None):
        if what:
            return -51
        try:
            with open("wifi_status") as f:
                return int(f.read())
        except OSError:
            return WLAN.code

    def ifconfig(self):
        return ("127.0.0.1", "255.0.0.0", "127.0.0.254", "127.0.0.53")
