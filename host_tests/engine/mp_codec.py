"""Codec tables: each case is given whole, octet by octet, and with octets after it.

Whole it is taken; cut short anywhere it is refused or said to be incomplete; with octets after it
ends where it ends. Poison stands after `end`, so that a function that looks there is seen.
"""

from array import array

from dlms.aa import aarq_plain
from dlms.aa.acse import Aarq, release
from dlms.codec import axdr, ber, octets, wrapper
from rig import POISON, tohex, unhex

DEPTH = 12
STACK = array("H", bytes(2 * DEPTH))

REQ = {
    "data-*": ("D-100",),
    "encode-*": ("D-100",),
    "data-compact-*": ("D-103",),
    "data-date-time": ("D-101",),
    "bad-data-*": ("D-100",),
    "bad-data-compact-*": ("D-103",),
    "longer-*": ("D-100",),
    "length-*": ("D-100",),
    "frame-*": ("A-01", "A-02", "A-03"),
    "aarq-*": ("C-26", "C-30"),
    "rlrq-*": ("C-50",),
    "test_every_tag": ("D-100",),
    "test_shortest_lengths": ("D-100",),
    "test_nesting_limit": ("D-100",),
}

# well-formed Data
DATA = {
    "null": "00",
    "array-empty": "0100",
    "array": "0103 1101 1102 1103",
    "structure": "0202 0F00 161E",
    "structure-in-array": "0102 0202 1101 120203 0202 1104 120506",
    "boolean-false": "0300",
    "boolean-other": "03FF",
    "bits-0": "0400",
    "bits-1": "040180",
    "bits-8": "0408FF",
    "bits-9": "0409FF80",
    "bits-24": "0418007E1F",
    "double-long": "05FFFFFFFF",
    "double-long-unsigned": "06FFFFFFFF",
    "octets-0": "0900",
    "octets-1": "0901AA",
    "octets-long-form-1": "098101AA",
    "octets-long-form-2": "09820001AA",
    "octets-long-form-3": "0983000001AA",
    "octets-long-form-4": "098400000001AA",
    "octets-127": "097F" + "55" * 127,
    "octets-128": "098180" + "55" * 128,
    "octets-255": "0981FF" + "55" * 255,
    "octets-256": "09820100" + "55" * 256,
    "visible": "0A03414243",
    "utf8": "0C02C3A9",
    "bcd": "0D42",
    "integer": "0F80",
    "long": "108000",
    "unsigned": "11FF",
    "long-unsigned": "12FFFF",
    "long64": "148000000000000000",
    "long64-unsigned": "15FFFFFFFFFFFFFFFF",
    "enum": "1680",
    "float32": "1741480000",
    "float64": "184029000000000000",
    "date-time": "1907E50118FF0E303950FFC400",
    "date": "1A07E50118FF",
    "time": "1B0E303950",
    "delta-integer": "1C01",
    "delta-long": "1D0102",
    "delta-double-long": "1E01020304",
    "delta-unsigned": "1F01",
    "delta-long-unsigned": "200102",
    "delta-double-long-unsigned": "2101020304",
    "dont-care": "FF",
    "array-long-form": "018102 1101 1102",
    "array-128": "018180" + "00" * 128,
    "compact-structures": "13 02 02 12 06 0C 000100000064 0002000000C8",
    "compact-numbers": "13 11 03 010203",
    "compact-empty": "13 11 00",
    "compact-array-of-array": "13 01 0002 12 08 0001000200030004",
    "compact-nested": "13 02 02 01 0002 11 02 01 09 04 01020141",
    "compact-in-structure": "0202 1311 02 0102 1105",
}

# refused in full: -1 not well-formed, -2 too deep
BAD_DATA = {
    "nothing": ("", -1),
    "tag-7": ("0700", -1),
    "tag-8": ("0800", -1),
    "tag-11": ("0B00", -1),
    "tag-14": ("0E00", -1),
    "tag-34": ("2200", -1),
    "tag-254": ("FE00", -1),
    "length-80": ("0980AA", -1),
    "length-of-5-octets": ("09850000000001AA", -1),
    "length-2**30": ("098440000000AA", -1),
    "length-2**32-1": ("0984FFFFFFFFAA", -1),
    "length-over-end": ("0905AABB", -1),
    "count-over-end": ("0105110111021103", -1),
    "count-2**28": ("018410000000", -1),
    "count-65536-of-null": ("018300FFFF0000", -1),
    "bits-over-end": ("0411FFFF", -1),
    "bits-2**30-1": ("04843FFFFFFFAA", -1),
    "compact-unknown-type": ("13 07 00", -1),
    "compact-in-compact": ("13 13 11 01 00", -1),
    "compact-structure-over-end": ("13 02 05 11", -1),
    "compact-structure-long-form": ("13 02 81 01 11 01 00", -1),
    "compact-array-without-type": ("13 01 0002", -1),
    "compact-contents-over-end": ("13 11 05 0102", -1),
    "compact-too-deep": ("13" + "0201" * 12 + "11 01 00", -2),
    "too-deep": ("0101" * 12 + "00", -2),
    "structure-too-deep": ("0201" * 40 + "00", -2),
}

