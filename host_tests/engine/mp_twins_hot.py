"""The native functions that every TCP request passes through do the same as
their plain twins (see `mp_twins`).
"""

from mp_twins import Skip
from rig import LIST, THING, Rig, tohex, unhex


class Poller:
    """As select.poll: `ipoll` gives what is ready."""

    def __init__(self, ready):
        self.ready = ready
        self.waited = None

    def ipoll(self, dt):
        self.waited = dt
        return iter(self.ready)


class Handler:
    have = -1

    def __init__(self):
        self.events = []

    def ready(self, event):
        self.events.append(event)


class Sock:
    """A non-blocking socket that holds `octets` (None: nothing yet) and takes at
    most `room` octets (None: none now).
    """

    def __init__(self, octets, room):
        self.octets = octets
        self.room = room
        self.sent = None

    def readinto(self, rx):
        if self.octets is None:
            return None
        rx[: len(self.octets)] = self.octets
        return len(self.octets)

    def write(self, buf, n):
        self.sent = bytes(buf[:n])
        return None if self.room is None else min(n, self.room)


class Connection:
    """As net.tcp.Connection, as far as the hot functions read it."""

    def __init__(self, rig):
        self.tx = bytearray(1100)
        self.served = bytearray(4)
        self.quick = (rig.server.fast, rig.link.keys, rig.link.ways, self.tx, self.served, bytearray(64))
        self.waiting = None
        self.have = 0
        self.active = False
        self.calls = []

    def received(self, n):
        self.calls.append(n)

    def ready(self, event):
        self.calls.append("event %d" % event)

    def failed(self, e):
        self.calls.append(type(e).__name__)

    def wait_out(self, sent, size):
        self.waiting = (sent, size)


def hot_modules():
    try:
        from net import hot_native, hot_plain
    except (SyntaxError, ImportError):
        raise Skip("no native code emitter") from None
    return hot_native, hot_plain


def test_serve_ready():
    for module in hot_modules():
        own = Handler()
        sockets = object(), object()
        woken = []
        poller = Poller([(sockets[0], 1), (sockets[1], 4), (sockets[0], 17)])
        module.serve_ready(
            poller, {id(sockets[0]): own}, 250, lambda sock, event, woken=woken: woken.append((sock, event))
        )
        assert own.events == [1, 17]
        assert woken == [(sockets[1], 4)]
        assert poller.waited == 250


class Rounds:
    """As select.poll, each time with the next of some lists of what is ready; `waited`
    keeps how long it might have taken.
    """

    def __init__(self, *rounds):
        self.rounds = list(rounds)
        self.waited = []

    def ipoll(self, dt):
        self.waited.append(dt)
        return iter(self.rounds.pop(0) if self.rounds else ())


def serve_rounds(module, dt, *rounds):
    """Serve rounds of what comes to a connection; octets, or an event for a connection, a
    handler or a socket that a task waits for.

    Returns what the socket sent and what the connection was called with, how often was polled, and
    what came to the handler and the task.
    """
    rig = Rig()
    rig.open()
    connection, handler, woken = Connection(rig), Handler(), []
    sock, other, foreign = Sock(None, 99), object(), object()
    sent = []

    def ready(come):
        for each in come:
            if isinstance(each, bytes):
                sock.octets = each
                yield sock, 1
                if sock.sent is not None:
                    sent.append(tohex(sock.sent))
                    sock.sent = None
            else:
                yield {"handler": (other, 1), "task": (foreign, 1), "hang-up": (sock, 17)}[each]

    poller = Rounds(*[ready(come) for come in rounds])
    own = {id(sock): connection, id(other): handler}
    module.serve_ready(poller, own, dt, lambda sock, event: woken.append(event))
    return sent, connection.calls, poller.waited, handler.events, woken


def test_serve_ready_serves_plain_requests():
    get = unhex("0001 0010 0001 000D C001C1" + THING + "0200")
    long = unhex("0001 0010 0001 000D C001C1" + LIST + "0200")
    answer = "0001000100100009C401C1000903616263"
    for module in hot_modules():
        # it polls on while plain requests come, for no longer than there is time, …
        sent, calls, waited, _, _ = serve_rounds(module, 60000, [get], [get], [], [get])
        assert (sent, calls, len(waited)) == ([answer] * 2, [], 3), (sent, calls, waited)
        assert waited[0] == 60000 and 0 < waited[2] <= waited[1] <= 60000, waited
        assert serve_rounds(module, 0, [get], [get])[0] == [answer]
        # … of each connection one a poll, …
        assert len(serve_rounds(module, 60000, [get, get], [get])[0]) == 3
        # … and never for ever
        for dt in (-1, 60000):
            sent = serve_rounds(module, dt, *[[get]] * 100)[0]
            assert 1 < len(sent) < 100, len(sent)
        # whatever else comes may have made a task due
        for come, calls in (
            (long, [21]),
            (get[:9], [9]),
            (b"", [0]),
            ("hang-up", ["event 17"]),
            ("handler", []),
            ("task", []),
        ):
            got = serve_rounds(module, 60000, [get], [get, come], [get])
            assert (got[0], got[1], len(got[2])) == ([answer] * 2, calls, 2), (come, got)
            assert (got[3], got[4]) == ([1] * (come == "handler"), [1] * (come == "task"))


def test_serve_ready_leaves_what_waits_in_the_buffer():
    get = unhex("0001 0010 0001 000D C001C1" + THING + "0200")
    for module in hot_modules():
        rig = Rig()
        rig.open()
        connection = Connection(rig)
        connection.have = 5
        sock = Sock(get, 99)
        module.serve_ready(Rounds([(sock, 1)]), {id(sock): connection}, 100, None)
        assert connection.calls == ["event 1"] and sock.sent is None


def test_serve_ready_keeps_what_a_socket_does_not_take():
    get = unhex("0001 0010 0001 000D C001C1" + THING + "0200")
    for module in hot_modules():
        for room, waiting in ((16, (16, 17)), (0, (0, 17)), (None, (0, 17)), (17, None)):
            rig = Rig()
            rig.open()
            connection = Connection(rig)
            sock = Sock(get, room)
            module.serve_ready(Rounds([(sock, 1)]), {id(sock): connection}, 0, None)
            assert (connection.waiting, connection.active, connection.calls) == (waiting, True, [])


def test_receive_one():
    rig = Rig()
    rig.open()
    get = unhex("0001 0010 0001 000D C001C1" + THING + "0200")
    answer = "0001000100100009C401C1000903616263"
    # octets that came, room of the socket; what is returned, what is sent, what waits
    table = (
        (None, 99, None, None, None),
        (b"", 99, 0, None, None),
        (get, 99, -1, answer, None),
        (get, 17, -1, answer, None),
        (get, 16, -1, answer, (16, 17)),
        (get, 0, -1, answer, (0, 17)),
        (get, None, -1, answer, (0, 17)),
        (get[:20], 99, 20, None, None),
        (get + get, 99, 42, None, None),
        (unhex("0001 0010 0001 0005 6203800100"), 99, 13, None, None),
    )
    for module in hot_modules():
        for octets, room, result, sent, waiting in table:
            connection = Connection(rig)
            sock = Sock(octets, room)
            got = module.receive_one(connection, sock, bytearray(64))
            assert got == result, (got, result)
            assert (None if sock.sent is None else tohex(sock.sent)) == sent
            assert connection.waiting == waiting
