"""The SET service in every variant, octet for octet, on a server without a meter."""

from rig import ALL, FAULTY, HIDDEN, LIST, PAIR, THING, Limits, Rig, tohex, unhex

UNKNOWN = "0001 0000600900FF"
WRONG_CLASS = "0003 0000600100FF"
READ = "C001C1" + THING + "0200"
ABC = "C401C1000903616263"

REQ = {
    "test_normal": ("D-20", "D-01"),
    "test_refusals": ("D-21", "D-11"),
    "test_refusals_for_the_conformance_client": ("D-11",),
    "test_cut_short": ("D-94", "D-21"),
    "test_unknown_choice": ("D-93",),
    "test_nesting": ("D-100",),
    "test_longer_lengths": ("D-100",),
    "test_list*": ("D-23",),
    "test_list_not_negotiated": ("D-90",),
    "test_blocks": ("D-24", "D-22"),
    "test_blocks_of_every_size": ("D-24",),
    "test_wrong_block_number": ("D-22",),
    "test_raw_length": ("D-22",),
    "test_block_without_a_transfer": ("D-22",),
    "test_longer_than_the_buffer": ("D-22",),
    "test_another_request_ends_the_transfer": ("D-22", "D-24"),
    "test_blocks_not_negotiated": ("D-90",),
    "test_list_in_blocks*": ("D-23", "D-24"),
    "test_attribute_0*": ("D-12", "D-21"),
    "test_unconfirmed": ("B-09", "D-99"),
    "test_selection": ("D-112", "D-114"),
}


def test_normal():
    rig = Rig().open()
    rig.play(
        (
            ("C101C1" + THING + "0200 0903 414243", "C501C100"),
            (READ, "C401C100 0903414243"),
            ("C10142" + THING + "0200 0982012C" + "55" * 300, "C5014200"),
            (READ, "C401C100 0982012C" + "55" * 300),
            ("C101C1" + PAIR + "0300 12FFFF", "C501C100"),
            ("C001C1" + PAIR + "0300", "C401C10012FFFF"),
            # write only
            ("C101C1" + PAIR + "0400 1101", "C501C100"),
            ("C001C1" + PAIR + "0400", "C401C1 01 03"),
        )
    )
    assert len(rig.log) == 2


def refusals(wanted, **config):
    rig = Rig(**config).open()
    for request, code in wanted:
        assert rig.ask("C101C1" + request) == "C501C1" + code, request
        assert rig.ask(READ) == ABC
    assert rig.log == []


def test_refusals():
    refusals(
        (
            (THING + "0200 0301", "0C"),
            (PAIR + "0200 1201FF", "0C"),
            (PAIR + "0300 1101", "0C"),
            (THING + "0100 0906000000000000", "03"),
            (THING + "0300 1101", "03"),
            (LIST + "0200 0100", "03"),
            (UNKNOWN + "0200 1101", "04"),
            (HIDDEN + "0200 1101", "04"),
            (WRONG_CLASS + "0200 1101", "09"),
            (THING + "0400 1101", "0C"),
            (THING + "FF00 1101", "0C"),
            (FAULTY + "0200 1101", "01"),
        )
    )


def test_refusals_for_the_conformance_client():
    refusals(
        (
            (UNKNOWN + "0200 1101", "03"),
            (WRONG_CLASS + "0200 1101", "03"),
            (THING + "0400 1101", "03"),
            (THING + "0200 0301", "0C"),
        ),
        ctt=True,
    )


def test_cut_short():
    """Nothing that is cut short, or has trailing octets, is applied in part."""
    rig = Rig().open()
    for value in ("0903414243", "0202 1101 0902 4142", "0102 1101 1102", "1907E50118FF0E303950FFC400"):
        octets = unhex("C101C1" + THING + "0200" + value)
        for n in range(1, len(octets)):
            assert rig.ask(octets[:n]) == ("D80102" if n < 3 else "C501C103"), n
            assert rig.log == []
        assert rig.ask(tohex(octets) + "00") == "C501C103"
    rig.play(
        (
            ("C101C1000F0000280000", "C501C103"),
            ("C101C1" + THING + "0200 07", "C501C103"),
            ("C101C1" + THING + "0202 1101", "C501C103"),
            (READ, ABC),
        )
    )
    assert rig.log == []


