"""An answer that can be sent twice: octets of a response by position, at constant
memory, for general block transfer.

What was lost is sent again, so the octets must be the same the second time, whatever the meter did
in between. Keeping a window of blocks would take many kilobytes for each transfer. Kept are only
the octets that another reading might change; elements of long attributes are encoded anew, because
they are asked for by number and their rows were fixed when the transfer began (REQUIREMENTS D-19).
So an answer goes in legs, each of

    seg: octets read once and kept (header, simple values, heads)  ·  the elements of at most one long attribute

seg is what was read into a buffer; when an answer turns out not to fit one APDU after
several legs were read to try it, the octets of those before the last one stand in
front of it in the transfer's `buf`.

A leg begins when all of the one before is acknowledged. A position in it is three small numbers:
octets of seg, element, octets of that element. After each block its position goes into `marks`,
with a digest of the block: a repeated block that differs, because somebody wrote to the object
meanwhile, is seen and ends the transfer.
"""

from array import array

from dlms.codec.octets import copy, digest, equal
from dlms.long.stream import HEAD, longest_piece

_MARK = 4  # numbers of a mark: position in seg, element, octets of the element, digest of the block before
_SPARE = 24  # octets of seg beside one piece of a value: the header of a response


class Legs:
    """The legs of one transfer's answer; made once at start."""

    def __init__(self, limits):
        self.seg = bytearray(longest_piece(limits) + _SPARE)
        self.front = 0  # octets in t.buf[used:], in front of those in seg
        self.end = 0  # octets in both
        self.p = 0  # position: octets of both …
        self.e = 0  # … elements …
        self.o = 0  # … and octets of element e
        self.n = 0  # elements of this leg
        self.top = 0  # element e stands encoded in the transfer's carry up to here; 0 while it does not
        self.marks = array("i", bytes(4 * _MARK * (limits.GBT_WINDOW + 1)))

    def begin(self, t, end):
        """A new leg behind the `end` octets in seg: gather what transfer t has, up to a
        long attribute, a full seg or the end.
        """
        while True:
            n = t.c1 - t.c0
            if n > t.piece + _SPARE - end:
                break  # waits in carry for the next leg
            copy(self.seg, end, t.carry, t.c0, n)
            end += n
            t.c0 = HEAD
            t.c1 = HEAD
            if t.i < t.n or not t.next():
                break
        self.front = 0
        self.end = end
        self.n = t.n if t.c0 == t.c1 and t.i < t.n else 0
        self.rewind()

    def go_on(self, t):
        """The leg after this one."""
        if t.c0 == t.c1:
            t.i = t.n  # the elements are sent
        self.begin(t, 0)

    def join(self, t, out, off, n):
        """Begin the leg after this one as part of it; the octets so far are out[off:off+n].
        False when they find no room in t.buf.
        """
        if t.used + n > t.size:
            return False
        copy(t.buf, t.used, out, off, n)
        self.go_on(t)
        self.front = n
        self.end += n
        self.p = n
        return True

    def rewind(self):
        """Back to the begin of the leg."""
        self.p = 0
        self.e = 0
        self.o = 0
        self.top = 0

    def spent(self):
        """True at the end of the leg."""
        return self.p == self.end and self.e >= self.n

    def ended(self, t):
        """True at the end of the answer."""
        return self.p == self.end and self.e >= self.n and not self.follows(t)

    def follows(self, t):
        """True when another leg comes behind this one."""
        return t.c0 < t.c1 or t.waiting()

    def fill(self, t, out, off, end):
        """Copy the next octets of the leg to out[off:end]; returns the offset behind them.
        t.fault tells why it cannot go on.
        """
        while off < end:
            if self.p < self.end:
                n = self.kept(t, out, off, end - off)
            elif self.e >= self.n:
                break
            else:
                if self.top == 0:
                    n = t.obj.element(t.attr, t, self.e, t.carry, HEAD)
                    if n < 0:
                        t.fault = -n
                        break
                    self.top = n
                n = min(self.top - HEAD - self.o, end - off)
                copy(out, off, t.carry, HEAD + self.o, n)
                self.o += n
                if HEAD + self.o == self.top:
                    self.e += 1
                    self.o = 0
                    self.top = 0
            off += n
        return off

    def kept(self, t, out, off, n):
        """Copy up to n of the octets that were kept to out[off:]; returns how many."""
        p = self.p
        if p < self.front:
            n = min(self.front - p, n)
            copy(out, off, t.buf, t.used + p, n)
        else:
            n = min(self.end - p, n)
            copy(out, off, self.seg, p - self.front, n)
        self.p = p + n
        return n

    # -- blocks of a request: while one comes there is no answer, and the marks
    # tell where it has them -----------

    def taken(self, number, at, n):
        """Block `number` of the request was put into its buffer at `at`, n octets."""
        marks = self.marks
        i = _MARK * number % len(marks)
        marks[i] = at
        marks[i + 1] = n

    def differs(self, t, number, buf, off, n):
        """True when the octets buf[off:off+n] are not those of block `number` that was taken. Of
        blocks long ago False: nobody knows.
        """
        marks = self.marks
        if _MARK * (t.gbt.got - number) >= len(marks):
            return False
        i = _MARK * number % len(marks)
        return marks[i + 1] != n or equal(t.buf, marks[i], buf, off, n) == 0

    # -- marks -------------------------------------------------------------------------------------

    def mark(self, number, buf, off, n):
        """The present position is the one behind block `number`, whose octets are buf[off:off+n]."""
        marks = self.marks
        i = _MARK * number % len(marks)
        marks[i] = self.p
        marks[i + 1] = self.e
        marks[i + 2] = self.o
        marks[i + 3] = digest(buf, off, n)

    def same(self, number, buf, off, n):
        """True when buf[off:off+n] are the octets of block `number` and the
        position is the one behind it.
        """
        marks = self.marks
        i = _MARK * number % len(marks)
        return (
            marks[i] == self.p
            and marks[i + 1] == self.e
            and marks[i + 2] == self.o
            and marks[i + 3] == digest(buf, off, n)
        )

    def back(self, number):
        """Go to the position behind block `number`."""
        i = _MARK * number % len(self.marks)
        self.p = self.marks[i]
        if self.e != self.marks[i + 1]:
            self.e = self.marks[i + 1]
            self.top = 0
        self.o = self.marks[i + 2]
