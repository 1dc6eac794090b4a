"""A bar on the terminal for what takes long; nothing where stderr is no
terminal, nor for what is done quickly.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress
from contextlib import contextmanager

_SOON = 0.5  # seconds without a bar


@contextmanager
def progress(what: str, quiet: bool = False) -> Iterator[Callable[[int, int | None], None]]:
    """A function that takes how many are done, and of how many, None while nobody knows.
    quiet: lines are written meanwhile.
    """
    if quiet or not sys.stderr.isatty():
        yield lambda done, of: None
        return
    bar = _Bar(what)
    try:
        yield bar.tell
    finally:
        bar.end()


class _Bar:
    def __init__(self, what: str) -> None:
        self._what = what
        self._from = time.monotonic()
        self._drawn: Progress | None = None

    def tell(self, done: int, of: int | None) -> None:
        """Draw, once it takes long."""
        if self._drawn is None and time.monotonic() - self._from < _SOON:
            return
        if self._drawn is None:
            # Imported here because it takes longer than a short command.
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

            columns = TextColumn("{task.description}"), BarColumn(None), MofNCompleteColumn(), TimeRemainingColumn()
            self._drawn = Progress(*columns, console=Console(stderr=True), transient=True, expand=True)
            self._drawn.start()
            self._task = self._drawn.add_task(self._what, total=of)
        self._drawn.update(self._task, completed=done, total=of)

    def end(self) -> None:
        """Take the bar away."""
        if self._drawn is not None:
            self._drawn.stop()
