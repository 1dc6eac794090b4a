"""Build an image with the meter frozen into it, from a MicroPython source
tree of the user's own (TOP=).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from . import room
from .catalog import ROOT, Board, BoardError

OLDEST = (1, 25)
BUILD_TIMEOUT = 3600.0
OUTPUT = ROOT / ".cache" / "firmware"
# In a folder while it is built, and after a build that failed or made no image.
UNFINISHED = "unfinished"
# What the rp2 port's build is given besides the manifest; the file shows why.
RP2 = ROOT / "boards" / "rp2.cmake"
# port -> commands that its build needs, and the image
_NEEDS = {
    "rp2": (("make", "cmake", "arm-none-eabi-gcc"), "firmware.uf2"),
    "esp32": (("make", "cmake", "idf.py"), "firmware.bin"),
}
# A function of native code in the list that `nm` prints.
_NATIVE = re.compile(r"^([0-9a-f]{8}) t (fun_data_\w+)$", re.MULTILINE)
_WORD = 4


def version(top: Path) -> tuple[int, int]:
    """Major and minor version of a MicroPython source tree."""
    try:
        text = (top / "py" / "mpconfig.h").read_text(encoding="utf-8")
    except OSError:
        raise BoardError(f"TOP={top} is not a MicroPython source tree (no py/mpconfig.h)") from None
    numbers = [re.search(rf"define MICROPY_VERSION_{part} (\d+)", text) for part in ("MAJOR", "MINOR")]
    if None in numbers:
        raise BoardError(f"TOP={top}: its py/mpconfig.h names no version")
    major, minor = (int(number[1]) for number in numbers if number)
    return major, minor


def parts(board: Board) -> tuple[str, ...]:
    """Of the tree, what `make submodules` brings and the board's build needs."""
    if board.port == "esp32":
        return ("lib/berkeley-db-1.xx/btree", "lib/micropython-lib/micropython")
    if board.emulated:
        return ("lib/pico-sdk/src", "lib/tinyusb/src", "lib/mbedtls/library", "lib/lwip/src")
    return ("lib/pico-sdk/src", "lib/cyw43-driver/src", "lib/lwip/src", "lib/micropython-lib/micropython")


def check(board: Board, top: Path | None) -> Path:
    """The source tree, when everything that the build needs is there."""
    if top is None:
        raise BoardError("give TOP=: a MicroPython source tree, 1.25 or newer, with its submodules")
    top = top.resolve()
    found = version(top)
    if found < OLDEST:
        raise BoardError(f"TOP={top} is MicroPython {found[0]}.{found[1]}; {OLDEST[0]}.{OLDEST[1]} or newer is needed")
    if not (top / "ports" / board.port / "Makefile").exists():
        raise BoardError(f"TOP={top} has no ports/{board.port}")
    missing = [command for command in _NEEDS[board.port][0] if shutil.which(command) is None]
    if missing:
        hint = "; source ESP-IDF's export.sh first" if "idf.py" in missing else ""
        raise BoardError(f"the build of {board.name} needs {', '.join(missing)}, not installed here{hint}")
    absent = [part for part in parts(board) if not (top / part).is_dir()]
    if absent:
        lacks = f"TOP={top} lacks {', '.join(absent)}"
        definition = f"BOARD_DIR={board.folder / 'port'}" if board.emulated else f"BOARD={board.name}"
        raise BoardError(f"{lacks}: make -C {top}/ports/{board.port} {definition} submodules")
    return top


def commands(board: Board, top: Path) -> list[list[str]]:
    """What a build runs, in order."""
    jobs = f"-j{os.cpu_count() or 1}"
    output = OUTPUT / board.name
    image = [
        *("make", "-C", str(top / "ports" / board.port), jobs),
        f"BOARD={board.name}",
        f"BUILD={output}",
        f"FROZEN_MANIFEST={board.folder / 'manifest.py'}",
    ]
    if board.emulated:
        image.append(f"BOARD_DIR={board.folder / 'port'}")
    if board.port == "rp2":
        image.append(f"USER_C_MODULES={RP2}")
    made = [["make", "-C", str(top / "mpy-cross"), jobs], image]
    if board.port == "rp2" and not _picotool():
        binary, uf2 = output / "firmware.bin", output / "firmware.uf2"
        convert = [sys.executable, str(top / "tools" / "uf2conv.py"), "--convert"]
        made.append(
            [*convert, "--family", hex(board.family), "--base", hex(room.FLASH), "--output", str(uf2), str(binary)]
        )
    return made


