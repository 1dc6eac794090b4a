"""Bit 6 of invoke-id-and-priority: a GET is answered all the same where an AARQ opened a
confirmed AA; SET, ACTION and ACCESS are done and not answered, whatever is wrong with
them. And where nothing is ever sent.
"""

from dlms.aa.service_class import HEAD, silent
from gbt_rig import ACCESS, EVERYTHING, ask
from rig import ALL, FAULTY, LIST, PAIR, TEXT, THING, Limits, Rig, blocks, unhex

REQ = {
    "test_get_*": ("B-09", "D-02"),
    "test_strict_*": ("B-09", "D-99"),
    "test_a_get_in_*": ("B-09", "D-99", "A-60"),
    "test_what_*": ("B-09", "D-99"),
    "test_without_an_association": ("D-99", "D-91", "B-09"),
    "test_too_long": ("D-99", "D-95", "B-09"),
    "test_*log*": ("B-09",),
    "test_access_is_left_out": ("D-99",),
}

UNKNOWN = "0001 0000600900FF"
UNCONFIRMED_AARQ = "601EA109060760857405080101BE11040F010001000006 5F1F0400FFFFFF04B0"
CLEAR = ("01", "81", "0F", "31")  # service class unconfirmed; priority and reserved bits

# GETs of every kind, refused and answered, without their invoke-id-and-priority
GETS = (
    ("C001", THING + "0200"),
    ("C001", THING + "0300"),
    ("C001", PAIR + "0500"),
    ("C001", PAIR + "0000"),
    ("C001", LIST + "0201 01 120003"),
    ("C001", UNKNOWN + "0200"),
    ("C001", PAIR + "0400"),
    ("C001", THING + "0900"),
    ("C001", FAULTY + "0200"),
    ("C001", THING),
    ("C001", THING + "0201"),
    ("C001", ""),
    ("C002", "00000001"),
    ("C002", "0000"),
    ("C003", "01" + THING + "0200"),
    ("C003", "02" + PAIR + "0200" + UNKNOWN + "0200"),
    ("C003", "09" + (THING + "0200") * 9),
    ("C003", "02" + THING),
    ("C004", THING + "0200"),
    ("C000", ""),
)
# the other services: done and not, each with what it does
OTHERS = (
    ("C101", THING + "0200 1105", ["set 1105"]),
    ("C101", THING + "0200 0301", []),
    ("C101", UNKNOWN + "0200 1105", []),
    ("C101", THING, []),
    ("C101", FAULTY + "0200 1101", []),
    ("C102", THING + "0200 01 00000001 02 1106", ["set 1106"]),
    ("C103", "01 00000001 02 1106", []),
    ("C103", "", []),
    ("C104", "01" + THING + "0200 01 1107", ["set 1107"]),
    ("C104", "09", []),
    ("C105", "01" + THING + "0200 01 00000001 03 011108", ["set 1108"]),
    ("C106", THING + "0200 1105", []),
    ("C100", "", []),
    ("C13F", "", []),
    ("C301", THING + "01 00", ["act 1 "]),
    ("C301", THING + "05 01 1200FA", ["act 5 1200FA"]),
    ("C301", UNKNOWN + "01 00", []),
    ("C301", FAULTY + "01 00", []),
    ("C301", "", []),
    ("C302", "00000001", []),
    ("C303", "01" + THING + "01 01 00", ["act 1 "]),
    ("C304", THING + "01 01 00000001 00", ["act 1 "]),
    ("C305", "01" + THING + "01 01 00000001 02 0100", ["act 1 "]),
    ("C306", "01 00000001 00", []),
    ("C307", THING, []),
    ("C300", "", []),
)
ACCESSES = (
    ("00 01 02" + THING + "02 01 1109", ["set 1109"]),
    ("00 01 01" + FAULTY + "02 01 00", []),
    ("00 01 02" + FAULTY + "02 01 1101", []),
    ("00 09", []),
    ("07", []),
)


class Small(Limits):
    GBT_WINDOW = 0


def new(stream=True, ctt=False, pdu=0xFFFF, conformance=EVERYTHING, **config):
    rig = Rig(conformance=EVERYTHING, ctt=ctt, **config)
    rig.link = rig.new_link(stream=stream)
    return rig.open(pdu, conformance=conformance)


def repeated(answer, iip):
    """A confirmed answer as it is with another invoke-id-and-priority."""
    return answer if answer[:2] == "D8" else answer[:4] + iip + answer[6:]


