"""README.md and the pages that it leads to are true: the session is sent to a meter octet by octet,
tables are what the code says, and links lead somewhere.
"""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tools.cli.main import main
from tools.launcher import ROOT, Meter
from tools.upkeep import readme

LINE = re.compile(r"^    ([<>]) ([0-9A-F ]+)$", re.MULTILINE)
# What stands in backticks may hold brackets that are no link.
LINK = re.compile(r"\[[^\]`]*\]\(((?!https?:)[^)\s]+)\)")
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.glob("**/*.md"), *ROOT.glob("boards/*/*.md")])
TIMEOUT = 10


def examples(page: Path) -> list[str]:
    """The programs of a page that are marked as run by a test."""
    blocks = re.findall(r"^<!-- example: .*-->\n((?:(?:    .*)?\n)+)", page.read_text(encoding="utf-8"), re.MULTILINE)
    return [textwrap.dedent(block) for block in blocks]


def session() -> list[tuple[str, bytes]]:
    """The WPDUs of the first session: direction and octets."""
    return [(match[1], bytes.fromhex(match[2].replace(" ", ""))) for match in LINE.finditer(readme.README.read_text())]


def commands() -> list[list[str]]:
    """The words of each command of the client in README and guide that
    needs nothing but a meter here.
    """
    text = "".join(page.read_text(encoding="utf-8") for page in (readme.README, DOCS / "guide/command-line.md"))
    lines = re.findall(r"^    \.venv/bin/python -m tools\.cli (.*)$", text, re.MULTILINE)
    return [shlex.split(line, comments=True) for line in lines]


@pytest.mark.req("F-31")
def test_the_commands_of_the_guide_do_what_it_says(capfd, monkeypatch, tmp_path):
    """Each with exit code 0, which a refusal does not have."""
    assert len(commands()) > 15
    monkeypatch.chdir(tmp_path)
    for variable in [name for name in os.environ if name.startswith("DLMS_")]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    with Meter({"port": 0, "backfill_days": 1, "start": "2026-06-02T00:00:00"}) as meter:
        monkeypatch.setenv("DLMS_PORT", str(meter.ready.port))
        for words in commands():
            if words == ["--help"]:
                continue
            code = main(words)
            assert code == 0, f"{shlex.join(words)}: {capfd.readouterr().err}"
            assert "!!" not in capfd.readouterr().out, shlex.join(words)


@pytest.mark.req("A-01", "A-04", "C-50", "D-10", "B-10")
def test_the_session_of_the_readme_is_what_a_meter_answers():
    lines = session()
    assert [direction for direction, _ in lines] == [">", "<"] * 3
    with (
        Meter({"port": 0, "backfill_days": 0}) as meter,
        socket.create_connection(("127.0.0.1", meter.ready.port), TIMEOUT) as peer,
    ):
        for direction, octets in lines:
            if direction == ">":
                peer.sendall(octets)
            else:
                received = b""
                while len(received) < len(octets):
                    more = peer.recv(len(octets) - len(received))
                    assert more, "the meter closed the connection"
                    received += more
                assert received == octets


def test_the_tables_of_the_reference_are_made_from_the_code():
    assert list(readme.render()) == []


def test_a_table_that_is_not_what_the_code_says_is_found_and_mended(monkeypatch, tmp_path):
    tables = {
        name: readme.page(name).read_text(encoding="utf-8")
        for name in ("objects", "limits", "configuration", "figures")
    }
    monkeypatch.setattr(readme, "REFERENCE", tmp_path)
    monkeypatch.setattr(readme, "README", tmp_path / "README.md")
    readme.README.write_text(
        (ROOT / "README.md").read_text(encoding="utf-8").replace("12,000 (aim 10,000)", "4"), encoding="utf-8"
    )
    for name, text in tables.items():
        readme.page(name).write_text(text.replace("| `PDU` | 1024 |", "| `PDU` | 1025 |"), encoding="utf-8")
    assert readme.main(["--check"]) == 1
    assert readme.main([]) == 0
    assert readme.README.read_text(encoding="utf-8") == (ROOT / "README.md").read_text(encoding="utf-8")
    assert {name: readme.page(name).read_text(encoding="utf-8") for name in tables} == tables


def test_a_row_that_the_figures_do_not_have_is_named():
    with pytest.raises(SystemExit, match="no row 'TCP, whole server, GET of a Register'"):
        readme.headline("| what | figure | bar | how measured |\n|---|---|---|---|\n")


def test_the_readme_is_short():
    assert len(readme.README.read_text(encoding="utf-8").splitlines()) <= 180


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path):
    text = path.read_text(encoding="utf-8")
    for target in LINK.findall(text):
        name, _, anchor = target.partition("#")
        file = (path.parent / name).resolve() if name else path
        assert file.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}, target


def test_every_page_is_on_the_map():
    index = DOCS / "index.md"
    mapped = {
        (index.parent / target.partition("#")[0]).resolve()
        for target in LINK.findall(index.read_text(encoding="utf-8"))
    }
    pages = {path for path in PAGES if path != index and "boards" not in path.parts}
    assert pages <= mapped


def test_runs_of_numbers():
    assert readme.runs([1, 2, 3, 5]) == "1-3,5"
    assert readme.runs([]) == ""


@pytest.fixture(name="meter", scope="module")
def meter_fixture():
    with Meter({"port": 0, "backfill_days": 1}) as meter:
        yield meter


@pytest.mark.parametrize("program", examples(DOCS / "guide/python.md"))
def test_the_examples_of_the_client_run(program, meter, capsys):
    exec(
        compile(program.replace("4059", str(meter.ready.port)), "docs/guide/python.md", "exec"), {"__name__": "example"}
    )
    assert capsys.readouterr().out


def test_the_class_of_the_guide_works():
    (program,) = examples(DOCS / "guide/add-a-class.md")
    program += """
button = Button()
button.pressed()
assert bytes(button.a[2]) == bytes([6, 0, 0, 0, 1])
out = bytearray(8)
assert button.act(1, bytes([0x11, 0]), 0, 2, out, 3, None) == -TYPE_UNMATCHED  # an unsigned
assert button.act(1, bytes([0x0F, 0]), 0, 2, out, 3, None) == 3
assert bytes(button.a[2]) == bytes([6, 0, 0, 0, 0])
"""
    folders = [ROOT / "host_tests/shim", ROOT / "firmware", ROOT / "boards/unix"]
    words = [sys.executable, "-c", f"import sys; sys.path[:0] = {[str(folder) for folder in folders]}\n{program}"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=30)
    assert (done.returncode, done.stderr) == (0, "")
