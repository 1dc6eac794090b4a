"""Parse the command line, run the command, turn failures into one line and an exit code."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from importlib import import_module

from tools.cli import connection
from tools.cli.errors import DONE, INTERRUPTED, REFUSED, Faulty, exit_code, message
from tools.cli.options import build_parser
from tools.cli.render import quiet_pipes, say
from tools.dlmsclient import DlmsError

# Where each command is: read only when it is asked for, because many modules take longer to import than a short command to run.
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
    return getattr(import_module(f"tools.cli.{module}"), function)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code of one command."""
    return quiet_pipes(lambda: _run(arguments))


def _run(arguments: Sequence[str] | None) -> int:
    options = build_parser().parse_args(arguments)
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
