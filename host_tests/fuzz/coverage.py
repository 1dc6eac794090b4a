"""Which lines of the firmware tapes reach, and which tapes are enough for that:
`python -m host_tests.fuzz.coverage [TAPES …] [--keep FILE]`.

TAPES are files with a line of hexadecimal for each tape, or folders of atheris; the corpus of the
repository without any. In CPython, so of a function that is viper or native its plain twin.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
CORPUS = Path(__file__).parent / "corpus.txt"
ROOMS = ("dlms", "cosem", "meter")
for _folder in ("firmware", "boards/unix", "host_tests/shim", "host_tests/fuzz"):
    if str(ROOT / _folder) not in sys.path:
        sys.path.append(str(ROOT / _folder))

import micropython  # noqa: E402, F401 (gives `time` its ticks)
from fuzz_play import tapes  # noqa: E402
from fuzz_sessions import play  # noqa: E402
from fuzz_tape import Tape  # noqa: E402

from host_tests.fuzz.guarded import TalkedRig  # noqa: E402

Step = tuple[str, int, int]  # file, line before, line; 0 where a function begins


class Steps:
    """From which line of the firmware to which it went."""

    def __init__(self) -> None:
        self.seen: set[Step] = set()
        self._ours = {room: str(ROOT / "firmware" / room) + "/" for room in ROOMS}

    def trace(self, frame: FrameType, event: str, argument: Any) -> Callable[..., Any] | None:
        """What `sys.settrace` takes."""
        name = frame.f_code.co_filename
        if not name.startswith(tuple(self._ours.values())):
            return None
        before = 0
        seen = self.seen

        def line(frame: FrameType, event: str, argument: Any) -> Callable[..., Any]:
            nonlocal before
            if event == "line":
                seen.add((name, before, frame.f_lineno))
                before = frame.f_lineno
            return line

        return line


def steps_of(octets: bytes) -> set[Step]:
    """The steps of one tape on a fresh meter, which is made meanwhile."""
    steps = Steps()
    sys.settrace(steps.trace)
    try:
        play(TalkedRig(), Tape(octets))
    finally:
        sys.settrace(None)
    return steps.seen


def enough(found: dict[bytes, set[Step]]) -> list[bytes]:
    """Tapes that together have every step, the shortest first; one without
    a step of its own is left out.
    """
    left: set[Step] = set().union(*found.values())
    kept = []
    for octets in sorted(found, key=lambda octets: (len(octets), octets)):
        if found[octets] & left:
            kept.append(octets)
            left -= found[octets]
    # backwards: a longer one may have all that a shorter one was kept for
    have: set[Step] = set()
    needed = []
    for octets in reversed(kept):
        if not found[octets] <= have:
            needed.append(octets)
            have |= found[octets]
    return sorted(needed, key=lambda octets: (len(octets), octets))


def lines_of(file: Path) -> set[int]:
    """Lines of a file on which a function has code."""
    found: set[int] = set()

    def inside(code: CodeType) -> None:
        for each in code.co_consts:
            if isinstance(each, CodeType):
                found.update(line for _, _, line in each.co_lines() if line and line != each.co_firstlineno)
                inside(each)

    inside(compile(file.read_text(encoding="utf-8"), str(file), "exec"))
    return found


def table(steps: set[Step]) -> dict[str, tuple[int, int]]:
    """Lines reached and lines there are, by room."""
    reached: dict[str, set[int]] = {}
    for name, _, line in steps:
        reached.setdefault(name, set()).add(line)
    rows = {}
    for room in ROOMS:
        files = [
            file
            for file in sorted((ROOT / "firmware" / room).rglob("*.py"))
            if not file.stem.endswith(("_viper", "_native"))
        ]
        counts = [(len(reached.get(str(file), set()) & lines_of(file)), len(lines_of(file))) for file in files]
        rows[room] = sum(count for count, _ in counts), sum(count for _, count in counts)
    return rows


def read(places: Iterable[Path]) -> list[bytes]:
    found: list[bytes] = []
    for place in places:
        if place.is_dir():
            found += [file.read_bytes() for file in sorted(place.iterdir())]
        else:
            found += tapes(str(place))
    return list(dict.fromkeys(found))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m host_tests.fuzz.coverage")
    parser.add_argument("tapes", nargs="*", type=Path, default=[CORPUS])
    parser.add_argument("--keep", type=Path, help="write the tapes that are enough to this file")
    options = parser.parse_args()
    found = {octets: steps_of(octets) for octets in read(options.tapes)}
    steps: set[Step] = set().union(*found.values())
    print(f"{len(found)} tapes, {len(steps):,} steps from line to line")
    for room, (reached, there) in table(steps).items():
        print(f"{room:8} {reached:6,} of {there:6,} lines  {100 * reached / there:5.1f} %")
    if options.keep:
        kept = enough(found)
        head = "# Tapes of sessions (fuzz_sessions.py): those of all that were hunted that are enough for every step.\n"
        options.keep.write_text(head + "".join(octets.hex() + "\n" for octets in kept), encoding="utf-8")
        print(f"{len(kept)} of them are enough, {sum(map(len, kept)):,} octets")
    return 0


if __name__ == "__main__":
    sys.exit(main())
