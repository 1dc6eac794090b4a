"""The Read service of short name referencing: attributes, methods, lists, and blocks both ways."""

from rig import HIDDEN, LIST, PAIR, SHRINKING, TEXT, THING
from short_name_rig import SnRig, parts

REQ = {
    "test_read": ("D-50", "D-53"),
    "test_read_refused": ("D-50", "D-11", "D-53"),
    "test_read_with_parameters": ("D-50", "D-112"),
    "test_read_in_blocks": ("D-50", "D-14", "B-19", "C-38"),
    "test_methods_are_invoked_once": ("D-50",),
    "test_wrong_block_number": ("D-50", "D-15", "D-16", "D-17"),
    "test_a_value_that_ends_early": ("D-50", "D-17"),
    "test_request_in_blocks": ("D-50", "B-19"),
}


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
        (f"{rig.base(SHRINKING) + 8 * 3:04X}", "04"),  # after the last object
        ("FA18", "04"),
    )
    for name, code in refused:
        assert rig.ask("050102" + name) == "0C0101" + code, name
        assert rig.ask("0503" + good + "02" + name + good) == "0C03" + "000903616263" + "01" + code + "000903616263"
        assert rig.ask("050104" + name + "01" + "120001") == "0C0101" + code, name
    assert rig.ask("0502" + "02FFFF" * 2) == "0C0201040104"
    ctt = SnRig(ctt=True).open()
    assert ctt.ask("0501020000") == "0C010103"


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
            "0504"
            + "02"
            + rig.attribute(TEXT, 2)
            + "02FFFF"
            + "02"
            + rig.attribute(LIST, 2)
            + "02"
            + rig.attribute(THING, 2),
            "0400" + text + "0104" + "00" + whole + "000903616263",
        ),
        (
            "0501" + "04" + rig.method(THING, 5) + "00" + "1200C8",
            "0100" + "0981C8" + "".join([f"{65 + i % 26:02X}" for i in range(200)]),
        ),
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
    entries = (
        "04"
        + rig.method(THING, 2)
        + "00"
        + "0908"
        + "41" * 8
        + "02"
        + rig.method(THING, 1)
        + "02"
        + rig.attribute(THING, 2)
    )
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
    for other in (
        "050102" + rig.attribute(THING, 2),
        "0601021234011101",
        "160102" + rig.attribute(THING, 2) + "011105",
        "FA",
    ):
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
    # of a list nothing is answered but that
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
