"""Several associations on one link: opened, served and released one by one, over TCP and over UDP."""

import pytest

from host_tests.harness.raw import RawUdp, wpdu
from host_tests.wire.apdus import (
    AARQ,
    CLIENT_MANAGEMENT,
    MANAGEMENT,
    NOT_ALLOWED,
    OBJECT_LIST,
    OTHER_DEVICE,
    PUBLIC,
    RLRE,
    RLRQ,
    SMALL_AARQ,
    aarq,
    ask,
    associate,
    diagnostic,
    get,
    get_next,
    initiate,
    is_aare,
    receive,
    serves,
    set_,
)

pytestmark = pytest.mark.prefers(backfill_days=0)

NOTE = (1, "0.0.96.128.1.255", 2)  # a double-long-unsigned that a client may write


def closed(link, client=PUBLIC, server=MANAGEMENT):
    """Whether that pair has no AA: over TCP it is refused, over UDP not answered,
    so that another answer comes first.
    """
    if not isinstance(link, RawUdp):
        return ask(link, get(), client, server) == NOT_ALLOWED
    link.send(wpdu(client, server, get(iip=0xCE)))
    return is_aare(ask(link, AARQ, 0x4444), 1)


@pytest.mark.req("A-12", "B-10", "B-01", "B-03", "B-21")
@pytest.mark.limits(TCP_ASSOCIATIONS=2, UDP_ASSOCIATIONS=2)
def test_two_clients_on_one_link_are_independent(link):
    associate(link)
    assert closed(link, CLIENT_MANAGEMENT)
    associate(link, CLIENT_MANAGEMENT)
    for client in (PUBLIC, CLIENT_MANAGEMENT, PUBLIC):
        assert serves(link, client)
    assert ask(link, RLRQ) == RLRE
    assert closed(link)
    assert serves(link, CLIENT_MANAGEMENT)
    associate(link)
    assert ask(link, RLRQ, CLIENT_MANAGEMENT) == RLRE
    assert closed(link, CLIENT_MANAGEMENT)
    assert serves(link)


@pytest.mark.req("A-11", "A-12", "A-14", "B-21")
@pytest.mark.limits(TCP_ASSOCIATIONS=2, UDP_ASSOCIATIONS=2)
def test_two_logical_devices_on_one_link(link):
    names = []
    for server in (MANAGEMENT, OTHER_DEVICE):
        associate(link, PUBLIC, server)
    for server in (MANAGEMENT, OTHER_DEVICE):
        names.append(ask(link, get(), PUBLIC, server))
        assert serves(link, PUBLIC, server)
    assert names[0] != names[1]
    assert ask(link, RLRQ, PUBLIC, MANAGEMENT) == RLRE
    assert closed(link, PUBLIC, MANAGEMENT)
    assert ask(link, get(), PUBLIC, OTHER_DEVICE) == names[1]


@pytest.mark.req("A-12", "B-10")
@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (1, 3, 0, 2), (2, 0, 3, 1)])
@pytest.mark.limits(TCP_ASSOCIATIONS=4)
def test_release_in_any_order(tcp, order):
    link = tcp()
    pairs = [
        (PUBLIC, MANAGEMENT),
        (CLIENT_MANAGEMENT, MANAGEMENT),
        (PUBLIC, OTHER_DEVICE),
        (CLIENT_MANAGEMENT, OTHER_DEVICE),
    ]
    for _ in range(2):
        for pair in pairs:
            associate(link, *pair)
        left = list(pairs)
        for n in order:
            assert ask(link, RLRQ, *pairs[n]) == RLRE
            left.remove(pairs[n])
            for pair in pairs:
                assert serves(link, *pair) if pair in left else closed(link, *pair)


@pytest.mark.req("A-12", "C-35")
@pytest.mark.limits(TCP_ASSOCIATIONS=2, UDP_ASSOCIATIONS=2)
def test_each_association_keeps_what_it_negotiated(link, pytestconfig):
    """PDU size, conformance and rights belong to the AA and not to the link."""
    reader = pytestconfig.getoption("--client")
    associate(link, PUBLIC, request=aarq(pdu_size=64))
    associate(link, reader, request=aarq(pytestconfig.getoption("--password"), conformance=0x000010))
    assert ask(link, OBJECT_LIST)[:2].hex() == "c402"
    # the reader has no block transfer, the public client no right to the register
    assert ask(link, get(3, "1.0.1.8.0.255", 2), reader)[:5].hex() == "c401c10006"
    assert ask(link, OBJECT_LIST, reader)[:4].hex() == "c401c101"
    assert ask(link, get(3, "1.0.1.8.0.255", 2))[:4].hex() == "c401c101"
    assert len(ask(link, OBJECT_LIST)) <= 64


