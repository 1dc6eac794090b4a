"""The store's device in a file, with real files."""

import gc
import os
import sys
from binascii import hexlify

import device_contract
from device_contract import PAGE, SECTOR, page, whole
from store import device_file
from store.device_file import FileDevice

REQ = {
    "test_contract*": ("I-40",),
    "test_each_call*": ("I-40",),
    "test_no_call*": ("I-40",),
    "test_a_full_disk*": ("I-40",),
    "test_a_file_that_became*": ("I-40",),
    "test_an_empty_file*": ("I-41",),
    "test_a_making*": ("I-41",),
    "test_a_file_of_another*": ("I-41",),
    "test_what_cannot*": ("I-41",),
}


class Skip(Exception):
    """The case cannot run here."""


class Place:
    """A name for a file that is removed at the end."""

    def __enter__(self):
        self.path = "/tmp/device-" + hexlify(os.urandom(8)).decode()
        return self.path

    def __exit__(self, *_):
        try:
            os.remove(self.path)
        except OSError:
            pass


def size(path):
    return os.stat(path)[6]


def refused(path, count):
    """What the device says of a file, which it leaves as it is."""
    before = content(path)
    try:
        FileDevice(path, count)
    except ValueError as e:
        assert content(path) == before
        assert "\n" not in str(e)
        return str(e)
    raise AssertionError("taken")


def content(path):
    try:
        with open(path, "rb") as file:
            return file.read(1 << 16)
    except OSError:
        return None


def reopened(path, count):
    """What opens the file anew, without a word to the device before: as after a kill."""

    def again(device):
        if sys.implementation.name != "micropython":
            device.file.flush()  # CPython keeps octets back in the process
        return FileDevice(path, count)

    return again


def test_contract():
    with Place() as path:
        device_contract.check(FileDevice(path, 3), reopened(path, 3))
        assert size(path) == 3 * SECTOR


def test_contract_with_a_sync_of_each_call():
    with Place() as path:
        device_contract.check(FileDevice(path, 3, True), reopened(path, 3))


def test_an_empty_file_becomes_a_new_one():
    """As the launcher makes it, with a mode of its own."""
    with Place() as path:
        open(path, "wb").close()
        device_contract.check(FileDevice(path, 3), reopened(path, 3))


def test_a_making_that_was_interrupted_goes_on():
    for octets in (1, PAGE, SECTOR - 1, SECTOR, SECTOR + 1, 3 * SECTOR - 1):
        with Place() as path:
            with open(path, "wb") as file:
                file.write(b"\xff" * octets)
            device = FileDevice(path, 3)
            assert size(path) == 3 * SECTOR
            for sector in range(3):
                assert whole(device, sector) == b"\xff" * SECTOR


def test_a_file_of_another_size_is_refused_and_stays():
    for octets in (1, SECTOR - 1, SECTOR, 3 * SECTOR - 1, 3 * SECTOR + 1, 4 * SECTOR):
        with Place() as path:
            with open(path, "wb") as file:
                file.write(b"\xff" * (octets - 1) + b"\x00")
            said = refused(path, 3)
            assert said == "state: %s has %d octets, and a store here has 12288; it stays as it is" % (path, octets)
    with Place() as path:
        with open(path, "wb") as file:
            file.write(b"\xff" * 4 * SECTOR)  # blank, and longer than a store here
        assert " has 16384 octets" in refused(path, 3)


def test_what_cannot_be_opened_is_refused():
    assert refused("/tmp", 3) == "state: /tmp cannot be used: it is a folder"
    assert refused("/nowhere/at/all", 3) == "state: /nowhere/at/all cannot be used: no such folder"
    # a file that takes no octets: the disk is full from the first one on
    assert refused("/dev/full", 3) == "state: /dev/full cannot be used: no space left"


class Narrow:
    """A FAKE of a file on a disk that becomes full: takes `room` octets more."""

    def __init__(self, file, room):
        self.file = file
        self.room = room
        self.seek = file.seek
        self.read = file.read
        self.readinto = file.readinto
        self.flush = file.flush

    def write(self, octets):
        if not self.room:
            raise OSError(28, "full")
        n = min(len(octets), self.room)
        self.room -= n
        return self.file.write(octets[:n])


def test_a_full_disk_is_an_oserror():
    """Also where the system takes a part of the octets first."""
    for room in (0, 1, PAGE - 1):
        for call in ("program", "erase"):
            with Place() as path:
                device = FileDevice(path, 2)
                device.file = Narrow(device.file, room)
                try:
                    if call == "program":
                        device.program(1, 0, page(0))
                    else:
                        device.erase(1)
                    said = 0
                except OSError as e:
                    said = e.args[0]
                assert said == 28, (room, call)


def test_a_making_on_a_full_disk_is_refused():
    """By a file system that has no room from somewhere in the middle on."""
    before = device_file.open_file
    for room in (1, SECTOR, SECTOR + 1):
        with Place() as path:
            device_file.open_file = lambda path, room=room: Narrow(before(path), room)
            try:
                FileDevice(path, 2)
                said = "taken"
            except ValueError as e:
                said = str(e)
            finally:
                device_file.open_file = before
            assert said == "state: %s cannot be used: no space left" % path
            FileDevice(path, 2)  # there is room again


def test_a_file_that_became_short_is_an_oserror():
    """Somebody cut it while the meter runs."""
    with Place() as path:
        device = FileDevice(path, 2)
        with open(path, "wb"):
            pass
        try:
            device.read(1, 0, bytearray(16))
            said = False
        except OSError:
            said = True
        assert said


def test_each_call_waits_for_the_disk_with_always():
    """FAKE of a file that counts."""

    class Counting(Narrow):
        def __init__(self, file):
            Narrow.__init__(self, file, 1 << 20)
            self.flushes = 0
            self.flush = self.count

        def count(self):
            self.flushes += 1

    for always, wanted in ((False, [0, 0, 1]), (True, [1, 2, 3])):
        with Place() as path:
            device = FileDevice(path, 2, always)
            device.file = Counting(device.file)
            seen = []
            device.program(0, 0, page(0))
            seen.append(device.file.flushes)
            device.erase(1)
            seen.append(device.file.flushes)
            device.sync()
            seen.append(device.file.flushes)
            assert seen == wanted


def test_no_call_takes_heap():
    if sys.implementation.name != "micropython":
        raise Skip("only MicroPython counts its heap")
    import micropython

    with Place() as path:
        device = FileDevice(path, 2)
        one, some = page(1), bytearray(300)
        micropython.heap_lock()
        try:
            device.program(1, PAGE, one)
            device.read(1, 0, some)
            device.erase(1)
            device.sync()
        finally:
            micropython.heap_unlock()
        before = gc.mem_alloc()
        device.program(1, PAGE, one)
        device.read(1, 0, some)
        device.erase(1)
        device.sync()
        assert gc.mem_alloc() == before
