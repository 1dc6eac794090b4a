"""Where a dialogue of general blocks stands: numbers in one array, so that native code has them at
hand.

    0 .. 5     of both sides: what is said of blocks, and by what the same request is known again
    6 .. 10    of the answer that goes
    11 .. 17   where its leg stands (`dlms.long.legs`)
    18 .. 21   what holds for all of it, and what follows
    22         how many marks there are; they follow, four numbers each

Mark number `block-number modulo SLOTS` has of our block the position after it and a digest:
POSITION, ELEMENT, DONE, digest. While a request comes it shows where the octets of its block stand
in the buffer, and how many they are.
"""

from array import array

from micropython import const

SENT = const(0)  # our last block sent, or sent again
GOT = const(1)  # up to here no block of the client is missing
WINDOW = const(2)  # the client's
FIRST = const(3)  # digest of the first block of the request …
SINGLE = const(4)  # … and whether it was the only one: 0, 1, or of a GET 2
FINAL = const(5)  # digest of the data of its last block
START = const(6)  # our last block before the answer
ACKED = const(7)  # our last block that the client has
HIGH = const(8)  # our last block that was ever sent
LEFT = const(9)  # blocks that the stream at hand may still have
REPEATS = const(10)  # answers since the client made progress
POSITION = const(11)  # octets of the leg's kept ones that are sent …
ELEMENT = const(12)  # … elements …
DONE = const(13)  # … and octets of that element
TOP = const(14)  # that element stands encoded in the transfer's carry up to here; 0 while it does not
END = const(15)  # octets kept of the leg …
FRONT = const(16)  # … those in the transfer's buffer, in front of those in seg
ELEMENTS = const(17)  # elements of the leg
ROOM = const(18)  # octets of data that a block has room for
SPENT = const(19)  # 1 at the end of the leg
USED = const(20)  # octets of the request in its buffer, after `received`
OWN = const(21)  # our window
SLOTS = const(22)
MARKS = const(23)
PER_MARK = const(4)


class Numbers:
    """Where a dialogue of blocks stands, as far as both sides say it."""

    def __init__(self):
        self.now = array("i", bytes(4 * START))
        self.now[WINDOW] = 1

    def unasked(self, window):
        """What is not the answer to any request begins, for who takes that many blocks in one
        stream.
        """
        self.begin(window)
        self.now[FIRST] = 0

    def begin(self, window):
        """An answer that no request in blocks has asked for begins."""
        now = self.now
        now[SENT] = now[GOT] = now[SINGLE] = 0
        now[WINDOW] = window

    def adopt(self, other):
        """Take over a dialogue."""
        for i in range(START):
            self.now[i] = other.now[i]
