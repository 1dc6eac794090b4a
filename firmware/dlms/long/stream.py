"""Long transfers: values streamed out element by element, values in blocks
put together in one bounded buffer.

A `Transfer` belongs to one association while it lasts. Outbound it is a generator without a
generator's heap: `fill` copies the next octets of the value into the block at hand, and the value
is split anywhere. The cursor is (entry of the list, attribute, element, octet offset); the octets
of the element at hand that did not fit wait in `carry`, so that an element is encoded once and
every block of a value comes from one reading of it (REQUIREMENTS D-14, D-19).

    carry:  | room to push back | octets already sent | octets waiting |
            0                   HEAD                  c0               c1

Inbound the blocks are appended to `buf` behind the saved descriptors, and the request is executed
when the last one has come (REQUIREMENTS D-24).
"""

from micropython import const

from dlms.codec import axdr
from dlms.codec.errors import SUCCESS
from dlms.codec.octets import copy
from dlms.aa.association import ROW
from dlms.long.states import NONE, WHOLE_OUT

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
    """Where the reading of a long attribute stands; the contract is told in `cosem.base`."""

    def __init__(self):
        self.tag = 0
        self.n = 0
        self.i = 0
        self.selector = 0
        self.buf = None
        self.off = 0
        self.end = 0
        self.u = 0
        self.v = 0
        self.w = 0
        self.map = bytearray(32)
        self.aa = None


class Transfer(Cursor):
    """One long transfer and its two buffers, made once at start."""

    def __init__(self, server, limits):
        super().__init__()
        self.server = server
        self.kind = NONE  # what it is doing: a state of `dlms.long.states`
        self.iip = 0  # of the request that began it
        self.block = 0  # outbound: number of the last block sent; inbound: of the last block taken
        self.many = False  # inbound: the request is a list
        self.buf = bytearray(limits.REASSEMBLY)
        self.size = limits.REASSEMBLY  # octets of buf
        self.used = 0  # octets in buf: inbound of the request so far, outbound of what is kept of it
        self.mark = 0  # inbound: where the value begins in buf
        self.piece = longest_piece(limits)
        self.carry = bytearray(HEAD + self.piece)
        self.c0 = HEAD
        self.c1 = HEAD
        self.fault = SUCCESS  # why the value cannot be continued
        self.obj = None
        self.record = 0  # where the directory has obj
        self.readable = 0  # attribute 0: bit k is set when the client may read attribute k
        self.attr = 0
        self.last = 0  # attribute 0: the last attribute of the structure; else equal to attr
        self.entries = 0  # list: entries still to come, their descriptors at buf[pos:]
        # function(server, transfer) of the service, which encodes the head
        # of the next entry into carry
        self.list_entry = None
        self.pos = 0
        self.held = 0  # list of methods: octets of the answer still at buf[pos:]
        self.phase = 0  # ACCESS: which part of the answer comes next (see `dlms.ln.access`), 0 for other services …
        self.data = 0  # … and where the next Data of the request stands in buf
        self.gbt = server.gbt.Dialogue(limits) if server.gbt else None
        # a long answer in one APDU (see `dlms.ln.whole`)
        self.whole = 0  # its octets, while they are counted; then those still to be written
        self.tape_end = 0  # what is kept of it stands at buf[used:tape_end]
        self.tape = 0  # where the tape is read
        self.run = 0  # measuring: where the open run of kept octets begins; writing: octets left of one
        self.taped = False  # `next` takes the pieces from the tape
        self.overflow = False  # the tape is full: what follows is read again
        self.once = False  # the piece at hand was made by a method, which is not invoked again

    def reset(self):
        """Forget the value; nothing waits and nothing follows."""
        self.kind = NONE
        self.used = 0
        self.n = 0
        self.i = 0
        self.c0 = HEAD
        self.c1 = HEAD
        self.fault = SUCCESS
        self.attr = 0
        self.last = 0
        self.entries = 0
        self.held = 0
        self.phase = 0
        self.taped = False
        self.overflow = False
        self.once = False
        self.obj = None

    def may_end(self):
        """Whether it may be ended for another one: not when its length was announced (D-118)."""
        return self.kind != WHOLE_OUT

    # -- inbound -------------------------------------------------------------------------------

    def take_room(self, n):
        """True when n more octets fit the buffer."""
        return self.used + n <= self.size

    def take(self, rx, off, n):
        """Append n octets of a block; False when the value would be longer than the buffer."""
        used = self.used
        if used + n > self.size:
            return False
        copy(self.buf, used, rx, off, n)
        self.used = used + n
        return True

    # -- outbound: begin -------------------------------------------------------------------------

    def begin(self, obj, record, attr):
        """Begin with attribute `attr` of the object of a directory record, 0 for the structure of
        all readable ones; returns a result.

        The tag and count, or the whole simple value, are appended to carry. aa, selector,
        off and end were set by the caller.
        """
        self.obj = obj
        self.record = record
        if attr:
            self.attr = attr
            self.last = attr
            return self.value()
        self.attr = 0
        self.last = obj.ATTRIBUTES
        self.readable = 0
        n = 0
        k = 1
        rights = self.aa.directory.rows
        row = ROW * self.aa.acc[record]
        while k <= self.last:
            if rights[row + k] & 1:
                self.readable |= 1 << k
                n += 1
            k += 1
        self.c1 = axdr.put_head(self.carry, self.c1, axdr.STRUCTURE, n)
        return SUCCESS

    def value(self):
        """Append attribute self.attr of self.obj to carry: the simple value,
        or the head of the long one.
        """
        obj = self.obj
        attr = self.attr
        if attr == 1:
            self.c1 = axdr.put_octets(
                self.carry, self.c1, axdr.OCTET_STRING, self.aa.directory.table, 8 * self.record, 6
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

    # -- outbound: go on -------------------------------------------------------------------------

    def next(self):
        """Encode the next piece into the empty carry; False at the end of the value or at a fault."""
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
        if self.taped:
            return self.server.whole.replay(self)
        attr = self.attr
        while attr < self.last:
            attr += 1
            if self.readable >> attr & 1:
                self.attr = attr
                self.n = 0
                self.i = 0
                if self.value() != SUCCESS:
                    # an attribute that cannot be read now keeps its place in the structure
                    self.c1 = HEAD
                    self.n = 0
                    self.put(axdr.NULL)
                return True
        self.attr = self.last
        if self.phase:
            return self.server.access.next(self)
        if self.entries > 0:
            self.entries -= 1
            self.n = 0
            self.i = 0
            self.list_entry(self.server, self)
            return True
        if self.held > 0:
            n = min(self.held, self.piece)
            copy(self.carry, HEAD, self.buf, self.pos, n)
            self.pos += n
            self.held -= n
            self.c1 = HEAD + n
            return True
        return False

    def waiting(self):
        """True when something comes behind the elements of the long attribute that is open."""
        if self.phase or self.entries > 0 or self.held > 0:
            return self.phase >= 0
        attr = self.attr
        while attr < self.last:
            attr += 1
            if self.readable >> attr & 1:
                return True
        return False

    def fill(self, out, off, end):
        """Copy the next octets of the value to out[off:end]; returns the offset behind them,
        short of `end` at the end of the value.
        """
        while off < end:
            n = self.c1 - self.c0
            if n == 0:
                if self.i < self.n and self.attr == self.obj.ROWS and not self.fault:
                    n = self.obj.elements(self, out, off, end) - off
                    off += n
                if n == 0 and (self.fault or not self.next()):
                    break
                continue
            if n > end - off:
                n = end - off
            copy(out, off, self.carry, self.c0, n)
            self.c0 += n
            off += n
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
