"""Mounts the file system before boot.py. A flash without one, blank or damaged, gets
a new one, and the console says so.
"""

import emu
import vfs

flash = emu.Flash()
try:
    files = vfs.VfsLfs2(flash, progsize=256)
except OSError:
    print("WARN 0 flash format reason=no-file-system")
    vfs.VfsLfs2.mkfs(flash, progsize=256)
    files = vfs.VfsLfs2(flash, progsize=256)
vfs.mount(files, "/")
del emu, vfs, flash, files
