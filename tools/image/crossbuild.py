"""What the builds of both emulated boards have in common: tools installed where they are
missing, one at a time, sizes of an image.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tools.image import debian

COMPILER = "arm-none-eabi-gcc"
_SIZE = "arm-none-eabi-size"
# Command -> Debian's package, of what both builds call.
PACKAGES: Mapping[str, str] = {COMPILER: "gcc-arm-none-eabi", "make": "make", "gcc": "gcc", "dpkg-source": "dpkg-dev"}
_C_LIBRARY = "libnewlib-arm-none-eabi"
_TIMEOUT = 30


def missing(packages: Mapping[str, str]) -> list[str]:
    """Debian's packages that are not installed here: those of the commands given, the
    compiler's C library, the keys of the archive.
    """
    found = [package for command, package in packages.items() if shutil.which(command) is None]
    if shutil.which(COMPILER) is None or not _has_c_library():
        found.append(_C_LIBRARY)
    if shutil.which("apt-get") and not debian.KEYRING.exists():
        found.append("debian-archive-keyring")
    return found


def _has_c_library() -> bool:
    # A library that the compiler does not find comes back as the name it was asked for.
    return os.path.isabs(_output([COMPILER, "-print-file-name=libc_nano.a"]).strip())


def install_missing(packages: Mapping[str, str]) -> None:
    """Install what is missing; DebianError says why it cannot be."""
    wanted = missing(packages)
    if wanted:
        print(f"installing {' '.join(wanted)}", file=sys.stderr)
        debian.install(wanted)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """One build at a time in a folder, which is made when there is none."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def put(source: Path, place: Path) -> None:
    """Copy a file to where others take it from: they find the old one or the whole new one."""
    temporary = place.with_name(place.name + ".new")
    shutil.copyfile(source, temporary)
    temporary.replace(place)


def sizes(image: Path) -> dict[str, int]:
    """Octets of an object file's sections: text, data, bss."""
    numbers = _output([_SIZE, str(image)], check=True).splitlines()[1].split()
    return dict(zip(("text", "data", "bss"), (int(number) for number in numbers[:3]), strict=True))


def _output(words: Sequence[str], *, check: bool = False) -> str:
    return subprocess.run(words, capture_output=True, text=True, timeout=_TIMEOUT, check=check).stdout
