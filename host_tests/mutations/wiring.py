"""Small faults in how the meter uses its store, and in the store, that
the power cuts have to notice.
"""

from __future__ import annotations

from host_tests.mutations.table import Mutation

_CUTS = "host_tests/torture/test_torture.py::test_cuts"
_ONE = (f"{_CUTS}[3]",)

WIRING = (
    Mutation(
        "answered-before-its-record",
        "I-21",
        "meter/keeper.py",
        "if end > 0 and self._put(key_of(o, group), end):",
        "if end > 0:",
        _ONE,
    ),
    Mutation(
        "ends-of-periods-without-a-checkpoint-before",
        "I-24",
        "meter/meter.py",
        "self.keeper.checkpoint(1)",
        "pass",
        _ONE,
    ),
    Mutation(
        "what-the-rows-do-not-show-is-not-done",
        "I-24",
        "meter/restart.py",
        "if running.due:",
        "if False:",
        _ONE,
    ),
    Mutation(
        "ring-emptied-before-the-record-of-the-profile",
        "I-25",
        "cosem/profile_generic.py",
        "self.keep(self) and self.rows.shape(columns.size, self.digest())",
        "self.rows.shape(columns.size, self.digest()) and self.keep(self)",
        (f"{_CUTS}[6]",),
    ),
    Mutation(
        "factory-reset-not-finished",
        "I-32",
        "store/store.py",
        "if self.journal.size(keys.RESET) >= 0 and not self._clear():",
        "if False:",
        _ONE,
    ),
    Mutation(
        "torn-record-taken",
        "I-10",
        "store/segments.py",
        "return room(self.n) if self._whole(p) else BAD",
        "return room(self.n)",
        _ONE,
    ),
)
