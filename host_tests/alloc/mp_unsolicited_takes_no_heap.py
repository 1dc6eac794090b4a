"""What is sent unasked takes no heap once its way is open: pushes over TCP and UDP,
confirmed ones, events and reports.
"""

import select
import socket
import time

import limits
from alloc_loopback import Skip, need_loopback
from alloc_rig import Rig, taken, wpdu
from cosem.push_objects import ENTRIES, PushObjects
from log import Log
from net import address
from net.long_push import LongPush
from net.manager import Manager
from net.notifier import Notifier
from net.queue import install
from net.service import Service

MARKS = ("zero_alloc",)
MICROPYTHON_ONLY = True
REQ = {"*": ("D-61", "D-63", "B-16")}

ROUNDS = 60
_HOST = "127.0.0.1"
_LIMIT = 10000  # milliseconds until a test gives up
_TICK = 100
EVENTS_AARQ = bytes.fromhex("601DA109060760857405080101BE10040E01000000065F1F0400007E9FFFFF")
REPORTS_AARQ = bytes.fromhex("601DA109060760857405080102BE10040E01000000065F1F04001C1B20FFFF")
CONFIRMED = 2


class Wire:
    """A meter that sends pushes and events, and the peer it sends to, in one process."""

    def __init__(self, *words):
        need_loopback()
        if not limits.PUSHES:
            raise Skip("this board sends nothing unasked")
        self.lines = []
        self.listening = socket.socket()
        self.udp = address.bound(socket.SOCK_DGRAM, _HOST, 0)
        self.target = ""
        for port in range(41000, 41200):
            try:
                self.listening.close()
                self.udp.close()
                self.listening = address.bound(socket.SOCK_STREAM, _HOST, port)
                self.udp = address.bound(socket.SOCK_DGRAM, _HOST, port)
                self.target = "%s:%d" % (_HOST, port)
                break
            except OSError:
                pass
        words = [word.replace("TARGET", self.target) for word in words]
        self.rig = Rig("backfill_days=0", "push_interval=0", "push_delay=3600", *words)
        self.queue = install()
        self.log = Log("INFO", self)
        self.service = Service(self.rig.server, limits, self.queue, self.log, lambda: 8)
        self.port = self.service.start([_HOST], 0)
        manager = Manager(self.service, self.queue, self.log, 1)
        unsolicited = self.rig.meter.unsolicited
        if unsolicited.shared.window:
            self.rig.server.kit.long_push = LongPush(self.rig.server, unsolicited.shared.window, limits.DATAGRAM)
        self.notifier = Notifier(
            self.service, manager, self.queue, self.log, unsolicited.sources, long=self.rig.server.kit.long_push
        )
        self.rig.server.confirm = self.notifier.confirm
        unsolicited.online()
        self.setup = unsolicited.setups[0]
        self.manager = manager
        self.buf = bytearray(2048)
        self.confirmation = bytearray(wpdu(b"\x10\x40\x00\x00\x00\x00", 1))

    def line(self, text):
        """What the log says, as `log.Console` takes it."""
        self.lines.append(text[:-1])
        return True

    def step(self):
        """One look of the supervisor."""
        self.queue.wait_io_event(1)
        self.manager.tick(_TICK)
        self.notifier.tick(_TICK)

    def arrive(self, sock):
        """Serve until something has arrived at a socket of the peer; how much."""
        begun = time.ticks_ms()
        while True:
            self.step()
            n = sock.readinto(self.buf)
            if n:
                return n
            if time.ticks_diff(time.ticks_ms(), begun) > _LIMIT:
                raise OSError("nothing came")

    def accept(self):
        """The connection that the meter opens."""
        poller = select.poll()
        poller.register(self.listening, select.POLLIN)
        begun = time.ticks_ms()
        while not poller.poll(0):
            self.step()
            if time.ticks_diff(time.ticks_ms(), begun) > _LIMIT:
                raise OSError("the meter did not connect")
        peer = self.listening.accept()[0]
        peer.setblocking(False)
        return peer

    def idle(self):
        """Serve until nothing waits to be sent."""
        for source in self.rig.meter.unsolicited.sources:
            while source.box.n:
                self.step()

    def associate(self, aarq=EVENTS_AARQ):
        """A client management process that hears of events."""
        client = socket.socket()
        client.connect(address.resolve(_HOST, self.port))
        client.setblocking(False)
        client.write(wpdu(aarq, 1))
        self.arrive(client)
        assert self.buf[8] == 0x61
        return client


class Pushes:
    """Push, and take what arrives."""

    def __init__(self, wire, sock, confirm=False):
        self.wire = wire
        self.sock = sock
        self.confirm = confirm

    def run(self, rounds):
        wire = self.wire
        while rounds:
            if wire.setup.trigger():
                raise ValueError("refused")
            wire.arrive(self.sock)
            if self.confirm:
                answer = wire.confirmation
                i = 9
                while i < 13:
                    answer[i] = wire.buf[i]
                    i += 1
                self.sock.write(answer)
            wire.idle()
            rounds -= 1


