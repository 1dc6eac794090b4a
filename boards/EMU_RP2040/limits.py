"""Pins and limits of the emulated RP2040: those of a Raspberry Pi Pico W, without its radio."""

from limits_default import *  # noqa: F403

BOARD = "EMU_RP2040"
HARDWARE = True
WATCHDOG = 8000  # the RP2040 takes 8388 ms at the most
WATCHDOG_STOP = (0x4005B000, 1 << 30)  # RP2040 datasheet, WATCHDOG: ENABLE of CTRL, at the alias that clears bits
STATE = "flash"
MAP = "flash-map files=64 store=148"
LED = 25
RELAY = 14
PULSE = 15
# Less of the past than a Pico keeps, so that the scripts of the tests have room beside the meter
OUTBOX = 256  # octets that each Push setup, and the events, keep until they are sent
ROWS = 96  # load profile rows kept: a day of quarters of an hour
EVENTS = 32  # event log rows kept
DAYS = 31  # daily billing rows kept
