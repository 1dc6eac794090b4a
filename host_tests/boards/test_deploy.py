"""Deploying and provisioning over a serial port, for real, to the unix
port's REPL (see repl_board).
"""

from __future__ import annotations

import json
import stat
import subprocess
import sys

import pytest

from host_tests.boards.repl_board import SOURCES_FLASH, ReplBoard
from tools.image.boards import catalog, deploy, files, provision
from tools.image.boards.catalog import BoardError
from tools.image.boards.repl import Repl
from tools.launcher import ROOT

PICO = catalog.BOARDS["RPI_PICO_W"]
SOME = {
    "net/tcp.py": b"a = 1\n" * 300,
    "log.py": b"b = 2\n",
    "limits.py": b"c = 3\n",
    "boot.py": b"d = 4\n",
    "main.py": b"e = 5\n",
}


@pytest.fixture
def board(micropython):
    with ReplBoard(micropython.words) as one:
        yield one


@pytest.fixture
def some(monkeypatch):
    """A small tree in place of the firmware."""
    tree = dict(SOME)
    monkeypatch.setattr(deploy, "sources", lambda board: dict(tree))
    return tree


def run(board, work=None, timeout=10.0):
    with Repl.open(board.url, timeout) as repl:
        return (work or (lambda one: deploy.deploy(one, PICO, lambda text: None)))(repl)


def contents(board, paths):
    """What each of these files holds, by one visit: closing the port takes
    pyserial a third of a second.
    """
    return run(board, lambda repl: {path: files.Files(repl).read(path) for path in paths})


def content(board, path):
    return contents(board, [path])[path]


def command(*words):
    line = [sys.executable, "-m", "tools.image.boards", *words]
    return subprocess.run(
        line, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False, stdin=subprocess.DEVNULL
    )


# -- deploy ----------------------------------------------------------------------------------------


def test_the_whole_firmware_reaches_the_board_and_imports_there(micropython):
    """A board that has the heap to run from sources, with the flash that its files have there."""
    name = "RPI_PICO2_W"
    with ReplBoard(micropython.words, size=SOURCES_FLASH) as board:
        done = command("deploy", "--board", name, "--target", board.url, "--no-reset")
        assert done.returncode == 0, done.stderr
        there(board, name, done.stdout.splitlines()[-1])


def there(board, name, last):
    """Every file is on the board, and its modules can be imported. last:
    the last line of the command.
    """
    sent = deploy.sources(catalog.BOARDS[name])
    assert last == f"{len(sent)} sent, 0 unchanged, 0 removed"

    def imported(repl):
        repl.run(
            "import sys\nsys.path[:]=['']\nimport limits\nfrom dlms import server\nfrom cosem import clock\n"
            "import config"
        )
        return repl.value("limits.BOARD")

    assert run(board, imported) == name


def test_only_what_changed_is_sent(board, some):
    assert run(board).sent == list(SOME)
    again = run(board)
    assert (again.sent, again.unchanged) == ([], list(SOME))
    some["log.py"] = b"b = 3\n"
    third = run(board)
    assert (third.sent, third.unchanged) == (["log.py"], [path for path in SOME if path != "log.py"])
    assert content(board, "log.py") == b"b = 3\n"


def test_what_is_no_longer_part_is_removed(board, some):
    run(board)
    some["net/udp.py"] = b"f = 6\n"
    run(board)
    run(board, lambda repl: [files.Files(repl).write(path, b"mine") for path in ("notes.txt", "net/tcp.py.new")])
    del some["net/udp.py"]
    assert sorted(run(board).removed) == ["net/tcp.py.new", "net/udp.py"]
    assert content(board, "notes.txt") == b"mine"


def test_modules_lie_in_folders_of_folders(board, some):
    some["dlms/ln/get.py"] = b"g = 7\n"
    some["dlms/ln/deep/er.py"] = b"h = 8\n"
    run(board)
    assert content(board, "dlms/ln/deep/er.py") == b"h = 8\n"
    run(board, lambda repl: files.Files(repl).write("dlms/ln/deep/notes.txt", b"mine"))
    del some["dlms/ln/deep/er.py"]
    assert run(board).removed == ["dlms/ln/deep/er.py"]
    assert content(board, "dlms/ln/deep/notes.txt") == b"mine"


