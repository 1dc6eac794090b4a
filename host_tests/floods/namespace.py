"""A network of one's own, by namespaces of Linux:
`python -m host_tests.floods.namespace SECONDS KIND…` inside one starts a meter there and reads
everything over a link that goes bad.

    down     the interface is taken down in the middle of a read, for SECONDS
    netem    loss 20 %, delay 300 ms and reordering, by the kernel's netem, where it has that

It prints one JSON object: what was read, and what had to be asked for again.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading

from host_tests.floods.reading import PUBLIC, Read, Readings, everything, reference
from host_tests.interop.readings import SETTINGS
from tools.dlmsclient import Client
from tools.launcher import Meter, find

NETEM = ["tc", "qdisc", "add", "dev", "lo", "root", "netem", "loss", "20%", "delay", "300ms", "reorder", "75%"]
UP, DOWN = (["ip", "link", "set", "lo", state] for state in ("up", "down"))
_TIMEOUT = 20.0


def _unshare() -> list[str]:
    return ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-rn"]


def why_not(words: list[str] = UP) -> str:
    """Why `words` cannot be done in a network of one's own here; empty when it can."""
    for name in ("unshare", words[0]):
        if shutil.which(name) is None:
            return f"there is no {name} here"
    done = subprocess.run([*_unshare(), *words], capture_output=True, text=True, timeout=_TIMEOUT, check=False)
    return f"{words[0]}: {done.stderr.strip() or 'failed'}" if done.returncode else ""


def command(kinds: list[str], seconds: float) -> list[str]:
    """The command line that does `kinds` in a network of its own."""
    return [*_unshare(), sys.executable, "-m", "host_tests.floods.namespace", str(seconds), *kinds]


def set_link(words: list[str]) -> None:
    """Change the link; CalledProcessError."""
    subprocess.run(words, check=True, capture_output=True, timeout=_TIMEOUT)


def down(host: str, port: int, wanted: Readings, seconds: float) -> dict[str, int]:
    """Read over TCP while the link is down for a while."""
    timer = threading.Timer(seconds, set_link, [UP])
    # TCP waits twice as long from try to try: up to as long again as nothing has passed
    with Client.tcp(host, port, timeout=2 * seconds + _TIMEOUT) as first:
        first.associate(PUBLIC)
        set_link(DOWN)
        timer.start()
        # in an AA opened before: its first request is sent while nothing passes
        name = first.associations[PUBLIC, 1].get(1, "0.0.42.0.0.255", 2).encode()
        assert name == wanted[1, "0.0.42.0.0.255", 2]
    done = everything(lambda: Client.tcp(host, port), wanted, PUBLIC)
    timer.join()
    return counts(done)


def netem(host: str, port: int, wanted: Readings, udp: bool) -> dict[str, int]:
    """Read at the client's default settings, while packets are lost and late."""
    done = everything(lambda: (Client.udp if udp else Client.tcp)(host, port), wanted, PUBLIC)
    return counts(done)


def counts(done: Read) -> dict[str, int]:
    """What came of a reading, as numbers."""
    return {"read": len(done.values), "again": done.again, "connections": done.connections}


def main(seconds: float, kinds: list[str]) -> None:
    """What the module's docstring says."""
    set_link(UP)
    outcome = {}
    with Meter({"port": 0, "bind": "127.0.0.1", **SETTINGS}, micropython=find(None)) as meter:
        host, port = meter.ready.host, meter.ready.port
        wanted = reference(host, port, PUBLIC)
        if "down" in kinds:
            outcome["down"] = down(host, port, wanted, seconds)
        if "netem" in kinds:
            set_link(NETEM)
            outcome["netem TCP"] = netem(host, port, wanted, udp=False)
            outcome["netem UDP"] = netem(host, port, wanted, udp=True)
    print(json.dumps(outcome))


if __name__ == "__main__":
    main(float(sys.argv[1]), sys.argv[2:])
