"""The command `decode`: what it takes, what it prints, how it ends; and
the traces that it takes back.
"""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from host_tests.client.explain_corpus import recorded
from host_tests.client.peer import Peer
from host_tests.client.test_cli_commands import OPEN, RELEASE
from tools.cli.main import main
from tools.explain.pasted import items

ROOT = Path(__file__).resolve().parents[2]
RLRQ = "00010010000100056203800100"
GET = "C001C10001 00002A0000FF 0200"
ANSWER = "C401C1 00 0910 5A5A5A30303030303030313030303031"


def decode(capsys, monkeypatch, *words, stdin: str | bytes = ""):
    """Exit code, stdout and stderr."""
    octets = stdin if isinstance(stdin, bytes) else stdin.encode()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(octets)))
    code = main(["decode", *words])
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    return code, captured.out, captured.err


@pytest.fixture(name="run")
def run_fixture(capsys, monkeypatch):
    return lambda *words, **more: decode(capsys, monkeypatch, *words, **more)


def kinds(out: str) -> list[str]:
    """The headings of what was found."""
    return re.findall(r"^[-<>]  ([WA]PDU, \d+ octets?)$", out, re.MULTILINE)


def test_the_session_of_the_readme(run):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = text.split("## A first session, octet by octet")[1].split("\n## ")[0]
    code, out, err = run("-", stdin=section)
    assert (code, err) == (0, "")
    assert len(kinds(out)) == 6 + 1  # the last one is taken from the lines that explain it
    shown = text.split("<!-- decode: ")[1].split("```text\n")[1].split("```")[0]
    assert shown in out


@pytest.mark.parametrize(
    "text",
    [
        RLRQ,
        "0001 0010 0001 0005 6203800100",
        "0x00,0x01,0x00,0x10,0x00,0x01,0x00,0x05,0x62,0x03,0x80,0x01,0x00",
        "00:01:00:10:00:01:00:05:62:03:80:01:00",
        "00-01-00-10-00-01-00-05\n62-03-80-01-00",
        "> 0001 0010 0001 0005  6203800100",
        "TRACE 1234 tcp:127.0.0.1:50000 < " + RLRQ,
        "0000  00 01 00 10 00 01 00 05  62 03 80 01 00           ........b....",
        "00000000: 0001 0010 0001 0005 6203 8001 00                ........b....",
        "00000000  00 01 00 10 00 01 00 05  62 03 80 01 00           |........b....|\n",
        "0000  00 01 00 10 00 01 00 05\n0008  62 03 80 01 00\n",
        "words before\n> 0001 0010 0001 0005\n    6203  RLRQ\n    800100\nwords behind 00\n",
    ],
)
def test_ways_to_paste(run, text):
    code, out, _ = run("--json", stdin=text)
    assert code == 0, out
    (item,) = json.loads(out)["items"]
    assert item["octets"] == RLRQ
    assert "".join(field["octets"] for field in item["fields"]) == RLRQ
    assert [field["offset"] for field in item["fields"]] == [0, 2, 4, 6, 8, 10, 12]


def test_words_of_the_command_line_are_one_text(run):
    assert run(*["0001", "0010", "0001", "0005", "6203800100"])[:2] == run(RLRQ)[:2]


def test_several_items(run):
    assert kinds(run(RLRQ + RLRQ)[1]) == ["WPDU, 13 octets"] * 2
    assert kinds(run(stdin=f"{GET}\n{ANSWER}\n")[1]) == ["APDU, 13 octets", "APDU, 22 octets"]
    assert kinds(run(stdin=f"{GET[:10]}\n{GET[10:]}\n\n{ANSWER}\n")[1]) == ["APDU, 13 octets", "APDU, 22 octets"]
    out = run(stdin=f"{GET}\n{ANSWER}\n")[1]
    assert "choice: Data of 0-0:42.0.0*255 (COSEM logical device name)" in out


def test_files(run, tmp_path):
    file = tmp_path / "pasted.txt"
    file.write_text(RLRQ)
    assert kinds(run(str(file))[1]) == ["WPDU, 13 octets"]
    assert run(str(tmp_path / "none.txt"))[0] == 1


