"""What needs no board: targets, images, the flashing tools (as FAKES that record their
arguments), builds, packages, limits.
"""

from __future__ import annotations

import ast
import contextlib
import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from host_tests.boards.build_fakes import fake_tool, uf2
from tools.image.boards import catalog, flash, images, package, provision, target
from tools.image.boards.catalog import BOARDS, BoardError, find
from tools.image.boards.repl import RemoteError
from tools.image.boards.target import Port
from tools.launcher import ROOT

PICO = BOARDS["RPI_PICO_W"]
ESP = BOARDS["ESP32_GENERIC"]
FOLDERS = sorted(path.parent for path in (ROOT / "boards").glob("*/limits.py"))


def command(*words, **env):
    return subprocess.run(
        [sys.executable, "-m", "tools.image.boards", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
    )


# -- limits ----------------------------------------------------------------------------------------


def limits(folder):
    """The table of a board as it is at run time."""
    code = "import limits, json; print(json.dumps({k: v for k, v in vars(limits).items() if k.isupper()}))"
    env = {**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{ROOT / 'firmware'}"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=60, check=True)
    return ast.literal_eval(done.stdout.replace("null", "None").replace("true", "True").replace("false", "False"))


@pytest.mark.parametrize("folder", FOLDERS, ids=[folder.name for folder in FOLDERS])
def test_every_board_has_the_same_keys(folder):
    table = limits(folder)
    assert sorted(table) == sorted(limits(ROOT / "boards/unix"))
    assert table["BOARD"] == folder.name
    assert table["DATAGRAM"] <= 1472
    assert table["PDU"] >= 12
    assert table["ELEMENT"] <= table["PDU"]
    assert table["TRANSFERS"] >= table["CONNECTIONS"]


def test_the_pins_of_a_board_are_different_ones():
    for name in BOARDS:
        table = limits(ROOT / "boards" / name)
        used = [table[part] for part in ("LED", "RELAY", "PULSE") if table[part] is not None]
        assert len(set(used)) == len(used), name


def test_the_watchdog_of_an_rp2040_fits():
    assert limits(PICO.folder)["WATCHDOG"] <= 8388


# -- targets ---------------------------------------------------------------------------------------


@pytest.fixture
def plugged(monkeypatch):
    ports = [Port("/dev/ttyACM0", "E66160F423782037", "Raspberry Pi"), Port("/dev/ttyUSB0", "", "WCH")]
    monkeypatch.setattr(target, "plugged_in", lambda: list(ports))
    return ports


def test_a_serial_number_finds_its_port(plugged):
    assert target.resolve("id:e66160f423782037") == "/dev/ttyACM0"


def test_the_only_board_needs_no_name(plugged):
    with pytest.raises(
        BoardError, match=r"give TARGET=: several boards: /dev/ttyACM0 \(id:E66160F423782037\), /dev/ttyUSB0"
    ):
        target.resolve("")
    del plugged[1]
    assert target.resolve(None) == "/dev/ttyACM0"
    plugged.clear()
    with pytest.raises(BoardError, match="give TARGET=: no board is plugged in"):
        target.resolve(None)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("id:nope", "no board with the USB serial number nope"),
        ("/dev/ttyNONE9", "/dev/ttyNONE9 is not there"),
        ("telnet://rig", "not a kind of target that is known"),
    ],
)
def test_targets_that_are_not_there(plugged, name, text):
    with pytest.raises(BoardError, match=text):
        target.resolve(name)


def test_urls_are_taken_as_they_are():
    assert target.resolve("rfc2217://rig:4000") == "rfc2217://rig:4000"


# -- images ----------------------------------------------------------------------------------------


def esp(chip, size=0x20000):
    octets = bytearray(size)
    octets[0] = 0xE9
    struct.pack_into("<H", octets, 12, chip)
    return bytes(octets)


@pytest.mark.parametrize("board", BOARDS.values(), ids=list(BOARDS))
def test_an_image_for_each_board(board, tmp_path):
    path = tmp_path / f"image{board.suffix}"
    path.write_bytes(uf2(board.family) if board.port == "rp2" else esp(board.chip_id))
    assert images.check(path, board) == path


