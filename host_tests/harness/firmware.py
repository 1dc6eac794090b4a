"""Which firmware the tests run: the one of this checkout, or a copy that `--firmware` names.

`folder()` is where the meter is started from and where scripts in either interpreter import from.
Tests that look at the source itself read the checkout.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tools.launcher import ROOT

OWN = ROOT / "firmware"
_folder = OWN


def folder() -> Path:
    return _folder


def use(path: str | None) -> None:
    """Take the firmware in a folder instead; ValueError when there is none.
    Called before any of it is imported.
    """
    global _folder
    chosen = Path(path).resolve() if path else OWN
    if not (chosen / "main.py").is_file():
        raise ValueError(f"--firmware {path}: there is no main.py")
    sys.path[:] = [str(chosen) if entry == str(_folder) else entry for entry in sys.path]
    _folder = chosen
