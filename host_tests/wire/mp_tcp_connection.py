"""A TCP connection and a listener with sockets made for the test: they take an answer
octet by octet, or refuse for a while.
"""

import limits
import meter
from config import parse
from dlms.aa.association import associations
from dlms.server import Server
from net import tcp

REQ = {
    "test_answers_leave_whole_however_little_the_socket_takes": ("A-24", "A-23"),
    "test_nothing_is_read_while_an_answer_waits": ("A-23", "A-24"),
    "test_long_request_in_parts_with_others_behind_stays_in_its_buffer": ("A-21", "A-22"),
    "test_connections_that_share_a_buffer_keep_apart": ("A-21", "A-24", "A-27"),
    "test_refused_above_nb_of_sim_conn": ("A-32",),
    "test_the_longest_silent_yields_its_place": ("A-32", "A-31"),
    "test_inside_one_wpdu_for_long": ("A-32", "A-31"),
    "test_an_answer_that_is_not_fetched": ("A-32", "A-24"),
    "test_who_proved_its_secret_keeps_its_place": ("A-32", "A-47"),
    "test_what_stands_behind_the_end_of_a_connection_is_not_served": ("A-33", "A-34"),
}

POLLIN = 1
POLLOUT = 4
AARQ = bytes.fromhex("000100100001001F601DA109060760857405080101BE10040E01000000065F1F0400007E1F04B0")
ACKNOWLEDGEMENT = bytes.fromhex("0001001000010007E0810001000100")
# of the reader, with its published password
LLS_AARQ = bytes.fromhex(
    "00010020000100386036A1090607608574050801018A0207808B0760857405080201AC0A8008"
    "3132333435363738BE10040E01000000065F1F0400007E1F04B0"
)
RLRQ = bytes.fromhex("00010020000100056203800100")
NAME = bytes.fromhex("000100100001000DC001C1000100002A0000FF0200")


class Socket:
    """`incoming` is what it gives, a list of pieces; `takes` the counts of octets that it
    takes, None for not now, all when used up.
    """

    def __init__(self, incoming, takes=()):
        self.incoming = list(incoming)
        self.takes = list(takes)
        self.sent = b""
        self.closed = False

    def readinto(self, buf, n=None):
        if not self.incoming:
            return None
        piece = self.incoming.pop(0)
        size = len(buf) if n is None else n
        if len(piece) > size:
            self.incoming.insert(0, piece[size:])
            piece = piece[:size]
        buf[0 : len(piece)] = piece
        return len(piece)

    def write(self, buf, off, n=None):
        if n is None:
            off, n = 0, off
        count = self.takes.pop(0) if self.takes else n
        if count is None:
            return None
        count = min(count, n)
        self.sent += bytes(buf[off : off + count])
        return count

    def setblocking(self, on):
        pass

    def close(self):
        self.closed = True


class Queue:
    """Keeps what each socket is watched for."""

    def __init__(self):
        self.wanted = {}

    def add(self, sock, handler):
        self.wanted[id(sock)] = POLLIN

    def want(self, sock, event):
        self.wanted[id(sock)] = event

    def discard(self, sock):
        del self.wanted[id(sock)]


class Rig:
    def __init__(self):
        built = meter.build(parse(["backfill_days=0", "start=2026-01-31"], "127.0.0.1"))
        self.server = Server([wport for wport, _ in built.devices], built.associations, limits)
        self.queue = Queue()
        self.pool = associations(4, 0)
        self.tx = self.server.buffer()

    def connection(self):
        carrier = self.server.carrier(self.pool, 4, True)
        carrier.server, carrier.queue, carrier.tx = self.server, self.queue, self.tx
        return tcp.Connection(carrier)

    def run(self, incoming, takes=()):
        """What a connection sends that gets `incoming`, polled as the loop would."""
        connection = self.connection()
        sock = Socket(incoming, takes)
        connection.open(sock, "here", "there")
        while sock.incoming or connection.out != connection.out_end:
            connection.ready(self.queue.wanted[id(sock)])
            assert not sock.closed
        connection.close("end")
        return sock.sent


def test_answers_leave_whole_however_little_the_socket_takes():
    rig = Rig()
    stream = AARQ + NAME * 5
    expected = rig.run([stream])
    assert len(expected) > 200
    for size in (1, 2, 7, 8, 9, 33):
        assert rig.run([stream], [size] * 400) == expected, size
    assert rig.run([stream], [1, None, None, 3, None, 0, 5] * 100) == expected
    # requests that come in parts, to a socket that is slow
    pieces = [stream[i : i + 13] for i in range(0, len(stream), 13)]
    assert rig.run(pieces, [None, 4] * 100) == expected


