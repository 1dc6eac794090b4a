"""The map of a board's flash, and which device the store gets: on
MicroPython's own littlefs over RAM.
"""

import sys

import vfs
from board import storage
from config import parse
from store.device_file import FileDevice
from store.device_folder import FolderDevice

MICROPYTHON_ONLY = True
REQ = {"test_a_computer*": ("I-41",), "test_an_image_of_micropythons_own*": ("I-42",), "test_*": ("I-43",)}

_SECTOR = 4096
_FILES, _SECTORS = 16, 8  # of a board
_ALL = 24  # sectors of its flash


class Log:
    """Keeps the lines."""

    def __init__(self):
        self.lines = []

    def __call__(self, *words):
        self.lines.append(" ".join(words))


class Limits:
    """Of a board."""

    HARDWARE = True
    MAP = "flash-map files=%d store=%d" % (_FILES, _SECTORS)
    SECTORS = _SECTORS


class Slice:
    """A FAKE of `rp2.Flash`: a slice of RAM that behaves as NOR flash."""

    octets = bytearray(_ALL * _SECTOR)

    def __init__(self, start, len=0):
        self.start = start
        self.len = len or _ALL * _SECTOR - start

    def readblocks(self, block, buf, off=0):
        at = self.start + block * _SECTOR + off
        buf[:] = memoryview(self.octets)[at : at + len(buf)]

    def writeblocks(self, block, buf, off=0):
        at = self.start + block * _SECTOR + off
        for i in range(len(buf)):
            self.octets[at + i] &= buf[i]

    def ioctl(self, op, arg):
        if op == 4:
            return self.len // _SECTOR
        if op == 5:
            return _SECTOR
        if op == 6:
            at = self.start + arg * _SECTOR
            self.octets[at : at + _SECTOR] = b"\xff" * _SECTOR
        return 0


class Chip:
    """A FAKE of a port's module `flashchip`."""

    flash = Slice


class Mounts:
    """A FAKE of module `vfs`, whose file systems are real and mounted in a folder of this computer."""

    VfsLfs2 = vfs.VfsLfs2

    def __init__(self):
        self.mounted = None

    def mount(self, files, place):
        assert place == "/"
        self.mounted = files


def boot():
    """Start an image on the flash as it stands: the map, what was mounted, what the console said."""
    sys.modules.pop("flashmap", None)
    sys.modules["flashchip"] = Chip
    folder = __file__.rpartition("/host_tests/")[0] + "/boards/modules"
    sys.path.append(folder)
    try:
        import flashmap
    finally:
        sys.path.remove(folder)
    flashmap.vfs = Mounts()
    said = []
    flashmap.print = lambda text: said.append(text)
    flashmap.mount(Limits)
    return flashmap, flashmap.vfs.mounted, said


def erased():
    """All of the flash is blank."""
    Slice.octets[:] = b"\xff" * len(Slice.octets)


def written(files, name):
    with files.open(name, "w") as file:
        file.write(name)


def device():
    """What the store gets, and what the log says."""
    log = Log()
    return storage.device(Limits, parse(["serial=00000042"], "", 0, "flash"), log), log.lines


def test_a_blank_flash_gets_a_file_system_once():
    erased()
    flashmap, files, said = boot()
    assert said == ["WARN 0 flash format reason=blank"] and flashmap.files == _FILES
    assert files.statvfs("/")[2] == _FILES
    written(files, "wifi.json")
    flashmap, files, said = boot()
    assert said == [] and files.open("wifi.json", "r").read() == "wifi.json"


def test_the_store_follows_the_file_system():
    erased()
    boot()
    found, said = device()
    assert said == [] and found.count == _SECTORS
    found.program(0, 0, bytes(256))
    assert Slice.octets[_FILES * _SECTOR - 1 : _FILES * _SECTOR + 257] == b"\xff" + bytes(256) + b"\xff"


