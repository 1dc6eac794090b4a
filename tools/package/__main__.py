"""Entry of the command ``dlms-meter`` and of ``python -m dlms_meter``."""

from __future__ import annotations

import sys


def main() -> int:
    """Exit code of one command."""
    try:
        from .cli.main import main

        return main()
    except KeyboardInterrupt:  # while the modules were still being read
        return 130


if __name__ == "__main__":
    sys.exit(main())
