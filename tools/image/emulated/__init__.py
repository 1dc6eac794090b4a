"""The emulated Cortex-M3 board: build its firmware, start it in QEMU, put files on it.

python -m tools.image.emulated build
python -m tools.image.emulated run

from tools.image.emulated import EmulatedBoard
with EmulatedBoard(folder / "flash.img", folder / "console.log") as board:
    print(board.host, board.port, board.ready)
"""

from .board import EmulatedBoard
from .build import FIRMWARE
from .errors import BoardError
from .sources import CACHE

__all__ = ["CACHE", "FIRMWARE", "BoardError", "EmulatedBoard"]
