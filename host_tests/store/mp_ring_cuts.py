"""The supply is cut at each program and erase of a ring: rows over the border of a sector,
wrap-around, a new shape, a clearing, and once more while that is repaired.

After each cut the ring is opened anew. What it has is what the model had before the step that was
cut, or after it: no row that was acknowledged is lost, none is wrong. Then it goes on.

Run as a program it takes every second cut, with every damage, instead of a sample of them:

    micropython host_tests/store/mp_ring_cuts.py
"""

import sys

if __name__ == "__main__":
    here = sys.path[0] or "."
    sys.path[:0] = [here, here + "/../../firmware"] + (
        [] if sys.implementation.name == "micropython" else [here + "/../shim"]
    )

from flash import DAMAGES, PowerCut
from ring_rig import Box, Model, contents, row_of, tidy
from store.health import FAILED_PROGRAMS

REQ = {"*": ("I-07", "I-04"), "sample-*": ("I-07",)}
SIZE = 700  # 5 rows a sector, none within one page
OTHER = 1300  # 3 rows
# a: append, t: one step of housekeeping, c: clear, s: other columns of the
# same size, o: rows of another size
STEPS = "aataaaaaataaacataataasaataoaatao"
AFTER = "taataaata"
OPERATIONS = 40  # at most, of AFTER


class Run:
    """A ring with some rows, and what it has to have."""

    def __init__(self, filled, count, view):
        self.box = Box(count, view)
        self.model = self.before = self.after = Model(SIZE)
        self.n = 0
        if filled:
            rows = self.open()
            for _ in range(filled):
                self.step(rows, "a")

    def again(self):
        """The same once more, from here on."""
        other = Run(0, self.box.count, self.box.flash.view is not None)
        other.box.flash = self.box.flash.copy()
        other.model = self.model.copy()
        other.n = self.n
        return other

    def open(self):
        rows = self.box.opened(self.model.size, self.model.digest)
        self.model.limit = rows.limit
        return rows

    def play(self, rows, steps):
        """Do these steps; True when the supply was cut."""
        try:
            for step in steps:
                self.before = self.model.copy()
                self.step(rows, step)
            return False
        except PowerCut:
            return True

    def step(self, rows, step):
        if step == "a":
            row = row_of(self.n, self.model.size)
            self.n += 1
            done = self.model.copy()
            done.append(row)
            self.after = done
            assert rows.append(row)
            self.model = done
        elif step == "t":
            self.after = self.model
            rows.tidy()
        elif step == "c":
            self.after = Model(self.model.size, self.model.digest, self.model.limit)
            assert rows.clear()
            self.model = self.after
        else:
            # whoever keeps the capture objects has written them before
            size = OTHER if step == "o" else self.model.size
            self.model = self.before = self.after = Model(size, self.model.digest + 1)
            assert rows.shape(size, self.model.digest)
            self.model.limit = rows.limit

    def resume(self):
        """The supply is back: open the ring and compare."""
        self.box.flash.power()
        model = self.model
        rows = self.box.opened(model.size, model.digest)
        found = contents(rows)
        if found == self.after.rows:
            self.model = self.after
        else:
            assert found == self.before.rows, "lost or wrong"
            self.model = self.before
        self.model.limit = rows.limit
        return rows

    def finish(self, rows):
        """It goes on as ever, and nothing is cut any more."""
        self.box.flash.power()
        assert not self.play(rows, AFTER)
        tidy(rows)
        assert contents(rows) == self.model.rows
        rows = self.open()
        assert contents(rows) == self.model.rows
        assert self.box.flash.twice == 0, "programmed twice"
        assert self.box.flash.on_weak == 0, "used without an erase"
        assert self.box.health.count(FAILED_PROGRAMS) == 0


def operations(start, steps):
    run = start.again()
    rows = run.open()
    before = run.box.flash.operations
    assert not run.play(rows, steps)
    return run.box.flash.operations - before


def once(start, k, damage):
    """Cut at operation k of the scenario; returns the run after it, not opened yet."""
    run = start.again()
    rows = run.open()
    run.box.flash.cut(k, damage)
    assert run.play(rows, STEPS)
    return run


def every_cut(filled, count, view, stride=1):
    """Cut at each operation with each damage, of these pairs one in `stride`; returns how many."""
    start = Run(filled, count, view)
    tried = 0
    for k in range(operations(start, STEPS)):
        for i in range(k % stride, len(DAMAGES), stride):
            run = once(start, k, DAMAGES[i])
            run.finish(run.resume())
            tried += 1
    return tried


def two_cuts(filled, count, view, stride=1):
    """After each cut another one, at each operation of what follows; of
    these pairs one in `stride`.
    """
    start = Run(filled, count, view)
    tried = turn = 0
    for k in range(operations(start, STEPS)):
        for first in DAMAGES:
            for j in range(OPERATIONS):
                for second in DAMAGES:
                    turn += 1
                    if turn % stride == 0:
                        tried += cut_twice(start, k, first, j, second)
    return tried


def cut_twice(start, k, first, j, second):
    """Cut at operation k, and at operation j of what follows; 0 when it
    does not come to the second.
    """
    run = once(start, k, first)
    rows = run.resume()
    run.box.flash.cut(j, second, k)
    cut = run.play(rows, AFTER)
    run.finish(run.resume() if cut else rows)
    return int(cut)


def cases():
    yield "every-cut", every_cut, (7, 3, False)
    yield "every-cut-in-view", every_cut, (18, 4, True, 5)
    yield "two-cuts", two_cuts, (8, 3, False, 401)


if __name__ == "__main__":
    total = 0
    for filled in (7, 8, 12):
        total += every_cut(filled, 3, False) + every_cut(filled, 4, True)
        total += two_cuts(filled, 3, False)
        print(filled, "rows:", total, "cut points tried, 0 lost, 0 wrong")
