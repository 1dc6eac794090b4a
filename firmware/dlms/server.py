"""The server: one WPDU in, one WPDU or nothing out.

`handle` is the whole interface to the transports: octets of a request in a buffer, octets of the
response in another. It knows no socket, clock or file, so that a test, a fuzzer or a UART drives it
exactly as TCP does. In the steady state it allocates nothing, and what an object raises ends one
request; only opening and closing an AA, which are logged, take heap.

The short way (`dlms.ln.short`): a GET of one short attribute or of a list, a SET of a number,
a reset - what a head-end sends all day - and the plain refusals are served by one function
each. Everything else goes through `serve`.
"""

from array import array

from micropython import const

from dlms.codec.axdr import shorten
from dlms.codec.errors import INITIATE_ERROR, ConformanceClientErrors, Errors
from dlms.codec.octets import OTHER_CLASS, add32, find_key, get16, scan
from dlms.codec.wrapper import HEADER, answer
from dlms.aa import acse
from dlms.aa.association import Carrier, Link, associations
from dlms.aa.opening import Opening
from dlms.aa.places import TRANSFERS, Places
from dlms.aa.pool import Pool
from dlms.aa.refusal import exception, refuse, service_error
from dlms.aa.service_class import RESPONSES, answers_get, silent, stray_apdu, unconfirmed
from dlms.aa.trail import Trail, no_log
from dlms.unasked.notification import DATA_NOTIFICATION_CONFIRM, no_confirm
from dlms.long.lending import abandon
from dlms.long.states import GBT_SENT, WHOLE_OUT
from dlms.long.stream import Transfer
from dlms.ln import action, get, set, whole
from dlms.ln.short import short_get
from dlms import all_station

_HEADER = const(8)  # as `dlms.codec.wrapper.HEADER`
_TAIL = const(16)  # octets of a transmit buffer behind the longest APDU: `response.first` tries them
_EVERYTHING = const(0x3FFFFFFF)
_LONGEST = const(0xFFFF)  # octets of an APDU: the wrapper's length has 16 bits
_REFUSALS = b"\xd8\x0e"  # ExceptionResponse, ConfirmedServiceError
_UNCONFIRMED = b"\xc0\xc1\xc3\xd9\x16"  # services that may be done without an answer
_SN_SERVICES = (0x05, 0x06)
_LN_SERVICES = (0xC0, 0xC1, 0xC3)


