"""Mounts the file system before boot.py, in the place of the port's own `_boot.py`, which makes
a new one over whatever it cannot mount.
"""

import sys

import flashmap
import limits

flashmap.mount(limits)
# A limits.py in the file system counts from here on.
del sys.modules["limits"], sys.modules["limits_default"]
del sys, flashmap, limits
