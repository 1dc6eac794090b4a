"""Pins and limits of the Raspberry Pi Pico 2 W: RP2350, 520 KB RAM, CYW43439 Wi-Fi."""

from limits_default import *  # noqa: F403

BOARD = "RPI_PICO2_W"
HARDWARE = True
WIFI = "cyw43"
WATCHDOG = 8000
WATCHDOG_STOP = (0x400DB000, 1 << 30)  # RP2350 datasheet, WATCHDOG: ENABLE of CTRL, at the alias that clears bits
STATE = "flash"
MAP = "flash-map files=384 store=148"  # and 108 sectors that are free
LED = "LED"  # at the radio, not at the processor
RELAY = 14
PULSE = 15

PDU = 1024
DATAGRAM = 1032
REASSEMBLY = 1024
ELEMENT = 512
LIST = 32
NESTING = 12
ROWS = 2976  # a month of quarters of an hour
EVENTS = 200
DAYS = 400
