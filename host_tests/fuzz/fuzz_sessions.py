"""Whole sessions of several clients at once, from a tape: they associate, ask, transfer, release,
break off and come back, over TCP connections and as UDP peers, while time passes and the meter
pushes. The same in CPython and in MicroPython.

    tape -> play -> step: one thing that a client, the network or the clock does

Each step is a few octets of the tape, and every client remembers where its transfer stands: so a
tape with one octet changed is a session nearly the same, which is what a fuzzer lives on. What
`fuzz_rig` checks holds after each input. When a link drops, and at the end, every place that was
taken has to be back: links, AAs and transfers.
"""

from dlms import all_station
from dlms.aa.association import Link, associations
from fuzz_apdus import WPORTS, Client, aarq, rlrq
from fuzz_data import mutated
from fuzz_rig import _ALL_STATION, Broken
from fuzz_tape import Tape
from net.udp import UdpLink, UdpPort, watch

CONNECTIONS = 3
PEERS = 3  # links for UDP peers; more of them come
_ADDRESSES = 5  # UDP peers that speak
_MOST = 19  # steps of a session
_QUIET = 120000  # milliseconds after which an AA over UDP ends
_PAIRS = (
    (48, 1),
    (48, 1),
    (48, 1),
    (32, 1),
    (16, 1),
    (48, 17),
    (80, 1),
    (80, 1),
    (64, 1),
    (80, 17),
    (100, 1),
    (48, _ALL_STATION),
)
_SIZES = (0xFFFF, 0xFFFF, 0xFFFF, 1024, 300, 128, 64, 20, 12)
_PUSH_TO = (
    b"\xc1\x01\xc1\x00\x28\x00\x00\x19\x09\x00\xff\x03\x00\x02\x03\x16\x00\x09\x0e127.0.0.1:4060\x16\x00",
    b"\xc1\x01\xc1\x00\x28\x00\x04\x19\x09\x00\xff\x03\x00\x02\x03\x16\x01\x09\x0e127.0.0.1:4060\x16\x00",
)


class NoSocket:
    """What a UdpPort needs to be made: here datagrams are handed over by the rig."""

    def add(self, sock, handler):
        pass


class Place:
    """What one client believes: its wPorts, the size of a PDU that it asks for, its transfers."""

    def __init__(self, number, client):
        self.number = number  # of the connection or of the UDP peer
        self.client = client
        self.pair = _PAIRS[0]
        self.pdu = 0xFFFF


class Many:
    """What a rig has beside `fuzz_rig.Rig`: several connections and UDP peers, and places for fewer
    than all of them could take.
    """

    def connect(self, most):
        server = self.server
        self.pools = (associations(6, CONNECTIONS), associations(4, 0))
        tcp = server.carrier(self.pools[0], min(most, 4), True)
        udp = server.carrier(self.pools[1], 2, False, 500)
        none = server.carrier(self.pools[1], 0, False, 500)
        self.streams = tcp.links = [Link(tcp) for _ in range(CONNECTIONS)]
        self.peers = udp.links = none.links = [UdpLink(udp) for _ in range(PEERS)]
        self.port = UdpPort(
            None, "[::1]:4059", server, self.peers, UdpLink(none), 500, NoSocket(), self.server.buffer()
        )
        self.connection = 0  # over which the next request comes
        self.address = 0  # from which the next datagram comes
        self.meter.links.extend(self.streams + self.peers)
        self.meter.online()
        self.model = None

    def link(self, stream):
        return self.streams[self.connection] if stream else self.port.find(("127.0.0.1", 50000 + self.address))

    def places(self, tape):
        """The clients of a session: one on each connection and at each address."""
        if self.model is None:
            self.model = Client(tape, self.objects)
        made = []
        for number in range(CONNECTIONS + _ADDRESSES):
            client = Client(tape, self.objects, self.model)
            made.append(Place(number, client))
        return made


def play(rig, tape):
    """Play a tape, then see that nothing is kept and that the server serves as ever."""
    places = rig.places(tape)
    place = places[0]
    for _ in range(1 + tape.pick(_MOST)):
        place = step(rig, tape, places, place)
    for connection in range(CONNECTIONS):
        drop(rig, connection)
    watch(rig.server, rig.peers, _QUIET, 1)  # who was served lately …
    watch(rig.server, rig.peers, _QUIET, 1)
    empty(rig)
    rig.check_buffers()
    rig.connection = 0
    rig.serves()
    drop(rig, 0)
    empty(rig)


