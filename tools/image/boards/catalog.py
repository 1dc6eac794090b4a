"""The boards that images are made for, and what distinguishes them for that. Their pins and
limits stand in boards/<BOARD>/limits.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent.parent


class BoardError(Exception):
    """What went wrong, in one line without a final full stop."""


@dataclass(frozen=True)
class Board:
    """port: of MicroPython. For rp2 `family` is the UF2 family id and `drive` the Board-ID of the
    boot drive; for esp32 `chip` is esptool's name, `chip_id` the number in an image's header and
    `offset` where an image goes in the flash. `emulated`: no hardware; MicroPython's build finds
    its definition in boards/<BOARD>/port.
    """

    name: str
    port: str
    family: int = 0
    drive: str = ""
    chip: str = ""
    chip_id: int = 0
    offset: int = 0
    emulated: bool = False

    @property
    def folder(self) -> Path:
        return ROOT / "boards" / self.name

    @property
    def suffix(self) -> str:
        """Of an image."""
        return ".uf2" if self.port == "rp2" else ".bin"


BOARDS = {
    board.name: board
    for board in (
        Board("RPI_PICO_W", "rp2", family=0xE48BFF56, drive="RPI-RP2"),
        Board("RPI_PICO2_W", "rp2", family=0xE48BFF59, drive="RP2350"),
        Board("ESP32_GENERIC", "esp32", chip="esp32", chip_id=0, offset=0x1000),
        Board("ESP32_GENERIC_S3", "esp32", chip="esp32s3", chip_id=9, offset=0),
        Board("ESP32_GENERIC_C3", "esp32", chip="esp32c3", chip_id=5, offset=0),
    )
}

# No hardware: images are built and files deployed as for the others.
EMULATED = {"EMU_RP2040": Board("EMU_RP2040", "rp2", family=0xE48BFF56, emulated=True)}


def find(name: str | None) -> Board:
    """The board of that name."""
    if not name:
        raise BoardError(f"no board named: give BOARD=, one of {', '.join(BOARDS)}")
    known = {**BOARDS, **EMULATED}
    if name not in known:
        raise BoardError(f"no such board: {name} (known: {', '.join(known)})")
    return known[name]
