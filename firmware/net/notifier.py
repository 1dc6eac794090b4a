"""What the meter sends of its own accord: the senders, one an outbox, and the way into an AA of the client management process."""

from dlms.association import ASSOCIATED
from dlms.conformance import EVENT_NOTIFICATION, INFORMATION_REPORT
from dlms.octets import copy
from net.sender import Sender


class Notifier:
    """sources: see `net.sender`. client, device: wPorts of the AA that EventNotifications go through: client management process and
    management logical device (REQUIREMENTS A-13, A-14). long: the `net.long_push.LongPush`, where pushes may be longer than an APDU.
    """

    def __init__(self, service, manager, queue, log, sources, client=1, device=1, long=None):
        self.service = service
        self.manager = manager
        self.queue = queue
        self.log = log
        self.client = client
        self.device = device
        self.long = long
        self.senders = [Sender(source, self) for source in sources]
        # what `find` has found
        self.link = None
        self.connection = None  # None over UDP
        self.short = False  # whether it speaks with short names
        self.wports = bytearray(4)  # client, server

    def tick(self, ms):
        """ms milliseconds have passed with a network. Allocates nothing while the ways are open."""
        for sender in self.senders:
            sender.tick(ms)

    def confirm(self, link, buf, off, end):
        """A DataNotificationConfirm came over a link: it is for what waits for one on that connection."""
        for sender in self.senders:
            if sender.connection is not None and sender.connection is link:
                sender.confirm(buf, off, end)

    def find(self, n):
        """Find an AA of the client management process that takes a notice of n octets; True when there is one."""
        for connection in self.service.connections:
            if connection.sock is not None and self.among(connection, n):
                self.connection = connection
                return True
        self.connection = None
        for link in self.service.links:
            if self.among(link, n):
                return True
        return False

    def among(self, link, n):
        """Whether one of the AAs on this link is such."""
        i = 0
        while i < link.n:
            aa = link.aas[i]
            if aa.assoc.client == self.client and aa.assoc.server == self.device and takes(aa, n):
                self.link = link
                self.short = aa.assoc.context & 1 == 0
                copy(self.wports, 0, link.keys, 4 * i, 4)
                return True
            i += 1
        return False

    def drop(self):
        """The network is gone."""
        for sender in self.senders:
            sender.close()
        self.manager.drop()


def takes(aa, n):
    """Whether an AA is open, has negotiated event-notification, with short names information-report, and has room for n octets.

    In an unconfirmed AA nothing is sent (D-99).
    """
    service = EVENT_NOTIFICATION | INFORMATION_REPORT  # C-36: of an AA's referencing there is only one of them
    return aa.state == ASSOCIATED and aa.confirmed and aa.conformance & service != 0 and n <= aa.room
