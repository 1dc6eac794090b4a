"""The file that a meter on this computer keeps its state in: made here, with a mode of its own, and
locked as long as the meter lives.

MicroPython can do neither. The lock belongs to an open file, and the meter's process inherits it:
it ends with that process, however that ends, and outlives a launcher that is killed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from .interpreter import LauncherError

try:
    import fcntl
except ImportError:  # Windows, where MicroPython has no unix port
    fcntl = None  # type: ignore[assignment]

KEY, SERIAL = "state", "serial"
OLD = ".old"
_OWNER_ONLY = 0o600
# As firmware/config.py has it; a test compares the two.
DEFAULT_SERIAL = "00000001"


def setting(settings: Mapping[str, object], config: str | os.PathLike[str] | None, key: str) -> str | None:
    """What a meter's command line says of a key: its words, then its file; None for nothing. What
    is wrong with the file, the meter says itself.
    """
    if key in settings:
        return str(settings[key])
    if config is None:
        return None
    try:
        content = json.loads(Path(config).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return str(content[key]) if isinstance(content, dict) and key in content else None


def default(folder: Path, settings: Mapping[str, object], config: str | os.PathLike[str] | None) -> Path | None:
    """The file for a meter whose configuration names none: one for each serial number, in `folder`.
    None when it names one, or none on purpose.
    """
    if setting(settings, config, KEY) is not None:
        return None
    serial = setting(settings, config, SERIAL) or DEFAULT_SERIAL
    # the meter refuses any other, and here it would be a path
    return folder / serial if serial.isdecimal() and serial.isascii() else None


def hold(path: Path) -> int:
    """Open the file, made when it is missing, and lock it; the descriptor is for the meter to
    inherit. LauncherError when another meter has it, or it cannot be had.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        held = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _OWNER_ONLY)
    except OSError as error:
        raise LauncherError(f"{path} cannot be used: {error.strerror}") from None
    try:
        if fcntl is not None:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(held)
        raise LauncherError(
            f"{path} is in use by another meter: stop that one, or give this one a file of its own with "
            'SET="state=FILE"'
        ) from None
    return held


def put_aside(path: Path) -> bool:
    """Give the file the name of an old one, whose place it takes; whether there was one to be put
    aside. LauncherError while a meter has it.
    """
    if not path.exists():
        return False
    held = hold(path)
    try:
        path.replace(path.with_name(path.name + OLD))
    except OSError as error:
        raise LauncherError(f"{path} cannot be put aside: {error.strerror}") from None
    finally:
        os.close(held)
    return True
