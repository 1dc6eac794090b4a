"""Heap octets per request, asked of a running meter through its state object.

The meter runs with `gc=off`, so that nothing it ever allocates is given back, and with a simulated
hour a second, so that ticks, captures and the supervisor are inside the window that is measured.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from host_tests.alloc.alloc_kinds import NAMED, cycle, pdu_size

from .link import RLRQ, Link
from .ready import ready_port
from .report import Row
from .settings import INSIDE, PATIENCE, Settings, environment

RATE = 3600
# The rows of their own; everything else is one row.
KINDS = (
    "GET of a Register",
    "SET of a Data",
    "ACTION",
    "GET list",
    "SET list",
    "ACTION list",
    "GET-next of a profile block",
    "refused",
)
PAIR_BAR = 96  # octets
_WARM = 64  # requests before the first reading
_UDP_KINDS = ("GET of a Register", "SET of a Data")


def measure(settings: Settings) -> list[Row]:
    with settings.meter(heapsize="16M", gc="off", rate=RATE, backfill_days=2, log="ERROR") as meter:
        address = meter.ready.host, meter.ready.port
        with Link(address) as link:
            link.associate()
            link.settle()
            rows = [_row(link, kind, [kind], settings.requests) for kind in KINDS]
            others = sorted(set(NAMED) - set(KINDS))
            rows.append(_row(link, f"{len(others)} further kinds", others, settings.requests))
            rows.append(_pairs(link, settings.requests // 10))
        with Link(address, udp=True) as link:
            figures = [(kind, _octets(link, kind, settings.requests // 2)) for kind in _UDP_KINDS]
    bare = _bare_recvfrom(settings, settings.requests // 2)
    for kind, (octets, count, _) in figures:
        how = f"{count:,} requests; bar: a bare recvfrom here"
        rows.append(Row(f"heap per request, UDP, {kind}", round(octets / count, 1), "B", round(bare, 1), how=how))
    return rows


def _row(link: Link, name: str, kinds: list[str], requests: int) -> Row:
    octets = count = captures = 0
    guilty = []
    for kind in kinds:
        taken, done, captured = _octets(link, kind, max(requests // len(kinds), 1))
        octets, count, captures = octets + taken, count + done, captures + captured
        if taken and len(kinds) > 1:
            guilty.append(kind)
    how = f"{count:,} requests, {captures} captures meanwhile" + (f"; by {', '.join(guilty)}" if guilty else "")
    return Row(f"heap per request, TCP, {name}", octets / count, "B", 0, how=how)


def _pairs(link: Link, count: int) -> Row:
    """What AAs that open and are released leave, no AARQ twice alike. Nothing of it is kept."""
    link.associate()
    before = link.state().allocated
    for i in range(count):
        link.ask(RLRQ)
        link.associate(1025 + i)
    octets = link.state().allocated - before
    return Row("heap per AARQ and RLRQ, TCP", octets / count, "B", PAIR_BAR, 0, how=f"{count:,} pairs")


def _octets(link: Link, kind: str, requests: int) -> tuple[int, int, int]:
    """(heap octets between two readings, requests in between, rows
    captured in between) of one kind.
    """
    requests_of_kind = cycle(kind)
    link.associate(pdu_size(kind))
    link.play(requests_of_kind, _WARM)
    rows, before = link.entries(), link.state()
    link.play(requests_of_kind, requests)
    while link.entries() == rows:
        link.play(requests_of_kind, 1)  # a capture has to be inside
    after = link.state()
    return after.allocated - before.allocated, after.requests - before.requests, link.entries() - rows


def _bare_recvfrom(settings: Settings, count: int) -> float:
    """Heap octets of one recvfrom with a reply, and nothing else, in the same interpreter."""
    with _script(settings, "bare_recvfrom.py", str(count + _WARM), str(_WARM)) as process:
        address = "127.0.0.1", ready_port(process)
        with Link(address, udp=True) as link:
            octets = link.wpdu(cycle("GET of a Register")[0][0])
            for _ in range(count + _WARM):
                link.exchange(octets)
        output, _ = process.communicate(timeout=PATIENCE)
    return int(output.split()[-1]) / count


@contextmanager
def _script(settings: Settings, name: str, *words: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*settings.interpreter.words, "-X", "heapsize=16M", str(INSIDE / name), *words],
        env=environment({"MICROPYPATH": settings.path()}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
