"""What the torture consists of: jobs, each of them one run of `worker.py` in MicroPython, and the
results of those that ran.
"""

from __future__ import annotations

import ast
import hashlib
import json
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from host_tests.harness import firmware
from tools.launcher import ROOT, Interpreter

HERE = Path(__file__).parent
WORKER = HERE / "worker.py"
HEAP = "96M"
MOST = 3600.0  # seconds that one job may take


@dataclass(frozen=True)
class Job:
    """name, and the words of the worker. fresh: every hundredth point is put
    down and tried in a fresh process.
    """

    name: str
    words: tuple[str, ...]
    fresh: bool = False


@dataclass
class Result:
    """figures: what the worker counted. failures: a text each. fresh:
    points tried in fresh processes.
    """

    name: str
    figures: dict[str, Any] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    fresh: int = 0
    seconds: float = 0.0


# sectors of journal, load profile, billing and event log, by the seed of a scenario
SECTORS = ("3,3,3,3", "4,4,3,3", "3,5,4,3", "4,6,3,4", "8,6,5,5")
PICO_W = "8,127,8,5"
SEEDS = (15, 12, 10, 7, 9)  # scenarios in which every ring and the journal turn


def whole() -> list[Job]:
    """Every program and erase of some scenarios, a part of those on the map
    of a Pico W, and worn flashes.
    """
    jobs = [cuts(seed, sectors_of(seed), 60, seed % 2, part, 2, fresh=True) for seed in SEEDS for part in range(2)]
    jobs.append(cuts(71, PICO_W, 40, 1, 0, 3, fresh=True))
    jobs.extend(worn(seed, 40, 60) for seed in (20, 21, 22, 23))
    return jobs


def sectors_of(seed: int) -> str:
    return SECTORS[seed % len(SECTORS)]


def worn(seed: int, steps: int, runs: int) -> Job:
    """Flashes that wear out under scenarios of so many steps."""
    return Job(f"worn-{seed}", ("faults", str(100 * seed), sectors_of(seed), str(steps), str(runs)))


def cuts(seed: int, sectors: str, steps: int, view: int, part: int, parts: int, fresh: bool = False) -> Job:
    """A part of the points of a scenario."""
    words = ("cuts", *(str(n) for n in (seed, sectors, steps, view, part, parts)))
    return Job(f"seed-{seed}-sectors-{sectors}-part-{part}-of-{parts}", words, fresh)


def digest() -> str:
    """What the results depend on: the firmware and the torture itself."""
    sha = hashlib.sha256()
    for folder in (firmware.folder(), HERE, HERE.parent / "store"):
        for file in sorted(folder.rglob("*.py")):
            sha.update(str(file.relative_to(folder)).encode() + file.read_bytes())
    return sha.hexdigest()[:16]


def lines(interpreter: Interpreter, words: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Run the worker; (kind, text) of each line of its own, and at last
    of how it ended if not well.
    """
    command = [*interpreter.words, "-X", f"heapsize={HEAP}", str(WORKER), str(ROOT), str(firmware.folder()), *words]
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        assert process.stdout is not None
        rest = []
        done = False
        for line in process.stdout:
            if line.startswith("@@ "):
                kind, _, text = line[3:].rstrip("\n").partition(" ")
                done = done or kind == "done"
                yield kind, text
            else:
                rest.append(line)
        if process.wait(timeout=60) or not done:
            yield "fail", f"the worker ended with exit code {process.returncode}: {''.join(rest)[-2000:]}"


def run(job: Job, interpreter: Interpreter, folder: Path) -> Result:
    """Run a job, and its points in fresh processes."""
    began = monotonic()
    result = Result(job.name)
    words = job.words
    if words[0] == "cuts":
        words = (*words, str(folder) if job.fresh else "-")
    for kind, text in lines(interpreter, words):
        if kind == "done":
            result.figures = ast.literal_eval(text)
        elif kind == "fail":
            result.failures.append(text)
        elif kind == "case":
            result.failures += [fault for what, fault in lines(interpreter, ("case", text)) if what == "fail"]
            result.fresh += 1
            Path(text).unlink()
    result.seconds = monotonic() - began
    return result


def load(folder: Path, job: Job, revision: str) -> Result | None:
    """The result of a job that has run already, on this very firmware."""
    file = folder / f"{job.name}.json"
    if not file.exists():
        return None
    content = json.loads(file.read_text(encoding="utf-8"))
    return (
        Result(**content["result"]) if content["revision"] == revision and not content["result"]["failures"] else None
    )


def save(folder: Path, result: Result, revision: str) -> None:
    text = json.dumps({"revision": revision, "result": asdict(result)}, indent=1)
    (folder / f"{result.name}.json").write_text(text, encoding="utf-8")