# value: the length octets that are written for it
LENGTHS = {
    0: "00",
    1: "01",
    127: "7F",
    128: "8180",
    255: "81FF",
    256: "820100",
    65535: "82FFFF",
    65536: "8400010000",
    0x3FFFFFFF: "843FFFFFFF",
}

# Data with lengths longer than they have to be, and with the shortest ones
LONGER = {
    "octets": ("098103616263", "0903616263"),
    "octets-2": ("09820003616263", "0903616263"),
    "octets-4": ("098400000003616263", "0903616263"),
    "octets-200": ("098200C8" + "55" * 200, "0981C8" + "55" * 200),
    "octets-300": ("098300012C" + "55" * 300, "0982012C" + "55" * 300),
    "octets-none": ("09820000", "0900"),
    "bits": ("048109FF80", "0409FF80"),
    "array": ("0182000211011102", "010211011102"),
    "structure": ("028103098101410012ABCD", "02030901410012ABCD"),
    "nested": (
        "01810202840000000211050981036162630202120007098200026465",
        "0102020211050903616263020212000709026465",
    ),
    "already": ("0102110109820100" + "55" * 256, "0102110109820100" + "55" * 256),
    "compact": ("0202098101411311020102", "02020901411311020102"),
}

# encoder, arguments, octets
ENCODED = {
    "boolean-true": (axdr.boolean, (True,), "0301"),
    "boolean-false": (axdr.boolean, (False,), "0300"),
    "integer": (axdr.integer, (-1,), "0FFF"),
    "integer-low": (axdr.integer, (-128,), "0F80"),
    "long": (axdr.long, (-60,), "10FFC4"),
    "double-long": (axdr.double_long, (-2,), "05FFFFFFFE"),
    "long64": (axdr.long64, (-1,), "14FFFFFFFFFFFFFFFF"),
    "unsigned": (axdr.unsigned, (255,), "11FF"),
    "long-unsigned": (axdr.long_unsigned, (4059,), "120FDB"),
    "double-long-unsigned": (axdr.double_long_unsigned, (0xFFFFFFFF,), "06FFFFFFFF"),
    "long64-unsigned": (axdr.long64_unsigned, (1 << 63,), "158000000000000000"),
    "enum": (axdr.enum, (30,), "161E"),
    "octets": (axdr.octets, (b"\x00\x01",), "09020001"),
    "octets-127": (axdr.octets, (b"U" * 127,), "097F" + "55" * 127),
    "octets-128": (axdr.octets, (b"U" * 128,), "098180" + "55" * 128),
    "octets-256": (axdr.octets, (b"U" * 256,), "09820100" + "55" * 256),
    "visible": (axdr.visible, ("ABC",), "0A03414243"),
    "utf8": (axdr.utf8, ("\u00e9",), "0C02C3A9"),
    "bits": (axdr.bits, (b"\x00\x7e\x1f", 24), "0418007E1F"),
    "structure": (axdr.structure, (b"\x0f\x00", b"\x16\x1e"), "02020F00161E"),
    "array": (axdr.array, ([b"\x11\x01"] * 128,), "018180" + "1101" * 128),
}

# writer into a buffer, arguments after buffer and offset, octets
WRITTEN = {
    "put8": (axdr.put8, (axdr.ENUM, 30), "161E"),
    "put8-negative": (axdr.put8, (axdr.INTEGER, -1), "0FFF"),
    "put16": (axdr.put_u16, (axdr.LONG_UNSIGNED, 0xFFFE), "12FFFE"),
    "put16-negative": (axdr.put_u16, (axdr.LONG, -60), "10FFC4"),
    "put32": (axdr.put_u32, (axdr.DOUBLE_LONG_UNSIGNED, 0x3FFFFFFF), "063FFFFFFF"),
    "head": (axdr.put_head, (axdr.ARRAY, 300), "0182012C"),
    "octets": (axdr.put_octets, (axdr.OCTET_STRING, b"abcdef", 1, 3), "0903626364"),
    "encoded": (axdr.put_encoded, (b"\x11\x05",), "1105"),
}

