"""The engine without a meter: one Server, one link and a handful of objects made for the tests.

Runs in CPython and in MicroPython. A script is a list of (request, answer) in hexadecimal, blanks
ignored; an empty answer stands for none. Every request is put at an odd offset among poison octets,
so that nothing outside of it can play a part.
"""

import binascii

from cosem.base import Interface, outline
from dlms.aa.association import ROW, Link, associations
from dlms.codec import axdr
from dlms.codec.errors import READ_WRITE_DENIED, SUCCESS, TYPE_UNMATCHED
from dlms.codec.octets import copy
from dlms.server import Server

POISON = 0xC1
_BEFORE = 5  # poison octets in front of a request
_ROOM = 1200  # octets of the receive buffer

ALL = 0x00BE1D  # every service the server has
WORKED = 0x00501F  # the conformance of the worked octets (REQUIREMENTS C-10)

AARQ = "601DA109060760857405080101BE10040E01000000065F1F0400 {:06X} {:04X}"
# descriptors: class-id, logical name
THING = "0001 0000600100FF"  # a Data
LIST = "0007 0100630100FF"  # a long attribute
TEXT = "0001 0000600200FF"  # an octet-string of 300 octets
PAIR = "0008 0000010000FF"  # several attributes
FAULTY = "0001 0000600300FF"  # raises
HIDDEN = "0001 0000600400FF"  # not visible
ASSOCIATION = "000F 0000280000FF"  # the association itself
SHRINKING = "0007 0100630200FF"  # a long attribute that fails on its way


class Limits:
    """The limits of a board, as `Server` reads them."""

    PDU = 1024
    REASSEMBLY = 600
    ELEMENT = 512
    LIST = 8
    GBT_WINDOW = 5
    NESTING = 12
    TRANSFERS = 3
    UDP_TRANSFERS = 1
    SN_CLIENTS = 0
    CONNECTIONS = 0  # no link is sure of a transfer: the tests use them up


def unhex(text):
    return bytes.fromhex(text.replace(" ", ""))


def tohex(octets):
    return binascii.hexlify(octets).decode().upper()


class Thing(Interface):
    """A value of any type. SET takes everything but a boolean; all methods
    log what they were given.

    Methods: 1 returns nothing, 2 returns its parameter, 3 fails with read-write-denied, 4 may not
    be invoked, 5 returns an octet-string of as many octets as its long-unsigned parameter says.
    """

    CLASS_ID = 1
    ATTRIBUTES = 3
    METHODS = 5

    def __init__(self, value, log):
        Interface.__init__(self)
        self.a[2] = value
        self.a[3] = axdr.unsigned(3)
        self.log = log

    def set(self, k, buf, off, end, aa, commit):
        if buf[off] == axdr.BOOLEAN:
            return TYPE_UNMATCHED
        if commit:
            self.a[k] = bytes(buf[off:end])
            self.log.append("set " + tohex(self.a[k]))
        return SUCCESS

    def act(self, m, buf, off, end, out, o, aa):
        self.log.append(f"act {m} {tohex(buf[off:end])}")
        if m == 2:
            copy(out, o, buf, off, end - off)
            return o + end - off
        if m == 3:
            return -READ_WRITE_DENIED
        if m == 5:
            n = buf[off + 1] << 8 | buf[off + 2]
            return axdr.put_octets(out, o, axdr.OCTET_STRING, bytes([65 + i % 26 for i in range(n)]), 0, n)
        return o


class Long(Interface):
    """Attribute 2: array of n double-long-unsigned 0, 1, …; selectors 1 and 2 take a long-unsigned
    n instead. At element `stop` it fails with data-block-unavailable.
    """

    CLASS_ID = 7
    ATTRIBUTES = 3
    LONG = (2,)
    SELECT = {2: b"\x01\x02"}

    def __init__(self, n, stop=-1):
        Interface.__init__(self)
        self.n = n
        self.stop = stop
        self.a[3] = axdr.unsigned(5)

    def open(self, k, cur):
        cur.tag = axdr.ARRAY
        cur.n = self.n
        cur.u = 0
        if cur.selector:
            if cur.buf[cur.off] == axdr.OCTET_STRING and cur.end - cur.off == 4:
                cur.off += 1  # octet-string[2] will do as well
            elif cur.buf[cur.off] != axdr.LONG_UNSIGNED or cur.end - cur.off != 3:
                return TYPE_UNMATCHED
            cur.n = cur.buf[cur.off + 1] << 8 | cur.buf[cur.off + 2]
        return SUCCESS

    def element(self, k, cur, i, buf, off):
        if i == self.stop:
            return -14
        if cur.selector:
            # looks at its parameters again for each element: they must outlive the request
            i += cur.buf[cur.off + 2] << 8
        return axdr.put_u32(buf, off, axdr.DOUBLE_LONG_UNSIGNED, i)


