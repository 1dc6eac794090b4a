"""The ACCESS service, octet for octet, on a server without a meter."""

from gbt_rig import ACCESS, EVERYTHING, ask, block, fetch, new
from rig import ALL, FAULTY, HIDDEN, LIST, PAIR, TEXT, THING, Rig, tohex, unhex

NUMBERS = "0164" + "".join([f"06{i:08X}" for i in range(100)])  # the long attribute
ABC = "0903616263"
UNKNOWN = "0001 0000600900FF"

REQ = {
    "test_parsed": ("D-44", "D-40"),
    "test_get_set_action": ("D-40", "D-41", "D-42"),
    "test_long_invoke_id": ("D-03",),
    "test_specifications_are_repeated": ("D-41",),
    "test_errors_*": ("D-41", "D-42"),
    "test_break_on_error": ("D-43",),
    "test_long_*": ("D-45",),
    "test_done_once": ("D-45", "D-87"),
    "test_order*": ("D-40",),
    "test_malformed": ("D-94", "D-40"),
    "test_limits": ("D-45",),
    "test_not_negotiated": ("C-37", "D-90"),
    "test_unconfirmed": ("B-09", "D-99"),
    "test_selection": ("D-40", "D-05"),
    "test_too_long_without_blocks": ("D-45",),
}


def access(specifications, data, top="40", date=""):
    """An ACCESS request: lists of specifications and of Data in hex; top octet of long-invoke-id."""
    when = f"{len(unhex(date)):02X}" + date
    return (
        "D9"
        + top
        + "000007"
        + when
        + f"{len(specifications):02X}"
        + "".join(specifications)
        + f"{len(data):02X}"
        + "".join(data)
    )


def answer(data, results, top="40", specifications=None):
    """The answer to that: results are `choice result`."""
    echo = "00" if specifications is None else "01" + f"{len(specifications):02X}" + "".join(specifications)
    octets = (
        "DA"
        + top
        + "000007"
        + "00"
        + echo
        + f"{len(data):02X}"
        + "".join(data)
        + f"{len(results):02X}"
        + "".join(results)
    )
    return [octets.replace(" ", "")]


def test_parsed():
    """The request of D-44 with its Data made whole: two attributes read,
    two of an unknown object written.
    """
    request = (
        "D940000000 00 04 01 0001 0000600100FF 02 01 0008 0000010000FF 02 02 0014 00000D0000FF 07 02 0014 "
        "00000D0000FF 08"
        "04 00 00 0101 0203 0901FF 090C07E10101FF00000000800000 090101 0100"
    )
    assert ask(new(1024), request) == [
        "DA400000000000 04 0903616263 1107 00 00 04 0100 0100 0204 0204".replace(" ", "")
    ]


def test_get_set_action():
    rig = new(1024)
    thing = THING + "02"
    got = ask(
        rig,
        access(
            ["01" + thing, "02" + thing, "01" + thing, "03" + thing, "03" + THING + "01"],
            ["00", "1105", "00", "0A0141", "00"],
        ),
    )
    assert got == answer([ABC, "00", "1105", "0A0141", "00"], ["0100", "0200", "0100", "0300", "0300"])
    assert rig.log == ["set 1105", "act 2 0A0141", "act 1 "]
    assert ask(rig, access([], [])) == answer([], [])
    # with a date-time, which is taken and not used
    assert ask(rig, access(["01" + PAIR + "02"], ["00"], date="07E50118FF0E303950FFC400")) == answer(["1107"], ["0100"])


def test_long_invoke_id():
    """The answer repeats it, flags and all."""
    rig = new(1024)
    for top in ("40", "C0", "60", "E0"):
        request = access(["01" + PAIR + "02"], ["00"], top).replace("000007", "ABCDEF")
        assert ask(rig, request) == [answer(["1107"], ["0100"], top)[0].replace("000007", "ABCDEF")]


