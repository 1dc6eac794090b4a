"""A board from a labgrid coordinator: a real coordinator and a real exporter on loopback, a
stand-in behind the exported serial port.
"""

from __future__ import annotations

import http.server
import os
import socket
import subprocess
import threading
import time

import pytest

from host_tests.harness.hil import place
from host_tests.harness.ports import free_port

pytestmark = [
    pytest.mark.timeout(180),
    pytest.mark.skipif(
        not place.client().exists(), reason="labgrid is not installed: make test-hil LABGRID=1 installs it"
    ),
]
WAIT = 40.0


def listens(address):
    host, port = address.split(":")
    try:
        with socket.create_connection((host, int(port)), 1):
            return True
    except OSError:
        time.sleep(0.05)
        return False


@pytest.fixture
def outlet(standin):
    """A power switch with a REST interface, as labgrid's `rest` model wants it, in front of a
    stand-in; gives (stand-in, URL, log).
    """
    one = standin()
    log = []

    class Switch(http.server.BaseHTTPRequestHandler):
        def do_PUT(self):
            on = self.rfile.read(int(self.headers["Content-Length"])) == b"1"
            log.append(on)
            one.power_on() if on else one.power_off()
            self.send_response(200)
            self.end_headers()

        def log_message(self, *words):
            """Silent."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Switch) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield one, f"http://127.0.0.1:{server.server_address[1]}/{{index}}", log
        server.shutdown()
        thread.join(10)


@pytest.fixture
def lab(tmp_path, outlet, monkeypatch):
    """Coordinator, exporter and the place `bench`; gives what runs labgrid-client."""
    one, url, _ = outlet
    host, port = one.device.removeprefix("socket://").split(":")
    (tmp_path / "exporter.yaml").write_text(
        f"bench:\n  NetworkSerialPort:\n    host: {host}\n    port: {port}\n    protocol: raw\n"
        f"  NetworkPowerPort:\n    model: rest\n    host: '{url}'\n    index: 1\n"
    )
    address = f"127.0.0.1:{free_port()}"
    monkeypatch.setenv("LG_COORDINATOR", address)
    place._resources.cache_clear()
    folder = place.client().parent
    processes = []

    def start(name, *words):
        log = (tmp_path / f"{name}.log").open("wb")
        command = [str(folder / f"labgrid-{name}"), *words]
        processes.append((subprocess.Popen(command, cwd=tmp_path, stdout=log, stderr=subprocess.STDOUT), log))

    def client(*words, check=True):
        done = subprocess.run([str(place.client()), *words], capture_output=True, text=True, timeout=60, check=False)
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    deadline = time.monotonic() + WAIT
    start("coordinator", "-l", address)
    # An exporter that finds no coordinator ends.
    while not listens(address):
        assert time.monotonic() < deadline, "the coordinator did not come up"
    start("exporter", "-c", address, "-n", "lab", "--hostname", "127.0.0.1", "exporter.yaml")
    while "NetworkPowerPort" not in client("resources", check=False):
        assert time.monotonic() < deadline, "the exporter did not come up"
    client("-p", "bench", "create")
    client("-p", "bench", "add-match", "lab/bench/*")
    yield client
    for process, log in reversed(processes):
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(20)
        log.close()


def test_a_place_is_a_target(lab, outlet, tmp_path, run_pytest):
    """Taken for the run, its power the ladder's last rung, and given back at the end."""
    one, _, switched = outlet
    rig = tmp_path / "rig.toml"
    rig.write_text(one.rig("bench", device="labgrid:bench", power=None, repl_seconds=1))
    files = {
        "test_a.py": """
import pytest, subprocess
pytestmark = pytest.mark.prefers(backfill_days=0)
@pytest.mark.caps("power")
def test_power(meter):
    assert meter.process.power_cycle().fields["reset"] == "power"
def test_taken(meter):
    from host_tests.harness.hil import place
    with pytest.raises(Exception, match="already acquired place bench"):
        place.acquire("bench")
    assert meter.answers()
"""
    }
    done = run_pytest(files, "--rig", str(rig))
    assert "2 passed" in done.stdout, done.stdout
    assert switched == [False, True]
    assert "acquired: None" in lab("-p", "bench", "show")


def test_what_labgrid_refuses_is_one_line(lab, run_pytest):
    files = {"test_a.py": "def test_a(meter): pass\n"}
    done = run_pytest(files, "--target", "labgrid:nowhere")
    assert done.returncode == 4
    assert "ERROR: labgrid:nowhere: place pattern nowhere matches nothing" in done.stderr
    os.environ["LG_COORDINATOR"] = f"127.0.0.1:{free_port()}"  # monkeypatched by `lab`
    done = run_pytest(files, "--target", "labgrid:bench")
    assert "ERROR: labgrid:bench: Server error: Error: Could not connect to coordinator" in done.stderr
