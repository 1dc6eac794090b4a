"""Associations over UDP: few, with an end of their own, and none of TCP's (REQUIREMENTS A-46)."""

import limits
import pytest

from host_tests.harness.raw import wpdu
from host_tests.wire.apdus import (
    AARQ,
    CLIENT_MANAGEMENT,
    MANAGEMENT,
    OBJECT_LIST,
    OTHER_DEVICE,
    PUBLIC,
    RLRE,
    RLRQ,
    SMALL_AARQ,
    UNCONFIRMED_AARQ,
    aarq,
    ask,
    associate,
    diagnostic,
    get,
    is_aare,
    serves,
    silent,
)

pytestmark = [pytest.mark.prefers(backfill_days=0), pytest.mark.caps("own-process")]

# More than any table of associations over UDP holds.
MANY = 40


def fill(udp):
    """Open an AA from new peers until the meter has no more; returns the peers that have one, and the one that has not."""
    links = []
    while len(links) < MANY:
        link = udp()
        aare = ask(link, AARQ)
        if not is_aare(aare):
            assert is_aare(aare, 2)
            assert diagnostic(aare) == (1, 1)
            return links, link
        links.append(link)
    raise AssertionError("there is no quota")


@pytest.mark.req("A-46", "C-18", "B-21")
def test_quota_over_udp_leaves_tcp_alone(udp, tcp):
    links, late = fill(udp)
    assert len(links) >= 2
    for link in links:
        assert serves(link)
    # the refused peer has no AA, and neither refusal nor traffic of others costs anyone theirs
    late.send(wpdu(PUBLIC, MANAGEMENT, get(iip=0xC2)))
    assert is_aare(ask(late, AARQ), 2)
    stream = tcp()
    for client in (PUBLIC, CLIENT_MANAGEMENT):
        associate(stream, client)
        assert serves(stream, client)
    for link in links:
        assert serves(link)
    # one that is released is free for another
    assert ask(links[0], RLRQ) == RLRE
    associate(late)
    assert serves(late)
    assert is_aare(ask(links[0], AARQ), 2)


def open_all(opener, most):
    """Open AAs from up to `most` links, as many as there is room for; returns how many that was."""
    count = 0
    for link in [opener() for _ in range(most)]:
        for client in (PUBLIC, CLIENT_MANAGEMENT):
            for server in (MANAGEMENT, OTHER_DEVICE):
                count += is_aare(ask(link, AARQ, client, server))
    return count


@pytest.mark.req("A-46", "C-18")
def test_associations_over_udp_take_nothing_of_tcp(udp, tcp):
    over_udp = open_all(udp, 10)
    over_tcp = open_all(tcp, 6)
    # one is kept for each connection that may still come
    assert (over_udp, over_tcp) == (limits.ALL_UDP_ASSOCIATIONS, limits.ALL_ASSOCIATIONS - (limits.CONNECTIONS - 6))


@pytest.mark.req("A-46")
def test_quota_of_one_peer_and_of_refused_ones(udp):
    """A peer that tries everything takes no more than its share, and one whose AARQ is refused takes nothing."""
    greedy = udp()
    for client in (PUBLIC, CLIENT_MANAGEMENT):
        for server in (MANAGEMENT, OTHER_DEVICE):
            ask(greedy, AARQ, client, server)
    for _ in range(MANY):
        assert is_aare(ask(udp(), AARQ, 0x44), 1)
    other = udp()
    associate(other)
    assert serves(other)


@pytest.mark.req("A-46", "C-27")
def test_aarq_anew_takes_no_more_room(udp):
    link = udp()
    for _ in range(MANY):
        associate(link)
    associate(udp())


@pytest.mark.req("A-47", "A-46")
def test_client_with_a_secret_takes_the_place_of_the_oldest_without(udp, manager_wport, secret):
    links, late = fill(udp)
    associate(late, manager_wport, request=aarq(secret))
    assert serves(late, manager_wport)
    # one peer has lost its AA, and nobody else can come in its place
    links[0].send(wpdu(PUBLIC, MANAGEMENT, get(iip=0xC2)))
    assert is_aare(ask(links[0], AARQ), 2)
    for link in links[1:]:
        assert serves(link)
    assert serves(late, manager_wport)
    assert ask(late, RLRQ, manager_wport) == RLRE


@pytest.mark.req("A-46")
def test_flood_of_forged_peers_does_not_harm_tcp(udp, tcp):
    stream = tcp()
    associate(stream)
    for n in range(MANY):
        link = udp()
        link.send(wpdu(PUBLIC, MANAGEMENT, (AARQ, UNCONFIRMED_AARQ, get(), b"\x60")[n % 4]))
        link.send(wpdu(PUBLIC, MANAGEMENT, OBJECT_LIST))
    assert serves(stream)
    other = tcp()
    associate(other)
    assert serves(other)


@pytest.mark.req("A-46", "B-12", "B-13")
@pytest.mark.meter_config(udp_inactivity=1)
def test_silent_association_ends_and_a_busy_one_does_not(udp, tcp):
    busy, stream = udp(), tcp()
    associate(stream)
    associate(busy, request=SMALL_AARQ)
    block = ask(busy, OBJECT_LIST)
    links, late = fill(udp)
    links[0].send(wpdu(PUBLIC, MANAGEMENT, RLRQ))
    assert links[0].receive()[8:] == RLRE
    unconfirmed = udp()
    unconfirmed.send(wpdu(PUBLIC, MANAGEMENT, UNCONFIRMED_AARQ))
    # the peer that got no room gets some when the silent ones are gone; the busy one asks on all the while
    while not is_aare(ask(late, AARQ)):
        assert serves(busy)
        late.nothing(0.1)
    for link in (*links[1:], unconfirmed):
        assert silent(link)
        # its AA is gone: this GET is not answered, so that the AARE is the next to come
        link.send(wpdu(PUBLIC, MANAGEMENT, get(iip=0xC2)))
        assert is_aare(ask(link, AARQ)[:18])
        assert ask(link, RLRQ) == RLRE
    assert serves(busy)
    # TCP has an inactivity of its own
    assert serves(stream)
    assert ask(busy, OBJECT_LIST) == block


@pytest.mark.req("A-46")
@pytest.mark.meter_config(udp_inactivity=1)
def test_garbage_does_not_keep_an_association_alive(udp):
    """Only what is a WPDU counts as a sign of life."""
    links, late = fill(udp)
    while not is_aare(ask(late, AARQ)):
        for link in links:
            link.send(b"\0\2garbage")
            link.send(wpdu(PUBLIC, MANAGEMENT, get(), length=40))
        late.nothing(0.1)
    assert serves(late)
