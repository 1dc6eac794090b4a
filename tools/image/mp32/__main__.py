"""Print the command of a 32-bit MicroPython, fetching it first when it is not there yet.

    make test MICROPYTHON="$(python -m tools.image.mp32)"

Exit code 1 and one line on stderr when it cannot be had on this machine.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence

from .fetch import CACHE, Unavailable, cached, fetch


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the command of a 32-bit MicroPython, fetched first if need be; returns 1, with the
    reason on stderr, where there is none.
    """
    parser = argparse.ArgumentParser(
        prog="python -m tools.image.mp32",
        description="Make Debian's packaged 32-bit micropython runnable here and print its command, for MICROPYTHON=.",
    )
    parser.add_argument("--refresh", action="store_true", help="fetch the package again")
    parser.add_argument("--cached", action="store_true", help="do not fetch: fail when it is not there")
    options = parser.parse_args(arguments)
    try:
        words = None if options.refresh else cached()
        if words is None and options.cached:
            raise Unavailable(f"nothing in {CACHE.name} yet")
        print(shlex.join(words or fetch()))
    except Unavailable as reason:
        print(f"error: no 32-bit MicroPython here: {reason}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
