"""The emulated Cortex-M3 board: what happens between boot.py and the meter, and after it.

The configuration is `/meter.json`, where there is one. However the meter ends, the REPL comes next: nothing here exits.
"""

import os
import time

import limits
import network

CONFIG = "/meter.json"
_DHCP_SECONDS = 15


def run(main):
    """Bring the network up and run `main(words)`, which listens on the address that the network gave."""
    try:
        address = connect()
        if address is None:
            print("error: no address from DHCP within %d s" % _DHCP_SECONDS)
            return
        limits.BIND = address
        main(words())
    except KeyboardInterrupt:
        pass  # Ctrl-C: the REPL is what was wanted


def connect():
    """The board's IPv4 address; None when DHCP gives none in time."""
    lan = network.LAN()
    lan.active(True)
    start = time.ticks_ms()
    while not lan.isconnected():
        if time.ticks_diff(time.ticks_ms(), start) > _DHCP_SECONDS * 1000:
            return None
        time.sleep_ms(1)
    return lan.ifconfig()[0]


def words():
    """The command line that a computer would be given."""
    try:
        os.stat(CONFIG)
    except OSError:
        return []
    return ["--config", CONFIG]
