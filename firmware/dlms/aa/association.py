"""Application associations and the links that carry them.

A `Link` is what the wrapper's peers talk over: one TCP connection, or one UDP peer (address and
port). On a link an AA is identified by the pair of wPorts (client, server); with the link that
gives the two triplets (IP, port, wPort) of IEC 62056-9-7 §9.2 (REQUIREMENTS A-12). Links and AAs
are made at start and used for one client after another.

States of an AA (IEC 62056-5-3):

    IDLE --AARQ accepted, lowest level or LLS--> ASSOCIATED
    IDLE --AARQ accepted, HLS--> PENDING --pass 3 proved--> ASSOCIATED      (PENDING is for high level security)
    ASSOCIATED, PENDING --RLRQ, AARQ anew, TCP-ABORT, inactivity--> IDLE
"""

from micropython import const

from dlms.codec.octets import clear, copy
from dlms.codec.wrapper import HEADER
from dlms.aa.pool import Pool
from dlms.aa.security import LOWEST
from dlms.aa.trail import trail

ROW = const(20)  # octets of a row of access rights (`cosem.rights`)

# places in a way (`dlms.ln.fast_plain`)
_OBJS = const(0)
_TABLE = const(1)
_ACC = const(2)
_ROWS = const(3)
_PLACE = const(4)
_SERVICES = const(5)
_ROOM = const(6)
_CODES = const(7)
_STACK = const(8)
OTHER = const(9)
_NAMES = const(10)
_TRANSFER = const(10)  # … while a transfer runs
WAY = const(11)
# places in what the fast paths of all AAs take (`Association.opened`)
_SHORT_OTHER = const(2)
_SHORT_NAME = const(3)
_SHORT_ROWS = const(4)
# above the conformance: a GET is answered whatever its service class
ANSWERS_GET = const(0x1000000)
OVER_STREAM = const(0x2000000)  # the AA is one over TCP


def not_plain(way, rx, off, n, tx, served):
    """What stands for `fast_other` in CLOSED."""
    return 0


# the way where there is none: no record in the directory, no service negotiated
CLOSED = [0] * WAY
CLOSED[OTHER] = not_plain

IDLE = const(0)
PENDING = const(1)
ASSOCIATED = const(2)


class Association:
    """One application association: what was negotiated, and the long transfer that runs in it."""

    def __init__(self):
        self.state = IDLE
        self.assoc = None  # the Association object: the configuration of this AA
        self.link = None
        self.confirmed = True  # response-allowed of the InitiateRequest (REQUIREMENTS B-05)
        self.conformance = 0  # above its 24 bits ANSWERS_GET and OVER_STREAM
        self.max_send = 0  # client-max-receive-pdu-size, 0 = no limit announced
        self.qos = -1  # quality of service proposed, -1 for none
        self.user = -1  # calling user id, -1 for none
        # The response is encoded at tx[start:start+room]; the octets in front of start are for the
        # WPDU header and, with ciphering, for the security header.
        self.start = HEADER
        self.room = 0  # the longest response APDU in the buffer and in blocks …
        self.most = 0  # … and where blocks were not negotiated
        self.transfer = None
        self.plain = None  # what the fast paths of all AAs take: see `opened`
        self.way = [None] * WAY  # for the fast paths: see `fast_plain`; made once, filled when the AA opens
        self.index = 0  # number of this AA on its link
        self.serial = 0  # … and among all that were opened (`places`)
        self._parameters = None  # Protocol_Connection_Parameters, once somebody read them

    def object(self, j):
        """The object at index j; the AA's own Association object stands at 0.0.40.0.0.255."""
        obj = self.assoc.directory.objs[j]
        return self.assoc if obj is None else obj

    def proven(self):
        """Whether the client has proved who it is: by its secret when the AA opened,
        with HLS when pass 3 was right.
        """
        return self.state == ASSOCIATED and self.assoc.mechanism != LOWEST

    def trail(self):
        """Protocol_Connection_Parameters as text, for the log."""
        return trail(self.link, self.assoc.client, self.assoc.server)

    def parameters(self):
        """The same as octets, for who reads them. Takes heap once an AA, and only then."""
        if self._parameters is None:
            self._parameters = self.trail().encode()
        return self._parameters

    def opened(self, errors, plain):
        """The AA is in force: take what serving it needs from the association object, the table of
        answers, and what the fast paths take: codes, stack, `fast_other`, `short_name`,
        `fast_rows`.
        """
        self._parameters = None
        assoc = self.assoc
        way = self.way
        if way[_ACC] is not assoc.acc:
            # of another Association object than last time
            d = assoc.directory
            way[_OBJS] = d.objs
            way[_TABLE] = d.table
            way[_ACC] = assoc.acc
            way[_ROWS] = d.rows
            way[_PLACE] = d.place
            way[_CODES] = plain[0]
            way[_STACK] = plain[1]
            self.plain = plain
        more = OVER_STREAM if self.link.carrier.stream else 0
        if self.confirmed and errors.unconfirmed_get and not assoc.preestablished:
            more |= ANSWERS_GET  # `answers_get`, which would cost an AARQ a call
        self.conformance |= more
        way[_ROOM] = self.room
        self.heat()

    def heat(self):
        """Decide anew which requests may take a fast path: plain ones, those for the next block
        while a transfer runs, or none where the AA is not associated or not confirmed.

        While a transfer runs no service is negotiated as far as the way shows, so that what is
        plain otherwise takes the slow path, which ends the transfer.
        """
        way = CLOSED
        if self.state == ASSOCIATED and self.confirmed:
            way = self.way
            t = self.transfer
            short_names = self.assoc.context & 1 == 0
            if t is not None:
                way[_SERVICES] = 0
                way[OTHER] = not_plain if short_names else self.plain[_SHORT_ROWS]
                way[_TRANSFER] = t
            else:
                way[_SERVICES] = self.conformance
                way[OTHER] = self.plain[_SHORT_NAME if short_names else _SHORT_OTHER]
                if short_names:
                    way[_NAMES] = self.assoc.names.table
        self.link.ways[self.index] = way


