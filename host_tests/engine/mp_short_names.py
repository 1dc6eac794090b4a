"""Short name referencing in the engine: the association, the names,
refusals, and the InformationReport.
"""

from dlms.sn.information_report import LONGEST, information_report
from rig import AARQ, FAULTY, LIST, PAIR, SHRINKING, THING, Rig
from short_name_rig import ALL, SN_AARQ, SnRig

GET = "C001C1" + THING + "0200"

REQ = {
    "test_association": ("C-01", "C-32", "C-36", "C-35", "C-14"),
    "test_fixed_base_names": ("D-54",),
    "test_every_short_name": ("D-53",),
    "test_not_negotiated": ("D-55", "C-37", "D-90"),
    "test_services_of_the_other_referencing": ("D-55", "D-91", "D-92", "D-96"),
    "test_malformed": ("D-94", "D-55"),
    "test_too_long": ("D-95", "D-50", "D-51"),
    "test_bugs_of_objects": ("D-55",),
    "test_transfers_used_up": ("D-17", "D-22"),
    "test_answers_within_the_size": ("C-38", "D-50", "D-51"),
    "test_lengths_are_shortened": ("D-100", "D-50", "D-51"),
    "test_information_report": ("D-52",),
}


def test_association():
    rig = SnRig()
    # conformance and vaa-name
    accepted = "6129A109060760857405080102A203020100A305A103020100BE10040E0800065F1F04001C1B200400FA00"
    assert rig.ask(SN_AARQ.format(0xFFFFFF, 0x4B0)) == accepted
    assert rig.ask(SN_AARQ.format(0x100000, 0x4B0))[64:80] == "5F1F040010000004"
    # a context that is not that of the client
    assert rig.ask(AARQ.format(0xFFFFFF, 0x4B0))[34:] == "01A305A103020102"
    assert rig.ask(SN_AARQ.format(0xFFFFFF, 0x4B0), 16)[34:] == "01A305A103020102"
    # nothing in common
    assert rig.ask(SN_AARQ.format(0x00401D, 0x4B0))[-8:] == "0E010602"


def test_fixed_base_names():
    """FA00 the association, FC00 the SAP assignment, FD00 the logical device name,
    wherever their logical names stand.
    """
    from cosem.data import Data
    from cosem.sap_assignment import SapAssignment
    from cosem.short_names import ShortNames
    from rig import Directory
    from short_name_rig import SnConfig

    directory = Directory(
        {
            "0001 00002A0000FF": Data(b"\x11\x01"),
            "0001 00002A0000FE": Data(b"\x11\x01"),
            "0011 0000290000FF": SapAssignment([]),
            "0001 0000010000FF": Data(b"\x11\x01"),
            "000F 0000280000FF": None,
        },
        {},
    )
    names = ShortNames(directory, SnConfig)
    assert [names.base(j) for j in range(names.n)] == [0x0100, 0xFA00, 0xFC00, 0x0110, 0xFD00]
    assert names.find(b"\xfd\x08", 0) == 4 << 8 | 2
    assert names.find(b"\xfc\x20", 0) == 2 << 8 | 0x81
    # more than the range holds is said at start
    many = {f"0001 000001{i:04X}FF": Data(b"\x11\x01") for i in range(4000)}
    refused = False
    try:
        ShortNames(Directory(many, {}), SnConfig)
    except ValueError:
        refused = True
    assert refused


def test_every_short_name():
    """All 65,536 of them: each names what the rule gives it, or nothing, and
    no two of the objects overlap.
    """
    rig = SnRig()
    wanted = {}
    directory = rig.public.directory
    for j in range(directory.n):
        o = directory.objs[j] or rig.server.opening.associations[-1]
        base = rig.names.base(j)
        assert base & 7 == 0
        for k in range(1, o.ATTRIBUTES + 1):
            assert wanted.setdefault(base + 8 * (k - 1), j << 8 | k) == j << 8 | k
        start = {7: 0x58, 8: 0x60, 12: 0x20}.get(o.CLASS_ID, 8 * o.ATTRIBUTES)
        for m in range(1, o.METHODS + 1):
            assert wanted.setdefault(base + start + 8 * (m - 1), j << 8 | 0x80 | m) == j << 8 | 0x80 | m
    find = rig.names.find
    buf = bytearray(3)
    for name in range(0x10000):
        buf[1] = name >> 8
        buf[2] = name & 0xFF
        assert find(buf, 1) == wanted.get(name, -1), name


