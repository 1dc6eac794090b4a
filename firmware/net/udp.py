"""UDP: one datagram is one WPDU, and the answer goes back to where the request
came from (REQUIREMENTS A-40 to A-46).

The wrapper keeps no state from one datagram to the next (A-41). What has a state are AAs, kept per
peer - address and port - in a fixed number of links with an inactivity of their own, so that forged
sources can use up neither memory nor the TCP connections. A peer without an AA has no link: it gets
a free one for the moment, and keeps it when its AARQ is accepted.

One turn of the poll serves one datagram of a socket, or sends one block of a stream:
then the other sockets have theirs (A-35). While a stream goes out over it a socket is
not read, as a TCP connection is not.

A socket for each local address (`net.service`), because a socket that is bound to all of them
answers from the one that the network chooses, and does not show at which one it was asked. An AA
belongs to the address where it was opened (A-65).
"""

from micropython import const

from dlms.codec.octets import copy, get16
from dlms.codec.wrapper import HEADER, TOO_LONG, frame
from dlms.aa.association import Link
from dlms import all_station
from net import address

_POLLIN = const(1)  # POLLIN, the same on every port of MicroPython
_POLLOUT = const(4)
_EXCEPTION_RESPONSE = const(0xD8)  # as `dlms.codec.tags.EXCEPTION_RESPONSE`
_KEPT = const(16)


class UdpLink(Link):
    """A UDP peer that holds AAs."""

    def __init__(self, carrier):
        super().__init__(carrier)
        self.peer = None  # socket address of the peer
        self.port = None  # the UdpPort it talks to
        self.quiet = 0

    def name(self):
        return address.text(self.peer)

    def hears_groups(self):
        """Whether one of its AAs is unconfirmed."""
        i = 0
        while i < self.n:
            if not self.aas[i].confirmed:
                return True
            i += 1
        return False

    def settle(self, other):
        super().settle(other)
        self.peer = other.peer
        self.port = other.port
        self.quiet = 0


class UdpPort:
    """A bound UDP socket.

    links: the pool of links, shared by the sockets of all families. overflow: a link without room
    for AAs, for the time when all are taken. tx: the transmit buffer of all transports. home: for
    the socket of a multicast group, the port whose views of it it shares (`net.multicast`).
    """

    have = -1  # a datagram is not read as a stream is (`net.hot`)

    def __init__(self, sock, name, server, links, overflow, datagram, queue, tx, home=None):
        self.sock = sock
        self.name = name
        self.server = server
        self.links = links
        self.overflow = overflow
        self.size = datagram + 1  # one more than is taken, so that a longer datagram does not look whole
        # what comes here is to an IP broadcast or multicast address, or to one
        # that has no socket of its own
        self.group = False
        self.unheard = False  # … somebody there asked for an answer
        self.home = home or self
        self.queue = queue
        self.streaming = None  # the link whose stream of blocks goes out
        self.tx = tx
        self.view = home.view if home else memoryview(tx)
        self.views = home.views if home else [b""] * _KEPT  # slices of view by length, kept: sendto takes no length
        queue.add(sock, self)

    def ready(self, event):
        """A datagram has come, or the next block of a stream can go. What is no
        WPDU is dropped (A-40, A-42).
        """
        if self.streaming is not None:
            self.next_block(self.streaming)
            return
        try:
            data, peer = self.sock.recvfrom(self.size)
        except OSError:
            return
        n = len(data)
        # the WPDU must fill the datagram exactly
        if n < HEADER or get16(data, 6) + HEADER != n:
            self.dropped(peer, "length")
            return
        size = frame(data, 0, n, self.server.pdu)
        if size != n and size != TOO_LONG:
            self.dropped(peer, "version")
            return
        if self.group:
            if size == n:
                self.to_group(data, n, peer)
            return
        link = self.find(peer)
        server = self.server
        if size != n:
            n = server.too_long(link, data, self.tx, n)
        else:
            size = server.fast(link.keys, link.ways, data, 0, n, self.tx, server.served)
            if size and self.tx[HEADER] != _EXCEPTION_RESPONSE:
                link.served = True
            n = size or server.serve(link, data, 0, n, self.tx)
        if n:
            self.answer(n, peer)
            if link.streaming is not None:
                self.streaming = link
                self.queue.want(self.sock, _POLLOUT)

    def to_group(self, data, n, peer):
        """Serve a WPDU that came to a group: nothing is answered, because all the others of
        the group would answer as well (A-63).

        It is for the unconfirmed AAs of the peer, at whichever of our addresses they were opened.
        """
        link = None
        for each in self.links:
            if each.n and each.peer == peer and (link is None or not link.hears_groups()):
                link = each
        if link is None:
            link = self.find(peer)
        if not all_station.to_group(self.server, link, data, 0, n, self.tx):
            self.unheard = True

    def next_block(self, link):
        """Send the next block of the stream of a link, unless its AA has ended meanwhile; after
        the last one the socket is read again.
        """
        if link.streaming is not None and link.port is self.home:
            self.answer(self.server.more(link, self.tx), link.peer)
        if link.streaming is None or link.port is not self.home:
            self.streaming = None
            self.queue.want(self.sock, _POLLIN)

    def dropped(self, peer, reason):
        """A datagram is no WPDU: say so at DEBUG (A-58)."""
        if self.server.trail.debug:
            self.server.log("DEBUG", "udp", "dropped", "peer=%s reason=%s" % (address.text(peer), reason))

    def answer(self, n, peer):
        """Send tx[0:n]."""
        try:
            self.sock.sendto(self.slice(n), peer)
        except OSError:
            pass  # best effort: a datagram that cannot be handed over is lost

    def send(self, link, buf, off, n):
        """Send a WPDU that nobody asked for to the peer of a link; False when the
        datagram cannot be handed over now.
        """
        if self.sock is None:
            return False
        copy(self.tx, 0, buf, off, n)
        try:
            self.sock.sendto(self.slice(n), link.peer)
        except OSError:
            return False
        return True

    def failed(self, e):
        """`ready` raised: this datagram is lost, the next one is not."""
        self.server.log("ERROR", "udp", "datagram", "error=%s" % type(e).__name__)

    def find(self, peer):
        """The link of a peer; a free one when it has none, without room for AAs when all are taken."""
        free = self.overflow
        home = self.home
        for link in self.links:
            if link.n == 0:
                free = link
            elif link.peer == peer and link.port is home:
                return link
        free.peer = peer
        free.port = home
        free.local = self.name
        free.quiet = 0
        return free

    def slice(self, n):
        """tx[0:n] as a memoryview; those of recent lengths are kept, so that
        steady traffic allocates none.
        """
        i = n % _KEPT
        view = self.views[i]
        if len(view) != n:
            view = self.view[:n]
            self.views[i] = view
        return view


def watch(server, links, ms, limit):
    """Called by the supervisor every ms milliseconds: an AA over UDP ends after `limit`
    milliseconds in which nothing was served (A-46).
    """
    for link in links:
        if link.n:
            if link.served:
                link.served = False
                link.quiet = 0
            else:
                link.quiet += ms
                if link.quiet >= limit:
                    server.abort(link)
