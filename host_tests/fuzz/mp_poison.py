"""Octets outside of a request play no part in its answer, and no answer writes behind a buffer.

The same request, cut short at every octet, goes to meters whose receive buffers hold different
octets around it. In MicroPython these cases are about the viper functions, which check no bounds;
in CPython the buffers themselves show when something outside of the request is touched.
"""

import sys

from fuzz_apdus import aarq
from fuzz_rig import POISONS, Broken
from fuzz_tape import Tape

if sys.implementation.name == "micropython":
    from fuzz_rig import Rig
else:
    from guarded import GuardedRig as Rig

REQ = {
    "cut-*": ("D-94",),
    "cut-aarq*": ("C-26",),
    "cut-rlrq*": ("C-50",),
    "test_blocks_*": ("D-94",),
    "test_columns_*": ("D-112",),
    "test_limit_*": ("D-112",),
    "test_shortest_*": ("D-100",),
    "test_selectors_*": ("D-100",),
    "test_header_*": ("A-20", "A-25"),
}

_CLOCK = "020412000809060000010000FF0F02120000"
_TEXT = "020412000109060000600101FF0F02120000"
_PROFILE = "0007 0100630100FF"
_NOTE = "0001 0000608001FF"
_TIME = "090C07EA031CFF0C000000800000"
REQUESTS = (
    ("get-short", "C001C1 " + _NOTE + " 02 00"),
    ("get-long", "C001C1 " + _PROFILE + " 02 00"),
    ("get-everything", "C001C1 " + _NOTE + " 00 00"),
    ("get-entry", "C001C1 " + _PROFILE + " 02 01 02 0204 0600000001 0600000000 120001 120000"),
    ("get-range", "C001C1 " + _PROFILE + " 02 01 01 0204" + _CLOCK + _TIME + _TIME + "0102" + _CLOCK + _CLOCK),
    ("get-objects", "C001C1 000F 0000280000FF 02 01 03 0101 02021200080906 0000010000FF"),
    ("get-classes", "C001C1 000F 0000280000FF 02 01 02 0102 120003 120007"),
    ("get-next", "C002C1 00000001"),
    ("get-list", "C003C1 02 " + _NOTE + " 02 00 " + _PROFILE + " 02 01 02 0204 0600000001 0600000000 120001 120000"),
    ("set-normal", "C101C1 " + _NOTE + " 02 00 0600000007"),
    ("set-text", "C101C1 0001 0000600101FF 02 00 0906616263646566"),
    ("set-columns", "C101C1 " + _PROFILE + " 03 00 0102" + _CLOCK + _TEXT),
    ("set-everything", "C101C1 " + _NOTE + " 00 00 0202 00 0600000008"),
    ("set-time", "C101C1 0008 0000010000FF 02 00 " + _TIME),
    ("set-first-block", "C102C1 " + _NOTE + " 02 00 00 00000001 03 060000"),
    ("set-block", "C103C1 01 00000002 02 0009"),
    ("set-list", "C104C1 02 " + _NOTE + " 02 00 " + _NOTE + " 02 00 02 0600000001 0600000002"),
    ("set-list-block", "C105C1 01 " + _NOTE + " 02 00 01 00000001 06 01 0600000003"),
    ("action", "C301C1 0008 0000010000FF 06 01 100000"),
    ("action-preset", "C301C1 0008 0000010000FF 05 01 0203" + _TIME + _TIME + _TIME),
    (
        "action-object",
        "C301C1 000F 0000280000FF 03 01 0204 120001 1100 0906 0000608001FF 0202 0101 0203 0F02 1601 0101 0F01 0100",
    ),
    ("action-user", "C301C1 000F 0000280000FF 05 01 0202 1107 0A03 616263"),
    ("action-group", "C301C1 0029 0000190000FF 01 01 06E0000001"),
    ("action-ipv6", "C301C1 0030 0000190700FF 01 01 0202 1601 0910 FF020000000000000000000000000001"),
    ("action-next", "C302C1 00000001"),
    ("action-list", "C303C1 02 0008 0000010000FF 03 0008 0000010000FF 06 02 0F00 100000"),
    ("action-first-block", "C304C1 0008 0000010000FF 06 00 00000001 02 1000"),
    ("action-block", "C306C1 01 00000002 01 00"),
    ("action-list-block", "C305C1 01 0008 0000010000FF 06 01 00000001 04 01 100000"),
    ("compact", "C101C1 " + _NOTE + " 02 00 13 0202 1112 06 010002 030004"),
    ("nested", "C101C1 " + _NOTE + " 02 00 0201 0201 0201 0102 0401FF 0C0161 00 FF"),
    ("rlrq", "6203800100"),
    ("rlrq-information", "6212 800100 BE0D 040B 0102030405060708090A0B"),
)


