"""A meter on a flash in memory, served without sockets: what one start of the board is.
For MicroPython and CPython.

`Stage(flash, sectors, words)` opens the store and makes the meter, as `app` does;
`ask` is a client; `look` is all that can be seen of it: attributes by GET, rows,
rights, secrets, numbers that count.
"""

import limits
import meter
import meter.restart
from config import parse
from dlms.aa.association import ROW, Link, associations
from dlms.codec.octets import get32
from dlms.server import Server
from store.health import CORRUPT
from store.identity import BILLING, EVENTS, JOURNAL, LOAD
from store.store import Store
from writes import MANAGEMENT, SHORT_NAMES, aarq, get, name

# Attributes that are no state of the meter: what a start, a reading or a second
# changes; logical name -> numbers
NO_STATE = {
    "0.0.96.128.0.255": (2,),  # heap, requests
    "0.0.96.128.2.255": (2,),  # who is connected
    "0.0.96.128.3.255": (2,),  # failed authentications since the start
    "0.0.96.11.0.255": (2,),  # the last event: power up
    "0.0.96.10.1.255": (2,),  # status of the period that runs: power up
    "0.0.1.0.0.255": (2, 4),  # the time is compared as an instant; nobody has set the clock since the start
    "0.0.97.97.0.255": (2,),  # what the store has found since the start
}
PROFILES = ("1.0.99.1.0.255", "0.0.98.1.0.255", "0.0.99.98.0.255")
RUNNING = (3, 4, 5)  # classes of registers, whose values go on by themselves
_INSTANT = "0.0.0.1.0.255"  # counts billing periods
_PROFILE = 7
_ASSOCIATION = 15
_ROOM = 1300
COUNTER = 0  # the one that is taken from


# the meter is off for no time: what passes while it is off is not the affair of these tests
meter.restart.machine_clock = lambda: 1000


class Refused(Exception):
    """An AARQ was refused, or a GET of what can be read."""


class Look:
    """kept: (logical name, attribute) -> octets of what clients write. runs: the same for what goes
    on by itself. instant: seconds since 2000. rows: of each profile (first, last, cleared), limit.
    """

    def __init__(self):
        self.kept = {}
        self.runs = {}
        self.instant = 0
        self.rows = []
        self.limits = []


