"""SIGINT for MicroPython's unix port, when it does no harm.

The port raises KeyboardInterrupt in its signal handler, wherever the interpreter is. In the middle
of a collection that leaves the heap locked, in the middle of the table of names that table.
Whatever needs one of them next fails, or waits for ever. A board's Ctrl-C waits for the end of an
opcode. A process that sleeps (in poll, most of the time) is in the middle of nothing.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

# How long a meter that computes all the time is waited for: it does not
# sleep, and is to end all the same.
PATIENCE = 1.0
_NAP = 0.002
_PROCESSES = Path("/proc")
_STATE, _GROUP, _USER_TICKS, _SYSTEM_TICKS = 0, 2, 11, 12  # fields of /proc/<pid>/stat after the name


def _members(group: int) -> list[list[str]]:
    """What /proc/<pid>/stat says of each process of a group that has not ended, from the state
    on; empty where there is no such place.
    """
    found = []
    for path in _PROCESSES.glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            fields = path.read_text(errors="replace").rpartition(")")[2].split()
            if fields[_GROUP : _GROUP + 1] == [str(group)] and fields[_STATE] not in "ZX":
                found.append(fields)
    return found


def asleep(group: int) -> bool:
    """Whether every process of a group sleeps; True where the system does not report it."""
    return all(fields[_STATE] == "S" for fields in _members(group))


def computed(group: int) -> float:
    """Seconds of processor time that a group has taken so far: on a busy
    computer much fewer than have passed.
    """
    ticks = sum(int(fields[_USER_TICKS]) + int(fields[_SYSTEM_TICKS]) for fields in _members(group))
    return ticks / os.sysconf("SC_CLK_TCK")


def interrupt(group: int, patience: float = PATIENCE) -> None:
    """Send SIGINT to a group as soon as it sleeps, and after `patience` seconds in any case."""
    deadline = time.monotonic() + patience
    while not asleep(group) and time.monotonic() < deadline:
        time.sleep(_NAP)
    send(group, signal.SIGINT)


def send(group: int, number: int) -> None:
    """Send a signal to a group of processes; none when it has ended."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
