"""The native functions of general blocks and of ACCESS give the same as
their plain twins (see `mp_twins`).
"""

from array import array

from dlms.ln import items_plain, refused_plain
from dlms.long import general_plain
from dlms.long.now import (
    DONE,
    END,
    FRONT,
    GOT,
    HIGH,
    MARKS,
    OWN,
    PER_MARK,
    POSITION,
    SENT,
    SLOTS,
    TOP,
)
from gbt_rig import EVERYTHING
from mp_twins import Random, need
from rig import LIST, PAIR, TEXT, THING, Pair, Rig, Thing, tohex, unhex

try:
    from dlms.ln import items_viper, refused_viper
    from dlms.long import general_viper
except (SyntaxError, NameError, ImportError):
    items_viper = refused_viper = general_viper = None

_WINDOW = 3


def _now(random):
    """Where a dialogue may stand: everything small, so that numbers meet."""
    now = array("i", [random.below(5) for _ in range(MARKS + PER_MARK * (_WINDOW + 1))])
    now[OWN] = _WINDOW
    now[SLOTS] = _WINDOW + 1
    now[FRONT] = random.below(2) * random.below(9)
    now[END] = now[FRONT] + random.below(20)
    now[POSITION] = random.below(now[END] + 1)
    now[TOP] = random.below(2) * (16 + random.below(12))
    now[DONE] = random.below(14)
    now[HIGH] += random.below(5)
    if random.below(9) == 0:
        now[SENT] = 0xFFFF
    return now


def _block(random, now, n):
    """A block like one that may come: `E0 control number ack length data`, cut or
    with another length now and then.
    """
    number = random.below(8) if random.below(3) else now[GOT] + 1
    ack = random.below(8) if random.below(3) else now[SENT]
    size = bytes((n,)) if n < 128 else bytes((0x81, n)) if n < 256 else bytes((0x82, n >> 8, n & 255))
    if random.below(6) == 0:
        size = (
            bytes((0x81, n & 255)),
            bytes((0x82, n >> 8, n & 255)),
            bytes((0x83, 0, n >> 8, n & 255)),
            b"\x80",
            b"\x82\x01",
        )[random.below(5)]
    octets = (
        bytes((0xE0, random.below(256) & (0xFF if random.below(2) else 0x7F), 0, number, ack >> 8, ack & 255)) + size
    )
    octets += bytes(random.octets(n))
    cut = random.below(9) if random.below(4) == 0 else 0
    return octets[: len(octets) - cut] if random.below(2) else octets + bytes(cut)


def _twice(name, now, *arguments):
    """What a function and its twin make of equal arguments: results and
    everything that they changed.
    """
    made = []
    for twin in (general_viper, general_plain):
        copies = [bytearray(each) if isinstance(each, bytearray) else each for each in arguments]
        at = array("i", now)
        made.append((getattr(twin, name)(at, *copies), at, copies))
    assert made[0] == made[1], (name, list(now), arguments)
    return made[0]


def test_blocks_of_a_request():
    need(general_viper)
    random = Random(31)
    taken = 0
    for _ in range(1500):
        now = _now(random)
        rx = b"\xc1" * 3 + _block(random, now, (0, 1, 30, 127, 128, 255, 256, 300)[random.below(8)])
        used = random.below(40)
        end = _twice("received", now, bytearray(400), used, used + random.below(340), rx, 3, len(rx), bytearray(24), 5)[
            0
        ]
        taken += end >= 0
        _twice("taken", now, random.below(70000), used, random.below(300))
    assert taken > 30, taken


class _Request:
    def __init__(self, used, size):
        self.buf = bytearray(400)
        self.used = used
        self.size = size


class _Transfer:
    """With the dialogue `gbt`, whose numbers are `now`."""

    def __init__(self, request, now):
        self.request = request
        self.gbt = self
        self.now = now


