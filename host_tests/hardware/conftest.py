"""Fixtures of the tests that need a board: its reset, its serial port, its flash."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from host_tests.harness.hil.board import HilBoard
from host_tests.harness.meters import MeterHandle
from tools.image.emulated import EmulatedBoard


@pytest.fixture
def board(meter: MeterHandle) -> EmulatedBoard | HilBoard:
    """The board with a meter that serves, freshly booted: a test before
    this one may have stopped it.
    """
    assert isinstance(meter.process, (EmulatedBoard, HilBoard))
    if isinstance(meter.process, EmulatedBoard) or not meter.process.undisturbed:
        meter.process.reset()
    return meter.process


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Callable[..., EmulatedBoard]]:
    """Makes boards of the test's own, on a flash that may be given; they are off
    at first and off after the test.
    """
    made: list[EmulatedBoard] = []

    def make(flash: Path | None = None, **options: object) -> EmulatedBoard:
        made.append(EmulatedBoard(flash or tmp_path / "flash.img", tmp_path / f"console-{len(made)}.log", **options))
        return made[-1]

    yield make
    for each in made:
        each.kill()
