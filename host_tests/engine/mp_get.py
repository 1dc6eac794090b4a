"""The GET service in every variant, octet for octet, on a server without a meter."""

from rig import ALL, ASSOCIATION, FAULTY, HIDDEN, LIST, PAIR, SHRINKING, TEXT, THING, Rig, blocks, tohex, unhex

NUMBERS = "0164" + "".join([f"06{i:08X}" for i in range(100)])  # the long attribute
UNKNOWN = "0001 0000600900FF"
WRONG_CLASS = "0003 0000600100FF"

REQ = {
    "test_normal": ("D-01", "D-02", "D-04", "D-10"),
    "test_invoke_id_and_priority": ("D-02", "D-06"),
    "test_refusals": ("D-11", "D-112"),
    "test_refusals_for_the_conformance_client": ("D-11",),
    "test_cut_short": ("D-94",),
    "test_unknown_choice": ("D-93",),
    "test_blocks": ("D-14", "D-19", "B-19"),
    "test_wrong_block_number": ("D-15",),
    "test_next_without_a_transfer": ("D-16",),
    "test_another_request_ends_the_transfer": ("D-17",),
    "test_lost_value": ("D-17",),
    "test_blocks_not_negotiated": ("D-18",),
    "test_list*": ("D-13",),
    "test_attribute_0*": ("D-12",),
    "test_selection": ("D-05",),
    "test_selection_not_negotiated": ("D-114",),
    "test_fault_of_an_object": ("D-11",),
    "test_every_size": ("C-38", "D-14"),
}


def test_normal():
    Rig().open().play(
        (
            ("C001C1" + THING + "0200", "C401C1 00 0903616263"),
            ("C001C1" + THING + "0100", "C401C1 00 09060000600100FF"),
            ("C001C1" + ASSOCIATION + "0100", "C401C1 00 09060000280000FF"),
            ("C001C1" + ASSOCIATION + "0200", "C401C1 00 120010"),
            ("C001C1" + PAIR + "0500", "C401C1 00 1601"),
            ("C001C1" + TEXT + "0200", "C401C1 00 0982012C" + tohex(bytes([i & 255 for i in range(300)]))),
            ("C001C1" + LIST + "0200", "C401C1 00" + NUMBERS),
        )
    )


def test_invoke_id_and_priority():
    """Whatever the id and the priority: the answer repeats them, and requests are served in order."""
    rig = Rig().open()
    for iip in list(range(0x40, 0x50)) + list(range(0xC0, 0xD0)):
        for attribute in ("02", "05"):
            assert rig.ask(f"C001{iip:02X}" + PAIR + attribute + "00")[4:6] == f"{iip:02X}"
    rig = Rig().open(64)
    assert rig.ask("C00145" + LIST + "0200")[:6] == "C40245"
    # of a next block it is that of its own request
    assert rig.ask("C0024600000001")[:6] == "C40246"


def refusals(wanted, **config):
    rig = Rig(**config).open()
    for request, code in wanted:
        assert rig.ask("C001C1" + request) == "C401C101" + code, request


def test_refusals():
    refusals(
        (
            (UNKNOWN + "0200", "04"),
            (HIDDEN + "0200", "04"),
            (WRONG_CLASS + "0200", "09"),
            (THING + "0400", "0C"),
            (THING + "7F00", "0C"),
            (THING + "FF00", "0C"),
            (PAIR + "0400", "03"),
            (ASSOCIATION + "0300", "03"),
            # a selector where there is none, and an unknown one
            (THING + "0201 01 120001", "0C"),
            (LIST + "0301 01 120001", "0C"),
            (LIST + "0201 03 120001", "0C"),
            (LIST + "0201 00 120001", "0C"),
            # a selector whose parameter is of another type
            (LIST + "0201 01 1101", "0C"),
            (LIST + "0201 01 00", "0C"),
        )
    )


def test_refusals_for_the_conformance_client():
    refusals(
        (
            (UNKNOWN + "0200", "03"),
            (HIDDEN + "0200", "03"),
            (WRONG_CLASS + "0200", "03"),
            (THING + "0400", "03"),
            (PAIR + "0400", "03"),
            (LIST + "0201 03 120001", "0C"),
        ),
        ctt=True,
    )


