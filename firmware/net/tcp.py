"""TCP: a listener and a fixed number of connections, each with a receive buffer of its own.

The states of a connection after IEC 62056-4-7 (REQUIREMENTS A-56):

    NO CONNECTION   --accept-->                            IDLE
    IDLE            --octets-->                            RECEIVING
    RECEIVING       --WPDU complete-->                     SENDING
    SENDING         --all sent-->                          IDLE
    any of them     --FIN, RST, bad version, time-out-->   NO CONNECTION, with TCP-ABORT to
                                                           the application layer (A-33)

A connection is not read while an answer waits to be sent, so that a slow peer delays only itself
and TCP's own flow control holds back its next requests (A-23, A-24).

One turn of the poll does one thing for a connection: serves one WPDU, or sends one block of a
stream. A client that sends many requests ahead waits for them to be served, and nobody else does
(A-35). `_MORE` marks what is left for the next turn. It is done as soon as the socket is writable,
which the poll reports. So no list is kept of the connections that have something left.
"""

from micropython import const

from dlms.codec.octets import copy, get16
from dlms.codec.wrapper import BAD_VERSION, HEADER, INCOMPLETE, frame
from dlms.aa.association import Link
from dlms.aa.places import proven
from dlms.aa.service_class import HEAD
from net import address
from net.hot import receive_one

_POLLIN = const(1)  # POLLIN, the same on every port of MicroPython
_POLLOUT = const(4)
_KEPT = HEADER + HEAD  # octets of a too long WPDU that show how it is answered
# instead of an offset: all is sent, and the next turn has a block of a stream
# to send or a WPDU in rx to serve
_MORE = -1
_YIELDS = const(5000)  # milliseconds after which a connection may have to yield its place
_LONGEST = const(0x10000000)  # … up to which they are counted: no large integer, however long nobody comes


