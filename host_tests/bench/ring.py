"""Figures of the rings of rows on the emulated Cortex-M3 board: instructions of an
append, of opening the rings of a Pico W with all sectors full, and of a row that is
read from the flash where it stands.

The flash is memory of the emulated machine, which can be viewed as that of an RP2040. What its
calls take is subtracted: on a board the hardware copies.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from tools.image.emulated import FIRMWARE, BoardError, EmulatedBoard
from tools.image.emulated import build as firmware_build
from tools.launcher import ROOT, LauncherError

from .report import Row
from .settings import INSIDE, PATIENCE, Settings

_ICOUNT = 6  # an instruction takes 2**6 ns of emulated time
_TICK = 40  # ns of a tick of emu.busy()
_HEAP = 1500 << 10  # octets: 137 sectors stand in memory
_FILES = {
    "store": ("__init__", "health", "octets", "octets_viper", "pages", "ring", "ring_rows"),
    "cosem": ("__init__", "row", "row_viper", "rows"),
}
# The modules that the meter has frozen in are imported anew, from the files.
_RUN = """import sys
for name in list(sys.modules):
    if name.split('.')[0] in ('cosem', 'store'):
        del sys.modules[name]
import ring_probe
ring_probe.measure()
"""


def measure(settings: Settings) -> list[Row]:
    """All rows; left out, with the reason, where the board cannot be built or run."""
    if not FIRMWARE.exists():
        return [Row("rings", None, "", how="not built: python -m tools.image.emulated build", excused=True)]
    try:
        firmware_build.need_qemu()
        with tempfile.TemporaryDirectory() as folder:
            return _measured(Path(folder))
    except (BoardError, LauncherError) as error:
        return [Row("rings", None, "", how=str(error))]


def _measured(folder: Path) -> list[Row]:
    """A row for each figure of `inside/ring_probe.py`."""
    with EmulatedBoard(
        folder / "ring.img", folder / "ring.log", icount=_ICOUNT, ready_timeout=PATIENCE, heap=_HEAP
    ) as board:
        board.execute("import os\nfor name in ('store', 'cosem'):\n    os.mkdir(name)\n")
        for name, modules in _FILES.items():
            board.remote.copy([ROOT / "firmware" / name / f"{module}.py" for module in modules], name)
        board.remote.copy([ROOT / "host_tests" / "store" / "ram_flash.py", INSIDE / "ring_probe.py"], "")
        said = board.execute(_RUN, PATIENCE)
    found = {words[1]: (int(words[2]), int(words[3])) for words in map(str.split, said.splitlines()) if len(words) == 4}
    view, memory = found["view"][0], found["memory"][0]
    return [
        _row("an append to a ring", found["append"], 60_000),
        _row("an append that begins a sector", found["begin"], None),
        _row("opening rings of 124, 8 and 5 full sectors", found["opening"], 5_000_000),
        Row("frames and objects on the heap, an append", found["calls"][0], "calls", 0, how="calls of gc_alloc"),
        Row(
            "a row read from a viewed flash, against one from memory",
            round(view / memory, 3),
            "",
            1.1,
            how=f"{_instructions(view):,} and {_instructions(memory):,} instructions, eight columns, 1,000 octets each",
        ),
    ]


def _instructions(ticks: int) -> int:
    return ticks * _TICK // (1 << _ICOUNT)


def _row(what: str, ticks: tuple[int, int], bar: int | None) -> Row:
    whole, device = map(_instructions, ticks)
    how = f"{device:,} of {whole:,} emulate the flash" if device else "what emulates the flash included"
    return Row(f"instructions, Cortex-M3, {what}", whole - device, "", bar, how=how)
