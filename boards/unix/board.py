"""The unix board: the operating system has brought up everything before, and wants an exit code after."""

import sys


def run(main):
    """Run `main(words)` with the words of the command line; ends the interpreter."""
    sys.exit(main(sys.argv[1:]))
