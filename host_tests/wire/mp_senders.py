"""Senders and lines with sockets made for the test: full queues, slow and dead peers, connections that change hands, back-off."""

import errno
import select

from dlms.notification import data_notification
from dlms.outbox import Outbox
from dlms.server import Server
from net import manager as lines
from net import sender as senders
from net.manager import CLOSED, CONNECTING, OPEN, Manager
from net.notifier import Notifier
from net.sender import AWAITING, DIALLING, IDLE, SENDING, WAITING

REQ = {
    "test_udp_*": ("D-63", "B-16"),
    "test_tcp_*": ("D-63", "B-16", "B-20"),
    "test_confirm*": ("D-62",),
    "test_line_*": ("A-50", "A-57", "B-20"),
}

TICK = 100
POLLERR = 8


class Socket:
    """results: what each `connect` comes to, an errno or 0; takes: what each `write` takes."""

    def __init__(self, results=(), takes=()):
        self.results = list(results)
        self.takes = list(takes)
        self.sent = []
        self.closed = False

    def setblocking(self, on):
        pass

    def connect(self, target):
        code = self.results.pop(0) if self.results else 0
        if code:
            raise OSError(code, "")

    def write(self, buf, off, n):
        taken = self.takes.pop(0) if self.takes else n
        if isinstance(taken, OSError):
            raise taken
        if taken:
            self.sent.append(bytes(buf[off : off + taken]))
        return taken

    def close(self):
        self.closed = True


class Queue:
    def __init__(self):
        self.own = {}
        self.wanted = {}

    def add(self, sock, handler):
        self.own[id(sock)] = handler
        self.wanted[id(sock)] = select.POLLIN

    def want(self, sock, event):
        self.wanted[id(sock)] = event

    def discard(self, sock):
        del self.own[id(sock)]


class Connection:
    """What a sender and a line see of `net.tcp.Connection`."""

    class link:
        n = 0

    def __init__(self):
        self.link = Connection.link()
        self.sock = None
        self.owner = None
        self.uses = 0
        self.out = self.out_end = 0
        self.sent = []

    def open(self, sock, local, remote):
        self.sock = sock
        self.uses += 1

    def send(self, buf, off, n):
        if self.out != self.out_end:
            return False
        if isinstance(self.sock, OSError):
            raise self.sock
        self.sent.append(bytes(buf[off : off + n]))
        return True

    def failed(self, e):
        self.close("error")

    def close(self, reason):
        self.sock = None
        if self.owner is not None:
            self.owner.closed()
            self.owner = None


class Service:
    addresses = ["127.0.0.1"]

    def __init__(self):
        self.connections = [Connection() for _ in range(2)]
        self.links = []

    def free(self):
        for connection in self.connections:
            if connection.sock is None:
                return connection
        return None


class Source:
    label = "test"
    inside = False

    def __init__(self, transport, retries=2):
        self.transport = transport
        self.host = "192.0.2.7"
        self.port = 4060
        self.revision = 0
        self.box = Outbox(400, 200)
        self.most = retries
        self.first = 0
        self.open = True
        self.confirmations = 0

    def may_send(self):
        return self.open

    def first_delay(self):
        return self.first

    def retries(self):
        return self.most

    def delay(self, n):
        return n

    def was_confirmed(self):
        self.confirmations += 1

    def post(self, number, confirmed=False):
        at = self.box.begin(20)
        end = data_notification(self.box.buf, at, number, confirmed, bytes(14), 2)
        self.box.buf[end] = 0
        self.box.commit(end + 1, 1, 1)


