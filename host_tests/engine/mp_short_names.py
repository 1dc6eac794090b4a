"""Read, Write and UnconfirmedWrite of short name referencing in the engine: values, methods, lists, blocks, refusals."""

from dlms.information_report import information_report
from rig import AARQ, FAULTY, HIDDEN, LIST, PAIR, SHRINKING, TEXT, THING, Rig, tohex
from short_name_rig import ALL, SN_AARQ, SnRig, parts

GET = "C001C1" + THING + "0200"

REQ = {
    "test_association": ("C-01", "C-32", "C-36", "C-35", "C-14"),
    "test_read": ("D-50", "D-53"),
    "test_read_refused": ("D-50", "D-11", "D-53"),
    "test_fixed_base_names": ("D-54",),
    "test_every_short_name": ("D-53",),
    "test_read_with_parameters": ("D-50", "D-112"),
    "test_read_in_blocks": ("D-50", "D-14", "B-19", "C-38"),
    "test_methods_are_invoked_once": ("D-50",),
    "test_wrong_block_number": ("D-50", "D-15", "D-16", "D-17"),
    "test_a_value_that_ends_early": ("D-50", "D-17"),
    "test_request_in_blocks": ("D-50", "B-19"),
    "test_write": ("D-51", "D-21", "D-53"),
    "test_write_list_is_whole_or_nothing": ("D-51", "D-23"),
    "test_write_in_blocks": ("D-51", "B-19", "D-24"),
    "test_wrong_write_blocks": ("D-51", "D-22"),
    "test_unconfirmed_write": ("D-51", "D-99"),
    "test_unconfirmed_association": ("D-51", "D-99", "B-08"),
    "test_not_negotiated": ("D-55", "C-37", "D-90"),
    "test_services_of_the_other_referencing": ("D-55", "D-91", "D-92", "D-96"),
    "test_malformed": ("D-94", "D-55"),
    "test_too_long": ("D-95", "D-50", "D-51"),
    "test_bugs_of_objects": ("D-55",),
    "test_transfers_used_up": ("D-17", "D-22"),
    "test_answers_within_the_size": ("C-38", "D-50", "D-51"),
    "test_information_report": ("D-52",),
    "test_lengths_are_shortened": ("D-100", "D-50", "D-51"),
}


def test_association():
    rig = SnRig()
    # conformance and vaa-name
    assert rig.ask(SN_AARQ.format(0xFFFFFF, 0x4B0)) == "6129A109060760857405080102A203020100A305A103020100BE10040E0800065F1F04001C1B200400FA00"
    assert rig.ask(SN_AARQ.format(0x100000, 0x4B0))[64:80] == "5F1F040010000004"
    # a context that is not that of the client
    assert rig.ask(AARQ.format(0xFFFFFF, 0x4B0))[34:] == "01A305A103020102"
    assert rig.ask(SN_AARQ.format(0xFFFFFF, 0x4B0), 16)[34:] == "01A305A103020102"
    # nothing in common
    assert rig.ask(SN_AARQ.format(0x00401D, 0x4B0))[-8:] == "0E010602"


def test_read():
    rig = SnRig().open()
    assert rig.ask("050102" + rig.attribute(THING, 1)) == "0C010009060000600100FF"
    assert rig.ask("050102" + rig.attribute(THING, 2)) == "0C01000903616263"
    assert rig.ask("050102" + rig.attribute(PAIR, 5)) == "0C01001601"
    assert rig.ask("050102FA00") == "0C010009060000280000FF"
    assert rig.ask("050102FA08") == "0C0100120040"
    # a list, and no entry at all
    two = "02" + rig.attribute(THING, 2) + "02" + rig.attribute(PAIR, 2)
    assert rig.ask("0502" + two) == "0C0200090361626300" + "1107"
    assert rig.ask("0500") == "0C00"
    # methods: without parameter, with one, refused
    assert rig.ask("050102" + rig.method(THING, 1)) == "0C010000"
    assert rig.ask("050104" + rig.method(THING, 2) + "00" + "120102") == "0C0100120102"
    assert rig.ask("050104" + rig.method(THING, 2) + "07" + "020111051"[:8]) == "0C010002011105"
    assert rig.ask("050102" + rig.method(THING, 3)) == "0C010103"
    assert rig.ask("050102" + rig.method(THING, 4)) == "0C010103"
    assert rig.log == ["act 1 ", "act 2 120102", "act 2 02011105", "act 3 "]


