"""A WPDU longer than the receive buffer: thrown away as it comes, and the stream
stays in step (REQUIREMENTS A-27, D-95).
"""

import pytest

from host_tests.harness.raw import RawTcp, wpdu
from host_tests.wire.apdus import (
    AARQ,
    CLIENT_MANAGEMENT,
    MANAGEMENT,
    OBJECT_LIST,
    PUBLIC,
    SMALL_AARQ,
    TOO_LONG,
    apdu_of,
    ask,
    associate,
    get,
    get_next,
    is_aare,
    is_name,
    receive_pdu_size,
    serves,
    silent,
)

pytestmark = [pytest.mark.prefers(backfill_days=0), pytest.mark.req("A-27")]

GOOD = wpdu(PUBLIC, MANAGEMENT, get())
FILL = bytes.fromhex("0001001000010000")  # looks like a WPDU, so that a loss of sync would show


@pytest.fixture
def connection(tcp):
    return tcp()


@pytest.fixture
def limit(connection):
    """server-max-receive-pdu-size; `connection` has an AA of the public client now."""
    return receive_pdu_size(associate(connection))


def oversize(length, client=PUBLIC, server=MANAGEMENT):
    """A WPDU that announces so many octets and brings them."""
    return wpdu(client, server, (get() + FILL * (length // 8 + 1))[:length])


def in_parts(octets, size):
    return [octets[i : i + size] for i in range(0, len(octets), size)]


@pytest.mark.req("D-95", "C-38")
def test_longest_apdu_is_taken_and_one_more_octet_is_not(connection, limit):
    assert ask(connection, bytes.fromhex("C001C1").ljust(limit, b"\0")) != TOO_LONG
    assert ask(connection, bytes.fromhex("C001C1").ljust(limit + 1, b"\0")) == TOO_LONG
    assert serves(connection)


@pytest.mark.req("D-95", "B-21")
@pytest.mark.parametrize("extra", [1, 2, 7, 8, 9, 503, 504, 505, 511, 512, 513, 1023, 1024, 1025, 5000])
def test_in_one_piece(connection, limit, extra):
    connection.send(oversize(limit + extra))
    assert apdu_of(connection.receive_wpdu()) == TOO_LONG
    assert serves(connection)


@pytest.mark.req("D-95")
def test_largest_length_that_can_be_announced(connection, limit):
    connection.send(oversize(0xFFFF) + GOOD)
    assert apdu_of(connection.receive_wpdu()) == TOO_LONG
    assert is_name(apdu_of(connection.receive_wpdu()))


@pytest.mark.req("D-95", "A-20")
def test_one_octet_a_segment(connection, limit):
    for octet in oversize(limit + 1):
        connection.send(bytes((octet,)))
    assert apdu_of(connection.receive_wpdu()) == TOO_LONG
    assert serves(connection)


@pytest.mark.req("D-95", "A-20")
def test_ends_one_octet_a_segment(connection, limit, settle):
    """Header, first octets and last octets come alone; nothing is answered before the last one."""
    octets = oversize(0xFFFF)
    for octet in octets[:12]:
        connection.send(bytes((octet,)))
        settle()
    connection.send(octets[12:-12])
    for octet in octets[-12:]:
        settle()
        assert silent(connection)
        connection.send(bytes((octet,)))
    assert apdu_of(connection.receive_wpdu()) == TOO_LONG
    assert serves(connection)


@pytest.mark.req("D-95", "A-21", "A-22")
@pytest.mark.parametrize("size", [100, 511, 512, 513, 1031, 1032, 1033])
def test_in_parts_with_a_request_behind(connection, limit, size, settle):
    """The part that holds the end brings the beginning of the next request, at many offsets."""
    for extra in range(1, 2 * len(GOOD)):
        for part in in_parts(oversize(limit + extra) + GOOD + GOOD, size):
            connection.send(part)
            settle()
        assert apdu_of(connection.receive_wpdu()) == TOO_LONG, extra
        assert is_name(apdu_of(connection.receive_wpdu())), extra
        assert is_name(apdu_of(connection.receive_wpdu())), extra


@pytest.mark.req("D-95", "A-22")
def test_behind_and_before_other_requests(connection, limit):
    connection.send((GOOD + oversize(limit + 3) + GOOD + oversize(limit + 700) + FILL + GOOD) * 5)
    for _ in range(5):
        for expected in (None, TOO_LONG, None, TOO_LONG, None):
            apdu = apdu_of(connection.receive_wpdu())
            assert is_name(apdu) if expected is None else apdu == expected


@pytest.mark.parametrize("length", [0x2000, 0xFFFF])
def test_outside_any_association_nothing_is_answered(connection, length):
    connection.send(oversize(length))
    associate(connection)
    assert serves(connection)


def test_to_nobody_nothing_is_answered(connection, limit):
    """Other wPorts than those of the open AA: another client, no logical device, No-station."""
    for client, server in ((CLIENT_MANAGEMENT, MANAGEMENT), (PUBLIC, 0x55), (PUBLIC, 0), (0, MANAGEMENT)):
        connection.send(oversize(limit + 1, client, server))
    assert serves(connection)


@pytest.mark.req("D-95", "A-12")
@pytest.mark.limits(TCP_ASSOCIATIONS=2)
def test_the_association_named_in_the_header_is_answered(connection, limit):
    associate(connection, CLIENT_MANAGEMENT)
    connection.send(oversize(limit + 1, CLIENT_MANAGEMENT) + oversize(limit + 1))
    assert apdu_of(connection.receive_wpdu(), CLIENT_MANAGEMENT) == TOO_LONG
    assert apdu_of(connection.receive_wpdu()) == TOO_LONG


def test_announced_and_never_sent(tcp, connection, limit):
    """The peer goes away in the middle; its place is free for others, as often as it happens."""
    for _ in range(20):
        gone = tcp()
        associate(gone)
        gone.send(oversize(0xFFFF)[: limit + 18])
        gone.reset()
        # What has arrived is read before the reset: a buffer full, the ten octets after it, the
        # end. Each takes a round of the meter's loop, and so does each of these; otherwise many
        # that go away at once take all the places of a small board.
        for _ in range(4):
            assert serves(connection)
    assert is_aare(ask(tcp(), AARQ))


@pytest.mark.req("D-95")
def test_long_transfer_ends_with_it(connection, limit):
    associate(connection, request=SMALL_AARQ)
    assert ask(connection, OBJECT_LIST)[:2].hex() == "c402"
    connection.send(oversize(limit + 1))
    assert apdu_of(connection.receive_wpdu()) == TOO_LONG
    # no block follows: a short-form or long-form refusal, whatever its code
    answer = ask(connection, get_next(1))
    assert answer[:3].hex() in ("c401c1", "c402c1")
    assert answer[:4].hex() == "c401c1" + "01" or answer[3:9].hex() == "010000000101"
    assert serves(connection)


@pytest.mark.req("D-95", "B-21")
@pytest.mark.meter_config(trace=True)
def test_it_is_told_while_every_wpdu_is_traced(link, meter):
    """Over TCP and in a datagram, the first time and again."""
    limit = receive_pdu_size(associate(link))
    for _ in range(3):
        if isinstance(link, RawTcp) or limit + 9 <= meter.limits.DATAGRAM:
            assert ask(link, bytes.fromhex("C001C1").ljust(limit + 1, b"\0")) == TOO_LONG
        assert serves(link)
