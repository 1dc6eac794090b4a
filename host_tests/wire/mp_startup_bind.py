"""Listening on several addresses, with sockets made for the test: no IPv6 here, a port
taken, a number free on both transports.
"""

import errno
import socket

import limits
from dlms.aa.association import Carrier
from net import address, local, service

REQ = {
    "test_without_ipv6_the_meter_serves_ipv4_and_says_so": ("B-21",),
    "test_ipv6_alone_on_a_computer_without_it": ("B-21",),
    "test_taken_port_opens_nothing": ("A-10",),
    "test_answers_over_udp_leave_room_for_the_header": ("A-08",),
    "test_free_port_is_one_number_for_all": ("A-10", "A-11"),
    "test_*_addresses*": ("A-65",),
    "test_every_address_has_a_socket": ("A-65",),
}

FOUR = "127.0.0.1"
SIX = "::1"


class Socket:
    def __init__(self):
        self.closed = False

    def close(self):
        self.closed = True

    def setsockopt(self, level, option, value):
        self.shared = value


class Queue:
    def add(self, sock, handler):
        pass

    def discard(self, sock):
        pass


class Server:
    """What a service wants of a server before a client has come."""

    pdu = 100
    served = bytearray(4)
    fast = handle = None

    def buffer(self, datagram=0):
        return bytearray(200)

    def carrier(self, pool, most, stream, send_limit=0):
        return Carrier(pool, None, most, stream, send_limit, self.pdu)


class Rig:
    """A service whose sockets are made by `refuse`: an error number for (kind, host, port), or 0."""

    def __init__(self, refuse, v6=True):
        self.opened = []
        self.lines = []
        self.refuse = refuse
        self.kept = address.bound, address.has_v6, local.addresses
        address.bound = self.bound
        address.has_v6 = lambda: v6
        self.service = service.Service(Server(), limits, Queue(), self.log, None)

    def bound(self, kind, host, port, shared=False):
        code = self.refuse(kind, host, port)
        if code:
            raise OSError(code, "refused")
        self.opened.append((kind, host, port, Socket()))
        return self.opened[-1][3]

    def log(self, level, component, event, text=""):
        self.lines.append((level, component, event, text))

    def start(self, hosts, port):
        try:
            return self.service.start(hosts, port)
        finally:
            self.restore()

    def told(self, hosts, *found):
        """Start where the platform reports these addresses one look after the other, None for
        nothing; `again()` is the next look.
        """
        looks = list(found)
        local.addresses = lambda v6: looks.pop(0)
        try:
            self.service.start(hosts, 4059)
        finally:
            self.restore()

        def again(ms):
            address.bound = self.bound
            local.addresses = lambda v6: looks.pop(0)
            try:
                self.service.watch(ms, 0, 0, 1)
            finally:
                self.restore()

        return again

    def restore(self):
        address.bound, address.has_v6, local.addresses = self.kept

    def udp(self):
        return sorted([host for kind, host, _, sock in self.opened if kind == socket.SOCK_DGRAM and not sock.closed])


def no_v6(kind, host, port):
    return errno.EINVAL if ":" in host else 0


def fails(rig, hosts, port):
    """The text of the BindError, which leaves no socket open."""
    try:
        rig.start(hosts, port)
    except service.BindError as e:
        assert all([sock.closed for _, _, _, sock in rig.opened])
        return str(e)
    raise AssertionError("it started")


def test_without_ipv6_the_meter_serves_ipv4_and_says_so():
    rig = Rig(no_v6, v6=False)
    assert rig.start([FOUR, SIX], 4059) == 4059
    assert rig.service.addresses == [FOUR]
    assert [(kind, host) for kind, host, _, _ in rig.opened] == [(socket.SOCK_STREAM, FOUR), (socket.SOCK_DGRAM, FOUR)]
    assert rig.lines == [("WARN", "net", "no-ipv6", "host=::1")]


def test_ipv6_alone_on_a_computer_without_it():
    for hosts in ([SIX], [SIX, "2001:db8::1"]):
        assert "[::1]:4059" in fails(Rig(no_v6, v6=False), hosts, 4059)


def test_taken_port_opens_nothing():
    for taken in (
        (socket.SOCK_STREAM, FOUR),
        (socket.SOCK_DGRAM, FOUR),
        (socket.SOCK_STREAM, SIX),
        (socket.SOCK_DGRAM, SIX),
    ):
        rig = Rig(lambda kind, host, port: errno.EADDRINUSE if (kind, host) == taken else 0)  # noqa: B023
        text = fails(rig, [FOUR, SIX], 4059)
        assert "4059: the port is taken" in text, text