class Rig:
    """One sender on a manager whose sockets are `sockets`, in the order of their making."""

    def __init__(self, source, sockets=()):
        self.lines = []
        self.sockets = list(sockets)
        self.made = []
        self.service = Service()
        self.queue = Queue()
        self.manager = Manager(self.service, self.queue, self.log, 1)
        self.notifier = Notifier(self.service, self.manager, self.queue, self.log, [source] if source else [])
        self.sender = self.notifier.senders[0] if source else None
        self.kept = (lines.socket, lines.address.resolve, senders.address.connected)

    def log(self, level, component, event, text=""):
        self.lines.append(event + " " + text)

    def socket(self, *kind):
        self.made.append(self.sockets.pop(0))
        return self.made[-1]

    def udp(self, host, port):
        return self.socket()

    def __enter__(self):
        class module:
            SOCK_STREAM = 1

        module.socket = self.socket
        lines.socket = module
        lines.address.resolve = lambda host, port: (host, port)
        lines.address.no_delay = lambda sock: None
        senders.address.connected = self.udp
        return self

    def __exit__(self, *error):
        lines.socket, lines.address.resolve, senders.address.connected = self.kept

    def tick(self, n=1):
        for _ in range(n):
            self.manager.tick(TICK)
            self.notifier.tick(TICK)

    def poll(self, sock, event=select.POLLOUT):
        """The poll says something about a socket."""
        self.queue.own[id(sock)].ready(event)


def confirmation(number):
    return bytes((0x10, 0x40, 0, 0, number, 0))


# -- UDP ------------------------------------------------------------------------------------------------------


def test_udp_full_queue_costs_no_attempt_and_no_order():
    source = Source(1, retries=0)
    sock = Socket(takes=[None] * 5)
    with Rig(source, [sock]) as rig:
        source.post(1)
        source.post(2)
        rig.tick(5)
        assert sock.sent == [] and source.box.n == 2
        rig.tick(2)
        assert [each[12] for each in sock.sent] == [1, 2]
        assert [each[13] for each in sock.sent] == [0x0C, 0x0C] or source.box.n == 0


def test_udp_refused_by_the_network_is_tried_again_then_given_up():
    source = Source(1, retries=1)
    sock = Socket(takes=[OSError(errno.ECONNREFUSED, "")] * 2)
    with Rig(source, [sock]) as rig:
        source.post(1)
        rig.tick()
        assert rig.sender.state == WAITING and source.box.n == 1
        rig.tick(9)
        assert rig.sender.state == WAITING
        rig.tick(1)
        assert source.box.n == 0
        assert [line.split()[0] for line in rig.lines] == ["not-sent", "given-up"]
        source.post(2)
        rig.tick()
        assert len(sock.sent) == 1


def test_udp_another_destination_gets_another_socket():
    source = Source(1)
    first, second = Socket(), Socket()
    with Rig(source, [first, second]) as rig:
        source.post(1)
        rig.tick()
        source.port = 4061
        source.revision += 1
        source.post(2)
        rig.tick()
        assert first.closed and len(first.sent) == len(second.sent) == 1
        source.transport = -1
        source.revision += 1
        source.post(3)
        rig.tick()
        assert second.closed and source.box.n == 0


# -- TCP ------------------------------------------------------------------------------------------------------


def dialled(source, sock=None):
    """A rig whose line is open, and its connection."""
    rig = Rig(source, [sock or Socket([errno.EINPROGRESS])])
    with rig:
        source.post(1)
        rig.tick()
        assert rig.sender.state == DIALLING
        rig.poll(rig.made[0])
        assert rig.sender.line.state == OPEN
    return rig, rig.sender.line.connection


def test_tcp_waits_behind_an_answer():
    """While an answer stands in the transmit buffer, nothing else can; no attempt is lost by that."""
    source = Source(0, retries=0)
    rig, connection = dialled(source)
    with rig:
        connection.out_end = 9
        rig.tick(20)
        assert connection.sent == [] and source.box.n == 1
        connection.out = 9
        rig.tick()
        assert len(connection.sent) == 1 and source.box.n == 0


def test_tcp_is_sent_when_the_connection_took_the_last_octet():
    source = Source(0)
    rig, connection = dialled(source)
    with rig:
        original = connection.send

        def slow(buf, off, n):
            original(buf, off, n)
            connection.out_end = n
            return True

        connection.send = slow
        rig.tick()
        assert rig.sender.state == SENDING and source.box.n == 1
        rig.tick(5)
        assert rig.sender.state == SENDING and source.box.n == 1
        connection.out = connection.out_end
        rig.tick()
        assert source.box.n == 0


