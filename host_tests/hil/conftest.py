"""Fixtures of the harness's own tests: stand-ins, boards on them, and
whole runs of pytest against them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from host_tests.harness.hil import rig
from host_tests.harness.hil.board import HilBoard
from host_tests.hil.standin import StandIn
from tools.launcher import ROOT, Interpreter

CONFTEST = "from host_tests.conftest import *\nfrom host_tests import conftest\n"


@pytest.fixture
def standin(tmp_path: Path, micropython: Interpreter) -> Iterator[Callable[..., StandIn]]:
    """Starts stand-ins: `standin("rfc2217", faults=("slow",))`; main.py runs
    on them unless `begun` is False.
    """
    with ExitStack() as running:
        count = iter(range(100))

        def start(kind: str = "socket", *, begun: bool = True, **options: object) -> StandIn:
            one = running.enter_context(
                StandIn(micropython.words, tmp_path / f"board-{next(count)}", kind=kind, **options)
            )
            return one.begun() if begun else one

        yield start


@pytest.fixture
def boards(tmp_path: Path) -> Iterator[Callable[..., HilBoard]]:
    """Takes a stand-in as a run of tests does: `boards(standin, boot_seconds=5)` is an
    open HilBoard, closed after the test.
    """
    taken: list[HilBoard] = []

    def take(standin: StandIn, **more: object) -> HilBoard:
        path = tmp_path / f"rig-{len(taken)}.toml"
        path.write_text(standin.rig("pico", **more))
        taken.append(HilBoard(rig.load(path)["pico"], tmp_path / f"console-{len(taken)}.log"))
        taken[-1].open()
        return taken[-1]

    yield take
    for one in taken:
        one.line.close()
        one._lock.give()


@pytest.fixture
def run_pytest(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs pytest on files with the harness's conftest:
    `run_pytest({"test_a.py": …}, "--rig", path)`.
    """

    def run(files: dict[str, str], *words: str, timeout: float = 100) -> subprocess.CompletedProcess[str]:
        folder = tmp_path / "suite"
        folder.mkdir(exist_ok=True)
        (folder / "conftest.py").write_text(CONFTEST)
        for name, content in files.items():
            (folder / name).write_text(content)
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        env.pop("PYTEST_ADDOPTS", None)
        env.pop("PYTEST_XDIST_WORKER", None)
        whole = [
            sys.executable,
            "-m",
            "pytest",
            "-c",
            str(ROOT / "pyproject.toml"),
            "--rootdir",
            str(folder),
            "-p",
            "no:cacheprovider",
        ]
        whole += ["-p", "host_tests.harness.options", "--results", str(tmp_path / "results"), "-rs", *words]
        return subprocess.run(
            [*whole, *([str(folder)] if files else [])],
            cwd=ROOT,
            env=env,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    return run


@pytest.fixture
def rig_file(tmp_path):
    """Writes the rig file of some stand-ins, named in order."""

    def write(*standins, **more):
        path = tmp_path / "rig.toml"
        path.write_text("\n".join(one.rig(f"pico-{number}", **more) for number, one in enumerate(standins)))
        return str(path)

    return write
