"""Instructions per request of the whole server over TCP: fresh, and after thousands of
associations and some collections.

One process under callgrind, which counts only between two words of `callgrind_control`: the rest
runs nearly as fast as under no tool. Simulated time stands still. Of the supervisor, which comes by
the clock and so more often on a busy machine, nothing is counted: callgrind leaves out what runs
inside a generator, and every task of asyncio is one. So a row repeats within a per cent.

Heap that serving takes, and what a collection gives back, moves the place where frames on the heap
find room: so a meter can age. `App.keep_closed` is against that. An aged figure has the bar of the
fresh one, and may be at most AGED times as high.
"""

from __future__ import annotations

import itertools
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from host_tests.alloc.alloc_kinds import (
    BLOCK,
    COUNTER,
    ENERGY,
    LABEL,
    MANAGEMENT,
    NOTE,
    PARTNERS,
    PROFILE,
    REFUSALS,
    SHORT_NAME_MANAGEMENT,
    cycle,
    pdu_size,
    short_cycle,
    unhex,
)
from tools.dlmsclient import Client, Obis
from tools.dlmsclient.octets import length_octets

from .link import RLRQ, Cycle, Link, WrongAnswer
from .report import Row
from .settings import PATIENCE, Settings

PAIRS, COLLECTIONS = 2_000, 3
AGED = 1.15  # aged to fresh
GET_BAR, REFUSED_BAR = 12_000, 20_000
_MOST_PAIRS = 12_000
_LOOK = 25  # pairs between two looks at the heap, which tell a collection by octets given back
_GIVEN_BACK = 4096
_SETTINGS = {"seed": 1, "start": "2026-03-27T12:00:00", "rate": 0, "backfill_days": 1, "log": "ERROR"}
_TASKS = ("--toggle-collect=mp_obj_gen_resume", "--collect-atstart=yes")  # left out: inside a generator
_READ = unhex("C001C1" + PROFILE + "02 00")
_PARTNERS = unhex("C001C1" + PARTNERS + "02 00")
_SIZES = itertools.count(1025)  # client-max-receive-pdu-size of one AARQ after the other
_WARM = 3
_MEAN, _DEAREST = "refused, mean of all kinds", "refused, the dearest kind"
SLOW_PATH = ("malformed selection", "push without a destination")  # refusals that no fast path has
_FRAMES = "frames on the heap, pinned interpreter"
_NAMED = "mp_execute_bytecode"
_ITEMS = (("01" + ENERGY + "02", "00"), ("02" + NOTE + "02", "06 00000005"), ("03" + COUNTER + "01", "0F 00"))


@dataclass(frozen=True)
class Kind:
    """What one row counts.

    what    name of the row
    bar     instructions
    aim     …
    play    asks once, and returns how many requests, items, rows or blocks it was
    less    does less of the same and returns how much; then only the difference is counted
    times   how often to play
    pdu     client-max-receive-pdu-size
    client  whose AA it is
    frames  whether the calls of gc_alloc have to be 0
    """

    what: str
    bar: int | None
    aim: int | None
    play: Callable[[Link], int]
    less: Callable[[Link], int] | None = None
    times: int = 300
    pdu: int = 1024
    client: int = MANAGEMENT
    frames: bool = False


def _plays(played: Cycle, client: int = MANAGEMENT, each: int = 1) -> Callable[[Link], int]:
    """Play a cycle. each: what one request of it counts as."""
    return lambda link: each * link.play(played, len(played), client)


def _pair(link: Link) -> int:
    """RLRQ and AARQ, and no AARQ of a process twice."""
    link.ask(RLRQ)
    link.associate(next(_SIZES))
    return 1


def _rows(link: Link) -> int:
    """Read the whole profile in blocks; returns the rows that were in it."""
    rows = link.entries()
    answer, number = link.ask(_READ), 1
    while answer[:3].hex() == "c402c1" and not answer[3]:
        answer = link.ask(bytes.fromhex(f"C002C1{number:08X}"))
        number += 1
    if answer[:4].hex() != "c402c101" or answer[8]:
        raise WrongAnswer(f"block {number} of the profile is {answer[:16].hex()}")
    return rows


