"""General block transfer, octet for octet, on a server without a meter: answers,
windows, recovery, and how it ends.
"""

from gbt_rig import (
    ABC,
    ABORT,
    BLOCKS,
    EVERYTHING,
    LONG_READ,
    NUMBERS,
    READ,
    WITHOUT_BLOCKS,
    Parts,
    ask,
    block,
    fetch,
    new,
    read,
)
from rig import ALL, LIST, PAIR, SHRINKING, TEXT, THING, Limits, Rig, tohex, unhex

REQ = {
    "test_a_get_in_three_blocks": ("D-80", "D-81", "D-86", "D-89a"),
    "test_streams_are_as_long_as_the_window": ("D-83", "D-84"),
    "test_every_size": ("D-88", "C-38"),
    "test_window_of*": ("D-83",),
    "test_lost_*": ("D-87", "D-82"),
    "test_every_pattern_of_loss": ("D-87",),
    "test_acknowledging_what_was_not_sent": ("D-89",),
    "test_another_request_*": ("D-89",),
    "test_not_negotiated": ("C-37", "D-90"),
    "test_which_blocks_are_used": ("D-85", "D-18"),
    "test_abandoned_at_every_step": ("D-89",),
    "test_malformed": ("D-94", "D-80"),
    "test_changed_*": ("D-19", "D-87"),
    "test_lists_are_read_once": ("D-19",),
    "test_two_associations_*": ("D-80",),
    "test_transfers_are_given_back": ("D-89",),
    "test_unconfirmed*": ("B-09", "D-99"),
    "test_fault_*": ("D-17", "D-89"),
}


# -- answers ---------------------------------------------------------------------------------------


def test_a_get_in_three_blocks():
    """The example of D-89a; only the window is the meter's own."""
    rig = new(64)
    rig.text.a[2] = bytes((9, 120)) + bytes(range(120))
    whole = "C401C100" + tohex(rig.text.a[2])
    assert ask(rig, "C001C1" + TEXT + "0200") == [block(0x05, 1, 0, whole[:114])]
    assert ask(rig, "E0810001000100") == [block(0x05, 2, 1, whole[114:228])]
    assert ask(rig, "E0810002000200") == [block(0x85, 3, 2, whole[228:])]
    # everything is acknowledged: nothing more is said, and nothing is kept
    assert ask(rig, "E0810003000300") == []
    assert rig.server.transfers.free == 3
    assert ask(rig, READ) == [ABC]


def test_streams_are_as_long_as_the_window():
    rig = new(64)
    first = ask(rig, LONG_READ)
    assert len(first) == 1 and not Parts(first[0]).streaming
    for window in (1, 2, 4):
        sent = Parts(first[-1]).number
        first = ask(rig, block(0x80 | window, sent, sent))
        assert [Parts(one).streaming for one in first] == [True] * (window - 1) + [False]
        assert [Parts(one).number for one in first] == list(range(sent + 1, sent + 1 + window))


def test_window_of_0():
    """Taken for 1."""
    rig = new(64)
    ask(rig, LONG_READ)
    assert len(ask(rig, block(0x80, 1, 1))) == 1
    assert read(new(64), window=0) == "C401C100" + NUMBERS


def test_window_of_63():
    """No longer stream than the meter's own limit allows."""
    rig = new(64)
    ask(rig, LONG_READ)
    assert len(ask(rig, block(0x80 | 63, 1, 1))) == Limits.GBT_WINDOW
    assert read(new(64), window=63) == "C401C100" + NUMBERS


def test_every_size():
    for pdu in (12, 13, 14, 63, 64, 65, 134, 135, 136, 137, 138, 200, 262, 263, 264, 265, 266, 300, 503, 505, 506, 0):
        for window in (1, 4):
            rig = new(pdu)
            for request in (
                LONG_READ,
                "C001C1" + TEXT + "0200",
                "C003C1 03" + TEXT + "0200" + LIST + "0200" + THING + "0200",
            ):
                answers = ask(rig, request)
                if answers[0][:2] == "E0":
                    answer = fetch(rig, answers, window, limit=pdu or 1024)[0]
                else:
                    assert len(answers[0]) <= 2 * (pdu or 1024)
                    answer = answers[0]
                assert answer == Rig(conformance=ALL).open(0).ask(request), pdu
            assert rig.server.transfers.free >= 2


def test_all_attributes():
    """Attribute 0 of an object with a long attribute in the middle: three legs."""
    wanted = Rig().open(0).ask("C001C1" + LIST + "0000")
    for pdu in (12, 64, 200):
        assert read(new(pdu), "C001C1" + LIST + "0000", 3) == wanted


