"""Cuts: each operation of a scenario, with each kind of damage, then a start and the comparison.
For MicroPython and CPython.
"""

import gc

from flash import DAMAGES, Flash, PowerCut, Random
from judge import expected, judge
from stage import Stage
from writes import LOAD, NOTE, action, dlu, set_one

KINDS = {False: ("nothing", "all", "prefix", "bits", "order"), True: DAMAGES}  # of a program, of an erase
MOST = 20  # failures after which nothing more is tried
_TWICE = 4  # every so many points are cut again while the meter comes back
_GOES_ON = 10  # after every so many points the meter goes on and starts again
_COLLECTS = 24  # … garbage is collected: that takes as long as a start
_RECOVERY = 12  # operations of a start, about


class Cuts:
    """scenario: played. part, parts: of its points those with that rest. each: called with
    (number, point) for every point before it is judged.
    """

    def __init__(self, scenario, seed, part=0, parts=1):
        self.scenario = scenario
        self.seed = seed
        self.part = part
        self.parts = parts
        tape = scenario.flash
        self.flash = Flash(tape.count, tape.view is not None)
        self.image = Flash(tape.count)  # as the operations so far have left it
        self.tried = {}  # kind of damage -> points
        self.twice = 0
        self.went_on = 0
        self.number = 0
        self.failures = []

    def run(self, report, keep=None):
        """Try all points. report(text): a failure. keep(number, flash,
        expected): a point before its start.
        """
        life = -1
        kept = self.scenario.kept[0]
        for step in self.scenario.steps:
            for i in range(step.start, step.end):
                operation = self.scenario.flash.tape[i]
                wanted = None
                for damage in KINDS[operation[2] is None]:
                    self.number += 1
                    if self.number % self.parts == self.part and len(self.failures) < MOST:
                        if wanted is None:
                            wanted = expected(self.scenario, life, kept, step, i)
                        self.point(operation, damage, wanted, report, keep)
                self.forward(operation)
            if step.fresh:
                life += 1
                kept = dict(self.scenario.kept[life])
            elif step.changed:
                kept = dict(kept)
                for key in step.changed:
                    kept[key] = step.changed[key][1]

    def forward(self, operation):
        sector, off, octets = operation
        if octets is None:
            self.image.erase(sector)
        else:
            self.image.program(sector, off, octets)

    def point(self, operation, damage, wanted, report, keep):
        """One cut and what comes of it."""
        number = self.number
        random = Random(self.seed * 31 + number * 7)
        self.tried[damage] = self.tried.get(damage, 0) + 1
        own = number // self.parts  # its number in this part
        text = ""
        try:
            self.damage(operation, damage, number)
            if own % _TWICE == 0:
                self.twice += self.cut_again(random)
            if keep is not None:
                keep(number, self.flash, wanted)
            if own % _COLLECTS == 0:
                gc.collect()
            text = come_back(self.flash, self.scenario.sectors, self.scenario.words, wanted, own % _GOES_ON == 0)
            self.went_on += own % _GOES_ON == 0
        except MemoryError:
            raise
        except Exception as e:
            text = "%s %s" % (type(e).__name__, e)
        if text:
            self.failures.append(number)
            report(
                "point %d, %s at an operation of sector %d in '%s': %s"
                % (number, damage, operation[0], wanted["step"], text)
            )

    def damage(self, operation, damage, number):
        """The flash as this cut leaves it."""
        flash = self.flash
        flash.power()
        flash.weak.clear()
        flash.data[:] = self.image.data
        flash.cut(0, damage, number & 0xFFF)
        sector, off, octets = operation
        try:
            if octets is None:
                flash.erase(sector)
            else:
                flash.program(sector, off, octets)
        except PowerCut:
            pass
        flash.power()

    def cut_again(self, random):
        """Start, and cut the supply while the meter comes back; whether it came to that."""
        kinds = DAMAGES
        self.flash.cut(random.below(_RECOVERY), kinds[random.below(len(kinds))], random.below(4096))
        try:
            stage = Stage(self.flash, self.scenario.sectors, self.scenario.words)
            n = 60
            while n and stage.store.tidy():
                n -= 1
        except PowerCut:
            return 1
        finally:
            self.flash.power()
        return 0


def come_back(flash, sectors, words, wanted, goes_on):
    """What is wrong with the meter that starts on this flash; "" when nothing is."""
    stage = Stage(flash, sectors, words)
    text = judge(stage, wanted)
    if text or not goes_on:
        return text
    return go_on(stage, flash, sectors, words)


def go_on(stage, flash, sectors, words):
    """Write, capture, let time pass, end in an orderly way, and start again: everything is there."""
    answer = stage.ask(set_one(NOTE, 2, dlu(0xA55A)))
    if answer != b"\xc5\x01\xc1\x00":
        return "a SET after the start is answered %s" % answer
    answer = stage.ask(action(LOAD, 2))
    if answer[:4] != b"\xc7\x01\xc1\x00":
        return "a capture after the start is answered %s" % answer
    stage.pass_time()
    while stage.store.tidy():
        pass
    stage.close()
    seen = stage.look()
    contents = []
    for q in range(3):
        first, last, _ = seen.rows[q]
        contents.append({sequence: stage.row(q, sequence) for sequence in range(first, last + 1)})
    wanted = {
        "step": "going on",
        "fresh": False,
        "kept": seen.kept,
        "changed": {},
        "runs": [(seen.instant, seen.runs)],
        "instants": (seen.instant, seen.instant),
        "after": seen.runs,
        "rows": (seen.rows, seen.rows),
        "lasts": [last for _, last, _ in seen.rows],
        "contents": contents,
        "counted": stage.counted(),
    }
    text = judge(Stage(flash, sectors, words), wanted)
    return "after going on: " + text if text else ""
