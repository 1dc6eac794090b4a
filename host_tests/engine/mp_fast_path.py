"""The fast paths answer as the slow path does, native and plain, whatever comes: right
requests, and each octet of them changed.

Three servers with equal objects are given the same requests: two try a fast path first, one never
does. Answers, values and the counter of WPDUs have to be the same.
"""

from cosem.clock import Clock
from cosem.data import Data
from cosem.register import ExtendedRegister, Register
from dlms.codec import axdr
from dlms.ln import fast_plain
from mp_twins import Random
from rig import ALL, ASSOCIATION, LIST, PAIR, THING, Directory, Long, Pair, Rig, Thing, tohex, unhex

try:
    from dlms.ln import fast_viper
except (SyntaxError, NameError, ImportError):
    fast_viper = None

REQ = {"*": ("D-10", "D-11", "D-13", "D-20", "D-21", "D-30")}

NUMBER = "0001 0000608001FF"  # a Data: double-long-unsigned
FIXED = "0001 0000608002FF"  # … that never changes
NAME = "0001 0000608003FF"  # … an octet-string
HIDDEN = "0001 0000608004FF"  # … that the client does not see
LONGEST = "0001 0000608005FF"  # … of 60 octets
READ_ONLY = "0001 0000608006FF"  # … that the client may not write
COUNTER = "0003 0100010800FF"  # a Register
KEPT = "0003 0100020800FF"  # … whose reset is not the client's
STAMPED = "0004 0100010600FF"  # an extended register
UNKNOWN = "0001 0000FFFFFFFF"
NAMES = (
    NUMBER,
    FIXED,
    NAME,
    HIDDEN,
    LONGEST,
    READ_ONLY,
    COUNTER,
    KEPT,
    STAMPED,
    PAIR,
    LIST,
    THING,
    ASSOCIATION,
    UNKNOWN,
)
_OTHER_CLASSES = ("0003 0000608001FF", "0003 0000608004FF", "0001 0100010800FF")
VALUES = (
    "06 00000005", "06 FFFFFFFF", "11 05", "00", "09 03 616263", "09 81 03 616263", "0203 110111021103", "06 0000",
    "19 " + "07" * 12,
    "03 01", "FF", "14 0102030405060708", "22 07", "", "010100",
)  # fmt: skip
_PARAMETERS = ("00", "01 00", "01 0F 00", "01 0F 05", "01 11 00", "01", "00 00", "01 0F", "02", "01 0201 0F 00")
_SET, _MULTIPLE, _ACTION, _SELECTIVE = 0x000008, 0x000200, 0x000001, 0x000004
# what is refused for its form, or because nothing runs
_FORMS = (
    "C001", "C0", "C101", "C301", "C001C1" + NUMBER, "C101C1" + NUMBER, "C101C1" + NUMBER + "02",
    "C101C1" + NUMBER + "02 00",
    "C301C1" + NUMBER, "C301C1" + COUNTER + "01", "C002C1 00000001", "C002C1 000001", "C302C1 00000001", "C302C1 0000",
    "C103C1 00 00000001 02 0600", "C103C1 01 00000001 03 0600", "C103C1 02 00000001 02 0600", "C103C1 00 00000001 "
        "81 02 0600",
    "C306C1 00 00000001 02 0600", "C306C1 01 00000001 03 0600", "C306C1 01 00000001 00", "C306C1",
    "C003C1 09" + (NUMBER + "02 00") * 9, "C003C1 7F", "C003C1 80", "C003C1", "C003C1 81 01" + NUMBER + "02 00",
    "050102FA00", "06",
    "C101C1" + NUMBER + "02 00" + "0201" * 20 + "00", "C301C1" + COUNTER + "01 01" + "0201" * 20 + "00",
)  # fmt: skip


