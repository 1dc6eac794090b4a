"""The file of a meter's state, as the launcher makes, names and locks it. The meter is a stub,
which leaves the file alone, unless a test says otherwise.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from host_tests.infra.test_launcher import STUB, launch, lines_until
from tools.launcher import LauncherError, Meter, state
from tools.launcher.process import ROOT

pytestmark = pytest.mark.req("I-44")


def stub(micropython, **settings):
    return Meter(settings, micropython=micropython, script=STUB)


def eventually(condition, seconds=20.0):
    """Wait until a condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def free(path):
    """Whether no meter has the file."""
    try:
        os.close(state.hold(path))
    except LauncherError:
        return False
    return True


@pytest.fixture
def launched():
    """Launchers that end with the test, and their meters."""
    started = []
    yield started.append
    for process in started:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=20)


def test_the_file_is_made_for_its_owner_only(micropython, tmp_path):
    path = tmp_path / "folder" / "state"
    before = os.umask(0)
    try:
        with stub(micropython, state=str(path)):
            assert path.stat().st_mode & 0o777 == 0o600
    finally:
        os.umask(before)


def test_a_second_meter_on_the_same_file_is_refused_with_one_line(micropython, tmp_path, launched):
    path = tmp_path / "state"
    with stub(micropython, state=str(path)):
        with pytest.raises(LauncherError) as caught:
            stub(micropython, state=str(path)).start()
        assert str(caught.value).startswith(f"{path} is in use by another meter: stop that one, or ")
        second = launch(micropython, f"state={path}")
        launched(second)
        assert second.wait(20) == 1
        said = second.stderr.read().splitlines()
        assert len(said) == 1
        assert said[0].startswith(f"error: {path} is in use by another meter")
    with stub(micropython, state=str(path)):  # and afterwards it is free
        assert not free(path)


def test_the_lock_ends_with_the_meter_and_not_with_the_launcher(micropython, tmp_path, launched):
    """Either is killed, which leaves it no time to put anything in order."""
    path = tmp_path / "state"
    meter = stub(micropython, state=str(path))
    meter.start()
    assert not free(path)
    os.kill(meter.pid, signal.SIGKILL)
    meter.wait(20)
    assert free(path)

    launcher = launch(micropython, f"state={path}")
    launched(launcher)
    lines_until(launcher, "READY")
    meters = subprocess.run(
        ["pgrep", "-P", str(launcher.pid)], capture_output=True, text=True, timeout=20, check=True
    ).stdout.split()
    launcher.kill()
    launcher.wait(20)
    try:
        assert len(meters) == 1
        assert not free(path)
    finally:
        for number in meters:
            os.kill(int(number), signal.SIGKILL)
    eventually(lambda: free(path))


def test_the_state_is_named_by_the_serial_number(tmp_path):
    folder = tmp_path / "states"
    config = tmp_path / "config.json"
    config.write_text('{"serial": "00000042"}')
    assert state.default(folder, {}, None) == folder / "00000001"
    assert state.default(folder, {}, config) == folder / "00000042"
    assert state.default(folder, {"serial": "00000007"}, config) == folder / "00000007"
    # one that the meter will refuse names no path
    assert state.default(folder, {"serial": "../../etc"}, None) is None
    assert state.default(folder, {"state": ""}, None) is None
    config.write_text('{"state": "mine"}')
    assert state.default(folder, {}, config) is None
    for content in ("[]", "no JSON"):
        config.write_text(content)
        assert state.default(folder, {}, config) == folder / "00000001"
    sys.path.append(str(ROOT / "firmware"))
    try:
        import config as firmware_config

        assert firmware_config._KEYS["serial"][0] == state.DEFAULT_SERIAL
    finally:
        sys.path.remove(str(ROOT / "firmware"))


def test_a_launcher_keeps_a_state_only_where_it_is_told_to(micropython, tmp_path, launched):
    """The stub prints its command line in front of READY."""
    for words, wanted in (
        ([], None),
        (["--state-folder", str(tmp_path / "a")], f"state={tmp_path}/a/00000001"),
        (["--state-folder", str(tmp_path / "b"), "--set", "serial=00000005"], f"state={tmp_path}/b/00000005"),
        (["--state-folder", str(tmp_path / "c"), "--set", "state="], "state="),
    ):
        process = launch(micropython, *words, "echo=on")
        launched(process)
        said = "".join(lines_until(process, "READY"))
        found = [word for word in said.split() if word.startswith("state=")]
        assert found == ([] if wanted is None else [wanted]), words


def test_fresh_puts_the_file_aside(micropython, tmp_path, launched):
    path = tmp_path / "00000001"
    path.write_text("one")
    words = ("--state-folder", str(tmp_path), "--fresh")
    process = launch(micropython, *words)
    launched(process)
    assert f"The state before is now {path}.old\n" in lines_until(process, "READY")
    assert path.read_text() == ""
    assert (tmp_path / "00000001.old").read_text() == "one"
    # not the file of a meter that runs
    second = launch(micropython, *words)
    launched(second)
    assert second.wait(20) == 1
    assert "is in use by another meter" in second.stderr.read()
    assert (tmp_path / "00000001.old").read_text() == "one"
    # there is none
    third = launch(micropython, "--fresh")
    launched(third)
    assert third.wait(20) == 1
    assert third.stderr.read() == "error: there is no state to be put aside: this meter keeps none\n"


def test_a_file_that_cannot_be_used_is_one_line(micropython, tmp_path):
    with pytest.raises(LauncherError, match="cannot be used: Is a directory"):
        stub(micropython, state=str(tmp_path)).start()
    (tmp_path / "file").write_text("")
    with pytest.raises(LauncherError, match="cannot be used: "):
        stub(micropython, state=str(tmp_path / "file" / "state")).start()


def test_make_run_names_the_file_and_puts_it_aside():
    """What make would run; FRESH=0 is none."""
    for words, wanted, fresh in (
        ((), "--state-folder .state ", False),
        (("FRESH=1",), "--state-folder .state --fresh ", True),
        (("FRESH=0",), "--state-folder .state ", False),
    ):
        done = subprocess.run(
            ["make", "-n", "run", "MICROPYTHON=micropython", *words],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert wanted in done.stdout
        assert ("--fresh" in done.stdout) == fresh
    assert "/.state/\n" in (ROOT / ".gitignore").read_text()
    clean = (ROOT / "Makefile").read_text().partition("\nclean:")[2].partition("\n\n")[0]
    assert ".state" not in clean


@pytest.mark.timeout(120)
def test_a_meter_goes_on_where_it_was_killed(micropython, tmp_path, launched):
    """As two `make run` one after the other, and a third with FRESH=1."""
    path = tmp_path / "00000001"

    def start(*words):
        env = {**os.environ, "MICROPYTHON": " ".join(micropython.words)}
        words = ["--state-folder", str(tmp_path), "port=0", "backfill_days=1", "log=WARN", *words]
        process = subprocess.Popen(
            [sys.executable, "-m", "tools.launcher", *words],
            cwd=ROOT,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        launched(process)
        return process, "".join(lines_until(process, "READY"))

    for words, not_used in (((), False), ((), True), (("--fresh",), False)):
        process, said = start(*words)
        assert f" state={path}\n" in said
        assert ("not-used keys=backfill_days" in said) == not_used
        process.terminate()
        assert process.wait(30) == 0
    assert (tmp_path / "00000001.old").stat().st_size == path.stat().st_size == 148 * 4096
    assert path.stat().st_mode & 0o777 == 0o600
    # keeps none
    process, said = start("--set", "state=")
    assert "state=" not in said
