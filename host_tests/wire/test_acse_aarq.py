"""AARQ over the wire: what is accepted, what is refused and with which
words, and that nothing else happens.
"""

from __future__ import annotations

import pytest

from host_tests.harness.meters import MeterHandle
from host_tests.harness.raw import RawLinks, RawTcp, wpdu
from host_tests.harness.roster import ROSTER
from host_tests.wire.aas import MANAGER, PUBLIC, READER
from host_tests.wire.apdus import (
    CLIENT_MANAGEMENT,
    MANAGEMENT,
    NOT_ALLOWED,
    OBJECT_LIST,
    OTHER_DEVICE,
    RLRE,
    RLRQ,
    SMALL_AARQ,
    aarq,
    ask,
    associate,
    get,
    get_next,
    is_name,
    serves,
)

pytestmark = pytest.mark.prefers(rate=0, backfill_days=0, start="2026-03-05T12:00:00")

OFFERED = 0x20BE5D
PLAIN = "601DA109060760857405080101BE10040E01000000065F1F0400{}{}"
LLS = aarq(ROSTER.secret("reader")).hex()
INFO = "BE10040E01000000065F1F0400007E1F04B0"
CONTEXT = "A109060760857405080101"
ACCEPTED = "A203020100A305A103020100"
NO_REASON = "6117A109060760857405080101A203020101A305A103020101"
NO_LOGIN = "6117A109060760857405080101A203020101A305A10302010D"
INITIATE_ERROR = "611FA109060760857405080101A203020101A305A103020101BE0604040E0106"


def build(*parts: str) -> str:
    content = bytes.fromhex("".join(parts))
    return f"60{len(content):02X}" + content.hex()


@pytest.fixture
def link(raw: RawLinks) -> RawTcp:
    return raw.tcp()


def accepted(meter: MeterHandle, conformance: int = OFFERED & 0x7E1F) -> str:
    """The AARE with this conformance and the largest PDU that the meter takes; at
    first what 007E1F is answered with.
    """
    return f"6129{CONTEXT}{ACCEPTED}BE10040E0800065F1F0400{conformance:06X}{meter.limits.PDU:04X}0007"


def answer(link: RawTcp, request: str, client: int = PUBLIC) -> str:
    return ask(link, bytes.fromhex(request), client).hex().upper()


def open_to(link: RawTcp, client: int = PUBLIC) -> bool:
    """Whether this client has an AA on the link."""
    return is_name(ask(link, get(), client))


@pytest.mark.choice("its conformance and PDU size")
@pytest.mark.req("C-10", "C-35", "C-31", "C-32", "C-04", "C-01")
def test_lowest_level(link: RawTcp, meter: MeterHandle) -> None:
    """The worked request; the answer has this meter's conformance and PDU size."""
    assert answer(link, PLAIN.format("007E1F", "04B0")) == accepted(meter)
    assert open_to(link)


@pytest.mark.req("C-11", "C-02")
@pytest.mark.caps("own-process")
def test_low_level(link: RawTcp) -> None:
    assert answer(link, LLS, READER)[:4] == "6129"
    assert open_to(link, READER)


@pytest.mark.req("C-12")
@pytest.mark.caps("auth-failures", "own-process")
def test_wrong_password(link: RawTcp) -> None:
    """Refused without an AA, again and again, and the right one is taken at once: no lock-out."""
    right = ROSTER.secret("reader")
    for wrong in (right[:-1] + "~", right[:-1], right + "0", "", right[::-1], "\x00" * len(right)):
        assert ask(link, aarq(wrong), READER).hex().upper() == NO_LOGIN
        assert ask(link, get(), READER) == NOT_ALLOWED
    assert ask(link, aarq(right), MANAGER).hex().upper() == NO_LOGIN
    assert answer(link, LLS, READER)[:4] == "6129"
    assert open_to(link, READER)