FRAMES = {
    "rlrq": "0001 0010 0001 0005 6203800100",
    "empty": "0001 0010 0001 0000",
    "one-octet": "0001 FFFF FFFF 0001 C0",
    "limit": "0001 0020 0011 0010 000102030405060708090A0B0C0D0E0F",
}

# AARQ and what is read from it: (context, user, mechanism, length of the authentication
# value, quality of service, version, size)
AARQS = {
    "lowest": ("601DA109060760857405080101BE10040E01000000065F1F0400007E1F04B0", (1, -1, -1, -1, -1, 6, 0x04B0)),
    "lls": (
        "6036A1090607608574050801018A0207808B0760857405080201AC0A80083132333435363738BE10040E01000000065F1F0400007E1F04B0",
        (1, -1, 1, 8, -1, 6, 0x04B0),
    ),
    "gmac": (
        "6036A1090607608574050801018A0207808B0760857405080205AC0A80084B35366956616759BE10040E01000000065F1F0400007E1F04B0",
        (1, -1, 5, 8, -1, 6, 0x04B0),
    ),
    "user": ("6022A109060760857405080101A903020107BE10040E01000000065F1F0400007E1F04B0", (1, 7, -1, -1, -1, 6, 0x04B0)),
    "user-200": (
        "6023A109060760857405080101A904020200C8BE10040E01000000065F1F0400007E1F04B0",
        (1, 200, -1, -1, -1, 6, 0x04B0),
    ),
    "user-300": (
        "6023A109060760857405080101A9040202012CBE10040E01000000065F1F0400007E1F04B0",
        (1, -2, -1, -1, -1, 6, 0x04B0),
    ),
    "user-not-integer": (
        "6022A109060760857405080101A903040107BE10040E01000000065F1F0400007E1F04B0",
        (1, -2, -1, -1, -1, 6, 0x04B0),
    ),
    "quality": ("601EA109060760857405080101BE11040F0100000105065F1F0400007E1F04B0", (1, -1, -1, -1, 5, 6, 0x04B0)),
    "short-tag": ("601CA109060760857405080101BE0F040D01000000065F0400007E1F04B0", (1, -1, -1, -1, -1, 6, 0x04B0)),
    "unused-fields": (
        "6036A109060760857405080101A203040144A303040144A403020100A503020100A803020100BE10040E01000000065F1F040060FE9FFFFF",
        (1, -1, -1, -1, -1, 6, 0xFFFF),
    ),
}

# AARQs whose BER is right in its outermost length and wrong inside
BAD_AARQS = {
    "no-context": "6012BE10040E01000000065F1F0400007E1F04B0",
    "no-user-information": "600BA109060760857405080101",
    "empty": "6000",
    "context-over-end": "601DA17F060760857405080101BE10040E01000000065F1F0400007E1F04B0",
    "information-over-end": "601DA109060760857405080101BE7F040E01000000065F1F0400007E1F04B0",
    "information-not-octets": "601DA109060760857405080101BE10050E01000000065F1F0400007E1F04B0",
    "information-shorter": "601DA109060760857405080101BE10040D01000000065F1F0400007E1F04B0",
    "length-of-4-octets": "6084FFFFFFFFA109060760857405080101BE10040E01000000065F1F0400007E1F04B0",
    "length-without-form": "6080A109060760857405080101BE10040E01000000065F1F0400007E1F04B0",
    "no-initiate": "601DA109060760857405080101BE10040E08000000065F1F0400007E1F04B0",
    "initiate-trailing": "601EA109060760857405080101BE11040F01000000065F1F0400007E1F04B000",
    "initiate-short": "601CA109060760857405080101BE0F040D01000000065F1F0400007E1F04",
    "initiate-empty": "600FA109060760857405080101BE020400",
    "key-over-end": "601DA109060760857405080101BE10040E017F0000065F1F0400007E1F04B0",
    "key-longest": "6022A109060760857405080101BE1504130101843FFFFFFF0000065F1F0400007E1F04B0",
    "key-length-without-form": "601DA109060760857405080101BE10040E01018000065F1F0400007E1F04B0",
    "key-takes-all": "601DA109060760857405080101BE10040E01010B00065F1F0400007E1F04B0",
    "flag-2": "601DA109060760857405080101BE10040E01000200065F1F0400007E1F04B0",
    "conformance-tag": "601DA109060760857405080101BE10040E01000000065E1F0400007E1F04B0",
    "conformance-length": "601DA109060760857405080101BE10040E01000000065F1F0300007E1F04B0",
    "conformance-unused-bits": "601DA109060760857405080101BE10040E01000000065F1F0401007E1F04B0",
    "version-of-one-octet": "6020800107A109060760857405080101BE10040E01000000065F1F0400007E1F04B0",
    "requirements-of-one-octet": "6020A1090607608574050801018A0107BE10040E01000000065F1F0400007E1F04B0",
    "cut-behind-the-information": "6020A109060760857405080101BE10040E01000000065F1F0400007E1F04B09D7F41",
    "tag-behind-the-information": "601EA109060760857405080101BE10040E01000000065F1F0400007E1F04B09D",
    "value-not-graphic": "6029A109060760857405080101AC0A81083132333435363738BE10040E01000000065F1F0400007E1F04B0",
}

