"""AAs open and end: AARQ, RLRQ, a lost connection, a place that has to be
given up (REQUIREMENTS C.1 to C.5).

    AARQ    associate -> aarq.judge -> admit -> open, or why not; where all places are taken make_room
    RLRQ    release -> close
    lost    abort: all AAs of the link
    none    preestablish: an AA that is there without an AARQ (C-53)

An answer is written after HEADER of tx, and the offset after it is returned, or 0 for none.
Opening and closing are logged; no other request takes heap for it.
"""

from micropython import const

from dlms.codec.conformance import ALL_BITS, WITHOUT_BLOCKS
from dlms.codec.errors import ACCEPTED, REJECTED, REJECTED_AUTHENTICATION, REJECTED_TRANSIENT
from dlms.codec.octets import add32, find_key, get16
from dlms.codec.wrapper import HEADER
from dlms.aa import acse
from dlms.aa.aarq import put_aare
from dlms.aa.association import ASSOCIATED, IDLE
from dlms.aa.places import AAS, WHOLE_LINKS
from dlms.aa.refusal import refuse
from dlms.aa.security import LN_CONTEXT, LOW

_LONGEST = const(0xFFFF)  # octets of an APDU: the wrapper's length has 16 bits


def wports(assoc):
    """Client and server of an Association object, four octets as in the header of a request."""
    return bytes((assoc.client >> 8, assoc.client & 0xFF, assoc.server >> 8, assoc.server & 0xFF))


