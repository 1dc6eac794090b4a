"""Put a MicroPython image onto a board: UF2 copy or picotool for RP2, esptool for ESP32."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from . import images, newmap, target
from .catalog import Board, BoardError
from .repl import Repl

DRIVE_TIMEOUT = 20.0
TOOL_TIMEOUT = 600.0
_INFO = "INFO_UF2.TXT"
BAUD = "460800"


def mounts() -> list[Path]:
    """Folders where removable drives appear."""
    roots = [Path("/media"), Path("/run/media"), Path("/Volumes"), Path("/mnt")]
    found = [path for root in roots if root.is_dir() for path in (*root.glob("*"), *root.glob("*/*"))]
    if os.name == "nt":
        found += [Path(f"{letter}:/") for letter in "DEFGHIJKLMNOPQRSTUVWXYZ"]
    return found


def drive(board: Board, folders: Iterable[Path]) -> Path | None:
    """The boot drive of a board in BOOTSEL mode among some folders."""
    for folder in folders:
        try:
            text = (folder / _INFO).read_text(errors="replace")
        except OSError:
            continue
        if f"Board-ID: {board.drive}" in text:
            return folder
    return None


def flash(
    board: Board,
    image: Path | None,
    where: str | None,
    erase: bool,
    say: Callable[[str], None],
    erase_state: bool = False,
) -> None:
    """Write an image, after everything that is needed has been looked for. erase_state: also
    one that destroys what the board keeps.
    """
    if board.emulated:
        raise BoardError(f"{board.name} is emulated, not flashed: its README says how it gets its image")
    checked = images.check(image, board)
    if board.port == "rp2":
        _flash_rp2(board, checked, where, erase, say, erase_state)
    else:
        _flash_esp32(board, checked, where, erase, say)
    say(f"{board.name} has {checked.name}. Next: make deploy BOARD={board.name}, unless the firmware is frozen into it")


def _flash_rp2(
    board: Board, image: Path, where: str | None, erase: bool, say: Callable[[str], None], erase_state: bool
) -> None:
    """Write a UF2 image: to the drive at `where`, to a boot drive that is present or appears after
    a reset, or with picotool.
    """
    if erase:
        raise BoardError("an RP2 board is erased by a UF2 file made for that (flash_nuke.uf2), not by this command")
    if where and Path(where).is_dir():
        found = drive(board, [Path(where)])
        if found is None:
            raise BoardError(f"{where} is not the boot drive of a {board.name} (no {_INFO} that says {board.drive})")
        _unknown(image, say)
        _copy(image, found, say)
        return
    present = drive(board, mounts())
    if present is None:
        _to_boot_loader(board, image, where, say, erase_state)
        present = _wait_for_drive(board)
    else:
        _unknown(image, say)
    if present is not None:
        _copy(image, present, say)
    elif shutil.which("picotool"):
        _tool(["picotool", "load", "-v", "-x", str(image)], say)
    else:
        raise BoardError(
            f"no boot drive of a {board.name} appeared: plug it in with BOOTSEL held, mount its drive and name it "
            "with TARGET=, "
            "or install picotool"
        )


def _unknown(image: Path, say: Callable[[str], None]) -> None:
    """Warn of an image without a map: a board in its boot loader cannot be asked what it keeps."""
    if images.flash_map(image) is None:
        say("this image makes a new file system over that of an image with the meter: what such a board keeps is lost")


def _to_boot_loader(
    board: Board, image: Path, where: str | None, say: Callable[[str], None], erase_state: bool
) -> None:
    """Ask a running MicroPython for its boot loader. Without a port, picotool or a hand at the
    button has to do it. BoardError: the image would destroy what the board keeps, and is not to.
    """
    if not where and not target.plugged_in():
        if shutil.which("picotool"):
            return
        raise BoardError(f"no {board.name} is plugged in: hold BOOTSEL while plugging it in, or give TARGET=")
    device = target.resolve(where)
    say(f"asking {device} for its boot loader")
    with Repl.open(device, fresh=True) as repl:
        if lost := newmap.destroys(repl, images.flash_map(image)):
            if not erase_state:
                raise BoardError(f"{device}: {lost}; with ARGS=--erase-state it is flashed all the same")
            say(f"{lost}: erasing both")
            newmap.take_away(repl)
        repl.bootloader()


def _wait_for_drive(board: Board) -> Path | None:
    deadline = time.monotonic() + DRIVE_TIMEOUT
    while time.monotonic() < deadline:
        found = drive(board, mounts())
        if found is not None:
            return found
        time.sleep(0.5)
    return None


def _copy(image: Path, folder: Path, say: Callable[[str], None]) -> None:
    """Copy to the boot drive; the board restarts with the last octet, which
    some systems report as an error.
    """
    say(f"copying {image.name} to {folder}")
    octets = image.read_bytes()
    with open(folder / image.name, "wb") as file:
        file.write(octets)
        file.flush()
        try:
            os.fsync(file.fileno())
        except OSError as error:
            if drive_gone(folder):
                return
            raise BoardError(f"{folder}: {error.strerror}") from None


def drive_gone(folder: Path) -> bool:
    """Whether the boot drive has left, as it does when the board starts."""
    return not (folder / _INFO).exists()


def _flash_esp32(board: Board, image: Path, where: str | None, erase: bool, say: Callable[[str], None]) -> None:
    esptool = _esptool()
    device = target.resolve(where)
    base = [*esptool, "--chip", board.chip, "--port", device, "--baud", BAUD]
    if erase:
        _tool([*base, "erase_flash"], say)
    _tool([*base, "write_flash", hex(board.offset), str(image)], say)


def _esptool() -> list[str]:
    for name in ("esptool", "esptool.py"):
        if shutil.which(name):
            return [name]
    probe = [sys.executable, "-c", "import esptool"]
    if subprocess.run(probe, capture_output=True, timeout=60, check=False).returncode == 0:
        return [sys.executable, "-m", "esptool"]
    raise BoardError("esptool is needed and not installed: pip install esptool")


def _tool(words: Sequence[str], say: Callable[[str], None]) -> None:
    """Run a flashing tool; its output passes through."""
    say("running " + " ".join(words))
    try:
        code = subprocess.run(words, timeout=TOOL_TIMEOUT, check=False).returncode
    except subprocess.TimeoutExpired:
        raise BoardError(f"{words[0]} did not end within {TOOL_TIMEOUT:.0f} s") from None
    except OSError as error:
        raise BoardError(f"{words[0]}: {error.strerror}") from None
    if code != 0:
        raise BoardError(f"{words[0]} failed with exit code {code}; what it said stands above")
