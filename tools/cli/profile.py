"""Rows of a Profile generic, with headings and units of what was captured."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import Any

from tools.cli.render import Column, is_number, number, print_csv, print_table, scaled, text
from tools.cli.session import scaler_unit
from tools.cli.values import parse_moment, to_json
from tools.cli.words import attribute_of
from tools.dlmsclient import (
    Association,
    CaptureObject,
    Conformance,
    Data,
    ProtocolError,
    ScalerUnit,
    Selection,
    ServiceFailure,
    Tag,
    axdr,
    by_entry,
    by_range,
)
from tools.dlmsclient.cosem import ClassId, obis_name
from tools.dlmsclient.obis import Obis

_BUFFER, _CAPTURE_OBJECTS, _SORT_METHOD, _ENTRIES_IN_USE = 2, 3, 5, 7
_LIFO = 2


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
    """One captured attribute: what it is, and its unit."""

    capture: CaptureObject
    scaler: ScalerUnit | None

    @property
    def heading(self) -> str:
        """Name, attribute where it is not the value, and unit."""
        capture = self.capture
        if capture.attribute_id == 2:
            name = obis_name(capture.instance) or str(capture.instance)
            name += f" [{capture.data_index}]" if capture.data_index else ""
        else:
            name = attribute_of(capture.class_id, capture.instance, capture.attribute_id, capture.data_index)
        return f"{name} ({self.scaler.symbol})" if self.scaler and self.scaler.symbol else name


@dataclass(frozen=True)
class Profile:
    """Columns and rows as read."""

    instance: Obis
    columns: list[ProfileColumn]
    rows: list[tuple[Data, ...]]
    entries_in_use: int | None

    @property
    def title(self) -> str:
        """Which profile, and how much of it."""
        of = "" if self.entries_in_use is None else f" of {self.entries_in_use}"
        name = obis_name(self.instance) or "profile"
        return f"{name} {self.instance}: {len(self.rows)}{of} rows"


def read_profile(opened: Association, instance: Obis, selection: Selection | None, newest: int) -> Profile:
    """The selected rows; without a selection the ``newest`` ones."""
    captured = axdr.elements(opened.get(ClassId.PROFILE_GENERIC, instance, _CAPTURE_OBJECTS))
    columns = []
    for item in captured:
        capture = CaptureObject.from_data(item)
        columns.append(ProfileColumn(capture, scaler_unit(opened, capture.class_id, capture.instance, capture.attribute_id)))
    in_use = _entries_in_use(opened, instance)
    if selection is not None:
        rows = _rows(opened, instance, selection, columns)
    else:
        rows = _newest(opened, instance, newest, in_use, columns)
    return Profile(instance, columns, rows, in_use)


def _entries_in_use(opened: Association, instance: Obis) -> int | None:
    try:
        count = opened.get(ClassId.PROFILE_GENERIC, instance, _ENTRIES_IN_USE)
    except ServiceFailure:
        return None
    if count.tag is not Tag.DOUBLE_LONG_UNSIGNED:
        raise ProtocolError(f"entries_in_use of {instance} is {count.tag.text}, must be double-long-unsigned")
    return count.value


def _newest(
    opened: Association, instance: Obis, newest: int, in_use: int | None, columns: list[ProfileColumn]
) -> list[tuple[Data, ...]]:
    """The newest rows by entry where the meter can select, else the end of the whole buffer."""
    if not newest or in_use == 0:
        return []
    lifo = opened.get(ClassId.PROFILE_GENERIC, instance, _SORT_METHOD).value == _LIFO
    can_select = opened.negotiated is not None and Conformance.SELECTIVE_ACCESS in opened.negotiated.conformance
    if can_select and in_use is not None:
        first = 1 if lifo else max(1, in_use - newest + 1)
        try:
            # To the end of the buffer, not to a number: a row captured meanwhile is one more.
            rows = _rows(opened, instance, by_entry(first, newest if lifo else 0), columns)
        except ServiceFailure:
            rows = _rows(opened, instance, None, columns)
    else:
        rows = _rows(opened, instance, None, columns)
    return rows[:newest] if lifo else rows[-newest:]


def _rows(
    opened: Association, instance: Obis, selection: Selection | None, columns: list[ProfileColumn]
) -> list[tuple[Data, ...]]:
    rows = [axdr.elements(row) for row in axdr.elements(opened.get(ClassId.PROFILE_GENERIC, instance, _BUFFER, selection))]
    for row in rows:
        if len(row) != len(columns):
            raise ProtocolError(f"a row of {instance} has {len(row)} values for {len(columns)} capture objects")
    return rows


def print_profile_table(profile: Profile) -> None:
    """Rows as a table."""
    columns = [Column(column.heading, column.scaler is not None) for column in profile.columns]
    rows = [[_cell(data, column) for data, column in zip(row, profile.columns, strict=True)] for row in profile.rows]
    print_table(profile.title, columns, rows)


def print_profile_csv(profile: Profile) -> None:
    """Rows as CSV."""
    print_csv(
        [column.heading for column in profile.columns],
        [[_cell(data, column) for data, column in zip(row, profile.columns, strict=True)] for row in profile.rows],
    )


def _cell(data: Data, column: ProfileColumn) -> str:
    # null-data stands for "as in the row before" where a meter compresses (REQUIREMENTS D-104).
    return "" if data.tag is Tag.NULL_DATA else scaled(data, column.scaler)


def profile_json(profile: Profile) -> dict[str, Any]:
    """Columns and rows for JSON; each value raw, and scaled or as text."""
    return {
        "obis": profile.instance.dotted,
        "name": obis_name(profile.instance),
        "entries_in_use": profile.entries_in_use,
        "columns": [
            {
                "obis": column.capture.instance.dotted,
                "class_id": column.capture.class_id,
                "attribute": column.capture.attribute_id,
                "data_index": column.capture.data_index,
                "heading": column.heading,
                "unit": column.scaler.symbol if column.scaler else None,
            }
            for column in profile.columns
        ],
        "rows": [[_json_cell(data, column) for data, column in zip(row, profile.columns, strict=True)] for row in profile.rows],
    }


def _json_cell(data: Data, column: ProfileColumn) -> Any:
    if data.tag is Tag.NULL_DATA:
        return None
    if is_number(data):
        return number(column.scaler.scale(data.value)) if column.scaler else data.value
    return text(data) if data.tag is Tag.OCTET_STRING else to_json(data)["value"]


