"""Pushes in general blocks, put together: each is shown whole or reported lost,
and never are two of them mixed.

Blocks carry no name of their push, only numbers from 1. Which push a block belongs to follows from
these rules, for each way (transport, peer and wPorts) on its own:

    a number that is there already, with other octets    another push: the one before is lost
    a number after the last block, or a last block       another push, too
      before others that are there
    block 1 after others                                 another push, too: theirs was lost
    the same octets again                                a repetition: acknowledged again where
                                                         the meter waits for that
    block 1 again, with the same octets                  the meter begins the same push anew
    over UDP, silence in the middle of a stream, or      the rest does not come: lost. The next
      long silence after an acknowledgement              block belongs to another push, which is
                                                         lost itself if it is not number 1
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ..dlmsclient.errors import ProtocolError
from ..dlmsclient.general_blocks import GeneralBlock
from ..dlmsclient.long_transfer import MAX_VALUE_OCTETS

STREAM_GAP = 2.0  # seconds between two blocks of one stream
ANSWER_GAP = 30.0  # seconds from our acknowledgement to the block that follows
_MOST = 256  # pushes that are not whole at a time

Way = tuple[str, str, int, int]  # transport, peer, source and destination wPort


@dataclass
class _Push:
    """The blocks of one push that are there."""

    blocks: dict[int, GeneralBlock] = field(default_factory=dict)
    got: int = 0  # up to here none is missing
    sent: int = 0  # our last acknowledgement
    size: int = 0  # octets
    until: float = 0.0  # when it is given up
    before: dict[int, GeneralBlock] = field(default_factory=dict)  # the blocks of the push before, whole

    @property
    def whole(self) -> bool:
        return self.got > 0 and self.blocks[self.got].last

    def is_other(self, block: GeneralBlock) -> bool:
        """Whether a block can be none of this push."""
        known = self.blocks.get(block.number)
        if known is not None:
            return not _same(known, block)
        if block.number == 1:
            return True  # what is here lacks its beginning, and this is one
        last = max(self.blocks)
        return (self.blocks[last].last and block.number > last) or (block.last and block.number < last)

    def repeats(self, blocks: dict[int, GeneralBlock]) -> bool:
        """Whether everything that is here is of these blocks."""
        return all(number in blocks and _same(block, blocks[number]) for number, block in self.blocks.items())

    def keep(self, block: GeneralBlock) -> None:
        if block.number not in self.blocks:
            self.size += len(block.data)
            self.blocks[block.number] = block
        while self.got + 1 in self.blocks:
            self.got += 1

    def acknowledge(self, window: int) -> bytes:
        self.sent += 1
        return GeneralBlock(True, False, window, self.sent, self.got).encode()

    def apdu(self) -> bytes:
        return b"".join(self.blocks[number].data for number in range(1, self.got + 1))

    def missing(self) -> str:
        """What came and what did not."""
        came = len(self.blocks)
        kept = f"{came} block{'s' * (came != 1)}, up to number {max(self.blocks)}, came"
        return f"{kept}; number {self.got + 1} did not"


def _same(one: GeneralBlock, other: GeneralBlock) -> bool:
    return one.data == other.data and one.last == other.last


@dataclass(frozen=True)
class Taken:
    """What a block led to: a push that is ``whole``, an ``answer`` to send, and what
    is said of a push that is ``lost``.
    """

    whole: bytes | None = None
    answer: bytes | None = None
    lost: str = ""


class Receptions:
    """Pushes on their way. window: blocks that are taken in a row."""

    def __init__(self, window: int) -> None:
        self.window = window
        self._pushes: dict[Way, _Push] = {}

    def take(self, way: Way, octets: bytes, now: float) -> Taken:
        """One general block; a ProtocolError for one that is broken, or that makes a push too long."""
        block = GeneralBlock.decode(octets)
        lost = ""
        push = self._pushes.pop(way, None)
        if push is not None and not push.whole and (now > push.until or push.is_other(block)):
            lost, push = push.missing(), None
        before: dict[int, GeneralBlock] = {}
        if push is not None and push.whole:
            if block.number != 1 and block.number in push.blocks and _same(push.blocks[block.number], block):
                self._pushes[way] = push
                return Taken(answer=None if block.streaming else push.acknowledge(self.window))
            before, push = push.blocks, None
        if push is not None and block.number == 1 and block.ack == 0 and push.got > 1:
            push = None  # the same once more
        if push is None:
            push = _Push(before=before)
        if block.ack > push.sent:
            raise ProtocolError(f"the meter acknowledges block {block.ack}, {push.sent} were sent").of(octets)
        push.keep(block)
        if push.size > MAX_VALUE_OCTETS:
            raise ProtocolError(f"the push is longer than {MAX_VALUE_OCTETS} octets")
        push.until = now + (STREAM_GAP if block.streaming else ANSWER_GAP) if way[0] == "UDP" else float("inf")
        self._pushes[way] = push
        answer = None if block.streaming else push.acknowledge(self.window)
        return Taken(push.apdu() if push.whole else None, answer, lost)

    def expired(self, now: float) -> list[tuple[Way, str]]:
        """The pushes that are given up, and what is said of each; the oldest
        too where there are too many.
        """
        unfinished = [(way, push) for way, push in self._pushes.items() if not push.whole]
        surplus = unfinished[: max(0, len(unfinished) - _MOST)]
        gone = surplus + [(way, push) for way, push in unfinished[len(surplus) :] if now > push.until]
        for way in [way for way, _ in gone]:
            del self._pushes[way]
        for way in [way for way, push in self._pushes.items() if push.whole][:-_MOST]:
            del self._pushes[way]
        return [(way, push.missing()) for way, push in gone if not push.repeats(push.before)]

    def closed(self, transport: str, peer: str) -> list[tuple[Way, str]]:
        """The pushes that a connection takes with it when it ends."""
        ways = [way for way in self._pushes if way[:2] == (transport, peer)]
        gone = [(way, self._pushes.pop(way)) for way in ways]
        return [(way, push.missing()) for way, push in gone if not push.whole]
