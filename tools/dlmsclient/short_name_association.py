"""An association that speaks with short names: the same objects, found by
their base names (REQUIREMENTS D.6).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from . import axdr, short_name_exchanges
from .association import Association
from .axdr import Data, Tag
from .codes import DataAccessResult
from .errors import DataAccessError, ProtocolError, UsageError
from .initiate import Conformance
from .obis import Obis
from .objects import ListedObject
from .short_name_service import UNCONFIRMED_WRITE_REQUEST, Variable, write_request
from .short_names import (
    ASSOCIATION_SN,
    CHANGE_SECRET,
    READ_BY_LOGICALNAME,
    ShortNamedObject,
    attribute_name,
    method_name,
    parse_short_name_list,
)
from .xdlms import CosemAttribute, CosemMethod, DataResult

_CLASS_ASSOCIATION_SN = 12


class ShortNameAssociation(Association):
    """Services by short name: ``read``, ``write`` and their lists. By logical name ``get``, ``set``
    and ``action`` do the same as in an association with logical names; the base names are read from
    object_list when the first one is needed.
    """

    _objects: list[ShortNamedObject] | None = None

    # By short name

    def read(self, name: int, selector: int = 0, parameter: Data | None = None) -> Data:
        """Read a variable; with a parameter by parameterized-access."""
        return self._run(short_name_exchanges.read(self._terms(), Variable(name, selector, parameter)))

    def read_list(self, variables: Sequence[Variable]) -> tuple[DataResult, ...]:
        """Read several variables with one request: Data or DataAccessResult each."""
        return self._run(short_name_exchanges.read_list(self._terms(), variables))

    def write(self, name: int, value: Data, confirmed: bool | None = None) -> None:
        """Write a variable. ``confirmed`` False sends UnconfirmedWrite: no response is waited for."""
        if self._is_confirmed(confirmed):
            self._run(short_name_exchanges.write(self._terms(), Variable(name), value))
        else:
            self.unconfirmed_write([Variable(name)], [value])

    def write_list(self, variables: Sequence[Variable], values: Sequence[Data]) -> tuple[DataAccessResult, ...]:
        """Write several variables with one request."""
        return self._run(short_name_exchanges.write_list(self._terms(), variables, values))

    def unconfirmed_write(self, variables: Sequence[Variable], values: Sequence[Data]) -> None:
        """Write without an answer."""
        if self.block_size is not None:
            raise UsageError("an unconfirmed service cannot be sent in blocks: nothing acknowledges them")
        self.send_apdu(write_request(variables, values, UNCONFIRMED_WRITE_REQUEST))

    # The Association SN

    def objects(self, odd: list[ProtocolError] | None = None) -> list[ListedObject]:
        """object_list with the rights of access_rights_list, where the association has
        one. odd: see `parse_short_name_list`.
        """
        return self.parse_objects(self.object_lists(), odd)

    def object_lists(self) -> list[Data | None]:
        """object_list, and access_rights_list or None."""
        listed = self.read(attribute_name(ASSOCIATION_SN, 2))
        try:
            return [listed, self.read(attribute_name(ASSOCIATION_SN, 3))]
        except DataAccessError:
            return [listed, None]

    def parse_objects(self, lists: Sequence[Data | None], odd: list[ProtocolError] | None = None) -> list[ListedObject]:
        """The objects of :meth:`object_lists`; from now on their base names are known."""
        listed, rights = lists
        if listed is None:
            raise ProtocolError("there is no object_list")
        self._objects = parse_short_name_list(listed, rights, odd)
        return list(self._objects)

    def read_by_logicalname(self, *attributes: tuple[int, str | Obis, int]) -> tuple[Data, ...]:
        """Values of (class-id, logical name, attribute), 0 for all attributes
        of an object, in one structure.
        """
        asked = [
            axdr.structure(
                axdr.long_unsigned(class_id), axdr.octet_string(Obis.parse(instance).octets), axdr.integer(number)
            )
            for class_id, instance, number in attributes
        ]
        returned = self.read(
            method_name(ASSOCIATION_SN, _CLASS_ASSOCIATION_SN, READ_BY_LOGICALNAME), 0, axdr.array(*asked)
        )
        if returned.tag is not Tag.STRUCTURE:
            raise ProtocolError(f"read_by_logicalname returned {returned.tag.text}, must be a structure")
        return tuple(axdr.elements(returned))

    def change_secret(self, secret: bytes) -> None:
        """Give the association another LLS secret."""
        self.write(method_name(ASSOCIATION_SN, _CLASS_ASSOCIATION_SN, CHANGE_SECRET), axdr.octet_string(secret))

    # By logical name

    def find(self, class_id: int, instance: str | Obis) -> ShortNamedObject:
        """The object of object_list; a DataAccessError object-undefined when there is none."""
        if self._objects is None:
            self.objects()
        assert self._objects is not None
        wanted = Obis.parse(instance)
        for each in self._objects:
            if (each.class_id, each.instance) == (class_id, wanted):
                return each
        raise DataAccessError(DataAccessResult.OBJECT_UNDEFINED, f"object_list has no {wanted} of class {class_id}")

    def _variable(self, attribute: CosemAttribute) -> Variable:
        name = self.find(attribute.class_id, attribute.instance).attribute(attribute.attribute_id)
        if attribute.selection is None:
            return Variable(name)
        return Variable(name, attribute.selection.selector, attribute.selection.parameters)

    def _get(self, target: CosemAttribute) -> Data:
        return self._run(short_name_exchanges.read(self._terms(), self._variable(target)))

    def get_list(self, attributes: Sequence[CosemAttribute]) -> tuple[DataResult, ...]:
        """Read several attributes."""
        return self.read_list([self._variable(attribute) for attribute in attributes])

    def _set(self, target: CosemAttribute, value: Data, confirmed: bool | None) -> None:
        if target.selection is not None:
            raise UsageError("Write has no selective access")
        self.write(self._variable(target).name, value, confirmed)

    def set_list(self, attributes: Sequence[CosemAttribute], values: Sequence[Data]) -> tuple[DataAccessResult, ...]:
        """Write several attributes."""
        return self.write_list([self._variable(attribute) for attribute in attributes], values)

    def _action(self, target: CosemMethod, parameter: Data | None, confirmed: bool | None) -> Data | None:
        """By a Read, which brings back what the method returns; by a Write where the
        AA has no parameterized-access.
        """
        name = self.find(target.class_id, target.instance).method(target.method_id)
        confirmed = self._is_confirmed(confirmed)
        offered = self.negotiated.conformance if self.negotiated else Conformance(0)
        if (
            not confirmed
            or Conformance.READ not in offered
            or parameter
            and Conformance.PARAMETERIZED_ACCESS not in offered
        ):
            self.write(name, axdr.null_data() if parameter is None else parameter, confirmed)
            return None
        returned = self.read(name, 0, parameter)
        return None if returned.tag is Tag.NULL_DATA else returned

    def action_list(self, methods: Sequence[CosemMethod], parameters: Sequence[Data | None]) -> NoReturn:
        raise UsageError("with short names methods are invoked by `read_list`")
