"""The conformity table: every rule of docs/REQUIREMENTS.md, whether this meter
does it, and the tests that prove it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tools.launcher import ROOT
from tools.upkeep.profile.collector import VARIABLE
from tools.upkeep.profile.reasons import NO, PARTLY, reasons_of

YES = "yes"
NAMED = 3  # tests named for a rule: those that name the fewest other rules with it
_DEFINITION = re.compile(r"^[-*]\s+\*\*([A-I]-\d{2,3}[a-z]?) ([MSON])\*\*\s+(.*)$")
_SECTIONS = {
    "A": "Wrapper and transport",
    "B": "Profile rules of IEC 62056-9-7",
    "C": "ACSE and xDLMS Initiate",
    "D": "xDLMS services and data",
    "E": "Security",
    "F": "COSEM objects",
    "G": "IEC 62056-8-4 (PRIME)",
    "H": "Profile statement",
    "I": "What is kept, and what is borne",
}
_LONGEST = 110  # characters of a rule


def tests() -> dict[str, list[str]]:
    """Test -> the ids that it names, collected by pytest. Third-party clients are left
    out: whoever checks may not have them.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "tests.json"
        words = [
            sys.executable,
            "-m",
            "pytest",
            "--collect-only",
            "-q",
            "-p",
            "tools.upkeep.profile.collector",
            "-p",
            "no:xdist",
        ]
        words += ["-p", "no:cacheprovider", "-p", "host_tests.harness.options", "--results", folder, "host_tests"]
        environment = {**os.environ, "INTEROP": "0", VARIABLE: str(file), "PYTHONDONTWRITEBYTECODE": "1"}
        environment.pop("PYTEST_ADDOPTS", None)
        finished = subprocess.run(
            words,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if finished.returncode:
            raise SystemExit(
                f"error: the tests cannot be collected\n{finished.stdout[-2000:]}{finished.stderr[-2000:]}"
            )
        return json.loads(file.read_text(encoding="utf-8"))


def rules() -> dict[str, tuple[str, str]]:
    """Id -> (priority, text) in the order of the document."""
    lines = (ROOT / "docs" / "REQUIREMENTS.md").read_text(encoding="utf-8").splitlines()
    return {match[1]: (match[2], match[3]) for match in map(_DEFINITION.match, lines) if match}


def short(text: str) -> str:
    """The beginning of a rule: without its evidence and what the meter chooses,
    one sentence if it is short enough.
    """
    text = text.partition(" *Meter:*")[0]
    text = re.sub(r"\s*\[[^\[\]]*\]\s*$", "", text).replace("**", "")
    sentence = re.match(r"(.{20,}?[^.A-Z0-9 ])\.(?: |$)", text)
    if sentence and len(sentence[1]) <= _LONGEST:
        return _plain(sentence[1])
    text = text.rstrip(".")
    if len(text) > _LONGEST:
        text = text[:_LONGEST].rpartition(" ")[0].rstrip(",;:([→") + " …"
        if text.count("`") % 2:
            text = text.removesuffix(" …") + "` …"
    return _plain(text)


def _plain(text: str) -> str:
    return (
        text.replace("|", "\\|")
        .replace("in the table below", "in its table")
        .replace("in the tables below", "in its tables")
    )


def proofs(found: dict[str, list[str]], identifier: str) -> list[str]:
    """The tests of an id, the most particular first."""
    naming = [name for name, ids in found.items() if identifier in ids]
    return sorted(naming, key=lambda name: (len(found[name]), name))


def status(identifier: str, found: dict[str, list[str]]) -> tuple[str, str]:
    """yes, partly or no, and why; AssertionError for a rule that has neither a test nor a reason."""
    tested = {named for ids in found.values() for named in ids}
    reasons = reasons_of(identifier)
    if identifier not in tested:
        assert reasons, f"{identifier} has no test, and tools/upkeep/profile/reasons.py does not say why"
        return NO, reasons[0].text
    for reason in reasons:
        if reason.status == PARTLY and reason.until not in tested:
            return PARTLY, reason.text
    return YES, ""


def table() -> str:
    """A table a section, and before them how many rules of each are done."""
    found = tests()
    known = rules()
    states = {identifier: status(identifier, found) for identifier in known}
    lines = [
        "**Table C.1 – Rules of each section**",
        "",
        "| section | rules | yes | partly | no |",
        "|---|---|---|---|---|",
    ]
    for letter, title in _SECTIONS.items():
        counted = Counter(state for identifier, (state, _) in states.items() if identifier[0] == letter)
        lines.append(f"| {letter}. {title} | {counted.total()} | {counted[YES]} | {counted[PARTLY]} | {counted[NO]} |")
    for number, (letter, title) in enumerate(_SECTIONS.items(), 2):
        lines += ["", f"### {letter}. {title}", "", f"**Table C.{number} – Section {letter}: {title}**", ""]
        lines += ["| id | rule | done | proof, or why not |", "|---|---|---|---|"]
        for identifier, (priority, text) in known.items():
            if identifier[0] != letter:
                continue
            state, why = states[identifier]
            named = proofs(found, identifier)
            shown = ", ".join(f"`{name}`" for name in named[:NAMED]) + (" and others" if len(named) > NAMED else "")
            because = "; ".join(part for part in (why, shown) if part)
            lines.append(f"| {identifier} {priority} | {short(text)} | {state} | {because} |")
    return "\n".join(lines)