def associations(n, links):
    """A pool of n AAs; each of `links` is sure of one (see `pool.Pool`)."""
    return Pool([Association() for _ in range(n)], links)


class Carrier:
    """What the links of one transport share.

    pool: of AAs. transfers: pool of long transfers. most: AAs on one link. stream: TCP, and not
    UDP. send_limit: the longest APDU that the transport takes (REQUIREMENTS A-08). links: those
    that hold AAs, by who makes them; server, queue, tx: the server as its connections get it,
    asyncio's queue and the transmit buffer, likewise.
    """

    links = ()
    server = None
    queue = None
    tx = None

    def __init__(self, pool, transfers, most, stream, send_limit, pdu):
        self.pool = pool
        self.transfers = transfers
        self.most = most
        self.stream = stream
        self.send_limit = send_limit
        self.pdu = pdu


class Link:
    """One TCP connection or one UDP peer with the AAs on it.

    `keys` holds four octets for each of the first `n` AAs: client wPort, server wPort, as they
    stand in a request's header, and zeros after them; `ways` what the fast paths need of each,
    CLOSED where they are not for it.
    """

    def __init__(self, carrier):
        self.carrier = carrier
        self.running = 0  # long transfers that run in the AAs of this link
        self.streaming = None  # the AA whose stream of blocks goes on with `Server.more`
        self.keys = bytearray(4 * carrier.most + 4)
        self.ways = [CLOSED] * (carrier.most + 1)
        self.aas = [None] * carrier.most
        self.n = 0
        self.local = ""  # address and port of this end, for the log
        self.served = False  # a request in an open AA since the transport looked last

    def name(self):
        """Address and port of the peer as text, for the log; asked for only when an AA opens.
        Here, of a link without a peer of its own.
        """
        return self.local

    def settle(self, other):
        """Become the link of the peer that `other`, a link without room for AAs, stood for."""
        self.local = other.local

    def take(self, rx, off):
        """A fresh AA for the wPorts at rx[off:off+4], or None when the
        link or the pool has no more.
        """
        n = self.n
        aa = self.carrier.pool.take(n) if n < self.carrier.most else None
        if aa is not None:
            copy(self.keys, 4 * n, rx, off, 4)
            self.aas[n] = aa
            aa.link = self
            aa.index = n
            self.n = n + 1
        return aa

    def drop(self, i):
        """Give AA number i back: the last one takes its place."""
        n = self.n - 1
        aas = self.aas
        aa = aas[i]
        aa.state = IDLE
        aa.assoc = None
        self.carrier.pool.give(aa, n)
        if i != n:
            aas[i] = aas[n]
            aas[i].index = i
            copy(self.keys, 4 * i, self.keys, 4 * n, 4)
            self.ways[i] = self.ways[n]
        aas[n] = None
        self.ways[n] = CLOSED
        clear(self.keys, 4 * n, 4)
        self.n = n
