"""The client's side of general block transfer and ACCESS: octets both ways, recovery,
and what it refuses of a wrong server.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from host_tests.client.peer import octets
from tools.dlmsclient import (
    CosemAttribute,
    CosemMethod,
    DataAccessResult,
    Obis,
    ProtocolError,
    Selection,
    Timeout,
    UsageError,
    axdr,
)
from tools.dlmsclient.access_service import AccessItem, AccessKind, decode_response, encode_request
from tools.dlmsclient.general_blocks import Dialogue, GeneralBlock

CLOCK = Obis.parse("0.0.1.0.0.255")
IIP = 0x40000007


def block(control: int, number: int, ack: int, data: bytes = b"") -> bytes:
    return GeneralBlock(bool(control & 0x80), bool(control & 0x40), control & 63, number, ack, data).encode()


class Wire:
    """A server that answers each APDU sent with the next list of the
    script; None in a list is silence.
    """

    def __init__(self, *script: Sequence[bytes | None]) -> None:
        self.script = list(script)
        self.sent: list[bytes] = []
        self._queue: list[bytes | None] = []

    def send(self, apdu: bytes) -> None:
        self.sent.append(apdu)
        self._queue += self.script.pop(0) if self.script else []

    def receive(self, seconds: float) -> bytes | None:
        return self._queue.pop(0) if self._queue else None

    def dialogue(self, window: int = 3, **options: object) -> Dialogue:
        return Dialogue(self.send, self.receive, window, **options)  # type: ignore[arg-type]


def test_block_octets() -> None:
    assert block(0x83, 1, 0x0203, b"ab").hex() == "e0830001020302" + b"ab".hex()
    for data in (b"", b"x" * 127, b"x" * 128, b"x" * 300):
        for control in (0, 0x41, 0x9F, 0xFF):
            one = GeneralBlock.decode(block(control, 7, 9, data))
            assert (one.last, one.streaming, one.window) == (control >= 128, bool(control & 64), control & 63)
            assert (one.number, one.ack, one.data) == (7, 9, data)
    for wrong in ("", "C4", "E0", "E08000010000", "E0800001000001", "E080000100000000"):
        with pytest.raises(ProtocolError):
            GeneralBlock.decode(octets(wrong))
    for values in ((True, True, 64, 1, 0), (True, True, 1, 65536, 0)):
        with pytest.raises(UsageError):
            GeneralBlock(*values).encode()


def test_one_block_each_way() -> None:
    wire = Wire([block(0x85, 1, 1, b"answer")])
    assert wire.dialogue().request(b"request") == b"answer"
    assert wire.sent == [block(0x83, 1, 0, b"request")]


def test_request_in_streams() -> None:
    """The server's window is known from its first block."""
    wire = Wire([block(0x82, 1, 1)], [], [block(0x82, 2, 3)], [], [block(0x82, 3, 5, b"done")])
    assert wire.dialogue(room=13).request(b"aaaabbbbccccddddeeee") == b"done"
    assert wire.sent == [
        block(0x03, 1, 0, b"aaaa"),
        block(0x43, 2, 1, b"bbbb"),
        block(0x03, 3, 1, b"cccc"),
        block(0x43, 4, 2, b"dddd"),
        block(0x83, 5, 2, b"eeee"),
    ]


def test_response_in_streams() -> None:
    wire = Wire([block(0x41, 1, 1, b"a"), block(0x01, 2, 1, b"b")], [block(0x41, 3, 2, b"c"), block(0x81, 4, 2, b"d")])
    assert wire.dialogue().request(b"r") == b"abcd"
    assert wire.sent[1:] == [block(0x83, 2, 2)]


def test_plain_request_answered_in_blocks() -> None:
    wire = Wire([block(0x01, 2, 1, b"b")], [block(0x81, 3, 2, b"c")])
    assert wire.dialogue(1).response(block(0x01, 1, 0, b"a")) == b"abc"
    assert wire.sent == [block(0x81, 1, 1), block(0x81, 2, 2)]


