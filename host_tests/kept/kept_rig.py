"""A whole meter on a store, in MicroPython or CPython, that is switched off and on again.

`Memory` stands for the store: a journal and rings without a flash. What it was given is there at
the next start, and nothing else.
"""

import binascii
import sys

import limits
import meter
from config import parse
from cosem.rows import MemoryRows
from dlms.aa.association import Link, associations
from dlms.server import Server
from meter import restart
from meter.layout import plan
from store.health import Health
from store.store import Store

sys.path.append(__file__.rpartition("/")[0] + "/../store")
from flash import Flash

MANAGEMENT = 48
SHORT_NAMES = 80
AARQ = "6036A1090607608574050801{:02X}8A0207808B0760857405080201AC0A8008{}BE10040E01000000065F1F0400FFFFFF0400"
LOAD = "1.0.99.1.0.255"
BILLING = "0.0.98.1.0.255"
EVENTS = "0.0.99.98.0.255"
IMPORT = "1.0.1.8.0.255"
CLOCK = "0.0.1.0.0.255"
NOTE = "0.0.96.128.1.255"


class Journal:
    """`store.journal` without a flash. fails: the next puts do not hold."""

    def __init__(self):
        self.records = {}
        self.fails = False
        self.writes = 0

    def get(self, key, buf, off, room):
        record = self.records.get(key)
        if record is None or len(record) > room:
            return -1
        buf[off : off + len(record)] = record
        return len(record)

    def size(self, key):
        return len(self.records[key]) if key in self.records else -1

    def put(self, key, buf, off, n):
        if self.records.get(key) == bytes(buf[off : off + n]):
            return True
        if self.fails:
            return False
        self.writes += 1
        self.records[key] = bytes(buf[off : off + n])
        return True

    def remove(self, key):
        self.records.pop(key, None)
        return True


class Ring(MemoryRows):
    """`store.ring` without a flash: its rows are in `image`, which outlives it."""

    def __init__(self, rows, image):
        MemoryRows.__init__(self, rows)
        self.image = image
        self.opened = False

    def fitting(self, size):
        return self.depth if self.size == 0 else MemoryRows.fitting(self, size)

    def shape(self, size, digest=0):
        if not MemoryRows.shape(self, size):
            return False
        image = self.image
        if not self.opened and image.get("shape") == (size, digest):
            self.first = image["first"]
            self.last = image["first"] - 1
            for row in image["rows"]:
                MemoryRows.append(self, row)
        else:
            image["shape"] = (size, digest)
            image["first"] = self.first
            image["rows"] = []
        self.opened = True
        return True

    def clear(self):
        MemoryRows.clear(self)
        if self.opened:
            self.image["first"] = self.first
            self.image["rows"] = []
        return True

    def append(self, row):
        MemoryRows.append(self, row)
        self.image["rows"].append(bytes(row[: self.size]))
        return True


class Memory:
    """`store.store`, without a flash."""

    def __init__(self):
        self.journal = Journal()
        self.images = ({}, {}, {})
        self.synced = 0
        self.health = Health(())

    def reset(self):
        self.journal.records.clear()
        for image in self.images:
            image.clear()
        return not self.journal.fails

    def rows(self, kind, depth):
        return Ring((400, 40, 60)[kind], self.images[kind])

    def sync(self):
        self.synced += 1

    def tidy(self):
        return False


class OnFlash:
    """A store on a flash in memory, opened anew at each start."""

    def __init__(self, sectors=24):
        self.flash = Flash(sectors)

    def open(self):
        return Store(self.flash, plan(self.flash.count), b"00000001")


def unhex(text):
    return bytes.fromhex(text.replace(" ", ""))


def name(text):
    return bytes([int(part) for part in text.split(".")])


def descriptor(class_id, text, k):
    """class-id, logical name and number of an attribute or a method."""
    return bytes((0, class_id)) + name(text) + bytes((k,))


