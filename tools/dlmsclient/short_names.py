"""Short names: where attributes and methods lie (REQUIREMENTS D-53, D-54), and the
object list of the Association SN (F-10).

    object_list         array of structure {base_name long, class_id long-unsigned, version
                        unsigned, logical_name octet-string}
    access_rights_list  array of structure {base_name long, array of {attribute-id, access mode,
                        selectors}, array of {method-id, mode}}
"""

from __future__ import annotations

from dataclasses import dataclass

from .axdr import Data, Tag, elements, members
from .cosem import CLASSES, class_name
from .errors import ProtocolError, UsageError
from .obis import Obis
from .objects import CURRENT_ASSOCIATION, ListedObject, read_rights, with_each

ASSOCIATION_SN = 0xFA00  # base names that are the same in every meter
SAP_ASSIGNMENT = 0xFC00
LOGICAL_DEVICE_NAME = 0xFD00
READ_BY_LOGICALNAME, CHANGE_SECRET = 3, 5
_CLASS_ASSOCIATION_SN = 12
_STEP = 8

# Offset of method 1 from the base name, by class-id.
_METHODS = {
    3: 0x28,
    4: 0x38,
    5: 0x48,
    6: 0x30,
    7: 0x58,
    8: 0x60,
    9: 0x20,
    10: 0x10,
    11: 0x10,
    12: 0x20,
    15: 0x60,
    17: 0x20,
    18: 0x40,
    20: 0x50,
    40: 0x38,
    42: 0x60,
    48: 0x60,
    64: 0x30,
    70: 0x20,
}

# … of a class whose later versions have more attributes, by class-id and
# version: after the last one.
_METHODS_BEHIND = {(40, 1): 0x50, (40, 2): 0x68}


def attribute_name(base: int, attribute_id: int) -> int:
    """Short name of an attribute."""
    if not 1 <= attribute_id <= 127:
        raise UsageError(f"attribute {attribute_id} has no short name: 1 to 127")
    return base + _STEP * (attribute_id - 1)


def _methods_offset(class_id: int, version: int) -> int | None:
    return _METHODS_BEHIND.get((class_id, version), _METHODS.get(class_id))


def method_name(base: int, class_id: int, method_id: int, version: int = 0) -> int:
    """Short name of a method."""
    offset = _methods_offset(class_id, version)
    if offset is None:
        raise UsageError(f"where the methods of class {class_id} have their short names is not known")
    if not 1 <= method_id <= 127:
        raise UsageError(f"method {method_id} has no short name: 1 to 127")
    return base + offset + _STEP * (method_id - 1)


@dataclass(frozen=True)
class ShortNamedObject(ListedObject):
    """An object with its base name."""

    base_name: int = 0

    def attribute(self, attribute_id: int) -> int:
        """Short name of an attribute. One that the class does not have would be the short
        name of a method, or of another object.
        """
        name = attribute_name(self.base_name, attribute_id)
        behind = _methods_offset(self.class_id, self.version)
        known = CLASSES.get(self.class_id)
        if behind is None and known:
            behind = _STEP * len(known.attributes)
        if behind is not None and name >= self.base_name + behind:
            raise UsageError(f"{class_name(self.class_id)} has no attribute {attribute_id} with a short name")
        return name

    def method(self, method_id: int) -> int:
        """Short name of a method."""
        return method_name(self.base_name, self.class_id, method_id, self.version)


def parse_short_name_list(
    data: Data, rights: Data | None = None, odd: list[ProtocolError] | None = None
) -> list[ShortNamedObject]:
    """The objects of object_list, in its order, with the rights of access_rights_list.

    A wrong shape is a ProtocolError. ``odd``: entries of a wrong shape are
    left out and noted here instead.
    """
    if data.tag is not Tag.ARRAY:
        raise ProtocolError(f"object_list is {data.tag.text}, must be an array")
    found: dict[int, ShortNamedObject] = {}
    with_each(elements(data), lambda item: _enter(item, found), odd)
    if rights is None:
        return list(found.values())
    own = next((each for each in found.values() if each.instance == CURRENT_ASSOCIATION), None)
    # Access modes are bit-coded from version 4 on, as from version 3 of the Association LN.
    version = 3 if own and own.class_id == _CLASS_ASSOCIATION_SN and own.version >= 4 else 1
    with_each(elements(rights), lambda item: _enter_rights(item, found, version), odd)
    return list(found.values())


def _enter(item: Data, found: dict[int, ShortNamedObject]) -> None:
    what = "an element of object_list"
    base, class_id, version, name = members(item, what, Tag.LONG, Tag.LONG_UNSIGNED, Tag.UNSIGNED, Tag.OCTET_STRING)
    if base & 0xFFFF in found:
        raise ProtocolError(f"object_list has the base name {base & 0xFFFF:04X} twice")
    found[base & 0xFFFF] = ShortNamedObject(class_id, version, Obis(name), base_name=base & 0xFFFF)


def _enter_rights(item: Data, found: dict[int, ShortNamedObject], version: int) -> None:
    parts = elements(item)
    if item.tag is not Tag.STRUCTURE or len(parts) != 3 or parts[0].tag is not Tag.LONG:
        raise ProtocolError("access_rights_list has an element of another shape")
    base = parts[0].value & 0xFFFF
    if base not in found:
        raise ProtocolError(f"access_rights_list has the base name {base:04X}, object_list has not")
    read_rights(found[base], parts[1], parts[2], version)
