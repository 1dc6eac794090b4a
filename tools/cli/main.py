"""Parse the command line, run the command, turn failures into one line and an exit code."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from importlib import import_module

from ..dlmsclient import DlmsError
from . import connection
from .errors import DONE, INTERRUPTED, REFUSED, Faulty, exit_code, message
from .options import build_parser
from .render import quiet_pipes, say

# Where each command is: read only when it is asked for, because many modules take longer
# to import than a short command to run.
COMMANDS = {
    "read": "read.run",
    "objects": "objects.run",
    "get": "access.run_get",
    "set": "access.run_set",
    "action": "access.run_action",
    "access": "several.run",
    "discover": "discover.run",
    "raw": "raw.run",
    "decode": "decode.run",
}


def _command(name: str) -> Callable[[argparse.Namespace], None]:
    module, _, function = COMMANDS[name].partition(".")
    run: Callable[[argparse.Namespace], None] = getattr(import_module(f".{module}", __package__), function)
    return run


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code of one command."""
    words = sys.argv[1:] if arguments is None else arguments
    if words[:1] == ["listen"]:  # a program of its own, with its own options
        return _listen(words[1:])
    return quiet_pipes(lambda: _run(words))


def _listen(words: Sequence[str]) -> int:
    from ..listen.__main__ import main as listen

    return listen(words)


def _run(arguments: Sequence[str]) -> int:
    """Run one command; returns the exit code. An error becomes one line on stderr."""
    parser = build_parser()
    options = parser.parse_args(arguments)
    if options.command == "listen":
        parser.error("listen stands first: its options are its own, see `listen --help`")
    options.afterwards = []
    try:
        if options.command != "decode":
            connection.resolve(options)
        _command(options.command)(options)
        if options.afterwards:
            raise options.afterwards[0]
    except DlmsError as error:
        say(message(error))
        return exit_code(error)
    except Faulty:
        return REFUSED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        raise  # the reader of our output has enough: `quiet_pipes`
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        say(f"error: {where}{error.strerror or error}.")
        return REFUSED
    return DONE