class Pair(Interface):
    """Attributes 2 unsigned and 3 long-unsigned may be written, 4 only written, 5 is computed."""

    CLASS_ID = 8
    ATTRIBUTES = 5

    def __init__(self):
        Interface.__init__(self)
        self.a[2] = bytearray(axdr.unsigned(7))
        self.a[3] = bytearray(axdr.long_unsigned(0x1234))
        self.a[4] = bytearray(axdr.unsigned(9))

    def get(self, k, buf, off, aa):
        return axdr.put8(buf, off, axdr.ENUM, 1)


class Faulty(Interface):
    """An object with a bug."""

    CLASS_ID = 1
    ATTRIBUTES = 2
    METHODS = 1

    def get(self, k, buf, off, aa):
        raise ValueError("planted")

    def set(self, k, buf, off, end, aa, commit):
        raise ValueError("planted")

    def act(self, m, buf, off, end, out, o, aa):
        raise ValueError("planted")


class Config(Interface):
    """An association object, as far as the engine reads it."""

    CLASS_ID = 15
    ATTRIBUTES = 3

    def __init__(self, client, server, secret, conformance, directory):
        Interface.__init__(self)
        self.a[2] = axdr.long_unsigned(client)
        self.a[3] = axdr.visible("x")
        self.client = client
        self.server = server
        self.context = 1
        self.mechanism = 1 if secret else 0
        self.secret = secret
        self.conformance = conformance
        self.directory = directory
        self.acc = directory.acc
        self.users = []
        self.opened = 0
        self.preestablished = False
        self.user = -1


class Directory:
    """objects: descriptor -> object, or None for the current association. rights: descriptor ->
    attributes from 1 (1 read, 2 write), then methods; an object without is not visible.
    """

    def __init__(self, objects, rights):
        records = sorted([name(descriptor) + unhex(descriptor)[:2] for descriptor in objects])
        by_record = {name(descriptor) + unhex(descriptor)[:2]: descriptor for descriptor in objects}
        self.table = b"".join(records)
        self.n = len(records)
        self.objs = [objects[by_record[record]] for record in records]
        self.table += b"".join([outline(o) for o in self.objs])
        self.place = self.n << 16 | (self.objs.index(None) if None in self.objs else 0xFFFF)
        masks = [b""] + [bytes(rights.get(by_record[record], ())) for record in records]
        self.rows = b"".join([mask + bytes(ROW - len(mask)) for mask in masks])
        self.acc = bytearray([i + 1 if by_record[records[i]] in rights else 0 for i in range(self.n)])

    def right(self, row, k):
        return self.rows[ROW * row + k]

    def index(self, name):
        return [self.table[8 * i : 8 * i + 6] for i in range(self.n)].index(name)


def name(descriptor):
    return unhex(descriptor)[2:]


