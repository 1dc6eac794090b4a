"""Parse the command line, run the command, turn failures into one line and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence

from tools.cli import access, discover, objects, read, several
from tools.cli.errors import DONE, INTERRUPTED, REFUSED, exit_code, message
from tools.cli.options import build_parser
from tools.cli.render import say
from tools.dlmsclient import DlmsError

COMMANDS: dict[str, Callable] = {
    "read": read.run,
    "objects": objects.run,
    "get": access.run_get,
    "set": access.run_set,
    "action": access.run_action,
    "access": several.run,
    "discover": discover.run,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code of one command."""
    options = build_parser().parse_args(arguments)
    try:
        COMMANDS[options.command](options)
        sys.stdout.flush()
    except DlmsError as error:
        say(message(error))
        return exit_code(error)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output has enough; the interpreter's own flush at exit must not find the pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return REFUSED
    except OSError as error:
        say(f"error: {error.strerror or error}.")
        return REFUSED
    return DONE