RLRQS = {
    "plain": ("6203800100", True),
    "urgent": ("6203800101", True),
    "no-reason": ("6200", True),
    "user-information": ("6215800100BE10040E01000000065F1F0400007E1F04B0", True),
    "only-user-information": ("6212BE10040E01000000065F1F0400007E1F04B0", True),
    "reason-of-two": ("620480020000", False),
    "unknown-field": ("6203810100", False),
    "length-over-end": ("6204800100", False),
    "octet-behind": ("620380010000", False),
    "reason-cut": ("62028001", False),
}


def around(text):
    """The octets with poison on both sides: buffer, offset, end."""
    content = unhex(text)
    return bytearray([POISON] * 3) + bytearray(content) + bytearray([POISON] * 300), 3, 3 + len(content)


def _data(text):
    buf, off, end = around(text)
    assert octets.scan(buf, off, end, STACK, DEPTH) == end
    # with trailing octets: it ends where it ends
    assert octets.scan(buf, off, end + 7, STACK, DEPTH) == end
    for cut in range(off, end):
        assert octets.scan(buf, off, cut, STACK, DEPTH) == -1, cut - off


def _bad_data(text, result):
    buf, off, end = around(text)
    got = octets.scan(buf, off, end, STACK, DEPTH)
    assert got == result, got
    for cut in range(off, end):
        assert octets.scan(buf, off, cut, STACK, DEPTH) < 0, cut - off


def _length(value, text):
    buf, off, end = around(text)
    assert octets.length(buf, off, end) == value
    assert octets.length(buf, off, end + 9) == value
    assert octets.length_size(buf, off) == end - off
    for cut in range(off, end):
        assert octets.length(buf, off, cut) == -1
    out = bytearray(9)
    assert axdr.put_size(out, 1, value) == 1 + end - off
    assert tohex(out) == "00" + text + "00" * (8 - end + off)
    if value < 0x10000:
        assert tohex(axdr.size(value)) == text


def _encode(encoder, arguments, text):
    encoded = encoder(*arguments)
    assert tohex(encoded) == text, tohex(encoded)
    _data(text)


def _written(writer, arguments, text):
    out = bytearray([0xEE] * 20)
    end = writer(out, 3, *arguments)
    assert tohex(out[3:end]) == text
    assert tohex(out) == "EEEEEE" + text + "EE" * (20 - end)
    if text[:2] != "01":
        _data(text)


def _frame(text):
    buf, off, end = around(text)
    n = end - off
    assert octets.frame(buf, off, n, n - 8) == n
    assert octets.frame(buf, off, n + 50, n - 8) == n
    for have in range(n):
        assert octets.frame(buf, off, have, n - 8) == wrapper.INCOMPLETE, have
    # one octet above what is taken: said as soon as the header is there
    if n > 8:
        assert octets.frame(buf, off, 8, n - 9) == wrapper.TOO_LONG
    for at, octet in ((off, 1), (off + 1, 0), (off + 1, 2), (off, 0x80)):
        kept = buf[at]
        buf[at] = octet
        assert octets.frame(buf, off, n, n - 8) == wrapper.BAD_VERSION
        buf[at] = kept


def _parse(buf, off, end):
    aarq = Aarq()
    return aarq if aarq.take(buf, off, end) else None


