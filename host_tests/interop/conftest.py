"""What the interoperability tests share: links over both transports, and the host client to compare with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from host_tests.harness.meters import MeterHandle
from host_tests.interop.links import LINKS, TcpLink
from host_tests.interop.readings import SECRETS
from tools.dlmsclient import Association, Client


@pytest.fixture(params=sorted(LINKS))
def kind(request: pytest.FixtureRequest) -> str:
    """Over which transport the third-party client speaks: tcp or udp."""
    return request.param


@pytest.fixture
def link(meter: MeterHandle, kind: str) -> Iterator[Callable[[], TcpLink]]:
    """Opens links to the meter; all are closed after the test."""
    with ExitStack() as links:

        def connect() -> TcpLink:
            made = LINKS[kind](meter.host, meter.port)
            made.connect()
            links.callback(made.disconnect)
            return made

        yield connect


@pytest.fixture
def own(client: Callable[..., Client]) -> Callable[..., Association]:
    """`own(32)`: an association of the host client, always over TCP."""

    def associate(wport: int, device: int = 1) -> Association:
        return client().associate(wport, device, SECRETS[wport] or None)

    return associate