@pytest.mark.parametrize(
    ("octets", "board", "text"),
    [
        (b"", PICO, "not a whole UF2 file"),
        (uf2(PICO.family)[:-1], PICO, "not a whole UF2 file"),
        (b"\0" * 512, PICO, r"not a UF2 file \(block 0\)"),
        (uf2(PICO.family) + b"\0" * 512, PICO, r"not a UF2 file \(block 3\)"),
        (uf2(BOARDS["RPI_PICO2_W"].family), PICO, "not for RPI_PICO_W but for RPI_PICO2_W"),
        (uf2(0x12345678), PICO, "not for RPI_PICO_W$"),
        (b"\x7fELF" * 0x10000, ESP, "not an ESP32 image"),
        (esp(0, 100), ESP, "not an ESP32 image"),
        (esp(9), ESP, "not for ESP32_GENERIC but for ESP32_GENERIC_S3"),
    ],
)
def test_what_is_no_image_for_the_board(octets, board, text, tmp_path):
    path = tmp_path / "image"
    path.write_bytes(octets)
    with pytest.raises(BoardError, match=text):
        images.check(path, board)


def test_an_image_has_to_be_given():
    with pytest.raises(BoardError, match="give IMAGE="):
        images.check(None, PICO)
    with pytest.raises(BoardError, match="No such file"):
        images.check(Path("/nowhere.uf2"), PICO)


# -- flashing --------------------------------------------------------------------------------------


@pytest.fixture
def image(tmp_path):
    path = tmp_path / "image.uf2"
    path.write_bytes(uf2(PICO.family))
    return path


def test_copying_to_a_boot_drive(tmp_path, image):
    drive = tmp_path / "drive"
    drive.mkdir()
    (drive / "INFO_UF2.TXT").write_text("UF2 Bootloader v3.0\nModel: Raspberry Pi RP2\nBoard-ID: RPI-RP2\n")
    flash.flash(PICO, image, str(drive), False, lambda text: None)
    assert (drive / "image.uf2").read_bytes() == image.read_bytes()


MAP = b"flash-map files=64 store=148"


@pytest.mark.parametrize(
    ("content", "found"),
    [(b"", None), (MAP, (64, 148)), (b"flash-map files= store=1", None), (b"x" * 50 + MAP + b"\0", (64, 148))],
)
def test_the_map_of_an_image(tmp_path, content, found):
    """Also one that two blocks of the file share."""
    path = tmp_path / "image.uf2"
    path.write_bytes(uf2(PICO.family, content=content))
    assert images.flash_map(images.check(path, PICO)) == found


def test_every_map_is_one_that_the_tools_find():
    for folder in FOLDERS:
        text = limits(folder)["MAP"]
        path = folder / "limits.py"
        assert text == "" or images._MAP.fullmatch(text.encode()), path
        assert (text != "") == (folder.name.startswith(("RPI", "EMU")))


class Kept:
    """A FAKE of the REPL of a board with the meter: what it is asked for, and with what answer."""

    def __init__(self, answers):
        self.answers = answers
        self.device = "port"
        self.ran = []
        self.left = False

    def run(self, code, timeout=0):
        self.ran.append(code)
        if code == "import flashmap" and self.answers["map"] is None:
            raise RemoteError("port", "ImportError: no module named 'flashmap'")

    def value(self, expression, timeout=0):
        if "flashmap" in expression:
            return self.answers["map"]
        if "statvfs" in expression:
            return (4096, 4096, self.answers["mounted"])
        return (["/wifi.json", "/config.json"], [])

    def bootloader(self):
        self.left = True


