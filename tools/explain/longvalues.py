"""What the blocks of a long value make up, by the service that they belong to."""

from __future__ import annotations

from . import short_names
from .apdus import describe
from .data import data
from .parts import Cursor
from .services import Explain, Notes, Target, data_or_result, listed_data, outcome, outcomes, results

Meaning = tuple[str, Explain, tuple[Target, ...]]  # title, what explains the joined octets, what they are about


def meaning(notes: Notes, asked: tuple[Target, ...], listed: bool) -> Meaning:
    """Of the block that ``notes`` are about. ``asked`` and ``listed``: the request
    that it answers, where that was seen.
    """
    name = notes.name
    if name.startswith("GET-response"):
        if listed:
            return "answer to a GET of a list", results, asked
        if not asked:
            return "answer to a GET", _value_or_results, ()
        return f"value of {asked[0].text}", _value, asked
    if name.startswith(("SET-request", "ACTION-request")):
        what = "parameters" if name.startswith("ACTION") else "value"
        if notes.listed:
            return f"{what} of a list", _values, tuple(notes.targets)
        return (
            f"{what} for {notes.targets[0].text if notes.targets else 'something not seen'}",
            _value,
            tuple(notes.targets),
        )
    if name.startswith("ACTION-response"):
        return "outcome of an ACTION", outcomes if listed else _outcome, asked
    if name == "ReadResponse":
        return "answer to a Read", short_names.read_results, ()
    return f"{name} in parts", short_names.variables if name == "ReadRequest" else short_names.variables_and_values, ()


def _value(c: Cursor, notes: Notes) -> None:
    with c.hiding(notes.secret()):
        data(c)


def _values(c: Cursor, notes: Notes) -> None:
    listed_data(c, list(notes.asked))


def _first_that_fits(c: Cursor, notes: Notes, *readings: Explain) -> None:
    """The first reading without a fault; without any the first one, so that its fault is reported."""
    whole = c.octets.cut(c.at, c.end)
    fitting = [explain for explain in readings if not describe(whole, explain).faults]
    (fitting or readings)[0](c, notes)


def _value_or_results(c: Cursor, notes: Notes) -> None:
    """Of a GET whose request was not seen: one Data, or a list of results."""
    _first_that_fits(c, notes, _value, results)


def _outcome(c: Cursor, notes: Notes) -> None:
    """The three readings in use: the whole outcome, the return parameters, the Data alone."""
    _first_that_fits(c, notes, outcome, _return_parameters, _value)


def _return_parameters(c: Cursor, notes: Notes) -> None:
    if c.flag("return parameters", "none", "follow", "D-33"):
        data_or_result(c, "return parameters", "D-33")
