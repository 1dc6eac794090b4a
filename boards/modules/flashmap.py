"""The map of the flash in an image with the meter: the file system first, the store after it.

The size of a littlefs is fixed for ever: mounted with another number of blocks it is refused, and
MicroPython's own `_boot.py` of RP2 then makes a new one over it. Here only a blank flash gets a new
file system. One that MicroPython's own image made takes all of the flash; it is mounted as it is,
and there is no store. `make provision ARGS=--new-map` makes the map then.
"""

import vfs

from flashchip import flash

_START_ONLY = True

_SECTOR = 4096
_COUNT = 4  # of ioctl: blocks
_ERASE = 6
_PROGRAM = 256  # octets that are programmed at once, as in MicroPython's images

own = sectors = 0  # sectors that the map of the image gives to the file system, and to the store
files = 0  # sectors of the file system that is mounted; 0: none is


def mount(limits):
    """Mount the file system, before boot.py runs; says what is wrong on the console. limits: the
    table of the image, which has the map.
    """
    global own, sectors, files
    own, sectors = [int(word.partition("=")[2]) for word in limits.MAP.split()[1:]]
    for blocks in (flash(start=0, len=own * _SECTOR), flash(start=0)):
        try:
            vfs.mount(vfs.VfsLfs2(blocks, progsize=_PROGRAM), "/")
            files = blocks.ioctl(_COUNT, 0)
            return
        except OSError:
            pass
    if not blank(flash(start=0)):
        print("ERROR 0 flash no-file-system next=make-provision-new-map")
        return
    print("WARN 0 flash format reason=blank")
    make()


def make():
    """Make the file system of the map, and mount it. What was in its place is gone."""
    global files
    blocks = flash(start=0, len=own * _SECTOR)
    vfs.VfsLfs2.mkfs(blocks, progsize=_PROGRAM)
    vfs.mount(vfs.VfsLfs2(blocks, progsize=_PROGRAM), "/")
    files = own


def blank(blocks):
    """Whether the first two sectors, where every littlefs begins, are erased."""
    octets = bytearray(_PROGRAM)
    for n in range(2):
        for off in range(0, _SECTOR, _PROGRAM):
            blocks.readblocks(n, octets, off)
            if octets != b"\xff" * _PROGRAM:
                return False
    return True


def store():
    """The block device of the store, after the file system; None where that has
    another size and may reach into it.
    """
    return flash(start=own * _SECTOR, len=sectors * _SECTOR) if files == own else None


def erase(first, count):
    """Erase sectors of the flash, for a new map; what is mounted there is not any more."""
    blocks = flash(start=first * _SECTOR, len=count * _SECTOR)
    for n in range(count):
        blocks.ioctl(_ERASE, n)
