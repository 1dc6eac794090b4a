"""What a meter sends unasked, in names, units and words: for `listen`, and for the other
commands when it arrives between two answers.

A push is a structure of bare values. The push_object_list of its Push setup names them: a list that
is among the values itself, or one that was read before (:class:`Directory`). A list that was read
before is found by the logical name of the Push setup among the values, or by the number of values
where only one list has as many.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ..dlmsclient import Association, CosemAttribute, Data, ListedObject, Obis, ProtocolError, ScalerUnit, Tag, axdr
from ..dlmsclient.cosem import SCALED_ATTRIBUTES, attribute_name, obis_name
from ..dlmsclient.notifications import (
    DataNotification,
    DataNotificationConfirm,
    EventNotification,
    InformationReport,
    Notification,
)
from .asking import Answer, ask_all, unit_of
from .plain import shorten, text
from .values import to_json
from .words import Told, attribute_of, object_text, tell

PUSH_SETUP = 40
_LIST = 2  # attribute push_object_list
_HEAD = (Tag.LONG_UNSIGNED, Tag.OCTET_STRING, Tag.INTEGER, Tag.LONG_UNSIGNED)


@dataclass(frozen=True)
class Pushed:
    """An element of push_object_list: which attribute, and which part of it, 0 for the whole."""

    class_id: int
    instance: Obis
    attribute_id: int
    index: int


@dataclass
class Directory:
    """What a meter pushes: the lists by the logical name of their Push setup,
    and the units of what is in them.
    """

    lists: dict[Obis, list[Pushed]] = field(default_factory=dict)
    units: dict[tuple[int, Obis, int], ScalerUnit] = field(default_factory=dict)


@dataclass(frozen=True)
class Item:
    """A value of a push: what it is where that is known, as it came, and in words."""

    pushed: Pushed | None
    data: Data
    told: Told

    @property
    def name(self) -> str:
        """What it is called; empty where it is not known."""
        if self.pushed is None:
            return ""
        return attribute_of(self.pushed.class_id, self.pushed.instance, self.pushed.attribute_id, self.pushed.index)

    @property
    def line(self) -> str:
        """Name, value and unit."""
        if (
            self.pushed is not None
            and self.pushed.attribute_id == 1
            and self.data.tag is Tag.OCTET_STRING
            and len(self.data) == 6
        ):
            return object_text(Obis(self.data.value))
        return f"{self.name} {shorten(self.told.line)}".strip()


def learn(opened: Association, objects: Sequence[ListedObject]) -> Directory:
    """Ask a meter for what it pushes and for the units of it; what it
    does not report stays unnamed.
    """
    found = Directory()
    readable = [item.instance for item in objects if item.class_id == PUSH_SETUP and _LIST in item.readable]
    setups = [CosemAttribute(PUSH_SETUP, instance, _LIST) for instance in readable]
    answers: dict[CosemAttribute, Answer] = {}
    ask_all(opened, setups, answers)
    for setup in setups:
        listed = _list_of(answers[setup].data)
        if listed:
            found.lists[setup.instance] = listed
    wanted = {}
    for each in {pushed for listed in found.lists.values() for pushed in listed}:
        targets, source = SCALED_ATTRIBUTES.get(each.class_id, ((), 0))
        if each.attribute_id in targets:
            wanted[each] = CosemAttribute(each.class_id, each.instance, source)
    answers = {}
    ask_all(opened, wanted.values(), answers)
    for each, scaler_unit in wanted.items():
        unit, _ = unit_of(answers[scaler_unit])
        if unit is not None:
            found.units[each.class_id, each.instance, each.attribute_id] = unit
    return found


def _list_of(data: Data | None) -> list[Pushed] | None:
    """push_object_list; None for what is none."""
    if data is None or data.tag is not Tag.ARRAY:
        return None
    found = []
    for element in data.value:
        if element.tag is not Tag.STRUCTURE or tuple(part.tag for part in element.value[:4]) != _HEAD:
            return None
        class_id, name, attribute_id, index = (part.value for part in element.value[:4])
        try:
            found.append(Pushed(class_id, Obis(name), attribute_id, index))
        except ProtocolError:
            return None
    return found


def _objects_of(values: Sequence[Data], directory: Directory | None) -> list[Pushed] | None:
    """What the values of a push are; None where it is not known."""
    for value in values:
        listed = _list_of(value)
        if listed and len(listed) == len(values):
            return listed
    lists = directory.lists if directory else {}
    for value in values:
        if value.tag is Tag.OCTET_STRING and len(value) == 6 and Obis(value.value) in lists:
            listed = lists[Obis(value.value)]
            return listed if len(listed) == len(values) else None
    fitting = [listed for listed in lists.values() if len(listed) == len(values)]
    return fitting[0] if len(fitting) == 1 else None


def items_of(body: Data, directory: Directory | None = None) -> list[Item]:
    """The values of a push."""
    values = axdr.elements(body) if body.tag is Tag.STRUCTURE else (body,)
    objects = _objects_of(values, directory)
    if objects is None:
        return [Item(None, value, Told(text(value))) for value in values]
    units = dict(directory.units) if directory else {}
    for pushed, value in zip(objects, values, strict=True):
        # A push may bring the units itself.
        for number in _scaled_by(pushed):
            try:
                units[pushed.class_id, pushed.instance, number] = ScalerUnit.from_data(value)
            except ProtocolError:
                continue
    return [Item(pushed, value, _told(pushed, value, units)) for pushed, value in zip(objects, values, strict=True)]


def _scaled_by(pushed: Pushed) -> tuple[int, ...]:
    """The attributes that a pushed scaler_unit applies to."""
    targets, source = SCALED_ATTRIBUTES.get(pushed.class_id, ((), 0))
    return targets if pushed.attribute_id == source and not pushed.index else ()


def _told(pushed: Pushed, value: Data, units: dict[tuple[int, Obis, int], ScalerUnit]) -> Told:
    if pushed.index:
        return Told(text(value))
    unit = units.get((pushed.class_id, pushed.instance, pushed.attribute_id))
    return tell(pushed.class_id, pushed.attribute_id, value, unit, pushed.instance)


def fields(notification: Notification, directory: Directory | None = None) -> dict[str, Any]:
    """A notification for JSON."""
    found: dict[str, Any] = {"apdu": type(notification).__name__}
    if isinstance(notification, DataNotification | DataNotificationConfirm):
        found["invoke_id"] = notification.number
    if isinstance(notification, InformationReport):
        found["time"] = notification.when
        found["values"] = {f"{name:04X}": text(value) for name, value in notification.values}
    else:
        found["time"] = str(notification.when) if notification.when else None
    if isinstance(notification, DataNotification):
        items = items_of(notification.body, directory)
        found["confirmed"] = notification.confirmed
        found["values"] = [item.told.text for item in items]
        found["items"] = [_item_json(item) for item in items]
    if isinstance(notification, EventNotification):
        attribute = notification.attribute
        found |= {
            "object": str(attribute.instance),
            "name": obis_name(attribute.instance),
            "class_id": attribute.class_id,
            "attribute": attribute.attribute_id,
            "value": _event_value(notification),
            "data": to_json(notification.value),
        }
    if notification.deviations:
        found["deviations"] = list(notification.deviations)
    return found


def _item_json(item: Item) -> dict[str, Any]:
    """A pushed value as a JSON object: its Data, its text, and its name where that is known."""
    found = to_json(item.data) | {"text": item.told.text}
    if item.told.unit:
        found["unit"] = item.told.unit
    if item.pushed is not None:
        pushed = item.pushed
        found |= {
            "name": item.name,
            "obis": pushed.instance.dotted,
            "class_id": pushed.class_id,
            "attribute": pushed.attribute_id,
        }
    return found


def _event_value(event: EventNotification) -> str:
    attribute = event.attribute
    return tell(attribute.class_id, attribute.attribute_id, event.value, None, attribute.instance).line


def _joined(between: str, *parts: str) -> str:
    """The parts that there are."""
    return between.join(filter(None, parts))


def summary(notification: Notification, directory: Directory | None = None) -> tuple[str, list[str]]:
    """A notification for people: what it is and when, and a text for each value."""
    name, when = type(notification).__name__, str(notification.when or "")
    told = [f"deviation: {deviation}" for deviation in notification.deviations]
    if isinstance(notification, DataNotification):
        asked = ", to be confirmed" if notification.confirmed else ""
        head = _joined(", ", f"{name} {notification.number}{asked}", when)
        return head, [i.line for i in items_of(notification.body, directory)] + told
    if isinstance(notification, DataNotificationConfirm):
        return _joined(", ", f"{name} {notification.number}", when), told
    if isinstance(notification, EventNotification):
        attribute = notification.attribute
        named = attribute_name(attribute.class_id, attribute.attribute_id)
        what = f"{obis_name(attribute.instance) or f'class {attribute.class_id}'} {attribute.instance} {named}"
        return _joined(" ", name, when), [f"{what} = {_event_value(notification)}", *told]
    return _joined(" ", name, when), [
        f"{short:04X} = {shorten(text(value))}" for short, value in notification.values
    ] + told


def line(notification: Notification, directory: Directory | None = None) -> str:
    """All of it on one line."""
    head, values = summary(notification, directory)
    return _joined(": ", head, ", ".join(values))
