"""The UDP port with a socket made for the test: datagrams of a size that the
meter on this computer never meets.
"""

import limits
import meter
from config import parse
from dlms.aa.association import associations
from dlms.server import Server
from net.udp import UdpLink, UdpPort, watch

REQ = {
    "test_answers_fit_a_small_datagram": ("A-08", "B-19"),
    "test_longer_datagram_is_not_cut_to_size": ("A-40",),
    "test_network_that_fails": ("A-44",),
    "test_silence_is_counted_from_the_last_request": ("A-46",),
    "test_one_block_of_a_stream_in_a_turn": ("A-35", "D-85"),
    "test_stream_whose_association_ends": ("A-35", "A-46"),
}

POLLIN = 1
POLLOUT = 4
PEER = ("192.0.2.1", 4059)
CLIENT = 32
AARQ = (
    "6036A1090607608574050801018A0207808B0760857405080201AC0A80083132333435363738BE10040E01000000065F1F0400007E1F0000"
)
NAME = "C001C1000100002A0000FF0200"
OBJECT_LIST = "C001C1000F0000280000FF0200"
BLOCKS_AARQ = AARQ.replace("007E1F", "20001F")[:-4] + "0064"  # general block transfer only, APDUs of 100 octets
OBJECT_LIST_IN_BLOCKS = "E088 0001 0000 0D" + OBJECT_LIST  # block 1, the last, window 8


class Wide:
    """The limits of the board, with a PDU size above what a datagram holds."""

    PDU = 3000
    ELEMENT = limits.ELEMENT
    LIST = limits.LIST
    GBT_WINDOW = limits.GBT_WINDOW
    NESTING = limits.NESTING
    TRANSFERS = 2
    UDP_TRANSFERS = 2
    SN_CLIENTS = 0
    CONNECTIONS = 0
    REASSEMBLY = limits.REASSEMBLY


class Socket:
    """Gives one datagram, cut as recvfrom cuts it, and keeps what is sent."""

    def __init__(self):
        self.datagram = b""
        self.sent = []
        self.broken = False

    def recvfrom(self, size):
        if self.broken:
            raise OSError(111)
        return self.datagram[:size], PEER

    def sendto(self, octets, peer):
        if self.broken:
            raise OSError(101)
        assert peer == PEER
        self.sent.append(bytes(octets))


class Queue:
    """Keeps what the socket is watched for."""

    def __init__(self):
        self.wanted = 0

    def add(self, sock, handler):
        self.wanted = POLLIN

    def want(self, sock, event):
        self.wanted = event


class Rig:
    """A meter behind one UDP port that takes datagrams of `size` octets."""

    def __init__(self, size):
        built = meter.build(parse(["backfill_days=0", "start=2026-01-31"], "127.0.0.1"))
        server = Server([wport for wport, _ in built.devices], built.associations, Wide)
        pool = associations(4, 0)
        self.server = server
        self.links = links = [UdpLink(server.carrier(pool, 2, False, size - 8)) for _ in range(2)]
        self.sock = Socket()
        overflow = UdpLink(server.carrier(pool, 0, False, size - 8))
        self.queue = Queue()
        self.port = UdpPort(self.sock, "here", server, links, overflow, size, self.queue, server.buffer())

    def ask(self, apdu, length=None, behind=b""):
        """Hand over one datagram; returns the APDU of the answer, or None."""
        octets = bytes.fromhex(apdu) if isinstance(apdu, str) else apdu
        header = b"\0\1" + bytes((0, CLIENT, 0, 1)) + (len(octets) if length is None else length).to_bytes(2, "big")
        self.sock.datagram = header + octets + behind
        self.sock.sent = []
        self.port.ready(1)
        if not self.sock.sent:
            return None
        assert len(self.sock.sent) == 1
        return self.sock.sent[0][8:]


def object_list(size):
    """The reader's object list read through datagrams of that size, and the longest of them."""
    rig = Rig(size)
    assert rig.ask(AARQ)[:1] == b"\x61"
    block = rig.ask(OBJECT_LIST)
    value = b""
    longest = number = 0
    while True:
        longest = max(longest, len(block) + 8)
        assert block[:3] == b"\xc4\x02\xc1" and block[8] == 0, block
        at = 10 if block[9] < 0x80 else 10 + (block[9] & 0x7F)
        value += block[at:]
        if block[3]:
            return value, longest
        number += 1
        block = rig.ask(b"\xc0\x02\xc1" + number.to_bytes(4, "big"))


def test_answers_fit_a_small_datagram():
    value, longest = object_list(1472)
    assert 1400 < longest <= 1472, longest
    for size in (100, 137, 508):
        again, longest = object_list(size)
        assert longest <= size, longest
        assert again == value


def test_longer_datagram_is_not_cut_to_size():
    rig = Rig(100)
    assert rig.ask(AARQ)[:1] == b"\x61"
    whole = bytes.fromhex(NAME) + bytes(92 - 13)
    # 100 octets are taken (and this request answered as malformed), the
    # same with more after them are not
    assert rig.ask(whole) is not None
    for behind in (1, 2, 40, 1000):
        assert rig.ask(whole, 92, bytes(behind)) is None
    assert rig.ask(NAME)[:4] == b"\xc4\x01\xc1\0"


def test_network_that_fails():
    rig = Rig(1472)
    assert rig.ask(AARQ)[:1] == b"\x61"
    rig.sock.broken = True
    assert rig.ask(NAME) is None
    rig.sock.broken = False
    assert rig.ask(NAME)[:4] == b"\xc4\x01\xc1\0"


def test_silence_is_counted_from_the_last_request():
    rig = Rig(1472)
    assert rig.ask(AARQ)[:1] == b"\x61"
    for _ in range(5):
        # a request, then three quarters of the time allowed
        for _ in range(4):
            watch(rig.server, rig.links, 250, 1000)
        assert rig.ask(NAME) is not None
    for _ in range(5):
        watch(rig.server, rig.links, 250, 1000)
    assert rig.ask(NAME) is None


def streaming():
    """A rig whose port has sent the first block of a stream of eight."""
    rig = Rig(1472)
    assert rig.ask(BLOCKS_AARQ)[:1] == b"\x61"
    block = rig.ask(OBJECT_LIST_IN_BLOCKS)
    assert block[0] == 0xE0 and block[1] & 0xC0 == 0x40 and block[3] == 1, block
    return rig


def test_one_block_of_a_stream_in_a_turn():
    """Between two of them the others have their turn; what comes meanwhile waits."""
    rig = streaming()
    for number in range(2, 9):
        assert rig.queue.wanted == POLLOUT
        rig.sock.sent = []
        rig.sock.datagram = b"not read"
        rig.port.ready(POLLOUT)
        assert len(rig.sock.sent) == 1
        assert rig.sock.sent[0][8] == 0xE0 and rig.sock.sent[0][11] == number
    assert rig.sock.sent[0][9] & 0x40 == 0  # the last of the stream: the client has its turn
    assert rig.queue.wanted == POLLIN
    assert rig.ask("E080 0002 0008 00")[3] == 9


def test_stream_whose_association_ends():
    """Nothing more is sent, and the socket is read again; also when another
    peer has got the link by then.
    """
    for taken in (False, True):
        rig = streaming()
        link = [link for link in rig.links if link.n][0]
        rig.server.abort(link)
        if taken:
            link.port = None
        rig.sock.sent = []
        rig.port.ready(POLLOUT)
        assert rig.sock.sent == [] and rig.queue.wanted == POLLIN
        assert rig.ask(BLOCKS_AARQ)[:1] == b"\x61"
