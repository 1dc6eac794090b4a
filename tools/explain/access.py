"""ACCESS: several gets, sets and actions in one APDU (REQUIREMENTS D.5)."""

from __future__ import annotations

from ..cli.plain import octets_text
from ..dlmsclient.access_service import (
    ACCESS_REQUEST,
    BREAK_ON_ERROR,
    CONFIRMED,
    HIGH_PRIORITY,
    LONG_INVOKE_ID_MASK,
    SELF_DESCRIPTIVE,
)
from ..dlmsclient.codes import ActionResult, DataAccessResult
from .parts import Cursor, Fault, octets_of
from .services import Notes, count, descriptor, listed_data, result, selector

_CHOICES = {1: "get", 2: "set", 3: "action", 4: "get with selection", 5: "set with selection"}
_ACTION = 3
_SELECTED = (4, 5)


def long_invoke_id(c: Cursor) -> int:
    """long-invoke-id-and-priority (REQUIREMENTS D-03)."""
    return c.number(4, "long-invoke-id-and-priority", _long_invoke_id_text, "D-03")


def _long_invoke_id_text(number: int) -> str:
    said = [f"long-invoke-id {number & LONG_INVOKE_ID_MASK}", "confirmed" if number & CONFIRMED else "unconfirmed"]
    said.append("high priority" if number & HIGH_PRIORITY else "normal priority")
    if number & BREAK_ON_ERROR:
        said.append("break on error")
    if number & SELF_DESCRIPTIVE:
        said.append("self-descriptive")
    return ", ".join(said)


def date_time(c: Cursor, rule: str) -> None:
    """An octet-string without a tag, empty or of 12 octets."""
    length = c.length("length of date-time", lambda length: octets_of(length) if length else "no date-time", rule)
    if length:
        c.take(length, "date-time", lambda octets: octets_text(octets.data), "D-101")


def access(c: Cursor, notes: Notes) -> None:
    """ACCESS-request ``D9`` and ACCESS-response ``DA``."""
    request = c.peek() == ACCESS_REQUEST
    rule = "D-40" if request else "D-41"
    notes.name = "ACCESS-request" if request else "ACCESS-response"
    c.take(1, notes.name, rule=rule)
    notes.invoke_id = long_invoke_id(c) & LONG_INVOKE_ID_MASK
    date_time(c, rule)
    if request:
        _specifications(c, notes)
        listed_data(c, notes.targets, "Data", "D-42")
        return
    if c.flag("access-request-specification", "not repeated", "repeated", "D-41"):
        _specifications(c, notes)
    listed_data(c, list(notes.asked), "Data", "D-42")
    for _ in range(count(c, "results", "D-41")):
        choice = c.number(1, "choice", lambda choice: _CHOICES.get(choice, "unknown"), "D-41")
        result(c, ActionResult if choice == _ACTION else DataAccessResult, "D-41")


def _specifications(c: Cursor, notes: Notes) -> None:
    """The list of access-request-specifications; their targets go to the notes (D-40)."""
    for index in range(count(c, "specifications", "D-40")):
        with c.group(f"specification {index + 1}"):
            choice = c.peek()
            if choice not in _CHOICES and c.left:
                raise Fault(
                    f"an access-request-specification has the choice {'**' if choice is None else f'{choice:02X}'}, "
                    "must be 1 to 5"
                )
            c.number(1, "choice", lambda choice: _CHOICES[choice], "D-40")
            target = descriptor(c, method=choice == _ACTION)
            notes.targets.append(target)
            if choice in _SELECTED:
                selector(c, target)
