"""Datagrams that are lost, repeated, late or too many: block transfers end with an error or
with the right octets, the meter goes on.
"""

import contextlib
import random

import pytest

from host_tests.harness.raw import wpdu
from host_tests.wire.apdus import (
    AARQ,
    CURRENT_ASSOCIATION,
    MANAGEMENT,
    OBJECT_LIST,
    PUBLIC,
    UNCONFIRMED_AARQ,
    aarq,
    ask,
    associate,
    descriptor,
    get,
    get_next,
    serves,
)

pytestmark = pytest.mark.prefers(backfill_days=0)

OBJECTS = (15, CURRENT_ASSOCIATION, 2)
LABEL = (1, "0.0.96.1.1.255", 2)  # an octet-string of 15 octets that the management client may write
PROFILE = (7, "1.0.99.1.0.255")
BLOCKS = 128
FLOOD = 4000
NOBODY = 0x4444  # a client wPort that no meter knows


def content(block):
    """(number, last, raw data or None for a result) of a GET-response-with-datablock."""
    assert block[:2].hex() == "c402", block.hex()
    number = int.from_bytes(block[4:8], "big")
    if block[8]:
        return number, bool(block[3]), None
    at = 10 if block[9] < 0x80 else 10 + (block[9] & 0x7F)
    return number, bool(block[3]), block[at:]


def read(link, client=PUBLIC, request=OBJECT_LIST):
    """An attribute in blocks, with nothing lost."""
    number, last, value = content(ask(link, request, client))
    while not last:
        number, last, raw = content(ask(link, get_next(number), client))
        value += raw
    return value


@pytest.fixture
def reading(udp):
    """A link on which the public client has an AA with short responses,
    and the object list as it is.
    """
    link = udp()
    associate(link, request=aarq(pdu_size=BLOCKS))
    return link, read(link)


@pytest.mark.req("D-15", "D-16", "A-41", "A-44", "A-45", "B-19", "B-21")
def test_lost_block_is_not_sent_again_and_the_read_starts_anew(reading):
    """The client that waits in vain asks for the same block again: refused, and
    its next attempt gets everything.
    """
    link, whole = reading
    assert content(ask(link, OBJECT_LIST))[0] == 1
    assert content(ask(link, get_next(1)))[0] == 2
    assert ask(link, get_next(1)).hex() == "c402c101000000010113"
    assert ask(link, get_next(2)).hex() == "c402c101000000020110"
    assert read(link) == whole


@pytest.mark.req("D-15", "D-16", "A-45", "B-19")
def test_repeated_datagrams_of_a_read(reading):
    """Every request arrives twice: whatever is answered, no block is taken for another."""
    link, whole = reading
    link.send(wpdu(PUBLIC, MANAGEMENT, OBJECT_LIST))
    first, again = (link.ask(wpdu(PUBLIC, MANAGEMENT, OBJECT_LIST))[8:], link.receive()[8:])
    assert first == again
    second = ask(link, get_next(1))
    link.send(wpdu(PUBLIC, MANAGEMENT, get_next(1)))
    assert content(second)[0] == 2
    assert link.receive()[8:].hex() == "c402c101000000010113"
    assert read(link) == whole


@pytest.mark.req("D-15", "D-16", "D-02", "A-45", "B-19")
def test_late_request_of_an_earlier_read(reading):
    """Its invoke-id shows it: it is refused, and the read that runs goes on without a hole."""
    link, whole = reading
    number, last, value = content(ask(link, OBJECT_LIST))
    while not last:
        for late in (number, number - 1, number + 1, 0xFFFFFFFF):
            assert ask(link, get_next(late, iip=0xC9)).hex() == f"c402c901{late:08x}0110"
        number, last, raw = content(ask(link, get_next(number)))
        value += raw
    assert value == whole


@pytest.mark.req("D-15", "D-17", "B-19")
def test_late_request_with_the_same_invoke_id(reading):
    """A client that uses one invoke-id for everything: the late one takes a block
    away, and the read ends with an error.
    """
    link, whole = reading
    for late in (1, 2, 3, 9):
        collected = content(ask(link, OBJECT_LIST))[2]
        stray = content(ask(link, get_next(late)))
        number, _, raw = content(ask(link, get_next(1)))
        if late == 1:
            assert stray[0] == 2
        assert raw is None, f"block {number} behind {collected.hex()}"
    assert read(link) == whole


