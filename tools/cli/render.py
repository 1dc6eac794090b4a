"""Output: tables for people, JSON and CSV for programs. Results go to
stdout, everything else to stderr.

Every text goes out through this module, so that nothing of a peer reaches a terminal unescaped
(:mod:`printable`) and numbers become JSON in one place (:func:`json_text`). What a value is called
and how it reads is decided in :mod:`plain` and :mod:`words`.
"""

from __future__ import annotations

import csv
import json
import math
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from .printable import is_seen, printable
from .tables import Column, draw

FORMATS = ("table", "json", "csv")


def say(line: str) -> None:
    """A message to the user, one line apart from the results."""
    # Its backslashes stay as they are: a message quotes what may have been escaped already.
    print("\\".join(printable(part) for part in line.split("\\")), file=sys.stderr, flush=True)


def print_line(line: str) -> None:
    """One line of results."""
    print(printable(line), flush=True)


def terminal_width() -> int | None:
    """Characters of a line of the terminal that stdout is, None when it is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def print_table(title: str, columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
    """A table as wide as the terminal; without one as wide as its contents."""
    shown = [[printable(cell) for cell in row] for row in rows]
    headed = [replace(column, heading=printable(column.heading)) for column in columns]
    width = terminal_width()
    sys.stdout.write(draw(printable(title), headed, shown, width, styled=width is not None))


def csv_line(cells: Sequence[Any]) -> None:
    """One line of comma-separated values."""
    csv.writer(sys.stdout, lineterminator="\n").writerow("" if cell is None else printable(str(cell)) for cell in cells)


def print_csv(headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Comma-separated values with a heading line."""
    csv_line(headings)
    for row in rows:
        csv_line(row)


def json_text(value: Any, indent: int | None = None) -> str:
    """JSON of any value: the one place where numbers become JSON.

    JSON has neither NaN nor infinity (RFC 8259): both are null. What a terminal would not show
    is escaped, which no program notices.
    """
    written = json.dumps(_plain(value), indent=indent, ensure_ascii=False, allow_nan=False)
    return "".join(c if c == "\n" or is_seen(c) else _json_escape(c) for c in written)


def _json_escape(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Decimal):
        return number(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def number(value: Decimal) -> int | float | None:
    """A Decimal as a JSON number; None where there is none for it."""
    if not value.is_finite() or not math.isfinite(float(value)):
        return None
    exponent = value.as_tuple().exponent
    return int(value) if isinstance(exponent, int) and exponent >= 0 else float(value)


def print_json(value: Any) -> None:
    """One JSON document."""
    print(json_text(value, indent=2))


def quiet_pipes(run: Callable[[], int]) -> int:
    """The exit code of ``run``; 0 when the reader of our output has enough
    (``… | head -1``), without a word.

    Characters that the terminal's encoding does not have are escaped instead of ending the program.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = run()
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # The interpreter's own flush at exit must not find the pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
