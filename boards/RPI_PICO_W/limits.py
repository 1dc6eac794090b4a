"""Pins and limits of the Raspberry Pi Pico W: RP2040, 264 KB RAM, CYW43439 Wi-Fi."""

from limits_default import *  # noqa: F403

BOARD = "RPI_PICO_W"
HARDWARE = True
WIFI = "cyw43"
WATCHDOG = 8000  # the RP2040 takes 8388 ms at the most
WATCHDOG_STOP = (0x4005B000, 1 << 30)  # RP2040 datasheet, WATCHDOG: ENABLE of CTRL, at the alias that clears bits
STATE = "flash"
MAP = "flash-map files=64 store=148"
LED = "LED"  # at the radio, not at the processor
RELAY = 14
PULSE = 15

# The meter is to leave more than half of the heap to what users add. Profiles are in memory: a row
# of the load profile takes 29 octets, of the daily billing 44, of the event log 13. The key `depth`
# keeps more rows of the load profile where there is room: a week is 672. An octet of PDU counts six
# times, of REASSEMBLY and ELEMENT as often as there are transfers, and one more.
ALL_ASSOCIATIONS = 4  # AAs on all TCP connections together: one each
UDP_LINKS = 1  # UDP peers (address and port) that hold AAs
ALL_UDP_ASSOCIATIONS = 2  # AAs of all UDP peers together
PDU = 384  # largest APDU received or sent, octets
DATAGRAM = 392  # largest UDP payload, octets: a PDU and its wrapper header
TRANSFERS = 4  # long transfers over TCP at once; every connection is sure of one
REASSEMBLY = 320  # largest value written in blocks, octets: capture objects of 16 columns
ELEMENT = 160  # largest single element or simple attribute value, octets
OUTBOX = 384  # octets that each Push setup, and the events, keep until they are sent
ROWS = 96  # load profile rows kept: a day of quarters of an hour
EVENTS = 32  # event log rows kept
DAYS = 31  # daily billing rows kept
