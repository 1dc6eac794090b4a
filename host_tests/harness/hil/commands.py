"""The rig's commands, run without a shell, each with a time-out."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from .errors import HilError

TIMEOUT = 30.0


def run(what: str, words: Sequence[str], timeout: float = TIMEOUT) -> None:
    """Run one command of the rig; HilError says what it was for, its exit code and its last line.

    what: "relay port-3: off"
    """
    try:
        done = subprocess.run(
            list(words),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise HilError(f"{what}: {words[0]} did not end within {timeout:.0f} s") from None
    except OSError as error:
        raise HilError(f"{what}: {words[0]}: {error.strerror}") from None
    if done.returncode != 0:
        said = done.stdout.strip().splitlines()
        raise HilError(f"{what}: {words[0]} ended with exit code {done.returncode}{': ' + said[-1] if said else ''}")
