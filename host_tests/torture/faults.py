"""Flash that wears out: one sector whose programs or erases do not hold, or raise, from a
number of its erases on. The meter lives through a scenario on it, and starts again: what was
answered is kept. For MicroPython and CPython.
"""

from cuts import come_back
from flash import Random
from judge import expected
from scenario import Scenario, TapedFlash

HOW = ("program", "erase", "program error", "erase error", "weak")
_CYCLES = (0, 1, 2, 4)


class Faults:
    def __init__(self, seed, sectors, words, steps):
        self.seed = seed
        self.words = words
        self.sectors = sectors
        self.steps = steps
        self.tried = {}
        self.refused = 0  # answers that said that something was not kept
        self.operations = 0

    def run(self, i, report):
        """One flash: a sector, a kind of fault, and when it begins."""
        how = HOW[i % len(HOW)]
        random = Random(self.seed * 17 + i)
        sector = i // len(HOW) % sum(self.sectors)
        cycle = _CYCLES[random.below(len(_CYCLES))]
        flash = TapedFlash(sum(self.sectors), False)
        flash.fail(sector, cycle, how)
        self.tried[how] = self.tried.get(how, 0) + 1
        scenario = Scenario(self.seed + i, self.sectors, self.words, self.steps, flash=flash)
        try:
            text = self.live(scenario, flash)
        except MemoryError:
            raise
        except Exception as e:
            text = "%s %s" % (type(e).__name__, e)
        if text:
            where = scenario.step.name if scenario.step is not None else ""
            report("run %d, sector %d, %s from cycle %d on, '%s': %s" % (i, sector, how, cycle, where, text))

    def live(self, scenario, flash):
        scenario.play()
        self.refused += scenario.refused
        self.operations += scenario.operations
        step = scenario.steps[-1]
        step.rows = (step.rows[1], step.rows[1])
        step.fresh = False
        step.changed = {}
        step.counted = scenario.counted
        step.answers = []
        step.instants = (0, step.instants[1])
        wanted = expected(scenario, len(scenario.kept) - 1, scenario.seen.kept, step, scenario.operations)
        return come_back(flash, self.sectors, self.words, wanted, True)

    def figures(self):
        return {"tried": self.tried, "refused": self.refused, "operations": self.operations}
