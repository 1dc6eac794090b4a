"""General block transfer, octet for octet, on a server without a meter: requests in
blocks, and what is repeated or late.
"""

from gbt_rig import ABC, EVERYTHING, LONG_READ, READ, Parts, ask, block, fetch, new, send
from rig import TEXT, THING, Limits, tohex, unhex

REQ = {
    "test_a_request_*": ("D-81", "D-85", "D-86"),
    "test_lost_*": ("D-87", "D-82"),
    "test_late_*": ("D-87",),
    "test_repeated_*": ("D-87",),
    "test_too_long_request": ("D-89",),
}


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
    """Each of our blocks has the next number, without data too; acknowledged is
    up to where nothing is missing.
    """
    rig = new(64, EVERYTHING)
    whole = tohex(unhex("C101C1" + TEXT + "0200 0903414243"))
    assert ask(rig, block(0x04, 1, 0, whole[:10])) == ["E08500010001 00".replace(" ", "")]
    assert ask(rig, block(0x44, 2, 1, whole[10:20])) == []
    assert ask(rig, block(0x04, 4, 1, whole[30:40])) == ["E0850002000200"]
    assert ask(rig, block(0x44, 3, 2, whole[20:30])) == []
    assert ask(rig, block(0x04, 4, 2, whole[30:36])) == ["E0850003000400"]
    assert ask(rig, block(0x84, 5, 3, whole[36:])) == [block(0x85, 4, 5, "C501C100")]
    assert rig.log == ["set 0903414243"]


def test_a_request_tells_the_window_of_its_answer():
    """0 is taken for 1, 63 for what the meter keeps; said in the last block of the
    request, or in an acknowledgement.
    """
    reading = LONG_READ.replace(" ", "")
    for window, blocks in ((0, 1), (1, 1), (3, 3), (63, Limits.GBT_WINDOW)):
        rig = new(64, EVERYTHING)
        assert ask(rig, block(0x3F, 1, 0, reading[:8])) == ["E0850001000100"]
        assert len(ask(rig, block(0x80 | window, 2, 1, reading[8:]))) == blocks
        assert len(ask(rig, block(0x80, 3, 2))) == 1
        assert len(ask(rig, block(0xBF, 4, 3))) == Limits.GBT_WINDOW


def test_a_request_with_a_long_answer():
    request = "C301C1" + THING + "05 01 120100"
    for size in (4, 100):
        for lose in ((), (1,), (2, 3)):
            rig = new(64, EVERYTHING)
            answers, own = send(rig, request, size)
            answer = fetch(rig, answers, 4, own, [Parts(answers[0]).number + k for k in lose])[0]
            assert answer == "C701C1 00 01 00 09820100".replace(" ", "") + tohex(
                bytes([65 + i % 26 for i in range(256)])
            )
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


# -- repeated and late -----------------------------------------------------------------------------


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
    """… but of a GET that one block answered: a client that always sends the same octets wants
    to know the time, not the same answer.
    """
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
