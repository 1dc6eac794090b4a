"""What a meter is asked to see that none of its answers changed: families of requests.
Runs in CPython and in MicroPython.

A family is a function `family(peer, meter)`. It asks through the peer, and what it
asks depends on nothing but the answers:

    peer.ask(apdu, client=48, device=1, udp=False) -> list of answers' APDUs, empty for none (a
    stream of general blocks has several)

`meter` names what is in the meter (`Objects`): the objects of each logical device, and their short
names. Left out by name: the state object, whose heap and counters are the interpreter's own, and
the open associations, which show the peer's port.

    FAMILIES    name -> function
"""

from alloc_kinds import (
    CLIENT_SECRET,
    NAMED,
    PARTNERS,
    REFUSALS,
    SHORT_NAME_MANAGEMENT,
    SHORT_NAMES,
    STATE,
    cycle,
    pdu_size,
    short_cycle,
    unhex,
)

PUBLIC, CLIENT_MANAGEMENT, READER, MANAGEMENT, SHORT_READER = 16, 1, 32, 48, 64
SECRETS = dict(CLIENT_SECRET)
SECRETS[SHORT_READER] = SECRETS[READER]
ALL_STATION = 127
DEVICES = (1, 17)
EVERYTHING = 0xFFFFFF
# what a client proposes who has only the blocks of the services, or only general ones
SERVICE_BLOCKS = 0x00BE1D
GENERAL_BLOCKS = 0x20301D
SHORT_SERVICES = 0x3C1B20
# the same without the blocks of any service
NO_BLOCKS = 0x00A21D
SHORT_NO_BLOCKS = 0x3C0320
LOAD_PROFILE = "0007 0100630100FF"
BILLING = "0007 0000620100FF"
EVENT_LOG = "0007 0000636200FF"
CLOCK = "0008 0000010000FF"
NOTE = "0001 0000608001FF"
_LEFT_OUT = (unhex(STATE), unhex(PARTNERS))  # class-id and logical name
_MOST_BLOCKS = 4000


def u16(n):
    return bytes((n >> 8, n & 0xFF))


def u32(n):
    return u16(n >> 16) + u16(n & 0xFFFF)


def size(n):
    """A length of A-XDR or BER in its shortest form."""
    if n < 0x80:
        return bytes((n,))
    return bytes((0x81, n)) if n < 0x100 else b"\x82" + u16(n)


def tlv(tag, content):
    return bytes((tag,)) + size(len(content)) + content


# -- associations ----------------------------------------------------------------------------------


def initiate(conformance, pdu, allowed=True, qos=b"\x00", version=6, key=b"\x00"):
    """An InitiateRequest."""
    info = b"\x01" + key + (b"\x00" if allowed else b"\x01\x00") + qos + bytes((version,)) + b"\x5f\x1f\x04\x00"
    return info + bytes((conformance >> 16, conformance >> 8 & 0xFF, conformance & 0xFF)) + u16(pdu)


def aarq(client, conformance=EVERYTHING, pdu=1024, allowed=True, before=b"", context=None, secret=None, info=None):
    """An AARQ of a client, with its secret if it has one; `before` stands
    in front of the context name.
    """
    if context is None:
        context = 2 if client in (SHORT_READER, SHORT_NAME_MANAGEMENT) else 1
    body = before + b"\xa1\x09\x06\x07\x60\x85\x74\x05\x08\x01" + bytes((context,))
    if secret is None:
        secret = SECRETS.get(client)
    if secret:
        body += b"\x8a\x02\x07\x80\x8b\x07\x60\x85\x74\x05\x08\x02\x01" + tlv(0xAC, tlv(0x80, secret))
    return tlv(0x60, body + tlv(0xBE, tlv(0x04, info or initiate(conformance, pdu, allowed))))


RLRQ = b"\x62\x03\x80\x01\x00"