def _general_blocks(count: int) -> Callable[[Link], int]:
    """SET of an octet-string that is too long for its attribute, in `count` blocks of 100 octets,
    each acknowledged.
    """
    head = unhex("C101C1" + LABEL + "02 00")
    room = 100 * count - len(head)
    octets = room - 2 if room < 130 else room - 3 if room < 259 else room - 4
    apdu = head + b"\x09" + length_octets(octets) + bytes(octets)
    blocks: list[tuple[bytes, bytes]] = []
    for i in range(count):
        control = 0x90 if i == count - 1 else 0x01
        numbers = (i + 1).to_bytes(2, "big") + i.to_bytes(2, "big")
        blocks.append((bytes((0xE0, control)) + numbers + b"\x64" + apdu[100 * i : 100 * i + 100], b"\xe0"))
    return _plays(blocks)


def _access(count: int) -> Callable[[Link], int]:
    """ACCESS of `count` items, a GET, a SET and an ACTION in turn."""
    items = [_ITEMS[i % 3] for i in range(count)]
    request = (
        f"D9 40000001 00 {count:02X}"
        + "".join(item[0] for item in items)
        + f"{count:02X}"
        + "".join(item[1] for item in items)
    )
    return _plays([(unhex(request), unhex("DA 40000001 00 00"))], each=count)


def _refusal(name: str) -> Callable[[Link], int]:
    request, answer = REFUSALS[name]
    return _plays([(unhex(request), unhex(answer))])


def _kinds(base: Callable[[bytes], int]) -> Iterator[Kind]:
    """The rows, and what each may take. base: see `short_cycle`.

    The bars of general block transfer and ACCESS are half of what commit c5d4051 took, counted so:
    174,342, 77,765 and 62,211.
    """
    yield Kind("GET of a Register", GET_BAR, 10_000, _plays(cycle("GET of a Register")), times=1000, frames=True)
    yield Kind("SET of a Data", 15_000, 9_000, _plays(cycle("SET of a Data")), frames=True)
    yield Kind("ACTION", 20_000, 12_000, _plays(cycle("ACTION")), frames=True)
    yield Kind("GET list of ten, an item", 4_500, 4_000, _plays(cycle("GET list"), each=10), times=100, frames=True)
    yield Kind("refused, unknown object", REFUSED_BAR, 12_000, _refusal("unknown object"), frames=True)
    yield Kind("refused, no right", REFUSED_BAR, 12_000, _refusal("SET without right"), frames=True)
    yield Kind("refused, another type", REFUSED_BAR, 12_000, _refusal("SET of another type"), frames=True)
    yield Kind("AARQ and RLRQ, the pair", 150_000, 60_000, _pair, times=200)
    yield Kind("profile row of 6 columns, PDU 512", 10_000, 7_000, _rows, times=5, pdu=512)
    block = "GET-next of a profile block"
    yield Kind(
        "profile block of 6 columns, PDU 128", 60_000, 40_000, _plays(cycle(block)), times=15, pdu=pdu_size(block)
    )
    for what, bar, aim, kind in (
        ("Read of a short name", 12_000, 10_000, "Read of a Register"),
        ("Write of a short name", 15_000, 9_000, "Write of a Data"),
    ):
        played = short_cycle(kind, base)
        yield Kind(what, bar, aim, _plays(played, SHORT_NAME_MANAGEMENT), client=SHORT_NAME_MANAGEMENT)
    blocks = cycle("GET in general blocks")
    yield Kind(
        "general block sent, PDU 128", 87_000, None, _plays(blocks[:18]), _plays(blocks[:2]), times=12, pdu=BLOCK
    )
    yield Kind(
        "general block taken, 100 octets", 38_800, None, _general_blocks(9), _general_blocks(2), times=30, pdu=BLOCK
    )
    yield Kind("ACCESS, an item", 31_100, None, _access(12), _access(3), times=40)


