"""What the scripts of this folder share: the fakes on the path, a clock that
the test moves, a log that is kept.
"""

import sys

_here = __file__.rpartition("/")[0] or "."
if _here + "/fakes" not in sys.path:
    # before the interpreter's own `machine`, which a module in a file takes precedence over
    sys.path.insert(0, _here + "/fakes")


class Ticks:
    """In place of the module `time`: 0 until the test says otherwise."""

    now = 0

    def ticks_ms(self):
        return self.now

    def ticks_diff(self, a, b):
        return a - b

    def ticks_add(self, a, b):
        return a + b


class Lines:
    """A log that keeps (level, component, event, text)."""

    def __init__(self):
        self.kept = []

    def __call__(self, level, component, event, text=""):
        self.kept.append((level, component, event, text))

    def events(self):
        return [line[2] for line in self.kept]
