"""Calls run one way, as imports do: nothing below the server reaches up into it.

An object that is handed down could be called back from below without any import. So this looks for

    server.x, a.server.x     in the rooms of dlms, in cosem and meter
    x.dispatch               any name that class Server alone defines, whatever it is reached by
    kit.whole                a module of a higher room, or an object of another part, in the kit
    server.x                 in net, which stands above: only what the door offers to transports
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from .imports import ROOMS
from .report import ROOT, Problem

# What net may use of a server: the door, how it is asked, and what links are made with.
DOOR = {
    *("handle", "serve", "more", "too_long", "abort", "fast"),
    *("buffer", "carrier", "kit", "log", "pdu", "served", "trail"),
}
# What the kit holds of places above those who use it: name -> the room, or part, where it is.
ABOVE = {"whole": "ln", "access": "ln", "sn": "sn", "long_push": "net"}
# The calls upward that remain: (module, name) -> why.
ALLOWED = {
    ("dlms/long/response.py", "whole"): "the way out of a value whose blocks were not negotiated needs the services",
    ("dlms/long/gbt.py", "long_push"): "an acknowledgement of a push is no request of this AA; who pushes knows it",
    ("dlms/ln/whole.py", "sn"): "an answer in one piece that cannot be sent is refused as its service refuses",
}
FLOORS = (*ROOMS, "server", "net")


def _attributes(tree: ast.Module) -> Iterator[tuple[ast.expr, str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.value, node.attr, node.lineno


def _last(node: ast.expr) -> str:
    """`server` for the names server, self.server and link.carrier.server."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _defined(tree: ast.Module) -> set[str]:
    """The names of all functions and methods of a module."""
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def own_names(trees: dict[str, ast.Module]) -> set[str]:
    """The methods of the server that no other module has a function or attribute of."""
    others: set[str] = set()
    for name, tree in trees.items():
        if name != "dlms/server.py":
            others |= _defined(tree)
            others |= {
                node.attr
                for node in ast.walk(tree)
                if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
            }
    return _defined(trees["dlms/server.py"]) - others if "dlms/server.py" in trees else set()


def _upward(name: str, tree: ast.Module, own: set[str]) -> Iterator[tuple[int, str]]:
    """(line, name) of each access of a module below the server to it, or
    to what is above the module.
    """
    parts = name.split("/")
    room = parts[1] if parts[0] == "dlms" else "ln"  # cosem and meter call into dlms as services do
    for value, attribute, line in _attributes(tree):
        above = _last(value) == "kit" and attribute in ABOVE
        if (
            _last(value) == "server"
            or attribute in own
            or (above and FLOORS.index(ABOVE[attribute]) > FLOORS.index(room))
        ):
            yield line, attribute


def check(root: Path = ROOT) -> list[Problem]:
    """A problem for each call upward that is not in the list, and for each entry
    of the list that is not needed.
    """
    firmware = root / "firmware"
    trees = {
        path.relative_to(firmware).as_posix(): ast.parse(path.read_text(encoding="utf-8"), str(path))
        for path in sorted(firmware.rglob("*.py"))
    }
    own = own_names(trees)
    problems = []
    found = set()
    for name, tree in trees.items():
        path = Path("firmware") / name
        parts = name.split("/")
        if parts[0] in ("cosem", "meter") or (parts[0] == "dlms" and parts[1] in ROOMS):
            for line, attribute in _upward(name, tree, own):
                found.add((name, attribute))
                if (name, attribute) not in ALLOWED:
                    problems.append(Problem(path, line, f"{attribute} is above: calls run one way, as imports do"))
        elif parts[0] == "net":
            for value, attribute, line in _attributes(tree):
                if _last(value) == "server" and attribute not in DOOR:
                    problems.append(Problem(path, line, f"server.{attribute} is no part of the door for transports"))
    for name, attribute in sorted(set(ALLOWED) - found):
        if name in trees:
            problems.append(Problem(Path("firmware") / name, 1, f"calls.py allows {attribute}, which is not used"))
    return problems
