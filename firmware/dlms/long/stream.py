"""Long transfers: values streamed out element by element.

A `Transfer` belongs to one association while it lasts. Outwards it is a generator without a
generator's heap: `fill` copies the next octets of the value into the block at hand, and the value
is split anywhere. The cursor is (entry of the list, attribute, element, octet offset); the octets
of the element at hand that did not fit wait in `carry`, so that an element is encoded once and
every block of a value comes from one reading of it (REQUIREMENTS D-14, D-19).

    carry:  | room to push back | octets already sent | octets waiting |
            0                   HEAD                  c0               c1

What follows the value at hand says the source (`dlms.long.sources`). What comes in stands in the
request (`dlms.long.request`).
"""

from micropython import const

from dlms.codec import axdr
from dlms.codec.errors import SUCCESS
from dlms.codec.octets import copy
from dlms.long.request import Request
from dlms.long.sources import ALL_ATTRIBUTES, NOTHING
from dlms.long.states import NONE, WHOLE_OUT
from dlms.long.tape import Tape

HEAD = const(16)  # carry[:HEAD] takes back octets that did fit a normal response but not a block


def raw_room(room, header):
    """How many octets of raw data fit a block of `room` octets: what the
    header and its length field leave.
    """
    raw = room - header - 1
    if raw >= 0x80:
        raw -= 1
        if raw >= 0x100:
            raw -= 1
    return raw


def longest_piece(limits):
    """Octets of the longest piece of a value: an element, with result
    octet, tag and count in front.
    """
    return 8 + limits.ELEMENT


class Cursor:
    """Where the reading of a long attribute stands; `cosem.base` has the contract."""

    def __init__(self):
        self.tag = 0  # of the value: array, structure or compact-array
        self.n = 0  # its elements …
        self.i = 0  # … of which so many are read
        self.selector = 0  # of the selection, 0 for none …
        self.buf = None  # … whose parameters are buf[off:end]
        self.off = 0
        self.end = 0
        self.u = 0  # the object's own
        self.v = 0
        self.w = 0
        self.map = bytearray(32)
        self.aa = None


class Transfer(Cursor):
    """One long transfer, made once at start: what goes out. What comes in is its `request`."""

    def __init__(self, kit, limits):
        super().__init__()
        self.kit = kit
        self.kind = NONE  # what it is doing: a state of `dlms.long.states`
        self.block = 0  # outwards: number of the last block sent; inwards: of the last block taken
        piece = longest_piece(limits)
        self.request = Request(limits, piece)
        self.buf = self.request.buf  # parameters of a selection are a part of the request
        self.carry = bytearray(HEAD + piece)
        self.c0 = HEAD
        self.c1 = HEAD
        self.fault = SUCCESS  # why the value cannot be continued
        self.obj = None  # whose attribute is read …
        self.record = 0  # … where the directory has it …
        self.attr = 0  # … and which one
        self.readable = 0  # the attributes that AllAttributes has still to read
        self.source = NOTHING  # what follows the value at hand …
        self.outer = NOTHING  # … and what follows AllAttributes
        self.gbt = kit.gbt.Dialogue(limits) if kit.gbt else None
        self.tape = Tape()

    def reset(self):
        """Forget the value; nothing waits and nothing follows."""
        self.kind = NONE
        self.request.used = 0
        self.n = 0
        self.i = 0
        self.c0 = HEAD
        self.c1 = HEAD
        self.fault = SUCCESS
        self.obj = None
        self.source = NOTHING

    def may_end(self):
        """Whether it may be ended for another one: not when its length was announced (D-118)."""
        return self.kind != WHOLE_OUT

    # -- a value begins ------------------------------------------------------------------------

    def begin_value(self, obj, record, attr):
        """Begin with attribute `attr` of the object of a directory record, 0 for the structure of
        all readable ones; returns a result.

        The tag and count, or the whole simple value, are appended to carry. aa, selector,
        off and end were set by the caller.
        """
        self.obj = obj
        self.record = record
        self.attr = attr
        if attr:
            return self.put_value()
        ALL_ATTRIBUTES.begin_structure(self)
        return SUCCESS

    def put_value(self):
        """Append attribute self.attr of self.obj to carry, the simple value or the head of the long
        one; returns a result.
        """
        obj = self.obj
        attr = self.attr
        if attr == 1:
            self.c1 = axdr.put_octets(
                self.carry, self.c1, axdr.OCTET_STRING, self.aa.assoc.directory.table, 8 * self.record, 6
            )
            return SUCCESS
        value = obj.a[attr]
        if value is not None:
            self.c1 = axdr.put_encoded(self.carry, self.c1, value)
            return SUCCESS
        if attr in obj.LONG:
            result = obj.open(attr, self)
            if result == SUCCESS:
                self.i = 0
                if self.tag == axdr.COMPACT_ARRAY:
                    self.c1 = obj.head(attr, self, self.carry, self.c1)
                else:
                    self.c1 = axdr.put_head(self.carry, self.c1, self.tag, self.n)
            else:
                self.n = 0
            return result
        end = obj.get(attr, self.carry, self.c1, self.aa)
        if end < 0:
            return -end
        self.c1 = end
        return SUCCESS

    def put(self, octet):
        """Append one octet to carry."""
        self.carry[self.c1] = octet
        self.c1 += 1

    def empty(self):
        """Nothing waits in carry any more."""
        self.c0 = HEAD
        self.c1 = HEAD

    # -- and goes on ---------------------------------------------------------------------------

    def next(self):
        """Put the next piece into the empty carry: an element of the long attribute at hand,
        otherwise what the source has. False at the end of the value or at a fault.
        """
        self.c0 = HEAD
        self.c1 = HEAD
        if self.i < self.n:
            end = self.obj.element(self.attr, self, self.i, self.carry, HEAD)
            if end < 0:
                self.fault = -end
                return False
            self.i += 1
            self.c1 = end
            return True
        return self.source.next(self)

    def fill(self, out, off, end):
        """Copy the next octets of the value to out[off:end]; returns the offset after them,
        short of `end` at the end of the value.
        """
        while off < end:
            n = self.c1 - self.c0
            if n:
                if n > end - off:
                    n = end - off
                copy(out, off, self.carry, self.c0, n)
                self.c0 += n
                off += n
                continue
            if self.fault:
                break
            if self.i < self.n:
                if self.attr == self.obj.ROWS:
                    # whole rows go straight into the block
                    n = self.obj.elements(self, out, off, end) - off
                    off += n
                if n == 0 and not self.next():
                    break
            else:
                self.c0 = HEAD
                self.c1 = HEAD
                if not self.source.next(self):
                    break
        return off

    def more(self):
        """True, or what says so, while octets of the value, or a fault
        to report, are still to come.
        """
        return self.c0 < self.c1 or self.fault or self.next() or self.fault

    def push_back(self, out, off, n):
        """Take back the n <= HEAD octets out[off:off+n] that were filled last."""
        self.c0 -= n
        copy(self.carry, self.c0, out, off, n)
