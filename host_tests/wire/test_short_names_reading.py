"""The same objects by short name: every attribute reads as by logical name, at
every PDU size, over TCP and UDP.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from host_tests.harness.clients import ClientFactory
from host_tests.wire.aas import BUFFER, Associate, login
from host_tests.wire.apdus import MANAGEMENT, OTHER_DEVICE
from host_tests.wire.short import LOGICAL, MANAGER, READER, SECRETS, Short, short, udp  # noqa: F401
from tools.dlmsclient import (
    Association,
    DataAccessError,
    DataAccessResult,
    ListedObject,
    Obis,
    ShortNameAssociation,
    Tag,
    Variable,
    axdr,
    by_entry,
    parse_object_list,
)
from tools.dlmsclient.selection import rights_of, short_name_of, short_names_of_class
from tools.dlmsclient.short_names import (
    ASSOCIATION_SN,
    LOGICAL_DEVICE_NAME,
    SAP_ASSIGNMENT,
    ShortNamedObject,
    attribute_name,
    parse_short_name_list,
)
from tools.dlmsclient.xdlms import Selection

# Simulated time stands still, so that no value changes but those of the meter's
# own state and of the association.
pytestmark = [
    pytest.mark.prefers(rate=0, backfill_days=1, start="2026-03-05T12:00:00"),
    pytest.mark.caps("own-process"),
]

CURRENT = Obis.parse("0.0.40.0.0.255")
STATE = Obis.parse("0.0.96.128.0.255")
_OF_THE_AA = (5, 8, 11)  # attributes of an Association LN that show who is using it


def named(association: ShortNameAssociation) -> list[ShortNamedObject]:
    return [each for each in association.objects() if isinstance(each, ShortNamedObject)]


def compared(listed: list[ListedObject]) -> list[tuple[int, Obis, int]]:
    """Everything that two associations read alike."""
    return [
        (each.class_id, each.instance, number)
        for each in listed
        for number in each.readable
        if each.instance not in (CURRENT, STATE) and (each.class_id, number) not in [(15, k) for k in _OF_THE_AA]
    ]


def code_of(call: Callable[..., object], *arguments: object) -> DataAccessResult:
    try:
        call(*arguments)
    except DataAccessError as refusal:
        return DataAccessResult(refusal.code)
    return DataAccessResult.SUCCESS


@pytest.mark.req("D-50", "D-53", "B-19", "C-38", "B-03")
@pytest.mark.parametrize("size", [12, 64, 65, 128, 129, 0])
@pytest.mark.parametrize(("wport", "device"), [(READER, MANAGEMENT), (MANAGER, MANAGEMENT), (READER, OTHER_DEVICE)])
def test_every_attribute_reads_as_by_logical_name(
    short: Short,  # noqa: F811
    associate: Associate,
    wport: int,
    device: int,
    size: int,
) -> None:
    """The client checks that no response is longer than the size it announced."""
    logical = associate(LOGICAL[wport], device)
    association = short(wport, device, pdu_size=size)
    attributes = compared(parse_object_list(logical.get(15, CURRENT, 2)))
    assert len(attributes) > (150 if device == 1 else 15)
    assert attributes == compared(association.objects())
    for each in attributes:
        assert association.get(*each) == logical.get(*each), each


@pytest.mark.req("F-10", "D-53", "D-54", "F-30", "F-31")
@pytest.mark.parametrize("wport", [READER, MANAGER])
def test_lists_of_the_association(short: Short, associate: Associate, wport: int) -> None:  # noqa: F811
    """object_list and access_rights_list: the objects and rights of the client of
    logical names, and the association itself.
    """
    listed = named(short(wport))
    logical = parse_object_list(associate(LOGICAL[wport]).get(15, CURRENT, 2), association_version=1)
    assert [(each.class_id, each.version, each.instance) for each in listed if each.instance != CURRENT] == [
        (each.class_id, each.version, each.instance) for each in logical if each.instance != CURRENT
    ]
    rights = {each.instance: each for each in logical}
    for each in listed:
        if each.instance != CURRENT:
            assert (each.attributes, each.methods) == (rights[each.instance].attributes, rights[each.instance].methods)
    (own,) = [each for each in listed if each.instance == CURRENT]
    assert (own.class_id, own.version, own.base_name) == (12, 2, ASSOCIATION_SN)
    assert own.readable == [1, 2, 3, 4]
    assert own.invocable == ([3] if wport == READER else [3, 5])
    bases = {each.instance.dotted: each.base_name for each in listed}
    assert bases["0.0.41.0.0.255"] == SAP_ASSIGNMENT
    assert bases["0.0.42.0.0.255"] == LOGICAL_DEVICE_NAME
    # base names are multiples of 8, and no two objects overlap
    ends = [max([each.attribute(len(each.attributes))] + [each.method(m) for m in each.methods]) for each in listed]
    spans = sorted(zip([each.base_name for each in listed], ends, strict=True))
    assert all(start % 8 == 0 for start, _ in spans)
    assert all(end < start for (_, end), (start, _) in zip(spans, spans[1:], strict=False))


@pytest.mark.req("F-10", "D-50")
def test_short_names_are_the_same_in_every_association(short: Short) -> None:  # noqa: F811
    bases = [{each.instance: each.base_name for each in named(short(wport))} for wport in (READER, MANAGER)]
    assert set(bases[0].items()) < set(bases[1].items())


@pytest.mark.req("D-50", "D-53")
def test_all_65536_names(short: Short) -> None:  # noqa: F811
    """What is no attribute or method of an object that this client sees is
    object-undefined, and only that.
    """
    association = short(READER)
    known: dict[int, tuple[ShortNamedObject, int]] = {}
    methods: set[int] = set()
    for each in named(association):
        known |= {each.attribute(number): (each, number) for number in each.attributes}
        methods |= {each.method(number) for number in each.methods}
    assert not methods & set(known)
    for start in range(0, 0x10000, 32):
        # the values are read in other tests, and take long
        variables = [Variable(name) for name in range(start, start + 32) if name not in known]
        for variable, result in zip(variables, association.read_list(variables), strict=True):
            expected = (
                DataAccessResult.READ_WRITE_DENIED if variable.name in methods else DataAccessResult.OBJECT_UNDEFINED
            )
            if variable.name == attribute_name(ASSOCIATION_SN, 5) + 0x10:
                expected = DataAccessResult.TYPE_UNMATCHED  # read_by_logicalname, which asks for a parameter
            assert result is expected, f"{variable.name:04X}"
    for each, number in known.values():
        if not each.attributes[number].readable:
            assert code_of(association.read, each.attribute(number)) is DataAccessResult.READ_WRITE_DENIED


@pytest.mark.req("D-50", "C-38")
@pytest.mark.parametrize("size", [12, 64, 129, 0])
def test_lists_equal_single_reads(short: Short, size: int) -> None:  # noqa: F811
    association = short(READER, pdu_size=size)
    names = [
        each.attribute(number)
        for each in named(association)
        if each.class_id in (1, 3, 5)
        for number in each.readable[:3]
    ]
    names = [name for name in names if name not in (association.find(1, STATE).attribute(2),)]
    long = attribute_name(ASSOCIATION_SN, 2)
    for chunk in (names[:10], [names[0], long], [long, names[0]], [long, 0xFFFF, long], [names[1]] * 32, []):
        results = association.read_list([Variable(name) for name in chunk])
        for name, result in zip(chunk, results, strict=True):
            assert result == (DataAccessResult.OBJECT_UNDEFINED if name == 0xFFFF else association.read(name))


@pytest.mark.req("D-50", "B-19")
@pytest.mark.parametrize("block_size", [1, 7, 40])
def test_long_requests_go_in_parts(short: Short, block_size: int) -> None:  # noqa: F811
    association = short(READER, pdu_size=64)
    parted = short(READER, pdu_size=64, block_size=block_size)
    variables = [
        Variable(LOGICAL_DEVICE_NAME + 8),
        Variable(association.find(*BUFFER).attribute(2), 2, by_entry(2, 5).parameters),
    ]
    assert parted.read_list(variables) == association.read_list(variables)
    assert parted.read(LOGICAL_DEVICE_NAME + 8) == association.read(LOGICAL_DEVICE_NAME + 8)


@pytest.mark.req("D-50", "D-110", "D-111", "D-112")
@pytest.mark.parametrize("size", [64, 0])
def test_parameterized_access_is_selective_access(short: Short, associate: Associate, size: int) -> None:  # noqa: F811
    logical, association = associate(LOGICAL[READER]), short(READER, pdu_size=size)
    for selection in (by_entry(1, 3), by_entry(5, 5, 2, 3), by_entry(1, 0)):
        assert association.get(*BUFFER, 2, selection) == logical.get(*BUFFER, 2, selection)
    assert code_of(association.get, *BUFFER, 2, by_entry(0)) is code_of(logical.get, *BUFFER, 2, by_entry(0))
    assert code_of(association.get, *BUFFER, 3, by_entry(1)) is DataAccessResult.TYPE_UNMATCHED


@pytest.mark.req("F-10")
def test_read_by_logicalname(short: Short) -> None:  # noqa: F811
    association = short(READER)
    asked = [(3, "1.0.1.8.0.255", 2), (3, "1.0.1.8.0.255", 3), (8, "0.0.1.0.0.255", 2), (12, "0.0.40.0.0.255", 1)]
    asked += [(70, "0.0.96.3.10.255", 3)]
    assert association.read_by_logicalname(*asked) == tuple(association.get(*each) for each in asked)
    whole = association.read_by_logicalname((8, "0.0.1.0.0.255", 0), (3, "1.0.2.8.0.255", 2))
    assert whole[:9] == tuple(association.get(8, "0.0.1.0.0.255", number) for number in range(1, 10))
    assert whole[9:] == (association.get(3, "1.0.2.8.0.255", 2),)
    assert association.read_by_logicalname() == ()
    for attribute, code in (
        ((3, "1.0.99.8.0.255", 2), DataAccessResult.OBJECT_UNDEFINED),
        ((1, "1.0.1.8.0.255", 2), DataAccessResult.OBJECT_CLASS_INCONSISTENT),
        ((15, "0.0.40.0.0.255", 2), DataAccessResult.OBJECT_CLASS_INCONSISTENT),
        ((15, "0.0.40.0.1.255", 2), DataAccessResult.OBJECT_UNDEFINED),
        ((3, "1.0.1.8.0.255", 9), DataAccessResult.TYPE_UNMATCHED),
        ((*BUFFER, 2), DataAccessResult.DATA_BLOCK_UNAVAILABLE),
    ):
        assert code_of(association.read_by_logicalname, attribute) is code
        assert code_of(association.read_by_logicalname, asked[0], attribute) is code
    method = association.find(12, CURRENT).method(3)
    for parameter in (
        axdr.null_data(),
        axdr.array(axdr.unsigned(1)),
        axdr.structure(),
        axdr.array(axdr.structure(axdr.long_unsigned(3))),
    ):
        assert code_of(association.read, method, 0, parameter) is DataAccessResult.TYPE_UNMATCHED
    # more than an element: it is refused, not cut
    assert (
        code_of(association.read_by_logicalname, *[(3, "1.0.1.8.0.255", 0)] * 40)
        is DataAccessResult.DATA_BLOCK_UNAVAILABLE
    )


@pytest.mark.req("D-50", "D-54")
def test_octets_of_the_readme(short: Short) -> None:  # noqa: F811
    answer = short(READER).exchange(bytes.fromhex("050102FD08"))
    assert answer == bytes.fromhex("0C01000910 5A5A5A30303030303030313030303031")


@pytest.mark.req("D-12", "F-31")
def test_two_referencings_on_one_connection(client: ClientFactory) -> None:
    """AAs of both kinds side by side, long transfers running in both."""
    link = client()
    logical: Association = link.associate(*login("reader"), pdu_size=128)
    association = link.associate_short_names(READER, MANAGEMENT, SECRETS[READER], pdu_size=128)
    fast_block = association.exchange(bytes.fromhex("050102FA08"))
    long_block = logical.exchange(bytes.fromhex("C001C1000F0000280000FF0200"))
    assert fast_block[:6] == bytes.fromhex("0C0102000001")
    assert long_block[:8] == bytes.fromhex("C402C10000000001")
    assert association.exchange(bytes.fromhex("0501050001"))[:6] == bytes.fromhex("0C0102000002")
    assert logical.exchange(bytes.fromhex("C002C100000001"))[:8] == bytes.fromhex("C402C10000000002")
    assert association.get(1, "0.0.42.0.0.255", 2) == logical.get(1, "0.0.42.0.0.255", 2)
    assert logical.get(1, "0.0.42.0.0.255", 1).tag is Tag.OCTET_STRING


def entry(each: ShortNamedObject) -> axdr.Data:
    """The element of object_list."""
    base = each.base_name - 0x10000 if each.base_name & 0x8000 else each.base_name
    name = axdr.octet_string(each.instance.octets)
    return axdr.structure(
        axdr.Data(Tag.LONG, base), axdr.long_unsigned(each.class_id), axdr.unsigned(each.version), name
    )


@pytest.mark.req("F-10", "D-50")
@pytest.mark.parametrize("size", [12, 64, 0])
def test_selective_access_to_the_lists(short: Short, size: int) -> None:  # noqa: F811
    """Every class and every object: what is delivered is what the whole lists have; one
    object as an element and not as an array.
    """
    association = short(READER, pdu_size=size)
    listed = named(association)
    for class_id in sorted({each.class_id for each in listed} | {2, 15, 999}):
        found = association.get(12, CURRENT, 2, short_names_of_class(class_id))
        assert found == axdr.array(*(entry(each) for each in listed if each.class_id == class_id)), class_id
    lists = association.get(12, CURRENT, 2), association.get(12, CURRENT, 3)
    rights = {item[0].value & 0xFFFF: item for item in lists[1]}
    for each in listed:
        assert association.get(12, CURRENT, 2, short_name_of(each.class_id, each.instance)) == entry(each)
        assert association.get(12, CURRENT, 3, rights_of(each.base_name)) == rights[each.base_name]
    (own,) = [item for item in parse_short_name_list(*lists) if item.class_id == 12]
    assert (own.attributes[2].selectors, own.attributes[3].selectors) == ((1, 2), (1,))


@pytest.mark.req("F-10", "D-50", "D-112")
def test_selections_that_cannot_be_answered(short: Short) -> None:  # noqa: F811
    association = short(READER)
    listed = named(association)
    hidden = [each for each in named(short(MANAGER)) if each.instance not in {item.instance for item in listed}]
    wrong = DataAccessResult.TYPE_UNMATCHED
    undefined = DataAccessResult.OBJECT_UNDEFINED
    unknown = DataAccessResult.SCOPE_OF_ACCESS_VIOLATED
    cases = [
        (2, Selection(1, axdr.unsigned(3)), wrong),
        (2, Selection(1, axdr.null_data()), wrong),
        (2, Selection(1, axdr.array(axdr.long_unsigned(3))), wrong),
        (2, Selection(2, axdr.long_unsigned(3)), wrong),
        (2, Selection(2, axdr.structure(axdr.long_unsigned(3))), wrong),
        (2, short_name_of(3, "1.0.1.8.9.255"), undefined),
        (2, short_name_of(hidden[0].class_id, hidden[0].instance), undefined),
        (2, short_name_of(4, "1.0.1.8.0.255"), DataAccessResult.OBJECT_CLASS_INCONSISTENT),
        (2, short_name_of(15, CURRENT), DataAccessResult.OBJECT_CLASS_INCONSISTENT),
        (3, Selection(1, axdr.long_unsigned(listed[0].base_name)), wrong),
        (3, rights_of(listed[0].base_name + 8), undefined),
        (3, rights_of(hidden[0].base_name), undefined),
        (2, Selection(3, axdr.null_data()), None),
        (2, Selection(0, axdr.null_data()), None),
        (3, Selection(2, axdr.null_data()), None),
        (4, Selection(1, axdr.null_data()), None),
    ]
    refused = code_of(association.get, 7, "1.0.99.1.0.255", 3, Selection(1, axdr.null_data()))
    assert refused in (unknown, wrong)
    for attribute, selection, expected in cases:
        assert code_of(association.get, 12, CURRENT, attribute, selection) is (expected or refused), (
            attribute,
            selection,
        )
    assert association.get(12, CURRENT, 2, short_name_of(12, CURRENT))
