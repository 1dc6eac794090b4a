"""The way for pushes longer than one APDU: whose transfers it takes, what it
sends, and what is none of its business.
"""

from dlms.codec.octets import put16
from dlms.long.now import GOT
from dlms.unasked.notification import data_notification
from dlms.unasked.outbox import Outbox
from gbt_rig import Parts, block
from net.long_push import LongPush
from rig import Limits, Rig, tohex, unhex

REQ = {
    "test_one_block_goes_in_a_turn": ("A-35", "D-63"),
    "test_every_connection_stays_sure_of_its_transfer": ("D-63", "D-22"),
    "test_acknowledgements_that_are_not_its_own": ("D-63", "D-85", "D-89"),
    "test_a_transport_that_takes_no_more": ("D-63", "D-81"),
    "test_a_socket_that_goes_with_the_network": ("D-63",),
    "test_windows_of_0_and_63": ("D-83", "D-84"),
    "test_the_list_is_that_of_the_attempts_begin": ("D-63", "F-17"),
    "test_an_object_that_raises_leaves_nothing_behind": ("D-63",),
}

SIZE = 300


class Values:
    """In place of `cosem.push_objects.PushObjects`: strings."""

    def __init__(self, n, raises=-1):
        self.size = n
        self.raises = raises

    def n(self):
        return self.size

    def begin_element(self, i, t, shared):
        if i == self.raises:
            raise ValueError
        t.carry[t.c1 : t.c1 + 3] = b"\x09\x81\x80"
        t.c1 += 3 + 0x80


class Wire:
    """In place of a connection: takes `room` blocks."""

    def __init__(self, room=100):
        self.room = room
        self.sent = []

    def send(self, buf, off, n):
        if self.room == 0:
            return False
        self.room -= 1
        self.sent.append(tohex(buf[off + 8 : off + n]))
        return True


class Sender:
    """In place of `net.sender.Sender`, and of its source."""

    common = None

    def __init__(self, values):
        self.source = self
        self.list = values
        self.box = Outbox(100, 90)
        at = self.box.reserve(18)
        self.box.commit(data_notification(self.box.buf, at, 1, False, bytes(12), 0), 1, 1)
        self.heard = []

    def acknowledged(self, buf, p, end):
        self.heard.append(tohex(buf[p:end]))


class Board(Limits):
    CONNECTIONS = 2


def made(n=20, window=3, raises=-1, limits=Limits):
    rig = Rig(limits=limits)
    rig.server.kit.long_push = LongPush(rig.server, window, 300)
    return rig, rig.server.kit.long_push, Sender(Values(n, raises)), Wire()


def stream_on(long, wire):
    """Turn after turn until the stream at hand has gone, or the transport takes no
    more; returns what the last one did.
    """
    whole = long.go_on()
    while long.size and wire.room and not long.aborted():
        whole = long.go_on()
    return whole


def test_one_block_goes_in_a_turn():
    """Whatever the window and the transport would take: between two blocks others are served."""
    rig, long, sender, wire = made(n=40, window=Limits.GBT_WINDOW)
    long.carrier.pdu = 64
    assert long.start(sender, wire)
    for number in range(1, Limits.GBT_WINDOW + 1):
        assert not long.go_on()
        assert len(wire.sent) == long.blocks == number
        assert bool(long.size) == (number < Limits.GBT_WINDOW)


def test_every_connection_stays_sure_of_its_transfer():
    """Of three transfers two are for the two connections, whether they use them or not;
    the push gets the third one, or none.
    """
    rig, long, sender, wire = made(limits=Board)
    pool = rig.server.transfers
    one = pool.take(0)
    further = pool.take(1)
    assert further is not None
    assert not long.start(sender, wire)
    long.release()
    pool.give(further, 1)
    assert long.start(sender, wire)
    assert pool.take(1) is None
    other = pool.take(0)
    assert other is not None
    long.release()
    pool.give(other, 0)
    pool.give(one, 0)
    assert (pool.free, pool.holders) == (3, 0)


