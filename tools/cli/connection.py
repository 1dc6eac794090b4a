"""The options of the connection and the association, and where each may come from.

An option of the command line goes before the environment (``DLMS_HOST``, ``DLMS_CLIENT``, …), that
before the meter that ``--meter`` or ``DLMS_METER`` names in the TOML file (:mod:`meters`), and that
before the default. In the file the names are those of the options, with ``-`` or ``_``.
"""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..dlmsclient import Conformance, UsageError
from ..dlmsclient.octets import parse_hex
from ..dlmsclient.wrapper import DEFAULT_PORT
from .meters import named_meter, read_secret

PREFIX = "DLMS_"
_HEX = "hex:"
_TRUTHS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
_WITH_PORT = re.compile(r"\[(?P<six>[^\[\]]+)\](?::(?P<six_port>[^:]*))?|(?P<host>[^:\[\]]+):(?P<port>[^:]*)")
_CONFORMANCE_HEX = re.compile(r"(?:0[xX])?([0-9A-Fa-f]{6})")


def ranged(low: int, high: int) -> Callable[[str], int]:
    """A whole number from ``low`` to ``high``."""

    def parse(text: str) -> int:
        try:
            value = int(text, 0)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{value} is not {low} to {high}")
        return value

    return parse


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds") from None
    if not 0 < value <= 3600:
        raise argparse.ArgumentTypeError(f"{text} is not above 0 and up to 3600 seconds")
    return value


def _truth(text: str) -> bool:
    if text.lower() not in _TRUTHS:
        raise argparse.ArgumentTypeError(f"{text!r} is neither true nor false")
    return _TRUTHS[text.lower()]


def conformance(text: str) -> Conformance:
    """``get,set,action`` by the names of the standard, or the three
    octets in hexadecimal: ``00501F``.
    """
    if (match := _CONFORMANCE_HEX.fullmatch(text.strip())) is not None:
        return Conformance(int(match[1], 16))
    found = Conformance(0)
    for word in filter(None, re.split(r"[,\s]+", text)):
        name = word.upper().replace("-", "_")
        if name not in Conformance.__members__:
            names = ", ".join(known for known in Conformance(0xFFFFFF).names if not known.startswith("reserved"))
            raise argparse.ArgumentTypeError(f"{word!r} is none of {names}; six hexadecimal digits will do as well")
        found |= Conformance[name]
    return found


@dataclass(frozen=True)
class Setting:
    """One option: its attribute in the parsed options, how its text is read, and its default."""

    name: str
    parse: Callable[[str], Any] = str
    default: Any = None

    @property
    def variable(self) -> str:
        """Name of the environment variable."""
        return PREFIX + self.name.upper()


SETTINGS = (
    Setting("host", str, "127.0.0.1"),
    Setting("port", ranged(1, 65535), DEFAULT_PORT),
    Setting("udp", _truth, False),
    Setting("interface"),
    Setting("client", ranged(1, 65535)),
    Setting("server", ranged(1, 65535), 1),
    Setting("sn", _truth, False),
    Setting("password"),
    Setting("password_file"),
    Setting("pdu_size", ranged(0, 65535), 65535),
    Setting("gbt", ranged(1, 63)),
    Setting("timeout", _seconds, 5.0),
    Setting("conformance", conformance),
    Setting("no_cache", _truth, False),
)
_BY_NAME = {setting.name: setting for setting in SETTINGS}


def add_options(group: argparse._ArgumentGroup, defaults: bool, clients: str, short_names: str) -> None:
    """The grammar. ``defaults``: whether an option that is not given is None, or left
    as it was before the command's name.

    ``clients`` and ``short_names``: what there is to say of client wPorts.
    """
    nothing = None if defaults else argparse.SUPPRESS

    def add(*flags: str, **more: Any) -> None:
        group.add_argument(*flags, default=nothing, **more)

    def value(name: str, metavar: str, text: str) -> None:
        add(f"--{name.replace('_', '-')}", type=_BY_NAME[name].parse, metavar=metavar, help=text)

    add("--meter", metavar="NAME", help="a meter of the file that DLMS_METERS names, or of ~/.config/dlms/meters.toml")
    value("host", "HOST", "name or address of the meter, also HOST:PORT or [ADDRESS]:PORT (default 127.0.0.1)")
    value("port", "PORT", f"default {DEFAULT_PORT}")
    add("--udp", action="store_true", help="UDP instead of TCP")
    add("--tcp", dest="udp", action="store_false", help="TCP, where a variable or the file says UDP")
    value("interface", "I", "where multicast to --host leaves: its IPv4 address, or name for IPv6")
    value("client", "WPORT", clients)
    add("--sn", action="store_true", help=short_names)
    add("--ln", dest="sn", action="store_false", help="logical names, where a variable or the file says short ones")
    value("server", "WPORT", "logical device (default 1)")
    value(
        "password",
        "SECRET",
        'LLS secret, or hex:OCTETS; "" for none (default: the demonstration values of clients 32, 48, 64 and '
        "80, none for others). "
        "Other users of the computer see it here: better DLMS_PASSWORD or",
    )
    value("password_file", "FILE", "its first line is the secret; others may not have the right to read it")
    value("pdu_size", "N", "longest APDU the meter may send (default 65535; 0: no limit announced)")
    value("gbt", "N", "general block transfer, with a window of N blocks, instead of the services' own blocks")
    value(
        "conformance",
        "BITS",
        "what is proposed: get,set,… or six hexadecimal digits (default: all that this client has)",
    )
    value("timeout", "S", "seconds to wait for each answer (default 5)")
    add("--no-cache", action="store_true", help="read the object list anew, and do not keep it")


