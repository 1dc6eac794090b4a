"""`tools.image.boards` over the USB serial port: files are sent whole, checked by their
hash, and only when they changed.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

from tools.image.boards import deploy
from tools.image.boards.catalog import BoardError
from tools.image.boards.repl import Repl
from tools.image.rp2040 import BOARD
from tools.launcher import ROOT

pytestmark = [pytest.mark.caps("rp2040"), pytest.mark.timeout(180)]


@pytest.fixture
def firmware(tmp_path, monkeypatch):
    """A small firmware in place of the meter's, and no look at the heap:
    what is tested is the transfer.
    """
    folder = tmp_path / "firmware"
    (folder / "part").mkdir(parents=True)
    (folder / "boot.py").write_text("import limits\n")
    (folder / "main.py").write_text("import part.one\n")
    (folder / "part/one.py").write_text("ONE = 1\n")
    (folder / "part/two.py").write_text("# long\n" * 2000)
    monkeypatch.setattr(deploy, "FIRMWARE", folder)
    monkeypatch.setattr(deploy, "HEAP", 0)
    return folder


def silent(text):
    pass


def commanded(*words):
    """The command line of `make deploy` and its relatives."""
    whole = [sys.executable, "-m", "tools.image.boards", *words]
    return subprocess.run(whole, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


def test_only_changed_files_are_sent(repl, firmware, powered):
    first = deploy.deploy(repl, BOARD, silent)
    assert first.sent == ["part/one.py", "part/two.py", "limits.py", "boot.py", "main.py"]
    assert deploy.deploy(repl, BOARD, silent).sent == []
    (firmware / "part/one.py").write_text("ONE = 2\n")
    (firmware / "part/two.py").unlink()
    repl.run("with open('/boot.py', 'a') as f: f.write('damage')")
    second = deploy.deploy(repl, BOARD, silent)
    assert second.sent == ["part/one.py", "boot.py"]
    assert second.removed == ["part/two.py"]
    assert repl.value("__import__('part.one').one.ONE") == 2
    # and it is all there after the power went
    flash = powered.flash
    powered.power_off()
    powered.power_on()
    assert flash == powered.flash
    powered.wait_console("READY ip=")
    with Repl.open(powered.serial) as again:
        assert deploy.deploy(again, BOARD, silent).sent == []
        again.run(
            "import os\nfor n in ('boot.py', 'main.py', 'limits.py', 'part/one.py'):\n os.remove(n)\nos.rmdir('part')"
        )


def test_the_sources_of_the_whole_meter_are_refused(board):
    """They need more heap than an RP2040 has: that is why its image has them frozen in."""
    done = commanded("deploy", "--board", "EMU_RP2040", "--target", board.serial)
    assert done.returncode == 1
    assert "error: " in done.stderr
    assert f"the sources need {deploy.HEAP >> 10} KB of heap" in done.stderr
    assert done.stderr.count("\n") == 1


def test_provisioning_changes_the_serial_number(board):
    done = commanded("provision", "--target", board.serial, "--serial", "00001234", "--set", "ntp=")
    assert done.returncode == 0, done.stderr
    board.wait_console("READY ip=")
    assert board.boots[-1] == "watchdog"
    shown = commanded("provision", "--target", board.serial, "--show", "--no-reset")
    assert "serial=00001234" in shown.stdout


def test_a_board_of_another_port_is_refused(repl):
    from tools.image.boards.catalog import find

    with pytest.raises(BoardError, match="ESP32_GENERIC is a board of the esp32 port, and this one runs rp2"):
        deploy.deploy(repl, find("ESP32_GENERIC"), silent)


def test_a_serial_port_that_is_not_there():
    done = commanded("deploy", "--board", "EMU_RP2040", "--target", "socket://127.0.0.1:1")
    assert done.returncode == 1
    assert done.stderr.startswith("error: socket://127.0.0.1:1 cannot be opened")
