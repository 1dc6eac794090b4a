"""The error matrix over the wire: what a meter answers to what it cannot
serve, and that it goes on serving.
"""

from __future__ import annotations

import pytest

from host_tests.harness.clients import ClientFactory
from host_tests.harness.raw import RawLinks, RawTcp, wpdu
from host_tests.harness.roster import ROSTER
from host_tests.wire.aas import MANAGER, PUBLIC, READER, Associate, associator
from host_tests.wire.apdus import (
    AARQ,
    CLIENT_MANAGEMENT,
    MANAGEMENT,
    NOT_ALLOWED,
    NOTE,
    OBJECT_LIST,
    OTHER_DEVICE,
    RLRE,
    RLRQ,
    SMALL_AARQ,
    aarq,
    ask,
    associate,
    descriptor,
    get,
    get_next,
    serves,
    set_,
)
from tools.dlmsclient import Conformance
from tools.dlmsclient.initiate import CLIENT_CONFORMANCE

pytestmark = pytest.mark.prefers(rate=0, backfill_days=1, start="2026-03-05T12:00:00")

OWN_NAME = bytes.fromhex("C001C1000F0000280000FF0100")
NAME_ANSWER = bytes.fromhex("C401C10009060000280000FF")
# tags that only a client receives (REQUIREMENTS D-96), and the requests of a client
CLIENT_BOUND = (0x08, 0x0C, 0x0D, 0x0E, 0x0F, 0x10, 0x16, 0x18, 0x61, 0x63, 0xC2, 0xC4, 0xC5, 0xC7, 0xD8, 0xDA)
PERIOD = (7, "1.0.99.1.0.255", 4)
SERVED = (0x60, 0x62, 0xC0, 0xC1, 0xC3, 0xD9, 0xE0)


@pytest.fixture
def associates(client: ClientFactory) -> Associate:
    return associator(client)


@pytest.mark.req("D-93", "D-94")
@pytest.mark.parametrize(
    ("request_hex", "answers"),
    [
        ("C004C1000F0000280000FF0100", ("C401C10103",)),
        ("C0C1000F0000280000FF0100", ("C401000103",)),
        ("C001C1000028000100", ("C401C10103",)),
        ("C106C1000F0000280000FF010009060000280000FF", ("C501C103", "D80102")),
        ("C101C1000F0000280000", ("C501C103", "D80102")),
        ("C0", ("D80102",)),
        ("C001", ("D80102",)),
        ("C1", ("D80102",)),
        ("C101", ("D80102",)),
        ("C3", ("D80102",)),
        ("C301", ("D80102",)),
        ("C301C1000F0000280000FF", ("C701C1FA00",)),
    ],
)
def test_probes_of_the_conformance_client(raw: RawLinks, request_hex: str, answers: tuple[str, ...]) -> None:
    """Each is refused as it should be, and the association stays: a GET of it succeeds."""
    link = raw.tcp()
    associate(link)
    assert ask(link, bytes.fromhex(request_hex)).hex().upper() in answers
    assert ask(link, OWN_NAME) == NAME_ANSWER


@pytest.mark.req("D-11")
@pytest.mark.parametrize(
    ("request_hex", "code"),
    [
        ("000F FFFFFFFFFFFF 01", "04"),
        ("0003 0101010800FF 02", "04"),
        ("0003 00002A0000FF 02", "09"),
        ("FFFF 00002A0000FF 02", "09"),
        ("0001 00002A0000FF 03", "0C"),
        ("0001 00002A0000FF FF", "0C"),
        ("000F 0000280000FF 07", "03"),
    ],
)
@pytest.mark.parametrize(
    "ctt", [False, pytest.param(True, marks=pytest.mark.meter_config(errors="ctt"))], ids=["textbook", "ctt"]
)
def test_result_codes_of_a_get(raw: RawLinks, request_hex: str, code: str, ctt: bool) -> None:
    """`errors=ctt` answers 03 for an unknown object, class or attribute."""
    link = raw.tcp()
    associate(link)
    wanted = "03" if ctt else code
    assert ask(link, bytes.fromhex(f"C001C1 {request_hex} 00")) == bytes.fromhex(f"C401C101{wanted}")
    assert ask(link, bytes.fromhex(f"C003C1 01 {request_hex} 00")) == bytes.fromhex(f"C403C10101{wanted}")


