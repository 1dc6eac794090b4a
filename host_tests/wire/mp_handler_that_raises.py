"""What the handler of one socket raises ends neither the loop nor
another socket (REQUIREMENTS A-33).
"""

from net import hot_plain

REQ = {"*": ("A-33",)}


class Skip(Exception):
    pass


class Handler:
    """Raises what it was made with, if anything, and keeps what happened."""

    have = -1

    def __init__(self, fault=None):
        self.fault = fault
        self.seen = []

    def ready(self, event):
        self.seen.append(event)
        if self.fault is not None:
            raise self.fault

    def failed(self, e):
        self.seen.append(e)


class Sock:
    closed = False

    def close(self):
        self.closed = True


class Queue:
    def add(self, sock, handler):
        pass

    def discard(self, sock):
        pass


class Poller:
    def __init__(self, events):
        self.events = events

    def ipoll(self, dt):
        return iter(self.events)


def _serve(module):
    sockets = [object(), object(), object()]
    faults = [ValueError("planted"), None, OSError(104)]
    handlers = [Handler(fault) for fault in faults]
    own = {id(sockets[i]): handlers[i] for i in range(3)}
    module.serve_ready(Poller([(sock, 1) for sock in sockets]), own, 0, None)
    assert [handler.seen for handler in handlers] == [[1, faults[0]], [1], [1, faults[2]]]


def test_plain():
    _serve(hot_plain)


def test_native():
    try:
        from net import hot_native
    except (SyntaxError, ImportError):
        raise Skip("no native code emitter") from None
    _serve(hot_native)


def test_an_interrupt_passes():
    """Ctrl-C while a request is served still ends the meter."""
    sock = object()
    handler = Handler(KeyboardInterrupt())
    try:
        hot_plain.serve_ready(Poller([(sock, 1)]), {id(sock): handler}, 0, None)
    except KeyboardInterrupt:
        return
    raise AssertionError("it was swallowed")


def test_connection_closes():
    """A connection that raised is closed and free for the next client."""
    import limits
    from dlms.aa.association import associations
    from dlms.server import Server
    from net.tcp import Connection

    lines = []
    server = Server([1], [], limits, log=lambda *words: lines.append(" ".join(words)))
    carrier = server.carrier(associations(2, 0), 2, True)
    carrier.server, carrier.queue, carrier.tx = server, Queue(), server.buffer()
    connection = Connection(carrier)
    for fault, reason in (
        (OSError(104, "reset"), "reason=error-104"),
        (ValueError("planted"), "reason=error-ValueError"),
    ):
        sock = Sock()
        connection.open(sock, "here", "there")
        connection.failed(fault)
        assert connection.sock is None
        assert sock.closed
        if isinstance(fault, OSError):
            assert reason in lines[-1]
        else:
            assert reason in lines[-2]
            assert lines[-1] == "ERROR tcp fault peer=there error=ValueError"
        connection.failed(fault)  # once more is no harm
