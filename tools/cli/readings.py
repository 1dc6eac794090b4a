"""What was read of attributes, as table, CSV or JSON: the value in words, its unit,
and what was odd about the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..dlmsclient import Association, CosemAttribute, Data, Obis, ScalerUnit, Selection, axdr
from ..dlmsclient.cosem import SCALED_ATTRIBUTES, attribute_name, class_name, obis_name
from .asking import NOT_ASKED, Answer, ask_all, ask_unit, unit_of
from .errors import Odd
from .plain import is_number, number_of, shorten, text
from .render import print_csv, print_json, print_line, print_table, say
from .tables import Column
from .values import to_json
from .words import Told, attribute_of, elements_told, tell

_HEADINGS = ["obis", "name", "class_id", "attribute", "attribute_name", "value", "unit"]
MARK = "!"


@dataclass(frozen=True)
class Reading:
    """One attribute: its answer, the scaler_unit that applies, and what was odd about that."""

    class_id: int
    instance: Obis
    attribute_id: int
    answer: Answer
    scaler: ScalerUnit | None = None
    about_unit: str = ""

    @property
    def told(self) -> Told:
        """The value in words; a refusal in brackets; nothing where there is no value."""
        if self.answer.data is not None:
            return tell(self.class_id, self.attribute_id, self.answer.data, self.scaler, self.instance)
        return Told(f"({self.answer.refusal.text})" if self.answer.refusal is not None else "")

    @property
    def remark(self) -> str:
        """What was odd about the value or its unit, with the octets; empty when nothing was."""
        return "; ".join(part for part in (self.answer.text, self.told.remark, self.about_unit) if part)


def read_all(
    opened: Association,
    wanted: Sequence[CosemAttribute],
    found: list[Reading],
    tell_progress: Callable[[int, int], None] = lambda done, of: None,
) -> None:
    """Values of attributes with their units, entered into ``found``; what was not asked
    for because the reading broke off too.
    """
    scalers = {}
    for each in wanted:
        targets, source = SCALED_ATTRIBUTES.get(each.class_id, ((), 0))
        if each.attribute_id in targets:
            scalers[each] = CosemAttribute(each.class_id, each.instance, source)
    answers: dict[CosemAttribute, Answer] = {}
    try:
        ask_all(opened, [*wanted, *scalers.values()], answers, tell_progress)
    finally:
        missing = Answer(remark=f"{NOT_ASKED}: the reading broke off")
        for each in wanted:
            unit, remark = unit_of(answers.get(scalers[each], missing)) if each in scalers else (None, "")
            found.append(
                Reading(each.class_id, each.instance, each.attribute_id, answers.get(each, missing), unit, remark)
            )


def as_json(
    class_id: int, instance: Obis, attribute_id: int, value: Data, scaler: ScalerUnit | None, remark: str = ""
) -> dict[str, Any]:
    """An attribute's value with everything that is known about it."""
    told = tell(class_id, attribute_id, value, scaler, instance)
    result = {
        "obis": instance.dotted,
        "class_id": class_id,
        "attribute": attribute_id,
        "attribute_name": attribute_name(class_id, attribute_id),
        **to_json(value),
    }
    if scaler and is_number(value):
        result |= {"scaled": scaler.scale(number_of(value)), "unit": scaler.symbol}
    elif value.tag not in axdr.INTEGERS or told.text != str(value.value):
        result["text"] = told.text
    if told.unit and "unit" not in result:
        result["unit"] = told.unit
    return result | ({"remark": remark} if remark else {})


def reading_json(reading: Reading) -> dict[str, Any]:
    """A reading for JSON, with the names of its object and class;
    ``error`` where there is no value.
    """
    named = {"name": obis_name(reading.instance), "class": class_name(reading.class_id)}
    if reading.answer.data is not None:
        of = reading.class_id, reading.instance, reading.attribute_id
        return as_json(*of, reading.answer.data, reading.scaler, reading.remark) | named
    refused = reading.answer.refusal
    return {
        "obis": reading.instance.dotted,
        "class_id": reading.class_id,
        "attribute": reading.attribute_id,
        "attribute_name": attribute_name(reading.class_id, reading.attribute_id),
        "error": refused.text if refused is not None else reading.answer.remark,
        **({"octets": reading.answer.octets.hex().upper()} if reading.answer.octets else {}),
    } | named