def objects_and_rights(log):
    """What both kinds of worlds hold."""
    clock = Clock(9500, 0)
    objects = {
        NUMBER: Data(bytearray(b"\x06\x00\x00\x00\x07")),
        FIXED: Data(b"\x06\x00\x00\x00\x08"),
        NAME: Data(bytearray(b"\x09\x03abc")),
        HIDDEN: Data(bytearray(b"\x06\x00\x00\x00\x09")),
        LONGEST: Data(bytearray(b"\x09\x3a" + b"z" * 58)),
        READ_ONLY: Data(bytearray(b"\x06\x00\x00\x00\x0a")),
        COUNTER: Register(bytearray(b"\x06\x00\x01\x02\x03"), b"\x02\x02\x0f\x00\x16\x1e"),
        KEPT: Register(bytearray(b"\x06\x00\x01\x02\x04"), b"\x02\x02\x0f\x00\x16\x1e"),
        STAMPED: ExtendedRegister(b"\x06\x00\x01\x02\x05", b"\x02\x02\x0f\x00\x16\x1e", clock),
        PAIR: Pair(),
        LIST: Long(100),
        THING: Thing(bytearray(axdr.octets(b"abc")), log),
        ASSOCIATION: None,
    }
    rights = {each: (0, 1, 3) for each in (NUMBER, FIXED, NAME, LONGEST)}
    rights[READ_ONLY] = (0, 1, 1)
    rights[COUNTER] = (0, 1, 3, 1, 1)
    rights[KEPT] = (0, 1, 1, 0, 0)
    rights[STAMPED] = (0, 1, 3, 1, 1, 1, 1)
    rights[PAIR] = (0, 1, 3, 3, 2, 1)
    rights[LIST] = (0, 1, 1, 1)
    rights[THING] = (0, 1, 3, 1, 1, 1, 1, 0, 1)
    rights[ASSOCIATION] = (0, 1, 1, 0)
    return objects, rights


class World:
    """A server with its objects. short: the fast path that it tries, or None."""

    def __init__(self, short, rig):
        self.short = short
        self.rig = rig
        self.objects, rights = objects_and_rights(rig.log)
        self.directory = Directory(self.objects, rights)
        self.taken = 0

    def ask(self, wpdu):
        """Octets of the answer, and whether it went a fast path."""
        rig = self.rig
        rig.link.served = False
        rx = bytearray(b"\x5a\x5a\x5a") + wpdu + bytearray(b"\x5a" * 40)
        n = 0
        if self.short is not None:
            n = self.short(rig.link.keys, rig.link.ways, rx, 3, len(wpdu), rig.tx, rig.server.served)
        short = n > 0
        if short and rig.tx[8] != 0xD8:
            rig.link.served = True  # as over UDP
        self.taken += short
        # a WPDU takes the slow path only when its header is right
        if not n and len(wpdu) >= 8 and wpdu[0] == 0 and wpdu[1] == 1 and wpdu[6] << 8 | wpdu[7] == len(wpdu) - 8:
            n = rig.server.serve(rig.link, rx, 3, len(wpdu), rig.tx)
        assert rx[:3] == b"\x5a\x5a\x5a" and rx[3 : 3 + len(wpdu)] == wpdu, "the request was changed"
        return bytes(rig.tx[: max(n, 0)]) + bytes((rig.link.served,)), short

    def state(self):
        held = [
            [None if value is None else bytes(value) for value in o.a] for o in self.objects.values() if o is not None
        ]
        return held, bytes(self.rig.server.served), self.rig.log, self.rig.notes


def by_name(short, ctt, conformance, pdu):
    """A world whose client has logical names."""
    rig = Rig(ctt=ctt)
    world = World(short, rig)
    rig.public.directory = world.directory
    rig.public.acc = world.directory.acc
    # the association opens on the slow path in all of them
    rig.open(pdu=pdu, conformance=conformance)
    return world


def _requests(random):
    """One request after the other: of every kind, for every object, right and wrong."""
    flags = ("C1", "C1", "C1", "41", "01", "81")
    for name in NAMES + _OTHER_CLASSES:
        for k in (0, 1, 2, 3, 4, 9):
            for iip in flags[2:]:
                yield unhex(f"C001{iip}{name}{k:02X}00")
            for value in VALUES:
                yield unhex(f"C101{flags[random.below(6)]}{name}{k:02X}00{value}")
            for parameter in _PARAMETERS:
                yield unhex(f"C301{flags[random.below(6)]}{name}{k:02X}{parameter}")
    for request in _FORMS:
        yield unhex(request)
    for tag in range(256):
        yield bytes((tag, 1, 0xC1))
        yield bytes((tag,)) + unhex("01C1" + NUMBER + "0200")
    for tag in ("C0", "C1", "C3"):
        yield unhex(tag)
        for choice in range(12):
            for more in ("", "00", "00 00000001", "01 00000001 02 0600", "00000001", "02" + 2 * (NUMBER + "0200")):
                yield unhex(f"{tag} {choice:02X} {flags[random.below(6)]}" + more)
    for name in NAMES + _OTHER_CLASSES:
        for k in (0, 2, 3, 9):
            for selection in (
                "01 02 06 00000001",
                "01 01 0F",
                "01",
                "02",
                "01 01 12 0003",
                "00 00",
                "01 01 12 0003 00",
            ):
                yield unhex(f"C001{flags[random.below(6)]}{name}{k:02X}" + selection)
    yield unhex("C101C1" + NUMBER + "02 01 02 0204 06 00000001 06 00000001 12 0001 12 0000 06 00000005")
    yield unhex("C001C1" + LIST + "02 00")  # a transfer that runs: every request is for the slow path
    yield unhex("C101C1" + NUMBER + "02 00 06 00000055")
    yield unhex("C102C1" + NUMBER + "02 00 00 00000001 02 0600")
    yield unhex("C003C1 01" + NUMBER + "02 00")
    readable = (NUMBER, FIXED, NAME, LONGEST, COUNTER, STAMPED)
    for n in list(range(12)) * 12:
        entries = ""
        for _ in range(n):
            entries += readable[random.below(len(readable))] + "0200"
        if random.below(3) == 0:
            entries += NAMES[random.below(len(NAMES))] + f"{random.below(5):02X}00"
            n += 1
        yield unhex(f"C003{flags[random.below(6)]}{n + (random.below(9) == 0):02X}" + entries)
        yield unhex("C301C1" + COUNTER + "01 01 0F 00")
        yield unhex("C101C1" + NUMBER + "02 00 06" + f"{random.below(1 << 30):08X}")