def test_not_negotiated():
    """ConfirmedServiceError with the number of the service, and nothing is done."""
    name = "02"
    for bit, request, answer, served in (
        (0x100000, "0501{0}", "0E050302", "0C01000903616263"),
        (0x100000, "05010600 0001 00", "0E050302", "0C01030001"),
        (0x080000, "0601{0}011105", "0E060302", "0D0100"),
        (0x080000, "06010700 0001 0109 00", "0E060302", "0D01020001"),
        (0x001000, "05010600 0001 00", "0E050302", "0C01030001"),
        (0x000800, "06010700 0001 0109 00", "0E060302", "0D01020001"),
        (0x000200, "0502{0}{0}", "0E050302", "0C02000903616263000903616263"),
        (0x000200, "0602{0}{0}0211051106", "0E060302", "0D020000"),
        (0x000020, "050104{1}01120001", "0E050302", "0C010001010600000100"),
        (0x000020, "060104{1}0112000101110500"[:-2], "0E060302", "0D01010C"),
    ):
        rig = SnRig().open(conformance=ALL & ~bit)
        name = "02" + rig.attribute(THING, 2)
        text = request.format(name, rig.attribute(LIST, 2))
        assert rig.ask(text) == answer, text
        assert rig.log == []
        rig = SnRig().open()
        assert rig.ask(text) == served, text
        # not offered by the association object
        rig = SnRig(ALL & ~bit).open()
        assert rig.ask(text) == answer, text
    # a long answer without blocks
    rig = SnRig().open(64, ALL & ~0x001000)
    assert rig.ask("050102" + rig.attribute(LIST, 2)) == "0C01010E"
    assert rig.ask("050202" + rig.attribute(LIST, 2) + "02" + rig.attribute(THING, 2)) == "0E050301"
    assert rig.ask("050102" + rig.attribute(THING, 2)) == "0C01000903616263"


def test_services_of_the_other_referencing():
    """LN services in an SN AA, SN services in an LN AA, both outside any AA;
    unknown tags; what only a client gets.
    """
    rig = SnRig()
    short = "050102FA00"
    # outside any AA
    for request in (short, "06010212340111"):
        assert rig.ask(request) == "0E010302"
        assert rig.ask(request, 16) == "D80102"
        assert rig.ask(request, 99) == "D80102"
        assert rig.ask(request, link=rig.new_link(stream=False)) == ""
    assert rig.ask(GET) == "D80102"
    assert rig.ask("1601021234011101") == ""
    rig.open()
    for request in (
        GET,
        "C1",
        "C101C1" + THING + "0200 1101",
        "C301C1" + THING + "01 00",
        "C002C100000001",
        "FA",
        "00",
        "D9",
        "01",
    ):
        assert rig.ask(request) == "0E010302", request
    # an unconfirmed one is not answered
    assert rig.ask("C10101" + THING + "0200 1101") == ""
    for tag in (0x08, 0x0C, 0x0D, 0x0E, 0x0F, 0x18, 0x61, 0xC2, 0xC4, 0xD8):
        assert rig.ask(bytes((tag, 1, 0xC1))) == ""
    assert rig.log == []
    assert rig.ask(short) == "0C010009060000280000FF"
    # a client of logical names beside it
    Rig.open(rig, source=16)
    for request in (short, "06010212340111", "06"):
        assert rig.ask(request, 16) == "D80102"
    assert rig.ask("1601021234011101", 16) == ""
    assert rig.ask(GET, 16) == "C401C1000903616263"
    assert rig.ask(short) == "0C010009060000280000FF"


def test_malformed():
    """Read and Write that cannot be decoded; the AA stays."""
    rig = SnRig().open()
    name = rig.attribute(THING, 2)
    for request in (
        "05",
        "0501",
        "0580",
        "0501" + "02",
        "0501" + "02FA",
        "0502" + "02FA00",
        "0501" + "02FA0000",
        "0501" + "00FA00",
        "0501" + "01FA00",
        "0501" + "03FA00",
        "0501" + "07FA00",
        "0501" + "07000001",
        "0501" + "050001" + "00",
        "0501" + "0500",
        "0502" + "050001" + "050001",
        "0501" + "06",
        "0501" + "06000001",
        "0501" + "04" + name,
        "0501" + "04" + name + "01",
        "0501" + "04" + name + "01" + "12",
        "0501" + "04" + name + "01" + "120001" + "00",
        "0501" + "04" + name + "01" + "0201" * 20 + "00",
        "0502" + "04" + name + "01" + "0903" + "02" + name,
    ):
        assert rig.ask(request) == "0E050300", request
        assert rig.ask("050102" + name) == "0C01000903616263"
    for request in (
        "06",
        "0601",
        "060102" + name,
        "060105000101110500"[:-2],
        "06010700",
        "060107000001",
        "06010700000101",
    ):
        assert rig.ask(request) == "0E060300", request
    assert rig.log == []
    assert rig.server.transfers.free == 3


def test_too_long():
    rig = SnRig().open()
    entry = "02" + rig.attribute(PAIR, 2)
    assert rig.ask("0508" + entry * 8) == "0C08" + "001107" * 8
    assert rig.ask("0509" + entry * 9) == "0E050301"
    assert rig.ask("0609" + entry * 9 + "09" + "1101" * 9) == "0E060301"
    assert rig.ask("05820100" + entry * 256) == "0E050301"
    # the results of a Write go in one answer
    rig.open(16)
    assert rig.ask("0607" + entry * 7 + "07" + "1108" * 7) == "0D07" + "00" * 7
    assert rig.ask("0608" + entry * 8 + "08" + "1109" * 8) == "0E060301"
    assert rig.ask("050102" + rig.attribute(PAIR, 2)) == "0C01001108"
    # what the transport could not take
    n = rig.server.too_long(rig.link, bytearray(bytes.fromhex("000100400001FFFF")), rig.tx)
    assert bytes(rig.tx[8:n]) == bytes.fromhex("0E010301")