def test_get_of_every_kind():
    """As the confirmed one is, with the octet as it came; the same through
    the fast path, over TCP and UDP.
    """
    for stream in (True, False):
        rig = new(stream)
        for head, rest in GETS:
            wanted = rig.ask(head + "C1" + rest)
            assert wanted, head + rest
            for iip in CLEAR:
                assert rig.ask(head + iip + rest) == repeated(wanted, iip), (head, rest)


def test_get_not_negotiated():
    """Refusals that are whole APDUs: the service, a list, a selection, attribute 0."""
    for bit, head, rest in (
        (0x10, "C001", THING + "0200"),
        (0x10, "C002", "00000001"),
        (0x200, "C003", "01" + THING + "0200"),
        (0x4, "C001", LIST + "0201 01 120003"),
        (0x2000, "C001", PAIR + "0000"),
    ):
        rig = new(conformance=ALL & ~bit)
        for iip in CLEAR + ("C1",):
            assert rig.ask(head + iip + rest) == "D80102", (head, rest)


def test_get_in_blocks():
    """Every block is asked for and answered so, and a client may change its mind on the way."""
    for first in ("C00101" + LIST + "0200", "C00301 01" + LIST + "0200"):
        rig = new(pdu=64)
        wanted, confirmed = blocks(rig, first[:4] + "C1" + first[6:])
        for following in ("C00201{:08X}", "C00281{:08X}", "C002C1{:08X}"):
            raw, answers = blocks(rig, first, following)
            assert raw == wanted and len(answers) == len(confirmed)
            assert {answer[4:6] for answer in answers[1:]} == {following[4:6]}
        assert rig.server.transfers.free == 3


def test_strict_get_is_not_answered():
    """With errors=ctt: nothing of a GET of a known kind, for an unknown one is refused
    as ever; and nothing is kept of it.
    """
    for stream in (True, False):
        rig = new(stream, ctt=True, pdu=64)
        for head, rest in GETS + (("C001", LIST + "0200"),):
            for iip in CLEAR:
                answer = rig.ask(head + iip + rest)
                assert answer == ("C401" + iip + "0103" if head in ("C004", "C000") else ""), (head, rest)
                assert rig.server.transfers.free == 3
        # a block of the read that runs was lost so, another's request for one does no harm
        first = rig.ask("C001C1" + LIST + "0200")
        assert rig.ask("C00202 00000001") == ""
        assert rig.ask("C002C1 00000001")[:16] == "C402C10000000002", first
        assert rig.ask("C00201 00000002") == ""
        assert rig.ask("C002C1 00000002") == "C402C101000000020110"


def test_a_get_in_an_unconfirmed_association():
    rig = Rig(conformance=EVERYTHING)
    link = rig.new_link(stream=False)
    assert rig.ask(UNCONFIRMED_AARQ, link=link) == ""
    for head, rest in GETS:
        for iip in CLEAR + ("C1",):
            assert rig.ask(head + iip + rest, link=link) == "", (head, rest)


def test_a_get_in_a_preestablished_association():
    """Over TCP, in one's own, and over UDP, in that of everybody: a confirmed
    one is answered, and no other.
    """
    for stream in (True, False):
        rig = Rig(conformance=EVERYTHING)
        rig.public.preestablished = True
        rig.server.opening.established.append(rig.public)
        rig.server.open_common(500)
        link = rig.new_link(stream=stream)
        assert rig.ask("C001C1" + THING + "0200", link=link) == "C401C1000903616263"
        for head, rest in GETS:
            for iip in CLEAR:
                assert rig.ask(head + iip + rest, link=link) == "", (head, rest)
        rx = unhex("0001 0010 0001 FFFF C00101")
        assert rig.server.too_long(link, rx, rig.tx, len(rx)) == 0


def test_what_is_done_and_not_answered():
    """SET and ACTION, whatever becomes of them, with every class of errors;
    the confirmed one is answered.
    """
    for ctt in (False, True):
        for stream in (True, False):
            rig = new(stream, ctt, 64)
            for head, rest, done in OTHERS:
                for iip in CLEAR:
                    del rig.log[:]
                    assert rig.ask(head + iip + rest) == "", (head, rest)
                    assert rig.log == done, (head, rest, rig.log)
                    assert rig.server.transfers.free == 3
                assert rig.ask(head + "C1" + rest), (head, rest)
                rig.ask("C001C1" + THING + "0100")


def test_what_access_does_and_does_not_answer():
    for conformance in (EVERYTHING, ACCESS, EVERYTHING & ~ACCESS):
        rig = new(conformance=conformance)
        for rest, done in ACCESSES:
            for top in ("00", "80", "20"):
                del rig.log[:]
                assert ask(rig, "D9" + top + "000007" + rest) == []
                assert rig.log == (done if conformance & ACCESS else []), rest
            assert ask(rig, "D940000007" + rest), rest


