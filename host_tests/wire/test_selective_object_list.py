"""The four selectors of object_list, in every association."""

from __future__ import annotations

import pytest

from host_tests.wire.aas import ASSOCIATION, MANAGER, PUBLIC, READER, Associate
from tools.dlmsclient import (
    Association,
    Conformance,
    Data,
    DataAccessError,
    DataAccessResult,
    ExceptionResponseError,
    Selection,
    axdr,
)
from tools.dlmsclient.initiate import CLIENT_CONFORMANCE
from tools.dlmsclient.selection import object_list_all, object_list_by_class, object_list_by_id, object_list_by_ids


@pytest.fixture(params=[(PUBLIC, 12), (READER, 64), (MANAGER, 0)], ids=lambda view: f"client{view[0]}-pdu{view[1]}")
def association(request: pytest.FixtureRequest, associate: Associate) -> Association:
    return associate(request.param[0], pdu_size=request.param[1])


@pytest.fixture
def elements(association: Association) -> tuple[Data, ...]:
    return association.get(*ASSOCIATION, 2).value


def name(element: Data) -> tuple[int, str]:
    return element.value[0].value, ".".join(str(octet) for octet in element.value[2].value)


@pytest.mark.req("D-113")
def test_all(association: Association, elements: tuple[Data, ...]) -> None:
    assert association.get(*ASSOCIATION, 2, object_list_all()).value == elements


@pytest.mark.req("D-113")
@pytest.mark.parametrize("classes", [(), (8,), (15, 8), (1, 3, 8, 15), (8, 8), (99,), (0xFFFF, 8)])
def test_classes_have_no_rights_with_them(
    association: Association, elements: tuple[Data, ...], classes: tuple[int, ...]
) -> None:
    found = association.get(*ASSOCIATION, 2, object_list_by_class(*classes)).value
    assert [element.value for element in found] == [
        element.value[:3] for element in elements if element.value[0].value in classes
    ]


@pytest.mark.req("D-113")
def test_objects(association: Association, elements: tuple[Data, ...]) -> None:
    """Full records of those that are visible, each once, in the order of
    the list; others are not there.
    """
    wanted = [elements[0], elements[len(elements) // 2], elements[-1]]
    assert list(association.get(*ASSOCIATION, 2, object_list_by_ids(*map(name, wanted))).value) == wanted
    assert list(association.get(*ASSOCIATION, 2, object_list_by_ids(*map(name, [*wanted, wanted[0]]))).value) == wanted
    assert association.get(*ASSOCIATION, 2, object_list_by_ids(*map(name, elements[:20]))).value == elements[:20]
    strangers = [(1, "0.0.99.99.0.255"), (7, "0.0.42.0.0.255")]
    assert list(association.get(*ASSOCIATION, 2, object_list_by_ids(*strangers, name(wanted[0]))).value) == wanted[:1]
    assert association.get(*ASSOCIATION, 2, object_list_by_ids()) == axdr.array()


@pytest.mark.req("D-113")
def test_one_object(association: Association, elements: tuple[Data, ...]) -> None:
    for element in elements:
        assert association.get(*ASSOCIATION, 2, object_list_by_id(*name(element))).value == (element,)
    assert association.get(*ASSOCIATION, 2, object_list_by_id(1, "0.0.99.99.0.255")) == axdr.array()


@pytest.mark.req("D-113", "F-31")
def test_what_is_not_visible_is_not_found(associate: Associate) -> None:
    """An object of the reader's list, asked for by the public client."""
    assert associate(READER).get(*ASSOCIATION, 2, object_list_by_id(3, "1.0.1.8.0.255")).value
    public = associate(PUBLIC)
    assert public.get(*ASSOCIATION, 2, object_list_by_id(3, "1.0.1.8.0.255")) == axdr.array()
    assert public.get(*ASSOCIATION, 2, object_list_by_class(3)) == axdr.array()


@pytest.mark.req("D-113", "D-112")
def test_parameters_of_another_shape(association: Association) -> None:
    one = object_list_by_id(8, "0.0.1.0.0.255").parameters
    wrong = [
        Selection(1, axdr.unsigned(0)),
        Selection(2, axdr.null_data()),
        Selection(2, axdr.long_unsigned(8)),
        Selection(2, axdr.array(axdr.unsigned(8))),
        Selection(2, axdr.array(axdr.long_unsigned(8), axdr.unsigned(8))),
        Selection(3, one),
        Selection(3, axdr.array(axdr.long_unsigned(8))),
        Selection(3, axdr.array(one, axdr.structure(axdr.long_unsigned(8)))),
        Selection(4, axdr.array(one)),
        Selection(4, axdr.structure(axdr.long_unsigned(8), axdr.octet_string(b"12345"))),
        Selection(4, axdr.structure(axdr.long_unsigned(8), axdr.octet_string(b"1234567"))),
        Selection(4, axdr.structure(*one.value, axdr.unsigned(0))),
        Selection(5, axdr.null_data()),
        Selection(0, axdr.null_data()),
    ]
    for selection in wrong:
        with pytest.raises(DataAccessError) as caught:
            association.get(*ASSOCIATION, 2, selection)
        assert caught.value.code is DataAccessResult.TYPE_UNMATCHED, selection


@pytest.mark.req("D-114")
def test_selection_that_was_not_negotiated(associate: Associate) -> None:
    association = associate(PUBLIC, conformance=CLIENT_CONFORMANCE & ~Conformance.SELECTIVE_ACCESS)
    with pytest.raises(ExceptionResponseError) as caught:
        association.get(*ASSOCIATION, 2, object_list_all())
    assert caught.value.response.encode() == bytes.fromhex("D80102")
    assert association.get(*ASSOCIATION, 2).value
