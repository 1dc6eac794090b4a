"""A whole meter without sockets that answers the corpus: `Server.handle`
behind one TCP link and one UDP link.
"""

import hashlib

import limits
import meter
from alloc_kinds import MANAGEMENT, SHORT_NAME_MANAGEMENT
from config import parse
from dlms.aa.association import Link, associations
from dlms.server import Server

# What the meter on sockets is started with too. Time stands still, so that
# every answer is known beforehand.
SETTINGS = {
    "start": "2026-03-29T12:00:00",
    "backfill_days": 2,
    "depth": 150,
    "seed": 7,
    "rate": 0,
    "compact": "32",
    "null_data": "48",
    "broadcast": 127,
}
_PDU = 1464  # the longest APDU of a datagram: limits.DATAGRAM less the WPDU header


class Digest:
    """SHA-256 over requests and answers, each after its length."""

    def __init__(self):
        self._hash = hashlib.sha256()
        self.requests = 0

    def add(self, octets):
        self._hash.update(bytes((len(octets) >> 8, len(octets) & 0xFF)))
        self._hash.update(octets)

    def exchange(self, request, answers):
        """A request and what came back, none or several APDUs."""
        self.requests += 1
        self.add(request)
        self.add(bytes((len(answers),)))
        for answer in answers:
            self.add(answer)

    def text(self):
        return "".join(["%02x" % octet for octet in self._hash.digest()[:16]])


class Known:
    """What the corpus knows of an object: class-id and logical name, and how
    many attributes and methods it has.
    """

    def __init__(self, o, octets):
        self.id = octets
        self.attributes = o.ATTRIBUTES
        self.methods = o.METHODS


class Objects:
    """The objects of the logical devices of a meter, and their short names."""

    def __init__(self, built):
        self._associations = built.associations
        self._devices = dict(built.devices)

    def objects(self, device):
        directory = self._devices[device]
        own = [a for a in self._associations if a.directory is directory][0]
        known = []
        for i in range(directory.n):
            record = directory.table[8 * i : 8 * i + 8]
            known.append(Known(directory.objs[i] or own, record[6:8] + record[:6]))
        return known

    def base(self, o):
        """Base name of the object of the management logical device with this
        class-id and logical name, eight octets.
        """
        for association in self._associations:
            if association.client == SHORT_NAME_MANAGEMENT:
                return association.names.base(association.directory.locate(o, 0, 2))


class EnginePeer:
    """A fresh meter. `ask` as the corpus wants it; what was exchanged goes into `digest`.

    port and bind: what its objects show, where it stands for a meter on sockets.
    """

    def __init__(self, port=4059, bind="127.0.0.1"):
        config = parse(["%s=%s" % (key, SETTINGS[key]) for key in sorted(SETTINGS)] + ["port=%d" % port], bind)
        built = meter.build(config)
        built.backfill()
        self.digest = Digest()
        self.faults = []
        self.objects = Objects(built)
        self.server = Server(
            [wport for wport, _ in built.devices],
            built.associations,
            limits,
            log=self._note,
            broadcast=config.broadcast,
            served=built.counters,
        )
        self.server.open_common(_PDU)
        self._tx = self.server.buffer()
        self._links = (
            Link(self.server.carrier(associations(16, 0), 16, True)),
            Link(self.server.carrier(associations(8, 0), 8, False, _PDU)),
        )

    def _note(self, level, component, event, text):
        if level == "ERROR":
            self.faults.append(event + " " + text)

    def ask(self, apdu, client=MANAGEMENT, device=1, udp=False):
        """The APDUs that answer."""
        rx = bytes((0, 1, client >> 8, client & 255, device >> 8, device & 255, len(apdu) >> 8, len(apdu) & 255)) + apdu
        link = self._links[udp]
        n = self.server.handle(link, rx, 0, len(rx), self._tx)
        sent = bytes(self._tx[:n])
        while link.streaming is not None:
            # a general block, or a slice of a long answer: nothing while it is measured
            n = self.server.more(link, self._tx)
            assert n >= 0, n
            sent += bytes(self._tx[:n])
        assert not self.faults, self.faults
        answers = []
        while sent:
            end = 8 + (sent[6] << 8 | sent[7])
            answers.append(sent[8:end])
            sent = sent[end:]
        self.digest.exchange(rx, answers)
        return answers
