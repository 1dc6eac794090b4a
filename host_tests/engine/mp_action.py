"""The ACTION service in every variant, octet for octet, on a server without a meter."""

from rig import ALL, FAULTY, HIDDEN, LIST, PAIR, THING, Limits, Rig, blocks, tohex, unhex

UNKNOWN = "0001 0000600900FF"
WRONG_CLASS = "0003 0000600100FF"
DONE = "act 1 "

REQ = {
    "test_normal": ("D-33", "D-01", "D-04"),
    "test_refusals": ("D-31", "D-11"),
    "test_refusals_for_the_conformance_client": ("D-11",),
    "test_malformed": ("D-94", "D-93"),
    "test_nesting": ("D-100",),
    "test_list*": ("D-34",),
    "test_blocks_in": ("D-30", "D-32"),
    "test_blocks_in_of_every_size": ("D-32",),
    "test_wrong_block_number": ("D-32",),
    "test_longer_than_the_buffer": ("D-32",),
    "test_blocks_out": ("D-33", "C-38"),
    "test_blocks_out_wrong_number": ("D-32",),
    "test_blocks_both_ways": ("D-33",),
    "test_blocks_not_negotiated": ("D-90", "D-33"),
    "test_another_request_ends_the_transfer": ("D-32",),
    "test_list_not_negotiated": ("D-90",),
    "test_unconfirmed": ("B-09", "D-99"),
}


def text(n):
    """What method 5 returns."""
    size = f"{n:02X}" if n < 128 else f"81{n:02X}" if n < 256 else f"82{n:04X}"
    return "09" + size + tohex(bytes([65 + i % 26 for i in range(n)]))


def test_normal():
    rig = Rig().open()
    rig.play(
        (
            ("C301C1" + THING + "01 00", "C701C1 00 00"),
            ("C301C2" + THING + "01 01 0F00", "C701C2 00 00"),
            # null-data is a parameter like any other
            ("C301C1" + THING + "01 01 00", "C701C1 00 00"),
            # with return parameters
            ("C301C1" + THING + "02 01 0202 1101 0902 4142", "C701C1 00 01 00 0202 1101 0902 4142"),
            ("C301C1" + THING + "05 01 12012C", "C701C1 00 01 00" + text(300)),
        )
    )
    assert rig.log[:3] == [DONE, "act 1 0F00", "act 1 00"]
    # in both directions every octet of the worked layout: mechanism answer of 17 octets
    mac = "0911 10 00000001 1A52FE7DD3E72748973C1E28"
    rig.play((("C301C1" + THING + "02 01" + mac, "C701C1 00 01 00" + mac),))


def refusals(wanted, **config):
    rig = Rig(**config).open()
    for request, code in wanted:
        assert rig.ask("C301C1" + request) == "C701C1" + code + "00", request
    assert [line for line in rig.log if line[:5] != "act 3"] == []


def test_refusals():
    refusals(
        (
            (THING + "03 00", "03"),
            (THING + "04 00", "03"),
            (THING + "06 00", "0C"),
            (THING + "00 00", "0C"),
            (THING + "FF 00", "0C"),
            (PAIR + "01 00", "0C"),
            (UNKNOWN + "01 00", "04"),
            (HIDDEN + "01 00", "04"),
            (WRONG_CLASS + "01 00", "09"),
            (FAULTY + "01 00", "01"),
        )
    )


def test_refusals_for_the_conformance_client():
    refusals(
        (
            (UNKNOWN + "01 00", "04"),
            (WRONG_CLASS + "01 00", "03"),
            (THING + "06 00", "03"),
        ),
        ctt=True,
    )


def test_malformed():
    rig = Rig().open()
    octets = unhex("C301C1" + THING + "01 01 0902 4142")
    for n in range(1, len(octets)):
        assert rig.ask(octets[:n]) == ("D80102" if n < 3 else "C701C1FA00"), n
    for request in (
        "C301C1" + THING + "01 00 00",
        "C301C1" + THING + "01 02 1101",
        "C301C1" + THING + "01 01 0902 4142 00",
        "C301C1" + THING + "01 01 07",
        "C307C1" + THING + "01 00",
        "C300C1" + THING + "01 00",
        "C302C1 000000",
        "C302C1 00000001 00",
    ):
        assert rig.ask(request) == "C701C1FA00", request
    assert rig.ask("C3C1" + THING + "01 00") == "C7010" + "0FA00"
    assert rig.log == []
    assert rig.ask("C301C1" + THING + "01 00") == "C701C10000"


