"""The harness itself: what its runs of small test files report."""

import os
import shlex
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from host_tests.harness import probe, target
from host_tests.harness.meters import MeterHandle
from host_tests.harness.raw import RawLinks, wpdu
from tools.launcher import ROOT, Meter

STUB = Path(__file__).with_name("stub_meter.py")
CONFTEST = "from host_tests.conftest import *\nfrom host_tests import conftest\n"


@pytest.fixture
def run_tests(tmp_path, micropython):
    """Runs pytest on the given files with the harness's conftest and the stub for a
    meter; returns the finished process.
    """

    def run(files, *words, only=""):
        (tmp_path / "conftest.py").write_text(CONFTEST)
        for name, content in files.items():
            (tmp_path / name).write_text(content)
        env = {**os.environ, "PYTHONPATH": str(ROOT), "MICROPYTHON": shlex.join([*micropython.words, str(STUB)])}
        env.pop("PYTEST_ADDOPTS", None)
        return subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                "-c",
                str(ROOT / "pyproject.toml"),
                "--rootdir",
                str(tmp_path),
                "-p",
                "no:cacheprovider",
            ]
            + ["--results", str(tmp_path / "results"), "-rs", *words, str(tmp_path / only)],
            cwd=tmp_path,
            env=env,
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
        )

    return run


@pytest.fixture
def stub(micropython):
    """Starts stubs: `stub(mute=1)` gives the started launcher Meter."""
    started = []

    def start(**settings):
        process = Meter(settings, micropython=micropython, script=STUB)
        started.append(process)
        process.start()
        return process

    yield start
    for process in started:
        process.kill()


def running(process):
    """The target that a meter which runs already is."""
    return f"tcp://{process.ready.host}:{process.ready.port}"


# -- targets ----------------------------------------------------------------


def test_our_own_meter_may_be_asked_anything():
    hardware = {"board", "emulated", "rp2040", "console", "watchdog", "power", "network-loss", "pulse", "timing"}
    assert target.parse("unix").missing(set(target.CAPABILITIES) - hardware - {target.BUILD}) == ""
    assert all(target.parse("unix").missing({name}) for name in hardware)
    asked = {"board", "emulated", "console", "watchdog", "power", "config", "writes", "disconnect", "auth-failures"}
    assert target.parse("emulated").missing(asked) == ""
    assert target.parse("rp2040").caps == {"rp2040"}


@pytest.mark.parametrize("name", ["unix", "emulated", "/dev/ttyACM0"])
def test_what_needs_the_emulated_build_asks_this_computer_for_it(name, tmp_path, monkeypatch):
    """A lab with real boards has none: it gets a message, and sees no failure."""
    monkeypatch.setattr(target, "FIRMWARE", tmp_path / "firmware.elf")
    assert "not built on this computer" in target.parse(name).missing({"emulated-build"})
    (tmp_path / "firmware.elf").touch()
    assert not target.parse(name).missing({"emulated-build"})


def test_a_strange_meter_is_read_only():
    found = target.parse("tcp://meter.example:4060")
    assert (found.host, found.port, found.caps) == ("meter.example", 4060, frozenset({"direct"}))
    assert "--allow-writes" in found.missing({"writes"})


def test_a_strange_meter_with_permission():
    found = target.parse("tcp://[::1]", writes=True, disconnect=True, auth_failures=True)
    assert (found.host, found.port) == ("::1", 4059)
    assert found.missing({"writes", "disconnect", "auth-failures"}) == ""
    assert found.missing({"own-process"})


NO_TARGETS = ["", "unix:1", "emulated:1", "tcp://", "tcp://a:x", "tcp://a:70000", "tcp://a/b", "udp://a"]


@pytest.mark.parametrize("name", [*NO_TARGETS, "id:", "serial:1", "COMX"])
def test_what_is_no_target(name):
    with pytest.raises(target.TargetError, match="--target"):
        target.parse(name)


# -- runs -------------------------------------------------------------------


def test_one_meter_serves_a_module_and_a_marked_configuration_gets_its_own(run_tests):
    done = run_tests(
        {
            "test_a.py": """
import pytest
pids = []
def test_1(meter): pids.append(meter.process.pid)
def test_2(meter): assert pids == [meter.process.pid]
@pytest.mark.meter_config(seed=1, heapsize="1M")
def test_3(meter):
    assert pids != [meter.process.pid]
    assert "port,seed" in meter.log_tail()
    assert "heapsize=1M" in " ".join(meter.process.command())
""",
            "test_b.py": "def test_1(meter):\n    assert meter.alive and meter.answers()\n",
        },
    )
    assert "4 passed" in done.stdout, done.stdout


