"""The meter's firmware as frozen modules; the manifest of every board includes this beside its own table of limits.

It is frozen twice: as it is, for the REPL and for modules on the board's file system that take the place of single ones, and linked
into one module that takes less heap, which is what main.py runs.
"""

import sys

sys.path.insert(0, "..")

from tools.link import linked

freeze("../firmware")
freeze(linked("../firmware", "../.cache/linked"))
