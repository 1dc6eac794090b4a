"""Figures of the store on the emulated Cortex-M3 board: instructions of a put, of opening the
journal, and of its housekeeping.

The flash is in memory, and what its calls take is subtracted: on a board the hardware copies.
"""

from __future__ import annotations

from pathlib import Path

from tools.image.emulated import EmulatedBoard

from .report import Row
from .settings import INSIDE, PATIENCE

_ICOUNT = 6  # an instruction takes 2**6 ns of emulated time
_TICK = 40  # ns of a tick of emu.busy()
_CONFIG = {"start": "2026-03-05T12:00:00", "backfill_days": 0, "inactivity": 0, "log": "ERROR"}
# name of the probe: what it is, bar and aim
_WHAT = {
    "put-40": ("a put of 40 octets", 80_000, 60_000),
    "put-200": ("a put of 200 octets", 110_000, 60_000),
    "put-200-unchanged": ("a put of 200 octets that stand there already", 65_000, 60_000),
    "put-that-turns": ("a put that has to turn, without any tidying", None, None),
    "tidy-longest": ("the longest step of tidying", None, None),
    "open": ("opening a journal of two full segments", None, None),
}


def measure(folder: Path) -> list[Row]:
    """A row for each figure of `inside/store_probe.py`."""
    with EmulatedBoard(
        folder / "store.img", folder / "store.log", icount=_ICOUNT, settings=_CONFIG, ready_timeout=PATIENCE
    ) as board:
        said = board.execute((INSIDE / "store_probe.py").read_text(encoding="utf-8"), PATIENCE)
    found = {words[1]: words[2:] for words in map(str.split, said.splitlines()) if words[:1] == ["STORE"]}
    return [_row(name, *map(_instructions, found[name][:2])) for name in _WHAT]


def _instructions(ticks: str) -> int:
    return int(ticks) * _TICK // (1 << _ICOUNT)


def _row(name: str, whole: int, device: int) -> Row:
    what, bar, aim = _WHAT[name]
    how = f"{device:,} of {whole:,} emulate the flash" if device else "what emulates the flash included"
    return Row(f"instructions, Cortex-M3, {what}", whole - device, "", bar, aim, how)
