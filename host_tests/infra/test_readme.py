"""README.md tells the truth: its session is sent to a meter octet by octet, and its tables are what the code says."""

from __future__ import annotations

import re
import socket

import pytest

from tools import readme
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


def test_the_tables_of_the_readme_are_made_from_the_code():
    text = readme.README.read_text()
    assert readme.render(text) == text


def test_runs_of_numbers():
    assert readme.runs([1, 2, 3, 5]) == "1-3,5"
    assert readme.runs([]) == ""
