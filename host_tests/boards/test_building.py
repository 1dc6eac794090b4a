"""`make firmware`: what it asks of a source tree, what it runs (FAKES of the tools),
which images it refuses, what is frozen.
"""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from host_tests.boards.build_fakes import fake_tool, uf2, with_file_system
from tools.image import link, mpycross
from tools.image.boards import firmware, room
from tools.image.boards.catalog import BOARDS, BoardError, find
from tools.launcher import ROOT

PICO = BOARDS["RPI_PICO_W"]
ESP = BOARDS["ESP32_GENERIC"]


@pytest.fixture
def top(tmp_path):
    """The outline of a MicroPython tree."""
    libraries = ("pico-sdk/src", "cyw43-driver/src", "lwip/src", "micropython-lib/micropython")
    for folder in ("py", "ports/rp2", "mpy-cross", *(f"lib/{library}" for library in libraries)):
        (tmp_path / "top" / folder).mkdir(parents=True)
    (tmp_path / "top/py/mpconfig.h").write_text("#define MICROPY_VERSION_MAJOR 1\n#define MICROPY_VERSION_MINOR 29\n")
    (tmp_path / "top/ports/rp2/Makefile").write_text("all:\n")
    (tmp_path / "top/tools").mkdir()
    converter = f"import sys; open({str(tmp_path / 'uf2conv.calls')!r}, 'a').write(' '.join(sys.argv[1:]))"
    (tmp_path / "top/tools/uf2conv.py").write_text(converter)
    return tmp_path / "top"


@pytest.fixture
def compilers(tmp_path, monkeypatch):
    for name in ("make", "cmake", "arm-none-eabi-gcc", "arm-none-eabi-nm"):
        fake_tool(tmp_path / "bin", name)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    return tmp_path / "bin"


def built(output):
    (output / "firmware.uf2").write_bytes(uf2(PICO.family))
    (output / "firmware.bin").write_bytes(with_file_system(room.FLASH + 0x800))


def test_a_build_runs_make_with_our_manifest(top, compilers, tmp_path, monkeypatch):
    monkeypatch.setattr(firmware, "OUTPUT", tmp_path / "out")
    (tmp_path / "out/RPI_PICO_W").mkdir(parents=True)
    built(tmp_path / "out/RPI_PICO_W")
    said = []
    image = firmware.build(PICO, top, said.append)
    assert image.name == "firmware.uf2"
    assert "1 KB of flash are left between the image and the file system" in said
    calls = (compilers / "make.calls").read_text().splitlines()
    assert f"-C {top}/mpy-cross" in calls[0]
    assert (
        f"BOARD=RPI_PICO_W BUILD={tmp_path}/out/RPI_PICO_W FROZEN_MANIFEST={ROOT}/boards/RPI_PICO_W/manifest.py"
        in calls[1]
    )
    assert f"USER_C_MODULES={ROOT}/boards/rp2.cmake" in calls[1]
    assert "BOARD_DIR" not in calls[1]
    assert "--family 0xe48bff56 --base 0x10000000" in (tmp_path / "uf2conv.calls").read_text()


def test_picotool_makes_the_image_where_it_is_installed(top, compilers, tmp_path):
    fake_tool(tmp_path / "bin", "picotool")
    assert len(firmware.commands(PICO, top)) == 2
    assert len(firmware.commands(ESP, top)) == 2


def test_an_emulated_board_brings_its_definition(top, compilers):
    board = find("EMU_RP2040")
    assert f"BOARD_DIR={board.folder}/port" in firmware.commands(board, top)[1]
    for name in ("tinyusb/src", "mbedtls/library"):
        (top / "lib" / name).mkdir(parents=True)
    (top / "lib/cyw43-driver/src").rmdir()
    assert firmware.check(board, top) == top
    with pytest.raises(BoardError, match=r"lacks lib/cyw43-driver/src"):
        firmware.check(PICO, top)


