"""The header of a WPDU: version, wPorts, length; what is answered, and
what is dropped without a word.

That nothing is answered is proved by the next request, whose answer is the next thing to arrive.
"""

import pytest

from host_tests.harness.raw import wpdu
from host_tests.wire.apdus import (
    AARQ,
    MANAGEMENT,
    NOT_ALLOWED,
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
    receive,
    serves,
)

pytestmark = pytest.mark.prefers(backfill_days=0)

UNKNOWN = 0x0055  # neither a logical device nor the broadcast wPort


@pytest.mark.choice("the octets of this meter")
@pytest.mark.req("A-01", "A-02", "A-03", "A-04", "A-05", "A-06", "A-07", "B-21")
def test_worked_octets_of_a_session(link):
    answer = link.ask("000100100001001F601DA109060760857405080101BE10040E01000000065F1F0400007E1F04B0")
    assert answer[:6].hex() == "000100010010"
    assert int.from_bytes(answer[6:8], "big") == len(answer) - 8
    assert is_aare(answer[8:])
    answer = link.ask("000100100001000DC001C1000100002A0000FF0200")
    assert answer[:6].hex() == "000100010010"
    assert int.from_bytes(answer[6:8], "big") == len(answer) - 8
    assert is_name(answer[8:])
    assert link.ask("00010010000100056203800100").hex() == "00010001001000056303800100"


@pytest.mark.req("A-04", "A-12")
def test_wports_are_swapped_in_every_kind_of_answer(link):
    for client in (PUBLIC, MANAGEMENT):
        assert is_aare(ask(link, SMALL_AARQ, client))
        assert is_name(ask(link, get(), client))
        # refused, malformed, the first block of a long value, the end
        assert ask(link, get(instance="0.0.42.9.9.255"), client)[:4].hex() == "c401c101"
        assert ask(link, bytes.fromhex("C001C1"), client).hex() == "c401c10103"
        assert ask(link, bytes.fromhex("FE00"), client) == NOT_ALLOWED
        assert ask(link, get(15, "0.0.40.0.0.255", 2), client)[:2].hex() == "c402"
        assert ask(link, RLRQ, client) == RLRE


@pytest.mark.req("A-26")
@pytest.mark.parametrize("associated", [False, True])
def test_empty_apdu_is_ignored(link, associated):
    if associated:
        associate(link)
    for _ in range(3):
        link.send("0001001000010000")
    if not associated:
        associate(link)
    assert serves(link)


@pytest.mark.req("A-28")
@pytest.mark.parametrize("destination", [2, 15, 16, 18, UNKNOWN, 0x0101, 0x1100, 0xFFFF])
def test_wport_without_a_logical_device_is_silent(link, destination):
    associate(link)
    for apdu in (AARQ, get(iip=0xC2), RLRQ, bytes.fromhex("FF00"), b""):
        link.send(wpdu(PUBLIC, destination, apdu))
    assert serves(link, iip=0xC3)


@pytest.mark.req("A-28")
def test_unknown_wport_gets_no_association_and_keeps_the_connection(link):
    link.send(wpdu(PUBLIC, UNKNOWN, AARQ))
    # had the AARQ been taken under another name, this GET would be served
    link.send(wpdu(PUBLIC, UNKNOWN, get()))
    associate(link)
    assert serves(link)


@pytest.mark.req("A-29")
@pytest.mark.parametrize(("source", "destination"), [(0, MANAGEMENT), (PUBLIC, 0), (0, 0)])
def test_no_station_is_discarded(link, source, destination):
    for apdu in (AARQ, get(iip=0xC2), UNCONFIRMED_AARQ, RLRQ):
        link.send(wpdu(source, destination, apdu))
    associate(link)
    for apdu in (AARQ, get(iip=0xC2), RLRQ):
        link.send(wpdu(source, destination, apdu))
    assert serves(link, iip=0xC3)


@pytest.mark.req("A-30", "A-13")
@pytest.mark.parametrize("client", [2, 15, 17, 0x44, 0xFF, 0x1000, 0x2000, 0xFFFF])
def test_client_without_an_association_is_refused(link, client):
    aare = ask(link, AARQ, client)
    assert is_aare(aare, 1)
    assert diagnostic(aare) == (1, 1)
    # over TCP a GET is then refused as outside any AA, over UDP it is not
    # answered; either way none was opened
    link.send(wpdu(client, MANAGEMENT, get(iip=0xC2)))
    link.send(wpdu(PUBLIC, MANAGEMENT, AARQ))
    answer = receive(link)
    if answer[4:6] == client.to_bytes(2, "big"):
        assert apdu_of(answer, client) == NOT_ALLOWED
        answer = receive(link)
    assert is_aare(apdu_of(answer))


@pytest.mark.req("A-30", "B-05")
def test_client_without_an_association_that_wants_no_answer(link):
    link.send(wpdu(0x44, MANAGEMENT, UNCONFIRMED_AARQ))
    associate(link)
    assert serves(link)


@pytest.mark.req("A-13")
@pytest.mark.parametrize(
    ("client", "password"), [(16, None), (1, None), (32, "--password"), (48, "--manager-password")]
)
def test_clients_of_this_meter(link, pytestconfig, client, password):
    secret = pytestconfig.getoption(password) if password else None
    associate(link, client, MANAGEMENT, aarq(secret))
    assert serves(link, client)
