"""A-XDR Data: every type both ways, cut short, with trailing octets,
beyond the limits, and at random.
"""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from host_tests.client.peer import check_codec, octets
from tools.dlmsclient import axdr
from tools.dlmsclient.axdr import CompactArray, Data, Tag, TypeDescription
from tools.dlmsclient.data import INTEGERS
from tools.dlmsclient.datetimes import Date, DateTime, Time
from tools.dlmsclient.errors import ProtocolError, UsageError

MOMENT = DateTime(Date(2021, 1, 24, 0xFF), Time(14, 48, 57, 80), -60, 0)
ROWS = CompactArray(
    TypeDescription(Tag.STRUCTURE, (TypeDescription(Tag.LONG_UNSIGNED), TypeDescription(Tag.DOUBLE_LONG_UNSIGNED))),
    tuple(axdr.structure(axdr.long_unsigned(a), axdr.double_long_unsigned(b)) for a, b in ((1, 100), (2, 200))),
)
CASES = [
    ("00", axdr.null_data()),
    ("FF", Data(Tag.DONT_CARE)),
    ("0100", axdr.array()),
    ("0102 1101 1102", axdr.array(axdr.unsigned(1), axdr.unsigned(2))),
    ("0202 0FFF 161E", axdr.structure(axdr.integer(-1), axdr.enum(30))),
    ("0201 0201 0200", axdr.structure(axdr.structure(axdr.structure()))),
    ("0300", axdr.boolean(False)),
    ("0301", axdr.boolean(True)),
    ("0400", axdr.bit_string("")),
    ("0403 A0", axdr.bit_string("101")),
    ("0418 00501F", axdr.bit_string("000000000101000000011111")),
    ("0409 FF80", axdr.bit_string("111111111")),
    ("0580000000", axdr.double_long(-(2**31))),
    ("06FFFFFFFF", axdr.double_long_unsigned(2**32 - 1)),
    ("0640000000", axdr.double_long_unsigned(2**30)),
    ("0900", axdr.octet_string(b"")),
    ("0903 414243", axdr.octet_string(b"ABC")),
    ("090C 07E50118FF0E303950FFC400", axdr.octet_string(MOMENT.encode())),
    ("0981 80" + "55" * 128, axdr.octet_string(b"U" * 128)),
    ("0A03 41E943", axdr.visible_string("A\u00e9C")),
    ("0C03 41C3A9", axdr.utf8_string("A\u00e9")),
    ("0D42", axdr.bcd(0x42)),
    ("0F80", axdr.integer(-128)),
    ("108000", axdr.long(-32768)),
    ("11FF", axdr.unsigned(255)),
    ("12FFFF", axdr.long_unsigned(65535)),
    ("1302021206 0C 000100000064 0002000000C8", Data(Tag.COMPACT_ARRAY, ROWS)),
    ("148000000000000000", axdr.long64(-(2**63))),
    ("15FFFFFFFFFFFFFFFF", axdr.long64_unsigned(2**64 - 1)),
    ("161E", axdr.enum(30)),
    ("173FC00000", axdr.float32(1.5)),
    ("18C004000000000000", axdr.float64(-2.5)),
    ("19 07E50118FF0E303950FFC400", axdr.date_time(MOMENT)),
    ("1A 07E50118FF", axdr.date(Date(2021, 1, 24))),
    ("1B 0E303950", axdr.time(Time(14, 48, 57, 80))),
    ("1CFF", Data(Tag.DELTA_INTEGER, -1)),
    ("1DFFFE", Data(Tag.DELTA_LONG, -2)),
    ("1EFFFFFFFD", Data(Tag.DELTA_DOUBLE_LONG, -3)),
    ("1F03", Data(Tag.DELTA_UNSIGNED, 3)),
    ("200004", Data(Tag.DELTA_LONG_UNSIGNED, 4)),
    ("2100000005", Data(Tag.DELTA_DOUBLE_LONG_UNSIGNED, 5)),
]


@pytest.mark.parametrize(("text", "value"), CASES, ids=[text[:20] for text, _ in CASES])
def test_table(text, value):
    check_codec(axdr.decode, octets(text), value)


@pytest.mark.parametrize("head", ["0903", "098103", "09820003", "0983000003", "098400000003"])
def test_long_length_forms_are_read(head):
    assert axdr.decode(octets(head + "414243")) == axdr.octet_string(b"ABC")


@pytest.mark.parametrize(
    ("size", "head"), [(0x7F, "7F"), (0x80, "8180"), (0xFF, "81FF"), (0x100, "820100"), (0x10000, "83010000")]
)
def test_shortest_length_form_is_written(size, head):
    assert axdr.octet_string(bytes(size)).encode()[1:] == octets(head) + bytes(size)


@pytest.mark.parametrize(
    "text",
    ["", "07", "22", "FE", "0980", "0985 0000000001 00", "01FF", "0184FFFFFFFF", "0C01FF", "13 00 01",
    "13 01FFFF01FFFF01FFFF00 01 00",
     "13 13 00 00", "13 0200 01 00", "13 12 03 000102"],
)  # fmt: skip
def test_wrong_octets_are_refused(text):
    with pytest.raises(ProtocolError):
        axdr.decode(octets(text))


