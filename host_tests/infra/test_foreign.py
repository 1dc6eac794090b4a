"""Runs against a meter that is running already: it is asked what it has, and what does
not concern it is left out and said.
"""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from host_tests.harness import ask, faults, needs, roster, verdicts
from host_tests.harness.roster import Login, Roster, RosterError
from host_tests.wire.aas import READER
from host_tests.wire.apdus import NOTE
from tools.dlmsclient import by_range
from tools.dlmsclient.errors import ProtocolError, Timeout
from tools.launcher import ROOT, Interpreter, Meter

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def running(micropython: Interpreter) -> Iterator[str]:
    """A meter of ours, as a target that nobody here has started: `tcp://127.0.0.1:PORT`."""
    process = Meter({"port": 0, "backfill_days": 1}, micropython=micropython)
    ready = process.start()
    yield f"tcp://127.0.0.1:{ready.port}"
    process.stop()


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """`run(words…)` runs tests of this repository in a pytest of their own."""

    def pytest_with(*words: str) -> subprocess.CompletedProcess[str]:
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "host_tests.harness.options",
            "-p",
            "no:cacheprovider",
            "-q",
            "--tb=short",
        ]
        command += ["--results", str(tmp_path / "results"), *words]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=55, check=False)

    return pytest_with


def asked(target: str, known: Roster | None = None) -> ask.Asked:
    host, _, port = target.removeprefix("tcp://").partition(":")
    return ask.ask(host, int(port), known or Roster())


# -- asking -----------------------------------------------------------------


def test_this_meter_has_everything_that_is_asked_for(running: str) -> None:
    found = asked(running)
    assert set(found.caps) == set(ask.SERVICES) | set(ask.LOGICAL_NAMES) | {
        "second-device",
        "short-names",
        "roomy",
        "connections",
        "udp",
    }
    assert not found.why
    assert found.limits.pop("UDP_ASSOCIATIONS") >= 2
    assert found.limits == {"PDU": 1024, "TCP_ASSOCIATIONS": 4, "ASSOCIATIONS": 4, "CONNECTIONS": 8}
    assert found.objects["1-0:1.8.0*255"] == 3
    assert found.seconds < 5
    assert ask.Asked(**found.as_dict()) == found


def test_a_client_or_a_device_that_is_not_there_is_told(running: str) -> None:
    known = Roster(devices=(1, 18))
    known.clients["reader"] = Login(17, "12345678")
    known.clients["short-manager"] = Login(81)
    found = asked(running, known)
    assert {"reader", "second-device", "short-names"} == set(found.why)
    assert "no association of the client reader (wPort 17): association refused" in found.why["reader"]
    assert "0-0:42.0.0*255" in found.objects  # what the public client sees
    assert "1-0:1.8.0*255" not in found.objects


def test_what_is_declared_is_believed(running: str) -> None:
    found = asked(running, Roster(has={"udp": False, "access-service": False}, limits={"LIST": 3}))
    assert "declared" in found.why["udp"]
    assert not {"udp", "access-service"} & set(found.caps)
    assert found.limits["LIST"] == 3


def test_nobody_there_is_one_line_before_the_first_test(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    done = run("host_tests/wire", "--target", f"tcp://127.0.0.1:{port}")
    assert done.returncode == 4
    assert done.stderr.strip().startswith(
        f"ERROR: --target tcp://127.0.0.1:{port}: nobody answers at 127.0.0.1:{port}:"
    )
    assert len(done.stderr.strip().splitlines()) == 1
    assert "passed" not in done.stdout


def test_a_port_that_takes_connections_and_says_nothing_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ask, "_FIRST_WAIT", 0.05)
    said = "no AARQ of the clients 16, 1, 32, 48 is answered"
    with socket.create_server(("127.0.0.1", 0)) as mute, pytest.raises(ask.AskError, match=said):
        ask.ask(*mute.getsockname(), Roster())


# -- the meter's file -------------------------------------------------------


