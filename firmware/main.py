"""What a board runs after boot.py, and what the launcher starts in the unix port. Ctrl-C always gets out of it."""

import sys

import app

sys.exit(app.main(sys.argv[1:]))