def test_specifications_are_repeated():
    specifications = [
        "01" + PAIR + "02",
        "04" + LIST + "02 01 120001",
        "05" + THING + "02 01 1101",
        "03" + THING + "01",
    ]
    data = ["00", "00", "1107", "1109"]
    rig = new(1024)
    answers = ask(rig, access(specifications, data, "50"))
    assert answers == answer(
        ["1107", "0101 0600000100", "00", "00"], ["0100", "0100", "020C", "0300"], "50", specifications
    )
    assert rig.log == ["act 1 1109"]


def test_errors_are_told_one_by_one():
    rig = new(1024)
    cases = (
        ("01" + UNKNOWN + "02", "00", "0104"),
        ("01" + HIDDEN + "02", "00", "0104"),
        ("01" + PAIR + "04", "00", "0103"),
        ("01" + PAIR + "09", "00", "010C"),
        ("04" + PAIR + "02 01 1101", "00", "010C"),
        ("04" + LIST + "02 01 1101", "00", "010C"),
        ("02" + PAIR + "05", "1101", "0203"),
        ("02" + THING + "02", "0301", "020C"),
        ("02" + UNKNOWN + "02", "1101", "0204"),
        ("05" + THING + "02 01 1101", "1101", "020C"),
        ("03" + THING + "03", "00", "0303"),
        ("03" + THING + "04", "00", "0303"),
        ("03" + THING + "09", "00", "030C"),
        ("03" + UNKNOWN + "01", "00", "0304"),
    )
    for specification, data, result in cases:
        got = ask(rig, access([specification, "01" + PAIR + "02"], [data, "00"]))
        assert got == answer(["00", "1107"], [result, "0100"]), specification


def test_break_on_error():
    """After the first error nothing is done any more, and every further result is other-reason."""
    specifications = [
        "01" + PAIR + "02",
        "02" + PAIR + "05",
        "02" + THING + "02",
        "03" + THING + "01",
        "01" + PAIR + "02",
    ]
    data = ["00", "1101", "1105", "00", "00"]
    rig = new(1024)
    assert ask(rig, access(specifications, data, "60")) == answer(
        ["1107"] + ["00"] * 4, ["0100", "0203", "02FA", "03FA", "01FA"], "60"
    )
    # all of them plain: on the fast path
    got = ask(rig, access([specifications[0], specifications[1], specifications[0]], ["00", "1101", "00"], "60"))
    assert got == answer(["1107", "00", "00"], ["0100", "0203", "01FA"], "60")
    # with a date-time the request takes no fast path
    got = ask(rig, access(specifications, data, "60", "07E50118FF0E303950FFC400"))
    assert got == answer(["1107"] + ["00"] * 4, ["0100", "0203", "02FA", "03FA", "01FA"], "60")
    assert rig.log == []
    assert ask(rig, access(specifications, data)) == answer(
        ["1107", "00", "00", "00", "1107"], ["0100", "0203", "0200", "0300", "0100"]
    )
    assert rig.log == ["set 1105", "act 1 "]


def test_long_value():
    for pdu in (12, 64, 200):
        rig = new(pdu)
        answers = ask(rig, access(["01" + LIST + "02", "01" + PAIR + "02", "01" + LIST + "00"], ["00"] * 3))
        whole = fetch(rig, answers, 3, lose=(2, 3, 7), limit=pdu)[0]
        everything = "0203 09060100630100FF" + NUMBERS + "1105"
        assert whole == answer([NUMBERS, "1107", everything], ["0100"] * 3)[0]