def test_blocks_of_a_request_on_the_fast_path():
    need(general_viper)
    random = Random(38)
    taken = 0
    for _ in range(900):
        now = _now(random)
        apdu = _block(random, now, (0, 1, 30, 128, 256)[random.below(5)])
        rx = bytes(3) + unhex("000100100001") + bytes((len(apdu) >> 8, len(apdu) & 255)) + apdu
        used = random.below(40)
        size = used + random.below(340)
        made = []
        for twin in (general_viper, general_plain):
            request = _Request(used, size)
            at = array("i", now)
            way = [0] * 10 + [_Transfer(request, at)]
            tx, served = bytearray(24), bytearray(4)
            end = twin.fast_block(way, rx, 3, len(rx) - 3, tx, served)
            made.append((end, at, tx if end else 0, served, request.used, request.buf))
        assert made[0] == made[1], (list(now), tohex(rx))
        taken += end > 0
    assert taken > 20, taken


def test_acknowledgements():
    need(general_viper)
    random = Random(32)
    taken = 0
    for _ in range(1500):
        now = _now(random)
        rx = b"\xc1" * 3 + (
            _block(random, now, 0)
            if random.below(2)
            else bytes((0xE0, random.below(256), 0, 1 + random.below(6), 0, random.below(9), 0))
        )
        taken += _twice("acknowledged", now, rx, 3, len(rx))[0]
        _twice("back", now, random.below(70000))
        _twice("mark", now, random.below(70000), random.octets(40), random.below(9), random.below(30))
    assert taken > 30, taken


def test_what_stands_ready():
    need(general_viper)
    random = Random(33)
    for _ in range(1500):
        now = _now(random)
        off = random.below(9)
        arguments = random.octets(40), random.octets(40), random.below(9), random.octets(40), random.octets(60)
        end = _twice("fill_ready", now, *arguments, off, off + random.below(40))[0]
        assert end >= off


def test_headers_of_blocks():
    need(general_viper)
    random = Random(34)
    again = 0
    for size in (0, 1, 127, 128, 129, 255, 256, 257, 600):
        for _ in range(60):
            now = _now(random)
            tx = random.octets(640)
            start = random.below(9)
            raw = start + 9
            _twice("put_general", now, tx, start, raw, raw + size, random.below(256))
            end, after, copies = _twice("put_next", now, tx, start, raw, raw + size)
            if end:
                assert bytes(copies[0][end - size : end]) == bytes(tx[raw : raw + size])
                # the same block again, then another one
                after[SENT] -= 1
                for octets in (tx, bytearray(len(tx))):
                    again += _twice("put_next", after, octets, start, raw, raw + size)[0] > 0
    assert again > 50


def _requests(random):
    """ACCESS requests of plain items and of others: what follows long-invoke-id and date-time."""
    specifications = (
        "01" + THING + "02",
        "01" + PAIR + "02",
        "01" + PAIR + "03",
        "01" + PAIR + "04",
        "01" + PAIR + "05",
        "01" + TEXT + "02",
        "01" + LIST + "02",
        "01 0001 0000600900FF 02",
        "01 0003 0000010000FF 02",
        "02" + PAIR + "02",
        "02" + PAIR + "03",
        "02" + PAIR + "05",
        "02" + THING + "02",
        "03" + PAIR + "01",
        "03" + PAIR + "02",
        "03" + THING + "01",
        "01" + PAIR + "00",
        "01" + PAIR + "09",
        "01 000F 0000280000FF 02",
        "04" + PAIR + "02",
        "00" + PAIR + "02",
    )
    values = ("00", "1107", "121234", "0F00", "0600000001", "090141", "07", "FF", "22")
    for _ in range(900):
        n = random.below(6)
        first = random.below(2) * random.below(len(specifications))
        chosen = [
            specifications[
                (first + random.below(3)) % len(specifications)
                if random.below(4)
                else random.below(len(specifications))
            ]
            for _ in range(n)
        ]
        data = [
            values[0] if one[:2] == "01" and random.below(5) else values[random.below(len(values))] for one in chosen
        ]
        count = n if random.below(5) else random.below(7)
        yield n, unhex("".join(chosen) + "%02X" % count + "".join(data))


