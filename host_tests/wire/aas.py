"""Associations of the meter's clients, by client wPort, for tests that compare them."""

from __future__ import annotations

from collections.abc import Callable

from host_tests.harness.clients import ClientFactory
from host_tests.harness.roster import ROSTER
from tools.dlmsclient import Association, ListedObject, parse_object_list

ASSOCIATION = (15, "0.0.40.0.0.255")
BUFFER = (7, "1.0.99.1.0.255")

Associate = Callable[..., Association]


_NAMES = {"PUBLIC": "public", "CLIENT_MANAGEMENT": "client-management", "READER": "reader", "MANAGER": "manager"}


def __getattr__(name: str) -> int:
    """The client wPorts of the meter under test (`--meter`, `--client`, `--manager`):
    PUBLIC, CLIENT_MANAGEMENT, READER, MANAGER.
    """
    if name not in _NAMES:
        raise AttributeError(name)
    return ROSTER.wport(_NAMES[name])


def login(role: str) -> tuple[int, int, str | None]:
    """What an association of the host client needs to know: client wPort,
    management logical device, secret.
    """
    return ROSTER.wport(role), ROSTER.management, ROSTER.secret(role)


def associator(client: ClientFactory) -> Associate:
    """`associate(wport, device=…, **more)` on a link of its own, with the secret of that client."""
    known = ROSTER.secrets

    def associate(wport: int, device: int | None = None, **more: object) -> Association:
        device = device or ROSTER.management
        ROSTER.expect(wport, device)
        return client().associate(wport, device, known[wport], **more)

    return associate


def objects_of(association: Association) -> list[ListedObject]:
    """Its object_list."""
    return parse_object_list(association.get(*ASSOCIATION, 2))
