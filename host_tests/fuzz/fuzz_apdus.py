"""Generated APDUs of a client, right and nearly right, from a tape. The
same in CPython and in MicroPython.

`Client` knows what a client would: the objects, and the number of the block that comes next.
Everything that it makes passes `fuzz_data.mutated` now and then.
"""

from fuzz_data import changed, data, mutated, size, time

CONTEXT = bytes((0x60, 0x85, 0x74, 0x05, 0x08, 0x01))
LOW = bytes((0x60, 0x85, 0x74, 0x05, 0x08, 0x02, 0x01))
SECRETS = {32: b"12345678", 48: b"87654321", 64: b"12345678", 80: b"87654321"}
SHORT_NAMES = (64, 80)  # clients with short names
ALL = 0x20BE5D  # every service of this meter
ALL_SHORT_NAMES = 0x3C1B20
PDU_SIZES = (0xFFFF, 12, 13, 20, 64, 127, 128, 140, 255, 300, 1024, 0, 11)
WPORTS = (
    (48, 1),
    (32, 1),
    (16, 1),
    (48, 17),
    (1, 1),
    (16, 17),
    (0, 1),
    (99, 1),
    (16, 127),
    (16, 2),
    (100, 1),
    (100, 127),
)


def u16(n):
    return bytes((n >> 8 & 0xFF, n & 0xFF))


def u32(n):
    return u16(n >> 16) + u16(n & 0xFFFF)


def tlv(tape, tag, content):
    return bytes((tag,)) + size(tape, len(content)) + content


def aarq(tape, client, conformance=None, pdu=0xFFFF, allowed=True):
    """The AARQ that opens the AA of this client; on an empty tape without a fault, and
    with response-allowed as `allowed` says.
    """
    if conformance is None:
        conformance = ALL_SHORT_NAMES if client in SHORT_NAMES else ALL
    if tape.one_in(4):
        less = (
            ALL & ~0x1C00,
            ALL & ~0x200,
            ALL & ~4,
            ALL & ~0xA000,
            0x10,
            ALL_SHORT_NAMES & ~0x1820,
            ALL_SHORT_NAMES & ~0x200,
        )
        conformance = tape.choose((0, ALL, ALL_SHORT_NAMES, 0xFFFFFF) + less)
    if tape.one_in(3):
        pdu = tape.choose(PDU_SIZES)
    info = b"\x01" + tape.choose((b"\0",) * 6 + (b"\x01\x02\xaa\xbb",))
    info += tape.choose((b"\0" if allowed else b"\x01\0",) * 5 + (b"\x01\0", b"\x01\x01")) + tape.choose(
        (b"\0",) * 4 + (b"\x01\x05",)
    )
    info += tape.choose((b"\x06",) * 7 + (b"\x05",)) + b"\x5f\x1f\x04\x00"
    info += bytes((conformance >> 16, conformance >> 8 & 0xFF, conformance & 0xFF)) + u16(pdu)
    body = tape.choose((b"",) * 6 + (b"\x80\x02\x07\x80", b"\x80\x02\x06\x40"))
    body += tlv(tape, 0xA1, b"\x06" + tlv(tape, 7, CONTEXT + (b"\x02" if client in SHORT_NAMES else b"\x01"))[1:])
    if tape.one_in(6):
        body += b"\xa6\x0a\x04\x08ZZZ\0\0\0\0\1\xa9\x03\x02\x01" + bytes((tape.octet(),))
    secret = SECRETS.get(client)
    if secret is not None and not tape.one_in(12) or secret is None and tape.one_in(12):
        secret = secret if secret is not None and not tape.one_in(12) else tape.octets(tape.pick(12))
        body += b"\x8a\x02\x07\x80\x8b\x07" + LOW + tlv(tape, 0xAC, tlv(tape, 0x80, secret))
    return tlv(tape, 0x60, body + tlv(tape, 0xBE, tlv(tape, 4, info)))


def rlrq(tape):
    return tape.choose(
        (
            b"\x62\x03\x80\x01\x00",
            b"\x62\x00",
            b"\x62\x06\xbe\x04\x04\x02\x01\x00",
            b"\x62\x03\x80\x02\x00",
            b"\x62\x82\x00\x00",
        )
    )