# -- recovery --------------------------------------------------------------------------------------


def test_lost_block_of_a_stream():
    """Blocks 1, 2, 4 came: acknowledged is 2, and the stream begins again with 3 (D-87)."""
    rig = new(64)
    first = ask(rig, LONG_READ)
    stream = ask(rig, block(0x84, 1, 1))
    assert [Parts(one).number for one in stream] == [2, 3, 4, 5]
    again = ask(rig, block(0x81, 2, 2))
    assert [Parts(one).number for one in again] == [3]
    assert Parts(again[0]).data == Parts(stream[1]).data and not Parts(again[0]).streaming
    # the client kept 4 and 5
    rest = fetch(rig, ask(rig, block(0x84, 3, 5)), 4, 3)[0]
    assert "".join([Parts(one).data for one in first + stream]) + rest == "C401C100" + NUMBERS


def test_lost_last_block():
    rig = new(200)
    assert read(rig, lose=(3,), window=4) == "C401C100" + NUMBERS
    assert rig.server.transfers.free == 2
    assert read(rig, lose=(2, 3), window=4) == "C401C100" + NUMBERS


def test_lost_blocks_of_a_list():
    request = "C003C1 03" + TEXT + "0200" + LIST + "0200" + PAIR + "0200"
    wanted = Rig().open(0).ask(request)
    for number in range(1, 9):
        assert read(new(128), request, 3, (number, number + 1)) == wanted


def test_every_pattern_of_loss():
    """Whatever is lost of the blocks sent, at every window: the value arrives."""
    for window in (1, 2, 3, 5):
        for pattern in range(0, 256, 7):
            lose = [k + 1 for k in range(8) if pattern >> k & 1]
            assert read(new(64), window=window, lose=lose) == "C401C100" + NUMBERS, (window, pattern)


def test_changed_value_is_not_mixed_with_the_old():
    """A repeated element that is another one by now ends the transfer."""
    rig = new(64)
    ask(rig, LONG_READ)
    ask(rig, block(0x84, 1, 1))
    element = rig.long.element
    rig.long.element = lambda k, cur, i, buf, off: element(k, cur, i + 1, buf, off)
    assert ask(rig, block(0x84, 2, 2)) == [ABORT]
    assert rig.server.transfers.free == 3
    assert ask(rig, READ) == [ABC]


def test_lists_are_read_once():
    """Simple values are those of the first reading, however often they are sent."""
    rig = new(64)
    rig.text.a[2] = bytearray(rig.text.a[2])
    request = "C003C1 02" + TEXT + "0200" + THING + "0200"
    wanted = Rig().open(0).ask(request)
    answers = ask(rig, request)
    rig.text.a[2][10:] = bytes(len(rig.text.a[2]) - 10)
    assert fetch(rig, answers, 4, lose=(1, 2, 3, 4, 5))[0] == wanted


# -- what does not belong --------------------------------------------------------------------------


def test_acknowledging_what_was_not_sent():
    for number, ack in ((1, 2), (1, 0xFFFF), (2, 2)):
        rig = new(64)
        ask(rig, LONG_READ)
        assert ask(rig, block(0x81, number, ack)) == [ABORT]
        assert rig.server.transfers.free == 3
        assert ask(rig, READ) == [ABC]
    # in a request as well: nothing was sent yet
    rig = new(64, EVERYTHING)
    assert ask(rig, block(0x81, 1, 1, READ.replace(" ", ""))) == [ABORT]
    ask(rig, block(0x01, 1, 0, "C001"))
    assert ask(rig, block(0x81, 2, 9, "C1")) == [ABORT]
    assert rig.server.transfers.free == 3


def test_another_request_ends_the_transfer():
    for other in (
        READ,
        LONG_READ,
        "C101C1" + THING + "0200 0903616263",
        "C301C1" + THING + "01 00",
        "C002C100000001",
        "7F",
        block(0x81, 1, 0, "C00141"),
    ):
        rig = new(64)
        ask(rig, LONG_READ)
        ask(rig, block(0x82, 1, 1))
        ask(rig, other)
        assert rig.server.transfers.free == (2 if other == LONG_READ else 3), other
        if other != LONG_READ:
            # on a connection who goes on acknowledging gets no answer, who sends data gets an error
            assert ask(rig, block(0x82, 2, 3)) == []
            assert ask(rig, block(0x82, 2, 3, "00")) == [ABORT]
        assert read(rig) == "C401C100" + NUMBERS


