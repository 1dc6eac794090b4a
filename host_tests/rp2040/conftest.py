"""Fixtures of the tests on the emulated RP2040, and the figures that these take."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tools.image.boards.repl import Repl
from tools.image.emulated.remote import Remote
from tools.image.rp2040 import Emulator

FIGURE = "rp2040 figure"


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Callable[..., Emulator]]:
    """Makes boards that are off, on a flash that may be given; they are off again after the test."""
    made: list[Emulator] = []

    def make(flash: Path | None = None, **options: object) -> Emulator:
        made.append(Emulator(flash or tmp_path / "flash.img", tmp_path / f"console-{len(made)}.log", **options))
        return made[-1]

    yield make
    for each in made:
        each.power_off()


@pytest.fixture(scope="module")
def powered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """The board that the tests of a module share; READY at first, and in
    whatever state they left it later.
    """
    folder = tmp_path_factory.mktemp("rp2040")
    with Emulator(folder / "flash.img", folder / "console.log") as board:
        board.wait_console("READY ip=")
        yield board


@pytest.fixture
def board(powered: Emulator) -> Emulator:
    """The shared board with a meter that serves, freshly reset by its reset pin."""
    powered.press_reset()
    powered.wait_console("READY ip=")
    return powered


@pytest.fixture
def repl(board: Emulator) -> Iterator[Repl]:
    """The shared board at its REPL, in an interpreter in which nothing ran before."""
    Remote(board.serial).run(["exec", "pass"], fresh=True)
    with Repl.open(board.serial) as repl:
        yield repl


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Notes a line of figures, which the end of the run prints."""
    return lambda text: request.node.user_properties.append((FIGURE, text))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [report for outcome in ("passed", "failed") for report in terminalreporter.getreports(outcome)]
    lines = sorted(
        {text for report in reports for name, text in getattr(report, "user_properties", ()) if name == FIGURE}
    )
    if lines:
        terminalreporter.section("figures of the emulated RP2040")
        for line in lines:
            terminalreporter.write_line(line)
