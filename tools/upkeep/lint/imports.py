"""Imports run one way, and the protocol knows no I/O.

    app -> net -> dlms
    app -> meter -> cosem -> dlms
    app -> meter, board -> store -> dlms
    app -> board -> net, meter

`app` reads the configuration and hands it down; the log and the version are leaves. Inside dlms the
rooms stand on each other: codec, aa, unasked, long, ln, sn, and on top of them the server. tools/
imports nothing of firmware/ (tools/state asks for the modules that read a store, by name), and
nothing outside the tests imports the third-party clients that only the tests use. In tools/, what
is for users imports neither drawer, and image/ nothing of upkeep/.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from .report import ROOT, Problem

# What each part of firmware/ may import of the others (and always of itself).
ALLOWED: dict[str, set[str]] = {
    "dlms": set(),
    "store": {"dlms"},
    "cosem": {"dlms"},
    "meter": {"cosem", "store", "dlms", "log", "version"},
    "net": {"dlms", "log"},
    "board": {"meter", "net", "store", "dlms", "log"},
    "app": {"board", "dlms", "cosem", "meter", "net", "store", "config", "log", "trace", "version"},
    "main": {"app"},
    "boot": {"board"},
    "config": {"log"},
    "log": set(),
    "limits_default": set(),
    "masks": {"dlms"},
    "trace": {"dlms", "masks"},
    "version": set(),
}
# The rooms of dlms from the ground up: each imports of those below it and of
# itself. What stands in no room is on top.
ROOMS = ("codec", "aa", "unasked", "long", "ln", "sn")
# The drawers of tools/, each over those before it. What stands in none is for
# users, and is below them all.
DRAWERS = ("image", "upkeep")
_IO_MODULES = {
    *("socket", "select", "ssl", "tls", "network", "machine", "bluetooth", "rp2", "esp32"),
    *("asyncio", "time", "os", "io", "vfs", "random", "logging", "_thread"),
}
# The names that older MicroPython and old code use for the same modules.
IO_MODULES = _IO_MODULES | {f"u{name}" for name in _IO_MODULES}
IO_FUNCTIONS = {"print", "open", "input"}
TEST_ONLY = {"gurux_dlms", "gurux_common", "gurux_net", "dlms_cosem"}
HOST_PACKAGES = {"tools", "host_tests"}


def imported(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """The top-level name of each module that a file imports, and the line. Relative
    imports stay inside and are left out.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name.partition(".")[0], node.lineno
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.partition(".")[0], node.lineno
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "__import__":
            if node.args and isinstance(node.args[0], ast.Constant):
                yield str(node.args[0].value).partition(".")[0], node.lineno


def _firmware_faults(part: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    for name, line in imported(tree):
        if name in ALLOWED and name != part and name not in ALLOWED[part]:
            yield line, f"{part} imports {name}: imports run app -> net -> dlms and app -> meter -> cosem -> dlms"
        if name in HOST_PACKAGES:
            yield line, f"firmware imports {name}, which is host code"
        if part == "dlms" and name in IO_MODULES:
            yield line, f"dlms imports {name}: the protocol knows no I/O and no clock"
    if part == "dlms":
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in IO_FUNCTIONS:
                yield node.lineno, f"dlms calls {node.func.id}(): the protocol knows no I/O"


def _room_faults(room: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """What a module in a room of dlms imports of the floors above it."""
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names = [node.module] if node.module != "dlms" else [f"dlms.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            package, _, rest = name.partition(".")
            other = rest.partition(".")[0]
            if package == "dlms" and other != room and (other not in ROOMS or ROOMS.index(other) > ROOMS.index(room)):
                yield node.lineno, f"dlms.{room} imports {name}, which is above it: {', '.join(ROOMS)}, server"


def _height(names: tuple[str, ...]) -> int:
    """How high a module of tools/ stands: 0 is for users."""
    return DRAWERS.index(names[1]) + 1 if len(names) > 1 and names[1] in DRAWERS else 0


def _drawer_faults(folders: tuple[str, ...], tree: ast.Module) -> Iterator[tuple[int, str]]:
    """What a module of tools/, in these folders, imports of a drawer above its own,
    relatively or by the whole name.
    """
    for node in ast.walk(tree):
        found: list[tuple[str, ...]] = []
        if isinstance(node, ast.ImportFrom):
            package = folders[: len(folders) - node.level + 1] if node.level else ()
            package += tuple((node.module or "").split(".")) if node.module else ()
            found = [(*package, alias.name) for alias in node.names]
        elif isinstance(node, ast.Import):
            found = [tuple(alias.name.split(".")) for alias in node.names]
        for names in found:
            if names[0] == "tools" and _height(names) > _height(folders):
                yield node.lineno, f"{'.'.join(folders)} imports {'.'.join(names)}, which is in a drawer above it"


def check(root: Path = ROOT) -> list[Problem]:
    """A problem for each import that runs the wrong way."""
    problems = []
    for path in _python_files(root, "firmware", "boards", "tools"):
        relative = path.relative_to(root)
        tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
        faults: list[tuple[int, str]] = []
        if relative.parts[0] == "firmware":
            part = relative.parts[1].removesuffix(".py")
            if part in ALLOWED:
                faults += _firmware_faults(part, tree)
                if part == "dlms" and relative.parts[2] in ROOMS:
                    faults += _room_faults(relative.parts[2], tree)
            else:
                faults.append((1, f"{part} is no part of firmware/ that tools/upkeep/lint/imports.py knows"))
        if relative.parts[0] == "tools":
            faults += _drawer_faults(relative.parts[:-1], tree)
        for name, line in imported(tree):
            if relative.parts[0] == "tools" and name in {*ALLOWED, "firmware", "host_tests"}:
                faults.append((line, f"tools imports {name}: it shares no code with the firmware and the tests"))
            if name in TEST_ONLY:
                faults.append((line, f"{name} is for host_tests only"))
        problems += [Problem(relative, line, text) for line, text in faults]
    return problems


def _python_files(root: Path, *folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((root / folder).rglob("*.py"))
