"""The engine rig with a client of short names: client 64, without a
secret, sees what client 16 sees.
"""

from cosem.short_names import ShortNames
from rig import AARQ, Config, Limits, Rig, name, tohex

SN = 64  # its wPort
ALL = 0x1C1B20  # every service of short names that the server has
SN_AARQ = AARQ.replace("0857405080101", "0857405080102")


class SnLimits(Limits):
    SN_CLIENTS = 1


class SnConfig(Config):
    """An Association SN, as far as the engine reads it."""

    CLASS_ID = 12

    def __init__(self, client, server, secret, conformance, directory, names):
        Config.__init__(self, client, server, secret, conformance, directory)
        self.context = 2
        self.names = names


class SnRig(Rig):
    """`ask` and `open` are those of client 64."""

    def __init__(self, conformance=ALL, **more):
        Rig.__init__(self, limits=SnLimits, **more)
        public = self.public
        self.names = ShortNames(public.directory, SnConfig)
        self.server.opening.associations.append(SnConfig(SN, 1, b"", conformance, public.directory, self.names))

    def ask(self, request, source=SN, device=1, link=None):
        return Rig.ask(self, request, source, device, link)

    def open(self, pdu=0xFFFF, conformance=0xFFFFFF, source=SN, link=None):
        answer = self.ask(SN_AARQ.format(conformance, pdu), source, link=link)
        assert answer[:36] == "6129A109060760857405080102A203020100", answer
        return self

    def base(self, descriptor):
        """Base name of the object of a descriptor."""
        return self.names.base(self.public.directory.index(name(descriptor)))

    def attribute(self, descriptor, k):
        """Short name of an attribute, four hex digits."""
        return f"{self.base(descriptor) + 8 * (k - 1):04X}"

    def method(self, descriptor, m):
        """Short name of a method of a class of the rig, which has its
        methods after its attributes.
        """
        directory = self.public.directory
        o = directory.objs[directory.index(name(descriptor))]
        return f"{self.base(descriptor) + 8 * (o.ATTRIBUTES + m - 1):04X}"


def parts(rig, first, limit=0):
    """Send `first` and fetch all blocks of the answer; returns (raw data in hex, or None when
    the answer is in one piece; answers).
    """
    answers = [rig.ask(first)]
    raw = ""
    number = 1
    while True:
        answer = answers[-1]
        assert limit == 0 or len(answer) <= 2 * limit, answer
        if answer[:6] != "0C0102":
            return None, answers
        assert int(answer[8:12], 16) == number, answer
        octets = bytes.fromhex(answer[12:])
        at = 1 if octets[0] < 0x80 else 1 + (octets[0] & 0x7F)
        size = octets[0] if at == 1 else int.from_bytes(octets[1:at], "big")
        assert size > 0
        assert len(octets) == at + size
        raw += tohex(octets[at:])
        if answer[6:8] == "01":
            return raw, answers
        answers.append(rig.ask(f"050105{number:04X}"))
        number += 1
