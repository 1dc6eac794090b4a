"""General block transfer, octet for octet, on a server without a meter: both directions, windows, recovery, what is repeated and late."""

from rig import ALL, LIST, PAIR, SHRINKING, TEXT, THING, Limits, Rig, tohex, unhex

GBT = 0x200000
ACCESS = 0x40
BLOCKS = 0x1C00  # the service-specific ones
EVERYTHING = ALL | GBT | ACCESS
WITHOUT_BLOCKS = EVERYTHING & ~BLOCKS
NUMBERS = "0164" + "".join([f"06{i:08X}" for i in range(100)])  # the long attribute
READ = "C001C1" + THING + "0200"
ABC = "C401C1000903616263"
LONG_READ = "C001C1" + LIST + "0200"
ABORT = "D80101"

REQ = {
    "test_a_get_in_three_blocks": ("D-80", "D-81", "D-86", "D-89a"),
    "test_streams_are_as_long_as_the_window": ("D-83", "D-84"),
    "test_every_size": ("D-88", "C-38"),
    "test_window_of*": ("D-83",),
    "test_lost_*": ("D-87", "D-82"),
    "test_every_pattern_of_loss": ("D-87",),
    "test_a_request_*": ("D-81", "D-85", "D-86"),
    "test_acknowledging_what_was_not_sent": ("D-89",),
    "test_another_request_*": ("D-89",),
    "test_not_negotiated": ("C-37", "D-90"),
    "test_which_blocks_are_used": ("D-85", "D-18"),
    "test_abandoned_at_every_step": ("D-89",),
    "test_malformed": ("D-94", "D-80"),
    "test_late_*": ("D-87",),
    "test_repeated_*": ("D-87",),
    "test_changed_*": ("D-19", "D-87"),
    "test_lists_are_read_once": ("D-19",),
    "test_two_associations_*": ("D-80",),
    "test_transfers_are_given_back": ("D-89",),
    "test_unconfirmed*": ("B-09", "D-99"),
    "test_too_long_request": ("D-89",),
    "test_fault_*": ("D-17", "D-89"),
}


def new(pdu=64, conformance=WITHOUT_BLOCKS, stream=True, **config):
    """A rig with an open AA, over a connection or with stream false as a UDP peer."""
    rig = Rig(conformance=EVERYTHING, **config)
    if not stream:
        rig.link = rig.new_link(stream=False)
    return rig.open(pdu, conformance=conformance)


def ask(rig, request, source=16, link=None):
    """All APDUs that answer one: the streams too."""
    link = link or rig.link
    answer = rig.ask(request, source, link=link)
    answers = [answer] if answer else []
    while link.streaming is not None:
        n = rig.server.more(link, rig.tx)
        assert tohex(rig.tx[2:6]) == f"0001{source:04X}", "wPorts"
        assert n == 8 + (rig.tx[6] << 8 | rig.tx[7]), "length"
        answers.append(tohex(rig.tx[8:n]))
    return answers


def block(control, number, ack, data=""):
    """A general block as hex."""
    n = len(unhex(data))
    size = f"{n:02X}" if n < 128 else f"81{n:02X}" if n < 256 else f"82{n:04X}"
    return f"E0{control:02X}{number:04X}{ack:04X}{size}{data}"


class Parts:
    """A general block taken apart."""

    def __init__(self, apdu):
        octets = unhex(apdu)
        assert octets[0] == 0xE0, apdu
        self.last = octets[1] & 0x80 != 0
        self.streaming = octets[1] & 0x40 != 0
        self.window = octets[1] & 0x3F
        self.number = octets[2] << 8 | octets[3]
        self.ack = octets[4] << 8 | octets[5]
        n = octets[6]
        at = 7
        if n & 0x80:
            at += n & 0x7F
            n = 0
            for octet in octets[7:at]:
                n = n << 8 | octet
            assert n >= (128 if at == 8 else 256), "length not in its shortest form"
        assert at + n == len(octets), "data do not fill the APDU"
        self.data = tohex(octets[at:])


