"""No request takes heap in the engine: every kind, over the real object model, with
the heap locked and by its growth.
"""

import gc
import sys

import limits
from alloc_kinds import (
    MANAGEMENT,
    NAMED,
    SHORT_NAME_MANAGEMENT,
    SHORT_NAMES,
    cycle,
    left_out,
    pdu_size,
    refused_everywhere,
    short_cycle,
)
from alloc_loopback import Skip
from alloc_rig import Rig, allocated, need_general_blocks, taken, wpdu

MARKS = ("zero_alloc",)
ROUNDS = 25
# Calls inside calls, too many for the 8 KB of C stack of an RP2040
_DEEP = ("read_by_logicalname", "Read in general blocks")


class _Play:
    """A cycle of requests, ready to be played without anything new."""

    def __init__(self, rig, kind):
        self.kind = kind
        short = kind in SHORT_NAMES
        client = SHORT_NAME_MANAGEMENT if short else MANAGEMENT
        self.rig = rig.open(pdu_size(kind), client)
        whole = limits.GBT_WINDOW and limits.PUSHES
        self.pairs = (
            short_cycle(kind, rig.base)
            if short
            else cycle(kind)
            if whole or kind != "refused"
            else refused_everywhere()
        )
        self.requests = [wpdu(request, client) for request, _ in self.pairs]
        self.answered = [len(answer) > 0 for _, answer in self.pairs]

    def check(self):
        """Play once and compare the answers."""
        for i in range(len(self.requests)):
            answer = self.rig.ask(self.requests[i])
            wanted = self.pairs[i][1]
            assert answer[8 : 8 + len(wanted)] == wanted, "%s: asked %s got %s" % (
                self.kind,
                self.requests[i][8:].hex(),
                answer[8:].hex(),
            )
        assert not self.rig.notes, self.rig.notes

    def run(self, rounds):
        """Play some rounds; every request must be answered that has an answer."""
        server = self.rig.server
        link = self.rig.link
        tx = self.rig.tx
        while rounds:
            i = 0
            for request in self.requests:
                if (server.handle(link, request, 0, len(request), tx) > 0) != self.answered[i]:
                    raise ValueError("no answer")
                i += 1
            rounds -= 1


def _kind(kind):
    if kind in SHORT_NAMES and limits.SN_CLIENTS < 2:
        raise Skip("this board has no short names")
    if left_out(kind, limits):
        raise Skip("this board leaves it out")
    play = _Play(_rig(), kind)
    play.check()
    assert taken(play.run, ROUNDS, kind not in _DEEP or sys.platform != "rp2") == 0
    play.check()


_made = []


def _rig():
    if not _made:
        _made.append(Rig())
    return _made[0]


class _Streams:
    """The profile in streams of blocks, some of them asked for twice."""

    def __init__(self, rig):
        self.rig = rig.open(128)
        apdu = cycle("GET in general blocks")[0][0]
        window = min(7, limits.GBT_WINDOW)
        control = 0x80 | window
        self.requests = [wpdu(apdu[:1] + bytes((control,)) + apdu[2:])]
        again = 2 * window + window // 2  # the third stream has arrived in part
        for number, ack in ((2, window), (3, 2 * window), (4, again), (5, again + window)):
            self.requests.append(wpdu(bytes((0xE0, control, 0, number, 0, ack, 0))))

    def run(self, rounds):
        rig = self.rig
        server = rig.server
        tx = rig.tx
        while rounds:
            for request in self.requests:
                if server.handle(rig.link, request, 0, len(request), tx) == 0 or tx[8] != 0xE0:
                    raise ValueError("no block")
                sent = 1
                while rig.link.streaming is not None:
                    if server.more(rig.link, tx) == 0 or tx[8] != 0xE0:
                        raise ValueError("no further block")
                    sent += 1
                if sent < 2:
                    raise ValueError("no stream")
            rounds -= 1


def test_streams():
    need_general_blocks()
    assert taken(_Streams(_rig()).run, ROUNDS) == 0
    assert not _rig().notes


def test_packed_buffers():
    need_general_blocks()
    _made.clear()  # a small board has room for one meter at a time
    for word in ("compact=48", "null_data=48"):
        play = None
        gc.collect()
        play = _Play(Rig(word), "GET in general blocks")
        play.requests = play.requests[:8]  # the shorter form has fewer blocks
        assert taken(play.run, ROUNDS) == 0


def _leak(kept):
    kept[0] = bytearray(64)


def _raise_and_catch(times):
    try:
        raise ValueError
    except ValueError:
        pass


def test_the_measurement_sees_an_allocation():
    """`taken` itself: a kept object is refused by the locked heap, a
    caught exception shows as growth.
    """
    if allocated() == 0:
        return  # CPython counts nothing
    refused = False
    try:
        taken(_leak, [None])
    except MemoryError:
        refused = True
    assert refused
    assert taken(_raise_and_catch, 1) > 0


def cases():
    for kind in sorted(NAMED):
        yield kind.replace(" ", "-"), _kind, (kind,)
    yield "refused", _kind, ("refused",)
    for kind in sorted(SHORT_NAMES):
        yield kind.replace(" ", "-"), _kind, (kind,)
