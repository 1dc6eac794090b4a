"""Give a board the map of the flash that its image has, the file system and then the store; or take
it away, before an image with another one is flashed.

The file system of MicroPython's own images takes all of the flash, and no size can be changed
afterwards. So the board's files are read into this computer's memory, the file system is made
anew, and they are put back, each checked by its hash. Where that fails in between, they are
written to a folder that only its owner can read.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from .catalog import BoardError
from .deploy import LIST
from .files import HASHING, Files, needed
from .repl import RemoteError, Repl

SECTOR = 4096
_AT_ONCE = 16  # sectors erased in one go: on flash that has aged 400 ms each
_LARGEST = 256 * 1024  # octets that are carried over; what is more is a firmware from sources, or was forgotten


def map_of(repl: Repl) -> tuple[int, int] | None:
    """Sectors of the file system and of the store in the map of a board's image; None without one.
    The REPL is that of an interpreter in which no meter ran.
    """
    try:
        repl.run("import flashmap")
    except RemoteError as error:
        if error.name == "ImportError":
            return None
        raise
    return repl.value("(flashmap.own, flashmap.sectors)")


def mounted(repl: Repl) -> int:
    """Sectors of the file system that the board has; 0 when it has none that can be read."""
    repl.run("import os")
    try:
        block, _, count = repl.value("os.statvfs('/')[:3]")
    except RemoteError:
        return 0
    return block * count // SECTOR


def make(repl: Repl, say: Callable[[str], None]) -> None:
    """Make the map, and carry the files over. BoardError, and nothing is changed, when the image
    has no map, the board has it already, or the files have no room in it.
    """
    wanted = map_of(repl)
    if wanted is None:
        raise BoardError(
            f"{repl.device}: the image has no map: make firmware, make flash, and then make provision ARGS=--new-map"
        )
    own, sectors = wanted
    have = mounted(repl)
    if have == own:
        raise BoardError(f"{repl.device}: the board has the map of its image already; nothing was changed")
    kept = _read(repl, own) if have else {}
    say(f"{len(kept)} files read: {' '.join(sorted(kept)) or 'none'}" if have else "no file system could be read")
    try:
        _erase(repl, own, sectors, say)
        files = Files(repl)
        for path, content in kept.items():
            _folders(files, path)
            files.write(path, content)
    except BaseException as error:
        if not kept:
            raise
        folder = _rescue(kept)
        if not isinstance(error, BoardError):
            raise
        raise BoardError(f"{error}. The board's files are in {folder}: put them back with mpremote cp") from None
    say(f"the file system has {own * 4} KiB, the store {sectors * 4} KiB; {len(kept)} files are back")


def destroys(repl: Repl, image: tuple[int, int] | None) -> str:
    """What an image with another map than the board's present one, or with none, would do to
    the board; empty where it does nothing.
    """
    present = map_of(repl)
    if present is None or present == image or mounted(repl) != present[0]:
        return ""
    files = " ".join(sorted(path.lstrip("/") for path in Files(repl).tree("")[0])) or "none"
    what = (
        "has another map of the flash, and finds neither"
        if image
        else "has no map of the flash, and makes a new file system over"
    )
    return f"the image {what} the board's files ({files}) and the state of its meter"


def take_away(repl: Repl) -> None:
    """Erase file system and store, so that any image begins with a blank flash."""
    present = map_of(repl)
    assert present is not None
    repl.run("import vfs\ntry:\n vfs.umount('/')\nexcept OSError:\n pass")
    _blank(repl, sum(present))


def erase_state(repl: Repl, say: Callable[[str], None]) -> None:
    """Erase the store, so that a meter with another serial number may begin one. BoardError:
    the board has no map, or never got it.
    """
    present = map_of(repl)
    if present is None or mounted(repl) != present[0]:
        raise BoardError(f"{repl.device}: the board has no store; nothing was changed")
    say("erasing the state of the meter")
    _blank(repl, present[1], present[0])


def _read(repl: Repl, own: int) -> dict[str, bytes]:
    """The files of the board, without those that a deploy put there: the image has them."""
    files = Files(repl)
    deployed = set((files.read(LIST) or b"").decode(errors="replace").split()) | {LIST}
    deployed.discard("limits.py")  # it may have been changed there
    kept = {}
    octets = 0
    for path in files.tree("")[0]:
        name = path.lstrip("/")
        if name in deployed:
            continue
        octets += repl.value(f"os.stat({path!r})[6]")
        if octets > _LARGEST:
            raise BoardError(
                f"{repl.device}: the files have more than {_LARGEST // 1024} KiB: remove some, nothing was changed"
            )
        content = files.read(path)
        assert content is not None
        kept[name] = content
    if needed(kept, SECTOR) > (own - 4) * SECTOR:
        raise BoardError(f"{repl.device}: the files have no room in {own * 4} KiB: remove some, nothing was changed")
    return kept


def _erase(repl: Repl, own: int, sectors: int, say: Callable[[str], None]) -> None:
    """Make the file system anew, and the store's sectors blank: a store begins in nothing else."""
    repl.run("import vfs\ntry:\n vfs.umount('/')\nexcept OSError:\n pass")
    say("erasing: keep the power on")
    _blank(repl, own + sectors)
    repl.run("flashmap.make()", HASHING)


def _blank(repl: Repl, sectors: int, begin: int = 0) -> None:
    """Erase sectors of the flash after the image, in steps that no time-out ends."""
    end = begin + sectors
    for first in range(begin, end, _AT_ONCE):
        repl.run(f"flashmap.erase({first}, {min(_AT_ONCE, end - first)})", HASHING)


def _folders(files: Files, path: str) -> None:
    """Make the folders that a file lies in."""
    parts = path.split("/")[:-1]
    for n in range(len(parts)):
        files.make_folder("/".join(parts[: n + 1]))


def _rescue(kept: dict[str, bytes]) -> Path:
    """Write the files to a new folder that only its owner can read."""
    folder = Path(tempfile.mkdtemp(prefix="board-files-"))
    for name, content in kept.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_bytes(content)
    return folder