@pytest.mark.req("I-45")
@pytest.mark.parametrize(
    ("present", "mounted", "image", "lost"),
    [
        (None, 212, None, ""),  # MicroPython's own image on the board
        (None, 212, MAP, ""),
        ((64, 148), 64, MAP, ""),  # the same map
        ((64, 148), 212, None, ""),  # the map was never made: the file system stays
        ((64, 148), 64, None, "has no map of the flash, and makes a new file system over"),
        ((64, 148), 64, b"flash-map files=96 store=116", "has another map of the flash, and finds neither"),
    ],
)
def test_what_an_image_destroys_it_does_on_demand_only(present, mounted, image, lost, tmp_path, monkeypatch):
    path = tmp_path / "image.uf2"
    path.write_bytes(uf2(PICO.family, content=image or b""))
    for erase_state in (False, True):
        drive = tmp_path / f"drive-{erase_state}"
        drive.mkdir()
        kept = Kept({"map": present, "mounted": mounted})
        found = iter([[], [drive]])  # no drive before, one after the board has left for its boot loader
        (drive / "INFO_UF2.TXT").write_text("Board-ID: RPI-RP2\n")
        monkeypatch.setattr(flash, "mounts", lambda found=found: next(found))
        monkeypatch.setattr(flash.target, "resolve", lambda where: where)
        monkeypatch.setattr(flash.Repl, "open", lambda device, fresh, kept=kept: contextlib.nullcontext(kept))
        said = []
        refused = ""
        try:
            flash.flash(PICO, path, "port", False, said.append, erase_state)
        except BoardError as error:
            refused = str(error)
        erased = any("flashmap.erase(" in code for code in kept.ran)
        if lost and not erase_state:
            assert refused == (
                f"port: the image {lost} the board's files (config.json wifi.json) and the state of its meter; "
                "with ARGS=--erase-state it is flashed all the same"
            )
        assert (bool(refused), erased) == (bool(lost) and not erase_state, bool(lost) and erase_state)
        assert kept.left == (drive / "image.uf2").exists() == (not refused)


def test_an_image_without_a_map_on_a_board_that_cannot_be_asked(tmp_path):
    drive = tmp_path / "drive"
    drive.mkdir()
    (drive / "INFO_UF2.TXT").write_text("Board-ID: RPI-RP2\n")
    for content, warned in ((b"", True), (MAP, False)):
        path = tmp_path / "image.uf2"
        path.write_bytes(uf2(PICO.family, content=content))
        said = []
        flash.flash(PICO, path, str(drive), False, said.append)
        assert any("what such a board keeps is lost" in text for text in said) == warned


def test_the_drive_of_another_board(tmp_path, image):
    (tmp_path / "INFO_UF2.TXT").write_text("Board-ID: RP2350\n")
    with pytest.raises(BoardError, match=r"not the boot drive of a RPI_PICO_W"):
        flash.flash(PICO, image, str(tmp_path), False, lambda text: None)


def test_a_drive_that_is_mounted_is_found(tmp_path, image, monkeypatch):
    drive = tmp_path / "RPI-RP2"
    drive.mkdir()
    (drive / "INFO_UF2.TXT").write_text("Board-ID: RPI-RP2\n")
    monkeypatch.setattr(flash, "mounts", lambda: [tmp_path / "other", drive])
    flash.flash(PICO, image, None, False, lambda text: None)
    assert (drive / "image.uf2").exists()


def test_no_drive_and_no_picotool(image, monkeypatch, tmp_path):
    monkeypatch.setattr(flash, "mounts", list)
    monkeypatch.setattr(target, "plugged_in", list)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BoardError, match="hold BOOTSEL while plugging it in, or give TARGET="):
        flash.flash(PICO, image, None, False, lambda text: None)


def test_picotool_where_there_is_no_drive(image, monkeypatch, tmp_path):
    calls = fake_tool(tmp_path / "bin", "picotool")
    monkeypatch.setattr(flash, "mounts", list)
    monkeypatch.setattr(flash, "DRIVE_TIMEOUT", 0.0)
    monkeypatch.setattr(target, "plugged_in", list)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    flash.flash(PICO, image, None, False, lambda text: None)
    assert calls.read_text() == f"load -v -x {image}\n"


