"""Whole runs of pytest against stand-ins: two targets in one run, the
report, a case that hangs, workers.
"""

from __future__ import annotations

import os
import socket
import xml.etree.ElementTree as ElementTree

import pytest

from host_tests.harness import groups, target
from host_tests.harness.hil import rig
from host_tests.hil.standin import BOARD_ID
from tools.launcher import ROOT

WORKER = """
import os
def test_worker(meter, record_property):
    record_property('w', os.environ['PYTEST_XDIST_WORKER'])
"""
ANSWERS = "def test_answers(meter):\n    assert meter.answers()\n"


def properties(element):
    return {each.get("name"): each.get("value") for each in element.findall("./properties/property")}


@pytest.mark.timeout(150)
def test_unix_and_two_boards_in_one_run_and_what_the_report_says(standin, run_pytest, rig_file, tmp_path):
    """Each board has a worker of its own; every case carries the properties of
    its target, the suite those of all.
    """
    first, second = standin(), standin("rfc2217")
    files = {
        "test_a.py": ANSWERS + WORKER,
        "test_b.py": WORKER,
    }
    report = tmp_path / "report.xml"
    words = [
        "--rig",
        rig_file(first, second),
        "--target",
        "unix",
        "--target",
        "pico-0",
        "--target",
        second.device,
        "-n",
        "2",
    ]
    done = run_pytest(files, *words, "--dist", "load", "--junitxml", str(report))
    assert "9 passed" in done.stdout, done.stdout
    suite = ElementTree.parse(report).getroot().find("testsuite")
    told = properties(suite)
    for name, board in (("unix", "unix"), ("pico-0", "RPI_PICO_W"), ("pico-1", "RPI_PICO_W")):
        assert told[f"{name}.board"] == board
        assert told[f"{name}.firmware"]
        assert told[f"{name}.micropython"].startswith("1.")
        assert int(told[f"{name}.boot-heap"]) > 0
    assert told["pico-0.board-id"] == BOARD_ID
    cases = [properties(case) for case in suite.findall("testcase")]
    assert sorted(case["target"] for case in cases) == ["pico-0"] * 3 + ["pico-1"] * 3 + ["unix"] * 3
    for name in ("pico-0", "pico-1"):
        assert len({case["w"] for case in cases if case["target"] == name and "w" in case}) == 1


@pytest.mark.timeout(150)
def test_a_case_that_hangs_does_not_break_the_next(standin, run_pytest, rig_file):
    """Neither one whose time runs out nor one that hangs the board: it is climbed up the
    ladder, and the next test finds a meter.
    """
    files = {
        "test_a.py": """
import pytest, subprocess
pytestmark = pytest.mark.prefers(backfill_days=0)
def test_hangs_here(meter):
    pytest.fail("as a time-out does", pytrace=False)
def test_hangs_the_board(meter):
    off = meter.process.spec.power.off
    subprocess.run([*off[:-1], "hang"], check=True)
    assert False
def test_next(meter):
    assert meter.answers()
"""
    }
    done = run_pytest(files, "--rig", rig_file(standin(), repl_seconds=1, boot_seconds=15))
    assert "2 failed, 1 passed, 1 error" in done.stdout, done.stdout
    assert "the meter no longer answered after the test and is reset before the next one" in done.stdout
    assert "meter console, last lines of" in done.stdout


def test_a_test_that_runs_out_of_time_leaves_the_board_usable(standin, run_pytest, rig_file):
    """The signal comes in the middle of a REPL operation."""
    files = {
        "test_a.py": """
import pytest, signal
def test_slow(meter):
    # as pytest-timeout does, but sooner: what a board's ladder may take is added to the time of its tests
    signal.signal(signal.SIGALRM, lambda *words: pytest.fail("Timeout", pytrace=False))
    signal.alarm(2)
    meter.process.execute("import time; time.sleep(300)", 400)
def test_next(meter):
    assert meter.answers()
"""
    }
    done = run_pytest(files, "--rig", rig_file(standin()))
    assert "1 failed, 1 passed, 1 error" in done.stdout, done.stdout
    assert "Timeout" in done.stdout


def test_a_board_in_use_fails_each_test_in_one_line(standin, boards, run_pytest, rig_file):
    one = standin()
    boards(one)
    done = run_pytest({"test_a.py": ANSWERS + ANSWERS.replace("_answers", "_again")}, "--rig", rig_file(one))
    assert "2 errors" in done.stdout, done.stdout
    assert f"{one.device} is in use by process" in done.stdout