def test_long_answer_that_fits_the_size():
    """It goes alone, with long values or without, as long as it does not
    outgrow the size by a single octet.
    """
    rig = new(1024)
    assert ask(rig, access(["01" + TEXT + "02"], ["00"])) == answer(
        ["0982012C" + tohex(bytes([i & 255 for i in range(300)]))], ["0100"]
    )
    assert ask(rig, access(["01" + LIST + "02"], ["00"])) == answer([NUMBERS], ["0100"])
    # after the long value something is read, written and invoked, and another long one stands
    three = "0103060000030006000003010600000302"  # it repeats its parameter in each element
    fifty = "0132" + "".join([f"06{0x3200 + i:08X}" for i in range(50)])
    selected = "04" + LIST + "02 01 12"
    specifications = [selected + "0032", "03" + THING + "02", "02" + TEXT + "02", selected + "0003", "01" + LIST + "03"]
    data = ["00", "0903414243", "1109", "00", "00"]
    wanted = answer([fifty, "0903414243", "00", three, "1105"], ["0100", "0300", "0200", "0100", "0100"])
    size = len(unhex(wanted[0]))
    for pdu in (size + 1, size, size - 1, size - 15, size - 40, 120, 64):
        rig = new(pdu)
        answers = ask(rig, access(specifications, data))
        assert (answers == wanted) == (pdu >= size), pdu
        if pdu < size:
            assert fetch(rig, answers, 1, lose=(1, 2), limit=pdu)[0] == wanted[0], pdu
        assert rig.log == ["act 2 0903414243", "set 1109"], "done once"


def test_long_answer_to_a_request_in_blocks():
    rig = new(64)
    octets = tohex(unhex(access(["02" + TEXT + "02", "01" + TEXT + "02"], ["0950" + "41" * 80, "00"])))
    answers = []
    parts = [octets[i : i + 80] for i in range(0, len(octets), 80)]
    for k in range(len(parts)):
        answers = ask(rig, block((0x80 if k == len(parts) - 1 else 0x40) | 4, k + 1, 0, parts[k]))
    whole = fetch(rig, answers, 4, len(parts), lose=(1, 2))[0]
    assert whole == answer(["00", "0950" + "41" * 80], ["0200", "0100"])[0]


def test_done_once():
    """Every block is lost once, and each write and method is still done once."""
    specifications = [
        "03" + THING + "02",
        "02" + TEXT + "02",
        "01" + LIST + "02",
        "03" + THING + "02",
        "01" + TEXT + "02",
    ]
    data = ["0928" + "42" * 40, "0928" + "43" * 40, "00", "0928" + "44" * 40, "00"]
    wanted = answer([data[0], "00", NUMBERS, data[3], data[1]], ["0300", "0200", "0100", "0300", "0100"])[0]
    for window in (1, 3):
        rig = new(64)
        answers = ask(rig, access(specifications, data))
        assert fetch(rig, answers, window, lose=list(range(1, 20)) + list(range(1, 20)))[0] == wanted
        assert rig.log == ["act 2 " + data[0], "set " + data[1], "act 2 " + data[3]]


def test_order_of_what_stands_behind_a_long_value():
    """It waits until the value was fetched: one from before it."""
    rig = new(64)
    specifications = ["02" + THING + "02", "01" + LIST + "02", "03" + THING + "01"]
    answers = ask(rig, access(specifications, ["1101", "00", "1102"]))
    assert rig.log == ["set 1101"]
    assert fetch(rig, answers, 2)[0] == answer(["00", NUMBERS, "00"], ["0200", "0100", "0300"])[0]
    assert rig.log == ["set 1101", "act 1 1102"]


def test_selection():
    """Parameters with lengths longer than they have to be, in both lists."""
    rig = new(1024)
    for length in ("02", "8102", "820002", "8400000002"):
        got = ask(
            rig,
            access(["04" + LIST + "02 01 09" + length + "0002", "02" + THING + "02"], ["00", "09" + length + "4142"]),
        )
        got = fetch(rig, got, 1)[0] if got[0][:2] == "E0" else got[0]
        assert got == answer(["0102 0600000200 0600000201", "00"], ["0100", "0200"])[0]
        assert rig.log == ["set 09024142"]
        del rig.log[:]
    # a compact-array is no type of any attribute
    assert ask(rig, access(["02" + THING + "02"], ["13 11 8101 05"])) == answer(["00"], ["020C"])


