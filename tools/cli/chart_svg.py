"""A chart as SVG: one file without scripts, fonts or links, the same octets for the same rows."""

from __future__ import annotations

from xml.sax.saxutils import escape

from .chart import Chart, Panel, nice, number_text
from .printable import printable

_WIDTH, _PANEL, _GAP = 900, 150, 50
_LEFT, _RIGHT, _TOP = 80, 20, 50
_TICKS, _LINES = 8, 4
_STYLE = (
    "text{font:12px sans-serif;fill:#333}.title{font-size:16px}.grid{stroke:#ddd}"
    ".frame{fill:none;stroke:#999}.line{fill:none;stroke:#06c;stroke-width:1.5;stroke-linejoin:round}.dot{fill:#06c}"
)


def _text(x: float, y: float, text: str, more: str = "") -> str:
    return f'<text x="{x:g}" y="{y:g}"{more}>{escape(printable(text))}</text>'


def svg(chart: Chart) -> str:
    """The whole document."""
    height = _TOP + len(chart.panels) * (_PANEL + _GAP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" '
        f'height="{height}" role="img">',
        f"<title>{escape(printable(chart.title))}</title>",
        f"<style>{_STYLE}</style>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>',
        _text(_LEFT, 22, chart.title, ' class="title"'),
    ]
    for number, panel in enumerate(chart.panels):
        parts += _panel(chart, panel, _TOP + number * (_PANEL + _GAP))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(chart: Chart, panel: Panel, top: int) -> list[str]:
    """The SVG elements of one panel, whose frame begins at height `top`: grid, labels, lines."""
    inner = _WIDTH - _LEFT - _RIGHT
    low, high = panel.bounds

    def across(x: float) -> float:
        return round(_LEFT + (x - chart.low) / (chart.high - chart.low) * inner, 2)

    def down(y: float) -> float:
        return round(top + _PANEL - (y - low) / (high - low) * _PANEL, 2)

    parts = [_text(_LEFT, top - 6, panel.heading)]
    for y in nice(low, high, _LINES):
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{down(y):g}" y2="{down(y):g}"/>')
        parts.append(_text(_LEFT - 6, down(y) + 4, number_text(y), ' text-anchor="end"'))
    for x, label in chart.ticks(_TICKS):
        parts.append(f'<line class="grid" x1="{across(x):g}" x2="{across(x):g}" y1="{top}" y2="{top + _PANEL}"/>')
        parts.append(_text(across(x), top + _PANEL + 16, label, ' text-anchor="middle"'))
    parts.append(f'<rect class="frame" x="{_LEFT}" y="{top}" width="{inner}" height="{_PANEL}"/>')
    for line in panel.lines:
        if len(line) == 1:
            parts.append(f'<circle class="dot" cx="{across(line[0][0]):g}" cy="{down(line[0][1]):g}" r="2"/>')
        else:
            points = " ".join(f"{across(x):g},{down(y):g}" for x, y in line)
            parts.append(f'<polyline class="line" points="{points}"/>')
    return parts