@pytest.mark.parametrize(
    ("name", "offset"), [("ESP32_GENERIC", "0x1000"), ("ESP32_GENERIC_S3", "0x0"), ("ESP32_GENERIC_C3", "0x0")]
)
def test_esptool_gets_chip_and_offset(name, offset, tmp_path, monkeypatch):
    board = BOARDS[name]
    path = tmp_path / "image.bin"
    path.write_bytes(esp(board.chip_id))
    calls = fake_tool(tmp_path / "bin", "esptool")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    flash.flash(board, path, "rfc2217://rig:4000", True, lambda text: None)
    base = f"--chip {board.chip} --port rfc2217://rig:4000 --baud 460800"
    assert calls.read_text() == f"{base} erase_flash\n{base} write_flash {offset} {path}\n"


def test_a_tool_that_fails_is_one_line(tmp_path, monkeypatch):
    path = tmp_path / "image.bin"
    path.write_bytes(esp(0))
    fake_tool(tmp_path / "bin", "esptool", code=2)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    with pytest.raises(BoardError, match="esptool failed with exit code 2"):
        flash.flash(ESP, path, "rfc2217://rig:4000", False, lambda text: None)


def test_esptool_missing(tmp_path, monkeypatch):
    path = tmp_path / "image.bin"
    path.write_bytes(esp(0))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(flash.sys, "executable", "/bin/false")
    with pytest.raises(BoardError, match="esptool is needed and not installed"):
        flash.flash(ESP, path, "rfc2217://rig:4000", False, lambda text: None)


def test_an_emulated_board_is_not_flashed(tmp_path):
    with pytest.raises(BoardError, match="EMU_RP2040 is emulated, not flashed"):
        flash.flash(find("EMU_RP2040"), tmp_path / "image.uf2", None, False, lambda text: None)


# -- packages --------------------------------------------------------------------------------------


def test_packages_are_what_the_tree_says():
    assert package.stale() == []


def test_a_missing_file_makes_a_package_stale(monkeypatch):
    monkeypatch.setattr(package, "_version", lambda: "9.9.9")
    assert len(package.stale()) == 1 + len(BOARDS)


# -- provisioning ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("serial", "123", "eight digits"),
        ("serial", "1234567x", "eight digits"),
        ("ssid", "", "1 to 32 octets"),
        ("ssid", "x" * 33, "1 to 32 octets"),
        ("key", "short", "8 to 63 octets"),
        ("reader", "short", "8 to 64 octets"),
        ("reader", "with\nline", "without control characters"),
        ("colour", "red", "no such item"),
    ],
)
def test_what_a_board_could_not_use(name, text, fault):
    with pytest.raises(BoardError, match=fault):
        provision.Provision().put(name, text)


def test_an_open_network_has_an_empty_key():
    made = provision.Provision()
    made.put("key", "")
    assert made.by_file() == {"wifi.json": {"key": ""}}


def test_settings_become_what_they_are():
    words = ("watchdog=off", "pulses_per_kwh=500", "serial=00000012", "ntp=192.0.2.1")
    assert [provision.setting(word)[1] for word in words] == [False, 500, "00000012", "192.0.2.1"]


def test_secrets_inside_the_checkout_are_refused():
    path = ROOT / "provision-test.json"
    path.write_text("{}")
    path.chmod(0o600)
    try:
        with pytest.raises(BoardError, match="git would take it"):
            provision.from_file(path)
    finally:
        path.unlink()


def test_secrets_are_not_asked_for_without_a_terminal():
    done = command("provision", "--ssid", "lab", "--target", "socket://127.0.0.1:1")
    assert done.returncode == 1
    assert done.stderr == "error: secrets are asked for in a terminal; without one give them in a file: --from FILE\n"


@pytest.mark.parametrize("words", [["flash"], ["deploy"], ["firmware"], ["flash", "--board", "NOPE"], ["provision"]])
def test_what_is_missing_is_one_line(words):
    done = command(*words)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert len(done.stderr.splitlines()) == 1
    assert catalog.ROOT == ROOT
