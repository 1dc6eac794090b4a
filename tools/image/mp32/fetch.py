"""Fetch Debian's i386 `micropython` with apt, unpack it into
.cache/mp32/<version>, and say how to run it.
"""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tools.image import debian

CACHE = Path(__file__).resolve().parent.parent.parent.parent / ".cache" / "mp32"
SUITE = "trixie"
PACKAGES = ("micropython", "libc6", "libffi8", "libmbedcrypto16", "libmbedtls21", "libmbedx509-7", "libgcc-s1")
_RUN_TIMEOUT = 20
# glibc then takes the interpreter's heap from brk, below 2**30 as on a board,
# so that addresses stay small ints.
_HEAP_BELOW_2_30 = "MALLOC_MMAP_THRESHOLD_=1073741824"


class Unavailable(Exception):
    """Why there is no 32-bit interpreter on this machine, in one line."""


def _command(folder: Path) -> list[str]:
    """The words that run the interpreter in `folder`, with the loader and the libraries beside
    it.
    """
    libraries = folder / "usr" / "lib" / "i386-linux-gnu"
    loader = next(
        (path for path in (libraries / "ld-linux.so.2", folder / "usr" / "lib" / "ld-linux.so.2") if path.exists()),
        None,
    )
    if loader is None:
        raise Unavailable(f"{folder.name} has no loader")
    return [
        "env",
        _HEAP_BELOW_2_30,
        str(loader),
        "--library-path",
        str(libraries),
        str(folder / "usr" / "bin" / "micropython"),
    ]


def _check(words: Sequence[str]) -> None:
    """Unavailable unless `words` run a MicroPython whose machine word has 32 bits."""
    try:
        asked = [*words, "-c", "import sys;print(sys.maxsize)"]
        done = subprocess.run(asked, capture_output=True, text=True, timeout=_RUN_TIMEOUT, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"it does not run: {error}") from None
    if done.stdout.strip() != str(2**31 - 1):
        raise Unavailable(f"it does not run here: {(done.stderr or done.stdout).strip()[:200] or done.returncode}")


def cached() -> list[str] | None:
    """The command of the interpreter that was fetched before; None when there is none that runs."""
    for folder in sorted(CACHE.glob("[0-9]*"), reverse=True):
        try:
            words = _command(folder)
            _check(words)
        except Unavailable:
            continue
        return words
    return None


def fetch() -> list[str]:
    """Fetch and unpack the packages and return the command; Unavailable says why not."""
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        raise Unavailable(f"it is built for Linux on x86-64, this is {platform.system()} on {platform.machine()}")
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE, prefix="apt-") as name:
        work = Path(name)
        try:
            debian.need("apt-get", "dpkg", "dpkg-deb")
            debian.Archive(work, SUITE, "i386").download([f"{package}:i386" for package in PACKAGES])
        except debian.DebianError as reason:
            raise Unavailable(str(reason)) from None
        return _unpack(work)


def _unpack(work: Path) -> list[str]:
    """Unpack the packages in `work` and move them to the cache, by their version; returns the words
    of the command.
    """
    unpacked = work / "unpacked"
    version = ""
    for package in sorted(work.glob("*.deb")):
        subprocess.run(["dpkg", "-x", str(package), str(unpacked)], check=True, timeout=60)
        if package.name.startswith("micropython_"):
            shown = subprocess.run(
                ["dpkg-deb", "-f", str(package), "Version"], capture_output=True, text=True, check=True, timeout=60
            )
            version = re.sub(r"[^\w.+~-]", "_", shown.stdout.strip())
    _check(_command(unpacked))
    folder = CACHE / version
    if folder.exists():
        shutil.rmtree(folder)
    unpacked.rename(folder)
    return _command(folder)
