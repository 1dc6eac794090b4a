"""The All-station wPort: a datagram for every logical device, which nobody answers; and the
pre-established AAs it is often used with.
"""

import pytest

from host_tests.harness.raw import wpdu
from host_tests.wire.apdus import (
    CURRENT_ASSOCIATION,
    MANAGEMENT,
    NOT_ALLOWED,
    NOTE,
    OTHER_DEVICE,
    PUBLIC,
    RLRE,
    RLRQ,
    UNCONFIRMED_AARQ,
    aarq,
    ask,
    associate,
    descriptor,
    diagnostic,
    get,
    is_aare,
    serves,
    set_note,
)

pytestmark = [pytest.mark.prefers(backfill_days=0), pytest.mark.caps("writes")]

ALL_STATION = 0x7F
DEVICES = (MANAGEMENT, OTHER_DEVICE)
PREESTABLISHED = 100
configured = pytest.mark.meter_config(preestablished=PREESTABLISHED)


def change_user(method, user, iip=0x01):
    """add_user (5) or remove_user (6) of the association that the request comes through:
    something to write in every logical device.
    """
    return (
        b"\xc3\1"
        + bytes((iip,))
        + descriptor(15, CURRENT_ASSOCIATION, method)
        + bytes((1, 2, 2, 0x11, user, 0x0A, 1, 0x62))
    )


@pytest.fixture
def users(tcp, manager_wport, secret):
    """`users()` is the user_list of the management client in each logical device, as octets."""
    links = [tcp() for _ in DEVICES]  # each of its own: a board may hold one AA a connection
    for link, device in zip(links, DEVICES):
        associate(link, manager_wport, device, aarq(secret))
    return lambda: [
        ask(link, get(15, CURRENT_ASSOCIATION, 10), manager_wport, device)[4:] for link, device in zip(links, DEVICES)
    ]


@pytest.mark.req("A-60", "B-04", "B-06", "B-12", "B-21")
def test_broadcast_is_done_in_every_device_and_nobody_answers(udp, done, users, manager_wport, secret):
    link = udp()
    before = users()

    def everyone(apdu):
        link.send(wpdu(manager_wport, ALL_STATION, apdu))
        done()

    everyone(change_user(5, 7))
    assert users() == before, "done outside any AA"
    everyone(aarq(secret, response_allowed=False))
    everyone(change_user(5, 7))
    listed = [users()[i] != before[i] for i in range(len(DEVICES))]
    everyone(change_user(6, 7))
    assert users() == before
    assert listed == [True, True]
    everyone(RLRQ)
    everyone(change_user(5, 7))
    assert users() == before, "released"
    # the first datagram ever to come back
    associate(link, manager_wport, request=aarq(secret))
    assert serves(link, manager_wport)


@pytest.mark.req("A-60", "A-12")
def test_broadcast_reaches_the_devices_with_an_unconfirmed_association_alone(udp, done, users, manager_wport, secret):
    link = udp()
    before = users()
    # unconfirmed with one device, confirmed with the other
    link.send(wpdu(manager_wport, OTHER_DEVICE, aarq(secret, response_allowed=False)))
    associate(link, manager_wport, request=aarq(secret))
    link.send(wpdu(manager_wport, ALL_STATION, change_user(5, 7)))
    done()
    after = users()
    link.send(wpdu(manager_wport, ALL_STATION, change_user(6, 7)))
    done()
    assert users() == before
    assert (after[0] == before[0], after[1] == before[1]) == (True, False)
    assert serves(link, manager_wport)


@pytest.mark.req("A-60", "A-12", "A-43")
def test_broadcast_of_one_peer_is_nothing_to_the_association_of_another(udp, done, note, manager_wport, secret):
    first, second = udp(), udp()
    value = note()
    first.send(wpdu(manager_wport, MANAGEMENT, aarq(secret, response_allowed=False)))
    second.send(wpdu(manager_wport, ALL_STATION, set_note(value + 1, 0x01)))
    first.send(wpdu(PUBLIC, ALL_STATION, set_note(value + 2, 0x01)))
    done()
    assert note() == value
    first.send(wpdu(manager_wport, ALL_STATION, set_note(value + 3, 0x01)))
    done()
    assert note() == value + 3


