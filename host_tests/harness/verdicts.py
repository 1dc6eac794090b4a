"""Verdicts on a meter that is not ours: one for each test, with the rule, its level, its
evidence, and the octets where it failed.

    PASSED          the meter follows the rule
    FAILED          it does not
    INCONCLUSIVE    the test could not come so far: its preparation failed
    NOT APPLICABLE  the meter lacks what the test is about, or may not be asked: the reason is given

Levels: *standard* where a rule stands on one of the standards, on a public reproduction of them or
on the conformance tests (docs/REQUIREMENTS.md, *Evidence*), *choice* where this meter chose, or
where the test is marked `choice`. `--level standard` leaves the choices out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache

import pytest

from tools.launcher import ROOT

from . import tape
from .target import Target

STANDARD, CHOICE = "standard", "choice"
_RULE = re.compile(r"^\s*(?:[-*]\s+|\|\s*)\*\*([A-I]-\d{2,3}[a-z]?) [MSON]\*\*\s*(.*)$")
_EVIDENCE = re.compile(r"\[((?:9-7|4-7|1-1|8-4|std|ctt)[^\]]*)\]")
_MARKED = re.compile(r"\[([^\]]+)\]")
_METER = "*Meter:*"
_PROPERTY = "verdict"
_LINE = 150
_RULES, _WORDS, _OCTETS = 4, 12, 6  # lines of each that a verdict has at the most


@cache
def rules() -> dict[str, tuple[str, str, str]]:
    """Requirement id -> (level, evidence, rule), from docs/REQUIREMENTS.md."""
    found = {}
    for line in (ROOT / "docs" / "REQUIREMENTS.md").read_text(encoding="utf-8").splitlines():
        if match := _RULE.match(line):
            identifier, text = match.groups()
            # What follows *Meter:* is ours; the evidence of the rule may
            # stand after it all the same.
            evidence = _EVIDENCE.search(text)
            marks = _MARKED.findall(text)
            rule = text.partition(_METER)[0].strip(" |")
            found[identifier] = (
                (STANDARD, evidence[1], rule)
                if evidence is not None
                else (CHOICE, marks[-1] if marks else "choice", rule)
            )
    return found


def ids(item: pytest.Item) -> list[str]:
    """The requirement ids that a test proves, the nearest first."""
    return list(dict.fromkeys(str(name) for mark in item.iter_markers("req") for name in mark.args))


def level(item: pytest.Item) -> str:
    """*standard* or *choice*."""
    if next(item.iter_markers("choice"), None) is not None:
        return CHOICE
    known = rules()
    return STANDARD if any(known.get(each, (CHOICE,))[0] == STANDARD for each in ids(item)) else CHOICE


def leave_out(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take out this meter's choices where `--level standard` asks for that."""
    if config.getoption("level") == STANDARD:
        choices = [item for item in items if level(item) == CHOICE]
        if choices:
            config.hook.pytest_deselected(items=choices)
            items[:] = [item for item in items if level(item) == STANDARD]


def keep(item: pytest.Item, report: pytest.TestReport) -> None:
    """Put the verdict, the rules and the octets of a finished phase into the report of a test."""
    if _judged(report):
        told = [(_PROPERTY, _verdict(report)), ("level", level(item)), ("rules", " ".join(ids(item)))]
        if report.failed:
            told.append(("octets", "\n".join(tape.lines())))
        report.user_properties += told
        item.user_properties += told  # from where the JUnit report takes them


def _judged(report: pytest.TestReport) -> bool:
    """Whether this phase of a test decides: its call, or what kept it from being called."""
    return report.when == "call" or not report.passed


def _verdict(report: pytest.TestReport) -> str:
    if report.skipped:
        return "NOT APPLICABLE"
    if report.failed:
        return "FAILED" if report.when == "call" else "INCONCLUSIVE"
    return "PASSED"


class Verdicts:
    """A plugin of the process that writes the report: the verdicts at the end of a run."""

    def __init__(self, targets: Sequence[Target]) -> None:
        self._targets = targets

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        reports = [
            each for group in terminalreporter.stats.values() for each in group if isinstance(each, pytest.TestReport)
        ]
        deciding = [each for each in reports if _judged(each) and _PROPERTY in dict(each.user_properties)]
        judged = {(each.nodeid, dict(each.user_properties)[_PROPERTY]): each for each in deciding}
        terminalreporter.write_sep("=", f"verdicts: {', '.join(each.name for each in self._targets)}")
        for alike in _alike([each for each in judged.values() if each.failed]):
            for line in _lines(alike[0]):
                terminalreporter.write_line(line)
            if len(alike) > 1:
                terminalreporter.write_line(f"    and {len(alike) - 1} more of this test that fail alike")
        reasons = Counter(_reason(each) for each in judged.values() if each.skipped)
        for reason, count in reasons.most_common():
            terminalreporter.write_line(f"NOT APPLICABLE {count:5} {reason}"[:_LINE])
        for name in (STANDARD, CHOICE):
            told = [dict(each.user_properties) for each in judged.values()]
            counts = Counter(each[_PROPERTY] for each in told if each["level"] == name)
            said = ", ".join(
                f"{counts[word]} {word}" for word in ("PASSED", "FAILED", "INCONCLUSIVE", "NOT APPLICABLE")
            )
            terminalreporter.write_line(f"{name:9} {said}")


def _reason(report: pytest.TestReport) -> str:
    return str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr).removeprefix("Skipped: ")


def _alike(failed: list[pytest.TestReport]) -> list[list[pytest.TestReport]]:
    """The reports of one test that failed with the same words, put together."""
    groups: dict[tuple[str, str], list[pytest.TestReport]] = {}
    for each in failed:
        groups.setdefault((each.nodeid.partition("[")[0], _said(each).partition("\n")[0]), []).append(each)
    return list(groups.values())


def _said(report: pytest.TestReport) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    return crash.message if crash is not None else str(report.longrepr)


def _lines(report: pytest.TestReport) -> list[str]:
    """The verdict of a test that failed: what, which rule, what was said, and the last octets."""
    told = dict(report.user_properties)
    known = rules()
    lines = [f"{told[_PROPERTY]} {told['level']} {report.nodeid}"]
    for identifier in str(told["rules"]).split()[:_RULES]:
        if identifier in known:
            _, evidence, rule = known[identifier]
            lines.append(f"    {identifier} [{evidence}] {rule}"[:_LINE])
    lines += [f"    {line}"[:_LINE] for line in _said(report).splitlines()[:_WORDS]]
    return [*lines, *(f"    {line}"[:_LINE] for line in str(told.get("octets", "")).splitlines()[-_OCTETS:])]
