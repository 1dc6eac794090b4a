"""Ask a meter that is not ours what it has, before the first test: one line when nobody
answers, and a second or two at the most.

It asks for what a test may be skipped without: which clients get an association, a second logical
device, UDP, addresses of the other IP family, associations and connections at once, the services of
the conformance block, and the objects of the reading client's list with their optional selectors.
What the meter's file declares (`[has]`, `[limits]`) is not asked for.
"""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, field
from typing import Any

from tools.dlmsclient import Association, AssociationRejected, Client, Conformance, DlmsError
from tools.dlmsclient.errors import Timeout, TransportError
from tools.dlmsclient.initiate import CLIENT_CONFORMANCE

from .roster import Roster

_FIRST_WAIT = 3.0  # seconds for the first answer; the later ones are waited for in proportion to it
_SHORTEST, _LONGEST, _FACTOR = 0.3, 2.0, 20
_LEAST_PATIENCE, _MOST_PATIENCE = 1.0, 10.0
_MOST = 8  # connections that are tried at once
_ATTEMPTS = 2  # datagrams that may be lost

# Capability -> the bit of the conformance block that stands for it.
SERVICES = {
    "block-transfer": Conformance.BLOCK_TRANSFER_WITH_GET_OR_READ,
    "set-blocks": Conformance.BLOCK_TRANSFER_WITH_SET_OR_WRITE,
    "action-blocks": Conformance.BLOCK_TRANSFER_WITH_ACTION,
    "multiple-references": Conformance.MULTIPLE_REFERENCES,
    "selective-access": Conformance.SELECTIVE_ACCESS,
    "general-blocks": Conformance.GENERAL_BLOCK_TRANSFER,
    "access-service": Conformance.ACCESS,
    "set-service": Conformance.SET,
    "action-service": Conformance.ACTION,
}
_EVERYTHING = CLIENT_CONFORMANCE | Conformance.GENERAL_BLOCK_TRANSFER | Conformance.ACCESS
LOGICAL_NAMES = ("public", "client-management", "reader", "manager")


class AskError(ValueError):
    """Nobody answers, reported in one line."""


@dataclass
class Asked:
    """What a meter has.

    caps      capabilities
    limits    those of the table of limits that could be found out
    objects   logical name, as `1-0:1.8.0*255`, -> class, of the reading client's object
              list; empty when it could not be read
    hosts     addresses that it answers at
    why       capability -> why it is missing
    seconds   that asking took
    patience  seconds that tests wait for an answer, in proportion to how long the first one took
    """

    caps: list[str] = field(default_factory=list)
    limits: dict[str, int] = field(default_factory=dict)
    objects: dict[str, int] = field(default_factory=dict)
    hosts: list[str] = field(default_factory=list)
    why: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    patience: float = _MOST_PATIENCE

    def as_dict(self) -> dict[str, Any]:
        """Of basic types, for the workers of a run."""
        return asdict(self)

    def line(self) -> str:
        """One line on it for the head of a run."""
        most = self.limits.get("CONNECTIONS", 0)
        return (
            f"has {', '.join(sorted(self.caps)) or 'nothing'}; {len(self.objects)} objects; {most} "
            f"connection{'s' * (most != 1)} at once"
            f" (asked in {self.seconds:.1f} s)"
        )


def ask(host: str, port: int, roster: Roster) -> Asked:
    """What the meter there has; AskError when nobody answers."""
    started = time.monotonic()
    asking = _Asking(host, port, roster)
    asking.hello()
    asking.clients()
    asking.devices()
    asking.rooms()
    asking.datagrams()
    asking.families()
    for capability, yes in roster.has.items():
        asking.note(capability, yes, "declared in the meter's file")
    found = asking.found
    found.limits.update(roster.limits)
    found.seconds = time.monotonic() - started
    found.patience = asking.patience
    return found