@pytest.mark.req("C-20", "C-21", "C-22", "C-04")
@pytest.mark.caps("auth-failures", "own-process")
@pytest.mark.parametrize(
    ("client", "parts"),
    [
        pytest.param(READER, "", id="nothing"),
        pytest.param(READER, "8A020780AC0A80083132333435363738", id="no-mechanism-name"),
        pytest.param(READER, "8A0207808B0760857405080201", id="no-value"),
        pytest.param(READER, "8B0760857405080201AC0A80083132333435363738", id="no-requirements"),
        pytest.param(READER, "8A0207008B0760857405080201AC0A80083132333435363738", id="wrong-requirements"),
        pytest.param(READER, "8A0207808B0760857405080200AC0A80083132333435363738", id="mechanism-0"),
        pytest.param(READER, "8A0207808B0760857405080202AC0A80083132333435363738", id="mechanism-2"),
        pytest.param(READER, "8A0207808B0760857405080205AC0A80083132333435363738", id="mechanism-5"),
        pytest.param(READER, "8A0207808B0760857405080301AC0A80083132333435363738", id="mechanism-unknown"),
        pytest.param(PUBLIC, "8A0207808B0760857405080201AC0A80083132333435363738", id="unit-without-security"),
        pytest.param(PUBLIC, "8A0207808B0760857405080205AC0A80084B35366956616759", id="gmac-without-security"),
    ],
)
def test_errors_of_the_authentication_unit(link: RawTcp, client: int, parts: str) -> None:
    assert answer(link, build(CONTEXT, parts, INFO), client) == NO_LOGIN
    assert ask(link, get(), client) == NOT_ALLOWED


@pytest.mark.req("C-43")
@pytest.mark.parametrize(
    "ctt", [False, pytest.param(True, marks=pytest.mark.meter_config(errors="ctt"))], ids=["textbook", "ctt"]
)
@pytest.mark.parametrize(
    "parts",
    [
        "8B0760857405080200",
        "8A0207808B0760857405080200",
        "8A0207008B0760857405080200",
        "8A0207808B0760857405080200AC028000",
    ],
)
def test_lowest_level_named(raw: RawLinks, meter: MeterHandle, parts: str, ctt: bool) -> None:
    """Mechanism 0 without a value is answered as if it were not there, over TCP and
    UDP; strictly read it is refused.
    """
    unnamed = raw.tcp()
    for link in (raw.tcp(), raw.udp()):
        for client in (PUBLIC, CLIENT_MANAGEMENT):
            got = answer(link, build(CONTEXT, parts, INFO), client)
            assert got == (NO_LOGIN if ctt else answer(unnamed, PLAIN.format("007E1F", "04B0"), client))
            assert ctt or is_name(ask(link, get(), client))
            # a board has room for one on a connection
            assert ctt or ask(link, RLRQ, client) == ask(unnamed, RLRQ, client) == RLRE
        assert answer(link, build(CONTEXT, "8B0760857405080200", "AC03800131", INFO)) == NO_LOGIN


@pytest.mark.req("C-14", "C-01")
@pytest.mark.parametrize(
    "name",
    [
        "5F857504070203",
        "5F857504080101",
        "60857405080102",
        "60857405080103",
        "60857405080104",
        "60857405080100",
        "60857405080201",
    ],
)
def test_context_names(link: RawTcp, name: str) -> None:
    assert answer(link, f"601DA1090607{name}{INFO}") == "6117A109060760857405080101A203020101A305A103020102"
    assert ask(link, get()) == NOT_ALLOWED


@pytest.mark.choice("its conformance and PDU size")
@pytest.mark.req("C-15", "C-40", "D-71")
@pytest.mark.parametrize("version", [0, 1, 5, 6, 7, 8, 255])
def test_dlms_versions(link: RawTcp, meter: MeterHandle, version: int) -> None:
    got = answer(link, f"601DA109060760857405080101BE10040E01000000{version:02X}5F1F0400007E1F04B0")
    if version < 6:
        assert got == INITIATE_ERROR + "01"
        assert ask(link, get()) == NOT_ALLOWED
    else:
        assert got == accepted(meter)
        assert open_to(link)


