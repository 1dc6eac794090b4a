"""The native functions that take an AARQ apart, write an AARE and capture a row give the same
as their plain twins (see `mp_twins`).
"""

from array import array

from cosem import row_plain
from dlms.aa import aarq_plain
from dlms.codec import octets_plain
from mp_twins import Random, need
from rig import tohex, unhex

try:
    from cosem import row_viper
    from dlms.aa import aarq_viper
    from dlms.codec import octets_viper
except (SyntaxError, NameError, ImportError):
    row_viper = aarq_viper = octets_viper = None


class _Held:
    def __init__(self, *values):
        self.a = (None,) + values


def test_capture():
    need(row_viper)
    # columns: a value of four octets, a string of two, a value that is computed, one
    # of another type than the plan says
    objects = (_Held(b"\x06\x01\x02\x03\x04", b"\x09\x02AB"), _Held(None, b"\x11\x07", b"\x09\x03ABC"))
    what = b"\x00\x01\x00\x02\x01\x01\x01\x02\x01\x03"
    plan = b"\x01\x06\x01\x00\x00\x04\x02\x09\x02\x00\x04\x02\x01\x06\x00\x00\x06\x04"
    plan += b"\x01\x12\x00\x00\x0a\x01\x02\x09\x02\x00\x0b\x03"
    rows = (bytearray(b"\xee" * 14), bytearray(b"\xee" * 14))
    for n in range(6):
        left = [twin.capture(row, objects, what, plan, n) for twin, row in zip((row_viper, row_plain), rows)]
        assert left[0] == left[1] == 0b11100 & (1 << n) - 1
        assert rows[0] == rows[1]
    assert rows[0] == b"\x01\x02\x03\x04AB" + b"\xee" * 8


def test_put_block():
    need(octets_viper)
    random = Random(21)
    for tag, header in ((0xC4, 9), (0xC7, 8), (0x0C, 6)):
        for size in (0, 1, 127, 128, 129, 255, 256, 257, 600):
            for number in (1, 0xFFFF, 0x3FFFFFFF)[: 2 if tag == 0x0C else 3]:
                # after the longest header, or where it has its place at once
                for raw in (7 + header + 3, 7 + header + (1 if size < 0x80 else 2 if size < 0x100 else 3)):
                    a = random.octets(640)
                    b = bytearray(a)
                    data = bytes(a[raw : raw + size])
                    end = octets_viper.put_block(a, 7, tag, random.below(2), number, raw, raw + size)
                    last = a[10]
                    assert end == octets_plain.put_block(b, 7, tag, last, number, raw, raw + size)
                    assert a == b
                    assert a[end - size : end] == data


def _aarqs(random):
    """AARQs right and wrong: components of every kind, each octet changed now
    and then, lengths in both forms.
    """
    parts = (
        unhex("80020780"),
        unhex("800307FF80"),
        unhex("A109060760857405080101"),
        unhex("A109060760857405080102"),
        unhex("A10A068107 60857405080101"),
        unhex("A109060760857405090101"),
        unhex("A203020105"),
        unhex("A60A04085A5A5A0000000001"),
        unhex("A903020107"),
        unhex("A90402020080"),
        unhex("A9050203010203"),
        unhex("8A020780"),
        unhex("8A810207 00"),
        unhex("8B0760857405080201"),
        unhex("8B0760857405080200"),
        unhex("8B0760857405090200"),
        unhex("AC0A80083132333435363738"),
        unhex("AC028000"),
        unhex("AC81028000"),
        unhex("BE10040E01000000065F1F0400FFFFFF0400"),
        unhex("BE11040F0100000006 5F1F8104 00FFFFFF0400"),
        unhex("BE0F040D01000000065F0400FFFFFF0400"),
        unhex("BE14041201 0102AABB 0100 0105 065F1F0400FFFFFF0400"),
        unhex("BE03040101"),
    )
    for _ in range(1500):
        body = b""
        for _ in range(1 + random.below(7)):
            body += parts[random.below(len(parts))]
        if random.below(3):
            body = parts[2] + body + parts[19]
        octets = bytearray(
            (b"\x60\x81" if len(body) > 0x7F or random.below(4) == 0 else b"\x60") + bytes((len(body) & 0xFF,)) + body
        )
        for _ in range(random.below(3)):
            octets[random.below(len(octets))] = random.below(256)
        yield octets


