"""Ctrl-C while the heap is being collected: it is locked then and stays so, and the
meter ends with exit code 0 all the same.
"""

import app
import micropython

MICROPYTHON_ONLY = True


class Interrupted:
    """In place of the application: as if the signal had come during a collection."""

    error = KeyboardInterrupt()

    def __init__(self, config):
        micropython.heap_lock()
        raise self.error


def test_interrupt_with_a_locked_heap():
    kept = app.App
    app.App = Interrupted
    try:
        code = app.main(["port=0", "backfill_days=0"])
    finally:
        app.App = kept
        micropython.heap_unlock()
    assert code == 0, code
