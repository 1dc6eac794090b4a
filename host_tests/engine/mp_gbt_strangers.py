"""General block transfer: blocks of another transfer among those of a request,
and transfers that make no progress.
"""

from dlms.long import states
from gbt_rig import ABC, ABORT, EVERYTHING, LONG_READ, READ, Parts, ask, block, new, read
from rig import LIST, TEXT, THING, tohex, unhex

REQ = {
    "test_*_stranger_*": ("D-87", "D-24"),
    "test_repetition_*": ("D-87",),
    "test_*progress*": ("D-89", "D-87"),
}

REPEATS = 5  # answers without progress until a transfer ends


def parts(letter, iip="C1", size=15):
    """A SET of 32 octets in blocks of so many octets, as hex."""
    request = tohex(unhex("C101" + iip + TEXT + "0200 0920")) + letter * 32
    return [request[i : i + 2 * size] for i in range(0, len(request), 2 * size)]


A, B = parts("41"), parts("42", "C2")


def send(rig, number, part, last=False, streaming=True, ack=0):
    return ask(rig, block((0x80 if last else 0) | (0x40 if streaming and not last else 0) | 4, number, ack, part))


def kind(rig):
    t = rig.link.aas[0].transfer
    return states.NONE if t is None else t.kind


def check_stranger(stream, late, position, size):
    """Block `late` of transfer A comes among those of B, after B's block `position`."""
    a, b = parts("41", size=size), parts("42", "C2", size)
    if late > len(a) or position >= len(b) or late == 1 or a[late - 1] == b[late - 1]:
        return 0
    rig = new(64, EVERYTHING, stream=stream)
    answers = []
    for number in range(1, len(b) + 1):
        answers += send(rig, number, b[number - 1], number == len(b))
        if number == position:
            answers += send(rig, late, a[late - 1], late == len(a))
    if late == len(a) and late == position + 1:
        # the whole of a request, as far as anybody can see: it was refused or done,
        # and who goes on with it gets an error
        assert ABORT in answers, (late, position, answers)
        return 1
    refused = late <= position + 1
    assert (answers.count(ABORT) > 0) == refused, (late, position, answers)
    # nothing of A, and B as a whole or not at all
    assert rig.log == ([] if refused else ["set 0920" + "42" * 32]), (late, position)
    assert rig.server.transfers.free == 3
    assert ask(rig, READ) == [ABC]
    return 1


def test_a_stranger_in_a_request():
    """Every block of another transfer at every place: over UDP it is late,
    on a connection the client errs.
    """
    seen = 0
    for stream in (True, False):
        for size in (7, 15):
            for late in range(2, 8):
                for position in range(1, 8):
                    seen += check_stranger(stream, late, position, size)
    assert seen > 60


def test_a_stranger_in_the_place_of_the_last_block():
    """It makes up a whole request; the right one comes after it and gets
    an error, as this one was not.
    """
    for stream in (True, False):
        rig = new(64, EVERYTHING, stream=stream)
        for number in (1, 2, 3):
            send(rig, number, B[number - 1])
        answers = send(rig, 4, A[3], True)
        assert Parts(answers[0]).data == "C501C200"
        assert send(rig, 4, B[3], True) == [ABORT]
        assert kind(rig) == states.NONE
        assert ask(rig, READ) == [ABC]


def test_a_stranger_while_an_answer_goes():
    """Data under the number of the request's last block which are not those end the transfer,
    the last block again repeats the answer.
    """
    request = tohex(unhex(LONG_READ))
    for stream in (True, False):
        rig = new(64, EVERYTHING, stream=stream)
        send(rig, 1, request[:8], streaming=False)
        answer = ask(rig, block(0x82, 2, 1, request[8:]))
        assert ask(rig, block(0x82, 2, 1, request[8:])) == answer
        for stranger in (block(0x82, 2, 1, "414243"), block(0x02, 2, 1, request[8:])):
            rig = new(64, EVERYTHING, stream=stream)
            send(rig, 1, request[:8], streaming=False)
            ask(rig, block(0x82, 2, 1, request[8:]))
            assert ask(rig, stranger) == [ABORT]
            assert kind(rig) == states.NONE


def test_repetition_is_passed_over():
    """The same octets again, with another window or acknowledgement, are the same block:
    those taken last and those before.
    """
    for stream in (True, False):
        rig = new(64, EVERYTHING, stream=stream)
        for number in (1, 2, 3):
            send(rig, number, B[number - 1])
            for again in range(2, number + 1):
                assert send(rig, again, B[again - 1]) == []
                assert ask(rig, block(0x41, again, 0, B[again - 1])) == []
        assert ask(rig, block(0x01, 2, 0, B[1])) == [block(0x85, 1, 3)]
        assert ask(rig, block(0x01, 2, 1, B[1])) == [block(0x85, 2, 3)]
        assert Parts(send(rig, 4, B[3], True)[0]).data == "C501C200"
        assert rig.log == ["set 0920" + "42" * 32]