class Session:
    """The AA of one client with one logical device, and what a client does to read something long."""

    def __init__(self, peer, client=MANAGEMENT, device=1, udp=False, conformance=EVERYTHING, pdu=1024, allowed=True):
        self.peer = peer
        self.pair = (client, device, udp)
        self.ask(aarq(client, conformance, pdu, allowed))

    def ask(self, apdu):
        """The answers to an APDU, hexadecimal text or octets."""
        if isinstance(apdu, str):
            apdu = unhex(apdu)
        return self.peer.ask(apdu, *self.pair)

    def get(self, request):
        """GET, and the blocks of the answer to its end."""
        self._fetch(request, b"\xc4\x02", lambda answer: b"\xc0\x02" + answer[2:3] + answer[4:8])

    def act(self, request):
        """ACTION, and the blocks of the answer to its end."""
        self._fetch(request, b"\xc7\x02", lambda answer: b"\xc3\x03" + answer[2:3] + answer[4:8])

    def read(self, request):
        """Read, and the blocks of the answer to its end."""
        self._fetch(request, b"\x0c\x01\x02", lambda answer: b"\x05\x01\x05" + answer[4:6])

    def _fetch(self, request, block, following):
        answers = self.ask(request)
        for _ in range(_MOST_BLOCKS):
            if not answers or answers[-1][: len(block)] != block or answers[-1][3] != 0:
                return
            answers = self.ask(following(answers[-1]))
        raise ValueError("blocks without an end")

    def general(self, request, window=1, lose=0):
        """A request in one general block, and the streams of the answer to its end; every
        `lose`-th block is asked for again.
        """
        if isinstance(request, str):
            request = unhex(request)
        answers = self.ask(b"\xe0" + bytes((0x80 | window,)) + b"\x00\x01\x00\x00" + size(len(request)) + request)
        for turn in range(1, _MOST_BLOCKS):
            if not answers or answers[-1][0] != 0xE0 or answers[-1][1] & 0x80:
                return
            last = answers[-1]
            number = last[2] << 8 | last[3]
            own = last[4] << 8 | last[5]
            if lose and turn % lose == 0 and len(answers) > 1:
                number -= 1
            answers = self.ask(b"\xe0" + bytes((0x80 | window,)) + u16(own + 1) + u16(number) + b"\x00")
        raise ValueError("general blocks without an end")

    def release(self):
        self.ask(RLRQ)


# -- what everybody asks ---------------------------------------------------------------------------


def every_kind(peer, meter):
    """One of each kind of request that the tests of the heap know, LN."""
    for kind in sorted(NAMED):
        session = Session(peer, pdu=pdu_size(kind))
        for request, _ in cycle(kind):
            if request[3:11] not in _LEFT_OUT and unhex(STATE) not in request:
                session.ask(request)


def every_kind_by_short_name(peer, meter):
    """The same with short names."""
    for kind in sorted(SHORT_NAMES):
        session = Session(peer, SHORT_NAME_MANAGEMENT, pdu=128 if "blocks" in kind or "object_list" in kind else 1024)
        state = u16(meter.base(unhex(STATE)) + 8)
        for request, _ in short_cycle(kind, meter.base):
            if state not in request and unhex(STATE)[2:] not in request:
                session.ask(request)


def refusals(peer, meter):
    """One of each way to be refused; of clients with and without rights, in an AA and outside."""
    for client in (MANAGEMENT, READER, PUBLIC):
        session = Session(peer, client)
        for name in sorted(REFUSALS):
            session.ask(REFUSALS[name][0])
        session.release()
        for name in sorted(REFUSALS):
            session.ask(REFUSALS[name][0])


def refused_bits(peer, meter):
    """Every service in AAs that negotiated one conformance bit less, or one alone."""
    requests = [
        "C001C1" + CLOCK + "02 00",
        "C001C1" + CLOCK + "00 00",
        "C001C1" + LOAD_PROFILE + "02 01 02 02 04 06 00000001 06 00000001 12 0001 12 0000",
        "C003C1 01" + CLOCK + "02 00",
        "C101C1" + NOTE + "02 00 06 00000007",
        "C104C1 01" + NOTE + "02 00 01 06 00000007",
        "C102C1" + NOTE + "02 00 00 00000001 02 0600",
        "C301C1 0003 0100040800FF 01 01 0F 00",
        "C304C1 0003 0100040800FF 01 00 00000001 01 0F",
        "D940000001 00 01 01" + CLOCK + "02 01 00",
        "E081 0001 0000 0D C001C1" + CLOCK + "02 00",
    ]
    for bit in range(24):
        for conformance in (1 << bit, EVERYTHING ^ 1 << bit):
            session = Session(peer, conformance=conformance)
            for request in requests:
                session.ask(request)


def attributes(peer, meter):
    """Every attribute of every object, and one more, of every client; long ones to the end."""
    for device in DEVICES:
        for client in (PUBLIC, READER, MANAGEMENT):
            session = Session(peer, client, device)
            for o in meter.objects(device):
                if o.id in _LEFT_OUT:
                    continue
                for k in range(o.attributes + 2):
                    session.get(b"\xc0\x01\xc1" + o.id + bytes((k, 0)))


