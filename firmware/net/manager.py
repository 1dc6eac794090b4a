"""The TCP connection manager's active side: connections that the meter opens
(REQUIREMENTS A-50 to A-57, B-16, B-20).

Listening and accepting is the passive side, in `net.tcp`. A connection that was dialled is a
Connection like an accepted one: whoever was called sends the AARQ and is served, and what the meter
sends of its own accord goes out over it as well. The application layer has no part in this; a line
lives and dies without any AA.

States of a line, the way to one destination:

    CLOSED       --dial: TCP-CONNECT.request-->           CONNECTING
    CONNECTING   --TCP-CONNECT.confirm-->                 OPEN
    CONNECTING   --refused, unreachable, time-out,
                   no connection free-->                  CLOSED
    OPEN         --TCP-ABORT, closed by peer, idle-->     CLOSED

A permanent line dials again by itself, after a pause that doubles while the destination is not
there or does not keep the connection. A line for notifications is dialled when there is something
to send, and closes when it is idle like every other connection.
"""

import errno
import select
import socket

from micropython import const

from net import address

CLOSED = const(0)
CONNECTING = const(1)
OPEN = const(2)

_LONGEST = const(300000)  # milliseconds between two attempts, at the most
_CONNECTED = (106, 56, 127)  # EISCONN of Linux and lwIP, of macOS, of newlib (ESP32)


class Line:
    """The way to one destination. manager: the Manager. permanent: whether it shall always be open."""

    have = -1  # no connection of a client (`net.hot_plain`)

    def __init__(self, manager, host, port, permanent):
        self.manager = manager
        self.host = host
        self.port = port
        self.permanent = permanent
        self.users = 0  # senders that use it
        self.state = CLOSED
        self.sock = None  # while connecting
        self.connection = None  # while open
        self.target = None
        self.own_port = 0  # of the socket
        self.wait = 0  # milliseconds to the next attempt of a permanent line
        self.pause = manager.pause
        self.elapsed = 0  # milliseconds in the present state
        self.asking = False  # whether `tick` asks how connecting goes

    def name(self):
        return address.join(self.host, self.port)

    # -- TCP-CONNECT -------------------------------------------------------------------------------

    def dial(self):
        """TCP-CONNECT.request; the state shows at once, or later, what came of it."""
        manager = self.manager
        if manager.place() is None:
            self.lost("no-connection")
            return
        self.elapsed = 0
        self.asking = False
        self.state = CONNECTING
        try:
            if self.target is None:
                self.target = address.resolve(self.host, self.port)
            self.sock = sock = socket.socket(address.family(self.host), socket.SOCK_STREAM)
            self.own_port = address.some_port(sock, address.is_v6(self.host))
            sock.setblocking(False)
            # what has been dialled is awaited in `ready`, even where connecting is done at once
            try:
                sock.connect(self.target)
            except OSError as e:
                if not address.in_progress(e):
                    raise
            manager.queue.add(sock, self)
            manager.queue.want(sock, select.POLLOUT)
        except OSError as e:
            self.lost("error-%d" % e.errno)

    def ready(self, event):
        """The socket can be written, or has failed. Connecting once more shows
        which, on every port of MicroPython.
        """
        try:
            self.sock.connect(self.target)
        except OSError as e:
            if e.errno in (errno.EALREADY, errno.EINPROGRESS) and not event & ~select.POLLOUT:
                self.manager.queue.want(self.sock, 0)  # not yet: `tick` asks again, instead of this in a circle
                self.asking = True
                return
            if e.errno not in _CONNECTED:
                self.lost("refused" if e.errno == errno.ECONNREFUSED else "error-%d" % e.errno)
                return
        self.connected()

    def failed(self, e):
        """`ready` raised."""
        self.lost(type(e).__name__)

    def connected(self):
        """TCP-CONNECT.confirm: hand the connection over to the wrapper."""
        manager = self.manager
        connection = manager.place()
        if connection is None:
            self.lost("no-connection")
            return
        # the socket is this line's to close until the connection has taken it
        sock = self.sock
        manager.queue.discard(sock)
        address.no_delay(sock)
        manager.log("INFO", "tcp", "dialled", "peer=%s" % self.name())
        connection.open(sock, manager.service.located(self.target, self.name(), self.own_port), self.name())
        self.sock = None
        self.state = OPEN
        self.elapsed = 0
        self.connection = connection
        connection.owner = self

    # -- the end -----------------------------------------------------------------------------------

    def lost(self, reason):
        """The attempt failed."""
        self.hang_up()
        self.back_off()
        self.manager.log("WARN", "tcp", "dial-failed", "peer=%s reason=%s" % (self.name(), reason))

    def closed(self):
        """TCP-ABORT.indication, from the connection: it is gone. Who keeps none is
        called as seldom as who takes none.
        """
        self.connection = None
        self.state = CLOSED
        if self.elapsed > self.pause:
            self.pause = self.manager.pause
        self.back_off()

    def back_off(self):
        """Wait before the next attempt, twice as long each time."""
        self.elapsed = 0
        self.wait = self.pause
        self.pause = min(_LONGEST, 2 * self.pause)

    def hang_up(self):
        """Give up connecting."""
        sock = self.sock
        self.sock = None
        if self.state == CONNECTING:
            self.state = CLOSED
        if sock is not None:
            self.manager.queue.discard(sock)
            sock.close()

    def tick(self, ms):
        """ms milliseconds have passed. Allocates nothing while nothing happens."""
        if self.elapsed < _LONGEST:
            self.elapsed += ms
        if self.state == CONNECTING:
            if self.elapsed >= self.manager.timeout:
                self.lost("no-answer")
            elif self.asking:
                self.ready(0)
        elif self.state == CLOSED and self.permanent:
            self.wait -= ms
            if self.wait <= 0:
                self.dial()


class Manager:
    """The lines. service: the Service whose connections they take.

    pause, timeout: seconds until a failed attempt is repeated for the first
    time, and until one has failed.
    """

    def __init__(self, service, queue, log, pause, timeout=10):
        self.service = service
        self.queue = queue
        self.log = log
        self.pause = 1000 * pause
        self.timeout = 1000 * timeout
        self.lines = []

    def place(self):
        """A Connection for what is dialled, None when there is none (A-32)."""
        return self.service.place()

    def line(self, host, port, permanent=False):
        """The line to a destination, one for all who go there; end its use with `leave`."""
        for line in self.lines:
            if line.host == host and line.port == port:
                break
        else:
            line = Line(self, host, port, False)
            self.lines.append(line)
        line.users += 1
        line.permanent = line.permanent or permanent
        return line

    def leave(self, line):
        """A sender goes elsewhere. An open connection is left to its
        client, and ends like every other.
        """
        line.users -= 1
        if not line.users and not line.permanent:
            line.hang_up()
            self.lines.remove(line)

    def drop(self):
        """The network is gone: end what is being dialled. Open connections
        are the service's to close.
        """
        for line in self.lines:
            if line.state == CONNECTING:
                line.hang_up()
                line.back_off()

    def tick(self, ms):
        """ms milliseconds have passed with a network."""
        for line in self.lines:
            line.tick(ms)
