"""Figures of the emulated Cortex-M3 board: heap, octets of code, instructions
per request and from reset to READY.

QEMU counts instructions exactly (-icount); what interrupts would add at random is kept
out of the figures that have a bar.
"""

from __future__ import annotations

import contextlib
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from host_tests.alloc.alloc_kinds import NAMED, cycle, left_out, pdu_size
from host_tests.harness import limits
from tools.image.emulated import FIRMWARE, BoardError, EmulatedBoard
from tools.image.emulated import build as firmware_build
from tools.launcher import ROOT, LauncherError

from . import store
from .link import RLRQ, Link, WrongAnswer
from .report import Row
from .settings import INSIDE, PATIENCE, Settings

ICOUNT = 6  # an instruction takes 2**6 ns of emulated time
_TICK = 40  # ns of a tick of emu.busy()
_LOOK = 20  # requests of a kind that are counted
_CONNECTIONS = 4
_HEAP_BAR, _HEAP_AIM = 48 * 1024, 47_500
_READY_BAR, _READY_AIM = 150_000_000, 120_000_000
_STACK_BAR = 6_600  # octets of 8,192
_LEFT_OUT = "SN_CLIENTS = GBT_WINDOW = PUSHES = GROUPS = 0\n"  # what a board may leave out
SOURCES_HEAP = 400 << 10  # octets of heap of a board that runs from sources: a Pico W has too little
# kind: bar and aim, instructions
_KINDS = {
    "GET of a Register": (9_000, 8_000),
    "SET of a Data": (10_000, 8_500),
    "ACTION": (25_000, 12_000),
    "GET list": (40_000, 30_000),
    "GET-next of a profile block": (82_000, 50_000),
}
_AARQ_BAR, _AARQ_AIM = 150_000, 60_000
_CONFIG = {"start": "2026-03-05T12:00:00", "backfill_days": 2, "seed": 1, "inactivity": 0, "log": "ERROR"}
_WHERE = "emulated Cortex-M3"