def left_out(settings: Settings) -> list[Row]:
    """The rows where nothing can be counted."""
    names = [(kind.what, kind.bar, kind.aim) for kind in _kinds(lambda name: 0)]
    names += [(_MEAN, REFUSED_BAR, None), (_DEAREST, None, REFUSED_BAR)]
    rows = [Row(_name(what), None, "instr.", bar, aim, settings.missing) for what, bar, aim in names]
    return [*rows, Row(_FRAMES, None, "calls", 0, how=settings.missing)]


def measure(settings: Settings, folder: Path) -> list[Row]:
    """Every row, fresh and aged."""
    out = folder / "serving"
    prefix = (str(settings.valgrind), "--tool=callgrind", f"--callgrind-out-file={out}", "--instr-atstart=no", *_TASKS)
    meter = settings.meter(heapsize="640K", prefix=prefix, **_SETTINGS)
    try:
        ready = meter.start()
        with Link((ready.host, ready.port)) as link:
            counter = _Counter(link, meter.pid, out)
            kinds = list(_kinds(_base(ready.host, ready.port)))
            fresh = counter.every(kinds)
            pairs, collections = counter.age()
            aged = counter.every(kinds)
    finally:
        meter.stop(grace=PATIENCE)
    how = f"callgrind; aged by {pairs:,} AARQ/RLRQ and {collections} collections"
    frames = _frames(kinds, fresh, aged)
    if not counter.named:
        frames = Row(_FRAMES, None, "calls", 0, how="this interpreter's functions have no names", excused=True)
    return [*_figures(kinds, fresh, aged, how), frames]


def _name(what: str) -> str:
    return f"TCP, whole server, {what}"


def _base(host: str, port: int) -> Callable[[bytes], int]:
    """The function of `short_cycle`: base names as the meter's object_list has them."""
    with Client.tcp(host, port, timeout=PATIENCE) as client:
        association = client.associate_short_names(SHORT_NAME_MANAGEMENT, 1, "87654321")
        association.objects()
        association.release()
    return lambda octets: association.find(int.from_bytes(octets[:2], "big"), Obis(octets[2:])).base_name


@dataclass(frozen=True)
class Count:
    """Instructions and calls of gc_alloc, a request."""

    instructions: float
    allocations: float


Counts = dict[str, Count]


def _figures(kinds: list[Kind], fresh: Counts, aged: Counts, how: str) -> Iterator[Row]:
    for kind in kinds:
        figures = fresh[kind.what].instructions, aged[kind.what].instructions
        yield Row(_name(kind.what), figures[0], "instr.", kind.bar, kind.aim, how, aged=figures[1], most=AGED)
    mean = [sum(counts[name].instructions for name in REFUSALS) / len(REFUSALS) for counts in (fresh, aged)]
    yield Row(
        _name(_MEAN),
        mean[0],
        "instr.",
        REFUSED_BAR,
        None,
        f"each of {len(REFUSALS)} kinds alike",
        aged=mean[1],
        most=AGED,
    )
    dearest = max(REFUSALS, key=lambda name: fresh[name].instructions)
    figures = fresh[dearest].instructions, aged[dearest].instructions
    yield Row(
        _name(_DEAREST),
        figures[0],
        "instr.",
        None,
        REFUSED_BAR,
        f"of {len(REFUSALS)} kinds: {dearest}",
        aged=figures[1],
        most=AGED,
    )


def _frames(kinds: list[Kind], fresh: Counts, aged: Counts) -> Row:
    """No frame on the heap: what the kinds that are served all day ask of it.

    Refusals that no fast path has are named, and do not miss the bar.
    """
    names = [kind.what for kind in kinds if kind.frames] + list(REFUSALS)
    calls = {name: max(fresh[name].allocations, aged[name].allocations) for name in names}
    guilty = sorted(name for name in names if calls[name])
    how = f"callgrind, calls of gc_alloc, the most of {len(names)} kinds"
    if guilty:
        how += "; by " + ", ".join(f"{name} {calls[name]:.2f}" for name in guilty)
    most = max(calls[name] for name in names if name not in SLOW_PATH)
    return Row(_FRAMES, most, "calls", 0, how=how)


