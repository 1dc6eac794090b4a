"""``--plot``: the rows of profiles as charts, in the terminal or in SVG files."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ..dlmsclient import UsageError
from .chart import chart_of
from .chart_svg import svg
from .chart_terminal import chart_lines
from .profile import Profile
from .readings import MARK
from .render import print_line, say, terminal_width

_SUFFIX = ".svg"
_WIDTH = 80  # of what is no terminal
_NOTHING = "there is nothing to draw: no row has a number"


def check_plot(options: argparse.Namespace) -> None:
    """What is wrong with ``--plot`` is said before the meter is asked."""
    if options.plot is None:
        return
    if options.plot and Path(options.plot).suffix != _SUFFIX:
        raise UsageError(f"--plot {options.plot}: the name of the file ends with {_SUFFIX}")
    if options.plot and not Path(options.plot).parent.is_dir():
        raise UsageError(f"--plot {options.plot}: there is no folder {Path(options.plot).parent}")
    if not options.plot and options.format != "table":
        raise UsageError(
            f"--plot draws in place of a table: beside --format {options.format} name a file, --plot FILE{_SUFFIX}"
        )
    if options.attribute or options.all:
        raise UsageError("--plot draws rows of profiles: it does not go with --attribute or --all")


def print_chart(profile: Profile) -> None:
    """Draw in the terminal."""
    chart = chart_of(profile)
    if chart is None:
        print_line(f"{profile.title}: {_NOTHING}")
    else:
        fine = (sys.stdout.encoding or "").lower().startswith("utf")
        for line in chart_lines(chart, terminal_width() or _WIDTH, fine):
            print_line(line)
    remarks = [row.remark for row in profile.rows if row.remark] + profile.remarks
    for remark in remarks:
        print_line(f"{MARK} {remark}")


def save_chart(profiles: Sequence[Profile], name: str) -> None:
    """Write FILE.svg; of several profiles the later ones get FILE-2.svg and so on."""
    for number, profile in enumerate(profiles, 1):
        chart = chart_of(profile)
        if chart is None:
            say(f"{profile.title}: {_NOTHING}")
            continue
        path = Path(name) if number == 1 else Path(name).with_stem(f"{Path(name).stem}-{number}")
        path.write_text(svg(chart), encoding="utf-8")
        say(f"drawn: {path}")
