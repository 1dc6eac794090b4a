"""A file beside.py on the board runs beside the meter: its HTTP server
and the meter are both served.
"""

import pytest

from host_tests.harness import beside, probe
from host_tests.harness.raw import RawTcp
from host_tests.wire.apdus import associate, serves
from tools.image.emulated.machine import LOOPBACK

pytestmark = [pytest.mark.caps("board", "emulated"), pytest.mark.req("B-24")]

HTTP = 80


def put(board, folder, text):
    """Write beside.py onto the board and boot it."""
    path = folder / "beside.py"
    path.write_text(text, encoding="utf-8")
    board.remote.copy([path], "")
    board.reset()


def test_an_http_server_and_the_meter_asked_in_turns(bare, tmp_path):
    board = bare(settings={"backfill_days": 0})
    board.start()
    put(board, tmp_path, beside.application("0.0.0.0", HTTP, (LOOPBACK, 4059)))
    board.wait_console(f"HTTP {HTTP}")
    http = board.machine.forward(HTTP)
    link = RawTcp((board.host, board.port), 20)
    try:
        associate(link)
        first = int(beside.get(http, "/"))
        for n in range(1, 11):
            assert serves(link)
            assert int(beside.get(http, "/")) == first + n
        assert beside.get(http, "/asyncio") == "all there: 6"
        assert beside.get(http, "/fail") == "failing"
        assert serves(link)
    finally:
        link.close()


@pytest.mark.parametrize(
    "text", ["import nothing_of_that_name\n", "async def run(:\n", "RUN = 1\n", "async def run():\n    1 / 0\n"]
)
def test_one_that_cannot_run_leaves_the_meter_alone(bare, tmp_path, text):
    board = bare(settings={"backfill_days": 0})
    board.start()
    put(board, tmp_path, text)
    if "1 / 0" in text:
        board.wait_console("ZeroDivisionError")
    else:
        assert "WARN beside.py:" in board.console()
    assert probe.answers(board.host, board.port)