def step(rig, tape, places, place):
    """One thing that happens; returns whose turn it is then."""
    kind = tape.pick(40)
    if kind >= 36:
        # somebody else, over TCP or UDP
        place = places[tape.pick(CONNECTIONS + _ADDRESSES)]
        place.pair = tape.choose(_PAIRS)
        place.pdu = tape.choose(_SIZES)
    elif kind == 35:
        rig.meter.tick(1000 * (1 + tape.pick(60)))
        watch(rig.server, rig.peers, 1000 * tape.pick(256), _QUIET)
        rig.check_transfers()
    elif kind == 34:
        drop(rig, tape.pick(CONNECTIONS))
    elif kind == 33:
        send(rig, place, rlrq(tape))
    elif kind == 32:
        other(rig, tape, place)
    elif kind == 31:
        again(rig, tape, place)
    else:
        stream = over_tcp(rig, place)
        if not rig.is_open(place.pair, stream) and kind < 29:
            associate(rig, place)
        place.client.heard(send(rig, place, place.client.request(place.pair[0])))
    return place


def other(rig, tape, place):
    """What is rarer than a request."""
    kind = tape.pick(10)
    if kind == 0:
        send(rig, place, mutated(tape, aarq(tape, place.pair[0])))
    elif kind == 1 and over_tcp(rig, place):
        rig.too_long(place.pair)
    elif kind == 2:
        rig.meter.load_profile.capture()
    elif kind == 3:
        to_group(rig, tape, place)
    elif kind == 4:
        empty_outboxes(rig)
    elif kind == 5:
        send(rig, place, tape.choose(_PUSH_TO))
    elif kind == 6:
        for connection in range(CONNECTIONS):
            drop(rig, connection)
    elif kind == 7:
        place.pair = tape.choose(WPORTS)
    elif kind == 8:
        rig.meter.tick(60000)
    else:
        send(rig, place, b"\x10" + tape.octets(tape.pick(18)))


def again(rig, tape, place):
    """The same request several times, or its answers asked for one after the other."""
    over_tcp(rig, place)
    apdu = place.client.request(place.pair[0])
    for _ in range(2 + tape.pick(6)):
        answer = send(rig, place, apdu)
        place.client.heard(answer)
        if len(answer) > 8 and answer[0] == 0xC4 and answer[1] == 2 and not answer[3]:
            apdu = b"\xc0\x02" + answer[2:3] + answer[4:8]


def over_tcp(rig, place):
    """Let the next request come from this client; whether that is over TCP. To all logical devices
    nobody speaks over TCP.
    """
    if place.number < CONNECTIONS:
        rig.connection = place.number
        return place.pair[1] != _ALL_STATION
    rig.address = place.number - CONNECTIONS
    return False


def send(rig, place, apdu):
    """Hand over one APDU of a client; returns the answer."""
    stream = over_tcp(rig, place)
    return rig.ask(apdu, place.pair[0], place.pair[1], stream)


def associate(rig, place):
    """Open the AA of a client in the plainest way."""
    client, device = place.pair
    place.client.rest = b""
    send(rig, place, aarq(Tape(b""), client, pdu=place.pdu, allowed=device != _ALL_STATION))


def drop(rig, connection):
    """A connection is lost: all that it held is back at once."""
    link = rig.streams[connection]
    rig.server.abort(link)
    if link.n or link.running or link.streaming is not None:
        raise Broken("a lost connection keeps %d AAs, %d transfers" % (link.n, link.running))
    rig.check_transfers()


def empty(rig):
    """No link is there any more, so that every place has to be free."""
    for link in rig.streams + rig.peers:
        if link.n or link.running or link.streaming is not None:
            raise Broken("a link without a peer keeps %d AAs, %d transfers" % (link.n, link.running))
    server = rig.server
    for pool in rig.pools + (server.transfers, server.udp_transfers):
        if pool.free != len(pool.things):
            raise Broken("%d places were not given back" % (len(pool.things) - pool.free))


def to_group(rig, tape, place):
    """A datagram to a group of meters: nobody answers."""
    place.client.rest = b""
    apdu = tape.choose((aarq(Tape(b""), place.pair[0], allowed=False), place.client.plain(place.pair[0])))
    rig.address = place.number % _ADDRESSES
    link = rig.link(False)
    rx, off = rig.received(bytes((0, 1, 0, place.pair[0], 0, place.pair[1], len(apdu) >> 8, len(apdu) & 255)) + apdu)
    rig.inputs += 1
    all_station.to_group(rig.server, link, rx, off, 8 + len(apdu), rig.tx)
    if rig.faults:
        raise Broken(rig.faults[0])
    rig.check_transfers()


def empty_outboxes(rig):
    """What waits to be sent goes, and has to be what the meter may say unasked."""
    for source in rig.meter.unsolicited.sources:
        box = source.box
        while box.n:
            n = box.size()
            wpdu = bytes(box.buf[2 : 2 + n])
            if wpdu[:2] != b"\x00\x01" or wpdu[6] << 8 | wpdu[7] != n - 8:
                raise Broken("wrong header of a push")
            rig.check_unasked(wpdu[8:])
            box.pop()
