"""Entry of ``python -m tools.cli``."""

import sys

try:
    from .main import main

    code = main()
except KeyboardInterrupt:  # while the modules were still being read
    code = 130
sys.exit(code)