@pytest.mark.choice("its conformance and PDU size")
@pytest.mark.limits(GBT_WINDOW=1)
@pytest.mark.req("C-16", "C-35", "C-36", "D-71")
@pytest.mark.parametrize("bit", range(24))
def test_conformance_bit_by_bit(link: RawTcp, meter: MeterHandle, bit: int) -> None:
    """Each bit alone: exactly that one is agreed on, or there is nothing in common."""
    mask = 0x800000 >> bit
    got = answer(link, PLAIN.format(f"{mask:06X}", "04B0"))
    if mask & OFFERED:
        assert got == accepted(meter, mask)
    else:
        assert got == INITIATE_ERROR + "02"


@pytest.mark.choice("its conformance and PDU size")
@pytest.mark.limits(GBT_WINDOW=1)
@pytest.mark.req("C-16", "C-35")
def test_conformance_sets(link: RawTcp, meter: MeterHandle) -> None:
    assert answer(link, PLAIN.format("000000", "04B0")) == INITIATE_ERROR + "02"
    for proposed in (0x000010, 0x000011, 0x00501F, 0xFFFFFF, 0x7F4162):
        got = answer(link, PLAIN.format(f"{proposed:06X}", "0400"))
        if proposed & OFFERED:
            assert got == accepted(meter, proposed & OFFERED)


@pytest.mark.req("C-17", "C-38", "D-71")
@pytest.mark.parametrize("size", [0, 1, 11, 12, 13, 63, 64, 0xFFFF])
def test_pdu_sizes(link: RawTcp, size: int) -> None:
    got = answer(link, PLAIN.format("60FE9F", f"{size:04X}"))
    if 0 < size < 12:
        assert got == INITIATE_ERROR + "03"
        assert ask(link, get()) == NOT_ALLOWED
    else:
        assert got[:4] == "6129"
        first = ask(link, OBJECT_LIST)
        assert len(first) <= (size or 0xFFFF)


@pytest.mark.req("C-19")
@pytest.mark.parametrize(
    ("bits", "good"),
    [("0780", True), ("0284", True), ("07FF", True), ("0244", False), ("0740", False), ("0700", False)],
)
def test_protocol_versions(link: RawTcp, bits: str, good: bool) -> None:
    """Only bit 0 counts, and a client that sent the field gets one back."""
    got = answer(link, build("8002", bits, CONTEXT, INFO))
    if good:
        assert got[:12] == "612D8002" + bits
        assert open_to(link)
    else:
        assert got == "611B80020780A109060760857405080101A203020101A305A203020102"
        assert ask(link, get()) == NOT_ALLOWED


@pytest.mark.req("C-25")
def test_unused_fields_are_ignored(link: RawTcp) -> None:
    unused = (
        "6036A109060760857405080101A203040144A303040144A403020100A503020100A803020100BE10040E01000000065F1F0400"
        "60FE9FFFFF"
    )
    assert answer(link, unused)[:4] == "6129"
    assert open_to(link)
    # titles, qualifiers, implementation-information, and an AARQ longer than 127 octets
    many = "A60A0408" + "41" * 8 + "A703040144" + "9D024142" + "A80302017F"
    assert answer(link, build(CONTEXT, many, INFO))[:4] == "6129"
    long = bytes.fromhex(CONTEXT + "A681820481" + "7F" + "41" * 127 + INFO)
    assert answer(link, f"6081{len(long):02X}" + long.hex())[:4] == "6129"
    assert open_to(link)


@pytest.mark.req("C-26")
def test_malformed(link: RawTcp) -> None:
    """Cut short anywhere, with trailing octets, with a length that runs over: no AA, no
    harm, and the next AARQ is served.
    """
    whole = bytes.fromhex(PLAIN.format("007E1F", "04B0"))
    for cut in range(1, len(whole)):
        assert ask(link, whole[:cut]).hex().upper() == NO_REASON
    for wrong in (
        whole + b"\0",
        whole[:1] + b"\x84\xff\xff\xff\xff" + whole[2:],
        whole[:1] + b"\x80" + whole[2:],
        bytes.fromhex("6000"),
        bytes.fromhex("6012" + INFO),
        bytes.fromhex("600B" + CONTEXT),
    ):
        assert ask(link, wrong).hex().upper() == NO_REASON
    assert ask(link, get()) == NOT_ALLOWED
    assert answer(link, whole.hex())[:4] == "6129"


