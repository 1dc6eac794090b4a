"""`python -m host_tests.floods [SECONDS]`: every flood in turn against a meter of ours, one table.

Exit code 1 when a well-behaved client was not served.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from host_tests.floods.attacks import ATTACKS
from host_tests.floods.runner import Outcome, flood
from tools.launcher import Meter, find

SECONDS = 20.0
AGAIN = 1.0  # seconds after a flood of datagrams
WAIT = 2.0  # seconds, the longest for an answer over TCP
_COLUMNS = ("flood", "sent", "TCP served", "worst", "lost", "came anew", "UDP served", "dropped", "again after")


def row(outcome: Outcome) -> list[str]:
    """The cells of an outcome."""
    sent = ", ".join(f"{count:,} {what}" for what, count in outcome.sent.items())
    return [
        outcome.name,
        sent,
        f"{outcome.served:,}",
        f"{1000 * outcome.worst:.0f} ms",
        f"{outcome.lost}",
        f"{outcome.came} of {outcome.tried}",
        f"{outcome.served_udp:,}",
        f"{outcome.lost_udp:,}",
        f"{1000 * outcome.again:.0f} ms",
    ]


def main(seconds: float) -> int:
    """Run all; the exit code."""
    table = Table(*_COLUMNS, title=f"Floods of {seconds:g} s each, over loopback")
    faults = []
    with tempfile.TemporaryDirectory() as folder:
        meter = Meter({"port": 0, "backfill_days": 0}, micropython=find(None), log=Path(folder) / "meter.log")
        meter.start()
        try:
            for name in ATTACKS:
                try:
                    outcome = flood(name, meter.ready.host, meter.ready.port, seconds)
                except Exception as error:
                    faults.append(f"{name}: {type(error).__name__} {error}")
                    continue
                table.add_row(*row(outcome))
                if outcome.lost or outcome.worst > WAIT or outcome.again > AGAIN:
                    faults.append(f"{name}: not served in time")
            faults += [line for line in meter.log_tail(10**6).splitlines() if line.startswith("ERROR ")]
        finally:
            code = meter.stop()
        if code:
            faults.append(f"the meter ended with exit code {code}")
    Console(width=None if sys.stdout.isatty() else 140).print(table)
    for fault in faults:
        print("error:", fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS))