def test_a_wish_configures_a_meter_that_is_started_for_it_and_a_need_wins(run_tests, stub):
    files = {
        "test_a.py": """
import pytest
pytestmark = [pytest.mark.prefers(seed=2, rate=5), pytest.mark.meter_config(seed=1)]
def test_1(meter_settings): assert dict(meter_settings) == {"seed": 1, "rate": 5}
@pytest.mark.prefers(seed=3, rate=6)
def test_2(meter_settings): assert dict(meter_settings) == {"seed": 1, "rate": 6}
""",
        "test_b.py": """
import pytest
pytestmark = pytest.mark.prefers(seed=2)
def test_1(target): assert not target.missing(set()) and "config" not in target.caps
@pytest.mark.meter_config(seed=1)
def test_2(target): ...
""",
    }
    done = run_tests(files, only="test_a.py")
    assert "2 passed" in done.stdout, done.stdout
    done = run_tests(files, "--target", running(stub()), only="test_b.py")
    assert "1 passed, 1 skipped" in done.stdout, done.stdout


def test_failed_test_shows_the_meters_log(run_tests):
    done = run_tests({"test_a.py": "def test_1(meter):\n    assert False\n"})
    assert done.returncode == 1
    assert "INFO 0 stub start" in done.stdout


def test_hung_meter_is_killed_and_reported(run_tests):
    files = {
        "test_a.py": """
import pytest
pytestmark = pytest.mark.meter_config(mute=1)
def test_1(meter): assert False
def test_2(meter): assert meter.alive
"""
    }
    done = run_tests(files)
    assert "1 failed, 1 passed, 1 error" in done.stdout, done.stdout
    assert "no longer answered after the test and was killed" in done.stdout


def test_meter_that_ends_fails_its_test_and_the_next_one_gets_another(run_tests):
    files = {
        "test_a.py": """
import pytest
@pytest.mark.meter_config(quit=1)
def test_1(meter, raw):
    raw.tcp().send("00")
    assert meter.process.wait(20) == 4
@pytest.mark.meter_config(quit=1)
def test_2(meter): assert meter.alive
"""
    }
    done = run_tests(files)
    assert "2 passed, 1 error" in done.stdout, done.stdout
    assert "ended during the test with exit code 4" in done.stdout


def test_capabilities_skip_with_their_reason(run_tests, stub):
    files = {
        "test_a.py": """
import pytest
@pytest.mark.caps("writes", "own-process")
def test_1(meter): ...
@pytest.mark.caps("writes")
def test_2(target): ...
@pytest.mark.meter_config(seed=1)
def test_3(meter): ...
"""
    }
    done = run_tests(files, "--target", running(stub()), "--allow-writes")
    assert "1 passed, 2 skipped" in done.stdout, done.stdout
    assert "not a process that was started here" in done.stdout
    assert "configuration cannot be chosen" in done.stdout


def test_several_targets_run_every_test_on_each(run_tests, stub):
    files = {"test_a.py": "def test_1(meter): ...\ndef test_2(): ...\n"}
    done = run_tests(files, "--target", "unix", "--target", running(stub()))
    assert "3 passed" in done.stdout, done.stdout


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("@pytest.mark.caps('magic')\ndef test_1(): ...\n", "magic is no capability"),
        ("@pytest.mark.req('A-' + '999')\ndef test_1(): ...\n", "A-999 is no id of docs/REQUIREMENTS.md"),
        (
            "@pytest.mark.meter_config(backfill_days=0)\ndef test_1(): ...\n",
            "write pytest.mark.prefers(backfill_days=0)",
        ),
    ],
)
def test_wrong_marks_stop_the_run(run_tests, source, complaint):
    done = run_tests({"test_a.py": "import pytest\n" + source})
    assert done.returncode == 4
    assert complaint in done.stderr


def test_wrong_target_is_one_line(run_tests):
    done = run_tests({"test_a.py": "def test_1(): ...\n"}, "--target", "serial:x")
    assert done.returncode == 4
    assert "known are unix, emulated, rp2040, tcp://" in done.stderr


def test_wrong_interpreter_is_one_line(run_tests):
    done = run_tests({"test_a.py": "def test_1(meter): ...\n"}, "--micropython", "no-such-thing")
    assert done.returncode == 4
    assert "no-such-thing is not a command here" in done.stderr


