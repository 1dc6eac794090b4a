"""Pins and limits of the Raspberry Pi Pico W: RP2040, 264 KB RAM, CYW43439 Wi-Fi."""

from limits_default import *  # noqa: F403

BOARD = "RPI_PICO_W"
HARDWARE = True
WIFI = "cyw43"
WATCHDOG = 8000  # the RP2040 takes 8388 ms at the most
WATCHDOG_STOP = (0x4005B000, 1 << 30)  # RP2040 datasheet, WATCHDOG: ENABLE of CTRL, at the alias that clears bits
LED = "LED"  # at the radio, not at the processor
RELAY = 14
PULSE = 15