def _aarq(text, wanted):
    buf, off, end = around(text)
    aarq = _parse(buf, off, end)
    assert aarq is not None
    notes = aarq.notes
    mechanism = -1 if notes[aarq_plain.MECHANISM] == aarq_plain.NONE else notes[aarq_plain.MECHANISM]
    value_size = notes[aarq_plain.VALUE_SIZE] if notes[aarq_plain.VALUE] else -1
    got = (aarq.context, aarq.user, mechanism, value_size, aarq.qos, notes[aarq_plain.DLMS_VERSION], aarq.max_pdu)
    assert got == wanted, got
    for cut in range(off, end):
        assert _parse(buf, off, cut) is None, cut - off
    assert _parse(buf, off, end + 1) is None, "an octet behind"
    # the AARQ itself made shorter, its outermost length with it:
    # user-information, which it must have, is cut
    for cut in range(off + 3, end):
        buf[off + 1] = cut - off - 2
        assert _parse(buf, off, cut) is None, cut - off


def _bad_aarq(text):
    buf, off, end = around(text)
    assert _parse(buf, off, end) is None
    for cut in range(off, end):
        assert _parse(buf, off, cut) is None


def _rlrq(text, good):
    buf, off, end = around(text)
    assert release(buf, off, end) == good
    if good:
        assert not release(buf, off, end + 1)
        for cut in range(off, end):
            assert not release(buf, off, cut), cut - off


def test_every_tag():
    """A tag is known with the size of its content, or refused, whatever follows."""
    known = [unhex(text)[0] for text in DATA.values()]
    for tag in range(256):
        buf = bytearray([tag]) + bytearray(20)
        got = octets.scan(buf, 0, 21, STACK, DEPTH)
        assert (got > 0) == (tag in known), tag


def test_shortest_lengths():
    """Every value around the edges of the forms is written in the fewest octets and read back."""
    out = bytearray(8)
    for value in (0, 1, 126, 127, 128, 129, 254, 255, 256, 257, 65534, 65535, 65536, 0x3FFFFFFF):
        end = axdr.put_size(out, 0, value)
        assert octets.length(out, 0, end) == value
        assert (
            octets.length_size(out, 0) == end == (1 if value < 128 else 2 if value < 256 else 3 if value < 65536 else 5)
        )


def test_nesting_limit():
    """Nesting up to the limit is walked, and beyond it refused at once, without recursion."""
    for depth in range(1, 40):
        for tag in (1, 2):
            buf = bytearray([tag, 1] * depth + [0])
            want = len(buf) if depth < DEPTH else -2
            assert octets.scan(buf, 0, len(buf), STACK, DEPTH) == want, depth
    # as wide as an APDU can be, and back out of the depth again and again
    inner = [2, 1] * (DEPTH - 2) + [0]
    buf = bytearray([1, 20] + inner * 20)
    assert octets.scan(buf, 0, len(buf), STACK, DEPTH) == len(buf)


def _shorten(text, wanted):
    buf, off, end = around(text)
    assert octets.scan(buf, off, end, STACK, DEPTH) == end
    assert (STACK[0] != 0) == (text != wanted)
    end = axdr.shorten(buf, off, end, STACK)
    assert tohex(buf[off:end]) == wanted, tohex(buf[off:end])
    assert octets.scan(buf, off, end, STACK, DEPTH) == end
    assert STACK[0] == 0
    assert tohex(buf[:off]) == "C1" * off


def test_ber_headers():
    """A TLV is taken when its content ends within the octets given, in any form of its length."""
    for text, size in (("A100", 2), ("A10100", 2), ("A1810100", 3), ("A182000100", 4), ("A18400000001FF", 6)):
        buf, off, end = around(text)
        assert ber.header(buf, off, end) == size
        assert ber.inner(buf, off, end, 0xA1) == off + size
        assert ber.inner(buf, off, end, 0xA2) == -1
        assert ber.inner(buf, off, end + 1, 0xA1) == -1
        for cut in range(off, end):
            assert ber.header(buf, off, cut) == -1
            assert ber.inner(buf, off, cut, 0xA1) == -1


def cases():
    for table, word, function in (
        (DATA, "data-", lambda text: _data(text)),
        (BAD_DATA, "bad-data-", _bad_data),
        (LONGER, "longer-", _shorten),
        (ENCODED, "encode-", _encode),
        (WRITTEN, "write-", _written),
        (FRAMES, "frame-", lambda text: _frame(text)),
        (AARQS, "aarq-", _aarq),
        (BAD_AARQS, "aarq-bad-", lambda text: _bad_aarq(text)),
        (RLRQS, "rlrq-", _rlrq),
    ):
        for name in sorted(table):
            entry = table[name]
            yield word + name, function, entry if isinstance(entry, tuple) else (entry,)
    for value in sorted(LENGTHS):
        yield f"length-{value}", _length, (value, LENGTHS[value])