def test_read_refused():
    """data-access-results, alone and among good entries; what is not visible is not there."""
    rig = SnRig().open()
    good = "02" + rig.attribute(THING, 2)
    refused = (
        (rig.attribute(PAIR, 4), "03"),
        (rig.attribute(HIDDEN, 2), "04"),
        (rig.method(HIDDEN, 1), "04"),
        ("0000", "04"),
        ("00F8", "04"),
        ("FFFF", "04"),
        ("FB00", "04"),
        ("FC00", "04"),
        (f"{rig.base(THING) + 9:04X}", "04"),  # between two names
        (f"{rig.base(SHRINKING) + 8 * 3:04X}", "04"),  # behind the last object
        ("FA18", "04"),
    )
    for name, code in refused:
        assert rig.ask("050102" + name) == "0C0101" + code, name
        assert rig.ask("0503" + good + "02" + name + good) == "0C03" + "000903616263" + "01" + code + "000903616263"
        assert rig.ask("050104" + name + "01" + "120001") == "0C0101" + code, name
    assert rig.ask("0502" + "02FFFF" * 2) == "0C0201040104"
    ctt = SnRig(ctt=True).open()
    assert ctt.ask("0501020000") == "0C010103"


def test_fixed_base_names():
    """FA00 the association, FC00 the SAP assignment, FD00 the logical device name, wherever their logical names stand."""
    from cosem.data import Data
    from cosem.sap_assignment import SapAssignment
    from cosem.short_names import ShortNames
    from rig import Config, Directory
    from short_name_rig import SnConfig

    things = [
        Data(bytes((0, 0, 42, 0, 0, 255)), b"\x11\x01"),
        Data(bytes((0, 0, 42, 0, 0, 254)), b"\x11\x01"),
        SapAssignment(bytes((0, 0, 41, 0, 0, 255)), []),
        Data(bytes((0, 0, 1, 0, 0, 255)), b"\x11\x01"),
        Config(0, 0, b"", 0, None, None),
    ]
    directory = Directory(things)
    names = ShortNames(directory, SnConfig)
    assert [names.base(j) for j in range(names.n)] == [0x0100, 0xFA00, 0xFC00, 0x0110, 0xFD00]
    assert names.find(b"\xfd\x08", 0) == 4 << 8 | 2
    assert names.find(b"\xfc\x20", 0) == 2 << 8 | 0x81
    # more than the range holds is said at start
    many = [Data(bytes((0, 0, 1, i >> 8, i & 255, 255)), b"\x11\x01") for i in range(4000)]
    refused = False
    try:
        ShortNames(Directory(many), SnConfig)
    except ValueError:
        refused = True
    assert refused


def test_every_short_name():
    """All 65,536 of them: each names what the rule gives it, or nothing, and no two of the objects overlap."""
    rig = SnRig()
    wanted = {}
    directory = rig.public.directory
    for j in range(directory.n):
        o = directory.objs[j] or rig.server.associations[-1]
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


def test_read_with_parameters():
    """Selective access by parameterized-access; its parameters outlive the request."""
    rig = SnRig().open()
    buffer = rig.attribute(LIST, 2)
    assert rig.ask("050104" + buffer + "01" + "120002") == "0C01000102" + "06000002000600000201"
    assert rig.ask("050104" + buffer + "02" + "120001") == "0C01000101" + "0600000100"
    for selector in ("00", "03", "FF"):
        assert rig.ask("050104" + buffer + selector + "120001") == "0C01010C", selector
    assert rig.ask("050104" + buffer + "01" + "1101") == "0C01010C"
    assert rig.ask("050104" + rig.attribute(THING, 2) + "01" + "120001") == "0C01010C"
    two = "04" + buffer + "01" + "120001" + "02" + rig.attribute(PAIR, 2) + "04" + buffer + "02" + "120001"
    assert rig.ask("0503" + two) == "0C0300" + "01010600000100" + "00" + "1107" + "00" + "01010600000100"
    rig.open(64)
    raw, _ = parts(rig, "050104" + buffer + "01" + "120120", 64)
    assert raw == "0100" + "01820120" + "".join([f"06{i + 0x2000:08X}" for i in range(0x120)])


