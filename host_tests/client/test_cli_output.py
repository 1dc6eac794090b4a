"""What goes out: escaped, as wide as the terminal, and as JSON that every parser reads."""

from __future__ import annotations

import json
import re
import subprocess
import unicodedata

import pytest

from host_tests.client.answering import PLAIN, Answering, command, in_terminal, run
from host_tests.client.peer import octets
from tools.cli.plain import decimal_text, text
from tools.cli.printable import is_seen, printable
from tools.cli.render import json_text, number
from tools.cli.tables import Column, draw
from tools.cli.values import parse_value, to_json
from tools.dlmsclient import Data, ScalerUnit, Tag, UsageError, axdr
from tools.launcher import ROOT

RIGHTS = "0103 0203 0F01 1601 00 0203 0F02 1601 00 0203 0F03 1601 00"
ENERGY, IMPORT, EXPORT = "0100010800FF", "0100020800FF", "0100030800FF"


def listed(*objects: tuple[int, str]) -> str:
    """object_list of objects (class, logical name in hex), each with three readable attributes."""
    each = [f"0204 12{class_id:04X} 1100 0906{name} 0202 {RIGHTS} 0100" for class_id, name in objects]
    return f"00 01{len(objects):02X}" + "".join(each)


def clean(shown: str) -> str:
    """What is left to see: without the styles of a terminal, and of a bar that was
    drawn and taken away again nothing.
    """
    seen = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)
    return "\n".join(line.rpartition("\r")[2] for line in seen.split("\n"))


# What must not reach a terminal: every character that is a control, a format or a
# separator, of no width, or unassigned.
HARMFUL = [chr(code) for code in range(0x20)] + [chr(code) for code in range(0x7F, 0xA0)]
HARMFUL += [
    chr(c)
    for c in (
        0xAD,
        0x34F,
        0x61C,
        0x115F,
        0x180E,
        *range(0x200B, 0x2010),
        *range(0x2028, 0x202F),
        *range(0x2060, 0x2070),
    )
]
HARMFUL += [chr(c) for c in (0x3164, 0xFE0F, 0xFEFF, 0xFFA0, 0xE000, 0xE0001, 0xE0041, 0xE0100, 0x10FFFF)]


@pytest.mark.parametrize("character", HARMFUL, ids=lambda c: f"{ord(c):04X}")
def test_what_a_terminal_would_obey_or_hide_is_escaped(character):
    assert not is_seen(character)
    shown = printable(f"a{character}b")
    assert shown.isascii()
    assert shown.isprintable()
    written = json_text({"a": f"x{character}y"})
    assert written.isascii()
    assert written.isprintable()
    assert json.loads(written) == {"a": f"x{character}y"}


def test_every_character_is_seen_or_escaped():
    """All of Unicode: what goes through is in none of the categories that
    do something else than show.
    """
    for code in range(0x110000):
        character = chr(code)
        if is_seen(character):
            assert unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"), hex(code)


def test_escapes_are_not_taken_for_text():
    assert printable("a\\x1bb") == "a\\\\x1bb"
    assert printable("a\x1bb") == "a\\x1bb"
    assert printable("Zähler 中 ñ") == "Zähler 中 ñ"
    assert printable("\u0301a") == "\\u0301a"
    assert printable("e\u0301") == "e\u0301"


@pytest.mark.parametrize("form", ["table", "csv", "json"])
@pytest.mark.parametrize("tag", ["0A", "0C"], ids=["visible-string", "utf8-string"])
def test_nothing_of_a_meter_reaches_a_terminal_unescaped(form, tag):
    """ESC, CSI, OSC, line ends and controls of direction in a value, as `read`
    and `get` show it in a terminal.
    """
    evil = "\x1b[2J\x1b]0;x\x07\r\nforged\x9b31m" + ("\u202e\u200b\u2028" if tag == "0C" else "")
    wire = evil.encode("utf-8" if tag == "0C" else "latin-1")
    said = {15: listed((1, ENERGY)), 1: f"00 {tag} {len(wire):02X} {wire.hex()}"}
    with Answering(lambda class_id, name, number: said[class_id]) as meter:
        for words in (["read"], ["get", "1.0.1.8.0.255", "2"]):
            shown = clean(in_terminal(80, command("--port", str(meter.port), *words, "--format", form)))
            lines = [line for line in shown.split("\n") if "forged" in line]
            assert len(lines) == (2 if form == "json" else 1)  # the value, and how it reads
            assert "2J" in shown
            for character in set(shown) - {"\n"}:
                assert is_seen(character), (character, shown)


NO_NUMBERS = (
    "177FC00000",
    "177F800000",
    "17FF800000",
    "187FF8000000000000",
    "187FF0000000000000",
    "18FFF0000000000000",
)


@pytest.mark.parametrize("wire", NO_NUMBERS)
@pytest.mark.parametrize("scaler", [-1, 0, 5, 127])
def test_no_number_and_no_end_of_numbers_are_null_in_json(wire, scaler):
    data = axdr.decode(octets(wire))
    unit = ScalerUnit(scaler, 30)
    document = json.loads(
        json_text({"scaled": unit.scale(data.value), "raw": to_json(data)}), parse_constant=pytest.fail
    )
    assert document == {"scaled": None, "raw": {"type": data.tag.text, "value": None}}
    assert number(unit.scale(data.value)) is None


