"""One user per device: between two locks of a process, two processes, and
after a process that was killed.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

from host_tests.harness.hil import locks
from host_tests.harness.hil.errors import HilError
from host_tests.harness.hil.locks import DeviceLock, identity
from tools.image.boards.target import Port
from tools.launcher import ROOT

HOLD = """
import sys
from host_tests.harness.hil.locks import DeviceLock
mine = DeviceLock(sys.argv[1])
mine.take()
print('held', flush=True)
sys.stdin.read()
"""


@pytest.fixture
def device(tmp_path):
    return str(tmp_path / "tty")


def test_one_at_a_time(device):
    first, second = DeviceLock(device), DeviceLock(device)
    first.take()
    with pytest.raises(HilError, match=rf"{device} is in use by process \d+$"):
        second.take(wait=0.2)
    first.give()
    second.take(wait=0.2)
    second.give()
    first.path.unlink()


def test_a_process_that_is_killed_gives_it_back(device):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, device], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(HilError, match=f"is in use by process {holder.pid}"):
            DeviceLock(device).take(wait=0)
    finally:
        holder.kill()
        holder.wait(20)
        holder.stdin.close()
        holder.stdout.close()
    mine = DeviceLock(device)
    mine.take(wait=5)
    mine.give()
    mine.path.unlink()


def test_a_device_is_the_same_by_every_name(tmp_path, monkeypatch):
    port = tmp_path / "ttyACM0"
    port.touch()
    alias = tmp_path / "by-id"
    alias.symlink_to(port)
    assert identity(str(alias)) == identity(str(port))
    monkeypatch.setattr(locks, "plugged_in", lambda: [Port(str(port), "E66A", "Raspberry Pi")])
    assert identity(str(alias)) == identity("id:e66a") == identity("id:E66A")
    assert identity("rfc2217://Rig:4000?logging=debug") == identity("rfc2217://rig:4000")
    assert identity("socket://rig:4000") != identity("socket://rig:4001")
