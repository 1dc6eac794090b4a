# The emulated RP2040 as a board of MicroPython's rp2 port: a Raspberry Pi Pico with lwIP, as a Pico W has it, and no network interface.

set(PICO_PLATFORM "rp2040")
set(PICO_BOARD "pico")

set(MICROPY_PY_LWIP ON)
