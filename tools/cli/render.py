"""Output: tables for people, JSON and CSV for programs. Results go to stdout, everything else to stderr."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tools.dlmsclient import Data, DateTime, Obis, ProtocolError, ScalerUnit, Tag, axdr
from tools.dlmsclient.cosem import ClassId
from tools.dlmsclient.data import CONSTRUCTED

FORMATS = ("table", "json", "csv")
_WIDTH_OF_A_PIPE = 160
_SHORT = 72
_NUMBERS = frozenset(tag for tag in axdr.INTEGERS if tag is not Tag.ENUM)
_IPV4_SETUP = 42
_IPV4_ADDRESSES = (3, 6, 7, 9, 10)


def say(text: str) -> None:
    """A message to the user, apart from the results."""
    print(text, file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Column:
    """Heading of a table column, and whether it holds numbers."""

    heading: str
    numeric: bool = False


def print_table(title: str, columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
    """A table as wide as the terminal; a pipe gets a fixed width."""
    # Only tables need it, and it takes longer to import than a short command takes to run.
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(title), box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for column in columns:
        table.add_column(Text(column.heading), justify="right" if column.numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console = Console() if sys.stdout.isatty() else Console(width=_WIDTH_OF_A_PIPE)
    console.print(table)


def print_csv(headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Comma-separated values with a heading line."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(headings)
    writer.writerows(["" if cell is None else cell for cell in row] for row in rows)


def print_json(value: Any) -> None:
    """One JSON document."""
    print(json.dumps(value, indent=2, ensure_ascii=False))


def number(value: Decimal) -> int | float:
    """A Decimal as a JSON number."""
    return int(value) if value == value.to_integral_value() and value.as_tuple().exponent >= 0 else float(value)


def is_number(data: Data) -> bool:
    """Whether a scaler applies to the value."""
    return data.tag in _NUMBERS or data.tag in axdr.FLOATS


def scaled(data: Data, scaler_unit: ScalerUnit | None) -> str:
    """The value in its unit, without the unit's symbol."""
    if scaler_unit is None or not is_number(data):
        return text(data)
    return f"{scaler_unit.scale(data.value):f}"


def text(data: Data) -> str:
    """A value for a reader: moments as date and time, printable octets as text, other octets as hex."""
    value = data.value
    if data.tag is Tag.OCTET_STRING:
        return octets_text(value)
    if data.tag in CONSTRUCTED or data.tag is Tag.COMPACT_ARRAY:
        inner = ", ".join(text(item) for item in axdr.elements(data))
        return f"[{inner}]" if data.tag is not Tag.STRUCTURE else f"{{{inner}}}"
    if data.tag in (Tag.NULL_DATA, Tag.DONT_CARE):
        return data.tag.text
    if data.tag is Tag.BOOLEAN:
        return "true" if value else "false"
    return str(value)


def octets_text(octets: bytes) -> str:
    """Octets by what they look like: a date-time, a logical name, text, or hex."""
    moment = moment_of(octets)
    if moment is not None:
        return str(moment)
    if len(octets) == 6 and octets[5] == 0xFF and octets[0] < 16:
        return str(Obis(octets))
    if octets and all(0x20 <= octet < 0x7F for octet in octets):
        return octets.decode("ascii")
    return octets.hex().upper() or '""'


def moment_of(octets: bytes) -> DateTime | None:
    """A date-time if 12 octets make a plausible one."""
    if len(octets) != 12:
        return None
    try:
        moment = DateTime.decode(octets)
    except ProtocolError:
        return None
    date, time = moment.date, moment.time
    known = {"month": (*range(1, 13), 0xFD, 0xFE, 0xFF), "day": (*range(1, 32), 0xFD, 0xFE, 0xFF)}
    if date.month not in known["month"] or date.day not in known["day"]:
        return None
    if not (time.hour < 24 or time.hour == 0xFF) or not (time.minute < 60 or time.minute == 0xFF):
        return None
    return moment


def shorten(cell: str, limit: int = _SHORT) -> str:
    """A long value cut for a table; JSON and CSV have it whole."""
    return cell if len(cell) <= limit else f"{cell[: limit - 1]}…"


def attribute_text(class_id: int, attribute_id: int, data: Data, scaler_unit: ScalerUnit | None) -> str:
    """A value as its attribute wants to be read."""
    if attribute_id == 1 and data.tag is Tag.OCTET_STRING and len(data) == 6:
        return str(Obis(data.value))
    if class_id == ClassId.PROFILE_GENERIC and attribute_id == 2:
        return f"{len(axdr.elements(data))} rows"
    if class_id == _IPV4_SETUP and attribute_id in _IPV4_ADDRESSES and data.tag is Tag.DOUBLE_LONG_UNSIGNED:
        return ".".join(str(octet) for octet in data.value.to_bytes(4, "big"))
    return scaled(data, scaler_unit)