def test_unknown_choice():
    Rig().open().play(
        (
            ("C106C1000F0000280000FF010009060000280000FF", "C501C103"),
            ("C100C1" + THING + "0200 1101", "C501C103"),
            ("C1C1" + THING + "0200 1101", "C5010003"),
            ("C001C1000F0000280000FF0100", "C401C10009060000280000FF"),
        )
    )


def test_nesting():
    """As deep as the limit is taken, deeper refused as a type that no attribute has, however deep."""
    rig = Rig().open()
    limit = Limits.NESTING
    for depth in (1, limit - 1):
        value = "0101" * depth + "00"
        assert rig.ask("C101C1" + THING + "0200" + value) == "C501C100"
        assert rig.ask(READ) == "C401C100" + value
    for depth in (limit, limit + 1, 100, 480):
        for head in ("0101", "0201"):
            assert rig.ask("C101C1" + THING + "0200" + head * depth + "00") == "C501C10C"
    assert rig.ask("C101C1" + THING + "0200 13" + "0201" * 40 + "1100") == "C501C10C"


def test_longer_lengths():
    """Lengths in any form are taken; what is kept and answered has the shortest."""
    rig = Rig().open()
    rig.play(
        (
            ("C101C1" + THING + "0200 098103616264", "C501C100"),
            (READ, "C401C100 0903616264"),
            ("C101C1" + THING + "0200 0182000209840000000141 0202 120001 0980", "C501C103"),
            ("C101C1" + THING + "0200 0182000209840000000141 028102 120001 04810380", "C501C100"),
            (READ, "C401C100 0102 090141 0202 120001 040380"),
            ("C104C1 02" + THING + "0200" + PAIR + "0300 02 09820001 42 120009", "C505C1 02 00 00"),
            (READ, "C401C100 090142"),
            ("C001C1" + PAIR + "0300", "C401C100 120009"),
            ("C102C1" + THING + "0200 01 00000001 820005 0982000143", "C503C1 00 00000001"),
            (READ, "C401C100 090143"),
            ("C101C1" + PAIR + "0000 028105 00 1101 120002 00 00", "C501C100"),
            ("C001C1" + PAIR + "0200", "C401C1001101"),
            ("C301C1" + THING + "02 01 09820001 44", "C701C100 0100 090144"),
            ("C303C1 01" + THING + "02 01 09820001 45", "C703C101 00 0100 090145"),
        )
    )


def test_list():
    rig = Rig().open()
    rig.play(
        (
            (
                "C104C1 02" + THING + "0200" + PAIR + "0300 02 09024142 12ABCD",
                "C505C1 02 00 00",
            ),
            (READ, "C401C100 09024142"),
            ("C001C1" + PAIR + "0300", "C401C100 12ABCD"),
            # each for itself
            (
                "C104C1 05" + UNKNOWN + "0200" + THING + "0200" + THING + "0100" + WRONG_CLASS + "0200" + THING + "0200"
                "05 1101 0301 1101 1101 1107",
                "C505C1 05 04 0C 03 09 00",
            ),
            (READ, "C401C100 1107"),
            # in order: the later one stays
            ("C104C1 02" + THING + "0200" + THING + "0200 02 1101 1102", "C505C1 02 00 00"),
            (READ, "C401C100 1102"),
            ("C104C1 8101" + THING + "0200 8101 1103", "C505C1 01 00"),
            (READ, "C401C100 1103"),
        )
    )
    assert rig.log == ["set 09024142", "set 1107", "set 1101", "set 1102", "set 1103"]


