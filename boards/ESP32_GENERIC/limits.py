"""Pins and limits of ESP32 boards without PSRAM: 520 KB RAM, of which
MicroPython has about a third.
"""

from limits_default import *  # noqa: F403

BOARD = "ESP32_GENERIC"
HARDWARE = True
WIFI = "esp32"
WATCHDOG = 30000
STATE = "flash"
LED = 2  # of most development boards
RELAY = 26
PULSE = 27
PULSE_KIND = "counter"

CONNECTIONS = 6  # ESP-IDF has ten sockets: two are listened on, one asks for the time, one tries the listener
TRANSFERS = 7