def attributes_by_short_name(peer, meter):
    """Every attribute of every object by short name."""
    for client in (SHORT_READER, SHORT_NAME_MANAGEMENT):
        session = Session(peer, client, conformance=SHORT_SERVICES)
        for o in meter.objects(1):
            if o.id in _LEFT_OUT:
                continue
            for k in range(o.attributes + 1):
                session.read(b"\x05\x01\x02" + u16(meter.base(o.id) + 8 * k))


def writes(peer, meter):
    """Every attribute set to values of eight types, of the clients that may
    and those that may not; then read.
    """
    values = ("00", "03 01", "06 00000001", "09 01 41", "0A 01 42", "0F 02", "11 03", "12 0004", "16 01")
    values += ("0100", "0201 00", "0202 1101 1102")
    for client in (READER, MANAGEMENT):
        for device in DEVICES:
            session = Session(peer, client, device)
            for o in meter.objects(device):
                if o.id[:2] == b"\x00\x0f" or o.id in _LEFT_OUT:
                    continue
                for k in range(o.attributes + 2):
                    for value in values:
                        session.ask(b"\xc1\x01\xc1" + o.id + bytes((k, 0)) + unhex(value))
                    session.get(b"\xc0\x01\xc1" + o.id + bytes((k, 0)))


def methods(peer, meter):
    """Every method with and without a parameter, of clients that may and may
    not; then all attributes are read.
    """
    for client in (READER, MANAGEMENT):
        session = Session(peer, client)
        for o in meter.objects(1):
            if o.id[:2] == b"\x00\x0f" or o.id in _LEFT_OUT:
                continue
            for m in range(o.methods + 2):
                for parameter in ("00", "01 0F 00", "01 12 0001", "01 0201 0F00"):
                    session.act(b"\xc3\x01\xc1" + o.id + bytes((m,)) + unhex(parameter))
            for k in range(o.attributes + 1):
                session.get(b"\xc0\x01\xc1" + o.id + bytes((k, 0)))


def lists(peer, meter):
    """GET lists of one to LIST entries and more, with refusals and long values among
    them, in one piece and in blocks.
    """
    objects = [o for o in meter.objects(1) if o.id not in _LEFT_OUT]
    for pdu in (64, 200, 1024):
        session = Session(peer, pdu=pdu)
        for n in (0, 1, 2, 7, 16, 31, 32, 33):
            entries = b"".join([objects[(n + i) % len(objects)].id + bytes((2, 0)) for i in range(n)])
            session.get(b"\xc0\x03\xc1" + bytes((n,)) + entries)
        long = "C003C1 03" + CLOCK + "02 00" + LOAD_PROFILE + "03 00" + NOTE + "02 00"
        session.get(long)


def set_lists(peer, meter):
    """SET and ACTION lists, whole and in blocks cut anywhere."""
    session = Session(peer)
    body = unhex("02" + NOTE + "02 00" + NOTE + "02 00")
    values = unhex("02 06 00000011 06 00000012")
    session.ask(b"\xc1\x04\xc1" + body + values)
    for cut in range(1, len(values)):
        session.ask(b"\xc1\x05\xc1" + body + b"\x00" + u32(1) + size(cut) + values[:cut])
        session.ask(b"\xc1\x03\xc1\x01" + u32(2) + size(len(values) - cut) + values[cut:])
    session.ask("C303C1 02 0003 0100040800FF 01 0003 0100040800FF 09 02 0F 00 00")
    session.get("C001C1" + NOTE + "02 00")


# -- long values -----------------------------------------------------------------------------------


def profiles(peer, meter):
    """The profiles whole, at many PDU sizes; by entry and by range."""
    selections = [b"\x00"]
    entries = "02 04 06 %08X 06 %08X 12 %04X 12 %04X"
    selections += [b"\x01\x02" + unhex(entries % s) for s in ((1, 1, 1, 0), (3, 0, 2, 4), (0, 0, 1, 0), (5, 9, 1, 1))]
    hour = " 09 0C 07EA 03 %02X FF %02X 00 00 00 8000 00"  # of March 2026
    limits = "02 04 02 04 12 0008 09 06 0000010000FF 0F 02 12 0000" + hour + hour + " 01 00"
    selections += [b"\x01\x01" + unhex(limits % s) for s in ((27, 0, 28, 0), (28, 3, 28, 4), (30, 0, 29, 0))]
    for pdu in (64, 65, 127, 128, 129, 512, 1024):
        session = Session(peer, pdu=pdu, conformance=SERVICE_BLOCKS)
        for profile in (LOAD_PROFILE, EVENT_LOG, BILLING):
            for selection in selections:
                session.get(b"\xc0\x01\xc1" + unhex(profile) + b"\x02" + selection)


