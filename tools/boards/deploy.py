"""Put the firmware's sources onto a board that runs MicroPython: only what changed, checked by hash, main.py last."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from .catalog import ROOT, Board, BoardError
from .files import NEW, Files, needed
from .repl import Repl

FIRMWARE = ROOT / "firmware"
# Sources become bytecode in the heap: about 150 KB beside 70 KB of objects, measured on a 32-bit interpreter.
HEAP = 225 << 10


@dataclass
class Outcome:
    """What a deployment did: names of the files."""

    sent: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)


def sources(board: Board) -> dict[str, bytes]:
    """Every file that belongs on the board, by its path there; boot.py and main.py last, so that they never precede what they import."""
    found = {path.relative_to(FIRMWARE).as_posix(): path.read_bytes() for path in sorted(FIRMWARE.rglob("*.py"))}
    found["limits.py"] = (board.folder / "limits.py").read_bytes()
    for last in ("boot.py", "main.py"):
        found[last] = found.pop(last)
    return found


def deploy(repl: Repl, board: Board, say: Callable[[str], None]) -> Outcome:
    """Bring the board's files to the state of the sources. Can be repeated after any interruption."""
    _check_port(repl, board)
    _check_heap(repl, board)
    files = Files(repl)
    wanted = sources(board)
    outcome = Outcome()
    present = files.hashes(list(wanted))
    changed = {path: content for path, content in wanted.items() if present[path] != hashlib.sha256(content).hexdigest()}
    outcome.unchanged = [path for path in wanted if path not in changed]
    folders = sorted({path.partition("/")[0] for path in wanted if "/" in path})
    # what an earlier interruption or an earlier version left, before room is looked for
    for folder in folders:
        for name in files.listing(folder):
            path = f"{folder}/{name}"
            if path not in wanted and name.endswith((".py", ".mpy", NEW)):
                files.remove(path)
                outcome.removed.append(path)
                say(f"removed {path}")
    for name in files.listing(""):
        if name.endswith(NEW):
            files.remove(name)
            outcome.removed.append(name)
    space = files.space()
    biggest = {path: changed[path] for path in sorted(changed, key=lambda path: len(changed[path]))[-1:]}
    fresh = {path: content for path, content in changed.items() if not present[path]}
    room = needed(fresh, space.block) + needed(biggest, space.block)
    if room > space.free:
        raise BoardError(
            f"{repl.device}: {room // 1024} KB are needed and {space.free // 1024} KB are free on the board; "
            "delete files there, or use an image with frozen firmware (make firmware)"
        )
    for folder in folders:
        files.make_folder(folder)
    for number, (path, content) in enumerate(changed.items(), 1):
        files.write(path, content)
        outcome.sent.append(path)
        say(f"sent {path} ({len(content)} octets, {number} of {len(changed)})")
    return outcome


def _check_port(repl: Repl, board: Board) -> None:
    """The limits of one chip do not fit another. The unix port stands in for any board."""
    platform = repl.value("__import__('sys').platform")
    if platform not in (board.port, "linux", "darwin"):
        raise BoardError(f"{repl.device}: {board.name} is a board of the {board.port} port, and this one runs {platform}")


def _check_heap(repl: Repl, board: Board) -> None:
    """Sources that the board could not hold in memory are not worth sending. An ESP32's heap grows, so that its size says little."""
    heap = repl.value("(__import__('gc').mem_free() + __import__('gc').mem_alloc())")
    if heap < HEAP and board.port == "rp2":
        raise BoardError(
            f"{repl.device}: the sources need {HEAP >> 10} KB of heap and this board has {heap >> 10} KB; "
            f"freeze them into an image: make firmware BOARD={board.name}"
        )
