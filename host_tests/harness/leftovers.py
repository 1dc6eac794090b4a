"""Processes that a test session started and left over, found by a mark in their environment."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from pathlib import Path

MARK = "METER_TEST_SESSION"


def _environments() -> dict[int, str]:
    """Command and environment of every process of this user, by process id."""
    found = {}
    if Path("/proc/self/environ").exists():
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                found[int(folder.name)] = (folder / "environ").read_bytes().decode(errors="replace")
        return found
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        listing = subprocess.run(
            ["ps", "axeww", "-o", "pid=,command="], capture_output=True, text=True, timeout=20, check=True
        )
        for line in listing.stdout.splitlines():
            number, _, rest = line.strip().partition(" ")
            found[int(number)] = rest.replace(" ", "\0")
    return found


def end_leftovers(session: str) -> list[int]:
    """Kill what still carries the mark of this session, apart from
    ourselves, and return the process ids.
    """
    wanted = f"{MARK}={session}"
    left = [number for number, text in _environments().items() if wanted in text.split("\0") and number != os.getpid()]
    for number in left:
        with contextlib.suppress(OSError):
            os.kill(number, signal.SIGKILL)
    return left
