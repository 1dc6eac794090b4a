"""A whole meter without sockets, in MicroPython or CPython: the real
object model in front of the real engine.

It also has what every test here needs: `taken`, the heap octets that a function takes.
"""

import gc

import limits
import meter
import micropython
from alloc_kinds import CLIENT_SECRET, MANAGEMENT, SHORT_NAME_MANAGEMENT, unhex
from alloc_loopback import Skip
from config import parse
from dlms.aa.association import Link, associations
from dlms.server import Server

_AARQ = (
    "6036 A1090607608574050801{:02X} 8A020780 8B0760857405080201 AC0A8008 {} BE10040E01000000065F1F0400FFFFFF {:04X}"
)


def need_general_blocks():
    """Skip the case on a board without general block transfer and ACCESS."""
    if limits.GBT_WINDOW == 0:
        raise Skip("this board has no general block transfer")


class Rig:
    """words: settings of the meter, `key=value` each."""

    def __init__(self, *words):
        config = parse(
            ("port=0", "seed=1", "start=2026-03-27T12:00:00", "backfill_days=1", "depth=400") + words, "127.0.0.1"
        )
        self.meter = meter.build(config)
        self.notes = []
        self.server = Server(
            [wport for wport, _ in self.meter.devices],
            self.meter.associations,
            limits,
            log=self.note,
            broadcast=config.broadcast,
            served=self.meter.counters,
        )
        self.meter.backfill()
        self.link = Link(self.server.carrier(associations(4, 0), 4, True))
        self.tx = self.server.buffer()

    def base(self, o):
        """Base name of the object of the management logical device with this
        class-id and logical name, eight octets.
        """
        for association in self.meter.associations:
            if association.client == SHORT_NAME_MANAGEMENT:
                return association.names.base(association.directory.locate(o, 0, 2))

    def note(self, level, component, event, text):
        """The log; keeps what should not happen."""
        if level != "INFO":
            self.notes.append(level + " " + event + " " + text)

    def ask(self, wpdu):
        """The answer to a WPDU, as octets."""
        return bytes(self.tx[: self.server.handle(self.link, wpdu, 0, len(wpdu), self.tx)])

    def open(self, pdu=1024, client=MANAGEMENT):
        """Open the AA of the management client, or that with short names, anew."""
        answer = self.ask(wpdu(aarq(pdu, client), client))
        assert answer[8] == 0x61, answer
        assert b"\xa2\x03\x02\x01\x00" in answer, answer
        return self


def aarq(pdu, client=MANAGEMENT):
    """AARQ of the management client with its secret (REQUIREMENTS C-11), by its wPort
    with logical or with short names.
    """
    secret = "".join(["%02X" % octet for octet in CLIENT_SECRET[client]])
    return unhex(_AARQ.format(2 if client == SHORT_NAME_MANAGEMENT else 1, secret, pdu))


def wpdu(apdu, client=MANAGEMENT):
    """The WPDU from a client to the management logical device."""
    return bytes((0, 1, 0, client, 0, 1, len(apdu) >> 8, len(apdu) & 255)) + apdu


def allocated():
    return gc.mem_alloc() if hasattr(gc, "mem_alloc") else 0


def taken(function, argument, locked=True):
    """Call `function(argument)` twice: with the heap locked, where making an object is a
    MemoryError, and unlocked, to return how many more octets of the heap are in use afterwards.

    Both are needed: a locked heap has a buffer for exceptions of its own, and what is given back at
    once leaves no difference. (A frame of more than eleven words is seen by neither; it shows in
    the instructions that a request takes.) locked: False for the second call only, where frames
    that cannot be on a locked heap do not fit the C stack.
    """
    gc.collect()
    gc.disable()
    try:
        if locked:
            micropython.heap_lock()
            try:
                function(argument)
            finally:
                micropython.heap_unlock()
        before = allocated()
        function(argument)
        return allocated() - before
    finally:
        gc.enable()
