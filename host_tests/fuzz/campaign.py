"""Many sessions, in pieces that add up: `python -m host_tests.fuzz.campaign --sessions 50000`.

Half of the pieces are played in CPython, where every octet that is touched and every answer is
checked, half in MicroPython, where the functions are those of a board and the heap can be looked at
(`fuzz_play`). Seeds decide everything, so the same pieces are always the same sessions.

Each piece that ends well is a line of --book, and a later run goes on after the
last one; without a book the run begins at seed 0. What is found is left as tapes, a
line of hexadecimal each, in --found.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock, Timer

from host_tests.fuzz import fuzz_play
from tools.launcher import ROOT, Interpreter, find

CORPUS = Path(__file__).parent / "corpus.txt"
PIECE = 2000  # sessions
_PATIENCE = 3600  # seconds for a piece: an input that never ends
_SUMS = re.compile(r"^sessions=(\d+) inputs=(\d+) heap=(-?\d+) answers=([0-9A-F]{8})$", re.M)
_FOUND = re.compile(r"^found seed=(\d+) round=(\d+) (.*)$", re.M)
_SLOW = re.compile(r"^slow seed=(\d+) round=(\d+)$", re.M)


@dataclass(frozen=True)
class Piece:
    """What a range of seeds was. seconds: of a core. heap: octets that it grew by
    at most. slow: seeds and rounds for callgrind to decide. answers: CRC-32 of all.
    """

    interpreter: str
    first: int
    sessions: int
    inputs: int
    seconds: float
    heap: int
    slow: tuple[tuple[int, int], ...] = ()
    answers: str = ""


class Found(Exception):
    """A session broke a rule: (interpreter, seed, first seed of its meter, what it was)."""


def play(interpreter: str, words: list[str], first: int, sessions: int, corpus: Path) -> Piece:
    """Play a range of seeds in one process."""
    script = [fuzz_play.__file__, str(ROOT), str(ROOT / "firmware"), str(corpus), str(first), str(sessions)]
    child = subprocess.Popen(
        [*words, *script], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert child.stdout is not None
    killer = Timer(_PATIENCE, child.kill)
    killer.start()
    output = child.stdout.read()
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    killer.cancel()
    child.stdout.close()
    if found := _FOUND.search(output):
        raise Found(interpreter, int(found[1]), int(found[2]), found[3] + "\n" + output)
    sums = _SUMS.search(output)
    if child.returncode or sums is None:
        raise Found(interpreter, first, first, f"no end, or exit code {child.returncode}: {output[-2000:]}")
    slow = tuple((int(seed), int(start)) for seed, start in _SLOW.findall(output))
    played, inputs, heap = map(int, sums.groups()[:3])
    return Piece(interpreter, first, played, inputs, round(used.ru_utime + used.ru_stime, 1), heap, slow, sums[4])


def pieces(sessions: int, begun: int) -> Iterator[tuple[str, int, int]]:
    """(interpreter, first seed, sessions) of what is still to be played."""
    for first in range(begun, sessions, PIECE):
        yield "CPython" if first // PIECE % 2 == 0 else "MicroPython", first, min(PIECE, sessions - first)


def write_found(found: Found, corpus: Path, folder: Path) -> Path:
    """Leave the tapes that lead to what was found; returns the file."""
    interpreter, seed, start, what = found.args
    sys.path.append(str(Path(__file__).parent))
    tapes = fuzz_play.tapes(str(corpus))
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{interpreter.lower()}-{seed}.txt"
    lines = [f"# {what.splitlines()[0]} ({interpreter})"]
    lines += [fuzz_play.octets_of(each, tapes).hex() for each in range(start, seed + 1)]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m host_tests.fuzz.campaign", description="Play many sessions.")
    parser.add_argument("--sessions", type=int, default=50_000, help="how many altogether (default 50,000)")
    parser.add_argument("--minutes", type=float, default=0, help="begin no piece after that")
    parser.add_argument("--book", type=Path, help="where the pieces are added up, to go on with later")
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    parser.add_argument("--found", type=Path, default=ROOT / "test-results" / "fuzz")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    micropython: Interpreter = find(os.environ.get("MICROPYTHON"))
    words = {"CPython": [sys.executable], "MicroPython": [*micropython.words, "-X", "heapsize=32M"]}
    done: list[Piece] = []
    if options.book and options.book.exists():
        done = [Piece(**json.loads(line)) for line in options.book.read_text(encoding="utf-8").splitlines()]
    have = {piece.first for piece in done}
    wanted = (each for each in pieces(options.sessions, 0) if each[1] not in have)
    deadline = time.monotonic() + 60 * options.minutes if options.minutes else None
    lock = Lock()

    def player() -> None:
        """Play piece after piece."""
        while deadline is None or time.monotonic() < deadline:
            with lock:
                interpreter, first, sessions = next(wanted, ("", 0, 0))
            if not sessions:
                return
            piece = play(interpreter, words[interpreter], first, sessions, options.corpus)
            with lock:
                done.append(piece)
                if options.book:
                    with options.book.open("a", encoding="utf-8") as book:
                        book.write(json.dumps(asdict(piece)) + "\n")

    with ThreadPoolExecutor(options.jobs) as pool:
        players = [pool.submit(player) for _ in range(options.jobs)]
        try:
            for each in as_completed(players):
                each.result()
        except Found as found:
            wanted = iter(())  # the others end with the pieces that they play
            print(f"error: {found.args[3]}", file=sys.stderr)
            print(
                f"error: the sessions that led to it: {write_found(found, options.corpus, options.found)}",
                file=sys.stderr,
            )
            return 1
    report(done)
    return 0


def report(done: list[Piece]) -> None:
    """Print the sums."""
    for name in ("CPython", "MicroPython"):
        own = [piece for piece in done if piece.interpreter == name]
        if own:
            sessions, inputs = sum(piece.sessions for piece in own), sum(piece.inputs for piece in own)
            minutes = sum(piece.seconds for piece in own) / 60
            print(
                f"{name:12} {sessions:9,} sessions {inputs:12,} inputs {minutes:7.1f} core-minutes"
                f"   heap grew by {max(piece.heap for piece in own)} octets at most"
            )
    print(f"together     {sum(p.sessions for p in done):9,} sessions {sum(p.inputs for p in done):12,} inputs")
    for piece in done:
        for seed, start in piece.slow:
            print(f"to be counted: {piece.interpreter} seed {seed}, round {start}")


if __name__ == "__main__":
    sys.exit(main())
