"""An answer that can be sent twice: octets of a response by position, at constant
memory, for general block transfer.

What was lost is sent again, so the octets must be the same the second time, whatever the meter did
in between. Keeping a window of blocks would take many kilobytes for each transfer. Kept are only
the octets that another reading might change; elements of long attributes are encoded anew, because
they are asked for by number and their rows were fixed when the transfer began (REQUIREMENTS D-19).
So an answer goes in legs, each of

    seg: octets read once and kept (header, simple values, heads)  ·  the elements of at most one
    long attribute

seg is what was read into a buffer; when an answer turns out not to fit one APDU after
several legs were read to try it, the octets of those before the last one stand in
front of it in the transfer's `buf`.

A leg begins when all of the one before is acknowledged. A position in it is three small numbers:
octets of seg, element, octets of that element. After each block its position goes into a mark, with
a digest of the block: a repeated block that differs, because somebody wrote to the object
meanwhile, is seen and ends the transfer.
"""

from micropython import const

from dlms.codec.octets import copy, equal
from dlms.long.general import fill_ready
from dlms.long.now import MARKS, PER_MARK, SLOTS, Numbers
from dlms.long.stream import HEAD, longest_piece

_SPARE = 24  # octets of seg beside one piece of a value: the header of a response
# these as in `dlms.long.now`
_GOT = const(1)
_POSITION = const(11)
_ELEMENT = const(12)
_DONE = const(13)
_TOP = const(14)
_END = const(15)
_FRONT = const(16)
_ELEMENTS = const(17)


class Legs(Numbers):
    """The legs of one transfer's answer; made once at start. Where they stand is part of `now`, the
    numbers of the dialogue.
    """

    def __init__(self, limits, now):
        self.seg = bytearray(longest_piece(limits) + _SPARE)
        self.now = now

    def gather(self, t, end):
        """A new leg after the `end` octets in seg: gather what transfer t has, up to a
        long attribute, a full seg or the end.
        """
        while True:
            n = t.c1 - t.c0
            if n > t.request.piece + _SPARE - end:
                break  # waits in carry for the next leg
            copy(self.seg, end, t.carry, t.c0, n)
            end += n
            t.c0 = HEAD
            t.c1 = HEAD
            # carry is empty, and a long attribute is another leg's: `t.next` would be a frame more
            if t.i < t.n or not t.source.next(t):
                break
        now = self.now
        now[_FRONT] = 0
        now[_END] = end
        now[_ELEMENTS] = t.n if t.c0 == t.c1 and t.i < t.n else 0
        self.rewind()

    def go_on(self, t):
        """The leg after this one."""
        if t.c0 == t.c1:
            t.i = t.n  # the elements are sent
        self.gather(t, 0)

    def join(self, t, out, off, n):
        """Begin the leg after this one as part of it; the octets so far are out[off:off+n].
        False when they find no room in t.buf.
        """
        if not t.request.has_room(n):
            return False
        copy(t.buf, t.request.used, out, off, n)
        self.go_on(t)
        now = self.now
        now[_FRONT] = n
        now[_END] += n
        now[_POSITION] = n
        return True

    def rewind(self):
        """Back to the begin of the leg."""
        now = self.now
        now[_POSITION] = now[_ELEMENT] = now[_DONE] = now[_TOP] = 0

    def spent(self):
        """True at the end of the leg."""
        now = self.now
        return now[_POSITION] >= now[_END] and now[_ELEMENT] >= now[_ELEMENTS]

    def follows(self, t):
        """True when another leg comes after this one."""
        return t.c0 < t.c1 or t.source.waiting(t)

    def fill(self, t, out, off, end):
        """Copy the next octets of the leg to out[off:end]; returns the offset after them. t.fault
        shows why it cannot go on.
        """
        now = self.now
        while True:
            off = fill_ready(now, self.seg, t.buf, t.request.used, t.carry, out, off, end)
            if off == end or now[_ELEMENT] >= now[_ELEMENTS]:
                return off
            if now[_DONE] == 0 and t.attr == t.obj.ROWS:
                off = self.rows(t, out, off, end)
                if off == end or now[_ELEMENT] >= now[_ELEMENTS]:
                    return off
            n = t.obj.element(t.attr, t, now[_ELEMENT], t.carry, HEAD)
            if n < 0:
                t.fault = -n
                return off
            now[_TOP] = n

    def rows(self, t, out, off, end):
        """As many whole elements as the object writes at once, and the begin of one that stands in
        carry then (`cosem.base`).
        """
        now = self.now
        t.i = now[_ELEMENT]
        off = t.obj.elements(t, out, off, end)
        now[_ELEMENT] = t.i
        if t.c0 < t.c1:
            now[_ELEMENT] -= 1
            now[_DONE] = t.c0 - HEAD
            now[_TOP] = t.c1
        # for the next leg all of them are still to be sent
        t.c0 = t.c1 = HEAD
        t.i = 0
        return off

    def differs(self, t, number, buf, off, n):
        """True when the octets buf[off:off+n] are not those of block `number` of a request, which
        was taken. Of blocks long ago False: nobody knows.
        """
        now = self.now
        if now[_GOT] - number >= now[SLOTS]:
            return False
        i = MARKS + PER_MARK * (number % now[SLOTS])
        return now[i + 1] != n or equal(t.buf, now[i], buf, off, n) == 0
