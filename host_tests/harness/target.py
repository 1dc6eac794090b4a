"""What the tests run against, as named by `--target`.

    unix                    a meter of our own: started here in MicroPython's unix port
    emulated                a meter of our own on the emulated Cortex-M3 board (python -m tools.emulated build)
    rp2040                  MicroPython's rp2 port on the emulated RP2040, without a network (python -m tools.rp2040 build)
    tcp://HOST[:PORT]       a meter that is running somewhere, reached over TCP and UDP

A meter that is not ours is read-only for the tests: `--allow-writes`,
`--allow-disconnect` and `--allow-auth-failures` each permit more. Tests say what
they need with `@pytest.mark.caps(...)` and are skipped where the target lacks it.

A further kind of target (a board on a serial port, say) is one more entry of `_SCHEMES`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

DEFAULT_PORT = 4059

# Capability -> what its absence means, as a skipped test says it.
CAPABILITIES = {
    "own-process": "the meter is not a process that was started here",
    "board": "the meter does not run on a board",
    "rp2040": "this is not the emulated RP2040 (make test-rp2040)",
    "roomy": "the meter has a board's limits: few connections, short values in blocks",
    "direct": "the meter is reached through a relay with a port number and buffers of its own",
    "config": "the meter's configuration cannot be chosen",
    "writes": "the meter is not to be written to (--allow-writes)",
    "disconnect": "the meter's supply is not to be disconnected (--allow-disconnect)",
    "auth-failures": "wrong passwords are not to be tried on the meter (--allow-auth-failures)",
}
# Changes nothing that anybody could miss on a meter that exists for one test run.
OWN_METER = frozenset(CAPABILITIES) - {"board", "rp2040"}
OWN_BOARD = frozenset(CAPABILITIES) - {"own-process", "roomy", "direct", "rp2040"}


class TargetError(ValueError):
    """A `--target` that cannot be understood, told in one line."""


@dataclass(frozen=True)
class Target:
    """One target: its kind, its capabilities and, when it is running already, its address."""

    name: str
    kind: str
    caps: frozenset[str]
    host: str = ""
    port: int = DEFAULT_PORT

    def missing(self, wanted: set[str]) -> str:
        """Why a test that wants these capabilities cannot run here; empty when it can."""
        return "; ".join(CAPABILITIES[name] for name in sorted(wanted - self.caps))


def _unix(name: str, allowed: frozenset[str]) -> Target:
    return Target(name, "unix", OWN_METER)


def _emulated(name: str, allowed: frozenset[str]) -> Target:
    return Target(name, "emulated", OWN_BOARD)


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
    return Target(name, "network", allowed | {"roomy", "direct"}, host, DEFAULT_PORT if port is None else port)


_SCHEMES: dict[str, Callable[[str, frozenset[str]], Target]] = {
    "unix": _unix,
    "emulated": _emulated,
    "rp2040": _rp2040,
    "tcp": _network,
}


def parse(name: str, *, writes: bool = False, disconnect: bool = False, auth_failures: bool = False) -> Target:
    """The target of one `--target` option; TargetError when it is none."""
    permitted = {"writes": writes, "disconnect": disconnect, "auth-failures": auth_failures}
    allowed = frozenset(capability for capability, yes in permitted.items() if yes)
    make = _SCHEMES.get(name.partition(":")[0])
    if make is None or (make is not _network and name not in _SCHEMES):
        raise TargetError(f"--target {name}: known are unix, emulated, rp2040 and tcp://HOST[:PORT]")
    return make(name, allowed)