def measure(settings: Settings) -> list[Row]:
    """All rows of the board; left out, with the reason, where it cannot be built or run."""
    if not FIRMWARE.exists():
        return [Row(_WHERE, None, "", how="not built: python -m tools.image.emulated build", excused=True)]
    try:
        firmware_build.need_qemu()
        with tempfile.TemporaryDirectory() as folder:
            heap = _heap(Path(folder), settings.requests // 10)
            return [*_sizes(), *heap, *_instructions(Path(folder)), *store.measure(Path(folder))]
    except (BoardError, LauncherError) as error:
        return [Row(_WHERE, None, "", how=str(error))]


def _sizes() -> list[Row]:
    sizes = firmware_build.sizes()
    return [
        Row(
            "frozen code of the meter, armv7m",
            sizes["frozen"],
            "B",
            how="bytecode, native code, constants and names, in flash",
        ),
        Row(
            "firmware, armv7m",
            sizes["text"] + sizes["data"],
            "B",
            how="interpreter, network, TLS and the meter, in flash",
        ),
        Row("static memory, armv7m", sizes["data"] + sizes["bss"], "B", how="of the same, beside the heap"),
    ]


def _heap(folder: Path, requests: int) -> list[Row]:
    """Octets in use with every connection open, built in and as files; octets per request."""
    rows = []
    with EmulatedBoard(
        folder / "heap.img", folder / "heap.log", settings={**_CONFIG, "gc": False, "rate": 3600}
    ) as board:
        rows += [
            _per_request(board, kind, requests)
            for kind in sorted(NAMED)
            if not left_out(kind, limits.of(board.ready.board))
        ]
    rows.append(_stack(folder))
    return [*(_after_boot(folder, everything) for everything in (True, False)), _from_sources(folder), *rows]


def _stack(folder: Path) -> Row:
    with EmulatedBoard(folder / "stack.img", folder / "stack.log", settings={**_CONFIG, "rate": 3600}) as board:
        play_everything(board)
        deepest = board.deepest_stack()
    return Row(
        "deepest C stack, board", deepest, "B", _STACK_BAR, how="of 8,192 B, since the reset: every kind of request"
    )


def play_everything(board: EmulatedBoard) -> None:
    """Every kind of request and refusal that the board serves, over TCP and UDP,
    with the other connections open.
    """
    table = limits.of(board.ready.board)
    kinds = [kind for kind in (*sorted(NAMED), "refused") if not left_out(kind, table)]
    with contextlib.ExitStack() as stack:
        links = [stack.enter_context(Link((board.host, board.port))) for _ in range(_CONNECTIONS)]
        for link in links:
            link.associate()
        for kind in kinds:
            links[0].associate(pdu_size(kind))
            links[0].play(cycle(kind), 1)
    with Link((board.host, board.port), udp=True) as link:
        for kind in _KINDS:
            link.associate(pdu_size(kind))
            link.play(cycle(kind), 1)


def _from_sources(folder: Path) -> Row:
    with EmulatedBoard(
        folder / "sources.img",
        folder / "sources.log",
        settings={**_CONFIG, "backfill_days": 0},
        heap=SOURCES_HEAP,
    ) as board:
        board.deploy()
        board.configure(_CONFIG)
        used, free = heap_in_use(board)
    how = f"{_CONNECTIONS} connections open, {free:,} B free of {SOURCES_HEAP:,}; a Pico W has no room for sources"
    return Row("heap after boot, .py files", used, "B", how=how)


def _after_boot(folder: Path, everything: bool) -> Row:
    name = "everything" if everything else "least"
    with EmulatedBoard(
        folder / f"{name}.img", folder / f"{name}.log", settings=_CONFIG, firmware=as_a_pico(everything=everything)
    ) as board:
        used, free = heap_in_use(board)
    how = f"limits of a Pico W, {_CONNECTIONS} connections open, {free:,} B free"
    if everything:
        return Row("heap after boot, frozen code", used, "B", bar=_HEAP_BAR, aim=_HEAP_AIM, how=how)
    how += "; without short names, general block transfer, pushes and groups"
    return Row("heap after boot, frozen code, least", used, "B", bar=_HEAP_BAR, aim=_HEAP_AIM, how=how)


def as_a_pico(*, everything: bool) -> Path:
    """The image with the limits of the Raspberry Pi Pico W frozen in, on the hardware of this
    board; with everything, or without what may be left out.
    """
    tables = [(ROOT / "boards" / name / "limits.py").read_text(encoding="utf-8") for name in ("RPI_PICO_W", "EMU_M3")]
    own = tables[1].partition("# Wider")[0].replace("from limits_default import *", "")
    text = tables[0] + "WIFI = LED = RELAY = PULSE = None\n" + own + ("" if everything else _LEFT_OUT)
    return firmware_build.with_limits("as-pico" if everything else "as-pico-least", text)


def heap_in_use(board: EmulatedBoard) -> tuple[int, int]:
    """(used, free) as READY said, and the growth by the connections, every
    one of them with an association.
    """
    links = [Link((board.host, board.port)) for _ in range(_CONNECTIONS)]
    try:
        first = links[0]
        first.associate()
        before = first.state().allocated
        for link in links[1:]:
            link.associate()
        grown = max(0, first.state().allocated - before)
    finally:
        for link in links:
            with link:
                pass
    return board.ready.heap + grown, board.ready.free - grown


def _per_request(board: EmulatedBoard, kind: str, requests: int) -> Row:
    with Link((board.host, board.port)) as link:
        link.associate(pdu_size(kind))
        link.settle()
        link.play(cycle(kind), _LOOK)
        before = link.state()
        link.play(cycle(kind), requests)
        after = link.state()
    octets, count = after.allocated - before.allocated, after.requests - before.requests
    return Row(f"heap per request, board, {kind}", octets / count, "B", 0, how=f"{count:,} requests over TCP")


def _instructions(folder: Path) -> list[Row]:
    with EmulatedBoard(
        folder / "count.img", folder / "count.log", icount=ICOUNT, settings=_CONFIG, ready_timeout=PATIENCE
    ) as board:
        probe = folder / "boot.py"
        probe.write_bytes((INSIDE / "emulated_probe.py").read_bytes())
        board.remote.copy([probe], "")
        board.reset()
        ready = int(board.wait_console("PROBE ready").split()[-1]) * _TICK // (1 << ICOUNT)
        rows = [_counted(board, kind) for kind in _KINDS]
        rows.append(_counted_aarq(board))
        rows.append(_frames(board))
    how = "built-in code, 2 days of profile; without waiting for DHCP"
    return [*rows, Row("reset to READY, instructions", ready, "", _READY_BAR, _READY_AIM, how)]


def _counted(board: EmulatedBoard, kind: str) -> Row:
    with Link((board.host, board.port)) as link:
        link.associate(pdu_size(kind))
        link.settle()
        link.play(cycle(kind), _LOOK)
        return _row(board, kind, *_KINDS[kind], lambda: link.play(cycle(kind), _LOOK))


def _counted_aarq(board: EmulatedBoard) -> Row:
    with Link((board.host, board.port)) as link:
        link.associate()
        link.settle()

        def play() -> int:
            for i in range(_LOOK):
                link.associate(512 + i)
            return _LOOK

        return _row(board, "AARQ, never twice alike", _AARQ_BAR, _AARQ_AIM, play)


def _row(board: EmulatedBoard, name: str, bar: int, aim: int, play: Callable[[], int]) -> Row:
    found = _play(board, play)
    windows, loops = ([each[column] * _TICK / (1 << ICOUNT) for each in found] for column in (0, 1))
    how = f"median of {len(found)}, {min(windows):,.0f} to {max(windows):,.0f}"
    how += f"; the whole loop {statistics.median(loops):,.0f}"
    what = f"instructions per request, Cortex-M3, {name}"
    return Row(what, round(statistics.median(windows)), "", bar, aim, how)


def _frames(board: EmulatedBoard) -> Row:
    """No frame on the heap, whatever is asked for: calls of gc_alloc."""
    table = limits.of(board.ready.board)
    kinds = [kind for kind in (*sorted(NAMED), "refused") if not left_out(kind, table)]
    calls: dict[str, float] = {}
    with Link((board.host, board.port)) as link:
        for kind in kinds:
            link.associate(pdu_size(kind))
            _play(board, lambda kind=kind: link.play(cycle(kind), 1))
            calls[kind] = _calls(_play(board, lambda kind=kind: link.play(cycle(kind), 1)))
        link.associate()
        calls["AARQ"] = _calls(_play(board, lambda: link.associate(511) or 1))
        calls["RLRQ"] = _calls(_play(board, lambda: len(link.ask(RLRQ)) and 1))
    guilty = [f"{kind} {calls[kind]:.2f}" for kind in calls if calls[kind]]
    how = f"calls of gc_alloc, the most of {len(calls)} kinds" + ("; by " + ", ".join(guilty) if guilty else "")
    return Row("frames on the heap, Cortex-M3", max(calls.values()), "calls", 0, how=how)


def _calls(found: list[tuple[int, int, int]]) -> float:
    """Calls of gc_alloc a request."""
    return sum(each[2] for each in found) / len(found)


def _play(board: EmulatedBoard, play: Callable[[], int]) -> list[tuple[int, int, int]]:
    """Play, and return what was counted for each request."""
    mark = len(_probes(board))
    asked = play()
    deadline = time.monotonic() + PATIENCE
    # The line of a request is printed when the meter waits for the next one.
    while len(found := _probes(board)[mark:]) < asked:
        if time.monotonic() > deadline:
            raise WrongAnswer(f"the board printed {len(found)} of {asked} counts")
        time.sleep(0.01)
    return found[-asked:]


def _probes(board: EmulatedBoard) -> list[tuple[int, int, int]]:
    """(window, loop, calls of gc_alloc in the window) of every ready socket so far, in ticks."""
    lines = (
        line.split()
        for line in board.console().splitlines(keepends=True)
        if line.startswith("PROBE") and line.endswith("\n")
    )
    return [(int(words[1]), int(words[2]), int(words[3])) for words in lines if words[1].isdigit()]
