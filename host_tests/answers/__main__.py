"""`python -m host_tests.answers`: write the digests of today's answers; says which ones moved."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from host_tests.answers.pushes import TRANSPORTS, WINDOW, digest
from tools.launcher import ROOT, Meter, find

for _folder in ("firmware", "boards/unix", "host_tests/shim", "host_tests/answers"):
    sys.path.append(str(ROOT / _folder))

import mp_answers  # noqa: E402
from engine_peer import SETTINGS  # noqa: E402

KEPT = Path(__file__).with_name("digests.json")


def pushes(transport: int) -> str:
    """The digest of what a meter on sockets pushes."""
    meter = Meter(
        {**SETTINGS, "port": 0, "bind": "127.0.0.1", "push_window": WINDOW, "push_interval": 0}, micropython=find(None)
    )
    try:
        ready = meter.start()
        return digest((ready.host, ready.port), transport)
    finally:
        meter.stop()


def main() -> int:
    """Compute every digest anew and write the file."""
    before = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}
    now: dict[str, object] = {
        name: list(function(argument)) for name, (function, argument) in mp_answers.everything().items()
    }
    now |= {name: pushes(transport) for transport, name in TRANSPORTS.items()}
    moved = sorted(name for name in {*before, *now} if before.get(name) != now.get(name))
    KEPT.write_text(json.dumps(now, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(f"{len(now)} digests; moved: {', '.join(moved) or 'none'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
