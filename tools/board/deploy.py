"""Put the firmware's .py files on a board: only what has changed, by hash, and checked afterwards."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from tools.launcher import ROOT

from .remote import Remote, RemoteError

_FIRMWARE = ROOT / "firmware"
_COPY_TIMEOUT = 300.0

_HASHES = """
import hashlib, os
def walk(folder):
    for name, kind, *_ in os.ilistdir(folder or "/"):
        path = folder + "/" + name
        if kind == 0x4000:
            walk(path)
        elif name.endswith(".py"):
            digest = hashlib.sha256()
            with open(path, "rb") as f:
                while True:
                    part = f.read(512)
                    if not part:
                        break
                    digest.update(part)
            print(path[1:], digest.digest().hex())
walk("")
"""


def files(board: str) -> dict[PurePosixPath, Path]:
    """The files that a board runs: path on the board -> file here. `board` names its folder in boards/."""
    folder = ROOT / "boards" / board
    found = {path.relative_to(_FIRMWARE): path for path in _FIRMWARE.rglob("*.py")}
    found |= {path.relative_to(folder): path for path in (folder / "board.py", folder / "limits.py")}
    return {PurePosixPath(name): path for name, path in sorted(found.items())}


def hashes(remote: Remote) -> dict[PurePosixPath, str]:
    """SHA-256 of every .py file on the board."""
    lines = (line.split() for line in remote.execute(_HASHES).splitlines())
    return {PurePosixPath(words[0]): words[1] for words in lines if len(words) == 2}


def _changed(wanted: Mapping[PurePosixPath, Path], there: Mapping[PurePosixPath, str]) -> list[PurePosixPath]:
    return [name for name, path in wanted.items() if there.get(name) != hashlib.sha256(path.read_bytes()).hexdigest()]


def deploy(remote: Remote, board: str) -> list[PurePosixPath]:
    """Make the board hold the firmware's files, and return those that were copied; RemoteError when one did not arrive.

    Files of the board that are not of the firmware (configuration, secrets) stay as they are.
    """
    wanted = files(board)
    changed = _changed(wanted, hashes(remote))
    if not changed:
        return []
    folders = sorted({folder for name in changed for folder in name.parents if folder.name})
    remote.execute(
        "import os\n"
        f"for folder in {[str(folder) for folder in folders]!r}:\n"
        "    try:\n        os.mkdir(folder)\n    except OSError as e:\n        if e.errno != 17:\n            raise\n"
    )
    for folder in sorted({name.parent for name in changed}):
        remote.copy([wanted[name] for name in changed if name.parent == folder], str(folder) if folder.name else "", _COPY_TIMEOUT)
    left = _changed(wanted, hashes(remote))
    if left:
        raise RemoteError(f"the board at {remote.device}: {left[0]} did not arrive as it was sent")
    return changed


def undeploy(remote: Remote, board: str) -> None:
    """Remove the firmware's files and folders, so that a board with a built-in meter runs that one again."""
    names = list(files(board))
    folders = sorted({folder for name in names for folder in name.parents if folder.name}, reverse=True)
    remote.execute(
        "import os\n"
        "def gone(remove, names):\n"
        "    for name in names:\n        try:\n            remove(name)\n"
        "        except OSError as e:\n            if e.errno not in (2, 39, 66):\n                raise\n"
        f"gone(os.remove, {[str(name) for name in names]!r})\n"
        # An empty folder would hide the built-in package of its name; one with other files stays.
        f"gone(os.rmdir, {[str(folder) for folder in folders]!r})\n"
    )
