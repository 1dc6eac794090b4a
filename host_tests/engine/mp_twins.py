"""The native functions and their plain twins give the same results on equal generated inputs.

In CPython, and where MicroPython has no emitter, only the plain twin
exists: these cases are skipped there.
"""

from array import array

from cosem import row_plain
from dlms.codec import octets_plain
from dlms.ln import fast_plain
from mp_codec import BAD_DATA, DATA, DEPTH
from rig import AARQ, LIST, PAIR, TEXT, THING, Rig, tohex, unhex

try:
    from cosem import row_viper
    from dlms.codec import octets_viper
    from dlms.ln import fast_viper
except (SyntaxError, NameError, ImportError):
    row_viper = octets_viper = fast_viper = None


class Skip(Exception):
    pass


def need(native):
    if native is None:
        raise Skip("no native code emitter")


class Random:
    """A small generator of our own: the same numbers everywhere, all below 2**30."""

    def __init__(self, seed):
        self.state = seed

    def below(self, n):
        self.state = (self.state * 25173 + 13849) % 65536
        high = self.state
        self.state = (self.state * 25173 + 13849) % 65536
        return ((high << 13) ^ self.state) % n

    def octets(self, n):
        return bytearray([self.below(256) for _ in range(n)])


def test_copy_and_clear():
    need(octets_viper)
    random = Random(1)
    for _ in range(300):
        n = random.below(40)
        do = random.below(20)
        so = random.below(20)
        a = random.octets(64)
        b = bytearray(a)
        src = random.octets(64)
        octets_viper.copy(a, do, src, so, n)
        octets_plain.copy(b, do, src, so, n)
        assert a == b
        # within one buffer, overlapping either way
        octets_viper.copy(a, do, a, so, n)
        octets_plain.copy(b, do, b, so, n)
        assert a == b
        octets_viper.clear(a, so, n)
        octets_plain.clear(b, so, n)
        assert a == b


def test_compare():
    need(octets_viper)
    random = Random(2)
    for _ in range(400):
        a = random.octets(24)
        b = bytearray(a)
        if random.below(2):
            b[random.below(24)] = random.below(256)
        ao = random.below(8)
        bo = ao if random.below(3) else random.below(8)
        n = random.below(16)
        for name in ("equal", "equal_time", "compare"):
            assert getattr(octets_viper, name)(a, ao, b, bo, n) == getattr(octets_plain, name)(a, ao, b, bo, n), name
        assert octets_viper.digest(a, ao, n) == octets_plain.digest(a, ao, n) < 1 << 26


def test_numbers():
    need(octets_viper)
    random = Random(3)
    edges = (0, 1, 0xFF, 0x100, 0xFFFF, 0x10000, 0xFFFFFF, 0x1000000, 0x3FFFFEFF)
    for _ in range(300):
        a = random.octets(12)
        if random.below(2):
            a[4:8] = bytes([random.below(2) * 255] * 4)
        b = bytearray(a)
        off = random.below(6)
        assert octets_viper.get16(a, off) == octets_plain.get16(a, off)
        assert octets_viper.get32(a, off) == octets_plain.get32(a, off)
        value = edges[random.below(9)] if random.below(2) else random.below(0x20000000)
        assert octets_viper.u32_equal(a, off, value) == octets_plain.u32_equal(a, off, value)
        for name in ("put16", "put32", "add32"):
            getattr(octets_viper, name)(a, off, value)
            getattr(octets_plain, name)(b, off, value)
            assert a == b, name
        assert octets_viper.u32_equal(a, off, value) == octets_plain.u32_equal(a, off, value)
        n = 1 + random.below(6)
        octets_viper.add(a, off, n, value)
        octets_plain.add(b, off, n, value)
        assert a == b, "add"


