"""A board that a labgrid coordinator hands out: `labgrid:PLACE`, as a target
or as a device of the rig file.

labgrid stays outside: its client is run as a command, from an environment of its own
(`make test-hil LABGRID=1` makes it), because it brings a pyserial of its own. LG_COORDINATOR and
LG_USERNAME mean to it what they always mean. The place needs a NetworkSerialPort, and its power is
the ladder's last rung when it has a power port.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from tools.launcher import ROOT

from .errors import HilError
from .rig import BoardSpec, Relay, single

PREFIX = "labgrid:"
TIMEOUT = 60.0
_PROTOCOLS = {"raw": "socket", "rfc2217": "rfc2217"}
_RESOURCE = re.compile(r"^(?:Matching|Acquired) resource '.*' \(.*\):\n((?:  .*\n?)+)", re.MULTILINE)


def client() -> Path:
    """The labgrid-client command: in the folder that LABGRID names, or where make puts it."""
    folder = os.environ.get("LABGRID", "")
    return (Path(folder) if "/" in folder else ROOT / ".venv" / "labgrid" / "bin") / "labgrid-client"


def _run(place: str, *words: str) -> str:
    command = client()
    if not command.exists():
        raise HilError(f"{PREFIX}{place}: labgrid is not installed: make test-hil LABGRID=1 installs it")
    try:
        done = subprocess.run(
            [str(command), "-p", place, *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise HilError(f"{PREFIX}{place}: labgrid-client {words[0]} did not end within {TIMEOUT:.0f} s") from None
    if done.returncode != 0:
        said = (done.stdout + done.stderr).strip().splitlines()
        raise HilError(
            f"{PREFIX}{place}: {said[-1].removeprefix('labgrid-client: Error: ') if said else 'labgrid-client failed'}"
        )
    return done.stdout


@cache
def _resources(place: str) -> Mapping[str, Mapping[str, Any]]:
    """Parameters of the resources of a place by class."""
    found = {}
    for match in _RESOURCE.finditer(_run(place, "show")):
        table = ast.literal_eval(match.group(1).strip())
        found[table["cls"]] = table["params"]
    return found


def device(place: str) -> str:
    """The URL of the place's serial port; HilError when it has none."""
    params = _resources(place).get("NetworkSerialPort")
    if params is None:
        raise HilError(
            f"{PREFIX}{place}: the place has no NetworkSerialPort (it has: {', '.join(_resources(place)) or 'nothing'})"
        )
    return f"{_PROTOCOLS[params.get('protocol', 'rfc2217')]}://{params['host']}:{params['port']}"


def spec(place: str) -> BoardSpec:
    """The board of a place of which nothing more is known; HilError when
    the coordinator does not know it.
    """
    return with_power(single(f"{PREFIX}{place}"))


def with_power(board: BoardSpec) -> BoardSpec:
    """A board of a place with the place's power as its relay, unless the rig file names another."""
    place = board.device.removeprefix(PREFIX)
    if board.power is not None or not any("Power" in kind for kind in _resources(place)):
        return board
    words = (str(client()), "-p", place, "power")
    return replace(board, power=Relay(f"of place {place}", (*words, "off"), (*words, "on")))


def acquire(place: str) -> None:
    """Take the place; HilError says who has it."""
    _run(place, "acquire")


def release(place: str) -> None:
    _run(place, "release")
