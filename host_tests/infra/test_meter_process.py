"""The real meter as a process: what it says when it starts, when it cannot, and when it is stopped."""

import json
import os
import signal
import socket
import subprocess
import sys

import pytest

from host_tests.harness import probe
from tools.launcher import ROOT, Meter, StartError

pytestmark = pytest.mark.caps("own-process")


def launch(micropython, *words):
    return subprocess.Popen(
        [sys.executable, "-m", "tools.launcher", "--micropython", " ".join(micropython.words), *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def refused(micropython, *words):
    """The one line that the launcher prints for a start that fails,
    checked to be one and no traceback.
    """
    process = launch(micropython, "--port", "0", *words)
    try:
        out, err = process.communicate(timeout=30)
    finally:
        process.terminate()
    assert process.returncode == 1, out + err
    assert "READY" not in out
    assert err.count("\n") == 1, err
    assert err.startswith("error: ")
    return err


def test_ready_tells_where_it_answers(meter):
    assert meter.ready.board == "unix"
    assert meter.ready.port not in (0, 4059)
    assert set(meter.hosts) <= {"127.0.0.1", "::1"}
    assert all(probe.answers(host, meter.port) for host in meter.hosts)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_to_the_launcher_is_an_orderly_end(micropython, number):
    process = launch(micropython, "--port", "0", "--hint")
    try:
        assert any("Ctrl-C" in line for line in process.stdout)
        process.send_signal(number)
        err = process.communicate(timeout=30)[1]
        assert (process.returncode, err) == (0, "")
    finally:
        process.terminate()


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_taken_port(micropython, kind):
    with socket.socket(type=kind) as taken:
        taken.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            taken.listen()
        port = taken.getsockname()[1]
        assert str(port) in refused(micropython, f"port={port}")


@pytest.mark.parametrize(
    ("word", "named"),
    [
        ("no_such_key=1", "no_such_key"),
        ("rate=fast", "rate"),
        ("port=70000", "port"),
        ("bind=nowhere", "nowhere"),
        ("start=yesterday", "start"),
        ("seed=", "seed"),
    ],
)
def test_bad_setting_is_named(micropython, word, named):
    assert named in refused(micropython, word)


@pytest.mark.parametrize("content", [None, "{", "[]", json.dumps({"no_such_key": 1}), json.dumps({"rate": "fast"})])
def test_bad_configuration_file(micropython, tmp_path, content):
    path = tmp_path / "meter.json"
    if content is not None:
        path.write_text(content)
    refused(micropython, "--config", os.fspath(path))


def test_words_override_the_configuration_file(micropython, tmp_path):
    path = tmp_path / "meter.json"
    path.write_text(json.dumps({"port": 1, "bind": "127.0.0.1", "backfill_days": 0}))
    with Meter({"port": 0}, config=path, micropython=micropython) as meter:
        assert meter.ready.ip == ("127.0.0.1",)
        assert meter.ready.port != 1


def test_two_meters_do_not_share_a_port(meter, micropython):
    with pytest.raises(StartError) as caught:
        Meter({"port": meter.port, "backfill_days": 0}, micropython=micropython).start()
    assert str(meter.port) in caught.value.line
    assert meter.answers()
