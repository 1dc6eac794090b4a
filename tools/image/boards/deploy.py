"""Put the firmware's sources onto a board that runs MicroPython: only what
changed, checked by hash, main.py last.

It also removes what an earlier deployment put there and this one does not have. Such a file would
still take precedence over a frozen module, or be imported instead of what replaced it. Removed are
the modules below a folder of the firmware, and the files that the list of the last deployment
names. The list is on the board (`deployed.txt`, one path a line). The user's own files stay.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from .bare import bare
from .catalog import ROOT, Board, BoardError
from .files import NEW, Files, needed
from .repl import Repl

FIRMWARE = ROOT / "firmware"
# Sources become bytecode and native code in the heap: 305 KB with all parts and
# objects, measured on the emulated board; compiling the last of them takes some more.
HEAP = 330 << 10
LIST = "deployed.txt"  # on the board: the paths of the last deployment


@dataclass
class Outcome:
    """What a deployment did: names of the files."""

    sent: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)


def sources(board: Board) -> dict[str, bytes]:
    """Every file that belongs on the board, by its path there, without comments;
    boot.py and main.py last, so that they never precede what they import. The board's
    limits are whole: users read them.
    """
    found = {
        path.relative_to(FIRMWARE).as_posix(): bare(path.read_text(encoding="utf-8")).encode()
        for path in sorted(FIRMWARE.rglob("*.py"))
    }
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
    changed = {
        path: content for path, content in wanted.items() if present[path] != hashlib.sha256(content).hexdigest()
    }
    outcome.unchanged = [path for path in wanted if path not in changed]
    folders = folders_of(wanted)
    # what an earlier interruption or an earlier version left, before room is looked for
    for path in _remove_left(files, wanted, folders):
        outcome.removed.append(path)
        say(f"removed {path}")
    space = files.space()
    biggest = {path: changed[path] for path in sorted(changed, key=lambda path: len(changed[path]))[-1:]}
    fresh = {path: content for path, content in changed.items() if not present[path]}
    room = needed(fresh, space.block) + needed(biggest, space.block)
    if changed and room > space.free:
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
    listed = "".join(f"{path}\n" for path in wanted).encode()
    if files.read(LIST) != listed:
        files.write(LIST, listed)
    return outcome


def folders_of(paths: Iterable[str]) -> list[str]:
    """Every folder that holds one of these paths, each in front of what it holds."""
    return sorted({str(folder) for path in paths for folder in PurePosixPath(path).parents if folder.name})


def _remove_left(files: Files, wanted: Mapping[str, bytes], folders: Sequence[str]) -> list[str]:
    """Remove what an earlier deployment left on the board and this one has not, with the folders
    that only it filled; returns the paths.
    """
    before = (files.read(LIST) or b"").decode(errors="replace").splitlines()
    found = {path for path in before if path not in wanted and PurePosixPath(path).suffix == ".py" and ".." not in path}
    found |= {name for name in files.listing("") if name.endswith(NEW)}
    empty: list[str] = []
    for top in sorted(
        {
            *(path.partition("/")[0] for path in before if "/" in path),
            *(folder for folder in folders if "/" not in folder),
        }
    ):
        paths, inside = files.tree(top)
        kept = [path for path in paths if path in wanted or (path not in found and not _module(path, top, folders))]
        found |= {path for path in paths if path not in kept}
        empty += [
            folder
            for folder in inside
            if folder not in folders and not any(path.startswith(folder + "/") for path in kept)
        ]
    existing = files.hashes(sorted(found))
    for path in found:
        if existing[path]:
            files.remove(path)
    for folder in empty:
        files.remove_folder(folder)
    return sorted(path for path in found if existing[path])


def _module(path: str, top: str, folders: Sequence[str]) -> bool:
    """Whether a file below a folder of the firmware is a module, or what an
    interrupted transfer left of one.
    """
    return top in folders and path.endswith((".py", ".mpy", NEW))


def _check_port(repl: Repl, board: Board) -> None:
    """The limits of one chip do not fit another. The unix port stands in for any board."""
    platform = repl.value("__import__('sys').platform")
    if platform not in (board.port, "linux", "darwin"):
        raise BoardError(
            f"{repl.device}: {board.name} is a board of the {board.port} port, and this one runs {platform}"
        )


def _check_heap(repl: Repl, board: Board) -> None:
    """Sources that the board could not hold in memory are not worth sending. An ESP32's heap
    grows, so that its size says little.
    """
    heap = repl.value("(__import__('gc').mem_free() + __import__('gc').mem_alloc())")
    if heap < HEAP and board.port == "rp2":
        raise BoardError(
            f"{repl.device}: the sources need {HEAP >> 10} KB of heap and this board has {heap >> 10} KB; "
            f"freeze them into an image: make firmware BOARD={board.name}"
        )