def test_read_in_blocks():
    """raw is the whole answer but for its tag, and the same at every size."""
    rig = SnRig()
    whole = "0164" + "".join([f"06{i:08X}" for i in range(100)])
    text = "0982012C" + "".join([f"{i & 255:02X}" for i in range(300)])
    requests = (
        ("0501" + "02" + rig.attribute(LIST, 2), "0100" + whole),
        ("0501" + "02" + rig.attribute(TEXT, 2), "0100" + text),
        (
            "0504" + "02" + rig.attribute(TEXT, 2) + "02FFFF" + "02" + rig.attribute(LIST, 2) + "02" + rig.attribute(THING, 2),
            "0400" + text + "0104" + "00" + whole + "000903616263",
        ),
        ("0501" + "04" + rig.method(THING, 5) + "00" + "1200C8", "0100" + "0981C8" + "".join([f"{65 + i % 26:02X}" for i in range(200)])),
    )
    for pdu in (12, 13, 14, 15, 63, 64, 65, 127, 128, 129, 130, 137, 138, 139, 255, 262, 300, 0):
        rig.open(pdu)
        for request, wanted in requests:
            raw, answers = parts(rig, request, pdu)
            if raw is None:
                assert pdu == 0 or len(answers[0]) <= 2 * pdu
                raw = answers[0][2:]
                assert answers[0][:2] == "0C"
            else:
                # every block but the last is as long as it can be
                assert len(wanted) + 2 > 2 * pdu
                assert all([len(answer) >= 2 * pdu - 4 for answer in answers[:-1]]), (pdu, answers)
            assert raw == wanted, (pdu, request)
            assert rig.server.transfers.free == 3
    # in one piece as long as it fits
    rig.open(8 - 1 + 6)
    assert rig.ask("0502" + ("02" + rig.attribute(PAIR, 2)) * 2) == "0C02001107001107"


def test_methods_are_invoked_once():
    """However the answer is cut, and in the order of the list."""
    rig = SnRig().open(16)
    entries = "04" + rig.method(THING, 2) + "00" + "0908" + "41" * 8 + "02" + rig.method(THING, 1) + "02" + rig.attribute(THING, 2)
    raw, _ = parts(rig, "0503" + entries, 16)
    assert raw == "03" + "00" + "0908" + "41" * 8 + "0000" + "000903616263"
    assert rig.log == ["act 2 0908" + "41" * 8, "act 1 "]


def test_wrong_block_number():
    rig = SnRig().open(64)
    long = "050102" + rig.attribute(LIST, 2)
    assert rig.ask("0501050001") == "0C010110"
    for number in (0, 2, 0xFFFF):
        assert rig.ask(long)[:12] == "0C0102000001"
        assert rig.ask(f"050105{number:04X}") == "0C010113"
        assert rig.ask("0501050001") == "0C010110"
    # the same block cannot be had twice
    rig.ask(long)
    assert rig.ask("0501050001")[:12] == "0C0102000002"
    assert rig.ask("0501050001") == "0C010113"
    # another request ends the transfer
    for other in ("050102" + rig.attribute(THING, 2), "0601021234011101", "160102" + rig.attribute(THING, 2) + "011105", "FA"):
        rig.ask(long)
        rig.ask(other)
        assert rig.ask("0501050001") == "0C010110", other
        assert rig.server.transfers.free == 3
    # numbers end at FFFF
    rig.ask(long)
    rig.link.aas[0].transfer.block = 0xFFFE
    assert rig.ask("050105FFFE")[:12] == "0C010200FFFF"
    assert rig.ask("050105FFFF") == "0C01010E"
    assert rig.server.transfers.free == 3