class LongPushes:
    """Push a profile in blocks to a peer with a window of 1, which acknowledges each."""

    def __init__(self, wire, sock):
        self.wire = wire
        self.sock = sock
        self.answer = bytearray(wpdu(b"\xe0\x81\x00\x00\x00\x00\x00", 1))
        self.blocks = 0

    def run(self, rounds):
        wire = self.wire
        answer = self.answer
        while rounds:
            if wire.setup.trigger():
                raise ValueError("refused")
            number = 0
            last = 0
            while not last:
                wire.arrive(self.sock)
                if wire.buf[8] != 0xE0:
                    raise ValueError("no block")
                last = wire.buf[9] & 0x80
                number += 1
                self.blocks += 1
                answer[11] = number
                answer[13] = wire.buf[11]
                self.sock.write(answer)
            wire.idle()
            rounds -= 1


class Told:
    """Log an event, and take what arrives."""

    def __init__(self, wire, sock):
        self.wire = wire
        self.sock = sock

    def run(self, rounds):
        wire = self.wire
        while rounds:
            wire.rig.meter.unsolicited.notices.post(rounds)
            wire.arrive(self.sock)
            wire.idle()
            rounds -= 1


class Refused:
    """Triggers of a full outbox whose destination is not there."""

    def __init__(self, wire):
        self.wire = wire

    def run(self, rounds):
        while rounds:
            self.wire.setup.trigger()
            rounds -= 1


def _held(made):
    made.run(3)
    return taken(made.run, ROUNDS)


def _tcp(wire):
    peer = wire.accept()
    wire.arrive(peer)  # the push on connectivity
    wire.idle()
    return peer


def test_pushes_over_tcp():
    wire = Wire("push=TARGET")
    assert _held(Pushes(wire, _tcp(wire))) == 0


def test_pushes_over_udp():
    wire = Wire("push=udp:TARGET")
    wire.arrive(wire.udp)
    wire.idle()
    assert _held(Pushes(wire, wire.udp)) == 0


def test_confirmed_pushes():
    wire = Wire("push=TARGET")
    peer = _tcp(wire)
    wire.setup.a[11][1] = CONFIRMED
    assert _held(Pushes(wire, peer, True)) == 0
    assert wire.setup.a[13][1] == 0x07  # the year


def long_pushes(target):
    """A wire on which the capture objects of the load profile are pushed, over and
    over until they fill several blocks.
    """
    if not limits.GBT_WINDOW:
        raise Skip("this board has no general block transfer")
    if limits.TRANSFERS <= limits.CONNECTIONS:
        raise Skip("every transfer of this board is some connection's")
    wire = Wire("push=" + target, "push_window=1")
    profile = wire.rig.meter.load_profile
    return wire, profile


def test_long_pushes_over_tcp():
    wire, profile = long_pushes("TARGET")
    peer = _tcp(wire)
    push_often(wire, profile)
    made = LongPushes(wire, peer)
    assert _held(made) == 0
    assert made.blocks > 2 * ROUNDS


def test_long_pushes_over_udp():
    wire, profile = long_pushes("udp:TARGET")
    wire.arrive(wire.udp)
    wire.setup.trigger()
    wire.idle()
    wire.udp.connect(wire.udp.recvfrom(200)[1])
    push_often(wire, profile)
    made = LongPushes(wire, wire.udp)
    assert _held(made) == 0
    assert made.blocks > 2 * ROUNDS


def push_often(wire, profile):
    """Let a profile's columns be pushed as often as the list has room for: 16 times 110 octets."""
    directory = wire.setup.list.directory
    wire.setup.list = PushObjects(directory)
    for _ in range(ENTRIES):
        assert wire.setup.list.add(directory.objs.index(profile), 3)


def test_events_outside_an_association():
    wire = Wire("events=udp:TARGET")
    assert _held(Told(wire, wire.udp)) == 0


def test_events_inside_an_association():
    wire = Wire()
    assert _held(Told(wire, wire.associate())) == 0


def test_reports_outside_an_association():
    need_short_names()
    wire = Wire("events=udp:TARGET", "event_service=report")
    assert _held(Told(wire, wire.udp)) == 0
    assert wire.buf[8] == 0x18


def test_reports_inside_an_association():
    need_short_names()
    wire = Wire()
    assert _held(Told(wire, wire.associate(REPORTS_AARQ))) == 0
    assert wire.buf[8] == 0x18


def need_short_names():
    if not limits.SN_CLIENTS:
        raise Skip("this board has no short names")


def test_a_full_outbox():
    wire = Wire("push=127.0.0.1:1")
    made = Refused(wire)
    made.run(50)
    assert wire.setup.box.lost > 0
    assert taken(made.run, ROUNDS) == 0


def test_senders_with_nothing_to_send():
    wire = Wire("push=TARGET")
    _tcp(wire)

    class Quiet:
        def run(self, rounds):
            while rounds:
                wire.notifier.tick(0)
                wire.manager.tick(0)
                rounds -= 1

    assert _held(Quiet()) == 0