def test_list_malformed():
    """Numbers that differ, and whatever else is wrong with a list: nothing of it is applied."""
    rig = Rig().open()
    two = "02" + THING + "0200" + THING + "0200"
    octets = unhex("C104C1" + two + "02 1101 09024142")
    for n in range(3, len(octets)):
        assert rig.ask(octets[:n]) == "C501C103", n
    for request in (
        two + "01 1101",
        two + "03 1101 1102 1103",
        two + "00",
        two + "02 1101 1102 00",
        two + "02 1101 07",
        two + "02 1101" + "0101" * 20 + "00",
        two + "84FFFFFFFF 1101 1102",
        "84FFFFFFFF" + THING + "0200 01 1101",
        "03" + THING + "0200" + THING + "0200 02 1101 1102",
    ):
        assert rig.ask("C104C1" + request) == "C501C103", request
    assert rig.log == []
    assert rig.ask(READ) == ABC


def test_list_limit():
    rig = Rig().open()
    assert rig.ask("C104C1 08" + (THING + "0200") * 8 + "08" + "1101" * 8) == "C505C108" + "00" * 8
    del rig.log[:]
    assert rig.ask("C104C1 09" + (THING + "0200") * 9 + "09" + "1101" * 9) == "D80104"
    assert rig.log == []
    # eight results just fit the client
    rig = Rig().open(12)
    assert rig.ask("C104C1 08" + (THING + "0200") * 8 + "08" + "1101" * 8) == "C505C108" + "00" * 8
    del rig.log[:]
    # the answer to the last block has its number too; what does not fit is
    # refused before anything is applied
    first = "C105C1 05" + (THING + "0200") * 5 + "01 00000001 0B 05" + "1101" * 5
    assert rig.ask(first) == "D80104"
    assert rig.log == []
    assert rig.server.transfers.free == 3
    assert rig.ask("C001C1" + THING + "0300") == "C401C1001103"


def test_list_not_negotiated():
    rig = Rig().open(conformance=ALL & ~0x200)
    assert rig.ask("C104C1 01" + THING + "0200 01 1101") == "D80102"
    assert rig.ask("C105C1 01" + THING + "0200 01 00000001 03 01 1101") == "D80102"
    rig = Rig().open(conformance=ALL & ~0x8000)
    assert rig.ask("C104C1 02" + THING + "0200" + PAIR + "0000 02 1101 0200") == "D80102"
    assert rig.log == []


def test_blocks():
    rig = Rig().open()
    rig.play(
        (
            ("C102C1" + THING + "0200 00 00000001 02 0905", "C502C1 00000001"),
            (  # an empty one counts as well
                "C103C1 00 00000002 00",
                "C502C1 00000002",
            ),
            ("C10341 00 00000003 03 414243", "C50241 00000003"),
        )
    )
    assert rig.log == []
    rig.play(
        (
            ("C103C1 01 00000004 02 4445", "C503C1 00 00000004"),
            (READ, "C401C100 0905 4142434445"),
            # all in one block, its length in long form
            ("C102C1" + THING + "0200 01 00000001 8102 1107", "C503C1 00 00000001"),
            (READ, "C401C100 1107"),
            # the value is looked at when it is whole
            ("C102C1" + THING + "0200 00 00000001 01 03", "C502C1 00000001"),
            ("C103C1 01 00000002 01 01", "C503C1 0C 00000002"),
            ("C102C1" + UNKNOWN + "0200 00 00000001 01 11", "C502C1 00000001"),
            ("C103C1 01 00000002 01 01", "C503C1 04 00000002"),
            # not well-formed, cut short, trailing octets
            ("C102C1" + THING + "0200 00 00000001 02 0905", "C502C1 00000001"),
            ("C103C1 01 00000002 02 4142", "C503C1 03 00000002"),
            ("C102C1" + THING + "0200 01 00000001 03 110700", "C503C1 03 00000001"),
            ("C102C1" + THING + "0200 01 00000001 00", "C503C1 03 00000001"),
            (READ, "C401C100 1107"),
        )
    )
    assert rig.server.transfers.free == 3