@pytest.mark.req("D-32", "D-02", "A-45", "B-19")
def test_late_request_while_a_write_runs(writing, manager_wport):
    link, label, blocks = writing
    now = blocks(b"N", 0xC3)
    earlier = blocks(b"E", 0xC2)
    assert ask(link, now[0], manager_wport).hex() == "c502c300000001"
    assert ask(link, earlier[1], manager_wport).hex() == "c503c21200000002"
    assert ask(link, now[1], manager_wport).hex() == "c502c300000002"
    assert ask(link, earlier[2], manager_wport).hex() == "c503c21200000003"
    assert ask(link, get_next(2, iip=0xC2), manager_wport).hex() == "c402c201000000020110"
    assert ask(link, bytes.fromhex("C306C2 01 00000003 01 00"), manager_wport).hex() == "c701c21000"
    assert ask(link, bytes.fromhex("C302C2 00000002"), manager_wport).hex() == "c701c21000"
    assert ask(link, now[2], manager_wport).hex() == "c503c30000000003"
    assert label() == b"\x09\x0f" + b"N" * 15


@pytest.fixture
def writing(udp, tcp, manager_wport, secret):
    """(link over UDP, function that reads the label over TCP, the blocks of a
    SET of it to each of two values).
    """
    link, stream = udp(), tcp()
    associate(link, manager_wport, request=aarq(secret))
    associate(stream, manager_wport, request=aarq(secret))

    def label():
        return ask(stream, get(*LABEL), manager_wport)[4:]

    before = label()
    assert before[:2] == b"\x09\x0f"

    def blocks(letter, iip=0xC1):
        value = b"\x09\x0f" + letter * 15
        return [
            bytes((0xC1, 2, iip)) + descriptor(*LABEL) + bytes.fromhex("00 00 00000001 06") + value[:6],
            bytes((0xC1, 3, iip)) + bytes.fromhex("00 00000002 06") + value[6:12],
            bytes((0xC1, 3, iip)) + bytes.fromhex("01 00000003 05") + value[12:],
        ]

    yield link, label, blocks
    assert ask(stream, b"\xc1\1\xc1" + descriptor(*LABEL) + b"\0" + before, manager_wport).hex() == "c501c100"


@pytest.mark.req("D-22", "D-24", "A-45", "B-19", "B-21")
@pytest.mark.caps("writes")
@pytest.mark.parametrize(
    "order",
    [
        [0, 0, 1, 2],
        [0, 1, 1, 2],
        [0, 1, 2, 2],
        [0, 2, 1],
        [1, 0, 2],
        [2, 1, 0],
        [0, 2],
        [1, 2],
        [0, 1],
        [0, 1, 2, 0],
        [0, 1, 2, 1],
    ],
    ids=lambda order: "".join(map(str, order)),
)
def test_blocks_of_a_write_in_another_order(writing, manager_wport, order):
    """The value is the whole new one when its blocks came one after the other, and
    untouched when not; never a mixture.
    """
    link, label, blocks = writing
    before = label()
    parts = blocks(b"N")
    assert len(parts) == 3
    answers = [ask(link, parts[i], manager_wport).hex() for i in order]
    # a first block begins anew, and what is repeated after the last one changes nothing
    whole = order in ([0, 0, 1, 2], [0, 1, 2, 2], [0, 1, 2, 0], [0, 1, 2, 1])
    assert (label() == before) == (not whole)
    assert label() in (before, b"\x09\x0f" + b"N" * 15)
    assert sum(answer.startswith("c503c100") for answer in answers) == whole
    assert all(answer[:4] in ("c502", "c503") for answer in answers)
    # the AA is as it was
    assert [ask(link, part, manager_wport)[:4].hex() for part in blocks(b"M")] == ["c502c100"] * 2 + ["c503c100"]
    assert label() == b"\x09\x0f" + b"M" * 15


@pytest.mark.req("D-32", "A-45", "B-19")
@pytest.mark.caps("writes")
def test_repeated_last_block_invokes_a_method_once(writing, tcp, manager_wport, secret):
    link, _, _ = writing
    stream = tcp()
    associate(stream, manager_wport, request=aarq(secret))

    def rows():
        return int.from_bytes(ask(stream, get(*PROFILE, 7), manager_wport)[5:], "big")

    before = rows()
    # capture(integer 0), its parameter in two blocks
    first = b"\xc3\4\xc1" + descriptor(*PROFILE, 2) + bytes.fromhex("00 00000001 01 0F")
    last = bytes.fromhex("C306C1 01 00000002 01 00")
    assert ask(link, first, manager_wport).hex() == "c704c100000001"
    assert ask(link, last, manager_wport).hex() == "c701c10000"
    assert ask(link, last, manager_wport).hex() == "c701c11000"
    assert rows() == before + 1