class Stage:
    """sectors: of the journal, and of the rings of load profile, billing and event log. watch:
    called with the stage before the meter is made.
    """

    def __init__(self, flash, sectors, words, watch=None):
        self.notes = []
        config = parse(words, "127.0.0.1")
        plan = tuple(zip((JOURNAL, LOAD, BILLING, EVENTS), sectors))
        self.store = Store(flash, plan, config.serial.encode())
        if watch is not None:
            watch(self)
        self.number = self.store.counter(COUNTER)
        self.meter = meter.build(config, None, self.store, self.note)
        self.server = Server(
            [wport for wport, _ in self.meter.devices],
            self.meter.associations,
            limits,
            log=self.note,
            served=self.meter.counters,
        )
        self.server.kit.keeper = self.meter.keeper
        self.pool = associations(8, 0)
        self.link = Link(self.server.carrier(self.pool, 8, True))
        self.rx = bytearray(_ROOM)
        self.tx = self.server.buffer()
        self.directory = self.meter.devices[0][1]
        self.profiles = [self.found(text) for text in PROFILES]
        self.meter.backfill()

    def note(self, level, component, event, text=""):
        if level == "ERROR":
            self.notes.append(component + " " + event + " " + text)

    def found(self, text):
        return self.directory.objs[self.directory.index(name(text))]

    def is_object(self, text, o):
        """Whether this is the logical name of an object of the meter."""
        return text[0].isdigit() and self.found(text) is o

    def association(self, client):
        return [a for a in self.meter.associations if a.client == client and a.server == 1][0]

    # -- a client ----------------------------------------------------------------------------------

    def ask(self, apdu, client=MANAGEMENT):
        """The APDU that answers."""
        if self.link.n == 0 or not self.is_open(client):
            answer = self._ask(aarq(client, bytes(self.association(client).secret)), client)
            if b"\xa2\x03\x02\x01\x00" not in answer:
                raise Refused(client, answer)
        return self._ask(apdu, client)

    def is_open(self, client):
        return any(aa.assoc.client == client for aa in self.link.aas[: self.link.n])

    def _ask(self, apdu, client):
        rx = self.rx
        n = 8 + len(apdu)
        rx[:8] = bytes((0, 1, 0, client, 0, 1, len(apdu) >> 8, len(apdu) & 255))
        rx[8:n] = apdu
        size = self.server.handle(self.link, rx, 0, n, self.tx)
        whole = bytes(self.tx[:size])
        while self.link.streaming is not None:
            size = self.server.more(self.link, self.tx)
            whole += bytes(self.tx[:size])
        return whole[8:]

    def short_name(self, o, k):
        """The short name of an attribute."""
        names = self.association(SHORT_NAMES).names
        return names.base(self.directory.index(name(o[1]))) + 8 * (k - 1)

    # -- time --------------------------------------------------------------------------------------

    def pass_time(self, most=900):
        """Let time pass up to the next end of a period, and at most so many seconds."""
        meter = self.meter
        n = most
        for o in meter.periodic:
            if o.period:
                n = min(n, o.period - meter.clock.local_second % o.period)
        meter.rate = n
        meter.keeper.tick(1000 * n)
        meter.tick(1000)
        while meter._owed:
            meter.tick(0)

    def close(self):
        self.meter.keeper.close()

    # -- looking -----------------------------------------------------------------------------------

    def look(self):
        """All that can be seen."""
        seen = Look()
        for i in range(self.directory.n):
            o = self.directory.objs[i]
            text = ".".join([str(octet) for octet in self.directory.table[8 * i : 8 * i + 6]])
            if o is not None and text != _INSTANT:
                self._look_at(seen, o, text)
        seen.runs.update(self.running())
        seen.instant = self.instant()
        for a in self.meter.associations:
            key = "association %d %d" % (a.client, a.server)
            seen.kept[(key, "secret")] = bytes(a.secret)
            if a.context == 1:
                seen.kept[(key, "rights")] = b"".join(
                    [bytes(a.directory.rows[ROW * row : ROW * row + ROW]) for row in a.acc]
                )
        for profile in self.profiles:
            rows = profile.rows
            seen.rows.append((rows.first, rows.last, rows.cleared))
            seen.limits.append(rows.limit)
        return seen

    def _look_at(self, seen, o, text):
        skipped = NO_STATE.get(text, ())
        if o.CLASS_ID == _PROFILE:
            skipped = (2, 7)
        elif o.CLASS_ID == _ASSOCIATION:
            skipped = (2, 7, 8)
        elif o.CLASS_ID in RUNNING:
            return
        for k in range(2, o.ATTRIBUTES + 1):
            if k not in skipped:
                answer = self.ask(get((o.CLASS_ID, text), k))
                if answer[:4] != b"\xc4\x01\xc1\x00":
                    if answer[4:] != b"\x03":  # no right to read it
                        raise Refused(text, k, answer)
                seen.kept[(text, k)] = answer[4:]

    def running(self):
        """What goes on by itself: registers, demand, maxima, billing period."""
        runs = {}
        directory = self.directory
        for register in self.meter.demand:
            register.render()
        for i in range(directory.n):
            o = directory.objs[i]
            if o is None or o.CLASS_ID not in RUNNING:
                continue
            octets = directory.table[8 * i : 8 * i + 6]
            if o.CLASS_ID == 3 and octets[2] not in (1, 2, 3, 4) or o.CLASS_ID == 3 and octets[3] != 8:
                continue  # an instantaneous value
            text = ".".join([str(octet) for octet in octets])
            for k in range(2, o.ATTRIBUTES + 1):
                # times without their status: nobody has set the clock since the start
                value = bytes(o.a[k]) if o.a[k] is not None else b""
                runs[(text, k)] = value[:13] if len(value) == 14 and value[0] == 9 else value
        generation = self.meter.devices[1][1]
        runs[("generation", 2)] = bytes(generation.objs[generation.index(name("1.0.2.8.0.255"))].a[2])
        runs[("billing periods", 2)] = bytes(self.meter.billing_periods)
        return runs

    def instant(self):
        """Seconds since 2000."""
        return self.meter.clock.day * 86400 + self.meter.clock.second

    def row(self, q, sequence):
        """A row of a profile as octets, None when it is corrupt."""
        profile = self.profiles[q]
        row = bytearray(profile.rows.size)
        return bytes(row) if profile.rows.read(sequence, row) is not False else None

    def corrupt(self):
        """Records that the store has found corrupt."""
        return self.store.health.count(CORRUPT)

    def counted(self):
        """The last number taken of the counter."""
        return get32(self.number.value, 0)
