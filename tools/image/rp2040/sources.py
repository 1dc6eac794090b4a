"""MicroPython's source tree for the rp2 port: the one that TOP= names, or
one made of Debian's packages.

    .cache/rp2040/<version of micropython>/micropython    with lib/lwip and lib/mbedtls as links to
                                          /lwip /mbedtls   and lib/pico-sdk, lib/tinyusb as copies

Debian's micropython comes without the libraries that are packages of their own. Two of those are
packed as sources in binary packages, which hold nothing for a processor and need nothing installed.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path

from tools.image import debian
from tools.image.boards.catalog import ROOT, BoardError

CACHE = ROOT / ".cache" / "rp2040"
SUITE = "trixie"
SOURCE_PACKAGES = ("micropython", "lwip", "mbedtls")
# package -> what it puts below /usr/src
FILE_PACKAGES = {"pico-sdk-source": "pico-sdk", "tinyusb-source": "tinyusb"}
# Any does: the packages are for all.
_ARCHITECTURE = "amd64"
_MARKS = (
    "ports/rp2/CMakeLists.txt",
    "lib/pico-sdk/src/rp2040.cmake",
    "lib/tinyusb/src/tusb.h",
    "lib/lwip/src/include/lwip/init.h",
    "lib/mbedtls/include/mbedtls/aes.h",
)
# The builds look for these files to see whether the libraries are
# there; the packages leave them out.
_PLACEHOLDERS = ("lib/pico-sdk/README.md", "lib/micropython-lib/README.md")


def complete(tree: Path) -> bool:
    """Whether everything is there that the emulated board's build needs of a tree."""
    return all((tree / mark).exists() for mark in _MARKS)


def tree(top: str | None = None, *, refresh: bool = False) -> Path:
    """A MicroPython source tree to build in: `top`, or the cached one,
    fetched first when there is none.
    """
    if top:
        return Path(top).expanduser().resolve()
    if not refresh:
        for found in sorted(CACHE.glob("[0-9]*/micropython"), reverse=True):
            if complete(found):
                return found
    try:
        return _fetch()
    except debian.DebianError as reason:
        raise BoardError(f"no MicroPython sources: {reason}; or name a source tree with TOP=") from None


def _fetch() -> Path:
    """Fetch Debian's sources of MicroPython, the SDK and their libraries, assemble a tree; returns
    it. BoardError says why not.
    """
    CACHE.mkdir(parents=True, exist_ok=True)
    debian.need("apt-get", "dpkg-source", "dpkg-deb")
    with tempfile.TemporaryDirectory(dir=CACHE, prefix="sources-") as name:
        sources, files, unpacked = (Path(name) / part for part in ("sources", "files", "unpacked"))
        for folder in (sources, files, unpacked):
            folder.mkdir()
        debian.Archive(sources, SUITE).source(SOURCE_PACKAGES)
        debian.Archive(files, SUITE, _ARCHITECTURE).download(tuple(FILE_PACKAGES))
        version = ""
        for package in SOURCE_PACKAGES:
            described = next(sources.glob(f"{package}_*.dsc"))
            if package == "micropython":
                version = re.sub(r"[^\w.+~-]", "_", described.stem.partition("_")[2])
            # Debian's patches to micropython replace the libraries in its tree by installed ones.
            debian.unpack_source(described, unpacked / package, patched=package != "micropython")
        for package in FILE_PACKAGES:
            debian.unpack(next(files.glob(f"{package}_*.deb")), files / "unpacked")
        made = unpacked / "micropython"
        _assemble(made, files / "unpacked" / "usr" / "src")
        if not complete(made):
            raise BoardError(
                f"Debian's sources of micropython {version} are not what was expected; name a source tree with TOP="
            )
        folder = CACHE / version
        if folder.exists():
            shutil.rmtree(folder)
        unpacked.rename(folder)
        return folder / "micropython"


def _assemble(made: Path, packed: Path) -> None:
    """Put the libraries in their places below lib/."""
    for library in ("lwip", "mbedtls", *FILE_PACKAGES.values()):
        place = made / "lib" / library
        if place.is_dir():
            shutil.rmtree(place)
        if library in FILE_PACKAGES.values():
            shutil.move(packed / library, place)
        else:
            place.symlink_to(Path("..", "..", library))
    for name in _PLACEHOLDERS:
        (made / name).parent.mkdir(exist_ok=True)
        (made / name).write_text("Not part of the package, and not used.\n")
