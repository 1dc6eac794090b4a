"""SET over the wire: what is written is read back, however it was cut, and
what is refused changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from host_tests.wire.aas import MANAGER, Associate
from tools.dlmsclient import (
    Association,
    Conformance,
    CosemAttribute,
    Data,
    DataAccessError,
    DataAccessResult,
    DateTime,
    ExceptionResponseError,
    Obis,
    axdr,
)
from tools.dlmsclient.initiate import CLIENT_CONFORMANCE

pytestmark = [pytest.mark.prefers(rate=0, backfill_days=1, start="2026-03-05T12:00:00"), pytest.mark.caps("writes")]

LABEL = (1, "0.0.96.1.1.255", 2)  # an octet-string of up to 48 octets
NOTE = (1, "0.0.96.128.1.255", 2)  # a double-long-unsigned
CLOCK = (8, "0.0.1.0.0.255")
ZONE = (*CLOCK, 3)
PERIOD = (7, "1.0.99.1.0.255", 4)
CAPTURED = (7, "1.0.99.1.0.255", 3)
MODE = (70, "0.0.96.3.10.255", 4)
_LABEL = "00010000600101FF02"
_NOTE = "00010000608001FF02"


def attribute(target: tuple[int, str, int]) -> CosemAttribute:
    return CosemAttribute(target[0], Obis.parse(target[1]), target[2])


@pytest.fixture
def writer(associate: Associate, put_back: Callable[[int, str, int], Data]) -> Association:
    """A managing client; what these tests write is put back."""
    for target in (LABEL, NOTE, ZONE):
        put_back(*target)
    return associate(MANAGER)


def refusal(association: Association, target: tuple[int, str, int], value: Data) -> DataAccessResult:
    with pytest.raises(DataAccessError) as caught:
        association.set(*target, value)
    return caught.value.code


@pytest.mark.req("D-20", "D-100")
@pytest.mark.parametrize("length", [0, 1, 15, 47, 48])
def test_set_is_read_back(writer: Association, length: int) -> None:
    value = axdr.octet_string(bytes(range(length)))
    writer.set(*LABEL, value)
    assert writer.get(*LABEL) == value


@pytest.mark.req("D-100", "D-110")
def test_longer_lengths_are_taken_and_the_shortest_kept(writer: Association) -> None:
    """Values and selections whose lengths are in a longer form than they have to be."""
    assert writer.exchange(bytes.fromhex(f"C101C1 {_LABEL}00 0984 00000003 616263")) == bytes.fromhex("C501C100")
    assert writer.exchange(bytes.fromhex(f"C001C1 {_LABEL}00")) == bytes.fromhex("C401C100 0903 616263")
    now = writer.get(*CLOCK, 2)
    assert writer.exchange(bytes.fromhex("C101C1 0008 0000010000FF 0200 09810C") + now.value) == bytes.fromhex(
        "C501C100"
    )
    assert writer.get(*CLOCK, 2).value[:8] == now.value[:8]
    entry = "0281040600000001 0600000002 120001 120000"
    assert len(writer.exchange(bytes.fromhex(f"C001C1 0007 0100630100FF 0201 02 {entry}"))) > 40


@pytest.mark.req("D-24", "B-19")
@pytest.mark.parametrize("size", [1, 2, 3, 7, 16, 49, 50, 51])
def test_blocks_of_any_size(writer: Association, size: int) -> None:
    value = axdr.octet_string(bytes(range(100, 148)))
    writer.block_size = size
    writer.set(*LABEL, value)
    assert writer.get(*LABEL) == value


@pytest.mark.req("D-23", "D-24")
@pytest.mark.parametrize("size", [None, 1, 5, 100])
def test_list_is_applied_in_order(writer: Association, size: int | None) -> None:
    """One result each, also of those that fail, and the later value of the same attribute stays."""
    writer.block_size = size
    targets = [LABEL, NOTE, (1, "0.0.42.0.0.255", 2), (1, "0.0.99.99.0.255", 2), NOTE, NOTE, LABEL]
    values = [
        axdr.octet_string(b"first"),
        axdr.double_long_unsigned(1),
        axdr.octet_string(b""),
        axdr.null_data(),
        axdr.unsigned(3),
        axdr.double_long_unsigned(4),
        axdr.octet_string(b"last"),
    ]
    results = writer.set_list([attribute(target) for target in targets], values)
    assert results == (0, 0, 3, 4, 12, 0, 0)
    assert writer.get(*LABEL).value == b"last"
    assert writer.get(*NOTE).value == 4


@pytest.mark.req("D-23", "D-94")
def test_list_of_unequal_numbers_changes_nothing(writer: Association) -> None:
    writer.set(*NOTE, axdr.double_long_unsigned(7))
    head = f"C104C102{_NOTE}00{_NOTE}00"
    one = "0600000001"
    for values in (f"01 {one}", f"03 {one} {one} {one}", f"02 {one}", f"02 {one} {one} 00", f"02 {one} 07"):
        assert writer.exchange(bytes.fromhex(head + values)).hex().upper() in ("C501C103", "D80102")
    assert writer.get(*NOTE).value == 7


def second_of_day(moment: Data) -> int:
    """Of a date-time in 12 octets: hour, minute and second are octets 5 to 7."""
    hour, minute, second = moment.value[5:8]
    return (hour * 60 + minute) * 60 + second


@pytest.mark.req("D-21")
@pytest.mark.parametrize(
    ("place", "value", "code"),
    [
        (LABEL, axdr.visible_string("text"), {12}),
        (LABEL, axdr.null_data(), {12}),
        (LABEL, axdr.octet_string(bytes(49)), {12, 250}),
        (NOTE, axdr.double_long(1), {12}),
        (NOTE, axdr.long_unsigned(1), {12}),
        (NOTE, axdr.array(axdr.double_long_unsigned(1)), {12}),
        (ZONE, axdr.integer(0), {12}),
        (ZONE, axdr.long(841), {12, 250}),
        (ZONE, axdr.long(-721), {12, 250}),
        ((*CLOCK, 2), axdr.octet_string(bytes(11)), {12}),
        ((*CLOCK, 2), axdr.octet_string(bytes.fromhex("07EA0D05FF0C0000008000FF")), {12, 250}),
        ((*CLOCK, 2), axdr.octet_string(bytes.fromhex("07EA021EFF0C0000008000FF")), {12, 250}),
        ((*CLOCK, 2), axdr.octet_string(bytes.fromhex("07EA0305FF180000008000FF")), {12, 250}),
        ((*CLOCK, 8), axdr.unsigned(1), {12}),
        (PERIOD, axdr.long_unsigned(900), {12}),
        (PERIOD, axdr.double_long_unsigned(0xFFFFFFFF), {12, 250}),
        (CAPTURED, axdr.array(), {12, 250}),
        (CAPTURED, axdr.unsigned(0), {12}),
        (MODE, axdr.unsigned(1), {12}),
        (MODE, axdr.enum(9), {12, 250}),
        ((1, "0.0.42.0.0.255", 2), axdr.octet_string(b"ABC0000000000000"), {3}),
        ((7, "1.0.99.1.0.255", 2), axdr.array(), {3}),
        ((7, "1.0.99.1.0.255", 7), axdr.double_long_unsigned(0), {3}),
        ((1, "0.0.99.99.0.255", 2), axdr.null_data(), {4}),
        ((3, "0.0.96.1.1.255", 2), axdr.null_data(), {9}),
        ((1, "0.0.96.1.1.255", 3), axdr.null_data(), {12}),
    ],
)
@pytest.mark.parametrize("size", [None, 5], ids=["whole", "blocks"])
def test_wrong_values_change_nothing(
    writer: Association, place: tuple[int, str, int], value: Data, code: set[int], size: int | None
) -> None:
    try:
        before: object = writer.get(*place)
    except DataAccessError as error:
        before = error.code
    writer.block_size = size
    assert refusal(writer, place, value) in code
    try:
        after: object = writer.get(*place)
    except DataAccessError as error:
        after = error.code
    if place == (*CLOCK, 2):
        # the clock of a meter that runs goes on meanwhile
        assert isinstance(before, Data)
        assert isinstance(after, Data)
        assert (second_of_day(after) - second_of_day(before)) % 86_400 < 60
    else:
        assert after == before


@pytest.mark.req("D-21", "F-34")
def test_structures_are_not_applied_in_part(writer: Association) -> None:
    """A list of capture objects whose last one is wrong: the old columns and their rows stay."""
    before = writer.get(*CAPTURED), writer.get(7, "1.0.99.1.0.255", 7)
    good = before[0].value[0]
    bad = axdr.structure(
        axdr.long_unsigned(3), axdr.octet_string(bytes((1, 0, 99, 99, 0, 255))), axdr.integer(2), axdr.long_unsigned(0)
    )
    for value in (
        axdr.array(good, bad),
        axdr.array(good, good.value[0]),
        axdr.array(good, axdr.structure(*good.value[:3])),
    ):
        assert refusal(writer, CAPTURED, value) in (12, 250)
        assert (writer.get(*CAPTURED), writer.get(7, "1.0.99.1.0.255", 7)) == before


@pytest.mark.req("D-12", "D-21")
def test_attribute_0_sets_all_or_nothing(writer: Association) -> None:
    """A structure of all attributes with null-data where one stays; a wrong
    one keeps the others as they were.
    """
    keep = [axdr.null_data()] * 9
    changed = list(keep)
    changed[2] = axdr.long(-60)
    writer.set(*CLOCK, 0, axdr.structure(*changed))
    assert writer.get(*ZONE) == axdr.long(-60)
    changed[2], changed[6] = axdr.long(60), axdr.long(60)
    assert refusal(writer, (*CLOCK, 0), axdr.structure(*changed)) == 12
    changed[6], changed[3] = axdr.null_data(), axdr.unsigned(0)
    assert refusal(writer, (*CLOCK, 0), axdr.structure(*changed)) == 3
    assert refusal(writer, (*CLOCK, 0), axdr.structure(*changed[:8])) == 12
    assert writer.get(*ZONE) == axdr.long(-60)


def _some(attributes: int, **given: Data) -> Data:
    """A structure of all attributes, null-data but for those given as a<number>."""
    return axdr.structure(*[given.get(f"a{number}", axdr.null_data()) for number in range(1, attributes + 1)])


@pytest.mark.req("D-12", "D-21")
@pytest.mark.parametrize(("period", "number"), [(900, 15), (3600, 15), (300, 1)])
def test_attribute_0_of_a_demand_register(
    writer: Association, put_back: Callable[[int, str, int], Data], period: int, number: int
) -> None:
    """Period and number of periods bound each other: not both at once, whatever they are now."""
    register = (5, "1.0.1.4.0.255")
    put_back(*register, 8)
    put_back(*register, 9)
    writer.set(*register, 8, axdr.double_long_unsigned(1800))
    both = _some(9, a8=axdr.double_long_unsigned(period), a9=axdr.long_unsigned(number))
    assert refusal(writer, (*register, 0), both) == 250
    assert [writer.get(*register, k).value for k in (8, 9)] == [1800, 1]
    writer.set(*register, 0, _some(9, a8=axdr.double_long_unsigned(600)))
    writer.set(*register, 0, _some(9, a9=axdr.long_unsigned(4)))
    assert [writer.get(*register, k).value for k in (8, 9)] == [600, 4]
    writer.set(*register, 9, axdr.long_unsigned(1))


@pytest.mark.req("D-12", "D-21", "F-34")
@pytest.mark.parametrize("name", ["0.0.98.1.0.255", "1.0.99.1.0.255"])
def test_attribute_0_of_a_profile(writer: Association, name: str) -> None:
    """New columns bring their own sort_object and number of entries: not with
    these at once, and the rows stay.
    """
    profile = (7, name)
    before = [writer.get(*profile, k) for k in range(2, 9)]
    columns = before[1].value
    assert before[0].value
    for others in (
        {"a6": columns[1]},
        {"a8": before[6]},
        {"a6": columns[0], "a8": before[6]},
        {"a4": before[2], "a6": columns[1]},
    ):
        assert refusal(writer, (*profile, 0), _some(8, a3=axdr.array(columns[0]), **others)) == 250
        assert [writer.get(*profile, k) for k in range(2, 9)] == before
    writer.set(*profile, 0, _some(8, a5=before[3], a6=columns[0]))
    assert writer.get(*profile, 6) == columns[0]
    writer.set(*profile, 6, before[4])


@pytest.mark.req("D-12", "D-90")
def test_what_was_not_negotiated(associate: Associate) -> None:
    """Attribute 0, lists and blocks each have their bit; SET itself too."""
    for missing, request in (
        (Conformance.ATTRIBUTE0_SUPPORTED_WITH_SET, "C101C1 0008 0000010000FF 00 00 0200"),
        (Conformance.MULTIPLE_REFERENCES, f"C104C1 01 {_NOTE}00 01 0600000000"),
        (Conformance.BLOCK_TRANSFER_WITH_SET_OR_WRITE, f"C102C1 {_NOTE}00 01 00000001 05 0600000000"),
        (Conformance.SET, f"C101C1 {_NOTE}00 0600000000"),
    ):
        association = associate(MANAGER, conformance=CLIENT_CONFORMANCE & ~missing)
        assert association.exchange(bytes.fromhex(request)) == bytes.fromhex("D80102")
        assert association.get(*NOTE)


@pytest.mark.req("B-09")
def test_unconfirmed_set_is_done_and_not_answered(writer: Association) -> None:
    for number in range(5):
        writer.set(*NOTE, axdr.double_long_unsigned(1000 + number), confirmed=False)
        # the next answer is that of this GET
        assert writer.get(*NOTE).value == 1000 + number


@pytest.mark.req("D-22", "D-24")
def test_wrong_block_numbers_and_lengths(writer: Association) -> None:
    """13 for the number, 0E for the raw data, 12 when nothing runs; the value is as
    it was and the next SET is taken.
    """
    writer.set(*NOTE, axdr.double_long_unsigned(5))
    first = f"C102C1 {_NOTE}00 00 00000001 02 0600"
    for request, answer in (
        ("C103C1 01 00000002 03 000009", "C503C112 00000002"),
        (f"C102C1 {_NOTE}00 00 00000002 02 0600", "C503C113 00000002"),
        (first, "C502C1 00000001"),
        ("C103C1 01 00000003 03 000009", "C503C113 00000003"),
        ("C103C1 01 00000002 03 000009", "C503C112 00000002"),
        (first, "C502C1 00000001"),
        # a block repeated
        ("C103C1 00 00000001 02 0600", "C503C113 00000001"),
        (first, "C502C1 00000001"),
        ("C103C1 01 00000002 09 000009", "C503C10E 00000002"),
        ("C103C1 01 00000002 03 000009", "C503C112 00000002"),
        # another request in between
        (first, "C502C1 00000001"),
        (f"C001C1 {_NOTE}00", "C401C100 0600000005"),
        ("C103C1 01 00000002 03 000009", "C503C112 00000002"),
        # another SET in its place
        (first, "C502C1 00000001"),
        (f"C102C1 {_NOTE}00 00 00000001 03 060000", "C502C1 00000001"),
        ("C103C1 01 00000002 02 0008", "C503C100 00000002"),
        (f"C001C1 {_NOTE}00", "C401C100 0600000008"),
    ):
        assert writer.exchange(bytes.fromhex(request)) == bytes.fromhex(answer), request


@pytest.mark.req("D-22")
def test_longer_than_the_meter_takes(writer: Association) -> None:
    """A value beyond what the meter puts together ends with 0E, and the next one is taken."""
    writer.block_size = 900
    for length in (2100, 5000, 100_000):
        assert refusal(writer, LABEL, axdr.octet_string(bytes(length))) is DataAccessResult.DATA_BLOCK_UNAVAILABLE
    writer.set(*LABEL, axdr.octet_string(b"short"))
    assert writer.get(*LABEL).value == b"short"


@pytest.mark.req("D-93", "D-94")
@pytest.mark.parametrize(
    "request_hex",
    [
        "C106C1000F0000280000FF010009060000280000FF",
        "C101C1000F0000280000",
        f"C101C1 {_NOTE}00",
        f"C101C1 {_NOTE}00 06000000",
        f"C101C1 {_NOTE}00 0600000000 00",
        f"C101C1 {_NOTE}00 07",
        f"C101C1 {_NOTE}02 0600000000",
        f"C105C1 02 {_NOTE}00 00 00000001",
        "C103C1 01",
    ],
)
def test_malformed_requests_keep_the_association(writer: Association, request_hex: str) -> None:
    writer.set(*NOTE, axdr.double_long_unsigned(77))
    assert writer.exchange(bytes.fromhex(request_hex)).hex().upper() in ("C501C103", "D80102")
    assert writer.get(*NOTE).value == 77


@pytest.mark.req("D-112", "D-114")
def test_selection_in_a_set(associate: Associate) -> None:
    """No attribute is written in part."""
    request = bytes.fromhex(f"C101C1 {_NOTE}01 01 00 0600000000")
    assert associate(MANAGER).exchange(request) == bytes.fromhex("C501C10C")
    plain = associate(MANAGER, conformance=CLIENT_CONFORMANCE & ~Conformance.SELECTIVE_ACCESS)
    assert plain.exchange(request) == bytes.fromhex("D80102")


@pytest.mark.caps("roomy")
@pytest.mark.req("D-100", "D-21")
def test_deeply_nested_values(writer: Association) -> None:
    """As deep as an APDU can be: refused, not crashed, in one piece and in blocks."""
    assert writer.negotiated is not None
    for depth in (11, 12, 13, 200, 490):
        body = bytes.fromhex("0101") * depth + b"\0"
        assert writer.exchange(bytes.fromhex(f"C101C1 {_NOTE}00") + body) == bytes.fromhex("C501C10C")
    block = b"\x81\xc8" + bytes.fromhex("0201") * 100
    for number in range(1, 5):
        head = f"C102C1 {_NOTE}00" if number == 1 else "C103C1"
        answer = writer.exchange(bytes.fromhex(head) + bytes([number == 4]) + number.to_bytes(4, "big") + block)
    assert answer == bytes.fromhex("C503C10C00000004")
    assert writer.get(*NOTE)


@pytest.mark.req("D-20", "D-101", "F-35")
@pytest.mark.caps("own-process")
def test_worked_example(associate: Associate) -> None:
    """The clock set by the published octets: 14:48:57 at UTC+1."""
    writer = associate(MANAGER)
    answer = writer.exchange(bytes.fromhex("C101C100080000010000FF0200090C07E50118FF0E303950FFC400"))
    assert answer == bytes.fromhex("C501C100")
    now = DateTime.decode(writer.get(*CLOCK, 2).value).to_datetime()
    assert now is not None
    assert now.strftime("%Y-%m-%d %H:%M:%S %z") == "2021-01-24 13:48:57 +0000"


@pytest.mark.req("D-90")
def test_exception_is_told_as_one(associate: Associate) -> None:
    association = associate(MANAGER, conformance=CLIENT_CONFORMANCE & ~Conformance.SET)
    with pytest.raises(ExceptionResponseError) as caught:
        association.set(*NOTE, axdr.double_long_unsigned(1))
    assert caught.value.response.encode() == bytes.fromhex("D80102")
    assert association.get(1, Obis.parse("0.0.96.128.1.255"), 2)