def test_a_value_that_ends_early():
    """A long attribute that cannot go on: the result comes instead of the next block."""
    rig = SnRig().open(64)
    answers = parts(rig, "050102" + rig.attribute(SHRINKING, 2), 64)[1]
    assert len(answers) > 2
    assert answers[-1] == "0C01010E"
    rig.open(1024)
    assert rig.ask("050102" + rig.attribute(SHRINKING, 2)) == "0C01010E"
    # of a list nothing is told but that
    assert rig.ask("050202" + rig.attribute(SHRINKING, 2) + "02" + rig.attribute(THING, 2)) == "0E050301"


def test_request_in_blocks():
    rig = SnRig().open(64)
    entries = "02" + "02" + rig.attribute(PAIR, 2) + "04" + rig.attribute(LIST, 2) + "01" + "120020"
    size = len(entries) // 2
    wanted = "02" + "001107" + "00" + "0120" + "".join([f"06{i + 0x2000:08X}" for i in range(0x20)])
    for cut in range(size + 1):
        assert rig.ask(f"05010600 0001 {cut:02X}" + entries[: 2 * cut]) == "0C01030001"
        first = f"05010601 0002 {size - cut:02X}" + entries[2 * cut :]
        raw, answers = parts(rig, first, 64)
        assert raw == wanted, (cut, answers)
    # in one part
    assert parts(rig, f"05010601 0001 {size:02X}" + entries, 64)[0] == wanted
    # out of order, and of no request
    assert rig.ask("05010601 0002 00") == "0C010110"
    rig.ask("05010600 0001 00")
    assert rig.ask("05010600 0003 00") == "0C010113"
    assert rig.ask("05010600 0002 00") == "0C010110"
    # a part that does not fill the request, and one that is too long altogether
    rig.ask("05010600 0001 00")
    assert rig.ask("05010600 0002 02 00") == "0C01010E"
    rig.open(0xFFFF)
    rig.ask("05010600 0001 82012C" + "00" * 300)
    rig.ask("05010600 0002 82012C" + "00" * 300)
    assert rig.ask("05010600 0003 01 00") == "0C01010E"
    # malformed when it is whole
    assert rig.ask("05010601 0001 02 01FF") == "0E050300"
    assert rig.server.transfers.free == 3


def test_write():
    rig = SnRig().open()
    name = rig.attribute(THING, 2)
    assert rig.ask("060102" + name + "01" + "1105") == "0D0100"
    assert rig.ask("050102" + name) == "0C01001105"
    assert rig.ask("060202" + name + "02" + rig.attribute(PAIR, 3) + "02" + "1106" + "120001") == "0D020000"
    assert rig.ask("050202" + name + "02" + rig.attribute(PAIR, 3)) == "0C020011060012" + "0001"
    assert rig.ask("060102" + rig.attribute(PAIR, 4) + "01" + "1101") == "0D0100"
    # methods
    assert rig.ask("060102" + rig.method(THING, 1) + "01" + "0F00") == "0D0100"
    assert rig.ask("060102" + rig.method(THING, 2) + "01" + "0F07") == "0D0100"
    assert rig.ask("0600" + "00") == "0D00"
    for name, value, code in (
        (rig.attribute(THING, 1), "1101", "03"),
        (rig.attribute(THING, 3), "1101", "03"),
        (rig.attribute(THING, 2), "0301", "0C"),
        (rig.attribute(PAIR, 2), "120001", "0C"),
        (rig.attribute(HIDDEN, 2), "1101", "04"),
        ("0000", "1101", "04"),
        ("FA08", "120001", "03"),
        (rig.method(THING, 3), "0F00", "03"),
        (rig.method(THING, 4), "0F00", "03"),
    ):
        assert rig.ask("060102" + name + "01" + value) == "0D0101" + code, name
        good = "02" + rig.attribute(PAIR, 2)
        assert rig.ask("0603" + good + "02" + name + good + "03" + "1101" + value + "1102") == "0D03000101"[:6] + "01" + code + "00"
        # selective access to write there is none
        refused = "0D01010C" if code != "04" else "0D010104"
        assert rig.ask("060104" + name + "01" + "120001" + "01" + value) == refused
    assert rig.log[:5] == ["set 1105", "set 1106", "act 1 0F00", "act 2 0F07", "act 3 0F00"]


