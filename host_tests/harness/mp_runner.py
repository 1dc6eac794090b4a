"""Runs inside MicroPython: one script of cases, each reported in one line.

    micropython mp_runner.py ROOT FIRMWARE SCRIPT

Prints `@@ start NAME`, then `@@ ok NAME`, `@@ skip NAME reason` or a traceback and
`@@ fail NAME` for every case, and `@@ done` at the end. What a script may hold
is explained in `host_tests/harness/mp.py`.
"""

import gc
import sys


class Skip(Exception):
    """Raised by a case that cannot run here; its text is the reason."""


def _cases(module):
    names = sorted(name for name in dir(module) if name.startswith("test_"))
    for name in names:
        yield name, getattr(module, name), ()
    if hasattr(module, "cases"):
        yield from module.cases()


def _run(name, function, arguments):
    print("@@ start", name)
    gc.collect()  # a board has room for the objects of one case
    try:
        function(*arguments)
    except BaseException as error:
        # By name: a script has its own idea of where Skip comes from.
        if type(error).__name__ == "Skip":
            print("@@ skip", name, error)
            return
        sys.print_exception(error, sys.stdout)
        print("@@ fail", name)
        if isinstance(error, KeyboardInterrupt):
            raise
        return
    print("@@ ok", name)


def main():
    root, firmware, script = sys.argv[1:4]
    folder, _, name = script.rpartition("/")
    # The firmware first: a script is free in its name, the modules under test are not.
    sys.path[:0] = [firmware, root + "/boards/unix", folder]
    # From the bottom up: where the stack is small (a 32-bit interpreter) imports
    # inside imports do not go deep.
    for floor in ("dlms.codec.octets", "dlms.server", "cosem.clock", "cosem.profile_generic", "meter.objects"):
        __import__(floor)
    module = __import__(name[:-3])
    for case in _cases(module):
        _run(*case)
    print("@@ done")


if __name__ == "__main__":
    main()
