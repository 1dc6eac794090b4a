"""Put the functions and classes of frozen modules into the flash.

MicroPython leaves the code of a frozen module in the flash. But when the module runs, it makes
objects on the heap: one for every function (16 octets), one for every class (80) with the table of
its names, and an entry in the module's table for each. For the linked firmware that is a third of
all the heap that a meter takes. All of it is known when the image is built, and so it can be
constants:

    code      a function's bytecode as instructions, and back
    values    what is known: functions, classes, constants, and what they are in C
    filled    the names by which a function stores into a dictionary
    bodies    what running a module, or the body of a class, would have made
    image     all modules of an image: what each hands on, who changes what,
              which names are still asked for
    rewrite   bytecode that takes what is known from the table of constants and no longer makes it
    emit      the constants in C
    mpytool   MicroPython's tools/mpy-tool.py with all this added;
              `boards/manifest.py` has it run instead

A function then finds its module's table through a context of five words in static memory, which the
module fills in as the first thing when it is run. Names that nobody asks for by name any more have
no place in the module's table, and a call of a function of the same module no longer looks one up.
Native code does not show which names it asks for: its module lists them (`tools/image/link`).

The code has to keep three rules. Nobody stores into a class after its body, or derives a class
outside of the image from it. Nobody changes a dictionary that a body makes. Nobody gives a module a
new value from outside. Where a module that is frozen with these breaks a rule by name, the class
with its bases, the dictionary or the name stay on the heap. Where a class or a dictionary was
passed on, that is not seen, and running it raises an exception. There is one exception to this: a
class that is derived from one in the flash. MicroPython writes into the base without a check, which
a board may not survive. And a module is not let go while somebody has a function of it (modules
with _START_ONLY are let go, and keep their functions on the heap).

Only the standard library is used, because the Python that builds MicroPython runs it.
"""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Callable
from types import ModuleType


def take_part(makemanifest: ModuleType) -> None:
    """Let MicroPython's tools/makemanifest.py, which runs a board's manifest, call our
    `mpytool` where it calls its mpy-tool.py.

    A manifest has no say in how it is frozen. What it has is the program that
    runs it, on every port the same.
    """
    own = os.path.join(os.path.dirname(os.path.abspath(__file__)), "mpytool.py")
    call: Callable[[list[str]], tuple[int, bytes]] | None = getattr(makemanifest, "system", None)
    if call is None:
        sys.exit(
            "tools/image/rom: this MicroPython's makemanifest.py has no function `system`, by which that of 1.25 "
            "calls mpy-tool.py"
        )
    called = []

    def system(words: list[str]) -> tuple[int, bytes]:
        # [python, …/mpy-tool.py, …]
        if len(words) > 1 and words[1].endswith("mpy-tool.py"):
            called.append(words)
            words = [words[0], own, *words[1:]]
        return call(words)

    makemanifest.system = system
    output = _output()
    _forget_older(os.path.dirname(own), output)
    before = _written(output)

    def look() -> None:
        # What was frozen in another way would work, and take a third of the heap more: nobody would
        # notice until the board has none left.
        if not called and _written(output) != before:
            os.remove(output)
            sys.stderr.write(
                "tools/image/rom: this MicroPython's makemanifest.py calls mpy-tool.py in another way than that of "
                "1.25\n"
            )
            sys.stderr.flush()
            os._exit(1)

    if output:
        atexit.register(look)


def _output() -> str:
    """The file that makemanifest.py writes; empty where it was not given one."""
    for option in ("-o", "--output"):
        if option in sys.argv[:-1]:
            return sys.argv[sys.argv.index(option) + 1]
    return ""


def _written(output: str) -> int | None:
    """When a file was written, None when there is none."""
    return os.stat(output).st_mtime_ns if os.path.exists(output) else None


def _forget_older(tools: str, output: str) -> None:
    """Remove what was frozen before these tools were changed:
    makemanifest.py looks at the modules only.
    """
    changed = max(entry.stat().st_mtime for entry in os.scandir(tools) if entry.is_file())
    if os.path.exists(output) and os.path.getmtime(output) < changed:
        os.remove(output)