def test_bugs_of_objects():
    rig = SnRig().open()
    faulty = rig.attribute(FAULTY, 2)
    assert rig.ask("050102" + faulty) == "0E050503"
    assert rig.ask("060102" + faulty + "01" + "1101") == "0E060503"
    assert rig.ask("050102" + rig.method(FAULTY, 1)) == "0E050503"
    assert rig.ask("160102" + faulty + "01" + "1101") == ""
    assert len(rig.notes) == 5 and "planted" in rig.notes[-1], rig.notes
    for _ in range(10):
        assert rig.ask("06010701 0001 0109 07 0102" + faulty + "01" + "1101") == "0E060503"
    assert rig.server.transfers.free == 3
    assert rig.ask("050102" + rig.attribute(THING, 2)) == "0C01000903616263"


def test_transfers_used_up():
    """Three long transfers on other links: one more is refused, short ones are served."""
    rig = SnRig()
    links = [rig.new_link() for _ in range(3)]
    long = "050102" + rig.attribute(LIST, 2)
    for link in links:
        rig.open(64, link=link)
        assert rig.ask(long, link=link)[:12] == "0C0102000001"
    rig.open(64)
    assert rig.ask(long) == "0C01010E"
    assert rig.ask("05010600 0001 00") == "0C01010E"
    assert rig.ask("06010700 0001 0109 00") == "0D01010E"
    assert rig.ask("050102" + rig.attribute(THING, 2)) == "0C01000903616263"
    assert rig.ask("0501050001", link=links[0])[:12] == "0C0102000002"
    rig.server.abort(links[1])
    assert rig.ask(long)[:12] == "0C0102000001"


def test_answers_within_the_size():
    for pdu in (12, 13, 14, 15, 16, 20, 64):
        rig = SnRig().open(pdu)
        thing = "02" + rig.attribute(THING, 2)
        for request in (
            "0501" + thing,
            "0508" + thing * 8,
            "0508" + ("02FFFF") * 8,
            "050102" + rig.attribute(LIST, 2),
            "050102" + rig.attribute(SHRINKING, 2),
            "0601" + thing + "011105",
            "0608" + "02FFFF" * 8 + "08" + "1101" * 8,
            "0501050009",
            "05010600 0001 00",
            "06010700 0001 0109 00",
            GET,
            "FA",
        ):
            answer = rig.ask(request)
            assert answer and len(answer) <= 2 * pdu, (pdu, request, answer)


def test_lengths_are_shortened():
    """Longer lengths than needed, in what is written and in parameters."""
    rig = SnRig().open()
    name = rig.attribute(THING, 2)
    assert rig.ask("060102" + name + "01" + "09820003616264") == "0D0100"
    assert rig.log == ["set 0903616264"]
    assert rig.ask("050104" + rig.attribute(LIST, 2) + "01" + "0981020001") == "0C0100" + "0101" + "0600000100"
    assert rig.ask("050104" + rig.method(THING, 2) + "00" + "0981020001") == "0C010009020001"
    two = "02" + name
    assert rig.ask("0602" + two * 2 + "02" + "09810141" + "0901" + "42") == "0D020000"
    assert rig.log[-2:] == ["set 090141", "set 090142"]


def test_information_report():
    """An EventNotification as the report of one variable: octet by octet, with
    deviations of both signs and with none.
    """
    head = bytes.fromhex("C2010C07EA0B15060C223800")
    name = bytes.fromhex("00010000600B00FF02")
    data = bytes.fromhex("113E")
    buf = bytearray(64)

    def report(deviation, value=data):
        event = b"\xa5" * 3 + head + bytes.fromhex(deviation) + b"\x00" + name + value
        end = information_report(buf, 5, 0x0123, event, 3, len(event))
        assert buf[end:] == bytes(64 - end), "octets behind it"
        found = bytes(buf[5:end])
        buf[5:end] = bytes(end - 5)
        return found

    def expected(time, value=data):
        return bytes((0x18, 1, len(time))) + time + bytes.fromhex("01020123") + b"\x01" + value

    assert report("8000") == expected(b"20261121123456")
    assert report("0000") == expected(b"20261121123456+0000")
    assert report("FFC4") == expected(b"20261121123456+0100")
    assert report("012C") == expected(b"20261121123456-0500")
    assert report("FEB6") == expected(b"20261121123456+0530")
    assert len(report("FFC4")) == LONGEST
    assert report("FFC4", b"\x00") == expected(b"20261121123456+0100", b"\x00")
