"""EventNotifications: every entry of the event log is told to the client management process (REQUIREMENTS D-60, B-16 to B-18).

Inside an AA that this client has open and that negotiated event-notification, the notice goes through it; else, outside an AA, to the
destination of the configuration, if there is one. With short names it goes as InformationReport (D-52, `meter.reports`).
"""

from micropython import const

import limits
from cosem.directory import obis
from dlms import axdr
from dlms.notification import EVENT_HEAD, event_notification
from dlms.outbox import Outbox

_DATA = const(1)  # class-id
_CODE = obis("0.0.96.11.0.255")
_MOST = const(3600)  # seconds between two attempts


class Notices:
    """A source of `net.sender`, which tells what that has. destination: (transport, host, port) or None. source, client: the wPorts
    outside an AA. retries, delay: attempts after the first one, seconds to the second.
    """

    label = "event"
    inside = True  # goes through an AA when there is one
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

    def post(self, code):
        """An event happened: value attribute of the event code object, `unsigned`, and the present time. Allocates nothing."""
        box = self.box
        at = box.begin(EVENT_HEAD + 2)
        if at >= 0:
            self.clock.render()
            at = event_notification(box.buf, at, self.clock.a[2], 2, _DATA, _CODE, 2)
            box.commit(axdr.put8(box.buf, at, axdr.UNSIGNED, code), self.source, self.client)

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
