"""A server with the objects of the meter, and the checks that hold after any octets
whatever. Runs in CPython and MicroPython.

`Rig.session` plays one tape: it opens associations, sends what `fuzz_apdus` makes,
lets time pass, breaks links off, and in the end asks what any client may ask. A rule
that does not hold raises `Broken`.

Every request stands among poison octets, and every buffer of the server has a margin after
it: the poison must not play a part in an answer, nor may the margin change, because what
looks at octets in viper checks no bounds.
"""

import time

import limits
import meter
from config import parse
from cosem.short_names import methods
from dlms.aa.association import ROW, Link, associations
from dlms.codec.octets import put16
from dlms.long.states import WHOLE_OUT
from dlms.server import Server
from fuzz_apdus import WPORTS, Client, Known, aarq
from fuzz_data import mutated
from fuzz_tape import Tape, seeded  # noqa: F401 (seeded belongs to the face of this module)
from meter import state

WORDS = ["start=2026-03-28T12:00:00", "backfill_days=0", "depth=24", "seed=7", "rate=60", "preestablished=100"]
MARGIN = 96
CANARY = 0xA5
POISONS = (b"\x01\x02\x09\x0c\x06\x81\x00\x02\x04\x12\x00\x08", b"\x00", b"\xff")
_BEFORE = 7
_BEHIND = 60
_STEPS = 16
_TITLE = b"\xc0\x01\xc1\x00\x01\x00\x00\x2a\x00\x00\xff\x02\x00"
_TITLE_ANSWER = b"\xc4\x01\xc1\x00\x09\x10ZZZ0000000100001"
_PUBLIC = 16
_ALL_STATION = 127

# microseconds of the processor where they are to be had, otherwise of the clock
now = time.ticks_us if hasattr(time, "ticks_us") else lambda: time.thread_time_ns() // 1000

# what of the meter's state is the interpreter's own
state.heap_allocated = state.heap_free = lambda: 7


class Broken(Exception):
    """A rule that holds after any octets does not hold."""


class Slow(Broken):
    """An input took longer than the patience of the rig: whether it is too long, callgrind counts."""


def stranger_to(aa, apdu):
    """The long transfer in an AA which the APDU must not touch: it is a block, or asks for
    one, with another invoke-id. Otherwise None.
    """
    if aa is None or aa.transfer is None or len(apdu) < 3:
        return None
    if apdu[:2] not in (b"\xc0\x02", b"\xc1\x03", b"\xc3\x02", b"\xc3\x06") or aa.assoc.context == 2:
        return None
    t = aa.transfer
    if t.kind >= 8:
        return None  # general blocks: the invoke-id is inside
    return t if (t.request.iip ^ apdu[2]) & 0x0F else None


