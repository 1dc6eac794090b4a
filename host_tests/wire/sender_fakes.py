"""Sockets, queue, connections and a source made for the tests of senders and lines; the
senders, the manager and the outbox are real.
"""

import select

from dlms.unasked.notification import data_notification
from dlms.unasked.outbox import Outbox
from net import manager as lines
from net import sender as senders
from net.manager import Manager
from net.notifier import Notifier

TICK = 100
POLLERR = 8


class Socket:
    """results: what each `connect` comes to, an errno or 0; takes: what each `write` takes."""

    def __init__(self, results=(), takes=()):
        self.results = list(results)
        self.takes = list(takes)
        self.sent = []
        self.incoming = b""
        self.closed = False

    def readinto(self, buf):
        """As on every port: several datagrams one after the other, the last one
        cut off where there is no room.
        """
        n = min(len(buf), len(self.incoming))
        buf[:n] = self.incoming[:n]
        self.incoming = b""
        return n or None

    def setblocking(self, on):
        pass

    def bind(self, where):
        self.bound = where

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

    n = 0
    owner = None

    def __init__(self):
        self.sock = None
        self.out = self.out_end = 0
        self.sent = []
        self.slow = False

    def keep_what_is_sent(self):
        """From now on the network takes nothing at once: what is sent stands in the transmit
        buffer until the test moves `out`.
        """
        self.slow = True

    def open(self, sock, local, remote):
        self.sock = sock

    def sending(self):
        return self.out != self.out_end

    def send(self, buf, off, n):
        if self.sending():
            return False
        if isinstance(self.sock, OSError):
            raise self.sock
        self.sent.append(bytes(buf[off : off + n]))
        if self.slow:
            self.out_end = n
        return True

    def failed(self, e):
        self.close("error")

    def close(self, reason):
        self.sock = None
        owner = self.owner
        if owner is not None:
            self.owner = None
            owner.closed()


class Service:
    def located(self, peer, remote, port=0):
        return "192.0.2.1:%d" % port

    def __init__(self):
        self.connections = [Connection() for _ in range(2)]
        self.links = []

    def place(self):
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
        self.reports = None

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
        at = self.box.reserve(20)
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
        self.sender = (self.notifier.senders or [self.notifier.add_sender(source)])[0] if source else None
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