def test_blocks_of_every_size():
    value = "0982012C" + "".join([f"{i & 255:02X}" for i in range(300)])
    for size in list(range(1, 8)) + [63, 64, 65, 127, 128, 129, 255, 256, 303, 304]:
        rig = Rig().open(64)
        number = 1
        for at in range(0, 304, size):
            raw = value[2 * at : 2 * (at + size)]
            last = "01" if at + size >= 304 else "00"
            n = len(raw) // 2
            length = f"{n:02X}" if n < 128 else f"81{n:02X}" if n < 256 else f"82{n:04X}"
            head = "C102C1" + THING + "0200" if number == 1 else "C103C1"
            answer = rig.ask(head + last + f"{number:08X}" + length + raw)
            assert answer == (f"C503C100{number:08X}" if last == "01" else f"C502C1{number:08X}")
            number += 1
        assert rig.log == ["set " + value]
        assert rig.server.transfers.free == 3


def test_wrong_block_number():
    first = "C102C1" + THING + "0200 00 00000001 02 0905"
    for number in (0, 1, 3, 0x10000002, 0xFFFFFFFF):
        for last in ("00", "01"):
            rig = Rig().open()
            rig.ask(first)
            assert rig.ask(f"C103C1{last}{number:08X}054142434445") == f"C503C113{number:08X}"
            # the transfer is over, and nothing was applied
            assert rig.ask("C103C1 01 00000002 05 4142434445") == "C503C11200000002"
            assert rig.ask(READ) == ABC
            assert rig.server.transfers.free == 3
    rig = Rig().open()
    for number in (0, 2, 0xFFFFFFFF):
        assert rig.ask(f"C102C1{THING}0200 00{number:08X}020905") == f"C503C113{number:08X}"
        assert rig.server.transfers.free == 3
    # a block repeated
    rig.ask(first)
    rig.ask("C103C1 00 00000002 01 41")
    assert rig.ask("C103C1 00 00000002 01 41") == "C503C11300000002"
    assert rig.log == []


def test_raw_length():
    """A block whose raw data are not as long as it says ends the transfer with 0E; one
    cut short before that is malformed.
    """
    short = ("00 00000002 05", "00 00000002 05 414243")
    for block in short + ("01 00000002 05 4142434400 00", "01 00000002 80 41", "00 00000002 84FFFFFFFF 41"):
        rig = Rig().open()
        rig.ask("C102C1" + THING + "0200 00 00000001 02 0905")
        assert rig.ask("C103C1" + block) == "C503C10E00000002", block
        assert rig.ask("C103C1 01 00000002 05 4142434445") == "C503C11200000002"
        assert rig.ask("C102C1" + THING + "0200" + block.replace("00000002", "00000001")) == "C503C10E00000001"
        assert rig.server.transfers.free == 3
    for block in ("", "00", "01 000000"):
        rig = Rig().open()
        rig.ask("C102C1" + THING + "0200 00 00000001 02 0905")
        assert rig.ask("C103C1" + block) == "C501C103"
        assert rig.ask("C103C1 01 00000002 05 4142434445") == "C503C11200000002"
        assert rig.ask("C102C1" + THING + "0200" + block) == "C501C103"
        assert rig.server.transfers.free == 3
        assert rig.log == []


def test_block_without_a_transfer():
    rig = Rig().open(64)
    for number in ("00000001", "00000002", "FFFFFFFF"):
        assert rig.ask("C103C1 00" + number + "01 11") == "C503C112" + number
    # a long GET is none
    assert rig.ask("C001C1" + LIST + "0200")[:6] == "C402C1"
    assert rig.ask("C103C1 01 00000002 01 11") == "C503C11200000002"