def test_acknowledgements_that_are_not_its_own():
    """Of another connection, with another number, with data: they are served as
    ever, and outside an AA dropped.
    """
    rig, long, sender, wire = made()
    rig.open()
    other = rig.new_link()

    def heard(link, apdu, aa=None):
        octets = unhex(apdu)
        return long.heard(link, aa, octets, 0, len(octets))

    assert heard(wire, block(0x83, 1, 3))  # late: no push is under way
    assert long.start(sender, wire)
    assert not stream_on(long, wire)
    n = len(wire.sent)
    assert [Parts(apdu).number for apdu in wire.sent] == list(range(1, n + 1))
    right = block(0x83, 1, n)
    wrong = block(0x83, 2, n)
    aa = rig.link.aas[0]
    for apdu in (block(0x83, 1, n, "00"), right[:-2], "E0"):
        assert not heard(wire, apdu)
    assert heard(other, right)
    assert heard(wire, wrong)
    assert not heard(wire, wrong, aa)
    assert not heard(wire, right, long.aa)
    assert sender.heard == []
    assert heard(wire, right, aa)
    assert heard(wire, right)
    assert sender.heard == [right] * 2


def test_a_transport_that_takes_no_more():
    """Full queues at every block: what could not be handed over goes first
    the next time, octet for octet.
    """
    rig, long, sender, wire = made(n=12, window=16)
    assert long.start(sender, wire)
    number = 0
    while not stream_on(long, wire):
        assert long.size == 0 or wire.room == 0
        wire.room = 1
        if not long.size:
            number += 1
            octets = unhex(block(0x90, number, len(wire.sent)))
            assert not long.acknowledge(octets, 0, len(octets))
            wire.room = 0
    parts = [Parts(apdu) for apdu in wire.sent]
    assert [each.number for each in parts] == list(range(1, len(parts) + 1))
    whole = "".join([each.data for each in parts])
    assert whole[:2] == "0F" and whole[36:40] == "020C"
    assert len(whole) == 2 * (18 + 2 + 12 * (3 + 0x80))


def test_windows_of_0_and_63():
    """The destination's own, once it has acknowledged: 0 is taken for 1,
    63 for what the meter keeps.
    """
    for window, most in ((0, 1), (63, Limits.GBT_WINDOW)):
        rig, long, sender, wire = made(n=40, window=2)
        long.carrier.pdu = 64
        assert long.start(sender, wire)
        assert not stream_on(long, wire)
        assert len(wire.sent) == 2
        octets = unhex(block(0x80 | window, 1, 2))
        assert not long.acknowledge(octets, 0, len(octets))
        stream_on(long, wire)
        assert len(wire.sent) == 2 + most


def test_the_list_is_that_of_the_attempts_begin():
    """A client writes another push_object_list meanwhile: the push at hand says what it began
    to say, and the next one what is new.
    """
    rig, long, sender, wire = made(window=1)
    old = sender.list
    asked = []

    class Other(Values):
        def begin_element(self, i, t, shared):
            asked.append(i)
            super().begin_element(i, t, shared)

    assert long.start(sender, wire)
    sender.list = Other(2)
    number = 0
    while not stream_on(long, wire):
        number += 1
        octets = unhex(block(0x81, number, len(wire.sent)))
        assert not long.acknowledge(octets, 0, len(octets))
    assert asked == [] and sender.list is not old
    whole = "".join([Parts(apdu).data for apdu in wire.sent])
    assert whole[36:40] == "0214" and len(whole) == 2 * (18 + 2 + 20 * (3 + 0x80))
    long.release()
    assert long.start(sender, wire) and asked == [0, 1]


def test_an_object_that_raises_leaves_nothing_behind():
    """At the first value and at a later one: the transfer goes back, and the next push begins."""
    for raises in (0, 19):
        rig, long, sender, wire = made(window=16, raises=raises)
        pool = rig.server.transfers
        free = pool.free
        failed = False
        try:
            long.start(sender, wire)
            while not stream_on(long, wire):
                octets = bytearray(unhex(block(0x90, 1, 0)))
                put16(octets, 2, long.aa.transfer.gbt.now[GOT] + 1)
                put16(octets, 4, len(wire.sent))
                assert not long.acknowledge(octets, 0, len(octets))
        except ValueError:
            failed = True
        assert failed
        assert not rig.server.kit.dialogue.open
        long.release()
        assert pool.free == free and long.sender is None
        assert long.start(Sender(Values(2)), wire)


def test_a_socket_that_goes_with_the_network():
    """The rest of a stream of datagrams is not taken: the attempt ends by its time,
    and not as if an object had raised.
    """
    rig, long, sender, wire = made()
    sender.sock = None
    assert long.start(sender, None)
    assert not long.go_on() and long.size and not long.aborted()
