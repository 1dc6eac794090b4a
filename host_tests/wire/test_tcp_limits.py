"""Connections are few and their patience is bounded: the connection
limit, idle peers, stalled ones.
"""

import time

import pytest

from host_tests.harness.raw import wpdu
from host_tests.wire.apdus import (
    AARQ,
    CLIENT_MANAGEMENT,
    MANAGEMENT,
    OTHER_DEVICE,
    PUBLIC,
    aarq,
    apdu_of,
    ask,
    associate,
    get,
    is_aare,
    is_name,
    serves,
    set_,
)

pytestmark = [pytest.mark.prefers(backfill_days=0), pytest.mark.caps("own-process")]

TCP_UDP_SETUP = "0.0.25.0.0.255"
PATIENCE = 30.0  # seconds, of which it takes five
NOBODYS = wpdu(PUBLIC, 0x55, b"")  # for a logical device that is not there: ignored
REQUEST = wpdu(PUBLIC, MANAGEMENT, get())


def nb_of_sim_conn(link, config):
    """Attribute 5 of the TCP-UDP setup, read by the reader on a connection of its own."""
    client = config.getoption("--client")
    associate(link, client, request=aarq(config.getoption("--password")))
    apdu = ask(link, get(41, TCP_UDP_SETUP, 5), client)
    assert apdu[:5].hex() == "c401c10011"
    return apdu[5]


@pytest.mark.req("A-32", "F-18", "B-21")
def test_one_connection_more_than_allowed(tcp, pytestconfig):
    links = [tcp()]
    most = nb_of_sim_conn(links[0], pytestconfig)
    assert most >= 1
    links += [tcp() for _ in range(most - 1)]
    for link in links[1:4]:
        associate(link)
    for _ in range(3):
        assert tcp().closed()
    # the others are unaffected, those without an AA too
    for link in links[4:]:
        associate(link)
    for link in links[1:]:
        assert serves(link)
    # a place that is given back is taken by the next client
    links[-1].finish()
    assert links[-1].closed()
    late = tcp()
    associate(late)
    assert tcp().closed()
    assert serves(late)


@pytest.mark.req("A-32", "A-50", "A-56")
def test_places_are_given_back_by_every_kind_of_end(tcp, pytestconfig):
    first = tcp()
    most = nb_of_sim_conn(first, pytestconfig)
    first.finish()
    assert first.closed()
    for end in ("fin", "version", "refused"):
        links = [tcp() for _ in range(most)]
        for link in links:
            associate(link)
        if end == "refused":
            assert tcp().closed()
        for link in links:
            if end == "version":
                link.send("0002001000010000")
            else:
                link.finish()
            assert link.closed()
    assert is_aare(ask(tcp(), AARQ))


@pytest.mark.req("A-32", "A-47")
def test_a_newcomer_takes_the_place_of_the_longest_silent(tcp, pytestconfig):
    """After 5 s, and not that of a client with a secret; until then it is closed as ever."""
    proven = tcp()
    most = nb_of_sim_conn(proven, pytestconfig)
    if most < 3:
        pytest.skip("needs three connections")
    silent = [tcp() for _ in range(most - 1)]
    associate(silent[0])

    def enter():
        """The next client, as soon as there is a place for it."""
        deadline = time.monotonic() + PATIENCE
        while (newcomer := tcp()).closed(0.1):
            assert time.monotonic() < deadline
            for link in silent[2:]:
                link.send(NOBODYS)
            silent[0].closed(0.1)  # or stays open, silent
        associate(newcomer)
        return newcomer

    assert tcp().closed()
    newcomers = [enter(), enter()]
    for link in silent[:2]:
        assert link.closed()
    for link in silent[2:]:
        associate(link)
    for link in newcomers:
        assert serves(link)
    assert is_name(ask(proven, get(), pytestconfig.getoption("--client")))


# The time-outs run for all links of a test at once: each of these tests
# takes little more than one second.


@pytest.fixture
def everywhere(raw, meter):
    """`everywhere()` opens a connection to every address of the meter."""
    return lambda: [raw.tcp(host) for host in meter.hosts]


@pytest.mark.req("A-31", "B-13", "B-21")
@pytest.mark.meter_config(inactivity=1)
def test_idle_connection_is_closed_without_a_word(everywhere):
    """No RLRQ, no AARE: only the client releases. With an AA or without."""
    plain, associated = everywhere(), everywhere()
    for link in associated:
        associate(link)
        assert serves(link)
    for link in plain + associated:
        assert link.closed()
    for link in everywhere():
        assert is_aare(ask(link, AARQ))


@pytest.mark.req("A-31", "B-21")
@pytest.mark.meter_config(inactivity=1)
def test_busy_connection_outlives_idle_ones(everywhere):
    idle, busy = everywhere(), everywhere()
    for link in idle + busy:
        associate(link)
    while not idle[0].closed(0.2):
        for link in busy:
            assert serves(link)
    for link in idle:
        assert link.closed()
    for link in busy:
        assert serves(link)


@pytest.mark.req("A-31", "F-18")
@pytest.mark.meter_config(serial="00000031")
def test_written_time_out_is_obeyed(raw, pytestconfig):
    client = pytestconfig.getoption("--manager")
    manager, idle = raw.tcp(), raw.tcp()
    associate(manager, client, request=aarq(pytestconfig.getoption("--manager-password")))
    associate(idle)
    assert ask(manager, set_(41, TCP_UDP_SETUP, 6, bytes.fromhex("120001")), client).hex() == "c501c100"
    while not idle.closed(0.2):
        assert is_name(ask(manager, get(), client))


@pytest.mark.req("A-31", "B-21")
@pytest.mark.meter_config(inactivity=0, frame_timeout=1)
@pytest.mark.parametrize("sent", [[1, 8], [7, 9], [20, 2000]])
def test_request_that_never_ends(everywhere, sent):
    """Part of a header, of a body, and of a WPDU too long to be kept. The idle
    connections beside them stay: 0 is never.
    """
    idle = everywhere()
    for link in idle:
        associate(link)
    stalled = []
    for count in sent:
        for link in everywhere():
            associate(link)
            octets = REQUEST if count < len(REQUEST) else wpdu(PUBLIC, MANAGEMENT, bytes(4000))
            link.send(octets[:count])
            stalled.append(link)
    for link in stalled:
        assert link.closed()
    for link in idle:
        assert serves(link)


@pytest.mark.req("A-31", "A-20", "B-21")
@pytest.mark.meter_config(inactivity=0, frame_timeout=1)
def test_slow_request_is_served_while_octets_come(everywhere):
    """The limit is for the pause between two octets, not for the whole request: this
    one takes longer than one second.
    """
    links = everywhere()
    for link in links:
        associate(link)
    for i in range(20):
        for link in links:
            link.send(REQUEST[i : i + 1])
        assert links[0].nothing(0.06)
    for link in links:
        link.send(REQUEST[20:])
        assert is_name(apdu_of(link.receive_wpdu()))


@pytest.mark.req("A-31", "A-33")
@pytest.mark.meter_config(inactivity=1)
def test_associations_of_an_idle_connection_are_gone(raw):
    """Twice as many as there is room for at once."""
    for _ in range(2):
        links = [raw.tcp() for _ in range(4)]
        for link in links:
            for client, server in ((PUBLIC, MANAGEMENT), (CLIENT_MANAGEMENT, MANAGEMENT), (PUBLIC, OTHER_DEVICE)):
                associate(link, client, server)
        for link in links:
            assert link.closed()