def fetch(rig, answers, window, own=0, lose=(), limit=0):
    """Follow an answer in blocks to its end; returns its octets in hex.

    own: our last block number. lose: numbers of the meter's blocks not received the first time they are sent.
    """
    kept = {}
    lose = list(lose)
    got = None
    for _ in range(2000):
        for answer in answers:
            assert not limit or len(answer) <= 2 * limit, answer
            parts = Parts(answer)
            if got is None:
                got = parts.number - 1
            if parts.number in lose:
                lose.remove(parts.number)
                continue
            assert parts.number not in kept or kept[parts.number].data == parts.data, "a block that is another one when repeated"
            kept[parts.number] = parts
        while got + 1 in kept:
            got += 1
        if got in kept and kept[got].last:
            return "".join([kept[k].data for k in sorted(kept)]), got, own
        own += 1
        answers = ask(rig, block(0x80 | window, own, got))
        assert 0 < len(answers) <= max(1, window), answers
    raise AssertionError("no end")


def read(rig, request=LONG_READ, window=1, lose=(), limit=0):
    return fetch(rig, ask(rig, request), window, 0, lose, limit)[0]


# -- answers ---------------------------------------------------------------------------------------------


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
            for request in (LONG_READ, "C001C1" + TEXT + "0200", "C003C1 03" + TEXT + "0200" + LIST + "0200" + THING + "0200"):
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


# -- recovery --------------------------------------------------------------------------------------------


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


# -- requests --------------------------------------------------------------------------------------------


def send(rig, request, size, window=1):
    """Send a request in blocks of `size` octets, streams of `window`; returns the answers to its last block and our last number."""
    octets = tohex(unhex(request))
    parts = [octets[i : i + 2 * size] for i in range(0, len(octets), 2 * size)]
    ack = 0
    for number in range(1, len(parts) + 1):
        control = 0x80 if number == len(parts) else 0 if number % window == 0 else 0x40
        answers = ask(rig, block(control | 5, number, ack, parts[number - 1]))
        if control == 0x40:
            assert answers == []
        elif control == 0:
            assert answers == [block(0x85, ack + 1, number)]
            ack += 1
    return answers, len(parts)


def test_a_request_of_one_block_is_answered_in_blocks():
    rig = new(64, EVERYTHING)
    assert ask(rig, block(0x83, 1, 0, READ.replace(" ", ""))) == [block(0x85, 1, 1, ABC)]
    assert rig.server.transfers.free == 3
    # its window is known from the beginning
    assert len(ask(rig, block(0x83, 1, 0, LONG_READ.replace(" ", "")))) == 3
    # the final acknowledgement, before or after the next request
    assert ask(rig, block(0x83, 1, 0, READ.replace(" ", ""))) == [block(0x85, 1, 1, ABC)]
    assert ask(rig, block(0x83, 2, 1)) == []


def test_a_request_in_blocks():
    text = "0982012C" + "41" * 300
    for size in (5, 20, 57, 200):
        for window in (1, 3):
            rig = new(64, EVERYTHING)
            answers, own = send(rig, "C101C1" + TEXT + "0200" + text, size, window)
            assert fetch(rig, answers, 1, own)[0] == "C501C100"
            assert rig.log == ["set " + text]
            assert rig.server.transfers.free == 3


def test_a_request_is_acknowledged_as_told():
    """Each of our blocks has the next number, without data too; acknowledged is up to where nothing is missing."""
    rig = new(64, EVERYTHING)
    whole = tohex(unhex("C101C1" + TEXT + "0200 0903414243"))
    assert ask(rig, block(0x04, 1, 0, whole[:10])) == ["E08500010001 00".replace(" ", "")]
    assert ask(rig, block(0x44, 2, 1, whole[10:20])) == []
    assert ask(rig, block(0x04, 4, 1, whole[30:40])) == ["E0850002000200"]
    assert ask(rig, block(0x44, 3, 2, whole[20:30])) == []
    assert ask(rig, block(0x04, 4, 2, whole[30:36])) == ["E0850003000400"]
    assert ask(rig, block(0x84, 5, 3, whole[36:])) == [block(0x85, 4, 5, "C501C100")]
    assert rig.log == ["set 0903414243"]


