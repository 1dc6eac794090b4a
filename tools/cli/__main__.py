"""Entry of ``python -m tools.cli``."""

import sys

try:
    from tools.cli.main import main

    code = main()
except KeyboardInterrupt:  # while the modules were still being read
    code = 130
sys.exit(code)
