"""The launcher: what it makes of interpreters, start-up failures, READY lines and signals."""

import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tools.launcher import LauncherError, Meter, Ready, StartError, StopError, find, signals
from tools.launcher.process import ROOT, setting

STUB = Path(__file__).with_name("stub_meter.py")
READY = "READY ip=127.0.0.1,::1 port=4059 version=0.1.0 board=unix micropython=1.29.0 heap=1000 free=2000"


def stub(micropython, **settings):
    """A launcher Meter around the stub."""
    return Meter(settings, micropython=micropython, script=STUB)


def script(path: Path, text: str) -> Path:
    """An executable shell script."""
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def launch(micropython, *words, micropython_words=None, **kwargs):
    """Start `python -m tools.launcher` with the stub in the interpreter's place."""
    command = micropython_words or " ".join([*micropython.words, str(STUB)])
    env = {**os.environ, "MICROPYTHON": command}
    return subprocess.Popen(
        [sys.executable, "-m", "tools.launcher", *words],
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **kwargs,
    )


def lines_until(process, word):
    """Standard output up to the line that holds `word`."""
    seen = []
    for line in process.stdout:
        seen.append(line)
        if word in line:
            return seen
    raise AssertionError(f"no {word!r} in {seen} {process.stderr.read()}")


@pytest.fixture
def launched():
    """Processes that end with the test."""
    started = []
    yield started.append
    for process in started:
        process.terminate()
        process.wait(20)


# -- interpreter ------------------------------------------------------------


def test_default_interpreter_is_micropython():
    assert find().version >= (1, 25)


def test_missing_interpreter_says_how_to_get_one():
    with pytest.raises(LauncherError, match="no-such-thing is not a command here; install micropython 1.25"):
        find("no-such-thing")


def test_interpreter_that_is_too_old(tmp_path):
    old = script(tmp_path / "old", "echo micropython 1.24.1 True")
    with pytest.raises(LauncherError, match=r"MicroPython 1\.24\.1, which is too old"):
        find(str(old))


@pytest.mark.parametrize("said", ["echo cpython 3.13.0 True", "echo micropython x True", "exit 1", "echo"])
def test_what_is_no_micropython(tmp_path, said):
    with pytest.raises(LauncherError, match=r"not a MicroPython|no version"):
        find(str(script(tmp_path / "other", said)))


def test_command_of_several_words(micropython):
    assert find("env A=1 " + " ".join(micropython.words)).words[:2] == ("env", "A=1")


def test_unbalanced_quotes_are_one_line():
    with pytest.raises(LauncherError, match="No closing quotation"):
        find("micropython 'oops")


# -- READY and settings -----------------------------------------------------


def test_ready_line():
    ready = Ready.parse(READY + " more=1")
    assert (ready.ip, ready.port, ready.heap, ready.free, ready.fields["more"]) == (
        ("127.0.0.1", "::1"),
        4059,
        1000,
        2000,
        "1",
    )


@pytest.mark.parametrize("line", ["READY", READY.replace("port=4059", "port=x"), READY.replace(" free=2000", "")])
def test_malformed_ready_line(line):
    with pytest.raises(ValueError, match=r"READY|invalid literal"):
        Ready.parse(line)


@pytest.mark.parametrize(
    ("value", "word"),
    [("off", "key=off"), (True, "key=true"), (7, "key=7"), ([1, "a"], 'key=[1, "a"]'), (None, "key=null")],
)
def test_settings_are_json_words(value, word):
    assert setting("key", value) == word


# -- the Python interface ---------------------------------------------------


def test_start_and_stop(micropython, tmp_path):
    log = tmp_path / "logs" / "meter.log"
    with Meter({"seed": 7}, micropython=micropython, script=STUB, log=log) as meter:
        assert meter.alive
        socket.create_connection((meter.ready.host, meter.ready.port), 10).close()
    assert not meter.alive
    assert meter.wait() == 0
    kept = log.read_text().splitlines()
    assert kept[0] == "INFO 0 stub start settings=seed"
    assert kept[-1] == "INFO 1 stub stop"
    assert kept == meter.log_tail().splitlines()


def test_heapsize_and_trace_stand_where_the_interpreter_and_the_meter_want_them(micropython):
    words = Meter({"port": 0}, micropython=micropython, heapsize="512K", trace=True, config="c.json").command()
    main = str(ROOT / "firmware" / "main.py")
    assert words[len(micropython.words) :] == ["-X", "heapsize=512K", main, "--config", "c.json", "--trace", "port=0"]


def test_start_up_error_keeps_the_meters_own_line_and_code(micropython):
    with pytest.raises(StartError) as caught:
        stub(micropython, fail=1).start()
    assert (caught.value.exit_code, caught.value.line) == (3, "error: it was told to fail")


def test_crash_at_start(micropython):
    meter = stub(micropython, crash=1)
    with pytest.raises(StartError, match="ended with exit code 1 before it was ready"):
        meter.start()
    assert "ValueError: crashed" in meter.log_tail()


def test_malformed_ready_line_ends_the_meter(micropython):
    meter = stub(micropython, malformed=1)
    with pytest.raises(StartError, match="without port="):
        meter.start()
    assert not meter.alive


def test_silent_meter_is_killed_after_the_time_out(micropython):
    meter = Meter({"silent": 1}, micropython=micropython, script=STUB, start_timeout=0.2)
    with pytest.raises(StartError, match="not ready within"):
        meter.start()
    assert not meter.alive


