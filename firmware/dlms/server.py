"""The server: one WPDU in, one WPDU or nothing out.

`handle` is the whole interface to the transports: octets of a request in a buffer, octets of the response in another. It knows
no socket, clock or file, so that a test, a fuzzer or a UART drives it exactly as TCP does. In the steady state it
allocates nothing, and what an object raises ends one request; only opening and closing an AA, which are logged, take heap.

The short way (`dlms.short`): a GET of one short attribute, what a head-end sends all day, is served by a single function.
Everything else goes through `serve`.
"""

from array import array

from micropython import const

from dlms import acse, action, get, set, wrapper
from dlms.association import ASSOCIATED, IDLE, Carrier
from dlms.axdr import shorten
from dlms.errors import ACCEPTED, REJECTED, REJECTED_TRANSIENT, ConformanceClientErrors, Errors
from dlms.octets import NOT_FOUND, OTHER_CLASS, add32, find, find_key, get16, length, length_size, scan
from dlms.pool import Pool
from dlms.security import LN_CONTEXT
from dlms.short import short_get
from dlms.stream import NONE, Transfer
from dlms.wrapper import HEADER

_TAIL = const(16)  # octets of a transmit buffer behind the longest APDU: `response.first` tries them
_EVERYTHING = const(0x3FFFFFFF)
_RESPONSES = (0xC4, 0xC5, 0xC7, 0x61, 0x63, 0x0F, 0xC2, 0x0C, 0x0D, 0x08, 0x0E, 0x10, 0x18, 0x16, 0xD8, 0xDA)
_SN_SERVICES = (0x05, 0x06)


