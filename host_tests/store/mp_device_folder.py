"""The store's device in a folder, on MicroPython's own littlefs over a RAM block device that loses
its power.
"""

import os

import device_contract
import vfs
from device_contract import PAGE, SECTOR, page, whole
from store.device_folder import FolderDevice

MICROPYTHON_ONLY = True
REQ = {
    "test_contract": ("I-40",),
    "test_old_or_new*": ("I-42",),
    "test_what_failed*": ("I-42",),
    "test_a_file*": ("I-40",),
    "test_no_room*": ("I-42",),
}

_BLOCKS = 24
_ROOT = "/flash"


class PowerCut(Exception):
    """Nothing more reaches the flash."""


class Ram:
    """A block device of 4096 octets a block; the operation number `left` from now is cut: `done`
    says whether it is carried out before.
    """

    def __init__(self):
        self.octets = bytearray(b"\xff" * (_BLOCKS * SECTOR))
        self.left = -1
        self.done = False
        self.off = False
        self.operations = 0

    def step(self):
        """Whether the next operation is carried out; PowerCut after the one that is cut."""
        self.operations += 1
        if self.off:
            return False
        if self.left == 0:
            self.off = True
            return self.done
        self.left -= 1
        return True

    def readblocks(self, block, buf, off=0):
        at = block * SECTOR + off
        buf[:] = memoryview(self.octets)[at : at + len(buf)]

    def writeblocks(self, block, buf, off=0):
        if self.step():
            at = block * SECTOR + off
            self.octets[at : at + len(buf)] = buf
        return -5 if self.off else 0

    def ioctl(self, op, arg):
        if op == 4:
            return _BLOCKS
        if op == 5:
            return SECTOR
        if op == 6 and self.step():
            at = arg * SECTOR
            self.octets[at : at + SECTOR] = b"\xff" * SECTOR
        return -5 if op == 6 and self.off else 0


def mounted(ram):
    """Mount a file system anew, as after a reset."""
    try:
        vfs.umount(_ROOT)
    except OSError:
        pass
    vfs.mount(vfs.VfsLfs2(ram, progsize=256), _ROOT)


def new():
    """A RAM device with an empty file system, mounted."""
    ram = Ram()
    vfs.VfsLfs2.mkfs(ram, progsize=256)
    mounted(ram)
    return ram


def test_contract():
    ram = new()

    def again(device):
        mounted(ram)
        return FolderDevice(_ROOT + "/state", 4)

    device_contract.check(FolderDevice(_ROOT + "/state", 4), again)


def test_old_or_new_at_every_cut():
    """A sector that was programmed, or erased, while the power went is as it was before or as
    it was to be, and no other sector changed; and it can be programmed again.
    """
    ram = new()
    device = FolderDevice(_ROOT + "/state", 4)
    device.program(0, 0, page(1) * 16)
    device.program(1, 0, page(2))
    start = bytes(ram.octets)
    cuts = 0
    for call in ("program", "erase", "program blank"):
        for done in (False, True):
            left = 0
            while True:
                ram = Ram()
                ram.octets[:] = start
                mounted(ram)
                device = FolderDevice(_ROOT + "/state", 4)
                sector = 2 if call == "program blank" else 1
                old = whole(device, sector)
                new_octets = bytearray(b"\xff" * SECTOR)
                if call != "erase":
                    new_octets[:] = old
                    new_octets[PAGE : 2 * PAGE] = page(9)
                ram.left = left
                ram.done = done
                try:
                    if call == "erase":
                        device.erase(sector)
                    else:
                        device.program(sector, PAGE, page(9))
                    failed = False
                except OSError:
                    failed = True
                if not ram.off:
                    assert not failed
                    break
                cuts += 1
                ram.off = False
                ram.left = -1
                mounted(ram)
                device = FolderDevice(_ROOT + "/state", 4)
                found = whole(device, sector)
                assert found == old or found == new_octets, (call, done, left)
                assert whole(device, 0) == page(1) * 16
                assert whole(device, 3) == b"\xff" * SECTOR
                device.program(sector, 3 * PAGE, page(5))
                found[3 * PAGE : 4 * PAGE] = page(5)
                mounted(ram)
                assert whole(FolderDevice(_ROOT + "/state", 4), sector) == found
                left += 1
    assert cuts > 12, cuts


def test_what_failed_is_not_read_from_memory():
    """After an error the device looks at the file again."""
    ram = new()
    device = FolderDevice(_ROOT + "/state", 4)
    device.program(1, 0, page(2))
    ram.left = 0
    try:
        device.program(1, PAGE, page(3))
        said = False
    except OSError:
        said = True
    assert said
    ram.off = False
    ram.left = -1
    mounted(ram)
    assert whole(device, 1) == page(2) + b"\xff" * (SECTOR - PAGE)


def test_a_file_that_is_none_of_ours_is_an_oserror():
    new()
    device = FolderDevice(_ROOT + "/state", 4)
    with open(_ROOT + "/state/002", "wb") as file:
        file.write(b"short")
    try:
        whole(device, 2)
        said = False
    except OSError:
        said = True
    assert said
    assert whole(device, 1) == b"\xff" * SECTOR


def test_no_room_is_an_oserror_and_loses_nothing():
    ram = new()
    device = FolderDevice(_ROOT + "/state", 40)
    kept = 0
    try:
        for sector in range(40):
            device.program(sector, 0, page(sector))
            kept += 1
        said = False
    except OSError as e:
        said = e.errno == 28
    assert said and kept > 8
    mounted(ram)
    device = FolderDevice(_ROOT + "/state", 40)
    for sector in range(kept):
        assert whole(device, sector) == page(sector) + b"\xff" * (SECTOR - PAGE)
    device.erase(0)  # there is room again
    device.program(kept, 0, page(kept))
    assert "state" in os.listdir(_ROOT)
