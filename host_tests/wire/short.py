"""Associations with short names for the wire tests: `short(64)` on a link of its own, over TCP and over UDP in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from host_tests.harness.clients import ClientFactory
from tools.dlmsclient import DlmsError, ShortNameAssociation

READER = 64
MANAGER = 80
SECRETS = {READER: "12345678", MANAGER: "87654321"}
LOGICAL = {READER: 32, MANAGER: 48}  # the client of logical names with the same rights

Short = Callable[..., ShortNameAssociation]


@pytest.fixture(params=["tcp", "udp"])
def udp(request: pytest.FixtureRequest) -> bool:
    """Whether the links of `short` are UDP sockets."""
    return request.param == "udp"


@pytest.fixture
def short(client: ClientFactory, udp: bool) -> Iterator[Short]:
    """`short(wport, device=1, **more)`; released after the test, because over UDP nothing else would."""
    opened: list[ShortNameAssociation] = []

    def associate(wport: int, device: int = 1, **more: object) -> ShortNameAssociation:
        opened.append(client(udp=udp).associate_short_names(wport, device, SECRETS[wport], **more))
        return opened[-1]

    yield associate
    # Those that the test has not released: over UDP a second RLRQ is not answered.
    for association in (each for each in opened if each in each.link.associations.values()):
        with suppress(DlmsError):
            association.release()