def test_capabilities_skip_by_their_reason(run_pytest, tmp_path):
    """Nothing is opened for a test that is skipped: the device is none that could be."""
    path = tmp_path / "rig.toml"
    path.write_text('[boards.a]\ndevice = "/dev/null"\n')
    names = ("power", "network-loss", "pulse", "timing", "emulated", "own-process")
    tests = "".join(f"@pytest.mark.caps('{name}')\ndef test_{n}(meter): pass\n" for n, name in enumerate(names))
    done = run_pytest({"test_a.py": "import pytest\n" + tests}, "--rig", str(path))
    assert f"{len(names)} skipped" in done.stdout
    for text in (
        "a relay of the rig file",
        "a network of the rig file",
        "pulses of the rig file",
        "answer_ms of the rig file",
    ):
        assert text in done.stdout


def test_a_board_that_is_not_plugged_in_is_one_line_before_the_first_test(run_pytest, tmp_path):
    path = tmp_path / "rig.toml"
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    path.write_text(f'[boards.a]\ndevice = "/dev/ttyNONE"\n[boards.b]\ndevice = "socket://127.0.0.1:{port}"\n')
    done = run_pytest({"test_a.py": ANSWERS}, "--rig", str(path))
    assert done.returncode == 4
    assert "ERROR: --target a: /dev/ttyNONE is not there" in done.stderr
    assert f"--target b: socket://127.0.0.1:{port} cannot be reached: Connection refused" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert "test_a.py" not in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--rig", "/none.toml"], "ERROR: /none.toml: No such file or directory"),
        (["--target", "rfc2217://rig"], "ERROR: --target rfc2217://rig: write rfc2217://HOST:PORT"),
        (["--target", "labgrid:"], "ERROR: --target labgrid:: known are"),
    ],
)
def test_a_wrong_command_line_is_one_line(run_pytest, words, said):
    done = run_pytest({"test_a.py": ANSWERS}, *words)
    assert done.returncode == 4
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_scopes():
    """All tests of a board are one scope, and each test of a module that shares nothing; others
    are by module, as `loadscope` has it.
    """
    boards = {"pico-1": rig.BoardSpec("pico-1", "id:1")}
    pico, unix = target.parse("pico-1", rig=boards), target.parse("unix")
    both = [unix, pico]
    assert groups.scope("a/test_b.py::test_c[tcp-pico_1-ipv4]", both) == "pico_1"
    assert groups.scope("a/test_b.py::test_c[pico_1]", both) == "pico_1"
    assert groups.scope("a/test_b.py::test_c[tcp-unix-ipv4]", both) == "a/test_b.py"
    assert groups.scope("a/test_b.py::test_c", both) == "a/test_b.py"
    assert groups.scope("a/test_b.py::test_c", [pico]) == "pico_1"
    # a meter that is running already is one for all
    assert groups.scope("a/test_b.py::test_c", [target.parse("tcp://meter:4059")]) == "tcp://meter:4059"
    apart = groups.APART[0] + "::test_c[x]"
    assert groups.scope(apart, both) == apart
    assert groups.scope(apart, [pico]) == "pico_1"


def test_what_shares_nothing_comes_first_and_every_test_once(run_pytest):
    """Beside those the scope with the most tests, wherever they stand in the collection."""
    assert all((ROOT / module).is_file() for module in groups.APART)
    queue = {"a/test_a.py": 1, "a/test_b.py": 3, groups.APART[1] + "::test_a": 1, groups.APART[0] + "::test_b": 1}
    assert sorted(queue, key=lambda name: groups.order(name, queue[name])) == [
        groups.APART[0] + "::test_b",
        groups.APART[1] + "::test_a",
        "a/test_b.py",
        "a/test_a.py",
    ]
    files = {f"test_{letter}.py": "def test_1(): ...\ndef test_2(): ...\n" for letter in "abc"}
    done = run_pytest(files, "-n", "2", "--dist", "loadscope")
    assert "6 passed" in done.stdout, done.stdout


def test_more_workers_than_cores_for_meters_of_this_computer(pytestconfig, monkeypatch):
    cores = os.cpu_count()
    monkeypatch.delenv("PYTEST_XDIST_AUTO_NUM_WORKERS", raising=False)
    for targets, more in ((None, True), (["unix"], True), (["unix", "emulated"], False), (["id:E661"], False)):
        monkeypatch.setattr(pytestconfig.option, "target", targets)
        number = pytestconfig.hook.pytest_xdist_auto_num_workers(config=pytestconfig)
        assert number == cores + (cores + 1) // 2 if more else number <= cores
