"""The services of the transport layers, A-50 to A-56: the connection manager works without
the application layer, and the reverse.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from host_tests.harness.raw import RawTcp, RawUdp, wpdu
from host_tests.wire.aas import PUBLIC
from host_tests.wire.apdus import AARQ, MANAGEMENT, ask, associate, is_aare, serves


@pytest.mark.req("A-50", "A-55")
def test_a_connection_lives_without_any_association(tcp: Callable[[], RawTcp]):
    """The manager sets the connection up, and releasing the last AA does not take it down."""
    link = tcp()
    for _ in range(3):
        associate(link, PUBLIC)
        assert ask(link, bytes.fromhex("6203800100"), PUBLIC) == bytes.fromhex("6303800100")
    associate(link, PUBLIC)
    assert serves(link, PUBLIC)


@pytest.mark.req("A-50", "A-57")
def test_the_application_layer_never_closes_a_connection(tcp: Callable[[], RawTcp]):
    """Refused associations and services without one leave the connection up."""
    link = tcp()
    for _ in range(3):
        assert is_aare(ask(link, AARQ, 0x44), 1)
        assert ask(link, bytes.fromhex("C001C100010000600100FF0200"), PUBLIC) == bytes.fromhex("D80102")
    associate(link, PUBLIC)
    assert serves(link, PUBLIC)


@pytest.mark.req("A-53", "A-41")
def test_data_over_udp_needs_no_connection(udp: Callable[[], RawUdp]):
    """The first datagram of a socket is served, and so is the first one after the release."""
    link = udp()
    for _ in range(3):
        associate(link, PUBLIC)
        assert serves(link, PUBLIC)
        assert ask(link, bytes.fromhex("6203800100"), PUBLIC) == bytes.fromhex("6303800100")


@pytest.mark.req("A-56", "A-51")
@pytest.mark.caps("roomy")
def test_states_of_the_wrapper(tcp: Callable[[], RawTcp]):
    """idle -> receiving -> sending -> idle, as often as one likes; a new connection begins in idle."""
    request = wpdu(PUBLIC, MANAGEMENT, AARQ)
    for cut in (1, 7, 8, 9, len(request) - 1):
        link = tcp()
        for _ in range(2):
            link.send(request[:cut])
            link.send(request[cut:])
            assert link.receive(8 + 43)[8:10] == b"\x61\x29"
        # what was received only in part is gone with its connection
        link.send(request[:cut])
        link.close()
        link = tcp()
        associate(link, PUBLIC)
        assert serves(link, PUBLIC)
