"""Pins and limits of ESP32-C3 boards: RISC-V, 400 KB RAM, no pulse counter."""

from limits_default import *  # noqa: F403

BOARD = "ESP32_GENERIC_C3"
HARDWARE = True
WIFI = "esp32"
WATCHDOG = 30000
STATE = "flash"
RELAY = 4
PULSE = 5
PULSE_KIND = "falling"

CONNECTIONS = 6  # ESP-IDF has ten sockets: two are listened on, one asks for the time, one tries the listener
TRANSFERS = 7