def test_process_left_behind_is_killed_and_fails_the_run(run_tests):
    files = {
        "test_a.py": f"""
from tools.launcher import Meter
kept = Meter(script={str(STUB)!r}, micropython=None)
def test_1(micropython):
    kept._micropython = micropython
    kept.start()
"""
    }
    done = run_tests(files)
    assert "1 passed" in done.stdout, done.stdout
    assert done.returncode == 1
    assert "left behind by the tests, now killed" in done.stderr


def test_cases_inside_micropython_report_one_by_one(run_tests, micropython):
    files = {
        "mp_a.py": """
class Skip(Exception): pass
def check(n): assert n == 2, "not two"
def test_good(): assert 1 + 1 == 2
def test_skip(): raise Skip("because")
def cases():
    yield "two", check, (2,)
    yield "three", check, (3,)
""",
        "mp_b.py": """
import micropython
MICROPYTHON_ONLY = True
MARKS = ("zero_alloc",)
def test_1():
    micropython.heap_lock()
    micropython.heap_unlock()
""",
        "mp_c.py": "MICROPYTHON_ONLY = True\nimport sys\ndef test_1(): sys.exit(5)\ndef test_2(): ...\n",
        "mp_d.py": "MICROPYTHON_ONLY = True\nimport no_such_module\ndef test_1(): ...\n",
    }
    done = run_tests(files, "-rA", "--micropython", shlex.join(micropython.words))
    lines = [line for line in done.stdout.splitlines() if "mp_a.py::" in line]
    outcomes = {line.partition("::")[2].split(" - ")[0]: line.split()[0] for line in lines}
    assert (
        outcomes["test_good[micropython]"] == outcomes["test_good[cpython]"] == outcomes["two[micropython]"] == "PASSED"
    )
    assert outcomes["three[micropython]"] == outcomes["three[cpython]"] == "FAILED"
    assert "2 skipped" in done.stdout
    assert "not two" in done.stdout
    assert "PASSED mp_b.py::test_1[micropython]" in done.stdout
    assert "FAILED mp_c.py::test_1[micropython]" in done.stdout
    assert "PASSED mp_c.py::test_2[micropython]" in done.stdout
    assert "no module named 'no_such_module'" in done.stdout


@pytest.mark.parametrize(("only", "cases"), [("mp_a.py", 2), ("mp_b.py", 1), ("mp_a.py::test_1[cpython]", 1)])
def test_a_file_of_cases_may_be_named_by_itself(run_tests, micropython, only, cases):
    """Each case once, as in a run of its folder: pytest takes a file that is
    named for a module of its own.
    """
    files = {
        "helper.py": "def two(): return 2\n",
        "mp_a.py": "from helper import two\ndef test_1(): assert two() == 2\n",
        "mp_b.py": "import micropython\nfrom helper import two\nMICROPYTHON_ONLY = True\n"
        "def test_1(): assert two() == 2\n",
    }
    done = run_tests(files, "--micropython", shlex.join(micropython.words), only=only)
    assert f"{cases} passed in" in done.stdout, done.stdout


# -- raw links --------------------------------------------------------------


def test_probe_tells_an_answering_meter_from_a_mute_one(stub):
    good, mute = stub().ready, stub(mute=1).ready
    assert probe.answers(good.host, good.port)
    assert not probe.answers(mute.host, mute.port, timeout=0.2)


def test_raw_tcp(stub):
    process = stub()
    with RawLinks(process.ready.host, process.ready.port) as links:
        link = links.tcp()
        assert link.nothing(0.05)
        assert link.ask("00") == wpdu(1, 16, b"\x61\x00")
        assert link.closed()
        with pytest.raises(EOFError):
            link.receive(1)


def test_raw_udp_hears_only_its_peer():
    with (
        socket.socket(type=socket.SOCK_DGRAM) as peer,
        socket.socket(type=socket.SOCK_DGRAM) as stranger,
    ):
        peer.settimeout(10)
        for each in (peer, stranger):
            each.bind(("127.0.0.1", 0))
        with RawLinks(*peer.getsockname()) as links:
            link = links.udp()
            link.send("0102")
            asked, sender = peer.recvfrom(100)
            stranger.sendto(b"no", sender)
            peer.sendto(b"yes", sender)
            assert (asked, link.receive()) == (b"\1\2", b"yes")
            assert link.nothing(0.05)


def test_wpdu_may_be_wrong_on_purpose():
    assert wpdu(16, 1, b"\xc0", version=2, length=9).hex() == "0002001000010009c0"


def test_a_meter_of_somebody_else_has_no_process():
    handle = MeterHandle("192.0.2.1", 4059)
    assert (handle.alive, handle.ready, handle.log_tail(), handle.hosts) == (True, None, "", ("192.0.2.1",))
