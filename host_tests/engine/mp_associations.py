"""AARQ and RLRQ beyond the worked octets: every error of the authentication unit,
users, capacity, one AA over another.
"""

from rig import AARQ, ALL, LIST, THING, WORKED, Rig

READ = "C001C1" + THING + "0200"
ABC = "C401C1000903616263"
INITIATE = "BE10040E01000000065F1F0400FFFFFFFFFF"
CONTEXT = "A109060760857405080101"
UNIT = "8A020780"
LLS_NAME = "8B0760857405080201"
SECRET = "AC0A80083132333435363738"
NO_LOGIN = "6117A109060760857405080101A203020101A305A10302010D"
ACCEPTED = "6129A109060760857405080101A203020100A305A103020100BE10040E0800065F1F0400"

REQ = {
    "refused-*": ("C-20", "C-21", "C-22", "C-04"),
    "accepted-*": ("C-11", "C-25"),
    "test_users": ("C-24",),
    "test_no_room": ("C-18",),
    "test_again": ("C-27",),
    "test_negotiation": ("C-35", "C-36", "C-38", "C-40"),
    "test_every_conformance_bit": ("C-35", "C-36", "C-37"),
    "test_every_version": ("C-15", "C-40"),
    "test_every_quality": ("C-33",),
    "test_every_size": ("C-17", "C-38"),
    "test_release*": ("C-50", "C-51", "C-54", "B-10"),
    "test_release_malformed": ("C-50",),
    "test_release_of_one": ("B-10", "C-54"),
    "test_no_response_allowed": ("B-05", "B-07"),
    "test_unknown_client": ("A-30",),
    "test_secrets": ("C-12", "E-50"),
}


def aarq(*parts):
    content = "".join(parts).replace(" ", "")
    n = len(content) // 2
    return "60" + (f"{n:02X}" if n < 128 else f"81{n:02X}") + content


# what is wrong with the authentication unit: client, components between
# context name and user-information
REFUSED = {
    "no-unit": (32, ""),
    "no-mechanism-name": (32, UNIT + SECRET),
    "no-value": (32, UNIT + LLS_NAME),
    "no-requirements": (32, LLS_NAME + SECRET),
    "only-value": (32, SECRET),
    "requirements-without-the-unit": (32, "8A020700" + LLS_NAME + SECRET),
    "other-requirements": (32, "8A020001" + LLS_NAME + SECRET),
    "empty-value": (32, UNIT + LLS_NAME + "AC028000"),
    "shorter-value": (32, UNIT + LLS_NAME + "AC09800731323334353637"),
    "longer-value": (32, UNIT + LLS_NAME + "AC0B8009313233343536373839"),
    "value-with-nul": (32, UNIT + LLS_NAME + "AC0B8009313233343536373800"),
    "other-value": (32, UNIT + LLS_NAME + "AC0A80083132333435363739"),
    "first-octet": (32, UNIT + LLS_NAME + "AC0A80083032333435363738"),
    "mechanism-0": (32, UNIT + "8B0760857405080200" + SECRET),
    "mechanism-2": (32, UNIT + "8B0760857405080202" + SECRET),
    "mechanism-5": (32, UNIT + "8B0760857405080205" + SECRET),
    "mechanism-7": (32, UNIT + "8B0760857405080207" + SECRET),
    "mechanism-unknown": (32, UNIT + "8B0760857405080301" + SECRET),
    "mechanism-short": (32, UNIT + "8B03608574" + SECRET),
    "unit-without-security": (16, UNIT + LLS_NAME + SECRET),
    "unit-alone-without-security": (16, UNIT),
    "mechanism-without-security": (16, LLS_NAME),
    "mechanism-0-with-a-value-without-security": (16, "8B0760857405080200" + SECRET),
    "value-without-security": (16, SECRET),
    "empty-value-without-security": (16, "AC028000"),
}
ACCEPTED_ANYWAY = {
    "lls": (32, UNIT + LLS_NAME + SECRET),
    "other-requirements-bits": (32, "8A0206C0" + LLS_NAME + SECRET),
    "titles": (32, "A20A040841424344454647 48A60A04084142434445464748" + UNIT + LLS_NAME + SECRET),
    "no-unit-selected": (16, "8A020700"),
}


def _refused(client, parts):
    rig = Rig()
    assert rig.ask(aarq(CONTEXT, parts, INITIATE), client) == NO_LOGIN
    assert rig.link.n == 0
    assert rig.ask(READ, client) == "D80102"
    # a right one is taken at once
    right = UNIT + LLS_NAME + SECRET if client == 32 else ""
    assert rig.ask(aarq(CONTEXT, right, INITIATE), client)[: len(ACCEPTED)] == ACCEPTED
    assert rig.ask(READ, client) == ABC