def test_repetition_of_long_ago_is_passed_over():
    """What the octets of a block were is known of the last window alone."""
    for stream in (True, False):
        rig = new(64, EVERYTHING, stream=stream)
        small = parts("42", "C2", 3)
        for number in range(1, len(small)):
            send(rig, number, small[number - 1])
            assert send(rig, number, small[number - 1]) == []
        got = len(small) - 1
        window = rig.server.kit.window
        assert send(rig, got - window - 1, "FFFF") == []
        assert kind(rig) == states.GBT_IN
        assert send(rig, got - window, "FFFF") == [ABORT]
        assert rig.log == []


# -- no progress -----------------------------------------------------------------------------------


def answered(rig, apdu, most=30):
    """How often the same APDU is answered by a stream or a block, until the transfer ends;
    what it was answered with in the end.
    """
    for n in range(most):
        answers = ask(rig, apdu)
        if answers == [ABORT] or not answers:
            return n, answers
    raise AssertionError("without end")


def test_no_progress_of_an_answer():
    """The same acknowledgement again draws the stream a few times; with
    another number of its own just so.
    """
    for stream in (True, False):
        rig = new(64, stream=stream)
        ask(rig, LONG_READ)
        assert len(ask(rig, block(0x84, 1, 1))) == 4
        assert answered(rig, block(0x84, 1, 1)) == (REPEATS, [ABORT])
        assert kind(rig) == states.NONE
        assert ask(rig, block(0x84, 1, 1)) == []
        assert read(rig)[:10] == "C401C10001"
        # counted is from the last progress on, at every place of the answer
        rig = new(64, stream=stream)
        sent = Parts(ask(rig, LONG_READ)[-1]).number
        own = 0
        while True:
            for _ in range(REPEATS):
                own += 1
                answers = ask(rig, block(0x81, own, sent - 1 if sent > 1 else 0))
                assert Parts(answers[0]).number == sent
            own += 1
            answers = ask(rig, block(0x81, own, sent))
            if not answers:
                break
            sent = Parts(answers[-1]).number
        assert kind(rig) == states.NONE


def test_no_progress_when_all_was_sent():
    """The last block that nobody acknowledges: after its repetitions the transfer is over."""
    for stream in (True, False):
        rig = new(200, stream=stream)
        sent = Parts(ask(rig, LONG_READ)[-1]).number
        answers = ask(rig, block(0x84, 1, sent))
        assert Parts(answers[-1]).last
        assert answered(rig, block(0x84, 2, sent)) == (REPEATS, [ABORT])
        assert kind(rig) == states.NONE


def test_no_progress_of_a_request():
    """Blocks behind a gap, and those that were taken: acknowledged a few
    times, then nothing of it is done.
    """
    for stream in (True, False):
        for number, part in ((4, B[3]), (2, B[1]), (1, "")):
            rig = new(64, EVERYTHING, stream=stream)
            send(rig, 1, B[0])
            send(rig, 2, B[1])
            assert answered(rig, block(0x04, number, 0, part)) == (REPEATS, [ABORT]), number
            assert kind(rig) == states.NONE
            assert rig.log == []
            # what streams by is not answered, so it is not counted
            rig = new(64, EVERYTHING, stream=stream)
            send(rig, 1, B[0])
            send(rig, 2, B[1])
            for _ in range(30):
                assert ask(rig, block(0x44, number, 0, part)) == []
            send(rig, 3, B[2])
            assert Parts(send(rig, 4, B[3], True)[0]).data == "C501C200"


def test_no_progress_of_a_repeated_request():
    """The same datagram of a request again and again gets the answer there is a few times."""
    rig = new(64, EVERYTHING, stream=False)
    whole = block(0x81, 1, 0, tohex(unhex("C301C1" + THING + "02 01 1105")))
    answer = ask(rig, whole)
    for _ in range(REPEATS):
        assert ask(rig, whole) == answer
    assert ask(rig, whole) == [ABORT]
    assert rig.log == ["act 2 1105"]
    assert kind(rig) == states.NONE


def test_no_progress_of_acknowledgements_in_front_of_an_answer():
    """Asked for are the empty blocks that acknowledged the request: repeated as often, and no more."""
    for stream in (True, False):
        rig = new(64, EVERYTHING, stream=stream)
        request = tohex(unhex("C001C1" + LIST + "0200"))
        send(rig, 1, request[:10], streaming=False)
        ask(rig, block(0x82, 2, 0, request[10:]))
        assert answered(rig, block(0x82, 3, 0)) == (REPEATS, [ABORT])
