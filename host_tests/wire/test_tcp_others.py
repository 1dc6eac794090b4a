"""What one client does is nobody else's matter: stalls, floods, garbage and interleaved sessions."""

import random

import pytest

from host_tests.harness.raw import wpdu
from host_tests.wire.aas import MANAGER
from host_tests.wire.apdus import (
    AARQ,
    CLIENT_MANAGEMENT,
    MANAGEMENT,
    OBJECT_LIST,
    OTHER_DEVICE,
    PUBLIC,
    SMALL_AARQ,
    apdu_of,
    ask,
    associate,
    get,
    get_next,
    is_aare,
    is_name,
    serves,
)

pytestmark = pytest.mark.prefers(backfill_days=0)

REQUEST = wpdu(PUBLIC, MANAGEMENT, get())


@pytest.mark.req("A-20", "A-23", "A-31")
@pytest.mark.parametrize("sent", [3, 8, 15])
def test_stalled_client_delays_nobody(tcp, sent):
    stalled, other = tcp(), tcp()
    associate(stalled)
    associate(other)
    stalled.send(REQUEST[:sent])
    for n in range(50):
        assert serves(other, iip=0xC0 | n & 15)
    stalled.send(REQUEST[sent:])
    assert is_name(apdu_of(stalled.receive_wpdu()))


@pytest.mark.req("A-27")
def test_client_inside_a_too_long_wpdu_delays_nobody(tcp):
    """The place where octets to be thrown away arrive is shared by all connections."""
    links = [tcp() for _ in range(3)]
    for link in links:
        associate(link)
    long = wpdu(PUBLIC, MANAGEMENT, bytes(5000))
    for at in range(0, len(long), 517):
        for link in links[:2]:
            link.send(long[at : at + 517])
        # a request that arrives in two parts passes through the same place
        links[2].send(REQUEST[:10])
        links[2].send(REQUEST[10:])
        assert is_name(apdu_of(links[2].receive_wpdu()))
    for link in links[:2]:
        assert apdu_of(link.receive_wpdu()).hex() == "d80104"
        assert serves(link)


@pytest.mark.caps("roomy")
@pytest.mark.req("A-20", "A-21")
def test_requests_in_parts_on_many_connections_do_not_mix(tcp):
    links = [tcp() for _ in range(5)]
    for link in links:
        associate(link)
    requests = [wpdu(PUBLIC, MANAGEMENT, get(iip=0xC0 | n)) for n in range(len(links))]
    for at in range(len(REQUEST)):
        for link, request in zip(links, requests, strict=True):
            link.send(request[at : at + 1])
    for n, link in enumerate(links):
        assert is_name(apdu_of(link.receive_wpdu()), 0xC0 | n)


@pytest.mark.req("A-12", "B-19", "A-34")
def test_two_clients_interleave_their_transfers(tcp, meter):
    """Each gets the blocks of its own value, whole and in order; where there is room for
    more than one on a connection, there is.
    """
    first, second = tcp(), tcp()
    more = meter.limits.TCP_TRANSFERS - 1 if meter.limits.TCP_ASSOCIATIONS > 1 else 0
    talks = [(first, PUBLIC, 1), (second, PUBLIC, OTHER_DEVICE), (second, PUBLIC, 1), (first, CLIENT_MANAGEMENT, 1)][
        : 2 + more
    ]
    blocks = {}
    for link, client, server in talks:
        associate(link, client, server, request=SMALL_AARQ)
        blocks[link, client, server] = [ask(link, OBJECT_LIST, client, server)]
        assert blocks[link, client, server][0][:4].hex() == "c402c100"
    number = 0
    open_talks = list(talks)
    while open_talks:
        number += 1
        for talk in list(open_talks):
            link, client, server = talk
            if blocks[talk][-1][3]:  # last-block
                open_talks.remove(talk)
                assert serves(link, client, server)
                continue
            block = ask(link, get_next(number), client, server)
            assert block[:3].hex() == "c402c1"
            assert int.from_bytes(block[4:8], "big") == number + 1
            blocks[talk].append(block)
    assert blocks[talks[0]] != blocks[talks[1]]
    if more:
        assert blocks[talks[0]] == blocks[talks[2]]


@pytest.mark.req("A-23")
def test_flood_of_requests_delays_nobody_for_good(tcp):
    """A client that never stops asking: another one is answered after a
    bounded number of its requests.
    """
    busy, other = tcp(), tcp()
    associate(busy)
    associate(other)
    busy.send(REQUEST * 3000)
    for _ in range(20):
        assert serves(other)
    for _ in range(3000):
        assert is_name(apdu_of(busy.receive_wpdu()))


GARBAGE_SEED = 4059


def garbage(generator):
    """Octets of one of several kinds: noise, noise in a right WPDU, a spoilt request."""
    kind = generator.randrange(4)
    noise = generator.randbytes(generator.randrange(1, 300))
    if kind == 0:
        return noise
    if kind == 1:
        return wpdu(
            generator.choice([PUBLIC, CLIENT_MANAGEMENT, MANAGER]), generator.choice([MANAGEMENT, OTHER_DEVICE]), noise
        )
    if kind == 2:
        return wpdu(PUBLIC, MANAGEMENT, generator.choice([b"\x60", b"\x62", b"\xc0", b"\xc1", b"\xc3"]) + noise)
    request = bytearray(
        generator.choice([REQUEST, wpdu(PUBLIC, MANAGEMENT, AARQ), wpdu(PUBLIC, MANAGEMENT, OBJECT_LIST)])
    )
    request[generator.randrange(len(request))] ^= 1 << generator.randrange(8)
    return bytes(request)


@pytest.mark.req("A-25", "A-33", "C-26")
def test_garbage_on_every_other_connection(tcp, udp):
    """One client works while all others send rubbish over TCP and UDP, get cut off and come again."""
    generator = random.Random(GARBAGE_SEED)
    good = tcp()
    associate(good)
    bad = [tcp() for _ in range(5)]
    datagrams = udp()
    for n in range(600):
        at = generator.randrange(len(bad))
        try:
            bad[at].send(garbage(generator))
        except OSError:
            bad[at].close()
            bad[at] = tcp()
        datagrams.send(garbage(generator))
        assert serves(good, iip=0xC0 | n & 15)
    for link in bad:
        end(link)
    late = tcp()
    assert is_aare(ask(late, AARQ))
    assert serves(late)


def end(link):
    """End a connection, and wait until the meter has ended it too and has its place free;
    what it sends before does not matter.
    """
    try:
        link.finish()
        link.socket.settimeout(link.timeout)
        while link.socket.recv(65536):
            pass
    except TimeoutError:
        raise
    except OSError:
        pass  # cut off before
    link.close()


@pytest.mark.caps("roomy")
@pytest.mark.req("A-32", "A-50")
def test_connections_that_come_and_go(tcp):
    good = tcp()
    associate(good)
    for n in range(200):
        link = tcp()
        if n % 2:
            link.reset()
        else:
            link.close()
        assert serves(good)
    late = tcp()
    assert is_aare(ask(late, AARQ))