def _accepted(client, parts):
    rig = Rig()
    assert rig.ask(aarq(CONTEXT, parts, INITIATE), client)[: len(ACCEPTED)] == ACCEPTED
    assert rig.ask(READ, client) == ABC


def test_users():
    rig = Rig()
    rig.public.users = [5, 200]
    refused = "6117A109060760857405080101A203020101A305A103020106"
    for parts, good in (
        ("", False),
        ("A903020105", True),
        ("A9030201C8", True),
        ("A904020200C8", True),
        ("A9040202012C", False),
        ("A903040105", False),
        ("A903020106", False),
        ("A903020100", False),
    ):
        answer = rig.ask(aarq(CONTEXT, parts, INITIATE))
        assert answer[: len(ACCEPTED)] == ACCEPTED if good else answer == refused
    # not in use: any user
    rig.public.users = []
    assert rig.ask(aarq(CONTEXT, "A903020163", INITIATE))[: len(ACCEPTED)] == ACCEPTED
    assert rig.public.user == 0x63


def test_no_room():
    """No AA left, on the link or in the pool: rejected-transient, and
    taken as soon as one is released.
    """
    lls = aarq(CONTEXT, UNIT, LLS_NAME, SECRET, INITIATE)
    transient = "6117A109060760857405080101A203020102A305A103020101"
    rig = Rig(aas=1).open()
    assert rig.ask(lls, 32) == transient
    assert rig.ask(READ, 32) == "D80102"
    assert rig.ask(READ) == ABC
    # the AA's own client may associate anew
    rig.open()
    other = rig.new_link()
    assert rig.ask(AARQ.format(ALL, 64), link=other) == transient
    assert rig.ask("6203800100") == "6303800100"
    assert rig.ask(lls, 32)[: len(ACCEPTED)] == ACCEPTED
    rig = Rig()
    link = rig.new_link(most=1)
    rig.open(link=link)
    assert rig.ask(lls, 32, link=link) == transient
    assert rig.pool.free == 5


def test_again():
    """AARQ in an open AA: that one ends with its transfer, and the new one is judged for itself."""
    rig = Rig().open(64, ALL)
    rig.ask("C001C1" + LIST + "0200")
    assert rig.server.transfers.free == 2
    rig.open(128, 0x10)
    assert rig.server.transfers.free == 3
    assert rig.link.n == 1
    assert rig.public.opened == 1
    assert rig.ask("C002C100000001") == "C402C101000000010110"
    assert rig.ask("C101C1" + THING + "0200 1101") == "D80102"
    # refused: none is left
    assert rig.ask(aarq(CONTEXT, LLS_NAME, INITIATE)) == NO_LOGIN
    assert (rig.link.n, rig.public.opened) == (0, 0)
    assert rig.ask(READ) == "D80102"
    # another client's stays
    lls = aarq(CONTEXT, UNIT, LLS_NAME, SECRET, INITIATE)
    rig.open()
    rig.ask(lls, 32)
    rig.ask(lls, 32)
    assert rig.ask(READ) == ABC
    assert (rig.link.n, rig.public.opened, rig.reader.opened) == (2, 1, 1)


def test_negotiation():
    for offered, proposed, result in (
        (ALL, 0xFFFFFF, ALL),
        (ALL, 0x007E1F, ALL & 0x007E1F),
        (WORKED, 0x007E1F, 0x00501F),
        (WORKED, 0x000010, 0x000010),
    ):
        rig = Rig(conformance=offered, pdu=777)
        assert rig.ask(AARQ.format(proposed, 0)) == ACCEPTED + f"{result:06X}" + "0309" + "0007"


def test_every_conformance_bit():
    """Each bit alone: an offered one is negotiated alone, any other is no common
    ground; no SN bit is ever returned.
    """
    for bit in range(24):
        rig = Rig()
        answer = rig.ask(AARQ.format(0x800000 >> bit, 0))
        if ALL & 0x800000 >> bit:
            assert answer == ACCEPTED + f"{0x800000 >> bit:06X}" + "04000007"
        else:
            assert answer == "611FA109060760857405080101A203020101A305A103020101BE0604040E010602", bit
    assert not ALL & (0x100000 | 0x080000 | 0x040000 | 0x000100 | 0x000020)