def test_longer_than_the_buffer():
    """More than the buffer takes (600 octets with the descriptor) ends
    with 0E; the next one is taken.
    """
    rig = Rig().open()
    number = 1
    answer = ""
    total = 10
    while total + 50 <= Limits.REASSEMBLY:
        head = "C102C1" + THING + "0200" if number == 1 else "C103C1"
        answer = rig.ask(f"{head}00{number:08X}32" + "55" * 50)
        assert answer == f"C502C1{number:08X}"
        number += 1
        total += 50
    assert rig.ask(f"C103C100{number:08X}32" + "55" * 50) == f"C503C10E{number:08X}"
    assert rig.ask(f"C103C101{number:08X}0155") == f"C503C112{number:08X}"
    assert rig.server.transfers.free == 3
    # a first block that is too long for it alone
    assert rig.ask("C102C1" + THING + "0200 00 00000001 8202BC" + "55" * 700) == "C503C10E00000001"
    # as long as can be
    value = "0982024A" + "66" * 586
    assert rig.ask("C102C1" + THING + "0200 01 00000001 82024E" + value) == "C503C10000000001"
    assert rig.log == ["set " + value]
    assert rig.ask("C102C1" + THING + "0200 01 00000001 82024F" + "0982024B" + "66" * 587) == "C503C10E00000001"
    assert rig.server.transfers.free == 3


def test_another_request_ends_the_transfer():
    for request, answer in (
        (READ, ABC),
        ("C002C100000001", "C402C101000000010110"),
        ("C101C1" + THING + "0100 1105", "C501C103"),
        ("C104C1 00 00", "C505C100"),
        ("C301C1" + PAIR + "0100", "C701C10C00"),
        ("C306C1 01 00000001 00", "C701C11000"),
        ("FA", "D80102"),
    ):
        rig = Rig().open()
        assert rig.ask("C102C1" + THING + "0200 00 00000001 02 0905") == "C502C100000001"
        assert rig.ask(request) == answer.replace(" ", ""), request
        assert rig.server.transfers.free == 3, request
        assert rig.ask("C103C1 01 00000002 05 4142434445") == "C503C11200000002", request
        assert rig.log == []
    # a first block begins anew
    rig = Rig().open()
    rig.ask("C102C1" + THING + "0200 00 00000001 02 0905")
    rig.ask("C102C1" + THING + "0200 00 00000001 01 11")
    assert rig.ask("C103C1 01 00000002 01 07") == "C503C10000000002"
    assert rig.log == ["set 1107"]
    assert rig.server.transfers.free == 3


def test_blocks_not_negotiated():
    rig = Rig().open(conformance=ALL & ~0x800)
    assert rig.ask("C102C1" + THING + "0200 01 00000001 02 1101") == "D80102"
    assert rig.ask("C105C1 01" + THING + "0200 01 00000001 03 01 1101") == "D80102"
    assert rig.log == []


def test_list_in_blocks():
    rig = Rig().open()
    first = "C105C1 03" + THING + "0200" + UNKNOWN + "0200" + PAIR + "0300"
    rig.play(
        (
            (first + "00 00000001 04 03 0903 41", "C502C1 00000001"),
            ("C103C1 00 00000002 04 4243 1101", "C502C1 00000002"),
            ("C103C1 01 00000003 03 12ABCD", "C504C1 03 00 04 00 00000003"),
            (READ, "C401C100 0903414243"),
            ("C001C1" + PAIR + "0300", "C401C100 12ABCD"),
            (first + "01 00000001 08 03 1101 1101 121111", "C504C1 03 00 04 00 00000001"),
            # a wrong number
            (first + "00 00000001 01 03", "C502C1 00000001"),
            ("C103C1 01 00000003 03 1101 00", "C503C1 13 00000003"),
        )
    )
    assert rig.server.transfers.free == 3


def test_list_in_blocks_malformed():
    """As many values as descriptors, all well-formed, or nothing is applied."""
    for raw in ("02 1101", "01 1101", "03 1101 1102 1103", "02 1101 1102 00", "02 1101 07", "", "84FFFFFFFF"):
        octets = unhex(raw)
        rig = Rig().open()
        rig.ask("C105C1 02" + THING + "0200" + THING + "0200 00 00000001 00")
        got = rig.ask(f"C103C1 01 00000002 {len(octets):02X}" + raw)
        assert got == "C501C103", raw
        assert rig.log == []
        assert rig.server.transfers.free == 3
    rig = Rig().open()
    octets = unhex("C105C1 02" + THING + "0200" + THING + "0200 01 00000001 05 02 1101 1102")
    for n in range(3, len(octets)):
        assert rig.ask(octets[:n])[:6] in ("C501C1", "C503C1")
        assert rig.log == []
    assert rig.ask("C105C1 09" + (THING + "0200") * 9 + "00 00000001 00") == "D80104"
    assert rig.server.transfers.free == 3