def test_a_flat_layout_of_before_is_removed(board, some):
    """As a version left it that kept no list of what it put there: a folder of today with
    modules that have moved into others.
    """
    for path in ("net/old.py", "net/stale.mpy"):
        run(
            board,
            lambda repl, path=path: (files.Files(repl).make_folder("net"), files.Files(repl).write(path, b"i = 9\n")),
        )
    assert run(board).removed == ["net/old.py", "net/stale.mpy"]


def test_a_folder_that_is_no_longer_part_is_removed_whole(board, some):
    some["gone/one.py"] = some["gone/two/three.py"] = some["flat.py"] = b"j = 10\n"
    run(board)
    for path in ("gone/one.py", "gone/two/three.py", "flat.py"):
        del some[path]
    run(board, lambda repl: files.Files(repl).write("mine.py", b"k = 11\n"))
    assert run(board).removed == ["flat.py", "gone/one.py", "gone/two/three.py"]
    assert run(board, lambda repl: files.Files(repl).tree("gone")) == ([], [])
    assert content(board, "mine.py") == b"k = 11\n"
    assert run(board).removed == []


def test_the_entry_points_come_last():
    assert list(deploy.sources(PICO))[-2:] == ["boot.py", "main.py"]
    assert deploy.sources(PICO)["limits.py"] == (PICO.folder / "limits.py").read_bytes()


@pytest.mark.parametrize("part", [0.2, 0.5, 0.9])
def test_an_interrupted_transfer_leaves_old_or_new_and_can_be_repeated(board, some, part):
    run(board)
    old = dict(some)
    for path in some:
        some[path] = some[path].replace(b" = ", b" = 1000 + ")
    before = board.moved
    run(board)
    whole = board.moved - before
    for path in some:
        some[path] = some[path].replace(b"1000", b"2000")
    board.cut_after = board.moved + int(whole * part)
    with pytest.raises(BoardError, match="connection failed|does not answer|no MicroPython REPL"):
        run(board)
    states = set(contents(board, some).values())
    assert states <= {some[path] for path in some} | {old[path].replace(b" = ", b" = 1000 + ") for path in some}
    run(board)
    assert contents(board, some) == some
    assert run(board).sent == []


def test_a_file_that_arrives_damaged_is_not_put_in_place(board, some, monkeypatch):
    run(board)
    some["log.py"] = b"b = 'a changed one'\n"
    real = Repl.run

    def damaging(self, code, timeout=10.0):
        return real(self, code.replace("a changed one", "a chanGed one"), timeout)

    monkeypatch.setattr(Repl, "run", damaging)
    with pytest.raises(BoardError, match=r"log\.py arrived damaged"):
        run(board)
    monkeypatch.undo()
    assert content(board, "log.py") == SOME["log.py"]
    assert run(board, lambda repl: files.Files(repl).listing("")) == [
        "boot.py",
        "deployed.txt",
        "limits.py",
        "log.py",
        "main.py",
    ]


def test_a_board_without_room_is_told_before_anything_is_written(micropython, some):
    some["net/tcp.py"] = b"#" * 30000
    with ReplBoard(micropython.words, size=24 << 10) as small:
        with pytest.raises(BoardError, match=r"\d+ KB are needed and \d+ KB are free on the board"):
            run(small)
        assert run(small, lambda repl: files.Files(repl).listing("")) == []


def test_a_board_that_fills_up_meanwhile_keeps_the_old_file(micropython):
    with ReplBoard(micropython.words, size=24 << 10) as small:
        run(small, lambda repl: files.Files(repl).write("a.py", b"old"))
        with pytest.raises(BoardError, match=r"no room on the board for a\.py"):
            run(small, lambda repl: files.Files(repl).write("a.py", b"#" * 40000))
        assert content(small, "a.py") == b"old"
        assert run(small, lambda repl: files.Files(repl).listing("")) == ["a.py"]


def test_a_running_program_is_interrupted(micropython):
    with ReplBoard(micropython.words, interruptible=True) as board:
        with board.connect() as link:
            # from the friendly REPL, because the unix port hears no Ctrl-C
            # while code of the raw REPL runs
            link.sendall(b"exec(\"import time\\nprint('go'+'ing')\\nwhile 1: time.sleep_ms(10)\")\r")
            seen = b""
            while b"going" not in seen:
                octets = link.recv(100)
                assert octets, seen
                seen += octets
        with Repl.open(board.url) as repl:
            assert repl.value("6 * 7") == 42


