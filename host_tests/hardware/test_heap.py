"""The memory that a board needs to serve, with the firmware built in and the limits of a Pico W."""

import pytest

from host_tests.bench import emulated

pytestmark = [pytest.mark.caps("board"), pytest.mark.meter_config(backfill_days=0)]

# Octets in use with every connection open, each with an AA; as measured (host_tests/bench: 60,032) and a little room. What takes more
# than that takes it from the profiles of whoever has such a board: a row of the load profile is 29 octets.
CEILING = 60 * 1024


def test_heap_with_every_connection_open(bare):
    board = bare()
    board.start()
    emulated.limits_of_a_pico(board)
    board.configure({"backfill_days": 2, "start": "2026-03-05T12:00:00"})
    used, free = emulated.heap_in_use(board)
    assert used <= CEILING, (used, free)