def test_numbers_in_json_that_are_too_large_for_a_double():
    unit = ScalerUnit(127, 30)
    assert json.loads(json_text([unit.scale(5), unit.scale(1e300)])) == [5 * 10**127, None]
    assert json.loads(json_text([ScalerUnit(-3, 30).scale(12345)])) == [12.345]


@pytest.mark.parametrize("wire", ["177FC00000", "177F800000"])
def test_a_float_that_is_no_number_is_read(wire):
    said = {15: listed((3, ENERGY)), 3: f"00 {wire}"}
    unit = "00 0202 0F00 161E"
    with Answering(lambda class_id, name, index: unit if index == 3 else said[class_id]) as meter:
        code, out, _ = run(meter.port, "read", "--format", "json")
        assert code == 0
        value = json.loads(out, parse_constant=pytest.fail)["values"][0]
        assert (value["value"], value["scaled"], value["unit"]) == (None, None, "Wh")


@pytest.mark.parametrize(
    ("octet", "shown", "in_json"), [(0x42, "42", 42), (0x00, "00", 0), (0x99, "99", 99), (0x4A, "4A", "4A")]
)
def test_bcd_is_the_digits_that_it_codes(octet, shown, in_json):
    data = axdr.bcd(octet)
    assert text(data) == shown
    assert to_json(data) == {"type": "bcd", "value": in_json}
    assert parse_value(json.dumps(to_json(data))) == data
    assert parse_value(f"bcd:{shown}") == data


@pytest.mark.parametrize("written", ["bcd:", "bcd:123", "bcd:-1", "bcd:x"])
def test_what_is_no_bcd(written):
    with pytest.raises(UsageError, match="two digits"):
        parse_value(written)


@pytest.mark.parametrize("value", [axdr.float64(1e300), axdr.float64(5e-324), Data(Tag.FLOAT32, 1.5)])
def test_no_number_is_longer_than_a_reader_can_take(value):
    assert len(text(value)) <= 30
    assert len(decimal_text(ScalerUnit(-128, 30).scale(5))) <= 30
    assert decimal_text(ScalerUnit(-3, 30).scale(54321)) == "54.321"


MOMENT = "2026-03-01 12:00:00+00:00"
COLUMNS = [
    Column("OBIS"),
    Column("name"),
    Column("class", worth=1),
    Column("value", numeric=True),
    Column("unit", joins=True),
]
ROWS = [
    ["1-0:1.8.0*255", "active energy + of everything that was ever counted", "Register", "1234567890.123", "Wh"],
    ["0-0:96.128.255*255", "clock", "Clock", MOMENT, ""],
]


@pytest.mark.parametrize("width", [*range(30, 130), None])
def test_a_table_fits_and_breaks_no_code_time_or_number(width):
    drawn = draw("2 values", COLUMNS, ROWS, width)
    for whole in ("1-0:1.8.0*255", "0-0:96.128.255*255", MOMENT, "1234567890.123"):
        assert whole in drawn
    for line in drawn.splitlines():
        assert line == line.rstrip()
        assert width is None or len(line) <= width


def test_columns_of_least_worth_go_first():
    assert "Register" in draw("", COLUMNS, ROWS, 120)
    narrow = draw("", COLUMNS, ROWS, 76)
    assert "Register" not in narrow
    assert "Wh" in narrow
    assert "value  1234567890.123 Wh" in draw("", COLUMNS, ROWS, 40)


def energies(class_id: int, name: str, index: int) -> str:
    """Three registers and a clock."""
    if class_id == 15:
        return listed((8, "0000010000FF"), *((3, name) for name in (ENERGY, IMPORT, EXPORT)))
    if class_id == 8:
        return "00 090C 07EA0301 07 0C000000 0000 00"
    return "00 0202 0FFD 161E" if index == 3 else "00 06FFFFFFFF"


@pytest.mark.parametrize("columns", [40, 80, 160])
def test_a_reading_in_a_terminal(columns):
    with Answering(energies, PLAIN) as meter:
        shown = clean(in_terminal(columns, command("--port", str(meter.port), "read")))
    assert all(len(line) <= columns for line in shown.splitlines())
    for whole in ("1-0:1.8.0*255", "0-0:1.0.0*255", MOMENT, "4294967.295"):
        assert whole in shown
    assert ("Register" in shown) == (columns > 40)


def test_what_is_no_terminal_gets_no_padding():
    with Answering(energies, PLAIN) as meter:
        _, out, _ = run(meter.port, "read")
    assert all(line == line.rstrip() for line in out.splitlines())
    assert len({len(line) for line in out.splitlines()}) > 2


@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_who_reads_the_output_may_go(form):
    """`make read | head -1` says nothing more: the exit code is 0."""
    with Answering(energies, PLAIN) as meter:
        words = command("--port", str(meter.port), "read", "--format", form)
        program = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        program.stdout.close()
        _, err = program.communicate(timeout=20)
    assert (program.returncode, err) == (0, b"")
