"""The limits of a Raspberry Pi Pico W on the emulated board: those that every board starts from."""

from limits_default import *  # noqa: F403

BOARD = "EMU_M3"
HARDWARE = True
LAN = True
WATCHDOG = 8000
WATCHDOG_STOP = (0x40008008, 0)