def test_take_aarq():
    need(aarq_viper)
    random = Random(31)
    good = 0
    for octets in _aarqs(random):
        for end in (len(octets), len(octets) - random.below(len(octets))):
            buf = b"\x99" * 5 + octets + bytes(random.octets(20))
            a = array("H", [0xEEEE] * aarq_plain.NOTES)
            b = array("H", [0xEEEE] * aarq_plain.NOTES)
            results = aarq_viper.take_aarq(buf, 5, 5 + end, a), aarq_plain.take_aarq(buf, 5, 5 + end, b)
            assert results[0] == results[1], (tohex(octets), end, results)
            assert list(a) == list(b), (tohex(octets), end)
            good += results[0]
    assert good > 200, good


def test_judge_aarq():
    need(aarq_viper)
    random = Random(33)
    verdicts = {}
    for octets in _aarqs(random):
        notes = array("H", [0] * aarq_plain.NOTES)
        aarq_plain.take_aarq(octets, 0, len(octets), notes)
        octets += bytes(12)
        if random.below(2):
            # else what one note says is judged, and nothing after it
            notes[aarq_plain.VERSION] = random.below(2) * (1 + random.below(9))
            notes[aarq_plain.CONTEXT] = 1 + random.below(2)
            notes[aarq_plain.MECHANISM] = (0, 1, 1, 2, aarq_plain.NONE, aarq_plain.NONE)[random.below(6)]
            notes[aarq_plain.AUTHENTICATION] = random.below(2)
            notes[aarq_plain.VALUE] = 9 * random.below(2)
            notes[aarq_plain.DEDICATED] = random.below(5) == 0
            notes[aarq_plain.DLMS_VERSION] = 5 + random.below(3)
            notes[aarq_plain.MAX_PDU] = (0, 11, 12, 0xFFFF)[random.below(4)]
            notes[aarq_plain.CONFORMANCE] = random.below(256)
            notes[aarq_plain.CONFORMANCE_LOW] = random.below(0x10000)
        for terms in (0x001, 0x002, 0x10001, 0x10002, 0x101, 0x102, 0x201):
            conformance = (0xFFFFFF, 0x40BE1F, 0x000001, 0x800000)[random.below(4)]
            verdict = aarq_plain.judge_aarq(octets, notes, terms, conformance)
            assert aarq_viper.judge_aarq(octets, notes, terms, conformance) == verdict, (list(notes), terms)
            verdicts[verdict] = verdicts.get(verdict, 0) + 1
    assert sorted(verdicts) == [0, 1, 2, 3, 4, 0x100, 0x101, 0x102], verdicts
    assert min(verdicts.values()) > 5, verdicts


def test_put_aare():
    need(aarq_viper)
    random = Random(32)
    for _ in range(400):
        notes = array("H", [0] * aarq_plain.NOTES)
        if random.below(2):
            notes[aarq_plain.VERSION] = 1 + random.below(8)
            notes[aarq_plain.VERSION_SIZE] = 2 + random.below(2)
        notes[aarq_plain.QOS] = (0, 1, 0xFF, aarq_plain.NONE)[random.below(4)]
        conformance = (0, 0, 1, 0x40BE1F, 0xFFFFFF)[random.below(5)]
        word = (0, 1, 4, 0xFF)[random.below(4)] if conformance == 0 else (0, 12, 0xFA00, 0xFFFF)[random.below(4)]
        answer = (0x000100, 0x010101, 0x020101, 0x01010D, 0x010202)[random.below(5)]
        context = 1 + random.below(2)
        rx = random.octets(16)
        a = bytearray(100)
        b = bytearray(100)
        ends = [
            f.put_aare(tx, 8, rx, notes, answer, context, conformance, word)
            for f, tx in ((aarq_viper, a), (aarq_plain, b))
        ]
        assert ends[0] == ends[1]
        assert a == b
