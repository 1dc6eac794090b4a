"""Whole sessions in both interpreters, and that a broken rule ends them
with the tapes that led to it.

`make fuzz` and .ci/run play many more of them; what they found and what was mended is in `cases`,
a file of tapes each, and is played here.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from host_tests.fuzz import __main__ as fuzz
from host_tests.fuzz import campaign, counting, fuzz_play
from host_tests.fuzz.guarded import TalkedRig, fuzz_rig, fuzz_sessions
from host_tests.harness.mp import run
from tools.launcher import ROOT, Interpreter

SESSIONS = 600  # of fixed seeds, in each interpreter
CASES = sorted((Path(__file__).parent / "cases").glob("*.txt"))


def words(interpreter: Interpreter) -> list[str]:
    return [*interpreter.words, "-X", "heapsize=32M"]


@pytest.mark.micropython
@pytest.mark.req("I-70", "I-71")
def test_sessions_of_many_clients_are_answered_alike_in_both_interpreters(micropython: Interpreter) -> None:
    plain = campaign.play("CPython", [sys.executable], 0, SESSIONS, campaign.CORPUS)
    native = campaign.play("MicroPython", words(micropython), 0, SESSIONS, campaign.CORPUS)
    assert plain.sessions == native.sessions == SESSIONS
    assert plain.inputs == native.inputs > 10 * SESSIONS
    assert plain.answers == native.answers


@pytest.mark.parametrize("case", CASES, ids=[case.stem for case in CASES])
def test_what_was_found_is_mended(case: Path) -> None:
    rig = TalkedRig()
    for octets in fuzz_play.tapes(str(case)):
        fuzz_sessions.play(rig, fuzz_rig.Tape(octets))


def raises(rig: TalkedRig) -> None:
    def broken(*words: Any) -> int:
        raise ValueError("planted")

    rig.meter.clock.set = rig.meter.clock.get = broken


def keeps_transfers(rig: TalkedRig) -> None:
    rig.server.opening.abandon = lambda aa: setattr(aa, "transfer", None)


def keeps_associations(rig: TalkedRig) -> None:
    rig.server.opening.abort = lambda link: None


def answers_in_part(rig: TalkedRig) -> None:
    handle = rig.server.handle

    def short(link: Any, rx: Any, off: int, n: int, tx: Any) -> int:
        n = handle(link, rx, off, n, tx)
        if n > 20 and tx[8] == 0xC4:
            tx[7] -= 1
            n -= 1
        return n

    rig.server.handle = short


@pytest.mark.parametrize(
    ("plant", "said"),
    [
        (raises, "object-raised"),
        (keeps_transfers, "transfers"),
        (keeps_associations, "keeps"),
        (answers_in_part, ""),
    ],
)
def test_a_planted_fault_ends_the_run_with_its_tapes(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    plant: Callable[[TalkedRig], None],
    said: str,
) -> None:
    def made() -> TalkedRig:
        rig = TalkedRig()
        plant(rig)
        return rig

    monkeypatch.setattr(fuzz_play, "made", made)
    assert not fuzz_play.Played([]).seeds(0, 200)
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("found"))
    assert said in line
    found = campaign._FOUND.search(line)
    assert found is not None
    seed, start = int(found[1]), int(found[2])
    file = campaign.write_found(campaign.Found("CPython", seed, start, found[3]), Path("/dev/null"), tmp_path)
    octets = fuzz_play.tapes(str(file))
    assert len(octets) == seed - start + 1

    def again() -> None:
        rig = made()
        for each in octets:
            fuzz_sessions.play(rig, fuzz_rig.Tape(each))

    with pytest.raises(Exception):  # noqa: B017, PT011 (whatever was planted)
        again()


@pytest.mark.micropython
def test_heap_that_is_kept_ends_the_run(micropython: Interpreter, tmp_path: Path) -> None:
    script = tmp_path / "leak.py"
    script.write_text(
        "import sys\n"
        f"sys.path[:0] = [{str(ROOT / 'host_tests/fuzz')!r}]\n"
        "import fuzz_play\n"
        "kept = []\n"
        "session = fuzz_play.Played.session\n"
        "def leaking(self, rig, octets):\n"
        "    kept.append(bytearray(100))\n"
        "    session(self, rig, octets)\n"
        "fuzz_play.Played.session = leaking\n"
        f"sys.exit(fuzz_play.main({str(ROOT)!r}, {str(ROOT / 'firmware')!r}, '', 0, fuzz_play.ROUND))\n"
    )
    finished = run(micropython, [str(script)], heapsize="32M", timeout=50)
    assert finished.returncode == 1, finished.stdout
    assert "found seed=50 round=0 Broken: the heap grew by" in finished.stdout


def test_a_slow_turn_is_looked_at(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(fuzz_play, "SESSION", 0)
    monkeypatch.setattr(fuzz_play, "PATIENCE", 1)
    assert fuzz_play.Played([]).seeds(0, 2)
    assert "slow seed=0 round=0" in capsys.readouterr().out


def test_without_atheris_one_line_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert fuzz.hunt(tmp_path, 1) is None
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_without_valgrind_nothing_is_counted(monkeypatch: pytest.MonkeyPatch, micropython: Interpreter) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(counting.NotCounted, match="valgrind"):
        counting.turns(micropython, ["dear"])


def test_a_book_goes_on_where_it_ended(tmp_path: Path) -> None:
    book = tmp_path / "book.jsonl"
    command = [
        sys.executable,
        "-m",
        "host_tests.fuzz.campaign",
        "--book",
        str(book),
        "--minutes",
        "0.001",
        "--jobs",
        "1",
    ]
    for _ in range(2):
        done = subprocess.run(
            [*command, "--sessions", "20"],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert "20 sessions" in done.stdout
    assert len(book.read_text().splitlines()) == 1