class _Counter:
    """Plays requests to a process under callgrind and counts some of them."""

    def __init__(self, link: Link, pid: int, out: Path) -> None:
        self._link = link
        self._pid = pid
        self._out = out
        self._dumps = 0
        self.named = False  # callgrind knows the names of the interpreter's functions

    def every(self, kinds: list[Kind]) -> Counts:
        """What each kind takes, and each refusal."""
        self._order("--instr=on")
        counts = {kind.what: self._count(kind) for kind in kinds}
        for name in REFUSALS:
            counts[name] = self._count(Kind(name, None, None, _refusal(name), times=50))
        self._order("--instr=off")
        return counts

    def age(self) -> tuple[int, int]:
        """Open and release AAs until there were PAIRS of them and COLLECTIONS collections; returns
        how many of both there were.

        In each AA the list of open ones is read, which leaves a text on the heap.
        """
        link = self._link
        link.associate()
        pairs = collections = 0
        before = link.state().allocated
        while pairs < PAIRS or collections < COLLECTIONS:
            if pairs >= _MOST_PAIRS:
                raise WrongAnswer(f"{pairs} AARQ/RLRQ made {collections} collections only")
            for _ in range(_LOOK):
                pairs += _pair(link)
                link.ask(_PARTNERS)
            after = link.state().allocated
            collections += after < before - _GIVEN_BACK
            before = after
        return pairs, collections

    def _count(self, kind: Kind) -> Count:
        self._link.associate(kind.pdu, kind.client)
        first = self._window(kind.play, kind.times)
        if kind.less is None:
            return Count(first[1] / first[0], first[2] / first[0])
        second = self._window(kind.less, kind.times)
        done = first[0] - second[0]
        return Count((first[1] - second[1]) / done, (first[2] - second[2]) / done)

    def _window(self, play: Callable[[Link], int], times: int) -> tuple[int, int, int]:
        """(how many, instructions, calls of gc_alloc) of playing so often, after it was played."""
        for _ in range(_WARM):
            play(self._link)
        self._order("--zero")
        done = sum(play(self._link) for _ in range(times))
        self._order("--dump")
        self._dumps += 1
        out = Path(f"{self._out}.{self._dumps}")
        counted = done, total(out), calls(out, "gc_alloc")
        self.named = self.named or _NAMED in out.read_text(errors="replace")
        out.unlink()
        return counted

    def _order(self, word: str) -> None:
        words = ["callgrind_control", word, str(self._pid)]
        done = subprocess.run(
            words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        if done.returncode:
            raise WrongAnswer(f"callgrind_control {word}: {(done.stdout + done.stderr)[-500:]}")


def total(out: Path) -> int:
    """The sum of instructions in a file that callgrind wrote (`totals:`, or `summary:`)."""
    text = out.read_text(errors="replace")
    found = re.search(r"^totals: (\d+)", text, re.M) or re.search(r"^summary: (\d+)", text, re.M)
    if found is None:
        raise WrongAnswer("callgrind left no totals")
    return int(found[1])


def calls(out: Path, name: str) -> int:
    """How often a function was called, by a file that callgrind wrote.

    `cfn=(number) name` where it is named first, `cfn=(number)` afterwards, then `calls=n …`.
    """
    text = out.read_text(errors="replace")
    named = re.search(rf"^c?fn=(\(\d+\)) {name}$", text, re.M)
    if named is None:
        return 0
    each = re.findall(rf"^cfn={re.escape(named[1])}(?: {name})?\n(?:c[a-z]+=.*\n)*calls=(\d+)", text, re.M)
    return sum(map(int, each))