def mutations(random, apdu):
    """The request as it is, and then with some of it changed."""
    yield apdu
    for _ in range(2):
        apdu = bytearray(apdu)
        for _ in range(1 + random.below(2)):
            apdu[random.below(len(apdu))] = random.below(256) if random.below(2) else random.below(24)
        if random.below(6) == 0:
            apdu.append(random.below(3))
        elif random.below(6) == 0:
            apdu = apdu[: 1 + random.below(len(apdu))]
        yield apdu


def compare(worlds, requests, random, client):
    """Ask all worlds the same, and some changed requests, too; how many
    answers came by a fast path.
    """
    for request in requests:
        for apdu in mutations(random, request):
            wpdu = bytearray((0, 1, 0, client, 0, 1, len(apdu) >> 8, len(apdu) & 255)) + apdu
            if random.below(20) == 0:
                wpdu[random.below(8)] = random.below(20)
            if wpdu[8] in (0x60, 0x62):
                continue  # every world has its AA to the end
            answers = [world.ask(wpdu) for world in worlds]
            for answer in answers[1:]:
                assert answer[0] == answers[0][0], (tohex(wpdu), tohex(answer[0]), tohex(answers[0][0]))
                assert answer[1] == answers[1][1], tohex(wpdu)
        states = [world.state() for world in worlds]
        for state in states[1:]:
            assert state == states[0], (tohex(request), state, states[0])
    return worlds[1].taken


def _compare(ctt, conformance, pdu):
    ways = [None, fast_plain.fast_get] + ([fast_viper.fast_get] if fast_viper is not None else [])
    worlds = [by_name(short, ctt, conformance, pdu) for short in ways]
    random = Random(41)
    return compare(worlds, _requests(random), random, 16)


def test_everything_negotiated():
    assert _compare(False, 0xFFFFFF, 0xFFFF) > 500


def test_with_the_other_results():
    assert _compare(True, 0xFFFFFF, 0xFFFF) > 500


def test_little_room():
    for pdu in (12, 13, 64):
        assert _compare(False, 0xFFFFFF, pdu) > 200


def test_services_that_are_not_negotiated():
    for left_out in (_SET, _MULTIPLE, _ACTION, _SELECTIVE, _SET | _MULTIPLE | _ACTION):
        assert _compare(False, ALL & ~left_out, 0xFFFF) > 100


def test_both_leave_the_same_octets():
    if fast_viper is None:
        return
    worlds = [by_name(twin, False, 0xFFFFFF, 40) for twin in (fast_viper.fast_get, fast_plain.fast_get)]
    random = Random(42)
    for request in _requests(random):
        for apdu in mutations(random, request):
            if len(apdu) < 13:
                continue  # what `fast_get` has looked at
            rx = (
                bytearray(b"\x5a\x5a\x5a\x00\x01\x00\x10\x00\x01\x00")
                + bytes((len(apdu),))
                + apdu
                + bytearray(b"\x5a" * 40)
            )
            left = []
            for world in worlds:
                link = world.rig.link
                tx = bytearray(b"\xee" * 1100)
                served = bytearray(b"\x00\x00\xff\xff")
                left.append(
                    (
                        world.short(link.keys, link.ways, rx, 3, 8 + len(apdu), tx, served),
                        bytes(tx),
                        bytes(served),
                        world.state(),
                    )
                )
            assert left[0] == left[1], tohex(apdu)


def test_the_table_of_sizes():
    from dlms.codec.octets_plain import _FIXED

    assert len(axdr.FIXED) == 34
    for tag in range(len(axdr.FIXED)):
        assert axdr.FIXED[tag] == _FIXED.get(tag, -1) + 1
