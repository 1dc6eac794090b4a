"""The mpy-cross that images are built with: that of MicroPython 1.25, from Debian's sources.

The build of an emulated board leaves one in its source tree. Where there is none, it is built
alone, from the same source package:

    .cache/mpy-cross/<version of micropython>/micropython/mpy-cross/build/mpy-cross
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.launcher import ROOT

_CACHE = ROOT / ".cache"
ALONE = _CACHE / "mpy-cross"
_TREES = ("emulated/[0-9]*/micropython", "rp2040/[0-9]*/micropython", "mpy-cross/[0-9]*/micropython")
_PROGRAM = Path("mpy-cross", "build", "mpy-cross")
_TIMEOUT = 60  # seconds for the sources, and again for the build: whoever lints is not to wait longer


class Unavailable(Exception):
    """Why there is no such mpy-cross on this computer, in one line."""


def built() -> Path | None:
    """The one that was built before; None when there is none that runs."""
    for pattern in _TREES:
        for tree in sorted(_CACHE.glob(pattern), reverse=True):
            if _runs(tree / _PROGRAM):
                return tree / _PROGRAM
    return None


def _runs(program: Path) -> bool:
    try:
        said = subprocess.run(
            [str(program), "--version"], capture_output=True, text=True, timeout=_TIMEOUT, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return said.stdout.startswith("MicroPython ")


def get() -> Path:
    """The one that was built before, or else a new one; Unavailable says why not.

    A build that takes too long is gone on with by the next call.
    """
    return built() or _build()


def _build() -> Path:
    """Build it alone, fetching its sources first; one call at a time. Unavailable says why not."""
    if sys.platform != "linux":
        raise Unavailable("it is built on Linux with apt")
    from tools.image import crossbuild, debian  # needs what only POSIX has

    with crossbuild.alone(ALONE):
        try:
            debian.need("apt-get", "dpkg-source", "make", "gcc")
            trees = sorted(ALONE.glob("[0-9]*/micropython"), reverse=True)
            tree = trees[0] if trees else _fetch()
        except debian.DebianError as reason:
            raise Unavailable(str(reason)) from None
        return _make(tree)


def _fetch() -> Path:
    """MicroPython's source package, unpacked."""
    from tools.image import debian
    from tools.image.emulated.sources import SUITE

    with tempfile.TemporaryDirectory(dir=ALONE, prefix="sources-") as name:
        work = Path(name)
        debian.Archive(work, SUITE, timeout=_TIMEOUT).source(["micropython"])
        described = next(work.glob("micropython_*.dsc"))
        (work / "unpacked").mkdir()
        debian.unpack_source(described, work / "unpacked" / "micropython", patched=False)
        folder = ALONE / re.sub(r"[^\w.+~-]", "_", described.stem.partition("_")[2])
        shutil.rmtree(folder, ignore_errors=True)
        (work / "unpacked").rename(folder)
        return folder / "micropython"


def _make(tree: Path) -> Path:
    """Build it in a source tree; Unavailable when that fails or takes too long."""
    # The make that may have called us must not pass on its variables and its job server.
    env = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS"))}
    # The tree has no history of its own, and that of this project says nothing of its version.
    env["GIT_CEILING_DIRECTORIES"] = str(tree.parent)
    words = ["make", f"-j{os.cpu_count() or 1}", "-C", str(tree / "mpy-cross")]
    try:
        done = subprocess.run(
            words, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired:
        raise Unavailable(f"it was not built within {_TIMEOUT} s") from None
    if done.returncode != 0 or not _runs(tree / _PROGRAM):
        said = [line for line in (done.stderr + done.stdout).splitlines() if "rror" in line]
        raise Unavailable(f"it cannot be built: {(said or ['no reason given'])[0].strip()}")
    return tree / _PROGRAM