def print_readings_csv(readings: Sequence[Reading]) -> None:
    """A line each; a column for remarks where there are any."""
    remarks = any(reading.remark for reading in readings)
    print_csv(_HEADINGS + ["remark"] * remarks, [_cells(reading) + [reading.remark] * remarks for reading in readings])


def _cells(reading: Reading) -> list[Any]:
    of = reading.class_id, reading.attribute_id
    told = reading.told
    return [reading.instance.dotted, obis_name(reading.instance), *of, attribute_name(*of), told.text, told.unit]


def print_readings_table(readings: Sequence[Reading]) -> None:
    """A row each; what was odd stands after the value, marked."""
    columns = [
        Column("OBIS"),
        Column("name"),
        Column("class", worth=2),
        Column("attr", numeric=True, worth=1),
        Column("value", numeric=True),
        Column("unit", joins=True),
    ]
    print_table(f"{len(readings)} value{'s' * (len(readings) != 1)}", columns, [_row(reading) for reading in readings])


def _row(reading: Reading) -> list[str]:
    told, remark = reading.told, reading.remark
    return [
        str(reading.instance),
        attribute_of(reading.class_id, reading.instance, reading.attribute_id),
        class_name(reading.class_id),
        str(reading.attribute_id),
        f"{shorten(told.text)} {told.unit}".strip() + f" {MARK} {remark}" if remark else shorten(told.text),
        "" if remark else told.unit,
    ]


def ask_reading(
    opened: Association, class_id: int, instance: Obis, attribute_id: int, selection: Selection | None = None
) -> Reading:
    """One attribute with its unit; what is odd about the value itself, and a refusal, is raised."""
    value = opened.get(class_id, instance, attribute_id, selection)
    return Reading(class_id, instance, attribute_id, Answer(value), *ask_unit(opened, class_id, instance, attribute_id))


def print_reading(form: str, reading: Reading) -> None:
    """The one value that was asked for, bare in a table; what was odd about it is
    said on stderr and raised as Odd.
    """
    value, told = reading.answer.data, reading.told
    assert value is not None
    is_array = value.tag in (axdr.Tag.ARRAY, axdr.Tag.COMPACT_ARRAY)
    if form == "json":
        print_json(
            as_json(reading.class_id, reading.instance, reading.attribute_id, value, reading.scaler, reading.remark)
        )
    elif form == "csv" and is_array:
        print_csv(*_elements_table(reading, value))
    elif form == "csv":
        cells = [reading.instance.dotted, reading.attribute_id, told.text, told.unit, value.tag.text]
        print_csv(["obis", "attribute", "value", "unit", "type"], [cells])
    elif is_array:
        for element in elements_told(reading.class_id, reading.attribute_id, value):
            print_line(element)
    else:
        print_line(told.line)
    if reading.remark:
        say(f"{MARK} {reading.remark}")
        raise Odd(1, 1, "values")


def _elements_table(reading: Reading, value: Data) -> tuple[list[str], list[list[Any]]]:
    """An array as header and lines: an element a line, the parts of a structure side by side."""
    lines = [list(axdr.elements(item)) if item.tag is axdr.Tag.STRUCTURE else [item] for item in axdr.elements(value)]
    width = max((len(parts) for parts in lines), default=0)
    header = ["obis", "attribute", "element", *(f"value {i + 1}" for i in range(width))]
    of = [reading.instance.dotted, reading.attribute_id]
    return header, [[*of, i, *(text(part) for part in parts)] for i, parts in enumerate(lines, 1)]


def print_readings(form: str, readings: Sequence[Reading]) -> None:
    """In one of the formats."""
    if form == "json":
        print_json([reading_json(reading) for reading in readings])
    elif form == "csv":
        print_readings_csv(readings)
    else:
        print_readings_table(readings)
