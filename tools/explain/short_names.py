"""Read, Write, UnconfirmedWrite and InformationReport of short name referencing (REQUIREMENTS D.6)."""

from __future__ import annotations

from ..dlmsclient.cosem import attribute_name
from ..dlmsclient.notifications import INFORMATION_REPORT
from ..dlmsclient.short_name_service import READ_REQUEST, UNCONFIRMED_WRITE_REQUEST, WRITE_REQUEST
from ..dlmsclient.short_names import ASSOCIATION_SN, CHANGE_SECRET, LOGICAL_DEVICE_NAME, SAP_ASSIGNMENT, method_name
from .data import data
from .parts import Cursor, Fault, Octets, octets_of
from .services import Notes, count, raw, result

_CLASS_ASSOCIATION_SN = 12
_SECRET_NAME = method_name(ASSOCIATION_SN, _CLASS_ASSOCIATION_SN, CHANGE_SECRET)
_NAME, _SELECTED, _NEXT, _READ_PART, _WRITE_PART = 2, 4, 5, 6, 7
_DATA, _ERROR, _BLOCK, _NUMBER = range(4)
_WRITE_NUMBER = 2
_RESULTS = ("data", "data-access-error", "data-block-result", "block-number")
_STEP = 8
# Base names that are the same in every meter (REQUIREMENTS D-54): class and what it is.
_BASES = {
    ASSOCIATION_SN: (_CLASS_ASSOCIATION_SN, "association"),
    SAP_ASSIGNMENT: (17, "SAP assignment"),
    LOGICAL_DEVICE_NAME: (1, "COSEM logical device name"),
}
_ATTRIBUTES = {ASSOCIATION_SN: 4, SAP_ASSIGNMENT: 2, LOGICAL_DEVICE_NAME: 2}


def name_text(name: int) -> str:
    """A short name, and what it is where its base name is the same in every meter."""
    shown = f"{name:04X}"
    base = name & 0xFF00
    if base not in _BASES:
        return shown
    class_id, what = _BASES[base]
    number = (name - base) // _STEP + 1
    if (name - base) % _STEP == 0 and number <= _ATTRIBUTES[base]:
        return f"{shown}, {what}, attribute {number} ({attribute_name(class_id, number)})"
    if name == _SECRET_NAME:
        return f"{shown}, {what}, method change_secret"
    return f"{shown}, {what}"


def _variables(c: Cursor, notes: Notes) -> list[bool]:
    """``n`` specifications; whether each is about a secret. A request that
    is a block is in the notes.
    """
    secrets = []
    for index in range(count(c, "variables", "D-50")):
        with c.group(f"variable {index + 1}"):
            secrets.append(_variable(c, notes))
    return secrets


def _variable(c: Cursor, notes: Notes) -> bool:
    """One variable-access-specification; returns whether it names a secret (D-50, D-51)."""
    choice = c.peek()
    if choice in (_NAME, _SELECTED):
        secret = c.peek(1) == _SECRET_NAME >> 8 and c.peek(2) == _SECRET_NAME & 0xFF
        c.number(2, "variable-name" if choice == _NAME else "parameterized-access", name_text, "D-50", lead=1)
        if choice == _SELECTED:
            c.number(1, "selector", rule="D-50")
            with c.hiding(secret):
                data(c, "parameter")
        return secret
    if choice == _NEXT:
        c.number(2, "block-number-access", lambda number: f"the block after number {number}", "D-50", lead=1)
    elif choice in (_READ_PART, _WRITE_PART):
        c.take(1, "read-data-block-access" if choice == _READ_PART else "write-data-block-access", rule="D-51")
        last = c.flag("last-block", "no, more follow", "yes", "D-51")
        number = c.number(2, "block-number", rule="D-51")
        if choice == _READ_PART:
            raw(c, notes, number, last, rule="D-51")
        else:
            _write_part(c, notes, number, last)
    else:
        raise Fault(
            "a variable is missing"
            if not c.left
            else "variable-access-specification must begin with 02, 04, 05, 06 or 07"
        )
    return False


