"""Whatever raises while a socket is taken into use, the socket is closed and
its place free (REQUIREMENTS A-36).

A fault is forced into each call that is made on the way, one after the other;
under CPython before each line as well.
"""

import sys

import limits
from dlms.aa.association import associations
from dlms.server import Server
from net import address, manager, multicast, service, tcp
from net.sender import Sender

REQ = {"*": ("A-36",)}

POLLIN = 1
_FAULTS = (MemoryError, OSError)


class Faults:
    """Counts the calls made through `call`, and raises in the one that `at` says."""

    def __init__(self):
        self.at = -1
        self.calls = 0
        self.kind = MemoryError

    def call(self):
        self.calls += 1
        if self.calls == self.at:
            raise self.kind(12)


class Socket:
    """Counts how often it is closed; the calls on it may fail."""

    def __init__(self, faults):
        self.faults = faults
        self.closed = 0
        faults.sockets.append(self)

    def accept(self):
        return Socket(self.faults), ("192.0.2.1", 40000)

    def setblocking(self, on):
        self.faults.call()

    def setsockopt(self, *options):
        self.faults.call()

    def connect(self, where):
        self.faults.call()

    def bind(self, where):
        self.faults.call()

    def listen(self, n):
        self.faults.call()

    def close(self):
        self.closed += 1


class Queue:
    """As `net.queue.MeterQueue`: who is watched for, by socket."""

    def __init__(self, faults):
        self.faults = faults
        self.own = {}

    def add(self, sock, handler):
        self.faults.call()
        self.own[id(sock)] = handler

    def want(self, sock, event):
        self.faults.call()

    def discard(self, sock):
        self.own.pop(id(sock), None)


class Rig:
    """Connections of a server that has a log, and everything on the way to them may fail."""

    def __init__(self):
        self.faults = faults = Faults()
        faults.sockets = self.sockets = []
        self.queue = Queue(faults)
        self.lines = []
        server = Server([1], [], limits, log=self.log)
        carrier = server.carrier(associations(2, 0), 2, True)
        carrier.server, carrier.queue, carrier.tx = server, self.queue, server.buffer()
        self.connections = [tcp.Connection(carrier) for _ in range(2)]
        self.server = server

    def log(self, *words):
        self.faults.call()
        self.lines.append(words)

    def most(self):
        self.faults.call()
        return 2

    def place(self):
        self.faults.call()
        for connection in self.connections:
            if connection.sock is None:
                return connection
        return None

    def in_order(self):
        """Every socket made is either in use and watched, or closed and not watched."""
        used = [connection.sock for connection in self.connections if connection.sock is not None]
        for sock in self.sockets:
            if sock in used:
                assert not sock.closed and id(sock) in self.queue.own
            else:
                assert sock.closed and id(sock) not in self.queue.own, sock.closed


class Patched:
    """Functions of modules that `with` replaces: [(module, name, function)]."""

    def __init__(self, *changes):
        self.changes = changes

    def __enter__(self):
        self.before = [(module, name, getattr(module, name)) for module, name, _ in self.changes]
        for module, name, function in self.changes:
            setattr(module, name, function)

    def __exit__(self, *fault):
        for module, name, function in self.before:
            setattr(module, name, function)


def failing(faults, function):
    """The function, which may fail."""

    def call(*arguments):
        faults.call()
        return function(*arguments)

    return call


def end(handler, e):
    """As the poll does with what a handler raised (`net.hot_plain.end`)."""
    try:
        handler.failed(e)
    except Exception:
        pass


def every_call(make, least):
    """Run what `make(rig)` returns, with a fault in each call of it in turn; at least
    `least` of them have to be there.

    It returns a function that does it, and the handler whose `failed` hears of what it raised.
    """
    for kind in _FAULTS:
        at = 0
        while True:
            at += 1
            rig = Rig()
            step, handler = make(rig)
            rig.faults.calls = 0
            rig.faults.at = at
            rig.faults.kind = kind
            with Patched(
                (address, "text", failing(rig.faults, address.text)),
                (address, "reserve", failing(rig.faults, address.reserve)),
                (address, "resolve", failing(rig.faults, lambda host, port: (host, port))),
            ):
                try:
                    step()
                except Exception as e:
                    end(handler, e)
            done = rig.faults.calls < at
            rig.in_order()
            # the next client is served
            rig.faults.at = -1
            if done:
                break
        assert at > least, at


def every_line(make, modules):
    """The same with a fault before each line of the modules, where the
    interpreter can report lines.
    """
    if not hasattr(sys, "settrace"):
        return
    files = [module.__file__ for module in modules]
    at = 0
    while True:
        at += 1
        rig = Rig()
        step, handler = make(rig)
        left = [at]

        def trace(frame, event, argument, left=left, used=rig.connections):
            # only the handler's own way out is left alone
            if frame.f_code.co_filename not in files or frame.f_code.co_name in ("failed", "lost", "hang_up", "close"):
                return None
            if event == "line" and used[0].sock is used[1].sock is None:
                left[0] -= 1
                if left[0] == 0:
                    raise MemoryError("planted")
            return trace

        before = sys.gettrace()
        sys.settrace(trace)
        try:
            step()
        except Exception as e:
            sys.settrace(before)
            end(handler, e)
        finally:
            sys.settrace(before)
        rig.in_order()
        if left[0] > 0:
            break
    assert at > 10, at


