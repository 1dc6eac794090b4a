"""The memory that a board needs to serve, with the firmware built in and the limits of a Pico W."""

import pytest

from host_tests.bench import emulated
from tools.image.emulated import BoardError

pytestmark = [pytest.mark.caps("board", "emulated-build"), pytest.mark.prefers(backfill_days=0)]

# Octets in use with every connection open, each with an AA: 48 KiB with everything, as the bench
# has it, and as measured with the least. What takes more than that takes it from the profiles of
# whoever has such a board: a row of the load profile is 29 octets.
LEAST = 41_000
EVERYTHING = 48 * 1024


@pytest.mark.parametrize(("everything", "ceiling"), [(False, LEAST), (True, EVERYTHING)], ids=["least", "everything"])
def test_heap_with_every_connection_open(bare, everything, ceiling):
    board = bare(
        settings={"backfill_days": 2, "start": "2026-03-05T12:00:00", "log": "ERROR"},
        firmware=emulated.as_a_pico(everything=everything),
    )
    board.start()
    used, free = emulated.heap_in_use(board)
    assert used <= ceiling, (used, free)


def test_what_an_image_was_made_without_cannot_be_switched_on(bare):
    board = bare(firmware=emulated.as_a_pico(everything=False))
    board.start()
    # as there, but for PUSHES
    table = "from limits_default import *\nHARDWARE = LAN = True\nSN_CLIENTS = GBT_WINDOW = GROUPS = 0\n"
    board.execute(f"with open('/limits.py', 'w') as f: f.write({table!r})")
    with pytest.raises(
        BoardError, match="limits.py: PUSHES must be 0, because this image was made without what it is for"
    ):
        board.reset()