def test_a_build_of_another_tree_or_in_another_way_begins_anew(top, compilers, tmp_path, monkeypatch):
    """CMake refuses a folder that it filled from elsewhere, and reads what it
    was given only for an empty one.
    """
    monkeypatch.setattr(firmware, "OUTPUT", tmp_path / "out")
    output = tmp_path / "out/RPI_PICO_W"
    home = f"CMAKE_HOME_DIRECTORY:INTERNAL={top}/ports/rp2\n"
    modules = f"USER_C_MODULES:UNINITIALIZED={ROOT}/boards/rp2.cmake\n"
    converter = "PICO_NO_PICOTOOL:UNINITIALIZED=1\n"

    def stays(*told):
        output.mkdir(parents=True, exist_ok=True)
        (output / firmware.UNFINISHED).unlink(missing_ok=True)  # of the build before, which the FAKES let fail
        (output / "CMakeCache.txt").write_text("".join(told))
        built(output)
        with suppress(BoardError):  # nothing is made by a FAKE
            firmware.build(PICO, top, lambda text: None)
        assert (output / "firmware.uf2").exists() == (output / "CMakeCache.txt").exists()
        return (output / "CMakeCache.txt").exists()

    assert stays(home, modules, converter)
    assert not stays("CMAKE_HOME_DIRECTORY:INTERNAL=/elsewhere/ports/rp2\n", modules, converter)
    assert not stays(home, "USER_C_MODULES:UNINITIALIZED=/elsewhere/rp2.cmake\n", converter)
    assert not stays(home, modules)
    fake_tool(tmp_path / "bin", "picotool")
    assert stays(home, modules)
    assert not stays(home, modules, converter)


def test_a_folder_of_a_build_that_did_not_end_well_is_made_anew(top, compilers, tmp_path, monkeypatch):
    """A first build without the compiler's C library leaves what makes an image
    without start-up code ever after.
    """
    monkeypatch.setattr(firmware, "OUTPUT", tmp_path / "out")
    output = tmp_path / "out/RPI_PICO_W"
    output.mkdir(parents=True)
    fake_tool(tmp_path / "bin", "make", code=2)
    with pytest.raises(BoardError, match="failed with exit code 2"):
        firmware.build(PICO, top, lambda text: None)
    (output / "broken").touch()
    built(output)
    said = []
    fake_tool(tmp_path / "bin", "make")
    with pytest.raises(BoardError, match="is not there"):  # nothing is made by a FAKE, and what was there has gone
        firmware.build(PICO, top, said.append)
    assert f"the build before did not end well: {output} is made anew" in said
    assert not (output / "broken").exists()
    # an image that cannot be right leaves the folder marked as well
    monkeypatch.setattr(firmware, "_forget_broken", lambda output, say: None)
    (output / "firmware.uf2").write_bytes(uf2(PICO.family))
    (output / "firmware.bin").write_bytes(bytes(0x400))
    with pytest.raises(BoardError, match="does not say where its file system begins"):
        firmware.build(PICO, top, said.append)
    monkeypatch.undo()
    monkeypatch.setattr(firmware, "OUTPUT", tmp_path / "out")
    monkeypatch.setenv("PATH", f"{compilers}:/usr/bin:/bin")
    with suppress(BoardError):
        firmware.build(PICO, top, said.append)
    assert not (output / "firmware.bin").exists()


def test_native_code_that_does_not_begin_at_a_word_is_refused(compilers, tmp_path):
    """ARMv6-M faults on it, or takes other constants."""

    def listing(*symbols):
        text = "\n".join(symbols)
        (compilers / "arm-none-eabi-nm").write_text(f"#!/bin/sh\ncat <<'END'\n{text}\nEND\n")

    listing(
        "10035664 t fun_data_dlms_octets_viper_add",
        "10035667 r fun_data_log_line",
        "100357b4 t fun_data_net_hot_native_serve",
    )
    firmware.check_alignment(tmp_path / "firmware.elf")
    listing("10035664 t fun_data_dlms_octets_viper_add", "100357b6 t fun_data_net_hot_native_serve")
    with pytest.raises(
        BoardError, match="1 of 2 native functions do not begin at a word, fun_data_net_hot_native_serve among them"
    ):
        firmware.check_alignment(tmp_path / "firmware.elf")


