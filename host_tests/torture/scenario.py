"""A scenario: what a meter lives through, played once with an uncut supply, and written down as the
model that every cut is compared with. For MicroPython and CPython.

Written down are the operations of the flash, and of each step what was to be seen before and after
it. Between two answers, one operation may be the one at which the supply is cut.
"""

from flash import Flash, Random
from meter.running import DUE
from stage import Stage
from store.keys import STATE
from writes import BILLING, CHANGES, LOAD, MANAGEMENT, SUPPLY, action

PROGRAM = 0
ERASE = 1


class TapedFlash(Flash):
    """A flash that writes down what is done to it: (sector, offset, octets), None for an erase."""

    def __init__(self, count, view):
        Flash.__init__(self, count, view)
        self.tape = []

    def program(self, sector, off, buf):
        self.tape.append((sector, off, bytes(buf)))
        Flash.program(self, sector, off, buf)

    def erase(self, sector):
        self.tape.append((sector, 0, None))
        Flash.erase(self, sector)


class Step:
    """Operations start to end. changed: key -> (octets before, after). runs: what goes on by
    itself, after it. instants, rows, limits: of each profile, before and after. counted: the last
    number before it. answers: (operation, last row of each profile, last number) as they stood when
    a request of the step had been answered. fresh: nothing of what was before remains.
    """

    def __init__(self, name, start, counted):
        self.name = name
        self.start = start
        self.counted = counted
        self.end = start
        self.changed = {}
        self.runs = {}
        self.instants = (0, 0)
        self.rows = None
        self.limits = None
        self.answers = []
        self.fresh = False


class Scenario:
    """sectors, words: see `Stage`. steps: how many, drawn by the seed."""

    def __init__(self, seed, sectors, words, steps, view=False, flash=None):
        self.random = Random(seed)
        self.sectors = sectors
        self.words = words
        self.flash = flash or TapedFlash(sum(sectors), view)
        self.length = steps
        self.steps = []
        # (first operation, operation after the last, what went on by itself, instant, step); of one
        # before ends of periods not what went on: the next start goes on to the end of the step
        self.checkpoints = []
        self.rows = [[{}, {}, {}]]  # in each life (from a reset to the next), of each profile: number -> octets
        self.kept = []  # at the beginning of each life
        self.counted = 0
        self.switches = 0  # steps to come that operate the disconnector
        self.refused = 0  # changes that were answered by an error
        self.stage = None
        self.step = None
        self.seen = None

    @property
    def operations(self):
        return len(self.flash.tape)

    def play(self):
        """Live through all of it."""
        self._do("first start", self._boot)
        for i in range(self.length):
            if i == self.length * 2 // 3:
                self._do("factory reset", self._reset)
            name, do = self._draw()
            self._do(name, do)
        return self

    def _do(self, name, do):
        self.step = step = Step(name, self.operations, self.counted)
        before = self.seen
        self.answer = b""
        do()
        after = self.seen = self.stage.look()
        step.end = self.operations
        step.runs = after.runs
        step.instants = (before.instant if before else 0, after.instant)
        if before is None or step.fresh:
            step.fresh = True
            step.rows = (after.rows, after.rows)
            self.kept.append(dict(after.kept))
            if before is not None:
                step.rows = (before.rows, after.rows)
                self.rows.append([{}, {}, {}])
        else:
            step.rows = (before.rows, after.rows)
            for key in after.kept:
                if after.kept[key] != before.kept[key]:
                    step.changed[key] = (before.kept[key], after.kept[key])
        step.limits = after.limits
        for q in range(3):
            known = self.rows[-1][q]
            first, last, _ = after.rows[q]
            while first <= last and last not in known:
                known[last] = self.stage.row(q, last)
                last -= 1
        self._check(name)
        self.steps.append(step)

    def _check(self, name):
        """What holds without any cut: an orderly end loses nothing, and
        what is refused changes nothing.
        """
        step = self.step
        if name == "restart":
            assert not step.changed, "a restart changes %s" % step.changed
        refused = self.answer[:2] == b"\xc5\x01" and self.answer[3] != 0
        if refused:
            self.refused += 1
            assert not step.changed, "refused, and changed: %s" % step.changed

    def _answered(self):
        self.step.answers.append((self.operations, [p.rows.last for p in self.stage.profiles], self.counted))

    # -- steps -------------------------------------------------------------------------------------

    def _boot(self):
        self.stage = Stage(self.flash, self.sectors, self.words, self._watch)

    def _watch(self, stage):
        """Write down what goes on by itself whenever the meter puts it into the journal."""
        journal = stage.store.journal
        put = journal.put

        def watched(key, buf, off, n):
            if key != STATE:
                return put(key, buf, off, n)
            runs = None if buf[off + DUE] else stage.running()
            instant = stage.instant()
            start = self.operations
            holds = put(key, buf, off, n)
            if holds:
                self.checkpoints.append((start, self.operations, runs, instant, self.step))
            return holds

        journal.put = watched

    def _reset(self):
        self.step.fresh = True
        assert self.stage.store.reset()
        self._boot()

    def _draw(self):
        """(name, function) of the next step."""
        r = self.random
        if self.switches:
            self.switches -= 1
            return "switch", self._switch
        k = r.below(100)
        if k < 32:
            return "time", self._time
        if k < 36:
            return "some seconds", self._seconds
        if k < 74:
            change = CHANGES[r.below(len(CHANGES))]
            return change.__name__, lambda: self._change(change)
        if k < 86:
            return "captures", self._captures
        if k < 91:
            return "tidy", self._tidy
        if k < 96:
            return "count", self._count
        if k < 98:
            return "restart", self._restart
        return "restart unannounced", self._boot

    def _time(self):
        self.stage.pass_time()

    def _seconds(self):
        self.stage.pass_time(1 + self.random.below(200))

    def _change(self, change):
        client, apdus = change(self.random, self.stage.short_name)
        for apdu in apdus if isinstance(apdus, list) else [apdus]:
            self.answer = self.stage.ask(apdu, client)

    def _captures(self):
        """Rows, many of them of one profile, so that its ring turns; those of the
        event log in the steps that follow.
        """
        k = self.random.below(4)
        n = 4 + self.random.below(40)
        if k == 0:
            self.switches = n
        else:
            for _ in range(n):
                self.stage.ask(action(BILLING if k == 1 else LOAD, 2), MANAGEMENT)
                self._answered()

    def _switch(self):
        self.stage.ask(action(SUPPLY, 1 + self.switches % 2), MANAGEMENT)

    def _tidy(self):
        n = 1 + self.random.below(40)
        while n and self.stage.store.tidy():
            n -= 1

    def _count(self):
        for _ in range(1 + self.random.below(90)):
            if self.stage.number.take():
                self.counted = self.stage.counted()
            self._answered()

    def _restart(self):
        self.stage.close()
        self._boot()
