"""What the meter sends of its own accord: a sender for each outbox that has a destination, and a
teller for the one whose records go through AAs of the client management process.
"""

import gc

from micropython import const

from dlms.codec.conformance import EVENT_NOTIFICATION, INFORMATION_REPORT
from dlms.codec.wrapper import HEADER
from dlms.aa.association import ASSOCIATED
from net.sender import Sender
from net.teller import Teller

_DATAGRAMS = const(4)  # that are read at once
_CONFIRMATION = const(18)  # octets of the longest
_LONGER = const(3)  # octets that an InformationReport may have more than the EventNotification


class Notifier:
    """sources: see `net.sender`. client, device: wPorts of the AA that EventNotifications go
    through: client management process and management logical device (REQUIREMENTS A-13, A-14).
    long: the `net.long_push.LongPush`, where pushes may be longer than an APDU.
    """

    starved = False  # there was no memory for a sender, and the log says so

    def __init__(self, service, manager, queue, log, sources, client=1, device=1, long=None):
        self.service = service
        self.manager = manager
        self.queue = queue
        self.log = log
        self.client = client
        self.device = device
        self.long = long
        self.idle = list(sources)  # those without a sender
        self.senders = []
        self.tellers = [Teller(source, self) for source in sources if source.inside]
        for source in sources:
            if source.inside or source.transport >= 0:
                self.add_sender(source)
        self.scratch = bytearray(_DATAGRAMS * (HEADER + _CONFIRMATION))  # for what comes back over UDP

    def tick(self, ms):
        """ms milliseconds have passed with a network. Allocates nothing while the ways are
        open, but for a sender that is new.
        """
        for teller in self.tellers:
            teller.tick(ms)
        for sender in self.senders:
            sender.tick(ms)
        # after the others, which go on also while there is no memory for one more
        for source in self.idle:
            if source.box.n or source.box.lost:
                self.add_sender_late(source, ms)
                break  # the next one at the next tick

    def add_sender(self, source):
        """Give a source a sender: at the start, or with its first record
        when it had no destination then.
        """
        sender = Sender(source, self)
        self.senders.append(sender)
        self.idle.remove(source)  # last: while there is no memory for all that, it is tried again
        return sender

    def add_sender_late(self, source, ms):
        """The same while the meter runs. For want of memory what waits is kept and tried again at
        every tick, and said once: a client may have given the destination, and nothing else of the
        meter ends with it, such as the feeding of a watchdog.
        """
        try:
            sender = self.add_sender(source)
        except MemoryError:
            if not self.starved:
                self.starved = True
                gc.collect()  # which may be switched off
                self.log("WARN", "notify", "no-memory", source.label)
            return
        self.starved = False
        sender.tick(ms)

    def confirm(self, link, buf, off, end):
        """A DataNotificationConfirm came over a link: it is for what waits for one on that
        connection; False when nothing does.
        """
        awaited = False
        for sender in self.senders:
            if sender.connection is not None and sender.connection is link and sender.confirm(buf, off, end):
                awaited = True
        return awaited

    def among(self, link, size):
        """The AA of the client management process on this link that takes a notice
        whose WPDU has `size` octets, or None.
        """
        n = size - HEADER + _LONGER
        i = 0
        while i < link.n:
            aa = link.aas[i]
            if aa.assoc.client == self.client and aa.assoc.server == self.device and takes(aa, n):
                return aa
            i += 1
        return None

    def drop(self):
        """The network is gone."""
        for sender in self.senders:
            sender.close()
        self.manager.drop()


def takes(aa, n):
    """Whether an AA is open, has negotiated event-notification, with short names
    information-report, and has room for n octets.

    In an unconfirmed AA nothing is sent (D-99).
    """
    service = EVENT_NOTIFICATION | INFORMATION_REPORT  # C-36: of an AA's referencing there is only one of them
    return aa.state == ASSOCIATED and aa.confirmed and aa.conformance & service != 0 and n <= aa.room