class Network:
    """A link between client and meter that loses, repeats and delays datagrams
    both ways, the same ones each time.
    """

    def __init__(self, link, seed):
        self.link = link
        self.dice = random.Random(seed)
        self.late = []  # they come within the next few requests, or not at all

    def ask(self, apdu, client):
        """Send one APDU; returns what came back: some answers, of this request or an earlier one."""
        octets = wpdu(client, MANAGEMENT, apdu)
        waiting = [octets] * self.dice.choices((0, 1, 2), (1, 6, 2))[0]
        if self.late and self.dice.random() < 0.5:
            waiting.append(self.late.pop(self.dice.randrange(len(self.late))))
        if self.dice.random() < 0.2:
            self.late.append(octets)
        del self.late[:-4]
        self.dice.shuffle(waiting)
        answers = [self.link.ask(each)[8:] for each in waiting]
        self.dice.shuffle(answers)
        return [answer for answer in answers if self.dice.random() < 0.8]


@pytest.mark.req("A-44", "A-45", "D-14", "D-15", "D-17", "B-19")
@pytest.mark.parametrize("seed", range(4))
def test_reads_over_a_bad_network_are_right_or_end(reading, seed):
    """A client that takes block n+1 only after block n never puts anything together but the value."""
    link, whole = reading
    network = Network(link, seed)
    finished = ended = 0
    for n in range(60):
        iip = 0xC0 | n & 0x0F
        value, wanted, request, done = b"", 1, get(*OBJECTS, iip=iip), False
        for _ in range(3 * len(whole) // BLOCKS):
            answers = network.ask(request, PUBLIC)
            for answer in answers:
                number, last, raw = content(answer)
                if raw is None or number != wanted or answer[2] != iip:
                    continue
                value += raw
                wanted += 1
                done = last
            if done or any(content(answer)[2] is None and answer[2] == iip for answer in answers):
                break
            if wanted > 1:
                request = get_next(wanted - 1, iip)
        if done:
            assert value == whole
            finished += 1
        else:
            ended += 1
    assert ended > 0, "the network was not bad"
    assert read(link) == whole


@pytest.mark.req("A-44", "A-45", "D-22", "D-24", "B-19")
@pytest.mark.caps("writes")
@pytest.mark.parametrize("seed", range(4))
def test_writes_over_a_bad_network_are_whole_or_none(writing, manager_wport, seed):
    link, label, blocks = writing
    network = Network(link, seed)
    seen = set()
    values = {label()}
    for n in range(60):
        letter = bytes((0x41 + n % 26,))
        values.add(b"\x09\x0f" + letter * 15)
        for part in blocks(letter, 0xC0 | n & 0x0F):
            network.ask(part, manager_wport)
        now = label()
        assert now in values, now.hex()
        seen.add(now)
    assert len(seen) > 3


@pytest.mark.req("A-44", "A-46", "B-24")
@pytest.mark.caps("own-process")
def test_flood_fills_the_queue_and_nothing_else(udp, tcp):
    """More than the socket's queue holds, from many ports, nothing of it read: TCP is
    served meanwhile, and UDP afterwards.
    """
    stream = tcp()
    associate(stream)
    kinds = [
        wpdu(PUBLIC, MANAGEMENT, apdu) for apdu in (get(iip=0xC2), AARQ, OBJECT_LIST, UNCONFIRMED_AARQ, bytes(1000))
    ]
    kinds += [wpdu(PUBLIC, 0x7F, UNCONFIRMED_AARQ), wpdu(PUBLIC, 0x7F, get(iip=2)), b"\0\2\0\1", bytes(1400), b""]
    links = [udp() for _ in range(16)]
    for n in range(FLOOD):
        links[n % len(links)].socket.send(kinds[n % len(kinds)])
        if n % 500 == 0:
            assert serves(stream)
    # the queue is served to its end: then a question finds room in it
    last = udp()
    for _ in range(50):
        last.send(wpdu(NOBODY, MANAGEMENT, AARQ))
        if not last.nothing(0.2):
            break
    else:
        raise AssertionError("no datagram is served any more")
    for link in links:
        with contextlib.suppress(BlockingIOError):
            while link.receive(0.0):
                pass
    assert serves(stream)