class Known:
    """What a client knows of an object: its class and name, its values, and what some client may do
    with it; its base name and the offset of its methods from it.
    """

    def __init__(self, o, name, rights, base, offset):
        self.base = base
        self.offset = offset
        self.class_id = o.CLASS_ID
        self.name = name
        self.attributes = o.ATTRIBUTES
        self.methods = o.METHODS
        self.held = o.a  # encoded values by attribute
        self.writable = [k for k in range(1, o.ATTRIBUTES + 1) if rights[k] & 2 and not isinstance(o.a[k], bytes)]
        self.invocable = [m for m in range(1, o.METHODS + 1) if rights[o.ATTRIBUTES + m]]

    def id(self):
        return u16(self.class_id) + self.name


class Client:
    """Builds requests to `objects`, a list of Known. like: another client of the same objects."""

    def __init__(self, tape, objects, like=None):
        self.tape = tape
        self.objects = objects
        # those that a client can do most with come more often
        self.changeable = like.changeable if like else [o for o in objects if o.writable or o.invocable]
        self.writable = like.writable if like else [o for o in objects if o.writable]
        self.next = 1
        self.own = 0  # our last general block …
        self.theirs = 0  # … and the meter's
        self.rest = b""  # what of a request is still to be sent in general blocks

    def heard(self, apdu):
        """Take note of an answer: the block number that goes on with it."""
        if len(apdu) >= 8 and apdu[0] in (0xC4, 0xC7) and apdu[1] == 2:
            self.next = apdu[4] << 24 | apdu[5] << 16 | apdu[6] << 8 | apdu[7]
        elif len(apdu) >= 7 and (apdu[0] == 0xC5 and apdu[1] == 2 or apdu[0] == 0xC7 and apdu[1] == 4):
            self.next = (apdu[3] << 24 | apdu[4] << 16 | apdu[5] << 8 | apdu[6]) + 1
        elif len(apdu) >= 6 and apdu[:3] == b"\x0c\x01\x02":
            self.next = apdu[4] << 8 | apdu[5]
        elif len(apdu) == 5 and apdu[:3] in (b"\x0c\x01\x03", b"\x0d\x01\x02"):
            self.next = (apdu[3] << 8 | apdu[4]) + 1
        elif len(apdu) >= 7 and apdu[0] == 0xE0:
            self.theirs = apdu[2] << 8 | apdu[3]

    def iip(self):
        return bytes((self.tape.choose((0xC1,) * 9 + (0x41, 0x81, 0x00)),))

    def number(self):
        """The right block number, mostly."""
        kind = self.tape.pick(10)
        if kind == 9:
            return self.tape.number(4)
        return u32(self.next + (1 if kind == 8 else 0))

    def object(self):
        return self.tape.choose(self.objects if self.tape.one_in(3) else self.changeable)

    # -- descriptors and selections ----------------------------------------------------------------

    def id(self, o):
        """class-id and logical name, rarely of no object of this meter."""
        octets = o.id()
        kind = self.tape.pick(32)
        if kind == 31:
            return b"\0\x63" + octets[2:]
        if kind == 30:
            return octets[:6] + b"\x63" + octets[7:]
        return octets

    def attribute(self, writable=False):
        """(descriptor without selection, object, attribute-id); mostly one that
        may be written when `writable`.
        """
        if writable and not self.tape.one_in(4):
            o = self.tape.choose(self.writable)
            k = self.tape.choose(o.writable)
        else:
            o = self.object()
            k = self.tape.pick(o.attributes + 2)
            k = k + 1 if k <= o.attributes else 0
        return self.id(o) + bytes((k,)), o, k

    def method(self):
        o = self.object()
        m = (
            self.tape.choose(o.invocable)
            if o.invocable and not self.tape.one_in(4)
            else 1 + self.tape.pick(o.methods + 1)
        )
        return self.id(o) + bytes((m,)), o, m

    def definition(self):
        """A capture object definition."""
        o = self.object()
        k = 2 if not self.tape.one_in(3) else self.tape.pick(o.attributes + 2)
        return (
            b"\x02\x04\x12"
            + u16(o.class_id)
            + b"\x09\x06"
            + o.name
            + bytes((0x0F, k, 0x12, 0, 1 if self.tape.one_in(16) else 0))
        )

    def definitions(self):
        """An array of them, in which one may stand several times."""
        count = self.tape.pick(5)
        if self.tape.one_in(6):
            parts = [self.definition()] * self.tape.pick(18)
        else:
            parts = [self.definition() for _ in range(count)]
        return self.array(parts)

    def limit(self):
        """A value that bounds a range."""
        return time(self.tape) if not self.tape.one_in(3) else data(self.tape, 2)

    def selection(self, o, k):
        """00, or a selector with its parameters."""
        tape = self.tape
        kind = tape.pick(4)
        if kind < 2 or o.class_id not in (7, 15) and kind == 2:
            return b"\0"
        if o.class_id == 7 and k == 2:
            if kind == 2:
                entries = b"\x06" + tape.number(4) + b"\x06" + tape.number(4)
                return b"\x01\x02\x02\x04" + entries + b"\x12" + tape.number(2) + b"\x12" + tape.number(2)
            clock = b"\x02\x04\x12\x00\x08\x09\x06\x00\x00\x01\x00\x00\xff\x0f\x02\x12\x00\x00"
            column = clock if not tape.one_in(3) else self.definition()
            return b"\x01\x01\x02\x04" + column + self.limit() + self.limit() + self.definitions()
        if o.class_id == 15 and k == 2:
            named = [self.object() for _ in range(1 + tape.pick(3))]
            ids = b"".join([b"\x02\x02\x12" + u16(each.class_id) + b"\x09\x06" + each.name for each in named])
            return tape.choose(
                (
                    b"\x01\x01\x00",
                    b"\x01\x02\x01\x02\x12\x00\x03\x12\x00\x07",
                    b"\x01\x03\x01" + bytes((len(ids) // 13,)) + ids,
                    b"\x01\x04" + ids[:13],
                    b"\x01\x02\x01\x01" + ids[:13],
                )
            )
        return bytes((1, tape.pick(6))) + data(tape)

    # -- values ------------------------------------------------------------------------------------

    def value(self, o, k):
        """A Data for attribute k: what it holds, nearly that, or anything."""
        tape = self.tape
        held = o.held[k] if k < len(o.held) else None
        kind = tape.pick(8)
        if kind == 7 or held is None and kind < 6:
            return data(tape)
        if kind == 6:
            return self.definitions()
        if held[0] in (9, 10, 12) and kind == 5:
            return (
                bytes((held[0],))
                + tape.choose((b"\x30", b"\x81\x0c", b"\x0c"))
                + tape.octets(48)[: tape.choose((48, 12, 12))]
            )
        return bytes(held) if kind < 2 else changed(tape, held)

    def parameter(self, o, m):
        tape = self.tape
        kind = tape.pick(6)
        if kind == 0 or kind == 1 and o.class_id != 15:
            return b"\x0f\x00"
        if kind == 1 or o.class_id == 15 and kind < 5:
            return self.object_list_element() if m in (3, 4) else b"\x02\x02\x11" + tape.octets(1) + b"\x0a\x02ab"
        if kind == 2:
            return b"\x10" + tape.number(2)
        if kind == 3:
            return b"\x02\x03" + time(tape) + time(tape) + time(tape)
        if kind == 4:
            address = b"\x02\x02\x16" + bytes((tape.pick(4),)) + b"\x09\x10" + tape.octets(16)
            return tape.choose((address, b"\x06\xe0" + tape.octets(3)))
        return data(tape)

    def object_list_element(self):
        tape = self.tape
        o = self.object()
        attributes = []
        for k in range(tape.pick(o.attributes + 1)):
            selectors = tape.choose((b"\0", b"\0", b"\x01\x01\x0f\x01", b"\x01\x81\x02\x0f\x01\x0f\x02"))
            attributes.append(b"\x02\x03\x0f" + bytes((k + 1, 0x16, tape.pick(4))) + selectors)
        methods = [b"\x02\x02\x0f" + bytes((m + 1, 0x16, tape.pick(2))) for m in range(tape.pick(o.methods + 1))]
        rights = b"\x02\x02" + self.array(attributes) + self.array(methods)
        return b"\x02\x04\x12" + u16(o.class_id) + bytes((0x11, tape.pick(3), 9, 6)) + o.name + rights

    def array(self, parts):
        return b"\x01" + size(self.tape, len(parts)) + b"".join(parts)

    def block(self, raw):
        """`last number(4) length raw`."""
        return bytes((self.tape.pick(3) % 2,)) + self.number() + size(self.tape, len(raw)) + raw

    # -- services ----------------------------------------------------------------------------------

    def get(self):
        tape = self.tape
        kind = tape.pick(6)
        if kind < 3:
            d, o, k = self.attribute()
            return b"\xc0\x01" + self.iip() + d + self.selection(o, k)
        if kind < 5:
            return b"\xc0\x02" + self.iip() + self.number()
        parts = []
        for _ in range(tape.pick(6)):
            d, o, k = self.attribute()
            parts.append(d + self.selection(o, k))
        return b"\xc0\x03" + self.iip() + size(tape, len(parts)) + b"".join(parts)

    def set(self):
        tape = self.tape
        kind = 1 + tape.pick(6) % 5
        if kind == 3:
            return b"\xc1\x03" + self.iip() + self.block(tape.octets(tape.pick(40)))
        if kind < 3:
            d, o, k = self.attribute(True)
            head = bytes((0xC1, kind)) + self.iip() + d + (b"\0" if not tape.one_in(8) else self.selection(o, k))
            value = self.value(o, k)
        else:
            named = [self.attribute(True) for _ in range(tape.pick(4))]
            head = (
                bytes((0xC1, kind)) + self.iip() + size(tape, len(named)) + b"".join([d + b"\0" for d, _, _ in named])
            )
            value = size(tape, len(named)) + b"".join([self.value(o, k) for _, o, k in named])
        return head + (self.first(value) if kind in (2, 5) else value)

    def action(self):
        tape = self.tape
        kind = 1 + tape.pick(7) % 6
        if kind == 2:
            return b"\xc3\x02" + self.iip() + self.number()
        if kind == 6:
            return b"\xc3\x06" + self.iip() + self.block(tape.octets(tape.pick(40)))
        if kind in (1, 4):
            d, o, m = self.method()
            value = self.parameter(o, m)
            head = bytes((0xC3, kind)) + self.iip() + d
            if kind == 1:
                return head + (b"\0" if tape.one_in(4) else b"\x01" + value)
        else:
            named = [self.method() for _ in range(tape.pick(5))]
            head = bytes((0xC3, kind)) + self.iip() + size(tape, len(named)) + b"".join([d for d, _, _ in named])
            value = size(tape, len(named)) + b"".join([self.parameter(o, m) for _, o, m in named])
            if kind == 3:
                return head + value
        return head + self.first(value)

    def first(self, value):
        """The first block of a value: all of it, or half, and then block 2 is due."""
        last = self.tape.pick(3) == 0
        raw = value if last else value[: len(value) // 2]
        self.next = 1
        number = self.number()
        return bytes((1 if last else 0,)) + number + size(self.tape, len(raw)) + raw

    def general(self, apdu):
        """One general block: the next of the request at hand, or the first of the request `apdu`."""
        tape = self.tape
        if not self.rest:
            self.rest = apdu
            self.own = 0
            self.theirs = 0
        n = len(self.rest) if tape.one_in(2) else 1 + tape.pick(40)
        part, self.rest = self.rest[:n], self.rest[n:]
        control = tape.pick(64) | (0x80 if not self.rest else 0x40 if tape.one_in(2) else 0)
        self.own += 1
        return bytes((0xE0, control)) + self.numbers() + size(tape, len(part)) + part

    def acknowledge(self):
        """A general block without data."""
        self.own += 1
        return bytes((0xE0, 0x80 | self.tape.choose((1, 3, 63, 0)))) + self.numbers() + b"\0"

    def numbers(self):
        """Our number and the acknowledged one; mostly right."""
        kind = self.tape.pick(12)
        number = self.own - 1 if kind == 0 else self.own + 1 if kind == 1 else self.own
        ack = self.tape.octet() if kind == 2 else max(0, self.theirs - self.tape.pick(3)) if kind < 5 else self.theirs
        return u16(number) + u16(ack)

    def access(self):
        """An ACCESS request."""
        tape = self.tape
        specifications = []
        values = []
        for _ in range(tape.pick(5)):
            kind = 1 + tape.pick(5)
            if kind == 3:
                d, o, m = self.method()
                values.append(self.parameter(o, m))
            else:
                d, o, k = self.attribute(kind == 2 or kind == 5)
                values.append(b"\0" if kind == 1 or kind == 4 else self.value(o, k))
                if kind > 3:
                    selection = self.selection(o, k)
                    d += selection[1:] if len(selection) > 1 else b"\1\0"
            specifications.append(bytes((kind,)) + d)
        head = (
            b"\xd9"
            + bytes((tape.choose((0x40, 0x40, 0x50, 0x60, 0xC0, 0x00)),))
            + b"\0\0\1"
            + tape.choose((b"\0", b"\0", b"\x0c" + bytes(12)))
        )
        n = size(tape, len(specifications))
        return head + n + b"".join(specifications) + n + b"".join(values)

    def other(self):
        """An APDU of another service, or none at all."""
        tape = self.tape
        tag = tape.choose((0x05, 0x06, 0xC4, 0xD8, 0x0E, 0xC8, 0xDB, 0x21, 0xE0, 0xC2, 0x0F, 0x10, 0xFF, 0x00))
        return bytes((tag,)) + tape.octets(tape.pick(30))

    # -- short names -------------------------------------------------------------------------------

    def name(self, writable=False):
        """A short name of an attribute or a method, or nearly one, and a value for it."""
        tape = self.tape
        o = self.object() if not writable or not self.writable else tape.choose(self.writable)
        if tape.one_in(3) and o.methods:
            m = 1 + tape.pick(o.methods)
            return u16(o.base + o.offset + 8 * (m - 1)), self.parameter(o, m), o, 0
        k = tape.choose(o.writable) if writable and o.writable else 1 + tape.pick(o.attributes)
        near = tape.pick(9) - 4 if tape.one_in(8) else 0
        return u16(o.base + 8 * (k - 1) + near & 0xFFFF), self.value(o, k), o, k

    def variable(self):
        """A variable-access-specification for a Read."""
        name, value, o, k = self.name()
        if self.tape.one_in(3):
            selection = self.selection(o, k) if k else b"\x01\x00" + value
            if len(selection) > 1:
                return b"\x04" + name + selection[1:]
        return b"\x02" + name

    def part(self, head, raw):
        """A part of a request after `head`: the next one of it, or any."""
        last = self.tape.pick(3) == 0
        if self.tape.pick(3) == 0:
            self.next = 1
            raw = raw if last else raw[: len(raw) // 2]
        return head + bytes((1 if last else 0,)) + self.number()[2:], size(self.tape, len(raw)) + raw

    def read(self):
        tape = self.tape
        kind = tape.pick(8)
        if kind < 2:
            return b"\x05\x01\x05" + self.number()[2:]
        count = 1 if kind < 5 else tape.pick(6)
        body = size(tape, count) + b"".join([self.variable() for _ in range(count)])
        if kind == 7:
            return b"".join(self.part(b"\x05\x01\x06", body))
        return b"\x05" + body

    def write(self):
        tape = self.tape
        count = 1 if tape.pick(2) else tape.pick(5)
        named = [self.name(True) for _ in range(count)]
        kind = tape.pick(6)
        body = size(tape, count) + b"".join(
            [(b"\x02" if not tape.one_in(12) else b"\x04") + name for name, _, _, _ in named]
        )
        body += size(tape, count) + b"".join([value for _, value, _, _ in named])
        if kind == 5:
            head, tail = self.part(b"\x06\x01\x07", body)
            return head + b"\x01\x09" + tail
        return (b"\x16" if kind == 4 else b"\x06") + body

    def plain(self, client):
        """A request of one of the services."""
        kind = self.tape.pick(5)
        if client in SHORT_NAMES:
            return self.read() if kind < 3 else self.write()
        return self.get() if kind < 2 else self.set() if kind == 2 else self.action() if kind == 3 else self.access()

    def request(self, client):
        """One APDU of any kind."""
        kind = self.tape.pick(44)
        if kind > 31:
            apdu = self.access() if kind > 40 else self.acknowledge() if kind > 35 else self.general(self.plain(client))
        elif client in SHORT_NAMES and kind < 28:
            apdu = self.read() if kind < 15 else self.write()
        elif kind < 12:
            apdu = self.get()
        elif kind < 20:
            apdu = self.set()
        elif kind < 28:
            apdu = self.action()
        elif kind == 28:
            apdu = rlrq(self.tape)
        elif kind == 29:
            apdu = self.other()
        else:
            apdu = aarq(self.tape, client)
        return mutated(self.tape, apdu) if self.tape.one_in(4) else apdu
