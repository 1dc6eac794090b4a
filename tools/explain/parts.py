"""What a description is made of: octets, parts of them, and the cursor
that takes octets and leaves parts.

The leaves of a description cover its octets exactly once and in order. A part with `fault` marks
what could not be explained; it may cover no octet at all, where octets are missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

HIDDEN = "**"


def octets_of(count: int) -> str:
    """``1 octet``, ``2 octets``."""
    return f"{count} octet{'s' * (count != 1)}"


@dataclass(frozen=True)
class Octets:
    """Octets of which some may be hidden: a trace prints ``**`` for each octet of a secret."""

    data: bytes
    hidden: frozenset[int] = frozenset()

    def __len__(self) -> int:
        return len(self.data)

    def __add__(self, other: Octets) -> Octets:
        return Octets(self.data + other.data, self.hidden | {len(self.data) + index for index in other.hidden})

    def cut(self, start: int, end: int) -> Octets:
        """The octets from ``start`` up to ``end``."""
        return Octets(self.data[start:end], frozenset(index - start for index in self.hidden if start <= index < end))

    def hide(self, spans: list[tuple[int, int]]) -> Octets:
        """The same octets with these spans hidden as well; what is hidden is gone."""
        data = bytearray(self.data)
        for start, end in spans:
            data[start:end] = bytes(end - start)
        return Octets(bytes(data), self.hidden.union(*(range(start, end) for start, end in spans)))

    def hex(self) -> str:
        """Upper-case hexadecimal, ``**`` for a hidden octet."""
        if not self.hidden:
            return self.data.hex().upper()
        return "".join(HIDDEN if index in self.hidden else f"{octet:02X}" for index, octet in enumerate(self.data))


@dataclass
class Part:
    """Octets ``start`` up to ``end``: name, value and requirement id. A leaf has no
    ``parts``; those of others cover it.

    ``fold``: the part is worth a line of its own where leaves are too many.
    ``secret``: what a trace must not show.
    """

    start: int
    end: int
    name: str
    value: str = ""
    rule: str = ""
    fault: bool = False
    fold: bool = False
    secret: bool = False
    parts: list[Part] = field(default_factory=list)

    @property
    def text(self) -> str:
        """``name: value``."""
        return f"{self.name}: {self.value}" if self.value else self.name


def leaves(parts: list[Part], depth: int = 0) -> Iterator[tuple[int, Part]]:
    """Every leaf with its depth, in the order of the octets."""
    for part in parts:
        if part.parts:
            yield from leaves(part.parts, depth + 1)
        else:
            yield depth, part


def faults(parts: list[Part]) -> list[str]:
    """What is wrong, one text for each leaf that says so."""
    return [part.text for _, part in leaves(parts) if part.fault]


class Fault(Exception):
    """What follows cannot be explained; the text says why. Raised and caught inside this package."""


Text = Callable[[int], str]


class Cursor:
    """Takes octets in order and leaves a part for each. ``secret``: what is
    taken now is nothing for a trace.
    """

    def __init__(self, octets: Octets, start: int = 0, end: int | None = None) -> None:
        self.octets = octets
        self.at = start
        self.end = len(octets) if end is None else end
        self.parts: list[Part] = []
        self.secret = False
        self._secret_fault = False  # the fault on its way was met inside a secret
        self._short_at = -1  # where it was said that octets are missing

    @property
    def left(self) -> int:
        """Octets not taken yet."""
        return self.end - self.at

    def peek(self, offset: int = 0) -> int | None:
        """An octet that was not taken yet; None where there is none, or a hidden one."""
        at = self.at + offset
        return None if at >= self.end or at in self.octets.hidden else self.octets.data[at]

    # Leaves

    def take(self, count: int, name: str, value: str | Callable[[Octets], str] = "", rule: str = "") -> Octets:
        """A leaf of ``count`` octets. A function makes its value from the
        octets, unless one of them is hidden.
        """
        if count > self.left:
            raise Fault(f"{name} is cut short: {octets_of(count)}, {self.left} of them here")
        if not count:
            return Octets(b"")
        taken = self.octets.cut(self.at, self.at + count)
        if callable(value):
            value = "hidden" if taken.hidden else value(taken)
        self._leave(Part(self.at, self.at + count, name, value, rule, secret=self.secret))
        return taken

    def number(
        self, size: int, name: str, text: Text | None = None, rule: str = "", signed: bool = False, lead: int = 0
    ) -> int:
        """A leaf of ``lead`` octets (a tag that needs no line of its own) and a
        big-endian number of ``size`` octets.
        """
        if any(index in self.octets.hidden for index in range(self.at, min(self.at + lead + size, self.end))):
            raise Fault(f"{name} is hidden")
        value = int.from_bytes(self.octets.data[self.at + lead : self.at + lead + size], "big", signed=signed)
        self.take(lead + size, name, (text or str)(value) if self.left >= lead + size else "", rule)
        return value

    def length(self, name: str, text: Text | None = None, rule: str = "", lead: int = 0) -> int:
        """A leaf of ``lead`` octets and a length or count, one octet or up
        to five (REQUIREMENTS D-100).
        """
        size, value = self.measure(name, lead)
        self.take(size, name, (text or str)(value), rule)
        return value

    def measure(self, name: str, lead: int = 0) -> tuple[int, int]:
        """Octets up to the end of a length that begins after ``lead`` octets,
        and the length; nothing is taken.
        """
        if self.left <= lead:
            raise Fault(f"{name} is missing")
        first = self.peek(lead)
        if first is None:
            raise Fault(f"{name} is hidden")
        more = first & 0x7F if first & 0x80 else 0
        if first & 0x80 and not 1 <= more <= 4:
            raise Fault(f"{name} begins with {first:02X}: lengths have 1 to 4 octets more")
        octets = [self.peek(lead + 1 + index) for index in range(more)]
        if None in octets:
            raise Fault(f"{name} is cut short or hidden")
        return lead + 1 + more, int.from_bytes(bytes(octets), "big") if more else first  # type: ignore[arg-type]

    def flag(self, name: str, absent: str, present: str, rule: str = "") -> bool:
        """A leaf of one octet that is 00 or 01."""
        value = self.peek()
        if value not in (0, 1) and self.left:
            raise Fault(f"{name} is {'hidden' if value is None else f'{value:02X}'}, must be 00 or 01")
        self.take(1, name, present if value else absent, rule)
        return value == 1

    def fault(self, why: str) -> None:
        """Mark everything that is left; where nothing is left, that octets are missing, once."""
        if not self.left:
            if self._short_at == self.at:
                return
            self._short_at = self.at
        self._leave(Part(self.at, self.end, "not explained", why, fault=True, secret=self.secret or self._secret_fault))
        self._secret_fault = False

    def _leave(self, part: Part) -> None:
        self.parts.append(part)
        self.at = part.end

    # Parts of parts

    @contextmanager
    def group(self, name: str, value: str = "", rule: str = "", fold: bool = False) -> Iterator[Part]:
        """What is taken inside becomes one part. Its value may be set inside; a
        part without octets leaves nothing.
        """
        part = Part(self.at, self.at, name, value, rule, fold=fold, secret=self.secret)
        outer, self.parts = self.parts, part.parts
        try:
            yield part
        finally:
            part.end = self.at
            self.parts = outer
            if part.parts:
                outer.append(part)

    @contextmanager
    def within(self, length: int, name: str) -> Iterator[None]:
        """Only ``length`` octets are there inside. What is wrong inside is
        marked, and what comes after goes on.
        """
        missing = max(0, length - self.left)
        outer, self.end = self.end, self.at + length - missing
        try:
            yield
            if self.left:
                self.fault(f"{octets_of(self.left)} too many in {name}")
        except Fault as fault:
            self.fault(str(fault))
        finally:
            self.end = outer
        if missing:
            raise Fault(f"{name} is cut short: {missing} of {octets_of(length)} missing")

    @contextmanager
    def hiding(self, secret: bool = True) -> Iterator[None]:
        """What is taken inside is a secret, or inside of one it stays one."""
        before, self.secret = self.secret, self.secret or secret
        try:
            yield
        except Fault:
            self._secret_fault = self._secret_fault or self.secret
            raise
        finally:
            self.secret = before
