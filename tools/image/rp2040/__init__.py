"""The emulated RP2040: MicroPython's rp2 port in rp2040js, with the meter frozen in
and the USB serial port as a TCP port.

    python -m tools.image.rp2040 build
    python -m tools.image.rp2040 run

    from tools.image.rp2040 import Emulator
    with Emulator(folder / "flash.img", folder / "console.log") as board:
        print(board.serial, board.wait_console("READY ip="))
"""

from .build import BOARD, CACHE
from .emulator import Emulator

__all__ = ["BOARD", "CACHE", "Emulator"]
