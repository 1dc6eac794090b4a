"""Build an image with the meter frozen into it, from a MicroPython source tree of the user's own (TOP=)."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from .catalog import ROOT, Board, BoardError

OLDEST = (1, 25)
BUILD_TIMEOUT = 3600.0
OUTPUT = ROOT / ".cache" / "firmware"
# port -> commands that its build needs, parts of the tree that `make submodules` brings, the image
_NEEDS = {
    "rp2": (("make", "cmake", "arm-none-eabi-gcc"), ("lib/pico-sdk/src", "lib/cyw43-driver/src", "lib/lwip/src"), "firmware.uf2"),
    "esp32": (("make", "cmake", "idf.py"), ("lib/berkeley-db-1.xx/btree",), "firmware.bin"),
}


def version(top: Path) -> tuple[int, int]:
    """Major and minor version of a MicroPython source tree."""
    try:
        text = (top / "py" / "mpconfig.h").read_text(encoding="utf-8")
    except OSError:
        raise BoardError(f"TOP={top} is not a MicroPython source tree (no py/mpconfig.h)") from None
    numbers = [re.search(rf"define MICROPY_VERSION_{part} (\d+)", text) for part in ("MAJOR", "MINOR")]
    if None in numbers:
        raise BoardError(f"TOP={top}: its py/mpconfig.h names no version")
    major, minor = (int(number[1]) for number in numbers if number)
    return major, minor


def check(board: Board, top: Path | None) -> Path:
    """The source tree, when everything that the build needs is there."""
    if top is None:
        raise BoardError("give TOP=: a MicroPython source tree, 1.25 or newer, with its submodules")
    top = top.resolve()
    found = version(top)
    if found < OLDEST:
        raise BoardError(f"TOP={top} is MicroPython {found[0]}.{found[1]}; {OLDEST[0]}.{OLDEST[1]} or newer is needed")
    if not (top / "ports" / board.port / "Makefile").exists():
        raise BoardError(f"TOP={top} has no ports/{board.port}")
    commands, parts, _ = _NEEDS[board.port]
    missing = [command for command in commands if shutil.which(command) is None]
    if missing:
        hint = "; source ESP-IDF's export.sh first" if "idf.py" in missing else ""
        raise BoardError(f"the build of {board.name} needs {', '.join(missing)}, not installed here{hint}")
    absent = [part for part in (*parts, "lib/micropython-lib/micropython") if not (top / part).is_dir()]
    if absent:
        raise BoardError(
            f"TOP={top} lacks {', '.join(absent)}: make -C {top}/ports/{board.port} BOARD={board.name} submodules"
        )
    return top


def commands(board: Board, top: Path) -> list[list[str]]:
    """What a build runs, in order."""
    jobs = f"-j{os.cpu_count() or 1}"
    output = OUTPUT / board.name
    return [
        ["make", "-C", str(top / "mpy-cross"), jobs],
        [
            *("make", "-C", str(top / "ports" / board.port), jobs),
            f"BOARD={board.name}",
            f"BUILD={output}",
            f"FROZEN_MANIFEST={board.folder / 'manifest.py'}",
        ],
    ]


def build(board: Board, top: Path | None, say: Callable[[str], None]) -> Path:
    """Build and return the image."""
    tree = check(board, top)
    (OUTPUT / board.name).mkdir(parents=True, exist_ok=True)
    for words in commands(board, tree):
        say("running " + " ".join(words))
        _run(words)
    image = OUTPUT / board.name / _NEEDS[board.port][2]
    if not image.exists():
        raise BoardError(f"the build ended and {image} is not there")
    say(f"{image} ({image.stat().st_size // 1024} KB). Next: make flash BOARD={board.name} IMAGE={image}")
    return image


def _run(words: Sequence[str]) -> None:
    try:
        code = subprocess.run(words, timeout=BUILD_TIMEOUT, check=False).returncode
    except subprocess.TimeoutExpired:
        raise BoardError(f"{words[0]} did not end within {BUILD_TIMEOUT:.0f} s") from None
    if code != 0:
        raise BoardError(f"{' '.join(words[:3])} failed with exit code {code}; what it said stands above")
