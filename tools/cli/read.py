"""``read``: walk the object list, print the values with their units, then the newest rows of the load profile."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from tools.cli.access import as_json
from tools.cli.options import LOAD_PROFILE
from tools.cli.profile import Profile, print_profile_csv, print_profile_table, profile_json, read_profile, selection_of
from tools.cli.render import Column, attribute_text, print_csv, print_json, print_table, shorten
from tools.cli.session import association, find_all, index_of, object_list
from tools.cli.words import attribute_of
from tools.dlmsclient import (
    Association,
    Conformance,
    CosemAttribute,
    Data,
    DataAccessError,
    DataAccessResult,
    ListedObject,
    Obis,
    ScalerUnit,
    Selection,
    ServiceFailure,
    UsageError,
)
from tools.dlmsclient.cosem import SCALED_ATTRIBUTES, ClassId, attribute_name, class_name, obis_name

# What a reader looks for first, per class; attribute 2 where nothing is said.
_VALUE_ATTRIBUTES: dict[int, tuple[int, ...]] = {
    ClassId.EXTENDED_REGISTER: (2, 5),
    ClassId.DEMAND_REGISTER: (2, 3),
    ClassId.PROFILE_GENERIC: (7,),
    ClassId.ASSOCIATION_LN: (8,),
    42: (3,),
    48: (3,),
    70: (2, 3),
}
_LIST_SIZE = 10
_ATTRIBUTE_OCTETS = 10
_REQUEST_HEAD = 4


@dataclass(frozen=True)
class Reading:
    """One attribute: its value or why there is none, and the unit."""

    item: ListedObject
    attribute_id: int
    result: Data | DataAccessResult
    scaler: ScalerUnit | None

    @property
    def value_text(self) -> str:
        """For a table or CSV."""
        if isinstance(self.result, DataAccessResult):
            return f"({self.result.text})"
        return attribute_text(self.item.class_id, self.attribute_id, self.result, self.scaler)

    @property
    def unit(self) -> str:
        """Unit symbol or nothing."""
        return self.scaler.symbol if self.scaler else ""


def _chunks(attributes: list[CosemAttribute], size: int) -> Iterator[list[CosemAttribute]]:
    for start in range(0, len(attributes), size):
        yield attributes[start : start + size]


def read_attributes(opened: Association, attributes: Iterable[CosemAttribute]) -> dict[CosemAttribute, Data | DataAccessResult]:
    """Values of many attributes, in lists where the meter takes lists."""
    wanted = list(dict.fromkeys(attributes))
    results: dict[CosemAttribute, Data | DataAccessResult] = {}
    for chunk in _chunks(wanted, _list_size(opened)):
        if len(chunk) > 1:
            try:
                results.update(zip(chunk, opened.get_list(chunk), strict=True))
                continue
            except ServiceFailure:
                pass  # one by one tells which of them it was
        for attribute in chunk:
            try:
                results[attribute] = opened.get(attribute.class_id, attribute.instance, attribute.attribute_id)
            except DataAccessError as error:
                results[attribute] = error.code
    return results


def _list_size(opened: Association) -> int:
    negotiated = opened.negotiated
    if negotiated is None or Conformance.MULTIPLE_REFERENCES not in negotiated.conformance:
        return 1
    limit = negotiated.server_max_receive_pdu_size
    fits = (limit - _REQUEST_HEAD) // _ATTRIBUTE_OCTETS if limit else _LIST_SIZE
    return max(1, min(_LIST_SIZE, fits))


def _attributes_of(item: ListedObject, options: argparse.Namespace) -> list[int]:
    """Attributes to read of an object.

    One that was asked for by object and attribute is read even if the list denies it, so that the meter says why; in a walk
    over all objects an attribute counts where an object has it.
    """
    if options.attribute and options.object:
        return [index_of(text, item.class_id) for text in options.attribute]
    if options.attribute:
        return [number for text in options.attribute if (number := _listed_index(text, item)) is not None]
    if options.all:
        return item.readable
    return [number for number in _VALUE_ATTRIBUTES.get(item.class_id, (2,)) if number in item.readable]


def _listed_index(text: str, item: ListedObject) -> int | None:
    try:
        number = index_of(text, item.class_id)
    except UsageError:
        return None
    return number if number in item.attributes else None


def _read_values(opened: Association, items: list[ListedObject], options: argparse.Namespace) -> list[Reading]:
    wanted = [(item, number) for item in items for number in _attributes_of(item, options)]
    if options.attribute and not wanted:
        raise UsageError(f"no object has an attribute {' or '.join(options.attribute)}: `objects` lists them")
    attributes = {(item.instance, item.class_id, number): _attribute(item, number) for item, number in wanted}
    scalers = {}
    for item, number in wanted:
        targets, source = SCALED_ATTRIBUTES.get(item.class_id, ((), 0))
        if number in targets:
            scalers[item.instance, item.class_id, number] = _attribute(item, source)
    results = read_attributes(opened, [*attributes.values(), *scalers.values()])
    readings = []
    for item, number in wanted:
        key = item.instance, item.class_id, number
        unit = results.get(scalers[key]) if key in scalers else None
        scaler = ScalerUnit.from_data(unit) if isinstance(unit, Data) else None
        readings.append(Reading(item, number, results[attributes[key]], scaler))
    return readings


def _attribute(item: ListedObject, number: int) -> CosemAttribute:
    return CosemAttribute(item.class_id, item.instance, number)


def _profiles_to_read(items: list[ListedObject], options: argparse.Namespace) -> list[ListedObject]:
    """The profiles that were named, else the load profile if this client sees it."""
    if options.attribute:
        return []
    if options.object:
        return [item for item in items if item.class_id == ClassId.PROFILE_GENERIC]
    return [item for item in items if item.instance == Obis.parse(LOAD_PROFILE) and 2 in item.readable]


def run(options: argparse.Namespace) -> None:
    """Read and print."""
    for text in options.object or []:
        Obis.parse(text)
    selection = selection_of(options)
    with association(options) as opened:
        items = object_list(opened)
        if options.object:
            items = [item for text in options.object for item in find_all(items, text)]
        profiles = [
            read_profile(opened, item.instance, selection, options.rows) for item in _profiles_to_read(items, options)
        ]
        only_rows = _only_rows(items, options, selection)
        readings = [] if only_rows else _read_values(opened, items, options)
    _print(options, readings, profiles, only_rows)


def _only_rows(items: list[ListedObject], options: argparse.Namespace, selection: Selection | None) -> bool:
    """Whether rows are what was asked for: a time or entries given, or nothing but profiles named."""
    if options.attribute or options.all:
        return False
    return selection is not None or bool(options.object and all(item.class_id == ClassId.PROFILE_GENERIC for item in items))


def _print(options: argparse.Namespace, readings: list[Reading], profiles: list[Profile], only_rows: bool) -> None:
    if options.format == "json":
        print_json({"values": [_as_json(reading) for reading in readings], "profiles": [profile_json(item) for item in profiles]})
        return
    if options.format == "csv":
        if only_rows:
            for profile in profiles:
                print_profile_csv(profile)
        else:
            print_csv(
                ["obis", "name", "class_id", "attribute", "attribute_name", "value", "unit"],
                [_row(reading, reading.item.instance.dotted, reading.value_text) for reading in readings],
            )
        return
    if readings:
        columns = [
            Column("OBIS"),
            Column("name"),
            Column("class", worth=2),
            Column("attr", numeric=True, worth=1),
            Column("value", numeric=True),
            Column("unit", joins=True),
        ]
        print_table(f"{len(readings)} value{'s' * (len(readings) != 1)}", columns, [_table_row(reading) for reading in readings])
    for profile in profiles:
        print_profile_table(profile)


def _row(reading: Reading, obis: str, value: str) -> list[Any]:
    item = reading.item
    name = obis_name(item.instance)
    return [obis, name, item.class_id, reading.attribute_id, attribute_name(item.class_id, reading.attribute_id), value, reading.unit]


def _table_row(reading: Reading) -> list[str]:
    item = reading.item
    return [
        str(item.instance),
        attribute_of(item.class_id, item.instance, reading.attribute_id),
        class_name(item.class_id),
        str(reading.attribute_id),
        shorten(reading.value_text),
        reading.unit,
    ]


def _as_json(reading: Reading) -> dict[str, Any]:
    item = reading.item
    named = {"name": obis_name(item.instance), "class": class_name(item.class_id)}
    if isinstance(reading.result, DataAccessResult):
        return {
            "obis": item.instance.dotted,
            "class_id": item.class_id,
            "attribute": reading.attribute_id,
            "attribute_name": attribute_name(item.class_id, reading.attribute_id),
            "error": reading.result.text,
        } | named
    return as_json(item.class_id, item.instance, reading.attribute_id, reading.result, reading.scaler) | named
