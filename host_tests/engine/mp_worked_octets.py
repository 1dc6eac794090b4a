"""The published octets of ACSE and Initiate, octet for octet, on a server that
offers 00501F and takes 500 octets.
"""

from rig import WORKED, Rig, tohex, unhex

ACCEPTED = "6129A109060760857405080101A203020100A305A103020100BE10040E0800065F1F040000501F01F40007"
NO_CONTEXT = "6117A109060760857405080101A203020101A305A103020102"
NO_LOGIN = "6117A109060760857405080101A203020101A305A10302010D"
NO_REASON = "6117A109060760857405080101A203020101A305A103020101"
ERROR = "611FA109060760857405080101A203020101A305A103020101BE0604040E0106{}"
LLS = "6036A1090607608574050801018A0207808B0760857405080201AC0A8008{}BE10040E01000000065F1F0400007E1F04B0"
INITIATE = "601DA109060760857405080101BE10040E01000000{}5F1F0400{}{}"

# name: client, AARQ, AARE
WORKED_OCTETS = {
    "C-10-lowest": (16, "601DA109060760857405080101BE10040E01000000065F1F0400007E1F04B0", ACCEPTED),
    "C-11-lls": (32, LLS.format("3132333435363738"), ACCEPTED),
    "C-12-wrong-password": (32, LLS.format("3132333435363739"), NO_LOGIN),
    "C-14-probe": (16, "601DA10906075F857504070203BE10040E01000000065F1F0400007E1F04B0", NO_CONTEXT),
    "C-14-other-arc": (16, "601DA10906075F857504080101BE10040E01000000065F1F0400007E1F04B0", NO_CONTEXT),
    "C-14-longer-name": (16, "601EA10A06086085740508010101BE10040E01000000065F1F0400007E1F04B0", NO_CONTEXT),
    "C-14-context-2": (16, "601DA109060760857405080102BE10040E01000000065F1F0400007E1F04B0", NO_CONTEXT),
    "C-14-context-3": (16, "601DA109060760857405080103BE10040E01000000065F1F0400007E1F04B0", NO_CONTEXT),
    "C-15-version-5": (16, INITIATE.format("05", "007E1F", "04B0"), ERROR.format("01")),
    "C-16-nothing": (16, INITIATE.format("06", "000000", "04B0"), ERROR.format("02")),
    "C-16-nothing-common": (16, INITIATE.format("06", "180000", "04B0"), ERROR.format("02")),
    "C-17-size-000B": (16, "601DA109060760857405080101BE10040E01000000065F1F040060FE9F000B", ERROR.format("03")),
    "C-17-size-0001": (16, INITIATE.format("06", "60FE9F", "0001"), ERROR.format("03")),
    "C-17-size-000C": (16, INITIATE.format("06", "60FE9F", "000C"), ACCEPTED),
    "C-17-size-FFFF": (16, "601DA109060760857405080101BE10040E01000000065F1F040060FE9FFFFF", ACCEPTED),
    "C-17-size-0000": (16, INITIATE.format("06", "60FE9F", "0000"), ACCEPTED),
    "C-19-version1": (
        16,
        "602180020780A109060760857405080101BE10040E01000000065F1F0400007E1F04B0",
        "612D80020780" + ACCEPTED[4:],
    ),
    "C-19-bits-100001": (
        16,
        "602180020284A109060760857405080101BE10040E01000000065F1F0400007E1F04B0",
        "612D80020284" + ACCEPTED[4:],
    ),
    "C-19-bits-010001": (
        16,
        "602180020244A109060760857405080101BE10040E01000000065F1F0400007E1F04B0",
        "611B80020780A109060760857405080101A203020101A305A203020102",
    ),
    "C-19-bits-00000001": (
        16,
        "602180020001A109060760857405080101BE10040E01000000065F1F0400007E1F04B0",
        "611B80020780A109060760857405080101A203020101A305A203020102",
    ),
    "C-25-unused-fields": (
        16,
        "6036A109060760857405080101A203040144A303040144A403020100A503020100A803020100BE10040E01000000065F1F040060FE9FFFFF",
        ACCEPTED,
    ),
    "C-25-implementation-information": (
        16,
        "6021A1090607608574050801019D024142BE10040E01000000065F1F0400007E1F04B0",
        ACCEPTED,
    ),
    "C-33-quality-of-service": (
        16,
        "601EA109060760857405080101BE11040F0100000101065F1F0400007E1F04B0",
        "612AA109060760857405080101A203020100A305A103020100BE11040F080101065F1F040000501F01F40007",
    ),
    "C-33-quality-of-service-5": (
        16,
        "601EA109060760857405080101BE11040F0100000105065F1F0400007E1F04B0",
        "612AA109060760857405080101A203020100A305A103020100BE11040F080105065F1F040000501F01F40007",
    ),
    "C-34-dedicated-key": (
        16,
        "602EA109060760857405080101BE21041F010110F00102030405060708090A0B0C0D0E0F0000065F1F0400007E1F04B0",
        ERROR.format("00"),
    ),
    "C-35-only-get": (16, INITIATE.format("06", "000010", "04B0"), ACCEPTED[:-14] + "00001001F40007"),
    "C-35-get-and-action": (16, INITIATE.format("06", "000011", "04B0"), ACCEPTED[:-14] + "00001101F40007"),
    "C-40-version-7": (16, INITIATE.format("07", "007E1F", "04B0"), ACCEPTED),
    "C-41-short-tag": (16, "601CA109060760857405080101BE0F040D01000000065F0400007E1F04B0", ACCEPTED),
    "long-form-lengths": (
        16,
        "608121A18109060760857405080101BE82001104810E01000000065F1F0400007E1F04B0",
        ACCEPTED,
    ),
    "B-05-response-allowed-true": (16, "601EA109060760857405080101BE11040F010001FF00065F1F0400007E1F04B0", ACCEPTED),
}

