"""object_list of the Association LN: what is there, and what may be done with
it (REQUIREMENTS F-11, F-30, F-31).

    array of structure {class-id, version, logical name, access_rights} access_rights = structure
    {array of {attribute-id, access mode, selectors}, array of {method-id, access mode}}
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from .axdr import Data, Tag, elements
from .cosem import ClassId
from .errors import ProtocolError
from .obis import Obis

CURRENT_ASSOCIATION = Obis(bytes([0, 0, 40, 0, 0, 255]))
_READABLE_MODES = (1, 3, 4, 6)
_WRITABLE_MODES = (2, 3, 5, 6)
_BIT_CODED_FROM = 3  # version of the Association LN with bit-coded access modes


@dataclass(frozen=True)
class AttributeAccess:
    """Right to an attribute: the access mode as sent, and the version of the
    association that gives it its meaning.
    """

    mode: int
    selectors: tuple[int, ...] = ()
    association_version: int = 1

    @property
    def readable(self) -> bool:
        """GET is allowed."""
        return bool(self.mode & 1) if self.association_version >= _BIT_CODED_FROM else self.mode in _READABLE_MODES

    @property
    def writable(self) -> bool:
        """SET is allowed."""
        return bool(self.mode & 2) if self.association_version >= _BIT_CODED_FROM else self.mode in _WRITABLE_MODES

    @property
    def text(self) -> str:
        """``r``, ``w``, ``rw`` or ``-``."""
        return ("r" if self.readable else "") + ("w" if self.writable else "") or "-"


@dataclass(frozen=True)
class ListedObject:
    """One element of object_list."""

    class_id: int
    version: int
    instance: Obis
    attributes: dict[int, AttributeAccess] = field(default_factory=dict)
    methods: dict[int, int] = field(default_factory=dict)

    @property
    def readable(self) -> list[int]:
        """Attributes that may be read, in the order of the list."""
        return [number for number, access in self.attributes.items() if access.readable]

    @property
    def invocable(self) -> list[int]:
        """Methods that may be invoked."""
        return [number for number, mode in self.methods.items() if mode]


def parse_object_list(
    data: Data, association_version: int | None = None, odd: list[ProtocolError] | None = None
) -> list[ListedObject]:
    """The objects in the order of the list.

    The version of the association, which decides how access modes read, is taken from the list's
    own entry of the current association unless given. A wrong shape is a ProtocolError. ``odd``:
    entries of a wrong shape are left out and noted here instead.
    """
    if data.tag is not Tag.ARRAY:
        raise ProtocolError(f"object_list is {data.tag.text}, must be an array")
    if association_version is None:
        association_version = _own_version(data)
    version = association_version
    found: list[ListedObject] = []
    with_each(elements(data), lambda item: found.append(_element(item, version)), odd)
    return found


def with_each(items: Iterable[Data], take: Callable[[Data], None], odd: list[ProtocolError] | None) -> None:
    """``take`` for each entry of a list; the ProtocolErrors of odd ones are
    collected where a list for them is given.
    """
    for item in items:
        try:
            take(item)
        except ProtocolError as error:
            if odd is None:
                raise
            odd.append(error.of(item.encode()))


def _own_version(data: Data) -> int:
    for item in elements(data):
        parts = elements(item) if item.tag is Tag.STRUCTURE else ()
        if (
            len(parts) >= 3
            and parts[0].value == ClassId.ASSOCIATION_LN
            and parts[2].value == CURRENT_ASSOCIATION.octets
        ):
            return parts[1].value if parts[1].tag is Tag.UNSIGNED else 1
    return 1


def _typed(data: Data, *tags: Tag) -> Data:
    if data.tag not in tags:
        raise ProtocolError(f"object_list has {data.tag.text} where {' or '.join(tag.text for tag in tags)} belongs")
    return data


def _parts(data: Data, *counts: int) -> tuple[Data, ...]:
    parts = elements(_typed(data, Tag.STRUCTURE))
    if len(parts) not in counts:
        raise ProtocolError(f"object_list has a structure of {len(parts)} elements, must be {counts}")
    return parts


def _element(data: Data, association_version: int) -> ListedObject:
    # Without access_rights when selected by class (REQUIREMENTS D-113).
    parts = _parts(data, 3, 4)
    listed = ListedObject(
        _typed(parts[0], Tag.LONG_UNSIGNED).value,
        _typed(parts[1], Tag.UNSIGNED).value,
        Obis(_typed(parts[2], Tag.OCTET_STRING).value),
    )
    if len(parts) == 4:
        attributes, methods = _parts(parts[3], 2)
        read_rights(listed, attributes, methods, association_version)
    return listed


def read_rights(listed: ListedObject, attributes: Data, methods: Data, association_version: int) -> None:
    """Enter attribute_access and method_access, two arrays, into a listed object."""
    for item in elements(_typed(attributes, Tag.ARRAY)):
        number, mode, selectors = _parts(item, 3)
        listed.attributes[_number(number, listed.attributes)] = AttributeAccess(
            _typed(mode, Tag.ENUM).value, _selectors(selectors), association_version
        )
    for item in elements(_typed(methods, Tag.ARRAY)):
        number, mode = _parts(item, 2)
        listed.methods[_number(number, listed.methods)] = int(_typed(mode, Tag.ENUM, Tag.BOOLEAN).value)


def _number(data: Data, seen: Mapping[int, object]) -> int:
    number: int = _typed(data, Tag.INTEGER).value
    if number in seen:
        raise ProtocolError(f"object_list names attribute or method {number} of an object twice")
    return number


def _selectors(data: Data) -> tuple[int, ...]:
    if data.tag is Tag.NULL_DATA:
        return ()
    return tuple(_typed(item, Tag.INTEGER).value for item in elements(_typed(data, Tag.ARRAY)))
