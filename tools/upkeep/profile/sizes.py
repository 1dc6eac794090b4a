"""The sizes of each board and the time-outs, as tables."""

from __future__ import annotations

import re
import runpy
import sys
from pathlib import Path

from tools.launcher import ROOT
from tools.upkeep.commented import commented

_LIMIT = re.compile(r"^([A-Z_]+) = .+?(?:  # (.+))?$")
_KEY = re.compile(r'^    "(\w+)": \((.+)\),(?:  # (.+))?$')
# What a client has to know, in this order; those that a board's limits do not have are left out
SHOWN = (
    *(
        "PDU",
        "DATAGRAM",
        "CONNECTIONS",
        "ASSOCIATIONS",
        "ALL_ASSOCIATIONS",
        "UDP_LINKS",
        "UDP_ASSOCIATIONS",
        "ALL_UDP_ASSOCIATIONS",
    ),
    *("TRANSFERS", "UDP_TRANSFERS", "REASSEMBLY", "GBT_WINDOW", "LIST", "NESTING", "GROUPS", "PUSHES", "OUTBOX"),
)
TIMES = ("inactivity", "udp_inactivity", "frame_timeout", "dial_pause", "push_interval", "push_retries", "push_delay")


def boards() -> list[str]:
    """The names of the boards, the computer first."""
    found = sorted(path.parent.name for path in (ROOT / "boards").glob("*/limits.py"))
    return ["unix", *(name for name in found if name != "unix")]


def values(board: str) -> dict[str, object]:
    """The limits of a board."""
    firmware = str(ROOT / "firmware")
    sys.path.insert(0, firmware)
    try:
        return runpy.run_path(str(ROOT / "boards" / board / "limits.py"))
    finally:
        sys.path.remove(firmware)


def meanings(path: Path) -> dict[str, str]:
    """Name of a limit -> its comment."""
    return {match[1]: meaning for match, meaning in commented(path, _LIMIT) if meaning}


def limits() -> str:
    """A line a limit, a column a board."""
    names = boards()
    found = {name: values(name) for name in names}
    meaning = meanings(ROOT / "firmware" / "limits_default.py")
    lines = ["| limit | " + " | ".join(names) + " |", "|---|" + "---|" * len(names)]
    for key in SHOWN:
        if key in meaning:
            lines.append(f"| {meaning[key]} | " + " | ".join(str(found[name][key]) for name in names) + " |")
    return "\n".join(lines)


def timing() -> str:
    """The time-outs that are configured, with their defaults."""
    lines = ["| key | default | meaning |", "|---|---|---|"]
    for match, meaning in commented(ROOT / "firmware" / "config.py", _KEY):
        if match[1] in TIMES:
            lines.append(f"| `{match[1]}` | {match[2].split(',')[0].strip()} | {meaning} |")
    return "\n".join(lines)
