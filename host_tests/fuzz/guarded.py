"""The rig of `fuzz_rig` for CPython, with buffers that know which of their octets may be touched.

An octet in front of or after the request, one of a transfer's buffer that was not received,
or a place after the end of any buffer: touching it is an error here, where the viper
functions on a board would just do it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

_HERE = str(Path(__file__).parent)
if _HERE not in sys.path:
    # as MicroPython finds them: the scripts of this folder are shared with it
    sys.path.append(_HERE)

import fuzz_rig  # noqa: E402
import fuzz_sessions  # noqa: E402
from dlms.long.now import FRONT  # noqa: E402
from dlms.long.states import WHOLE_OUT  # noqa: E402

from tools.dlmsclient import Aare, ConfirmedServiceError, ExceptionResponse, Rlre, decode_apdu  # noqa: E402
from tools.dlmsclient.general_blocks import GeneralBlock  # noqa: E402
from tools.dlmsclient.notifications import decode_notification  # noqa: E402
from tools.dlmsclient.short_name_service import decode_read_response, decode_write_response  # noqa: E402
from tools.explain import Octets  # noqa: E402
from tools.explain.apdus import apdu as apdu_of  # noqa: E402
from tools.explain.apdus import describe  # noqa: E402

_ACCESS_RESPONSE = 0xDA
_EXPLAINED = 20_000  # answers that are kept, so that none is explained again and again
RESUME = 16  # octets after the tape of a long answer (`dlms.ln.whole`)


class OutOfBounds(Exception):
    """An octet outside of a window was touched."""


class Window(bytearray):
    """A bytearray of which only [lo, hi) may be read and [lo, size) be written."""

    lo = 0
    hi: int | None = None
    owner: Any = None  # a Transfer: what it has received may be read, and what it has kept of an answer after that
    frozen = False

    def _end(self) -> int:
        if self.owner is not None:
            if self.owner.kind == WHOLE_OUT:
                return self.owner.tape.end + RESUME
            return self.owner.request.used + self.owner.gbt.now[FRONT]
        return len(self) if self.hi is None else self.hi

    def _check(self, key: int | slice, end: int) -> None:
        if isinstance(key, slice):
            first = 0 if key.start is None else key.start
            last = end if key.stop is None else key.stop
            if first >= last:
                return
            if first < self.lo or last > end:
                raise OutOfBounds(f"octets {first} to {last} of {self.lo} to {end}")
        elif not self.lo <= key < end:
            raise OutOfBounds(f"octet {key} of {self.lo} to {end}")

    def __getitem__(self, key: Any) -> Any:
        self._check(key, self._end())
        return super().__getitem__(key)

    def __setitem__(self, key: Any, value: Any) -> None:
        if self.frozen:
            raise OutOfBounds("a datagram was written to")
        size = len(self)
        self._check(key, size)
        super().__setitem__(key, value)
        if len(self) != size:
            raise OutOfBounds(f"{size} octets have become {len(self)}")


class GuardedRig(fuzz_rig.Rig):
    """A rig whose buffers are windows, and whose answers are decoded by the host client."""

    def margin(self, octets: bytearray) -> bytearray:
        return Window(octets)

    def guard(self, t: Any) -> None:
        t.carry = Window(t.carry)
        t.buf = t.request.buf = Window(t.buf)
        t.buf.owner = t
        t.gbt.seg = Window(t.gbt.seg)

    def received(self, wpdu: bytes) -> tuple[bytearray, int]:
        octets, off = super().received(wpdu)
        rx = Window(octets)
        rx.lo = off
        rx.hi = off + len(wpdu)
        return rx, off

    def datagram(self, rx: bytearray) -> bytearray:
        rx.frozen = True
        return rx

    def check_buffers(self) -> None:
        for t, nominal in zip(self.transfers, self.nominal, strict=True):
            assert (len(t.carry), len(t.buf), len(t.gbt.seg)) == nominal

    def check_answer(self, apdu: bytes) -> None:
        if apdu[0] == 0x61:
            Aare.decode(apdu)
        elif apdu[0] == 0x63:
            Rlre.decode(apdu)
        elif apdu[0] == 0xD8:
            ExceptionResponse.decode(apdu)
        elif apdu[0] == 0x0C:
            decode_read_response(apdu)
        elif apdu[0] == 0x0D:
            decode_write_response(apdu)
        elif apdu[0] == 0x0E:
            ConfirmedServiceError.decode(apdu)
        elif apdu[0] == 0xE0:
            GeneralBlock.decode(apdu)
        elif apdu[0] != 0xDA:
            decode_apdu(apdu)

    def check_unasked(self, apdu: bytes) -> None:
        decode_notification(apdu)


class TalkedRig(fuzz_sessions.Many, GuardedRig):
    """A rig for whole sessions, of which every answer is explained as well: by a second decoder,
    which goes on where the client's stops.
    """

    explained: set[bytes] = set()  # of all rigs
    asked = b""  # the APDU that is being answered

    def ask(self, apdu: bytes, source: int, device: int, stream: bool = True) -> bytes:
        self.asked = apdu
        return super().ask(apdu, source, device, stream)

    def check_answer(self, apdu: bytes) -> None:
        if apdu in self.explained:
            return
        super().check_answer(apdu)
        self.explain(apdu)

    def check_unasked(self, apdu: bytes) -> None:
        super().check_unasked(apdu)
        self.explain(apdu)

    def explain(self, apdu: bytes) -> None:
        """Octets that `tools.explain` marks are no answer."""
        faults = describe(Octets(apdu), apdu_of, ()).faults
        if faults and apdu[0] == _ACCESS_RESPONSE and describe(Octets(self.asked), apdu_of, ()).faults:
            return  # it repeats what the client specified, as that came (D-41)
        if faults:
            raise fuzz_rig.Broken(f"{apdu.hex()}: {faults[0]}")
        if len(self.explained) >= _EXPLAINED:
            self.explained.clear()
        self.explained.add(apdu)
