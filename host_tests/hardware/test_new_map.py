"""`make provision ARGS=--new-map` on the emulated board: its files move into the smaller file
system of the map, and the store gets its place.
"""

from __future__ import annotations

import stat
import subprocess
import sys

import pytest

from host_tests.store.board_store import DEVICE, SECTOR, SECTORS, fresh
from tools.image.boards import newmap
from tools.image.boards.catalog import BoardError
from tools.image.boards.repl import Repl
from tools.launcher import ROOT

pytestmark = [
    pytest.mark.caps("board", "emulated"),
    pytest.mark.prefers(backfill_days=0),
    pytest.mark.req("I-45"),
    pytest.mark.timeout(240),
]

FILES = 352
STORE = FILES * SECTOR
WHOLE = """
import emu, vfs, os
vfs.umount('/')
f = emu.Flash(start=0)
vfs.VfsLfs2.mkfs(f, progsize=256)
vfs.mount(vfs.VfsLfs2(f, progsize=256), '/')
def put(path, text):
    with open(path, 'w') as g:
        g.write(text)
os.mkdir('/lib')
put('/wifi.json', '{"ssid": "lab", "key": "a key of lab"}')
put('/config.json', '{"serial": "00000042", "ntp": "", "state": ""}')
put('/secrets.json', '{"reader": "one of mine", "management": "another"}')
put('/lib/mine.py', 'A = 1' * 3000)
put('/deployed.txt', 'version.py')
put('/version.py', 'OLD = 1')
"""


def provision(board, *words):
    """The command line."""
    whole = [sys.executable, "-m", "tools.image.boards", "provision", "--target", board.serial, *words]
    return subprocess.run(whole, cwd=ROOT, capture_output=True, text=True, timeout=200, check=False)


@pytest.fixture
def old(bare):
    """A board with the file system of MicroPython's own image."""
    board = bare()
    board.start()
    with fresh(board.serial) as repl:
        repl.run(WHOLE)
    return board


def content(repl, path):
    return repl.value(f"open({path!r}).read()")


def test_the_files_move_and_the_store_begins(old):
    old.expect_boot()
    done = provision(old, "--new-map", "--set", "rate=2")
    assert (done.returncode, done.stderr) == (0, "")
    assert "4 files read: config.json lib/mine.py secrets.json wifi.json\n" in done.stdout
    assert f"the file system has {FILES * 4} KiB, the store {SECTORS * 4} KiB; 4 files are back\n" in done.stdout
    assert "a key of lab" not in done.stdout
    old.wait_ready()
    with fresh(old.serial) as repl:
        repl.run(DEVICE)
        assert repl.value("(d.count, said, __import__('os').statvfs('/')[2])") == (SECTORS, [], FILES)
        assert content(repl, "/wifi.json") == '{"ssid": "lab", "key": "a key of lab"}'
        assert content(repl, "/secrets.json") == '{"reader": "one of mine", "management": "another"}'
        assert repl.value("__import__('json').load(open('/config.json'))['rate']") == 2
        assert content(repl, "/lib/mine.py") == "A = 1" * 3000
        assert repl.value("'version.py' in __import__('os').listdir('/')") is False  # the image has it
    old.kill()
    assert old.machine.flash.read_bytes()[STORE:] == b"\xff" * (SECTORS * SECTOR)


def test_a_board_that_has_the_map_is_left_alone(bare):
    board = bare()
    board.start()
    done = provision(board, "--new-map", "--no-reset")
    assert done.returncode == 1
    assert done.stderr == f"error: {board.serial}: the board has the map of its image already; nothing was changed\n"


def test_a_flash_that_nothing_can_read_gets_the_map(bare, tmp_path):
    flash = tmp_path / "damaged.img"
    flash.write_bytes(bytes(range(256)) * ((FILES + SECTORS) * SECTOR // 256))
    board = bare(flash)
    board.start()
    board.expect_boot()
    done = provision(board, "--new-map")
    assert (done.returncode, done.stderr) == (0, "")
    assert "no file system could be read\n" in done.stdout
    board.wait_ready()
    with fresh(board.serial) as repl:
        repl.run(DEVICE)
        assert repl.value("(d.count, said, __import__('os').statvfs('/')[2])") == (SECTORS, [], FILES)


def test_files_without_room_change_nothing(old):
    with Repl.open(old.serial) as repl:
        repl.run("with open('/large', 'w') as g:\n for i in range(70): g.write('x' * 4096)")
    before = old.machine.flash.read_bytes()
    done = provision(old, "--new-map", "--no-reset")
    assert done.returncode == 1
    assert "the files have more than 256 KiB: remove some, nothing was changed" in done.stderr
    old.kill()
    assert old.machine.flash.read_bytes() == before


def test_files_are_rescued_when_the_board_goes_in_the_middle(old, monkeypatch, tmp_path):
    """The power goes after the old file system has gone."""
    monkeypatch.setattr(newmap.tempfile, "mkdtemp", lambda prefix: str(tmp_path))

    def say(text):
        if text.startswith("erasing"):
            old.kill()

    with Repl.open(old.serial, fresh=True) as repl:
        with pytest.raises(BoardError) as caught:
            newmap.make(repl, say)
        repl._transport.in_raw_repl = False  # there is nobody to leave it
    assert str(caught.value).endswith(f"The board's files are in {tmp_path}: put them back with mpremote cp")
    kept = tmp_path / "secrets.json"
    assert kept.read_text() == '{"reader": "one of mine", "management": "another"}'
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert (tmp_path / "lib/mine.py").read_text() == "A = 1" * 3000
