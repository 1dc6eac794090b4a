"""Selective access to a profile buffer by range and by entry, against the
rows that the whole buffer has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from host_tests.wire.aas import BUFFER, READER, Associate
from tools.dlmsclient import (
    Association,
    CaptureObject,
    Conformance,
    Data,
    DataAccessError,
    DataAccessResult,
    DateTime,
    ExceptionResponseError,
    Obis,
    Selection,
    Tag,
    axdr,
    by_entry,
    by_range,
)
from tools.dlmsclient.initiate import CLIENT_CONFORMANCE

# 96 rows, a quarter of an hour apart: 2026-03-04 12:15 to 2026-03-05
# 12:00; simulated time stands still.
pytestmark = pytest.mark.meter_config(rate=0, backfill_days=1, start="2026-03-05T12:00:00")

FIRST, LAST = datetime(2026, 3, 4, 12, 15), datetime(2026, 3, 5, 12, 0)
QUARTER = timedelta(minutes=15)
CLOCK = CaptureObject(8, Obis.parse("0.0.1.0.0.255"), 2)
ENERGY = CaptureObject(3, Obis.parse("1.0.1.8.0.255"), 2)
EXPORT = CaptureObject(3, Obis.parse("1.0.2.8.0.255"), 2)
STRANGER = CaptureObject(3, Obis.parse("1.0.32.7.0.255"), 2)
UNKNOWN = CaptureObject(3, Obis.parse("1.0.99.99.0.255"), 2)
REFUSED = {DataAccessResult.TYPE_UNMATCHED, DataAccessResult.SCOPE_OF_ACCESS_VIOLATED}


def octets(when: datetime, deviation: int = 0, status: int = 0) -> bytes:
    """date-time of 12 octets; deviation -0x8000 stands for unspecified."""
    day = bytes((when.month, when.day, when.isoweekday(), when.hour, when.minute, when.second, 0))
    return when.year.to_bytes(2, "big") + day + (deviation & 0xFFFF).to_bytes(2, "big") + bytes((status,))


def moment(when: datetime, deviation: int = 0) -> Data:
    return axdr.octet_string(octets(when, deviation))


def between(start: datetime, end: datetime, columns: Sequence[CaptureObject] = ()) -> Selection:
    return by_range(moment(start), moment(end), columns=columns)


@pytest.fixture(params=[12, 65, 0], ids=lambda size: f"pdu{size}")
def reader(request: pytest.FixtureRequest, associate: Associate) -> Association:
    return associate(READER, pdu_size=request.param)


@pytest.fixture
def rows(associate: Associate) -> tuple[Data, ...]:
    """The whole buffer."""
    found = associate(READER).get(*BUFFER, 2).value
    assert len(found) == 96
    assert [row.value[0].value for row in found] == [octets(FIRST + i * QUARTER) for i in range(96)]
    return found


def refusal(association: Association, selection: Selection, attribute: int = 2) -> DataAccessResult:
    with pytest.raises(DataAccessError) as caught:
        association.get(*BUFFER, attribute, selection)
    return caught.value.code


@pytest.mark.req("D-110", "D-05")
@pytest.mark.parametrize(
    ("start", "end", "first", "last"),
    [
        (FIRST, LAST, 0, 96),
        (FIRST - timedelta(days=3000), LAST + timedelta(days=3000), 0, 96),
        # both ends belong to it
        (FIRST + 5 * QUARTER, FIRST + 9 * QUARTER, 5, 10),
        (FIRST + 5 * QUARTER, FIRST + 5 * QUARTER, 5, 6),
        (FIRST + 5 * QUARTER + timedelta(seconds=1), FIRST + 9 * QUARTER - timedelta(seconds=1), 6, 9),
        (FIRST + 5 * QUARTER - timedelta(seconds=1), FIRST + 9 * QUARTER + timedelta(seconds=1), 5, 10),
        # over midnight
        (datetime(2026, 3, 4, 23, 30), datetime(2026, 3, 5, 0, 30), 45, 50),
        (FIRST - timedelta(hours=1), FIRST, 0, 1),
        (LAST, LAST + timedelta(hours=1), 95, 96),
    ],
)
def test_range_includes_both_ends(
    reader: Association, rows: tuple[Data, ...], start: datetime, end: datetime, first: int, last: int
) -> None:
    assert reader.get(*BUFFER, 2, between(start, end)).value == rows[first:last]


@pytest.mark.req("D-112")
@pytest.mark.parametrize(
    ("start", "end"),
    [
        (FIRST - timedelta(days=30), FIRST - timedelta(seconds=1)),
        (LAST + timedelta(seconds=1), LAST + timedelta(days=30)),
        (FIRST + timedelta(minutes=1), FIRST + timedelta(minutes=14)),
        (LAST, FIRST),
        (FIRST + QUARTER, FIRST),
    ],
)
def test_range_without_a_row_is_an_empty_array(reader: Association, start: datetime, end: datetime) -> None:
    assert reader.get(*BUFFER, 2, between(start, end)) == axdr.array()
    assert reader.exchange(bytes.fromhex("C001C100070100630100FF0201") + between(start, end).encode()) == bytes.fromhex(
        "C401C1000100"
    )


@pytest.mark.req("D-110")
def test_range_with_columns(reader: Association, rows: tuple[Data, ...]) -> None:
    start, end = FIRST + 10 * QUARTER, FIRST + 20 * QUARTER
    for columns, places in (
        ((CLOCK, ENERGY), (0, 2)),
        ((ENERGY,), (2,)),
        ((EXPORT, CLOCK), (3, 0)),
    ):
        found = reader.get(*BUFFER, 2, between(start, end, columns)).value
        assert [row.value for row in found] == [tuple(row.value[place] for place in places) for row in rows[10:21]]
    # a column that is not captured cannot be shown
    assert refusal(reader, between(start, end, (CLOCK, STRANGER))) in REFUSED


@pytest.mark.req("D-110")
@pytest.mark.parametrize(
    "restricting", [STRANGER, UNKNOWN, replace(CLOCK, attribute_id=3), replace(ENERGY, class_id=1)]
)
def test_range_of_an_object_that_is_not_captured_is_empty(reader: Association, restricting: CaptureObject) -> None:
    limit = axdr.double_long_unsigned(0), axdr.double_long_unsigned(0xFFFFFFFF)
    assert reader.get(*BUFFER, 2, by_range(*limit, restricting)) == axdr.array()


@pytest.mark.req("D-110")
def test_range_of_another_column(reader: Association, rows: tuple[Data, ...]) -> None:
    energies = [row.value[2].value for row in rows]
    for low, high in (
        (energies[10], energies[20]),
        (energies[10] + 1, energies[20] - 1),
        (0, energies[0]),
        (0, 0xFFFFFFFF),
        (5, 4),
    ):
        limit = axdr.double_long_unsigned(low), axdr.double_long_unsigned(high)
        wanted = tuple(row for row, energy in zip(rows, energies, strict=True) if low <= energy <= high)
        assert reader.get(*BUFFER, 2, by_range(*limit, ENERGY)).value == wanted
    # limits of another type than the column
    assert (
        refusal(reader, by_range(axdr.long_unsigned(0), axdr.long_unsigned(9), ENERGY))
        is DataAccessResult.TYPE_UNMATCHED
    )
    assert (
        refusal(reader, by_range(axdr.long_unsigned(0), axdr.long_unsigned(9), CLOCK))
        is DataAccessResult.TYPE_UNMATCHED
    )


@pytest.mark.req("D-110", "D-101")
def test_range_compares_instants(reader: Association, rows: tuple[Data, ...]) -> None:
    """Limits with another deviation name the same instants; UTC = local
    + deviation, so UTC+1 is -60.
    """
    start, end = FIRST + 20 * QUARTER, FIRST + 24 * QUARTER
    for deviation in (-60, 60, -720, 345):
        shift = timedelta(minutes=deviation)
        selection = by_range(moment(start - shift, deviation), moment(end - shift, deviation))
        assert reader.get(*BUFFER, 2, selection).value == rows[20:25], deviation
    # unspecified: the meter's own local time
    assert reader.get(*BUFFER, 2, by_range(moment(start, -0x8000), moment(end, -0x8000))).value == rows[20:25]
    # as date-time with a tag of its own
    tagged = [axdr.date_time(DateTime.decode(octets(when))) for when in (start, end)]
    assert reader.get(*BUFFER, 2, by_range(*tagged)).value == rows[20:25]


@pytest.mark.req("D-101", "D-110")
def test_range_with_fields_left_open(reader: Association, rows: tuple[Data, ...]) -> None:
    """A field that is not specified leaves that end as far open as it goes."""
    day = bytes.fromhex("07EA0305FFFFFFFFFF8000FF")  # 5 March 2026, any time
    found = reader.get(*BUFFER, 2, by_range(axdr.octet_string(day), axdr.octet_string(day))).value
    assert found == rows[47:]
    anything = axdr.octet_string(bytes.fromhex("FFFFFFFFFFFFFFFFFF8000FF"))
    assert reader.get(*BUFFER, 2, by_range(anything, anything)).value == rows
    assert reader.get(*BUFFER, 2, by_range(moment(FIRST + 90 * QUARTER), anything)).value == rows[90:]
    assert reader.get(*BUFFER, 2, by_range(anything, moment(FIRST + 3 * QUARTER))).value == rows[:4]


@pytest.mark.req("D-111")
@pytest.mark.parametrize(
    ("entry", "first", "last", "columns"),
    [
        ((1, 0), 0, 96, (0, 6)),
        ((1, 96), 0, 96, (0, 6)),
        ((1, 1), 0, 1, (0, 6)),
        ((96, 0), 95, 96, (0, 6)),
        ((96, 96), 95, 96, (0, 6)),
        ((96, 97), 95, 96, (0, 6)),
        ((5, 9), 4, 9, (0, 6)),
        ((5, 1000), 4, 96, (0, 6)),
        ((5, 0xFFFFFFFF), 4, 96, (0, 6)),
        ((5, 9, 2, 3), 4, 9, (1, 3)),
        ((5, 9, 6, 0), 4, 9, (5, 6)),
        ((5, 9, 6, 6), 4, 9, (5, 6)),
        ((5, 9, 0, 2), 4, 9, (0, 2)),
        ((1, 0, 1, 1), 0, 96, (0, 1)),
    ],
)
def test_entries(
    reader: Association, rows: tuple[Data, ...], entry: tuple[int, ...], first: int, last: int, columns: tuple[int, int]
) -> None:
    found = reader.get(*BUFFER, 2, by_entry(*entry)).value
    assert [row.value for row in found] == [row.value[slice(*columns)] for row in rows[first:last]]


@pytest.mark.req("D-111")
@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ((0, 0), DataAccessResult.SCOPE_OF_ACCESS_VIOLATED),
        ((0, 5), DataAccessResult.SCOPE_OF_ACCESS_VIOLATED),
        ((97, 0), DataAccessResult.TYPE_UNMATCHED),
        ((97, 99), DataAccessResult.TYPE_UNMATCHED),
        ((0xFFFFFFFF, 0), DataAccessResult.TYPE_UNMATCHED),
        ((6, 5), DataAccessResult.SCOPE_OF_ACCESS_VIOLATED),
        ((96, 1), DataAccessResult.SCOPE_OF_ACCESS_VIOLATED),
        ((1, 1, 7, 0), DataAccessResult.TYPE_UNMATCHED),
        ((1, 1, 1, 7), DataAccessResult.TYPE_UNMATCHED),
        ((1, 1, 0xFFFF, 0xFFFF), DataAccessResult.TYPE_UNMATCHED),
    ],
)
def test_entries_that_are_not_there(reader: Association, entry: tuple[int, ...], code: DataAccessResult) -> None:
    assert refusal(reader, by_entry(*entry)) is code


@pytest.mark.req("D-112")
def test_selectors_that_are_not_there(reader: Association) -> None:
    whole = by_entry(1).parameters
    for selector in (0, 3, 4, 127, 255):
        assert refusal(reader, Selection(selector, whole)) is DataAccessResult.TYPE_UNMATCHED
    for attribute in (1, 3, 4, 5, 6, 7, 8):
        assert refusal(reader, by_entry(1), attribute) is DataAccessResult.TYPE_UNMATCHED


@pytest.mark.req("D-110", "D-111")
def test_parameters_of_another_shape(reader: Association) -> None:
    """Whatever stands in place of the parameters: refused, and the next request is served."""
    good_range, good_entry = between(FIRST, LAST).parameters, by_entry(1).parameters
    shapes = [axdr.null_data(), axdr.structure(), axdr.array(), axdr.unsigned(1), axdr.octet_string(b"123456789012")]
    for selector, good in ((1, good_range), (2, good_entry)):
        items = good.value
        wrong = [*shapes, axdr.structure(*items[:3]), axdr.structure(*items, axdr.unsigned(0)), axdr.array(*items)]
        wrong += [
            axdr.structure(*items[:place], shape, *items[place + 1 :])
            for place in range(4)
            for shape in shapes[:2] + shapes[3:4]
        ]
        for parameters in wrong:
            assert refusal(reader, Selection(selector, parameters)) in REFUSED, parameters
    assert len(reader.get(*BUFFER, 2, by_entry(1, 2)).value) == 2


@pytest.mark.req("D-114")
def test_selection_that_was_not_negotiated(associate: Associate) -> None:
    association = associate(READER, conformance=CLIENT_CONFORMANCE & ~Conformance.SELECTIVE_ACCESS)
    for selection in (between(FIRST, LAST), by_entry(1)):
        with pytest.raises(ExceptionResponseError) as caught:
            association.get(*BUFFER, 2, selection)
        assert caught.value.response.encode() == bytes.fromhex("D80102")
    assert len(association.get(*BUFFER, 2).value) == 96


@pytest.mark.req("D-104")
def test_rows_are_complete(reader: Association) -> None:
    """No value is left out as null-data because the row before shows it: this
    meter always sends all of them.
    """
    for name in ("1.0.99.1.0.255", "0.0.98.1.0.255", "0.0.99.98.0.255"):
        columns = len(reader.get(7, name, 3).value)
        for row in reader.get(7, name, 2).value:
            assert len(row.value) == columns
            assert all(value.tag is not Tag.NULL_DATA for value in row.value)


@pytest.mark.req("D-111", "D-110", "F-34")
def test_every_profile(reader: Association) -> None:
    """The daily billing and the event log are selected from like the load
    profile, and have only rows in use.
    """
    for name in ("0.0.98.1.0.255", "0.0.99.98.0.255"):
        rows = reader.get(7, name, 2).value
        assert len(rows) == reader.get(7, name, 7).value
        assert 1 <= len(rows) <= reader.get(7, name, 8).value
        assert reader.get(7, name, 2, by_entry(len(rows))).value == rows[-1:]
        when = rows[-1].value[0]
        assert when.tag is Tag.OCTET_STRING
        assert rows[-1] in reader.get(7, name, 2, by_range(when, when)).value
