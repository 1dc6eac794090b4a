"""The rig file: which boards there are, and what stands around them.
docs/HARNESS.md explains it key by key.

    [boards.NAME]      device, type, id, address, network, power, pulses, lines,
                       config, answer_ms, …_seconds
    [networks.NAME]    down, up: commands; seconds until a board is back
    [relays.NAME]      off, on: commands; seconds without power
    [pulses.NAME]      send: command with {count}; period_ms

A wrong file is reported in one line: the file, the table, the key.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10: pip carries the same parser
    from pip._vendor import tomli as tomllib  # type: ignore[no-redef]

from tools.launcher import ROOT

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_RESERVED = ("unix", "emulated")
Command = tuple[str, ...]


class RigError(ValueError):
    """A rig file that cannot be used, reported in one line."""


@dataclass(frozen=True)
class Network:
    """Commands that take a network away and bring it back; seconds: within
    which a board must serve again.
    """

    name: str
    down: Command
    up: Command
    seconds: float = 120.0


@dataclass(frozen=True)
class Relay:
    """Commands that cut and restore the power of a board; seconds: how long it stays off."""

    name: str
    off: Command
    on: Command
    seconds: float = 2.0


@dataclass(frozen=True)
class Pulses:
    """A command that sends `{count}` S0 pulses; period_ms: from one to the next."""

    name: str
    send: Command
    period_ms: float = 100.0


@dataclass(frozen=True)
class BoardSpec:
    """One board: how it is reached and what may be done to it. Only `device` must be known.

    name      in the rig file, or the target itself
    device    id:<usb-serial>, a port, socket:// or rfc2217://
    type      the folder in boards/, compared with READY
    id        the processor's id, compared with READY
    address   host and port of the meter, where not those of READY lead to it
    lines     whether DTR and RTS reset the board; None: decided by type
    config    keys that every configuration of the board keeps
    answer_ms longest median time of a GET, seen by a client
    """

    name: str
    device: str
    type: str = ""
    id: str = ""
    address: tuple[str, int] | None = None
    lines: bool | None = None
    config: Mapping[str, object] = field(default_factory=dict, hash=False)
    answer_ms: float | None = None
    boot_seconds: float = 60.0
    repl_seconds: float = 4.0
    reopen_seconds: float = 20.0
    power: Relay | None = None
    network: Network | None = None
    pulses: Pulses | None = None

    @property
    def ladder_seconds(self) -> float:
        """What configuring the board and climbing its whole ladder take at the most."""
        return 4 * (self.boot_seconds + 6 * self.repl_seconds) + self.reopen_seconds

    @property
    def capabilities(self) -> frozenset[str]:
        """What this board adds to what every board has."""
        fitted = {
            "power": self.power,
            "network-loss": self.network,
            "pulse": self.pulses,
            "timing": self.answer_ms,
            # After a forwarder it is the forwarder that a client meets.
            "direct": self.address is None,
        }
        return frozenset(name for name, there in fitted.items() if there)


def load(path: Path) -> dict[str, BoardSpec]:
    """The boards of a rig file by name, in its order; RigError shows what is wrong with it."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RigError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise RigError(f"{path}: is not text in UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise RigError(f"{path}: {error}") from None
    return _Reader(path).boards(content)


def single(device: str) -> BoardSpec:
    """A board of which only the device is known."""
    return BoardSpec(device, device)


