"""Who yields where all places for AAs and transfers are taken (REQUIREMENTS A-47), and
what keeps an AA over UDP alive (A-46).
"""

import limits
import meter
from config import parse
from dlms.aa.association import associations
from dlms.server import Server
from net.udp import UdpLink, UdpPort, watch

REQ = {
    "test_any_table_over_udp": ("A-47", "A-46", "C-18"),
    "test_one_link_as_on_a_small_board": ("A-47",),
    "test_wrong_secret_takes_nobodys_place": ("A-47",),
    "test_broadcast_association_with_a_secret": ("A-47", "A-60"),
    "test_transfers_over_udp": ("A-47",),
    "test_a_connection_keeps_its_last_association": ("A-47", "A-32"),
    "test_a_long_answer_in_one_piece_is_not_cut": ("A-47", "D-118"),
    "test_transfers_over_tcp": ("A-47", "A-32"),
    "test_what_is_life": ("A-46",),
}

LOWEST = bytes.fromhex("601DA109060760857405080101BE10040E01000000065F1F0400007E1F0064")
NAME = bytes.fromhex("C001C1000100002A0000FF0200")
LIST = bytes.fromhex("C001C1000F0000280000FF0200")
RLRQ = bytes.fromhex("6203800100")
ANONYMOUS = ((16, 1), (1, 1), (16, 17), (1, 17))  # client and server wPorts
SECRETS = {32: b"12345678", 48: b"87654321"}
PROVEN = ((32, 1), (48, 1), (32, 17), (48, 17))
TRANSIENT = 2  # result of an AARE


def aarq(client, secret=None, confirmed=True):
    """AARQ of a client, with its own secret or another; APDUs of 100 octets."""
    if client not in SECRETS:
        return LOWEST
    secret = secret or SECRETS[client]
    body = bytes.fromhex("A1090607608574050801018A0207808B0760857405080201AC0A8008") + secret
    info = bytes.fromhex("01000000" if confirmed else "0100010000") + bytes.fromhex("065F1F0400007E1F0064")
    body += bytes((0xBE, len(info) + 2, 0x04, len(info))) + info
    return bytes((0x60, len(body))) + body


class Table:
    """The limits of the board, with so many transfers."""

    def __init__(self, transfers=2, connections=0):
        for name in ("PDU", "ELEMENT", "LIST", "GBT_WINDOW", "NESTING", "REASSEMBLY"):
            setattr(self, name, getattr(limits, name))
        self.SN_CLIENTS = 0
        self.TRANSFERS = transfers
        self.UDP_TRANSFERS = transfers
        self.CONNECTIONS = connections


def server(table):
    built = meter.build(parse(["backfill_days=0", "start=2026-01-31"], "127.0.0.1"))
    return Server([wport for wport, _ in built.devices], built.associations, table)


class Socket:
    """Gives one datagram of a peer, and keeps the answer."""

    def recvfrom(self, size):
        return self.datagram[:size], self.peer

    def sendto(self, octets, peer):
        assert peer == self.peer
        self.sent = bytes(octets)


class Queue:
    def add(self, sock, handler):
        pass


def header(pair, apdu):
    return b"\0\1" + bytes((0, pair[0], 0, pair[1])) + len(apdu).to_bytes(2, "big") + apdu


class Rig:
    """A meter behind a UDP port with so many links, AAs of a peer and AAs in all."""

    def __init__(self, places, most, all_of_them, transfers=2):
        self.server = server(Table(transfers))
        pool = associations(all_of_them, 0)
        room = 1464
        udp = self.server.carrier(pool, most, False, room)
        none = self.server.carrier(pool, 0, False, room)
        self.links = udp.links = none.links = [UdpLink(udp) for _ in range(places)]
        self.sock = Socket()
        self.port = UdpPort(
            self.sock, "here", self.server, self.links, UdpLink(none), 1472, Queue(), self.server.buffer()
        )

    def ask(self, peer, pair, apdu, wpdu=None):
        """The APDU that answers one of a peer, b"" for none."""
        self.sock.peer = ("192.0.2.%d" % peer, 4059)
        self.sock.datagram = wpdu or header(pair, apdu)
        self.sock.sent = b""
        self.port.ready(1)
        return self.sock.sent[8:]

    def associate(self, peer, pair):
        """The result of an AARQ."""
        aare = self.ask(peer, pair, aarq(pair[0]))
        assert aare[0] == 0x61
        return aare[17]

    def serves(self, peer, pair):
        return self.ask(peer, pair, NAME)[:4] == b"\xc4\x01\xc1\0"

    def open(self):
        """(peer, client, server) of every AA that is open."""
        found = []
        for link in self.links:
            for i in range(link.n):
                found.append((int(link.peer[0].split(".")[3]), link.keys[4 * i + 1], link.keys[4 * i + 3]))
        return sorted(found)


