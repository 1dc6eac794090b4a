"""Find the MicroPython that runs the meter, and refuse one that is too old."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

MINIMUM = (1, 25)
HOW_TO_GET_ONE = (
    "install micropython 1.25 or newer (apt, brew, or built from source) and name it with MICROPYTHON=, "
    "or take the pinned one with: make run"
)
# An interpreter may be an emulator or run under valgrind: generous, but never for ever.
PROBE_TIMEOUT = 60.0
_PROBE = "import sys;i=sys.implementation;print(i.name,'.'.join(str(n) for n in i.version[:3]),sys.maxsize>2**32)"


class LauncherError(Exception):
    """A start-up failure, reported in one line without a final full stop."""


@dataclass(frozen=True)
class Interpreter:
    """A command that runs MicroPython, and what it said of itself."""

    words: tuple[str, ...]
    version: tuple[int, ...]
    is_64bit: bool


def command_words(command: str | None) -> list[str]:
    """The words of `command` (shell quoting), or the default interpreter.

    The default is the `micropython` beside the running Python (its virtual
    environment), then the one on PATH.
    """
    if command and command.strip():
        try:
            words = shlex.split(command)
        except ValueError as error:
            raise LauncherError(f"MICROPYTHON={command}: {error}") from None
        if shutil.which(words[0]) is None:
            raise LauncherError(f"MICROPYTHON={command}: {words[0]} is not a command here; {HOW_TO_GET_ONE}")
        return words
    beside = Path(sys.executable).parent / "micropython"
    found = str(beside) if beside.exists() else shutil.which("micropython")
    if found is None:
        raise LauncherError(f"no micropython found; {HOW_TO_GET_ONE}")
    return [found]


def probe(words: Sequence[str], env: Mapping[str, str] | None = None) -> Interpreter:
    """Ask the interpreter for its version.

    LauncherError when it does not start, is no MicroPython or is older than MINIMUM.
    """
    shown = shlex.join(words)
    try:
        done = subprocess.run(
            [*words, "-c", _PROBE],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PROBE_TIMEOUT,
            env=None if env is None else dict(env),
            check=False,
        )
    except OSError as error:
        raise LauncherError(f"{shown} does not start: {error.strerror}") from None
    except subprocess.TimeoutExpired:
        raise LauncherError(f"{shown} did not tell its version within {PROBE_TIMEOUT:.0f} s") from None
    answer = done.stdout.split()
    if done.returncode != 0 or len(answer) != 3 or answer[0] != "micropython":
        raise LauncherError(f"{shown} is not a MicroPython; {HOW_TO_GET_ONE}")
    try:
        version = tuple(int(number) for number in answer[1].split("."))
    except ValueError:
        raise LauncherError(f"{shown} tells no version that can be read: {answer[1]}") from None
    if version < MINIMUM:
        raise LauncherError(f"{shown} is MicroPython {answer[1]}, which is too old; {HOW_TO_GET_ONE}")
    return Interpreter(tuple(words), version, answer[2] == "True")


def find(command: str | None = None) -> Interpreter:
    """The interpreter named by `command`, or the default one, checked."""
    return probe(command_words(command))