def test_nesting():
    rig = Rig().open()
    deepest = "0101" * (Limits.NESTING - 1) + "00"
    assert rig.ask("C301C1" + THING + "02 01" + deepest) == "C701C1000100" + deepest
    for depth in (Limits.NESTING, 100, 480):
        assert rig.ask("C301C1" + THING + "01 01" + "0201" * depth + "00") == "C701C10C00"


def test_list():
    """In order, a result for each, and one that fails does not stop the others."""
    rig = Rig().open()
    rig.play(
        (
            (
                "C303C1 06"
                + THING
                + "02"
                + THING
                + "03"
                + UNKNOWN
                + "01"
                + WRONG_CLASS
                + "01"
                + THING
                + "06"
                + THING
                + "01"
                "06 1105 00 00 00 00 1201FF",
                "C703C1 06 00 01 00 1105 03 00 04 00 09 00 0C 00 00 00",
            ),
            ("C303C1 8101" + THING + "01 8101 00", "C703C1 01 00 00"),
            ("C303C1 00 00", "C703C1 00"),
        )
    )
    assert rig.log == ["act 2 1105", "act 3 ", "act 1 1201FF", "act 1 "]


def test_list_malformed():
    rig = Rig().open()
    two = "02" + THING + "01" + THING + "01"
    octets = unhex("C303C1" + two + "02 1101 09024142")
    for n in range(3, len(octets)):
        assert rig.ask(octets[:n]) == "C701C1FA00", n
    for request in (
        two + "01 1101",
        two + "03 00 00 00",
        two + "02 00 00 00",
        two + "02 00 07",
        "84FFFFFFFF" + THING,
        two + "80 00 00",
    ):
        assert rig.ask("C303C1" + request) == "C701C1FA00", request
    assert rig.ask("C303C1 09" + (THING + "01") * 9 + "09" + "00" * 9) == "D80104"
    assert rig.log == []


def test_list_in_blocks():
    """What the methods of a list return goes in blocks where it is longer than the client takes."""
    request = "C303C1 03" + THING + "05" + THING + "03" + THING + "05" + "03 120064 00 120096"
    wanted = "03 000100" + text(100) + "0300 000100" + text(150)
    wanted = wanted.replace(" ", "")
    assert Rig().open().ask(request) == "C703C1" + wanted
    for pdu in (12, 13, 64, 128, 200):
        rig = Rig().open(pdu)
        raw, answers = blocks(rig, request, "C302C1{:08X}", limit=pdu, head=16)
        assert raw == wanted, pdu
        assert answers[0][:6] == "C702C1"
        assert rig.server.transfers.free == 3
        assert len(rig.log) == 3


def test_list_returns_more_than_an_element():
    """Each return value may be as long as an element; together they are far longer."""
    one = text(500)
    request = "C303C1 08" + (THING + "05") * 8 + "08" + "1201F4" * 8
    for pdu in (64, 0xFFFF):
        rig = Rig().open(pdu)
        answer = rig.ask(request)
        # the first is there whole; of the others at least the result, and no more than there is
        raw = answer[6:]
        if answer[:4] == "C702":
            number = 1
            raw = ""
            while True:
                octets = unhex(answer[16:])
                raw += tohex(octets[1 if octets[0] < 128 else 2 if octets[0] == 0x81 else 3 :])
                if answer[6:8] == "01":
                    break
                answer = rig.ask(f"C302C1{number:08X}")
                number += 1
        assert raw[:2] == "08"
        raw = raw[2:]
        whole = 0
        for _ in range(8):
            assert raw[:4] == "0001"
            if raw[4:6] == "00":
                assert raw[6:].startswith(one)
                raw = raw[6 + len(one) :]
                whole += 1
            else:
                # the method was invoked, its return value is not available
                assert raw[4:8] == "010E"
                raw = raw[8:]
        assert raw == ""
        assert whole >= 1
        assert len(rig.log) == 8


def test_blocks_in():
    rig = Rig().open()
    rig.play(
        (
            ("C304C1" + THING + "02 00 00000001 02 0903", "C704C1 00000001"),
            ("C30641 00 00000002 00", "C70441 00000002"),
            ("C306C1 01 00000003 03 616263", "C701C1 00 01 00 0903616263"),
            ("C304C1" + THING + "01 01 00000001 02 1105", "C701C1 00 00"),
            # no parameter at all
            ("C304C1" + THING + "01 01 00000001 00", "C701C1 00 00"),
            ("C304C1" + THING + "03 01 00000001 01 00", "C701C1 03 00"),
            ("C304C1" + UNKNOWN + "03 01 00000001 01 00", "C701C1 04 00"),
            ("C304C1" + THING + "01 01 00000001 03 110500", "C701C1 FA 00"),
            ("C304C1" + THING + "01 01 00000001 01 09", "C701C1 FA 00"),
            ("C306C1 01 00000002 01 00", "C701C1 10 00"),
        )
    )
    assert rig.log == ["act 2 0903616263", "act 1 1105", "act 1 ", "act 3 00"]
    assert rig.server.transfers.free == 3


