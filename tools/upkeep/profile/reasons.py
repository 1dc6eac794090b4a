"""Why this meter does a rule in part or not at all: the one table of it. A rule that is not
named here is done if a test names it.

A `no` holds only while no test names the rule, so that tests alone decide what counts as built;
a `partly` holds until a test names `until`, the rule that is missing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

PARTLY = "partly"
NO = "no"


@dataclass(frozen=True)
class Reason:
    """The rules (`A-01 A-03–A-05`) that are done `status`, why, and until which rule is tested."""

    rules: str
    status: str
    text: str
    until: str = ""


_SECURITY = "no ciphering and no high level authentication: refused with the diagnostics of the standard"
_SHORT_NAMES = "logical names only"
_GBT = "service-specific block transfer only"

REASONS = (
    # transports and profile
    Reason("A-64", NO, _SECURITY),
    Reason("B-15", PARTLY, "ACCESS and short-name services are refused", "D-40"),
    Reason("B-19", PARTLY, _SHORT_NAMES, "D-50"),
    # associations
    Reason("C-01", PARTLY, "contexts 1 and 2; the others are refused", "C-29"),
    Reason("C-02", PARTLY, "mechanisms 0 and 1; the others are refused", "C-13"),
    Reason("C-03 C-13 C-23 C-28 C-29 C-39", NO, _SECURITY),
    # services
    Reason("D-40–D-45", NO, "no ACCESS service"),
    Reason("D-50–D-54", NO, _SHORT_NAMES),
    Reason("D-63", PARTLY, "pushes are not ciphered", "E-10"),
    Reason("D-80–D-89a", NO, _GBT),
    Reason("D-97 D-98", NO, _SECURITY),
    Reason("D-104", NO, "values are sent whole: null-data compression is the sender's choice"),
    # security
    Reason("E-01–E-16 E-20–E-24 E-30 E-40–E-45 E-51–E-58 E-60–E-67", NO, _SECURITY),
    # objects
    Reason("F-10", NO, _SHORT_NAMES),
    Reason("F-11", PARTLY, "version 2 without methods 1 and 2, which belong to high level authentication", "E-51"),
    Reason("F-12", PARTLY, "no method connect_logical_device: its parameter is not known"),
    Reason("F-05 F-09 F-14–F-16 F-24", NO, "no such object"),
    Reason("F-08", PARTLY, "where the meter keeps its state, and then 0.0.10.0.0 with the factory reset alone"),
    Reason("F-13 F-36", NO, "no image transfer: a board is updated over its serial line"),
    Reason("F-17", PARTLY, "version 2, no entries of profiles by time, not ciphered", "E-10"),
    Reason("F-22", NO, _SECURITY),
    # another network
    Reason("G-01–G-04 G-10–G-17 G-20–G-22 G-30–G-35 G-40", NO, "PRIME networks are outside this profile"),
    # the profile statement
    Reason("H-15", PARTLY, "says what there is: low level authentication", "E-51"),
    Reason("H-17", PARTLY, "response times were measured on a computer and on an emulated board, on no hardware"),
    Reason("H-22", PARTLY, "no ciphered session", "E-10"),
)

_RANGE = re.compile(r"([A-I])-(\d+[a-z]?)(?:–[A-I]-(\d+[a-z]?))?")


def _number(text: str) -> tuple[int, str]:
    digits = text.rstrip("abcdefghijklmnopqrstuvwxyz")
    return int(digits), text[len(digits) :]


def covers(rules: str, identifier: str) -> bool:
    """Whether `A-01 A-03–A-05` names an id."""
    section, _, number = identifier.partition("-")
    for match in _RANGE.finditer(rules):
        first, last = _number(match[2]), _number(match[3] or match[2])
        if match[1] == section and first <= _number(number) <= last:
            return True
    return False


def reasons_of(identifier: str) -> list[Reason]:
    """The rows about one id."""
    return [reason for reason in REASONS if covers(reason.rules, identifier)]
