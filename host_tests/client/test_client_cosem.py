"""OBIS codes, names, units, scaling, date-times and object_list."""

from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest

from host_tests.client.peer import octets
from tools.dlmsclient import (
    CaptureObject,
    Data,
    Date,
    DateTime,
    Obis,
    ProtocolError,
    ScalerUnit,
    Tag,
    Time,
    UsageError,
    axdr,
    parse_object_list,
)
from tools.dlmsclient.cosem import CLASSES, attribute_name, class_name, method_name, obis_name

ENERGY = bytes([1, 0, 1, 8, 0, 255])


@pytest.mark.parametrize(
    "text", ["1-0:1.8.0*255", "1.0.1.8.0.255", " 1-0:1.8.0.255 ", "1-0:1.8.0", "1-0:1.8.0&255", ENERGY, Obis(ENERGY)]
)
def test_obis_forms(text):
    assert Obis.parse(text) == Obis(ENERGY)
    assert str(Obis.parse(text)) == "1-0:1.8.0*255"
    assert Obis.parse(text).dotted == "1.0.1.8.0.255"


@pytest.mark.parametrize(
    "text", ["", "1.8.0", "1-0:1.8", "1.0.1.8.0.256", "1-0:1.8.0*999", "energy", "1.0.1.8.0.255.1", "-1.0.1.8.0.255"]
)
def test_bad_obis(text):
    with pytest.raises(UsageError, match="no OBIS code"):
        Obis.parse(text)


def test_a_logical_name_has_six_octets():
    with pytest.raises(ProtocolError):
        Obis(b"\x01\x00\x01")


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("1.0.1.8.0.255", "active energy +"),
        ("1.0.2.8.2.255", "active energy - tariff 2"),
        ("1.0.32.7.0.255", "voltage L1"),
        ("1.0.51.7.0.255", "current L2"),
        ("1.0.73.7.0.255", "power factor L3"),
        ("1.0.14.7.0.255", "frequency"),
        ("1.0.1.6.0.255", "maximum active power +"),
        ("0.0.40.0.3.255", "association"),
        ("0.0.99.98.0.255", "event log"),
        ("0.0.1.0.0.255", "clock"),
        ("1.0.99.1.0.255", "load profile"),
        ("7.0.1.8.0.255", ""),
        ("1.0.81.7.0.255", ""),
    ],
)
def test_obis_names(code, name):
    assert obis_name(Obis.parse(code)) == name


def test_class_tables_have_the_attributes_of_the_requirements():
    counts = {1: 2, 3: 3, 4: 5, 5: 9, 7: 8, 8: 9, 15: 11, 17: 2, 41: 6, 42: 10, 43: 2, 48: 10, 70: 4}
    assert {number: len(CLASSES[number].attributes) for number in counts} == counts
    assert class_name(8) == "Clock"
    assert attribute_name(4, 5) == "capture_time"
    assert method_name(70, 2) == "remote_reconnect"
    assert (class_name(999), attribute_name(999, 2), method_name(8, 99)) == ("class 999", "attribute 2", "method 99")


@pytest.mark.parametrize(
    ("scaler", "unit", "value", "scaled", "symbol"),
    [
        (0, 30, 1234567, "1234567", "Wh"),
        (-3, 27, 1234567, "1234.567", "W"),
        (-1, 35, 2300, "230.0", "V"),
        (2, 31, 5, "500", "VAh"),
        (-2, 44, -5001, "-50.01", "Hz"),
        (0, 255, 7, "7", ""),
        (0, 200, 7, "7", "unit 200"),
    ],
)
def test_scaling(scaler, unit, value, scaled, symbol):
    scaler_unit = ScalerUnit.from_data(axdr.structure(axdr.integer(scaler), axdr.enum(unit)))
    assert f"{scaler_unit.scale(value):f}" == scaled
    assert scaler_unit.scale(value) == Decimal(scaled)
    assert scaler_unit.symbol == symbol


@pytest.mark.parametrize(
    "data",
    [axdr.unsigned(1), axdr.structure(axdr.integer(0)), axdr.array(axdr.integer(0), axdr.enum(30)), axdr.structure()],
)
def test_wrong_scaler_unit(data):
    with pytest.raises(ProtocolError):
        ScalerUnit.from_data(data)


def test_wrong_capture_object():
    with pytest.raises(ProtocolError, match="capture object"):
        CaptureObject.from_data(
            axdr.structure(axdr.unsigned(8), axdr.octet_string(ENERGY), axdr.integer(2), axdr.long_unsigned(0))
        )