def test_find_base():
    need(octets_viper)
    random = Random(12)
    for _ in range(300):
        n = random.below(9)
        bases = sorted([random.below(0x10000) if random.below(2) else random.below(40) for _ in range(n)])
        table = b"".join([bytes((base >> 8, base & 0xFF, random.below(256))) for base in bases])
        for _ in range(20):
            name = bases[random.below(n)] + random.below(3) - 1 if n and random.below(2) else random.below(0x10000)
            buf = bytes((7, name >> 8 & 0xFF, name & 0xFF))
            got = octets_plain.find_base(table, n, buf, 1)
            assert octets_viper.find_base(table, n, buf, 1) == got
            assert got == len([base for base in bases if base <= name & 0xFFFF]) - 1


def test_put32_is_read_back():
    need(octets_viper)
    buf = bytearray(4)
    for value in (0, 1, 0x3FFFFFFF, 0x12345678):
        octets_viper.put32(buf, 0, value)
        assert octets_viper.get32(buf, 0) == value
        assert octets_viper.u32_equal(buf, 0, value) == 1
        assert octets_viper.u32_equal(buf, 0, value ^ 0x100) == 0


def test_lengths():
    need(octets_viper)
    random = Random(4)
    for _ in range(1000):
        buf = random.octets(8)
        if random.below(2):
            buf[0] = 0x80 | random.below(7)
        if random.below(2):
            buf[1] = random.below(3)
        off = random.below(2)
        end = random.below(9)
        got = octets_viper.length(buf, off, end)
        assert got == octets_plain.length(buf, off, end), tohex(buf)
        if got >= 0:
            assert octets_viper.length_size(buf, off) == octets_plain.length_size(buf, off)


def test_frames():
    need(octets_viper)
    random = Random(5)
    for _ in range(600):
        buf = bytearray([0, 1]) + random.octets(6) + bytearray(40)
        buf[6] = 0 if random.below(4) else random.below(3)
        buf[7] = random.below(48)
        if random.below(4) == 0:
            buf[random.below(2)] = random.below(4)
        n = random.below(48)
        limit = random.below(60)
        assert octets_viper.frame(buf, 0, n, limit) == octets_plain.frame(buf, 0, n, limit)


def test_find():
    need(octets_viper)
    random = Random(6)
    for size in (0, 1, 2, 3, 17, 64):
        names = {}
        while len(names) < size:
            names[bytes([random.below(3), 0, random.below(3), random.below(4), random.below(256), 255])] = random.below(
                80
            )
        table = b"".join([name + bytes((0, names[name])) for name in sorted(names)])
        for _ in range(100):
            key = random.octets(1) + random.octets(8)
            if size and random.below(3):
                at = 8 * random.below(size)
                key[3:9] = table[at : at + 6]
                key[1:3] = table[at + 6 : at + 8] if random.below(2) else bytes((0, random.below(80)))
            got = octets_viper.find(table, size, key, 1)
            assert got == octets_plain.find(table, size, key, 1)
            assert got < size


def test_find_key():
    need(octets_viper)
    random = Random(7)
    for _ in range(300):
        n = random.below(5)
        keys = bytearray([random.below(2) for _ in range(16)])
        buf = bytearray([random.below(2) for _ in range(6)])
        assert octets_viper.find_key(keys, n, buf, 2) == octets_plain.find_key(keys, n, buf, 2)


def both_scans(buf, off, end, depth):
    stacks = array("H", bytes(2 * depth)), array("H", bytes(2 * depth))
    a = octets_viper.scan(buf, off, end, stacks[0], depth)
    b = octets_plain.scan(buf, off, end, stacks[1], depth)
    assert a == b, (tohex(buf), off, end, a, b)
    if a >= 0:
        assert stacks[0][0] == stacks[1][0], tohex(buf)
    return a


def test_scan_of_tables():
    need(octets_viper)
    for text in list(DATA.values()) + [text for text, _ in BAD_DATA.values()]:
        buf = bytearray(unhex(text)) + bytearray(16)
        for end in range(len(buf) - 15):
            both_scans(buf, 0, end, DEPTH)


