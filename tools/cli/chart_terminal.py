"""A chart in characters: braille patterns of two by four dots, or
asterisks where the terminal has none.
"""

from __future__ import annotations

import textwrap

from .chart import Chart, Panel, nice, number_text

_ROWS = 8  # lines of a panel
_BRAILLE = 0x2800
# Bit of the dot at (row, column) of a cell.
_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
_LABEL = 9  # characters of a time with the blanks beside it


class _Canvas:
    """Dots, line by line from above. fine: with braille cells, otherwise one dot a cell."""

    def __init__(self, columns: int, rows: int, fine: bool) -> None:
        self.fine = fine
        self.columns, self.rows = columns, rows
        self.width, self.height = (2 * columns, 4 * rows) if fine else (columns, rows)
        self._cells = [[0] * columns for _ in range(rows)]

    def dot(self, x: int, y: int) -> None:
        """y from below."""
        down = self.height - 1 - y
        if self.fine:
            self._cells[down // 4][x // 2] |= _DOTS[down % 4][x % 2]
        else:
            self._cells[down][x] = 1

    def line(self, x0: int, y0: int, x1: int, y1: int) -> None:
        steps = max(abs(x1 - x0), abs(y1 - y0), 1)
        for i in range(steps + 1):
            self.dot(x0 + round((x1 - x0) * i / steps), y0 + round((y1 - y0) * i / steps))

    def lines(self) -> list[str]:
        """The characters; what is empty is a blank, so that nothing stands at the end of a line."""
        marks = [
            ["*" if cell and not self.fine else chr(_BRAILLE + cell) if cell else " " for cell in row]
            for row in self._cells
        ]
        return ["".join(row) for row in marks]


def chart_lines(chart: Chart, width: int, fine: bool = True) -> list[str]:
    """The chart, no line longer than ``width`` characters. fine: the
    terminal shows braille patterns.
    """
    labels = [[number_text(y) for y in nice(*panel.bounds, 2)] for panel in chart.panels]
    left = max(len(label) for each in labels for label in each)
    columns = max(8, width - left - 2)
    found = textwrap.wrap(chart.title, width)
    for panel in chart.panels:
        found += [
            "",
            *textwrap.wrap(panel.heading, width),
            *_panel_lines(chart, panel, left, columns, fine),
            _axis(chart, left, columns),
        ]
    return [line.rstrip()[:width] for line in found]


def _panel_lines(chart: Chart, panel: Panel, left: int, columns: int, fine: bool) -> list[str]:
    """The lines of one panel, with labels in `left` characters. fine: braille dots instead of
    ASCII.
    """
    canvas = _Canvas(columns, _ROWS, fine)
    low, high = panel.bounds

    def place(x: float, y: float) -> tuple[int, int]:
        across = round((x - chart.low) / (chart.high - chart.low) * (canvas.width - 1))
        return across, round((y - low) / (high - low) * (canvas.height - 1))

    for line in panel.lines:
        canvas.dot(*place(*line[0]))
        for before, point in zip(line, line[1:], strict=False):
            canvas.line(*place(*before), *place(*point))
    marked = {}
    for y in nice(low, high, 2):
        row = _ROWS - 1 - round((y - low) / (high - low) * (_ROWS - 1))
        marked[row] = number_text(y)
    return [
        f"{marked.get(row, ''):>{left}} {'┤' if row in marked else '│'}{text}"
        for row, text in enumerate(canvas.lines())
    ]


def _axis(chart: Chart, left: int, columns: int) -> str:
    """The labels of the time, each beginning below its place."""
    cells = [" "] * columns
    end = 0
    for x, label in chart.ticks(max(1, columns // _LABEL)):
        at = round((x - chart.low) / (chart.high - chart.low) * (columns - 1))
        at = min(at, columns - len(label))
        if at >= end:
            cells[at : at + len(label)] = label
            end = at + len(label) + 1
    return " " * (left + 2) + "".join(cells)
