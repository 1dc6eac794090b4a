"""The teller beside the sender of notices, with connections made for the test: AAs that are
busy, and destinations that are not there.
"""

import errno

from dlms.aa.association import ASSOCIATED
from dlms.codec.conformance import EVENT_NOTIFICATION
from dlms.codec.wrapper import HEADER
from meter.notices import Notices
from sender_fakes import Rig, Socket

REQ = {"*": ("B-16",)}

CODE = -1  # where the event code stands in an EventNotification


class Clock:
    a = [b"", b"", bytes(14)]

    def render(self):
        pass


class Carrier:
    def __init__(self, stream):
        self.stream = stream


class Assoc:
    client = server = context = 1


class Aa:
    state = ASSOCIATED
    confirmed = True
    conformance = EVENT_NOTIFICATION
    room = 100
    index = 0
    assoc = Assoc

    def __init__(self, link):
        self.link = link


class UdpLink:
    """A UDP peer with an AA; its port takes what the network lets it."""

    carrier = Carrier(False)
    keys = b"\x00\x01\x00\x01"
    full = False

    def __init__(self):
        self.n = 1
        self.aas = [Aa(self)]
        self.port = self
        self.sent = []

    def send(self, link, buf, at, n):
        if not self.full:
            self.sent.append(bytes(buf[at : at + n]))
        return not self.full


def opened(connection):
    """The connection with a client that has an AA on it."""
    connection.sock = Socket()
    connection.carrier = Carrier(True)
    connection.keys = b"\x00\x01\x00\x01"
    connection.aas = [Aa(connection)]
    connection.n = 1
    return connection


def codes(sent):
    return [each[CODE] for each in sent]


class Meter(Rig):
    """Two connections with AAs, one UDP peer, and notices for a destination over UDP, or none."""

    def __init__(self, destination=(1, "192.0.2.7", 4060), retries=0, delay=3):
        self.notices = Notices(Clock(), destination, 1, 1, retries, delay)
        Rig.__init__(self, None, [Socket()])
        self.first, self.second = [opened(each) for each in self.service.connections]
        self.peer = UdpLink()
        self.service.links = [self.peer]
        self.notifier = type(self.notifier)(self.service, self.manager, self.queue, self.log, [self.notices])
        self.sock = self.sockets[0]

    def post(self, *events):
        for code in events:
            self.notices.post(code)


def test_all_at_once():
    with Meter() as m:
        m.post(1, 2)
        m.tick(3)
        for sent in (m.first.sent, m.second.sent, m.peer.sent, m.sock.sent):
            assert codes(sent) == [1, 2]
        assert m.notices.box.n == m.notices.box.used == m.notices.box.told == 0


def test_a_busy_association_holds_up_nobody_for_long():
    """One that fetches no answers: the other AAs hear at once, the destination within a
    second, and what is missed is logged.
    """
    with Meter() as m:
        m.first.out_end = 9
        m.post(1)
        m.tick(1)
        assert codes(m.second.sent) == codes(m.peer.sent) == [1] and m.sock.sent == []
        m.tick(10)
        assert codes(m.sock.sent) == [1]
        assert m.first.sent == [] and codes(m.second.sent) == [1]
        assert [line for line in m.lines if not line.startswith("sent")] == ["busy event"]
        assert m.notices.box.n == 0
        m.first.out = 9
        m.post(2)
        m.tick(2)
        assert codes(m.first.sent) == [2] and codes(m.second.sent) == codes(m.sock.sent) == [1, 2]


def test_a_busy_association_has_the_delay_where_there_is_no_destination():
    with Meter(None) as m:
        m.first.out_end = 9
        m.peer.full = True
        m.post(1)
        m.tick(25)
        assert codes(m.second.sent) == [1] and m.first.sent == []
        m.first.out = 9
        m.peer.full = False
        m.tick(2)
        assert codes(m.first.sent) == codes(m.second.sent) == codes(m.peer.sent) == [1]
        assert m.lines == [] and m.notices.box.n == 0
        m.first.out = 0
        m.post(2, 3)
        m.tick(31)
        assert codes(m.second.sent) == [1, 2, 3] and m.lines == ["busy event"]
        m.tick(31)
        assert m.notices.box.n == 0


def test_more_events_than_there_is_room_for():
    """All that found room are notified at once, and the log says that some did not,
    if there is somebody to miss them.
    """
    for anybody in (True, False):
        with Meter(None) as m:
            if not anybody:
                m.first.n = m.second.n = m.peer.n = 0
            m.post(*range(200))
            kept = m.notices.box.n
            assert 0 < kept < 200
            m.tick()
            assert len(m.first.sent) == len(m.peer.sent) == (kept if anybody else 0)
            assert m.notices.box.n == 0
            m.tick(3)
            assert m.lines == (["outbox-full event"] if anybody else [])


def test_a_destination_that_is_not_there_holds_up_no_association():
    with Meter(retries=3, delay=100) as m:
        m.sock.takes = [OSError(errno.ECONNREFUSED, "")]
        m.post(1)
        m.tick(2)
        m.post(2, 3)
        m.tick(2)
        assert codes(m.first.sent) == codes(m.peer.sent) == [1, 2, 3]
        assert m.notices.box.n == 3 and m.sock.sent == []
        m.tick(1010)
        assert codes(m.sock.sent) == [1, 2, 3]
        assert codes(m.first.sent) == [1, 2, 3]


def test_a_connection_that_ends_while_it_is_told():
    with Meter() as m:
        m.first.sock = OSError(errno.ECONNRESET, "")
        m.post(1)
        m.tick(2)
        assert m.first.sock is None
        assert codes(m.second.sent) == codes(m.sock.sent) == [1]


def test_the_wports_of_an_association_are_its_own():
    """And those outside are the configured ones, whichever of them is notified first."""
    with Meter() as m:
        m.notices.source, m.notices.client = 17, 0x2345
        m.post(1)
        m.tick(2)
        assert m.first.sent[0][2:6] == bytes((0, 1, 0, 1))
        assert m.sock.sent[0][2:6] == bytes((0, 17, 0x23, 0x45))
        assert len(m.sock.sent[0]) == HEADER + 26


def test_an_association_that_takes_no_such_length_is_not_busy():
    with Meter() as m:
        m.first.aas[0].room = 20
        m.post(1)
        m.tick(2)
        assert m.first.sent == [] and codes(m.second.sent) == codes(m.sock.sent) == [1]
