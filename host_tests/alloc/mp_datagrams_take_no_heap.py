"""What comes in datagrams takes no heap: unconfirmed services, broadcasts,
pre-established AAs, and what is dropped.

The engine with a UDP peer's link, and the UDP port with a socket made for the
test, whose `recvfrom` makes no new objects: on a real one that call alone costs
its datagram and its peer's address.
"""

from alloc_kinds import COUNTER, ENERGY, MANAGEMENT, NOTE, unhex
from alloc_rig import Rig, taken
from dlms.aa.association import associations
from net.udp import UdpLink, UdpPort, watch

MARKS = ("zero_alloc",)
REQ = {"*": ("A-60", "A-61", "C-53", "B-09"), "dropped": ("A-58",)}
ROUNDS = 50
ALL_STATION = 0x7F
PREESTABLISHED = 100
_LLS = "A109060760857405080101 8A020780 8B0760857405080201 AC0A80083837363534333231"
UNCONFIRMED_AARQ = "6037" + _LLS + "BE11040F0100010000065F1F0400FFFFFF0400"
SET = "C10101" + NOTE + "02 00 06 00000005"
ACTION = "C30101" + COUNTER + "01 01 0F 00"
GET = "C001C1" + ENERGY + "02 00"
READ = "C00101" + ENERGY + "02 00"  # unconfirmed
NAME = "C001C1 0001 00002A0000FF 02 00"

# kind -> (client, server, APDU)
KINDS = {
    "unconfirmed": tuple([(MANAGEMENT, 1, apdu) for apdu in (SET, ACTION, GET, "C10681", "C30781")]),
    "broadcast": ((MANAGEMENT, ALL_STATION, SET), (MANAGEMENT, ALL_STATION, ACTION), (MANAGEMENT, ALL_STATION, READ)),
    "broadcast-dropped": (
        (MANAGEMENT, ALL_STATION, GET),
        (16, ALL_STATION, SET),
        (16, ALL_STATION, "60"),
        (16, ALL_STATION, "6200FF"),
    ),
    "dropped": (
        (16, 1, NAME),
        (16, 0, NAME),
        (0, 1, NAME),
        (16, 9, NAME),
        (16, 1, "6200"),
        (16, 1, "6280"),
        (16, 1, "C401C1"),
        (16, 1, "10 40000001"),
        (16, 1, UNCONFIRMED_AARQ[:-2]),
        (77, ALL_STATION, SET),
        (MANAGEMENT, 1, GET),
        (MANAGEMENT, 1, "990181"),
    ),
    "pre-established": (
        (PREESTABLISHED, 1, NAME),
        (PREESTABLISHED, 17, NAME),
        (PREESTABLISHED, 1, SET),
        (PREESTABLISHED, 1, "6200"),
    ),
    "pre-established-broadcast": ((PREESTABLISHED, ALL_STATION, SET), (PREESTABLISHED, ALL_STATION, NAME)),
}


def wpdu(client, server, apdu):
    apdu = unhex(apdu)
    return bytes((0, 1, 0, client, 0, server, len(apdu) >> 8, len(apdu) & 255)) + apdu


class Socket:
    """Gives the same datagram of the same peer again and again, and drops what is sent."""

    def __init__(self):
        self.given = None
        self.sent = 0

    def recvfrom(self, size):
        return self.given

    def sendto(self, octets, peer):
        self.sent += 1


class Queue:
    def add(self, sock, handler):
        pass


class Port:
    """A meter behind one UDP port; the management client has an unconfirmed
    AA with both logical devices.
    """

    def __init__(self):
        self.rig = rig = Rig("backfill_days=0", "preestablished=%d" % PREESTABLISHED)
        pool = associations(4, 0)
        rig.server.open_common(1000)
        udp = rig.server.carrier(pool, 2, False, 1000)
        self.links = [UdpLink(udp) for _ in range(2)]
        self.sock = Socket()
        spare = UdpLink(rig.server.carrier(pool, 0, False, 1000))
        self.port = UdpPort(self.sock, "here", rig.server, self.links, spare, 1472, Queue(), rig.tx)
        self.given(wpdu(MANAGEMENT, ALL_STATION, UNCONFIRMED_AARQ))
        self.port.ready(1)
        assert self.links[1].n == 2 and self.sock.sent == 0

    def given(self, octets):
        self.sock.given = (octets, ("192.0.2.1", 4059))

    def run(self, rounds):
        port = self.port
        while rounds:
            port.ready(1)
            watch(port.server, self.links, 1, 100000)
            rounds -= 1


_made = []  # one for all kinds: a small board has room for one meter


def _kind(kind):
    if not _made:
        _made.append(Port())
    made = _made[0]
    served = made.rig.meter.counters
    for client, server, apdu in KINDS[kind]:
        made.given(wpdu(client, server, apdu))
        before = served[3]
        made.run(3)
        # a GET on the fast path counts itself, too
        assert (served[3] - before) & 0xFF == 3
        assert taken(made.run, ROUNDS) == 0, apdu
    assert not made.rig.notes, made.rig.notes


def cases():
    for kind in sorted(KINDS):
        yield kind, _kind, (kind,)