def test_write_list_is_whole_or_nothing():
    """A list that cannot be decoded to its end writes nothing."""
    rig = SnRig().open()
    name = "02" + rig.attribute(THING, 2)
    for request in (
        "0602" + name * 2 + "01" + "1101",
        "0602" + name * 2 + "03" + "1101" * 3,
        "0602" + name * 2 + "02" + "1101",
        "0602" + name * 2 + "02" + "1101" * 3,
        "0602" + name * 2 + "02" + "1101" + "12",
        "0602" + name * 2,
        "0602" + name + "00" + rig.attribute(THING, 2) + "02" + "1101" * 2,
        "0602" + name + "05" + "0001" + "02" + "1101" * 2,
        "0601" + name + "01" + "0201" * 20 + "00",
    ):
        assert rig.ask(request) == "0E060300", request
    assert rig.log == []


def test_write_in_blocks():
    """The parts may be cut anywhere; nothing is written before the last one."""
    rig = SnRig().open()
    entries = "02" + "02" + rig.attribute(THING, 2) + "02" + rig.method(THING, 1) + "02" + "0905" + "4142434445" + "0F00"
    size = len(entries) // 2
    for cut in range(size + 1):
        before = len(rig.log)
        assert rig.ask(f"06010700 0001 0109 {cut:02X}" + entries[: 2 * cut]) == "0D01020001"
        assert len(rig.log) == before
        assert rig.ask(f"06010701 0002 0109 {size - cut:02X}" + entries[2 * cut :]) == "0D020000"
        assert rig.log[before:] == ["set 09054142434445", "act 1 0F00"]
    # octet by octet
    for i in range(size):
        last = 1 if i == size - 1 else 0
        answer = rig.ask(f"060107{last:02X} {i + 1:04X} 0109 01" + entries[2 * i : 2 * i + 2])
        assert answer == ("0D020000" if last else f"0D0102{i + 1:04X}")
    assert rig.server.transfers.free == 3


def test_wrong_write_blocks():
    rig = SnRig().open()
    name = rig.attribute(THING, 2)
    assert rig.ask("06010701 0002 0109 00") == "0D010112"
    assert rig.ask("06010701 0000 0109 00") == "0D010112"
    rig.ask("06010700 0001 0109 00")
    assert rig.ask("06010701 0003 0109 00") == "0D010113"
    assert rig.ask("06010701 0002 0109 00") == "0D010112"
    # number 1 begins anew
    rig.ask("06010700 0001 0109 02 FFFF")
    rig.ask("06010700 0001 0109 04 0102" + name)
    assert rig.ask("06010701 0002 0109 03 011105") == "0D0100"
    # a length that does not fit, the wrong Data, too much of it
    rig.ask("06010700 0001 0109 00")
    assert rig.ask("06010700 0002 0109 02 00") == "0D01010E"
    rig.ask("06010700 0001 0109 00")
    assert rig.ask("06010700 0002 010A 00") == "0E060300"
    assert rig.ask("06010700 0002 0109 00") == "0D010112"
    rig.ask("06010700 0001 0109 82012C" + "00" * 300)
    rig.ask("06010700 0002 0109 82012C" + "00" * 300)
    assert rig.ask("06010700 0003 0109 01 00") == "0D01010E"
    # a part of another service
    rig.ask("06010700 0001 0109 00")
    assert rig.ask("05010601 0002 00") == "0C010110"
    assert rig.ask("06010701 0002 0109 00") == "0D010112"
    # malformed when it is whole
    assert rig.ask("06010701 0001 0109 02 0102") == "0E060300"
    assert rig.log == ["set 1105"]
    assert rig.server.transfers.free == 3


