"""Pins and limits of the emulated Cortex-M3 board: the RAM of a Raspberry Pi
Pico W, a wired network, no pins.
"""

from limits_default import *  # noqa: F403

BOARD = "EMU_M3"
HARDWARE = True
LAN = True
STATE = "flash"
MAP = "flash-map files=352 store=148"
WATCHDOG = 8000
WATCHDOG_STOP = (0x40008008, 0)  # CMSDK watchdog: CONTROL
# Wider than on boards of this size, so that the tests of a computer's meter fit
ALL_UDP_ASSOCIATIONS = 6  # AAs of all UDP peers together
UDP_TRANSFERS = 2  # long transfers over UDP at once
PDU = 1024  # largest APDU received or sent, octets
DATAGRAM = 1472  # largest UDP payload, octets: Ethernet MTU less the IPv4 and UDP headers
ELEMENT = 512  # largest single element or simple attribute value, octets
LIST = 32  # entries of a with-list request
NESTING = 12  # depth of arrays and structures in received data
OUTBOX = 256  # octets that each Push setup, and the events, keep until they are sent
ROWS = 192  # load profile rows kept: two days of quarters of an hour
EVENTS = 32  # event log rows kept
DAYS = 31  # daily billing rows kept
