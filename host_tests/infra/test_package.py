"""The client as a package: what the wheel holds, what its modules import, and its guide, in
an environment that has nothing else.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.launcher import ROOT
from tools.upkeep.pins import tomllib

pytestmark = [pytest.mark.timeout(300), pytest.mark.caps("direct")]
GUIDE = ROOT / "docs" / "guide" / "python.md"
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
FOLDERS = {name: ROOT / folder for name, folder in PYPROJECT["tool"]["setuptools"]["package-dir"].items()}
# Modules of the standard library that are not on every system.
POSIX_ONLY = {
    "crypt",
    "curses",
    "fcntl",
    "grp",
    "nis",
    "posix",
    "pty",
    "pwd",
    "readline",
    "resource",
    "spwd",
    "syslog",
    "termios",
    "tty",
}
# What `dependencies` of pyproject.toml declares, by the names that are imported.
DECLARED = {"rich", "tomli"}
_EXAMPLE = re.compile(r"```python\n(.*?)```\n(?:\n```text\n(.*?)```)?", re.DOTALL)
_COMMANDS = re.search(r"```sh\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
EXAMPLES = _EXAMPLE.findall(GUIDE.read_text(encoding="utf-8"))


def modules() -> Iterator[tuple[str, Path, ast.Module]]:
    """Every module of the package: its dotted name there, its file, its syntax tree."""
    for package, folder in FOLDERS.items():
        for path in sorted(folder.glob("*.py")):
            name = package if path.stem == "__init__" else f"{package}.{path.stem}"
            yield name, path, ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports(name: str, path: Path, tree: ast.Module) -> Iterator[str]:
    """The absolute names of what a module imports, at its head and in its functions."""
    package = name if path.stem == "__init__" else name.rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")
            base = parts[: len(parts) - node.level + 1] if node.level else []
            yield ".".join([*base, *(node.module or "").split(".")]).strip(".")


def test_modules_import_the_standard_library_their_package_and_what_is_declared():
    own = {name for name, _, _ in modules()}
    for name, path, tree in modules():
        for wanted in imports(name, path, tree):
            top = wanted.partition(".")[0]
            assert top not in POSIX_ONLY, f"{name} imports {wanted}, which is not on every system"
            assert wanted in own or top in sys.stdlib_module_names | DECLARED | {"__future__"}, (
                f"{name} imports {wanted}"
            )
    assert {re.split(r"[^\w-]", line)[0] for line in PYPROJECT["project"]["dependencies"]} == DECLARED


def test_whole_folders_are_packaged():
    assert set(FOLDERS) == set(PYPROJECT["tool"]["setuptools"]["packages"])
    for folder in FOLDERS.values():
        assert not [path for path in folder.iterdir() if path.is_dir() and path.name != "__pycache__"], (
            f"a folder of {folder} is left out"
        )


def quietly(*words: object, cwd: Path) -> None:
    """Run a command; pytest shows its output when it fails."""
    done = subprocess.run(list(map(str, words)), cwd=cwd, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from a copy of the sources, because setuptools leaves files beside them."""
    source = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for name in ("docs", "tools"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    quietly(
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        source / "dist",
        ".",
        cwd=source,
    )
    (built,) = (source / "dist").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def empty(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scripts' folder of an environment that has the wheel and nothing that it depends on."""
    folder = tmp_path_factory.mktemp("empty")
    venv.create(folder, with_pip=True)
    scripts = folder / ("Scripts" if os.name == "nt" else "bin")
    quietly(scripts / "python", "-m", "pip", "install", "-q", "--no-index", "--no-deps", wheel, cwd=folder)
    return scripts


@pytest.fixture(scope="module")
def complete(empty: Path, wheel: Path) -> Path:
    """The same environment with what the wheel declares."""
    words = [empty / "python", "-m", "pip", "install", "-q", "--retries", "1", "--timeout", "20", wheel]
    try:
        done = subprocess.run(
            list(map(str, words)), cwd=empty, capture_output=True, text=True, timeout=120, check=False
        )
    except subprocess.TimeoutExpired:
        pytest.skip("the dependencies of the wheel could not be fetched in 120 s")
    if done.returncode:
        pytest.skip(f"the dependencies of the wheel cannot be fetched here: {done.stderr.strip().splitlines()[-1]}")
    return empty


def test_types_are_checked_of_the_whole_package_but_its_head():
    checked = {name.replace("tools", "dlms_meter") for name in PYPROJECT["tool"]["mypy"]["packages"]}
    assert checked == set(FOLDERS) - {"dlms_meter"}  # which imports by its installed name


def test_a_type_checker_sees_what_the_package_has(empty, tmp_path):
    """A program of a user, checked strictly: names are exported, and a wrong argument is seen."""
    program = tmp_path / "program.py"
    program.write_text("""\
from dlms_meter import Client, Data

def energy(client: Client) -> Data:
    return client.associate(32, 1).get(3, "1.0.1.8.0.255", 2)

Client.tcp(port="4059")
""")
    words = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--python-executable",
        empty / "python",
        "--cache-dir",
        tmp_path / "cache",
        program,
    ]
    said = subprocess.run(
        list(map(str, words)), cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False
    ).stdout
    assert re.findall(r"program\.py:(\d+): error: .*\[(.*)\]", said) == [("6", "arg-type")], said


def run(scripts: Path, *words: str, meter) -> str:
    """What a command of the environment prints, far from the checkout and
    with nothing of it on its path.
    """
    env = {name: value for name, value in os.environ.items() if not name.startswith(("DLMS_", "PYTHON"))}
    env |= {"DLMS_HOST": meter.host, "DLMS_PORT": str(meter.port), "DLMS_NO_CACHE": "1", "PYTHONIOENCODING": "utf-8"}
    command = [str(scripts / words[0]), *words[1:]]
    done = subprocess.run(
        command, cwd=scripts, env=env, capture_output=True, text=True, encoding="utf-8", timeout=50, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_holds_one_package_that_is_typed(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.partition("/")[0] for name in names if ".dist-info/" not in name} == {"dlms_meter"}
    assert "dlms_meter/py.typed" in names
    packaged = {name for name in names if name.endswith(".py")}
    assert packaged == {str(path).replace(".", "/") + ".py" for path in _module_files()}


def _module_files() -> Iterator[str]:
    for name, path, _ in modules():
        yield f"{name}.__init__" if path.stem == "__init__" else name


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_examples_of_the_guide_print_what_it_shows(empty, meter, number):
    """Without rich: the library needs the standard library alone. Numbers
    may differ, except in words.
    """
    code, shown = EXAMPLES[number]
    assert shown
    said = run(empty, "python", "-c", code.replace('"127.0.0.1", 4059', f'"{meter.host}", {meter.port}'), meter=meter)
    assert re.sub(r"\b\d{5,}\b", "energy", said) == re.sub(r"\b\d{5,}\b", "energy", shown)


def test_commands_of_the_guide_run(complete, meter):
    assert _COMMANDS is not None
    for line in _COMMANDS[1].splitlines():
        run(complete, *line.split(), meter=meter)
    assert "Wh" in run(complete, "dlms-meter", "read", "--object", "1.0.1.8.0.255", meter=meter)


def test_the_installed_command_has_its_own_name(complete, meter):
    for words in (("dlms-meter",), ("dlms-meter", "listen"), ("python", "-m", "dlms_meter")):
        told = run(complete, *words, "--help", meter=meter)
        assert "usage: dlms-meter" in told
        assert "tools." not in told