class Rig:
    """store: what the meter keeps its state in. words: settings, `key=value` each."""

    clock = 1000000  # of the machine

    def __init__(self, store=None, *words):
        self.store = store or Memory()
        self.words = ("port=0", "seed=7", "start=2026-03-27T12:00:00", "backfill_days=1") + words
        self.notes = []
        self.on()

    def on(self, *words):
        """Switch the meter on, with further settings."""
        config = parse(self.words + words, "127.0.0.1")
        restart.machine_clock = self.machine
        store = self.store.open() if isinstance(self.store, OnFlash) else self.store
        self.meter = meter.build(config, None, store, self.note)
        self.server = Server(
            [wport for wport, _ in self.meter.devices],
            self.meter.associations,
            limits,
            log=self.note,
            broadcast=config.broadcast,
            served=self.meter.counters,
        )
        self.server.kit.keeper = self.meter.keeper
        self.meter.backfill()
        self.link = Link(self.server.carrier(associations(4, 0), 4, True))
        self.tx = self.server.buffer()
        return self

    def off(self, seconds=0):
        """The power goes, and is back after some time; the meter is to be switched on."""
        self.clock += seconds
        self.meter = None
        return self

    def machine(self):
        return self.clock

    def note(self, level, component, event, text=""):
        """The log."""
        self.notes.append((level, component, event, text))

    def noted(self, event):
        return [note for note in self.notes if note[2] == event]

    def run(self, seconds):
        """Let time pass."""
        while seconds > 0:
            part = min(seconds, 60)
            self.clock += part
            if self.meter.keeper is not None:
                self.meter.keeper.tick(part * 1000)
            self.meter.tick(part * 1000)
            seconds -= part

    # -- the client --------------------------------------------------------------------------------

    def ask(self, apdu, client=MANAGEMENT, device=1):
        """The APDU that answers an APDU."""
        wpdu = bytes((0, 1, 0, client, 0, device, len(apdu) >> 8, len(apdu) & 255)) + apdu
        n = self.server.handle(self.link, wpdu, 0, len(wpdu), self.tx)
        return bytes(self.tx[8:n])

    def open(self, client=MANAGEMENT, secret=b"87654321", device=1):
        """Open an AA; whether that was accepted."""
        secret = binascii.hexlify(secret).decode()
        answer = self.ask(unhex(AARQ.format(2 if client == SHORT_NAMES else 1, secret)), client, device)
        return answer[:1] == b"\x61" and b"\xa2\x03\x02\x01\x00" in answer

    def set(self, class_id, text, k, data, client=MANAGEMENT):
        """The result of a SET."""
        return self.ask(b"\xc1\x01\xc1" + descriptor(class_id, text, k) + b"\x00" + data, client)[3]

    def act(self, class_id, text, m, data=b"\x0f\x00"):
        """The result of an ACTION."""
        return self.ask(b"\xc3\x01\xc1" + descriptor(class_id, text, m) + b"\x01" + data)[3]

    def get(self, class_id, text, k):
        """The Data of an attribute, all blocks of it."""
        answer = self.ask(b"\xc0\x01\xc1" + descriptor(class_id, text, k) + b"\x00")
        if answer[1] == 1:
            assert answer[3] == 0, answer
            return answer[4:]
        value = b""
        while True:
            q = 10
            if answer[9] & 0x80:
                q += answer[9] & 0x7F
            value += answer[q:]
            if answer[3]:
                return value
            answer = self.ask(b"\xc0\x02\xc1" + answer[4:8])

    def find(self, text, device=0):
        directory = self.meter.devices[device][1]
        return directory.objs[directory.index(name(text))]

    def rows(self, text):
        """The rows of a profile, as they were captured."""
        profile = self.find(text)
        rows = []
        for sequence in range(profile.rows.first, profile.rows.last + 1):
            row = bytearray(profile.rows.size)
            profile.rows.read(sequence, row)
            rows.append(bytes(row))
        return rows

    def codes(self):
        """The codes of the event log."""
        return [row[-1] for row in self.rows(EVENTS)]