@pytest.mark.req("B-10", "B-19", "A-12")
@pytest.mark.limits(TCP_ASSOCIATIONS=2, TCP_TRANSFERS=2, UDP_ASSOCIATIONS=2, UDP_TRANSFERS=2)
def test_release_ends_the_transfer_of_its_own_association(link):
    for client in (PUBLIC, CLIENT_MANAGEMENT):
        associate(link, client, request=SMALL_AARQ)
        assert ask(link, OBJECT_LIST, client)[:8].hex() == "c402c10000000001"
    assert ask(link, RLRQ) == RLRE
    associate(link, request=SMALL_AARQ)
    # the next block of a transfer that is gone is refused; the neighbour's goes on
    assert ask(link, get_next(1))[:9].hex() != "c402c1000000000200"
    assert ask(link, get_next(1), CLIENT_MANAGEMENT)[:9].hex() == "c402c1000000000200"


@pytest.mark.req("C-18", "A-12")
def test_one_association_more_than_a_connection_has_room_for(tcp, meter, pytestconfig):
    """Refused as transient; the open ones are served on, and one that is released makes room."""
    link = tcp()
    clients = [
        (PUBLIC, AARQ),
        (CLIENT_MANAGEMENT, AARQ),
        (pytestconfig.getoption("--client"), aarq(pytestconfig.getoption("--password"))),
        (pytestconfig.getoption("--manager"), aarq(pytestconfig.getoption("--manager-password"))),
    ]
    pairs = [(client, server, request) for server in (MANAGEMENT, OTHER_DEVICE) for client, request in clients]
    opened, refused = [], []
    for client, server, request in pairs:
        aare = ask(link, request, client, server)
        (opened if is_aare(aare) else refused).append((client, server, request))
        if refused and refused[-1] == (client, server, request):
            assert is_aare(aare, 2)
            assert diagnostic(aare) == (1, 1)
    assert len(opened) >= min(2, meter.limits.TCP_ASSOCIATIONS)
    for client, server, _ in opened:
        assert serves(link, client, server)
    for client, server, request in refused:
        assert closed(link, client, server)
        other = opened.pop(0)
        assert ask(link, RLRQ, *other[:2]) == RLRE
        assert is_aare(ask(link, request, client, server))
        opened.append((client, server, request))


@pytest.mark.req("C-27")
def test_aarq_on_an_open_association_starts_anew(link):
    associate(link, request=SMALL_AARQ)
    assert ask(link, OBJECT_LIST)[:2].hex() == "c402"
    associate(link, request=aarq(pdu_size=0, conformance=0x000010))
    assert ask(link, get_next(1))[:9].hex() != "c402c1000000000200"
    assert ask(link, OBJECT_LIST)[:2].hex() == "c401"
    assert ask(link, RLRQ) == RLRE
    assert closed(link)


@pytest.mark.req("C-27", "C-14")
@pytest.mark.limits(TCP_ASSOCIATIONS=2, UDP_ASSOCIATIONS=2)
def test_refused_aarq_on_an_open_association_leaves_none(link):
    associate(link)
    associate(link, CLIENT_MANAGEMENT)
    # context name of short-name referencing
    assert is_aare(ask(link, AARQ.replace(bytes.fromhex("60857405080101"), bytes.fromhex("60857405080102"))), 1)
    assert closed(link)
    assert serves(link, CLIENT_MANAGEMENT)


@pytest.mark.req("C-50", "B-10", "B-12", "B-21")
@pytest.mark.parametrize("rlrq", ["6203800100", "6203800101", "620380011E", "6200", "628103800100"])
def test_every_form_of_rlrq(link, rlrq):
    associate(link)
    assert ask(link, bytes.fromhex(rlrq))[:2].hex() in ("6303", "6300")
    assert closed(link)
    associate(link)
    assert serves(link)


@pytest.mark.req("B-14", "C-50", "C-52")
@pytest.mark.parametrize("reason", [b"", b"\x80\1\0"])
def test_rlrq_with_user_information(link, reason):
    """A plain InitiateRequest in the RLRQ of a plain AA: a real client sends it."""
    associate(link)
    info = initiate()
    body = reason + bytes((0xBE, len(info) + 2, 0x04, len(info))) + info
    assert ask(link, bytes((0x62, len(body))) + body) == RLRE
    assert closed(link)


