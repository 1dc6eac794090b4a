"""Build mpy-cross and the board's firmware, and install the tools for that where they are missing."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tools import debian
from tools.launcher import ROOT

from . import sources
from .errors import BoardError
from .sources import CACHE

PORT = ROOT / "boards" / "EMU_M3" / "port"
FIRMWARE = CACHE / "firmware.elf"
QEMU = "qemu-system-arm"
COMPILER = "arm-none-eabi-gcc"
_PACKAGES = {QEMU: "qemu-system-arm", COMPILER: "gcc-arm-none-eabi", "make": "make", "gcc": "gcc", "dpkg-source": "dpkg-dev"}
_C_LIBRARY = "libnewlib-arm-none-eabi"
_BUILD_TIMEOUT = 900
_NOT_FOR_MAKE = ("MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES", "MAKELEVEL", "CFLAGS", "CC", "TOP")


def need_qemu() -> str:
    """The emulator's path; BoardError when it is not installed."""
    found = shutil.which(QEMU)
    if found is None:
        raise BoardError(f"{QEMU} is not installed: python -m tools.emulated build installs it on Debian, as root")
    return found


def _missing_packages() -> list[str]:
    missing = [package for command, package in _PACKAGES.items() if shutil.which(command) is None]
    if "gcc-arm-none-eabi" in missing or not _has_c_library():
        missing.append(_C_LIBRARY)
    if shutil.which("apt-get") and not debian.KEYRING.exists():
        missing.append("debian-archive-keyring")
    return missing


def _has_c_library() -> bool:
    done = subprocess.run([COMPILER, "-print-file-name=libc_nano.a"], capture_output=True, text=True, timeout=30, check=False)
    return os.path.isabs(done.stdout.strip())


@contextmanager
def _alone() -> Iterator[None]:
    """One build at a time."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def build(top: str | None = None, *, refresh: bool = False) -> Path:
    """Build everything that is out of date and return the firmware's ELF file; BoardError says what failed."""
    with _alone():
        missing = _missing_packages()
        if missing:
            print(f"installing {' '.join(missing)}", file=sys.stderr)
            try:
                debian.install(missing)
            except debian.DebianError as reason:
                raise BoardError(f"tools are missing for the emulated board: {reason}") from None
        tree = sources.tree(top, refresh=refresh)
        # Objects depend on the tree they were made from.
        output = CACHE / f"build-{hashlib.sha256(os.fsencode(tree)).hexdigest()[:8]}"
        _make(["-C", str(tree / "mpy-cross")], CACHE / "mpy-cross.log", "mpy-cross")
        _make(["-C", str(PORT), f"TOP={tree}", f"BUILD={output}"], CACHE / "firmware.log", "the board's firmware")
        temporary = FIRMWARE.with_suffix(".new")
        shutil.copyfile(output / "firmware.elf", temporary)
        temporary.replace(FIRMWARE)
        return FIRMWARE


def _make(words: Sequence[str], log: Path, what: str) -> None:
    # The make that may have called us must not pass on its variables and its job server.
    env = {key: value for key, value in os.environ.items() if key not in _NOT_FOR_MAKE}
    with log.open("w", encoding="utf-8") as output:
        try:
            done = subprocess.run(
                ["make", f"-j{os.cpu_count() or 1}", *words],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=env,
                timeout=_BUILD_TIMEOUT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise BoardError(f"building {what} took longer than {_BUILD_TIMEOUT} s") from None
    if done.returncode != 0:
        said = log.read_text(encoding="utf-8", errors="replace").splitlines()
        faults = [line for line in said if re.search(r"\berror\b|Error|overflowed|undefined reference", line)]
        raise BoardError(f"{what} cannot be built: {(faults or said or ['no reason given'])[0].strip()} (all of it: {log})")


def sizes() -> dict[str, int]:
    """Octets of code and of RAM in the firmware built last: text, data, bss, and `frozen`, what the built-in Python takes."""
    if not FIRMWARE.exists():
        raise BoardError("the firmware is not built: python -m tools.emulated build")
    done = subprocess.run(["arm-none-eabi-size", str(FIRMWARE)], capture_output=True, text=True, timeout=30, check=True)
    text, data, bss = (int(number) for number in done.stdout.splitlines()[1].split()[:3])
    objects = sorted(CACHE.glob("build-*/frozen_content.o"), key=lambda path: path.stat().st_mtime)
    done = subprocess.run(["arm-none-eabi-size", str(objects[-1])], capture_output=True, text=True, timeout=30, check=True)
    return {"text": text, "data": data, "bss": bss, "frozen": int(done.stdout.splitlines()[1].split()[0])}
