"""Push setup, class 40 version 2 (REQUIREMENTS F-17, D-61 to D-63): which values go
where without being asked for, and when.

A trigger is method `push`, an interval, an alarm, or the network. It captures the values at once,
and encodes them as one DataNotification into the outbox of this object. `net.sender` takes it from
there to the destination, with windows, retries and confirmation as this object says.

Version 2 as public implementations have it: elements of push_object_list carry a restriction and
columns, repetition_delay is a structure. Of the current version 3 no table of attributes is public.
Taken are TCP and UDP with numeric addresses, and A-XDR. Which part of an attribute is sent is
explained in `cosem.push_objects`.

A push that is longer than one APDU is not captured. The outbox then has only the head of its
DataNotification, with the time and number of the trigger. `net.long_push` reads the values when
they are sent. Where the destination has no general block transfer (`window` 0) the push is refused,
and counted as lost.
"""

from array import array

from micropython import const

import limits
from cosem import window
from cosem.base import OUT_OF_RANGE, Interface, answered, live, no_parameter
from cosem.directory import obis
from cosem.push_objects import ENTRIES, PushObjects, element_end, put_head, rest_of
from dlms.codec import axdr
from dlms.codec.errors import OTHER_REASON, READ_WRITE_DENIED, SUCCESS, TEMPORARY_FAILURE, TYPE_UNMATCHED
from dlms.codec.octets import copy, get16
from dlms.codec.work import spend
from dlms.unasked.notification import DATA_HEAD, INVOKE_IDS, data_notification
from dlms.unasked.outbox import Outbox
from dlms.long.stream import Cursor

TCP = const(0)  # transport_service
UDP = const(1)
CONFIRMED = const(2)  # push_operation_method; 0 and 1 are unconfirmed
DESTINATION = const(64)  # longest destination, octets
_PUSH = const(10)  # units of work
_METHODS = const(3)  # values of push_operation_method
# type of each attribute from 0 that `set` takes as it is, 0 of the others
_TYPES = (0, 0, 0, 0, axdr.ARRAY, axdr.LONG_UNSIGNED, axdr.UNSIGNED, axdr.STRUCTURE, 0, axdr.INTEGER, 0, axdr.ENUM)
_NEVER = b"\x19\xff\xff\xff\xff\xff\xff\xff\xff\xff\x80\x00\xff"
# what never changes: written here as constants, they take no heap when they are frozen
_UNPROTECTED = const(b"\x01\x00")
# confirmation_parameters: no start date, no interval
_UNRESTRICTED = const(b"\x02\x02\x19\xff\xff\xff\xff\xff\xff\xff\xff\xff\x80\x00\xff\x06\x00\x00\x00\x00")


class PushCommon:
    """What the Push setup objects of a meter share.

    clock: the Clock object. device: wPort of the logical device they belong to. parse:
    function(text) that returns (host, port) of a destination, or None. seed: of the random delays,
    of which each meter shall have its own. retries, delay: what they begin with. window: blocks
    that destinations take in one stream of general block transfer, 0 for destinations without it.
    """

    def __init__(self, clock, device, parse, seed, retries, delay, window=0):
        self.clock = clock
        self.device = device
        self.parse = parse
        self.random = seed & 0xFFFF
        self.retries = retries
        self.delay = delay
        self.window = window
        self.invoke_id = 0
        self.cursor = Cursor()
        self.stack = array("H", bytes(2 * limits.NESTING))

    def next_id(self):
        """The next number of a long-invoke-id."""
        self.invoke_id = self.invoke_id + 1 & INVOKE_IDS
        return self.invoke_id

    def delay_up_to(self, seconds):
        """A random number of seconds, 0 … seconds."""
        self.random = self.random * 2053 + 13849 & 0xFFFF
        return self.random % (seconds + 1)


