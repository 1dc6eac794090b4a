"""``get``, ``set`` and ``action``: attributes, one method."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from ..dlmsclient import CosemAttribute, Data, DataAccessResult, Obis, ServiceFailure, UsageError, axdr
from ..dlmsclient.cosem import ClassId, attribute_name, method_name
from .cache import ObjectLists
from .errors import Odd
from .options import UNCONFIRMED
from .plain import text
from .profile import BUFFER, selection_of
from .profile_output import print_buffer
from .readings import Reading, ask_reading, print_reading, print_readings, read_all
from .render import print_json, print_line, say
from .session import association, check_silent, find_kept, index_of, is_silent, looking_up, prepare_request
from .values import parse_value, to_json


def _target(lists: ObjectLists, options: argparse.Namespace, methods: bool = False) -> tuple[int, Obis, int]:
    """Class-id, logical name and attribute or method of the options."""
    return _named(lists, options, options.object, options.index, methods)


def _named(
    lists: ObjectLists, options: argparse.Namespace, name: str, index: str, methods: bool = False
) -> tuple[int, Obis, int]:
    if options.class_id is not None:
        class_id, instance = options.class_id, Obis.parse(name)
    else:
        item = find_kept(lists, name)
        class_id, instance = item.class_id, item.instance
    return class_id, instance, index_of(index, class_id, methods)


def check_early(options: argparse.Namespace) -> Data | None:
    """What is wrong on the command line is said before the meter is
    asked: the OBIS code and the value.
    """
    Obis.parse(options.object)
    value = getattr(options, "value", None)
    return None if value is None else parse_value(value)


def outcome(options: argparse.Namespace) -> str:
    """What there is to say of a write or an action that was not refused."""
    return "sent" if is_silent(options) or options.service_class == UNCONFIRMED else "success"


def wanted_of(words: Sequence[str]) -> list[tuple[str, str]]:
    """OBIS code and attribute of each word ``OBIS:ATTRIBUTE``; or of the
    two words OBIS and ATTRIBUTE.
    """
    if len(words) == 2 and ":" not in words[1] and not _is_obis(words[1]):
        Obis.parse(words[0])
        return [(words[0], words[1])]
    found = []
    for word in words:
        name, _, index = word.rpartition(":")
        if _is_obis(word) or not name or not index:
            raise UsageError(f"{word!r} names no attribute: write OBIS:ATTRIBUTE, or one OBIS and its ATTRIBUTE")
        Obis.parse(name)
        found.append((name, index))
    return found


def _is_obis(word: str) -> bool:
    try:
        Obis.parse(word)
    except UsageError:
        return False
    return True


def run_get(options: argparse.Namespace) -> None:
    """Read one attribute, or several, and print them."""
    wanted = wanted_of(options.targets)
    selection = selection_of(options)
    if len(wanted) > 1:
        if selection is not None:
            raise UsageError("--range and --entries go with one attribute")
        _get_several(options, wanted)
        return
    with association(options) as opened, looking_up(opened, options) as lists:
        class_id, instance, attribute_id = _named(lists, options, *wanted[0])
        if (class_id, attribute_id) == (ClassId.PROFILE_GENERIC, BUFFER):
            print_buffer(options.format, opened, instance, selection, lambda: prepare_request(opened, options))
            return
        prepare_request(opened, options)
        reading = ask_reading(opened, class_id, instance, attribute_id, selection)
    print_reading(options.format, reading)


def _get_several(options: argparse.Namespace, wanted: Sequence[tuple[str, str]]) -> None:
    """Read over one association, by lists where the meter has them; a row each, and
    exit code 1 when one has no value.
    """
    readings: list[Reading] = []
    try:
        with association(options) as opened, looking_up(opened, options) as lists:
            asked = [CosemAttribute(*_named(lists, options, *one)) for one in wanted]
            prepare_request(opened, options)
            read_all(opened, asked, readings)
            if any(reading.answer.refusal is DataAccessResult.OBJECT_UNDEFINED for reading in readings):
                lists.drop()
    finally:
        if readings:
            print_readings(options.format, readings)
    odd = sum(bool(reading.remark) for reading in readings)
    if odd:
        raise Odd(odd, len(readings), "values")
    refused = sum(reading.answer.refusal is not None for reading in readings)
    if refused:
        raise ServiceFailure(f"{refused} of {len(readings)} values were refused: the rows say why")


def run_set(options: argparse.Namespace) -> None:
    """Write an attribute."""
    check_silent(options)
    value = check_early(options)
    assert value is not None
    with association(options) as opened, looking_up(opened, options) as lists:
        class_id, instance, attribute_id = _target(lists, options)
        prepare_request(opened, options)
        opened.set(class_id, instance, attribute_id, value)
    if options.format == "json":
        print_json(
            {"obis": instance.dotted, "class_id": class_id, "attribute": attribute_id, "result": outcome(options)}
            | to_json(value)
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
    with association(options) as opened, looking_up(opened, options) as lists:
        class_id, instance, method_id = _target(lists, options, methods=True)
        prepare_request(opened, options)
        returned = opened.action(class_id, instance, method_id, parameter)
    if options.format == "json":
        result = {"obis": instance.dotted, "class_id": class_id, "method": method_id, "result": outcome(options)}
        print_json(result | ({} if returned is None else to_json(returned)))
        return
    say(f"{instance} {method_name(class_id, method_id)}: {outcome(options)}")
    if returned is not None:
        print_line(text(returned))