def test_cut_short():
    rig = Rig().open(64)
    octets = unhex("C001C1" + LIST + "0201 01 120003")
    for n in range(1, len(octets)):
        # with the octet of the selection flag gone or 0 what is left would be a whole request
        assert rig.ask(octets[:n]) == ("D80102" if n < 3 else "C401C10103"), n
        assert rig.ask("C001C1" + THING + "0200") == "C401C1000903616263"
    for behind in ("00", "C001C1"):
        assert rig.ask("C001C1" + THING + "0200" + behind) == "C401C10103"
    # a selection flag that is neither 0 nor 1, a parameter that is no Data, one nested without end
    assert rig.ask("C001C1" + LIST + "0202 01 120003") == "C401C10103"
    assert rig.ask("C001C1" + LIST + "0201 01 070003") == "C401C10103"
    assert rig.ask("C001C1" + LIST + "0201 01" + "0101" * 30 + "00") == "C401C10103"
    # next, in every wrong length
    for request in ("C002C1", "C002C1000000", "C002C10000000100"):
        assert rig.ask(request) == "C401C10103"


def test_unknown_choice():
    rig = Rig().open()
    rig.play(
        (
            ("C004C1000F0000280000FF0100", "C401C10103"),
            ("C000C1000F0000280000FF0100", "C401C10103"),
            ("C0FFC1000F0000280000FF0100", "C401C10103"),
            # the choice is missing: what follows is taken for it
            ("C0C1000F0000280000FF0100", "C401000103"),
            ("C001C1000028000100", "C401C10103"),
            ("C001C1000F0000280000FF0100", "C401C10009060000280000FF"),
        )
    )


def test_blocks():
    rig = Rig().open(128)
    raw, answers = blocks(rig, "C001C1" + LIST + "0200", limit=128)
    assert raw == NUMBERS
    # as few as can be: 128 octets less a header of ten and two for the length
    assert len(answers) == 5
    assert len(answers[0]) == 2 * 128
    raw, answers = blocks(rig, "C001C1" + TEXT + "0200", limit=128)
    assert raw == "0982012C" + tohex(bytes([i & 255 for i in range(300)]))
    assert len(answers) == 3
    # nothing of a transfer that is over is left
    assert rig.ask(f"C002C1{len(answers):08X}") == f"C402C101{len(answers):08X}0110"


def test_wrong_block_number():
    for wrong in (0, 2, 3, 0x01000001, 0x80000001, 0xFFFFFFFF):
        rig = Rig().open(64)
        assert rig.ask("C001C1" + LIST + "0200")[:16] == "C402C10000000001"
        assert rig.ask(f"C002C1{wrong:08X}") == f"C402C101{wrong:08X}0113"
        # the long GET is over
        assert rig.ask("C002C100000001") == "C402C101000000010110"
        assert rig.server.transfers.free == 3
    # a block asked for again
    rig = Rig().open(64)
    rig.ask("C001C1" + LIST + "0200")
    assert rig.ask("C002C100000001")[:16] == "C402C10000000002"
    assert rig.ask("C002C100000001") == "C402C101000000010113"
    assert rig.ask("C001C1" + THING + "0200") == "C401C1000903616263"


def test_next_without_a_transfer():
    rig = Rig().open()
    for number in ("00000000", "00000001", "FFFFFFFF"):
        assert rig.ask("C002C1" + number) == "C402C101" + number + "0110"
    # a long SET is none
    assert rig.ask("C102C1" + THING + "0200 00 00000001 01 09") == "C502C100000001"
    assert rig.ask("C002C100000001") == "C402C101000000010110"


def test_another_request_ends_the_transfer():
    for request, answer in (
        ("C001C1" + THING + "0200", "C401C1000903616263"),
        ("C003C101" + THING + "0200", "C403C101000903616263"),
        ("C101C1" + THING + "0200 1105", "C501C100"),
        ("C301C1" + THING + "0100", "C701C10000"),
        ("C103C101 00000001 00", "C503C11200000001"),
        ("C302C100000001", "C701C11000"),
        ("C000C1", "C401C10103"),
        ("FA", "D80102"),
    ):
        rig = Rig().open(64)
        assert rig.ask("C001C1" + LIST + "0200")[:16] == "C402C10000000001"
        assert rig.server.transfers.free == 2
        assert rig.ask(request) == answer.replace(" ", ""), request
        assert rig.server.transfers.free == 3, request
        assert rig.ask("C002C100000001") == "C402C101000000010110", request


def test_lost_value():
    """A value that cannot be continued: what was sent stays good, the next block
    says why, and the transfer is over.
    """
    rig = Rig().open(64)
    answers = [rig.ask("C001C1" + SHRINKING + "0200")]
    while answers[-1][16:18] == "00":
        answers.append(rig.ask(f"C002C1{len(answers):08X}"))
    # 152 octets until it fails: two blocks of 54
    assert answers[2:] == ["C402C10100000002010E"]
    raw = "".join([answer[20:] for answer in answers[:-1]])
    assert raw == NUMBERS[: 2 * 2 * 54]
    assert rig.ask("C002C100000002") == "C402C101000000020110"
    # a block that ends right where it fails is not the last one either
    rig = Rig().open(48)
    answer = rig.ask("C001C1" + SHRINKING + "0200")
    for number in range(1, 4):
        assert answer[6:18] == f"00{number:08X}00"
        answer = rig.ask(f"C002C1{number:08X}")
    assert answer[6:18] == "000000000400"
    assert rig.ask("C002C100000004") == "C402C10100000004010E"
    assert rig.server.transfers.free == 3
    # in one piece there is only the reason
    assert Rig().open().ask("C001C1" + SHRINKING + "0200") == "C401C1010E"


