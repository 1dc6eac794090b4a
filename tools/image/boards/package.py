"""The package.json files by which `mip` installs the meter: one for the
firmware, one for each board's limits.

    mpremote mip install --target / github:OWNER/REPOSITORY/firmware
    mpremote mip install --target / github:OWNER/REPOSITORY/boards/RPI_PICO_W

Their URLs are relative to themselves, so that they hold wherever the repository lies.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from .catalog import BOARDS, ROOT, BoardError


def _version() -> str:
    found = re.search(r'VERSION = "([^"]+)"', (ROOT / "firmware" / "version.py").read_text(encoding="utf-8"))
    if found is None:
        raise BoardError("firmware/version.py names no version")
    return found[1]


def _render(names: list[str]) -> str:
    return json.dumps({"version": _version(), "urls": [[name, name] for name in names]}, indent=1) + "\n"


def rendered() -> dict[Path, str]:
    """What every package.json should say."""
    firmware = ROOT / "firmware"
    names = sorted(path.relative_to(firmware).as_posix() for path in firmware.rglob("*.py"))
    packages = {firmware / "package.json": _render(names)}
    for board in BOARDS.values():
        packages[board.folder / "package.json"] = _render(["limits.py"])
    return packages


def stale() -> list[Path]:
    """The files that do not say what they should."""
    return [path for path, text in rendered().items() if not path.exists() or path.read_text(encoding="utf-8") != text]


def write() -> None:
    for path, text in rendered().items():
        path.write_text(text, encoding="utf-8")
