"""What the tests of long answers without blocks share: a long value of any number of
octets, and changes between two slices.
"""

from cosem.base import Interface
from dlms.aa.association import Link
from dlms.codec import axdr
from dlms.codec.octets import copy
from gbt_rig import ACCESS, BLOCKS, GBT
from rig import ALL, LIST, Limits, Rig, tohex
from short_name_rig import ALL as SN_ALL
from short_name_rig import SnRig

PLAIN = ALL & ~BLOCKS  # LN without any block transfer
SN_PLAIN = SN_ALL & ~BLOCKS
REFUSED = "C401C1010E"
GET = "C001C1" + LIST + "0200"
_OCTETS = bytes(range(256)) * 3


class Filled(Interface):
    """Attribute 2 as many octets as asked for: array of octet-strings of 100 octets, the last
    one shorter or longer, `octets` in all.

    rows: how many there are for who opens it. stop: the element that cannot be read any
    more, as of a row that was overwritten.
    """

    CLASS_ID = 7
    ATTRIBUTES = 3
    LONG = (2,)
    SELECT = {2: b"\x01"}

    def __init__(self):
        Interface.__init__(self)
        self.stop = -1
        self.fault = -14
        self.a[3] = axdr.unsigned(5)

    def fill(self, octets):
        """The encoded value shall have that many octets, 200 at the least."""
        n = octets // 102 - 1
        head = 2 if n + 1 < 128 else 3 if n + 1 < 256 else 4
        self.n = n  # number of the last element
        self.last = octets - head - 102 * n
        if self.last > 129:
            self.last -= 1  # two octets of length
        elif self.last == 129:
            self.n, self.last = n + 1, 27
            assert n + 2 < 128
        self.last -= 2
        self.rows = self.n + 1

    def open(self, k, cur):
        cur.tag = axdr.ARRAY
        cur.n = self.rows
        return 0

    def element(self, k, cur, i, buf, off):
        if i == self.stop:
            return self.fault
        size = self.last if i == self.n else 100
        off = axdr.put_head(buf, off, axdr.OCTET_STRING, size)
        copy(buf, off, _OCTETS, i & 0xFF, size)
        return off + size


def new(pdu=0, conformance=PLAIN, stream=True, limit=0, limits=Limits):
    """An LN rig with an AA without blocks, and a `Filled` in the place of the long
    attribute; limit: of a datagram's APDU.
    """
    rig = Rig(limits=limits, conformance=ALL | GBT | ACCESS)
    return fill(rig, stream, limit).open(pdu, conformance=conformance)


def short(pdu=0, conformance=SN_PLAIN, stream=True, limit=0):
    """The same with short names."""
    return fill(SnRig(), stream, limit).open(pdu, conformance=conformance)


def fill(rig, stream, limit):
    directory = rig.public.directory
    rig.filled = Filled()
    rig.filled.fill(3000)
    directory.objs[directory.objs.index(rig.long)] = rig.filled
    if not stream:
        rig.link = Link(rig.server.carrier(rig.pool, 4, False, limit))
        rig.tx = rig.server.buffer(limit + 8)
    return rig


def value(rig):
    """What the long attribute reads as, in hex."""
    buf = bytearray(66000)
    end = axdr.put_head(buf, 0, axdr.ARRAY, rig.filled.n + 1)
    for i in range(rig.filled.n + 1):
        end = rig.filled.element(2, None, i, buf, end)
    return tohex(buf[:end])


def limit_of(pdu):
    return pdu or 65535


def walk(new_rig, ask, change):
    """Ask again and again, and change something before another slice each time; returns
    every answer and the slices it had.
    """
    at = 0
    while True:
        rig = new_rig()
        rig.slices = []

        def between(sent, rig=rig, at=at):
            if len(rig.slices) == at:
                change(rig)

        rig.between = between
        got = rig.ask(ask)
        yield rig, got, at
        if at >= len(rig.slices):
            return
        at += 1