def test_nothing_is_read_while_an_answer_waits():
    rig = Rig()
    connection = rig.connection()
    sock = Socket([AARQ, NAME, NAME], [3] + [None] * 3)
    connection.open(sock, "here", "there")
    connection.ready(POLLIN)
    assert rig.queue.wanted[id(sock)] == POLLOUT
    for _ in range(3):
        connection.ready(POLLOUT)
        assert len(sock.incoming) == 2 and len(sock.sent) == 3
    connection.ready(POLLOUT)
    assert rig.queue.wanted[id(sock)] == POLLIN
    connection.ready(POLLIN)
    connection.ready(POLLIN)
    assert sock.incoming == []
    assert sock.sent == rig.run([AARQ + NAME * 2])


def test_long_request_in_parts_with_others_behind_stays_in_its_buffer():
    rig = Rig()
    size = limits.PDU
    long = bytes((0, 1, 0, 16, 0, 1, size >> 8, size & 0xFF)) + b"\xc0\1\xc1" + bytes(size - 3)
    stream = AARQ + long + NAME * 60
    expected = rig.run([AARQ, long] + [NAME] * 60)
    for first in (9, 500, 512, 519, 520, 521, 600, 1000, 1030, 1031, 1032):
        connection = rig.connection()
        kept = connection.rx
        sock = Socket([AARQ, long[:first], long[first:] + NAME * 60])
        connection.open(sock, "here", "there")
        while sock.incoming or connection.sending() or connection.have:
            connection.ready(rig.queue.wanted[id(sock)])
            assert connection.have <= len(kept) == 8 + size, first
        assert sock.sent == expected, first
        connection.close("end")
    assert rig.run([stream]) == expected


def test_connections_that_share_a_buffer_keep_apart():
    """Requests in parts, too long ones with others after them and answers that leave
    slowly, on two connections in turn.
    """
    rig = Rig()
    size = limits.PDU + 9
    long = bytes((0, 1, 0, 16, 0, 1, size >> 8, size & 0xFF)) + b"\xc0\1\xc1" + bytes(size - 3)
    streams = (AARQ + NAME + long + NAME * 30 + long + NAME, AARQ + NAME * 4 + long + long + NAME * 3)
    expected = [rig.run([stream]) for stream in streams]
    assert len(expected[0]) > 1000
    for step in (5, 13, 300, 517, 1031, 2000):
        for takes in ([], [3, None, 20] * 40):
            pair = []
            for stream in streams:
                connection = rig.connection()
                sock = Socket([stream[i : i + step] for i in range(0, len(stream), step)], takes)
                connection.open(sock, "here", "there")
                pair.append((connection, sock))
            busy = True
            while busy:
                busy = False
                for connection, sock in pair:
                    if sock.incoming or connection.out != connection.out_end:
                        connection.ready(rig.queue.wanted[id(sock)])
                        assert not sock.closed
                        for i in range(len(rig.tx)):
                            rig.tx[i] = 0xC1  # what another transport may leave there
                        busy = True
            assert [sock.sent for _, sock in pair] == expected, (step, takes)
            for connection, _ in pair:
                connection.close("end")


def test_refused_above_nb_of_sim_conn():
    """The number that the TCP-UDP setup object shows counts, also when
    there are more places than that.
    """
    rig = Rig()
    connections = [rig.connection() for _ in range(4)]
    waiting = []
    lines = []

    class Listening:
        def accept(self):
            return waiting.pop(0), ("192.0.2.1", 4059)

    listener = tcp.Listener(Listening(), "here", connections, rig.queue, lambda *line: lines.append(line), lambda: 2)
    sockets = [Socket([]) for _ in range(4)]
    for sock in sockets:
        waiting.append(sock)
        listener.ready(POLLIN)
    assert [sock.closed for sock in sockets] == [False, False, True, True]
    assert [line[2] for line in lines] == ["accept", "accept", "refused", "refused"]
    [connection for connection in connections if connection.sock is sockets[0]][0].close("end")
    waiting.append(Socket([]))
    listener.ready(POLLIN)
    assert lines[-1][2] == "accept"