def test_an_image_that_runs_into_the_file_system_is_refused(tmp_path):
    """Otherwise the file system overwrites its end."""
    image = tmp_path / "firmware.bin"
    for address, left in ((0x400, 0), (0x1000, 0xC00)):
        image.write_bytes(with_file_system(room.FLASH + address))
        assert room.check(image) == left
    image.write_bytes(with_file_system(room.FLASH + 0x3FC))
    with pytest.raises(BoardError, match="4 octets too long: at 0x100003fc the board's file system begins"):
        room.check(image)
    for octets in (b"", bytes(0x400), with_file_system(0)[:0x230]):
        image.write_bytes(octets)
        with pytest.raises(BoardError, match="does not say where its file system begins"):
            room.check(image)


def test_what_a_build_lacks(top, compilers, monkeypatch):
    with pytest.raises(BoardError, match="give TOP="):
        firmware.check(PICO, None)
    with pytest.raises(BoardError, match="not a MicroPython source tree"):
        firmware.check(PICO, top / "py")
    with pytest.raises(BoardError, match="has no ports/esp32"):
        firmware.check(ESP, top)
    (top / "lib/lwip/src").rmdir()
    with pytest.raises(BoardError, match=r"lacks lib/lwip/src: make -C .*/ports/rp2 BOARD=RPI_PICO_W submodules"):
        firmware.check(PICO, top)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(BoardError, match="needs make, cmake, arm-none-eabi-gcc, not installed here"):
        firmware.check(PICO, top)
    (top / "py/mpconfig.h").write_text("#define MICROPY_VERSION_MAJOR 1\n#define MICROPY_VERSION_MINOR 24\n")
    with pytest.raises(BoardError, match=r"is MicroPython 1\.24; 1\.25 or newer is needed"):
        firmware.check(PICO, top)


class Options:
    """As MicroPython's makemanifest.py hands them to a manifest that is included."""

    def __init__(self, given):
        self._given = given
        self._defaults = {}

    def defaults(self, **values):
        self._defaults = values

    def __getattr__(self, name):
        return self._given.get(name, self._defaults.get(name))


FREEZING = """
import subprocess, sys
sys.path.insert(0, {root!r})
def system(words):
    open({output!r}, "w").write(words[1])
    return 0, b""
from tools.image import rom
rom.take_part(sys.modules["__main__"])
{freezing}
"""


@pytest.mark.parametrize(
    ("freezing", "code", "said"),
    [
        ('system([sys.executable, "/top/tools/mpy-tool.py", "-f"])', 0, ""),
        ("", 0, ""),  # nothing to do
        ('system([sys.executable, "-m", "mpy_tool"])', 1, "calls mpy-tool.py in another way"),
        ('system(["mpy-tool"] * 2)', 1, "calls mpy-tool.py in another way"),
        ('open(sys.argv[2], "w").write("by itself")', 1, "calls mpy-tool.py in another way"),
    ],
)
def test_a_makemanifest_that_calls_its_tool_in_another_way_ends_the_build(tmp_path, freezing, code, said):
    """Otherwise everything would be frozen without a word, and take the
    heap that it is frozen to spare.
    """
    output = str(tmp_path / "frozen_content.c")
    script = FREEZING.format(root=str(ROOT), output=output, freezing=freezing)
    words = [sys.executable, "-c", script, "-o", output]
    done = subprocess.run(words, capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, said in done.stderr) == (code, True), done.stderr
    assert (tmp_path / "frozen_content.c").exists() == (code == 0 and bool(freezing))
    if code == 0 and freezing:
        assert (tmp_path / "frozen_content.c").read_text().endswith("tools/image/rom/mpytool.py")


# Octets of the meter for a Pico W as .mpy files for ARMv6-M. When there were 209,553, the image of
# MicroPython 1.28 left 120,448 octets of flash in front of its file system's place
# (docs/BOARDS.md). An octet more here takes 1.4 more there at the most: 1.22 as frozen code, and
# 1.15 times that where it is native code, which 1.28 makes longer than 1.25. With the store there
# are 252,939; 49,000 are to be left for what comes.
MOST_OCTETS = 260_000