def test_a_request_with_a_long_answer():
    request = "C301C1" + THING + "05 01 120100"
    for size in (4, 100):
        for lose in ((), (1,), (2, 3)):
            rig = new(64, EVERYTHING)
            answers, own = send(rig, request, size)
            answer = fetch(rig, answers, 4, own, [Parts(answers[0]).number + k for k in lose])[0]
            assert answer == "C701C1 00 01 00 09820100".replace(" ", "") + tohex(bytes([65 + i % 26 for i in range(256)]))
            assert rig.log == ["act 5 120100"]


def test_lost_blocks_of_a_request():
    text = "098196" + "42" * 150
    for number in range(1, 10):
        for more in (0, 1, 2):
            rig = new(64, EVERYTHING, stream=False)
            request = tohex(unhex("C101C1" + TEXT + "0200" + text))
            parts = [request[i : i + 40] for i in range(0, len(request), 40)]
            base = 0
            lose = [number + k for k in range(more + 1)]
            for _ in range(20):
                answers = []
                for k in range(base + 1, min(base + 3, len(parts)) + 1):
                    last = 0x80 if k == len(parts) else 0
                    if k in lose:
                        lose.remove(k)
                        continue
                    answers = ask(rig, block(last or (0x40 if k < base + 3 else 0) | 4, k, 0, parts[k - 1])) or answers
                if not answers:
                    # silence: the last block of the stream was lost; all of it goes again
                    continue
                answer = Parts(answers[-1])
                if answer.data:
                    break
                base = answer.ack
            assert answer.data == "C501C100", number
            assert rig.log == ["set " + text]


def test_too_long_request():
    rig = new(64, EVERYTHING)
    for _ in range(3):
        number = 0
        answers = ["E0"]
        while answers[0][:2] == "E0":
            number += 1
            answers = ask(rig, block(4, number, 0, "C1" + "00" * 99))
        assert answers == ["D80104"]
        assert number == 1 + Limits.REASSEMBLY // 100
        assert rig.server.transfers.free == 3
    assert ask(rig, READ) == [ABC]


# -- what does not belong ----------------------------------------------------------------------------------


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
    for other in (READ, LONG_READ, "C101C1" + THING + "0200 0903616263", "C301C1" + THING + "01 00", "C002C100000001", "7F", block(0x81, 1, 0, "C00141")):
        rig = new(64)
        ask(rig, LONG_READ)
        ask(rig, block(0x82, 1, 1))
        ask(rig, other)
        assert rig.server.transfers.free == (2 if other == LONG_READ else 3), other
        if other != LONG_READ:
            # on a connection who goes on acknowledging gets no answer, who sends data is told
            assert ask(rig, block(0x82, 2, 3)) == []
            assert ask(rig, block(0x82, 2, 3, "00")) == [ABORT]
        assert read(rig) == "C401C100" + NUMBERS


def test_which_blocks_are_used():
    """Those of the service where negotiated; general ones where not, or when the request came in them."""
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
    for wrong in ("E0", "E081", "E08100010000", "E0810001000005C001", "E0810001000001C001", "E0810000000001C0", "E08100010000840000", "E0810001000000 00"):
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
    """Left alone after any step, by the client, by the AA or by the connection: every transfer is free again."""
    request = tohex(unhex("C101C1" + TEXT + "0200 0903414243"))
    steps = [block(0x02, 1, 0, request[:10]), block(0x42, 2, 1, request[10:20]), block(0x82, 3, 1, LONG_READ.replace(" ", ""))]
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
    assert ask(rig, block(0x82, 1, 0, "C001C1" + SHRINKING.replace(" ", "") + "0200")) == [block(0x85, 1, 1, "C401C1010E")]


