"""How deep the C stack goes, on which the frames of functions stand (boards/frames.c),
with interrupts in the middle of them.
"""

import pytest

from host_tests.bench import emulated
from host_tests.bench.link import Link
from tools.image.emulated import EmulatedBoard

pytestmark = [pytest.mark.caps("board", "emulated")]

DEEPEST = 6_600  # of 8,192 octets; the rest is for what a Pico W's interrupts need more (docs/BOARDS.md)


@pytest.mark.timeout(300)
@pytest.mark.meter_config(rate=3600, backfill_days=1)
def test_every_kind_of_request_leaves_room_on_the_stack(board):
    """From the reset on: start, four connections, every kind of request and
    refusal, short names, captures meanwhile.
    """
    assert isinstance(board, EmulatedBoard)
    emulated.play_everything(board)
    assert 1_000 < board.deepest_stack() <= DEEPEST
    with Link((board.host, board.port)) as link:
        link.associate()