@pytest.mark.req("C-27")
@pytest.mark.limits(TCP_ASSOCIATIONS=2)
def test_again_on_an_open_association(link: RawTcp) -> None:
    """The old AA ends with its transfer; a refused one leaves none; another client's stays."""
    associate(link, CLIENT_MANAGEMENT)
    associate(link, request=SMALL_AARQ)
    assert ask(link, OBJECT_LIST)[:2] == b"\xc4\x02"
    associate(link, request=SMALL_AARQ)
    assert ask(link, get_next(1)) == bytes.fromhex("C402C101000000010110")
    assert answer(link, PLAIN.format("000010", "FFFF"))[-14:-8] == "000010"
    assert ask(link, bytes.fromhex("C301C1 0001 00002A0000FF 0100")) == NOT_ALLOWED
    assert answer(link, PLAIN.format("000000", "FFFF")) == INITIATE_ERROR + "02"
    assert ask(link, get()) == NOT_ALLOWED
    assert serves(link, CLIENT_MANAGEMENT)


@pytest.mark.choice("its conformance and PDU size")
@pytest.mark.req("C-33", "C-30")
@pytest.mark.parametrize("quality", ["00", "01", "05", "7F", "FF"])
def test_quality_of_service_is_returned(link: RawTcp, quality: str) -> None:
    got = answer(link, f"601EA109060760857405080101BE11040F01000001{quality}065F1F0400007E1F04B0")
    assert got[:68] == f"612A{CONTEXT}{ACCEPTED}BE11040F0801{quality}065F"


@pytest.mark.req("C-34")
@pytest.mark.parametrize("size", [16, 32])
def test_dedicated_key(link: RawTcp, size: int) -> None:
    """Without ciphering it is refused."""
    info = bytes.fromhex("0101") + bytes([size]) + bytes(size) + bytes.fromhex("0000065F1F0400007E1F04B0")
    body = bytes.fromhex(CONTEXT) + bytes([0xBE, len(info) + 2, 4, len(info)]) + info
    assert ask(link, bytes([0x60, len(body)]) + body).hex().upper() == INITIATE_ERROR + "00"
    assert ask(link, get()) == NOT_ALLOWED


@pytest.mark.choice("its conformance and PDU size")
@pytest.mark.req("C-41", "D-100")
def test_other_forms_of_the_same(link: RawTcp, meter: MeterHandle) -> None:
    """The older conformance tag, and lengths in long form; the answer always has the
    newer tag and the shortest lengths.
    """
    assert answer(link, "601CA109060760857405080101BE0F040D01000000065F0400007E1F04B0")[:4] == "6129"
    got = answer(link, "608121A18109060760857405080101BE82001104810E01000000065F1F0400007E1F04B0")
    assert got == accepted(meter)


@pytest.mark.req("C-18")
@pytest.mark.limits(TCP_ASSOCIATIONS=4)
def test_no_room_for_another(raw: RawLinks) -> None:
    """As many AAs as one connection has, and one more on any of the same clients'
    wPorts is rejected for the moment only.
    """
    link = raw.tcp()
    known = [(client, device) for device in (MANAGEMENT, OTHER_DEVICE) for client in (PUBLIC, CLIENT_MANAGEMENT)]
    for client, device in known:
        associate(link, client, device)
    # a fifth pair on the same connection
    link.send(wpdu(READER, MANAGEMENT, bytes.fromhex(LLS)))
    assert link.receive_wpdu()[8:].hex().upper() == "6117A109060760857405080101A203020102A305A103020101"
    assert all(serves(link, client, device) for client, device in known)
    assert ask(link, RLRQ, CLIENT_MANAGEMENT, OTHER_DEVICE) == RLRE
    assert answer(link, LLS, READER)[:4] == "6129"
    assert serves(link, READER)


