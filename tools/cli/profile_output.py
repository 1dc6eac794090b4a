"""A profile as table, CSV or JSON. CSV is written row by row as it comes; a table and JSON
when no more come, with what there is then.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from ..dlmsclient import Association, Data, DataAccessError, Obis, Selection, Tag
from ..dlmsclient.cosem import ClassId, obis_name
from .errors import Odd
from .plain import is_number, text
from .profile import BUFFER, Profile, ProfileColumn, ProfileReader, Sink
from .progress import progress
from .readings import MARK, as_json
from .render import csv_line, print_json, print_line, print_table, say
from .rows import Row
from .tables import Column
from .values import to_json


def _cells(profile: Profile, row: Row) -> list[str]:
    """The values in words; what was odd about the row stands in its last cell, marked."""
    cells = [column.cell(value) for column, value in zip(profile.columns, row.values, strict=True)] or [""]
    if row.remark:
        cells[-1] = f"{cells[-1]} {MARK} {row.remark}".strip()
    return cells


def print_profile_table(profile: Profile) -> None:
    """Rows as a table, and below it what was odd about more than a row."""
    columns = [Column(column.heading, _numeric(profile, number)) for number, column in enumerate(profile.columns)]
    print_table(profile.title, columns or [Column("")], [_cells(profile, row) for row in profile.rows])
    for remark in profile.remarks:
        print_line(f"{MARK} {remark}")


def _numeric(profile: Profile, number: int) -> bool:
    column = profile.columns[number]
    if column.scaler is not None:
        return True
    values = [row.values[number] for row in profile.rows if not row.remark]
    return bool(values) and all(
        value is not None and is_number(value) and column.cell(value) == text(value) for value in values
    )


class CsvSink(Sink):
    """Rows as CSV, each written when it is there."""

    def begin(self, profile: Profile) -> None:
        csv_line([column.heading for column in profile.columns])

    def row(self, profile: Profile, row: Row) -> None:
        csv_line(_cells(profile, row))
        sys.stdout.flush()

    def end(self, profile: Profile) -> None:
        for remark in profile.remarks:
            say(f"{MARK} {remark}")


def profile_json(profile: Profile) -> dict[str, Any]:
    """Columns and rows for JSON; each value scaled, or as text. What was odd
    has the number of its row from 1.
    """
    odd = [{"row": number, "remark": row.remark} for number, row in enumerate(profile.rows, 1) if row.remark]
    return {
        "obis": profile.instance.dotted,
        "name": obis_name(profile.instance),
        "entries_in_use": profile.entries_in_use,
        "columns": [_column_json(column) for column in profile.columns],
        "rows": [
            [_cell_json(column, value) for column, value in zip(profile.columns, row.values, strict=True)]
            for row in profile.rows
        ],
        **({"odd_rows": odd} if odd else {}),
        **({"remarks": profile.remarks} if profile.remarks else {}),
    }


def _column_json(column: ProfileColumn) -> dict[str, Any]:
    capture = column.capture
    return {
        "obis": capture.instance.dotted if capture else None,
        "class_id": capture.class_id if capture else None,
        "attribute": capture.attribute_id if capture else None,
        "data_index": capture.data_index if capture else None,
        "heading": column.heading,
        "unit": column.scaler.symbol if column.scaler else None,
    }


def _cell_json(column: ProfileColumn, data: Data | None) -> Any:
    if data is None or data.tag is Tag.NULL_DATA:
        return None
    if is_number(data):
        return column.exact(data)
    return column.cell(data) if data.tag is Tag.OCTET_STRING else to_json(data)["value"]


def print_buffer(
    form: str,
    opened: Association,
    instance: Obis,
    selection: Selection | None,
    prepare: Callable[[], None] = lambda: None,
) -> None:
    """The buffer that `get` asked for, with headings and units. JSON has its values as
    they came, and what the columns are.

    A buffer that is refused is raised as any other attribute's. prepare: called
    right before the GET of the buffer.
    """
    with progress("rows", quiet=form == "csv") as tell:
        reader = ProfileReader(opened, instance, CsvSink() if form == "csv" else Sink(), tell)
        reader.prepare = prepare
        profile = reader.run(selection)
    if reader.answer.refusal is not None:
        raise DataAccessError(reader.answer.refusal, f"GET of the buffer of {instance}")
    if form == "json" and reader.answer.data is not None:
        whole = as_json(ClassId.PROFILE_GENERIC, instance, BUFFER, reader.answer.data, None)
        print_json(whole | {"columns": [_column_json(column) for column in profile.columns]})
    elif form == "json":
        print_json(profile_json(profile))
    elif form == "table":
        print_profile_table(profile)
    if profile.odd:
        raise Odd(profile.odd, len(profile.rows) + len(profile.remarks))