def test_late_acknowledgements_are_passed_over():
    rig = new(64, stream=False)
    answers = ask(rig, LONG_READ)
    acks = []
    while not Parts(answers[-1]).last:
        acks.append(block(0x82, len(acks) + 1, Parts(answers[-1]).number))
        answers = ask(rig, acks[-1])
        for old in acks[:-1]:
            assert ask(rig, old) == []
    assert ask(rig, block(0x82, len(acks) + 1, Parts(answers[-1]).number)) == []
    assert rig.server.udp_transfers.free == 1
    # … and when all is over
    for old in acks:
        assert ask(rig, old) == []
    assert ask(rig, READ) == [ABC]


def test_repeated_acknowledgement_repeats_the_stream():
    rig = new(64, stream=False)
    ask(rig, LONG_READ)
    first = ask(rig, block(0x83, 1, 1))
    assert ask(rig, block(0x83, 1, 1)) == first


def test_repeated_request_is_done_once():
    """Among datagrams the same last block again is the same request: its answer is sent again."""
    request = tohex(unhex("C301C1" + THING + "02 01 1105"))
    rig = new(64, EVERYTHING, stream=False)
    whole = block(0x81, 1, 0, request)
    answer = ask(rig, whole)
    assert answer == [block(0x85, 1, 1, "C701C10001001105")]
    assert ask(rig, whole) == answer
    assert rig.log == ["act 2 1105"]
    # once acknowledged it is over, and the same octets are a new request
    assert ask(rig, block(0x81, 2, 1)) == []
    assert ask(rig, whole) == answer
    assert rig.log == ["act 2 1105"] * 2
    # in two blocks; the first comes late as well
    rig = new(64, EVERYTHING, stream=False)
    one, two = block(0x01, 1, 0, request[:10]), block(0x81, 2, 1, request[10:])
    ask(rig, one)
    assert ask(rig, one) == ["E08500020001 00".replace(" ", "")]
    answer = ask(rig, two)
    assert ask(rig, one) == []
    assert ask(rig, two) == answer
    assert rig.log == ["act 2 1105"]


def test_repeated_get_is_read_anew():
    """… but of a GET that one block answered: a client that always sends the same octets wants to know the time, not the same answer."""
    rig = new(64, EVERYTHING, stream=False)
    whole = block(0x81, 1, 0, READ.replace(" ", ""))
    assert ask(rig, whole) == [block(0x85, 1, 1, ABC)]
    rig.thing.a[2] = bytearray(b"\x09\x03xyz")
    assert ask(rig, whole) == [block(0x85, 1, 1, "C401C1000903" + tohex(b"xyz"))]
    # over a connection every request is a new one
    rig = new(64, EVERYTHING)
    whole = block(0x81, 1, 0, tohex(unhex("C301C1" + THING + "01 01 1105")))
    for _ in range(2):
        assert ask(rig, whole) == [block(0x85, 1, 1, "C701C10000")]
    assert rig.log == ["act 1 1105"] * 2


def test_lost_acknowledgement_of_a_request():
    """The answer follows an empty block of ours that was lost: it is asked for from there."""
    request = tohex(unhex("C301C1" + THING + "02 01 1105"))
    rig = new(64, EVERYTHING, stream=False)
    ask(rig, block(0x02, 1, 0, request[:10]))
    answer = ask(rig, block(0x82, 2, 0, request[10:]))
    assert [Parts(one).number for one in answer] == [2]
    again = ask(rig, block(0x82, 3, 0))
    assert [Parts(one).number for one in again] == [1, 2]
    assert Parts(again[0]).data == "" and not Parts(again[0]).last
    assert Parts(again[1]).data == "C701C10001001105"


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


def test_unconfirmed_services_are_not_answered():
    rig = new(64, EVERYTHING)
    assert ask(rig, block(0x81, 1, 0, "C00101" + THING.replace(" ", "") + "0200")) == []
    assert ask(rig, block(0x81, 1, 0, "C00101" + LIST.replace(" ", "") + "0200")) == []
    assert ask(rig, block(0x81, 1, 0, tohex(unhex("C101 01" + THING + "0200 1105")))) == []
    assert rig.log == ["set 1105"]
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
    assert rig.server.gbt is None
    assert rig.server.scratch.gbt is None