class Model:
    """What the rule says: a list of (peer, pair) in the order of their opening."""

    def __init__(self, places, most, all_of_them):
        self.places, self.most, self.all = places, most, all_of_them
        self.aas = []

    def peers(self):
        return {peer for peer, _ in self.aas}

    def of(self, peer):
        return [aa for aa in self.aas if aa[0] == peer]

    def fits(self, peer):
        return (
            (peer in self.peers() or len(self.peers()) < self.places)
            and len(self.of(peer)) < self.most
            and len(self.aas) < self.all
        )

    def associate(self, peer, pair):
        """The result of an AARQ with the right secret, or without one where none is asked for."""
        if (peer, pair) in self.aas:
            self.aas.remove((peer, pair))
        if not self.fits(peer) and pair in PROVEN:
            self.make_room(peer)
        if not self.fits(peer):
            return TRANSIENT
        self.aas.append((peer, pair))
        return 0

    def make_room(self, peer):
        if peer not in self.peers() and len(self.peers()) == self.places:
            proven = {p for p, pair in self.aas if pair in PROVEN}
            for p, _ in self.aas:
                if p not in proven:
                    self.aas = [aa for aa in self.aas if aa[0] != p]
                    return
            return
        for aa in self.of(peer) if len(self.of(peer)) == self.most else self.aas:
            if aa[1] not in PROVEN:
                self.aas.remove(aa)
                return

    def open(self):
        return sorted([(peer, pair[0], pair[1]) for peer, pair in self.aas])