@pytest.mark.req("D-11", "D-31")
@pytest.mark.meter_config(errors="ctt")
def test_result_codes_of_the_conformance_client_in_set_and_action(raw: RawLinks) -> None:
    """In ACTION an unknown logical name stays 04; a wrong selector and a wrong type stay 0C."""
    link = raw.tcp()
    ask(link, aarq(ROSTER.secret("manager")), MANAGER)
    for request, answer in (
        ("C101C1 0001 0000636300FF 02 00 00", "C501C103"),
        ("C101C1 0003 0000600101FF 02 00 00", "C501C103"),
        ("C101C1 0001 0000600101FF 03 00 00", "C501C103"),
        ("C101C1 0001 0000600101FF 02 00 00", "C501C10C"),
        ("C301C1 0001 0000636300FF 01 00", "C701C10400"),
        ("C301C1 0003 0000600101FF 01 00", "C701C10300"),
        ("C301C1 0008 0000010000FF 09 00", "C701C10300"),
        ("C301C1 0008 0000010000FF 06 01 1101", "C701C10C00"),
        ("C001C1 0007 0100630100FF 02 01 09 00", "C401C1010C"),
    ):
        assert ask(link, bytes.fromhex(request), MANAGER) == bytes.fromhex(answer), request


@pytest.mark.req("D-90", "C-37", "D-70")
def test_services_that_were_not_negotiated(client: ClientFactory) -> None:
    descriptor = "0001 00002A0000FF"
    link = client()
    for missing, request in (
        (Conformance.GET, f"C001C1 {descriptor} 0200"),
        (Conformance.GET, "C002C1 00000001"),
        (Conformance.SET, f"C101C1 {descriptor} 0200 00"),
        (Conformance.ACTION, f"C301C1 {descriptor} 01 00"),
        (Conformance.MULTIPLE_REFERENCES, f"C003C1 01 {descriptor} 0200"),
        (Conformance.ATTRIBUTE0_SUPPORTED_WITH_GET, f"C001C1 {descriptor} 0000"),
        (Conformance.SELECTIVE_ACCESS, f"C001C1 {descriptor} 0201 01 00"),
    ):
        link.associate(PUBLIC, conformance=CLIENT_CONFORMANCE & ~missing)
        for _ in range(2):
            assert link.exchange(bytes.fromhex(request)) == NOT_ALLOWED, missing
        link.associate(PUBLIC)
        assert link.exchange(bytes.fromhex(request)) != NOT_ALLOWED, missing


@pytest.mark.req("D-18")
def test_blocks_that_were_not_negotiated(associates: Associate) -> None:
    """0E, and never an APDU above the limit."""
    association = associates(
        PUBLIC, conformance=CLIENT_CONFORMANCE & ~Conformance.BLOCK_TRANSFER_WITH_GET_OR_READ, pdu_size=64
    )
    assert association.exchange(OBJECT_LIST) == bytes.fromhex("C401C1010E")
    assert association.exchange(OWN_NAME) == NAME_ANSWER


@pytest.mark.req("D-91", "C-54")
def test_services_outside_an_association(raw: RawLinks) -> None:
    link = raw.tcp()
    for request in (
        OWN_NAME,
        get(),
        set_(8, "0.0.1.0.0.255", 3, b"\x10\0\0"),
        bytes.fromhex("C301C1000800000100 00FF0100"),
    ):
        assert ask(link, request) == NOT_ALLOWED
    associate(link)
    assert serves(link)
    assert ask(link, OWN_NAME, READER) == NOT_ALLOWED
    assert ask(link, OWN_NAME, PUBLIC, OTHER_DEVICE) == NOT_ALLOWED
    assert ask(link, RLRQ) == RLRE
    assert ask(link, OWN_NAME) == NOT_ALLOWED


@pytest.mark.req("D-92", "D-96", "D-55")
def test_every_other_tag(raw: RawLinks) -> None:
    """`D8 01 02` for what is unknown or of short-name referencing, nothing for what
    only a client receives; the AA stays.
    """
    link = raw.tcp()
    associate(link)
    for tag in range(256):
        if tag in SERVED:
            continue
        link.send(wpdu(PUBLIC, MANAGEMENT, bytes([tag, 0x01, 0x02, 0xFA, 0x00])))
        if tag not in CLIENT_BOUND:
            assert link.receive_wpdu()[8:] == NOT_ALLOWED, tag
        assert serves(link), tag
    assert ask(link, bytes.fromhex("050102FA00")) == NOT_ALLOWED