def test_elements_that_occupy_nothing_are_refused_at_once():
    """Otherwise a few octets would have millions of them made before a limit is reached."""
    for text in ("13 01FFFF01FFFF01FFFF00 01 00", "13 01FFFF0200 01 00", "13 0201 01000200 01 00"):
        with pytest.raises(ProtocolError, match="without contents"):
            axdr.decode(octets(text))
    assert len(axdr.decode(octets("13 02020011 02 0102"))) == 2  # a member without contents beside one that has some


def test_depth_and_element_limits():
    assert axdr.decode(octets("0101" * 31 + "0100"))
    with pytest.raises(ProtocolError, match="nested too deeply"):
        axdr.decode(octets("0101" * 32 + "0100"))
    with pytest.raises(ProtocolError, match="nested too deeply"):
        axdr.decode(octets("13" + "0201" * 17 + "1100"))
    assert len(axdr.decode(octets("0103 000000"), max_elements=3)) == 3
    with pytest.raises(ProtocolError, match="too many elements"):
        axdr.decode(octets("0103 000000"), max_elements=2)


@pytest.mark.parametrize(
    ("make", "value"),
    [
        (axdr.unsigned, 256),
        (axdr.unsigned, -1),
        (axdr.integer, 128),
        (axdr.long64_unsigned, 2**64),
        (axdr.bit_string, "012"),
    ],
)
def test_values_that_do_not_fit_are_refused(make, value):
    with pytest.raises(UsageError):
        make(value)


@pytest.mark.parametrize(
    "data",
    [
        Data(Tag.UNSIGNED, 300),
        Data(Tag.UTF8_STRING, 5),
        Data(Tag.OCTET_STRING, 5),
        Data(Tag.DATE, "x"),
        Data(Tag.FLOAT32, "x"),
    ],
)
def test_wrong_python_values_are_refused_when_encoded(data):
    with pytest.raises(UsageError):
        data.encode()


def test_compact_array_refuses_elements_of_another_type():
    wrong = CompactArray(TypeDescription(Tag.LONG_UNSIGNED), (axdr.unsigned(1),))
    with pytest.raises(UsageError, match="cannot hold unsigned"):
        Data(Tag.COMPACT_ARRAY, wrong).encode()


def test_compact_array_of_arrays():
    data = axdr.decode(octets("13 01 0002 11 04 01020304"))
    assert data.python() == [[1, 2], [3, 4]]
    assert len(data) == 2
    assert data[1][0] == axdr.unsigned(3)
    assert data.encode() == octets("13 01 0002 11 04 01020304")


def _integers(tag):
    size, signed = INTEGERS[tag]
    low = -(1 << 8 * size - 1) if signed else 0
    return st.builds(Data, st.just(tag), st.integers(low, low + (1 << 8 * size) - 1))


_dates = st.builds(Date, *(st.integers(0, high) for high in (0xFFFF, 0xFF, 0xFF, 0xFF)))
_times = st.builds(Time, *(st.integers(0, 0xFF) for _ in range(4)))
_date_times = st.builds(DateTime, _dates, _times, st.integers(-0x8000, 0x7FFF), st.integers(0, 0xFF))
_simple = st.one_of(
    st.just(axdr.null_data()),
    st.just(Data(Tag.DONT_CARE)),
    st.builds(axdr.boolean, st.booleans()),
    st.builds(axdr.bit_string, st.text("01", max_size=40)),
    st.builds(axdr.octet_string, st.binary(max_size=300)),
    st.builds(axdr.visible_string, st.text(st.characters(max_codepoint=255), max_size=40)),
    st.builds(axdr.utf8_string, st.text(max_size=40)),
    st.builds(axdr.float32, st.floats(width=32, allow_nan=False)),
    st.builds(axdr.float64, st.floats(allow_nan=False)),
    st.builds(axdr.date_time, _date_times),
    st.builds(axdr.date, _dates),
    st.builds(axdr.time, _times),
    *(_integers(tag) for tag in INTEGERS),
)
_values = st.recursive(
    _simple,
    lambda inner: (
        st.builds(lambda items: axdr.array(*items), st.lists(inner, max_size=5))
        | st.builds(lambda items: axdr.structure(*items), st.lists(inner, max_size=5))
    ),
    max_leaves=25,
)


@settings(derandomize=True, deadline=None, max_examples=150)
@given(_values)
def test_round_trip(value):
    assert axdr.decode(value.encode()) == value


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.binary(max_size=60))
def test_random_octets_decode_or_are_refused(wire):
    try:
        value = axdr.decode(wire)
    except ProtocolError:
        return
    # Only the long length forms, padding bits and true as another octet than 01
    # are not restored octet for octet.
    assert axdr.decode(value.encode()).tag is value.tag


def test_nan_survives():
    assert math.isnan(axdr.decode(axdr.float64(math.nan).encode()).value)