def test_which_blocks_are_used():
    """Those of the service where negotiated; general ones where not, or
    when the request came in them.
    """
    rig = new(64, EVERYTHING)
    assert ask(rig, LONG_READ)[0][:4] == "C402"
    assert ask(rig, block(0x81, 1, 0, LONG_READ.replace(" ", "")))[0][:2] == "E0"
    rig = new(64, ALL & ~BLOCKS)
    assert ask(rig, LONG_READ) == ["C401C1010E"]


def test_not_negotiated():
    rig = new(64, ALL)
    assert ask(rig, block(0x81, 1, 0, READ.replace(" ", ""))) == ["D80102"]
    assert ask(rig, READ) == [ABC]


def test_malformed():
    rig = new(64, EVERYTHING)
    for wrong in (
        "E0",
        "E081",
        "E08100010000",
        "E0810001000005C001",
        "E0810001000001C001",
        "E0810000000001C0",
        "E08100010000840000",
        "E0810001000000 00",
    ):
        ask(rig, block(0x01, 1, 0, "C001"))
        assert ask(rig, wrong) == ["D80102"], wrong
        assert rig.server.transfers.free == 3
    # nothing inside, a block inside, and what is no request
    for inside in ("E0810001000001C0", "FF", "050102FA00", "C0", "D9"):
        answers = ask(rig, block(0x81, 1, 0, inside))
        assert len(answers) == 1 and "D80102" in answers[0], answers
    assert ask(rig, block(0x81, 1, 0, "C401C100")) == []
    assert ask(rig, READ) == [ABC]


def test_abandoned_at_every_step():
    """Left alone after any step, by the client, by the AA or by the
    connection: every transfer is free again.
    """
    request = tohex(unhex("C101C1" + TEXT + "0200 0903414243"))
    steps = [
        block(0x02, 1, 0, request[:10]),
        block(0x42, 2, 1, request[10:20]),
        block(0x82, 3, 1, LONG_READ.replace(" ", "")),
    ]
    steps += [block(0x82, 4, 2), block(0x82, 5, 4), block(0x82, 6, 6)]
    ends = (READ, "6200", "6203800100", "", "abort", "7F")
    for n in range(1, len(steps) + 1):
        for how in ends:
            rig = new(64, EVERYTHING)
            for step in steps[:n]:
                ask(rig, step)
            if how == "abort":
                rig.server.abort(rig.link)
            elif how:
                ask(rig, how)
            else:
                rig.open(64)
            assert rig.server.transfers.free == 3, (n, how)
            assert rig.link.streaming is None
            if how in ("6200", "6203800100", "abort"):
                rig.open(64)
            assert ask(rig, READ) == [ABC]
            assert rig.log == [], "a request that never came whole was executed"


def test_abandoned_in_the_middle_of_a_stream():
    rig = new(64)
    ask(rig, LONG_READ)
    rig.ask(block(0x85, 1, 1))
    assert rig.link.streaming is not None
    rig.server.abort(rig.link)
    assert rig.link.streaming is None
    assert rig.server.transfers.free == 3


def test_fault_of_the_value():
    """What cannot be read on ends the transfer; before the first block it is an ordinary result."""
    rig = new(64)
    answers = ask(rig, "C001C1" + SHRINKING + "0200")
    number = 0
    while answers[-1][:2] == "E0":
        number += 1
        answers = ask(rig, block(0x82, number, Parts(answers[-1]).number))
    assert answers[-1] == ABORT
    assert rig.server.transfers.free == 3
    rig.shrinking.stop = 0
    assert ask(rig, "C001C1" + SHRINKING + "0200") == ["C401C1010E"]
    assert ask(rig, block(0x82, 1, 0, "C001C1" + SHRINKING.replace(" ", "") + "0200")) == [
        block(0x85, 1, 1, "C401C1010E")
    ]


def test_two_associations_take_turns():
    """Two AAs on one connection, both in the middle of a transfer."""
    rig = new(64)
    rig.reader.mechanism = 0
    rig.reader.secret = b""
    rig.open(64, WITHOUT_BLOCKS, source=32)
    got = {16: "", 32: ""}
    number = {16: 0, 32: 0}
    answers = {16: ask(rig, LONG_READ, 16), 32: ask(rig, "C001C1" + TEXT + "0200", 32)}
    while answers:
        for source in list(answers):
            for one in answers[source]:
                parts = Parts(one)
                got[source] += parts.data
            number[source] += 1
            if parts.last:
                del answers[source]
            else:
                answers[source] = ask(rig, block(0x83, number[source], parts.number), source)
    assert got[16] == "C401C100" + NUMBERS
    assert got[32] == Rig().open(0).ask("C001C1" + TEXT + "0200")