@pytest.mark.req("D-15", "D-16", "D-17")
def test_long_get_out_of_order(raw: RawLinks) -> None:
    link = raw.tcp()
    associate(link, request=SMALL_AARQ)
    wrong = bytes.fromhex("C402C101 00000007 0113")
    none = bytes.fromhex("C402C101 00000001 0110")
    assert ask(link, get_next(1)) == none
    for end in ("number", "repeated", "another", "tag"):
        assert ask(link, OBJECT_LIST)[:8] == bytes.fromhex("C402C100 00000001")
        if end == "number":
            assert ask(link, get_next(7)) == wrong
        elif end == "repeated":
            assert ask(link, get_next(1))[:8] == bytes.fromhex("C402C100 00000002")
            assert ask(link, get_next(1)) == bytes.fromhex("C402C101 00000001 0113")
        elif end == "another":
            assert ask(link, OWN_NAME) == NAME_ANSWER
        else:
            assert ask(link, b"\xfa") == NOT_ALLOWED
        assert ask(link, get_next(1)) == none
        assert serves(link)


BLOCK = bytes.fromhex("C402C100 00000001")
NO_TRANSFER = bytes.fromhex("C401C1010E")
# four associations of one connection, each with an object_list that is longer than a response
PAIRS = tuple((client, device) for device in (MANAGEMENT, OTHER_DEVICE) for client in (PUBLIC, CLIENT_MANAGEMENT))


def begin(link: RawTcp, client: int = PUBLIC, device: int = 1) -> bytes:
    """The start of the answer to a long read."""
    return ask(link, OBJECT_LIST, client, device)[:8]


@pytest.mark.req("D-17")
@pytest.mark.caps("own-process")
def test_all_transfers_in_use(raw: RawLinks) -> None:
    """A client that has begun as many long reads as there are to share is refused one more
    with 0E, and keeps nobody from theirs.
    """
    from limits import CONNECTIONS, TRANSFERS

    greedy = raw.tcp()
    begun = []
    for client, device in PAIRS:
        associate(greedy, client, device, SMALL_AARQ)
        begun.append(begin(greedy, client, device))
    most = TRANSFERS - CONNECTIONS + 1
    assert 1 <= most < len(PAIRS)
    assert begun == [BLOCK] * most + [NO_TRANSFER] * (len(PAIRS) - most)
    # short requests are served, and the reads that run go on
    assert serves(greedy, *PAIRS[-1])
    assert ask(greedy, get_next(1))[:8] == bytes.fromhex("C402C100 00000002")
    # every other connection gets one
    others = [raw.tcp() for _ in range(CONNECTIONS - 1)]
    for link in others:
        associate(link, request=SMALL_AARQ)
        assert begin(link) == BLOCK
    # … and no more than one
    associate(others[0], CLIENT_MANAGEMENT, request=SMALL_AARQ)
    assert begin(others[0], CLIENT_MANAGEMENT) == NO_TRANSFER
    for link in others:
        assert ask(link, get_next(1))[:8] == bytes.fromhex("C402C100 00000002")


@pytest.mark.req("D-17", "C-27", "B-10", "A-33")
@pytest.mark.caps("own-process")
@pytest.mark.parametrize("way", ["read to the end", "released", "associated anew", "another request", "a wrong number"])
def test_a_transfer_that_ends_makes_room(raw: RawLinks, way: str) -> None:
    link = raw.tcp()
    for client, device in PAIRS:
        associate(link, client, device, SMALL_AARQ)
    waiting = next(pair for pair in PAIRS if begin(link, *pair) == NO_TRANSFER)
    assert begin(link, *waiting) == NO_TRANSFER
    if way == "read to the end":
        number, answer = 1, b"\xc4\x02\xc1\x00"
        while answer[3] == 0:
            answer = ask(link, get_next(number))
            number += 1
    elif way == "released":
        assert ask(link, RLRQ) == RLRE
    elif way == "associated anew":
        associate(link)
    elif way == "another request":
        assert serves(link)
    else:
        assert ask(link, get_next(9))[-2:] == bytes.fromhex("0113")
    assert begin(link, *waiting) == BLOCK