def test_a_board_that_hangs_is_one_line(board, some):
    board.hang()
    with pytest.raises(BoardError, match="no MicroPython REPL answers"):
        run(board, timeout=0.3)


def test_another_chip_is_refused(board, some, monkeypatch):
    real = Repl.value
    monkeypatch.setattr(
        Repl, "value", lambda self, text, *more: "esp32" if "platform" in text else real(self, text, *more)
    )
    with pytest.raises(BoardError, match="RPI_PICO_W is a board of the rp2 port, and this one runs esp32"):
        run(board)


def test_a_heap_that_cannot_hold_the_sources(board, some, monkeypatch):
    monkeypatch.setattr(deploy, "HEAP", 1 << 30)
    with pytest.raises(BoardError, match=r"the sources need 1048576 KB of heap and this board has \d+ KB; freeze them"):
        run(board)
    assert run(board, lambda repl: files.Files(repl).listing("")) == []


def test_an_exception_on_the_board_is_one_line(board):
    with pytest.raises(BoardError, match="on the board: ValueError: nope"):
        run(board, lambda repl: repl.run("raise ValueError('nope')"))


def test_nobody_listens():
    done = command("deploy", "--board", "RPI_PICO_W", "--target", "socket://127.0.0.1:1")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: socket://127.0.0.1:1 cannot be opened")
    assert len(done.stderr.splitlines()) == 1


# -- provision -------------------------------------------------------------------------------------


def test_files_of_a_provisioned_board(board):
    wanted = provision.Provision(config={"source": "pulse", "watchdog": False})
    for name, text in (("ssid", "lab"), ("key", "lab-secret"), ("serial", "00001234"), ("reader", "reader-secret")):
        wanted.put(name, text)
    # the meter would not take the file, and nothing is written
    with pytest.raises(BoardError, match="no secret for management, here or on the board"):
        run(board, lambda repl: provision.provision(repl, wanted))
    assert run(board, provision.show) == [f"{name}.json: nothing" for name in ("wifi", "secrets", "config")]
    wanted.put("management", "manager-secret")
    lines = run(board, lambda repl: provision.provision(repl, wanted))
    assert lines == [
        "wifi.json: key=(set) ssid=lab",
        "config.json: serial=00001234 source=pulse watchdog=False",
        "secrets.json: management=(set) reader=(set)",
    ]
    assert json.loads(content(board, "wifi.json")) == {"ssid": "lab", "key": "lab-secret"}
    second = provision.Provision(config={"source": "simulation"})
    run(board, lambda repl: provision.provision(repl, second))
    assert json.loads(content(board, "config.json")) == {
        "serial": "00001234",
        "source": "simulation",
        "watchdog": False,
    }
    # one of them anew: the other stays
    third = provision.Provision(texts={"reader": "another-secret"})
    run(board, lambda repl: provision.provision(repl, third))
    assert json.loads(content(board, "secrets.json")) == {"reader": "another-secret", "management": "manager-secret"}
    shown = run(board, provision.show)
    assert "secret" not in "".join(shown).replace("secrets.json", "")


def test_provisioning_from_a_file(board, tmp_path):
    path = tmp_path / "meter.json"
    path.write_text('{"ssid": "lab", "key": "lab-secret", "serial": "00000007", "config": {"log": "DEBUG"}}')
    path.chmod(0o644)
    done = command("provision", "--target", board.url, "--from", str(path), "--no-reset")
    assert (done.returncode, done.stderr) == (
        1,
        f"error: {path} holds secrets and others can read it: chmod 600 {path}\n",
    )
    path.chmod(stat.S_IRUSR | stat.S_IWUSR)
    done = command("provision", "--target", board.url, "--from", str(path), "--no-reset")
    assert done.returncode == 0, done.stderr
    assert "lab-secret" not in done.stdout
    assert json.loads(content(board, "config.json")) == {"log": "DEBUG", "serial": "00000007"}


def test_a_broken_file_on_the_board_is_not_overwritten(board):
    run(board, lambda repl: files.Files(repl).write("config.json", b"{oops"))
    with pytest.raises(BoardError, match=r"config\.json on the board is not a JSON object"):
        run(board, lambda repl: provision.provision(repl, provision.Provision(config={"a": 1})))
    assert content(board, "config.json") == b"{oops"