def test_tcp_connection_that_now_serves_another_is_lost():
    """It ended while the record was on its way, and was taken for somebody else before the sender looked."""
    source = Source(0)
    rig, connection = dialled(source)
    with rig:
        original = connection.send

        def slow(buf, off, n):
            original(buf, off, n)
            connection.out_end = n
            return True

        connection.send = slow
        rig.tick()
        connection.close("reset")
        connection.open(Socket(), "", "")
        connection.out = connection.out_end = 0
        rig.tick()
        assert rig.sender.state == WAITING and source.box.n == 1
        assert rig.lines[-1].startswith("not-sent")


def test_tcp_error_while_sending_ends_the_connection_and_keeps_the_record():
    source = Source(0)
    rig, connection = dialled(source)
    with rig:
        connection.sock = OSError(errno.ECONNRESET, "")
        rig.tick()
        assert connection.sock is None and rig.sender.line.state == CLOSED
        assert rig.sender.state == WAITING and source.box.n == 1


def test_tcp_no_connection_free():
    source = Source(0)
    with Rig(source, []) as rig:
        for connection in rig.service.connections:
            connection.sock = Socket()
        source.post(1)
        rig.tick(2)
        assert source.box.n == 1
        assert rig.lines[0] == "dial-failed peer=192.0.2.7:4060 reason=no-connection"


def test_tcp_window_and_random_start():
    """Outside a window nothing begins; when it opens, the random time is waited anew."""
    source = Source(1)
    sock = Socket()
    with Rig(source, [sock]) as rig:
        source.first = 1
        source.post(1)
        rig.tick(9)
        assert sock.sent == [] and not rig.made
        source.open = False
        rig.tick(50)
        assert not rig.made
        source.open = True
        rig.tick(10)
        assert not rig.made
        rig.tick(1)
        assert len(sock.sent) == 1


# -- confirmation ------------------------------------------------------------------------------------------------


def test_confirmation_over_the_right_connection_only():
    source = Source(0)
    rig, connection = dialled(source)
    with rig:
        source.box.clear()
        source.post(7, True)
        rig.tick(3)
        assert rig.sender.state == AWAITING
        other = rig.service.connections[0 if rig.service.connections[1] is connection else 1]
        answer = confirmation(7)
        rig.notifier.confirm(other.link, answer, 0, len(answer))
        assert source.box.n == 1
        for wrong in (confirmation(8), confirmation(7)[:5], confirmation(7) + b"\0", b"\x0f" + confirmation(7)[1:]):
            rig.notifier.confirm(connection.link, wrong, 0, len(wrong))
            assert source.box.n == 1, wrong
        rig.notifier.confirm(connection.link, answer, 0, len(answer))
        assert source.box.n == 0 and source.confirmations == 1
        rig.notifier.confirm(connection.link, answer, 0, len(answer))
        assert source.confirmations == 1


def test_confirmation_missing_repeats_at_once_after_the_delay():
    source = Source(0, retries=1)
    rig, connection = dialled(source)
    with rig:
        source.box.clear()
        source.post(7, True)
        rig.tick(3)
        sent = len(connection.sent)
        rig.tick(10)
        assert len(connection.sent) == sent + 1
        rig.tick(20)
        assert source.box.n == 0
        assert rig.lines[-1].startswith("given-up source=test reason=no-confirmation attempt=2")


def test_confirm_default_of_a_server_ignores():
    """Where nothing is pushed a confirmation is dropped like every response (D-96)."""
    assert Server.__init__ is not None
    from dlms.server import no_confirm

    assert no_confirm(None, b"\x10", 0, 1) is None


# -- lines ---------------------------------------------------------------------------------------------------------


