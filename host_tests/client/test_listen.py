"""`python -m tools.listen` with a meter: what it prints, as text and as JSON, and reading
over a connection that the meter opened.
"""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from collections.abc import Callable

import pytest

from host_tests.harness.meters import MeterHandle
from tools.dlmsclient import Client
from tools.launcher import ROOT
from tools.listen.__main__ import build_parser, main, secret_of

pytestmark = [pytest.mark.caps("config", "own-process", "direct")]
TIMEOUT = 50


def listen(*words: str) -> tuple[subprocess.Popen[str], int]:
    """A listener that listens, and its port."""
    command = [sys.executable, "-m", "tools.listen", "--port", "0", *words]
    listening = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    line = listening.stderr.readline()
    found = re.search(r"listening on 127\.0\.0\.1:(\d+),", line)
    if found is None:
        listening.kill()
        raise AssertionError(line + listening.communicate()[1])
    return listening, int(found[1])


@pytest.fixture
def heard(meter_pool, target, request, tmp_path):
    """`heard(settings, *words)`: exit code, stdout and stderr of the listener while a meter
    with these settings runs and `act(meter)`.
    """

    def run(
        settings: dict[str, object], *words: str, act: Callable[[MeterHandle], object] | None = None
    ) -> tuple[int, str, str]:
        listening, port = listen(*words)
        try:
            where = {
                key: value.replace("PORT", str(port)) if isinstance(value, str) else value
                for key, value in settings.items()
            }
            meter: MeterHandle = meter_pool.get(
                target, request.node.nodeid.partition("::")[0], {"backfill_days": 0, **where}
            )
            assert meter.alive
            if act is not None:
                act(meter)
            out, err = listening.communicate(timeout=TIMEOUT)
        finally:
            listening.kill()
            listening.wait()
        return listening.returncode, out, err

    return run


@pytest.mark.req("D-61", "D-63")
@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_pushes_as_text(heard, transport):
    settings = {"push": f"{transport}:127.0.0.1:PORT", "push_interval": 60, "rate": 60, "start": "2026-02-03T12:00:00"}
    code, out, err = heard(settings, "--count", "2")
    assert code == 0, err
    first, second = out.splitlines()
    assert first.startswith(f"{transport.upper()} 127.0.0.1:")
    assert "1->1 DataNotification 1, 2026-02-03 12:00:0" in first
    assert "0-1:25.9.0*255, ZZZ0000000100001" in first
    assert "0-0:25.9.0*255" in second
    assert "2026-02-03 12:01:00" in second


@pytest.mark.req("D-61")
def test_pushes_as_json_with_every_octet(heard):
    code, out, err = heard({"push": "udp:127.0.0.1:PORT"}, "--count", "1", "--format", "json", "--trace")
    assert code == 0, err
    found = json.loads(out)
    assert (found["transport"], found["apdu"], found["invoke_id"], found["confirmed"]) == (
        "UDP",
        "DataNotification",
        1,
        False,
    )
    assert found["octets"].startswith("000100010001")
    assert found["values"][1] == "ZZZ0000000100001"
    assert "< 0001 0001 0001" in err


@pytest.mark.req("B-20")
def test_reading_over_a_connection_that_the_meter_opened(heard):
    """The push on an interval comes over the same connection afterwards."""
    settings = {"dial": "127.0.0.1:PORT", "push": "127.0.0.1:PORT", "push_interval": 60, "rate": 60}
    code, out, err = heard(settings, "--read", "--count", "3")
    assert code == 0, err
    lines = out.splitlines()
    assert any("read 0-0:42.0.0*255 COSEM logical device name: ZZZ0000000100001" in line for line in lines)
    assert any("read 1-0:1.8.0*255 active energy +: " in line and line.endswith("Wh") for line in lines)
    assert sum("DataNotification" in line for line in lines) == 3


def test_what_is_no_notification_is_told(heard):
    """An APDU that nobody sends unasked, and a datagram that is no WPDU."""
    listening, port = listen("--count", "2")
    try:
        with socket.socket(type=socket.SOCK_DGRAM) as udp:
            udp.sendto(bytes.fromhex("0001000100010002C401"), ("127.0.0.1", port))
            udp.sendto(b"hello", ("127.0.0.1", port))
            out, _ = listening.communicate(timeout=TIMEOUT)
    finally:
        listening.kill()
        listening.wait()
    first, second = out.splitlines()
    assert "cannot be decoded: APDU begins with C4" in first
    assert "cannot be decoded: datagram of 5 octets" in second


def test_a_port_that_is_taken_is_one_line(capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code = main(["--port", str(taken.getsockname()[1])])
    assert code == 3
    err = capsys.readouterr().err
    assert err.startswith("error: cannot listen on 127.0.0.1 port")
    assert err.count("\n") == 1


def test_nothing_comes_in_time(capsys):
    assert main(["--port", "0", "--timeout", "0.3"]) == 3


def set_clock(meter: MeterHandle) -> None:
    """Set the clock to what it shows."""
    with Client.tcp(meter.host, meter.port, TIMEOUT) as client:
        opened = client.associate(48, 1, "87654321")
        opened.set(8, "0.0.1.0.0.255", 2, opened.get(8, "0.0.1.0.0.255", 2))


@pytest.mark.req("D-52", "B-16")
@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_reports_as_text(heard, transport):
    """The first event after the start: a client sets the clock, and two of them
    have the time before and after.
    """
    settings = {
        "events": f"{transport}:127.0.0.1:PORT",
        "event_service": "report",
        "start": "2026-02-03T12:00:00",
        "rate": 1,
    }
    code, out, err = heard(settings, "--count", "2", act=set_clock)
    assert code == 0, err
    first, second = out.splitlines()
    assert first.startswith(f"{transport.upper()} 127.0.0.1:")
    assert "1->1 InformationReport 202602031" in first
    assert " = 4" in first
    assert " = 5" in second


def test_the_password_comes_from_a_file_or_a_variable(monkeypatch, tmp_path, capsys):
    file = tmp_path / "secret"
    file.write_text("from file\n")
    file.chmod(0o600)

    def secret(*words: str) -> bytes | None:
        return secret_of(build_parser().parse_args(words))

    assert (secret(), secret("--client", "16")) == (b"12345678", None)
    monkeypatch.setenv("DLMS_PASSWORD", "hex:3132")
    assert (secret(), secret("--password", ""), secret("--password-file", str(file))) == (b"12", None, b"from file")
    file.chmod(0o644)
    assert main(["--read", "--password-file", str(file)]) == 2
    assert "others may read" in capsys.readouterr().err