@pytest.mark.req("C-50", "B-10")
@pytest.mark.parametrize(
    "rlrq", ["62", "6203", "62038001", "6203800200", "6203810100", "620380010000", "6205800100BE00"]
)
@pytest.mark.limits(TCP_ASSOCIATIONS=2, UDP_ASSOCIATIONS=2)
def test_malformed_rlrq_harms_nobody(link, rlrq):
    """Whether it is taken for a release is not prescribed: an answer that comes is
    an RLRE or an ExceptionResponse.
    """
    associate(link)
    associate(link, CLIENT_MANAGEMENT)
    link.send(wpdu(PUBLIC, MANAGEMENT, bytes.fromhex(rlrq)))
    link.send(wpdu(CLIENT_MANAGEMENT, MANAGEMENT, get(iip=0xC2)))
    answer = receive(link)
    if answer[4:6] == b"\0\x10":
        assert answer[8] in (0x63, 0xD8)
        answer = receive(link)
    assert answer[:13].hex() == "0001000100010016" + "c401c20009"
    associate(link)
    assert serves(link)


@pytest.mark.req("C-51", "B-10")
def test_rlrq_outside_any_association_releases_nobody(link):
    associate(link, CLIENT_MANAGEMENT)
    for client, server in ((PUBLIC, MANAGEMENT), (CLIENT_MANAGEMENT, OTHER_DEVICE), (0x44, 1)):
        if isinstance(link, RawUdp):
            link.send(wpdu(client, server, RLRQ))
        else:
            assert ask(link, RLRQ, client, server) == RLRE
    assert serves(link, CLIENT_MANAGEMENT)


@pytest.mark.req("C-54", "D-91")
def test_after_release_as_outside(link):
    associate(link)
    assert ask(link, RLRQ) == RLRE
    assert closed(link)
    if not isinstance(link, RawUdp):
        assert ask(link, RLRQ) == RLRE
    associate(link)
    assert serves(link)


@pytest.mark.req("B-13")
def test_responses_of_a_server_are_not_answered(link):
    """The server opens and releases nothing, so an AARE or RLRE that comes to it is nobody's."""
    associate(link)
    for apdu in (
        "6129A109060760857405080101A203020100A305A103020100BE10040E0800065F1F040000501F01F40007",
        "6303800100",
    ):
        link.send(wpdu(PUBLIC, MANAGEMENT, bytes.fromhex(apdu)))
    assert serves(link)


@pytest.mark.req("B-09", "B-01", "B-03", "D-99", "B-21")
@pytest.mark.caps("writes")
def test_unconfirmed_services_in_a_confirmed_association(link, pytestconfig):
    """SET and ACTION are done without a response, GET is answered as a confirmed one."""
    client = pytestconfig.getoption("--manager")
    associate(link, client, request=aarq(pytestconfig.getoption("--manager-password")))
    before = ask(link, get(*NOTE), client)
    assert before[:5].hex() == "c401c10006"
    other = bytes(octet ^ 0x55 for octet in before[5:9])
    setting = bytes.fromhex("0001 0000608001FF 02 00 06")
    link.send(wpdu(client, MANAGEMENT, b"\xc1\1\1" + setting + other))
    assert ask(link, get(*NOTE), client)[5:] == other
    # as confirmed ones, for comparison
    assert ask(link, b"\xc1\1\xc1" + setting + before[5:9], client).hex() == "c501c100"
    for iip in (0x02, 0x81):
        assert ask(link, get(*NOTE, iip=iip), client)[2:] == bytes((iip,)) + before[3:]
    # a malformed SET, one of an unknown kind, one that is denied, an ACTION that does
    # not exist: nothing of them is heard
    link.send(wpdu(client, MANAGEMENT, b"\xc1\6\2" + setting))
    link.send(wpdu(client, MANAGEMENT, b"\xc1\1\2" + setting[:9] + b"\0"))
    link.send(wpdu(client, MANAGEMENT, bytes.fromhex("C10102 0001 00002A0000FF 02 00 0903414243")))
    link.send(wpdu(client, MANAGEMENT, bytes.fromhex("C30102 0001 00002A0000FF 01 00")))
    assert ask(link, get(*NOTE, iip=0xC3), client)[2:] == b"\xc3" + before[3:]


@pytest.mark.req("B-09")
@pytest.mark.caps("own-process")
def test_unconfirmed_action_is_done(link, pytestconfig):
    """The clock is set to 12:07:20, then adjusted to the quarter of an hour."""
    client = pytestconfig.getoption("--manager")
    associate(link, client, request=aarq(pytestconfig.getoption("--manager-password")))
    seven_past = bytes.fromhex("07EA 03 0A FF 0C 07 14 FF 8000 FF")
    assert ask(link, set_(8, "0.0.1.0.0.255", 2, b"\x09\x0c" + seven_past), client).hex() == "c501c100"
    link.send(wpdu(client, MANAGEMENT, bytes.fromhex("C30101 0008 0000010000FF 01 01 0F00")))
    clock = ask(link, get(8, "0.0.1.0.0.255", 2), client)
    assert clock[:6].hex() == "c401c100090c"
    assert (clock[11], clock[12]) in ((12, 0), (12, 15))
    assert clock[13] < 10
