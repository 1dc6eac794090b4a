"""Pins, the virtual environment, the Makefile and the 32-bit interpreter."""

import os
import re
import shlex
import shutil
import subprocess
import sys

import pytest

from tools.image import mp32
from tools.launcher import ROOT, find
from tools.launcher.interpreter import command_words
from tools.upkeep.pins import requirements

GROUPS = ("host", "micropython", "interop")
SMALL_INT = """
import micropython
def boxed(number):
    micropython.heap_lock()
    try:
        number + 1
        return False
    except MemoryError:
        return True
    finally:
        micropython.heap_unlock()
print(boxed(2 ** 30 - 2), boxed(2 ** 30 - 1))
"""


def make(*words, cwd=ROOT, **variables):
    env = {name: value for name, value in os.environ.items() if not name.startswith("MAKE") and name != "MICROPYTHON"}
    env.update(variables)
    return subprocess.run(["make", *words], cwd=cwd, env=env, capture_output=True, text=True, timeout=50, check=False)


@pytest.mark.parametrize("group", GROUPS)
def test_every_dependency_is_pinned_exactly(group):
    assert all(re.fullmatch(r"[\w-]+==[\w.]+", line) for line in requirements([group]))


def test_third_party_clients_are_no_host_dependency():
    assert {line.split("==")[0] for line in requirements(["interop"])} == {"gurux-dlms", "dlms-cosem"}
    assert not set(requirements(["interop"])) & set(requirements(["host", "micropython"]))


def test_unknown_group_is_one_line():
    done = subprocess.run(
        [sys.executable, "tools/upkeep/pins.py", "x"], cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.returncode, done.stderr) == (2, "error: no dependency group 'x' in pyproject.toml\n")


def test_help_lists_the_targets():
    listed = make("help").stdout
    targets = ["help", "run", "read", "listen", "test", "test-emulated", "test-rp2040", "test-hil", "floods"]
    targets += ["torture", "bench", "fuzz", "soak", "lint", "flash", "deploy", "provision", "firmware", "clean"]
    assert re.findall(r"^  make ([\w-]+)", listed, re.MULTILINE) == targets


@pytest.fixture
def bare_checkout(tmp_path):
    """What setting up needs, in a folder without a virtual environment."""
    (tmp_path / "tools" / "upkeep").mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml", "tools/upkeep/pins.py", "tools/upkeep/venv.sh"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def fake_python(folder, text):
    folder.mkdir(exist_ok=True)
    path = folder / "python3"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_python_that_is_too_old(bare_checkout, tmp_path):
    done = make("read", "PYTHON=" + fake_python(tmp_path / "bin", "exit 1"), cwd=bare_checkout)
    assert done.returncode != 0
    assert re.search(r"^error: PYTHON=\S+ is not a Python 3\.10 or newer$", done.stderr, re.MULTILINE)
    assert not (bare_checkout / ".venv").exists()


def test_python_without_venv(bare_checkout, tmp_path):
    python = fake_python(tmp_path / "bin", 'case "$*" in *ensurepip*) exit 1;; esac; exit 0')
    done = make("read", f"PYTHON={python}", cwd=bare_checkout)
    assert done.returncode != 0
    assert "has no venv module: install it" in done.stderr
    assert not (bare_checkout / ".venv").exists()


@pytest.fixture(scope="module")
def interpreter_32bit():
    """The 32-bit interpreter, where it was fetched before (`python -m tools.image.mp32`)."""
    words = mp32.cached()
    if words is None:
        pytest.skip("the 32-bit interpreter was not fetched")
    return words