@pytest.mark.req("C-50", "C-54", "B-10")
@pytest.mark.parametrize(
    "rlrq", ["6203800100", "6203800101", "620380011E", "6200", "6215800100BE10040E01000000065F1F0400007E1F04B0"]
)
@pytest.mark.limits(TCP_ASSOCIATIONS=2)
def test_release(link: RawTcp, rlrq: str) -> None:
    """Every form of RLRQ ends this AA and no other; afterwards its requests are refused."""
    associate(link)
    associate(link, CLIENT_MANAGEMENT)
    assert ask(link, bytes.fromhex(rlrq)) == RLRE
    assert ask(link, get()) == NOT_ALLOWED
    assert serves(link, CLIENT_MANAGEMENT)
    associate(link)
    assert serves(link)


@pytest.mark.req("C-51", "C-50")
def test_release_of_nothing(link: RawTcp) -> None:
    """Outside any AA: RLRE, and no other AA ends. Malformed: nothing, and the AA stays."""
    associate(link, CLIENT_MANAGEMENT)
    for _ in range(3):
        assert ask(link, RLRQ) == RLRE
        assert ask(link, RLRQ, 99) == RLRE
    assert serves(link, CLIENT_MANAGEMENT)
    for wrong in ("62", "6203", "62038001", "6204800100", "620380010000", "6203810100"):
        link.send(wpdu(CLIENT_MANAGEMENT, MANAGEMENT, bytes.fromhex(wrong)))
        assert serves(link, CLIENT_MANAGEMENT)


FAILURES = get(1, "0.0.96.128.3.255", 2)


@pytest.mark.req("E-59", "C-12")
@pytest.mark.caps("auth-failures", "own-process")
def test_failed_authentications_are_counted(raw: RawLinks) -> None:
    """Each of them, over whichever transport, and nothing else."""
    observer, link, datagrams = raw.tcp(), raw.tcp(), raw.udp()
    associate(observer, READER, request=bytes.fromhex(LLS))

    def count() -> int:
        apdu = ask(observer, FAILURES, READER)
        assert apdu[:5].hex() == "c401c10006"
        return int.from_bytes(apdu[5:], "big")

    before = count()
    wrong = aarq("no secret of anybody")
    failures = (
        (READER, wrong),
        (MANAGER, wrong),
        (MANAGER, bytes.fromhex(LLS)),  # another client's
        (READER, aarq()),  # none
        (READER, aarq("")),
        (PUBLIC, wrong),  # one, where none is asked for
        (READER, bytes.fromhex(build(CONTEXT, "8A0207808B0760857405080205AC0A80083132333435363738", INFO))),  # HLS
    )
    for n, (client, request) in enumerate(failures):
        for other in (link, datagrams):
            assert ask(other, request, client).hex().upper() == NO_LOGIN
        assert count() == before + 2 * (n + 1), client
    before = count()
    others = (
        (0x44, wrong),  # a client that does not exist
        (PUBLIC, aarq()),
        (READER, bytes.fromhex(LLS)),
        (READER, aarq(ROSTER.secret("reader"), pdu_size=1)),  # the secret is right, and something else is not
        (PUBLIC, bytes.fromhex(build("A109060760857405080104", INFO))),  # another context
    )
    for client, request in others:
        for other in (link, datagrams):
            other.ask(wpdu(client, MANAGEMENT, request))
        assert count() == before, client


@pytest.mark.req("E-59", "A-60")
@pytest.mark.caps("auth-failures", "own-process")
def test_failed_authentications_of_broadcasts_are_counted(raw: RawLinks) -> None:
    """Nobody is answered; with each logical device one has failed."""
    observer, datagrams = raw.tcp(), raw.udp()
    associate(observer, READER, request=bytes.fromhex(LLS))
    before = ask(observer, FAILURES, READER)
    datagrams.send(wpdu(READER, 127, aarq("no secret of anybody", response_allowed=False)))
    # answered, when the one before has been served
    datagrams.ask(wpdu(0x44, MANAGEMENT, aarq()))
    assert int.from_bytes(ask(observer, FAILURES, READER)[5:], "big") == int.from_bytes(before[5:], "big") + 2