def test_a_file_names_clients_devices_limits_and_capabilities(tmp_path: Path) -> None:
    path = tmp_path / "their.toml"
    path.write_text(
        '[clients.reader]\nwport = 17\nsecret = "x"\n[clients.manager]\nwport = 18\n[devices]\nwports = [2]\n'
        "[limits]\nLIST = 4\n[has]\nudp = false\n"
    )
    found = roster.load(path)
    assert (found.clients["reader"], found.clients["manager"], found.clients["public"]) == (
        Login(17, "x"),
        Login(18),
        Login(16),
    )
    assert (found.management, found.limits, found.has) == (2, {"LIST": 4}, {"udp": False})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[client.reader]\n", "the file: client is unknown"),
        ("[clients.boss]\n", "[clients.boss]: known are public, client-management, reader"),
        ("[clients.reader]\nport = 1\n", "[clients.reader]: port is unknown"),
        ("[clients.reader]\nwport = 65536\n", "[clients.reader]: a wPort is a number from 1 to 65535"),
        ("[clients.reader]\nsecret = 1\n", "[clients.reader]: secret is a text"),
        ("[devices]\nwports = 1\n", "[devices]: wports is a list of wPorts"),
        ("[limits]\nLIST = true\n", "[limits]: LIST is a number"),
        ("[has]\nudp = 1\n", "[has]: udp is true or false"),
        ("clients = 1\n", "clients is a table"),
        ("[", "their.toml: "),
    ],
)
def test_a_wrong_file_is_one_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "their.toml"
    path.write_text(text)
    with pytest.raises(RosterError) as caught:
        roster.load(path)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_one_line(run: Run) -> None:
    done = run("host_tests/wire", "--meter", "/none.toml")
    assert (done.returncode, done.stderr.strip()) == (4, "ERROR: /none.toml: No such file or directory")


# -- runs -------------------------------------------------------------------


def test_a_renamed_client_is_a_reason_and_no_error(running: str, run: Run) -> None:
    """Of the walk over four clients that of the public one is done, and the
    scripts beside it are not run.
    """
    done = run(
        "host_tests/wire/test_objects_walk_rights.py",
        "host_tests/wire/mp_lines.py",
        "--target",
        running,
        "--client",
        "17",
    )
    assert "KeyError" not in done.stdout
    assert "Traceback" not in done.stdout
    assert done.returncode == 0, done.stdout
    assert "no association of the client reader (wPort 17)" in done.stdout
    assert "deselected" in done.stdout
    assert "mp_lines" not in done.stdout
    line = next(line for line in done.stdout.splitlines() if line.startswith("standard "))
    assert int(line.split()[1]) > 10
    assert " 0 FAILED, 0 INCONCLUSIVE" in line


def test_choices_are_left_out_where_only_the_standard_is_asked_for(running: str, run: Run) -> None:
    done = run(
        "host_tests/wire/test_wrapper_stream.py",
        "-k",
        "tests_none or bad_version",
        "--target",
        running,
        "--level",
        "standard",
    )
    assert done.returncode == 0, done.stdout
    assert "choice    0 PASSED, 0 FAILED, 0 INCONCLUSIVE, 0 NOT APPLICABLE" in done.stdout


def names_things(associate: Callable[[int], object]) -> list[object]:
    """What a test may name: a client, a service, objects as text, in a
    tuple and as octets. Never called.
    """
    return [
        associate(READER),
        by_range,
        "1.0.32.7.0.255",
        NOTE,
        bytes.fromhex("C001C1 0003 0100020800FF 02 00"),
        "1.0.99.99.0.255",
    ]


def test_a_test_needs_what_it_names(request: pytest.FixtureRequest) -> None:
    """Objects that this meter has not are not meant to be there anywhere."""
    if request.node is None:
        names_things(lambda wport: wport)
    caps, objects = needs.of(request.node)
    assert caps == {"reader", "selective-access"}
    assert objects == {"1-0:32.7.0*255", "0-0:96.128.1*255", "1-0:2.8.0*255"}


def test_rules_have_a_level_and_evidence() -> None:
    rules = verdicts.rules()
    assert rules["A-26"][0] == verdicts.CHOICE
    assert rules["A-10"][:2] == (verdicts.STANDARD, "9-7 §6; 4-7 foreword")
    assert {level for level, _, _ in rules.values()} == {verdicts.STANDARD, verdicts.CHOICE}
    assert all(rule for _, _, rule in rules.values())


# -- walks ------------------------------------------------------------------


def test_a_walk_goes_on_after_a_fault_and_tells_all() -> None:
    walked = []

    def walk() -> None:
        with faults.collected() as found:
            for number in range(4):
                with found.at(f"attribute {number}"):
                    walked.append(number)
                    if number == 1:
                        raise ProtocolError("odd")
                    assert number != 2, "two"

    with pytest.raises(pytest.fail.Exception) as caught:
        walk()
    assert walked == [0, 1, 2, 3]
    assert str(caught.value).splitlines() == ["2 faults", "attribute 1: odd", "attribute 2: two"]
    with faults.collected() as found, found.at("nothing"):
        pass


def test_a_walk_ends_where_the_meter_is_silent() -> None:
    walked = []

    def walk() -> None:
        with faults.collected() as found:
            for number in range(3):
                with found.at(f"attribute {number}"):
                    walked.append(number)
                    raise Timeout("no answer within 1 s")

    with pytest.raises(pytest.fail.Exception) as caught:
        walk()
    assert walked == [0]
    assert "the walk ends here" in str(caught.value)
