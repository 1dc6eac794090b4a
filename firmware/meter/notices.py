"""EventNotifications: every entry of the event log is sent to the client management
process (REQUIREMENTS D-60, B-16 to B-18).

It goes through every AA that this client has open with the management logical device and that
negotiated event-notification, and outside an AA to the destination of the configuration, if there
is one. With short names it goes as InformationReport (D-52, `meter.reports`).
"""

from micropython import const

import limits
from cosem.directory import obis
from dlms.codec import axdr
from dlms.codec.octets import copy, put16
from dlms.unasked.notification import EVENT_HEAD, event_notification
from dlms.unasked.outbox import Outbox

_DATA = const(1)  # class-id
_CODE = obis("0.0.96.11.0.255")
_MOST = const(3600)  # seconds between two attempts


class Notices:
    """A source of `net.sender`, which explains its methods. destination: (transport, host,
    port) or None. source, client: the wPorts outside an AA. retries, delay: attempts after
    the first one, seconds to the second.
    """

    label = "event"
    inside = True  # goes through AAs
    revision = 0
    reports = None  # turns a notice into an InformationReport, where there are short names
    reporting = False  # whether that is what goes outside an AA

    def __init__(self, clock, destination, source, client, retries, delay):
        self.clock = clock
        self.transport, self.host, self.port = destination or (-1, "", 0)
        self.source = source
        self.client = client
        self.tries = retries
        self.seconds = delay
        self.box = Outbox(limits.OUTBOX, limits.PDU)
        # what `shape` made: buf[start:start + size]
        self.buf = self.box.buf
        self.start = 0
        self.size = 0

    def post(self, code):
        """An event happened: value attribute of the event code object, `unsigned`, and
        the present time. Allocates nothing.
        """
        box = self.box
        at = box.reserve(EVENT_HEAD + 2)
        if at >= 0:
            self.clock.render()
            at = event_notification(box.buf, at, self.clock.a[2], 2, _DATA, _CODE, 2)
            box.commit(axdr.put8(box.buf, at, axdr.UNSIGNED, code), self.source, self.client)

    def shape(self, at, aa):
        """Give the WPDU at box.buf[at:] the wPorts and the form that it has in an AA, with
        None outside one. Allocates nothing.

        What is to be sent is buf[start:start + size], until the next call.
        """
        box = self.box.buf
        if aa is None:
            put16(box, at + 2, self.source)
            put16(box, at + 4, self.client)
            short = self.reporting
        else:
            wports = 4 * aa.index  # of the keys: client, server
            copy(box, at + 2, aa.link.keys, wports + 2, 2)
            copy(box, at + 4, aa.link.keys, wports, 2)
            short = aa.assoc.context & 1 == 0  # the numbers of short name contexts are even
        if short:
            self.buf = self.reports.buf
            self.start = 0
            self.size = self.reports.report(box, at)
        else:
            self.buf = box
            self.start = at
            self.size = self.box.size(at - 2)

    def may_send(self):
        return True

    def first_delay(self):
        return 0

    def retries(self):
        return self.tries

    def delay(self, n):
        """Seconds from attempt n = 1, 2, … to the next one: doubled each time."""
        seconds = self.seconds
        while n > 1 and seconds < _MOST:
            seconds *= 2
            n -= 1
        return min(seconds, _MOST)
