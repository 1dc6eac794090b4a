"""What the tests of general block transfer share: a client of blocks that
loses what a test names.
"""

from rig import ALL, LIST, THING, Rig, tohex, unhex

GBT = 0x200000
ACCESS = 0x40
BLOCKS = 0x1C00  # the service-specific ones
EVERYTHING = ALL | GBT | ACCESS
WITHOUT_BLOCKS = EVERYTHING & ~BLOCKS
NUMBERS = "0164" + "".join([f"06{i:08X}" for i in range(100)])  # the long attribute
READ = "C001C1" + THING + "0200"
ABC = "C401C1000903616263"
LONG_READ = "C001C1" + LIST + "0200"
ABORT = "D80101"


def new(pdu=64, conformance=WITHOUT_BLOCKS, stream=True, **config):
    """A rig with an open AA, over a connection or with stream false as a UDP peer."""
    rig = Rig(conformance=EVERYTHING, **config)
    if not stream:
        rig.link = rig.new_link(stream=False)
    return rig.open(pdu, conformance=conformance)


def ask(rig, request, source=16, link=None):
    """All APDUs that answer one: the streams too."""
    link = link or rig.link
    answer = rig.ask(request, source, link=link)
    answers = [answer] if answer else []
    while link.streaming is not None:
        n = rig.server.more(link, rig.tx)
        assert tohex(rig.tx[2:6]) == f"0001{source:04X}", "wPorts"
        assert n == 8 + (rig.tx[6] << 8 | rig.tx[7]), "length"
        answers.append(tohex(rig.tx[8:n]))
    return answers


def block(control, number, ack, data=""):
    """A general block as hex."""
    n = len(unhex(data))
    size = f"{n:02X}" if n < 128 else f"81{n:02X}" if n < 256 else f"82{n:04X}"
    return f"E0{control:02X}{number:04X}{ack:04X}{size}{data}"


class Parts:
    """A general block taken apart."""

    def __init__(self, apdu):
        octets = unhex(apdu)
        assert octets[0] == 0xE0, apdu
        self.last = octets[1] & 0x80 != 0
        self.streaming = octets[1] & 0x40 != 0
        self.window = octets[1] & 0x3F
        self.number = octets[2] << 8 | octets[3]
        self.ack = octets[4] << 8 | octets[5]
        n = octets[6]
        at = 7
        if n & 0x80:
            at += n & 0x7F
            n = 0
            for octet in octets[7:at]:
                n = n << 8 | octet
            assert n >= (128 if at == 8 else 256), "length not in its shortest form"
        assert at + n == len(octets), "data do not fill the APDU"
        self.data = tohex(octets[at:])


def fetch(rig, answers, window, own=0, lose=(), limit=0):
    """Follow an answer in blocks to its end; returns its octets in hex.

    own: our last block number. lose: numbers of the meter's blocks not
    received the first time they are sent.
    """
    kept = {}
    lose = list(lose)
    got = None
    for _ in range(2000):
        for answer in answers:
            assert not limit or len(answer) <= 2 * limit, answer
            parts = Parts(answer)
            if got is None:
                got = parts.number - 1
            if parts.number in lose:
                lose.remove(parts.number)
                continue
            assert parts.number not in kept or kept[parts.number].data == parts.data, (
                "a block that is another one when repeated"
            )
            kept[parts.number] = parts
        while got + 1 in kept:
            got += 1
        if got in kept and kept[got].last:
            return "".join([kept[k].data for k in sorted(kept)]), got, own
        own += 1
        answers = ask(rig, block(0x80 | window, own, got))
        assert 0 < len(answers) <= max(1, window), answers
    raise AssertionError("no end")


def read(rig, request=LONG_READ, window=1, lose=(), limit=0):
    return fetch(rig, ask(rig, request), window, 0, lose, limit)[0]


def send(rig, request, size, window=1):
    """Send a request in blocks of `size` octets, streams of `window`; returns the answers
    to its last block and our last number.
    """
    octets = tohex(unhex(request))
    parts = [octets[i : i + 2 * size] for i in range(0, len(octets), 2 * size)]
    ack = 0
    for number in range(1, len(parts) + 1):
        control = 0x80 if number == len(parts) else 0 if number % window == 0 else 0x40
        answers = ask(rig, block(control | 5, number, ack, parts[number - 1]))
        if control == 0x40:
            assert answers == []
        elif control == 0:
            assert answers == [block(0x85, ack + 1, number)]
            ack += 1
    return answers, len(parts)
