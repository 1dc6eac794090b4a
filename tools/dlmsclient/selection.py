"""Selective access parameters: range and entry of a profile buffer, selectors
of object_list (REQUIREMENTS D.11).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .axdr import (
    Data,
    Tag,
    array,
    double_long_unsigned,
    integer,
    long_unsigned,
    members,
    null_data,
    octet_string,
    structure,
)
from .datetimes import DateTime
from .obis import Obis
from .xdlms import Selection

BY_RANGE = 1
BY_ENTRY = 2
_CAPTURE_OBJECT = (Tag.LONG_UNSIGNED, Tag.OCTET_STRING, Tag.INTEGER, Tag.LONG_UNSIGNED)


@dataclass(frozen=True)
class CaptureObject:
    """capture_object_definition: class-id, logical name, attribute, data
    index (0: the whole attribute).
    """

    class_id: int
    instance: Obis
    attribute_id: int
    data_index: int = 0

    def to_data(self) -> Data:
        """structure {long-unsigned, octet-string, integer, long-unsigned}."""
        return structure(
            long_unsigned(self.class_id),
            octet_string(self.instance.octets),
            integer(self.attribute_id),
            long_unsigned(self.data_index),
        )

    @classmethod
    def from_data(cls, data: Data) -> CaptureObject:
        """From an element of capture_objects."""
        class_id, name, attribute_id, data_index = members(data, "a capture object", *_CAPTURE_OBJECT)
        return cls(class_id, Obis(name), attribute_id, data_index)


CLOCK_TIME = CaptureObject(8, Obis(bytes([0, 0, 1, 0, 0, 255])), 2)


def by_range(
    start: Data | DateTime,
    end: Data | DateTime,
    restricting: CaptureObject = CLOCK_TIME,
    columns: Sequence[CaptureObject] = (),
) -> Selection:
    """Selector 1: rows whose restricting value is ``start`` to ``end``, both
    included; no ``columns`` means all of them.
    """
    return Selection(
        BY_RANGE,
        structure(
            restricting.to_data(),
            _moment(start),
            _moment(end),
            array(*(column.to_data() for column in columns)),
        ),
    )


def _moment(value: Data | DateTime) -> Data:
    return octet_string(value.encode()) if isinstance(value, DateTime) else value


def by_entry(first: int, last: int = 0, first_column: int = 1, last_column: int = 0) -> Selection:
    """Selector 2: rows ``first`` to ``last`` and columns likewise, counted from
    1; 0 as the last means the end.
    """
    return Selection(
        BY_ENTRY,
        structure(
            double_long_unsigned(first),
            double_long_unsigned(last),
            long_unsigned(first_column),
            long_unsigned(last_column),
        ),
    )


def object_list_all() -> Selection:
    """object_list selector 1: everything (REQUIREMENTS D-113)."""
    return Selection(1, null_data())


def object_list_by_class(*class_ids: int) -> Selection:
    """object_list selector 2: objects of these classes."""
    return Selection(2, array(*(long_unsigned(class_id) for class_id in class_ids)))


def _object_id(class_id: int, instance: str | Obis) -> Data:
    return structure(long_unsigned(class_id), octet_string(Obis.parse(instance).octets))


def object_list_by_ids(*objects: tuple[int, str | Obis]) -> Selection:
    """object_list selector 3: these objects, each (class-id, logical name)."""
    return Selection(3, array(*(_object_id(*item) for item in objects)))


def object_list_by_id(class_id: int, instance: str | Obis) -> Selection:
    """object_list selector 4: this object."""
    return Selection(4, _object_id(class_id, instance))


def short_names_of_class(class_id: int) -> Selection:
    """object_list of an Association SN, selector 1: the objects of a class (REQUIREMENTS F-10)."""
    return Selection(1, long_unsigned(class_id))


def short_name_of(class_id: int, instance: str | Obis) -> Selection:
    """… selector 2: this object; the answer is one element."""
    return Selection(2, _object_id(class_id, instance))


def rights_of(base_name: int) -> Selection:
    """access_rights_list of an Association SN, selector 1: the object with this
    base name; the answer is one element.
    """
    return Selection(1, Data(Tag.LONG, base_name - 0x10000 if base_name & 0x8000 else base_name))