REQ = {
    "C-10-*": ("C-10", "C-04", "C-01", "C-30", "C-31", "C-32", "C-35", "C-38"),
    "C-11-*": ("C-11", "C-02"),
    "C-12-*": ("C-12",),
    "C-14-*": ("C-14",),
    "C-15-*": ("C-15", "D-71"),
    "C-16-*": ("C-16", "D-71"),
    "C-17-*": ("C-17", "D-71"),
    "C-19-*": ("C-19",),
    "C-25-*": ("C-25",),
    "C-33-*": ("C-33",),
    "C-34-*": ("C-34",),
    "C-35-*": ("C-35",),
    "C-40-*": ("C-40",),
    "C-41-*": ("C-41",),
    "long-form-lengths": ("D-100",),
    "B-05-*": ("B-05",),
    "cut-*": ("C-26",),
    "test_a_refusal_opens_nothing": ("C-12", "C-14", "C-15", "C-16", "C-17", "C-19", "C-34"),
    "test_after_a_wrong_password": ("C-12",),
}


def _ask(client, aarq, aare):
    rig = Rig(conformance=WORKED, pdu=500)
    got = rig.ask(aarq, client)
    assert got == aare, got
    # accepted: an AA is there; refused: none is
    wanted = "C40141" if "A203020100" in aare else "D80102"
    assert rig.ask("C00141 0001 0000600100FF 02 00", client)[: len(wanted)] == wanted


def test_a_refusal_opens_nothing():
    rig = Rig(conformance=WORKED, pdu=500)
    for name in sorted(WORKED_OCTETS):
        client, aarq, aare = WORKED_OCTETS[name]
        if "A203020101" in aare:
            assert rig.ask(aarq, client) == aare
            assert (rig.link.n, rig.public.opened, rig.reader.opened) == (0, 0, 0), name


def test_after_a_wrong_password():
    rig = Rig(conformance=WORKED, pdu=500)
    for password in ("3132333435363739", "3132333435363700", "0000000000000000"):
        assert rig.ask(LLS.format(password), 32) == NO_LOGIN
    assert rig.ask(LLS.format("3132333435363738"), 32) == ACCEPTED


def _truncated(client, aarq, aare):
    """Cut short anywhere, or with a trailing octet: refused with no reason, no
    AA, and the next AARQ is served.
    """
    rig = Rig(conformance=WORKED, pdu=500)
    octets = unhex(aarq)
    for n in range(1, len(octets)):
        assert rig.ask(octets[:n], client) == NO_REASON, tohex(octets[:n])
    assert rig.ask(aarq + "00", client) == NO_REASON
    assert rig.link.n == 0
    assert rig.ask(WORKED_OCTETS["C-10-lowest"][1]) == ACCEPTED


def cases():
    for name in sorted(WORKED_OCTETS):
        yield name, _ask, WORKED_OCTETS[name]
        yield "cut-" + name, _truncated, WORKED_OCTETS[name]
