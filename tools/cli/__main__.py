"""Entry of ``python -m tools.cli``."""

import sys

from tools.cli.main import main

sys.exit(main())
