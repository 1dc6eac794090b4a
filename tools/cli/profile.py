"""Rows of a Profile generic, with headings and units of what was captured.
:mod:`profile_output` prints them.

Nothing odd ends the reading: a column that cannot be identified keeps its number, a row of another
form keeps its values, and what is missing of sort method, period or count is done without.
``remarks`` and the rows say what was odd. A transfer that breaks off leaves the rows that came.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from ..dlmsclient import (
    Association,
    CaptureObject,
    Conformance,
    CosemAttribute,
    Data,
    ProtocolError,
    ScalerUnit,
    Selection,
    Tag,
    axdr,
    by_entry,
    by_range,
)
from ..dlmsclient.cosem import SCALED_ATTRIBUTES, ClassId, obis_name
from ..dlmsclient.obis import Obis
from .asking import Answer, ask, ask_all, unit_of
from .plain import is_number, number_of
from .rows import Completer, Row, RowStream
from .values import parse_moment
from .words import attribute_of, tell

BUFFER = 2
_CAPTURE_OBJECTS, _CAPTURE_PERIOD, _SORT_METHOD, _ENTRIES_IN_USE = 3, 4, 5, 7
_LIFO = 2
_TYPES = {_CAPTURE_PERIOD: Tag.DOUBLE_LONG_UNSIGNED, _SORT_METHOD: Tag.ENUM, _ENTRIES_IN_USE: Tag.DOUBLE_LONG_UNSIGNED}

Progress = Callable[[int, "int | None"], None]


def selection_of(options: argparse.Namespace) -> Selection | None:
    """The selective access of ``--range`` or ``--entries``."""
    if options.range:
        start, end = (parse_moment(moment) for moment in options.range)
        return by_range(start, end)
    if options.entries:
        return by_entry(*options.entries)
    return None


@dataclass(frozen=True)
class ProfileColumn:
    """One captured attribute: what it is, None where that is not known, and its unit."""

    capture: CaptureObject | None
    scaler: ScalerUnit | None = None
    number: int = 0  # from 1

    @property
    def name(self) -> str:
        """Name, and attribute where it is not the value."""
        capture = self.capture
        if capture is None:
            return f"column {self.number}"
        if capture.attribute_id == 2:
            name = obis_name(capture.instance) or str(capture.instance)
            return name + (f" [{capture.data_index}]" if capture.data_index else "")
        return attribute_of(capture.class_id, capture.instance, capture.attribute_id, capture.data_index)

    @property
    def heading(self) -> str:
        """Name and unit."""
        return f"{self.name} ({self.scaler.symbol})" if self.scaler and self.scaler.symbol else self.name

    def cell(self, data: Data | None) -> str:
        """A value of the column in words; empty where there is none."""
        if data is None:
            return ""
        capture = self.capture
        if capture is None or capture.data_index:
            return tell(0, 0, data, self.scaler).text
        return tell(capture.class_id, capture.attribute_id, data, self.scaler, capture.instance).text

    def scaled(self, data: Data | None) -> float | None:
        """A number of the column in its unit; None for what is no number."""
        if data is None or not is_number(data):
            return None
        return float(self.exact(data))

    def exact(self, data: Data) -> Decimal | int | float:
        """A number of the column in its unit, as exact as it came."""
        return self.scaler.scale(number_of(data)) if self.scaler else number_of(data)


@dataclass
class Profile:
    """Columns, rows, and what was odd about more than one row."""

    instance: Obis
    columns: list[ProfileColumn]
    entries_in_use: int | None
    period: int | None = None
    rows: list[Row] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def title(self) -> str:
        """Which profile, and how much of it."""
        of = "" if self.entries_in_use is None else f" of {self.entries_in_use}"
        name = obis_name(self.instance) or "profile"
        return f"{name} {self.instance}: {len(self.rows)}{of} rows"

    @property
    def odd(self) -> int:
        """How many rows and parts were odd."""
        return len(self.remarks) + sum(bool(row.remark) for row in self.rows)


class Sink:
    """Who is notified of the rows of a profile while it is read. This one is notified of nothing."""

    def begin(self, profile: Profile) -> None:
        """The columns are known."""

    def row(self, profile: Profile, row: Row) -> None:
        """One more row."""

    def end(self, profile: Profile) -> None:
        """No more rows come, be it because the transfer broke off."""


class ProfileReader:
    """The reading of one profile; ``profile`` has at any time what came so far."""

    def __init__(
        self, opened: Association, instance: Obis, sink: Sink, progress: Progress = lambda done, of: None
    ) -> None:
        self.opened = opened
        self.instance = instance
        self.sink = sink
        self.progress = progress
        self.profile = Profile(instance, [], None)
        self.answer = Answer()  # to the GET of the buffer
        self.prepare: Callable[[], None] = lambda: None  # called right before that GET
        self._begun = False

    def run(self, selection: Selection | None, newest: int | None = None) -> Profile:
        """The selected rows; without a selection the ``newest`` ones, or all."""
        try:
            self._read(selection, newest)
        finally:
            self._begin()
            self.sink.end(self.profile)
        return self.profile

    def _read(self, selection: Selection | None, newest: int | None) -> None:
        """Read the four attributes that describe the profile, then the rows of the selection or the
        newest ones.
        """
        answers: dict[CosemAttribute, Answer] = {}
        head = (_CAPTURE_OBJECTS, _CAPTURE_PERIOD, _SORT_METHOD, _ENTRIES_IN_USE)
        asked = [CosemAttribute(ClassId.PROFILE_GENERIC, self.instance, number) for number in head]
        ask_all(self.opened, asked, answers)
        captured, period, sort_method, in_use = (answers[each] for each in asked)
        profile = self.profile
        profile.columns = self._columns(captured)
        profile.period = self._number("capture_period", _CAPTURE_PERIOD, period)
        profile.entries_in_use = self._number("entries_in_use", _ENTRIES_IN_USE, in_use)
        lifo = self._number("sort_method", _SORT_METHOD, sort_method) == _LIFO
        if selection is not None or newest is None:
            self._buffer(selection, lifo)
        elif newest and profile.entries_in_use != 0:
            self._newest(newest, lifo)

    def _number(self, name: str, attribute_id: int, answer: Answer) -> int | None:
        """A number that the profile says of itself; None where it cannot be had."""
        if answer.data is not None and answer.data.tag is _TYPES[attribute_id]:
            return int(answer.data.value)
        if answer.data is not None:
            wanted = _TYPES[attribute_id].text
            self.profile.remarks.append(
                f"{name} is {answer.data.tag.text}, must be {wanted}: {answer.data.encode()[:24].hex().upper()}"
            )
        elif answer.remark:
            self.profile.remarks.append(f"{name}: {answer.text}")
        return None

    def _columns(self, captured: Answer) -> list[ProfileColumn]:
        """The columns that capture_objects gives; what cannot be decoded is a remark, and the
        column has no name.
        """
        profile = self.profile
        if captured.data is None or captured.data.tag is not Tag.ARRAY:
            why = captured.text or (captured.refusal.text if captured.refusal else "")
            if captured.data is not None:
                why = f"{captured.data.tag.text}, must be array: {captured.data.encode()[:24].hex().upper()}"
            profile.remarks.append(f"capture_objects: {why}")
            return []
        captures: list[CaptureObject | None] = []
        for number, item in enumerate(axdr.elements(captured.data), 1):
            try:
                captures.append(CaptureObject.from_data(item))
            except ProtocolError as error:
                profile.remarks.append(f"column {number}: {error}")
                captures.append(None)
        return self._scaled(captures)

    def _scaled(self, captures: list[CaptureObject | None]) -> list[ProfileColumn]:
        """The columns with their units."""
        sources = {}
        for number, capture in enumerate(captures):
            targets, source = SCALED_ATTRIBUTES.get(capture.class_id, ((), 0)) if capture else ((), 0)
            if capture and capture.attribute_id in targets:
                sources[number] = CosemAttribute(capture.class_id, capture.instance, source)
        answers: dict[CosemAttribute, Answer] = {}
        ask_all(self.opened, sources.values(), answers)
        columns = []
        for number, capture in enumerate(captures):
            scaler, remark = unit_of(answers[sources[number]]) if number in sources else (None, "")
            columns.append(ProfileColumn(capture, scaler, number + 1))
            if remark:
                self.profile.remarks.append(f"{columns[-1].name}: {remark}")
        return columns

    def _newest(self, newest: int, lifo: bool) -> None:
        """The newest rows by entry where the meter can select, otherwise
        the end of the whole buffer.
        """
        in_use, negotiated = self.profile.entries_in_use, self.opened.negotiated
        if in_use is not None and negotiated is not None and Conformance.SELECTIVE_ACCESS in negotiated.conformance:
            first = 1 if lifo else max(1, in_use - newest + 1)
            # To the end of the buffer, not to a number: a row captured meanwhile is one more.
            if self._buffer(by_entry(first, newest if lifo else 0), lifo, newest, may_refuse=True):
                return
        self._buffer(None, lifo, newest)

    def _buffer(
        self, selection: Selection | None, lifo: bool, newest: int | None = None, may_refuse: bool = False
    ) -> bool:
        """Read the buffer into the profile, row by row. newest: of a longer answer only these.

        False when it was refused and ``may_refuse``.
        """
        stream, seen = RowStream(), 0
        completer: Completer | None = None

        def take(element: Data, total: int) -> None:
            nonlocal completer, seen
            if completer is None:
                self._begin(element)
                completer = Completer([column.capture for column in self.profile.columns], self.profile.period, lifo)
            row = completer.row(element)
            if newest is None or (seen < newest if lifo else seen >= total - newest):
                self.profile.rows.append(row)
                self.sink.row(self.profile, row)
            seen += 1
            self.progress(seen, total)

        def watch(octets: bytes) -> None:
            for element in stream.feed(octets):
                take(element, stream.total or 0)

        self.opened.watch = watch
        self.prepare()
        try:
            answer = ask(self.opened, ClassId.PROFILE_GENERIC, self.instance, BUFFER, selection)
        finally:
            self.opened.watch = None
        self.answer = answer
        if answer.data is not None and answer.data.tag in (Tag.ARRAY, Tag.COMPACT_ARRAY):
            elements = axdr.elements(answer.data)
            for element in elements[seen:]:
                take(element, len(elements))
            return True
        if may_refuse and not seen and answer.data is None and not answer.silent:
            return False
        if answer.data is not None:
            self.profile.remarks.append(
                f"buffer is {answer.data.tag.text}, must be array: {answer.data.encode()[:24].hex().upper()}"
            )
        else:
            self.profile.remarks.append(f"buffer: {answer.text or (answer.refusal.text if answer.refusal else '')}")
        return True

    def _begin(self, first: Data | None = None) -> None:
        """The columns are known, or as many are taken as the first row has values."""
        if self._begun:
            return
        self._begun = True
        if not self.profile.columns and first is not None and first.tag is Tag.STRUCTURE:
            self.profile.columns = [ProfileColumn(None, None, number + 1) for number in range(len(first))]
        self.sink.begin(self.profile)
