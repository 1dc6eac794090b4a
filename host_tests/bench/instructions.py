"""User-space instructions per request, counted by callgrind: of the whole server over TCP, a row
for each bar (`serving`), and of the engine alone.

Valgrind counts what the process executes, not the kernel, whatever else the machine does.
"""

from __future__ import annotations

import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from . import serving
from .link import WrongAnswer
from .report import Row
from .serving import total
from .settings import INSIDE, PATIENCE, Settings, environment

WORKERS = 2
ENGINE_BAR = 11_000
FEWER, MORE = 500, 2500  # plain GETs; the difference is counted, so that start and end of the process cancel
_ENGINE = "engine alone, GET of a Register"


def measure(settings: Settings) -> list[Row]:
    if settings.valgrind is None:
        return [*serving.left_out(settings), Row(_ENGINE, None, "instr.", ENGINE_BAR, how=settings.missing)]
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(WORKERS) as pool:
        served = pool.submit(serving.measure, settings, Path(folder))
        count = Counter(settings, Path(folder))
        more, fewer = pool.map(count.engine, (MORE, FEWER))
        rows = served.result()
    how = f"callgrind, (Ir({MORE}) - Ir({FEWER})) / {MORE - FEWER}, no socket"
    return [*rows, Row(_ENGINE, (more - fewer) / (MORE - FEWER), "instr.", ENGINE_BAR, None, how)]


class Counter:
    """Runs scripts under callgrind and returns their instructions."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self._settings = settings
        self._folder = folder
        self._runs = 0

    def script(self, name: str, *words: str) -> int:
        """A script of `inside`, which must end well."""
        self._runs += 1
        out = self._folder / f"callgrind.{self._runs}"
        valgrind = str(self._settings.valgrind), "--tool=callgrind", f"--callgrind-out-file={out}"
        done = subprocess.run(
            [*valgrind, *self._settings.interpreter.words, "-X", "heapsize=16M", str(INSIDE / name), *words],
            env=environment({"MICROPYPATH": self._settings.path()}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        if done.returncode:
            raise WrongAnswer(f"{name} failed: {(done.stdout + done.stderr)[-2000:]}")
        return total(out)

    def engine(self, count: int) -> int:
        """Server.handle, called `count` times with a plain GET."""
        return self.script("engine.py", f"{count:05}")
