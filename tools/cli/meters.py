"""Named meters in a TOML file, and secrets in files: nobody else may have the right to read either.

The file is the one that ``DLMS_METERS`` names, or else ``dlms/meters.toml`` in
``XDG_CONFIG_HOME`` (``~/.config``). A table a meter:

    [lab]
    host = "192.0.2.7:4059"
    client = 48
    password = "87654321"            # or password_file = "lab.secret", beside this file
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..dlmsclient import UsageError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # the same parser; pytest brings it into the environment of a checkout

METERS = "DLMS_METERS"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_SECRETS = ("password",)


def file_of_meters(environment: Mapping[str, str]) -> Path:
    """Where the named meters are."""
    if environment.get(METERS):
        return Path(environment[METERS]).expanduser()
    base = environment.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "dlms" / "meters.toml"


def named_meter(name: str, environment: Mapping[str, str]) -> tuple[Path, dict[str, Any]]:
    """The file, and the entries of a meter in it; a UsageError for whatever is wrong with either."""
    path = file_of_meters(environment)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise UsageError(f"there is no {path}, which has the named meters ({METERS} names another file)") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path} is no TOML: {error}") from None
    if any(isinstance(table, dict) and key in table for table in content.values() for key in _SECRETS):
        _check_mode(path, mode)
    if not isinstance(content.get(name), dict):
        known = ", ".join(key for key, table in content.items() if isinstance(table, dict)) or "none"
        raise UsageError(f"{path} has no meter {name!r}; there are: {known}")
    return path, content[name]


def read_secret(name: str) -> str:
    """The first line of a file."""
    path = Path(name).expanduser()
    try:
        mode = path.stat().st_mode
        if stat.S_ISREG(mode):
            _check_mode(path, mode)
        with path.open(encoding="utf-8") as file:
            return file.readline().rstrip("\r\n")
    except OSError as error:
        raise UsageError(f"the password file {path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"the password file {path} is no text; hex:OCTETS stands for any octets") from None


def _check_mode(path: Path, mode: int) -> None:
    if os.name == "posix" and mode & _OTHERS:
        raise UsageError(f"{path} has a secret that others may read (mode {stat.S_IMODE(mode):03o}): chmod 600 {path}")