@pytest.mark.req("D-17", "A-33")
@pytest.mark.caps("own-process")
def test_the_transfers_of_a_client_that_is_gone(raw: RawLinks) -> None:
    """As often as connections with long reads break, the next one gets as many."""
    counts = []
    for _ in range(12):
        link = raw.tcp()
        for client, device in PAIRS:
            associate(link, client, device, SMALL_AARQ)
        counts.append([begin(link, client, device) for client, device in PAIRS].count(BLOCK))
        link.reset()
        # in the round of the meter's loop that serves the second exchange that connection has ended
        other = raw.tcp()
        associate(other)
        assert serves(other)
        other.close()
    assert len(set(counts)) == 1
    assert counts[0] >= 1


@pytest.mark.req("D-95", "A-27")
def test_longer_than_the_meter_takes(raw: RawLinks) -> None:
    link = raw.tcp()
    assert ask(link, AARQ)[:1] == b"\x61"
    for size in (1025, 4096, 65535):
        assert ask(link, b"\xc0\x01\xc1" + bytes(size - 3)) == bytes.fromhex("D80104")
        assert serves(link)


# services without an answer: SET, ACTION and ACCESS of every kind, refused or not
UNCONFIRMED = (
    "C10101 0001 00002A0000FF 0200 00",
    "C10181 0001",
    "C10201 0001 00002A0000FF 0200 01 00000001 01 00",
    "C10301 01 00000002 00",
    "C10401 01 0001 00002A0000FF 0200 01 00",
    "C10681 0001 00002A0000FF 0200 00",
    "C30101 0001 00002A0000FF 01 00",
    "C30181 0001",
    "C30201 00000001",
    "C30601 01 00000002 00",
    "C30781 0001 00002A0000FF 01 00",
    "D900000001 00 01 01 0001 00002A0000FF 02 01 00",
    "D980000001",
)
# GETs without their invoke-id-and-priority, and how the answer begins
GETS = (
    ("C001 0001 00002A0000FF 0200", "C401"),
    ("C001 0001 0000636300FF 0200", "C401"),
    ("C001 0001", "C401"),
    ("C002 00000001", "C402"),
    ("C003 01 0001 00002A0000FF 0200", "C403"),
    ("C004 0001 00002A0000FF 0200", "C401"),
    ("C001 000F 0000280000FF 0200", "C40"),
)


@pytest.mark.req("D-99", "B-09")
def test_unconfirmed_services_are_never_answered(raw: RawLinks) -> None:
    """Refused or not, without an association and in one, too long too: the next
    answer is that to the GET that follows.
    """
    link = raw.tcp()
    for request in UNCONFIRMED:
        link.send(wpdu(PUBLIC, MANAGEMENT, bytes.fromhex(request)))
        assert ask(link, OWN_NAME) == NOT_ALLOWED, request
    associate(link)
    for request in UNCONFIRMED:
        octets = bytes.fromhex(request)
        for apdu in (octets, octets + bytes(5000 - len(octets))):
            link.send(wpdu(PUBLIC, MANAGEMENT, apdu))
            assert serves(link), request
    for apdu in (
        "6129A109060760857405080101A203020100A305A103020100BE10040E0800065F1F040000501F01F40007",
        "6303800100",
    ):
        link.send(wpdu(PUBLIC, MANAGEMENT, bytes.fromhex(apdu)))
    assert serves(link)


@pytest.mark.req("B-09", "D-02")
@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_unconfirmed_gets_are_answered(raw: RawLinks, transport: str) -> None:
    """With the octet as it came, as a confirmed one is."""
    link = raw.tcp() if transport == "tcp" else raw.udp()
    associate(link)
    for request, head in GETS:
        octets = bytes.fromhex(request)
        confirmed = ask(link, octets[:2] + b"\xc1" + octets[2:])
        assert confirmed.hex().upper().startswith(head), request
        for iip in (0x01, 0x81):
            answer = ask(link, octets[:2] + bytes((iip,)) + octets[2:])
            assert answer == confirmed[:2] + bytes((iip,)) + confirmed[3:], request
    if transport == "tcp":
        assert ask(link, b"\xc0\1\1" + bytes(5000)) == bytes.fromhex("D80104")
    assert serves(link)


