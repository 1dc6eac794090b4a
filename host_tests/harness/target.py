"""What the tests run against, as named by `--target`.

    unix                    a meter of our own: started here in MicroPython's unix port
    emulated                a meter of our own on the emulated Cortex-M3 board (python
                            -m tools.image.emulated build)
    rp2040                  MicroPython's rp2 port on the emulated RP2040, without a network
                            (python -m tools.image.rp2040 build)
    tcp://HOST[:PORT]       a meter that is running somewhere, reached over TCP and UDP
    id:USB-SERIAL, /dev/ttyACM0, COM5, socket://HOST:PORT, rfc2217://HOST:PORT
                            a board of our own behind a serial port, the meter on it
                            reached over its network
    NAME                    a board of the rig file (`--rig`), which says what
                            more can be done to it
    labgrid:PLACE           a board that a labgrid coordinator hands out

A meter that is not ours is read-only for the tests: `--allow-writes`,
`--allow-disconnect` and `--allow-auth-failures` each permit more. Tests say what
they need with `@pytest.mark.caps(...)` and are skipped where the target lacks it.

A further kind of target is one more entry of `_SCHEMES`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from tools.image.emulated import FIRMWARE

from . import ask
from .hil import place
from .hil.errors import HilError
from .hil.rig import BoardSpec, single

DEFAULT_PORT = 4059

# Capability -> what its absence means, as a skipped test says it.
CAPABILITIES = {
    "own-process": "the meter is not a process that was started here",
    "board": "the meter does not run on a board",
    "rp2040": "this is not the emulated RP2040 (make test-rp2040)",
    "emulated": "the meter does not run on the emulated board",
    "emulated-build": "the emulated board was not built on this computer (python -m tools.image.emulated build)",
    "console": "the meter's console cannot be read or typed at",
    "watchdog": "the meter has no watchdog",
    "power": "nothing cuts the meter's power (a relay of the rig file)",
    "network-loss": "nothing takes the meter's network away (a network of the rig file)",
    "pulse": "nothing sends pulses to an S0 input (pulses of the rig file)",
    "timing": "no bound for the time of an answer is declared (answer_ms of the rig file)",
    "roomy": "the meter has a board's limits: few connections, short values in blocks",
    "direct": "the meter is reached through a relay with a port number and buffers of its own",
    "udp": "the meter does not answer over UDP",
    "connections": "the meter serves one connection at a time",
    "public": "the meter has no such public client (--meter)",
    "client-management": "the meter has no such client management process (--meter)",
    "reader": "the meter has no such reading client (--client, --meter)",
    "manager": "the meter has no such managing client (--manager, --meter)",
    "second-device": "the meter has no such second logical device (--meter)",
    "short-names": "the meter has no such clients with short names (--meter)",
    "block-transfer": "the meter has no block transfer with GET",
    "set-blocks": "the meter has no block transfer with SET",
    "action-blocks": "the meter has no block transfer with ACTION",
    "multiple-references": "the meter has no requests with lists",
    "selective-access": "the meter has no selective access",
    "general-blocks": "the meter has no general block transfer",
    "access-service": "the meter has no ACCESS",
    "set-service": "the meter has no SET",
    "action-service": "the meter has no ACTION",
    "config": "the meter's configuration cannot be chosen",
    "writes": "the meter is not to be written to (--allow-writes)",
    "disconnect": "the meter's supply is not to be disconnected (--allow-disconnect)",
    "auth-failures": "wrong passwords are not to be tried on the meter (--allow-auth-failures)",
}
BUILD = "emulated-build"  # of this computer, whatever the target
# Changes nothing that anybody could miss on a meter that exists for one test run.
_HARDWARE = {"board", BUILD, "emulated", "rp2040", "console", "watchdog", "power", "network-loss", "pulse", "timing"}
# What a meter that is not ours is asked for before the first test
# (harness.ask); ours has all of it.
ASKED = frozenset(ask.SERVICES) | frozenset(ask.LOGICAL_NAMES) | {"udp", "connections", "second-device", "short-names"}
OWN_METER = frozenset(CAPABILITIES) - _HARDWARE
OWN_EMULATED = frozenset(CAPABILITIES) - {BUILD, "own-process", "roomy", "direct", "pulse", "timing", "rp2040"}
# What every board behind a serial port has; its rig adds to it.
OWN_BOARD = ASKED | {"board", "console", "watchdog", "config", "writes", "disconnect", "auth-failures"}


class TargetError(ValueError):
    """A `--target` that cannot be understood, reported in one line."""


@dataclass(frozen=True)
class Target:
    """One target: its kind, its capabilities and, when it is running already, its address.

    board    how a board behind a serial port is reached
    asked    what a meter that is not ours said it has
    """

    name: str
    kind: str
    caps: frozenset[str]
    host: str = ""
    port: int = DEFAULT_PORT
    board: BoardSpec | None = None
    asked: ask.Asked | None = None

    @property
    def foreign(self) -> bool:
        """Whether the meter is running already, somebody's, and nothing of it is ours to choose."""
        return self.kind == "network"

    def with_asked(self, asked: ask.Asked) -> Target:
        """The same target with what its meter was found to have."""
        return replace(self, caps=self.caps | frozenset(asked.caps), asked=asked)

    @property
    def id(self) -> str:
        """Its name in the id of a test: without the hyphen that parts parameters there."""
        return re.sub(r"[^A-Za-z0-9_.:/]", "_", self.name)

    def missing(self, wanted: set[str]) -> str:
        """Why a test that wants these capabilities cannot run here; empty when it can."""
        why = self.asked.why if self.asked is not None else {}
        here = {BUILD} if FIRMWARE.exists() else set()
        return "; ".join(why.get(name, CAPABILITIES[name]) for name in sorted(wanted - self.caps - here))

    def without(self, objects: set[str]) -> str:
        """Why a test that needs these objects cannot run here; empty when it can, or when
        the meter's list could not be read.
        """
        if self.asked is None or not self.asked.objects:
            return ""
        lacking = sorted(objects - set(self.asked.objects))
        return f"the meter has no {', '.join(lacking)}" if lacking else ""