class Full:
    """Two places, both taken; `knock` is the next client."""

    def __init__(self):
        self.rig = rig = Rig()
        self.lines = []
        rig.server.log = lambda *line: self.lines.append(line[2:])
        self.connections = [rig.connection() for _ in range(2)]
        self.waiting = []
        self.most = 2
        self.listener = tcp.Listener(self, "here", self.connections, rig.queue, rig.server.log, lambda: self.most)
        self.sockets = [self.knock() for _ in range(2)]

    def accept(self):
        return self.waiting.pop(0), ("192.0.2.1", 4059)

    def knock(self):
        sock = Socket([])
        self.waiting.append(sock)
        self.listener.ready(POLLIN)
        return sock

    def of(self, i):
        return [c for c in self.connections if c.sock is self.sockets[i]][0]

    def hear(self, i, octets):
        """Client i sends."""
        self.sockets[i].incoming.append(octets)
        self.of(i).ready(POLLIN)

    def pass_by(self, looks):
        """Time, in looks of the supervisor, 100 ms each."""
        for _ in range(looks):
            for c in self.connections:
                if c.sock is not None:
                    c.watch(100, 0, 60000)


def test_the_longest_silent_yields_its_place():
    full = Full()
    full.pass_by(20)
    full.hear(0, AARQ)  # client 1 is silent for longest, but not long enough
    full.pass_by(30)
    assert full.knock().closed and full.lines[-1][0] == "refused"
    full.pass_by(1)
    assert not full.knock().closed
    assert full.sockets[1].closed and not full.sockets[0].closed
    assert [line[0] for line in full.lines[-2:]] == ["accept", "close"]
    assert full.lines[-1][1].endswith("reason=place-taken")
    # an AA without a secret is none that keeps the place
    assert full.knock().closed
    full.pass_by(20)
    assert not full.knock().closed
    assert full.sockets[0].closed
    # as many as there may be now: fewer than there are
    full.pass_by(60)
    full.most = 1
    assert full.knock().closed
    full.connections[0].close("end")
    assert not full.knock().closed


def test_inside_one_wpdu_for_long():
    """An octet now and then is no silence, and a WPDU that does not end no service. Who sends
    many WPDUs, always with a part of the next one, stays.
    """
    full = Full()
    stream = AARQ + NAME * 60  # 39 octets and 21 each
    slow = bytes((0, 1, 0, 16, 0, 1, 0, 200)) + bytes(200)
    for i in range(51):
        assert full.knock().closed, i
        full.hear(0, slow[i : i + 1])
        full.hear(1, stream[i * 22 : i * 22 + 22])
        full.pass_by(1)
    assert full.of(0).quiet == 0 and full.of(1).inside <= 100
    assert not full.knock().closed
    assert full.sockets[0].closed and not full.sockets[1].closed


def test_an_answer_that_is_not_fetched():
    full = Full()
    for i in range(2):
        full.hear(i, AARQ)
    full.sockets[0].takes = [3] + [None] * 80
    full.hear(0, NAME)
    for _ in range(51):
        assert full.knock().closed
        full.of(0).ready(POLLOUT)
        full.hear(1, NAME)
        full.pass_by(1)
    assert not full.knock().closed
    assert full.sockets[0].closed and not full.sockets[1].closed


def test_who_proved_its_secret_keeps_its_place():
    full = Full()
    full.hear(0, LLS_AARQ)
    full.hear(1, AARQ)
    full.pass_by(10)
    full.hear(1, NAME)
    full.pass_by(51)
    full.sockets[1] = full.knock()
    assert not full.sockets[1].closed and not full.sockets[0].closed
    full.hear(1, LLS_AARQ)
    full.pass_by(600)
    assert full.knock().closed
    # a secret that was wrong, or whose AA has ended, keeps no place
    full.hear(0, RLRQ)
    assert full.of(0).n == 0
    full.hear(0, LLS_AARQ.replace(b"12345678", b"12345679"))
    full.pass_by(51)
    assert not full.knock().closed
    assert full.sockets[0].closed and not full.sockets[1].closed


def test_what_stands_behind_the_end_of_a_connection_is_not_served():
    """Serving a request may end its connection, when a push that goes on with it cannot be
    sent: an AARQ after it opens nothing.
    """
    rig = Rig()

    class Pushes:
        """In place of `net.long_push.LongPush`: the connection fails under the block
        that an acknowledgement asks for.
        """

        def heard(self, link, aa, rx, p, end):
            link.failed(OSError(104, "connection reset"))
            return True

    rig.server.kit.long_push = Pushes()
    connection = rig.connection()
    sock = Socket([ACKNOWLEDGEMENT + AARQ])
    connection.open(sock, "here", "there")
    connection.ready(POLLIN)
    assert sock.closed and sock.sent == b""
    assert connection.n == 0 and connection.sock is None
    # the next client finds a connection as new
    sock = Socket([NAME, AARQ, NAME])
    connection.open(sock, "here", "there")
    for _ in range(3):
        connection.ready(POLLIN)
    assert sock.sent.startswith(rig.run([NAME + AARQ + NAME])) and connection.n == 1