class Rig:
    """Clients 16 (no secret) and 32 (secret "12345678") of logical device
    1; both see the same objects.

    conformance: what both association objects offer. pdu: server-max-receive-pdu-size.
    items: elements of the long attribute.
    """

    def __init__(self, conformance=ALL, pdu=1024, items=100, ctt=False, limits=Limits, aas=6):
        self.log = []
        self.notes = []
        self.slices = []  # octets of each slice of long answers, 0 while one was measured
        self.between = None  # called between two slices with the octets sent so far
        self.thing = Thing(bytearray(axdr.octets(b"abc")), self.log)
        self.long = Long(items)
        self.text = Thing(axdr.octets(bytes([i & 0xFF for i in range(300)])), self.log)
        self.pair = Pair()
        self.shrinking = Long(100, 30)
        objects = {
            THING: self.thing,
            LIST: self.long,
            TEXT: self.text,
            PAIR: self.pair,
            FAULTY: Faulty(),
            HIDDEN: Thing(axdr.unsigned(1), self.log),
            SHRINKING: self.shrinking,
            ASSOCIATION: None,
        }
        # attributes from 1: 1 read, 2 write; then methods
        rights = {
            THING: (0, 1, 3, 1, 1, 1, 1, 0, 1),
            LIST: (0, 1, 1, 1),
            TEXT: (0, 1, 3, 3, 1, 1, 1, 0, 1),
            PAIR: (0, 1, 3, 3, 2, 1),
            FAULTY: (0, 1, 3, 1),
            SHRINKING: (0, 1, 1, 1),
            ASSOCIATION: (0, 1, 1, 0),
        }
        directory = Directory(objects, rights)
        self.public = Config(16, 1, b"", conformance, directory)
        self.reader = Config(32, 1, b"12345678", conformance, directory)
        self.server = Server([1], [self.public, self.reader], limits, ctt=ctt, log=self.note)
        self.server.pdu = pdu
        self.pool = associations(aas, 0)
        self.link = self.new_link()
        self.tx = self.server.buffer()
        self.rx = bytearray(_ROOM)
        self.poison = bytes((POISON, 0, 1, 0xFF))  # another one with each request

    def new_link(self, stream=True, most=4):
        """Another connection, or with stream false another UDP peer."""
        return Link(self.server.carrier(self.pool, most, stream))

    def note(self, level, component, event, text):
        self.notes.append(level + " " + event + " " + text)

    def ask(self, request, source=16, device=1, link=None):
        """The APDU that answers the APDU `request`, as upper-case hex; "" for none."""
        apdu = unhex(request) if isinstance(request, str) else request
        size = 8 + len(apdu)
        # one buffer for all requests, as a connection has it: what is kept of a
        # request must have been copied
        rx = self.rx
        for i in range(len(rx)):
            rx[i] = self.poison[0]
        self.poison = self.poison[1:] + self.poison[:1]
        rx[_BEFORE : _BEFORE + 8] = bytes(
            (0, 1, source >> 8, source & 255, device >> 8, device & 255, len(apdu) >> 8, len(apdu) & 255)
        )
        rx[_BEFORE + 8 : _BEFORE + size] = apdu
        sent = bytes(rx)
        n = self.server.handle(link or self.link, rx, _BEFORE, size, self.tx)
        assert rx == sent, "the request was changed"
        if n == 0 and (link or self.link).streaming is not None:
            return self.fetch(source, device, link or self.link)
        if n == 0:
            return ""
        tx = self.tx
        assert tx[0] << 8 | tx[1] == 1, "version"
        assert (tx[2] << 8 | tx[3], tx[4] << 8 | tx[5]) == (device, source), "wPorts"
        assert n == 8 + (tx[6] << 8 | tx[7]), "length"
        return tohex(tx[8:n])

    def fetch(self, source, device, link):
        """The APDU that goes in slices over a link; "BROKEN" when it could not be completed,
        "GONE" when the connection was closed.
        """
        whole = b""
        while link.streaming is not None:
            if self.between is not None:
                self.between(len(whole))
            if link.streaming is None:
                return "GONE"
            n = self.server.more(link, self.tx)
            self.slices.append(n)
            if n < 0:
                return "BROKEN"
            whole += bytes(self.tx[:n])
        assert whole[:6] == bytes((0, 1, device >> 8, device & 255, source >> 8, source & 255)), "header"
        assert len(whole) == 8 + (whole[6] << 8 | whole[7]), "length"
        return tohex(whole[8:])

    def open(self, pdu=0xFFFF, conformance=0xFFFFFF, source=16, link=None):
        """Open the AA of client 16, without security."""
        answer = self.ask(AARQ.format(conformance, pdu), source, link=link)
        assert answer[:34] == "6129A109060760857405080101A2030201", answer
        assert answer[34:36] == "00", answer
        return self

    def play(self, script):
        """Ask every request of a script in turn."""
        for request, answer in script:
            got = self.ask(request)
            answer = answer.replace(" ", "")
            assert got == answer, "\n   asked " + request + "\n     got " + got + "\n  wanted " + answer


def blocks(rig, first, following="C002C1{:08X}", limit=0, head=18):
    """Send `first`, fetch all blocks that follow; returns (raw data in hex or None, answers).

    `head`: hex digits in front of the length of the raw data.
    """
    answers = [rig.ask(first)]
    raw = ""
    number = 1
    while True:
        answer = answers[-1]
        assert limit == 0 or len(answer) <= 2 * limit, answer
        if answer[2:4] != "02":
            return None, answers
        assert int(answer[8:16], 16) == number, answer
        octets = unhex(answer[head:])
        size = axdr.length(octets, 0, len(octets))
        at = axdr.length_size(octets, 0)
        assert len(octets) == at + size, "raw data does not end with the APDU"
        assert at == len(axdr.size(size)), "length not in its shortest form"
        assert size > 0, "empty block"
        raw += tohex(octets[at:])
        if answer[6:8] == "01":
            return raw, answers
        answers.append(rig.ask(following.format(number)))
        number += 1
