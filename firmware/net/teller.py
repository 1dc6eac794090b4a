"""Notifies the AAs of the client management process of what happened: every AA that negotiated
it, each notice once (REQUIREMENTS B-16).

    notified by the teller, here            the AAs on accepted connections and over UDP
    notified by the sender (`net.sender`)   the destination of the configuration; over TCP
                                            inside the AA that it has on that connection

Neither stands in for the other: this client has no secret, so that anyone may open such an AA and
be gone, and a datagram proves no delivery. They go along the same outbox, each at its own pace. The
teller is ahead: a notice comes to the sender when the AAs have been notified, or when those that
are busy, with an answer that is not fetched, have had their time: a second where a destination
waits.
"""

from micropython import const

_TCP = const(0)
_SIZE = const(2)  # octets in front of a record of the outbox
_SECOND = const(1000)


class Teller:
    """source: a source of `net.sender` whose records go through AAs (`inside`).
    notifier: the Notifier it belongs to.
    """

    def __init__(self, source, notifier):
        self.source = source
        self.box = source.box
        self.notifier = notifier
        service = notifier.service
        self.links = list(service.connections) + list(service.links)
        self.told = bytearray(len(self.links))  # by link: 1 when the record in hand went through the AA on it
        self.waited = 0  # milliseconds for busy AAs
        self.heard = 0  # AAs that the last record was for
        self.lost = 0  # records that found no room in the outbox, as far as that was said

    def tick(self, ms):
        """ms milliseconds have passed. Allocates nothing."""
        box = self.box
        while box.told < box.used:
            if self.tell(box.told):
                self.waited += ms
                if self.waited < self.patience():
                    return
                self.notifier.log("WARN", "notify", "busy", self.source.label)
            self.waited = 0
            i = 0
            while i < len(self.told):
                self.told[i] = 0
                i += 1
            box.told += _SIZE + box.size(box.told)
        if box.lost != self.lost:
            self.lost = box.lost
            if self.heard and self.source.transport < 0:  # otherwise the sender says it
                self.notifier.log("WARN", "notify", "outbox-full", self.source.label)

    def patience(self):
        """Milliseconds that busy AAs have to take a record."""
        return _SECOND * (1 if self.source.transport >= 0 else max(1, self.source.delay(1)))

    def tell(self, at):
        """Send the record at box.buf[at:] through every AA that has not had
        it; returns how many are busy.
        """
        busy = 0
        self.heard = 0
        i = 0
        while i < len(self.told):
            link = self.links[i]
            self.heard += self.told[i]
            if link.n and not self.told[i]:
                aa = self.notifier.among(link, self.box.size(at))
                if aa is not None and not self.destinations_own(link):
                    self.heard += 1
                    if self.send(link, aa, at + _SIZE):
                        self.told[i] = 1
                    else:
                        busy += 1
            i += 1
        return busy

    def destinations_own(self, link):
        """Whether the link is the connection to the destination: its sender serves the AA on it."""
        source = self.source
        line = link.owner if source.transport == _TCP and link.carrier.stream else None
        return line is not None and line.host == source.host and line.port == source.port

    def send(self, link, aa, at):
        """Send the WPDU at box.buf[at:] through an AA; False while that is busy."""
        source = self.source
        source.shape(at, aa)
        if not link.carrier.stream:
            return link.port.send(link, source.buf, source.start, source.size)
        try:
            return link.send(source.buf, source.start, source.size)
        except OSError as e:
            link.failed(e)
            return True