def test_stubborn_meter_is_killed_and_reported(micropython):
    meter = stub(micropython, stubborn=1)
    meter.start()
    with pytest.raises(StopError, match="did not stop within"):
        meter.stop(grace=0.2)
    assert not meter.alive


def test_a_meter_that_ended_tells_its_code(micropython):
    meter = stub(micropython, quit=1)
    ready = meter.start()
    with socket.create_connection((ready.host, ready.port), 10) as link:
        link.sendall(b"x")
        assert meter.wait(20) == 4
    assert meter.stop() == 4


def test_missing_script_is_one_line(micropython, tmp_path):
    with pytest.raises(LauncherError, match="is not there"):
        Meter(micropython=micropython, script=tmp_path / "main.py").start()


def test_stop_of_a_meter_that_is_starting(micropython):
    """At whatever moment, from one before the interpreter has begun on."""
    for _ in range(5):
        meter = Meter({"port": 0, "backfill_days": 0}, micropython=micropython)
        meter.spawn()
        assert meter.stop() == 128 + signal.SIGTERM
        assert meter.log_tail() == ""


# -- signals ----------------------------------------------------------------


@pytest.fixture
def program():
    """`program(source)` runs Python in a group of its own and returns the
    process when it has printed a line.
    """
    started = []

    def run(source):
        one = subprocess.Popen(
            [sys.executable, "-c", source], stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        started.append(one)
        assert one.stdout.readline() == "begun\n"
        return one

    yield run
    for one in started:
        one.kill()
        one.communicate()


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="this system does not tell the state of a process")
def test_interrupt_waits_for_sleep(program):
    """A program that computes, for longer than it takes to send a signal, and then
    sleeps, is interrupted in its sleep.
    """
    one = program(
        "import time\nwhere = 'computing'\ndef work():\n    global where\n    print('begun', flush=True)\n"
        "    while time.process_time() < 0.4: abs(1)\n    where = 'asleep'\n    time.sleep(60)\n"
        "try:\n    work()\nexcept KeyboardInterrupt: print(where)"
    )
    signals.interrupt(one.pid, 30)
    assert one.communicate(timeout=30)[0] == "asleep\n"


def test_interrupt_of_what_never_sleeps(program):
    one = program(
        "def compute():\n    print('begun', flush=True)\n    while True: abs(1)\n"
        "try:\n    compute()\nexcept KeyboardInterrupt: print('interrupted')"
    )
    signals.interrupt(one.pid, 0.1)
    assert one.communicate(timeout=30)[0] == "interrupted\n"
    signals.interrupt(one.pid)  # it has ended


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="this system does not tell the state of a process")
def test_time_that_a_group_has_computed(program):
    one = program("import time\nwhile time.process_time() < 0.3: pass\nprint('begun', flush=True)\ntime.sleep(60)")
    assert signals.computed(one.pid) >= 0.25


# -- the command line -------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_the_meter_in_order(micropython, launched, number):
    process = launch(micropython, "--hint")
    launched(process)
    lines_until(process, "Ctrl-C")
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (0, "")
    assert "INFO 1 stub stop" in out


def test_hint_names_port(micropython, launched):
    process = launch(micropython, "--hint")
    launched(process)
    seen = lines_until(process, "Read it")
    port = Ready.parse(next(line for line in seen if line.startswith("READY"))).port
    assert seen[-1].endswith(f"make read PORT={port}\n")


def test_settings_of_the_command_line(micropython, launched):
    process = launch(micropython, "--bind", "127.0.0.1", "--set", "seed=1 name='a b'", "rate=2")
    launched(process)
    assert lines_until(process, "INFO")[-1].endswith("settings=bind,name,rate,seed\n")


@pytest.mark.parametrize("words", [["seed"], ["--set", "seed"], ["--set", "'"], ["--port", "x"]])
def test_wrong_words_are_refused_without_a_traceback(micropython, launched, words):
    process = launch(micropython, *words)
    launched(process)
    err = process.communicate(timeout=20)[1]
    assert process.returncode == 2
    assert "error: " in err.splitlines()[-1]
    assert "Traceback" not in err


def test_failed_start_passes_line_and_code_through(micropython, launched):
    process = launch(micropython, "fail=1")
    launched(process)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (3, "", "error: it was told to fail\n")


def test_missing_interpreter_is_one_line(micropython, launched):
    process = launch(micropython, micropython_words="no-such-thing")
    launched(process)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err.count("\n")) == (1, "", 1)
    assert err.startswith("error: MICROPYTHON=no-such-thing")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_while_the_meter_starts(micropython, launched, tmp_path, number):
    """Nothing is said, not even by an interpreter that the signal ends."""
    begun = tmp_path / "begun"
    slow = script(
        tmp_path / "slow", f'case "$1" in -c) echo micropython 1.29.0 True;; *) : > "{begun}"; exec sleep 60;; esac'
    )
    process = launch(micropython, micropython_words=str(slow))
    launched(process)
    while not begun.exists():
        assert process.poll() is None
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (0, "", "")


def test_closed_output_does_not_disturb_the_stop(micropython, launched):
    process = launch(micropython, "--hint")
    launched(process)
    lines_until(process, "READY")
    process.stdout.close()
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
