"""A meter that answers some attribute in an odd way: what else was read is shown, the odd one
is marked with its octets, exit code 1.

Swept are the kinds of oddities with each attribute that the command line asks for: values and units
of `read` and `get`, and what is read of a profile.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence

import pytest

from host_tests.client.answering import LISTS, PLAIN, SILENCE, Answer, Answering, run
from host_tests.client.peer import octets
from host_tests.client.test_cli_output import ENERGY, EXPORT, IMPORT, listed
from tools.dlmsclient.wrapper import Wpdu

pytestmark = [pytest.mark.filterwarnings("error")]
UNIT = "00 0202 0F00 161E"
VALUE = "00 060000002A"
SOON = "0.4"
ENERGY_NAME = ".".join(str(octet) for octet in bytes.fromhex(ENERGY))


def raw(*apdus: str) -> Callable[[bytes], list[bytes]]:
    """These APDUs, in which `II` is the invoke-id of the request."""
    return lambda request: [octets(apdu.replace("II", f"{request[2]:02X}")) for apdu in apdus]


# What a meter may say instead of an answer: name -> (what it says, what of its octets is shown)
BROKEN: dict[str, tuple[object, str]] = {
    "no tag": ("00 07", "07"),
    "cut short": ("00 0600", "0600"),
    "an octet too many": ("00 060000002A 55", "060000002A55"),
    "a length beyond the end": ("00 09 05 01", "090501"),
    "an array beyond the end": ("00 01 83 FFFFFF", "0183FFFFFF"),
    "an unknown result": ("01 63", "0163"),
    "no choice": ("02", "02"),
    "success without a value": ("01 00", "0100"),
    "nothing": ("", "C401"),
    "another invoke-id": (raw("C401C9 00 060000002A"), "C401C900060000002A"),
    "another service": (raw("C501II 00"), "C501"),
    "an unknown choice": (raw("C407II 00"), "C407"),
    "an exception": (raw("D80102"), ""),
    "a broken exception": (raw("D8"), "D8"),
    "a confirmed service error": (raw("0E010401"), ""),
    "silence": (SILENCE, ""),
}


def meter(odd: dict[tuple[str, int], object]) -> Answer:
    """Three registers; some attributes are answered otherwise."""
    names = [".".join(str(octet) for octet in bytes.fromhex(name)) for name in (ENERGY, IMPORT, EXPORT)]
    assert all(name in names for name, _ in odd)

    def answer(class_id: int, name: str, number: int) -> object:
        if class_id == 15:
            return listed(*((3, each) for each in (ENERGY, IMPORT, EXPORT)))
        return odd.get((name, number), UNIT if number == 3 else VALUE)

    return answer  # type: ignore[return-value]


@pytest.mark.parametrize("aare", [PLAIN, LISTS], ids=["one by one", "lists"])
@pytest.mark.parametrize("number", [2, 3], ids=["value", "scaler_unit"])
@pytest.mark.parametrize("kind", BROKEN)
def test_an_odd_answer_spoils_no_other(kind, number, aare):
    said, shown = BROKEN[kind]
    with Answering(meter({("1.0.2.8.0.255", number): said}), aare) as peer:
        code, out, err = run(peer.port, "read", "--format", "csv", timeout=SOON)
    assert code == 1, err
    assert err == "error: 1 of 3 rows are marked: what the meter answered there is odd.\n"
    first, odd, last = csv.DictReader(io.StringIO(out))
    for whole in (first, last):
        assert (whole["value"], whole["unit"], whole["remark"]) == ("42", "Wh", "")
    assert odd["obis"] == "1.0.2.8.0.255"
    assert shown in odd["remark"]
    assert len(odd["remark"]) > 5
    assert odd["value"] == ("42" if number == 3 else "")


@pytest.mark.parametrize("kind", BROKEN)
def test_an_odd_answer_in_the_other_formats(kind):
    said, shown = BROKEN[kind]
    with Answering(meter({("1.0.2.8.0.255", 2): said})) as peer:
        code, out, _ = run(peer.port, "read", "--format", "json", timeout=SOON)
        assert code == 1
        values = json.loads(out)["values"]
        assert [value.get("scaled") for value in values] == [42, None, 42]
        assert values[1]["error"]
        assert shown in values[1].get("octets", "")
        code, out, _ = run(peer.port, "read", timeout=SOON)
        assert code == 1
        (line,) = [line for line in out.splitlines() if line.startswith("1-0:2.8.0*255")]
        assert "! " in line
        assert shown in line


WRONG_TYPES = {
    "null": ("00 00", "00"),
    "a number": ("00 1105", "1105"),
    "text": ("00 0A03 616263", "0A03616263"),
    "an empty structure": ("00 0200", "0200"),
    "other elements": ("00 0202 1100 161E", "02021100161E"),
    "too many elements": ("00 0203 0F00 161E 00", "02030F00161E00"),
}


@pytest.mark.parametrize("kind", WRONG_TYPES)
def test_a_scaler_unit_of_another_form(kind):
    said, shown = WRONG_TYPES[kind]
    with Answering(meter({("1.0.2.8.0.255", 3): said})) as peer:
        code, out, _ = run(peer.port, "read", "--format", "csv")
        rows = list(csv.DictReader(io.StringIO(out)))
        assert (code, [row["value"] for row in rows]) == (1, ["42"] * 3)
        assert shown in rows[1]["remark"]
        assert (rows[0]["remark"], rows[0]["unit"], rows[1]["unit"]) == ("", "Wh", "")


@pytest.mark.parametrize(
    ("class_id", "number", "said"),
    [
        (8, 2, "00 1105"),
        (70, 3, "00 1101"),
        (70, 2, "00 1601"),
        (7, 7, "00 120005"),
        (1, 1, "00 0905 0102030405"),
        (15, 8, "00 00"),
    ],
)
def test_a_value_of_another_type_is_shown_and_marked(class_id, number, said):
    with Answering(
        lambda asked, name, index: listed((class_id, ENERGY)) if (asked, index) == (15, 2) else said
    ) as peer:
        code, out, _ = run(
            peer.port, "read", "--object", "1.0.1.8.0.255", "--attribute", str(number), "--format", "csv"
        )
    (row,) = csv.DictReader(io.StringIO(out))
    assert code == 1
    assert octets(said)[1:].hex().upper() in row["remark"]
    assert row["value"]


def test_a_refusal_is_an_answer():
    with Answering(meter({("1.0.2.8.0.255", 2): "01 0B", ("1.0.3.8.0.255", 3): "01 03"})) as peer:
        code, out, err = run(peer.port, "read", "--format", "csv")
    assert (code, err) == (0, "")
    assert [line.split(",")[5:] for line in out.splitlines()[1:]] == [
        ["42", "Wh"],
        ["(object-unavailable (11))", ""],
        ["42", ""],
    ]


def test_the_answer_that_comes_late_is_not_taken_for_the_next():
    """Silence for one attribute; its answer arrives right before that of the next."""
    late: list[bytes] = []

    def silent(request: bytes) -> list[bytes]:
        late.append(b"\xc4\x01" + request[2:3] + octets("00 0600000063"))
        return []

    def after(request: bytes) -> list[bytes]:
        return [*late, b"\xc4\x01" + request[2:3] + octets(VALUE)]

    with Answering(meter({("1.0.1.8.0.255", 2): silent, ("1.0.2.8.0.255", 2): after})) as peer:
        code, out, _ = run(peer.port, "read", "--format", "csv", timeout=SOON)
    rows = list(csv.DictReader(io.StringIO(out)))
    assert (code, [row["value"] for row in rows]) == (1, ["", "42", "42"])


def test_a_meter_that_falls_silent_is_not_asked_for_ever():
    odd = dict.fromkeys(
        ((name, number) for name in ("1.0.1.8.0.255", "1.0.2.8.0.255", "1.0.3.8.0.255") for number in (1, 2, 3)),
        SILENCE,
    )
    with Answering(meter(odd)) as peer:
        code, out, _ = run(peer.port, "read", "--all", "--format", "csv", timeout=SOON)
        assert len(peer.asked) == 1 + 3
    rows = list(csv.DictReader(io.StringIO(out)))
    assert (code, len(rows)) == (1, 9)
    assert "not asked" in rows[-1]["remark"]


@pytest.mark.parametrize("form", ["csv", "json", "table"])
def test_a_connection_that_breaks_leaves_what_came(form):
    def lost(request: bytes) -> list[bytes]:
        raise ConnectionResetError

    class Ending(Answering):
        def _one(self, apdu: bytes) -> list[bytes]:
            try:
                return super()._one(apdu)
            except ConnectionResetError:
                self.__exit__()
                raise

    with Ending(meter({("1.0.2.8.0.255", 2): lost})) as peer:
        code, out, err = run(peer.port, "read", "--format", form)
    assert code == 3
    assert "closed the connection" in err or "broke" in err
    assert "42" in out
    assert "not asked" in out


@pytest.mark.parametrize("kind", BROKEN)
def test_get_says_what_came(kind):
    said, shown = BROKEN[kind]
    with Answering(meter({("1.0.2.8.0.255", 2): said})) as peer:
        code, out, err = run(peer.port, "get", "1.0.2.8.0.255", "2", timeout=SOON)
    assert out == ""
    assert code == (3 if kind == "silence" else 1)
    assert err.count("\n") == 1
    assert shown in err


ODD_ENTRIES = ["00", "1105", "0203 120003 1100 0905 0102030405", "0204 120003 1100 0906 0100050800FF 0201 0100", "0200"]


@pytest.mark.parametrize("entry", ODD_ENTRIES)
@pytest.mark.parametrize(
    "words", [["read", "--format", "csv"], ["objects", "--format", "csv"]], ids=lambda words: words[0]
)
def test_an_odd_entry_of_the_object_list(entry, words):
    def answer(class_id: int, name: str, number: int) -> str:
        if class_id == 15:
            return (
                "00 0103" + listed((3, ENERGY)).replace(" ", "")[6:] + entry + listed((3, EXPORT)).replace(" ", "")[6:]
            )
        return UNIT if number == 3 else VALUE

    with Answering(answer) as peer:
        code, out, err = run(peer.port, *words)
    assert code == 1
    assert [line.split(",")[0] for line in out.splitlines()[1:]] == ["1.0.1.8.0.255", "1.0.3.8.0.255"]
    assert entry.replace(" ", "") in err


LOAD = "1.0.99.1.0.255"
CLOCK = "0204 120008 09060000010000FF 0F02 120000"
REGISTER = "0204 120003 09060100010800FF 0F02 120000"
CAPTURED = f"00 0102 {CLOCK} {REGISTER}"


def moment(minute: int, hour: int = 12) -> str:
    return f"090C 07EA0501 05 {hour:02X}{minute:02X}0000 0000 00"


ROWS = f"00 0103 0202 {moment(0)} 0600000001 0202 {moment(15)} 0600000002 0202 {moment(30)} 0600000003"


def profile(**said: object) -> Answer:
    """A load profile of three rows; some attributes are answered otherwise."""
    plain: dict[int, object] = {2: ROWS, 3: CAPTURED, 4: "00 0600000384", 5: "00 1601", 7: "00 0600000003"}
    plain |= {int(key[1:]): value for key, value in said.items() if key != "unit"}

    def answer(class_id: int, name: str, number: int) -> object:
        if class_id == 15:
            return listed((7, "0100630100FF"))
        return plain[number] if class_id == 7 else said.get("unit", UNIT)

    return answer  # type: ignore[return-value]


def read_profile(answer: Answer, form: str = "csv", *words: str) -> tuple[int, str, str]:
    with Answering(answer) as peer:
        return run(peer.port, "read", "--object", LOAD, "--format", form, *words, timeout=SOON)


@pytest.mark.parametrize("form", ["csv", "json", "table"])
@pytest.mark.parametrize("number", [3, 4, 5, 7, 0], ids=["objects", "period", "sort", "in_use", "unit"])
@pytest.mark.parametrize("kind", BROKEN)
def test_what_is_odd_of_a_profile_does_not_hide_its_rows(kind, number, form):
    said, shown = BROKEN[kind]
    code, out, err = read_profile(profile(**{f"a{number}" if number else "unit": said}), form)
    assert code == 1
    assert "2026-05-01 12:30:00+00:00" in out
    assert shown in out + err
    assert "marked" in err


@pytest.mark.parametrize("number", [3, 4, 5, 7], ids=["objects", "period", "sort", "in_use"])
@pytest.mark.parametrize("kind", ["null", "text", "an empty structure"])
def test_what_is_of_another_type_of_a_profile(kind, number):
    said, shown = WRONG_TYPES[kind]
    code, out, err = read_profile(profile(**{f"a{number}": said}))
    assert code == 1
    assert len(out.splitlines()) == 4
    assert shown in err


@pytest.mark.parametrize("kind", BROKEN)
def test_a_buffer_that_cannot_be_read(kind):
    said, shown = BROKEN[kind]
    code, out, err = read_profile(profile(a2=said))
    assert code == 1
    assert out == "clock,active energy + (Wh)\n"
    assert shown in err


@pytest.mark.parametrize(
    ("row", "shown"),
    [
        ("1105", "must be a structure: 1105"),
        ("0201 0600000002", "1 values for 2 capture objects: 02010600000002"),
        (f"0203 {moment(15)} 0600000002 00", "3 values for 2 capture objects"),
        ("0202 00 00", ""),
    ],
    ids=["no structure", "too short", "too long", "null"],
)
def test_a_row_of_another_form(row, shown):
    rows = ROWS.replace(f"0202 {moment(15)} 0600000002", row)
    code, out, _ = read_profile(profile(a2=rows))
    lines = out.splitlines()
    assert (lines[1], lines[3]) == ("2026-05-01 12:00:00+00:00,1", "2026-05-01 12:30:00+00:00,3")
    assert code == (1 if shown else 0)
    assert shown in lines[2]
    assert shown or lines[2] == "2026-05-01 12:15:00+00:00,1"


@pytest.mark.req("D-104")
@pytest.mark.parametrize(
    ("method", "period", "times"),
    [
        (1, 900, ["12:00:00", "12:15:00", "12:30:00"]),
        (2, 900, ["12:00:00", "11:45:00", "11:30:00"]),
        (1, 0, ["12:00:00"] * 3),
    ],
    ids=["fifo", "lifo", "no period"],
)
@pytest.mark.parametrize("tag", ["090C", "19"], ids=["octet-string", "date-time"])
def test_null_data_is_the_row_before_and_a_clock_a_period_later(method, period, times, tag):
    first = moment(0).replace("090C", tag)
    rows = f"00 0103 0202 {first} 0600000001 0202 00 00 0202 00 0600000003"
    code, out, err = read_profile(profile(a2=rows, a4=f"00 06{period:08X}", a5=f"00 16{method:02X}"))
    assert (code, err) == (0, "")
    assert out.splitlines()[1:] == [f"2026-05-01 {time}+00:00,{value}" for time, value in zip(times, (1, 1, 3))]


@pytest.mark.req("D-104")
def test_null_data_across_midnight_and_where_nothing_is_before():
    rows = f"00 0102 0202 00 0600000001 0202 {moment(45, 23)} 00"
    code, out, _ = read_profile(profile(a2=rows))
    assert code == 1
    assert out.splitlines()[1].startswith(',"1 ! null-data in column 1')
    rows = f"00 0102 0202 {moment(45, 23)} 0600000001 0202 00 00"
    assert read_profile(profile(a2=rows))[1].splitlines()[2] == "2026-05-02 00:00:00+00:00,1"


class OddEnd(Answering):
    """A meter that answers the release as a test says; "" is silence."""

    end = ""

    def _answers(self, wpdu: Wpdu) -> Sequence[bytes]:
        if wpdu.apdu[0] != 0x62:
            return super()._answers(wpdu)
        return [octets(self.end)] if self.end else []


@pytest.mark.parametrize(
    ("end", "code", "told"),
    [("630E800100", 1, "630E800100"), ("6303800100 55", 1, "trailing"), ("D80102", 1, "RLRQ"), ("", 3, "no answer")],
    ids=["another length", "an octet too many", "refused", "silence"],
)
@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["get", ENERGY_NAME, "2"], "42 Wh"),
        (["get", f"{ENERGY_NAME}:2", f"{ENERGY_NAME}:3"], "42"),
        (["read"], "42"),
        (["objects"], ENERGY_NAME),
    ],
    ids=["get", "several", "read", "objects"],
)
def test_an_odd_release_takes_nothing_away(words, shown, end, code, told):
    """What was read is shown, and the fault of the end said after it."""
    words = [*words, "--format", "csv"] if words[0] != "get" or len(words) > 3 else words
    with OddEnd(meter({})) as answering:
        answering.end = end
        found, out, err = run(answering.port, *words, timeout=SOON)
    assert found == code
    assert shown in out
    assert err.count("\n") == 1
    assert told in err
