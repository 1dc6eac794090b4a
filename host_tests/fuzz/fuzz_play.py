"""Plays the sessions of a range of seeds, and says what they were:
`fuzz_play.py ROOT FIRMWARE CORPUS FIRST COUNT`.

The same in MicroPython, with its viper and native functions, and in CPython, where buffers are
guarded and answers decoded (`guarded.TalkedRig`). Every third seed is a tape made from nothing but
its number, the others are tapes of the corpus, bent as the number says. A meter serves ROUND
sessions, one after the other; then there is a new one.

    sessions=40000 inputs=801234 heap=1184 answers=01234567    octets that the heap grew by at most, CRC-32

What ends the run, and what `fuzz_count` has to look at:

    found seed=4711 round=4700 Broken: transfers were lost
    slow seed=4711 round=4700

The sessions before it on the same meter are those of the seeds from `round` on.
"""

import gc
import sys
from binascii import crc32

ROUND = 50  # sessions that one meter serves
_OCTETS = 400  # of a tape from a number
_AGAIN = 40  # rounds from one look at the heap to the next
_GROWN = 2048  # octets of heap that the values of a meter may take when the same is played again
# microseconds of the processor for a session, after which each of its turns is looked
# at, and for a turn, after which callgrind has to count it: in CPython 2 million
# instructions of MicroPython are more
SESSION = 12000
PATIENCE = 4000
_MICROPYTHON = sys.implementation.name == "micropython"


def tapes(path):
    """The octets of each line of a corpus, empty without one."""
    found = []
    if path:
        with open(path) as lines:
            for line in lines:
                line = line.strip()
                if line and line[0] != "#":
                    found.append(bytes.fromhex(line))
    return found


def octets_of(seed, corpus):
    """The tape of a seed."""
    from fuzz_tape import bent, seeded

    if seed % 3 == 0 or not corpus:
        return seeded(seed, _OCTETS).octets(_OCTETS)
    return bent(corpus[seed // 3 % len(corpus)], seed)


def made():
    """A fresh rig."""
    if _MICROPYTHON:
        from fuzz_rig import Rig
        from fuzz_sessions import Many

        class Talked(Many, Rig):
            pass

        return Talked()
    from host_tests.fuzz.guarded import TalkedRig

    return TalkedRig()


def again_slow(octets, times=3):
    """Whether what took long takes as long each time that these tapes are played: otherwise
    the machine had something else to do.
    """
    from fuzz_rig import Slow
    from fuzz_sessions import play
    from fuzz_tape import Tape

    for _ in range(times):
        gc.collect()
        rig = made()
        try:
            for each in octets:
                rig.answers = []
                rig.patience = PATIENCE if each is octets[-1] else 0
                play(rig, Tape(each))
        except Slow:
            continue
        return False
    return True


class Played:
    """The sums of many sessions."""

    def __init__(self, corpus):
        self.corpus = corpus
        self.sessions = 0
        self.inputs = 0
        self.heap = 0  # octets that it grew at most while a round was played again
        self.crc = 0  # of all answers

    def line(self):
        return "sessions=%d inputs=%d heap=%d answers=%08X" % (self.sessions, self.inputs, self.heap, self.crc)

    def session(self, rig, octets):
        """One session on a meter."""
        from fuzz_sessions import play
        from fuzz_tape import Tape

        rig.answers = []
        play(rig, Tape(octets))
        self.sessions += 1

    def seeds(self, first, end):
        """The sessions of a range of seeds; what one raises is printed, and ends the run."""
        from fuzz_rig import now

        seed = first
        while seed < end:
            start = seed
            stop = min(end, start + ROUND)
            rig = made()
            try:
                while seed < stop:
                    before = now()
                    self.session(rig, octets_of(seed, self.corpus))
                    for answer in rig.answers:
                        self.crc = crc32(answer, self.crc) & 0xFFFFFFFF
                    # MicroPython has the clock of the wall only
                    if not _MICROPYTHON and now() - before > SESSION:
                        self.slow(start, seed)
                    seed += 1
                self.inputs += rig.inputs
                if _MICROPYTHON and start // ROUND % _AGAIN == 0:
                    self.again(rig, start, stop)
            except Exception as error:
                print("found seed=%d round=%d %s: %s" % (seed, start, type(error).__name__, error))
                if _MICROPYTHON:
                    sys.print_exception(error)
                else:
                    import traceback

                    traceback.print_exc(file=sys.stdout)
                return False
            del rig
            gc.collect()
        return True

    def slow(self, start, seed):
        """A session took long: say so if a turn of it does each time."""
        if again_slow([octets_of(each, self.corpus) for each in range(start, seed + 1)]):
            print("slow seed=%d round=%d" % (seed, start))

    def again(self, rig, start, stop):
        """The same sessions on the same meter once more and again: no heap is kept."""
        from fuzz_rig import Broken

        taken = []
        for _ in range(3):
            for seed in range(start, stop):
                self.session(rig, octets_of(seed, self.corpus))
            self.sessions -= stop - start  # they count once
            rig.answers = []
            gc.collect()
            taken.append(gc.mem_alloc())
        grown = taken[2] - taken[1]
        self.heap = max(self.heap, grown)
        if grown > _GROWN:
            raise Broken("the heap grew by %d octets" % grown)


def main(root, firmware, corpus, first, count):
    """Play; returns the exit code."""
    # no collection comes while the engine is timed
    gc.disable()
    sys.path[:0] = [firmware, root + "/boards/unix", root + "/host_tests/fuzz"]
    if not _MICROPYTHON:
        sys.path[:0] = [root + "/host_tests/shim", root]
        import micropython  # noqa: F401 (gives `time` its ticks)
    # one after another: imports nested as deep as the meter's need more stack
    # than a 32-bit interpreter has
    for name in ("dlms.server", "cosem.row", "cosem.profile_generic", "meter.events", "meter"):
        __import__(name)
    played = Played(tapes(corpus))
    good = played.seeds(first, first + count)
    print(played.line())
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])))