def _split_host(found: dict[str, Any], where: str) -> dict[str, Any]:
    """HOST:PORT and [ADDRESS]:PORT taken apart; a bare IPv6 address has no port."""
    host = found.get("host")
    match = _WITH_PORT.fullmatch(host) if isinstance(host, str) else None
    if match is None:
        if host is not None and (not host or set("[]") & set(host)):
            raise UsageError(f"{where}: {host!r} is no host: write NAME, ADDRESS, HOST:PORT or [ADDRESS]:PORT")
        return found
    text = match["six_port"] if match["six"] else match["port"]
    split = found | {"host": match["six"] or match["host"]}
    if text is None:
        return split
    port = _parsed(_BY_NAME["port"], text, f"{where}: port of {host}")
    if found.get("port") not in (None, port):
        raise UsageError(f"{where}: {host} and port {found['port']} are two ports")
    return split | {"port": port}


def host_and_port(text: str, where: str) -> tuple[str, int]:
    """HOST, HOST:PORT or [ADDRESS]:PORT; without a port that of DLMS. where:
    names the option in a UsageError.
    """
    found = _split_host({"host": text}, where)
    return found["host"], found.get("port", DEFAULT_PORT)


def _parsed(setting: Setting, text: str, where: str) -> Any:
    try:
        return setting.parse(text)
    except argparse.ArgumentTypeError as error:
        raise UsageError(f"{where}: {error}") from None


def _of_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    """The variables that are set; an empty one is none, but for the
    password, where it is the lowest level.
    """
    found = {}
    for setting in SETTINGS:
        text = environment.get(setting.variable)
        if text or (text == "" and setting.name == "password"):
            found[setting.name] = _parsed(setting, text, setting.variable)
    return _split_host(found, f"{PREFIX}HOST")


def _of_meter(name: str, environment: Mapping[str, str]) -> dict[str, Any]:
    """The entries of a named meter."""
    path, entries = named_meter(name, environment)
    found = {}
    for key, value in entries.items():
        setting = _BY_NAME.get(key.replace("-", "_"))
        where = f"{path}: {name}: {key}"
        if setting is None:
            raise UsageError(f"{where}: no such entry; there are {', '.join(each.name for each in SETTINGS)}")
        if isinstance(value, list) and setting.name == "conformance":
            value = ",".join(map(str, value))
        if not isinstance(value, str | int | float):
            raise UsageError(f"{where}: {value!r} is no value for it")
        text = str(value).lower() if isinstance(value, bool) else str(value)
        found[setting.name] = _parsed(setting, text, where)
    if found.get("password_file"):
        found["password_file"] = str(path.parent / found["password_file"])
    return _split_host(found, f"{path}: {name}")


def resolve(options: argparse.Namespace, environment: Mapping[str, str] | None = None) -> None:
    """Fill in what the command line leaves open: from the environment, the named meter, the
    defaults. ``password`` is the secret itself.
    """
    environment = os.environ if environment is None else environment
    given = {setting.name: getattr(options, setting.name, None) for setting in SETTINGS}
    levels = [_split_host({name: value for name, value in given.items() if value is not None}, "--host")]
    levels.append(_of_environment(environment))
    meter = options.meter or environment.get(f"{PREFIX}METER")
    if meter:
        levels.append(_of_meter(meter, environment))
    for setting in SETTINGS:
        values = [level[setting.name] for level in levels if setting.name in level]
        setattr(options, setting.name, values[0] if values else setting.default)
    options.password = _password(levels)
    secret_octets(options.password or "")


def secret_octets(text: str) -> bytes:
    """The octets of a secret as it is written: ``hex:OCTETS``, or a text."""
    return parse_hex(text[len(_HEX) :]) if text.startswith(_HEX) else text.encode()


def _password(levels: list[dict[str, Any]]) -> str | None:
    """The secret of the first level that has one, itself or the file that it is in."""
    for level in levels:
        if "password" in level and "password_file" in level:
            raise UsageError("a password and a password file: give one of them")
        if "password" in level:
            secret: str | None = level["password"]
            return secret
        if "password_file" in level:
            return read_secret(level["password_file"])
    return None