class Rig:
    """One meter with a TCP link and a UDP peer.

    most: AAs of a connection. words: configuration beside WORDS.
    """

    patience = 0  # microseconds that a turn may take by `now`; 0: nobody looks

    def __init__(self, poison=POISONS[0], most=8, words=()):
        config = parse(WORDS + list(words), "127.0.0.1,::1")
        self.meter = meter.build(config)
        self.meter.backfill()
        self.faults = []
        self.server = Server(
            [wport for wport, _ in self.meter.devices],
            self.meter.associations,
            limits,
            log=self.note,
            served=self.meter.counters,
        )
        self.server.open_common(500)
        self.inputs = 0  # APDUs and datagrams handed to the engine
        self.connect(most)
        self.poison = poison
        self.size = len(self.server.buffer())
        self.tx = self.margin(self.server.buffer())
        self.transfers = self.server.transfers.things + self.server.udp_transfers.things + [self.server.kit.scratch]
        self.nominal = []
        for t in self.transfers:
            self.nominal.append((len(t.carry), len(t.buf), len(t.gbt.seg)))
            # what an earlier request may have left there
            for i in range(len(t.buf)):
                t.buf[i] = poison[i % len(poison)]
            self.guard(t)
        self.objects = []
        for _, directory in self.meter.devices:
            names = [a.names for a in self.meter.associations if a.context == 2 and a.directory is directory][0]
            for i in range(directory.n):
                o = directory.objs[i] or self.meter.associations[0]
                row = directory.rows[ROW * directory.limit[i] :]
                self.objects.append(Known(o, directory.table[8 * i : 8 * i + 6], row, names.base(i), methods(o)))
        self.answers = []

    def note(self, level, component, event, text):
        if level == "ERROR":
            self.faults.append(event + " " + text)

    def connect(self, most):
        """Make the links: one of TCP, one of UDP."""
        self.pools = (associations(8, 0), associations(2, 0))
        self.streams = [Link(self.server.carrier(self.pools[0], most, True))]
        self.peers = [Link(self.server.carrier(self.pools[1], 2, False, 500))]

    def link(self, stream):
        """The link that the next request comes over."""
        return self.streams[0] if stream else self.peers[0]

    # -- buffers: the checked twin of this rig makes others ----------------------------------------

    def margin(self, octets):
        return octets + bytearray([CANARY] * MARGIN)

    def guard(self, t):
        t.carry = self.margin(t.carry)
        t.buf = t.request.buf = self.margin(t.buf)
        t.gbt.seg = self.margin(t.gbt.seg)

    def received(self, wpdu):
        """(buffer, offset) of a WPDU in a receive buffer with poison around it."""
        rx = bytearray(self.poison * 8)[:_BEFORE] + bytearray(wpdu)
        while len(rx) < _BEFORE + len(wpdu) + _BEHIND:
            rx.extend(self.poison)
        return rx, _BEFORE

    def datagram(self, rx):
        """A datagram is no buffer of ours: octets that nobody may write to."""
        return bytes(rx)

    def check_buffers(self):
        margin = bytes([CANARY] * MARGIN)
        if self.tx[self.size :] != margin:
            raise Broken("octets were written behind the transmit buffer")
        for t, (carry, buf, seg) in zip(self.transfers, self.nominal):
            if t.carry[carry:] != margin or t.buf[buf:] != margin or t.gbt.seg[seg:] != margin:
                raise Broken("octets were written behind a transfer's buffer")

    # -- one request -------------------------------------------------------------------------------

    def ask(self, apdu, source, device, stream=True):
        """The APDU that answers; empty for none."""
        header = bytearray(8)
        header[1] = 1
        put16(header, 2, source)
        put16(header, 4, device)
        put16(header, 6, len(apdu))
        rx, off = self.received(bytes(header) + apdu)
        if not stream:
            rx = self.datagram(rx)
        link = self.link(stream)
        aa = self.association(link, source, device)
        transfer = stranger_to(aa, apdu)
        n = self.handed(link, rx, off, 8 + len(apdu))
        answer = self.checked(n, source, device, 1024 if stream else 500)
        self.answers.append(answer)
        self.check_class(aa, apdu, answer)
        if transfer is not None and (aa.transfer is not transfer or transfer.block != self.block):
            raise Broken("a block of another request touched the transfer that runs")
        self.check_transfers()
        blocks = 0
        while link.streaming is not None:
            if link.streaming.transfer.kind == WHOLE_OUT:
                answer = self.whole(link, source, device)
            else:
                answer = self.checked(self.further(link), source, device, 1024 if stream else 500)
            self.answers.append(answer)
            self.check_transfers()
            blocks += 1
            if not answer or blocks >= limits.GBT_WINDOW:
                raise Broken("a stream without an end")
        return answer

    def handed(self, link, rx, off, n):
        """Hand the engine one input; the size of the answer."""
        self.inputs += 1
        if not self.patience:
            return self.server.handle(link, rx, off, n, self.tx)
        before = now()
        n = self.server.handle(link, rx, off, n, self.tx)
        self.took(now() - before)
        return n

    def further(self, link):
        """The next turn of a long answer; the size of its part."""
        if not self.patience:
            return self.server.more(link, self.tx)
        before = now()
        n = self.server.more(link, self.tx)
        self.took(now() - before)
        return n

    def took(self, time):
        """The engine was away from the poll for so long."""
        if time > self.patience:
            raise Slow("%d us away from the poll" % time)

    def whole(self, link, source, device):
        """The APDU that goes in slices over a connection."""
        got = b""
        slices = 0
        while link.streaming is not None:
            n = self.further(link)
            if n < 0:
                raise Broken("an answer was cut short")
            if n > self.size:
                raise Broken("a slice of %d octets" % n)
            got += bytes(self.tx[0:n])
            self.check_transfers()
            slices += 1
            if slices > 65535:
                raise Broken("an answer without an end")
        n = len(got) - 8
        if self.faults:
            raise Broken(self.faults[0])
        if n > 65535 or got[:8] != bytes((0, 1, device >> 8, device & 255, source >> 8, source & 255, n >> 8, n & 255)):
            raise Broken("wrong header of a long answer")
        self.check_answer(got[8:])
        return got[8:]

    def checked(self, n, source, device, limit):
        """The APDU of the WPDU tx[0:n]."""
        if self.faults:
            raise Broken(self.faults[0])
        if n == 0:
            return b""
        if device == _ALL_STATION:
            raise Broken("a broadcast was answered")
        if not 8 < n <= 8 + limit:
            raise Broken("an answer of %d octets" % n)
        got = bytes(self.tx[0:n])
        if got[:8] != bytes((0, 1, device >> 8, device & 255, source >> 8, source & 255, n - 8 >> 8, n - 8 & 255)):
            raise Broken("wrong header")
        self.check_answer(got[8:])
        return got[8:]

    def association(self, link, source, device):
        """The confirmed AA between two wPorts that an AARQ opened, or None."""
        for aa in link.aas[: link.n]:
            if (aa.assoc.client, aa.assoc.server) == (source, device) and aa.confirmed and not aa.assoc.preestablished:
                self.block = aa.transfer.block if aa.transfer is not None else 0
                return aa
        return None

    def check_class(self, aa, apdu, answer):
        """SET, ACTION and ACCESS whose service class is unconfirmed have no
        answer, a GET in such an AA has one.
        """
        if len(apdu) < 5 or apdu[0] not in (0xC0, 0xC1, 0xC3, 0xD9):
            return
        if (apdu[1] if apdu[0] == 0xD9 else apdu[1] | apdu[2]) & 0x40:
            return
        if answer and apdu[0] != 0xC0:
            raise Broken("an unconfirmed service was answered")
        if not answer and apdu[0] == 0xC0 and aa is not None:
            raise Broken("a GET was not answered")

    def check_answer(self, apdu):
        """An answer begins with the tag of a response; the checked rig decodes it."""
        if apdu[0] not in (0x61, 0x63, 0xC4, 0xC5, 0xC7, 0xD8, 0xDA, 0xE0, 0x0C, 0x0D, 0x0E):
            raise Broken("not a response")

    def check_unasked(self, apdu):
        """What the meter sends of its own accord; the checked rig decodes it."""
        if apdu[0] not in (0x0F, 0xC2, 0x18):
            raise Broken("not a notification")

    def check_transfers(self):
        """Every transfer is free, the scratch one, or an association's; every
        association is a link's or free.
        """
        server = self.server
        held = [server.kit.scratch]
        for pool in (server.transfers, server.udp_transfers):
            held += pool.things[: pool.free]
        n = server.opening.common.n
        for links, pool in ((self.streams, self.pools[0]), (self.peers, self.pools[1])):
            everyone = pool.things[: pool.free]
            for link in links:
                if link.n:
                    aas = link.aas[: link.n]
                    everyone += aas
                    n += link.n
                    held += [aa.transfer for aa in aas if aa.transfer is not None]
            if len(everyone) != len(pool.things) or len({id(aa) for aa in everyone}) != len(everyone):
                raise Broken("associations were lost")
        if len(held) != len(self.transfers) or len({id(t) for t in held}) != len(held):
            raise Broken("transfers were lost")
        opened = 0
        for association in self.meter.associations:
            opened += association.opened
        if opened != n:
            raise Broken("associations are miscounted")

    # -- many --------------------------------------------------------------------------------------

    def session(self, tape):
        """Play a tape, then see that the server serves as ever."""
        pairs = (
            (48, 1),
            (48, 1),
            (48, 1),
            (48, 17),
            (32, 1),
            (16, 1),
            (48, _ALL_STATION),
            (100, 1),
            (80, 1),
            (80, 1),
            (80, 17),
            (64, 1),
        )
        pair = tape.choose(pairs)
        client = Client(tape, self.objects)
        pdu = tape.choose((0xFFFF, 0xFFFF, 300, 128, 64, 20, 12))
        for _ in range(1 + tape.pick(_STEPS)):
            self.step(tape, client, pair, pdu)
        self.check_buffers()
        self.serves()

    def step(self, tape, client, pair, pdu):
        kind = tape.pick(32)
        if kind == 31:
            self.meter.tick(1000 * (1 + tape.pick(60)))
        elif kind == 30:
            self.server.abort(self.link(tape.pick(2) == 0))
        elif kind == 29:
            self.too_long(pair)
        elif kind == 28:
            self.meter.load_profile.capture()
        else:
            if kind == 26:
                pair = tape.choose(WPORTS)
            everyone = pair[1] == _ALL_STATION
            stream = kind != 27 and not everyone
            if kind == 25:
                self.ask(mutated(tape, aarq(tape, pair[0])), pair[0], pair[1], stream)
            elif not self.is_open(pair, stream) and not tape.one_in(4):
                self.ask(aarq(Tape(b""), pair[0], pdu=pdu, allowed=not everyone), pair[0], pair[1], stream)
            client.heard(self.ask(client.request(pair[0]), pair[0], pair[1], stream))

    def is_open(self, pair, stream):
        """Whether this client has an AA."""
        link = self.link(stream)
        return any(
            aa.assoc.client == pair[0] and pair[1] in (aa.assoc.server, _ALL_STATION) for aa in link.aas[: link.n]
        )

    def too_long(self, pair):
        """A WPDU that was longer than the server takes, of which only the header was kept."""
        header = bytearray(b"\x00\x01\x00\x00\x00\x00\xff\xff")
        put16(header, 2, pair[0])
        put16(header, 4, pair[1])
        self.answers.append(
            self.checked(self.server.too_long(self.link(True), header, self.tx), pair[0], pair[1], 1024)
        )
        self.check_transfers()

    def serves(self):
        """On the same link, a client associates and reads the logical device
        name, a fast path and a slow one.
        """
        association = self.meter.associations[0]
        # what a management client may have done to this one
        association.users = association.names = ()
        i = association.directory.index(bytes((0, 0, 42, 0, 0, 255)))
        association.acc[i] = association.directory.rights.row(b"\x00\x01\x01")
        link = self.link(True)
        if link.n == link.carrier.most:
            self.server.abort(link)
        answer = self.ask(aarq(Tape(b""), _PUBLIC), _PUBLIC, 1)
        if answer[:1] != b"\x61" or b"\xa2\x03\x02\x01\x00" not in answer:
            raise Broken("an association is refused")
        if self.ask(_TITLE, _PUBLIC, 1) != _TITLE_ANSWER:
            raise Broken("the logical device name cannot be read")
        if self.ask(b"\xc0\x03\xc1\x01" + _TITLE[3:], _PUBLIC, 1) != b"\xc4\x03\xc1\x01" + _TITLE_ANSWER[3:]:
            raise Broken("a list cannot be read")
        if self.ask(b"\x62\x00", _PUBLIC, 1)[:1] != b"\x63":
            raise Broken("an association cannot be released")