def test_lost_blocks_are_asked_for() -> None:
    """Of 1 to 4 the second was lost: only it is asked for, and what came after it is kept."""
    wire = Wire(
        [block(0x41, 1, 1, b"a"), block(0x41, 3, 1, b"c"), block(0x01, 4, 1, b"d")],
        [block(0x01, 2, 2, b"b")],
        [block(0x81, 5, 3, b"e")],
    )
    assert wire.dialogue(4, lossy=True).request(b"r") == b"abcde"
    assert wire.sent == [block(0x84, 1, 0, b"r"), block(0x81, 2, 1), block(0x84, 3, 4), block(0x84, 4, 5)]


def test_silence_is_told_again() -> None:
    wire = Wire([None], [None], [block(0x01, 1, 1, b"a")], [None], [block(0x81, 2, 3, b"b")])
    assert wire.dialogue(lossy=True).request(b"r") == b"ab"
    assert wire.sent == [block(0x83, 1, 0, b"r")] * 3 + [block(0x83, 2, 1), block(0x83, 3, 1), block(0x83, 4, 2)]


def test_repeated_and_late_blocks() -> None:
    wire = Wire(
        [block(0x01, 1, 1, b"a")] * 2, [block(0x01, 1, 1, b"a"), block(0x81, 9, 200, b"x"), block(0x81, 2, 2, b"b")]
    )
    assert wire.dialogue(lossy=True).request(b"r") == b"ab"


LATE = (block(0x01, 1, 1, b"B"), block(0x41, 2, 2, b"BB"), block(0x81, 2, 2, b"bb"), block(0x81, 2, 2, b"b"))


@pytest.mark.req("D-87")
@pytest.mark.parametrize("lossy", [True, False], ids=["udp", "tcp"])
@pytest.mark.parametrize("late", LATE, ids=["first", "longer", "last", "only-last"])
@pytest.mark.parametrize("before", [True, False], ids=["before", "behind"])
def test_block_of_another_response(late: bytes, before: bool, lossy: bool) -> None:
    """Before the right one or after it: the same number with other data ends the read,
    and no value is put together of two.
    """
    right = {1: block(0x01, 1, 1, b"a"), 2: block(0x01, 2, 2, b"b")}
    number = GeneralBlock.decode(late).number
    pair = [late, right[number]] if before else [right[number], late]
    answers = {1: [right[1]], 2: [right[2]], 3: [block(0x81, 3, 3, b"c")]}
    answers[number] = pair
    wire = Wire(answers[1], answers[2] + answers[3])
    if before and GeneralBlock.decode(late).last and not lossy:
        # on a connection nothing comes late: this is the response, and
        # what is after it is nobody's
        assert wire.dialogue().request(b"r")[:1] == b"a"
        return
    with pytest.raises(ProtocolError, match=f"block {number} came again"):
        wire.dialogue(lossy=lossy).request(b"r")


@pytest.mark.req("D-87")
def test_block_of_another_response_behind_a_gap() -> None:
    """Kept until the gap is closed, and there when the right one comes."""
    wire = Wire([block(0x41, 1, 1, b"a"), block(0x41, 3, 1, b"X"), block(0x01, 3, 1, b"c")], [block(0x01, 2, 2, b"b")])
    with pytest.raises(ProtocolError, match="block 3 came again"):
        wire.dialogue(4, lossy=True).request(b"r")


@pytest.mark.req("D-87")
def test_last_block_of_another_response() -> None:
    """Of a shorter one, it ends the read too soon: what comes after it shows it."""
    wire = Wire([block(0x41, 1, 1, b"a"), block(0x81, 2, 1, b"X"), block(0x41, 3, 1, b"c")])
    with pytest.raises(ProtocolError, match="block 3 came behind the last one"):
        wire.dialogue(lossy=True).request(b"r")
    # the same block twice is none
    wire = Wire([block(0x41, 1, 1, b"a"), block(0x81, 2, 1, b"b"), block(0x41, 1, 1, b"a"), block(0x81, 2, 1, b"b")])
    assert wire.dialogue(lossy=True).request(b"r") == b"ab"