def test_free_port_is_one_number_for_all():
    seen = []

    def busy(kind, host, port):
        # the first numbers are free on one transport or family only
        if port not in seen:
            seen.append(port)
        n = len(seen)
        blocked = (
            (socket.SOCK_STREAM, FOUR),
            (socket.SOCK_DGRAM, FOUR),
            (socket.SOCK_STREAM, SIX),
            (socket.SOCK_DGRAM, SIX),
        )
        return errno.EADDRINUSE if n <= 4 and (kind, host) == blocked[n - 1] else 0

    rig = Rig(busy)
    port = rig.start([FOUR, SIX], 0)
    assert port == seen[-1] and len(seen) == 5, seen
    assert [(host, number) for _, host, number, sock in rig.opened if not sock.closed] == [
        (FOUR, port),
        (FOUR, port),
        (SIX, port),
        (SIX, port),
    ]


def test_answers_over_udp_leave_room_for_the_header():
    rig = Rig(no_v6)
    rig.restore()
    made = rig.service
    for link in made.links + [made.overflow]:
        assert link.carrier.send_limit + 8 <= limits.DATAGRAM


def anything(kind, host, port):
    return 0


def test_every_address_has_a_socket():
    rig = Rig(anything)
    rig.told(["0.0.0.0", "::", "127.0.0.2"], ["127.0.0.1", "192.0.2.1"], ["::1", "fe80::1%eth0"])
    assert rig.udp() == sorted(["0.0.0.0", "127.0.0.1", "127.0.0.2", "192.0.2.1", "::", "::1", "fe80::1%eth0"])
    # over TCP the wildcard addresses have all of them
    assert [host for kind, host, _, _ in rig.opened if kind == socket.SOCK_STREAM] == ["0.0.0.0", "::"]
    assert rig.service.addresses == ["0.0.0.0", "::", "127.0.0.2"]
    # nobody else may be bound to the port when all is done
    assert [sock.shared for kind, _, _, sock in rig.opened if kind == socket.SOCK_DGRAM] == [0] * 7
    assert rig.lines == []
    rig.service.close_sockets()
    assert rig.udp() == []


def test_new_addresses_get_a_socket_when_somebody_asks():
    """A request that wants an answer has come to an address that was not there: looked for at
    once, but once a second at the most.
    """
    rig = Rig(anything)
    again = rig.told(
        ["0.0.0.0"], ["127.0.0.1"], ["127.0.0.1", "192.0.2.9"], ["127.0.0.1", "192.0.2.9"], ["127.0.0.1", "192.0.2.9"]
    )
    again(1000)
    assert rig.udp() == ["0.0.0.0", "127.0.0.1"]  # nobody asked
    port = rig.service.sockets[1][0]
    port.unheard = True
    again(900)
    assert rig.udp() == ["0.0.0.0", "127.0.0.1", "192.0.2.9"]
    for _ in range(2):
        port.unheard = True
        again(900)
        again(100)
    assert len(rig.udp()) == 3
    assert [line[:3] for line in rig.lines] == [("INFO", "net", "unanswered"), ("DEBUG", "net", "unanswered")]


def test_an_address_that_cannot_be_bound_leaves_the_others():
    rig = Rig(lambda kind, host, port: errno.EACCES if host == "192.0.2.1" else 0)
    rig.told(["0.0.0.0"], ["192.0.2.1", "127.0.0.1"])
    assert rig.udp() == ["0.0.0.0", "127.0.0.1"]
    assert rig.lines[0][:3] == ("WARN", "net", "no-udp-socket")


def test_where_no_addresses_are_told_the_log_says_so():
    rig = Rig(anything)
    rig.told(["0.0.0.0", "::"], None, None)
    assert rig.udp() == ["0.0.0.0", "::"]
    assert [line[:3] for line in rig.lines] == [("WARN", "net", "one-udp-socket")] * 2
    assert not rig.service.sockets[1][0].group
    # … but not of IPv4 on a board, which has one address
    board = Rig(anything)
    board.service.own = lambda: "192.0.2.17"
    board.told(["0.0.0.0", "::"], None, None)
    assert [line[3][:7] for line in board.lines] == ["host=::"]
    assert [handler.name for handler, _, _ in board.service.sockets] == ["192.0.2.17:4059"] * 2 + ["[::]:4059"] * 2