def test_blocks_not_negotiated():
    rig = Rig().open(64, ALL & ~0x1000)
    assert rig.ask("C001C1" + LIST + "0200") == "C401C1010E"
    assert rig.ask("C003C102" + THING + "0200" + LIST + "0200") == "C401C1010E"
    assert rig.ask("C001C1" + THING + "0200") == "C401C1000903616263"
    assert rig.server.transfers.free == 3


def test_list():
    rig = Rig().open()
    rig.play(
        (
            ("C003C1 01" + THING + "0200", "C403C1 01 00 0903616263"),
            ("C003C1 02" + PAIR + "0200" + THING + "0200", "C403C1 02 00 1107 00 0903616263"),
            # each entry for itself, and in order
            (
                "C003C1 06"
                + UNKNOWN
                + "0200"
                + PAIR
                + "0200"
                + PAIR
                + "0400"  # the last may not be read
                + WRONG_CLASS
                + "0200"
                + THING
                + "0900"
                + ASSOCIATION
                + "0200",
                "C403C1 06 0104 001107 0103 0109 010C 00120010",
            ),
            # the same one twice, the first attributes of one object
            ("C003C1 03" + PAIR + "0200" + PAIR + "0200" + PAIR + "0300", "C403C1 03 001107 001107 00121234"),
            # with a selection, with attribute 0
            ("C003C1 02" + LIST + "0201 01 120002" + PAIR + "0200", "C403C1 02 00 0102 0600000200 0600000201 00 1107"),
            ("C003C1 01" + PAIR + "0000", "C403C1 01 00 0204 09060000010000FF 1107 121234 1601"),
            # the count in long form; none at all
            ("C003C1 8101" + PAIR + "0200", "C403C1 01 001107"),
            ("C003C1 00", "C403C1 00"),
        )
    )


def test_list_in_blocks():
    """The raw data are the whole sequence of results with its count, in one block or many."""
    entries = (LIST + "0200", PAIR + "0200", UNKNOWN + "0200", TEXT + "0200", LIST + "0201 02 120003", PAIR + "0400")
    text = "0982012C" + tohex(bytes([i & 255 for i in range(300)]))
    wanted = "06 00" + NUMBERS + "00 1107 0104 00" + text + "00 0103 0600000300 0600000301 0600000302 0103"
    wanted = wanted.replace(" ", "")
    for pdu in (12, 13, 64, 128, 137, 138, 139, 300, 800):
        rig = Rig().open(pdu)
        raw, _ = blocks(rig, "C003C106" + "".join(entries), limit=pdu)
        assert raw == wanted, pdu
        assert rig.server.transfers.free == 3
    assert Rig().open().ask("C003C106" + "".join(entries)) == "C403C1" + wanted


def test_list_malformed():
    rig = Rig().open()
    octets = unhex("C003C1 02" + LIST + "0201 01 120002" + PAIR + "0200")
    for n in range(3, len(octets)):
        assert rig.ask(octets[:n]) == "C401C10103", n
    assert rig.ask("C003C1 02" + LIST + "0200" + PAIR + "0200 00") == "C401C10103"
    assert rig.ask("C003C1 03" + LIST + "0200" + PAIR + "0200") == "C401C10103"
    assert rig.ask("C003C1 01" + LIST + "0200" + PAIR + "0200") == "C401C10103"
    assert rig.ask("C003C1 84FFFFFFFF" + LIST + "0200") == "C401C10103"
    assert rig.ask("C003C1 80" + LIST + "0200") == "C401C10103"
    assert rig.ask("C001C1" + THING + "0200") == "C401C1000903616263"


def test_list_limit():
    rig = Rig().open()
    assert rig.ask("C003C1 08" + (PAIR + "0200") * 8) == "C403C108" + "001107" * 8
    assert rig.ask("C003C1 09" + (PAIR + "0200") * 9) == "D80104"
    assert rig.ask("C001C1" + THING + "0200") == "C401C1000903616263"


