"""Plays tapes, or the dearest requests that are known, for callgrind to count what each turn takes:
`fuzz_count.py ROOT FIRMWARE tapes FILE` or `fuzz_count.py ROOT FIRMWARE dear`.

`counting` runs it in MicroPython. `fuzz_rig.now` stands before and after every turn of the engine,
and is the function at which callgrind begins a new sum. What comes before the line `ready` is not
counted: then the script waits for a line. One says what each turn was, in their order:

    turn get-list of 32 by range, UDP
"""

import sys

_TIME = "020412000809060000010000FF0F02120000"
_ENERGY = "020412000309060100010800FF0F02120000"
_PROFILE = "0007 0100630100FF 02"
_EVERYTHING = "06 00000000 06 FFFFFFFF"
_CLOCK = "0008 0000010000FF"
_NOW = "090C07EA031CFF0C000000800000"
_BLOCKS = 0x201C00  # conformance bits of block transfer
LIST = 32  # as the unix port's limits


def unhex(text):
    return bytes.fromhex(text.replace(" ", ""))


def listed(head, item, value="", n=LIST):
    """A request with a list of n times the same."""
    count = "%02X" % n
    return unhex(head + count + n * item + (count + n * value if value else ""))


def dear():
    """(what it is, client, APDU) of requests that ask for much with few octets."""
    of = " 01 0204" + _ENERGY  # selector 1
    whole = _PROFILE + " 01" + of + _EVERYTHING + "0100"
    scan = of + "06 00000000 06 00000000 0100"  # no row but the first has so little
    few = 17  # of them are in 1,024 octets
    yield "get by range of energy", 48, unhex("C001C1" + whole)
    yield "get of the whole profile", 48, unhex("C001C1" + _PROFILE + "00")
    yield "get-list, by range of energy", 48, listed("C003C1", whole, n=few)
    yield "get-list, by range without a match", 48, listed("C003C1", _PROFILE + " 01" + scan, n=few)
    yield "access, get by range of energy", 48, listed("D9 40000001 00", "04" + _PROFILE + scan, "00", few)
    yield "get-list, object lists", 48, listed("C003C1", "000F 0000280000FF 02 00")
    yield "get-list, object list by class", 48, listed("C003C1", "000F 0000280000FF 02 01 02 0101 120003")
    yield (
        "get-list, rights by name",
        48,
        listed("C003C1", "000F 0000280000FF 02 01 03 0101 02021200080906 0000010000FF"),
    )
    yield "get-list, everything of the clock", 48, listed("C003C1", _CLOCK + "00 00")
    yield "access, everything of the profile", 48, listed("D9 40000001 00", "01 0007 0100630100FF 00", "00")
    yield "set-list, clock", 48, listed("C104C1", _CLOCK + "02 00", _NOW)
    yield "access, set of the clock", 48, listed("D9 40000001 00", "02" + _CLOCK + "02", _NOW)
    yield "action-list, adjust to quarter", 48, listed("C303C1", _CLOCK + "01", "0F00")
    yield "action-list, shift by a second", 48, listed("C303C1", _CLOCK + "06", "100001")
    yield "action-list, capture", 48, listed("C303C1", "0007 0100630100FF 02", "0F00")
    yield "action-list, push", 48, listed("C303C1", "0028 0000190900FF 01", "0F00")
    yield "access, disconnect", 48, listed("D9 40000001 00", "03 0046 0000600300FF 01", "0F00")
    yield "access, capture", 48, listed("D9 40000001 00", "03 0007 0100630100FF 02", "0F00")
    yield "set of 16 columns", 48, unhex("C101C1 0007 0100630100FF 03 00 0110" + 16 * _TIME)
    yield "set-list of 4 times 10 columns", 48, listed("C104C1", "0007 0100630100FF 03 00", "010A" + 10 * _ENERGY, 4)


class Said:
    """What a rig has beside: it says what each turn was."""

    what = ""
    patience = 1

    def took(self, time):
        print("turn", self.what)


def wait():
    """Until callgrind counts."""
    print("ready")
    input()


def rig_of(words=()):
    from fuzz_rig import Rig
    from fuzz_sessions import Many

    class Counted(Said, Many, Rig):
        pass

    return Counted(words=words)


def play_tapes(path):
    """All tapes on one meter, as the round of a hunt is."""
    from fuzz_play import ROUND, tapes
    from fuzz_sessions import play
    from fuzz_tape import Tape

    wait()
    for number, octets in enumerate(tapes(path)):
        if number % ROUND == 0:
            rig = rig_of()
        rig.what = "%d %s" % (number, octets.hex())
        rig.answers = []
        play(rig, Tape(octets))


def play_dear():
    """Each of them over TCP with and without block transfer, and over UDP,
    on a meter with all its rows.
    """
    from fuzz_apdus import ALL, aarq
    from fuzz_tape import Tape

    words = ["backfill_days=31", "depth=3000", "push=127.0.0.1:4060"]
    rigs = [rig_of(words) for _ in range(3)]
    wait()
    ways = (("TCP", True, ALL), ("TCP, no blocks", True, ALL & ~_BLOCKS), ("UDP", False, ALL))
    for (way, stream, conformance), rig in zip(ways, rigs):
        for what, client, apdu in dear():
            rig.what = "associate"
            rig.ask(aarq(Tape(b""), client, conformance), client, 1, stream)
            rig.what = "%s, %s" % (what, way)
            print("answer", rig.ask(apdu, client, 1, stream).hex()[:60])
            for source in rig.meter.unsolicited.sources:
                source.box.clear()


def main(root, firmware, what, path=""):
    sys.path[:0] = [firmware, root + "/boards/unix", root + "/host_tests/fuzz"]
    for name in ("dlms.server", "cosem.row", "cosem.profile_generic", "meter.events", "meter"):
        __import__(name)
    if what == "dear":
        play_dear()
    else:
        play_tapes(path)


if __name__ == "__main__":
    main(*sys.argv[1:])
