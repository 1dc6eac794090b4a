"""Pushes longer than one APDU: a DataNotification in general block transfer
(REQUIREMENTS D-61, D-63, D.9).

    meter                                       destination
    E0 4w 0001 0000 … 0F head, values …
    E0 0w 0002 0000 …                           the stream is as long as the destination's window
                                                E0 8w 0001 0002 00      all taken: the next stream
    E0 80 0003 0001 …                           the last block

It is an answer that nobody asked for: `dlms.long.gbt` sends it as any other, with its table of
states and its recovery of lost blocks, in an AA that exists for this purpose alone and that no
client can speak in. Memory is what a long answer takes, one transfer of those that the server has
for connections, and only while each connection stays sure of its own. One push goes out at a time;
the others wait.

The values are read when their turn comes, and not at the trigger: rows of a profile are fixed when
the profile's turn has come, and what has gone by then ends the attempt. Each attempt begins anew.

One block goes at each tick of the sender, or when an acknowledgement comes, so
that a long push holds up nobody.

The window is configured (`push_window`), because outside an AA a client says nothing about itself;
with its first acknowledgement it does. Over TCP the push is sent with its last block. Datagrams get
lost: there the sender waits for the acknowledgement of the last block as long as for a
confirmation, and says again what is asked for.
"""

from micropython import const

from dlms.codec import axdr
from dlms.codec.conformance import GENERAL_BLOCK_TRANSFER
from dlms.codec.octets import copy, get16, put16
from dlms.codec.wrapper import HEADER
from dlms.aa.association import ASSOCIATED, Association, Carrier, Link
from dlms.aa.security import LOWEST
from dlms.unasked.notification import DATA_HEAD
from dlms.unasked.outbox import APDU, FIRST
from dlms.long.gbt import TAG
from dlms.long.lending import abandon
from dlms.long.now import GOT
from dlms.long.sources import Entries
from dlms.long.states import GBT_IN, GBT_SENT

_NUMBER = const(2)  # where a block has its number …
_EMPTY = const(6)  # … and the octets of its data
_NO_WAYS = (None, None, None, None, None)  # fast paths: no request comes in this AA


