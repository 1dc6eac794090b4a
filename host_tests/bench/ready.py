"""What scripts inside the interpreter say first."""

from __future__ import annotations

import subprocess

from .link import WrongAnswer


def ready_port(process: subprocess.Popen[str]) -> int:
    """The port of its `PORT n` line."""
    assert process.stdout is not None
    line = process.stdout.readline()
    word, _, number = line.partition(" ")
    if word != "PORT":
        raise WrongAnswer(f"the script said {line!r} and not its port")
    return int(number)