class Connection(Link):
    """One TCP connection: wrapper, receive buffer and link. Made once, used
    for one client after another.

        rx:  | WPDU, WPDU, … served in place | part of a WPDU |        8 + PDU octets
             0                               off              have

    carrier.tx is the transmit buffer of all transports. What a socket does not take at once of an
    answer is kept aside. So tx is free between two answers, and the octets that continue a WPDU
    arrive there, because a socket reads to offset 0 only.
    """

    def __init__(self, carrier):
        super().__init__(carrier)
        server = carrier.server
        self.rx = bytearray(HEADER + server.pdu)
        # what the fast path takes, in one place so that a request loads little
        self.quick = (server.fast, self.keys, self.ways, carrier.tx, server.served, self.rx)
        self.sock = None
        self.remote = ""  # address and port of the peer, for the log
        self.owner = None  # who opened the connection when that was not the peer, and hears of its end
        self.off = 0
        self.have = 0
        self.kept = None  # octets of an answer still to be sent are kept[out:out_end]
        self.out = 0  # …; or _MORE
        self.out_end = 0
        self.drain = 0  # octets of a too long WPDU still to be thrown away
        self.active = False  # octets went either way since the supervisor looked last
        self.quiet = 0  # milliseconds without any
        self.inside = -1  # milliseconds inside one WPDU, received or sent; -1: in none that the supervisor has seen

    def name(self):
        return self.remote

    def open(self, sock, local, remote):
        """TCP-CONNECT.indication or .confirm: take an accepted or dialled,
        non-blocking socket into use, in place of a client who yields.

        When this raises the connection is free, and the socket still the caller's.
        """
        if self.sock is not None:
            self.close("place-taken")
        self.off = 0
        self.have = 0
        self.out = 0
        self.out_end = 0
        self.drain = 0
        self.active = True
        self.quiet = 0
        self.inside = -1
        self.local = local
        self.remote = remote
        self.sock = sock
        try:
            self.carrier.queue.add(sock, self)
        except Exception:
            self.sock = None
            raise

    def close(self, reason):
        """TCP-ABORT.indication: the connection is gone, and with it all its AAs (A-33, A-34)."""
        sock = self.sock
        self.sock = None
        self.kept = None
        self.out = _MORE  # serving a request may have ended it: what stands after that in rx is not served
        self.out_end = 0
        self.carrier.queue.discard(sock)
        sock.close()
        owner = self.owner
        if owner is not None:
            self.owner = None
            owner.closed()
        self.carrier.server.abort(self)
        self.carrier.server.log("INFO", "tcp", "close", "peer=%s reason=%s" % (self.remote, reason))

    def ready(self, event):
        """The poll says that the socket can be read, written, or has failed."""
        self.active = True
        if event == _POLLIN:
            self.receive()
        elif event & _POLLOUT:
            self.flush()
        elif self.out == self.out_end:
            # an error or a hang-up shows itself when the socket is read
            self.receive()
        else:
            self.close("hang-up")

    def failed(self, e):
        """`ready` raised: the peer reset the connection, or something worse. This
        connection ends, and no other.
        """
        if self.sock is not None:
            self.close("error-%s" % (e.errno if isinstance(e, OSError) else type(e).__name__))
            if not isinstance(e, OSError):
                self.carrier.server.log("ERROR", "tcp", "fault", "peer=%s error=%s" % (self.remote, type(e).__name__))

    def receive(self):
        """Read what has come and serve the first WPDU in it."""
        if self.have == 0:
            n = receive_one(self, self.sock, self.rx)
            if n != -1:
                self.received(n)
            return
        # the rest of a WPDU: no more than fits after what is there
        n = self.sock.readinto(self.carrier.tx, len(self.rx) - self.have)
        if n and not self.drain:
            copy(self.rx, self.have, self.carrier.tx, 0, n)
        self.taken(n)

    def received(self, n):
        """n octets have come into the empty receive buffer, where the fast path is not for them."""
        if n and frame(self.rx, 0, n, self.carrier.pdu) == n:
            # one WPDU and nothing else
            self.answer(self.carrier.server.serve(self, self.rx, 0, n, self.carrier.tx))
        else:
            self.taken(n)

    def taken(self, n):
        """n octets have come: 0 at the end of the connection, None for nothing yet."""
        if n is None:
            return
        if n == 0:
            self.close("peer")
        elif self.drain:
            if self.have < _KEPT:
                kept = min(_KEPT - self.have, n)
                copy(self.rx, self.have, self.carrier.tx, 0, kept)
                self.have += kept
            self.discard(n)
        else:
            self.have += n
            self.process()

    def process(self):
        """Serve the WPDU at rx[off:], if it is complete."""
        rx = self.rx
        size = frame(rx, self.off, self.have - self.off, self.carrier.pdu)
        if size == BAD_VERSION:
            self.close("version")
        elif size < 0:
            self.too_long()
        else:
            if size != INCOMPLETE:
                self.inside = -1
                off = self.off
                self.off = off + size
                self.answer(self.carrier.server.handle(self, rx, off, size, self.carrier.tx))
            if self.out == self.out_end:
                self.go_on()

    def go_on(self):
        """All is sent: the next turn is for the stream that runs, or for the WPDU
        at rx[off:] if it is complete.

        The part of one moves to the start of rx; one that is too long is being thrown away.
        """
        if self.streaming is not None:
            self.wait_more()
            return
        if self.drain:
            return
        rx = self.rx
        n = self.have - self.off
        if n and frame(rx, self.off, n, self.carrier.pdu) != INCOMPLETE:
            self.wait_more()
            return
        if self.off and n:
            copy(rx, 0, rx, self.off, n)
        self.off = 0
        self.have = n

    def answer(self, n):
        """Send n octets of tx; what the socket does not take now is sent when it can (A-24).
        0 while an answer is only measured.
        """
        if n:
            sent = self.sock.write(self.carrier.tx, n)
            if sent != n:
                self.wait_out(sent or 0, n)
            elif self.streaming is not None:
                self.wait_more()
        elif self.streaming is not None:
            self.wait_more()

    def send(self, buf, off, n):
        """Send a WPDU that nobody asked for; False while an answer waits to be sent,
        in whose place it cannot stand.
        """
        if self.sending():
            return False
        copy(self.carrier.tx, 0, buf, off, n)
        self.active = True
        self.answer(n)
        return True

    def sending(self):
        """Whether part of an answer or of a stream is still to be sent, or the connection is gone;
        requests not yet served do not count.
        """
        return self.out != self.out_end and (self.out != _MORE or self.streaming is not None or self.sock is None)

    def wait_out(self, sent, n):
        """tx[sent:n] is still to be sent: keep it, watch for that, and
        read nothing before it is done.

        It is kept in the receive buffer, which has no other use meanwhile; only when further
        requests of this client are in there, which sends them without reading the answers,
        memory is taken for it until it is sent.
        """
        n -= sent
        if self.off == self.have:
            self.off = 0
            self.have = 0
            self.kept = self.rx
        else:
            self.kept = bytearray(n)
        copy(self.kept, 0, self.carrier.tx, sent, n)
        self.out = 0
        self.out_end = n
        self.carrier.queue.want(self.sock, _POLLOUT)

    def wait_more(self):
        """All is sent; the next turn goes on with a stream or with rx, when the socket takes more."""
        self.out = _MORE
        self.out_end = 0
        self.carrier.queue.want(self.sock, _POLLOUT)

    def flush(self):
        """Do one thing: send what is left of an answer, the next block of a stream or slice of
        a long answer, or serve a WPDU of rx.
        """
        if self.out != _MORE:
            self.out += self.sock.write(self.kept, self.out, self.out_end - self.out) or 0
            if self.out != self.out_end:
                return
            self.kept = None
            self.out = 0
            self.out_end = 0
            self.inside = -1
            self.go_on()
        else:
            self.out = 0
            self.inside = -1
            if self.streaming is None:
                self.process()
            else:
                n = self.carrier.server.more(self, self.carrier.tx)
                if n < 0:
                    self.close("cut-short")
                else:
                    self.answer(n)
                if self.out == self.out_end:
                    self.go_on()
        if self.out == self.out_end:
            self.carrier.queue.want(self.sock, _POLLIN)

    def too_long(self):
        """The WPDU at rx[off:] announces more than fits: throw it away as it comes,
        never more memory than rx (A-27).
        """
        rx = self.rx
        n = self.have - self.off
        self.have = min(n, _KEPT)  # these wait at rx[0:have] for the answer
        copy(rx, 0, rx, self.off, self.have)
        self.off = 0
        self.drain = HEADER + get16(rx, 6)
        self.discard(n)

    def discard(self, n):
        """n more octets of a too long WPDU are gone; after the last one answer the client (D-95)."""
        self.drain -= n
        if self.drain <= 0:
            # what follows the WPDU is served as ever: out of the way of the answer with it
            rest = -self.drain
            self.drain = 0
            self.inside = -1
            copy(self.rx, _KEPT, self.carrier.tx, n - rest, rest)
            size = self.carrier.server.too_long(self, self.rx, self.carrier.tx, _KEPT)
            copy(self.rx, 0, self.rx, _KEPT, rest)
            self.have = rest
            self.answer(size)
            if self.out == self.out_end:
                self.go_on()

    def watch(self, ms, idle_limit, frame_limit):
        """Called by the supervisor every ms milliseconds: close what has
        been quiet too long (A-31).

        frame_limit: milliseconds between two octets of a WPDU, or of an answer not fetched;
        idle_limit: of a connection, 0 for never.

        The time inside a WPDU is counted from the second look at it, that of silence from the look
        after the last octet: never more than there was.
        """
        if not self.have and self.out == self.out_end:
            self.inside = -1
        elif self.inside < _LONGEST:
            self.inside = self.inside + ms if self.inside >= 0 else 0
        if self.active:
            self.active = False
            self.quiet = 0
            return
        if self.quiet < _LONGEST:
            self.quiet += ms
        if self.have or self.out != self.out_end:
            if self.quiet >= frame_limit:
                self.close("stalled")
        elif idle_limit and self.quiet >= idle_limit:
            self.close("idle")


