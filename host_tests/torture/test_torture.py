"""A sample of the power-cut proof, of which `make torture` is the whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from host_tests.torture import jobs, report
from host_tests.torture.jobs import Job, Result
from tools.launcher import Interpreter

pytestmark = [pytest.mark.caps("own-process"), pytest.mark.timeout(180)]


def played(job: Job, micropython: Interpreter, folder: Path) -> Result:
    result = jobs.run(job, micropython, folder)
    assert not result.failures, "\n".join(result.failures[:3])
    return result


@pytest.mark.req("I-10", "I-13", "I-20", "I-21", "I-23", "I-24", "I-25", "I-32")
@pytest.mark.parametrize("seed", [3, 5, 6, 8])
def test_cuts(seed: int, micropython: Interpreter, tmp_path: Path) -> None:
    job = jobs.cuts(seed, jobs.sectors_of(seed), 30, seed % 2, 0, 13)
    figures = played(job, micropython, tmp_path).figures
    assert set(figures["tried"]) >= set(report.KINDS) - {"weak"}
    assert sum(figures["tried"].values()) > 50
    assert figures["twice"]
    assert figures["went on"]


@pytest.mark.req("I-22")
def test_worn_flashes(micropython: Interpreter, tmp_path: Path) -> None:
    figures = played(jobs.worn(30, 20, 10), micropython, tmp_path).figures
    assert sum(figures["tried"].values()) == 10


@pytest.mark.req("I-20")
def test_a_fresh_process(micropython: Interpreter, tmp_path: Path) -> None:
    """A point that is put down comes back in another process as well."""
    job = jobs.cuts(7, jobs.SECTORS[1], 10, 0, 0, 4, fresh=True)
    assert played(job, micropython, tmp_path).fresh
