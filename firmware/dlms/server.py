"""The server: one WPDU in, one WPDU or nothing out.

`handle` is the whole interface to the transports: octets of a request in a buffer, octets of the
response in another. It knows no socket, clock or file, so that a test, a fuzzer or a UART drives it
exactly as TCP does. In the steady state it allocates nothing, and what an object raises ends one
request; only opening and closing an AA, which are logged, take heap.

The fast path (`dlms.ln.fast`): a GET of one short attribute or of a list, a SET of a number,
a reset - what a head-end sends all day - and the plain refusals are served by one function
each. Everything else goes through `serve`.
"""

from micropython import const

from dlms.codec.errors import INITIATE_ERROR, ConformanceClientErrors, Errors, codes
from dlms.codec.octets import add32, find_key, get16
from dlms.codec.work import LEFT, MOST
from dlms.codec.wrapper import HEADER, answer
from dlms.aa import acse
from dlms.aa.association import Carrier, Link, associations
from dlms.aa.opening import Opening
from dlms.aa.places import Places
from dlms.aa.refusal import exception, refuse, service_error
from dlms.aa.service_class import RESPONSES, answers_get, silent, stray_apdu, unconfirmed
from dlms.aa.trail import Trail, no_log
from dlms.unasked.notification import DATA_NOTIFICATION_CONFIRM, no_confirm
from dlms.long.kit import Kit
from dlms.long.lending import abandon
from dlms.long.states import WHOLE_OUT
from dlms.ln import action, get, set, whole
from dlms.ln.fast import fast_rows, fast_get, fast_other
from dlms import all_station

_READ_REQUEST = const(0x05)  # as `dlms.codec.tags.READ_REQUEST`
_WRITE_REQUEST = const(0x06)  # as `dlms.codec.tags.WRITE_REQUEST`
_GET_REQUEST = const(0xC0)  # as `dlms.codec.tags.GET_REQUEST`
_SET_REQUEST = const(0xC1)  # as `dlms.codec.tags.SET_REQUEST`
_ACTION_REQUEST = const(0xC3)  # as `dlms.codec.tags.ACTION_REQUEST`
_ACCESS_REQUEST = const(0xD9)  # as `dlms.codec.tags.ACCESS_REQUEST`
_GENERAL_BLOCK_TRANSFER = const(0xE0)  # as `dlms.codec.tags.GENERAL_BLOCK_TRANSFER`
_HEADER = const(8)  # as `dlms.codec.wrapper.HEADER`
_TAIL = const(16)  # octets of a transmit buffer after the longest APDU: `response.first` tries them
_WHOLE = const(-2)  # as `dlms.long.gbt.WHOLE`
_LONGEST = const(0xFFFF)  # octets of an APDU: the wrapper's length has 16 bits
_REFUSALS = b"\xd8\x0e"  # ExceptionResponse, ConfirmedServiceError
_UNCONFIRMED = b"\xc0\xc1\xc3\xd9\x16"  # services that may be done without an answer
_SN_SERVICES = (_READ_REQUEST, _WRITE_REQUEST)
_LN_SERVICES = (_GET_REQUEST, _SET_REQUEST, _ACTION_REQUEST)