def place(connections, most):
    """A Connection for a newcomer, None when there is none (A-32).

    Where as many as `most` are in use it is that of a client who yields, which `Connection.open`
    closes.
    """
    free = None
    used = 0
    for c in connections:
        if c.sock is None:
            free = c
        else:
            used += 1
    if used < most and free is not None:
        return free
    # above `most`, which may have been lowered, one less would be too many still
    return yielding(connections) if used <= most else None


def yielding(connections):
    """The connection that has been silent, or inside one WPDU, for longest and long enough,
    and holds no AA whose client has proved who it is; None when there is none.
    """
    found = None
    longest = _YIELDS
    for c in connections:
        waited = max(c.quiet, c.inside)
        if c.sock is not None and waited >= longest and not proven(c):
            found = c
            longest = waited + 1
    return found


class Listener:
    """A listening socket of the TCP connection manager: passive OPEN (A-50, A-57)."""

    have = -1  # nothing is read from it (`net.hot`)

    def __init__(self, sock, name, connections, queue, log, most):
        self.sock = sock
        self.name = name
        self.connections = connections
        self.log = log
        self.most = most  # function: nb_of_sim_conn of the TCP-UDP setup object
        self.locate = None  # function: our end of a connection with a peer, where `name` is that of all addresses
        self.accepts = 0  # connections accepted, kept or not
        self.refused = 0  # … and not kept, because all places were taken
        queue.add(sock, self)

    def ready(self, event):
        """A client is waiting: give it a place, or close it at once when there is none (A-32)."""
        address.reserve()
        sock = None
        try:
            sock, peer = self.sock.accept()
            self.enter(sock, peer)
        except Exception as e:
            if sock is not None:
                sock.close()
            elif isinstance(e, OSError):
                return  # the client has gone already
            raise

    def enter(self, sock, peer):
        """A client has been accepted. When this raises its socket is the caller's to close."""
        self.accepts = self.accepts + 1 & 0xFFFFFF
        remote = address.text(peer)
        free = place(self.connections, self.most())
        if free is None:
            sock.close()
            self.refused = self.refused + 1 & 0xFFFFFF
            self.log("WARN", "tcp", "refused", "peer=%s" % remote)
            return
        sock.setblocking(False)
        address.no_delay(sock)
        self.log("INFO", "tcp", "accept", "peer=%s" % remote)
        free.open(sock, self.name if self.locate is None else self.locate(peer, remote), remote)

    def failed(self, e):
        """`ready` raised: this client is lost, the next one is not."""
        self.log("ERROR", "tcp", "accept", "error=%s" % type(e).__name__)
