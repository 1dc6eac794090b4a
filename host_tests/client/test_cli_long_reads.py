"""Long reads of a profile: rows are written as they come, what broke off keeps what
came, a bar on a terminal, and charts.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import pytest

from host_tests.client.answering import LISTS, Answer, Answering, command, in_terminal, run
from host_tests.client.peer import octets
from host_tests.client.test_cli_odd_answers import CAPTURED, UNIT, profile
from host_tests.client.test_cli_output import clean, listed
from tools.cli.chart import chart_of, nice
from tools.cli.chart_svg import svg
from tools.cli.chart_terminal import chart_lines
from tools.cli.main import main
from tools.cli.profile import Profile, ProfileColumn
from tools.cli.rows import Row, RowStream
from tools.dlmsclient import CaptureObject, Obis, ScalerUnit, axdr
from tools.dlmsclient.octets import counted

SILENT, CLOSED, REFUSED, BROKEN = "silent", "closed", "refused", "broken"
COUNT = 40
LOAD = "1.0.99.1.0.255"


def when(number: int) -> bytes:
    """The time of a row from 0, a quarter of an hour after the other."""
    return octets("07EA0301 07") + bytes([number // 4 % 24, number % 4 * 15, 0, 0, 0, 0, 0])


BUFFER = axdr.array(
    *(axdr.structure(axdr.octet_string(when(n)), axdr.double_long_unsigned(1000 + n)) for n in range(COUNT))
)


class Blocks(Answering):
    """A profile whose buffer goes in blocks of so many octets; after so many
    blocks something else happens.
    """

    def __init__(self, size: int = 60, after: int = 1000, then: str = SILENT) -> None:
        super().__init__(profile(a2=self.first, a7=f"00 06{COUNT:08X}", a5="00 1601", a3=CAPTURED), LISTS)
        raw = BUFFER.encode()
        self.parts = [raw[at : at + size] for at in range(0, len(raw), size)]
        self.after, self.then = after, then

    def first(self, request: bytes) -> list[bytes]:
        return self.block(request, 1)

    def block(self, request: bytes, number: int) -> list[bytes]:
        iip = request[2:3]
        if number > self.after:
            if self.then == CLOSED:
                raise OSError
            if self.then == SILENT:
                return []
            if self.then == REFUSED:
                return [b"\xc4\x02" + iip + octets(f"01 {number:08X} 01 0F")]
            return [b"\xc4\x02" + iip + octets(f"00 {number + 5:08X} 00 00")]
        part, last = self.parts[number - 1], number == len(self.parts)
        return [b"\xc4\x02" + iip + bytes([last]) + number.to_bytes(4, "big") + b"\x00" + counted(part)]

    def _answers(self, wpdu) -> list[bytes]:
        if wpdu.apdu[:2] == b"\xc0\x02":
            return self.block(wpdu.apdu, int.from_bytes(wpdu.apdu[3:], "big") + 1)
        return super()._answers(wpdu)

    def _serve(self, connection) -> None:
        super()._serve(connection)
        connection.close()


def read(meter: Answering, *words: str) -> tuple[int, str, str]:
    with meter:
        return run(meter.port, "read", "--object", LOAD, "--entries", "1", "0", *words, timeout="0.3")


@pytest.mark.parametrize("size", [1, 2, 3, 7, 20, 21, 22, 60, 200])
def test_a_buffer_in_blocks_of_every_size(size):
    code, out, err = read(Blocks(size), "--format", "csv")
    assert (code, err) == (0, "")
    assert [row["active energy + (Wh)"] for row in csv.DictReader(io.StringIO(out))] == [
        str(1000 + n) for n in range(COUNT)
    ]


@pytest.mark.parametrize("form", ["csv", "json", "table"])
@pytest.mark.parametrize(("then", "expected"), [(SILENT, 1), (CLOSED, 3), (REFUSED, 1), (BROKEN, 1)])
def test_a_transfer_that_breaks_off_keeps_the_rows_that_came(then, expected, form):
    after = 5
    whole = (60 * after - 2) // 21  # a row has 21 octets, the head of the array two
    code, out, err = read(Blocks(60, after, then), "--format", form)
    assert code == expected
    if form == "json":
        document = json.loads(out)["profiles"][0]
        values = [row[1] for row in document["rows"]]
        told = json.dumps(document.get("remarks", "")) + err
    else:
        values = [int(found) for found in re.findall(r"\b(10\d\d)\b", out)]
        told = out + err
    assert values == [1000 + n for n in range(whole)]
    assert {
        SILENT: "no answer",
        CLOSED: "closed the connection",
        REFUSED: "long-get-aborted",
        BROKEN: "expected block 6",
    }[then] in told


def test_rows_are_written_while_the_rest_is_on_its_way():
    """When the meter is asked for a block, the rows of the blocks before are out."""
    out = io.StringIO()
    seen: list[int] = []

    class Watching(Blocks):
        def block(self, request: bytes, number: int) -> list[bytes]:
            seen.append(out.getvalue().count("\n"))
            return super().block(request, number)

    with Watching() as meter, contextlib.redirect_stdout(out):
        assert (
            main(["--port", str(meter.port), "read", "--object", LOAD, "--entries", "1", "0", "--format", "csv"]) == 0
        )
    assert seen[0] == 0
    assert seen[2:] == sorted(seen[2:])
    assert all(lines >= 1 + (60 * (number + 2 - 1) - 2) // 21 - 3 for number, lines in enumerate(seen[2:], 1))
    assert seen[-1] > COUNT // 2


def test_elements_of_a_stream_cut_anywhere():
    raw = BUFFER.encode()
    for size in (1, 5, 21, 64, len(raw)):
        stream, found = RowStream(), []
        for at in range(0, len(raw), size):
            found += stream.feed(raw[at : at + size])
        assert (tuple(found), stream.total) == (BUFFER.value, COUNT)
    assert list(RowStream().feed(octets("1300"))) == []
    assert list(RowStream().feed(octets("0102 07"))) == []


def test_a_bar_on_a_terminal():
    """Drawn when the reading takes long, and taken away again; nothing of
    it where stderr is no terminal.
    """
    script = (
        "import sys, tools.cli.progress as progress\n"
        "progress._SOON = 0.0\n"
        "from tools.cli.main import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    words = ["read", "--object", LOAD, "--entries", "1", "0"]
    with Blocks() as meter:
        shown = in_terminal(80, [*command()[:1], "-c", script, "--port", str(meter.port), *words])
        code, _, err = run(meter.port, *words)
    assert f"/{COUNT}" in shown
    assert "rows" in shown
    assert clean(shown).rstrip().endswith("1039")
    assert (code, err) == (0, "")


# -- charts ----------------------------------------------------------------------------------------


def a_profile(
    values: list[float | None], name: str = "1.0.32.7.0.255", scaler: int = -1, moments: bool = True
) -> Profile:
    """A profile of a clock and one register."""
    clock = ProfileColumn(CaptureObject(8, Obis.parse("0.0.1.0.0.255"), 2), None, 1)
    column = ProfileColumn(CaptureObject(3, Obis.parse(name), 2), ScalerUnit(scaler, 35), 2)
    rows = []
    for number, value in enumerate(values):
        data = None if value is None else axdr.float64(value)
        rows.append(Row((axdr.octet_string(when(number)), data) if moments else (data,)))
    return Profile(Obis.parse(LOAD), [clock, column] if moments else [replace(column, number=1)], len(rows), 900, rows)


SHAPES = {
    "one row": [230.0],
    "a constant": [5.0] * 20,
    "a gap": [1.0, 2.0, None, 4.0],
    "no number": [1.0, float("nan"), float("inf"), 2.0],
    "negative": [-5.0, 5.0],
    "huge": [1e300, -1e300],
    "tiny": [1e-300, 2e-300],
    "many": [float(n % 37) for n in range(96)],
}


@pytest.mark.parametrize("moments", [True, False], ids=["time", "no time"])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_is_drawn(shape, moments):
    chart = chart_of(a_profile(SHAPES[shape], moments=moments))
    assert chart is not None
    for width in (20, 40, 80, 160):
        for fine in (True, False):
            lines = chart_lines(chart, width, fine)
            assert all(len(line) <= width and line == line.rstrip() for line in lines)
            marks = "".join(lines[2:])
            assert any(0x2800 < ord(c) < 0x2900 for c in marks) if fine else "*" in marks
    document = ElementTree.fromstring(svg(chart))
    drawn = [element for element in document.iter() if element.tag.rpartition("}")[2] in ("polyline", "circle")]
    finite = sum(value is not None and abs(value) < float("inf") for value in SHAPES[shape])
    points = sum(len(element.get("points", "x").split()) for element in drawn)
    assert points == finite
    for number in re.findall(r'points="([^"]+)"', svg(chart)):
        for pair in number.split():
            x, y = (float(part) for part in pair.split(","))
            assert 80 <= x <= 880
            assert 50 <= y <= 200


def test_what_counts_up_is_drawn_as_what_was_added():
    chart = chart_of(a_profile([100.0, 110.0, 130.0, 5.0, 7.0], "1.0.1.8.0.255"))
    (panel,) = chart.panels
    assert panel.heading == "active energy + in 15 min (V)"
    assert [y and round(y, 6) for _, y in panel.points] == [1.0, 2.0, None, 0.2]


def test_nothing_to_draw():
    assert chart_of(a_profile([None, None])) is None
    assert chart_of(a_profile([])) is None


def test_numbers_of_an_axis():
    assert nice(0, 10, 5) == [0, 2, 4, 6, 8, 10]
    assert nice(-0.5, 0.5, 2) == [-0.5, 0, 0.5]
    assert len(nice(3, 1e9, 4)) <= 5


def test_nothing_of_a_meter_gets_into_a_drawing():
    evil = Profile(
        Obis.parse(LOAD),
        *[getattr(a_profile([1.0, 2.0]), key) for key in ("columns", "entries_in_use", "period", "rows")],
    )
    chart = replace(chart_of(evil), title="<script>\x1b[2J&</script>")
    text = svg(chart)
    assert "<script" not in text
    assert "\x1b" not in text
    ElementTree.fromstring(text)


def day() -> Answer:
    """A load profile of a day and an energy that counts up."""
    rows = b"".join(
        axdr.structure(axdr.octet_string(when(n)), axdr.double_long_unsigned(n * n)).encode() for n in range(96)
    )
    answers = {2: "00 01 60" + rows.hex(), 3: CAPTURED, 4: "00 0600000384", 5: "00 1601", 7: "00 0600000060"}
    return lambda class_id, name, number: (
        listed((7, "0100630100FF")) if class_id == 15 else answers[number] if class_id == 7 else UNIT
    )


@pytest.mark.parametrize("columns", [40, 80, 160])
def test_a_chart_in_a_terminal(columns):
    with Answering(day()) as meter:
        shown = clean(in_terminal(columns, command("--port", str(meter.port), "read", "--plot")))
    lines = shown.splitlines()
    assert all(len(line) <= columns for line in lines)
    assert "active energy + in 15 min (Wh)" in shown
    assert any(0x2800 < ord(c) < 0x2900 for c in shown)
    assert "12:00" in shown


def test_a_chart_in_a_file(tmp_path):
    file = tmp_path / "load.svg"
    with Answering(day()) as meter:
        code, out, err = run(meter.port, "read", "--plot", str(file), "--format", "csv")
        assert code == 0
        assert err == f"drawn: {file}\n"
        assert len(out.splitlines()) == 97
        assert ElementTree.parse(file).getroot().tag.endswith("svg")
        first = file.read_bytes()
        assert run(meter.port, "read", "--plot", str(file))[0] == 0
        assert file.read_bytes() == first
        code, out, err = run(meter.port, "read", "--plot", str(tmp_path / "missing" / "load.svg"))
        assert (code, out) == (2, "")
        assert err == f"error: --plot {tmp_path}/missing/load.svg: there is no folder {tmp_path}/missing.\n"
        (tmp_path / "folder.svg").mkdir()
        code, out, err = run(meter.port, "read", "--plot", str(tmp_path / "folder.svg"))
        assert code == 1
        assert "active energy +" in out  # what was read is shown all the same
        assert err == f"error: {tmp_path}/folder.svg: Is a directory.\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--plot", "load.png"], "ends with .svg"),
        (["--plot", "--format", "csv"], "FILE.svg"),
        (["--plot", "--all"], "--all"),
        (["--plot", "--object", "1.0.1.8.0.255"], "no profile"),
    ],
)
def test_what_cannot_be_drawn(words, told):
    with Answering(lambda class_id, name, number: listed((3, "0100010800FF"))) as meter:
        code, out, err = run(meter.port, "read", *words)
    assert (code, out) == (2, "")
    assert told in err