@pytest.mark.req("D-89")
def test_patience_grows() -> None:
    """A server that is slow is not asked so often that it gives up: within the
    usual time-out five times at most.
    """
    waited: list[float] = []

    def receive(seconds: float) -> bytes | None:
        waited.append(seconds)
        return block(0x01, 1, 1, b"a") if len(waited) == 4 else block(0x81, 2, 2, b"b") if len(waited) == 6 else None

    assert Dialogue(lambda apdu: None, receive, 3, lossy=True).request(b"r") == b"ab"
    assert [round(seconds, 1) for seconds in waited[:6]] == [0.3, 0.6, 1.2, 1.2, 0.3, 0.6]


def test_refusal_ends_it() -> None:
    wire = Wire([octets("D80102")])
    assert wire.dialogue().request(b"r") == octets("D80102")


@pytest.mark.parametrize(
    "answers",
    [
        [block(0x81, 1, 2, b"a")],  # acknowledges what was not sent
        [block(0x81, 2, 1, b"a")],  # does not begin with 1
        [block(0x41, 1, 1, b"a"), block(0x81, 1, 1, b"a")],  # twice
        [block(0x41, 1, 1, b"a"), block(0x81, 3, 1, b"c")],  # a gap on a connection
        [block(0x41, 1, 1, b"a"), block(0x41, 2, 1, b"b"), block(0x81, 3, 1, b"c")],  # beyond the window of two
    ],
)
def test_wrong_server_over_a_connection(answers: list[bytes]) -> None:
    with pytest.raises(ProtocolError):
        Wire(answers).dialogue(2).request(b"r")


def test_silent_server() -> None:
    with pytest.raises(Timeout):
        Wire().dialogue(timeout=0.05).request(b"r")
    with pytest.raises(Timeout):
        Wire().dialogue(timeout=0.05, lossy=True).request(b"r")


def test_windows_and_room() -> None:
    for window in (0, 64):
        with pytest.raises(UsageError):
            Wire().dialogue(window)
    with pytest.raises(UsageError):
        Wire().dialogue(room=9)


ITEMS = [
    AccessItem(AccessKind.GET, CosemAttribute(8, CLOCK, 2)),
    AccessItem(AccessKind.SET, CosemAttribute(8, CLOCK, 3, Selection(1, axdr.unsigned(2))), axdr.long(60)),
    AccessItem(AccessKind.ACTION, CosemMethod(8, CLOCK, 6), axdr.long(30)),
]
SPECIFICATIONS = "03 01 0008 0000010000FF 02 05 0008 0000010000FF 03 01 1102 03 0008 0000010000FF 06"


def test_access_octets() -> None:
    assert encode_request(IIP, ITEMS) == octets("D940000007 00" + SPECIFICATIONS + "03 00 10003C 10001E")
    found = decode_response(octets("DA40000007 00 00 03 0901FF 00 00 03 0100 020C 0304"), IIP, ITEMS)
    assert [each.result for each in found] == [DataAccessResult.SUCCESS, DataAccessResult.TYPE_UNMATCHED, 4]
    assert found[0].data == axdr.octet_string(b"\xff")
    described = IIP | 1 << 28
    echo = octets("DA50000007 00 01" + SPECIFICATIONS + "03 00 00 00 03 0100 0200 0300")
    assert len(decode_response(echo, described, ITEMS)) == 3
    for kind, target in ((AccessKind.ACTION, ITEMS[0].target), (AccessKind.GET, ITEMS[2].target)):
        with pytest.raises(UsageError):
            AccessItem(kind, target).specification()


@pytest.mark.parametrize(
    "answer",
    [
        "C4",
        "DA40000008 00 00 03 00 00 00 03 0100 0200 0300",  # another invoke-id
        "DA40000007 00 01" + SPECIFICATIONS + "03 00 00 00 03 0100 0200 0300",  # repeated unasked
        "DA40000007 00 00 02 00 00 02 0100 0200",  # too few
        "DA40000007 00 00 03 00 00 00 03 0100 0100 0300",  # a get for the set
        "DA40000007 00 00 03 00 00 00 03 0100 0200 0900",  # unknown choice
        "DA40000007 00 00 03 00 00 00 03 0100 0200 0300 00",  # something left
    ],
)
def test_wrong_access_answers(answer: str) -> None:
    with pytest.raises(ProtocolError):
        decode_response(octets(answer), IIP, ITEMS)
