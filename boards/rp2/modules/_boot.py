"""Mounts the file system before boot.py (boards/modules/flashmap.py)."""

import sys

import flashmap
import limits
import rp2

flashmap.mount(rp2.Flash, limits.FILES)
# A limits.py in the file system counts from here on.
del sys.modules["limits"], sys.modules["limits_default"]
del sys, flashmap, limits, rp2
