"""Requests as clients send them: the APDUs, and the random changes that the torture lets
clients make. For MicroPython and CPython.

A change is (client, APDU or a list of APDUs for a value in blocks). What it changes is the object's
affair: the model looks at all of them before and after.
"""

MANAGEMENT = 48
SHORT_NAMES = 80  # the management client with short names
_CONFORMANCE = {48: 0x00BE1D & ~0x1000, 80: 0x1C1A20}  # without blocks of a GET: one answer a GET
_ZERO = b"\x0f\x00"  # parameter of most methods

NOTE = (1, "0.0.96.128.1.255")
NAME = (1, "0.0.96.1.1.255")
CLOCK = (8, "0.0.1.0.0.255")
LOAD = (7, "1.0.99.1.0.255")
BILLING = (7, "0.0.98.1.0.255")
EVENTS = (7, "0.0.99.98.0.255")
SUPPLY = (70, "0.0.96.3.10.255")
TCP_UDP = (41, "0.0.25.0.0.255")
IPV4 = (42, "0.0.25.1.0.255")
IPV6 = (48, "0.0.25.7.0.255")
PUSHES = ((40, "0.0.25.9.0.255"), (40, "0.1.25.9.0.255"), (40, "0.4.25.9.0.255"))
READER = (15, "0.0.40.0.3.255")  # the association of client 32
REGISTERS = ((3, "1.0.1.8.0.255"), (3, "1.0.2.8.0.255"), (3, "1.0.1.8.1.255"))
MAXIMA = ((4, "1.0.1.6.0.255"), (4, "1.0.2.6.0.255"))
DEMAND = ((5, "1.0.1.4.0.255"), (5, "1.0.2.4.0.255"))
# what profiles and pushes may have for columns
COLUMNS = (
    (8, "0.0.1.0.0.255", 2),
    (3, "1.0.1.8.0.255", 2),
    (3, "1.0.2.8.0.255", 2),
    (1, "0.0.96.10.1.255", 2),
    (3, "1.0.3.8.0.255", 2),
    (3, "1.0.1.8.1.255", 2),
    (3, "1.0.1.8.2.255", 2),
    (3, "1.0.32.7.0.255", 2),
    (3, "1.0.16.7.0.255", 2),
    (1, "0.0.96.1.1.255", 2),
)


def name(text):
    return bytes([int(part) for part in text.split(".")])


def u16(n):
    return bytes((n >> 8 & 0xFF, n & 0xFF))


def u32(n):
    return u16(n >> 16) + u16(n & 0xFFFF)


def lu(n):
    return b"\x12" + u16(n)


def dlu(n):
    return b"\x06" + u32(n)


def ostr(octets):
    return b"\x09" + bytes((len(octets),)) + octets


def structure(*parts):
    return b"\x02" + bytes((len(parts),)) + b"".join(parts)


def array(*parts):
    return b"\x01" + bytes((len(parts),)) + b"".join(parts)


def tlv(tag, content):
    return bytes((tag, len(content))) + content


def aarq(client, secret):
    """The AARQ of a client with this secret."""
    context = b"\x60\x85\x74\x05\x08\x01" + (b"\x02" if client == SHORT_NAMES else b"\x01")
    body = tlv(0xA1, tlv(6, context))
    body += b"\x8a\x02\x07\x80\x8b\x07\x60\x85\x74\x05\x08\x02\x01" + tlv(0xAC, tlv(0x80, secret))
    services = _CONFORMANCE[client]
    info = b"\x01\x00\x00\x00\x06\x5f\x1f\x04\x00" + bytes((services >> 16,)) + u16(services) + b"\xff\xff"
    return tlv(0x60, body + tlv(0xBE, tlv(4, info)))


def named(o, k):
    return u16(o[0]) + name(o[1]) + bytes((k,))


def get(o, k):
    return b"\xc0\x01\xc1" + named(o, k) + b"\x00"


def set_one(o, k, data):
    return b"\xc1\x01\xc1" + named(o, k) + b"\x00" + data


