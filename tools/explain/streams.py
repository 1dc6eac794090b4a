"""From segments and datagrams to WPDUs: TCP put together again, whatever came
out of order, twice or not at all.

Segments are taken as they come. Octets after a gap wait until it is filled. The gap is reported
when the other side acknowledges more than the capture has, or when the capture ends. The stream
then goes on at the next segment that begins like a WPDU.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ..dlmsclient.wrapper import DEFAULT_PORT, HEADER_SIZE
from .apdus import APDUS
from .capture import Packet, Trouble, packets
from .network import ACK, RST, SYN, Segment, segment
from .parts import Octets
from .pasted import Item

_HALF, _WHOLE = 1 << 31, 1 << 32
_VERSION = b"\x00\x01"
_UNFRAMED = "no WPDU begins here"
_REORDERED = 1 << 20  # octets; so far before the first segment of a capture may another one belong

Flow = tuple[tuple[str, int], tuple[str, int]]


def _after(sequence: int, base: int) -> int:
    """How far a sequence number lies after another one, negative before it."""
    return (sequence - base + _HALF) % _WHOLE - _HALF


@dataclass
class _Stream:
    """One direction of a TCP connection."""

    expected: int  # the sequence number that comes next
    ours: bool  # whether it carries WPDUs at all
    octets: bytearray = field(default_factory=bytearray)
    waiting: list[Segment] = field(default_factory=list)
    lost: bool = False  # nothing can be framed until a segment begins like a WPDU


@dataclass
class Capture:
    """The WPDUs of a capture file, and how many packets were left out because they carry none."""

    octets: bytes
    port: int = DEFAULT_PORT
    left_out: int = 0

    def items(self) -> Iterator[Item | Trouble]:
        """WPDUs in the order in which they were complete, and what is wrong in between."""
        self._streams: dict[Flow, _Stream] = {}
        found = [each if isinstance(each, Trouble) else segment(each) or each for each in packets(self.octets)]
        self._begins = _beginnings(each for each in found if isinstance(each, Segment))
        for each in found:
            if isinstance(each, Trouble):
                yield each
            elif isinstance(each, Packet):
                self.left_out += 1
            elif each.sequence is None:
                yield from self._datagram(each)
            else:
                yield from self._segment(each)
        for flow, stream in self._streams.items():
            yield from self._end(flow, stream)

    def _item(self, each: Segment, octets: bytes, unframed: str = "") -> Item:
        where: dict[str, object] = {
            "packet": each.packet.number,
            "time": each.packet.time,
            "from": _address(each.source),
            "to": _address(each.destination),
            "transport": each.transport,
        }
        return Item(
            Octets(octets), self._direction(each.source, each.destination), _link(where), unframed=unframed, where=where
        )

    def _direction(self, source: tuple[str, int], destination: tuple[str, int]) -> str:
        """To the meter or from it, as far as the port shows it."""
        return ">" if destination[1] == self.port else "<" if source[1] == self.port else ""

    def _carries_wpdus(self, each: Segment) -> bool:
        """By its port; or by its first octets: a header, and an APDU tag that is known."""
        if self.port in (each.source[1], each.destination[1]):
            return True
        payload = each.payload
        return payload[:2] == _VERSION and len(payload) > HEADER_SIZE and payload[HEADER_SIZE] in APDUS

    # UDP

    def _datagram(self, each: Segment) -> Iterator[Item | Trouble]:
        if not self._carries_wpdus(each):
            self.left_out += 1
            return
        yield self._item(each, each.payload)
        if each.missing:
            yield Trouble(f"packet {each.packet.number}: {each.missing} octets were not captured")

    # TCP

    def _segment(self, each: Segment) -> Iterator[Item | Trouble]:
        """Take a TCP segment into the stream of its direction; yields the WPDUs that are complete
        now.
        """
        flow = each.source, each.destination
        assert each.sequence is not None
        stream = self._streams.get(flow)
        if each.flags & SYN:
            if stream is not None:
                yield from self._end(flow, stream)
            known = self._streams.get(flow[::-1])
            ours = self.port in (flow[0][1], flow[1][1]) or bool(known and known.ours)
            self._streams[flow] = _Stream((each.sequence + 1) % _WHOLE, ours)
            return
        if stream is None:
            stream = self._streams[flow] = _Stream(self._begins.get(flow, each.sequence), False)
        other = self._streams.get(flow[::-1])
        if other is not None and each.flags & ACK:
            yield from self._acknowledged(flow[::-1], other, each.acknowledged)
        if not stream.ours and each.payload:
            stream.ours = self._carries_wpdus(each) or bool(other and other.ours)
        if not stream.ours:
            self.left_out += 1
            return
        if each.payload or each.missing:
            stream.waiting.append(each)
            yield from self._advance(stream)
        if each.flags & RST:
            yield from self._end(flow, self._streams.pop(flow))

    def _advance(self, stream: _Stream) -> Iterator[Item | Trouble]:
        """Take what waits and follows without a gap."""
        while True:
            ready = [each for each in stream.waiting if _after(each.sequence or 0, stream.expected) <= 0]
            if not ready:
                return
            each = ready[0]
            stream.waiting.remove(each)
            fresh = (
                each.payload[-_after(each.sequence or 0, stream.expected) :]
                if each.sequence != stream.expected
                else each.payload
            )
            if not fresh and not each.missing:
                continue  # said again
            stream.expected = (stream.expected + len(fresh)) % _WHOLE
            yield from self._take(stream, each, fresh)
            if each.missing and _after((each.sequence or 0) + len(each.payload), stream.expected) == 0:
                yield Trouble(f"packet {each.packet.number}: {each.missing} octets were not captured")
                yield from self._skip(stream, each.missing, each)

    def _take(self, stream: _Stream, each: Segment, fresh: bytes) -> Iterator[Item]:
        """Frame WPDUs (REQUIREMENTS A-20 to A-22)."""
        if stream.lost:
            if fresh[:2] != _VERSION:
                yield self._item(each, fresh, _UNFRAMED)
                return
            stream.lost = False
        stream.octets += fresh
        while len(stream.octets) >= HEADER_SIZE:
            if stream.octets[:2] != _VERSION:
                yield self._item(each, bytes(stream.octets), _UNFRAMED)
                stream.octets.clear()
                stream.lost = True
                return
            end = HEADER_SIZE + int.from_bytes(stream.octets[6:HEADER_SIZE], "big")
            if len(stream.octets) < end:
                return
            yield self._item(each, bytes(stream.octets[:end]))
            del stream.octets[:end]

    def _skip(self, stream: _Stream, count: int, each: Segment) -> Iterator[Item]:
        """Octets that are not there: what was begun stays unfinished."""
        stream.expected = (stream.expected + count) % _WHOLE
        if stream.octets:
            yield self._item(each, bytes(stream.octets))
            stream.octets.clear()
        stream.lost = True

    def _acknowledged(self, flow: Flow, stream: _Stream, number: int) -> Iterator[Item | Trouble]:
        """The other side has what the capture has not."""
        while stream.ours and stream.waiting and _after(number, stream.expected) > 0:
            yield from self._gap(flow, stream)

    def _gap(self, flow: Flow, stream: _Stream) -> Iterator[Item | Trouble]:
        each = min(stream.waiting, key=lambda waiting: _after(waiting.sequence or 0, stream.expected))
        count = _after(each.sequence or 0, stream.expected)
        yield Trouble(
            f"{count} octets from {_address(flow[0])} to {_address(flow[1])} are missing before packet "
            f"{each.packet.number}"
        )
        yield from self._skip(stream, count, each)
        yield from self._advance(stream)

    def _end(self, flow: Flow, stream: _Stream) -> Iterator[Item | Trouble]:
        """The end of a direction: what waits after gaps, and what is not whole."""
        if not stream.ours:
            return
        while stream.waiting:
            yield from self._gap(flow, stream)
        if stream.octets:
            where: dict[str, object] = {"from": _address(flow[0]), "to": _address(flow[1]), "transport": "TCP"}
            yield Item(Octets(bytes(stream.octets)), self._direction(*flow), _link(where), where=where)
            stream.octets.clear()


def _link(where: dict[str, object]) -> str:
    """The same for both directions of a link."""
    return f"{where['transport']} {' '.join(sorted((str(where['from']), str(where['to']))))}"


def _beginnings(segments: Iterator[Segment]) -> dict[Flow, int]:
    """Where each flow begins whose SYN was not captured: the lowest sequence number, as
    its first segments may be out of order.
    """
    lowest: dict[Flow, int] = {}
    for each in segments:
        flow = each.source, each.destination
        if each.sequence is not None and each.payload:
            if flow not in lowest or -_REORDERED < _after(each.sequence, lowest[flow]) < 0:
                lowest[flow] = each.sequence
    return lowest


def _address(end: tuple[str, int]) -> str:
    return f"[{end[0]}]:{end[1]}" if ":" in end[0] else f"{end[0]}:{end[1]}"