def test_line_backs_off_and_comes_back():
    refused = [Socket([errno.EINPROGRESS, errno.ECONNREFUSED]) for _ in range(4)]
    good = Socket([errno.EINPROGRESS, 106])  # EISCONN: connected already
    with Rig(None, refused + [good]) as rig:
        line = rig.manager.line("192.0.2.7", 4060, True)
        at = []
        ticks = 0
        while line.state != OPEN and ticks < 400:
            ticks += 1
            rig.tick()
            if line.state == CONNECTING:
                at.append(ticks)
                rig.poll(rig.made[-1])
        assert [b - a for a, b in zip(at, at[1:])] == [10, 20, 40, 80]
        assert line.state == OPEN and all(sock.closed for sock in refused)
        # it does not keep the connection: not called at once
        line.connection.close("peer")
        rig.sockets = [Socket([errno.EINPROGRESS])]
        rig.tick(150)
        assert line.state == CLOSED
        rig.tick(20)
        assert line.state == CONNECTING


def test_line_times_out():
    sock = Socket([errno.EINPROGRESS])
    with Rig(None, [sock]) as rig:
        line = rig.manager.line("192.0.2.7", 4060, True)
        rig.tick(100)
        assert line.state == CONNECTING
        rig.tick(1)
        assert line.state == CLOSED and sock.closed and rig.queue.own == {}
        assert "no-answer" in rig.lines[-1]


def test_line_that_is_not_ready_is_asked_by_the_clock():
    """Some networks call a socket writable before it is connected: the line stops watching and looks ten times a second."""
    sock = Socket([errno.EINPROGRESS, errno.EALREADY, errno.EALREADY, 0])
    with Rig(None, [sock]) as rig:
        line = rig.manager.line("192.0.2.7", 4060, True)
        rig.tick()
        rig.poll(sock)
        assert rig.queue.wanted[id(sock)] == 0 and line.state == CONNECTING
        rig.tick()
        assert line.state == CONNECTING
        rig.tick()
        assert line.state == OPEN


def test_line_that_failed_shows_it_in_the_poll():
    """lwIP answers EALREADY even when connecting has failed; the error is in the event."""
    sock = Socket([errno.EINPROGRESS, errno.EALREADY])
    with Rig(None, [sock]) as rig:
        line = rig.manager.line("192.0.2.7", 4060, True)
        rig.tick()
        rig.poll(sock, select.POLLOUT | POLLERR)
        assert line.state == CLOSED and sock.closed


def test_line_whose_network_goes_away():
    sock = Socket([errno.EINPROGRESS])
    with Rig(None, [sock]) as rig:
        line = rig.manager.line("192.0.2.7", 4060, True)
        rig.tick()
        rig.notifier.drop()
        assert line.state == CLOSED and sock.closed


def test_line_is_one_for_all_who_go_there():
    with Rig(None) as rig:
        line = rig.manager.line("192.0.2.7", 4060)
        assert rig.manager.line("192.0.2.7", 4060) is line
        assert rig.manager.line("192.0.2.7", 4061) is not line
        rig.manager.leave(line)
        assert line in rig.manager.lines
        rig.manager.leave(line)
        assert line not in rig.manager.lines


def test_line_without_a_connection_to_spare():
    with Rig(None, [Socket([errno.EINPROGRESS])]) as rig:
        line = rig.manager.line("192.0.2.7", 4060, True)
        rig.tick()
        for connection in rig.service.connections:
            connection.sock = Socket()
        rig.poll(rig.made[0])
        assert line.state == CLOSED and rig.made[0].closed
        assert rig.queue.own == {}


def test_udp_reset_in_the_middle_of_an_attempt():
    """The outbox is emptied while a push waits for its confirmation: the next one begins anew."""
    source = Source(1)
    sock = Socket()
    with Rig(source, [sock]) as rig:
        source.post(7, True)
        rig.tick()
        assert rig.sender.state == AWAITING
        source.box.clear()
        rig.tick()
        assert rig.sender.state == IDLE
        source.post(8)
        rig.tick()
        assert len(sock.sent) == 2 and source.box.n == 0
