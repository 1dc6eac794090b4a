"""The wire tests against a meter that somebody else wrote (`gurux_meter`): an outcome that
can be read, whatever that meter does.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

pytest.importorskip("gurux_dlms", reason="gurux-dlms is not installed (INTEROP=0 leaves it out)")

from host_tests.interop.gurux_meter import READER, SECRET
from tools.launcher import ROOT

FILE = f"""
[clients.reader]
wport = {READER}
secret = "{SECRET}"
[devices]
wports = [1]
"""
# Quick ones of each kind: passed, failed, not applicable for want of a client,
# of UDP, of an object, of rights.
TESTS = (
    "test_every_form_of_rlrq or test_responses_of_a_server or test_two_clients_on_one_link or test_every_logical_device"
    " or test_list_is_well_formed or test_read_what_may or test_write_nothing or test_data_over_udp or "
    "test_context_names"
)
FILES = (
    "test_links_associations.py",
    "test_objects_walk_rights.py",
    "test_links_services.py",
    "test_acse_aarq.py",
    "mp_lines.py",
)


@pytest.fixture
def port() -> Iterator[int]:
    """Where that meter answers."""
    words = [sys.executable, "-m", "host_tests.interop.gurux_meter"]
    with subprocess.Popen(
        words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as meter:
        assert meter.stdout is not None
        assert meter.stdin is not None
        yield int(meter.stdout.readline().removeprefix("READY port="))
        meter.stdin.close()
        meter.kill()


@pytest.mark.timeout(120)
def test_a_run_against_it_can_be_read(port: int, tmp_path: Path) -> None:
    (tmp_path / "their.toml").write_text(FILE)
    report = tmp_path / "report.xml"
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "host_tests.harness.options",
        "-p",
        "no:cacheprovider",
        "-q",
        "--tb=no",
    ]
    command += [
        "--target",
        f"tcp://127.0.0.1:{port}",
        "--meter",
        str(tmp_path / "their.toml"),
        "--results",
        str(tmp_path / "results"),
    ]
    command += ["--junitxml", str(report), "-k", TESTS, *(f"host_tests/wire/{name}" for name in FILES)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    said = done.stdout
    assert done.returncode == 1, said  # it has faults, and they are found
    assert "Traceback" not in said + done.stderr
    assert "KeyError" not in said
    assert "mp_lines" not in said
    # a verdict with its rule and evidence, what was said, and the octets of both sides
    lines = said.splitlines()
    start = next(
        n for n, line in enumerate(lines) if line.startswith("FAILED standard") and "test_every_form_of_rlrq" in line
    )
    verdict = "\n".join(lines[start : start + 14])
    assert "C-50 [" in verdict
    assert "B-10 [9-7" in verdict
    assert "> 00010010000100056203800100" in verdict
    assert "< 0001000100100017630E" in verdict  # a length of 14 where 21 octets follow
    assert SECRET.encode().hex().upper() not in said
    # walks go on: several faults of one test
    assert max(int(number) for number in re.findall(r"Failed: (\d+) faults", said)) > 3
    # what it lacks is said
    for reason in (
        "no association of the client manager (wPort 48)",
        "nobody answers over UDP",
        "the meter is not to be written to (--allow-writes)",
    ):
        assert any(line.startswith("NOT APPLICABLE") and reason in line for line in lines), reason
    counted = next(line for line in lines if line.startswith("standard "))
    assert all(int(number) > 0 for number in counted.split()[1::2][:2]), counted
    # and once more for machines
    properties = [
        {each.get("name"): each.get("value") for each in case.iter("property")}
        for case in ElementTree.parse(report).iter("testcase")
    ]
    assert {each["verdict"] for each in properties} == {"PASSED", "FAILED", "NOT APPLICABLE"}
    assert any("> 0001" in each.get("octets", "") for each in properties)