class Server:
    """The application layer of all logical devices behind one port.

    devices: wPorts of the logical devices. configured: the Association objects, each for one pair
    of wPorts. limits: the board's module of limits. log: called with level, component, event and
    text for what an operator should know. broadcast: the All-station wPort. served: four octets
    that count the WPDUs taken. failed: an encoded one, of AARQs refused as unproven.
    """

    everything = _EVERYTHING  # an end for `scan` where a Data is known to be whole
    # given by the start, where there is such a thing
    long_push = None  # who hears of an acknowledgement of blocks, where pushes go in blocks

    def __init__(
        self, devices, configured, limits, ctt=False, log=None, broadcast=all_station.WPORT, served=None, failed=None
    ):
        self.errors = ConformanceClientErrors() if ctt else Errors()
        self.wports = devices
        self.associations = configured
        self.pdu = limits.PDU  # the longest APDU taken, announced as server-max-receive-pdu-size
        self.list_limit = limits.LIST
        self.depth = limits.NESTING
        self.log = log or no_log
        self.trail = Trail(self.log)
        self.places = Places()
        self.opening = Opening(
            configured, self.errors, limits.LIST, self.places, self.trail, failed or bytearray(5), abandon
        )
        self.abandon = abandon
        self.broadcast = broadcast
        self.header = bytearray(HEADER)  # of a broadcast as each logical device gets it
        self.served = served or bytearray(4)  # WPDUs taken, 32 bits
        self.short = short_get  # the short way, for a transport that tries it itself and then calls `serve`
        self.refusal = 0
        self.whole = whole  # for who cannot import it, because it is above them
        self.sn = None  # the services of short name referencing, where the board has a client for them
        if limits.SN_CLIENTS:
            from dlms.sn import short_names

            self.sn = short_names
        self.stack = array("H", bytes(2 * limits.NESTING))
        # blocks that we take in one stream; 0: neither general block transfer nor ACCESS
        self.window = limits.GBT_WINDOW
        self.gbt = None
        self.access = None
        if limits.GBT_WINDOW:
            # loaded only where there is room for them
            from dlms.long import gbt
            from dlms.ln import access

            self.gbt = gbt
            self.access = access
            self.block = gbt.Block()
            self.dialogue = gbt.Numbers()
            self.dialogue.open = False
        # A response always begins in the scratch transfer; only when it turns out long the
        # association keeps it and a free one becomes the scratch. Every TCP connection is sure of
        # one; datagrams have a few of their own, because whoever sends them may not be who he says.
        self.transfers = Pool([Transfer(self, limits) for _ in range(limits.TRANSFERS)], limits.CONNECTIONS)
        self.udp_transfers = Pool([Transfer(self, limits) for _ in range(limits.UDP_TRANSFERS)], 0)
        self.scratch = Transfer(self, limits)
        self.confirm = no_confirm  # who hears of a DataNotificationConfirm
        self.every = tuple(self.transfers.things + self.udp_transfers.things + [self.scratch])

    def buffer(self, datagram=0):
        """A new transmit buffer that fits every response, and datagrams of that many octets;
        one serves all, who take turns with it.
        """
        return bytearray(max(HEADER + self.pdu, datagram) + _TAIL)

    def carrier(self, pool, most, stream, send_limit=0):
        """What the links of TCP (stream true) or UDP share, each with at
        most `most` AAs of the pool.
        """
        send_limit = send_limit or (_LONGEST if stream else self.pdu)
        transfers = self.transfers if stream else self.udp_transfers
        return Carrier(pool, transfers, most, stream, send_limit, self.pdu)

    # -- the door ----------------------------------------------------------------------------------

    def handle(self, link, rx, off, n, tx):
        """Serve the WPDU rx[off:off+n] of a link; returns the size of the answer's
        WPDU at tx[0:], or 0 for none.
        """
        return short_get(link.keys, link.ways, rx, off, n, tx, self.served) or self.serve(link, rx, off, n, tx)

    def serve(self, link, rx, off, n, tx):
        """`handle` for everything but the short way."""
        add32(self.served, 0, 1)
        if n <= _HEADER:
            return self.trail.dropped(link, rx, off + 2, "empty")
        i = find_key(link.keys, link.n, rx, off + 2)
        tag = rx[off + _HEADER]
        if i >= 0 and tag & 0x80:
            # a service in an open AA, whose wPorts need no further look: what comes all day
            end = self.dispatch(link.aas[i], tag, rx, off + _HEADER, off + n, tx)
        else:
            end = self.other_apdu(link, i, tag, rx, off, n, tx)
        return answer(tx, rx, off, end - _HEADER) if end > 0 else 0  # below 0: `whole.LATER`

    def other_apdu(self, link, i, tag, rx, off, n, tx):
        """The WPDU rx[off:off+n] that is no such service: of ACSE or of short names, or
        outside any AA, to nobody, to all.
        """
        device = get16(rx, off + 4)
        if get16(rx, off + 2) == 0:
            return self.trail.dropped(link, rx, off + 2, "no-station")
        if device not in self.wports:
            if device and device == self.broadcast:
                return all_station.deliver(self, link, rx, off, n, tx)
            return self.trail.dropped(link, rx, off + 2, "no-device" if device else "no-station")
        if tag == acse.AARQ:
            return self.opening.associate(link, i, rx, off, off + n, tx)
        if tag == acse.RLRQ:
            return self.opening.release(link, i, rx, off, off + n, tx)
        if tag == DATA_NOTIFICATION_CONFIRM:
            if not self.confirm(link, rx, off + HEADER, off + n):
                self.trail.dropped(link, rx, off + 2, "not-awaited")
            return 0
        aa = link.aas[i] if i >= 0 else self.opening.preestablish(link, rx, off + 2)
        return (
            self.idle(link, tag, rx, off, tx) if aa is None else self.dispatch(aa, tag, rx, off + HEADER, off + n, tx)
        )

    def more(self, link, tx):
        """While `link.streaming`: the next WPDU of a stream of blocks, or slice of one
        (`whole.more`), at tx[0:]; returns its size.
        """
        aa = link.streaming
        if aa.transfer.kind == WHOLE_OUT:
            return whole.more(self, link, tx)
        try:
            end = self.gbt.next_block(self, aa, aa.transfer, tx)
        except Exception as e:
            end = self.escaped(aa, 0xE0, tx, 0, 0, tx, e)
        # the keys of a link hold the wPorts as a request has them
        return answer(tx, link.keys, 4 * aa.index - 2, end - HEADER) if end else 0

    def too_long(self, link, rx, tx, have=HEADER):
        """Answer a WPDU whose APDU was longer than `pdu` (A-27, D-95); of it
        rx[0:have] was kept, its header at least.

        The first octets of its APDU (`service_class.HEAD`) tell whether it
        is answered, and whose it is.
        """
        i = find_key(link.keys, link.n, rx, 2)
        if i < 0:
            return self.trail.dropped(link, rx, 2, "too-long")
        aa = link.aas[i]
        if not stray_apdu(aa, rx, HEADER, have):
            self.abandon(aa)
        if not aa.confirmed or silent(rx, HEADER, have, answers_get(self.errors, aa)):
            return self.trail.dropped_in(aa, "too-long")
        end = self.exception(aa, tx, self.errors.apdu_too_long)
        return answer(tx, rx, 0, end - HEADER) if end else 0

    # -- dispatch ----------------------------------------------------------------------------------

    def dispatch(self, aa, tag, rx, p, end, tx):
        """Serve the APDU rx[p:end] in an open AA; returns the offset
        behind the answer, or 0 for none.
        """
        if not aa.confirmed and not unconfirmed(rx, p, end):
            return self.trail.dropped_in(aa, "confirmed-service")  # B-08: in an unconfirmed AA
        try:
            if tag == 0xC0:
                end = get.request(self, aa, rx, p, end, tx)
            elif tag == 0xC1:
                end = set.request(self, aa, rx, p, end, tx)
            elif tag == 0xC3:
                end = action.request(self, aa, rx, p, end, tx)
            elif tag == 0xE0 and self.gbt is not None:
                end = self.gbt.request(self, aa, rx, p, end, tx)
            elif tag == 0xD9 and self.gbt is not None:
                end = self.access.request(self, aa, rx, p, end, tx)
            else:
                end = self.other(aa, tag, rx, p, end, tx)
        except Exception as e:
            end = self.escaped(aa, tag, rx, p, end, tx, e)
        if (tx[aa.start] not in _REFUSALS) if end else tag in _UNCONFIRMED:
            aa.link.served = True
        # D-99: nothing is ever sent in an unconfirmed AA
        return end if aa.confirmed else 0

    def idle(self, link, tag, rx, off, tx):
        """An APDU other than AARQ and RLRQ outside any AA (D-91, D-96); a Read or Write between
        wPorts of SN has an error of its own.
        """
        if (
            tag == 0xE0
            and self.long_push is not None
            and self.long_push.heard(link, None, rx, off + HEADER, off + HEADER + get16(rx, off + 6))
        ):
            return 0
        if not link.carrier.stream or silent(
            rx, off + HEADER, off + HEADER + get16(rx, off + 6), self.errors.unconfirmed_get
        ):
            return self.trail.dropped(link, rx, off + 2, "response" if tag in RESPONSES else "no-association")
        if tag in _SN_SERVICES and self.sn is not None:
            assoc = self.opening.find(rx, off + 2)
            if assoc is not None and assoc.context & 1 == 0:
                return self.service_error(tx, HEADER, INITIATE_ERROR, self.errors.sn_not_supported)
        return refuse(tx, HEADER, self.errors.no_association)

    def other(self, aa, tag, rx, p, end, tx):
        """An APDU that is no GET, SET or ACTION: a service of short names in an AA that has them."""
        if tag == 0xD9 and unconfirmed(rx, p, end):
            # where there is no ACCESS
            self.abandon(aa)
            return self.trail.unanswered(aa, "access")
        if aa.assoc.context & 1 == 0:
            return self.sn.serve(self, aa, tag, rx, p, end, tx)
        return self.no_service(aa, tag, tx)

    def no_service(self, aa, tag, tx):
        """An APDU that is no service of this AA."""
        errors = self.errors
        self.abandon(aa)
        if tag in RESPONSES:
            return self.exception(aa, tx, errors.response_apdu) or self.trail.dropped_in(aa, "response")
        if not aa.confirmed:
            return self.trail.dropped_in(aa, "no-service")
        return self.exception(aa, tx, errors.sn_service if tag in _SN_SERVICES else errors.unknown_apdu)

    def escaped(self, aa, tag, rx, p, end, tx, e):
        """An object raised: the request rx[p:end] fails with hardware-fault, and the
        fault is logged once (docs/DESIGN.md).
        """
        self.abandon(aa)
        self.trail.raised(e)
        if silent(rx, p, end, answers_get(self.errors, aa)):
            return 0
        if tag == 0xE0 or tag == 0xD9:
            return self.exception(aa, tx, self.errors.gbt_aborted)
        if tag not in _LN_SERVICES:
            return self.sn.escaped(self, aa, tag, tx)
        iip = rx[p + 2] if end - p > 2 else 0
        if tag == 0xC0:
            return get.result(aa, tx, iip, self.errors.escaped)
        if tag == 0xC1:
            return set.result(aa, tx, iip, self.errors.escaped)
        return action.result(aa, tx, iip, self.errors.escaped)

    def exception(self, aa, tx, code):
        """`refusal.exception` with the server's table."""
        return exception(self.errors, aa, tx, code)

    def service_error(self, tx, p, service, code):
        """`refusal.service_error`."""
        return service_error(tx, p, service, code)

    # -- what the services share -------------------------------------------------------------------

    def invisible(self, aa, j, unknown):
        """The result for a class-id and logical name for which `octets.find` gave j, and
        which name nothing that this AA can see.
        """
        # of another class, perhaps; of an object that it cannot see a client learns nothing
        return self.errors.other_class if j <= OTHER_CLASS and aa.acc[OTHER_CLASS - j] else unknown

    def object(self, aa, j):
        """The object at index j; the AA's own Association object stands at 0.0.40.0.0.255."""
        obj = aa.directory.objs[j]
        return aa.assoc if obj is None else obj

    def scan(self, buf, off, end):
        """Offset behind the Data at buf[off:], -1 when it is not well-formed,
        -2 when it is nested too deep.
        """
        return scan(buf, off, end, self.stack, self.depth)

    def tidy(self, t, off, end):
        """After `scan` accepted the Data t.buf[off:end]: give it the shortest
        lengths (D-100); returns its end.
        """
        return shorten(t.buf, off, end, self.stack) if self.stack[0] else end

    def tidy_copy(self, buf, off, end):
        """The same in a copy, because a request is not ours to change: it is appended to what is
        used of the scratch transfer's request. Returns its offset, scratch.request.used being its
        end, or -1 when there is no room for it.
        """
        t = self.scratch
        request = t.request
        at = request.used
        if not request.take(buf, off, end - off):
            return -1
        request.used = shorten(t.buf, at, request.used, self.stack)
        return at

    # -- transfers ---------------------------------------------------------------------------------

    def keep(self, aa, t):
        """The scratch transfer t becomes the association's own; False when no
        other is free to take its place.
        """
        link = aa.link
        pool = link.carrier.transfers
        other = pool.take(link.running)
        if other is None and self.reclaim(aa):
            other = pool.take(link.running)
        if other is None:
            return False
        link.running += 1
        self.scratch = other
        aa.transfer = t
        aa.heat()
        return True

    def reclaim(self, aa):
        """End a long transfer so that `aa` can begin one; False when
        there is none that may be ended.

        First one that is only kept in case its last blocks were lost; then, for a
        proven AA, that of one which is not.
        """
        carrier = aa.link.carrier
        for t in self.every:
            if t.kind == GBT_SENT and t.aa.transfer is t and t.aa.link.carrier.transfers is carrier.transfers:
                abandon(t.aa)
                return True
        if not aa.proven():
            return False
        if carrier.stream:
            aa = self.places.oldest(carrier.links, TRANSFERS, 2, aa.link)
        else:
            aa = self.places.oldest(carrier.links, TRANSFERS, 1)
        if aa is None:
            return False
        self.trail.note("transfer-yields", aa.trail())
        abandon(aa)
        return True

    # -- association -------------------------------------------------------------------------------

    def open_common(self, send_limit):
        """Open the pre-established AAs over UDP, in which an answer has at most so many octets."""
        n = len(self.opening.established)
        if n:
            self.opening.open_common(Link(self.carrier(associations(n, 0), n, False, send_limit)))

    def abort(self, link):
        """TCP-ABORT.indication, or the end of a UDP peer by inactivity: all AAs of the link end."""
        self.opening.abort(link)
