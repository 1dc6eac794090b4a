"""Who speaks to the meter under test, and with which logical devices: wPorts and
secrets, which no test holds itself.

They are this meter's own until `pytest_configure` takes them from `--meter FILE` and from the
options that name the reading and the managing client, before any test module is imported. So a test
module may import a wPort by name (`from host_tests.wire.aas import READER`), and what conftest
files need is asked of `ROSTER` when it is needed.

The file is TOML; every table and key may be left out:

    [clients.reader]      wport = 17, secret = "…"      public, client-management, reader, manager,
                                                        short-reader, short-manager
    [devices]             wports = [1, 17]              the management logical device first
    [limits]              CONNECTIONS = 4               as boards/unix/limits.py has them, where asking
                                                        the meter would not show
    [has]                 udp = false                   a capability that is declared and not asked for

A wrong file is one line: the file, the table, the key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from .hil.rig import tomllib

_LARGEST = 0xFFFF


class RosterError(ValueError):
    """A file on a meter that cannot be used, reported in one line."""


@dataclass(frozen=True)
class Login:
    """A client: its wPort, and its LLS secret where it has one."""

    wport: int
    secret: str | None = None


# The clients of this meter with its demonstration secrets, by what they may do.
OWN: Mapping[str, Login] = {
    "public": Login(16),
    "client-management": Login(1),
    "reader": Login(32, "12345678"),
    "manager": Login(48, "87654321"),
    "short-reader": Login(64, "12345678"),
    "short-manager": Login(80, "87654321"),
}
_OWN_DEVICES = (1, 17)


@dataclass
class Roster:
    """clients by role; devices: wPorts, the management logical device first; limits
    and has: what the file declares.

    refused: (client or device, wPort) -> why there is no association with it.
    """

    clients: dict[str, Login] = field(default_factory=lambda: dict(OWN))
    devices: tuple[int, ...] = _OWN_DEVICES
    limits: dict[str, int] = field(default_factory=dict)
    has: dict[str, bool] = field(default_factory=dict)
    refused: dict[tuple[str, int], str] = field(default_factory=dict)

    def refuse(self, why: Mapping[str, str]) -> None:
        """Keep why clients and the second device get no association
        (capability -> reason), for `expect`.
        """
        for role, login in self.clients.items():
            if role in why:
                self.refused["client", login.wport] = why[role]
        if "second-device" in why:
            self.refused["device", self.other_device] = why["second-device"]

    def expect(self, client: int, device: int) -> None:
        """Skip a test that opens an association which this meter was found not to give."""
        for end in (("client", client), ("device", device)):
            if end in self.refused:
                pytest.skip(self.refused[end])

    def wport(self, role: str) -> int:
        """The client wPort of a role."""
        return self.clients[role].wport

    def secret(self, role: str) -> str | None:
        """Its LLS secret; None where it has none."""
        return self.clients[role].secret

    @property
    def management(self) -> int:
        """wPort of the management logical device."""
        return self.devices[0]

    @property
    def other_device(self) -> int:
        """wPort of a second logical device; that of this meter where none is
        named, so that it can be asked for.
        """
        return self.devices[1] if len(self.devices) > 1 else _OWN_DEVICES[1]

    @property
    def secrets(self) -> dict[int, str | None]:
        """The secret of every client, by wPort."""
        return {login.wport: login.secret for login in self.clients.values()}


ROSTER = Roster()


def configure(config: pytest.Config) -> None:
    """Fill `ROSTER` from the options; RosterError for a file that cannot be used.

    The options `client`, `password`, `manager` and `manager_password`
    then have the values that hold.
    """
    path = config.getoption("meter_file")
    found = load(Path(path)) if path else Roster()
    for role, wport, secret in (("reader", "client", "password"), ("manager", "manager", "manager_password")):
        login = found.clients[role]
        named = config.getoption(wport)
        if named is not None:
            login = replace(login, wport=named)
        given = config.getoption(secret)
        if given is not None:
            login = replace(login, secret=given or None)
        found.clients[role] = login
        setattr(config.option, wport, login.wport)
        setattr(config.option, secret, login.secret)
    vars(ROSTER).update(vars(found))


def load(path: Path) -> Roster:
    """The roster of a file; RosterError says what is wrong with it."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RosterError(f"{path}: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RosterError(f"{path}: {error}") from None
    try:
        return _roster(content)
    except RosterError as error:
        raise RosterError(f"{path}: {error}") from None


def _roster(content: Mapping[str, Any]) -> Roster:
    _only(content, ("clients", "devices", "limits", "has"), "the file")
    found = Roster()
    for role, table in _table(content, "clients").items():
        if role not in OWN:
            raise RosterError(f"[clients.{role}]: known are {', '.join(OWN)}")
        found.clients[role] = _login(f"clients.{role}", table, OWN[role])
    if "devices" in content:
        found.devices = _devices(_table(content, "devices"))
    found.limits = _values(content, "limits", int, "a number")
    found.has = _values(content, "has", bool, "true or false")
    return found


def _table(content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = content.get(name, {})
    if not isinstance(table, dict):
        raise RosterError(f"{name} is a table: write [{name}]")
    return table


def _only(table: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    for key in table:
        if key not in known:
            raise RosterError(f"{where}: {key} is unknown (known are {', '.join(known)})")


def _login(where: str, table: Any, default: Login) -> Login:
    if not isinstance(table, dict):
        raise RosterError(f"{where} is a table: write [{where}]")
    _only(table, ("wport", "secret"), f"[{where}]")
    secret = table.get("secret")
    if secret is not None and not isinstance(secret, str):
        raise RosterError(f"[{where}]: secret is a text")
    return Login(_wport(f"[{where}]", table.get("wport", default.wport)), secret or None)


def _wport(where: str, value: Any) -> int:
    if type(value) is not int or not 0 < value <= _LARGEST:
        raise RosterError(f"{where}: a wPort is a number from 1 to {_LARGEST}")
    return value


def _devices(table: Mapping[str, Any]) -> tuple[int, ...]:
    _only(table, ("wports",), "[devices]")
    wports = table.get("wports")
    if not isinstance(wports, list) or not wports:
        raise RosterError("[devices]: wports is a list of wPorts, the management logical device first")
    return tuple(_wport("[devices]", each) for each in wports)


def _values(content: Mapping[str, Any], name: str, kind: type, what: str) -> dict[str, Any]:
    table = _table(content, name)
    for key, value in table.items():
        if type(value) is not kind:
            raise RosterError(f"[{name}]: {key} is {what}")
    return dict(table)
