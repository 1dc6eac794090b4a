"""Associations of the meter's clients, by client wPort, for tests that compare them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from host_tests.harness.clients import ClientFactory
from tools.dlmsclient import Association, ListedObject, parse_object_list

PUBLIC = 16
CLIENT_MANAGEMENT = 1
READER = 32
MANAGER = 48
ASSOCIATION = (15, "0.0.40.0.0.255")
BUFFER = (7, "1.0.99.1.0.255")

Associate = Callable[..., Association]


def secrets(config: pytest.Config) -> dict[int, str | None]:
    """The secret of each client wPort, None where there is none."""
    return {
        PUBLIC: None,
        CLIENT_MANAGEMENT: None,
        config.getoption("client"): config.getoption("password"),
        config.getoption("manager"): config.getoption("manager_password"),
    }


def associator(client: ClientFactory, config: pytest.Config) -> Associate:
    """`associate(wport, device=1, **more)` on a link of its own, with the secret of that client."""
    known = secrets(config)

    def associate(wport: int, device: int = 1, **more: object) -> Association:
        return client().associate(wport, device, known[wport], **more)

    return associate


def objects_of(association: Association) -> list[ListedObject]:
    """Its object_list."""
    return parse_object_list(association.get(*ASSOCIATION, 2))