def test_transfers_are_given_back():
    """What is only kept in case its end was lost gives way to others; what still runs does not."""
    rig = new(64, aas=30)
    for _ in range(20):
        link = rig.new_link()
        rig.open(64, WITHOUT_BLOCKS, link=link)
        rig_link, rig.link = rig.link, link
        assert read(rig, window=3) == "C401C100" + NUMBERS
        rig.link = rig_link
    assert rig.server.transfers.free == 0
    for k in range(4):
        link = rig.new_link()
        rig.open(64, WITHOUT_BLOCKS, link=link)
        answers = ask(rig, LONG_READ, link=link)
        assert answers[0][:2] == "E0" if k < 3 else answers == ["C401C1010E"], k


def test_no_transfer_free_for_a_short_answer():
    """An answer of several blocks needs one, however short it is; what is
    refused leaves nothing over.
    """
    rig = new(12, EVERYTHING, aas=6)
    links = [rig.new_link() for _ in range(3)]
    for link in links:
        rig.open(12, EVERYTHING, link=link)
        assert ask(rig, LONG_READ, link=link)[0][:4] == "C402"
    assert rig.server.transfers.free == 0
    assert ask(rig, block(0x81, 1, 0, READ.replace(" ", ""))) == [block(0x85, 1, 1, "C401C1010E")]
    writes = "C104C1 08" + (THING + "0200") * 8 + "08" + "1105" * 8
    assert ask(rig, block(0x81, 1, 0, tohex(unhex(writes)))) == [ABORT]
    rig.thing.a[2] = bytearray(b"\x09\x03abc")
    # the next request goes alone, and so does its answer
    assert ask(rig, READ) == [ABC]


def test_unconfirmed_services_are_not_answered():
    rig = new(64, EVERYTHING)
    long_action = tohex(unhex("C30101" + THING + "05 01 1200FA"))
    assert ask(rig, block(0x81, 1, 0, long_action)) == []
    assert rig.log == ["act 5 1200FA"]
    del rig.log[:]
    assert ask(rig, block(0x81, 1, 0, tohex(unhex("C101 01" + THING + "0200 1105")))) == []
    assert rig.log == ["set 1105"]
    assert rig.server.transfers.free == 3
    assert rig.link.streaming is None


def test_unconfirmed_get_is_answered():
    """In blocks as it came, the invoke-id-and-priority repeated."""
    for iip in ("01", "81"):
        rig = new(64, EVERYTHING)
        reading = "C001" + iip + THING.replace(" ", "") + "0200"
        assert ask(rig, block(0x81, 1, 0, reading)) == [block(0x85, 1, 1, "C401" + iip + ABC[6:])]
        answers = ask(rig, block(0x81, 1, 0, "C001" + iip + LIST.replace(" ", "") + "0200"))
        assert fetch(rig, answers, 1, 1)[0] == "C401" + iip + "00" + NUMBERS
        # and one that went alone, where its answer does not fit
        rig = new(64)
        assert read(rig, "C001" + iip + LIST + "0200", 3) == "C401" + iip + "00" + NUMBERS
    rig = new(64, EVERYTHING, ctt=True)
    for what in (THING, LIST):
        assert ask(rig, block(0x81, 1, 0, "C00101" + what.replace(" ", "") + "0200")) == []
    assert rig.server.transfers.free == 3
    assert rig.link.streaming is None


def test_objects_that_raise():
    """One line in the log, one request lost."""
    rig = new(64)
    ask(rig, LONG_READ)
    element = rig.long.element

    def planted(k, cur, i, buf, off):
        raise ValueError("planted")

    rig.long.element = planted
    assert ask(rig, block(0x81, 1, 1)) == [ABORT]
    assert len([note for note in rig.notes if "planted" in note]) == 1
    rig.long.element = element
    assert rig.server.transfers.free == 3
    ask(rig, LONG_READ)
    assert rig.ask(block(0x83, 1, 1))[:2] == "E0"
    rig.long.element = planted
    assert tohex(rig.tx[8 : rig.server.more(rig.link, rig.tx)]) == ABORT
    assert rig.link.streaming is None
    rig.long.element = element
    assert ask(rig, READ) == [ABC]


class Small(Limits):
    GBT_WINDOW = 0


def test_left_out():
    """A board without the memory has neither."""
    rig = Rig(limits=Small).open(64)
    for request in (block(0x81, 1, 0, READ.replace(" ", "")), "D94000000100000000"):
        assert ask(rig, request) == ["D80102"]
    assert rig.server.kit.gbt is None
    assert rig.server.kit.scratch.gbt is None
