"""The store's device in flash, on FAKES of the block devices that MicroPython's ports have."""

import device_contract
from device_contract import PAGE, SECTOR, page
from store.device_flash import FlashDevice
from store.octets import clear_bits

REQ = {"*": ("I-40",)}


class Blocks:
    """A FAKE of `esp32.Partition`: NOR flash that nothing can look into."""

    result = None  # of a call that did something

    def __init__(self, octets, size=SECTOR):
        self.octets = octets
        self.size = size

    def readblocks(self, block, buf, off):
        at = block * SECTOR + off
        buf[:] = self.octets[at : at + len(buf)]
        return self.result

    def writeblocks(self, block, buf, off):
        clear_bits(self.octets, block * SECTOR + off, buf, 0, len(buf))
        return self.result

    def ioctl(self, op, arg):
        if op == 4:
            return len(self.octets) // SECTOR
        if op == 5:
            return self.size
        assert op == 6
        self.octets[arg * SECTOR : (arg + 1) * SECTOR] = b"\xff" * SECTOR
        return 0


class Broken(Blocks):
    """A FAKE of a flash whose every call reports that it failed."""

    result = -5

    def ioctl(self, op, arg):
        return -5 if op == 6 else Blocks.ioctl(self, op, arg)


def test_contract():
    octets = bytearray(b"\xff" * 3 * SECTOR)
    device_contract.check(FlashDevice(Blocks(octets)), lambda device: FlashDevice(Blocks(octets)))


def test_flash_that_cannot_be_viewed():
    device = FlashDevice(Blocks(bytearray(2 * SECTOR)))
    assert device.view is None and device.count == 2


def test_a_result_below_zero_is_an_oserror():
    device = FlashDevice(Broken(bytearray(SECTOR)))
    for call, arguments in (
        (device.read, (0, 0, bytearray(4))),
        (device.program, (0, 0, page(0))),
        (device.erase, (0,)),
    ):
        try:
            call(*arguments)
            said = 0
        except OSError as e:
            said = e.args[0]
        assert said == 5


def test_blocks_of_another_size_are_refused():
    try:
        FlashDevice(Blocks(bytearray(SECTOR), 512))
        said = ""
    except ValueError as e:
        said = str(e)
    assert said == "state: the flash has no sectors of 4096 octets"
    assert PAGE == 256