def test_blocks_in_of_every_size():
    value = text(300)
    for size in list(range(1, 6)) + [64, 127, 128, 129, 255, 256, 303, 304]:
        rig = Rig().open()
        number = 1
        for at in range(0, 304, size):
            raw = value[2 * at : 2 * (at + size)]
            last = "01" if at + size >= 304 else "00"
            n = len(raw) // 2
            length = f"{n:02X}" if n < 128 else f"81{n:02X}" if n < 256 else f"82{n:04X}"
            head = "C304C1" + THING + "01" if number == 1 else "C306C1"
            answer = rig.ask(head + last + f"{number:08X}" + length + raw)
            assert answer == ("C701C10000" if last == "01" else f"C704C1{number:08X}")
            number += 1
        assert rig.log == ["act 1 " + value]
        assert rig.server.transfers.free == 3


def test_wrong_block_number():
    for number in (0, 1, 3, 0x10000002, 0xFFFFFFFF):
        rig = Rig().open()
        rig.ask("C304C1" + THING + "01 00 00000001 02 0903")
        assert rig.ask(f"C306C1 01{number:08X} 03 616263") == "C701C10F00"
        assert rig.ask("C306C1 01 00000002 03 616263") == "C701C11000"
        assert rig.server.transfers.free == 3
        assert rig.log == []
    rig = Rig().open()
    assert rig.ask("C304C1" + THING + "01 00 00000002 02 0903") == "C701C10F00"
    assert rig.server.transfers.free == 3
    # a block that is not as long as it says
    for block in ("01 00000002 05 616263", "02 00000002 03 616263", "01 0000"):
        rig.ask("C304C1" + THING + "01 00 00000001 02 0903")
        assert rig.ask("C306C1" + block) == "C701C1FA00"
        assert rig.ask("C306C1 01 00000002 03 616263") == "C701C11000"
        assert rig.ask("C304C1" + THING + "01" + block) == "C701C1FA00"
    assert rig.log == []


def test_longer_than_the_buffer():
    rig = Rig().open()
    number = 1
    total = 9
    while total + 50 <= Limits.REASSEMBLY:
        head = "C304C1" + THING + "01" if number == 1 else "C306C1"
        assert rig.ask(f"{head}00{number:08X}32" + "55" * 50) == f"C704C1{number:08X}"
        number += 1
        total += 50
    assert rig.ask(f"C306C100{number:08X}32" + "55" * 50) == "C701C10E00"
    assert rig.ask(f"C306C101{number:08X}0155") == "C701C11000"
    assert rig.ask("C304C1" + THING + "01 00 00000001 8202BC" + "55" * 700) == "C701C10E00"
    assert rig.server.transfers.free == 3
    assert rig.log == []
    assert rig.ask("C301C1" + THING + "01 00") == "C701C10000"


def test_blocks_out():
    """Return data of any length at any client PDU size; the method is invoked once."""
    for pdu in list(range(12, 24)) + [
        63,
        64,
        65,
        127,
        128,
        129,
        136,
        137,
        138,
        139,
        140,
        255,
        256,
        264,
        265,
        266,
        300,
        0,
    ]:
        room = pdu or 1024
        for n in sorted(
            {0, 1, 5, 121, 122, 127, 128, 250, 256, 300, max(0, min(300, room - 8)), max(0, min(300, room - 7))}
        ):
            rig = Rig().open(pdu)
            raw, answers = blocks(rig, "C301C1" + THING + f"05 01 12{n:04X}", "C302C1{:08X}", limit=room, head=16)
            if 6 + len(text(n)) // 2 <= room:
                assert answers == ["C701C1000100" + text(n)], (pdu, n)
            else:
                assert raw == text(n), (pdu, n)
            assert len(rig.log) == 1
            assert rig.server.transfers.free == 3


def test_blocks_out_wrong_number():
    for number in (0, 2, 0x80000001, 0xFFFFFFFF):
        rig = Rig().open(64)
        assert rig.ask("C301C1" + THING + "05 01 120080")[:16] == "C702C10000000001"
        assert rig.ask(f"C302C1{number:08X}") == "C701C10F00"
        assert rig.ask("C302C100000001") == "C701C11000"
        assert rig.server.transfers.free == 3


