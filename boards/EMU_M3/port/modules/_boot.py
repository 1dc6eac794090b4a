"""Mounts the file system before boot.py (boards/modules/flashmap.py)."""

import sys

import emu
import flashmap
import limits

flashmap.mount(emu.Flash, limits.FILES)
# A limits.py in the file system counts from here on.
del sys.modules["limits"], sys.modules["limits_default"]
del sys, emu, flashmap, limits