def accepting(rig):
    listening = Socket(rig.faults)
    rig.sockets.clear()
    listener = tcp.Listener(listening, "here", rig.connections, Plain(), rig.log, rig.most)
    return (lambda: listener.ready(POLLIN)), listener


class Plain:
    """A queue that never fails, for what is there before the test."""

    def add(self, sock, handler):
        pass


def test_accepted():
    every_call(accepting, 6)
    every_line(accepting, (tcp, address))


def test_refused():
    """A client too many is closed, and closed once more is no harm."""

    def refusing(rig):
        step, listener = accepting(rig)
        listener.most = lambda: 0
        return step, listener

    every_call(refusing, 2)


class Dialling:
    """In place of the modules `socket`: what `net.manager` dials with."""

    AF_INET = SOCK_STREAM = SOCK_DGRAM = SOL_SOCKET = SO_REUSEADDR = 0
    AF_INET6 = 1

    def __init__(self, faults):
        self.faults = faults

    def socket(self, *kind):
        self.faults.call()
        return Socket(self.faults)


class Service:
    def __init__(self, rig):
        self.place = rig.place
        self.addresses = ["127.0.0.1"]


def dialling(rig):
    lines = manager.Manager(Service(rig), rig.queue, rig.log, 5)
    line = lines.line("192.0.2.7", 4059)
    original = manager.socket

    def dial():
        manager.socket = Dialling(rig.faults)
        try:
            line.dial()
        finally:
            manager.socket = original
        if line.sock is not None:
            line.ready(4)

    def late():
        # what the supervisor's next looks do with a line that something raised in
        for _ in range(200):
            line.tick(100)

    step = dial

    class Handler:
        def failed(self, e):
            line.failed(e)
            late()

    return step, Handler()


def test_dialled():
    every_call(dialling, 8)
    every_line(dialling, (manager, tcp))


class Source:
    host = "192.0.2.7"
    port = 4059
    label = "push"
    box = None


def test_connected_for_datagrams():
    """The socket that pushes over UDP go out through."""

    def sending(rig):
        class Notifier:
            queue = rig.queue

        source = Source()
        source.box = None
        sender = Sender(source, Notifier())

        def step():
            with Patched((address, "socket", Dialling(rig.faults))):
                sender.open()
            rig.connections[0].sock = sender.sock  # in use

        class Handler:
            def failed(self, e):
                assert sender.sock is None

        return step, Handler()

    every_call(sending, 3)


class BareService(service.Service):
    """Without the connections and links of its own."""

    def __init__(self):
        pass


class BareMulticast(multicast.Multicast):
    def __init__(self):
        pass


def test_bound():
    """The meter's own sockets are there all, or none."""

    def binding(rig):
        s = BareService()
        s.queue = rig.queue
        s.log = rig.log
        s.most = rig.most
        s.server = rig.server
        s.links = []
        s.connections = []
        s.overflow = None
        s.datagram = 100
        s.tx = bytearray(100)
        s.own = None
        s.sockets = []
        s.multicast = None

        def step():
            with Patched((address, "socket", Dialling(rig.faults)), (address, "has_v6", lambda: True)):
                s.bind(["127.0.0.1", "::1"], 4059)
            for (handler, _, _), connection in zip(s.sockets[:2], rig.connections):
                connection.sock = handler.sock
            for handler, _, _ in s.sockets[2:]:
                handler.sock.close()
                rig.queue.discard(handler.sock)

        class Handler:
            def failed(self, e):
                assert s.sockets == []

        return step, Handler()

    every_call(binding, 16)


def test_group():
    """The socket of a multicast group."""

    def joining(rig):
        class Home:
            name = "here"
            server = rig.server
            links = []
            overflow = None
            tx = bytearray(100)
            view = memoryview(tx)
            views = []

        class Whole:
            port = 4059
            datagram = 100
            queue = rig.queue

        groups = BareMulticast()
        groups.service = Whole()
        groups.own = []

        def step():
            with Patched((address, "socket", Dialling(rig.faults))):
                groups.open_group(b"\xef\0\0\1", Home(), "127.0.0.1")
            for _, port in groups.own:
                rig.connections[0].sock = port.sock

        class Handler:
            def failed(self, e):
                assert groups.own == []

        return step, Handler()

    every_call(joining, 4)


def test_a_connection_whose_end_raises_is_closed():
    """The socket goes first, and who opened the connection hears of it; then
    the AAs and the line of the log.
    """
    rig = Rig()
    step, listener = accepting(rig)
    step()
    connection = [c for c in rig.connections if c.sock is not None][0]

    def abort(link):
        raise MemoryError

    class Owner:
        heard = False

        def closed(self):
            self.heard = True

    rig.server.abort = abort
    connection.owner = owner = Owner()
    try:
        connection.close("end")
    except MemoryError:
        pass
    rig.in_order()
    assert owner.heard and connection.owner is None
