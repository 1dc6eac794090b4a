"""The octet functions of the store: CRC-32 as everybody computes it, and the
native functions as their plain twins.
"""

from binascii import crc32

from flash import Random
from store import octets_plain

try:
    from store import octets_viper
except (SyntaxError, NameError, ImportError):
    octets_viper = None

REQ = {"*": ("I-01",)}


class Skip(Exception):
    pass


def test_crc_is_that_of_zlib():
    random = Random(1)
    for n in (0, 1, 3, 44, 260):
        data = random.octets(n)
        state = bytearray(6)
        octets_plain.crc(state, 1, b"\x55" + data, 1, n)
        assert state == b"\0" + (crc32(data) & 0xFFFFFFFF).to_bytes(4, "big") + b"\0"


def test_crc_goes_on_where_it_stopped():
    data = Random(2).octets(60)
    whole = bytearray(4)
    octets_plain.crc(whole, 0, data, 0, 60)
    parts = bytearray(4)
    octets_plain.crc(parts, 0, data, 0, 17)
    octets_plain.crc(parts, 0, data, 17, 43)
    assert parts == whole


def test_crc_of_the_twins():
    if octets_viper is None:
        raise Skip("no native code emitter")
    random = Random(3)
    for _ in range(200):
        data = random.octets(80)
        off = random.below(8)
        n = random.below(72)
        a = bytearray(random.octets(7))
        b = bytearray(a)
        octets_viper.crc(a, 2, data, off, n)
        octets_plain.crc(b, 2, data, off, n)
        assert a == b


def test_blank_and_fill_of_the_twins():
    if octets_viper is None:
        raise Skip("no native code emitter")
    random = Random(4)
    for _ in range(300):
        a = bytearray(random.octets(40))
        b = bytearray(a)
        off = random.below(8)
        n = random.below(30)
        octets_viper.fill(a, off, n)
        octets_plain.fill(b, off, n)
        assert a == b
        at = random.below(40)
        a[at] ^= 1 << random.below(8)
        assert octets_viper.blank(a, off, n) == octets_plain.blank(a, off, n) == (not off <= at < off + n)


def test_clear_bits_of_the_twins():
    if octets_viper is None:
        raise Skip("no native code emitter")
    random = Random(5)
    for _ in range(300):
        a = bytearray(random.octets(40))
        b = bytearray(a)
        src = random.octets(40)
        do, so, n = random.below(8), random.below(8), random.below(30)
        octets_viper.clear_bits(a, do, src, so, n)
        octets_plain.clear_bits(b, do, src, so, n)
        assert a == b
