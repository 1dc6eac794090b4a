"""Pins and limits of ESP32-S3 boards: 512 KB RAM."""

from limits_default import *  # noqa: F403

BOARD = "ESP32_GENERIC_S3"
HARDWARE = True
WIFI = "esp32"
WATCHDOG = 30000
STATE = "flash"
RELAY = 4
PULSE = 5
PULSE_KIND = "counter"

CONNECTIONS = 6  # ESP-IDF has ten sockets: two are listened on, one asks for the time, one tries the listener
TRANSFERS = 7
ROWS = 1344  # a fortnight of quarters of an hour
