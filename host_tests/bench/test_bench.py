"""The bench itself: verdicts, exit codes, what it says where it cannot measure.
Planted faults of the meter are in `alloc`.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from host_tests.bench import __main__ as bench
from host_tests.bench import boot, cpython_time, instructions, profile, serving
from host_tests.bench.link import WrongAnswer
from host_tests.bench.report import LEFT_OUT, MET, MISSED, SHOWN, Row, failed
from host_tests.bench.settings import Settings
from tools.launcher import Interpreter

ROWS = {
    MET: Row("a", 5, "B", 5),
    MISSED: Row("b", 5.001, "B", 5),
    SHOWN: Row("c", 7, "instr."),
    LEFT_OUT: Row("d", None, "instr.", 40_000, how="no valgrind"),
}


@pytest.fixture
def without_valgrind(micropython: Interpreter) -> Settings:
    return Settings(micropython, requests=50, missing="no valgrind here")


@pytest.mark.parametrize("verdict", ROWS)
def test_verdicts(verdict: str) -> None:
    assert ROWS[verdict].verdict == verdict


@pytest.mark.parametrize(
    ("verdicts", "strict", "expected"),
    [
        ((MET, SHOWN), True, False),
        ((MET, SHOWN, LEFT_OUT), False, False),
        ((MET, SHOWN, LEFT_OUT), True, True),
        ((MET, MISSED), False, True),
    ],
)
def test_what_fails_a_run(verdicts: tuple[str, ...], strict: bool, expected: bool) -> None:
    assert failed([ROWS[verdict] for verdict in verdicts], strict) is expected


def test_an_excused_row_fails_no_run(without_valgrind: Settings) -> None:
    rows = cpython_time.measure(Settings(without_valgrind.interpreter, gurux=False))
    assert [row.verdict for row in rows] == [LEFT_OUT]
    assert not failed(rows, strict=True)


def test_rows_without_valgrind_are_named(without_valgrind: Settings) -> None:
    rows = instructions.measure(without_valgrind)
    assert {row.verdict for row in rows} == {LEFT_OUT}
    assert {row.how for row in rows} == {"no valgrind here"}
    assert rows[0].bar == serving.GET_BAR
    assert rows[-1].bar == instructions.ENGINE_BAR


@pytest.mark.parametrize(
    ("environment", "words", "code"),
    [({}, [], 0), ({}, ["--strict"], 1), ({"CI": "true"}, [], 1)],
)
def test_main_prints_writes_and_judges(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    micropython: Interpreter,
    environment: dict[str, str],
    words: list[str],
    code: int,
) -> None:
    monkeypatch.delenv("CI", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(bench, "find", lambda command: micropython)
    monkeypatch.setattr(bench.platform, "system", lambda: "Linux")
    monkeypatch.setitem(bench.MEASURES, "heap", lambda settings: [ROWS[MET], ROWS[LEFT_OUT]])
    out = tmp_path / "rows.json"
    assert bench.main([*words, "--only", "heap", "--json", str(out)]) == code
    shown = capsys.readouterr()
    assert "no valgrind" in shown.out
    assert shown.err.startswith("error: ") is bool(code)
    rows = json.loads(out.read_text())["rows"]
    assert [(row["what"], row["verdict"]) for row in rows] == [("a", MET), ("d", LEFT_OUT)]


def test_a_broken_measurement_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], micropython: Interpreter
) -> None:
    def broken(settings: Settings) -> list[Row]:
        raise WrongAnswer("the meter said no")

    monkeypatch.setattr(bench, "find", lambda command: micropython)
    monkeypatch.setitem(bench.MEASURES, "boot", broken)
    assert bench.main(["--only", "boot"]) == 1
    assert capsys.readouterr().err == "error: the meter said no\n"


def test_an_interpreter_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.main(["--micropython", "no-such-micropython", "--only", "boot"]) == 1
    assert capsys.readouterr().err.startswith("error: MICROPYTHON=no-such-micropython: ")


def test_totals_of_a_callgrind_file(tmp_path: Path) -> None:
    out = tmp_path / "callgrind.1"
    out.write_text("# callgrind format\nevents: Ir\nsummary: 11\n\nfn=(1)\n1 11\n\ntotals: 12\n")
    assert serving.total(out) == 12
    out.write_text("# callgrind format\n")
    with pytest.raises(WrongAnswer):
        serving.total(out)


def test_calls_in_a_callgrind_file(tmp_path: Path) -> None:
    out = tmp_path / "callgrind.1"
    out.write_text(
        "fn=(1) main\ncfi=(2) gc.c\ncfn=(7) gc_alloc\ncalls=3 5\n2 9\ncfn=(8) gc_alloc_more\ncalls=9 5\n2 9\n"
        "fn=(2) other\ncfn=(7)\ncalls=4 5\n2 9\n"
    )
    assert serving.calls(out, "gc_alloc") == 7
    assert serving.calls(out, "gc_free") == 0


@pytest.mark.parametrize(
    ("aged", "verdict"),
    [(10.0, MET), (11.5, MET), (11.6, MISSED), (12.1, MISSED)],
)
def test_an_aged_figure_has_the_bar_and_a_ratio(aged: float, verdict: str) -> None:
    assert Row("a", 10.0, "instr.", 12, aged=aged, most=1.15).verdict == verdict
    assert Row("a", 12.1, "instr.", 12, aged=10.0, most=1.15).verdict == MISSED


def test_only_a_ratio_is_a_bar() -> None:
    assert Row("a", 10.0, "instr.", aged=11.6, most=1.15).verdict == MISSED
    assert Row("a", 10.0, "instr.", aged=11.4, most=1.15).verdict == MET


def test_too_small_a_heap_is_seen(without_valgrind: Settings) -> None:
    assert not boot.runs(without_valgrind, 64)
    assert boot.runs(without_valgrind, 1024)


@pytest.mark.zero_alloc
def test_a_profile_in_a_file_is_read_without_heap(without_valgrind: Settings, tmp_path: Path) -> None:
    """Whole, and its last row without a walk over the others."""
    taken = profile._whole(without_valgrind, tmp_path, 500)
    assert taken["heap"] == 0
    assert taken["entry"] == 1
    assert taken["range"] < 25
    assert taken["blocks"] >= 15


def test_make_bench_is_this() -> None:
    """The module runs as the Makefile calls it."""
    import sys

    done = subprocess.run(
        [sys.executable, "-m", "host_tests.bench", "--help"], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 0
    assert "--strict" in done.stdout
