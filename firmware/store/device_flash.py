"""A slice of flash as the device of the store: of RP2's flash (`rp2.Flash`), an ESP32's partition
(`esp32.Partition`) or the emulated board's flash (`emu.Flash`).

All three are block devices of MicroPython with the extended calls, in blocks of 4096 octets:
`readblocks(block, buf, off)`, `writeblocks(block, buf, off)`, which programs without erasing, and
`ioctl(6, block)`, which erases. A call reports an error by its result or by an OSError.
"""

from micropython import const

_COUNT = const(4)  # of ioctl: blocks
_SIZE = const(5)  # octets of a block
_ERASE = const(6)
SECTOR = const(4096)


class FlashDevice:
    """See `store.device_file.FileDevice` for the five calls. Flash has a program when the call
    returns, so that `sync` has nothing to do.

    view: all octets, where the processor sees the flash among its addresses; None elsewhere.
    """

    def __init__(self, blocks):
        if blocks.ioctl(_SIZE, 0) != SECTOR:
            raise ValueError("state: the flash has no sectors of %d octets" % SECTOR)
        self.blocks = blocks
        self.count = blocks.ioctl(_COUNT, 0)
        try:
            self.view = memoryview(blocks)
        except TypeError:
            self.view = None

    def read(self, sector, off, buf):
        check(self.blocks.readblocks(sector, buf, off))

    def program(self, sector, off, buf):
        check(self.blocks.writeblocks(sector, buf, off))

    def erase(self, sector):
        check(self.blocks.ioctl(_ERASE, sector))

    def sync(self):
        """Nothing is waiting."""


def check(result):
    """OSError for a result that is a negated error number; RP2 returns None and reports none."""
    if result:
        raise OSError(-result)