def test_a_file_system_that_takes_all_is_mounted_and_there_is_no_store():
    """As MicroPython's own images make it, and ours before there was a store."""
    erased()
    vfs.VfsLfs2.mkfs(Slice(0), progsize=256)
    old = vfs.VfsLfs2(Slice(0), progsize=256)
    written(old, "secrets.json")
    before = bytes(Slice.octets)
    flashmap, files, said = boot()
    assert said == [] and flashmap.files == _ALL
    assert files.open("secrets.json", "r").read() == "secrets.json"
    found, said = device()
    assert found is None
    assert said == ["ERROR store no-room files=24 of=16 next=make-provision-new-map"]
    assert Slice.octets == before


def test_what_is_not_blank_is_never_formatted():
    """A damaged file system, one of a third size, a program's own octets: in either sector."""
    for first, octets in ((0, b"\x00"), (_SECTOR - 1, b"\x00"), (_SECTOR, b"\xfe"), (2 * _SECTOR - 1, b"\x00")):
        erased()
        Slice.octets[first] = octets[0]
        before = bytes(Slice.octets)
        flashmap, files, said = boot()
        assert said == ["ERROR 0 flash no-file-system next=make-provision-new-map"], first
        assert files is None and flashmap.files == 0 and Slice.octets == before
        assert device() == (None, ["ERROR store no-file-system next=make-provision-new-map"])
    erased()
    vfs.VfsLfs2.mkfs(Slice(0, 12 * _SECTOR), progsize=256)
    before = bytes(Slice.octets)
    assert boot()[2] == ["ERROR 0 flash no-file-system next=make-provision-new-map"]
    assert Slice.octets == before


def test_a_computer_has_a_file_or_nothing():
    class Computer:
        HARDWARE = False
        SECTORS = 2

    log = Log()
    assert storage.device(Computer, parse([], "", 0, ""), log) is None
    path = "/tmp/storage-%d" % (id(log) & 0xFFFFFF)
    try:
        for word, always in (("checkpoint", False), ("always", True)):
            found = storage.device(Computer, parse(["state=" + path, "sync=" + word], "", 0, ""), log)
            assert isinstance(found, FileDevice) and found.count == 2 and found.always == always
    finally:
        import os

        os.remove(path)
    assert log.lines == []


def test_a_board_keeps_its_state_in_its_flash_or_nowhere():
    log = Log()
    assert storage.device(Limits, parse(["state="], "", 0, "flash"), log) is None
    try:
        storage.device(Limits, parse(["state=x.bin"], "", 0, "flash"), log)
        said = ""
    except ValueError as e:
        said = str(e)
    assert said == "state: on a board it is flash or empty, not 'x.bin'"


def test_a_board_without_a_serial_number_of_its_own_keeps_nothing():
    """Its store would be that of 00000001, and refused once the board is provisioned."""
    erased()
    boot()
    log = Log()
    assert storage.device(Limits, parse([], "", 0, "flash"), log) is None
    assert log.lines == ["WARN store no-serial next=make-provision"]
    assert storage.device(Limits, parse(["state=flash"], "", 0, "flash"), log).count == _SECTORS


def test_an_image_of_micropythons_own_has_a_folder():
    """It has no module flashmap. A FAKE of `os` tells how much room there is."""
    sys.modules.pop("flashmap", None)
    import os

    class Free:
        """of a file system with free blocks of 4 KiB"""

        made = []

        def __init__(self, blocks, names=()):
            self.blocks = blocks
            self.names = names

        def listdir(self, path):
            return self.names

        def statvfs(self, path):
            return (4096, 4096, 100, self.blocks)

    before = storage.FOLDER, sys.modules.get("os")
    storage.FOLDER = "tmp/folder-%d" % (id(before) & 0xFFFFFF)
    try:
        sys.modules["os"] = Free(_SECTORS - 1)
        assert device() == (None, ["ERROR store no-room free=28672 wanted=32768"])
        sys.modules["os"] = Free(_SECTORS - 1, (storage.FOLDER,))  # it was made when there was room
        assert isinstance(device()[0], FolderDevice)
        sys.modules["os"] = Free(_SECTORS)
        assert isinstance(device()[0], FolderDevice)
    finally:
        del sys.modules["os"]
        if before[1] is not None:
            sys.modules["os"] = before[1]
        os.rmdir("/" + storage.FOLDER)
        storage.FOLDER = before[0]
