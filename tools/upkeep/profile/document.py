"""docs/PROFILE.md with its generated parts put in."""

from __future__ import annotations

import re
from collections.abc import Callable

from tools.launcher import ROOT, Meter
from tools.upkeep.profile import conformity, meter, sessions, sizes

PROFILE = ROOT / "docs" / "PROFILE.md"
_PART = "<!-- begin {0}[^\n]*-->\n(.*?)<!-- end {0} -->\n"


def put(text: str, name: str, part: str) -> str:
    """The text with the part of that name replaced; SystemExit when it has no place for it."""
    match = re.search(_PART.format(re.escape(name)), text, re.DOTALL)
    if match is None:
        raise SystemExit(f"error: docs/PROFILE.md has no place for the part {name!r}")
    return text[: match.start(1)] + "\n" + part.strip("\n") + "\n\n" + text[match.end(1) :]


def names(text: str) -> list[str]:
    """The generated parts that a text has places for."""
    return re.findall(r"^<!-- begin ([\w-]+)", text, re.MULTILINE)


# What makes each part: from the port of a running meter …
ASKED: dict[str, Callable[[int], str]] = {
    "associations": meter.associations,
    "services": meter.services,
    "conformance": meter.conformance,
    "long-messages": meter.long_messages,
    "setup-objects": meter.setup_objects,
    "own-codes": meter.own_codes,
}
# … and without one
MADE: dict[str, Callable[[], str]] = {
    "limits": sizes.limits,
    "timing": sizes.timing,
    "sessions": sessions.render,
    "conformity": conformity.table,
}


def render(text: str) -> str:
    """The document with every generated part made anew."""
    with Meter(sessions.SETTINGS) as running:
        for name, tell in ASKED.items():
            text = put(text, name, tell(running.ready.port))
    for name, make in MADE.items():
        text = put(text, name, make())
    return text
