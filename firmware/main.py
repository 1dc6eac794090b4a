"""What a board runs after boot.py, and what the launcher starts in the unix port. Ctrl-C always gets out of it."""

import gc

# Collect often while modules are compiled: their garbage would else scatter what stays over the whole heap.
gc.threshold(16384)

import app  # noqa: E402
import board  # noqa: E402

board.run(app.main)
