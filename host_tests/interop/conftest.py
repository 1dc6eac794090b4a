"""What the interoperability tests share: links over both transports, and
the host client to compare with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from host_tests.harness.meters import MeterHandle
from host_tests.interop.links import LINKS, TcpLink
from host_tests.interop.readings import SECRETS
from tools.dlmsclient import Association, Client, Deframer
from tools.explain import Conversation, Octets
from tools.explain.parts import leaves


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
            opened.append(made)
            links.callback(made.disconnect)
            return made

        opened: list[TcpLink] = []
        yield connect
    for made in opened:
        every_octet_is_explained(made.said)


def every_octet_is_explained(said: list[tuple[str, bytes]]) -> None:
    """What third-party clients and the meter said to each other is explained whole, octet by octet."""
    conversation, framed = Conversation(), {">": Deframer(), "<": Deframer()}
    for direction, octets in said:
        framed[direction].feed(octets)
        while (wpdu := framed[direction].next_wpdu()) is not None:
            explained = conversation.take(Octets(wpdu.encode()))
            assert explained.faults == [], wpdu.encode().hex()
            assert [part.start for _, part in leaves(explained.description.parts)] == sorted(
                {part.start for _, part in leaves(explained.description.parts)}
            )
            assert sum(part.end - part.start for _, part in leaves(explained.description.parts)) == len(
                explained.description.octets
            )


@pytest.fixture
def own(client: Callable[..., Client]) -> Callable[..., Association]:
    """`own(32)`: an association of the host client, always over TCP."""

    def associate(wport: int, device: int = 1) -> Association:
        return client().associate(wport, device, SECRETS[wport] or None)

    return associate
