"""The whole meter with a board's limits and parts, in the unix port, on
FAKES of `machine` and `network`.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import threading
from collections import deque
from pathlib import Path

import pytest

from tools.dlmsclient import Client, DlmsError, parse_object_list
from tools.launcher import ROOT, Ready, signals

FAKES = Path(__file__).parent / "fakes"
WAIT = 20.0
BOARDS = ("RPI_PICO_W", "RPI_PICO2_W", "ESP32_GENERIC", "ESP32_GENERIC_S3", "ESP32_GENERIC_C3")
UP = {"RPI_PICO_W": 3, "RPI_PICO2_W": 3}


class BoardProcess:
    """A meter as a board would run it: no arguments, files in the working directory, a fake radio."""

    def __init__(
        self,
        folder: Path,
        words: tuple[str, ...],
        board: str,
        config: dict[str, object],
        wifi: bool = True,
        script: tuple[str, ...] = (),
    ) -> None:
        self.folder = folder
        self.board = board
        settings = {"bind": "127.0.0.1", "port": 0, "ntp": "", "state": "", **config}
        (folder / "config.json").write_text(json.dumps(settings))
        if wifi:
            (folder / "wifi.json").write_text('{"ssid": "lab", "key": "lab-secret"}')
        self.status(UP.get(board, 1010))
        path = f".frozen:{FAKES}:{ROOT / 'boards' / board}"
        env = {**os.environ, "MICROPYPATH": path, "FAKE_TRACE": "1", "FAKE_SETTLE": "0"}
        self.process = subprocess.Popen(
            [*words, *(script or (str(ROOT / "firmware/main.py"),))],
            cwd=folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.lines: deque[str] = deque()
        self._more = threading.Condition()
        self._ended = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._more:
                self.lines.append(line.rstrip("\n"))
                self._more.notify_all()
        with self._more:
            self._ended = True
            self._more.notify_all()

    def status(self, code: int) -> None:
        """What the fake radio says from now on; replaced at once, because
        the meter reads it meanwhile.
        """
        new = self.folder / "wifi_status.new"
        new.write_text(str(code))
        new.replace(self.folder / "wifi_status")

    def until(self, pattern: str, start: int = 0) -> tuple[str, int]:
        """The first line from number `start` on that has `pattern`, and the number after it."""

        def found() -> int | None:
            return next((i for i in range(start, len(self.lines)) if re.search(pattern, self.lines[i])), None)

        with self._more:
            self._more.wait_for(lambda: found() is not None or self._ended, WAIT)
            number = found()
            assert number is not None, f"no {pattern!r} in:\n" + "\n".join(self.lines)
            return self.lines[number], number + 1

    def ready(self) -> Ready:
        return Ready.parse(self.until("^READY ")[0])

    def end(self, number: int = signal.SIGINT) -> int:
        """Ctrl-C, which waits for a moment that a board's would come at, or
        another signal, which does not.
        """
        if self.process.poll() is None:
            if number == signal.SIGINT:
                signals.interrupt(self.process.pid)
            else:
                signals.send(self.process.pid, number)
        try:
            return self.process.wait(WAIT)
        finally:
            if self.process.poll() is None:
                signals.send(self.process.pid, signal.SIGKILL)
                self.process.wait()
            self._reader.join(WAIT)


@pytest.fixture
def board(tmp_path, micropython):
    """Starts a board: `board("RPI_PICO_W", key=value)`."""
    started = []

    def start(name="RPI_PICO_W", wifi=True, script=(), **config):
        one = BoardProcess(tmp_path, micropython.words, name, config, wifi, script)
        started.append(one)
        return one

    yield start
    for one in started:
        one.end(signal.SIGKILL)


@pytest.mark.parametrize("name", BOARDS)
def test_a_meter_with_the_limits_of_each_board(board, name):
    """Comes up over the fake radio, says what a board says, and every object
    that its list names can be read.
    """
    ready = board(name, seed=5).ready()
    assert (ready.board, ready.ip, ready.fields["reset"], ready.fields["id"]) == (
        name,
        ("127.0.0.1",),
        "power",
        "e66110000000002a",
    )
    with Client.tcp("127.0.0.1", ready.port, timeout=10) as client:
        association = client.associate(32, 1, "12345678")
        objects = parse_object_list(association.get(15, "0.0.40.0.0.255", 2))
        assert len(objects) > 50
        refused = []
        for one in objects:
            for attribute in one.readable:
                try:
                    association.get(one.class_id, one.instance, attribute)
                except DlmsError as error:
                    refused.append((one.instance, attribute, error))
        assert refused == []
        association.release()


def test_the_watchdog_starts_with_the_meter_and_is_fed(board):
    one = board()
    _, behind = one.until("^READY ")
    _, behind = one.until("FAKE watchdog 8000", behind)
    one.until("FAKE watchdog fed", behind)


@pytest.mark.req("I-61")
@pytest.mark.parametrize("task", ["sending", "board", "loop"])
def test_a_task_that_keeps_failing_resets_the_board(board, task):
    """A fault planted in a wrapper. Where it is the task that would do
    it, the board is reset at once.
    """
    planted = ROOT / "host_tests/wire/planted_faults.py"
    one = board(script=(str(planted), f"firmware={ROOT / 'firmware'}", f"plant={task}:0"), watchdog=True)
    _, behind = one.until(f"ERROR .* app task-failed task={task} error=RuntimeError times=1")
    _, behind = one.until(f"ERROR .* board reset reason=task-{task}", behind)
    one.until("FAKE reset", behind)


def test_no_watchdog_where_it_is_off(board):
    one = board(watchdog=False)
    ready = one.ready()
    with Client.tcp("127.0.0.1", ready.port, timeout=10) as client:
        client.associate(16, 1, None).release()
    assert not any("FAKE watchdog" in line for line in one.lines)


def test_disconnecting_moves_the_relay(board):
    one = board()
    _, behind = one.until("FAKE pin 14 1")
    ready = one.ready()
    with Client.tcp("127.0.0.1", ready.port, timeout=10) as client:
        association = client.associate(48, 1, "87654321")
        association.action(70, "0.0.96.3.10.255", 1)
        _, behind = one.until("FAKE pin 14 0", behind)
        association.action(70, "0.0.96.3.10.255", 2)
        # control mode 2: the remote reconnection connects
        one.until("FAKE pin 14 1", behind)
        association.release()


def test_a_lost_network_ends_connections_and_comes_back(board):
    one = board()
    ready = one.ready()
    with Client.tcp("127.0.0.1", ready.port, timeout=10) as client:
        client.associate(16, 1, None)
        one.status(-2)
        line, behind = one.until("wifi lost")
        assert "status=-2 reason=no-network" in line
        one.until("tcp close .*reason=network", behind - 1)
        with pytest.raises(DlmsError):
            client.associate(16, 1, None)
    one.status(3)
    one.until("net rebound ip=127.0.0.1", behind)
    with Client.tcp("127.0.0.1", ready.port, timeout=10) as client:
        client.associate(16, 1, None).release()


def test_an_unprovisioned_board_says_so_and_waits(board):
    one = board(wifi=False)
    line, _ = one.until("wifi unprovisioned")
    assert "file=wifi.json" in line
    assert one.process.poll() is None


def test_published_secrets_are_told(board, tmp_path):
    one = board()
    one.until("WARN .* app published-secrets clients=management,reader")
    # still starting, and so not by Ctrl-C: see below
    one.end(signal.SIGKILL)
    (tmp_path / "secrets.json").write_text('{"reader": "another-secret", "management": "87654321"}')
    half = board()
    half.until("WARN .* app published-secrets clients=management$")
    half.end(signal.SIGKILL)
    (tmp_path / "secrets.json").write_text('{"reader": "another-secret", "management": "one more secret"}')
    other = board()
    ready = other.ready()
    assert not any("published" in line for line in other.lines)
    with Client.tcp("127.0.0.1", ready.port, timeout=10) as client:
        with pytest.raises(DlmsError):
            client.associate(32, 1, "12345678")
        client.associate(32, 1, "another-secret").release()


def test_ctrl_c_leaves_the_watchdog_off_and_ends(board):
    one = board("ESP32_GENERIC")
    # in the steady state: the unix port's SIGINT raises wherever the interpreter is, and in the
    # middle of a collection (there are many while it starts) it leaves the heap locked; a board's
    # Ctrl-C waits for the end of an opcode
    one.until("FAKE watchdog fed")
    started = sum("FAKE watchdog 30000" in line for line in one.lines)
    assert one.end() == 0, "\n".join(one.lines)
    # held by a timer, because this chip cannot stop it
    assert sum("FAKE watchdog 30000" in line for line in one.lines) == started + 1


def test_pulses_as_the_source(board):
    """Nothing is simulated: no power flows, no voltage is known."""
    ready = board(source="pulse", pulses_per_kwh=500).ready()
    with Client.tcp("127.0.0.1", ready.port, timeout=10) as client:
        association = client.associate(32, 1, "12345678")
        assert association.get(3, "1.0.1.8.0.255", 2).value == 0
        assert association.get(3, "1.0.32.7.0.255", 2).value == 0
        association.release()


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ({"source": "pulse", "rate": 2}, "error: source=pulse: pulses come in real time"),
        ({"nope": 1}, "error: unknown key 'nope'"),
        ({"serial": "1"}, "error: serial must be eight digits"),
    ],
)
def test_a_wrong_configuration_is_one_line_and_no_watchdog(board, config, text):
    one = board(**config)
    line, _ = one.until("^error: ")
    assert line.startswith(text)
    assert one.process.wait(WAIT) == 0
    assert not any("FAKE watchdog" in line or "Traceback" in line for line in one.lines)


@pytest.mark.req("D-102")
def test_the_clock_is_doubtful_until_it_is_set(board):
    ready = board().ready()
    with Client.tcp("127.0.0.1", ready.port, timeout=10) as client:
        association = client.associate(48, 1, "87654321")
        status = association.get(8, "0.0.1.0.0.255", 4).value
        assert status & 0x02
        time = association.get(8, "0.0.1.0.0.255", 2)
        assert time.value[11] & 0x02
        association.set(8, "0.0.1.0.0.255", 2, time)
        assert association.get(8, "0.0.1.0.0.255", 4).value & 0x03 == 0
        association.release()


def test_addresses_of_the_interface_are_shown(board):
    ready = board().ready()
    with Client.tcp("127.0.0.1", ready.port, timeout=10) as client:
        association = client.associate(32, 1, "12345678")
        values = [association.get(42, "0.0.25.1.0.255", k).value for k in (3, 6, 7, 8, 9)]
        assert values == [0x7F000001, 0xFF000000, 0x7F0000FE, True, 0x7F000035]
        assert association.get(43, "0.0.25.2.0.255", 2).value == bytes.fromhex("28cdc100002a")
        association.release()


def test_the_unix_board_has_no_pulse_input(tmp_path, micropython):
    done = subprocess.run(
        [*micropython.words, str(ROOT / "firmware/main.py"), "source=pulse"],
        env={**os.environ, "MICROPYPATH": f".frozen:{ROOT / 'boards/unix'}"},
        capture_output=True,
        text=True,
        timeout=WAIT,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "error: source=pulse: this board has no pulse input\n")
