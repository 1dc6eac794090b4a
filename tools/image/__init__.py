"""What makes images for boards, and brings the meter onto them.

    boards      flash, deploy, provision, firmware, package: the meter on a board (docs/BOARDS.md)
    link, rom   the firmware linked into one module; functions and classes as constants in the flash
    emulated    the emulated Cortex-M3 board: build it, run it in QEMU
    rp2040      MicroPython's rp2 port on an emulated RP2040
    mp32        a 32-bit interpreter for this computer
    mpycross    the mpy-cross that images are built with, which `make lint` compiles with
    console, crossbuild, debian, powered
                what these share: a board's console, its build, Debian's archive, a board that is on

These tools may use the launcher, and nothing of tools/upkeep/. The client uses none of them.
"""
