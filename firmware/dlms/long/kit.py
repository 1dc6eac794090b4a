"""What the server hands every service: the kit, first of its arguments, made once at start.

Services reach for nothing else above them. Where the kit names a module of a higher room
(`access`, `whole`, `sn`) or an object of another part (`long_push`), the server put it there,
because who uses it cannot import it.
"""

from array import array

from micropython import const

from dlms.codec.axdr import shorten
from dlms.codec.octets import OTHER_CLASS, scan
from dlms.aa.pool import Pool
from dlms.long.stream import Transfer

LONGER = const(0)  # place in `Kit.stack`


class Kit:
    """errors: the table of answers. limits: the board's module of limits. trail: what
    the log reports. places: who yields.
    """

    # modules that a board may leave out, or that stand above who uses them
    gbt = None  # general block transfer …
    access = None  # … and ACCESS
    sn = None  # the services of short name referencing
    whole = None  # long answers in one piece
    keeper = None  # who makes changes that are kept over a restart: `set` and `act` of an object, and then the store
    long_push = None  # who hears of an acknowledgement of blocks, where pushes go in blocks

    def __init__(self, errors, limits, trail, places):
        self.errors = errors
        self.list_limit = limits.LIST
        self.depth = limits.NESTING
        # where `octets.scan` counts: a working array. When the Data was well-formed stack[LONGER]
        # then says whether a length in it is longer than it has to be
        self.stack = array("H", bytes(2 * limits.NESTING))
        self.trail = trail
        self.places = places
        # blocks that we take in one stream; 0: neither general block transfer nor ACCESS
        self.window = limits.GBT_WINDOW
        self.block = None  # the general block that is being served …
        self.dialogue = None  # … and the numbers of its dialogue
        if limits.GBT_WINDOW:
            # loaded only where there is room for it
            from dlms.long import gbt

            self.gbt = gbt
            self.block = gbt.Block()
            self.dialogue = gbt.Exchange()
        # A response always begins in the scratch transfer; only when it turns out long the
        # association keeps it and a free one becomes the scratch (`lending`). Every TCP connection
        # is sure of one; datagrams have a few of their own, because whoever sends them may not be
        # who he says.
        self.transfers = Pool([Transfer(self, limits) for _ in range(limits.TRANSFERS)], limits.CONNECTIONS)
        self.udp_transfers = Pool([Transfer(self, limits) for _ in range(limits.UDP_TRANSFERS)], 0)
        self.scratch = Transfer(self, limits)
        self.every = tuple(self.transfers.things + self.udp_transfers.things + [self.scratch])

    def invisible(self, aa, j, unknown):
        """The result for a class-id and logical name for which `octets.find` gave j, and
        which name nothing that this AA can see.
        """
        # of another class, perhaps; of an object that it cannot see a client learns nothing
        return self.errors.other_class if j <= OTHER_CLASS and aa.assoc.acc[OTHER_CLASS - j] else unknown

    def scan(self, buf, off, end):
        """Offset after the Data at buf[off:], -1 when it is not well-formed,
        -2 when it is nested too deep.
        """
        return scan(buf, off, end, self.stack, self.depth)

    def tidy(self, t, off, end):
        """Give the well-formed Data t.buf[off:end] the shortest lengths (D-100); returns its end."""
        stack = self.stack
        scan(t.buf, off, end, stack, self.depth)
        return shorten(t.buf, off, end, stack) if stack[LONGER] else end

    def tidy_copy(self, t, buf, off, end):
        """The same in a copy, because a request is not ours to change: it is appended to what is
        used of t.request. Returns its offset, t.request.used being its end, or -1 when there is no
        room for it.
        """
        request = t.request
        at = request.used
        if not request.take(buf, off, end - off):
            return -1
        request.used = shorten(t.buf, at, request.used, self.stack)
        return at