def unhex(text):
    return bytes.fromhex(text.replace(" ", ""))


def rigs():
    """Three meters that differ in what stands around a request, with the
    management client associated.
    """
    return [Rig(poison) for poison in POISONS]


def same(made, apdu):
    """The one answer that all of them give."""
    answers = {rig.ask(apdu, 48, 1) for rig in made}
    for rig in made:
        rig.check_buffers()
    if len(answers) != 1:
        raise Broken("%s is answered by %s" % (apdu.hex(), " or by ".join([a.hex() for a in answers])))
    return answers.pop()


def associate(made):
    assert same(made, aarq(Tape(b""), 48))[0] == 0x61


def cut(apdu):
    """Every piece of a request, alone and after what may come before it."""
    made = rigs()
    for n in range(len(apdu) + 1):
        associate(made)
        same(made, apdu[:n])
        # the length fields of a whole request, but octets missing at its end
        same(made, apdu[:n])


def lengthened(apdu):
    """Each octet in turn set to what makes a count or a length too large."""
    made = rigs()
    for n in range(len(apdu)):
        for octet in (0x7F, 0x81, 0x84, 0xFF):
            if not made[0].is_open((48, 1), True):
                associate(made)
            same(made, apdu[:n] + bytes((octet,)) + apdu[n + 1 :])


def cases():
    yield "cut-aarq", cut, (aarq(Tape(b""), 48),)
    yield "lengthened-aarq", lengthened, (aarq(Tape(b""), 48),)
    for name, text in REQUESTS:
        yield "cut-" + name, cut, (unhex(text),)
        yield "lengthened-" + name, lengthened, (unhex(text),)


def test_columns_asked_for_again_and_again_stay_inside_an_element():
    made = rigs()
    associate(made)
    assert same(made, unhex("C101C1 0001 0000600101FF 02 00 0930" + 48 * "41")) == unhex("C501C100")
    assert same(made, unhex("C101C1 " + _PROFILE + " 03 00 0102" + _CLOCK + _TEXT)) == unhex("C501C100")
    assert same(made, unhex("C301C1 " + _PROFILE + " 02 01 0F00")) == unhex("C701C10000")
    ask = "C001C1 " + _PROFILE + " 02 01 01 0204" + _CLOCK + "090C07D00101FF000000008000FF 090C08330C1FFF000000008000FF"
    for n in range(1, 18):
        answer = same(made, unhex(ask + "01%02X" % n + n * _TEXT))
        # ten columns of 50 octets fit an element of 512, a row has 16 columns at most
        expected = "C401C100 0101 02%02X" % n + n * ("0930" + 48 * "41") if n <= 10 else "C401C1010D"
        assert answer == unhex(expected), (n, answer.hex())


def test_limit_that_no_column_could_have_ends_the_selection():
    made = rigs()
    associate(made)
    for value in ("0A00", "00", "0200", "0100", "0400", "0C0161", "1000"):
        ask = "C001C1 " + _PROFILE + " 02 01 01 0204" + _CLOCK + value + value
        # what would be selected_values is another Data: the request is
        # well-formed, the selection is not
        assert same(made, unhex(ask + "00")) == unhex("C401C1010C"), value
        # a restricting object that is not captured
        assert same(made, unhex(ask.replace(_CLOCK, _TEXT) + "00")) == unhex("C401C1010C"), value


