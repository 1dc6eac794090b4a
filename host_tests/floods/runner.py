"""One flood against one meter, with the well-behaved clients beside it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field

from host_tests.floods.witness import Newcomers, Witness
from tools.launcher import ROOT

START = 15.0  # seconds for the start of a process


@dataclass
class Outcome:
    """What came of a flood. Seconds."""

    name: str
    seconds: float
    sent: dict[str, int] = field(default_factory=dict)
    served: int = 0  # answers to the client over TCP
    worst: float = 0.0  # … its longest wait for one
    lost: int = 0  # … that did not come
    served_udp: int = 0
    lost_udp: int = 0
    tried: int = 0  # clients that came anew
    came: int = 0  # … and were served
    again: float = 0.0  # from the end of the flood to an answer over UDP, in the AA opened before


def flood(name: str, host: str, port: int, seconds: float) -> Outcome:
    """Flood the meter for that long. Raises what the clients found wrong."""
    outcome = Outcome(name, seconds)
    tcp, udp, others = Witness(host, port), Witness(host, port, udp=True), Newcomers(host, port)
    try:
        words = [sys.executable, "-m", "host_tests.floods.attacks", name, host, str(port), str(seconds)]
        with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as attack:
            tcp.start()
            udp.start()
            others.start()
            try:
                text, _ = attack.communicate(timeout=seconds + START)
            finally:
                attack.kill()
        if attack.returncode:
            raise RuntimeError(f"the flood ended with exit code {attack.returncode}")
        udp.end()
        outcome.again = udp.again(START)
        tcp.end()
        others.end()
        outcome.sent = json.loads(text)
        outcome.served, outcome.worst, outcome.lost = tcp.served, tcp.worst, tcp.lost
        outcome.tried, outcome.came = others.tried, others.served
        outcome.served_udp, outcome.lost_udp = udp.served, udp.lost
    finally:
        tcp.close()
        udp.close()
    return outcome
