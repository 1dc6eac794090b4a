"""Shorter forms of a profile buffer, for clients that the configuration names: compact-array,
and null-data for what is known already.

The reader is named in neither key and gets whole rows, which the other's are compared with.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from host_tests.harness.clients import ClientFactory
from tools.dlmsclient import Association, Data, DateTime, Selection, Tag, axdr, by_entry, by_range

PROFILE = (7, "1.0.99.1.0.255", 2)
EVENTS = (7, "0.0.99.98.0.255", 2)
PERIOD = timedelta(minutes=15)
MIDNIGHTS = [axdr.octet_string(bytes.fromhex(f"07D101{day}FF00000000800000")) for day in ("01", "02")]
NOTHING = by_range(*MIDNIGHTS)
SELECTIONS = (None, by_entry(1, 1), by_entry(7, 90), by_entry(5, 0, 2, 4), NOTHING)
KEYS = {"rate": 0, "backfill_days": 2, "start": "2026-03-05T12:00:00"}

pytestmark = [pytest.mark.caps("own-process")]


@pytest.fixture(params=[(64, None), (1024, None), (128, 5)], ids=lambda param: f"pdu{param[0]}-gbt{param[1]}")
def packed(request: pytest.FixtureRequest, client: ClientFactory, pytestconfig: pytest.Config) -> Association:
    """The client that gets the shorter form, in either kind of blocks."""
    pdu, window = request.param
    option = pytestconfig.getoption
    return client().associate(option("manager"), password=option("manager_password"), pdu_size=pdu, gbt=window)


def expanded(buffer: Data, columns: int) -> list[tuple[Data, ...]]:
    """The rows of an array with every null-data replaced by what follows from the row before;
    column 0 is the clock if there are all `columns`.
    """
    found: list[tuple[Data, ...]] = []
    for row in axdr.elements(buffer):
        whole = []
        for k, value in enumerate(axdr.elements(row)):
            if value.tag is not Tag.NULL_DATA:
                whole.append(value)
            elif k == 0 and columns == len(axdr.elements(row)):
                octets = found[-1][0].value
                before = DateTime.decode(octets).to_datetime()
                assert before is not None
                after = before + PERIOD
                day = after.year.to_bytes(2, "big") + bytes((after.month, after.day, after.isoweekday()))
                time = bytes((after.hour, after.minute, after.second))
                whole.append(axdr.octet_string(day + time + octets[8:]))
            else:
                whole.append(found[-1][k])
        found.append(tuple(whole))
    return found


def rows(buffer: Data) -> list[tuple[Data, ...]]:
    return [tuple(axdr.elements(row)) for row in axdr.elements(buffer)]


@pytest.mark.req("D-103")
@pytest.mark.meter_config(**KEYS, compact="48")
def test_compact_array(packed: Association, reader: Association) -> None:
    for selection in SELECTIONS:
        whole = reader.get(*PROFILE, selection)
        compact = packed.get(*PROFILE, selection)
        assert compact.tag is Tag.COMPACT_ARRAY
        assert rows(compact) == rows(whole)
        assert len(whole.encode()) < 60 or len(compact.encode()) < 0.85 * len(whole.encode())
    assert rows(packed.get(*EVENTS)) == rows(reader.get(*EVENTS))


@pytest.mark.req("D-104")
@pytest.mark.meter_config(**KEYS, null_data="48")
def test_null_data(packed: Association, reader: Association) -> None:
    columns = len(axdr.elements(reader.get(7, PROFILE[1], 3)))
    for selection in SELECTIONS:
        whole = reader.get(*PROFILE, selection)
        short = packed.get(*PROFILE, selection)
        assert short.tag is Tag.ARRAY
        assert expanded(short, columns) == rows(whole)
        if len(rows(whole)) > 10:
            assert len(short.encode()) < 0.75 * len(whole.encode())
    # the first row is whole
    assert all(value.tag is not Tag.NULL_DATA for value in rows(packed.get(*PROFILE, by_entry(9, 12)))[0])


@pytest.mark.req("D-104")
@pytest.mark.meter_config(**KEYS)
def test_off_by_default(packed: Association, reader: Association) -> None:
    assert packed.get(*PROFILE) == reader.get(*PROFILE)


@pytest.mark.req("D-103", "D-104")
@pytest.mark.meter_config(**KEYS, compact="48", null_data="48")
def test_compact_array_goes_first(packed: Association) -> None:
    selected: Selection = by_entry(1, 5)
    assert packed.get(*PROFILE, selected).tag is Tag.COMPACT_ARRAY
