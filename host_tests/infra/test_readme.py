"""README.md tells the truth: its session is sent to a meter octet by octet, and its tables are what the code says."""

from __future__ import annotations

import os
import re
import shlex
import socket

import pytest

from tools import readme
from tools.cli.main import main
from tools.launcher import Meter

LINE = re.compile(r"^    ([<>]) ([0-9A-F ]+)$", re.MULTILINE)
TIMEOUT = 10


def session() -> list[tuple[str, bytes]]:
    """The WPDUs of the first session: direction and octets."""
    return [(match[1], bytes.fromhex(match[2].replace(" ", ""))) for match in LINE.finditer(readme.README.read_text())]


@pytest.mark.req("A-01", "A-04", "C-50", "D-10", "B-10")
def test_the_session_of_the_readme_is_what_a_meter_answers():
    lines = session()
    assert [direction for direction, _ in lines] == [">", "<"] * 3
    with Meter({"port": 0, "backfill_days": 0}) as meter, socket.create_connection(("127.0.0.1", meter.ready.port), TIMEOUT) as peer:
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


def commands() -> list[list[str]]:
    """The words of each command of the client in the README that needs nothing but a meter here."""
    lines = re.findall(r"^    \.venv/bin/python -m tools\.cli (.*)$", readme.README.read_text(), re.MULTILINE)
    return [shlex.split(line, comments=True) for line in lines]


@pytest.mark.req("F-31")
def test_the_commands_of_the_readme_do_what_it_says(capfd, monkeypatch, tmp_path):
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


def test_the_tables_of_the_readme_are_made_from_the_code():
    text = readme.README.read_text()
    assert readme.render(text) == text


def test_runs_of_numbers():
    assert readme.runs([1, 2, 3, 5]) == "1-3,5"
    assert readme.runs([]) == ""