def test_any_table_over_udp():
    """Peers with and without secrets come and go, in an order without any pattern: who has an
    AA is what the rule says, after each.
    """
    for table in ((1, 1, 1), (1, 2, 2), (2, 2, 2), (2, 2, 3), (3, 2, 4), (4, 4, 16), (8, 2, 8)):
        rig, model = Rig(*table), Model(*table)
        number = 4059
        for _ in range(300):
            number = (number * 1103 + 12345) % 65536
            peer = 1 + number % (table[0] + 2)
            pair = (ANONYMOUS + PROVEN)[number // 16 % 8]
            if number // 128 % 5 == 0:
                rig.ask(peer, pair, RLRQ)
                if (peer, pair) in model.aas:
                    model.aas.remove((peer, pair))
            else:
                assert rig.associate(peer, pair) == model.associate(peer, pair), (table, model.aas)
            assert rig.open() == model.open(), (table, model.aas)
        for peer, pair in model.aas:
            assert rig.serves(peer, pair)


def test_one_link_as_on_a_small_board():
    """However many peers without a secret have come, and go on asking,
    the one with a secret is served.
    """
    rig = Rig(1, 2, 2)
    assert rig.associate(1, (16, 1)) == 0
    assert rig.associate(1, (1, 1)) == 0
    for peer in range(2, 9):
        assert rig.associate(peer, (16, 1)) == TRANSIENT
    assert rig.associate(9, (32, 1)) == 0
    assert rig.open() == [(9, 32, 1)]
    for peer in range(1, 9):
        assert rig.associate(peer, (16, 1)) == TRANSIENT
        assert rig.serves(9, (32, 1))
    # nor does another one with a secret take the place of one that has proved who it is
    assert rig.associate(2, (48, 1)) == TRANSIENT
    assert rig.serves(9, (32, 1))


def test_wrong_secret_takes_nobodys_place():
    rig = Rig(1, 1, 1)
    assert rig.associate(1, (16, 1)) == 0
    for secret in (b"12345679", b"87654321"):
        assert rig.ask(2, (32, 1), aarq(32, secret))[17] == 1
        assert rig.serves(1, (16, 1))
    for peer in (1, 2):
        # an AARQ that is refused for something else, too: a client-max-receive-pdu-size of 1
        assert rig.ask(peer, (32, 1), aarq(32)[:-2] + b"\0\1")[17] == 1
        assert rig.serves(1, (16, 1))


def test_broadcast_association_with_a_secret():
    """An unconfirmed AARQ to all: the AAs with the logical devices stand on
    one link, in place of others.
    """
    rig = Rig(2, 2, 4)
    for peer in (1, 2):
        for pair in ANONYMOUS[:2]:
            assert rig.associate(peer, pair) == 0
    assert rig.ask(3, (32, 127), aarq(32, confirmed=False)) == b""
    assert rig.open() == [(2, 1, 1), (2, 16, 1), (3, 32, 1), (3, 32, 17)]


def test_transfers_over_udp():
    """Long answers that nobody fetches keep no client with a secret from one."""
    for transfers in (1, 2):
        rig = Rig(4, 2, 8, transfers)
        for peer in range(1, transfers + 1):
            assert rig.associate(peer, (16, 1)) == 0
            assert rig.ask(peer, (16, 1), LIST)[:4] == b"\xc4\2\xc1\0"
        assert rig.associate(4, (1, 1)) == 0
        assert rig.ask(4, (1, 1), LIST)[:2] == b"\xc4\1"  # refused: none is free
        assert rig.associate(5 - transfers + 1, (32, 1)) == 0
        assert rig.ask(5 - transfers + 1, (32, 1), LIST)[:4] == b"\xc4\2\xc1\0"
        following = bytes.fromhex("C002C100000001")
        assert rig.ask(5 - transfers + 1, (32, 1), following)[:4] == b"\xc4\2\xc1\0"
        # it was the oldest one that yielded
        assert rig.ask(1, (16, 1), following)[:4] != b"\xc4\2\xc1\0"
        assert transfers == 1 or rig.ask(2, (16, 1), following)[:4] == b"\xc4\2\xc1\0"


def streams(connections, all_of_them, most=4, transfers=4):
    """Links as TCP connections are, a function that asks over one of them, and their server."""
    from dlms.aa.association import Link

    s = server(Table(transfers, connections))
    carrier = s.carrier(associations(all_of_them, connections), most, True)
    links = carrier.links = [Link(carrier) for _ in range(connections)]
    tx = s.buffer()

    def ask(link, pair, apdu):
        wpdu = header(pair, apdu)
        return bytes(tx[8 : s.handle(link, wpdu, 0, len(wpdu), tx)])

    return links, ask, s


def test_a_connection_keeps_its_last_association():
    """Over TCP an AA with a secret takes the place of the oldest one without that is
    not the only one of its connection.
    """
    links, ask, _ = streams(3, 5)
    anonymous, other, third = links
    for pair in ANONYMOUS[:3]:
        assert ask(anonymous, pair, LOWEST)[17] == 0
    assert ask(other, (16, 1), LOWEST)[17] == 0
    # every further one would be the last that a connection is sure of
    assert ask(other, (1, 1), LOWEST)[17] == TRANSIENT
    assert ask(other, (32, 1), aarq(32))[17] == 0
    assert anonymous.n == 2 and ask(anonymous, (16, 1), NAME)[0] == 0xD8
    assert ask(other, (48, 1), aarq(48))[17] == 0
    assert anonymous.n == 1 and ask(anonymous, (16, 17), NAME)[0] == 0xC4
    # no connection is without one, and those that have proved who they are yield to nobody
    assert ask(other, (32, 17), aarq(32))[17] == TRANSIENT
    assert ask(third, (32, 1), aarq(32))[17] == 0
    assert ask(third, (48, 1), aarq(48))[17] == 0
    assert other.n == 2 and ask(other, (16, 1), NAME)[0] == 0xD8
    assert ask(third, (32, 17), aarq(32))[17] == TRANSIENT
    # what stands on a full connection is its client's own
    links, ask, _ = streams(2, 8, 2)
    for pair in ANONYMOUS[:2]:
        assert ask(links[0], pair, LOWEST)[17] == 0
    assert ask(links[0], (32, 1), aarq(32))[17] == TRANSIENT
    assert ask(links[0], (16, 1), NAME)[0] == 0xC4


def test_a_long_answer_in_one_piece_is_not_cut():
    """Its length is announced, so that whose answer it is yields to nobody before it has
    left; another AA of the connection does.
    """
    for slices in (0, 1, 9):
        links, ask, server = streams(2, 3)
        anonymous, other = links
        assert ask(anonymous, (16, 1), LOWEST[:-5] + bytes.fromhex("00021DFFFF"))[17] == 0
        assert ask(anonymous, (1, 1), LOWEST)[17] == 0
        assert ask(other, (32, 1), aarq(32))[17] == 0
        assert ask(anonymous, (16, 1), LIST) == b"" and anonymous.streaming is not None
        tx = server.buffer()
        got = b""
        while anonymous.streaming is not None:
            if slices == 0:
                assert ask(other, (48, 1), aarq(48))[17] == 0
            slices -= 1
            got += bytes(tx[: server.more(anonymous, tx)])
        assert len(got) > 400 and len(got) == 8 + (got[6] << 8 | got[7]), len(got)
        assert anonymous.n == 1 and ask(anonymous, (16, 1), NAME)[0] == 0xC4
        assert ask(anonymous, (1, 1), NAME)[0] == 0xD8


def test_transfers_over_tcp():
    links, ask, _ = streams(2, 8, 4, 3)
    for pair in ANONYMOUS[:2]:
        assert ask(links[0], pair, LOWEST)[17] == 0
        assert ask(links[0], pair, LIST)[:4] == b"\xc4\2\xc1\0"
    for client in (32, 48):
        assert ask(links[1], (client, 1), aarq(client))[17] == 0
        assert ask(links[1], (client, 1), LIST)[:4] == b"\xc4\2\xc1\0", client
    following = bytes.fromhex("C002C100000001")
    assert ask(links[0], (16, 1), following)[:4] != b"\xc4\2\xc1\0"
    assert ask(links[0], (1, 1), following)[:4] == b"\xc4\2\xc1\0"


def test_what_is_life():
    """Only what is served in an open AA puts off its end; who knows a peer's address
    cannot keep it, or its place, with less.
    """
    served = (
        NAME,  # the fast path
        LIST,
        bytes.fromhex("C00181000100002A0000FF0200"),  # unconfirmed
        bytes.fromhex("C001C10001FFFFFFFFFFFF0200"),  # an answer, too, though of no such object
    )
    for apdu in served:
        assert lives(header((16, 1), apdu)), apdu
    others = (
        header((16, 1), b""),
        header((16, 1), b"\xaa"),  # ExceptionResponse
        header((16, 1), b"\xc0"),
        header((16, 1), b"\xc4\1\xc1\0\0"),  # the response of a server
        header((16, 1), RLRQ[:3]),
        header((16, 1), b"\xc0" + bytes(limits.PDU)),  # too long
        header((16, 0x44), NAME),
        header((0, 1), NAME),
        header((0x44, 1), LOWEST),
        header((0x44, 1), NAME),
        header((1, 1), NAME),  # outside any AA
        header((32, 1), aarq(32, b"12345679")),
        b"\0\2" + header((16, 1), NAME)[2:],
        b"noise",
    )
    for wpdu in others:
        assert not lives(wpdu), wpdu


def lives(wpdu):
    """Whether an AA whose peer sends this WPDU again and again goes on past udp_inactivity."""
    rig = Rig(1, 2, 2)
    assert rig.associate(1, (16, 1)) == 0
    for _ in range(10):
        watch(rig.server, rig.links, 250, 1000)
        rig.ask(1, None, b"", wpdu)
    return bool(rig.links[0].n)