def test_access_is_left_out():
    """On a board without room for it nothing is said of one that is unconfirmed."""
    rig = Rig(limits=Small).open()
    assert rig.ask("D900000007 00 00 00") == ""
    assert rig.ask("D940000007 00 00 00") == "D80102"


def test_what_comes_in_blocks_without_an_answer():
    """An unconfirmed SET, or ACTION, in blocks is done with its last one, as far as it was whole."""
    for first, following in (("C10201" + TEXT + "0200", "C10301"), ("C30401" + THING + "02", "C30601")):
        rig = new(pdu=64)
        assert rig.ask(first + "00 00000001 02 0903") == ""
        assert rig.ask(following + "00 00000002 02 4142") == ""
        assert rig.ask(following + "01 00000003 01 43") == ""
        assert rig.log == ["set 0903414243" if first[:2] == "C1" else "act 2 0903414243"]
        assert rig.server.transfers.free == 3
        # a block is missing
        del rig.log[:]
        assert rig.ask(first + "00 00000001 02 0903") == ""
        assert rig.ask(following + "01 00000003 01 43") == ""
        assert rig.log == []
        assert rig.server.transfers.free == 3


def test_without_an_association():
    """Over TCP: SET, ACTION and ACCESS in silence, a GET refused as a confirmed one unless
    the errors are strict; over UDP nothing.
    """
    for ctt in (False, True):
        rig = Rig(ctt=ctt)
        link = rig.new_link(stream=False)
        for iip in CLEAR:
            for head, rest, _ in OTHERS:
                assert rig.ask(head + iip + rest) == "", (head, rest)
                assert rig.ask(head + iip + rest, link=link) == ""
                assert rig.ask(head + "C1" + rest) == "D80102"
            for head, rest in GETS:
                assert rig.ask(head + iip + rest) == ("" if ctt else "D80102"), (head, rest)
                assert rig.ask(head + iip + rest, link=link) == ""
        for rest, _ in ACCESSES:
            assert rig.ask("D900000007" + rest) == ""
            assert rig.ask("D940000007" + rest) == "D80102"
        # what does not say its service class is refused
        for request in ("C1", "C101", "C3", "C306", "D9", "C1C1 0001 0000600100FF 0200"):
            assert rig.ask(request) == "D80102", request


def test_too_long():
    """Known are the first octets alone: they say it all."""
    for ctt in (False, True):
        rig = new(ctt=ctt)
        for apdu, answered in (
            ("C001C1", True),
            ("C00101", not ctt),
            ("C10101", False),
            ("C101C1", True),
            ("C10681", False),
            ("C30481", False),
            ("C304C1", True),
            ("D90000", False),
            ("D94000", True),
            ("E04100", True),
            ("FA0000", True),
            ("160102", False),
            ("C401C1", False),
            ("C1C100", True),
        ):
            rx = unhex("0001 0010 0001 FFFF" + apdu)
            n = rig.server.too_long(rig.link, rx, rig.tx, 8 + HEAD)
            assert (n > 0) == answered, apdu
    assert not silent(b"", 0, 0, False)


def test_lines_of_the_log():
    """At DEBUG, one for each that was not answered; none for what was."""
    rig = new()
    rig.server.trail.debug = True
    for request in (
        "C10101" + THING + "0200 1105",
        "C30101" + THING + "01 00",
        "D900000007 00 00 00",
        "C10681",
        "C00101" + THING + "0200",
    ):
        rig.ask(request)
    lines = [note for note in rig.notes if note.startswith("DEBUG")]
    services = ["set", "action", "access", "set"]
    assert [line.split()[-1] for line in lines] == ["service=" + service for service in services], lines
    assert all(line.startswith("DEBUG unanswered TCP client=") and "/16 server=" in line for line in lines)
    rig = new(ctt=True)
    rig.server.trail.debug = True
    rig.ask("C00101" + THING + "0200")
    assert rig.notes[-1].startswith("DEBUG unanswered ") and rig.notes[-1].endswith(" service=get")
    rx = unhex("0001 0010 0001 FFFF C10101")
    assert rig.server.too_long(rig.link, rx, rig.tx, len(rx)) == 0
    assert rig.notes[-1].startswith("DEBUG dropped ") and rig.notes[-1].endswith(" reason=too-long")
    # nothing is made of it where nobody asked for it
    rig = new()
    rig.ask("C10101" + THING + "0200 1105")
    assert not any(note.startswith("DEBUG") for note in rig.notes)