def test_scan_of_mutations():
    need(octets_viper)
    random = Random(8)
    texts = sorted(DATA.values())
    for _ in range(2500):
        buf = bytearray(unhex(texts[random.below(len(texts))])) + bytearray(8)
        for _ in range(1 + random.below(3)):
            buf[random.below(len(buf))] = (random.below(256), random.below(34), 0x80 | random.below(6))[random.below(3)]
        both_scans(buf, 0, len(buf) - random.below(9), 2 + random.below(DEPTH))


def test_scan_of_random_octets():
    need(octets_viper)
    random = Random(9)
    taken = 0
    for _ in range(2500):
        buf = bytearray([(random.below(34), random.below(4), random.below(256))[random.below(3)] for _ in range(24)])
        taken += both_scans(buf, random.below(4), 24, DEPTH) > 0
    assert taken > 100, "too few of the generated values were well-formed"


def fast_both(rig, apdu, source, rights=None):
    """The fast path, native and plain, on the same request: the same answer,
    the same octets, the same count.
    """
    request = bytearray([0, 1, source >> 8, source & 255, 0, 1, 0, len(apdu)]) + bytearray(apdu)
    answers = []
    for function in (fast_viper.fast_get, fast_plain.fast_get):
        tx = bytearray(1200)
        served = bytearray(b"\x00\x00\xff\xff")
        rx = bytearray([0x5A] * 3) + request + bytearray([0x5A] * 8)
        n = function(rig.link.keys, rig.link.ways, rx, 3, len(request), tx, served)
        answers.append((n, bytes(tx), bytes(served)))
    assert answers[0] == answers[1], (tohex(apdu), answers[0][0], answers[1][0])
    return answers[0][0]


def test_short_get():
    need(fast_viper)
    random = Random(10)
    for pdu in (12, 13, 64, 313, 314, 0xFFFF):
        rig = Rig(ctt=pdu in (13, 0xFFFF))  # with the strict reading of the service class
        rig.open(pdu=pdu)
        rig.ask(AARQ.format(0x10, 0xFFFF), 32)  # refused: no AA of 32
        served = 0
        for name in (THING, LIST, TEXT, PAIR, "000F 0000280000FF", "0001 0000600400FF", "0009 0000600100FF"):
            for attribute in range(8):
                for flags in (0xC1, 0x41, 0x01, 0x81):
                    for source in (16, 17, 32, 0, 0x1000):
                        apdu = unhex(f"C001{flags:02X}{name}{attribute:02X}00")
                        served += fast_both(rig, apdu, source) > 0
        assert served >= 6 * 2, served
        for _ in range(300):
            apdu = bytearray(unhex("C001C1" + THING + "0200"))
            for _ in range(random.below(3)):
                apdu[random.below(13)] = random.below(256)
            if random.below(8) == 0:
                apdu.append(0)
            fast_both(rig, apdu, 16)


def test_minutes():
    need(row_viper)
    random = Random(11)
    for _ in range(600):
        row = random.octets(16)
        row[2:4] = bytes((7, 208 + random.below(40)))
        row[4] = 1 + random.below(12)
        row[5] = 1 + random.below(31)
        row[7] = random.below(24)
        row[8] = random.below(60)
        zone = (0x8000, 0, 0xFFC4, 0x003C, 0xFD30, 0x0348)[random.below(6)]
        row[11] = zone >> 8
        row[12] = zone & 255
        assert row_viper.minutes(row, 2) == row_plain.minutes(row, 2)


def test_put_row():
    need(row_viper)
    random = Random(12)
    for _ in range(200):
        row = random.octets(80)
        plan = bytearray()
        for _ in range(16):
            plan += bytearray(
                (random.below(3), random.below(256), random.below(256), 0, random.below(60), random.below(14))
            )
        order = random.octets(8)
        n = random.below(17)
        a = bytearray(300)
        b = bytearray(300)
        end = row_viper.put_row(a, 2, row, plan, order, n)
        assert end == row_plain.put_row(b, 2, row, plan, order, n)
        assert a == b