def packed_profiles(peer, meter):
    """The load profile of the clients that the configuration names for compact-array and null-data."""
    for client in (READER, PUBLIC, MANAGEMENT):
        for pdu in (64, 128, 1024):
            session = Session(peer, client, pdu=pdu)
            session.get("C001C1" + LOAD_PROFILE + "02 00")
            session.get("C001C1" + LOAD_PROFILE + "02 01 02 02 04 06 00000002 06 00000009 12 0002 12 0003")


def general_blocks(peer, meter):
    """Long answers in general blocks: windows, losses, requests in several blocks."""
    for pdu, window, lose in ((64, 1, 0), (128, 3, 0), (128, 5, 4), (512, 16, 3), (1024, 63, 2)):
        session = Session(peer, pdu=pdu, conformance=GENERAL_BLOCKS)
        session.general("C001C1" + LOAD_PROFILE + "02 00", window, lose)
        session.general("C003C1 02" + LOAD_PROFILE + "03 00" + CLOCK + "02 00", window, lose)
        session.general("C101C1" + NOTE + "02 00 06 00000031", window)
    session = Session(peer, conformance=GENERAL_BLOCKS)
    request = unhex("C101C1" + NOTE + "02 00 06 00000032")
    for cut in range(1, len(request)):
        session.ask(b"\xe0\x01\x00\x01\x00\x00" + size(cut) + request[:cut])
        session.ask(b"\xe0\x81\x00\x02\x00\x01" + size(len(request) - cut) + request[cut:])


def without_blocks(peer, meter):
    """Long answers to clients that negotiated blocks of no kind: in one APDU, or refused."""
    profile = "C001C1" + LOAD_PROFILE
    requests = [profile + "02 00", profile + "03 00", profile + "00 00", "C001C1 000F 0000280000FF 02 00"]
    requests += [profile + "02 01 02 02 04 06 00000001 06 %08X 12 0001 12 0000" % last for last in (1, 9, 60)]
    requests += ["C003C1 03" + CLOCK + "02 00" + LOAD_PROFILE + "02 00" + NOTE + "02 00"]
    requests += ["C002C1 00000001", "C102C1" + NOTE + "02 00 00 00000001 02 0600"]
    for client, udp in ((MANAGEMENT, False), (READER, True)):
        for pdu in (64, 512, 1400, 9000, 65535):
            session = Session(peer, client, udp=udp, conformance=NO_BLOCKS, pdu=pdu)
            for request in requests:
                session.ask(request)
            session.release()
    buffer = u16(meter.base(unhex(LOAD_PROFILE)) + 8)
    for pdu in (64, 1400, 65535):
        session = Session(peer, SHORT_NAME_MANAGEMENT, conformance=SHORT_NO_BLOCKS, pdu=pdu)
        session.ask(b"\x05\x01\x02" + buffer)
        session.ask(b"\x05\x02\x02" + buffer + b"\x02" + u16(meter.base(unhex(NOTE)) + 8))


def access(peer, meter):
    """ACCESS: one request with every kind of item, answered in one piece and in general blocks."""
    items = (
        ("01" + CLOCK + "02", "00"),
        ("02" + NOTE + "02", "06 00000041"),
        ("03 0003 0100040800FF 01", "0F 00"),
        ("04" + LOAD_PROFILE + "02 02 02 04 06 00000001 06 00000003 12 0001 12 0000", "00"),
        ("01 0001 0000FFFFFFFF 02", "00"),
        ("01" + LOAD_PROFILE + "03", "00"),
    )
    for pdu in (128, 1024):
        session = Session(peer, pdu=pdu)
        for top in ("40", "50", "60", "70", "00"):
            for n in range(len(items) + 1):
                chosen = items[:n]
                count = "%02X" % n
                text = (
                    "D9"
                    + top
                    + "00000100"
                    + count
                    + "".join([i[0] for i in chosen])
                    + count
                    + "".join([i[1] for i in chosen])
                )
                session.general(text) if pdu == 128 else session.ask(text)


# -- associations, unconfirmed and broadcast -------------------------------------------------------


