"""An application that is not the meter's, for tests of what runs beside it: an HTTP
server written with the whole of asyncio.

    /            counts what it has answered, behind a lock
    /asyncio     uses every part of the package, and names what is missing
    /wait        answers once somebody asks for /go
    /meter       asks the meter for an association over a connection of its own, and
                 answers with the AARE in hexadecimal
    /fail        makes a task that raises
"""

from __future__ import annotations

import urllib.request
from pathlib import Path

from . import firmware

_SOURCE = Path(__file__).with_name("beside_http.txt")


def application(host: str, port: int, meter: tuple[str, int]) -> str:
    """The text of a module whose `run` serves at host and port; `meter` is where
    that answers as seen from beside it.
    """
    return _SOURCE.read_text(encoding="utf-8") + f"\n\nHERE = {(host, port)!r}\nMETER = {meter!r}\n"


def program(host: str, port: int, meter: tuple[str, int]) -> str:
    """The text of a script for the unix port that runs the meter with that beside it."""
    start = f"\n\nsys.path.append({str(firmware.folder())!r})\n\nimport app\n\nsys.exit(app.main(sys.argv[1:], run))\n"
    return application(host, port, meter) + start


def get(port: int, path: str, timeout: float = 20.0) -> str:
    """What the application answers."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=timeout) as answer:
        assert answer.status == 200
        return answer.read().decode()