def _rig(stream):
    """A copy of PAIR's attributes is taken, and method 1 of THING clears its attribute 2."""
    Pair.COPIED, Thing.COPIED, Thing.CLEARED = 0b1100, 0b100, 2
    try:
        rig = Rig(conformance=EVERYTHING)
    finally:
        Pair.COPIED = Thing.COPIED = Thing.CLEARED = 0
    rig.thing.a[2] = bytearray(unhex("0600000009"))
    if not stream:
        rig.link = rig.new_link(stream=False)
    return rig.open(1024, conformance=EVERYTHING)


def _values(rig):
    return [value and bytes(value) for value in rig.pair.a + rig.thing.a]


def test_plain_items():
    need(items_viper)
    random = Random(35)
    done = 0
    for n, octets in _requests(random):
        q = random.below(3)
        buf = bytearray(q) + bytearray(octets) + bytearray(20)
        end = q + len(octets) - (random.below(3) if random.below(4) == 0 else 0)
        data = items_plain.plain_shape(buf, q, end, n)
        assert items_viper.plain_shape(buf, q, end, n) == data, tohex(buf)
        if data == 0:
            continue
        for room in (0, random.below(9)):
            made = []
            for twin in (items_viper, items_plain):
                rig = _rig(True)
                out = bytearray(400)
                code = twin.plain_item(rig.link.aas[0].way, buf, q, data, out, 16, room and 16 + room)
                made.append((code, out if code >= 0 else b"", _values(rig)))
            assert made[0] == made[1], tohex(buf)
            done += made[0][0] >= 0
    assert done > 100, done


def test_plain_access():
    need(items_viper)
    random = Random(36)
    served = broken = 0
    for n, octets in _requests(random):
        flags = 0x40 | random.below(2) << 5 | (random.below(8) == 0) << 4
        apdu = (
            unhex(
                "D9%02X000007%02X%02X" % (flags, 12 * (random.below(9) == 0), n if random.below(6) else random.below(9))
            )
            + octets
        )
        apdu = apdu[: len(apdu) - random.below(12)] if random.below(4) == 0 else apdu
        rx = bytes(3) + unhex("000100100001") + bytes((len(apdu) >> 8, len(apdu) & 255)) + apdu
        room = 20 + random.below(9) if random.below(4) == 0 else 500
        made = []
        for twin in (items_viper, items_plain):
            rig = _rig(True)
            way = rig.link.aas[0].way
            way[6] = room
            tx, counted = bytearray(600), bytearray(4)
            size = twin.plain_access(way, rx, 3, len(rx) - 3, tx, counted)
            assert size <= room + 8
            made.append((size, bytes(tx[: max(size, 0)]), bytes(counted), _values(rig)))
        assert made[0] == made[1], tohex(rx)
        served += made[0][0] > 0
        broken += made[0][0] < 0
    assert served > 20 and broken > 30, (served, broken)


def test_refused_blocks():
    need(refused_viper)
    random = Random(37)
    refused = 0
    for stream in (True, False):
        way = _rig(stream).link.aas[0].way
        for _ in range(400):
            number = random.below(4)
            data = bytes(random.below(4))
            apdu = (
                bytes((0xE0, random.below(256), 0, number, 0, random.below(3), len(data) + (random.below(5) == 0)))
                + data
            )
            apdu = apdu[: random.below(len(apdu) + 1)] if random.below(3) == 0 else apdu
            rx = bytes(11) + apdu + bytes(20)
            codes = [twin.refuse_block(way, rx, 3, 8 + len(apdu)) for twin in (refused_viper, refused_plain)]
            assert codes[0] == codes[1], tohex(rx)
            refused += codes[0] < 0
    assert refused > 100, refused