def set_list(changes):
    n = bytes((len(changes),))
    names = b"".join([named(o, k) + b"\x00" for o, k, _ in changes])
    return b"\xc1\x04\xc1" + n + names + n + b"".join([data for _, _, data in changes])


def set_blocks(o, k, data, each):
    """A SET in blocks of `each` octets."""
    parts = [data[at : at + each] for at in range(0, len(data), each)]
    apdus = []
    for i in range(len(parts)):
        head = b"\xc1\x03\xc1" if i else b"\xc1\x02\xc1" + named(o, k) + b"\x00"
        last = b"\x01" if i == len(parts) - 1 else b"\x00"
        apdus.append(head + last + u32(i + 1) + bytes((0x81, len(parts[i]))) + parts[i])
    return apdus


def action(o, m, data=_ZERO):
    return b"\xc3\x01\xc1" + named(o, m) + b"\x01" + data


def write(short_name, data):
    """A Write of one value by its short name."""
    return b"\x06\x01\x02" + u16(short_name) + b"\x01" + data


def definition(column):
    return structure(lu(column[0]), ostr(name(column[1])), bytes((0x0F, column[2])), lu(0))


def pushed(column):
    return structure(
        lu(column[0]), ostr(name(column[1])), bytes((0x0F, column[2])), lu(0), b"\x02\x02\x16\x00\x00", b"\x01\x00"
    )


def some_columns(r):
    """Capture objects: the clock and some more."""
    n = 1 + r.below(len(COLUMNS) - 1)
    at = r.below(len(COLUMNS))
    return COLUMNS[:1] + tuple([COLUMNS[1 + (at + i) % (len(COLUMNS) - 1)] for i in range(n)])


# -- the changes: functions of a random generator, and of a function that finds short names ----------


def note(r, short):
    return MANAGEMENT, set_one(NOTE, 2, dlu(r.below(65536) << 8 | r.below(256)))


def note_by_short_name(r, short):
    return SHORT_NAMES, write(short(NOTE, 2), dlu(r.below(65536)))


def nameplate(r, short):
    return MANAGEMENT, set_one(NAME, 2, ostr(r.octets(15)))


def both(r, short):
    return MANAGEMENT, set_list(((NOTE, 2, dlu(r.below(65536))), (NAME, 2, ostr(r.octets(15)))))


def clock_settings(r, short):
    k = r.below(4)
    if k == 0:
        return MANAGEMENT, set_one(CLOCK, 3, b"\x10" + u16(-60 * r.below(3)))
    if k == 1:
        return MANAGEMENT, set_one(CLOCK, 8, bytes((3, r.below(2))))
    if k == 2:
        return MANAGEMENT, set_one(CLOCK, 7, bytes((0x0F, 30 + 30 * r.below(2))))
    return MANAGEMENT, set_one(CLOCK, 5, ostr(bytes((0xFF, 0xFF, 3, 0xFE, 7, 1 + r.below(3), 0, 0, 0, 0x80, 0, 0xFF))))


def shifted(r, short):
    return MANAGEMENT, action(CLOCK, 6, b"\x10" + u16(1 + r.below(120)))


def adjusted(r, short):
    return MANAGEMENT, action(CLOCK, 1 + 2 * r.below(2))


def load_columns(r, short):
    return MANAGEMENT, set_one(LOAD, 3, array(*[definition(c) for c in some_columns(r)]))


def load_columns_in_blocks(r, short):
    return MANAGEMENT, set_blocks(LOAD, 3, array(*[definition(c) for c in some_columns(r)]), 40)


def billing_columns(r, short):
    return MANAGEMENT, set_one(BILLING, 3, array(*[definition(c) for c in some_columns(r)]))


def load_settings(r, short):
    k = r.below(3)
    if k == 0:
        return MANAGEMENT, set_one(LOAD, 4, dlu((900, 900, 1800, 300)[r.below(4)]))
    if k == 1:
        return MANAGEMENT, set_one(LOAD, 5, bytes((0x16, 1 + r.below(2))))
    return MANAGEMENT, set_one(LOAD, 8, dlu(20 + r.below(60)))


def load_reset(r, short):
    return MANAGEMENT, action(LOAD, 1)