@pytest.mark.timeout(300)
def test_a_pico_w_keeps_flash_for_what_comes(tmp_path):
    """Linked and compiled as for its image; the image itself, with its radio, is built by hand."""
    try:
        program = mpycross.get()
    except mpycross.Unavailable as reason:
        pytest.skip(f"no mpy-cross of images: {reason}")
    firmware, limits = ROOT / "firmware", ROOT / "boards" / "RPI_PICO_W" / "limits.py"
    files = [*sorted(Path(link.linked(firmware, tmp_path, limits)).glob("*.py")), limits]
    files += [firmware / name for name in link.shared(firmware)]
    output = tmp_path / "compiled.mpy"
    octets = 0
    for path in files:
        subprocess.run([program, "-march=armv6m", "-s", path.name, "-o", output, path], check=True, timeout=60)
        octets += output.stat().st_size
    assert len(files) > 20
    assert octets <= MOST_OCTETS, f"{octets:,} octets"


@pytest.mark.parametrize("name", BOARDS)
def test_manifests_freeze_the_firmware_and_the_limits(name, monkeypatch):
    """Runs the manifest with the functions that MicroPython's build gives
    it, reduced to what ours use.
    """
    frozen = []
    called = []
    monkeypatch.setattr("__main__.system", called.append, raising=False)  # of makemanifest.py, which runs manifests

    def run(path, **options):
        folder = path.parent
        monkeypatch.chdir(folder)  # as MicroPython's build does

        def include(text, **options):
            if text.startswith("$("):
                frozen.append(text)
            else:
                run((folder / text).resolve(), **options)
                monkeypatch.chdir(folder)

        def freeze(text, script=None):
            if text.startswith("$("):
                frozen.append(f"{text}/{script}")
                return
            script = [script] if isinstance(script, str) else script
            whole = sorted((folder / text).resolve().rglob("*.py"))
            frozen.extend(whole if script is None else [(folder / text / name).resolve() for name in script])

        scope = {
            "options": Options(options),
            "include": include,
            "freeze": freeze,
            "require": lambda text: frozen.append(text),
            "module": lambda text: frozen.append((folder / text).resolve()),
        }
        exec(compile(path.read_text(), str(path), "exec"), scope)

    run(ROOT / "boards" / name / "manifest.py")
    if find(name).port == "rp2":
        # with a start of the file system that does not format it
        assert frozen[0] == "$(PORT_DIR)/modules/rp2.py"
        assert ROOT / "boards/rp2/modules/flashchip.py" in frozen
        assert ROOT / "boards/modules/_boot.py" in frozen
    else:
        assert frozen[0] == "$(PORT_DIR)/boards/manifest.py"
        assert ROOT / "boards/modules/_boot.py" not in frozen
    assert frozen[-1] == ROOT / "boards" / name / "limits.py"
    assert {
        ROOT / "firmware" / part for part in ("main.py", "boot.py", "board/watchdog.py", "limits_default.py")
    } <= set(frozen)
    # a Pico W has no flash for the modules beside the linked one
    modules = {ROOT / "firmware" / part for part in ("app.py", "dlms/server.py", "board/hardware.py")}
    assert modules & set(frozen) == (set() if name == "RPI_PICO_W" else modules)
    assert all(path.is_file() for path in frozen if isinstance(path, Path) and "linked" not in path.parts)
    # the whole firmware linked: main.py runs that
    assert ROOT / ".cache" / "linked" / name / "image.py" in frozen
    # and that with functions and classes in the flash
    sys.modules["__main__"].system(["python3", "/top/tools/mpy-tool.py", "-f", "a.mpy"])
    sys.modules["__main__"].system(["git", "describe"])
    own = str(ROOT / "tools" / "image" / "rom" / "mpytool.py")
    assert called == [["python3", own, "/top/tools/mpy-tool.py", "-f", "a.mpy"], ["git", "describe"]]
