"""``access``: several attributes and methods in one request of the ACCESS
service, in the order of the command line.
"""

from __future__ import annotations

import argparse

from ..dlmsclient import Conformance, CosemAttribute, CosemMethod, Data, DataAccessResult, Obis, Tag, UsageError
from ..dlmsclient.access_service import AccessItem, AccessKind, AccessOutcome
from ..dlmsclient.cosem import attribute_name, method_name
from .cache import ObjectLists
from .plain import text
from .render import print_csv, print_json, print_table
from .session import association, find_kept, index_of, looking_up
from .tables import Column
from .values import parse_value, to_json
from .words import tell

Asked = tuple[AccessKind, str, str, str | None]  # what, OBIS code, number or name, value


def asked(options: argparse.Namespace) -> list[Asked]:
    """What the command line asks for; what is wrong with it is said before the meter is asked."""
    items: list[Asked] = [(AccessKind[kind.upper()], *words) for kind, words in options.items or ()]
    if not items:
        raise UsageError("access needs at least one --get, --set or --action")
    for _, instance, _, value in items:
        Obis.parse(instance)
        if value is not None:
            parse_value(value)
    return items


def item_of(lists: ObjectLists, one: Asked) -> AccessItem:
    """The specification and Data of one thing asked for."""
    kind, instance, index, value = one
    listed = find_kept(lists, instance)
    number = index_of(index, listed.class_id, methods=kind is AccessKind.ACTION)
    target = CosemMethod if kind is AccessKind.ACTION else CosemAttribute
    return AccessItem(
        kind, target(listed.class_id, listed.instance, number), None if value is None else parse_value(value)
    )


def run(options: argparse.Namespace) -> None:
    """Ask, and print a line for each."""
    wanted = asked(options)
    needed = Conformance.ACCESS | Conformance.GENERAL_BLOCK_TRANSFER
    with association(options, needed) as opened, looking_up(opened, options) as lists:
        if opened.negotiated is None or not opened.negotiated.conformance & Conformance.ACCESS:
            raise UsageError("the meter does not offer the ACCESS service")
        items = [item_of(lists, one) for one in wanted]
        outcomes = opened.access(
            items, break_on_error=options.break_on_error, self_descriptive=options.self_descriptive
        )
        if any(outcome.result.value == DataAccessResult.OBJECT_UNDEFINED for outcome in outcomes):
            lists.drop()
    lines = [_line(item, outcome) for item, outcome in zip(items, outcomes, strict=True)]
    if options.format == "json":
        print_json([line | to_json(outcome.data) for line, outcome in zip(lines, outcomes, strict=True)])
    elif options.format == "csv":
        print_csv(list(lines[0]), [list(line.values()) for line in lines])
    else:
        print_table("ACCESS", [Column(name) for name in lines[0]], [list(line.values()) for line in lines])


def _line(item: AccessItem, outcome: AccessOutcome) -> dict[str, str]:
    """The row of one item of an ACCESS: service, target, result, value."""
    target = item.target
    if isinstance(target, CosemMethod):
        name = method_name(target.class_id, target.method_id)
    else:
        name = attribute_name(target.class_id, target.attribute_id)
    return {
        "service": item.kind.name.lower(),
        "obis": target.instance.dotted,
        "name": name,
        "result": outcome.result.text,
        "value": "" if outcome.data.tag is Tag.NULL_DATA else _value(target, outcome.data),
    }


def _value(target: CosemAttribute | CosemMethod, data: Data) -> str:
    if isinstance(target, CosemMethod):
        return text(data)
    return tell(target.class_id, target.attribute_id, data, None, target.instance).text