def test_attribute_0():
    """A structure of all attributes, null-data where one stays: all of them or none."""
    rig = Rig().open()
    whole = "C001C1" + PAIR + "0000"
    rig.play(
        (
            ("C101C1" + PAIR + "0000 0205 00 1101 120002 00 00", "C501C100"),
            (whole, "C401C100 0204 09060000010000FF 1101 120002 1601"),
            ("C101C1" + PAIR + "0000 0205 00 00 120003 00 00", "C501C100"),
            (whole, "C401C100 0204 09060000010000FF 1101 120003 1601"),
            # the second is wrong, or may not be written: the first stays too
            ("C101C1" + PAIR + "0000 0205 00 1109 1109 00 00", "C501C10C"),
            ("C101C1" + PAIR + "0000 0205 00 1109 120009 00 1601", "C501C103"),
            ("C101C1" + PAIR + "0000 0205 0906000001000000 1109 120009 00 00", "C501C103"),
            ("C101C1" + PAIR + "0000 0204 00 1109 120009 00", "C501C10C"),
            ("C101C1" + PAIR + "0000 0105 00 1109 120009 00 00", "C501C10C"),
            ("C101C1" + PAIR + "0000 1109", "C501C10C"),
            ("C101C1" + PAIR + "0000 0205 00 1109 120009 00", "C501C103"),
            (whole, "C401C100 0204 09060000010000FF 1101 120003 1601"),
            # in blocks, and in a list
            ("C102C1" + PAIR + "0000 00 00000001 05 0205 00 1102", "C502C1 00000001"),
            ("C103C1 01 00000002 05 120005 00 00", "C503C1 00 00000002"),
            ("C104C1 02" + PAIR + "0000" + PAIR + "0200 02 0205 00 1103 00 00 00 1109", "C505C1 02 00 00"),
            (whole, "C401C100 0204 09060000010000FF 1109 120005 1601"),
        )
    )


def test_attribute_0_not_negotiated():
    rig = Rig().open(conformance=ALL & ~0x8000)
    assert rig.ask("C101C1" + PAIR + "0000 0205 00 1101 120002 00 00") == "D80102"
    assert rig.ask("C102C1" + PAIR + "0000 01 00000001 0A 0205 00 1101 120002 00 00") == "D80102"
    assert rig.ask("C001C1" + PAIR + "0200") == "C401C1001107"


def test_unconfirmed():
    """Done and not answered."""
    rig = Rig().open()
    for request, logged in (
        ("C10101" + THING + "0200 1101", ["set 1101"]),
        ("C10181" + THING + "0200 1102", ["set 1102"]),
        ("C10401 01" + THING + "0200 01 1103", ["set 1103"]),
        ("C10201" + THING + "0200 01 00000001 02 1104", ["set 1104"]),
        ("C10101" + THING + "0200 0301", []),
        ("C10101" + UNKNOWN + "0200 1101", []),
        ("C10101" + THING + "0200", []),
        ("C10301 01 00000002 01 00", []),
        ("C10101" + FAULTY + "0200 1101", []),
    ):
        del rig.log[:]
        assert rig.ask(request) == "", request
        assert rig.log == logged, request
    assert rig.ask(READ) == "C401C1001104"


def test_selection():
    """No attribute that is written has a selector here."""
    rig = Rig().open()
    assert rig.ask("C101C1" + THING + "0201 01 00 1101") == "C501C10C"
    rig = Rig().open(conformance=ALL & ~0x4)
    assert rig.ask("C101C1" + THING + "0201 01 00 1101") == "D80102"
    assert rig.ask("C102C1" + THING + "0201 01 00 01 00000001 02 1101") == "D80102"
    assert rig.log == []
