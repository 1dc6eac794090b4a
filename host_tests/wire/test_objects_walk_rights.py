"""The object list of every association is the whole truth: what it grants
can be done, everything else is refused.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from host_tests.harness.faults import collected
from host_tests.wire.aas import ASSOCIATION, CLIENT_MANAGEMENT, MANAGER, PUBLIC, READER, Associate, objects_of
from host_tests.wire.apdus import MANAGEMENT, OTHER_DEVICE
from tools.dlmsclient import (
    ActionError,
    ActionResult,
    Association,
    DataAccessError,
    DataAccessResult,
    ListedObject,
    Tag,
    axdr,
)
from tools.dlmsclient.cosem import ClassId
from tools.dlmsclient.data import Data

CURRENT = "0.0.40.0.0.255"
# client wPort, logical device
VIEWS = [
    (PUBLIC, MANAGEMENT),
    (CLIENT_MANAGEMENT, MANAGEMENT),
    (READER, MANAGEMENT),
    (MANAGER, MANAGEMENT),
    (PUBLIC, OTHER_DEVICE),
    (CLIENT_MANAGEMENT, OTHER_DEVICE),
    (READER, OTHER_DEVICE),
    (MANAGER, OTHER_DEVICE),
]
DENIED = (DataAccessResult.READ_WRITE_DENIED, DataAccessResult.SCOPE_OF_ACCESS_VIOLATED)

# What the types of an attribute's value are (REQUIREMENTS F.1): a tag, a length for
# octet-strings, a tuple for a structure, a list for an array of any number of elements, a set
# of alternatives, None for a CHOICE.
DLU, LU, U, O12, LN = Tag.DOUBLE_LONG_UNSIGNED, Tag.LONG_UNSIGNED, Tag.UNSIGNED, 12, 6
SCALER_UNIT = (Tag.INTEGER, Tag.ENUM)
CAPTURED = (LU, LN, Tag.INTEGER, LU)
SHAPES: dict[int, tuple[object, ...]] = {
    1: (LN, None),
    3: (LN, None, SCALER_UNIT),
    4: (LN, None, SCALER_UNIT, None, O12),
    5: (LN, None, None, SCALER_UNIT, None, O12, O12, DLU, LU),
    7: (LN, [None], [CAPTURED], DLU, Tag.ENUM, CAPTURED, DLU, DLU),
    8: (LN, O12, Tag.LONG, U, O12, O12, Tag.INTEGER, Tag.BOOLEAN, Tag.ENUM),
    15: (
        LN,
        [(LU, U, LN, None)],
        (Tag.INTEGER, LU),
        7,
        (Tag.BIT_STRING, LU, LU, U, Tag.INTEGER, Tag.OCTET_STRING),
        7,
        Tag.OCTET_STRING,
        Tag.ENUM,
        6,
        [(U, Tag.VISIBLE_STRING)],
        (U, Tag.VISIBLE_STRING),
    ),
    17: (LN, [(LU, Tag.OCTET_STRING)]),
    40: (
        LN,
        [(LU, LN, Tag.INTEGER, LU, (Tag.ENUM, None), [CAPTURED])],
        (Tag.ENUM, Tag.OCTET_STRING, Tag.ENUM),
        [(O12, O12)],
        LU,
        U,
        (LU, LU, LU),
        LN,
        Tag.INTEGER,
        [None],
        Tag.ENUM,
        (Tag.DATE_TIME, DLU),
        Tag.DATE_TIME,
    ),
    41: (LN, LU, LN, LU, U, LU),
    42: (LN, LN, DLU, [DLU], [(U, U, Tag.OCTET_STRING)], DLU, DLU, Tag.BOOLEAN, DLU, DLU),
    43: (LN, 6),
    48: (LN, LN, Tag.ENUM, [16], [16], [16], Tag.OCTET_STRING, Tag.OCTET_STRING, U, [(U, LU, DLU)]),
    70: (LN, Tag.BOOLEAN, Tag.ENUM, Tag.ENUM),
}
METHODS = {1: 0, 3: 1, 4: 1, 5: 2, 7: 2, 8: 6, 15: 6, 17: 1, 40: 2, 41: 0, 42: 3, 43: 0, 48: 2, 70: 2}
VERSIONS = {1: 0, 3: 0, 4: 0, 5: 0, 7: 1, 8: 0, 15: 2, 17: 0, 40: 2, 41: 0, 42: 0, 43: 0, 48: 0, 70: 0}


def has_shape(value: Data, shape: object) -> bool:
    if shape is None:
        return True
    if isinstance(shape, Tag):
        return value.tag is shape
    if isinstance(shape, int):
        return value.tag is Tag.OCTET_STRING and len(value.value) == shape
    if isinstance(shape, list):
        return value.tag is Tag.ARRAY and all(has_shape(item, shape[0]) for item in value.value)
    assert isinstance(shape, tuple)
    parts = value.value
    return value.tag is Tag.STRUCTURE and len(parts) == len(shape) and all(map(has_shape, parts, shape))


@pytest.fixture(params=VIEWS, ids=lambda view: f"client{view[0]}-device{view[1]}")
def view(request: pytest.FixtureRequest, associate: Associate) -> Association:
    """An association of each client with each logical device."""
    return associate(*request.param)


def code_of(call: Callable[..., object], *arguments: object) -> DataAccessResult | ActionResult:
    """The result code that a call is refused with; success when it is not."""
    try:
        call(*arguments)
    except (DataAccessError, ActionError) as refusal:
        return refusal.code
    return DataAccessResult.SUCCESS


def describe(listed: ListedObject, number: int) -> str:
    return f"class {listed.class_id} {listed.instance} {number}"


@pytest.mark.req("F-30", "F-31", "F-11")
def test_list_is_well_formed(view: Association) -> None:
    """Valid pairs of class and logical name, none twice, the association itself
    once, known modes, numbers from 1 on.
    """
    listed = objects_of(view)
    names = [each.instance for each in listed]
    assert len(set(names)) == len(names)
    assert [str(each.instance) for each in listed if each.class_id == ClassId.ASSOCIATION_LN].count(
        "0-0:40.0.0*255"
    ) == 1
    with collected() as faults:
        for each in listed:
            with faults.at(describe(each, 1)):
                assert all(access.mode in (0, 1, 2, 3) for access in each.attributes.values())
                assert all(mode in (0, 1) for mode in each.methods.values())
                assert 1 in each.attributes, "no right to its logical name is listed"
                assert each.attributes[1].readable, "its logical name cannot be read"
                assert not each.attributes[1].writable, "its logical name can be written"
            if each.class_id in SHAPES:
                with faults.at(describe(each, 1)):
                    assert each.version == VERSIONS[each.class_id], "version"
                    assert list(each.attributes) == list(range(1, len(SHAPES[each.class_id]) + 1)), (
                        "numbers of its attributes"
                    )
                    assert list(each.methods) == list(range(1, METHODS[each.class_id] + 1)), "numbers of its methods"
            for number, access in each.attributes.items():
                selectors = {(7, 2): (1, 2), (15, 2): (1, 2, 3, 4)}.get((each.class_id, number), ())
                with faults.at(describe(each, number)):
                    assert access.selectors == selectors, "selectors"


@pytest.mark.req(
    "F-31",
    "F-01",
    "F-02",
    "F-03",
    "F-04",
    "F-06",
    "F-07",
    "F-11",
    "F-12",
    "F-18",
    "F-19",
    "F-20",
    "F-21",
    "F-23",
    "D-11",
)
def test_read_what_may_be_read_and_nothing_else(view: Association) -> None:
    """Every attribute of every object: read, with its type, where the list
    says so, and refused elsewhere.
    """
    with collected() as faults:
        for each in objects_of(view):
            shapes = SHAPES.get(each.class_id)
            for number, access in each.attributes.items():
                with faults.at(describe(each, number)):
                    if access.readable:
                        value = view.get(each.class_id, each.instance, number)
                        assert shapes is None or has_shape(value, shapes[number - 1]), (
                            f"a value of another type: {value}"
                        )
                        assert number != 1 or value.value == each.instance.octets, f"another logical name: {value}"
                    else:
                        assert code_of(view.get, each.class_id, each.instance, number) in DENIED, (
                            "read without the right to"
                        )
            for number in (len(shapes or each.attributes) + 1, 100, 127, -1):
                with faults.at(describe(each, number)):
                    assert code_of(view.get, each.class_id, each.instance, number) == DataAccessResult.TYPE_UNMATCHED, (
                        "not unmatched"
                    )
            other = 3 if each.class_id != 3 else 1
            with faults.at(f"class {other} instead of {describe(each, 1)}"):
                assert code_of(view.get, other, each.instance, 1) == DataAccessResult.OBJECT_CLASS_INCONSISTENT, (
                    "not inconsistent"
                )


@pytest.mark.req("F-31", "D-21")
@pytest.mark.caps("writes")
def test_write_nothing_that_may_not_be_written(view: Association) -> None:
    """SET of the value that is there, where it may not be set: refused for
    the right, whatever the type.
    """
    with collected() as faults:
        for each in objects_of(view):
            for number, access in each.attributes.items():
                if not access.writable:
                    for value in (axdr.null_data(), axdr.unsigned(0)):
                        with faults.at(describe(each, number)):
                            assert code_of(view.set, each.class_id, each.instance, number, value) in DENIED, (
                                "not denied"
                            )
            beyond = len(each.attributes) + 1
            with faults.at(describe(each, beyond)):
                code = code_of(view.set, each.class_id, each.instance, beyond, axdr.null_data())
                assert code == DataAccessResult.TYPE_UNMATCHED, f"{code!r}"


@pytest.mark.req("F-31", "D-31")
@pytest.mark.caps("writes")
def test_invoke_nothing_that_may_not_be_invoked(view: Association) -> None:
    with collected() as faults:
        for each in objects_of(view):
            for number, mode in each.methods.items():
                if mode == 0:
                    with faults.at(f"method of {describe(each, number)}"):
                        assert code_of(view.action, each.class_id, each.instance, number, axdr.integer(0)) in DENIED, (
                            "not denied"
                        )
            for number in (0, len(each.methods) + 1, 127, -1):
                with faults.at(f"method of {describe(each, number)}"):
                    code = code_of(view.action, each.class_id, each.instance, number, axdr.integer(0))
                    assert code == ActionResult.TYPE_UNMATCHED, f"{code!r}"


@pytest.mark.req("F-31", "D-11")
@pytest.mark.caps("own-process")
@pytest.mark.parametrize("device", [MANAGEMENT, OTHER_DEVICE])
def test_objects_of_other_associations_are_not_there(associate: Associate, device: int) -> None:
    """What one client's list has and another's has not is undefined for that
    other, in GET, SET and ACTION.
    """
    lists = {wport: objects_of(associate(wport, device)) for wport in (PUBLIC, CLIENT_MANAGEMENT, READER, MANAGER)}
    everything = {each.instance: each for listed in lists.values() for each in listed}
    hidden = 0
    for wport, listed in lists.items():
        association = associate(wport, device)
        for instance in set(everything) - {each.instance for each in listed}:
            class_id = everything[instance].class_id
            assert code_of(association.get, class_id, instance, 1) == 4
            assert code_of(association.set, class_id, instance, 2, axdr.null_data()) == 4
            assert code_of(association.action, class_id, instance, 1) == 4
            hidden += 1
    assert hidden > (30 if device == MANAGEMENT else 1)
    assert lists[PUBLIC] == lists[CLIENT_MANAGEMENT]


@pytest.mark.req("F-00", "F-11", "C-35", "C-38")
def test_current_association_says_what_was_agreed(view: Association) -> None:
    """associated_partners_id, names, what was negotiated, status 2; the secret cannot be read."""
    assert view.get(*ASSOCIATION, 3) == axdr.structure(
        axdr.integer(view.client_wport), axdr.long_unsigned(view.server_wport)
    )
    assert view.get(*ASSOCIATION, 4).value == bytes.fromhex("60857405080101")
    secured = view.client_wport in (READER, MANAGER)
    assert view.get(*ASSOCIATION, 6).value == bytes.fromhex("6085740508020" + ("1" if secured else "0"))
    conformance, receive, send, version, _, _ = view.get(*ASSOCIATION, 5).value
    assert view.negotiated is not None
    assert int(conformance.value, 2) == view.negotiated.conformance
    assert receive.value == view.negotiated.server_max_receive_pdu_size
    assert send.value == view.client_max_receive_pdu_size
    assert version.value == 6
    assert view.get(*ASSOCIATION, 8) == axdr.enum(2)
    assert code_of(view.get, *ASSOCIATION, 7) in DENIED


@pytest.mark.req("F-00", "F-32")
def test_every_logical_device_has_its_name(view: Association) -> None:
    name = view.get(1, "0.0.42.0.0.255", 2)
    assert name.tag is Tag.OCTET_STRING
    assert 3 < len(name.value) <= 16
    assert name.value[:3].isalpha()
    assert name.value[:3].isupper()


@pytest.mark.req("F-00", "F-12", "F-32", "A-16")
@pytest.mark.caps("own-process")
def test_sap_assignment_names_every_logical_device(associate: Associate) -> None:
    listed = {item.value[0].value: item.value[1].value for item in associate(PUBLIC).get(17, "0.0.41.0.0.255", 2).value}
    assert sorted(listed) == sorted((MANAGEMENT, OTHER_DEVICE))
    for device, name in listed.items():
        assert associate(PUBLIC, device).get(1, "0.0.42.0.0.255", 2).value == name
    assert len(set(listed.values())) == 2
