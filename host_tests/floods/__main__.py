"""`python -m host_tests.floods [SECONDS [LINK_DOWN]]`: every flood in turn against a meter of ours,
then reading over networks that are bad, the link down for LINK_DOWN seconds; two tables.

Exit code 1 when a well-behaved client was not served, or read what is not so.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from host_tests.floods import namespace
from host_tests.floods.attacks import ATTACKS
from host_tests.floods.network import Faults, Proxy
from host_tests.floods.reading import PUBLIC, READER, everything, reference
from host_tests.floods.runner import Outcome, flood
from host_tests.harness.relay import Relay
from host_tests.interop.readings import SETTINGS
from tools.dlmsclient import Client, DlmsError
from tools.launcher import ROOT, Meter, find

SECONDS = 20.0
AGAIN = 1.0  # seconds after a flood of datagrams
WAIT = 2.0  # seconds, the longest for an answer over TCP
LINK_DOWN = 60.0
LOSS = 0.2
NETWORKS = {
    "each way 300 ms": (PUBLIC, Faults(delay=0.3)),
    "loss 20 %, sent again after 200 ms": (PUBLIC, Faults(loss=LOSS)),
    "in pieces of 1 to 7 octets": (READER, Faults(split=7)),
    "reset after 8,000 octets": (READER, Faults(cut=8000)),
}
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


def floods(host: str, port: int, seconds: float, faults: list[str]) -> Table:
    """Every flood; what went wrong is added to `faults`."""
    table = Table(*_COLUMNS, title=f"Floods of {seconds:g} s each, over loopback")
    for name in ATTACKS:
        try:
            outcome = flood(name, host, port, seconds)
        except Exception as error:
            faults.append(f"{name}: {type(error).__name__} {error}")
            continue
        table.add_row(*row(outcome))
        if outcome.lost or outcome.worst > WAIT or outcome.again > AGAIN:
            faults.append(f"{name}: not served in time")
    return table


def networks(host: str, port: int, link_down: float) -> Iterator[tuple[str, ...]]:
    """Read over each bad network, with the client's default settings; rows of the table.
    AssertionError for what is not so.
    """
    for name, (wport, bad) in NETWORKS.items():
        wanted = reference(host, port, wport)
        with Proxy((host, port), bad) as proxy:
            done = everything(lambda proxy=proxy: Client.tcp(proxy.host, proxy.port), wanted, wport)  # type: ignore[misc]
        yield f"TCP {name}", f"{len(done.values)}", f"{done.again}", f"{done.connections}"
    wanted = reference(host, port, PUBLIC)
    with Relay((host, port), 7, loss=LOSS, repeat=0.1, reorder=0.2) as relay:
        relay.quiet = False
        done = everything(lambda: Client.udp("127.0.0.1", relay.port), wanted, PUBLIC)
    yield "UDP loss 20 %, repeated 10 %, reordered 20 %", f"{len(done.values)}", f"{done.again}", f"{done.connections}"
    kinds = {"down": namespace.UP, "netem": namespace.NETEM}
    for kind, words in kinds.items():
        if reason := namespace.why_not(words):
            yield f"{kind}: not here: {reason}", "", "", ""
            continue
        words = namespace.command([kind], link_down)
        text = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, check=True, timeout=1200).stdout
        for what, counts in json.loads(text).items():
            yield what, f"{counts['read']}", f"{counts['again']}", f"{counts['connections']}"


def main(seconds: float, link_down: float) -> int:
    """Run all; the exit code."""
    faults: list[str] = []
    console = Console(width=None if sys.stdout.isatty() else 140)
    with tempfile.TemporaryDirectory() as folder:
        # a meter for each: after datagrams from many ports a client without a
        # secret waits for a place
        logs = [Path(folder) / name for name in ("floods.log", "networks.log")]
        with Meter({"port": 0, **SETTINGS}, micropython=find(None), log=logs[0]) as meter:
            console.print(floods("127.0.0.1", meter.ready.port, seconds, faults))
        with Meter({"port": 0, **SETTINGS}, micropython=find(None), log=logs[1]) as meter:
            table = Table("network", "attributes read", "asked again", "connections", title="Reading over bad networks")
            try:
                for cells in networks("127.0.0.1", meter.ready.port, link_down):
                    table.add_row(*cells)
            except (AssertionError, DlmsError, subprocess.SubprocessError) as error:
                faults.append(f"network: {type(error).__name__} {error}")
            console.print(table)
        for log in logs:
            faults += [line for line in log.read_text(encoding="utf-8").splitlines() if line.startswith("ERROR ")]
    for fault in faults:
        print("error:", fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    given = [float(word) for word in sys.argv[1:]]
    sys.exit(main(*(given + [SECONDS, LINK_DOWN][len(given) :])))