def test_shortest_length_of_a_written_string_is_kept():
    made = rigs()
    associate(made)
    for text in ("0981024142", "098400000002 4142", "09024142"):
        assert same(made, unhex("C101C1 0001 0000600101FF 02 00" + text)) == unhex("C501C100")
        assert same(made, unhex("C001C1 0001 0000600101FF 02 00")) == unhex("C401C100 09024142")
    # one octet less in a longer form is as long as the value that is there
    assert same(made, unhex("C101C1 0001 0000600101FF 02 00 09810143")) == unhex("C501C100")
    assert same(made, unhex("C001C1 0001 0000600101FF 02 00")) == unhex("C401C100 090143")


def test_shortest_length_of_a_string_in_a_datagram_is_kept():
    """A datagram cannot be changed in place."""
    made = rigs()
    for rig in made:
        assert rig.ask(aarq(Tape(b""), 48), 48, 1, False)[0] == 0x61
        assert rig.ask(unhex("C101C1 0001 0000600101FF 02 00 098400000002 4142"), 48, 1, False) == unhex("C501C100")
        assert rig.ask(unhex("C001C1 0001 0000600101FF 02 00"), 48, 1, False) == unhex("C401C100 09024142")


def test_shortest_length_of_a_user_name_is_kept():
    made = rigs()
    associate(made)
    assert same(made, unhex("C301C1 000F 0000280000FF 05 01 0202 1107 0A8103 616263")) == unhex("C701C10000")
    assert same(made, unhex("C001C1 000F 0000280000FF 0A 00")) == unhex("C401C100 0101 0202 1107 0A03616263")
    assert same(made, unhex("C301C1 000F 0000280000FF 06 01 0202 1107 0A03 616263")) == unhex("C701C10000")


def test_selectors_of_an_added_object_are_counted_in_any_form():
    made = rigs()
    associate(made)
    add = "C301C1 000F 0000280000FF 03 01 0204 120001 1100 0906 0000608001FF 0202 0101 0203 0F02 1601 "
    for selectors, result in (
        ("01 8102 0F01 0F02 0100", 0),
        ("00 0100", 0),
        ("0102 1101 1102 0100", 0xFA),
        ("0101 0200 0100", 0xFA),
    ):
        assert same(made, unhex(add + selectors)) == unhex("C701C1%02X00" % result), selectors


def test_blocks_cut_short_while_a_request_comes_in_blocks():
    """The fast path of a block looks no further than the WPDU goes."""
    made = rigs()
    block = unhex("E090 0002 0001 01 00")
    for n in range(1, len(block)):
        associate(made)
        assert same(made, unhex("E001 0001 0000 05 C003C10100"))[:1] == b"\xe0"
        same(made, block[:n])


def test_header_is_checked_before_the_fast_path_answers():
    """What TCP hands over is not yet known to be a WPDU."""
    rig = Rig()
    rig.ask(aarq(Tape(b""), 48), 48, 1)
    link = rig.link(True)
    wpdu = unhex("0001 0030 0001 000D") + unhex("C001C1 " + _NOTE + " 02 00")
    assert rig.server.fast(link.keys, link.ways, wpdu, 0, len(wpdu), rig.tx, rig.server.served) == 8 + 9
    for at, octet in ((0, 1), (1, 0), (1, 2), (6, 1), (7, 12), (7, 14), (7, 0), (7, 255)):
        wrong = wpdu[:at] + bytes((octet,)) + wpdu[at + 1 :]
        assert rig.server.fast(link.keys, link.ways, wrong, 0, len(wrong), rig.tx, rig.server.served) == 0, wrong.hex()