def load_capture(r, short):
    return MANAGEMENT, action(LOAD, 2)


def billing_capture(r, short):
    return MANAGEMENT, action(BILLING, 2)


def events_reset(r, short):
    return MANAGEMENT, action(EVENTS, 1)


def push_settings(r, short):
    push = PUSHES[r.below(3)]
    k = r.below(6)
    if k == 0:
        text = b"127.0.0.1:%d" % (4060 + r.below(100)) if r.below(4) else b""
        return MANAGEMENT, set_one(push, 3, structure(b"\x16\x00", ostr(text), b"\x16\x00"))
    if k == 1:
        return MANAGEMENT, set_one(push, 5, lu(r.below(600)))
    if k == 2:
        return MANAGEMENT, set_one(push, 6, bytes((0x11, r.below(10))))
    if k == 3:
        return MANAGEMENT, set_one(push, 7, structure(lu(1 + r.below(100)), lu(200), lu(3600)))
    return MANAGEMENT, set_one(push, 2, array(*[pushed(c) for c in some_columns(r)]))


def pushed_in_blocks(r, short):
    return MANAGEMENT, set_blocks(PUSHES[r.below(3)], 2, array(*[pushed(c) for c in some_columns(r)]), 100)


def groups(r, short):
    address = bytes((239, 1, 1, 1 + r.below(6)))
    if r.below(2):
        return MANAGEMENT, action(IPV4, 1 + r.below(2), b"\x06" + address)
    address = b"\xff\x15" + bytes(13) + bytes((1 + r.below(6),))
    return MANAGEMENT, action(IPV6, 1 + r.below(2), structure(b"\x16\x01", ostr(address)))


def supply(r, short):
    k = r.below(5)
    if k == 0:
        return MANAGEMENT, set_one(SUPPLY, 4, bytes((0x16, (2, 2, 4, 0)[r.below(4)])))
    return MANAGEMENT, action(SUPPLY, 1 + (k & 1))


def inactivity(r, short):
    return MANAGEMENT, set_one(TCP_UDP, 6, lu(10 + r.below(600)))


def secret(r, short):
    return MANAGEMENT, set_one(READER, 7, ostr(r.octets(8 + r.below(20))))


def own_secret(r, short):
    return MANAGEMENT, set_one((15, "0.0.40.0.4.255"), 7, ostr(r.octets(8)))


def users(r, short):
    who = structure(bytes((0x11, 1 + r.below(8))), b"\x0a\x03usr")
    return MANAGEMENT, action(READER, 5 + r.below(2), who)


def rights(r, short):
    """Take the reader's right to an object, or give it back."""
    o = REGISTERS[r.below(3)]
    may = structure(array(*[structure(bytes((0x0F, k)), b"\x16\x01", b"\x00") for k in (1, 2, 3)]), array())
    element = structure(lu(o[0]), b"\x11\x00", ostr(name(o[1])), may)
    return MANAGEMENT, action(READER, 3 + r.below(2), element)


def register_reset(r, short):
    k = r.below(4)
    if k == 0:
        return MANAGEMENT, action(MAXIMA[r.below(2)], 1)
    return MANAGEMENT, action(REGISTERS[r.below(3)], 1)


def demand(r, short):
    o = DEMAND[r.below(2)]
    k = r.below(4)
    if k == 0:
        return MANAGEMENT, set_one(o, 9, lu(1 + r.below(4)))
    if k == 1:
        return MANAGEMENT, set_one(o, 8, dlu((900, 300)[r.below(2)]))
    return MANAGEMENT, action(o, 1 + r.below(2))


CHANGES = (
    note,
    note,
    note_by_short_name,
    nameplate,
    both,
    clock_settings,
    shifted,
    adjusted,
    load_columns,
    load_columns_in_blocks,
    billing_columns,
    load_settings,
    load_reset,
    load_capture,
    load_capture,
    billing_capture,
    billing_capture,
    billing_capture,
    events_reset,
    push_settings,
    push_settings,
    pushed_in_blocks,
    groups,
    groups,
    supply,
    supply,
    inactivity,
    secret,
    own_secret,
    users,
    rights,
    register_reset,
    demand,
)