def test_malformed():
    rig = new(1024)
    octets = unhex(
        access(
            ["01" + PAIR + "02", "04" + LIST + "02 01 120001", "02" + PAIR + "02"],
            ["00", "00", "1105"],
            date="07E50118FF0E303950FFC400",
        )
    )
    for n in range(1, len(octets)):
        assert ask(rig, octets[:n]) == ["D80102"], n
    assert ask(rig, octets + b"\0") == ["D80102"]
    for request in (
        access(["01" + PAIR + "02"], []),
        access([], ["00"]),
        access(["00" + PAIR + "02"], ["00"]),
        access(["06" + PAIR + "02"], ["00"]),
        access(["01" + PAIR + "02"], ["00", "00"]),
        access(["01" + PAIR + "02"], ["FE"]),
        access(["01" + PAIR + "02"], ["00"], date="01"),
        access(["02" + PAIR + "02"], ["0201" * 20 + "00"]),
    ):
        assert ask(rig, request) == ["D80102"], request
    assert rig.log == []
    assert rig.pair.a[2][1] == 7
    assert ask(rig, access(["01" + PAIR + "02"], ["00"])) == answer(["1107"], ["0100"])


def test_limits():
    rig = new(1024)
    assert ask(rig, access(["01" + PAIR + "02"] * 8, ["00"] * 8)) == answer(["1107"] * 8, ["0100"] * 8)
    assert ask(rig, access(["01" + PAIR + "02"] * 9, ["00"] * 9)) == ["D80104"]
    # longer than the buffer
    assert ask(rig, access(["02" + TEXT + "02"], ["09820258" + "00" * 600])) == ["D80104"]
    assert rig.log == []


def test_not_negotiated():
    rig = new(1024, EVERYTHING & ~ACCESS)
    assert ask(rig, access(["01" + PAIR + "02"], ["00"])) == ["D80102"]
    # it needs none of the other services
    rig = new(1024, ACCESS)
    assert ask(
        rig, access(["01" + PAIR + "02", "02" + THING + "02", "03" + THING + "01"], ["00", "1101", "00"])
    ) == answer(["1107", "00", "00"], ["0100", "0200", "0300"])
    # … attribute 0 does
    assert ask(rig, access(["01" + PAIR + "00", "02" + PAIR + "00"], ["00", "00"])) == answer(
        ["00", "00"], ["010C", "020C"]
    )


def test_too_long_without_blocks():
    rig = new(64, ACCESS)
    assert ask(rig, access(["01" + LIST + "02"], ["00"])) == ["D80104"]
    assert rig.server.transfers.free == 3
    # several legs that fit
    rig = new(1024, ACCESS)
    got = ask(rig, access(["01" + LIST + "02", "01" + LIST + "03", "04" + LIST + "02 01 120001"], ["00"] * 3))
    assert got == answer([NUMBERS, "1105", "0101 0600000100"], ["0100"] * 3)


def test_unconfirmed():
    rig = new(64)
    specifications = ["02" + THING + "02", "01" + LIST + "02", "03" + THING + "01"]
    assert ask(rig, access(specifications, ["1101", "00", "1102"], "00")) == []
    assert rig.log == ["set 1101", "act 1 1102"]
    assert ask(rig, access(["06" + THING], ["00"], "00")) == []
    assert rig.server.transfers.free == 3


def test_object_that_raises():
    rig = new(1024)
    assert ask(rig, access(["01" + FAULTY + "02"], ["00"])) == ["D80101"]
    assert len([note for note in rig.notes if "planted" in note]) == 1
    assert ask(rig, access(["01" + PAIR + "02"], ["00"])) == answer(["1107"], ["0100"])


def test_bits_offered():
    """Both bits are agreed where the meter offers them, and only there."""
    for offered in (ALL, EVERYTHING):
        assert (
            Rig(conformance=offered).ask("601DA109060760857405080101BE10040E01000000065F1F0400FFFFFF0400")[-14:-8]
            == f"{offered:06X}"
        )
