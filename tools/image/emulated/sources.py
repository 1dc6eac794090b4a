"""MicroPython's source tree: the one that TOP= names, or one made of Debian's source packages.

    .cache/emulated/<version of micropython>/micropython    with lib/lwip and lib/mbedtls as links to
                                            /lwip /mbedtls

Debian's micropython has the libraries that are packages of their own taken out, and the newest
packages need a newer C library than older Debians have; sources build anywhere.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path

from tools.image import debian
from tools.launcher import ROOT

from .errors import BoardError

CACHE = ROOT / ".cache" / "emulated"
SUITE = "trixie"
PACKAGES = ("micropython", "lwip", "mbedtls")
_LIBRARIES = {"lwip": "src/include/lwip/init.h", "mbedtls": "include/mbedtls/aes.h"}


def _complete(tree: Path) -> bool:
    needed = [tree / "py" / "mkrules.mk", tree / "lib" / "littlefs" / "lfs2.h"]
    needed += [tree / "lib" / name / proof for name, proof in _LIBRARIES.items()]
    return all(path.exists() for path in needed)


def tree(top: str | None = None, *, refresh: bool = False) -> Path:
    """A MicroPython source tree to build in: `top`, or the cached one,
    fetched first when there is none.

    BoardError says what is missing.
    """
    if top:
        named = Path(top).expanduser().resolve()
        if not _complete(named):
            raise BoardError(
                f"TOP={top} is no complete MicroPython source tree (py/, lib/littlefs, lib/lwip, lib/mbedtls; "
                "in a git checkout: make -C ports/qemu submodules, git submodule update --init lib/lwip lib/mbedtls)"
            )
        return named
    if not refresh:
        for found in sorted(CACHE.glob("[0-9]*/micropython"), reverse=True):
            if _complete(found):
                return found
    return _fetch()


def _fetch() -> Path:
    """Fetch Debian's sources of MicroPython and of its libraries, assemble a tree from them;
    returns it. BoardError says why not.
    """
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE, prefix="sources-") as name:
        work = Path(name)
        try:
            debian.need("apt-get", "dpkg-source")
            debian.Archive(work, SUITE).source(PACKAGES)
        except debian.DebianError as reason:
            raise BoardError(f"no MicroPython sources: {reason}; or name a source tree with TOP=") from None
        unpacked = work / "unpacked"
        unpacked.mkdir()
        version = ""
        for package in PACKAGES:
            described = next(work.glob(f"{package}_*.dsc"))
            if package == "micropython":
                version = re.sub(r"[^\w.+~-]", "_", described.stem.partition("_")[2])
            # Debian's patches to micropython replace the libraries in its tree by installed ones.
            try:
                debian.unpack_source(described, unpacked / package, patched=package != "micropython")
            except debian.DebianError as reason:
                raise BoardError(str(reason)) from None
        made = unpacked / "micropython"
        for library in _LIBRARIES:
            link = made / "lib" / library
            if link.is_dir():
                shutil.rmtree(link)
            link.symlink_to(Path("..", "..", library))
        # The build looks for this file before it freezes modules.
        placeholder = made / "lib" / "micropython-lib" / "README.md"
        placeholder.parent.mkdir(exist_ok=True)
        placeholder.write_text("Not part of the source package, and not used.\n")
        if not _complete(made):
            raise BoardError(
                f"Debian's sources of micropython {version} are not what was expected; name a source tree with TOP="
            )
        folder = CACHE / version
        if folder.exists():
            shutil.rmtree(folder)
        unpacked.rename(folder)
        return folder / "micropython"
