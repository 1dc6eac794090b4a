"""What a long answer is made of. Each way to go on, when the value at hand is sent, is a source.

    Source            one attribute: nothing follows                     here
    AllAttributes     attribute 0: the next one that may be read         here
    Octets            octets that stand ready: results of methods        here
    Entries           a list; its service says how an entry begins       `ln.get`, `sn.read`
    Phase             a part of an ACCESS answer                         `ln.access`
    Tape              what another reading might change                  `long.tape`
    LongPush          the values of a push                               `net.long_push`

A transfer asks its source for the next piece when its carry is empty and all elements of the long
attribute at hand are sent. These, and whole rows, it asks of the object itself. A source is made
once at start and serves all transfers: what it has to remember of one stands there, in `request`.
"""

from dlms.codec import axdr
from dlms.codec.errors import SUCCESS
from dlms.codec.octets import copy
from dlms.aa.association import ROW


class Source:
    """The contract, and the source of one attribute, after which nothing follows."""

    def next(self, t):
        """Put the next piece of the answer into the empty carry of transfer t; False at the end.

        A piece may be the head of a long attribute, whose t.n elements come after it.
        """
        return False

    def waiting(self, t):
        """Whether there is a next piece."""
        return False


class AllAttributes(Source):
    """Attribute 0 of t.obj: bit k of t.readable is set while attribute k is to come.

    They may be one entry of a list: afterwards t.outer goes on.
    """

    def begin_structure(self, t):
        """Append the head of the structure to carry."""
        t.outer = t.source
        t.source = self
        rights = t.aa.assoc.directory.rows
        row = ROW * t.aa.assoc.acc[t.record]
        last = t.obj.ATTRIBUTES
        readable = 0
        n = 0
        k = 1
        while k <= last:
            if rights[row + k] & 1:
                readable |= 1 << k
                n += 1
            k += 1
        t.readable = readable
        t.c1 = axdr.put_head(t.carry, t.c1, axdr.STRUCTURE, n)

    def next(self, t):
        """The next attribute: the simple value, or the head of the long one."""
        readable = t.readable
        if readable == 0:
            t.source = t.outer
            return t.outer.next(t)
        k = t.attr + 1
        while readable >> k & 1 == 0:
            k += 1
        t.readable = readable ^ (1 << k)
        t.attr = k
        value = t.obj.a[k]
        if value is not None:
            # as `put_value` would: its call costs a tenth of all that an attribute takes
            t.c1 = axdr.put_encoded(t.carry, t.c1, value)
            return True
        t.n = 0
        t.i = 0
        head = t.c1
        if t.put_value() != SUCCESS:
            # an attribute that cannot be read now keeps its place in the structure
            t.c1 = head
            t.n = 0
            t.put(axdr.NULL)
        return True

    def waiting(self, t):
        return t.readable != 0 or t.outer.waiting(t)


class Octets(Source):
    """Octets that stand ready in the request's buffer: `left` of them, from `pos` on."""

    def next(self, t):
        request = t.request
        n = min(request.left, request.piece)
        if n == 0:
            return False
        copy(t.carry, t.c1, request.buf, request.pos, n)
        t.c1 += n
        request.pos += n
        request.left -= n
        return True

    def waiting(self, t):
        return t.request.left > 0


class Entries(Source):
    """A list: `left` entries are to come, the request has the next one at `pos`.

    How an entry begins is the affair of its service, in `next`: a function more for each entry
    would be a frame more on the deepest way that there is.
    """

    def waiting(self, t):
        return t.request.left > 0


NOTHING = Source()
ALL_ATTRIBUTES = AllAttributes()
OCTETS = Octets()
