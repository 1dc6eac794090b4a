"""A board that keeps its state in its flash, over a reset and a power cut of the emulated machine."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tools.image.emulated import BoardError
from tools.launcher import ROOT

pytestmark = [
    pytest.mark.caps("board", "emulated"),
    pytest.mark.prefers(backfill_days=0),
    pytest.mark.timeout(300),
]

STORE = 352 * 4096


def lines(board, *words):
    """Lines of the present boot's console with all of these words."""
    return [line for line in board.console().splitlines() if all(word in line for word in words)]


def tool(*words):
    """A tool's command line."""
    whole = [sys.executable, "-m", *words]
    return subprocess.run(whole, cwd=ROOT, capture_output=True, text=True, timeout=200, check=False)


@pytest.mark.req("I-43", "I-45")
def test_a_board_goes_on_where_it_was(bare, tmp_path):
    """Without a serial number it keeps nothing; then its store is that of its number."""
    board = bare()
    board.start()
    assert len(lines(board, "WARN", "store no-serial next=make-provision")) == 1
    assert "state" not in board.ready.fields
    settings = {"state": "flash", "serial": "00000042", "backfill_days": 1}
    assert board.configure(settings).fields["state"] == "flash"
    assert not lines(board, "not-used")
    board.reset()
    assert lines(board, "not-used keys=backfill_days")  # the store is the one from before
    board.kill()
    again = bare(board.machine.flash)
    again.start()
    assert lines(again, "not-used keys=backfill_days")
    # another number: one line, and after --erase-state a new store
    with pytest.raises(BoardError, match="00000042"):
        again.configure({**settings, "serial": "00000043"})
    again.expect_boot()
    done = tool("tools.image.boards", "provision", "--target", again.serial, "--erase-state")
    assert (done.returncode, done.stderr) == (0, "")
    assert again.wait_ready().fields["state"] == "flash"
    assert not lines(again, "not-used")
    again.kill()
    copy = tmp_path / "store"
    copy.write_bytes(again.machine.flash.read_bytes()[STORE:])
    assert tool("tools.state", "check", str(copy)).returncode == 0
