"""Write what makes one board different from the next: Wi-Fi access, the clients'
secrets, serial number, configuration keys.

    wifi.json      ssid, key, hostname
    secrets.json   reader and management
    config.json    everything else; `serial` names the meter: logical device names and
                   system titles are made from it

What is given replaces what the board has, the rest stays. Nothing is written on this
computer, and no secret is printed.
"""

from __future__ import annotations

import json
import os
import stat
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .catalog import ROOT, BoardError
from .files import Files
from .repl import Repl

WIFI = "wifi.json"
SECRETS = "secrets.json"
CONFIG = "config.json"
CLIENTS = ("reader", "management")  # that have secrets: the meter takes a file with all of them, or none
# name -> (file on the board, longest text)
TEXTS = {
    "ssid": (WIFI, 32),
    "key": (WIFI, 63),
    "hostname": (WIFI, 32),
    **dict.fromkeys(CLIENTS, (SECRETS, 64)),
    "serial": (CONFIG, 8),
}
_HIDDEN = {"key", *CLIENTS}
_SHORTEST = dict.fromkeys(_HIDDEN, 8)


@dataclass
class Provision:
    """What is to be written: texts by name, and further configuration keys."""

    texts: dict[str, str] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)

    def put(self, name: str, text: str) -> None:
        """Set one text; BoardError when the board could not use it."""
        if name not in TEXTS:
            raise BoardError(f"no such item: {name} (known: {', '.join(TEXTS)} and config)")
        if not isinstance(text, str) or not text.isprintable():
            raise BoardError(f"{name} must be a text without control characters")
        longest = TEXTS[name][1]
        shortest = _SHORTEST.get(name, 1)
        open_network = name == "key" and not text
        if not open_network and not shortest <= len(text.encode()) <= longest:
            raise BoardError(f"{name} must have {shortest} to {longest} octets")
        if name == "serial" and not (len(text) == 8 and text.isdecimal() and text.isascii()):
            raise BoardError("serial must be eight digits")
        self.texts[name] = text

    def by_file(self) -> dict[str, dict[str, Any]]:
        """The keys for each file of the board."""
        files: dict[str, dict[str, Any]] = {}
        for name, text in self.texts.items():
            files.setdefault(TEXTS[name][0], {})[name] = text
        if self.config:
            files.setdefault(CONFIG, {}).update(self.config)
        return files


def setting(word: str) -> tuple[str, Any]:
    """``key=value`` of the meter's configuration; numbers and on/off become what they are."""
    key, equals, text = word.partition("=")
    if not equals or not key:
        raise BoardError(f"{word!r} is not key=value")
    if text in ("on", "off"):
        return key, text == "on"
    return key, int(text) if text.lstrip("-").isdecimal() and key != "serial" else text


def from_file(path: Path) -> Provision:
    """A JSON object with any of the names, and `config` with configuration keys.

    The file holds secrets: it must be readable by its owner only, and not
    be something that git takes.
    """
    try:
        mode = path.stat().st_mode
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BoardError(f"{path}: {error.strerror}") from None
    except ValueError:
        raise BoardError(f"{path} is not JSON") from None
    if os.name != "nt" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise BoardError(f"{path} holds secrets and others can read it: chmod 600 {path}")
    if _git_takes(path):
        raise BoardError(f"{path} holds secrets and git would take it: keep it outside the checkout")
    if not isinstance(content, dict):
        raise BoardError(f"{path} must hold a JSON object")
    made = Provision()
    for name, value in content.items():
        if name == "config":
            if not isinstance(value, dict):
                raise BoardError(f"{path}: config must be an object")
            made.config.update(value)
        else:
            made.put(name, value)
    return made


def _git_takes(path: Path) -> bool:
    """Whether the file lies in the checkout and git does not ignore it."""
    resolved = path.resolve()
    if ROOT not in resolved.parents:
        return False
    words = ["git", "check-ignore", "--quiet", str(resolved)]
    return subprocess.run(words, cwd=ROOT, capture_output=True, timeout=60, check=False).returncode != 0


def provision(repl: Repl, wanted: Provision) -> list[str]:
    """Merge into the board's files; returns lines that say what the board has now, secrets hidden.

    BoardError, and nothing is written, when a client would be left without a secret of its own.
    """
    files = Files(repl)
    merged = {path: {**_present(files, path), **values} for path, values in wanted.by_file().items()}
    if SECRETS in merged and (missing := [name for name in CLIENTS if not merged[SECRETS].get(name)]):
        raise BoardError(
            f"no secret for {' and '.join(missing)}, here or on the board: the meter takes {SECRETS} with all of "
            "them only"
        )
    for path, content in merged.items():
        files.write(path, json.dumps(content, indent=1, sort_keys=True).encode())
    return [f"{path}: {describe(content)}" for path, content in merged.items()]


def show(repl: Repl) -> list[str]:
    """What the board has, secrets hidden."""
    files = Files(repl)
    return [f"{path}: {describe(_present(files, path)) or 'nothing'}" for path in (WIFI, SECRETS, CONFIG)]


def _present(files: Files, path: str) -> dict[str, Any]:
    octets = files.read(path)
    if octets is None:
        return {}
    try:
        content = json.loads(octets)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise BoardError(f"{files.device}: {path} on the board is not a JSON object; delete it first")
    return content


def describe(content: Mapping[str, Any]) -> str:
    """``ssid=lab key=(set)``: what can be shown of a file."""
    return " ".join(f"{name}={'(set)' if name in _HIDDEN else value}" for name, value in sorted(content.items()))