def test_octets_longer_than_the_name_of_a_file(run, tmp_path):
    assert len(kinds(run(RLRQ * 400)[1])) == 400
    assert run("\0", RLRQ)[0] == 1
    assert run(str(tmp_path))[0] == 1  # a folder is no file
    code, _, err = run("/proc/self/mem") if Path("/proc/self/mem").exists() else (2, "", "cannot be read")
    assert (code, "cannot be read" in err) == (2, True)


@pytest.mark.parametrize("text", ["", "\n", "   "])
def test_nothing(run, text):
    code, out, err = run(stdin=text)
    assert (code, out) == (2, "")
    assert "nothing to decode" in err


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        (RLRQ[:-2], "1 of 1 octet missing"),
        (RLRQ + "77", "1 octet after the end of the WPDU"),
        ("0002" + RLRQ[4:], "a WPDU has version 0001, not 0002"),
        ("C401C1 00 0905 414243", "octet-string of 5 octets is cut short: 5 octets, 3 of them here"),
        ("77", "77 is no tag of an APDU"),
        ("C401C1 00 11", "unsigned is cut short"),
        ("C401C1 00 1105 zz", "not hexadecimal: zz"),
        ("hello", "not hexadecimal: hello"),
        ("6203800", "not hexadecimal: 0"),
        ("C009C1", "GET-request has the unknown choice 09"),
    ],
)
def test_what_cannot_be_explained_is_marked(run, text, marked):
    code, out, _ = run(text)
    assert code == 1
    assert "!! " in out
    assert marked in " ".join(out.split())
    assert run(text, "--json")[0] == 1


def test_nothing_of_a_peer_reaches_the_terminal(run):
    code, out, _ = run("C401C1 00 0A05 1B5D303B07")
    assert code == 0
    assert "\x1b" not in out
    assert "\\x1b]0;\\x07" in out


@pytest.mark.parametrize("width", [60, 80, 200])
def test_lines_fit_the_terminal(run, monkeypatch, width):
    monkeypatch.setattr("tools.cli.decode.terminal_width", lambda: width)
    session = "\n".join(octets.hex() for octets in recorded("docs/PROFILE.md"))
    code, out, _ = run(stdin=session)
    assert code == 0
    assert max(len(line) for line in out.splitlines()) <= width


PASTED = st.text("0123456789ABCDEFabcdef*xX <>|:;,-\n\t.TRACE\u00e9\0\x1b", max_size=200)

KNOWN = st.sampled_from([RLRQ, f"> {RLRQ}\n", f"0000 {RLRQ}\n", "<  WPDU, 13 octets\n    00010010  x\n"])


@settings(deadline=None)
@given(st.lists(st.one_of(PASTED, KNOWN), max_size=4))
def test_any_text_is_taken(parts):
    text = "".join(parts)
    for item in items(text):
        assert len(item.octets) <= len(text)
        assert item.octets.data or item.junk


STEPS = [OPEN, (GET.replace("C001C10001", "C001C1 0001"), ANSWER), RELEASE]
ARGUMENTS = ["get", "0.0.42.0.0.255", "2", "--class", "1"]


def traced(capsys, *words: str) -> str:
    with Peer(*STEPS) as peer:
        assert main(["--port", str(peer.port), "--timeout", "5", *words, *ARGUMENTS]) == 0
    return capsys.readouterr().err


def test_traces_hide_the_password_and_are_taken_back(capsys, run):
    text = traced(capsys, "--trace")
    assert len(text.splitlines()) == 6
    assert b"12345678".hex() not in text
    assert "AC0A8008" + 8 * "**" in text
    code, out, _ = run(stdin=text)
    assert code == 0
    assert "secret: hidden" in out
    explained = traced(capsys, "--trace=explain")
    assert explained == out
    assert run(stdin=explained)[1] == out


def test_other_ways_to_trace_are_told(capsys):
    with pytest.raises(SystemExit) as left:
        main(["--trace=loudly", *ARGUMENTS])
    assert left.value.code == 2
    assert "Traceback" not in capsys.readouterr().err