def test_every_version():
    for version in range(256):
        answer = Rig().ask(aarq(CONTEXT, f"BE10040E01000000{version:02X}5F1F0400FFFFFFFFFF"))
        if version < 6:
            assert answer == "611FA109060760857405080101A203020101A305A103020101BE0604040E010601"
        else:
            assert answer[: len(ACCEPTED)] == ACCEPTED


def test_every_quality():
    for quality in range(256):
        answer = Rig().ask(aarq(CONTEXT, f"BE11040F01000001{quality:02X}065F1F0400FFFFFFFFFF"))
        assert answer[50:68] == f"BE11040F0801{quality:02X}065F"


def test_every_size():
    for size in list(range(20)) + [63, 64, 255, 256, 0xFFFF]:
        answer = Rig().ask(AARQ.format(ALL, size))
        if 0 < size < 12:
            assert answer == "611FA109060760857405080101A203020101A305A103020101BE0604040E010603"
        else:
            assert answer[: len(ACCEPTED)] == ACCEPTED


def test_release():
    """Every form of RLRQ is answered and ends the AA, user-information in it too."""
    for rlrq in (
        "6203800100",
        "6203800101",
        "620380011E",
        "6200",
        "6215800100BE10040E01000000065F1F0400007E1F04B0",
        "628103800100",
    ):
        rig = Rig().open()
        assert rig.ask(rlrq) == "6303800100", rlrq
        assert rig.ask(READ) == "D80102"
        assert (rig.link.n, rig.public.opened) == (0, 0)
        # outside any AA
        assert rig.ask(rlrq) == "6303800100"
        assert rig.ask(rlrq, link=rig.new_link(stream=False)) == ""


def test_release_malformed():
    rig = Rig().open()
    for rlrq in (
        "62",
        "6203",
        "62038001",
        "6204800100",
        "620380010000",
        "6203810100",
        "620480020000",
        "6205800100BE00",
    ):
        assert rig.ask(rlrq) == "", rlrq
        assert rig.ask(READ) == ABC


def test_release_of_one():
    """Each AA of a connection is released for itself, whichever comes first."""
    lls = aarq(CONTEXT, UNIT, LLS_NAME, SECRET, INITIATE)
    for first, second in ((16, 32), (32, 16)):
        rig = Rig().open()
        rig.ask(lls, 32)
        assert rig.ask("6203800100", first) == "6303800100"
        assert rig.ask(READ, first) == "D80102"
        assert rig.ask(READ, second) == ABC
        # one that is not there takes nothing with it
        assert rig.ask("6203800100", first) == "6303800100"
        assert rig.ask("6203800100", 99) == "6303800100"
        assert rig.ask(READ, second) == ABC
        assert rig.ask("6203800100", second) == "6303800100"
        assert rig.link.n == 0
        assert rig.pool.free == 6


def test_no_response_allowed():
    rig = Rig()
    request = "601EA109060760857405080101BE11040F0100010000065F1F0400007E1F04B0"
    assert rig.ask(request) == ""
    assert rig.link.n == 0
    assert rig.ask(READ) == "D80102"
    # one that ends an open AA as well
    rig.open()
    assert rig.ask(request) == ""
    assert rig.public.opened == rig.link.n


def test_unknown_client():
    rig = Rig()
    assert rig.ask(AARQ.format(ALL, 64), 77) == "6117A109060760857405080101A203020101A305A103020101"
    assert rig.ask(AARQ.format(ALL, 64), 16, device=2) == ""
    assert rig.ask(AARQ.format(ALL, 64), 0) == ""


def test_secrets():
    """Every single octet counts, and an empty secret never matches."""
    rig = Rig()
    for place in range(8):
        for bit in range(8):
            value = bytearray(b"12345678")
            value[place] ^= 1 << bit
            text = "".join([f"{octet:02X}" for octet in value])
            assert rig.ask(aarq(CONTEXT, UNIT, LLS_NAME, "AC0A8008" + text, INITIATE), 32) == NO_LOGIN
    rig.reader.secret = b""
    for value in ("AC028000", "AC03800100", SECRET):
        assert rig.ask(aarq(CONTEXT, UNIT, LLS_NAME, value, INITIATE), 32) == NO_LOGIN
    rig.reader.secret = b"\x00"
    assert rig.ask(aarq(CONTEXT, UNIT, LLS_NAME, "AC03800100", INITIATE), 32)[: len(ACCEPTED)] == ACCEPTED


def cases():
    for name in sorted(REFUSED):
        yield "refused-" + name, _refused, REFUSED[name]
    for name in sorted(ACCEPTED_ANYWAY):
        yield "accepted-" + name, _accepted, ACCEPTED_ANYWAY[name]