class Server:
    """The application layer of all logical devices behind one port.

    devices: wPorts of the logical devices. configured: the Association objects, each for one pair
    of wPorts. limits: the board's module of limits. log: called with level, component, event and
    text for what an operator should know. broadcast: the All-station wPort. served: four octets
    that count the WPDUs taken. failed: an encoded one, of AARQs refused as unproven.
    """

    def __init__(
        self, devices, configured, limits, ctt=False, log=None, broadcast=all_station.WPORT, served=None, failed=None
    ):
        self.errors = errors = ConformanceClientErrors() if ctt else Errors()
        self.wports = devices
        self.pdu = limits.PDU  # the longest APDU taken, announced as server-max-receive-pdu-size
        self.broadcast = broadcast
        self.header = bytearray(HEADER)  # of a broadcast as each logical device gets it
        self.served = served or bytearray(4)  # WPDUs taken, 32 bits
        self.fast = fast_get  # the fast path, for a transport that tries it itself and then calls `serve`
        self.confirm = no_confirm  # who hears of a DataNotificationConfirm
        self.log = log or no_log
        self.trail = trail = Trail(self.log)
        self.places = places = Places()
        self.kit = kit = Kit(errors, limits, trail, places)
        self.transfers = kit.transfers
        self.udp_transfers = kit.udp_transfers
        kit.whole = whole
        # loaded only where there is room for them
        short_name = None
        if limits.SN_CLIENTS:
            from dlms.sn import short_names
            from dlms.sn.fast import short_name

            kit.sn = short_names
        # what the fast paths of all AAs take
        plain = (codes(errors, limits.LIST, limits.NESTING), kit.stack, fast_other, short_name, fast_rows)
        self.opening = Opening(configured, errors, plain, places, trail, failed or bytearray(5), abandon)
        if limits.GBT_WINDOW:
            from dlms.ln import access

            kit.access = access

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
        return fast_get(link.keys, link.ways, rx, off, n, tx, self.served) or self.serve(link, rx, off, n, tx)

    def serve(self, link, rx, off, n, tx):
        """`handle` for everything but the fast path."""
        add32(self.served, 0, 1)
        LEFT[0] = MOST
        if n <= _HEADER:
            return self.trail.dropped(link, rx, off + 2, "empty")
        i = find_key(link.keys, link.n, rx, off + 2)
        tag = rx[off + _HEADER]
        if i >= 0 and tag & 0x80:
            # a service in an open AA, whose wPorts need no further look: what comes all day
            end = self.dispatch(link.aas[i], tag, rx, off + _HEADER, off + n, tx)
        elif i >= 0 and tag == acse.RLRQ:
            end = self.opening.release(link, i, rx, off, off + n, tx)
        elif tag == acse.AARQ and find_key(self.opening.pairs, self.opening.n, rx, off + 2) >= 0:
            end = self.opening.associate(link, i, rx, off, off + n, tx)
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
        LEFT[0] = MOST
        if aa.transfer.kind == WHOLE_OUT:
            return whole.more(self.kit, link, tx)
        try:
            end = self.kit.gbt.next_block(self.kit, aa, aa.transfer, tx)
        except Exception as e:
            end = self.escaped(aa, _GENERAL_BLOCK_TRANSFER, tx, 0, 0, tx, e)
        # the keys of a link hold the wPorts as a request has them
        return answer(tx, link.keys, 4 * aa.index - 2, end - HEADER) if end else 0

    def too_long(self, link, rx, tx, have=HEADER):
        """Answer a WPDU whose APDU was longer than `pdu` (A-27, D-95); of it
        rx[0:have] was kept, its header at least.

        The first octets of its APDU (`service_class.HEAD`) show whether it
        is answered, and whose it is.
        """
        i = find_key(link.keys, link.n, rx, 2)
        if i < 0:
            return self.trail.dropped(link, rx, 2, "too-long")
        aa = link.aas[i]
        if not stray_apdu(aa, rx, HEADER, have):
            abandon(aa)
        if not aa.confirmed or silent(rx, HEADER, have, answers_get(self.errors, aa)):
            return self.trail.dropped_in(aa, "too-long")
        end = exception(self.errors, aa, tx, self.errors.apdu_too_long)
        return answer(tx, rx, 0, end - HEADER) if end else 0

    # -- dispatch ----------------------------------------------------------------------------------

    def dispatch(self, aa, tag, rx, p, end, tx):
        """Serve the APDU rx[p:end] in an open AA; returns the offset
        after the answer, or 0 for none.
        """
        if not aa.confirmed and not unconfirmed(rx, p, end):
            return self.trail.dropped_in(aa, "confirmed-service")  # B-08: in an unconfirmed AA
        try:
            if tag == _GET_REQUEST:
                end = get.request(self.kit, aa, rx, p, end, tx)
            elif tag == _SET_REQUEST:
                end = set.request(self.kit, aa, rx, p, end, tx)
            elif tag == _ACTION_REQUEST:
                end = action.request(self.kit, aa, rx, p, end, tx)
            elif tag == _GENERAL_BLOCK_TRANSFER and self.kit.gbt is not None:
                end = self.kit.gbt.request(self.kit, aa, rx, p, end, tx)
                if end == _WHOLE:
                    end = self.inside(aa, tx)
            elif tag == _ACCESS_REQUEST and self.kit.access is not None:
                end = self.kit.access.request(self.kit, aa, rx, p, end, tx)
            else:
                end = self.other(aa, tag, rx, p, end, tx)
        except Exception as e:
            end = self.escaped(aa, tag, rx, p, end, tx, e)
        if (tx[aa.start] not in _REFUSALS) if end else tag in _UNCONFIRMED:
            aa.link.served = True
        # D-99: nothing is ever sent in an unconfirmed AA
        return end if aa.confirmed else 0

    def inside(self, aa, tx):
        """A request that came in general blocks is whole: serve it as any
        other, and answer in blocks.
        """
        kit = self.kit
        held = kit.dialogue
        buf = held.buf
        held.open = True
        try:
            end = self.dispatch(aa, buf[held.at], buf, held.at, held.end, tx)
            return kit.gbt.finish(kit, aa, end, tx)
        finally:
            held.open = False

    def idle(self, link, tag, rx, off, tx):
        """An APDU other than AARQ and RLRQ outside any AA (D-91, D-96); a Read or Write between
        wPorts of SN has an error of its own.
        """
        if (
            tag == _GENERAL_BLOCK_TRANSFER
            and self.kit.long_push is not None
            and self.kit.long_push.heard(link, None, rx, off + HEADER, off + HEADER + get16(rx, off + 6))
        ):
            return 0
        if not link.carrier.stream or silent(
            rx, off + HEADER, off + HEADER + get16(rx, off + 6), self.errors.unconfirmed_get
        ):
            return self.trail.dropped(link, rx, off + 2, "response" if tag in RESPONSES else "no-association")
        if tag in _SN_SERVICES and self.kit.sn is not None:
            assoc = self.opening.find(rx, off + 2)
            if assoc is not None and assoc.context & 1 == 0:
                return service_error(tx, HEADER, INITIATE_ERROR, self.errors.sn_not_supported)
        return refuse(tx, HEADER, self.errors.no_association)

    def other(self, aa, tag, rx, p, end, tx):
        """An APDU that is no GET, SET or ACTION: a service of short names in an AA that has them."""
        if tag == _ACCESS_REQUEST and unconfirmed(rx, p, end):
            # where there is no ACCESS
            abandon(aa)
            return self.trail.unanswered(aa, "access")
        if aa.assoc.context & 1 == 0 and tag in self.kit.sn.SERVICES:
            return self.kit.sn.serve(self.kit, aa, tag, rx, p, end, tx)
        return self.no_service(aa, tag, tx)

    def no_service(self, aa, tag, tx):
        """An APDU that is no service of this AA."""
        errors = self.errors
        abandon(aa)
        if tag in RESPONSES:
            return exception(errors, aa, tx, errors.response_apdu) or self.trail.dropped_in(aa, "response")
        if not aa.confirmed:
            return self.trail.dropped_in(aa, "no-service")
        return exception(errors, aa, tx, errors.sn_service if tag in _SN_SERVICES else errors.unknown_apdu)

    def escaped(self, aa, tag, rx, p, end, tx, e):
        """An object raised: the request rx[p:end] fails with hardware-fault, and the
        fault is logged once (docs/DESIGN.md).
        """
        abandon(aa)
        self.trail.raised(e)
        if silent(rx, p, end, answers_get(self.errors, aa)):
            return 0
        if tag == _GENERAL_BLOCK_TRANSFER or tag == _ACCESS_REQUEST:
            return exception(self.errors, aa, tx, self.errors.gbt_aborted)
        if tag not in _LN_SERVICES:
            return self.kit.sn.escaped(self.kit, aa, tag, tx)
        iip = rx[p + 2] if end - p > 2 else 0
        if tag == _GET_REQUEST:
            return get.result(aa, tx, iip, self.errors.escaped)
        if tag == _SET_REQUEST:
            return set.result(aa, tx, iip, self.errors.escaped)
        return action.result(aa, tx, iip, self.errors.escaped)

    # -- association -------------------------------------------------------------------------------

    def open_common(self, send_limit):
        """Open the pre-established AAs over UDP, in which an answer has at most so many octets."""
        n = len(self.opening.established)
        if n:
            self.opening.open_common(Link(self.carrier(associations(n, 0), n, False, send_limit)))

    def abort(self, link):
        """TCP-ABORT.indication, or the end of a UDP peer by inactivity: all AAs of the link end."""
        self.opening.abort(link)
