"""``get``, ``set`` and ``action``: one attribute, one method."""

from __future__ import annotations

import argparse
from typing import Any

from tools.cli.profile import selection_of
from tools.cli.readings import as_json
from tools.cli.render import attribute_text, print_csv, print_json, print_line, say, text
from tools.cli.session import association, check_silent, find, index_of, is_silent, object_list, scaler_unit
from tools.cli.values import parse_value, to_json
from tools.dlmsclient import Association, Data, Obis, UsageError, axdr
from tools.dlmsclient.cosem import attribute_name, method_name


def _target(opened: Association, options: argparse.Namespace, methods: bool = False) -> tuple[int, Obis, int]:
    """Class-id, logical name and attribute or method of the options."""
    if options.class_id is not None:
        class_id, instance = options.class_id, Obis.parse(options.object)
    else:
        item = find(object_list(opened), options.object)
        class_id, instance = item.class_id, item.instance
    return class_id, instance, index_of(options.index, class_id, methods)


def check_early(options: argparse.Namespace) -> Data | None:
    """What is wrong on the command line is said before the meter is asked: the OBIS code and the value."""
    Obis.parse(options.object)
    value = getattr(options, "value", None)
    return None if value is None else parse_value(value)


def outcome(options: argparse.Namespace) -> str:
    """What there is to say of a write or an action that was not refused."""
    return "sent" if is_silent(options) else "success"


def run_get(options: argparse.Namespace) -> None:
    """Read an attribute and print it."""
    check_early(options)
    selection = selection_of(options)
    with association(options) as opened:
        class_id, instance, attribute_id = _target(opened, options)
        value = opened.get(class_id, instance, attribute_id, selection)
        scaler = scaler_unit(opened, class_id, instance, attribute_id)
    if options.format == "json":
        print_json(as_json(class_id, instance, attribute_id, value, scaler))
        return
    shown = attribute_text(class_id, attribute_id, value, scaler, instance)
    if options.format == "csv" and value.tag in (axdr.Tag.ARRAY, axdr.Tag.COMPACT_ARRAY):
        print_csv(*as_table(instance, attribute_id, value))
        return
    if options.format == "csv":
        unit = scaler.symbol if scaler else ""
        print_csv(["obis", "attribute", "value", "unit", "type"], [[instance.dotted, attribute_id, shown, unit, value.tag.text]])
        return
    if value.tag in (axdr.Tag.ARRAY, axdr.Tag.COMPACT_ARRAY):
        for item in axdr.elements(value):
            print_line(text(item))
        return
    print_line(f"{shown} {scaler.symbol}".rstrip() if scaler else shown)


def as_table(instance: Obis, attribute_id: int, value: Data) -> tuple[list[str], list[list[Any]]]:
    """An array as header and lines: an element a line, the parts of a structure side by side."""
    lines = []
    for item in axdr.elements(value):
        lines.append(list(axdr.elements(item)) if item.tag is axdr.Tag.STRUCTURE else [item])
    width = max((len(parts) for parts in lines), default=0)
    header = ["obis", "attribute", "element", *(f"value {i + 1}" for i in range(width))]
    return header, [[instance.dotted, attribute_id, i + 1, *(text(part) for part in parts)] for i, parts in enumerate(lines)]


def run_set(options: argparse.Namespace) -> None:
    """Write an attribute."""
    check_silent(options)
    value = check_early(options)
    assert value is not None
    with association(options) as opened:
        class_id, instance, attribute_id = _target(opened, options)
        opened.set(class_id, instance, attribute_id, value)
    if options.format == "json":
        print_json(
            {"obis": instance.dotted, "class_id": class_id, "attribute": attribute_id, "result": outcome(options)} | to_json(value)
        )
        return
    say(f"{instance} {attribute_name(class_id, attribute_id)}: {outcome(options)}")


def run_action(options: argparse.Namespace) -> None:
    """Invoke a method and print what it returns."""
    check_silent(options)
    parameter = check_early(options)
    if parameter is not None and options.no_parameter:
        raise UsageError("--no-parameter and a parameter exclude each other")
    if parameter is None and not options.no_parameter:
        # What methods without a parameter of their own take, by convention of the Blue Book.
        parameter = axdr.integer(0)
    with association(options) as opened:
        class_id, instance, method_id = _target(opened, options, methods=True)
        returned = opened.action(class_id, instance, method_id, parameter)
    if options.format == "json":
        result = {"obis": instance.dotted, "class_id": class_id, "method": method_id, "result": outcome(options)}
        print_json(result | ({} if returned is None else to_json(returned)))
        return
    say(f"{instance} {method_name(class_id, method_id)}: {outcome(options)}")
    if returned is not None:
        print_line(text(returned))
