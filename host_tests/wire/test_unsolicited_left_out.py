"""A board whose limits leave out what is sent unasked (PUSHES = 0) and groups (GROUPS = 0) has no
trace of them, and can still dial, and serve broadcasts."""

from __future__ import annotations

import os
import re
import select
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from host_tests.harness import firmware
from host_tests.wire.aas import login
from tools.dlmsclient import Client, Conformance, axdr, parse_object_list
from tools.launcher import Interpreter
from tools.listen.listener import Listener

pytestmark = [pytest.mark.caps("own-process")]
TIMEOUT = 20.0
LIMITS = 'from limits_default import *\nBOARD = "small"\nBIND = "127.0.0.1"\nPUSHES = 0\nGROUPS = 0\n'

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path, micropython: Interpreter) -> Iterator[Start]:
    """Starts the firmware with the limits of that board."""
    (tmp_path / "limits.py").write_text(LIMITS)
    running: list[subprocess.Popen[str]] = []

    def begin(*words: str) -> subprocess.Popen[str]:
        command = [
            *micropython.words,
            "-X",
            "heapsize=4M",
            str(firmware.folder() / "main.py"),
            "port=0",
            "backfill_days=0",
            *words,
        ]
        env = dict(os.environ, MICROPYPATH=f".frozen:{tmp_path}")
        running.append(subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True))
        return running[-1]

    yield begin
    for process in running:
        process.kill()
        process.communicate()


def port_of(process: subprocess.Popen[str]) -> int:
    """The number of the READY line."""
    deadline = time.monotonic() + TIMEOUT
    said = b""
    while time.monotonic() < deadline:
        # the pipe itself: lines that a buffer holds back already would not make it readable
        if select.select([process.stdout], [], [], 0.1)[0]:
            octets = os.read(process.stdout.fileno(), 4096)
            assert octets, f"the meter ended: {said.decode()}"
            said += octets
            if found := re.search(rb"^READY .*port=(\d+).*\n", said, re.MULTILINE):
                return int(found[1])
    raise AssertionError(f"not ready in time: {said.decode()}")


@pytest.mark.req("F-17", "C-36")
def test_no_object_and_no_service(start: Start):
    with Client.tcp("127.0.0.1", port_of(start()), TIMEOUT) as link:
        opened = link.associate(1, 1, conformance=Conformance(0x007E9F))
        assert opened.negotiated.conformance & 0x82 == 0
        reader = link.associate(*login("reader"))
        assert 40 not in {item.class_id for item in parse_object_list(reader.get(15, "0.0.40.0.0.255", 2))}
        # a confirmation of nothing is dropped, and the AA goes on
        reader.send_apdu(bytes.fromhex("104000000100"))
        assert reader.get(1, "0.0.42.0.0.255", 2)


@pytest.mark.req("B-20")
def test_it_dials_all_the_same(start: Start):
    with Listener() as listener:
        port_of(start(f"dial={listener.address}"))
        with listener.accept(TIMEOUT) as client:
            assert client.associate(16, 1).get(1, "0.0.42.0.0.255", 2)


@pytest.mark.req("A-60", "C-53")
def test_it_serves_broadcasts_all_the_same(start: Start):
    port = port_of(start("preestablished=100"))
    with Client.udp("127.0.0.1", port, TIMEOUT) as link:
        link.attach(100, 0x7F, confirmed=False).set(1, "0.0.96.128.1.255", 2, axdr.double_long_unsigned(7))
        # answered after the broadcast, by the same socket
        assert link.attach(100, 1).get(1, "0.0.96.128.1.255", 2).value == 7


@pytest.mark.parametrize(
    "word", ["push=127.0.0.1:4060", "events=127.0.0.1:4060", "dial=head-end:4060", "multicast=239.0.0.1"]
)
def test_what_cannot_be_done_is_refused_in_one_line(start: Start, word: str):
    process = start(word)
    out, _ = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 1
    assert out.startswith("error: ")
    assert out.count("\n") == 1
