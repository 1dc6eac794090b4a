"""The services Write and UnconfirmedWrite of short name referencing:
attributes, methods, lists, and blocks.
"""

from rig import FAULTY, HIDDEN, PAIR, THING
from short_name_rig import ALL, SnRig

GET = "C001C1" + THING + "0200"

REQ = {
    "test_write": ("D-51", "D-21", "D-53"),
    "test_write_list_is_whole_or_nothing": ("D-51", "D-23"),
    "test_write_in_blocks": ("D-51", "B-19", "D-24"),
    "test_wrong_write_blocks": ("D-51", "D-22"),
    "test_unconfirmed_write": ("D-51", "D-99"),
    "test_unconfirmed_association": ("D-51", "D-99", "B-08"),
}


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
        assert (
            rig.ask("0603" + good + "02" + name + good + "03" + "1101" + value + "1102")
            == "0D03000101"[:6] + "01" + code + "00"
        )
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
    entries = (
        "02" + "02" + rig.attribute(THING, 2) + "02" + rig.method(THING, 1) + "02" + "0905" + "4142434445" + "0F00"
    )
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
    for request in (
        "16",
        "1601",
        "1602" + name + "01" + "1101",
        "1609" + name * 9 + "09" + "1101" * 9,
        "16010700010109",
    ):
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
    """Over datagrams, response-allowed false: UnconfirmedWrite is carried
    out, everything else is dropped.
    """
    rig = SnRig()
    link = rig.new_link(stream=False)
    name = rig.attribute(THING, 2)
    assert rig.ask("601EA109060760857405080102BE11040F010001000006 5F1F0400FFFFFF04B0", link=link) == ""
    assert link.n == 1
    for request in (
        "050102" + name,
        "060102" + name + "01" + "1101",
        GET,
        "C10101" + THING + "0200 1101",
        "FA",
        "050102FFFF",
        "0601",
    ):
        assert rig.ask(request, link=link) == ""
    assert rig.log == []
    assert rig.ask("160102" + name + "01" + "1105", link=link) == ""
    assert rig.log == ["set 1105"]
    assert rig.ask("160102" + rig.attribute(FAULTY, 2) + "01" + "1105", link=link) == ""
    assert rig.ask("6203800100", link=link) == ""
    assert link.n == 0