def build(board: Board, top: Path | None, say: Callable[[str], None], log: Path | None = None) -> Path:
    """Build and return the image. What the build prints goes to the file `log`, or passes through."""
    tree = check(board, top)
    output = OUTPUT / board.name
    _forget_other(board, output, tree / "ports" / board.port)
    _forget_broken(output, say)
    output.mkdir(parents=True, exist_ok=True)
    unfinished = output / UNFINISHED
    unfinished.touch()
    if log is not None:
        log.unlink(missing_ok=True)
    for words in commands(board, tree):
        say("running " + " ".join(words))
        _run(words, log, tree)
    image = output / _NEEDS[board.port][1]
    if not image.exists():
        raise BoardError(f"the build ended and {image} is not there")
    if board.port == "rp2":
        check_alignment(output / "firmware.elf")
        left = room.check(output / "firmware.bin")
        say(f"{left // 1024} KB of flash are left between the image and the file system")
    unfinished.unlink()
    say(f"{image} ({image.stat().st_size // 1024} KB). Next: make flash BOARD={board.name} IMAGE={image}")
    return image


def check_alignment(elf: Path) -> None:
    """BoardError when native code in an image for ARMv6-M does not begin at a word: such an
    image would fault, or compute wrongly.
    """
    done = subprocess.run(["arm-none-eabi-nm", str(elf)], capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 0:
        raise BoardError(f"{elf} cannot be looked at: {(done.stderr.strip().splitlines() or ['no reason given'])[-1]}")
    native = _NATIVE.findall(done.stdout)
    askew = [name for address, name in native if int(address, 16) % _WORD]
    if askew:
        raise BoardError(
            f"{elf}: {len(askew)} of {len(native)} native functions do not begin at a word, {askew[0]} among them"
        )


def _picotool() -> bool:
    """Whether the SDK's build finds the tool that makes the UF2 file. Otherwise MicroPython's own
    does it, and nothing is fetched for that.
    """
    return shutil.which("picotool") is not None


def _forget_other(board: Board, output: Path, port: Path) -> None:
    """Remove what CMake made for another tree, which it refuses to go on with, or in
    another way, which it does go on with.
    """
    try:
        cache = (output / "CMakeCache.txt").read_text(encoding="utf-8")
    except OSError:
        return
    same = f"CMAKE_HOME_DIRECTORY:INTERNAL={port}\n" in cache
    if board.port == "rp2":
        same = (
            same and f"USER_C_MODULES:UNINITIALIZED={RP2}\n" in cache and ("PICO_NO_PICOTOOL:" in cache) != _picotool()
        )
    if not same:
        shutil.rmtree(output)


def _forget_broken(output: Path, say: Callable[[str], None]) -> None:
    """Remove what a build left that did not end well: CMake takes a compiler that it
    found half for a whole one ever after.
    """
    if (output / UNFINISHED).exists():
        say(f"the build before did not end well: {output} is made anew")
        shutil.rmtree(output)


def _run(words: Sequence[str], log: Path | None, tree: Path) -> None:
    """Run a command of the build with its output in `log` (None: here); BoardError gives the first
    fault in it.
    """
    # In the environment and not on the command line, where they would take
    # the place of the makefile's own.
    options = "" if _picotool() else "-DPICO_NO_PICOTOOL=1"
    env = {**os.environ, "CMAKE_ARGS": f"{os.environ.get('CMAKE_ARGS', '')} {options}".strip()}
    # A tree without a history of its own may lie in a checkout, whose version is not MicroPython's.
    env["GIT_CEILING_DIRECTORIES"] = str(tree.parent)
    for key in ("MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES", "MAKELEVEL", "TOP", "BOARD"):
        env.pop(key, None)  # of a make that called us
    output = log.open("a", encoding="utf-8") if log is not None else None
    try:
        code = subprocess.run(
            words,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output and subprocess.STDOUT,
            timeout=BUILD_TIMEOUT,
            check=False,
        ).returncode
    except subprocess.TimeoutExpired:
        raise BoardError(f"{words[0]} did not end within {BUILD_TIMEOUT:.0f} s") from None
    finally:
        if output is not None:
            output.close()
    if code == 0:
        return
    if log is None:
        raise BoardError(f"{' '.join(words[:3])} failed with exit code {code}; what it said stands above")
    said = log.read_text(encoding="utf-8", errors="replace").splitlines()
    faults = [line for line in said if re.search(r"\berror\b[: ]|Error \d|overflowed|undefined reference", line)]
    raise BoardError(
        f"{' '.join(words[:3])} failed: {(faults or said or ['no reason given'])[0].strip()} (all of it: {log})"
    )
