"""What octets mean because of those before them: blocks joined into values,
answers paired with their requests.

    conversation = Conversation()
    explained = conversation.take(Octets(...))      # a WPDU, or an APDU; .description, and .joined
                                                    where it ends a long value

Blocks belong to a link, a pair of wPorts, a direction and, where the service has one, an invoke-id.
A block that comes twice counts once; of a block that cannot be joined a remark says so.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from functools import cached_property

from ..dlmsclient.access_service import ACCESS_REQUEST, ACCESS_RESPONSE, LONG_INVOKE_ID_MASK
from ..dlmsclient.acse import AARQ_TAG
from ..dlmsclient.short_name_service import READ_REQUEST, UNCONFIRMED_WRITE_REQUEST, WRITE_REQUEST
from ..dlmsclient.wrapper import HEADER_SIZE
from ..dlmsclient.xdlms import ACTION_REQUEST, GET_REQUEST, GET_RESPONSE, INVOKE_ID_MASK, SET_REQUEST
from .apdus import Description, apdu, describe, describe_wpdu, header_of, is_wpdu
from .longvalues import meaning
from .parts import Octets, Part
from .services import Block, Explain, Notes, Target
from .short_names import variables, variables_and_values

MAX_JOINED = 1 << 24  # octets; what claims to be longer is not joined
_REMEMBERED = 1024  # requests that wait for their answers
# What may carry a secret when it comes in blocks.
_SECRETIVE = bytes(
    (AARQ_TAG, SET_REQUEST, ACTION_REQUEST, ACCESS_REQUEST, READ_REQUEST, WRITE_REQUEST, UNCONFIRMED_WRITE_REQUEST)
)

_REQUESTS = bytes((GET_REQUEST, ACTION_REQUEST, ACCESS_REQUEST))

Way = tuple[object, object]


@dataclass
class Joined:
    """A long value put together: what it is and of how many blocks. It is explained when
    somebody asks, because it may be long.
    """

    title: str
    octets: Octets
    explain: Explain
    asked: tuple[Target, ...] = ()

    @cached_property
    def description(self) -> Description:
        """What its octets are."""
        return describe(self.octets, self.explain, self.asked)


@dataclass
class Explained:
    """A WPDU or APDU explained; ``joined`` when it ends a long value, ``remarks``
    about blocks that cannot be joined.
    """

    description: Description
    joined: Joined | None = None
    remarks: list[str] = field(default_factory=list)
    secrets: list[tuple[int, int]] = field(default_factory=list)

    @property
    def faults(self) -> list[str]:
        """What is wrong with these octets, or with the long value that they end."""
        return self.description.faults + (self.joined.description.faults if self.joined else [])

    @property
    def masked(self) -> Octets:
        """The octets as a trace shows them."""
        return self.description.octets.hide(self.secrets)


@dataclass
class _Transfer:
    """Blocks of one long value so far: joined up to ``number``, and of
    general blocks those behind a gap.
    """

    title: str
    explain: Explain
    asked: tuple[Target, ...] = ()
    number: int = 0
    octets: Octets = Octets(b"")
    blocks: dict[int, Octets] = field(default_factory=dict)
    last: int = 0  # number of the last general block, 0 while it has not come
    whole: bool = False

    def add(self, number: int, octets: Octets) -> None:
        """Take a block, and join what follows without a gap."""
        self.blocks[number] = octets
        while (following := self.blocks.get(self.number + 1)) is not None:
            self.number += 1
            self.octets += following

    def _may_hold_secrets(self) -> bool:
        """Whether it is worth the time to look for them with every block."""
        if any(target.is_secret for target in self.asked):
            return True
        if self.explain is apdu:
            return self.octets.data[:1] in _SECRETIVE
        return self.explain in (variables, variables_and_values)

    def secrets(self, block: Block) -> list[tuple[int, int]]:
        """Spans of the APDU of the block added last that belong to a secret, by
        what the blocks so far make up.
        """
        if not self._may_hold_secrets():
            return []
        before = len(self.octets) - (block.end - block.start)
        shift = block.start - before
        spans = describe(self.octets, self.explain, self.asked).secrets
        return [(max(start + shift, block.start), min(end + shift, block.end)) for start, end in spans if end > before]


class Conversation:
    """Takes what goes over one or more links, in order."""

    def __init__(self) -> None:
        self._transfers: dict[Hashable, _Transfer] = {}
        self._asked: dict[Hashable, tuple[tuple[Target, ...], bool]] = {}

    def take(self, octets: Octets, link: Hashable = None, direction: str = "") -> Explained:
        """Explain the next WPDU or APDU of a link. ``direction``, > or <, distinguishes
        APDUs apart that have no wPorts.
        """
        header = header_of(octets)
        if header is not None:
            return self._explained(octets, link, (header.source, header.destination))
        return self._explained(octets, link, (direction, {">": "<", "<": ">"}.get(direction, direction)))

    @staticmethod
    def unframed(octets: Octets, why: str) -> Explained:
        """Octets that are neither a WPDU nor an APDU."""
        return Explained(Description(octets, [Part(0, len(octets), "not explained", why, fault=True)]))

    def unfinished(self) -> list[str]:
        """Long values whose last block did not come."""
        begun = [transfer for transfer in self._transfers.values() if transfer.octets and not transfer.whole]
        self._transfers.clear()
        return [f"{transfer.title}: {_blocks(transfer.number)}, the last one did not come" for transfer in begun]

    def _explained(self, octets: Octets, link: Hashable, way: Way) -> Explained:
        """Explain octets as WPDU or APDU, with the request that they answer, and join the blocks of
        a transfer.
        """
        asked, listed = self._request_of(octets, link, way)
        description = describe_wpdu(octets, asked) if is_wpdu(octets) else describe(octets, apdu, asked)
        explained = Explained(description, secrets=list(description.secrets))
        notes = description.notes
        if notes.targets and "request" in notes.name:
            self._remember(notes, link, way)
        if notes.block is not None and notes.stream:
            self._general_block(explained, notes.block, (link, way, "E0"), link, way)
        elif notes.block is not None:
            asked, listed = self._asked.get((link, way[::-1], _service(notes.name), notes.invoke_id), ((), False))
            title, explain, targets = meaning(notes, asked, listed)
            key = (link, way, _service(notes.name), notes.invoke_id)
            self._block(explained, notes.block, key, _Transfer(title, explain, targets))
        return explained

    # Requests and their answers

    def _remember(self, notes: Notes, link: Hashable, way: Way) -> None:
        """Keep what a request asks for until its answer comes."""
        key = (link, way, _service(notes.name), notes.invoke_id)
        self._asked.pop(key, None)
        self._asked[key] = (tuple(notes.targets), notes.listed)
        if len(self._asked) > _REMEMBERED:
            del self._asked[next(iter(self._asked))]

    def _request_of(self, octets: Octets, link: Hashable, way: Way) -> tuple[tuple[Target, ...], bool]:
        """What was asked for by the request that octets look like the answer to: its
        targets, and whether they are a list.
        """
        start = HEADER_SIZE if is_wpdu(octets) else 0
        head = octets.data[start : start + 5]
        nothing: tuple[tuple[Target, ...], bool] = ((), False)
        if len(head) < 3:
            return nothing
        if head[0] == GET_RESPONSE:
            return self._asked.get((link, way[::-1], "GET", head[2] & INVOKE_ID_MASK), nothing)
        if head[0] == ACCESS_RESPONSE:
            number = int.from_bytes(head[1:5], "big") & LONG_INVOKE_ID_MASK
            return self._asked.get((link, way[::-1], "ACCESS", number), nothing)
        return nothing

    # Blocks

    def _block(self, explained: Explained, block: Block, key: Hashable, new: _Transfer) -> None:
        """A block of a service: numbered from 1, one after the other."""
        octets = explained.description.octets.cut(block.start, block.end)
        transfer = self._transfers.get(key)
        if transfer is not None and block.number == transfer.number and transfer.blocks == {block.number: octets}:
            explained.secrets += transfer.secrets(block)
            return  # said again
        if block.first or block.number == 1:
            transfer = self._transfers[key] = new
        if transfer is None or transfer.whole or block.number != transfer.number + 1:
            seen = f"after block {transfer.number}" if transfer and not transfer.whole else "without those before it"
            explained.remarks.append(f"block {block.number} {seen}: it is not joined")
            return
        transfer.blocks.clear()
        transfer.add(block.number, octets)
        explained.secrets += transfer.secrets(block)
        if len(transfer.octets) > MAX_JOINED:
            explained.remarks.append(f"more than {MAX_JOINED} octets: they are not joined")
            del self._transfers[key]
        elif block.last:
            transfer.whole = True
            title = f"{transfer.title}, {_joined(transfer)}"
            explained.joined = Joined(title, transfer.octets, transfer.explain, transfer.asked)

    def _general_block(self, explained: Explained, block: Block, key: Hashable, link: Hashable, way: Way) -> None:
        """A block of a general block transfer: it may come twice, or behind a
        gap; without data it only counts.
        """
        octets = explained.description.octets.cut(block.start, block.end)
        if not octets and way[0] == "":
            return  # whose acknowledgement it is nobody knows
        transfer = self._transfers.get(key)
        again = transfer is not None and transfer.blocks.get(block.number) == octets
        if transfer is None or (block.number == 1 and (transfer.whole or not again)):
            transfer = self._transfers[key] = _Transfer("general block transfer", apdu)
        if block.number in transfer.blocks:
            explained.secrets += transfer.secrets(block) if block.number == transfer.number else []
            return
        transfer.add(block.number, octets)
        if len(transfer.octets) > MAX_JOINED:
            explained.remarks.append(f"more than {MAX_JOINED} octets: they are not joined")
            del self._transfers[key]
            return
        transfer.asked, _ = self._request_of(transfer.octets, link, way)
        if transfer.number == block.number:
            explained.secrets += transfer.secrets(block)
        transfer.last = transfer.last or (block.number if block.last and octets else 0)
        if transfer.last and transfer.number >= transfer.last and not transfer.whole:
            transfer.whole = True
            if transfer.octets.data[0] in _REQUESTS:
                self._explained(transfer.octets, link, way)  # what is asked for shows what the answer means
            explained.joined = Joined(f"APDU, {_joined(transfer)}", transfer.octets, apdu, transfer.asked)


def _service(name: str) -> str:
    """``GET`` of ``GET-response-normal``."""
    return name.partition("-")[0]


def _blocks(count: int) -> str:
    return f"{count} block{'s' * (count != 1)}"


def _joined(transfer: _Transfer) -> str:
    return f"{_blocks(transfer.number)} joined, {len(transfer.octets)} octets"