def _write_part(c: Cursor, notes: Notes, number: int, last: bool) -> None:
    """The one Data behind a write-data-block-access: an octet-string that holds the block."""
    c.length("number of values", rule="D-51")
    if c.left and c.peek() != 0x09:
        raise Fault("the block of a Write must be an octet-string, tag 09")
    c.take(1, "octet-string", rule="D-51")
    raw(c, notes, number, last, rule="D-51")


def variables_and_values(c: Cursor, notes: Notes) -> None:
    """``n`` specifications and ``n`` Data: the body of a Write, also when its blocks are joined."""
    secrets = _variables(c, notes)
    if notes.block is not None:
        return
    for index in range(count(c, "values", "D-51")):
        with c.hiding(index < len(secrets) and secrets[index]):
            data(c, f"Data {index + 1}")


def variables(c: Cursor, notes: Notes) -> None:
    """``n`` specifications: the body of a Read, also when its blocks are joined."""
    _variables(c, notes)


_REQUESTS = {
    READ_REQUEST: "ReadRequest",
    WRITE_REQUEST: "WriteRequest",
    UNCONFIRMED_WRITE_REQUEST: "UnconfirmedWriteRequest",
}


def request(c: Cursor, notes: Notes) -> None:
    """ReadRequest ``05``, WriteRequest ``06``, UnconfirmedWriteRequest ``16``."""
    tag = c.peek()
    notes.name = _REQUESTS[tag or 0]
    c.take(1, notes.name, rule="D-50" if tag == READ_REQUEST else "D-51")
    (variables if tag == READ_REQUEST else variables_and_values)(c, notes)


def read_results(c: Cursor, notes: Notes) -> None:
    """``n`` results of a Read, which is also what its joined blocks are."""
    for index in range(count(c, "results", "D-50")):
        with c.group(f"result {index + 1}"):
            choice = c.peek()
            if choice is not None and choice > _NUMBER:
                raise Fault(f"a result of a Read has the choice {choice:02X}, must be 0 to 3")
            c.number(1, "choice", lambda choice: _RESULTS[choice], "D-50")
            if choice == _DATA:
                data(c, "Data")
            elif choice == _ERROR:
                result(c)
            elif choice == _BLOCK:
                last = c.flag("last-block", "no, more follow", "yes", "D-50")
                raw(c, notes, c.number(2, "block-number", rule="D-50"), last, rule="D-50")
            else:
                c.number(2, "block-number", lambda number: f"{number} was received, the next may come", "D-50")


def read_response(c: Cursor, notes: Notes) -> None:
    """ReadResponse ``0C``."""
    notes.name = "ReadResponse"
    c.take(1, notes.name, rule="D-50")
    read_results(c, notes)


def write_response(c: Cursor, notes: Notes) -> None:
    """WriteResponse ``0D``: ``00`` success, ``01`` data-access-error, ``02`` block-number."""
    notes.name = "WriteResponse"
    c.take(1, notes.name, rule="D-51")
    for index in range(count(c, "results", "D-51")):
        with c.group(f"result {index + 1}"):
            choice = c.peek()
            if choice is not None and choice > _WRITE_NUMBER:
                raise Fault(f"a result of a Write has the choice {choice:02X}, must be 0 to 2")
            c.number(1, "choice", lambda choice: ("success", "data-access-error", "block-number")[choice], "D-51")
            if choice == _ERROR:
                result(c)
            elif choice == _WRITE_NUMBER:
                c.number(2, "block-number", lambda number: f"{number} was received, the next may come", "D-51")


def information_report(c: Cursor, notes: Notes) -> None:
    """InformationReport ``18``: time, names, values."""
    assert c.peek() == INFORMATION_REPORT
    notes.name = "InformationReport"
    c.take(1, notes.name, rule="D-52")
    if c.flag("current-time", "absent", "follows", "D-52"):
        length = c.length("length of current-time", octets_of, "D-52")
        c.take(length, "current-time", _generalized_time, "D-52")
    _variables(c, notes)
    for index in range(count(c, "values", "D-52")):
        data(c, f"Data {index + 1}")


def _generalized_time(octets: Octets) -> str:
    if octets.data.isalnum() and octets.data.isascii():
        return octets.data.decode("ascii")
    return f"{octets.hex()}, which is no GeneralizedTime"
