"""The tape of a long answer that is read twice: what another reading might change is kept, and is
the source the second time (`dlms.ln.whole`, REQUIREMENTS D-117).

The tape is what the request leaves of its buffer:

    buf:  | request | octets(2) kept … cursor | … octets(2) kept … cursor | resume |
          0         used                                                  end      size

    cursor(57)  tag selector attribute record(2) off(2) end(2) n(4) u(4) v(4) w(4) map(32),
                of numbers that begin at -1 one more
    resume(16)  pos(2) left(2) attribute record(2) readable(4), and five unused

A cursor stands for a long attribute: its rows were chosen when it was opened, and are asked for by
number. Where the tape is full, what follows is read twice, from the place that resume names.
"""

from micropython import const

from dlms.codec.octets import copy, get16, get32, put16, put32
from dlms.long.sources import ALL_ATTRIBUTES, Source

_CURSOR = const(57)
_RESUME = const(16)
_CLOSED = const(-1)  # no run of kept octets is open


class Tape(Source):
    """One for each transfer, made once at start."""

    def __init__(self):
        self.octets = 0  # of the whole answer, while they are counted; then those still to be written
        self.end = 0  # what is kept stands at buf[used:end]
        self.at = 0  # writing: where it is read
        self.run = 0  # measuring: where the open run of octets begins; writing: octets left of one
        self.full = False  # what follows is read again
        self.once = False  # the piece at hand was made by what is not done twice
        self.measured = False  # the first reading is over

    # -- measuring -----------------------------------------------------------------------------

    def begin_tape(self, t, octets):
        """An empty tape after the request of t, whose answer has so many octets already."""
        self.octets = octets
        self.end = t.request.used
        self.run = _CLOSED
        self.full = False
        self.measured = False
        self.once = False

    def keep(self, t, buf, off, n, cursor):
        """Keep buf[off:off+n], and with `cursor` that of the long attribute which follows; False
        when there is no room.
        """
        end = self.end
        out = t.request.buf
        if end + 2 + n + (_CURSOR if cursor else 0) > t.request.size - _RESUME:
            return False
        if self.run == _CLOSED:
            self.run = end
            end += 2
        copy(out, end, buf, off, n)
        end += n
        put16(out, self.run, end - self.run - 2)
        if cursor:
            put_cursor(t, out, end)
            end += _CURSOR
            self.run = _CLOSED
        self.end = end
        return True

    def keep_piece(self, t):
        """The same for the piece in carry."""
        return self.keep(t, t.carry, t.c0, t.c1 - t.c0, t.i < t.n)

    def read(self, t):
        """Put the next piece, one that is no element, into carry and keep it; False at the end or
        at a fault. Where it finds no room the tape is full, and resume names this piece.
        """
        pos = t.request.pos
        left = t.request.left
        attr = t.attr
        readable = t.readable
        t.empty()
        if not t.source.next(t):
            return False
        if self.keep_piece(t):
            self.once = False
        else:
            self.full = True
            self.put_resume(t, pos, left, attr, readable)
        return True

    def put_resume(self, t, pos, left, attr, readable):
        """Write where the piece in carry was read: what these were before."""
        buf = t.request.buf
        p = self.end
        put16(buf, p, pos)
        put16(buf, p + 2, left)
        # attributes of one object go on; of a list the next entry says which
        same = left == t.request.left
        buf[p + 4] = attr if same else 0
        put16(buf, p + 5, t.record)
        put32(buf, p + 7, readable if same else 0)

    def rewind(self, t):
        """The answer is measured: from now on the transfer takes its pieces from here."""
        self.measured = True
        self.at = t.request.used
        self.run = 0
        t.empty()
        t.n = t.i = 0
        t.outer = t.source
        t.source = self

    # -- writing -------------------------------------------------------------------------------

    def next(self, t):
        """The next octets that were kept, at the end of a run with the cursor that follows."""
        buf = t.request.buf
        if self.run == 0:
            if self.at == self.end:
                return self.full and self.resume(t)
            self.run = get16(buf, self.at)
            self.at += 2
        n = min(self.run, t.request.piece)
        copy(t.carry, t.c1, buf, self.at, n)
        t.c1 += n
        self.at += n
        self.run -= n
        if self.run == 0 and self.at < self.end:
            get_cursor(t, buf, self.at)
            self.at += _CURSOR
        return True

    def resume(self, t):
        """The tape has ended: go on reading where it was full."""
        buf = t.request.buf
        p = self.end
        t.request.pos = get16(buf, p)
        t.request.left = get16(buf, p + 2)
        t.attr = buf[p + 4]
        t.record = get16(buf, p + 5)
        t.readable = get32(buf, p + 7)
        t.obj = t.aa.object(t.record)
        t.source = ALL_ATTRIBUTES if t.readable else t.outer
        return t.source.next(t)


def put_cursor(t, out, p):
    """Write the cursor of the long attribute at hand to out[p:]."""
    out[p] = t.tag
    out[p + 1] = t.selector
    out[p + 2] = t.attr
    put16(out, p + 3, t.record)
    put16(out, p + 5, t.off)
    put16(out, p + 7, t.end)
    put32(out, p + 9, t.n)
    put32(out, p + 13, t.u)
    put32(out, p + 17, t.v + 1)
    put32(out, p + 21, t.w + 1)
    copy(out, p + 25, t.map, 0, 32)


def get_cursor(t, buf, p):
    """The long attribute whose cursor stands at buf[p:] comes next."""
    t.tag = buf[p]
    t.selector = buf[p + 1]
    t.attr = buf[p + 2]
    t.record = get16(buf, p + 3)
    t.off = get16(buf, p + 5)
    t.end = get16(buf, p + 7)
    t.n = get32(buf, p + 9)
    t.u = get32(buf, p + 13)
    t.v = get32(buf, p + 17) - 1
    t.w = get32(buf, p + 21) - 1
    copy(t.map, 0, buf, p + 25, 32)
    t.i = 0
    t.obj = t.aa.object(t.record)