@pytest.mark.req("A-61", "B-08")
def test_confirmed_broadcast_is_dropped(udp, done, note, manager_wport, secret):
    link = udp()
    value = note()
    for apdu in (aarq(secret), set_note(value + 1, 0x01), get(iip=0xC2)):
        link.send(wpdu(manager_wport, ALL_STATION, apdu))
    done()
    assert note() == value, "the confirmed AARQ opened an AA"
    link.send(wpdu(manager_wport, ALL_STATION, aarq(secret, response_allowed=False)))
    for apdu in (
        set_note(value + 1, 0xC1),
        get(iip=0xC2),
        get(iip=0x02),
        b"\xc0",
        b"\xff\xff\x02",
        bytes(1100),
        b"\xc1\1\xc2",
    ):
        link.send(wpdu(manager_wport, ALL_STATION, apdu))
    done()
    assert note() == value
    link.send(wpdu(manager_wport, ALL_STATION, set_note(value + 2, 0x01)))
    done()
    assert note() == value + 2


@pytest.mark.req("A-62")
@configured
def test_broadcast_over_tcp_is_discarded(tcp, note, manager_wport, secret):
    link = tcp()
    value = note()
    associate(link, manager_wport, request=aarq(secret))
    for apdu in (UNCONFIRMED_AARQ, aarq(secret), set_note(value + 1, 0x01), get(iip=0xC2), RLRQ):
        for client in (manager_wport, PREESTABLISHED):
            link.send(wpdu(client, ALL_STATION, apdu))
    assert serves(link, manager_wport)
    assert note() == value


@pytest.mark.req("C-53", "A-60", "B-21")
@configured
@pytest.mark.limits(TCP_ASSOCIATIONS=2)
def test_preestablished_association_is_there_without_an_aarq(opener, note):
    link = opener()
    value = note()
    assert serves(link, PREESTABLISHED)
    assert serves(link, PREESTABLISHED, OTHER_DEVICE)
    assert ask(link, set_note(value + 1, 0xC1), PREESTABLISHED).hex() == "c501c100"
    assert note() == value + 1
    # associated, and with no authentication
    assert ask(link, get(15, CURRENT_ASSOCIATION, 8), PREESTABLISHED).hex() == "c401c1001602"
    assert ask(link, get(15, CURRENT_ASSOCIATION, 6), PREESTABLISHED).hex() == "c401c100090760857405080200"


@pytest.mark.req("C-53", "A-60")
@configured
def test_preestablished_broadcast(udp, done, note):
    value = note()
    for n in range(1, 4):
        link = udp()
        link.send(wpdu(PREESTABLISHED, ALL_STATION, set_note(value + n, 0x01)))
        link.send(wpdu(PREESTABLISHED, ALL_STATION, set_note(value + 100, 0xC1)))
        done()
        assert note() == value + n
        # its first answer is the one to this
        assert serves(link, PREESTABLISHED)


@pytest.mark.req("C-53", "A-30", "C-54")
@configured
@pytest.mark.limits(TCP_ASSOCIATIONS=2)
def test_preestablished_association_cannot_be_released_nor_opened(opener, tcp):
    link = opener()
    assert serves(link, PREESTABLISHED)
    if link.socket.type == tcp().socket.type:
        assert ask(link, RLRQ, PREESTABLISHED) == NOT_ALLOWED
    else:
        link.send(wpdu(PREESTABLISHED, MANAGEMENT, RLRQ))
        link.send(wpdu(PREESTABLISHED, ALL_STATION, RLRQ))
    assert serves(link, PREESTABLISHED)
    aare = ask(link, aarq(), PREESTABLISHED)
    assert is_aare(aare, 1)
    assert diagnostic(aare) == (1, 1)
    assert serves(link, PREESTABLISHED)
    # that of another client on the same link can
    associate(link)
    assert ask(link, RLRQ) == RLRE


@pytest.mark.req("C-53")
@configured
def test_preestablished_client_may_do_little(udp):
    """It proves nothing about itself: it sees what broadcasts are for and its own
    association, and changes no more than that.
    """
    link = udp()
    assert ask(link, get(3, "1.0.1.8.0.255", 2), PREESTABLISHED).hex() == "c401c10104"
    assert ask(link, set_note(1, 0xC1), PREESTABLISHED, OTHER_DEVICE).hex() == "c501c104"
    disconnect = b"\xc3\1\xc1" + descriptor(70, "0.0.96.3.10.255", 1) + b"\1\x0f\0"
    assert ask(link, disconnect, PREESTABLISHED).hex() == "c701c10400"
    assert ask(link, get(*NOTE), PREESTABLISHED)[:5].hex() == "c401c10006"


@pytest.mark.req("C-53", "D-91")
def test_none_is_preestablished_by_default(udp, done, note):
    link = udp()
    value = note()
    for client in (PREESTABLISHED, 64, 102, 127):
        link.send(wpdu(client, ALL_STATION, set_note(value + 1, 0x01)))
        link.send(wpdu(client, MANAGEMENT, get(iip=0xC2)))
    done()
    assert note() == value
    associate(link)
    assert serves(link)
