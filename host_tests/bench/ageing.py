"""Whether the meter ages: instructions per request after the start, and after thousands
of associations and some collections.

One process under callgrind, which counts only between two words of `callgrind_control`: the rest
runs nearly as fast as under no tool. Heap that serving takes, and what a collection gives back,
moves the place where frames on the heap find room; `App.keep_closed` is against that.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

from host_tests.alloc.alloc_kinds import PROFILE, cycle, unhex

from .link import Link, WrongAnswer
from .report import Row
from .settings import PATIENCE, Settings

PAIRS, COLLECTIONS = 2_000, 3
_MOST_PAIRS = 12_000
_LOOK = 25  # pairs between two looks at the heap, which show a collection by octets given back
_GIVEN_BACK = 4096
_RATIO = 1.15  # aged to fresh
# kinds for which it is a bar; for the others, with little of their own, it is an aim
_HELD = ("SET of a Data", "GET list")
_COUNTED = {"GET of a Register": 1000, "SET of a Data": 500, "ACTION": 500, "GET list": 100, "refused": 500}
_PAIR, _ROW = "AARQ and RLRQ, the pair, no AARQ twice alike", "a row of the load profile, PDU 512"
_KINDS = (*_COUNTED, _ROW, _PAIR)
_COUNTED_PAIRS = 200
_READ = unhex("C001C1" + PROFILE + "02 00")
_RLRQ = unhex("62 03 80 01 00")
_PDU = 512


def _name(kind: str, when: str) -> str:
    return f"TCP, one process, {kind}, {when}"


def _ratio(kind: str) -> dict[str, float]:
    return {"bar" if kind in _HELD else "aim": _RATIO}


def left_out(settings: Settings) -> list[Row]:
    """The rows where nothing can be counted."""
    return [Row(_name(kind, "aged to fresh"), None, "", **_ratio(kind), how=settings.missing) for kind in _KINDS]


def measure(settings: Settings, folder: Path) -> list[Row]:
    """Every kind fresh, aged, and the ratio of the two."""
    out = folder / "ageing"
    prefix = (str(settings.valgrind), "--tool=callgrind", f"--callgrind-out-file={out}", "--instr-atstart=no")
    meter = settings.meter(heapsize="640K", prefix=prefix, backfill_days=1, log="ERROR")
    try:
        ready = meter.start()
        with Link((ready.host, ready.port)) as link:
            link.associate()
            link.settle()
            counter = _Counter(link, meter.pid, out)
            fresh = counter.every_kind()
            pairs, collections = counter.age()
            aged = counter.every_kind()
    finally:
        meter.stop(grace=PATIENCE)
    rows = []
    for kind in _KINDS:
        how = f"after {pairs:,} AARQ/RLRQ, {collections} collections"
        rows.append(Row(_name(kind, "fresh"), fresh[kind], "instr.", how="callgrind, between two dumps"))
        rows.append(Row(_name(kind, "aged"), aged[kind], "instr.", how=how))
        rows.append(Row(_name(kind, "aged to fresh"), aged[kind] / fresh[kind], "x", **_ratio(kind), how=how))
    return rows


class _Counter:
    """Plays requests to a process under callgrind and counts the instructions of some."""

    def __init__(self, link: Link, pid: int, out: Path) -> None:
        self._link = link
        self._pid = pid
        self._out = out
        self._dumps = 0
        self._sizes = 0

    def every_kind(self) -> dict[str, float]:
        """Instructions of a request of each kind."""
        link = self._link
        link.associate()
        figures = {kind: self._count(lambda kind=kind, n=n: link.play(cycle(kind), n)) for kind, n in _COUNTED.items()}
        link.associate(_PDU)
        figures[_ROW] = self._count(self._read)
        figures[_PAIR] = self._count(lambda: self._pairs(_COUNTED_PAIRS))
        return figures

    def age(self) -> tuple[int, int]:
        """Open and release AAs until there were PAIRS of them and COLLECTIONS
        collections; how many of both there were.
        """
        pairs = collections = 0
        before = self._link.state().allocated
        while pairs < PAIRS or collections < COLLECTIONS:
            if pairs >= _MOST_PAIRS:
                raise WrongAnswer(f"{pairs} AARQ/RLRQ made {collections} collections only")
            pairs += self._pairs(_LOOK)
            after = self._link.state().allocated
            collections += after < before - _GIVEN_BACK
            before = after
        return pairs, collections

    def _pairs(self, count: int) -> int:
        for _ in range(count):
            self._link.ask(_RLRQ)
            self._sizes = self._sizes % 16_384 + 1
            self._link.associate(1024 + self._sizes)
        return count

    def _read(self) -> int:
        """Read the whole profile in blocks; rows that were in it."""
        rows = self._link.entries()
        answer, number = self._link.ask(_READ), 1
        while answer[:3].hex() == "c402c1" and not answer[3]:
            answer = self._link.ask(bytes.fromhex(f"C002C1{number:08X}"))
            number += 1
        if answer[:4].hex() != "c402c101" or answer[8]:
            raise WrongAnswer(f"block {number} of the profile is {answer[:16].hex()}")
        return rows

    def _count(self, play: Callable[[], int]) -> float:
        self._order("--instr=on")
        self._order("--zero")
        done = play()
        self._order("--dump")
        self._order("--instr=off")
        self._dumps += 1
        return total(Path(f"{self._out}.{self._dumps}")) / done

    def _order(self, word: str) -> None:
        words = ["callgrind_control", word, str(self._pid)]
        done = subprocess.run(
            words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        if done.returncode:
            raise WrongAnswer(f"callgrind_control {word}: {(done.stdout + done.stderr)[-500:]}")


def total(out: Path) -> int:
    """The sum of instructions in a file that callgrind wrote (`totals:`, otherwise `summary:`)."""
    text = out.read_text(errors="replace")
    found = re.search(r"^totals: (\d+)", text, re.M) or re.search(r"^summary: (\d+)", text, re.M)
    if found is None:
        raise WrongAnswer("callgrind left no totals")
    return int(found[1])