class Opening:
    """Opens and ends the AAs of all links.

    associations: the Association objects, each for one pair of wPorts. errors: the table of
    answers. plain: what the fast paths take (`Association.opened`). places: who yields. trail: what
    the log reports. failed: an encoded number, of AARQs refused as unproven. abandon: function(aa)
    that ends the long transfer of an AA.
    """

    def __init__(self, associations, errors, plain, places, trail, failed, abandon):
        self.associations = associations
        # wPorts of each as a request has them, so that one look finds the first; associations that
        # are added later are found by the loop of `find`
        self.pairs = b"".join([wports(assoc) for assoc in associations])
        self.n = len(associations)
        self.established = [assoc for assoc in associations if assoc.preestablished]
        self.common = None  # the link of the pre-established AAs over UDP
        self.errors = errors
        self.plain = plain
        self.places = places
        self.trail = trail
        self.failed = failed
        self.abandon = abandon
        self.aarq = acse.Aarq()

    def associate(self, link, i, rx, off, end, tx):
        """AARQ (C.3): open an AA, or say why not."""
        aarq = self.aarq
        well_formed = aarq.take(rx, off + HEADER, end)
        if not (well_formed or link.carrier.stream):
            # C-26: a datagram that is no AARQ is not answered, and ends no AA
            return self.trail.dropped(link, rx, off + 2, "malformed")
        assoc = self.find(rx, off + 2)
        if assoc is not None and assoc.preestablished:
            assoc = None  # C-53: it is there without an AARQ, and has none to answer
        elif i >= 0:
            self.close(link, i)  # C-27: an AARQ on an open AA starts from scratch
        if assoc is not None and aarq.context != assoc.context:
            # a client that has logical and short names opens an AA with either
            assoc = self.find(rx, off + 2, aarq.context) or assoc
        if not aarq.response_allowed and (link.carrier.stream or assoc is None):
            # B-05, B-07: no AARE, and over TCP no AA either
            return self.trail.dropped(
                link, rx, off + 2, "unconfirmed-over-tcp" if link.carrier.stream else "unknown-client"
            )
        if not well_formed or assoc is None:
            # C-26, A-30: refused with our plain context name
            self.trail.refused(link, rx, off + 2, REJECTED)
            return aarq.refusal(tx, HEADER, rx, REJECTED, LN_CONTEXT)
        aa = self.admit(link, assoc, aarq.judge(rx, assoc, self.errors), rx, off + 2)
        if not aarq.response_allowed:
            return 0  # B-06
        if aa is None:
            return aarq.refusal(tx, HEADER, rx, aarq.answer, assoc.context)
        return put_aare(
            tx, HEADER, rx, aarq.notes, ACCEPTED, assoc.context, aa.conformance & ALL_BITS, link.carrier.pdu
        )

    def admit(self, link, assoc, answer, pair, q):
        """Open an AA for the wPorts pair[q:q+4] if `answer` accepts the AARQ
        just judged; returns it, or None.

        `aarq.answer` is then what the client may learn: the refusal of a full table too (C-18).
        """
        aa = link.take(pair, q) if answer == ACCEPTED else None
        if aa is None and answer == ACCEPTED and assoc.mechanism == LOW:
            # its secret was right; one with HLS has proved nothing before pass 3
            link = self.make_room(link)
            aa = link.take(pair, q)
        if aa is not None:
            self.open(link, aa, assoc)
            if self.trail.talks:
                self.trail.note("aa-open", aa.trail())
        else:
            if answer == ACCEPTED:
                answer = REJECTED_TRANSIENT
            elif answer == REJECTED_AUTHENTICATION:
                add32(self.failed, 1, 1)  # E-59
            self.trail.refused(link, pair, q, answer)
        self.aarq.answer = answer
        return aa

    def preestablish(self, link, pair, q):
        """The pre-established AA of the wPorts pair[q:q+4] on a link where it is not open yet
        (C-53); None when there is no such AA.

        On a TCP connection it opens with the first WPDU. Over UDP it is one AA for all peers,
        which keeps nothing from one datagram to the next: so nobody's first broadcast is lost
        because the peers before him hold all the AAs.
        """
        if not self.established:
            return None
        if not link.carrier.stream:
            link = self.common
            i = find_key(link.keys, link.n, pair, q) if link is not None else -1
            return link.aas[i] if i >= 0 else None
        assoc = self.find(pair, q)
        if assoc is None or not assoc.preestablished:
            return None
        return self.preestablished(link, assoc, assoc.conformance, pair, q)

    def preestablished(self, link, assoc, conformance, pair, q):
        """Open a pre-established AA. No AARQ shows what the client takes: the
        longest response is the server's own.
        """
        self.aarq.forget()
        self.aarq.conformance = conformance
        return self.admit(link, assoc, ACCEPTED, pair, q)

    def open_common(self, link):
        """Open the pre-established AAs over UDP on a link of their own; called once. Long transfers
        have no place in them: their blocks would be anybody's.
        """
        self.common = link
        link.local = "any"
        for assoc in self.established:
            self.preestablished(link, assoc, assoc.conformance & WITHOUT_BLOCKS, wports(assoc), 0)

    def find(self, pair, q, context=0):
        """The Association object for the wPorts pair[q:q+4], client and server, the
        first or that with a context; or None.
        """
        i = -1 if context else find_key(self.pairs, self.n, pair, q)
        if i >= 0:
            return self.associations[i]
        client = get16(pair, q)
        device = get16(pair, q + 2)
        for assoc in self.associations:
            if assoc.client == client and assoc.server == device and (context == 0 or assoc.context == context):
                return assoc
        return None

    def open(self, link, aa, assoc):
        """Fill a fresh AA from the AARQ just judged."""
        aarq = self.aarq
        aa.state = ASSOCIATED
        aa.assoc = assoc
        aa.confirmed = aarq.response_allowed
        aa.conformance = aarq.conformance & assoc.conformance
        aa.max_send = aarq.max_pdu
        aa.qos = aarq.qos
        aa.user = aarq.user
        pdu = link.carrier.pdu
        aa.most = min(aarq.max_pdu or (pdu if assoc.preestablished else _LONGEST), link.carrier.send_limit)
        aa.room = min(pdu, aa.most)
        aa.transfer = None
        link.served = True
        self.places.opening(aa)
        assoc.opened += 1
        assoc.user = aarq.user
        aa.opened(self.errors, self.plain)

    def release(self, link, i, rx, off, end, tx):
        """RLRQ: RLRE, and this AA ends; no other does (B-10, B-12, C-50 to C-54)."""
        if not acse.release(rx, off + HEADER, end):
            return self.trail.dropped(link, rx, off + 2, "malformed")
        if self.established:
            assoc = link.aas[i].assoc if i >= 0 else self.find(rx, off + 2)
            if assoc is not None and assoc.preestablished:
                end = refuse(tx, HEADER, self.errors.release_refused) if link.carrier.stream else 0
                return end or self.trail.dropped(link, rx, off + 2, "pre-established")
        if i < 0:
            # C-51: nothing to release; a stream is answered, a datagram is not
            return (
                acse.rlre(tx, HEADER)
                if link.carrier.stream
                else self.trail.dropped(link, rx, off + 2, "no-association")
            )
        confirmed = link.aas[i].confirmed
        self.close(link, i)
        return acse.rlre(tx, HEADER) if confirmed else 0

    def close(self, link, i):
        """End AA number i of a link."""
        aa = link.aas[i]
        if aa.transfer is not None:
            self.abandon(aa)
        if aa.state != IDLE:
            aa.assoc.opened -= 1
            if self.trail.talks:
                self.trail.note("aa-close", aa.trail())
        link.drop(i)

    def abort(self, link):
        """TCP-ABORT.indication, or the end of a UDP peer by inactivity: all AAs
        of the link end (A-33, B-11).
        """
        while link.n:
            self.close(link, link.n - 1)

    def make_room(self, link):
        """Let an AA yield to a proven one, for which there is no place on the link;
        returns the link to open it on.

        That is another one for a link which only stood for a peer without any. Where
        nobody can yield, nothing is done.
        """
        carrier = link.carrier
        if carrier.most == 0:
            aa = self.places.oldest(carrier.links, WHOLE_LINKS, 1)
            if aa is None:
                return link
            place = aa.link
            self.trail.note("aa-yields", aa.trail())
            self.abort(place)
            place.settle(link)
            return place
        if carrier.stream:
            aa = self.places.oldest(carrier.links, AAS, 2, link) if link.n < carrier.most else None
        else:
            aa = self.places.oldest(carrier.links if link.n < carrier.most else (link,), AAS, 1)
        if aa is not None:
            self.trail.note("aa-yields", aa.trail())
            self.close(aa.link, aa.index)
        return link
