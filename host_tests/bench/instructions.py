"""User-space instructions per request, counted by callgrind: (Ir(more) - Ir(fewer)) / (more -
fewer), so that start and end of the process cancel. Valgrind counts what the process executes, not
the kernel, whatever else the machine does.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from host_tests.alloc.alloc_kinds import cycle, pdu_size

from . import ageing
from .ageing import total
from .link import Link, WrongAnswer
from .report import Row
from .settings import INSIDE, PATIENCE, Settings, environment

WORKERS = 2
SERVER_BAR, SERVER_AIM = 40_000, 22_000
ENGINE_BAR = 25_000
PLAIN_GET = "GET of a Register"
FEWER, MORE = 500, 2500  # plain GETs
_EXTRA = 300  # requests of another kind, counted on top of FEWER plain GETs
_OTHERS = ("GET-next of a profile block", "SET of a Data", "ACTION", "GET list", "refused")
_AARQ = "AARQ and RLRQ"


def measure(settings: Settings) -> list[Row]:
    server, engine = f"TCP, whole server, {PLAIN_GET}", f"engine alone, {PLAIN_GET}"
    others = [(f"TCP, whole server, {kind}", kind) for kind in (*_OTHERS, _AARQ)]
    if settings.valgrind is None:
        bars = {server: SERVER_BAR, engine: ENGINE_BAR}
        names = (server, engine, *(what for what, _ in others))
        return [Row(what, None, "", bars.get(what), how=settings.missing) for what in names] + ageing.left_out(settings)
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(WORKERS) as pool:
        count = Counter(settings, Path(folder))
        aged = pool.submit(ageing.measure, settings, Path(folder))
        jobs: dict[str, Callable[[], int]] = {
            "fewer": lambda: count.server(None, FEWER),
            "more": lambda: count.server(None, MORE),
            "engine fewer": lambda: count.engine(FEWER),
            "engine more": lambda: count.engine(MORE),
        }
        for _, kind in others:
            jobs[kind] = lambda kind=kind: count.server(kind, FEWER)
        runs = {name: pool.submit(job) for name, job in jobs.items()}
        ir = {name: run.result() for name, run in runs.items()}
        aged_rows = aged.result()
    per = f"callgrind, (Ir({MORE}) - Ir({FEWER})) / {MORE - FEWER}"
    rows = [
        Row(server, (ir["more"] - ir["fewer"]) / (MORE - FEWER), "instr.", SERVER_BAR, SERVER_AIM, per),
        Row(
            engine,
            (ir["engine more"] - ir["engine fewer"]) / (MORE - FEWER),
            "instr.",
            ENGINE_BAR,
            None,
            per + ", no socket",
        ),
    ]
    for what, kind in others:
        done = count.played[kind]
        rows.append(Row(what, (ir[kind] - ir["fewer"]) / done, "instr.", how=f"callgrind, mean of {done}"))
    return rows + aged_rows


class Counter:
    """Runs processes under callgrind and returns their instructions. `played` shows how
    many requests a kind's cycle made of it.
    """

    def __init__(self, settings: Settings, folder: Path) -> None:
        self._settings = settings
        self._folder = folder
        self._runs = 0
        self.played: dict[str, int] = {}

    def _file(self) -> Path:
        self._runs += 1
        return self._folder / f"callgrind.{self._runs}"

    def _valgrind(self, out: Path) -> tuple[str, ...]:
        assert self._settings.valgrind is not None
        return self._settings.valgrind, "--tool=callgrind", f"--callgrind-out-file={out}"

    def server(self, kind: str | None, plain: int) -> int:
        """The meter from start to end, asked for `plain` GETs and then
        for _EXTRA requests of a kind.
        """
        out = self._file()
        meter = self._settings.meter(prefix=self._valgrind(out), backfill_days=1, log="ERROR")
        try:
            ready = meter.start()
            with Link((ready.host, ready.port)) as link:
                link.associate(1024)
                link.play(cycle(PLAIN_GET), plain)
                if kind == _AARQ:
                    self.played[kind] = _EXTRA
                    for _ in range(_EXTRA // 2):
                        link.ask(bytes.fromhex("6203800100"))
                        link.associate(1024)
                elif kind is not None:
                    link.associate(pdu_size(kind))
                    self.played[kind] = link.play(cycle(kind), _EXTRA)
        finally:
            meter.stop(grace=PATIENCE)
        return total(out)

    def script(self, name: str, *words: str) -> int:
        """A script of `inside`, which must end well."""
        out = self._file()
        done = subprocess.run(
            [*self._valgrind(out), *self._settings.interpreter.words, "-X", "heapsize=16M", str(INSIDE / name), *words],
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
