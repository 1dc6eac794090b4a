"""What runs beside the meter, as tasks of the same loop, and the meter, are both served: an
HTTP server with the whole of asyncio.
"""

import contextlib
import re
import socket
import textwrap
import threading

import pytest

from host_tests.harness import beside, firmware, probe
from host_tests.harness.ports import LOOPBACK, free_port
from host_tests.harness.raw import RawTcp, RawUdp, wpdu
from host_tests.wire.apdus import AARQ, ask, associate, get, is_aare, serves
from tools.launcher import ROOT, Meter

pytestmark = [pytest.mark.caps("own-process"), pytest.mark.req("B-24")]


class Node:
    """A meter with the application beside it, and where each of them answers."""

    def __init__(self, meter, http):
        self.meter = meter
        self.http = http

    def page(self, path="/"):
        return beside.get(self.http, path)

    @contextlib.contextmanager
    def link(self, kind=RawTcp):
        link = kind((LOOPBACK, self.meter.ready.port), 20)
        try:
            yield link
        finally:
            link.close()


@pytest.fixture(scope="module")
def node(micropython, tmp_path_factory):
    folder = tmp_path_factory.mktemp("beside")
    http, port = free_port(), free_port()
    script = folder / "node.py"
    script.write_text(beside.program(LOOPBACK, http, (LOOPBACK, port)), encoding="utf-8")
    settings = {"port": port, "bind": LOOPBACK, "backfill_days": 0}
    with Meter(settings, micropython=micropython, script=script, log=folder / "log") as meter:
        assert probe.answers(LOOPBACK, port)  # so the loop runs, and what was made before has had its first turn
        yield Node(meter, http)
        assert meter.stop() == 0


def test_asked_in_turns(node):
    with node.link() as tcp, node.link(RawUdp) as udp:
        associate(tcp)
        assert is_aare(ask(udp, AARQ))
        before = int(node.page())
        for n in range(1, 21):
            assert serves(tcp)
            assert int(node.page()) == before + n
            assert serves(udp)


def test_the_whole_of_asyncio(node):
    assert node.page("/asyncio") == "all there: 6"
    assert node.meter.alive
    assert probe.answers(LOOPBACK, node.meter.ready.port)


def test_neither_waits_for_a_client_of_the_other(node):
    """Half a request is pending with each of them, and an answer that waits for another request."""
    with node.link() as half, node.link() as tcp, socket.create_connection((LOOPBACK, node.http), 20) as browser:
        associate(half)
        associate(tcp)
        half.send(wpdu(16, 1, get())[:11])
        browser.sendall(b"GET / HT")
        waited = []
        waiting = threading.Thread(target=lambda: waited.append(node.page("/wait")))
        waiting.start()
        for _ in range(5):
            assert serves(tcp)
            assert node.page().isdigit()
        assert node.page("/go") == "went"
        waiting.join(20)
        assert waited == ["waited"]
        half.send(wpdu(16, 1, get())[11:])
        assert half.receive_wpdu()[8:12].hex() == "c401c100"
        browser.sendall(b"TP/1.0\r\n\r\n")
        assert browser.recv(100).startswith(b"HTTP/1.0 200 OK")


def test_the_application_is_a_client_of_the_meter(node):
    aare = node.page("/meter")
    assert aare.startswith("61"), aare
    assert is_aare(bytes.fromhex(aare))


def test_what_the_application_raises_ends_its_task_only(node):
    assert node.page("/fail") == "failing"
    with node.link() as tcp:
        associate(tcp)
        assert serves(tcp)
        assert node.page().isdigit()
    while "of no concern to the meter" not in node.meter.log_tail():  # which comes over a pipe of its own
        assert node.page().isdigit()


def test_the_program_of_the_guide(micropython, tmp_path):
    text = (ROOT / "docs/guide/beside.md").read_text(encoding="utf-8")
    block = re.search(r"^    import asyncio, sys\n(?:    .*\n|\n)+?    sys\.exit.*\n", text, re.MULTILINE)
    assert block is not None
    port = free_port()
    script = tmp_path / "node.py"
    program = textwrap.dedent(block[0]).replace('"firmware"', repr(str(firmware.folder()))).replace("8080", str(port))
    script.write_text(program, encoding="utf-8")
    with Meter({"port": 0, "bind": LOOPBACK, "backfill_days": 0}, micropython=micropython, script=script) as meter:
        # so the loop runs, and what was made before has had its first turn
        assert probe.answers(LOOPBACK, meter.ready.port)
        assert beside.get(port, "/") == "The meter is on port 4059.\n"
        assert meter.stop() == 0
