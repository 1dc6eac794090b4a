"""Build what the emulated RP2040 needs: its image with the meter frozen in, the boot ROM,
the runner. Missing tools are installed.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from tools.image import crossbuild, debian
from tools.image.boards import firmware
from tools.image.boards.catalog import EMULATED, BoardError

from . import sources
from .sources import CACHE

BOARD = EMULATED["EMU_RP2040"]
ROM = BOARD.folder / "rom"
RUNNER_SOURCES = Path(__file__).with_name("runner")

# What a build leaves, and the emulator takes.
IMAGE = CACHE / "firmware.uf2"
ELF = CACHE / "firmware.elf"
BOOTROM = CACHE / "bootrom.bin"
RUNNER = CACHE / "runner"
NODE = "node"
_OLDEST_NODE = 18
_PACKAGES = {**crossbuild.PACKAGES, "cmake": "cmake", NODE: "nodejs", "npm": "npm"}
_ROM_FLAGS = (
    "-mcpu=cortex-m0plus",
    "-mthumb",
    "-Os",
    "-ffreestanding",
    "-fno-builtin",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-nostdlib",
)
_TIMEOUT = 300.0


def need_node() -> str:
    """The path of Node.js; BoardError when it is missing or too old."""
    found = shutil.which(NODE)
    if found is None:
        raise BoardError("node is not installed: python -m tools.image.rp2040 build installs it on Debian, as root")
    said = subprocess.run([found, "--version"], capture_output=True, text=True, timeout=30, check=False).stdout.strip()
    number = re.match(r"v(\d+)", said)
    if number is None or int(number[1]) < _OLDEST_NODE:
        raise BoardError(f"node {_OLDEST_NODE} or newer is needed, and this is {said or 'something else'}")
    return found


def build(top: str | None = None, *, refresh: bool = False, say: Callable[[str], None] = lambda text: None) -> Path:
    """Build everything that is out of date and return the image; BoardError says what failed."""
    with crossbuild.alone(CACHE):
        try:
            crossbuild.install_missing(_PACKAGES)
        except debian.DebianError as reason:
            raise BoardError(f"tools are missing for the emulated RP2040: {reason}") from None
        need_node()
        tree = sources.tree(top, refresh=refresh)
        made = firmware.build(BOARD, tree, say, CACHE / "firmware.log")
        crossbuild.put(made.with_name("firmware.elf"), ELF)
        _build_rom()
        _install_runner()
        # last, because it stands for all of them
        crossbuild.put(made, IMAGE)
        return IMAGE


def ready() -> None:
    """BoardError unless everything is built that an emulator needs."""
    if not all(path.exists() for path in (IMAGE, BOOTROM, RUNNER / "run.mjs")):
        raise BoardError("the emulated RP2040 is not built: python -m tools.image.rp2040 build")


def _build_rom() -> None:
    elf, binary = CACHE / "bootrom.elf", CACHE / "bootrom.new"
    files = sorted(str(path) for path in (*ROM.glob("*.S"), *ROM.glob("*.c")))
    _call(
        [crossbuild.COMPILER, *_ROM_FLAGS, "-T", str(ROM / "rom.ld"), *files, "-lgcc", "-o", str(elf)], "the boot ROM"
    )
    _call(["arm-none-eabi-objcopy", "-O", "binary", str(elf), str(binary)], "the boot ROM")
    binary.replace(BOOTROM)


def _install_runner() -> None:
    """Copy the runner to where npm may install what it needs, and install
    that when the list has changed.
    """
    RUNNER.mkdir(exist_ok=True)
    pinned = (RUNNER_SOURCES / "package-lock.json").read_text(encoding="utf-8")
    mark = RUNNER / "installed.json"
    installed = mark.exists() and json.loads(mark.read_text(encoding="utf-8")) == json.loads(pinned)
    for path in RUNNER_SOURCES.iterdir():
        if path.is_file():
            crossbuild.put(path, RUNNER / path.name)
    if not installed:
        mark.unlink(missing_ok=True)
        _call(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], "rp2040js", RUNNER)
        mark.write_text(pinned, encoding="utf-8")


def _call(words: Sequence[str], what: str, folder: Path | None = None) -> None:
    try:
        done = subprocess.run(
            words, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired:
        raise BoardError(f"{words[0]} took longer than {_TIMEOUT:.0f} s for {what}") from None
    if done.returncode != 0:
        said = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        faults = [line for line in said if "rror" in line]
        raise BoardError(f"{what} cannot be had: {(faults or said or ['no reason given'])[0].strip()}")


def sizes() -> dict[str, int]:
    """Octets of the image built last: text, data, bss."""
    ready()
    return crossbuild.sizes(ELF)