class _Asking:
    def __init__(self, host: str, port: int, roster: Roster) -> None:
        self._host, self._port, self._roster = host, port, roster
        self._wait = _FIRST_WAIT
        self.found = Asked(hosts=[host])
        self._open: dict[str, tuple[int, str | None]] = {}  # roles that get an association

    @property
    def patience(self) -> float:
        """What a test waits for an answer: a few times the longest wait that asking allowed itself."""
        return min(max(3 * self._wait, _LEAST_PATIENCE), _MOST_PATIENCE)

    def note(self, capability: str, yes: bool, why: str) -> None:
        """Keep whether it has a capability, and why not; a later word replaces an earlier one."""
        with suppress(ValueError):
            self.found.caps.remove(capability)
        self.found.why.pop(capability, None)
        if yes:
            self.found.caps.append(capability)
        else:
            self.found.why[capability] = why

    def hello(self) -> None:
        """A first association request, of whichever client: any answer to it will do."""
        where = f"{self._host}:{self._port}"
        started = time.monotonic()
        silent = []
        for role in LOGICAL_NAMES:
            try:
                with self._client(_FIRST_WAIT) as link:
                    self._associate(link, role)
            except TransportError as error:
                if role == LOGICAL_NAMES[0]:
                    raise AskError(f"nobody answers at {where}: {error}") from None
                silent.append(role)  # the connection was closed instead of an answer
                continue
            except Timeout:
                silent.append(role)
                continue
            except DlmsError:
                pass  # a refusal, or no DLMS: an answer all the same
            break
        else:
            numbers = ", ".join(str(self._roster.wport(role)) for role in silent)
            raise AskError(
                f"nobody answers at {where}: it takes connections, and no AARQ of the clients {numbers} is answered"
            )
        if not silent:
            self._wait = min(max(_FACTOR * (time.monotonic() - started), _SHORTEST), _LONGEST)

    def clients(self) -> None:
        """Which clients get an association, and what the reading one has, or else the public one."""
        for role in LOGICAL_NAMES:
            why = self._try(role)
            self.note(role, not why, f"no association of the client {role} (wPort {self._roster.wport(role)}): {why}")
            if not why:
                self._open[role] = self._roster.wport(role), self._roster.secret(role)
        reading = next((role for role in ("reader", *LOGICAL_NAMES) if role in self._open), None)
        if reading is not None:
            self._try(reading, self._list)
            self._try(reading, self._services, conformance=_EVERYTHING)
        for role in ("short-reader", "short-manager"):
            why = self._try(role, short=True)
            self.note(
                "short-names",
                not why,
                f"no association with short names of the client {self._roster.wport(role)}: {why}",
            )
            if why:
                break

    def _list(self, opened: Association) -> None:
        self.found.objects = {str(each.instance): each.class_id for each in opened.objects()}

    def _services(self, opened: Association) -> None:
        assert opened.negotiated is not None
        self.found.limits["PDU"] = opened.negotiated.server_max_receive_pdu_size or 0xFFFF
        offered = opened.negotiated.conformance
        for capability, bit in SERVICES.items():
            self.note(
                capability, bool(offered & bit), f"{capability} is not in the conformance block that it agrees to"
            )
        if not offered & Conformance.GENERAL_BLOCK_TRANSFER:
            self.found.limits["GBT_WINDOW"] = 0

    def devices(self) -> None:
        """A second logical device."""
        device = self._roster.other_device
        why = "no client gets an association"
        for role in self._open:
            why = self._try(role, device=device)
            break
        self.note("second-device", not why, f"no association with a second logical device (wPort {device}): {why}")

    def rooms(self) -> None:
        """Associations on one connection, and connections at once."""
        pairs = [(role, device) for device in self._devices() for role in self._open]
        with suppress(TransportError), self._client() as link:
            self.found.limits["TCP_ASSOCIATIONS"] = self.found.limits["ASSOCIATIONS"] = _count(
                lambda role, device: self._associate(link, role, device), pairs
            )
        role = next(iter(self._open), None)
        with ExitStack() as links:
            many = (
                _count(
                    lambda _: self._associate(links.enter_context(self._client()), role), [(n,) for n in range(_MOST)]
                )
                if role
                else 1
            )
        self.found.limits["CONNECTIONS"] = many
        self.note("roomy", many >= 4 and len(pairs) > 1, f"it serves {many} connections at once")
        self.note("connections", many > 1, "it serves one connection at a time")

    def datagrams(self) -> None:
        """Associations over UDP."""
        pairs = [(role, device) for device in self._devices() for role in self._open]
        most = next(filter(None, (self._over_udp(pairs) for _ in range(_ATTEMPTS))), 0)
        self.note("udp", most > 0, f"nobody answers over UDP at {self._host}:{self._port}")
        self.found.limits["UDP_ASSOCIATIONS"] = most

    def _over_udp(self, pairs: list[tuple]) -> int:
        """How many associations one socket gets, released again; 1 where there is no room just
        now, which is an answer over UDP as well.
        """
        opened: list[Association] = []
        with suppress(DlmsError), Client.udp(self._host, self._port, self._wait) as link:
            _count(lambda role, device: opened.append(self._associate(link, role, device)), pairs)
            for association in opened:
                with suppress(DlmsError):
                    association.release()
            if not opened and pairs:
                with suppress(AssociationRejected):
                    self._associate(link, *pairs[0])
                return 1
        return len(opened)

    def families(self) -> None:
        """Where the target is a name: an address of each IP family that an
        association is answered at.
        """
        with suppress(OSError, ValueError):
            ipaddress.ip_address(self._host.partition("%")[0])
            return  # an address: whether another one is the same meter's nobody can know
        answering: dict[int, str] = {}
        for family, _, _, _, address in socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM):
            if family not in answering and self._open:
                with suppress(DlmsError), Client.tcp(str(address[0]), self._port, self._wait) as link:
                    self._associate(link, next(iter(self._open)))
                    answering[family] = str(address[0])
        self.found.hosts = list(answering.values()) or self.found.hosts

    def _devices(self) -> list[int]:
        return [self._roster.management, self._roster.other_device][: 1 + ("second-device" in self.found.caps)]

    def _client(self, wait: float | None = None) -> Client:
        return Client.tcp(self._host, self._port, wait or self._wait)

    def _associate(
        self, link: Client, role: str, device: int | None = None, short: bool = False, **more: Any
    ) -> Association:
        opening: Callable[..., Association] = link.associate_short_names if short else link.associate
        return opening(self._roster.wport(role), device or self._roster.management, self._roster.secret(role), **more)

    def _try(self, role: str, look: Callable[[Association], None] | None = None, **more: Any) -> str:
        """Open an association on a connection of its own, look at it and release it; why it
        cannot be opened, or an empty text.
        """
        try:
            with self._client() as link:
                opened = self._associate(link, role, **more)
                if look is not None:
                    look(opened)
                with suppress(DlmsError):
                    opened.release()
        except DlmsError as error:
            return str(error)
        return ""


def _count(step: Callable[..., object], arguments: list[tuple]) -> int:
    """How many of these steps succeed before one does not."""
    done = 0
    for each in arguments:
        try:
            step(*each)
        except (DlmsError, OSError):
            break
        done += 1
    return done