def _unix(name: str, allowed: frozenset[str]) -> Target:
    return Target(name, "unix", OWN_METER)


def _emulated(name: str, allowed: frozenset[str]) -> Target:
    return Target(name, "emulated", OWN_EMULATED)


def _board(name: str, allowed: frozenset[str]) -> Target:
    return of_board(single(name))


def of_board(spec: BoardSpec) -> Target:
    """The target that a board of a rig file is."""
    if spec.device.startswith(place.PREFIX):
        try:
            spec = place.with_power(spec)
        except HilError as error:
            raise TargetError(str(error)) from None
    return Target(spec.name, "board", OWN_BOARD | spec.capabilities, board=spec)


def _place(name: str, allowed: frozenset[str]) -> Target:
    try:
        return of_board(place.spec(name.removeprefix(place.PREFIX)))
    except HilError as error:
        raise TargetError(str(error)) from None


def _rp2040(name: str, allowed: frozenset[str]) -> Target:
    return Target(name, "rp2040", frozenset({"rp2040"}))


def _network(name: str, allowed: frozenset[str]) -> Target:
    try:
        address = urlsplit(name)
        host, port = address.hostname, address.port
    except ValueError as error:
        raise TargetError(f"--target {name}: {error}") from None
    if not host or address.path.strip("/"):
        raise TargetError(f"--target {name}: write tcp://HOST or tcp://HOST:PORT (an IPv6 address in brackets)")
    return Target(name, "network", allowed | {"direct"}, host, DEFAULT_PORT if port is None else port)


_SCHEMES: dict[str, Callable[[str, frozenset[str]], Target]] = {
    "unix": _unix,
    "emulated": _emulated,
    "rp2040": _rp2040,
    "tcp": _network,
    "id": _board,
    "socket": _board,
    "rfc2217": _board,
    "labgrid": _place,
}
_WITHOUT_MORE = ("unix", "emulated", "rp2040")
_KNOWN = (
    "unix, emulated, rp2040, tcp://HOST[:PORT], id:USB-SERIAL, a serial port, socket://…, rfc2217://…, "
    "labgrid:PLACE, or a board of --rig"
)


def parse(
    name: str,
    *,
    writes: bool = False,
    disconnect: bool = False,
    auth_failures: bool = False,
    rig: Mapping[str, BoardSpec] | None = None,
) -> Target:
    """The target of one `--target` option; TargetError when it is none."""
    permitted = {"writes": writes, "disconnect": disconnect, "auth-failures": auth_failures}
    allowed = frozenset(capability for capability, yes in permitted.items() if yes)
    if rig and name in rig:
        return of_board(rig[name])
    # A device of the rig file is that board, by whatever name it is called.
    if known := [spec for spec in (rig or {}).values() if spec.device == name]:
        return of_board(known[0])
    if name.startswith("/dev/") or re.fullmatch(r"COM\d+", name):
        return _board(name, allowed)
    scheme, colon, rest = name.partition(":")
    make = _SCHEMES.get(scheme)
    whole = not colon if scheme in _WITHOUT_MORE else bool(rest)
    if make is None or not whole:
        boards = f" (its boards: {', '.join(rig)})" if rig else ""
        raise TargetError(f"--target {name}: known are {_KNOWN}{boards}")
    if make is _board and scheme != "id" and not _has_port(name):
        raise TargetError(f"--target {name}: write {scheme}://HOST:PORT")
    return make(name, allowed)


def _has_port(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname and parts.port)
    except ValueError:
        return False
