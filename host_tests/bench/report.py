"""Rows of the bench: a figure, its bar and how it was taken; printed as
one table and written as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

MET, MISSED, SHOWN, LEFT_OUT = "met", "missed", "", "left out"
_STYLES = {MET: "green", MISSED: "bold red", SHOWN: "", LEFT_OUT: "yellow"}


@dataclass(frozen=True)
class Row:
    """One measurement.

    what       what was measured
    figure     the result, None when it could not be taken
    unit       of figure, bar and aim
    bar        the most that is allowed, None for a row that is only shown
    aim        what would be better still
    how        how it was taken, or why not
    aged       the same after thousands of associations: it has the bar of the figure, …
    most       … and may be at most so many times as high
    excused    a row left out that not even a strict run asks for
    """

    what: str
    figure: float | None
    unit: str
    bar: float | None = None
    aim: float | None = None
    how: str = ""
    excused: bool = False
    aged: float | None = None
    most: float | None = None

    @property
    def verdict(self) -> str:
        if self.figure is None:
            return LEFT_OUT
        if self.bar is None and self.most is None:
            return SHOWN
        worst = self.figure if self.aged is None else max(self.figure, self.aged)
        met = self.bar is None or worst <= self.bar
        return MET if met and (self.most is None or worst <= self.most * self.figure) else MISSED

    @property
    def shown_figure(self) -> str:
        return "-" if self.figure is None else f"{_number(self.figure)} {self.unit}"

    @property
    def shown_aged(self) -> str:
        return "" if self.aged is None else _number(self.aged)

    @property
    def shown_bar(self) -> str:
        aim = f"(aim {_number(self.aim)})" if self.aim is not None else ""
        return f"{'' if self.bar is None else _number(self.bar)} {aim}".strip()


def _number(value: float) -> str:
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"


def print_table(rows: Sequence[Row], console: Console) -> None:
    """The table, for people."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("what")
    for name in ("figure", "aged", "bar"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    table.add_column("how")
    for row in rows:
        style = _STYLES[row.verdict]
        table.add_row(
            row.what, row.shown_figure, row.shown_aged, row.shown_bar, row.verdict, row.how, style=style or None
        )
    console.print(table)


def write_json(rows: Sequence[Row], conditions: dict[str, str], path: Path) -> None:
    """The same for machines."""
    fields = ("what", "figure", "unit", "aged", "bar", "aim", "verdict", "how")
    content = {"conditions": conditions, "rows": [{name: getattr(row, name) for name in fields} for row in rows]}
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def failed(rows: Sequence[Row], strict: bool) -> bool:
    """Whether the run fails: a bar missed, or, when strict, a row that should be there left out."""
    return any(row.verdict == MISSED or (strict and row.verdict == LEFT_OUT and not row.excused) for row in rows)