@pytest.mark.req("B-09", "D-99")
@pytest.mark.meter_config(errors="ctt")
def test_strict_meter_answers_no_unconfirmed_get(raw: RawLinks) -> None:
    """But one of an unknown kind, of which nobody knows where its service class is."""
    link = raw.tcp()
    link.send(wpdu(PUBLIC, MANAGEMENT, bytes.fromhex("C00101 0001 00002A0000FF 0200")))
    associate(link)
    for request, _ in GETS:
        octets = bytes.fromhex(request)
        octets = octets[:2] + b"\1" + octets[2:]
        if octets[1] == 4:
            assert ask(link, octets) == bytes.fromhex("C401010103")
            continue
        link.send(wpdu(PUBLIC, MANAGEMENT, octets))
        assert serves(link), request
    link.send(wpdu(PUBLIC, MANAGEMENT, b"\xc0\1\1" + bytes(5000)))
    assert serves(link)


# a continuation of another request, without its invoke-id-and-priority -> how its refusal ends
STRANGERS = {
    "C002 {0:08X}": "01{0:08X}0110",
    "C103 01 {0:08X} 03 090100": "12{0:08X}",
    "C302 {0:08X}": "1000",
    "C306 01 {0:08X} 01 00": "1000",
}


@pytest.mark.req("D-07", "A-45", "D-02", "D-16", "D-17", "D-22", "D-32")
@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_continuation_of_another_request(raw: RawLinks, transport: str) -> None:
    """Of the read that another one ended, and of writes that never were: refused, and the
    read that runs goes on without a hole.
    """
    link = raw.tcp() if transport == "tcp" else raw.udp()
    associate(link, request=SMALL_AARQ)
    assert ask(link, OBJECT_LIST)[:8] == BLOCK
    wanted = bytes.fromhex("C001C3") + OBJECT_LIST[3:]
    answer = ask(link, wanted)
    number = 1
    while answer[3] == 0:
        assert answer[:3] == b"\xc4\2\xc3"
        assert int.from_bytes(answer[4:8], "big") == number
        for iip in (0xC1, 0xC2, 0x41):
            for stranger, refusal in STRANGERS.items():
                octets = bytes.fromhex(stranger.format(number))
                refused = ask(link, octets[:2] + bytes((iip,)) + octets[2:])
                assert refused[2] == iip
                assert refused[3:].hex().upper() == refusal.format(number), stranger
        answer = ask(link, get_next(number, iip=0xC3))
        number += 1
    assert number > 2


@pytest.mark.req("D-07", "A-45", "D-22", "D-24")
@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.caps("writes")
def test_last_block_of_another_write(raw: RawLinks, transport: str) -> None:
    """Meant for the capture period, it does not go into the note: it is
    refused, and the note gets its own.
    """
    link = raw.tcp() if transport == "tcp" else raw.udp()
    client = MANAGER
    associate(link, client, request=aarq(ROSTER.secret("manager")))
    before = ask(link, get(*NOTE), client)[4:]
    period = ask(link, get(*PERIOD), client)
    assert (
        ask(link, b"\xc1\2\xc1" + descriptor(*PERIOD) + bytes.fromhex("00 00 00000001 03 060000"), client).hex()
        == "c502c100000001"
    )
    assert (
        ask(link, b"\xc1\2\xc2" + descriptor(*NOTE) + bytes.fromhex("00 00 00000001 03 060000"), client).hex()
        == "c502c200000001"
    )
    assert ask(link, bytes.fromhex("C103C1 01 00000002 02 0384"), client).hex() == "c503c11200000002"
    assert ask(link, get(*NOTE, iip=0xC4), client)[4:] == before
    assert (
        ask(link, b"\xc1\2\xc2" + descriptor(*NOTE) + bytes.fromhex("00 00 00000001 03 060000"), client).hex()
        == "c502c200000001"
    )
    assert ask(link, bytes.fromhex("C103C1 01 00000002 02 0384"), client).hex() == "c503c11200000002"
    assert ask(link, bytes.fromhex("C103C2 01 00000002 02 0007"), client).hex() == "c503c20000000002"
    assert ask(link, get(*NOTE), client)[4:] == bytes.fromhex("0600000007")
    assert ask(link, get(*PERIOD), client) == period
    assert ask(link, set_(*NOTE, before), client).hex() == "c501c100"