def openings(peer, meter):
    """AARQs right and wrong in one point, to each client, with what a release answers."""
    info = initiate(0xBE1D, 1024)
    for client in (PUBLIC, CLIENT_MANAGEMENT, READER, MANAGEMENT, SHORT_READER, SHORT_NAME_MANAGEMENT, 99, 0):
        for device in (1, 17, 5):
            wrong = [aarq(client, context=context) for context in (1, 2, 3, 4, 9)]
            wrong += [aarq(client, pdu=pdu) for pdu in (0, 1, 11, 12, 64, 65535)]
            wrong += [aarq(client, conformance) for conformance in (0, 0x10, 0x3C1B20, 0xBE1D)]
            wrong += [aarq(client, secret=secret) for secret in (b"x", b"12345678", b"87654321", b"1234567")]
            before = ("80020284", "80020244", "A2060604 60857405", "A60A0408 5A5A5A0000000001")
            wrong += [aarq(client, before=unhex(text)) for text in before]
            wrong += [aarq(client, info=initiate(0xBE1D, 1024, version=version)) for version in (5, 7)]
            wrong += [aarq(client, info=initiate(0xBE1D, 1024, qos=b"\x01\x05"))]
            wrong += [aarq(client, info=initiate(0xBE1D, 1024, key=b"\x01\x02\xaa\xbb"))]
            wrong += [aarq(client, info=info[:n]) for n in (1, 5, 10, len(info) - 1)] + [
                aarq(client, info=info + b"\x00")
            ]
            for apdu in wrong:
                peer.ask(apdu, client, device)
                peer.ask(unhex("C001C1 0001 00002A0000FF 02 00"), client, device)
                peer.ask(RLRQ, client, device)
    whole = aarq(READER)
    for n in range(1, len(whole)):
        peer.ask(whole[:n], READER, 1)
        peer.ask(tlv(0x60, whole[2 : 2 + n]), READER, 1)
    for release in ("6200", "62820000", "6203800101", "6203800200", "6206BE0404020100", "62", "6203"):
        Session(peer, READER).ask(release)


def unconfirmed(peer, meter):
    """Unconfirmed AAs over UDP, unconfirmed services in confirmed ones,
    broadcasts; then what they did is read.
    """
    note = 0
    kinds = ((MANAGEMENT, 1, True, False), (MANAGEMENT, 1, False, True), (MANAGEMENT, ALL_STATION, True, False))
    for client, device, udp, allowed in kinds:
        if device == ALL_STATION:
            for one in DEVICES:
                peer.ask(aarq(client, allowed=False), client, one, True)
        else:
            peer.ask(aarq(client, allowed=allowed), client, device, udp)
        for invoke in ("01", "41", "81", "C1"):
            note += 1
            for request in ("C101%s" + NOTE + "02 00 06 %08X", "C301%s 0003 0100040800FF 01 01 0F %02X"):
                peer.ask(unhex(request % (invoke, note)), client, device, udp)
        reader = Session(peer, READER)
        reader.get("C001C1" + NOTE + "02 00")
        reader.get("C001C1 0003 0100040800FF 02 00")


def datagrams(peer, meter):
    """Over UDP: short and long answers, refusals, strangers."""
    for pdu in (128, 1024):
        session = Session(peer, READER, udp=True, pdu=pdu)
        session.get("C001C1" + LOAD_PROFILE + "02 01 02 02 04 06 00000001 06 00000014 12 0001 12 0000")
        session.general("C001C1" + LOAD_PROFILE + "02 01 02 02 04 06 00000001 06 00000014 12 0001 12 0000", 3)
        session.ask("C001C1 0001 0000FFFFFFFF 02 00")
        session.ask("C101C1" + NOTE + "02 00 06 00000001")
        session.release()
    peer.ask(unhex("C001C1" + CLOCK + "02 00"), 99, 1, True)


FAMILIES = {
    "every kind": every_kind,
    "every kind by short name": every_kind_by_short_name,
    "refusals": refusals,
    "conformance bits": refused_bits,
    "attributes": attributes,
    "attributes by short name": attributes_by_short_name,
    "writes": writes,
    "methods": methods,
    "lists": lists,
    "set lists": set_lists,
    "profiles": profiles,
    "packed profiles": packed_profiles,
    "general blocks": general_blocks,
    "without blocks": without_blocks,
    "access": access,
    "openings": openings,
    "unconfirmed": unconfirmed,
    "datagrams": datagrams,
}
