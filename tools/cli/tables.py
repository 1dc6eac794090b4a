"""Tables for a terminal of any width, and for what is no terminal.

OBIS codes, times and numbers are never broken over lines. Where a table is too wide, texts are
wrapped at words. Where that is not enough, the columns of least worth are left out. Where even the
others do not fit, each row becomes a few lines, one for each value. Without a width (a pipe, a
file) everything has its room, and no line ends with blanks.
"""

from __future__ import annotations

import io
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

_GAP = 2  # blanks between two columns
_WORD = 20  # a longer word of a text may be broken
_TEXT = 25  # rather than wrap a text into a narrower column than this, columns of less worth go
_ENDLESS = 1 << 16  # columns of what is no terminal
_BLANK = "\ue000"  # a blank at which no line is broken; private use, so no text that went through `printable` has it
_MOMENT = r"[\d*]{4}-[\w*-]+ [\d*]{2}:[\d*:.]+(?:[+-]\d\d:\d\d)?"
_MOMENTS = re.compile(_MOMENT)
# What is never broken: a number, an OBIS code, an address, a date-time.
_WHOLE = re.compile(rf"[-+]?\d[\d.,]*(?:E[-+]?\d+)?|\d+-\d+:\d+\.\d+\.\d+\*\d+|{_MOMENT.replace(' ', _BLANK)}")
_AROUND = "()[]{},;:"


@dataclass(frozen=True)
class Column:
    """Heading, and whether the column holds numbers.

    ``worth``: 0 is always shown; of the others the highest number is left out first. ``joins``: in
    a row of several lines it stands after the value before it, as a unit does. ``least``:
    characters below which a column of texts is of no use.
    """

    heading: str
    numeric: bool = False
    worth: int = 0
    joins: bool = False
    least: int = 0


def _glued(cell: str) -> str:
    return _MOMENTS.sub(lambda found: found[0].replace(" ", _BLANK), cell)


def _least(cell: str) -> int:
    """The narrowest column in which nothing whole is broken."""
    from rich.cells import cell_len

    widest = 0
    for word in cell.split():
        size = cell_len(word)
        widest = max(widest, size if _WHOLE.fullmatch(word.strip(_AROUND)) else min(size, _WORD))
    return widest


def _widths(least: list[int], wanted: list[int], room: int) -> list[int]:
    """Widths of the columns: the room beyond the least is shared out,
    first to those that want little.
    """
    widths, free = list(least), room - sum(least)
    order = sorted(range(len(least)), key=lambda i: wanted[i] - least[i])
    for place, i in enumerate(order):
        given = min(wanted[i] - least[i], free // (len(order) - place))
        widths[i] += given
        free -= given
    return widths


def draw(
    title: str, columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int | None, styled: bool = False
) -> str:
    """The table as text. width: characters of a line, None for no limit. styled:
    with a terminal's bold headings.
    """
    from rich.cells import cell_len

    cells = [[_glued(cell) for cell in row] for row in rows]
    wanted = [max([cell_len(c.heading), *(cell_len(row[i]) for row in cells)]) for i, c in enumerate(columns)]
    least = [
        max([_least(c.heading), min(c.least, wanted[i]), *(_least(row[i]) for row in cells)])
        for i, c in enumerate(columns)
    ]
    kept = list(range(len(columns)))
    if width is None:
        widths = wanted
    else:

        def room() -> int:
            return width - _GAP * (len(kept) - 1)

        fair = [max(least[i], min(wanted[i] // 2, _TEXT)) for i in range(len(columns))]
        while sum(fair[i] for i in kept) > room() and any(columns[i].worth for i in kept):
            kept.remove(max(kept, key=lambda i: columns[i].worth))
        if sum(least[i] for i in kept) > room():
            return _records(title, [columns[i] for i in kept], [[row[i] for i in kept] for row in cells], width)
        widths = _widths([least[i] for i in kept], [wanted[i] for i in kept], room())
    return _drawn(title, [columns[i] for i in kept], [[row[i] for i in kept] for row in cells], widths, width, styled)


def _drawn(
    title: str,
    columns: Sequence[Column],
    rows: Sequence[Sequence[str]],
    widths: Sequence[int],
    width: int | None,
    styled: bool,
) -> str:
    """The table as text. widths: characters of each column. width: of the terminal, None for no
    limit. styled: with colours.
    """
    # Only tables need it, and it takes longer to import than a short command takes to run.
    from rich import box
    from rich.cells import cell_len
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for column, size in zip(columns, widths, strict=True):
        table.add_column(
            Text(column.heading), justify="right" if column.numeric else "left", overflow="fold", width=size
        )
    for row in rows:
        # A text of several lines reads badly when it is flush right.
        table.add_row(
            *(
                Text(cell, justify="left" if cell_len(cell) > size else None)
                for cell, size in zip(row, widths, strict=True)
            )
        )
    buffer = io.StringIO()
    console = Console(
        file=buffer, width=width or _ENDLESS, force_terminal=styled, highlight=False, legacy_windows=False
    )
    console.print(table)
    drawn = [line.rstrip() for line in buffer.getvalue().replace(_BLANK, " ").splitlines()]
    return "\n".join([*_wrapped(title, width), *drawn]) + "\n"


def _wrapped(text: str, width: int | None, indent: str = "", first: str = "") -> list[str]:
    if width is None:
        return [first + text]
    lines = textwrap.wrap(text, width, initial_indent=first, subsequent_indent=indent, break_on_hyphens=False)
    return [line.replace(_BLANK, " ") for line in lines]


def _records(title: str, columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int) -> str:
    """Each row as lines: its first value, then a line for each other value that is there."""
    lines = _wrapped(_glued(title), width)
    left = min(max((len(c.heading) for c in columns[1:] if not c.joins), default=0), 2 * width // 3)
    for row in rows:
        lines += ["", *_wrapped(row[0], width, "  ")]
        for i in range(1, len(columns)):
            if columns[i].joins or not row[i]:
                continue
            behind = f" {row[i + 1]}" if i + 1 < len(columns) and columns[i + 1].joins and row[i + 1] else ""
            value = f"{row[i]}{behind}".replace(" ", _BLANK) if _WHOLE.fullmatch(row[i]) else row[i] + behind
            head = f"  {columns[i].heading:<{left}}  "
            if len(head) + _least(value) <= width:
                lines += _wrapped(value, width, " " * len(head), head)
            else:
                lines += [*_wrapped(columns[i].heading, width, "    ", "  "), *_wrapped(value, width, "    ", "    ")]
    return "\n".join(lines) + "\n"
