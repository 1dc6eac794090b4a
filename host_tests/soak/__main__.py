"""`python -m host_tests.soak`: ask, print what was seen, fail when something grew or was lost."""

from __future__ import annotations

import argparse
import os
import shutil
import sys

from host_tests.bench.link import WrongAnswer
from host_tests.bench.settings import Settings
from tools.launcher import LauncherError, find

from .run import Soak, Soaked


def table(found: Soaked) -> None:
    """What was seen on the way."""
    print(f"{'requests':>12} {'sockets':>8} {'heap':>9} {'instructions a request':>24}")
    for look in found.looks:
        counted = f"{look.instructions:,.0f}" if look.instructions else "not counted"
        print(f"{look.requests:12,} {look.sockets:8} {look.heap:9,} {counted:>24}")
    floors = f"{found.floors[0]:,} after the first, {found.floors[-1]:,} after the last" if found.floors else "none"
    print(f"collections  {len(found.floors)}; octets of heap {floors}")
    for leg in found.legs:
        print(f"{leg.crosses}: {leg.start:%Y-%m-%d %H:%M:%S} to {leg.end:%Y-%m-%d %H:%M:%S} UTC,", end=" ")
        print(f"counted {leg.counted} Wh, used {[round(value, 2) for value in leg.used]}")
    print(f"{found.requests:,} requests and {found.pushes:,} pushes in {found.seconds:,.0f} s")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m host_tests.soak", description="Ask one meter very often.")
    parser.add_argument("--requests", type=int, default=1_000_000, help="how many (default 1,000,000)")
    parser.add_argument("--uncounted", action="store_true", help="count no instructions, which is quicker")
    options = parser.parse_args()
    if options.requests < 1:
        parser.error("--requests must be 1 or more")
    try:
        settings = Settings(find(os.environ.get("MICROPYTHON")), valgrind=shutil.which("valgrind"))
        found = Soak(settings, options.requests, not options.uncounted).run()
    except (LauncherError, WrongAnswer, OSError) as fault:
        print(f"error: {fault}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    table(found)
    for fault in found.faults():
        print(f"error: {fault}", file=sys.stderr)
    return int(bool(found.faults()))


if __name__ == "__main__":
    sys.exit(main())