def test_list_not_negotiated():
    rig = Rig().open(conformance=ALL & ~0x200)
    assert rig.ask("C003C1 01" + PAIR + "0200") == "D80102"
    rig = Rig().open(conformance=ALL & ~0x2000)
    assert rig.ask("C003C1 02" + PAIR + "0200" + PAIR + "0000") == "D80102"
    rig = Rig().open(conformance=ALL & ~0x4)
    assert rig.ask("C003C1 02" + PAIR + "0200" + LIST + "0201 01 120002") == "D80102"


def test_attribute_0():
    """All attributes that this client may read, in order, as a structure."""
    rig = Rig().open()
    pair = "0204 09060000010000FF 1107 121234 1601"
    whole = "0203 09060100630100FF" + NUMBERS + "1105"
    rig.play((("C001C1" + PAIR + "0000", "C401C1 00" + pair), ("C001C1" + LIST + "0000", "C401C1 00" + whole)))
    for pdu in (12, 64, 129):
        raw, _ = blocks(Rig().open(pdu), "C001C1" + LIST + "0000", limit=pdu)
        assert raw == whole.replace(" ", ""), pdu
    # of an unknown object as any other
    assert rig.ask("C001C1" + UNKNOWN + "0000") == "C401C10104"


def test_attribute_0_not_negotiated():
    rig = Rig().open(conformance=ALL & ~0x2000)
    assert rig.ask("C001C1" + PAIR + "0000") == "D80102"
    assert rig.ask("C001C1" + PAIR + "0200") == "C401C1001107"


def test_selection():
    rig = Rig().open()
    for selector in ("01", "02"):
        got = rig.ask("C001C1" + LIST + "0201" + selector + "120003")
        assert got == "C401C100 0103 0600000300 0600000301 0600000302".replace(" ", "")
    # the parameter is kept for as long as the transfer takes
    for pdu in (12, 64):
        raw, _ = blocks(Rig().open(pdu), "C001C1" + LIST + "0201 01 120042", limit=pdu)
        assert raw == "0142" + "".join([f"0600{i + 0x4200:06X}" for i in range(0x42)])
    assert rig.ask("C001C1" + LIST + "0201 01 120000") == "C401C1000100"
    # parameters with lengths longer than they have to be, alone and in a list
    for length in ("02", "8102", "820002", "8400000002"):
        wanted = "00 0102 0600000200 0600000201".replace(" ", "")
        assert rig.ask("C001C1" + LIST + "0201 01 09" + length + "0002") == "C401C1" + wanted
        entry = LIST + "0201 01 09" + length + "0002"
        assert rig.ask("C003C1 03" + entry + PAIR + "0200" + entry) == "C403C103" + wanted + "001107" + wanted


def test_selection_not_negotiated():
    rig = Rig().open(conformance=ALL & ~0x4)
    assert rig.ask("C001C1" + LIST + "0201 01 120003") == "D80102"
    assert rig.ask("C001C1" + LIST + "0300") == "C401C1001105"


def test_fault_of_an_object():
    """An object with a bug costs that one request, is logged once, and nothing else."""
    rig = Rig().open(64)
    for request in ("C001C1" + FAULTY + "0200", "C003C1 02" + THING + "0200" + FAULTY + "0200"):
        del rig.notes[:]
        assert rig.ask(request) == "C401C10101"
        assert len(rig.notes) == 1
        assert "planted" in rig.notes[0]
        assert rig.ask("C001C1" + THING + "0200") == "C401C1000903616263"
    assert rig.server.transfers.free == 3


def test_every_size():
    """At every client PDU size, each value reads identically, whatever its length is to that size."""
    text = bytes([65 + i % 26 for i in range(300)])
    sizes = list(range(12, 30)) + [
        63,
        64,
        65,
        127,
        128,
        129,
        130,
        137,
        138,
        139,
        140,
        141,
        255,
        256,
        257,
        265,
        266,
        267,
        268,
        0,
    ]
    for pdu in sizes:
        rig = Rig().open(pdu)
        room = pdu or 1024
        lengths = {0, 1, 3, 5, 120, 127, 128, 255, 256, 290, 300}
        for edge in (room - 16, room - 8, room - 7, room - 6, room - 5, room - 4, room - 3, room):
            lengths.add(max(0, min(300, edge)))
        for n in sorted(lengths):
            value = (
                b"\x09"
                + (bytes((n,)) if n < 128 else bytes((0x81, n)) if n < 256 else bytes((0x82, n >> 8, n & 255)))
                + text[:n]
            )
            rig.text.a[2] = value
            raw, answers = blocks(rig, "C001C1" + TEXT + "0200", limit=room)
            if 4 + len(value) <= room:
                assert answers == ["C401C100" + tohex(value)], (pdu, n)
            else:
                assert raw == tohex(value), (pdu, n)
        assert rig.server.transfers.free == 3
