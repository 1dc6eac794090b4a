"""What a board runs after boot.py, and what the launcher starts in the unix port. Ctrl-C always gets out of it."""

import gc
import sys

# Collect often while modules are compiled: their garbage would else scatter what stays over the whole heap.
gc.threshold(16384)

import app  # noqa: E402

code = app.main(sys.argv[1:])
# On a board the REPL comes next. Leaving by SystemExit would be a soft reset there, and start the meter again.
if not app.HARDWARE:
    sys.exit(code)
