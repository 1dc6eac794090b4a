"""The value syntax of the command line, and what is printed can be given back."""

import json

import pytest

from host_tests.client.peer import octets
from host_tests.client.test_client_axdr import CASES
from tools.cli.plain import octets_text, text
from tools.cli.values import SYNTAX, from_json, parse_moment, parse_value, to_json
from tools.dlmsclient import Data, Tag, UsageError, axdr


@pytest.mark.parametrize(
    ("written", "wire"),
    [
        ("double-long-unsigned:5", "0600000005"),
        ("Long:-60", "10FFC4"),
        ("enum:0x1E", "161E"),
        ("boolean:true", "0301"),
        ("boolean:0", "0300"),
        ("null-data", "00"),
        ("null-data:", "00"),
        ("float32:1.5", "173FC00000"),
        ("octet-string:0a 0B", "09020A0B"),
        ("octet-string:", "0900"),
        ("visible-string:a:b", "0A03613A62"),
        ("utf8-string:\u00e9", "0C02C3A9"),
        ("bit-string:101", "0403A0"),
        ("clock:2026-05-01T12:00:00Z", "090C07EA0501050C000000000000"),
        ("clock:2026-05-01T12:00:00+02:00", "090C07EA0501050C000000FF8800"),
        ("clock:2026-05-01", "090C07EA0501050000000080 00FF"),
        ("date-time:2026-05-01T12:00:00Z", "1907EA0501050C000000000000"),
        ("date:2026-05-01", "1A07EA050105"),
        ("time:12:00:30", "1B0C001E00"),
        ("logical-name:1-0:1.8.0*255", "09060100010800FF"),
        ("text:hi", "09026869"),
        ("array:[]", "0100"),
        ('array:["unsigned:1","unsigned:2"]', "010211011102"),
        ('structure:["integer:0", {"enum": 30}, {"array": ["unsigned:1"]}]', "02030F00161E01011101"),
        ('{"structure": [{"integer": 0}]}', "02010F00"),
        ('{"type": "unsigned", "value": 5}', "1105"),
        ('{"boolean": true}', "0301"),
        ('{"float64": 1}', "183FF0000000000000"),
    ],
)
def test_syntax(written, wire):
    assert parse_value(written).encode() == octets(wire)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("", "no type of a value"),
        ("5", "no type of a value"),
        ("word:5", "no type of a value"),
        ("compact-array:[]", "no type of a value"),
        ("unsigned:", "whole number"),
        ("unsigned:x", "whole number"),
        ("unsigned:256", "does not fit"),
        ("unsigned:-1", "does not fit"),
        ("unsigned:1.5", "whole number"),
        ("boolean:maybe", "true or false"),
        ("float32:x", "takes a number"),
        ("float32:1e99", "does not fit"),
        ("octet-string:0", "not hex"),
        ("octet-string:zz", "not hex"),
        ("visible-string:\u4e2d", "does not fit"),
        ("bit-string:012", "other characters"),
        ("null-data:5", "no content"),
        ("date-time:yesterday", "no date-time"),
        ("clock:2026-13-01", "no date-time"),
        ("logical-name:1.2.3", "no OBIS code"),
        ("structure:5", "JSON list"),
        ("structure:[1]", "is no value"),
        ("structure:[", "not JSON"),
        ("{", "not JSON"),
        ('{"a": 1, "b": 2}', "is no value"),
        ('{"unsigned": true}', "whole number, not True"),
        ('{"octet-string": 5}', "takes a text"),
    ],
)
def test_wrong_syntax_says_what_is_wrong(written, words):
    with pytest.raises(UsageError, match=words):
        parse_value(written)


@pytest.mark.parametrize(
    "value", [value for _, value in CASES if value.tag is not Tag.COMPACT_ARRAY], ids=lambda value: value.tag.text
)
def test_what_is_printed_as_json_can_be_given_back(value):
    printed = json.loads(json.dumps(to_json(value)))
    assert from_json(printed) == value
    assert text(value) or value in (axdr.visible_string(""), axdr.bit_string(""))


def test_every_type_is_in_the_help():
    for tag in Tag:
        if tag not in (Tag.COMPACT_ARRAY, Tag.DONT_CARE) and "DELTA" not in tag.name:
            assert tag.text in SYNTAX


@pytest.mark.parametrize(
    ("wire", "shown"),
    [
        ("07EA0501050C000000000000", "2026-05-01 12:00:00+00:00"),
        ("0100010800FF", "1-0:1.8.0*255"),
        ("616263", "abc"),
        ("00FF", "00FF"),
        ("", '""'),
        ("07EA0D01050C000000000000", "07EA0D01050C000000000000"),
        ("31323334353637383930 3132", "123456789012"),
    ],
)
def test_octets_are_shown_by_what_they_look_like(wire, shown):
    assert octets_text(octets(wire)) == shown


def test_values_as_text():
    assert (
        text(axdr.array(axdr.unsigned(1), axdr.structure(axdr.boolean(True), axdr.null_data())))
        == "[1, {true, null-data}]"
    )
    assert text(Data(Tag.DONT_CARE)) == "dont-care"
    assert str(parse_moment("2026-05-01T12:00")) == "2026-05-01 12:00:00"
