"""Associations over UDP: few, with an end of their own, and none of TCP's (REQUIREMENTS A-46)."""

import socket
import sys

import limits
import pytest

from host_tests.harness.raw import RawTcp, RawUdp, wpdu
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
    apdu_of,
    ask,
    associate,
    diagnostic,
    get,
    is_aare,
    is_name,
    serves,
    silent,
)

pytestmark = [pytest.mark.prefers(backfill_days=0), pytest.mark.caps("own-process")]

NOBODY = 0x4444
# Where the platform reports the addresses of a meter.
told = pytest.mark.skipif(sys.platform != "linux", reason="the platform does not tell the local addresses")
# More than any table of associations over UDP holds.
MANY = 40


def fill(udp):
    """Open an AA from new peers until the meter has no more; returns the peers that
    have one, and the one that has not.
    """
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
    """A peer that tries everything takes no more than its share, and one whose
    AARQ is refused takes nothing.
    """
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


@pytest.mark.req("C-26", "C-27", "A-46")
def test_datagram_that_is_no_aarq_ends_no_association(udp):
    """It is dropped, and what is dropped does nothing."""
    link = udp()
    associate(link)
    for octets in (b"\x60", b"\x60\x00", AARQ[:-1], AARQ + b"\0", UNCONFIRMED_AARQ[:-1]):
        link.send(wpdu(PUBLIC, MANAGEMENT, octets))
        assert serves(link)


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
    # the peer that got no room gets some when the silent ones are gone; the
    # busy one asks on all the while
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


@pytest.fixture
def asker(meter):
    """`asker(HOST, APDU)` asks at any address from one socket; the answer comes from there.
    answered=False: it is that to what follows.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(10)

        def ask_at(host, apdu, answered=True):
            sock.sendto(wpdu(PUBLIC, MANAGEMENT, apdu), (host, meter.port))
            if not answered:
                # the refusal of a client that does not exist comes when the
                # request before has been served
                sock.sendto(wpdu(NOBODY, MANAGEMENT, AARQ), (host, meter.port))
            octets, peer = sock.recvfrom(2000)
            assert peer == (host, meter.port)
            return apdu_of(octets, PUBLIC if answered else NOBODY)

        yield ask_at


@told
@pytest.mark.req("A-65", "A-12", "A-43")
@pytest.mark.parametrize(
    "bind",
    [
        pytest.param(bind, marks=pytest.mark.meter_config(bind=bind))
        for bind in ("127.0.0.1,127.0.0.2", "0.0.0.0,127.0.0.2", "0.0.0.0,::,127.0.0.2")
    ],
    ids=["two", "every", "every-of-both"],
)
def test_an_association_belongs_to_the_address_where_it_was_opened(bind, asker):
    one, other = "127.0.0.1", "127.0.0.2"
    assert is_aare(asker(one, AARQ))
    # outside of any AA a datagram is not answered; what is, is the AARQ of somebody else after it
    assert is_aare(asker(other, get(), answered=False), 1)
    assert is_name(asker(one, get()))
    assert is_aare(asker(other, AARQ))
    assert is_name(asker(other, get()))
    assert asker(other, RLRQ)[:1] == b"\x63"
    assert is_aare(asker(other, get(), answered=False), 1)
    assert is_name(asker(one, get()))
    assert asker(one, RLRQ)[:1] == b"\x63"


@told
@pytest.mark.meter_config(bind="0.0.0.0,::")
@pytest.mark.req("A-65", "B-22")
@pytest.mark.parametrize(("kind", "transport"), [(RawTcp, "TCP"), (RawUdp, "UDP")], ids=["tcp", "udp"])
@pytest.mark.parametrize("at", ["127.0.0.1", "::1", "127.0.0.2"])
def test_every_address_is_bound_and_the_parameters_show_the_one_that_was_asked(meter, logged, kind, transport, at):
    if kind is RawUdp and at == "127.0.0.2":
        pytest.skip("of the loopback network the platform tells one address")
    link = kind((at, meter.port), 10)
    associate(link)
    ends = link.socket.getsockname()[:2], (at, meter.port)
    client, server = (f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in ends)
    logged(f"aa-open {transport} client={client}/16 server={server}/1")
    link.close()