class Server:
    """The application layer of all logical devices behind one port.

    devices: wPorts of the logical devices. associations: the Association objects, each for one pair of wPorts.
    limits: the board's module of limits. log: called with level, component, event and text for what an operator should know.
    served: four octets that count the WPDUs taken.
    """

    def __init__(self, devices, associations, limits, ctt=False, log=None, broadcast=0x7F, served=None):
        self.errors = ConformanceClientErrors() if ctt else Errors()
        self.wports = devices
        self.associations = associations
        self.pdu = limits.PDU  # the longest APDU taken, announced as server-max-receive-pdu-size
        self.element = limits.ELEMENT
        self.list_limit = limits.LIST
        self.depth = limits.NESTING
        self.log = log or no_log
        self.broadcast = broadcast
        self.served = served or bytearray(4)  # WPDUs taken, 32 bits
        self.short = short_get  # the short way, for a transport that calls it before `handle`
        self.everything = _EVERYTHING
        self.refusal = 0
        self.stack = array("H", bytes(2 * limits.NESTING))
        self.aarq = acse.Aarq()
        # A response always begins in the scratch transfer; only when it turns out long the association keeps it
        # and a free one becomes the scratch. Every TCP connection is sure of one; datagrams have a few of their own,
        # because whoever sends them may not be who he says.
        self.transfers = Pool([Transfer(limits) for _ in range(limits.TRANSFERS)], limits.CONNECTIONS)
        self.udp_transfers = Pool([Transfer(limits) for _ in range(limits.UDP_TRANSFERS)], 0)
        self.scratch = Transfer(limits)

    def buffer(self):
        """A new transmit buffer that fits every response; one serves all transports, because only one response is made at a time."""
        return bytearray(HEADER + self.pdu + _TAIL)

    def carrier(self, pool, most, stream, send_limit=_EVERYTHING):
        """What the links of TCP (stream true) or UDP share, each with at most `most` AAs of the pool."""
        return Carrier(self, pool, self.transfers if stream else self.udp_transfers, most, stream, send_limit)

    # -- the door ------------------------------------------------------------------------------------

    def handle(self, link, rx, off, n, tx):
        """Serve the WPDU rx[off:off+n] of a link; returns the size of the answer's WPDU at tx[0:], or 0 for none."""
        return short_get(link.keys, link.ways, rx, off, n, tx, self.served) or self.serve(link, rx, off, n, tx)

    def serve(self, link, rx, off, n, tx):
        """`handle` for everything but the short way."""
        add32(self.served, 0, 1)
        source = get16(rx, off + 2)
        device = get16(rx, off + 4)
        # an empty APDU, No-station, a logical device that does not exist; nobody answers a broadcast
        if n <= HEADER or source == 0 or device not in self.wports or device == self.broadcast:
            return 0
        i = find_key(link.keys, link.n, rx, off + 2)
        tag = rx[off + HEADER]
        if tag == acse.AARQ:
            end = self.associate(link, i, rx, off, off + n, tx)
        elif tag == acse.RLRQ:
            end = self.release(link, i, rx, off, off + n, tx)
        elif i < 0:
            end = self.idle(link, tag, tx)
        else:
            end = self.dispatch(link.aas[i], tag, rx, off + HEADER, off + n, tx)
        return wrapper.answer(tx, rx, off, end - HEADER) if end else 0

    def too_long(self, link, rx, tx):
        """Answer a WPDU whose APDU was longer than `pdu` and was not kept; its header is rx[0:8] (A-27, D-95)."""
        i = find_key(link.keys, link.n, rx, 2)
        if i < 0:
            return 0
        aa = link.aas[i]
        self.abandon(aa)
        end = self.exception(aa, tx, self.errors.apdu_too_long) if aa.confirmed else 0
        return wrapper.answer(tx, rx, 0, end - HEADER) if end else 0

    # -- dispatch --------------------------------------------------------------------------------------

    def dispatch(self, aa, tag, rx, p, end, tx):
        """Serve the APDU rx[p:end] in an open AA; returns the offset behind the answer, or 0 for none."""
        if not aa.confirmed and not (end - p > 2 and rx[p + 2] & 0x40 == 0):
            return 0  # B-08: a confirmed service in an unconfirmed AA is dropped
        try:
            if tag == 0xC0:
                end = get.request(self, aa, rx, p, end, tx)
            elif tag == 0xC1:
                end = set.request(self, aa, rx, p, end, tx)
            elif tag == 0xC3:
                end = action.request(self, aa, rx, p, end, tx)
            else:
                end = self.other(aa, tag, tx)
        except Exception as e:
            end = self.escaped(aa, tag, rx[p + 2] if end - p > 2 else 0, tx, e)
        # D-99: nothing is ever sent in an unconfirmed AA
        return end if aa.confirmed else 0

    def idle(self, link, tag, tx):
        """An APDU other than AARQ and RLRQ outside any AA (D-91, D-96)."""
        if tag in _RESPONSES or not link.carrier.stream:
            return 0
        return self.refuse(tx, HEADER, self.errors.no_association)

    def other(self, aa, tag, tx):
        """An APDU that is no service of this AA."""
        errors = self.errors
        self.abandon(aa)
        if tag in _RESPONSES:
            return self.exception(aa, tx, errors.response_apdu)
        return self.exception(aa, tx, errors.sn_service if tag in _SN_SERVICES else errors.unknown_apdu)

    def escaped(self, aa, tag, iip, tx, e):
        """An object raised: that request fails with hardware-fault, and the fault is logged once (DESIGN: result codes)."""
        self.abandon(aa)
        self.log("ERROR", "dlms", "object-raised", repr(e))
        if not iip & 0x40:
            return 0
        if tag == 0xC0:
            return get.result(aa, tx, iip, self.errors.escaped)
        if tag == 0xC1:
            return set.result(aa, tx, iip, self.errors.escaped)
        return action.result(aa, tx, iip, self.errors.escaped)

    def refuse(self, tx, p, code):
        """ExceptionResponse `D8 state service` at tx[p:] (D-70); returns the offset behind it, or 0 when the table says nothing."""
        if code == 0:
            return 0
        tx[p] = 0xD8
        tx[p + 1] = code >> 8
        tx[p + 2] = code & 0xFF
        return p + 3

    def exception(self, aa, tx, code):
        """`refuse` inside an AA."""
        return self.refuse(tx, aa.start, code)

    # -- what the services share -----------------------------------------------------------------------

    def locate(self, aa, buf, q, unknown):
        """Index of the object that class-id and logical name at buf[q:q+8] name and this AA can see, or -result."""
        directory = aa.directory
        j = find(directory.table, directory.n, buf, q)
        if j == NOT_FOUND:
            return -unknown
        if j >= 0:
            return j if aa.acc[j] else -unknown
        # the class is another one; of an object that it cannot see a client learns nothing
        return -self.errors.other_class if aa.acc[OTHER_CLASS - j] else -unknown

    def object(self, aa, j):
        """The object at index j; the AA's own Association object stands at 0.0.40.0.0.255."""
        obj = aa.directory.objs[j]
        return aa.assoc if obj is None else obj

    def scan(self, buf, off, end):
        """Offset behind the Data at buf[off:], -1 when it is not well-formed, -2 when it is nested too deep."""
        return scan(buf, off, end, self.stack, self.depth)

    def tidy(self, t, off, end):
        """After `scan` accepted the Data t.buf[off:end]: give it the shortest lengths (D-100); returns its end."""
        return shorten(t.buf, off, end, self.stack) if self.stack[0] else end

    def tidy_copy(self, buf, off, end):
        """The same in a copy, because a request is not ours to change: it is appended to what is used of the scratch
        transfer's buf. Returns its offset, scratch.used being its end, or -1 when there is no room for it.
        """
        t = self.scratch
        at = t.used
        if not t.take(buf, off, end - off):
            return -1
        t.used = shorten(t.buf, at, t.used, self.stack)
        return at

    def block_ok(self, buf, q, end):
        """True when `last number(4) length raw` fills buf[q:end] exactly."""
        if end - q < 6 or buf[q] > 1:
            return False
        n = length(buf, q + 5, end)
        return n >= 0 and q + 5 + length_size(buf, q + 5) + n == end

    def list_entry(self, t):
        """The next entry of a GET list; `stream` calls it."""
        get.list_entry(self, t)

    # -- transfers ---------------------------------------------------------------------------------------

    def keep(self, aa, t):
        """The scratch transfer t becomes the association's own; False when no other is free to take its place."""
        link = aa.link
        other = link.carrier.transfers.take(link.held)
        if other is None:
            return False
        link.held += 1
        self.scratch = other
        aa.transfer = t
        aa.heat()
        return True

    def abandon(self, aa):
        """End the long transfer of an AA, if one runs (D-17)."""
        t = aa.transfer
        if t is not None:
            aa.transfer = None
            t.kind = NONE
            link = aa.link
            link.held -= 1
            link.carrier.transfers.give(t, link.held)
            aa.heat()

    def silence(self, aa):
        """Nothing is sent: an unconfirmed service leaves no transfer behind."""
        self.abandon(aa)
        return 0

    # -- association ---------------------------------------------------------------------------------------

    def associate(self, link, i, rx, off, end, tx):
        """AARQ (C.3): open an AA, or say why not."""
        if i >= 0:
            self.close(link, i)  # C-27: an AARQ on an open AA starts from scratch
        aarq = self.aarq
        assoc = self.find_association(rx, off)
        well_formed = aarq.parse(rx, off + HEADER, end) and aarq.initiate(rx)
        if not aarq.response_allowed and (link.carrier.stream or not well_formed or assoc is None):
            return 0  # B-05, B-07: no AARE, and over TCP no AA either
        if not well_formed or assoc is None:
            # C-26, A-30: refused with our plain context name; a datagram that is no AARQ is not answered
            return aarq.aare(tx, HEADER, rx, REJECTED, LN_CONTEXT, None) if link.carrier.stream or well_formed else 0
        answer = aarq.judge(rx, assoc)
        aa = None
        if answer == ACCEPTED:
            aa = link.take(rx, off + 2)
            if aa is None:
                answer = REJECTED_TRANSIENT  # C-18
            else:
                self.open(link, aa, assoc, rx)
        if aa is not None:
            self.note("aa-open", aa.trail)
        else:
            self.note("aa-refused", trail(link, assoc) + " answer=%06x" % answer)
        if not aarq.response_allowed:
            return 0  # B-06
        return aarq.aare(tx, HEADER, rx, answer, assoc.context, aa)

    def find_association(self, rx, off):
        """The Association object for the wPorts of the WPDU at rx[off:], or None."""
        client = get16(rx, off + 2)
        device = get16(rx, off + 4)
        for assoc in self.associations:
            if assoc.client == client and assoc.server == device:
                return assoc
        return None

    def open(self, link, aa, assoc, rx):
        """Fill a fresh AA from the AARQ just judged."""
        aarq = self.aarq
        aa.state = ASSOCIATED
        aa.assoc = assoc
        aa.confirmed = aarq.response_allowed
        aa.conformance = aarq.conformance & assoc.conformance
        aa.max_send = aarq.max_pdu
        aa.max_receive = self.pdu
        aa.qos = aarq.qos
        aa.user = aarq.user
        aa.start = HEADER
        aa.room = min(self.pdu, link.carrier.send_limit)
        if 0 < aarq.max_pdu < aa.room:
            aa.room = aarq.max_pdu
        aa.transfer = None
        assoc.opened += 1
        assoc.user = aarq.user
        aa.trail = trail(link, assoc)
        aa.opened()

    def release(self, link, i, rx, off, end, tx):
        """RLRQ: RLRE, and this AA ends; no other does (B-10, B-12, C-50 to C-54)."""
        if not acse.release(rx, off + HEADER, end):
            return 0
        if i < 0:
            # C-51: nothing to release; a stream is answered, a datagram is not
            return acse.rlre(tx, HEADER) if link.carrier.stream else 0
        confirmed = link.aas[i].confirmed
        self.close(link, i)
        return acse.rlre(tx, HEADER) if confirmed else 0

    def close(self, link, i):
        """End AA number i of a link."""
        aa = link.aas[i]
        self.abandon(aa)
        if aa.state != IDLE:
            aa.assoc.opened -= 1
            self.note("aa-close", aa.trail)
        link.drop(i)

    def note(self, event, text):
        """Log the life of an AA."""
        self.log("INFO", "dlms", event, text)

    def abort(self, link):
        """TCP-ABORT.indication, or the end of a UDP peer by inactivity: all AAs of the link end (A-33, B-11)."""
        while link.n:
            self.close(link, link.n - 1)


def no_log(level, component, event, text):
    """Where nobody listens."""


def trail(link, assoc):
    """Protocol_Connection_Parameters of an AA as text, for the log and the Association object (IEC 62056-9-7 §8, B-22)."""
    return "%s client=%s/%d server=%s/%d" % (
        "TCP" if link.carrier.stream else "UDP",
        link.name(),
        assoc.client,
        link.local,
        assoc.server,
    )
