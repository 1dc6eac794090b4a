"""What the object tests share: a configuration, a cursor as the engine has it, an
AA, and fast paths to read and write.
"""

from array import array

from dlms.aa.association import ROW
from dlms.codec.octets import scan
from meter import build

STACK = array("H", [0] * 16)


class Config:
    """The configuration keys that `meter.build` reads."""

    def __init__(self, **keys):
        self.start = "2026-03-01T00:00:00"
        self.seed = 7
        self.rate = 1
        self.backfill_days = 0
        self.compact = []
        self.null_data = []
        self.serial = "00000001"
        self.depth = 0
        self.device2 = 17
        self.preestablished = 0
        self.multicast = ()
        self.tariff1_from = 6
        self.tariff1_to = 22
        self.secrets = {"reader": b"12345678", "management": b"87654321"}
        self.port = 4059
        self.inactivity = 180
        self.bind = ("127.0.0.1", "::1")
        self.push = ""
        self.push_interval = 900
        self.push_retries = 3
        self.push_window = 0
        self.push_delay = 10
        self.events = ""
        self.event_source = 1
        self.event_client = 1
        self.event_service = "notification"
        for key in keys:
            setattr(self, key, keys[key])


class Cursor:
    """The fields of `dlms.long.stream.Cursor` that the contract in `cosem.base` names."""

    def __init__(self):
        self.tag = self.n = self.i = self.selector = self.off = self.end = self.u = self.v = self.w = 0
        self.buf = None
        self.map = bytearray(32)


class AA:
    """An AA as objects see it."""

    def __init__(self, assoc):
        self.assoc = assoc
        self.conformance = 0x001010
        self.max_send = 256
        self.qos = 3
        self.user = -1
        self.state = 2


def name(text):
    return bytes([int(part) for part in text.split(".")])


def find(meter, text, device=0):
    """The object with this logical name in a logical device of a meter."""
    directory = meter.devices[device][1]
    return directory.objs[directory.index(name(text))]


def granted(a, i):
    """The access rights of an association on the object at index i of its directory, as
    octets; None when it cannot see it.
    """
    row = a.acc[i]
    o = a.directory.objs[i] or a
    return bytes(a.directory.rows[ROW * row : ROW * row + 1 + o.ATTRIBUTES + o.METHODS]) if row else None


def association(meter, client, device=0):
    wport = meter.devices[device][0]
    return [a for a in meter.associations if a.client == client and a.server == wport][0]


def made(**keys):
    """A meter that is switched on."""
    meter = build(Config(**keys))
    meter.backfill()
    return meter


def get(o, k, aa=None):
    """A simple attribute as octets, or the result when it is refused."""
    if o.a[k] is not None:
        return bytes(o.a[k])
    buf = bytearray(256)
    end = o.get(k, buf, 0, aa)
    if end < 0:
        return -end
    assert scan(buf, 0, end, STACK, 12) == end
    return bytes(buf[:end])


def begin(o, k, selector=0, data=b""):
    """A cursor on a long attribute, or the result when it is refused. The
    selector's Data stands at an odd place.
    """
    cur = Cursor()
    cur.selector = selector
    cur.buf = bytearray(b"\xee\xee\xee" + data)
    cur.off = 3
    cur.end = 3 + len(data)
    result = o.open(k, cur)
    return result if result else cur


def element(o, k, cur, i):
    """Element i as octets, or the result when it is refused."""
    buf = bytearray(600)
    end = o.element(k, cur, i, buf, 5)
    if end < 0:
        return -end
    assert scan(buf, 5, end, STACK, 12) == end, bytes(buf[5:end])
    assert end - 5 <= 512
    return bytes(buf[5:end])


def elements(o, k, selector=0, data=b""):
    """All elements of a long attribute, or the result when it is refused."""
    cur = begin(o, k, selector, data)
    if isinstance(cur, int):
        return cur
    return [element(o, k, cur, i) for i in range(cur.n)]


def put(o, k, data, aa=None):
    """Set an attribute: with commit false it must change nothing, and both must say the same."""
    buf = bytearray(b"\xee" + data)
    if scan(buf, 1, len(buf), STACK, 12) != len(buf):
        raise ValueError("not one Data")
    before = everything(o)
    checked = o.set(k, buf, 1, len(buf), aa, False)
    assert everything(o) == before
    result = o.set(k, buf, 1, len(buf), aa, True)
    assert checked == result
    if result:
        assert everything(o) == before
    return result


def act(o, m, data=b"", aa=None):
    """Invoke a method: return data, or the result when it is refused."""
    buf = bytearray(b"\xee" + data)
    out = bytearray(64)
    end = o.act(m, buf, 1, len(buf), out, 4, aa)
    return -end if end < 0 else bytes(out[4:end])


def everything(o):
    """All attributes, to see that nothing changed."""
    state = []
    for k in range(2, o.ATTRIBUTES + 1):
        if k in o.LONG:
            state.append([] if o.CLASS_ID == 15 else elements(o, k))
        elif o.CLASS_ID != 15 or k in (3, 4, 6, 9):
            state.append(get(o, k))
    return state


def lu(v):
    return b"\x12" + v.to_bytes(2, "big")


def dlu(v):
    return b"\x06" + v.to_bytes(4, "big")


def ostr(v):
    return b"\x09" + bytes((len(v),)) + v


def structure(*parts):
    return b"\x02" + bytes((len(parts),)) + b"".join(parts)


def items(*parts):
    return b"\x01" + bytes((len(parts),)) + b"".join(parts)


def number(encoded):
    """The value of an encoded unsigned number."""
    return int.from_bytes(encoded[1:], "big")


def moment(year, month, day, hour=0, minute=0, second=0, deviation=0, status=0, weekday=0xFF, hundredths=0):
    """Twelve octets of a date-time; None for a field that is not specified."""
    fields = [0xFF if v is None else v for v in (month, day, weekday, hour, minute, second, hundredths)]
    year = 0xFFFF if year is None else year
    zone = 0x8000 if deviation is None else deviation & 0xFFFF
    return bytes((year >> 8, year & 0xFF)) + bytes(fields) + bytes((zone >> 8, zone & 0xFF, status))


def now(meter):
    """The octets of the clock's time."""
    return bytes(meter.clock.a[2][2:])


def run(meter, seconds):
    """Let simulated time pass at rate 1, in whole minutes and a rest."""
    while seconds > 0:
        part = min(seconds, 60)
        meter.tick(part * 1000)
        seconds -= part


def settle(meter):
    """Let a meter that lags its time catch up."""
    while meter._owed:
        meter.tick(0)
        if meter._owed:
            meter._integrate(1000)
