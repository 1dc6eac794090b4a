"""The smallest heap in which the whole meter runs, profile full as configured by
default, with four clients busy at once.

Once with everything, and once without what its table of limits may
leave out: the bar is the latter's.
"""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path

from host_tests.alloc.alloc_kinds import ENERGY, MANAGEMENT, NOTE, PROFILE, READER, unhex
from tools.launcher import ROOT, LauncherError

from .link import Link, WrongAnswer
from .report import Row
from .settings import Settings

BAR, AIM = 512, 384  # K
STEP = 16
_LOWEST, _HIGHEST = 16 * STEP, 64 * STEP
_CLIENTS = 4
_UNIX = ROOT / "boards" / "unix"
_LEFT_OUT = ("SN_CLIENTS", "GBT_WINDOW", "PUSHES", "GROUPS")
_READ_PROFILE = unhex("C001C1" + PROFILE + "02 00")
_SET = unhex("C101C1" + NOTE + "02 00 06 00000005")
_GET = unhex("C001C1" + ENERGY + "02 00")


def measure(settings: Settings) -> list[Row]:
    with settings.meter(log="ERROR") as meter:
        used = meter.ready.heap
    smallest = _search(settings, _UNIX)
    with tempfile.TemporaryDirectory() as folder:
        table = (_UNIX / "limits.py").read_text(encoding="utf-8")
        (Path(folder) / "limits.py").write_text(
            table + "".join(f"{name} = 0\n" for name in _LEFT_OUT), encoding="utf-8"
        )
        least = _search(settings, Path(folder))
    word = "64-bit" if settings.interpreter.is_64bit else "32-bit"
    how = (
        f"{_CLIENTS} clients read the whole profile in blocks and SET and GET in between; steps of {STEP}K, {word} "
        "interpreter"
    )
    return [
        Row("smallest heap for the whole meter", smallest, "K", aim=BAR, how=how),
        Row("smallest heap, SN, GBT, pushes, groups left out", least, "K", BAR, AIM, how="the same"),
        Row("heap used after boot", used / 1024, "K", how=f"{used:,} B in use at READY, after a collection"),
    ]


def _search(settings: Settings, board: Path) -> int:
    """The smallest heap in K that is enough, by halving; one step less was tried and is not."""
    low, high = _LOWEST, _HIGHEST  # low is too little, high is enough
    while high - low > STEP:
        middle = (low + high) // 2 // STEP * STEP
        if runs(settings, middle, board):
            high = middle
        else:
            low = middle
    return high


def runs(settings: Settings, kilobytes: int, board: Path = _UNIX) -> bool:
    """Whether the meter starts in such a heap and serves four busy clients to the end."""
    meter = settings.meter(heapsize=f"{kilobytes}K", board=board, log="ERROR")
    try:
        ready = meter.start()
    except LauncherError:
        return False
    faults: list[Exception] = []
    sums: list[int] = []

    def client() -> None:
        try:
            sums.append(_read(ready.host, ready.port))
        except (OSError, WrongAnswer) as fault:
            faults.append(fault)

    threads = [threading.Thread(target=client) for _ in range(_CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    alive = meter.alive
    meter.stop()
    # A MemoryError that was caught on the way is in the log.
    return alive and not faults and "ERROR" not in meter.log_tail() and min(sums) > 0


def _read(host: str, port: int) -> int:
    """Read the profile in the AA of the reader, with a SET and a GET in that of the manager
    after each block; returns its octets.
    """
    with Link((host, port), client=READER) as link:
        link.associate(512)
        link.associate(512, MANAGEMENT)
        octets, number, answer = 0, 0, link.ask(_READ_PROFILE)
        while True:
            number += 1
            if answer[:3].hex() != "c402c1" or int.from_bytes(answer[4:8], "big") != number:
                raise WrongAnswer(f"block {number} of the profile is {answer[:16].hex()}")
            octets += len(answer)
            for request, wanted in ((_SET, "c501c100"), (_GET, "c401c10006")):
                if link.ask(request, MANAGEMENT)[: len(wanted) // 2].hex() != wanted:
                    raise WrongAnswer(f"{request.hex()} was not answered while the profile was read")
            if answer[3]:
                return octets
            answer = link.ask(bytes.fromhex(f"C002C1{number:08X}"))
