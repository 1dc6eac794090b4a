"""OBIS codes: six octets A to F, written ``1-0:1.8.0*255`` or ``1.0.1.8.0.255``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .errors import ProtocolError, UsageError

_REDUCED = re.compile(r"(\d+)-(\d+):(\d+)\.(\d+)\.(\d+)(?:[*&.](\d+))?")
_DOTTED = re.compile(r"\d+(?:\.\d+){5}")


@dataclass(frozen=True, order=True)
class Obis:
    """A logical name of six octets."""

    octets: bytes

    def __post_init__(self) -> None:
        if len(self.octets) != 6:
            raise ProtocolError(f"a logical name has 6 octets, not {len(self.octets)}: {self.octets.hex().upper()}")

    @classmethod
    def parse(cls, text: str | bytes | Obis) -> Obis:
        """From ``A.B.C.D.E.F``, ``A-B:C.D.E*F`` (F may be left out: 255), six octets or an Obis."""
        if isinstance(text, Obis):
            return text
        if isinstance(text, bytes | bytearray):
            return cls(bytes(text))
        trimmed = text.strip()
        reduced = _REDUCED.fullmatch(trimmed)
        if reduced:
            fields = [int(field) if field is not None else 255 for field in reduced.groups()]
        elif _DOTTED.fullmatch(trimmed):
            fields = [int(field) for field in trimmed.split(".")]
        else:
            fields = [256]
        if max(fields) > 255:
            raise UsageError(
                f"{text!r} is no OBIS code: write it as 1-0:1.8.0*255 or 1.0.1.8.0.255, each number 0 to 255"
            )
        return cls(bytes(fields))

    @property
    def dotted(self) -> str:
        """``1.0.1.8.0.255``."""
        return ".".join(str(octet) for octet in self.octets)

    def __str__(self) -> str:
        a, b, c, d, e, f = self.octets
        return f"{a}-{b}:{c}.{d}.{e}*{f}"
