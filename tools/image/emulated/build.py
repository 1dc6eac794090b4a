"""Build mpy-cross and the board's firmware, and install the tools for that where they are missing."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tools.image import crossbuild, debian
from tools.launcher import ROOT

from . import sources
from .errors import BoardError
from .sources import CACHE

PORT = ROOT / "boards" / "EMU_M3" / "port"
FIRMWARE = CACHE / "firmware.elf"
QEMU = "qemu-system-arm"
_PACKAGES = {QEMU: "qemu-system-arm", **crossbuild.PACKAGES}
_BUILD_TIMEOUT = 900
_NOT_FOR_MAKE = ("MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES", "MAKELEVEL", "CFLAGS", "CC", "TOP")


def need_qemu() -> str:
    """The emulator's path; BoardError when it is not installed."""
    found = shutil.which(QEMU)
    if found is None:
        raise BoardError(
            f"{QEMU} is not installed: python -m tools.image.emulated build installs it on Debian, as root"
        )
    return found


# What is built into the board, with another table of limits than its own.
_MANIFEST = """include("$(MPY_DIR)/extmod/asyncio")
freeze("{port}/modules")
include("{boards}/manifest.py", limits="{folder}/limits.py")
module("limits.py")
"""


def with_limits(name: str, limits: str) -> Path:
    """Build the firmware with another table of limits, whose text is given, beside the
    board's own; returns its ELF file.

    `build` has been called before: what the table has no part in is taken over from there.
    """
    folder = CACHE / name
    with crossbuild.alone(CACHE):
        tree = sources.tree(os.environ.get("TOP"))
        own, output = _output(tree), folder / "build"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "limits.py").write_text(limits, encoding="utf-8")
        manifest = folder / "manifest.py"
        manifest.write_text(_MANIFEST.format(port=PORT, boards=PORT.parent.parent, folder=folder), encoding="utf-8")
        shutil.copytree(own, output, dirs_exist_ok=True, ignore=shutil.ignore_patterns("frozen*", "firmware*"))
        _make(
            ["-C", str(PORT), f"TOP={tree}", f"BUILD={output}", f"FROZEN_MANIFEST={manifest}"],
            folder / "firmware.log",
            f"firmware {name}",
        )
        return output / "firmware.elf"


def _output(tree: Path) -> Path:
    """Where the firmware is built: objects depend on the tree they were made from."""
    return CACHE / f"build-{hashlib.sha256(os.fsencode(tree)).hexdigest()[:8]}"


def build(top: str | None = None, *, refresh: bool = False) -> Path:
    """Build everything that is out of date and return the firmware's ELF
    file; BoardError says what failed.
    """
    with crossbuild.alone(CACHE):
        try:
            crossbuild.install_missing(_PACKAGES)
        except debian.DebianError as reason:
            raise BoardError(f"tools are missing for the emulated board: {reason}") from None
        tree = sources.tree(top, refresh=refresh)
        output = _output(tree)
        _make(["-C", str(tree / "mpy-cross")], CACHE / "mpy-cross.log", "mpy-cross")
        _make(["-C", str(PORT), f"TOP={tree}", f"BUILD={output}"], CACHE / "firmware.log", "the board's firmware")
        crossbuild.put(output / "firmware.elf", FIRMWARE)
        return FIRMWARE


def _make(words: Sequence[str], log: Path, what: str) -> None:
    """Run make with its output in `log`; BoardError gives the first fault in it, or that the time
    was over.
    """
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
        raise BoardError(
            f"{what} cannot be built: {(faults or said or ['no reason given'])[0].strip()} (all of it: {log})"
        )


def sizes() -> dict[str, int]:
    """Octets of code and of RAM in the firmware built last: text, data, bss, and
    `frozen`, what the built-in Python takes.
    """
    if not FIRMWARE.exists():
        raise BoardError("the firmware is not built: python -m tools.image.emulated build")
    objects = sorted(CACHE.glob("build-*/frozen_content.o"), key=lambda path: path.stat().st_mtime)
    return {**crossbuild.sizes(FIRMWARE), "frozen": crossbuild.sizes(objects[-1])["text"]}
