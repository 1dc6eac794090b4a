"""The fast path of short names answers as the slow path does, native and plain,
whatever comes (see `mp_fast_path`).
"""

from cosem.short_names import ShortNames
from dlms.ln import fast_plain as by_logical_name
from dlms.sn import fast_plain
from mp_fast_path import COUNTER, NUMBER, VALUES, World, compare
from mp_twins import Random
from rig import name, unhex
from short_name_rig import SN, SnConfig, SnRig

try:
    from dlms.ln import fast_viper as by_logical_name_viper
    from dlms.sn import fast_viper
except (SyntaxError, NameError, ImportError):
    fast_viper = None

REQ = {"*": ("D-50", "D-51")}

_READ, _WRITE = 0x100000, 0x080000
_ALL = 0x1C1B20


def _world(short, short_name, ctt, conformance, pdu):
    rig = SnRig(ctt=ctt)
    world = World(short, rig)
    config = rig.server.opening.associations[-1]
    config.directory = world.directory
    config.acc = world.directory.acc
    config.names = ShortNames(world.directory, SnConfig)
    rig.open(pdu=pdu, conformance=conformance)
    if short_name is not None:
        way = rig.link.ways[0]
        way[9] = short_name
    return world


def _requests(world, random):
    """For each name that there is, and those beside it."""
    names = world.rig.server.opening.associations[-1].names
    for j in range(names.n):
        base = names.base(j)
        for at in (
            base,
            base + 1,
            base + 8,
            base + 9,
            base + 16,
            base + 24,
            base + 32,
            base + 0x28,
            base + 0x30,
            base + 0x50,
        ):
            for kind in ("0501 02 %04X", "0601 02 %04X 01" + VALUES[random.below(len(VALUES))]):
                yield unhex(kind % (at & 0xFFFF))
        for value in VALUES:
            yield unhex("0601 02 %04X 01" % (base + 8) + value)
    for at in (0, 0xFF, 0xFFFF):
        yield unhex("0501 02 %04X" % at)
        yield unhex("0601 02 %04X 01 06 00000005" % at)
    at = names.base(world.directory.index(name(COUNTER)))
    for parameter in ("0F 00", "00", "11 00", "0201 0F00", "0F"):
        for k in (0x28, 0x30):
            yield unhex("0601 02 %04X 01" % (at + k) + parameter)
    at = names.base(world.directory.index(name(NUMBER))) + 8
    yield unhex("050106 00 0001 01 01")  # a transfer that runs
    yield unhex("0501 02 %04X" % at)
    yield unhex("0501 04 %04X 02 0201 06 00000001" % at)
    yield unhex("0502 02 %04X 02 %04X" % (at, at))
    yield unhex("0602 02 %04X 02 %04X 02 06 00000001 06 00000002" % (at, at))
    yield unhex("1601 02 %04X 01 06 00000009" % at)
    yield unhex("C001C1" + NUMBER + "0200")
    yield unhex("C003C101" + NUMBER + "0200")


def _compare(ctt, conformance, pdu):
    ways = [(None, None), (by_logical_name.fast_get, fast_plain.short_name)]
    if fast_viper is not None:
        ways.append((by_logical_name_viper.fast_get, fast_viper.short_name))
    worlds = [_world(short, short_name, ctt, conformance, pdu) for short, short_name in ways]
    random = Random(43)
    return compare(worlds, _requests(worlds[0], random), random, SN)


def test_everything_negotiated():
    assert _compare(False, 0xFFFFFF, 0xFFFF) > 200


def test_with_the_other_results():
    assert _compare(True, 0xFFFFFF, 0xFFFF) > 200


def test_little_room():
    for pdu in (12, 13, 60):
        assert _compare(False, 0xFFFFFF, pdu) > 200


def test_services_that_are_not_negotiated():
    for left_out in (_READ, _WRITE):
        assert _compare(False, _ALL & ~left_out, 0xFFFF) > 50
