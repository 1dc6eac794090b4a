"""A running meter takes no heap for any kind of request, measured from outside by its
state object, and by a planted leak.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from host_tests.alloc.alloc_kinds import NAMED, SHORT_NAME_MANAGEMENT, SHORT_NAMES, cycle, pdu_size, short_cycle
from host_tests.bench import heap
from host_tests.bench.link import Link
from host_tests.bench.report import MET, MISSED
from host_tests.bench.settings import Settings
from host_tests.harness.clients import ClientFactory
from host_tests.harness.meters import MeterHandle
from tools.dlmsclient import Obis
from tools.launcher import ROOT, Interpreter

REQUESTS = 400
_WARM = 64

pytestmark = [pytest.mark.zero_alloc, pytest.mark.caps("own-process", "writes", "disconnect")]


@pytest.fixture
def link(meter: MeterHandle) -> Iterator[Link]:
    with Link(meter.address) as opened:
        opened.associate()
        yield opened


@pytest.mark.meter_config(gc="off", rate=3600, backfill_days=2)
@pytest.mark.parametrize("kind", [*NAMED, "refused"])
def test_no_heap_over_tcp(link: Link, kind: str) -> None:
    """Metering, captures and the supervisor are inside: a simulated hour passes in a second."""
    link.settle()
    link.associate(pdu_size(kind))
    link.play(cycle(kind), _WARM)
    before = link.state()
    done = link.play(cycle(kind), REQUESTS)
    after = link.state()
    assert after.allocated - before.allocated == 0
    # what the state object counts is what was asked, itself included
    assert after.requests - before.requests == done + 1


@pytest.mark.meter_config(gc="off", rate=3600, backfill_days=2)
@pytest.mark.parametrize("kind", [kind for kind in SHORT_NAMES if kind != "UnconfirmedWrite"])
def test_no_heap_over_tcp_with_short_names(link: Link, client: ClientFactory, kind: str) -> None:
    """The same for the client with short names; its base names are read from object_list."""
    association = client().associate_short_names(SHORT_NAME_MANAGEMENT, 1, "87654321")
    association.objects()

    def base(octets: bytes) -> int:
        return association.find(int.from_bytes(octets[:2], "big"), Obis(octets[2:])).base_name

    played = short_cycle(kind, base)
    link.settle()
    link.associate(pdu_size(kind), SHORT_NAME_MANAGEMENT)
    link.play(played, _WARM, SHORT_NAME_MANAGEMENT)
    before = link.state()
    link.play(played, REQUESTS, SHORT_NAME_MANAGEMENT)
    assert link.state().allocated - before.allocated == 0


def _planted(tmp_path: Path, old: str, new: str, file: str) -> Path:
    """A copy of the firmware in which one text of one file is another."""
    firmware = tmp_path / "firmware"
    shutil.copytree(ROOT / "firmware", firmware, ignore=shutil.ignore_patterns("__pycache__"))
    text = (firmware / file).read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{file} no longer has {old!r} once"
    (firmware / file).write_text(text.replace(old, new), encoding="utf-8")
    return firmware


_SET = "    errors = kit.errors\n    if end - p < 3:"
_CHANGE = "    tag = rx[8]\n    k = rx[19]\n"
_CHANGE_KINDS = {"SET of a Data", "ACTION", "refused"}
_LIST = "    q = 12\n    o = 12\n"
_TICK = "    def tick(self, ms):\n"


@pytest.mark.parametrize(
    ("file", "old", "new", "guilty"),
    [
        pytest.param("dlms/ln/set.py", _SET, "    bytes(rx[p:end])\n" + _SET, {"SET list"}, id="each SET"),
        pytest.param("dlms/ln/fast_viper.py", _CHANGE, "    bytes(9)\n" + _CHANGE, _CHANGE_KINDS, id="each change"),
        pytest.param("dlms/ln/fast_viper.py", _LIST, "    bytes(9)\n" + _LIST, {"GET list", "refused"}, id="each list"),
        pytest.param("meter/meter.py", _TICK, _TICK + "        ms = int(str(ms))\n", set(heap.KINDS), id="each tick"),
    ],
)
def test_the_bench_sees_a_planted_allocation(
    tmp_path: Path, micropython: Interpreter, file: str, old: str, new: str, guilty: set[str]
) -> None:
    """Its heap rows are missed by the kinds that allocate, and by no other."""
    settings = Settings(micropython, firmware=_planted(tmp_path, old, new, file), requests=100)
    verdicts = {
        row.what.partition(", TCP, ")[2]: row.verdict for row in heap.measure(settings) if ", TCP, " in row.what
    }
    assert {kind: verdicts[kind] for kind in heap.KINDS} == {
        kind: MISSED if kind in guilty else MET for kind in heap.KINDS
    }