def test_unconfirmed_write():
    rig = SnRig().open()
    name = "02" + rig.attribute(THING, 2)
    assert rig.ask("1601" + name + "01" + "1105") == ""
    assert rig.ask("1602" + name + "02" + rig.method(THING, 1) + "02" + "1106" + "0F00") == ""
    assert rig.log == ["set 1105", "set 1106", "act 1 0F00"]
    for request in ("16", "1601", "1602" + name + "01" + "1101", "1609" + name * 9 + "09" + "1101" * 9, "1601020000011101", "16010700010109"):
        assert rig.ask(request) == "", request
    assert len(rig.log) == 3
    # not negotiated
    rig.open(conformance=ALL & ~0x040000)
    assert rig.ask("1601" + name + "01" + "1105") == ""
    assert len(rig.log) == 3
    # the answer's size does not bound what is not answered
    rig.open(12)
    assert rig.ask("1606" + name * 6 + "06" + "1107" * 6) == ""
    assert len(rig.log) == 9


def test_unconfirmed_association():
    """Over datagrams, response-allowed false: UnconfirmedWrite is carried out, everything else is dropped."""
    rig = SnRig()
    link = rig.new_link(stream=False)
    name = rig.attribute(THING, 2)
    assert rig.ask("601EA109060760857405080102BE11040F010001000006 5F1F0400FFFFFF04B0", link=link) == ""
    assert link.n == 1
    for request in ("050102" + name, "060102" + name + "01" + "1101", GET, "C10101" + THING + "0200 1101", "FA", "050102FFFF", "0601"):
        assert rig.ask(request, link=link) == ""
    assert rig.log == []
    assert rig.ask("160102" + name + "01" + "1105", link=link) == ""
    assert rig.log == ["set 1105"]
    assert rig.ask("160102" + rig.attribute(FAULTY, 2) + "01" + "1105", link=link) == ""
    assert rig.ask("6203800100", link=link) == ""
    assert link.n == 0


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
    """LN services in an SN AA, SN services in an LN AA, both outside any AA; unknown tags; what only a client gets."""
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
    for request in (GET, "C1", "C101C1" + THING + "0200 1101", "C301C1" + THING + "01 00", "C002C100000001", "FA", "00", "D9", "01"):
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
    for request in ("06", "0601", "060102" + name, "060105000101110500"[:-2], "06010700", "060107000001", "06010700000101"):
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
    """What an Association SN lets its client read, with and without a time; the first attribute that cannot be told ends it."""
    rig = SnRig()
    association = rig.server.associations[-1]
    tx = bytearray(700)

    def report(names, time=None, off=8, end=700):
        octets = bytes.fromhex(names)
        r = information_report(rig.server, association, octets, len(octets) // 2, time, tx, off, end)
        return r if r < 0 else tohex(tx[off:r])

    thing = rig.attribute(THING, 2)
    assert report(thing) == "18000102" + thing + "01" + "0903616263"
    two = thing + rig.attribute(PAIR, 5)
    head = "0202" + thing + "02" + rig.attribute(PAIR, 5) + "02"
    assert report(two) == "1800" + head + "0903616263" + "1601"
    time = b"20261121120000Z"
    assert report(two, time) == "18010F" + tohex(time) + head + "0903616263" + "1601"
    assert report("") == "18000000"
    assert report("FA08") == "18000102FA0801120040"
    for names, code in (
        ("0000", -4),
        (rig.attribute(HIDDEN, 2), -4),
        (rig.method(THING, 1), -4),
        (rig.attribute(PAIR, 4), -3),
        (rig.attribute(LIST, 2), -14),
        (thing + "0000", -4),
    ):
        assert report(names) == code, names
    # never a octet behind the room that is given
    size = len(report(thing)) // 2
    assert report(thing, None, 8, 8 + size)[:2] == "18"
    for room in range(size):
        tx[8 + room] = 0xA5
        assert report(thing, None, 8, 8 + room) == -14
        assert tx[8 + room] == 0xA5
    assert report(rig.attribute(PAIR, 5), None, 0, 500) == -14
