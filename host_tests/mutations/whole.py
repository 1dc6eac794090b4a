"""Small faults in long answers without block transfer that the tests have
to notice; as `table` has them.
"""

from __future__ import annotations

from host_tests.mutations.table import ENGINE, Mutation

WHOLE = (
    Mutation(
        "long-answer-of-a-row-more",
        "D-117",
        "dlms/long/tape.py",
        "    t.n = get32(buf, p + 9)\n",
        "    t.n = get32(buf, p + 9) + 1\n",
        (ENGINE + "mp_whole.py::test_get_list_of_long_values[cpython]",),
    ),
    Mutation(
        "long-answer-not-checked-at-its-end",
        "D-118",
        "dlms/ln/whole.py",
        "if t.fault or (tape.octets == 0 and t.more()):",
        "if t.fault:",
        (ENGINE + "mp_whole_changes.py::test_changed_length_that_cannot_be_kept[cpython]",),
    ),
    Mutation(
        "long-answer-read-twice",
        "D-117",
        "dlms/long/tape.py",
        "> t.request.size - _RESUME:",
        "> 100:",
        (ENGINE + "mp_whole_changes.py::test_changed_values_keep_their_length[cpython]",),
    ),
    Mutation(
        "long-answer-in-long-slices",
        "D-119",
        "dlms/ln/whole.py",
        "_SLICE = const(4)",
        "_SLICE = const(400)",
        (ENGINE + "mp_whole_changes.py::test_slices_are_short[cpython]",),
    ),
    Mutation(
        "longer-than-the-client-takes",
        "D-116",
        "dlms/ln/whole.py",
        "if not t.fault and t.tape.octets <= aa.most:",
        "if not t.fault:",
        (ENGINE + "mp_whole.py::test_every_border_get_borders-1024[cpython]",),
    ),
)