class PushSetup(Interface):
    """Attributes: 2 push_object_list, 3 send_destination_and_method, 4 communication_window, 5
    randomisation_start_interval, 6 number_of_retries, 7 repetition_delay, 8 port_reference, 9
    push_client_SAP, 10 push_protection_parameters, 11 push_operation_method, 12
    confirmation_parameters, 13 last_confirmation_date_time. Methods: 1 push, 2 reset. 8, 10, 12 and
    13 are read only.

    label: its name in the log. captured: (logical name as text, attribute) of what is pushed.
    port_reference: attribute 8, encoded. destination: (transport, text) or None. client:
    push_client_SAP. period: seconds of local time between two pushes, 0 for none, None for an
    object without that trigger.

    For `net.sender` (whose contract it fulfils): box, transport (-1 for none), host,
    port, revision (changes with them).
    """

    CLASS_ID = 40
    VERSION = 2
    ATTRIBUTES = 13
    METHODS = 2
    LONG = (2,)
    KEPT = ((2,), (3, 4, 5, 6, 7, 9, 11))
    inside = False  # goes to its destination, whatever AAs are open

    def __init__(self, label, common, captured, port_reference, destination, client, period=None):
        Interface.__init__(self)
        self.label = label
        self.common = common
        self.box = Outbox(0, limits.PDU)  # has no buffer until there is a destination
        self.list = captured  # until `placed` finds them
        self.live = False  # set when the meter can be reached: of the past nothing is pushed
        self.transport = -1
        self.host = ""
        self.port = 0
        self.revision = 0
        if period is not None:
            self.period = period
        transport, text = destination or (TCP, "")
        self.a[3] = axdr.structure(axdr.enum(transport), axdr.octets(text.encode()), axdr.enum(0))
        if text:
            self.box.provide(limits.OUTBOX)
        self._aim(self.a[3])
        delays = axdr.structure(axdr.long_unsigned(common.delay), axdr.long_unsigned(200), axdr.long_unsigned(3600))
        a = self.a
        a[4], a[5], a[6], a[7], a[9], a[11], a[13] = live(
            axdr.array(()),
            axdr.long_unsigned(0),
            axdr.unsigned(common.retries),
            delays,
            axdr.integer(client),
            axdr.enum(0),
            _NEVER,
        )
        a[8] = port_reference
        a[10] = _UNPROTECTED
        a[12] = _UNRESTRICTED

    def placed(self, directory):
        """The logical device is complete: find the objects to push."""
        found = PushObjects(directory)
        for text, k in self.list:
            i = directory.index(obis(text))
            if i < 0 or directory.objs[i] is None:
                raise ValueError("push: " + text + " cannot be pushed")
            found.add(i, k)
        self.list = found

    # -- capturing ---------------------------------------------------------------------------------

    def trigger(self):
        """Capture the values of now as a DataNotification that is to be sent;
        returns a result. Allocates nothing.
        """
        box = self.box
        common = self.common
        if self.transport < 0:
            return OTHER_REASON
        spend(_PUSH)
        at = box.reserve(DATA_HEAD)
        if at < 0:
            return TEMPORARY_FAILURE
        common.clock.render()
        off = data_notification(box.buf, at, common.next_id(), self.a[11][1] == CONFIRMED, common.clock.a[2], 2)
        off = self._values(box.buf, off, box.limit())
        if off < 0:
            # what waits already may be all that is in its way
            if box.n and self._values(None, DATA_HEAD, box.pdu) > 0:
                box.refuse()
                return TEMPORARY_FAILURE
            if common.window == 0:
                box.refuse(True)
                return OTHER_REASON
            off = at + DATA_HEAD
        box.commit(off, common.device, self.a[9][1])
        return SUCCESS

    def period_end(self):
        """A period of local time is over."""
        if self.live:
            self.trigger()

    def _values(self, buf, off, end):
        """Write the structure of all values at buf[off:end], or, without a buf, measure it;
        returns its end, -1 when there is no room.
        """
        n = self.list.n()
        off = put_head(buf, off, end, axdr.STRUCTURE, n)
        i = 0
        while i < n and off >= 0:
            off = self.list.put_value(i, buf, off, end, self.common)
            i += 1
        return off

    # -- for the sender ----------------------------------------------------------------------------

    def may_send(self):
        """Whether a communication window is open, or none is defined."""
        windows = self.a[4]
        if len(windows) == 2:
            return True
        self.common.clock.render()
        return window.inside(windows, self.common.clock.a[2])

    def first_delay(self):
        """Seconds to wait before the first attempt, a random number."""
        return self.common.delay_up_to(get16(self.a[5], 1))

    def retries(self):
        """How many attempts follow the first one."""
        return self.a[6][1]

    def delay(self, n):
        """Seconds from attempt n = 1, 2, … to the next one: min · (exponent / 100)
        ** (n - 1), not more than max.
        """
        seconds = get16(self.a[7], 3)
        exponent = get16(self.a[7], 6)
        most = get16(self.a[7], 9)
        while n > 1 and seconds < most:
            # compared in front of the product, which would leave the small integers
            seconds = most if exponent and seconds > most * 100 // exponent else seconds * exponent // 100
            n -= 1
        return min(seconds, most)

    def was_confirmed(self):
        """The client has confirmed the oldest push."""
        self.common.clock.render()
        copy(self.a[13], 1, self.common.clock.a[2], 2, 12)

    # -- reading -----------------------------------------------------------------------------------

    def open(self, k, cur):
        cur.tag = axdr.ARRAY
        cur.n = self.list.n()
        return SUCCESS

    def element(self, k, cur, i, buf, off):
        if i >= self.list.n():
            return -OTHER_REASON
        return self.list.put_element(i, buf, off)

    # -- writing -----------------------------------------------------------------------------------

    def set(self, k, buf, off, end, aa, commit):
        """Attributes 2 push_object_list, 3 send_destination_and_method, 4 communication_window, and
        those of one length (`_TYPES`).
        """
        if k == 2:
            return self._set_objects(buf, off, end, aa, commit)
        if k == 3:
            return self._set_destination(buf, off, end, commit)
        if k >= len(_TYPES) or _TYPES[k] == 0:
            return READ_WRITE_DENIED
        if buf[off] != _TYPES[k]:
            return TYPE_UNMATCHED
        if k == 4:
            return self._set_windows(buf, off, end, commit)
        if end - off != len(self.a[k]) or k == 7 and not is_delay(buf, off):
            return TYPE_UNMATCHED
        if k == 9 and buf[off + 1] & 0x80 or k == 11 and buf[off + 1] >= _METHODS:
            return OUT_OF_RANGE
        if commit:
            copy(self.a[k], 0, buf, off, end - off)
        return SUCCESS

    def _set_windows(self, buf, off, end, commit):
        if not window.well_formed(buf, off, end):
            return TYPE_UNMATCHED
        if not window.usable(buf, off, end):
            return OUT_OF_RANGE
        if commit:
            if len(self.a[4]) != end - off:
                self.a[4] = bytearray(end - off)
            copy(self.a[4], 0, buf, off, end - off)
        return SUCCESS

    def _set_destination(self, buf, off, end, commit):
        """structure {transport_service enum, destination octet-string, message enum}; an empty
        destination switches the object off.
        """
        if end - off < 8 or get16(buf, off) != 0x0203 or buf[off + 2] != axdr.ENUM or buf[off + 4] != axdr.OCTET_STRING:
            return TYPE_UNMATCHED
        n = buf[off + 5]
        if n > DESTINATION or buf[off + 3] > UDP:
            return OUT_OF_RANGE
        if end - off != 8 + n or buf[end - 2] != axdr.ENUM:
            return TYPE_UNMATCHED
        if buf[end - 1] or n and self._parsed(buf, off + 6, n) is None:
            return OUT_OF_RANGE
        if commit:
            value = bytes(buf[off:end])
            if n:
                self.box.provide(limits.OUTBOX)  # before anything changes: there may be no memory for it
            self._aim(value)
        return SUCCESS

    def _parsed(self, buf, off, n):
        """(host, port) of the destination text, None when it is none."""
        try:
            return self.common.parse(str(bytes(buf[off : off + n]), "ascii"))
        except ValueError:
            return None

    def _aim(self, value):
        """Take a value of attribute 3 into use; what needs memory comes first, so
        that it is done whole or not at all.
        """
        if value[5]:
            self.host, self.port = self._parsed(value, 6, value[5])
            self.transport = value[3]
        else:
            self.transport = -1
        self.a[3] = value
        self.revision = self.revision + 1 & 0xFFFF

    def _set_objects(self, buf, off, end, aa, commit):
        """Array of elements; only what this client may read can be pushed. Memory
        is allocated for the new list.
        """
        if buf[off] != axdr.ARRAY:
            return TYPE_UNMATCHED
        if axdr.count(buf, off) > ENTRIES:
            return OUT_OF_RANGE
        at = axdr.content(buf, off)
        found = PushObjects(self.list.directory)
        while at < end:
            behind = element_end(buf, at, end)
            if behind < 0:
                return TYPE_UNMATCHED
            i = self._permitted(buf, at, aa)
            if i < 0 or not found.add(i, buf[at + 14], rest_of(buf, at, behind)):
                return OUT_OF_RANGE
            at = behind
        if commit:
            self.list = found
        return SUCCESS

    def _permitted(self, buf, at, aa):
        """Directory record of the object of the element at `at` whose attribute the client may
        read and this object can push, or -1.
        """
        directory = self.list.directory
        i = directory.locate(buf, at + 3, at + 7)
        o = directory.objs[i] if i >= 0 else None
        k = buf[at + 14]
        if o is None or not 1 <= k <= o.ATTRIBUTES:
            return -1
        return i if aa is None or directory.right(aa.assoc.acc[i], k) & 1 else -1

    def act(self, m, buf, off, end, out, o, aa):
        if not no_parameter(buf, off, end):
            return -TYPE_UNMATCHED
        if m == 1:
            return answered(self.trigger(), o)
        self.box.clear()
        return o


def is_delay(buf, off):
    """True when the Data at off begins as structure {long-unsigned, long-unsigned, long-unsigned}."""
    return (
        buf[off + 1] == 3
        and buf[off + 2] == axdr.LONG_UNSIGNED
        and buf[off + 5] == axdr.LONG_UNSIGNED
        and buf[off + 8] == axdr.LONG_UNSIGNED
    )
