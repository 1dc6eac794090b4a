"""The way through the sockets takes no heap: TCP requests whole, in pieces and in a row,
the supervisor's watch, an idle poll.

Server and client are in one process here, so that the heap can be locked for both; the
client writes and reads plain octets.
"""

import select
import socket
import time

import limits
from alloc_kinds import NOTE, PROFILE, unhex
from alloc_loopback import need_loopback
from alloc_rig import Rig, aarq, need_general_blocks, taken, wpdu
from net import address
from net.queue import install
from net.service import Service

MARKS = ("zero_alloc",)
MICROPYTHON_ONLY = True

ROUNDS = 200
_HOST = "127.0.0.1"
_LIMIT = 10000  # milliseconds until a test gives up
_IDLE = 180000

GET = wpdu(unhex("C001C1 0003 0100010800FF 02 00"))
LONG_GET = wpdu(unhex("C001C1 0001 0000608000FF 02 00"))
SET = wpdu(unhex("C101C1" + NOTE + "02 00 06 00000005"))


class Wire:
    """The meter's sockets, and one client connection to them with an open AA."""

    def __init__(self):
        need_loopback()
        self.rig = Rig("backfill_days=0")
        self.queue = install()
        self.service = Service(self.rig.server, limits, self.queue, self.rig.note, lambda: 8)
        self.port = self.service.start([_HOST], 0)
        self.client = socket.socket()
        self.client.connect(address.resolve(_HOST, self.port))
        address.no_delay(self.client)
        self.client.setblocking(False)
        self.buf = bytearray(1024)
        self.poller = select.poll()
        self.poller.register(self.client, select.POLLIN)
        self.client.write(wpdu(aarq(1024)))
        assert self.answer() > 40 and self.buf[8] == 0x61

    def answer(self):
        """Serve until the client has received something; returns how much."""
        begun = time.ticks_ms()
        while True:
            self.queue.wait_io_event(1)
            n = self.client.readinto(self.buf)
            if n:
                return n
            if time.ticks_diff(time.ticks_ms(), begun) > _LIMIT:
                raise OSError("no answer")

    def close(self):
        self.client.close()
        for _ in range(5):
            self.queue.wait_io_event(1)
        for connection in self.service.connections:
            assert connection.sock is None


class Whole:
    """A request in one piece, and the supervisor between two."""

    def __init__(self, wire, request):
        self.wire = wire
        self.request = request

    def run(self, rounds):
        wire = self.wire
        while rounds:
            wire.client.write(self.request)
            wire.answer()
            wire.service.watch(100, _IDLE, _IDLE, _IDLE)
            rounds -= 1


class Pieces:
    """A request in two writes, the meter polled in between."""

    def __init__(self, wire, request, at):
        self.wire = wire
        self.parts = (request[:at], request[at:])

    def run(self, rounds):
        wire = self.wire
        while rounds:
            wire.client.write(self.parts[0])
            wire.queue.wait_io_event(1)
            wire.client.write(self.parts[1])
            wire.answer()
            rounds -= 1


class Row:
    """Three requests in one write."""

    def __init__(self, wire):
        self.wire = wire
        self.requests = GET + SET + GET
        self.size = 17 + 12 + 17  # octets of the answers

    def run(self, rounds):
        wire = self.wire
        while rounds:
            wire.client.write(self.requests)
            left = self.size
            while left > 0:
                left -= wire.answer()
            rounds -= 1


class Supervisor:
    """The supervisor alone, with a connection that is idle and an empty poll."""

    def __init__(self, wire):
        self.wire = wire

    def run(self, rounds):
        wire = self.wire
        while rounds:
            wire.rig.meter.tick(100)
            wire.service.watch(0, _IDLE, _IDLE, _IDLE)
            wire.queue.wait_io_event(0)
            rounds -= 1


def _held(make):
    """Heap octets that what `make(wire)` runs takes."""
    wire = Wire()
    made = make(wire)
    made.run(3)
    n = taken(made.run, ROUNDS)
    wire.close()
    return n


def test_plain_get():
    assert _held(lambda wire: Whole(wire, GET)) == 0


def test_other_requests():
    assert _held(lambda wire: Whole(wire, LONG_GET)) == 0
    assert _held(lambda wire: Whole(wire, SET)) == 0


class Stream:
    """A request in a general block, answered by a stream of blocks through the same socket."""

    def __init__(self, wire):
        self.wire = wire
        apdu = unhex("C001C1" + PROFILE + "02 00")
        self.requests = (wpdu(unhex("E084 0001 0000 0D") + apdu), wpdu(unhex("E084 0002 0004 00")))

    def run(self, rounds):
        wire = self.wire
        while rounds:
            for request in self.requests:
                wire.client.write(request)
                left = 4 * min(1024, limits.PDU) + 32  # four blocks, each as long as the PDU, and their headers
                while left > 0:
                    left -= wire.answer()
            rounds -= 1


def test_stream_of_blocks():
    need_general_blocks()
    rig = Wire()
    for _ in range(400):
        rig.rig.meter.load_profile.capture()
    made = Stream(rig)
    made.run(2)
    n = taken(made.run, 20)
    rig.close()
    assert n == 0


def test_requests_in_pieces():
    for at in (1, 8, 20):
        assert _held(lambda wire, at=at: Pieces(wire, GET, at)) == 0


def test_requests_in_a_row():
    assert _held(lambda wire: Row(wire)) == 0


def test_supervisor():
    assert _held(Supervisor) == 0


def test_end_of_time_outs():
    """The supervisor closes an idle connection: that may take heap, but leaves the meter serving."""
    wire = Wire()
    wire.service.watch(100, 1000, 1000, 1000)
    for _ in range(3):
        wire.service.watch(1000, 1000, 1000, 1000)
    for connection in wire.service.connections:
        assert connection.sock is None
    wire.client.close()
    again = Whole(Wire(), GET)
    again.run(3)
    again.wire.close()
