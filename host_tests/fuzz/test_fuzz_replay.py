"""The same generated sessions in MicroPython, with its viper functions, and in CPython,
with their plain twins: equal answers.
"""

from __future__ import annotations

import pytest

from host_tests.fuzz import fuzz_replay
from host_tests.fuzz.guarded import GuardedRig
from host_tests.harness import firmware
from host_tests.harness.mp import run
from tools.launcher import ROOT, Interpreter

SEEDS = 300
PART = 75  # so that a failing part is found quickly


@pytest.mark.micropython
@pytest.mark.req("A-52", "C-26", "D-17", "D-91", "D-94")
@pytest.mark.parametrize("first", range(0, SEEDS, PART))
def test_sessions_are_answered_alike_in_micropython(first: int, micropython: Interpreter) -> None:
    words = [fuzz_replay.__file__, str(ROOT), str(firmware.folder()), str(first), str(first + PART)]
    finished = run(micropython, words, timeout=50)
    assert finished.returncode == 0, finished.stdout[-2000:]
    answers = {
        int(words[0]): set(words[1:]) for words in map(str.split, finished.stdout.splitlines()) if words[0].isdigit()
    }
    expected = {
        seed: {f"{fuzz_replay.checksum(fuzz_replay.play(GuardedRig(), seed)):08X}"}
        for seed in range(first, first + PART)
    }
    # to look closer: test_fuzz_engine.replay(rigs.seeded(seed, 500))
    assert answers == expected, finished.stdout[-2000:] if len(answers) < PART else "answers differ"