def test_date_time_with_deviation():
    moment = DateTime.decode(octets("07E50118FF0E303950FFC400"))
    assert moment.deviation == -60
    expected = datetime(2021, 1, 24, 14, 48, 57, 800_000, timezone(timedelta(hours=1)))
    assert moment.to_datetime() == expected
    assert str(moment) == "2021-01-24 14:48:57.80+01:00"
    again = DateTime.from_datetime(expected)
    assert again.encode() == octets("07E50118070E303950FFC400")


def test_date_time_without_deviation():
    moment = DateTime.from_datetime(datetime(2026, 5, 1, 12, 30))
    assert moment.encode() == octets("07EA0501050C1E00008000FF")
    assert moment.to_datetime() == datetime(2026, 5, 1, 12, 30)
    assert str(moment) == "2026-05-01 12:30:00"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("FFFF03FE0702000000800000", "****-03-last 02:00:00"),
        ("FFFFFFFFFFFFFFFFFF8000FF", "****-**-** **:**:**"),
        ("07EAFDFDFF020000008000FF", "2026-dst-end-2nd-last 02:00:00"),
        ("07EA021FFF00000000000000", "2026-02-31 00:00:00+00:00"),
    ],
)
def test_open_date_times_are_no_datetime(text, shown):
    moment = DateTime.decode(octets(text))
    assert moment.to_datetime() is None
    assert str(moment) == shown
    assert moment.encode() == octets(text)


@pytest.mark.parametrize(("kind", "size"), [(DateTime, 12), (Date, 5), (Time, 4)])
def test_moments_have_their_size(kind, size):
    assert kind.decode(bytes(size)).encode() == bytes(size)
    for wrong in (size - 1, size + 1):
        with pytest.raises(ProtocolError):
            kind.decode(bytes(wrong))
    with pytest.raises(UsageError):
        Time(hour=256).encode()


OBJECT_LIST = (
    "0102"
    "0204 12000F 1101 09060000280000FF"
    "0202 0102 0203 0F01 1601 00 0203 0F02 1601 0102 0F01 0F02 0101 0202 0F01 1601"
    "0204 120003 1100 09060100010800FF"
    "0202 0103 0203 0F01 1601 00 0203 0F02 1603 00 0203 0F03 1600 00 0101 0202 0F01 1600"
).replace(" ", "")


def test_object_list():
    association, register = parse_object_list(axdr.decode(octets(OBJECT_LIST)))
    assert (association.class_id, association.version, str(association.instance)) == (15, 1, "0-0:40.0.0*255")
    assert association.attributes[2].selectors == (1, 2)
    assert association.invocable == [1]
    assert register.readable == [1, 2]
    assert [access.text for access in register.attributes.values()] == ["r", "rw", "-"]
    assert register.attributes[2].writable
    assert register.invocable == []


@pytest.mark.parametrize(
    ("version", "mode", "text"),
    [
        (1, 2, "w"),
        (1, 4, "r"),
        (1, 5, "w"),
        (1, 6, "rw"),
        (3, 1, "r"),
        (3, 2, "w"),
        (3, 3, "rw"),
        (3, 4, "-"),
        (3, 5, "r"),
    ],
)
def test_access_modes_by_version(version, mode, text):
    listed = OBJECT_LIST.replace("12000F1101", f"12000F11{version:02X}").replace(
        "0203" + "0F02" + "1603", f"02030F0216{mode:02X}"
    )
    assert parse_object_list(axdr.decode(octets(listed)))[1].attributes[2].text == text


def test_object_list_without_rights():
    (item,) = parse_object_list(axdr.decode(octets("0101 0203 120003 1100 09060100010800FF")))
    assert item.attributes == {}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("12000F", "11"),  # class-id of another type
        ("09060000280000FF", "09050000280000"),  # logical name too short
        ("0203" + "0F01" + "1601" + "00", "0202" + "0F01" + "1601"),  # no selectors
        ("0F02" + "1601", "0F01" + "1601"),  # attribute twice
        ("1601", "1101"),  # mode is no enum
    ],
)
def test_wrong_object_lists(old, new):
    wrong = OBJECT_LIST.replace(old, new, 1)
    with pytest.raises(ProtocolError):
        parse_object_list(axdr.decode(octets(wrong)))


def test_object_list_must_be_an_array():
    with pytest.raises(ProtocolError, match="must be an array"):
        parse_object_list(axdr.structure())


def test_data_reads_like_a_sequence():
    data = axdr.array(axdr.unsigned(1), axdr.structure(axdr.visible_string("a")))
    assert len(data) == 2
    assert data[1][0].value == "a"
    assert data.python() == [1, ["a"]]
    with pytest.raises(ProtocolError, match="expected an array"):
        Data(Tag.UNSIGNED, 1)[0]
