"""The firmware's .py files on a board, put there with mpremote over the serial port."""

import pytest

from host_tests.bench.emulated import SOURCES_HEAP
from host_tests.harness import probe
from tools.image.boards import deploy
from tools.image.emulated.board import BOARD
from tools.image.emulated.remote import RemoteError

pytestmark = [pytest.mark.caps("board", "emulated"), pytest.mark.prefers(backfill_days=0)]


@pytest.mark.timeout(240)
def test_deployed_files_run_and_only_changed_ones_are_copied(bare):
    """On a board with the heap of a Pico 2 W: a Pico W has none for sources."""
    board = bare(heap=SOURCES_HEAP)
    board.start()
    names = list(deploy.sources(BOARD))
    assert sorted(board.deploy()) == sorted(names)
    board.reset()
    assert probe.answers(board.host, board.port)
    # a module that only the flash has: what runs is what was deployed
    assert board.execute("import version; print(version.__file__)").strip() == "version.py"
    assert board.deploy() == []
    board.execute("with open('/net/udp.py', 'a') as f: f.write('# changed\\n')")
    assert board.deploy() == ["net/udp.py"]
    board.undeploy()
    there = board.execute("import os; print(os.listdir('/'))")
    assert "net" not in there
    assert "main.py" not in there
    board.reset()
    assert probe.answers(board.host, board.port)


def test_a_fault_on_the_board_is_one_line(board):
    with pytest.raises(RemoteError, match="ZeroDivisionError") as caught:
        board.remote.execute("1 / 0")
    assert "\n" not in str(caught.value)


def test_a_board_that_does_not_come_back(board):
    with pytest.raises(RemoteError, match="did not finish within 3 s"):
        board.remote.execute("while True: pass", timeout=3)
