"""``objects``: the object list with the rights of this client."""

from __future__ import annotations

import argparse
from typing import Any

from ..dlmsclient import Association, ListedObject, ProtocolError
from ..dlmsclient.cosem import attribute_name, class_name, method_name, obis_name
from .asking import with_octets
from .errors import Odd
from .render import print_csv, print_json, print_table, say
from .session import association, object_list
from .tables import Column


def _rights(item: ListedObject) -> str:
    return " ".join(f"{number}:{access.text}" for number, access in item.attributes.items())


def _methods(item: ListedObject) -> str:
    return " ".join(str(number) for number in item.invocable)


def _as_json(item: ListedObject) -> dict[str, Any]:
    """An entry of the object list as a JSON object."""
    return {
        "obis": item.instance.dotted,
        "name": obis_name(item.instance),
        "class_id": item.class_id,
        "class": class_name(item.class_id),
        "version": item.version,
        "attributes": [
            {
                "id": number,
                "name": attribute_name(item.class_id, number),
                "access": access.text,
                "mode": access.mode,
                "selectors": list(access.selectors),
            }
            for number, access in item.attributes.items()
        ],
        "methods": [
            {"id": number, "name": method_name(item.class_id, number), "mode": mode}
            for number, mode in item.methods.items()
        ],
    }


def run(options: argparse.Namespace) -> None:
    """Read and print the object list."""
    odd: list[ProtocolError] = []
    with association(options) as opened:
        objects = object_list(opened, odd)
    _print(options, opened, objects)
    for error in odd:
        say(f"left out of the object list: {with_octets(str(error), error.octets)}")
    if odd:
        raise Odd(len(odd), len(odd) + len(objects), "entries")


def _print(options: argparse.Namespace, opened: Association, objects: list[ListedObject]) -> None:
    """Print the object list as a table, CSV or JSON."""
    if options.format == "json":
        print_json([_as_json(item) for item in objects])
        return
    if options.format == "csv":
        print_csv(
            ["obis", "name", "class_id", "class", "version", "attributes", "methods"],
            [
                [
                    item.instance.dotted,
                    obis_name(item.instance),
                    item.class_id,
                    class_name(item.class_id),
                    item.version,
                    _rights(item),
                    _methods(item),
                ]
                for item in objects
            ],
        )
        return
    columns = [Column("OBIS"), Column("name"), Column("class", worth=2), Column("version", True, worth=3)]
    columns += [Column("attributes"), Column("methods", worth=1)]
    rows = [
        [
            str(item.instance),
            obis_name(item.instance),
            f"{class_name(item.class_id)} ({item.class_id})",
            str(item.version),
            _rights(item),
            _methods(item),
        ]
        for item in objects
    ]
    print_table(
        f"{len(objects)} objects for client {opened.client_wport} at logical device {opened.server_wport}",
        columns,
        rows,
    )