def test_blocks_both_ways():
    """A parameter that comes in blocks, a list of them too, and an answer that goes in blocks."""
    rig = Rig().open(64)
    value = text(200)
    for part, number in ((value[:200], 1), (value[200:300], 2)):
        head = "C304C1" + THING + "02" if number == 1 else "C306C1"
        assert rig.ask(f"{head} 00{number:08X}{len(part) // 2:02X}" + part) == f"C704C1{number:08X}"
    part = value[300:]
    raw, _ = blocks(rig, f"C306C1 01 00000003 {len(part) // 2:02X}" + part, "C302C1{:08X}", limit=64, head=16)
    assert raw == value
    assert rig.server.transfers.free == 3
    first = "C305C1 03" + THING + "02" + THING + "03" + THING + "05"
    assert rig.ask(first + "00 00000001 03 03 0904") == "C704C100000001"
    assert rig.ask("C306C1 00 00000002 04 61626364") == "C704C100000002"
    raw, _ = blocks(rig, "C306C1 01 00000003 04 00 120064", "C302C1{:08X}", limit=64, head=16)
    assert raw == "03 000100 090461626364 0300 000100".replace(" ", "") + text(100)
    assert rig.log[-3:] == ["act 2 090461626364", "act 3 ", "act 5 120064"]
    assert rig.server.transfers.free == 3
    # the numbers of methods and parameters differ
    assert rig.ask(first + "01 00000001 03 02 00 00") == "C701C1FA00"
    assert len(rig.log) == 4


def test_blocks_not_negotiated():
    rig = Rig().open(64, ALL & ~0x400)
    assert rig.ask("C301C1" + THING + "05 01 120080") == "C701C10E00"
    assert rig.ask("C304C1" + THING + "01 01 00000001 00") == "D80102"
    assert rig.ask("C305C1 01" + THING + "01 01 00000001 02 01 00") == "D80102"
    assert rig.ask("C301C1" + THING + "05 01 120005") == "C701C1000100" + text(5)
    assert rig.server.transfers.free == 3


def test_another_request_ends_the_transfer():
    for request, answer in (
        ("C001C1" + THING + "0200", "C401C1000903616263"),
        ("C002C100000001", "C402C101000000010110"),
        ("C101C1" + THING + "0100 1105", "C501C103"),
        ("C103C1 01 00000002 00", "C503C11200000002"),
        ("C301C1" + THING + "0300", "C701C10300"),
        ("FA", "D80102"),
    ):
        for begin, follow in (
            ("C304C1" + THING + "01 00 00000001 02 0903", "C306C1 01 00000002 03 616263"),
            ("C301C1" + THING + "05 01 120080", "C302C100000001"),
        ):
            rig = Rig().open(64)
            rig.ask(begin)
            assert rig.server.transfers.free == 2
            assert rig.ask(request) == answer.replace(" ", ""), request
            assert rig.server.transfers.free == 3, request
            assert rig.ask(follow) == "C701C11000", request
    # the answer's blocks asked for while the parameter's are still coming, and the other way round
    rig = Rig().open(64)
    rig.ask("C304C1" + THING + "01 00 00000001 02 0903")
    assert rig.ask("C302C100000001") == "C701C11000"
    rig.ask("C301C1" + THING + "05 01 120080")
    assert rig.ask("C306C1 01 00000002 03 616263") == "C701C11000"
    assert rig.server.transfers.free == 3


def test_list_not_negotiated():
    rig = Rig().open(conformance=ALL & ~0x200)
    assert rig.ask("C303C1 01" + THING + "01 01 00") == "D80102"
    assert rig.ask("C305C1 01" + THING + "01 01 00000001 02 01 00") == "D80102"
    assert rig.log == []


def test_unconfirmed():
    """Done and not answered; of a long answer nothing is kept."""
    rig = Rig().open(64)
    for request, logged in (
        ("C30101" + THING + "01 00", 1),
        ("C30181" + THING + "01 01 1105", 1),
        ("C30101" + THING + "05 01 120080", 1),
        ("C30301 02" + THING + "01" + THING + "01 02 00 00", 2),
        ("C30101" + THING + "01", 0),
        ("C30101" + UNKNOWN + "01 00", 0),
        ("C30101" + FAULTY + "01 00", 0),
        ("C30201 00000001", 0),
    ):
        del rig.log[:]
        assert rig.ask(request) == "", request
        assert len(rig.log) == logged, request
        assert rig.server.transfers.free == 3, request
    assert rig.ask("C001C1" + LIST + "0300") == "C401C1001105"
