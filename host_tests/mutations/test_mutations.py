"""A test must be able to fail: each fault of the table, put into a copy of the
firmware, turns the tests named with it red.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from host_tests.harness import firmware, requirements
from host_tests.mutations.ring import RING
from host_tests.mutations.store import STORE
from host_tests.mutations.table import MUTATIONS, Mutation
from host_tests.mutations.unasked import UNASKED
from host_tests.mutations.whole import WHOLE
from host_tests.mutations.wiring import WIRING
from tools.launcher import ROOT, Interpreter

SECONDS = 50.0
# The tests of a mutation are run in a session of their own, on the interpreter of this
# one and on nothing but a meter of ours.
pytestmark = [pytest.mark.caps("own-process")]
EVERY = MUTATIONS + RING + STORE + UNASKED + WHOLE + WIRING
each = pytest.mark.parametrize("mutation", EVERY, ids=lambda mutation: mutation.name)


def mutated_copy(mutation: Mutation, folder: Path) -> Path:
    """The firmware with this fault in it, in a new folder."""
    copy = folder / "firmware"
    shutil.copytree(firmware.OWN, copy, ignore=shutil.ignore_patterns("__pycache__"))
    file = copy / mutation.file
    text = file.read_text(encoding="utf-8")
    assert text.count(mutation.old) == 1, f"{mutation.file} holds the text {text.count(mutation.old)} times"
    file.write_text(text.replace(mutation.old, mutation.new), encoding="utf-8")
    return copy


def run_tests(mutation: Mutation, copy: Path, interpreter: Interpreter, results: Path) -> tuple[int, str]:
    """Exit code and output of pytest for the tests of a mutation."""
    words = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-x",
        "-p",
        "no:xdist",
        "-p",
        "no:cacheprovider",
        "-p",
        "host_tests.harness.options",
    ]
    words += [
        "--firmware",
        str(copy),
        "--results",
        str(results),
        "--micropython",
        shlex.join(interpreter.words),
        *mutation.tests,
    ]
    environment = {**os.environ, "INTEROP": "0", "PYTHONDONTWRITEBYTECODE": "1"}
    finished = subprocess.run(
        words,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=SECONDS,
        check=False,
    )
    return finished.returncode, finished.stdout


@each
def test_text_that_a_mutation_replaces_is_there(mutation: Mutation) -> None:
    text = (firmware.OWN / mutation.file).read_text(encoding="utf-8")
    assert text.count(mutation.old) == 1
    assert mutation.new != mutation.old
    assert mutation.req in (requirements.known_ids() or ())


def test_mutations_are_many_and_of_every_area() -> None:
    assert len(MUTATIONS) >= 15
    assert max(Counter(mutation.name for mutation in EVERY).values()) == 1
    assert {mutation.file.partition("/")[0] for mutation in MUTATIONS} == {"dlms", "net", "cosem", "meter"}
    assert {mutation.req[0] for mutation in MUTATIONS} >= set("ABCDEF")


@each
def test_mutation_is_caught(mutation: Mutation, tmp_path: Path, micropython: Interpreter) -> None:
    code, output = run_tests(mutation, mutated_copy(mutation, tmp_path), micropython, tmp_path / "results")
    # 1: tests failed. An error is none: the mutated meter starts, the named tests exist
    assert code == pytest.ExitCode.TESTS_FAILED, output[-4000:]
    assert re.search(r"\b\d+ failed\b", output), output[-4000:]
    assert not re.search(r"\b\d+ errors?\b", output), output[-4000:]


def test_unmutated_copy_passes(tmp_path: Path, micropython: Interpreter) -> None:
    """What turns tests red is the mutation, not the copying."""
    nothing = Mutation("nothing", "A-04", "main.py", "sys.exit(", "sys.exit(", MUTATIONS[0].tests + MUTATIONS[-1].tests)
    code, output = run_tests(nothing, mutated_copy(nothing, tmp_path), micropython, tmp_path / "results")
    assert code == pytest.ExitCode.OK, output[-4000:]
