"""General block transfer, the client's side: any APDU in numbered blocks, both ways, with
recovery of what is lost (REQUIREMENTS D.9).

    E0 · block-control · block-number u16 · block-number-ack u16 · length · block-data
         80 last block, 40 streaming, 3F window

A `Dialogue` is one request with its response. It sends the request in streams as long as the
server's window, puts the response together, and says up to where nothing is missing whenever the
server waits for that (streaming 0). What is kept behind a gap is not asked for again. Over UDP
silence is answered by saying it again; a server never does that by itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from .errors import ProtocolError, Timeout, UsageError
from .long_transfer import MAX_VALUE_OCTETS
from .octets import Reader, counted

GENERAL_BLOCK_TRANSFER = 0xE0
MAX_WINDOW = 63
LINGER = 0.05  # seconds in which what was sent together arrives over UDP, whatever overtook it
_LAST = 0x80
_STREAMING = 0x40
_OVERHEAD = 9  # octets of a block beside its data, when these are fewer than 65,536
_MAX_NUMBER = 0xFFFF
# seconds of silence until a block over UDP is held for lost; the second time
# twice as long, then four times
PATIENCE = 0.3


@dataclass(frozen=True)
class GeneralBlock:
    """One general-block-transfer APDU. ``ack``: up to this number no block
    of the other side is missing.
    """

    last: bool
    streaming: bool
    window: int
    number: int
    ack: int
    data: bytes = b""

    def encode(self) -> bytes:
        """The whole APDU."""
        if not 0 <= self.window <= MAX_WINDOW:
            raise UsageError(f"window {self.window} is not 0 to {MAX_WINDOW}")
        if not (0 <= self.number <= _MAX_NUMBER and 0 <= self.ack <= _MAX_NUMBER):
            raise UsageError("a general block transfer has at most 65535 blocks")
        control = (_LAST if self.last else 0) | (_STREAMING if self.streaming else 0) | self.window
        numbers = self.number.to_bytes(2, "big") + self.ack.to_bytes(2, "big")
        return bytes([GENERAL_BLOCK_TRANSFER, control]) + numbers + counted(self.data)

    @classmethod
    def decode(cls, octets: bytes) -> GeneralBlock:
        """From the whole APDU."""
        reader = Reader(octets, "general-block-transfer")
        if reader.u8("tag") != GENERAL_BLOCK_TRANSFER:
            raise ProtocolError(f"APDU has tag {octets[0]:02X}, which is no general block")
        control = reader.u8("block-control")
        number, ack, data = reader.u16("block-number"), reader.u16("block-number-ack"), reader.counted("block-data")
        reader.end()
        return cls(bool(control & _LAST), bool(control & _STREAMING), control & MAX_WINDOW, number, ack, data)


def is_general_block(octets: bytes) -> bool:
    """Whether an APDU is a block of a general block transfer."""
    return octets[:1] == bytes([GENERAL_BLOCK_TRANSFER])


class Dialogue:
    """One request and its response.

    ``send`` takes an APDU; ``receive(seconds)`` returns the next one, or None. ``window``: blocks
    that we take in a row; ``room``: octets of the longest APDU that the server takes, 0 for no
    limit. ``lossy``: datagrams get lost, so silence is met by saying it again, until ``timeout``
    seconds passed without anything new; and what does not fit is late and not wrong. But a block
    that comes again with other data is one of another response: one of the two was taken wrongly,
    and nobody knows which (REQUIREMENTS D-87). ``watch`` is given the octets of the response in
    their order, as they come.
    """

    def __init__(
        self,
        send: Callable[[bytes], None],
        receive: Callable[[float], bytes | None],
        window: int,
        *,
        room: int = 0,
        timeout: float = 5.0,
        lossy: bool = False,
        watch: Callable[[bytes], None] | None = None,
    ) -> None:
        if not 1 <= window <= MAX_WINDOW:
            raise UsageError(f"window {window} is not 1 to {MAX_WINDOW}")
        if room and room <= _OVERHEAD:
            raise UsageError(f"the server takes APDUs of {room} octets: no block fits")
        self._send = send
        self._receive = receive
        self._window = window
        self._size = (room or 4096) - _OVERHEAD
        self._timeout = timeout
        self._lossy = lossy
        self._watch = watch
        self._number = 0  # our last block
        self._got = 0  # up to here no block of the server is missing
        self._kept: dict[int, GeneralBlock] = {}
        self._octets = 0
        self._awaited = window  # blocks that may come in the stream at hand
        self._stray: bytes | None = None  # an answer that is no block
        self._silences = 0  # since the last new block

    def request(self, apdu: bytes) -> bytes:
        """Send a request in blocks; the APDU of the response."""
        parts = [apdu[i : i + self._size] for i in range(0, len(apdu), self._size)]
        acked, window, progress = 0, 1, time.monotonic()
        while True:
            sent = self._stream(parts, acked, window)
            block = self._next(progress)
            if self._stray is not None:
                return self._stray
            if block is None:
                continue
            if block.ack > sent:
                if self._lossy:
                    continue
                raise ProtocolError(f"the server acknowledges block {block.ack}, {sent} were sent")
            if block.ack > acked or block.data:
                progress = time.monotonic()
            acked, window = max(acked, block.ack), block.window or 1
            if block.data or (self._octets and acked == len(parts)):
                return self._response(block)

    def response(self, octets: bytes) -> bytes:
        """Go on after a request that went alone and was answered by a
        block; the APDU of the response.
        """
        block = self._take(octets)
        if block is None:
            raise ProtocolError(f"the answer begins with block {GeneralBlock.decode(octets).number}, expected 1")
        return self._response(block)

    # Inside

    def _stream(self, parts: list[bytes], acked: int, window: int) -> int:
        """The blocks after the acknowledged one, as many as the server takes
        at once; the number of the last.
        """
        end = min(acked + window, len(parts))
        if acked == len(parts):
            # everything is there, and its answer was lost: the last block again asks for it
            acked -= 1
        for number in range(acked + 1, end + 1):
            last = number == len(parts)
            streaming = number < end
            self._send(GeneralBlock(last, streaming, self._window, number, self._got, parts[number - 1]).encode())
        self._number = max(self._number, end)
        self._awaited = self._window
        return end

    def _next(self, progress: float) -> GeneralBlock | None:
        """The next new block of the server; None when it is silent and should get our
        acknowledgement again; Timeout when it was silent too long.
        """
        while True:
            wait = PATIENCE * min(2**self._silences, 4) if self._lossy else self._timeout
            octets = self._receive(max(0.0, min(wait, progress + self._timeout - time.monotonic())))
            if octets is None:
                if self._lossy and time.monotonic() < progress + self._timeout:
                    self._silences += 1
                    return None
                raise Timeout(f"no general block within {self._timeout:g} s")
            if not is_general_block(octets):
                self._stray = octets
                return None
            block = self._take(octets)
            if block is not None:
                return block

    def _take(self, octets: bytes) -> GeneralBlock | None:
        """Keep a block; None when it was there already."""
        block = GeneralBlock.decode(octets)
        if block.ack > self._number and self._number:
            if self._lossy:
                return None
            raise ProtocolError(f"the server acknowledges block {block.ack}, {self._number} were sent")
        if block.number <= self._got or block.number in self._kept:
            known = self._kept[block.number]
            if known.data != block.data or (block.data and known.last != block.last):
                raise ProtocolError(
                    f"block {block.number} came again with other data: blocks of another response are among those "
                    "received"
                )
            if not self._lossy:
                raise ProtocolError(f"block {block.number} came twice")
            return None
        if block.number > self._got + 1 and not self._lossy:
            raise ProtocolError(f"block {block.number} came, expected block {self._got + 1}")
        self._awaited -= 1
        if self._awaited < 0 and not self._lossy:
            raise ProtocolError(f"more blocks in a row than the window of {self._window}")
        self._silences = 0
        self._kept[block.number] = block
        self._octets += len(block.data)
        if self._octets > MAX_VALUE_OCTETS:
            raise ProtocolError(f"the response is longer than {MAX_VALUE_OCTETS} octets")
        while self._got + 1 in self._kept:
            self._got += 1
            if self._watch:
                self._watch(self._kept[self._got].data)
        return block

    def _whole(self) -> bool:
        last = self._kept.get(self._got)
        return last is not None and last.last and self._octets > 0

    def _response(self, block: GeneralBlock | None) -> bytes:
        """Receive the rest of the response, of which ``block`` is here."""
        progress = time.monotonic()
        while not self._whole():
            if block is None or not block.streaming:
                self._acknowledge()
            before = self._got
            block = self._next(progress)
            if self._stray is not None:
                return self._stray
            if self._got > before:
                progress = time.monotonic()
        if self._lossy:
            self._acknowledge()  # the server may forget it
            if len(self._kept) > 1:
                self._linger()
        return b"".join(self._kept[number].data for number in sorted(self._kept))

    def _linger(self) -> None:
        """Hear what comes right after the last block: had it been a late one of
        another response, that is the right one.
        """
        end = time.monotonic() + LINGER
        while (octets := self._receive(max(0.0, end - time.monotonic()))) is not None:
            if not is_general_block(octets):
                continue
            number = GeneralBlock.decode(octets).number
            if number > self._got:
                raise ProtocolError(
                    f"block {number} came behind the last one, {self._got}: blocks of another response are among them"
                )
            self._take(octets)

    def _acknowledge(self) -> None:
        """Say how far we have heard. After a gap only the gap is asked for."""
        self._number += 1
        behind = min((number for number in self._kept if number > self._got), default=self._got + self._window + 1)
        self._awaited = min(self._window, behind - self._got - 1)
        self._send(GeneralBlock(True, False, self._awaited, self._number, self._got).encode())