def test_32bit_interpreter_boxes_like_a_board(interpreter_32bit):
    done = subprocess.run(
        [*interpreter_32bit, "-c", SMALL_INT], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.stdout.split() == ["False", "True"], done.stderr


def test_32bit_interpreter_serves_the_launcher(interpreter_32bit):
    found = find(" ".join(f"'{word}'" for word in interpreter_32bit))
    assert not found.is_64bit
    assert found.words == tuple(interpreter_32bit) == tuple(command_words(" ".join(interpreter_32bit)))


def test_32bit_interpreter_elsewhere_is_one_line(tmp_path):
    fake_python(tmp_path, "exit 0")
    env = {**os.environ, "PATH": str(tmp_path)}
    code = (
        "import pathlib, sys; from tools.image.mp32 import fetch; fetch.CACHE = pathlib.Path('nowhere')\n"
        "from tools.image.mp32.__main__ import main; sys.exit(main([]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith("error: no 32-bit MicroPython here: ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "BOARD=RPI_PICO_W"], "make run does not know BOARD: it takes BIND CONFIG FRESH MICROPYTHON PORT SET"),
        (["read", "CLIENT=16"], "make read does not know CLIENT: it takes ARGS HOST PORT"),
        (
            ["firmware", "BOARD=RPI_PICO_W", "TARGET=/dev/ttyACM0"],
            "make firmware does not know TARGET: it takes ARGS BOARD TOP",
        ),
    ],
)
def test_words_that_a_target_would_ignore_are_told(words, said):
    done = make(*words, "-n")
    assert done.returncode == 2
    assert said in done.stderr
    assert not done.stdout


def test_words_that_a_target_takes_are_taken():
    for words in (
        ["run", "PORT=0", "SET=rate=60 seed=7", "MICROPYTHON=micropython"],
        ["help", "HOST=x"],
        ["test", "JOBS=2", "ARGS=-k x"],
    ):
        assert make(*words, "-n").returncode == 0, words


def test_targets_take_the_words_that_the_manuals_give_them():
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    commands = {
        command
        for page in pages
        for command in re.findall(r"(?:^ {4,}|`)(make [a-z][^`#\n]*)", page.read_text(), re.MULTILINE)
    }
    assert len(commands) > 20
    for command in sorted(commands):
        done = make(*shlex.split(re.sub("<.*?>", "x", command))[1:], "-n")
        assert done.returncode == 0, f"{command}: {done.stderr}"


def test_targets_take_the_words_that_their_recipes_read():
    text = (ROOT / "Makefile").read_text()
    words = set(re.findall(r"^([A-Z]+) [:?]=", text, re.MULTILINE)) - {"PYTHON", "VENV", "PY"}
    for target, recipe in re.findall(r"^([a-z0-9-]+):.*## .*\n((?:\t.*\n)+)", text, re.MULTILINE):
        taken = re.search(rf"^TAKES_{target} := (.*)$", text, re.MULTILINE)
        read = words & set(re.findall(r"\$\$?[({]?([A-Z]+)\b", recipe))
        assert read <= set(taken[1].split() if taken else ()), target


@pytest.mark.parametrize(
    ("words", "folders"),
    [
        (["test-hil", "RIG=rig.toml"], "host_tests/hardware host_tests/alloc host_tests/cosem host_tests/wire"),
        (["test-hil", "RIG=rig.toml", "ARGS=host_tests/hardware -rs"], "host_tests/hardware -rs"),
        (
            ["test-hil", "RIG=rig.toml", "ARGS=-x host_tests/wire/test_a.py::test_b"],
            "-x host_tests/wire/test_a.py::test_b",
        ),
        (["test-emulated", "ARGS=host_tests/alloc"], "host_tests/alloc"),
        (["test-rp2040", "ARGS=host_tests/rp2040/test_pins.py"], "host_tests/rp2040/test_pins.py"),
    ],
)
def test_a_folder_in_args_takes_the_place_of_the_targets_own(words, folders):
    """Beside the target's own it would add nothing."""
    command = make(*words, "-n").stdout.split("pytest")[-1].split()
    named = [word for word in command if word != "\\"]
    named = named[named.index('cpython"') + 1 :]
    assert named == folders.split()
