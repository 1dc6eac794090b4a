"""Which associations and services each transport has (IEC 62056-9-7 Table
1), above all the unconfirmed ones.
"""

import pytest

from host_tests.harness.raw import wpdu
from host_tests.wire.aas import READER
from host_tests.wire.apdus import (
    CLIENT_MANAGEMENT,
    MANAGEMENT,
    NOT_ALLOWED,
    PUBLIC,
    RLRE,
    RLRQ,
    UNCONFIRMED_AARQ,
    aarq,
    ask,
    associate,
    get,
    serves,
    set_note,
)

pytestmark = pytest.mark.prefers(backfill_days=0)

WORKED = "0001001000010020601EA109060760857405080101BE11040F0100010000065F1F0400007E1F04B0"


@pytest.mark.req("B-05", "C-30", "B-21")
@pytest.mark.parametrize("allowed", ["00", "0101", "01FF"])
def test_response_allowed_is_answered(link, allowed):
    request = bytes.fromhex(allowed)
    info = b"\1\0" + request + bytes.fromhex("00065F1F0400007E1F04B0")
    body = bytes.fromhex("A109060760857405080101") + bytes((0xBE, len(info) + 2, 4, len(info))) + info
    associate(link, request=bytes((0x60, len(body))) + body)
    assert serves(link)


@pytest.mark.req("B-05", "B-06", "B-07", "B-21")
@pytest.mark.parametrize(
    ("client", "spoil"),
    [
        (PUBLIC, None),
        (0x44, None),
        (PUBLIC, ("60857405080101", "60857405080102")),
        (PUBLIC, ("007E1F04B0", "00000004B0")),
        (PUBLIC, ("007E1F04B0", "007E1F000B")),
        (PUBLIC, ("00065F1F", "00055F1F")),
        (READER, None),
    ],
    ids=["accepted", "unknown-client", "context", "conformance", "pdu-size", "version", "authentication"],
)
@pytest.mark.limits(UDP_ASSOCIATIONS=2)
def test_unconfirmed_aarq_is_never_answered(link, client, spoil):
    """Whether it would be accepted or refused, over UDP as over TCP."""
    request = UNCONFIRMED_AARQ
    if spoil:
        request = request.replace(bytes.fromhex(spoil[0]), bytes.fromhex(spoil[1]))
        assert request != UNCONFIRMED_AARQ
    link.send(wpdu(client, MANAGEMENT, request))
    associate(link, CLIENT_MANAGEMENT)
    assert serves(link, CLIENT_MANAGEMENT)


@pytest.mark.req("B-07", "B-21")
def test_unconfirmed_aarq_over_tcp_opens_nothing(tcp, note, manager_wport, secret):
    link = tcp()
    link.send(WORKED)
    assert ask(link, get()) == NOT_ALLOWED
    link.send(wpdu(manager_wport, MANAGEMENT, aarq(secret, response_allowed=False)))
    value = note()
    link.send(wpdu(manager_wport, MANAGEMENT, set_note(value ^ 1, 0x01)))
    # outside any AA: an unconfirmed SET is dropped without a word (D-99), a confirmed one refused
    assert ask(link, set_note(value ^ 1, 0xC1), manager_wport) == NOT_ALLOWED
    assert note() == value
    associate(link)
    assert serves(link)


@pytest.mark.req("B-06", "B-21")
@pytest.mark.meter_config(serial="00000006")  # a meter of its own, for its log
@pytest.mark.caps("own-process")
def test_worked_octets_of_an_unconfirmed_association(udp, logged):
    link = udp()
    link.send(WORKED)
    logged("aa-open UDP", f":{link.socket.getsockname()[1]}/{PUBLIC} ")
    link.send(wpdu(PUBLIC, MANAGEMENT, RLRQ))
    logged("aa-close UDP", f":{link.socket.getsockname()[1]}/{PUBLIC} ")
    associate(link)
    assert serves(link)


@pytest.mark.req("B-04", "B-06", "B-08", "B-09", "B-12", "D-99", "B-21")
@pytest.mark.caps("writes")
def test_life_of_an_unconfirmed_association(udp, done, note, manager_wport, secret):
    """Opened, served and released, and not one datagram comes back."""
    link = udp()
    value = note()

    def write(new, iip):
        link.send(wpdu(manager_wport, MANAGEMENT, set_note(new, iip)))
        done()

    write(value + 1, 0x01)
    assert note() == value, "written outside any AA"
    link.send(wpdu(manager_wport, MANAGEMENT, aarq(secret, response_allowed=False)))
    write(value + 2, 0x02)
    assert note() == value + 2, "an unconfirmed SET is done"
    write(value + 3, 0xC3)
    assert note() == value + 2, "a confirmed one is dropped"
    for apdu in (
        get(iip=0xC2),
        get(iip=0x02),
        b"\xc0",
        b"\xff\xff\x02",
        b"\xc1\1\2\0",
        bytes(1100),
        bytes.fromhex("0600"),
    ):
        link.send(wpdu(manager_wport, MANAGEMENT, apdu))
    write(value + 4, 0x04)
    assert note() == value + 4, "the AA is still there"
    link.send(wpdu(manager_wport, MANAGEMENT, RLRQ))
    write(value + 5, 0x05)
    assert note() == value + 4, "released"
    # the first datagram ever to come back
    associate(link, manager_wport, request=aarq(secret))
    assert serves(link, manager_wport)


@pytest.mark.req("B-06", "C-27", "B-12")
@pytest.mark.caps("writes")
def test_confirmed_and_unconfirmed_association_replace_each_other(udp, done, note, manager_wport, secret):
    link = udp()
    value = note()
    for _ in range(3):
        associate(link, manager_wport, request=aarq(secret))
        assert serves(link, manager_wport)
        link.send(wpdu(manager_wport, MANAGEMENT, aarq(secret, response_allowed=False)))
        link.send(wpdu(manager_wport, MANAGEMENT, get(iip=0xC2)))
        value += 1
        link.send(wpdu(manager_wport, MANAGEMENT, set_note(value, 0x01)))
        done()
        assert note() == value
    associate(link, manager_wport, request=aarq(secret))
    assert ask(link, RLRQ, manager_wport) == RLRE


@pytest.mark.req("B-05", "C-12", "C-21")
@pytest.mark.caps("writes", "auth-failures")
def test_unconfirmed_aarq_with_a_wrong_password_opens_nothing(udp, done, note, manager_wport):
    link = udp()
    value = note()
    for request in (aarq("00000000", response_allowed=False), UNCONFIRMED_AARQ):
        link.send(wpdu(manager_wport, MANAGEMENT, request))
        link.send(wpdu(manager_wport, MANAGEMENT, set_note(value + 1, 0x01)))
    done()
    assert note() == value
