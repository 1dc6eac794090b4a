"""The modules of the firmware that read a store, for CPython.

tools/ shares no code with the firmware but here. The layout of a store is no protocol that a second
implementation could check: only the firmware writes it, and what it makes of a damaged one is what
this program has to show.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

FOLDER = Path(__file__).resolve().parents[2] / "firmware"


def _viper(function: Any) -> Any:
    raise SyntaxError("no native code emitter in CPython")


def _stand_in() -> ModuleType:
    """MicroPython's `micropython`, as far as the modules ask for it: they take their plain twins."""
    module = ModuleType("micropython")
    module.const = lambda value: value  # type: ignore[attr-defined]
    module.viper = module.native = _viper  # type: ignore[attr-defined]
    return module


def load(name: str) -> ModuleType:
    """A module of the firmware by its name."""
    sys.modules.setdefault("micropython", _stand_in())
    sys.path.insert(0, str(FOLDER))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(FOLDER))
