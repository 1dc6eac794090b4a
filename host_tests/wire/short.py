"""Associations with short names for the wire tests: `short(READER)` on a link of its
own, over TCP and over UDP in turn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from host_tests.harness.clients import ClientFactory
from host_tests.harness.roster import ROSTER
from tools.dlmsclient import DlmsError, ShortNameAssociation

# The client of logical names with the same rights.
_ALIKE = {"short-reader": "reader", "short-manager": "manager"}


def __getattr__(name: str) -> object:
    """READER and MANAGER, the client wPorts with short names; by these SECRETS, and LOGICAL,
    the clients of logical names like them.
    """
    if name in ("READER", "MANAGER"):
        return ROSTER.wport("short-" + name.lower())
    if name == "SECRETS":
        return {ROSTER.wport(role): ROSTER.secret(role) for role in _ALIKE}
    if name == "LOGICAL":
        return {ROSTER.wport(role): ROSTER.wport(alike) for role, alike in _ALIKE.items()}
    raise AttributeError(name)


Short = Callable[..., ShortNameAssociation]


@pytest.fixture(params=["tcp", "udp"])
def udp(request: pytest.FixtureRequest) -> bool:
    """Whether the links of `short` are UDP sockets."""
    return request.param == "udp"


@pytest.fixture
def short(client: ClientFactory, udp: bool) -> Iterator[Short]:
    """`short(wport, device=…, **more)`; released after the test, because
    over UDP nothing else would.
    """
    opened: list[ShortNameAssociation] = []

    def associate(wport: int, device: int | None = None, **more: object) -> ShortNameAssociation:
        opened.append(
            client(udp=udp).associate_short_names(wport, device or ROSTER.management, ROSTER.secrets[wport], **more)
        )
        return opened[-1]

    yield associate
    # Those that the test has not released: over UDP a second RLRQ is not answered.
    for association in (each for each in opened if each in each.link.associations.values()):
        with suppress(DlmsError):
            association.release()