class _Reader:
    """Takes the parsed file apart; every complaint names the file and the place."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def boards(self, content: Mapping[str, Any]) -> dict[str, BoardSpec]:
        if unknown := sorted(set(content) - {"boards", "networks", "relays", "pulses"}):
            raise self._error("", f"unknown table {unknown[0]!r} (known: boards, networks, relays, pulses)")
        around = {
            "network": {
                name: self._make(Network, "networks", name, table) for name, table in self._tables(content, "networks")
            },
            "power": {
                name: self._make(Relay, "relays", name, table) for name, table in self._tables(content, "relays")
            },
            "pulses": {
                name: self._make(Pulses, "pulses", name, table) for name, table in self._tables(content, "pulses")
            },
        }
        found = {}
        devices: dict[str, str] = {}
        for name, table in self._tables(content, "boards"):
            spec = self._board(name, table, around)
            if spec.device in devices:
                raise self._error(f"boards.{name}", f"device {spec.device} is that of {devices[spec.device]} already")
            devices[spec.device] = name
            found[name] = spec
        if not found:
            raise self._error("", "no board: a rig has at least one [boards.NAME]")
        return found

    def _tables(self, content: Mapping[str, Any], kind: str) -> list[tuple[str, Mapping[str, Any]]]:
        group = content.get(kind, {})
        if not isinstance(group, dict) or not all(isinstance(table, dict) for table in group.values()):
            raise self._error(kind, f"is not made of tables: write [{kind}.NAME]")
        for name in group:
            if not _NAME.fullmatch(name) or name in _RESERVED:
                raise self._error(
                    f"{kind}.{name}",
                    f"a name is a letter, then letters, digits, _ . - and none of {', '.join(_RESERVED)}",
                )
        return list(group.items())

    def _board(self, name: str, table: Mapping[str, Any], around: Mapping[str, Mapping[str, Any]]) -> BoardSpec:
        place = f"boards.{name}"
        values = dict(table)
        for key, group in {"network": "networks", "power": "relays", "pulses": "pulses"}.items():
            if key in values:
                if values[key] not in around[key]:
                    raise self._error(place, f"{key}: there is no [{group}.{values[key]}]")
                values[key] = around[key][values[key]]
        if "address" in values:
            values["address"] = self._address(place, values["address"])
        spec = self._make(BoardSpec, "boards", name, values)
        if spec.type and not (ROOT / "boards" / spec.type / "limits.py").is_file():
            known = sorted(path.parent.name for path in (ROOT / "boards").glob("*/limits.py"))
            raise self._error(place, f"type: there is no board {spec.type} (known: {', '.join(known)})")
        return spec

    def _make(self, kind: type, group: str, name: str, table: Mapping[str, Any]) -> Any:
        place = f"{group}.{name}"
        known = {one.name: one for one in fields(kind) if one.name != "name"}
        values: dict[str, Any] = {"name": name}
        for key, value in table.items():
            if key not in known:
                raise self._error(place, f"unknown key {key!r} (known: {', '.join(known)})")
            values[key] = self._value(place, key, str(known[key].type), value)
        for key in ("device",) if kind is BoardSpec else _NEEDED[kind]:
            if key not in values:
                raise self._error(place, f"{key} is missing")
        return kind(**values)

    def _value(self, place: str, key: str, kind: str, value: Any) -> Any:
        """One value, checked against what the dataclass declares."""
        if kind == "Command":
            return self._command(place, key, value)
        if kind.startswith("float"):
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 100_000:
                raise self._error(place, f"{key} must be a number above 0")
            return float(value)
        if kind == "str" and not (isinstance(value, str) and value):
            raise self._error(place, f"{key} must be a text")
        if kind.startswith("bool") and not isinstance(value, bool):
            raise self._error(place, f"{key} must be true or false")
        if kind.startswith("Mapping") and not isinstance(value, dict):
            raise self._error(place, f"{key} must be a table of the meter's configuration keys")
        return value

    def _command(self, place: str, key: str, value: Any) -> Command:
        """Words of a command line: a list, or a text that is split as a shell
        splits it. No shell runs it.
        """
        words = value
        if isinstance(value, str):
            try:
                words = shlex.split(value, posix=os.name != "nt")
            except ValueError as error:
                raise self._error(place, f"{key}: {error}") from None
        if not isinstance(words, list) or not words or not all(isinstance(word, str) and word for word in words):
            raise self._error(place, f"{key} must be a command: a text, or a list of words")
        if key == "send" and not any("{count}" in word for word in words):
            raise self._error(place, "send must say where the number of pulses goes: {count}")
        return tuple(words)

    def _address(self, place: str, value: Any) -> tuple[str, int]:
        """HOST, HOST:PORT or [IPv6]:PORT."""
        match = (
            re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\[\]:/\s]+))(?::(\d{1,5}))?", value)
            if isinstance(value, str)
            else None
        )
        port = int(match.group(3) or 4059) if match else 0
        if match is None or not 0 < port < 65536:
            raise self._error(place, "address must be HOST or HOST:PORT (an IPv6 address in brackets)")
        return match.group(1) or match.group(2), port

    def _error(self, place: str, text: str) -> RigError:
        return RigError(f"{self._path}: {f'[{place}] ' if place else ''}{text}")


_NEEDED: dict[type, tuple[str, ...]] = {Network: ("down", "up"), Relay: ("off", "on"), Pulses: ("send",)}