class LongPush(Entries):
    """The one way for them. server: the Server. window: blocks that a destination takes in one
    stream. datagram: octets of the longest.
    """

    # what the server reads of an Association object
    context = 1
    packing = 0
    mechanism = LOWEST  # it takes nobody's place (`dlms.aa.places`)

    def __init__(self, server, window, datagram):
        self.kit = server.kit
        self.window = window
        self.datagram = datagram
        self.tx = server.buffer()
        self.size = 0  # octets of the block in tx that the transport has not taken yet
        self.blocks = 0  # blocks that it has taken, modulo 65,536
        self.sender = None  # whose push it is
        self.list = None  # its values, until its end: a client may write another list meanwhile
        self.connection = None  # over TCP
        self.carrier = Carrier(None, server.kit.transfers, 1, True, 0, server.pdu)
        self.link = link = Link(self.carrier)
        link.running = 1  # as of a link that has its transfer: a further one only while enough stay for the others
        self.aa = aa = Association()
        link.aas[0] = aa
        aa.link = link
        aa.assoc = self
        aa.state = ASSOCIATED
        aa.conformance = GENERAL_BLOCK_TRANSFER
        aa.plain = _NO_WAYS

    # -- an attempt --------------------------------------------------------------------------------

    def start(self, sender, connection):
        """Begin with the oldest push of a sender, over its connection or, None, its UDP socket.

        False when it cannot be done: no transfer is free, or what it reports is gone already.
        """
        kit = self.kit
        aa = self.aa
        self.carrier.stream = connection is not None
        pdu = self.carrier.pdu
        aa.room = pdu if connection is not None else min(pdu, self.datagram - HEADER)
        self.sender = sender
        self.list = sender.source.list
        self.connection = connection
        t = kit.scratch
        t.reset()
        t.aa = aa
        t.source = self
        t.request.pos = 0
        t.request.left = self.list.n()
        t.c1 = axdr.put_head(t.carry, t.c1, axdr.STRUCTURE, t.request.left)
        numbers = kit.dialogue
        numbers.open = True  # in blocks, and with this window
        numbers.unasked(self.window)
        copy(self.tx, HEADER, sender.box.buf, APDU, DATA_HEAD)
        try:
            end = kit.gbt.respond(kit, aa, t, self.tx, DATA_HEAD)
        finally:
            numbers.open = False
        if end:
            self.frame(end)
        return end > 0

    def next(self, t):
        """Put the next value of the structure into carry; as a source of `dlms.long.sources`."""
        request = t.request
        if request.left == 0:
            return False
        request.left -= 1
        t.n = 0
        t.i = 0
        request.pos += 1
        self.list.begin_element(request.pos - 1, t, self.sender.source.common)
        return True

    def frame(self, end):
        """Write the wrapper's header in front of the block tx[HEADER:end]."""
        copy(self.tx, 0, self.sender.box.buf, FIRST, HEADER)
        put16(self.tx, 6, end - HEADER)
        self.size = end

    def release(self):
        """The attempt is over."""
        abandon(self.aa)
        self.link.streaming = None
        self.sender = None
        self.list = None
        self.connection = None
        self.size = 0

    # -- blocks ------------------------------------------------------------------------------------

    def go_on(self):
        """Hand over one block of the stream at hand, if the transport takes it;
        True when that was all of the push.

        The next one waits in tx for another turn, so that clients are
        served between any two (A-35).
        """
        aa = self.aa
        kit = self.kit
        if self.size and not self.aborted() and self.taken():
            self.size = 0
            self.blocks = self.blocks + 1 & 0xFFFF
            if self.link.streaming is not None:
                self.frame(kit.gbt.next_block(kit, aa, aa.transfer, self.tx))
        return self.size == 0 and (aa.transfer is None or aa.transfer.kind == GBT_SENT)

    def taken(self):
        """Whether the transport takes the block in tx now."""
        if self.connection is not None:
            return self.connection.send(self.tx, 0, self.size)
        sock = self.sender.sock  # closed when the network goes
        return sock is not None and sock.write(self.tx, 0, self.size)

    def aborted(self):
        """Whether the push cannot be continued, because what it reports is gone or the
        destination acknowledges what was not sent.

        A refusal stands then in the place of a block; it is not sent, for
        nobody has asked for anything.
        """
        return self.size != 0 and self.tx[HEADER] != TAG

    def acknowledge(self, buf, p, end):
        """The destination acknowledges with the block buf[p:end]: go on after
        it. True when all has arrived.
        """
        if self.aa.transfer is None:
            return False
        end = self.kit.gbt.request(self.kit, self.aa, buf, p, end, self.tx)
        if end:
            self.frame(end)
        return end == 0 and self.aa.transfer is None

    # -- for the server ----------------------------------------------------------------------------

    def heard(self, link, aa, buf, p, end):
        """Whether the block buf[p:end], which came in an AA of a link or outside
        one (None), acknowledges a push.

        Then it is served here. Outside an AA it can be nothing else, and is late when no push is
        under way on that connection. The blocks of each dialogue have numbers of their own, and on
        a connection none is missing: so what acknowledges another one is answered with an error.
        """
        if end - p != _EMPTY + 1 or buf[p + _EMPTY] or aa is self.aa:
            return False
        if aa is not None and aa.transfer is not None and aa.transfer.kind >= GBT_IN:
            return False
        t = self.aa.transfer
        if (
            self.connection is None
            or self.connection is not link
            or t is None
            or get16(buf, p + _NUMBER) != t.gbt.now[GOT] + 1
        ):
            return aa is None
        self.sender.acknowledged(buf, p, end)
        return True
